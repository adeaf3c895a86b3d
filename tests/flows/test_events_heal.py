"""Webhooks lost, told twice and shuffled: what they leave out, one poll finds, and the account says so."""

from __future__ import annotations

import random
from typing import Any

import pytest
from sqlalchemy import text

from channels import account_standing, accounts, health
from channels.capabilities import Subscribes
from channels.items import comment_key
from channels.registry import able
from channels.transport import Endpoints, Transport
from tenants import clock
from tenants.settings import Settings
from tests.flows.conftest import PAGE, House
from tests.steady import is_steady

POSTS, COMMENTS, EDITS, DELETIONS = (40, 780, 180, 40) if is_steady() else (40, 3_900, 900, 200)
EVENTS = COMMENTS + EDITS + DELETIONS
"""5,000 at home; a fifth of them, of the same kinds, in `.ci/run`."""


def _subscribe(house: House, web: str) -> None:
    """As connecting does: the sandbox knows where the product listens, and sends what happens on this page."""
    wish = {"product_url": web, "verify_token": house.values["META_WEBHOOK_VERIFY_TOKEN"], "verify": True}
    house.sandbox.tell("application/connect", wish)
    adapter = able("facebook", Subscribes)  # type: ignore[type-abstract]
    assert adapter is not None
    transport = Transport(Endpoints.from_settings(Settings.from_environment(house.values)))
    with house.agency.entered():
        account = accounts.get(house.account_ids["facebook"])
        connected = accounts.connected(account)
        for request in adapter.plan_subscribe(connected):
            transport.send(request)
        assert adapter.read_subscription(connected, transport.fetch(adapter.plan_subscription(connected))).stands
    with house.superuser.begin() as connection:
        connection.execute(
            text("update account set subscribed_at = now() - interval '1 day' where id = :id"),
            {"id": house.account_ids["facebook"]},
        )


def _live_a_day(house: House) -> None:
    """Customers write, change their minds and take words back."""
    chance = random.Random(7)
    page = {"platform": "facebook", "account": PAGE}
    lines: list[dict[str, Any]] = [page | {"kind": "post", "key": f"p{n}", "text": f"Post {n}"} for n in range(POSTS)]
    for number in range(COMMENTS):
        where = {"post": f"p{number % POSTS}"}
        if number >= 2 * POSTS and chance.random() < 0.3:
            where = {"parent": f"c{number - POSTS * chance.randint(1, 2)}"}
        lines.append(
            page
            | where
            | {"kind": "comment", "key": f"c{number}", "author": f"Customer {number % 300}"}
            | {"text": f"Words {number} ążśź 🙂"}
        )
    parents = {line["parent"] for line in lines if "parent" in line}
    leaves = [n for n in range(COMMENTS) if f"c{n}" not in parents]  # deleting a comment takes its replies with it
    deleted = chance.sample(leaves, DELETIONS)
    edited = chance.sample(sorted(set(range(COMMENTS)) - set(deleted)), EDITS)
    lines += [page | {"kind": "edit", "item": f"c{n}", "text": f"Other words {n}"} for n in edited]
    lines += [page | {"kind": "delete", "item": f"c{n}"} for n in deleted]
    for start in range(0, len(lines), 1_000):
        house.sandbox.tell("items", lines[start : start + 1_000])


def _truth(house: House) -> dict[str, str]:
    """Comments that live on the platform, by id."""
    asked = {"platform": "facebook", "account": PAGE, "kind": "comment"}
    items = house.sandbox.http.get(f"{house.sandbox.url}/sandbox/items", params=asked, timeout=60).json()["items"]
    return {comment_key(i["external_id"]): i["text"] for i in items if i["deleted_at"] is None}


def _ours(house: House) -> dict[str, str]:
    """Comments that live with us; raises when one stands twice."""
    with house.superuser.connect() as connection:
        rows = connection.execute(text("select external_id, text from message where deleted_at is null")).all()
    keys = [comment_key(row.external_id) for row in rows]
    assert len(keys) == len(set(keys)), "a comment stands twice"
    return {comment_key(row.external_id): row.text for row in rows}


@pytest.mark.slow
def test_what_lost_doubled_and_shuffled_webhooks_leave_out_one_poll_finds(house: House, web: str) -> None:
    house.sandbox.tell("clock", {"move_seconds": -900})
    _subscribe(house, web)
    switches = {"drop": 0.1, "duplicate": 0.2, "shuffle": True, "hold": True, "seed": 7}
    house.sandbox.tell("deliveries/switches", switches)
    _live_a_day(house)
    sent = house.sandbox.http.post(f"{house.sandbox.url}/sandbox/deliveries/now", json={"all": True}, timeout=300)
    assert sent.status_code < 300, sent.text
    with house.superuser.begin() as connection:  # a promise for each event; after the first they find nothing
        connection.execute(text("delete from outbox_entry where id < (select max(id) from outbox_entry)"))
    house.keep_promises()
    truth = _truth(house)
    by_events = _ours(house)
    told = house.scalar("select count(*) from raw_event")
    assert 0.8 * EVENTS < told < EVENTS, "some were dropped, none is kept twice"
    assert 0.8 * len(truth) < len(by_events)
    assert by_events != truth
    assert (
        house.scalar("select count(*) from raw_event where handled_at is null or outcome in ('unknown', 'failed')") == 0
    )

    house.poll()
    assert _ours(house) == truth
    missed = house.scalar(f"select missed_count from account where id = '{house.account_ids['facebook']}'")
    assert missed > 0, "the account says that events were deaf to some of it"
    with house.agency.entered():
        facts = account_standing.facts_of(accounts.get(house.account_ids["facebook"]))
    assert health.state_of(facts, clock.now()) == "webhook_deaf"
    before = house.scalar("select sum(version) from conversation")
    house.poll()
    assert (_ours(house), house.scalar("select sum(version) from conversation")) == (truth, before)
