"""A long first read lets what must not wait go first, and goes on where it was: nothing asked twice, nothing lost."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from channels import accounts, registry, unfinished
from channels.errors import ChannelError, RateLimited
from channels.facebook.adapter import FacebookAdapter
from channels.items import Page
from channels.models import Account
from channels.protocol import Answer, ConnectedAccount, Exchange, Request, Secret, TokenReference
from channels.scripted_transport import ScriptedTransport, json_answer
from channels.unfinished import Unfinished
from jobs import polling
from tenants import clock
from tenants.database import db
from tests.factories import Agency, Factory
from tests.jobs.conftest import Outbox
from tests.jobs.test_polling_economy import poll

PAGES = 6


def long_page(request: Request) -> Answer | ChannelError:
    """A Page with six pages of posts, a customer's comment under each post; nothing elsewhere."""
    if not request.path.endswith("/published_posts"):
        return json_answer({"data": []})
    number = int(request.params.get("after", "1"))
    comment = {"id": f"{number}_2", "message": f"Word {number}", "created_time": "2026-11-20T10:00:00+0000"}
    edge = {"data": [comment], "summary": {"total_count": 1}}
    post = {"id": f"7_{number}", "created_time": "2026-11-19T10:00:00+0000", "comments": edge}
    body: dict[str, Any] = {"data": [post]}
    if number < PAGES:
        body["paging"] = {"next": "https://platform.example/next", "cursors": {"after": str(number + 1)}}
    return json_answer(body)


def asked(transport: ScriptedTransport) -> list[str]:
    return [r.params.get("after", "1") for r in transport.requests if r.path.endswith("/published_posts")]


def whole_read(app: Flask, outbox: Outbox, *, urgent: bool, most: int = 20) -> list[str]:
    """Poll until a job leaves nothing behind; every page asked for, in order."""
    pages: list[str] = []
    for _ in range(most):
        pages += asked(poll(app, outbox, long_page, urgent=lambda: urgent))
        if outbox.scalar("select unfinished_poll is null from account"):
            return pages
    raise AssertionError(f"no end after {most} jobs: {pages}")


def test_a_long_first_read_gives_way_after_each_round_and_asks_nothing_twice(
    app: Flask, ana: Agency, make: Factory, outbox: Outbox
) -> None:
    make.account(ana)
    first = asked(poll(app, outbox, long_page, urgent=lambda: True))
    assert first == ["1"], "one round, then what is urgent"
    assert outbox.scalar("select due_at < now() + interval '2 s' and leased_until is null from poll_turn")
    assert outbox.scalar("select health from account") == "ok"
    assert [*first, *whole_read(app, outbox, urgent=True)] == ["1", "2", "3", "4", "5", "6"]
    assert outbox.scalar("select count(*) from message") == PAGES


def test_the_end_is_the_same_with_and_without_giving_way(
    app: Flask, ana: Agency, make: Factory, outbox: Outbox
) -> None:
    make.account(ana)
    assert whole_read(app, outbox, urgent=False) == ["1", "2", "3", "4", "5", "6"]
    assert whole_read(app, outbox, urgent=True) == ["1"], "it was read to its end: the newest posts alone"


def test_a_job_ends_after_its_time_even_when_nothing_is_urgent(
    app: Flask, ana: Agency, make: Factory, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "SLICE_SECONDS", 0)
    make.account(ana)
    assert asked(poll(app, outbox, long_page)) == ["1"]
    assert asked(poll(app, outbox, long_page)) == ["2"]


def test_what_a_sweep_saw_before_it_gave_way_counts(app: Flask, ana: Agency, make: Factory, outbox: Outbox) -> None:
    """Else everything it saw in earlier jobs would be looked for as if it had been deleted."""
    make.account(ana)
    whole_read(app, outbox, urgent=False)
    outbox.change("update account set cursor = null")  # the next read begins anew, as a sweep
    requests: list[Request] = []
    for _ in range(20):
        requests += poll(app, outbox, long_page, urgent=lambda: True).requests
        if outbox.scalar("select unfinished_poll is null from account"):
            break
    direct = [r for r in requests if r.path.rsplit("/", 1)[-1][:1].isdigit()]
    assert direct == []
    assert outbox.scalar("select count(*) from message where deleted_at is not null") == 0


def test_a_poll_that_must_wait_for_a_budget_in_its_middle_goes_on_there(
    app: Flask, ana: Agency, make: Factory, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.account(ana)
    budgets = app.extensions["onbrand_budgets"] = polling.budgets_of_app(app)
    granted = budgets.ask
    monkeypatch.setattr(
        budgets, "ask", lambda lane, asks: [40.0] * len(asks) if lane == "events" else granted(lane, asks)
    )
    assert asked(poll(app, outbox, long_page)) == ["1"]
    assert 30 < outbox.scalar("select extract(epoch from due_at - now()) from poll_turn") <= 40
    monkeypatch.setattr(budgets, "ask", granted)
    assert asked(poll(app, outbox, long_page)) == ["2", "3", "4", "5", "6"]


def many_conversations(request: Request) -> Answer | ChannelError:
    """Thirty people wrote one message each."""
    now = clock.now().isoformat()
    if request.path.endswith("/me/conversations"):
        people = [{"data": [{"id": str(500 + n), "name": "Ada"}, {"id": "7"}]} for n in range(30)]
        threads = [{"id": f"t_{n}", "updated_time": now, "participants": one} for n, one in enumerate(people)]
        return json_answer({"data": threads})
    if request.path.endswith("/messages"):
        number = request.path.split("/")[-2].removeprefix("t_")
        said = {"id": f"m_{number}", "message": "Hello", "created_time": now, "from": {"id": f"{500 + int(number)}"}}
        return json_answer({"data": [said]})
    return json_answer({"data": []})


def test_thirty_conversations_wait_for_their_seconds_and_are_read_without_blame(
    app: Flask, ana: Agency, make: Factory, outbox: Outbox
) -> None:
    make.account(ana)

    def read(transport: ScriptedTransport) -> int:
        return sum(request.path.endswith("/messages") for request in transport.requests)

    assert read(poll(app, outbox, many_conversations)) == 0, "the list was asked for just now"
    assert 0 < outbox.scalar("select extract(epoch from due_at - now()) from poll_turn") < 20
    assert outbox.all("select health, unfinished_poll is null from account") == [("ok", False)]
    app.extensions["onbrand_redis"].flushdb()  # as the seconds pass
    assert read(poll(app, outbox, many_conversations)) == 30
    assert outbox.scalar("select count(*) from message") == 30


def test_an_error_begins_anew_from_the_cursor(app: Flask, ana: Agency, make: Factory, outbox: Outbox) -> None:
    make.account(ana)
    poll(app, outbox, long_page, urgent=lambda: True)
    poll(app, outbox, lambda _request: RateLimited(1, "account"), urgent=lambda: True)
    assert outbox.scalar("select unfinished_poll is null from account")
    outbox.change("update account set throttled_until = null")
    app.extensions["onbrand_redis"].flushdb()
    assert asked(poll(app, outbox, long_page)) == ["1", "2", "3", "4", "5", "6"]
    assert outbox.scalar("select count(*) from message") == PAGES


class TwoRounds(FacebookAdapter):
    """A poll of two rounds that brings nothing, and what each round asks."""

    def __init__(self, last_cursor: str) -> None:
        super().__init__()
        self.last_cursor, self.rounds = last_cursor, 0

    def read_poll(
        self, account: ConnectedAccount, cursor: str | None, exchanges: Sequence[Exchange], *, now: datetime
    ) -> Page:
        self.rounds += 1
        if self.rounds == 1:
            token = TokenReference("page", account.credential)
            return Page((), (), "{}", complete=False, more=(Request("meta_graph", "GET", "/v/more", token=token),))
        return Page((), (), self.last_cursor, complete=True)


@pytest.mark.parametrize("last_cursor", ["{}", '{"read": 2}'])
def test_a_second_half_that_brings_nothing_ends_the_poll(
    app: Flask, ana: Agency, make: Factory, outbox: Outbox, monkeypatch: pytest.MonkeyPatch, last_cursor: str
) -> None:
    make.account(ana)
    monkeypatch.setitem(registry.ADAPTERS, "facebook", TwoRounds(last_cursor))
    poll(app, outbox, long_page, urgent=lambda: True)
    assert outbox.scalar("select unfinished_poll is not null from account")
    assert [r.path for r in poll(app, outbox, long_page, urgent=lambda: True).requests] == ["/v/more"]
    assert outbox.scalar("select unfinished_poll is null from account")
    assert outbox.scalar("select cursor from account") == last_cursor


def test_what_is_kept_holds_no_secret(app: Flask, ana: Agency, make: Factory, outbox: Outbox) -> None:
    make.account(ana, credential="very-secret-token")
    poll(app, outbox, long_page, urgent=lambda: True)
    assert "very-secret-token" not in outbox.scalar("select unfinished_poll from account")


def test_accounts_that_have_begun_and_others_all_get_on(
    app: Flask, ana: Agency, make: Factory, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Always something urgent, one part a job: still every account comes to its end."""
    monkeypatch.setattr(polling, "REQUESTS_AT_ONCE", 5)
    for _ in range(4):
        make.account(ana)
    seen: Counter[int] = Counter()
    for _ in range(80):
        poll(app, outbox, long_page, urgent=lambda: True)
        seen[outbox.scalar("select count(*) from message")] += 1
        if outbox.scalar("select count(*) from message") == 4 * PAGES:
            break
    assert outbox.scalar("select count(*) from message") == 4 * PAGES, seen


# ── as text ──────────────────────────────────────────────────────────────────────────────────────────────────────

ACCOUNT = ConnectedAccount("1", "facebook", "70", Secret("token"))
ASK = Request(
    "meta_graph",
    "GET",
    "/v/7/posts",
    {"after": "x"},
    token=TokenReference("page", ACCOUNT.credential),
    purpose={"post_text": "Zażółć \x00 \ud800"},
)


def kept(request: Request = ASK, **more: Any) -> str | None:
    given = {"seen": {"b", "a"}} | more
    return unfinished.dump(Unfinished([request], 3, **given), ACCOUNT, "{}", clock.now())


def test_what_is_kept_comes_back_as_it_was() -> None:
    text = kept()
    assert unfinished.load(text, ACCOUNT, "{}", clock.now()) == Unfinished([ASK], 3, {"a", "b"})
    renewed = ConnectedAccount("1", "facebook", "70", Secret("newer"))
    found = unfinished.load(text, renewed, "{}", clock.now())
    assert found is not None
    assert found.requests[0].token == TokenReference("page", renewed.credential)


def test_too_many_seen_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unfinished, "MOST_SEEN", 1)
    found = unfinished.load(kept(), ACCOUNT, "{}", clock.now())
    assert found is not None
    assert found.seen is None


@pytest.mark.parametrize(
    "request_",
    [
        Request("meta_graph", "POST", "/x", form={"message": "hi"}, token=ASK.token),
        Request("meta_graph", "DELETE", "/x", token=ASK.token),
        Request("meta_graph", "GET", "/x", token=TokenReference("page", Secret("another's"))),
    ],
)
def test_what_writes_or_speaks_for_another_is_not_kept(request_: Request) -> None:
    assert kept(request_) is None


def test_what_is_old_moved_on_or_damaged_is_begun_anew() -> None:
    text, now = kept(), clock.now()
    assert text is not None
    assert unfinished.load(None, ACCOUNT, "{}", now) is None
    assert unfinished.load(text, ACCOUNT, "{}", now + timedelta(hours=2)) is None
    assert unfinished.load(text, ACCOUNT, None, now) is None
    raw = json.loads(text)
    for change in (
        {"ask": []},
        {"ask": [7]},
        {"ask": [raw["ask"][0] | {"method": "DELETE"}]},
        {"ask": [raw["ask"][0] | {"params": 1}]},
        {"ask": [raw["ask"][0] | {"token": "king"}]},
        {"at": "yesterday"},
    ):
        assert unfinished.load(json.dumps(raw | change), ACCOUNT, "{}", now) is None, change
    for text in ("", "[", "[1]", "null"):
        assert unfinished.load(text, ACCOUNT, "{}", now) is None


def test_a_reconnected_account_does_not_go_on_with_what_another_sign_in_began(
    app: Flask, ana: Agency, make: Factory, outbox: Outbox
) -> None:
    account_id = make.account(ana)
    poll(app, outbox, long_page, urgent=lambda: True)
    with ana.entered():
        account = db.session.get_one(Account, (ana.id, account_id, ana.brand_ids[0]))
        brand, external = account.brand_id, account.external_id
        accounts.disconnect(None, account_id)
        accounts.connect(None, brand, "facebook", external, "another")
    assert asked(poll(app, outbox, long_page, urgent=lambda: True)) == ["1"]
