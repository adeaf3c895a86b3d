"""The past, of three platforms at once or out of a file, its reader killed in the middle: each thing stands once."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from agency.inbox import importing
from channels import backfills
from tests.flows.conftest import LOCATION, PAGE, PROFILE, House
from tests.steady import is_steady

COMMENTS, CAPTIONS, REVIEWS = (250, 150, 200) if is_steady() else (1_000, 500, 700)
LINES = 1_000 if is_steady() else 4_000


def _seed(house: House) -> set[str]:
    """A year of comments and reviews; the ids of those that were written."""
    newest = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
    lines = []
    for platform, account, count in (("facebook", PAGE, COMMENTS), ("instagram", PROFILE, CAPTIONS)):
        for post in range(count // 50):
            begun = newest - timedelta(days=15 * post, hours=3)
            made = house.sandbox.tell(
                "posts",
                {
                    "platform": platform,
                    "account": account,
                    "text": f"Post {post}",
                    "created_at": begun.isoformat(),
                },
            )
            lines += [
                {
                    "kind": "comment",
                    "platform": platform,
                    "account": account,
                    "post": made["external_id"],
                    "author": f"Customer {number}",
                    "text": f"{platform} {post} {number}",
                    "created_at": (begun + timedelta(minutes=number)).isoformat(),
                }
                for number in range(50)
            ]
    lines += [
        {
            "kind": "review",
            "platform": "google_business",
            "account": LOCATION,
            "author": f"Guest {number}",
            "stars": 1 + number % 5,
            "text": f"Review {number}",
            "created_at": (newest - timedelta(hours=12 * number)).isoformat(),
            "updated_at": (newest - timedelta(hours=12 * number)).isoformat(),
        }
        for number in range(REVIEWS)
    ]
    return set(house.sandbox.tell("items", lines)["external_ids"])


def _kill_in_the_middle(house: House) -> None:
    """Start, and kill everything once more than 100 messages stand. Whoever would write more waits at a gate until
    then, so that no reader is done before we look, however fast it is.
    """
    with house.superuser.begin() as connection:
        for statement in GATE:
            connection.exec_driver_sql(statement)
    with house.superuser.connect() as keeper:
        keeper.exec_driver_sql("select pg_advisory_xact_lock(100)")
        house.start("dispatcher")
        house.start("worker")
        assert house.wait_until(lambda: house.scalar("select count(*) from message") > 100)
        house.stop_all()
    with house.superuser.begin() as connection:
        connection.exec_driver_sql("drop function wait_at_the_gate cascade")


GATE = (
    """
    create function wait_at_the_gate() returns trigger language plpgsql security definer as $$
    begin
        if (select count(*) from message) > 100 then perform pg_advisory_xact_lock_shared(100); end if;
        return null;
    end $$
    """,
    "create trigger gate before insert on message for each statement execute function wait_at_the_gate()",
)


@pytest.mark.slow
def test_what_was_said_over_a_year_arrives_once_though_the_reader_is_killed(house: House) -> None:
    written = _seed(house)
    assert len(written) == COMMENTS + CAPTIONS + REVIEWS
    with house.superuser.begin() as connection:  # live turns come later: what arrives now, history brings
        connection.execute(text("update poll_turn set due_at = now() + interval '1 day'"))
    admin = house.agency.agency_admin
    with house.agency.entered(admin):
        for account_id in house.account_ids.values():
            backfills.begin(admin, account_id, "all")

    _kill_in_the_middle(house)
    assert 100 < house.scalar("select count(*) from message") < len(written)
    assert house.scalar("select count(*) from backfill where state = 'running'") > 0

    house.pass_time(700)
    for _ in range(60):
        house.keep_promises()
        if not house.scalar("select count(*) from backfill where state = 'running'"):
            break
    assert _arrived(house) == sorted(written)
    with house.superuser.connect() as connection:
        rows = connection.execute(text("select state, item_count, gap_count from backfill order by item_count")).all()
    assert [tuple(row) for row in rows] == [("done", count, 0) for count in sorted((CAPTIONS, REVIEWS, COMMENTS))]

    # Nothing older than two weeks stands in the queue, and live turns find nothing new.
    old = "coalesce(last_customer_at, last_message_at) < now() - interval '15 days'"
    assert house.scalar(f"select count(*) from conversation where status = 'open' and {old}") == 0
    assert house.scalar("select count(*) from conversation where status = 'open'") > 0
    house.poll()
    assert _arrived(house) == sorted(written)


@pytest.mark.slow
def test_a_long_file_is_stored_once_though_its_worker_is_killed(house: House) -> None:
    admin, start = house.agency.agency_admin, datetime.now(UTC) - timedelta(days=400)
    lines = [
        {
            "id": f"line_{number}",
            "kind": "comment",
            "text": f"Question {number}",
            "written_at": (start + timedelta(hours=number)).isoformat(),
            "author_id": str(number % 90),
        }
        for number in range(LINES)
    ]
    file = "\n".join(map(json.dumps, lines)).encode()
    with house.agency.entered(admin):
        row = importing.look_through(admin, house.agency.brand_ids[1], "facebook", "70001", "Old", "old.jsonl", file)
        importing.begin(admin, row.id, row.file_hash.hex())
    _kill_in_the_middle(house)
    assert 100 < house.scalar("select count(*) from message") < len(lines)
    house.pass_time(700)
    for _ in range(10):
        house.keep_promises()
    assert _arrived(house) == sorted(line["id"] for line in lines)
    done = "select state || ' ' || stored_count || ' ' || new_count || ' ' || (file is null) from history_import"
    assert house.scalar(done) == f"done {LINES} {LINES} true"


def _arrived(house: House) -> list[str]:
    with house.superuser.connect() as connection:
        return sorted(connection.execute(text("select external_id from message")).scalars())
