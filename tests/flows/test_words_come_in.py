"""What customers do at the platforms arrives once, whatever the platforms and our own programs do meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from tests.flows.conftest import LOCATION, PAGE, PROFILE, House


@pytest.fixture
def post(house: House) -> dict[str, str]:
    """A post on the page and on the profile."""
    made = house.sandbox.tell("posts", {"platform": "facebook", "account": PAGE, "text": "New oven, new bread."})
    media = house.sandbox.tell("posts", {"platform": "instagram", "account": PROFILE, "text": "Sunset bread."})
    return {"facebook": made["external_id"], "instagram": media["external_id"]}


def _texts(house: House) -> list[str]:
    from sqlalchemy import text

    with house.superuser.connect() as connection:
        rows = connection.execute(
            text("select text from message where direction = 'in' and deleted_at is null order by text")
        )
        return list(rows.scalars())


def _comment(house: House, post: dict[str, str], words: str, **more: Any) -> str:
    item = {"platform": "facebook", "account": PAGE, "post": post["facebook"], "author": "Ada Vale", "text": words}
    if "parent" in more:
        del item["post"]
    return str(house.sandbox.tell("comments", item | more)["external_id"])


def test_all_three_platforms_arrive_with_threads_stars_and_context(house: House, post: dict[str, str]) -> None:
    top = _comment(house, post, "Is it open today?")
    _comment(house, post, "I wonder too.", parent=top, author="Tom Reed")
    house.sandbox.tell(
        "comments",
        {"platform": "instagram", "account": PROFILE, "post": post["instagram"], "author": "lia", "text": "Que bom 🥐"},
    )
    house.sandbox.tell(
        "reviews",
        {"platform": "google_business", "account": LOCATION, "author": "Ewa L.", "stars": 1, "text": "Zimne jedzenie."},
    )
    house.poll()
    assert _texts(house) == ["I wonder too.", "Is it open today?", "Que bom 🥐", "Zimne jedzenie."]
    assert house.scalar("select count(*) from conversation") == 3
    assert house.scalar("select stars from conversation where kind = 'review'") == 1
    context = house.scalar("select context from conversation where platform = 'facebook'")
    assert context["text"] == "New oven, new bread."


def test_an_idle_poll_writes_no_item_row(house: House, post: dict[str, str]) -> None:
    for number in range(30):
        _comment(house, post, f"Comment {number}")
    house.poll()
    before = house.scalar(
        "select string_agg(xmin::text || ctid::text, ',' order by id) from (select xmin, ctid, id from message"
        " union all select xmin, ctid, id from conversation union all select xmin, ctid, id from contact) rows"
    )
    for _ in range(3):
        house.poll()
    after = house.scalar(
        "select string_agg(xmin::text || ctid::text, ',' order by id) from (select xmin, ctid, id from message"
        " union all select xmin, ctid, id from conversation union all select xmin, ctid, id from contact) rows"
    )
    assert before == after
    assert house.scalar("select count(*) from message") == 30


def test_edits_and_deletions_are_seen_and_stay(house: House, post: dict[str, str]) -> None:
    review = house.sandbox.tell(
        "reviews",
        {"platform": "google_business", "account": LOCATION, "author": "Ewa L.", "stars": 1, "text": "Zimne."},
    )["external_id"]
    house.poll()
    house.sandbox.tell(
        "items",
        [
            {
                "platform": "google_business",
                "account": LOCATION,
                "kind": "edit",
                "item": review,
                "stars": 4,
                "text": "Already warm, thank you.",
            }
        ],
    )
    house.poll()
    assert _texts(house) == ["Already warm, thank you."]
    assert house.scalar("select stars from conversation") == 4
    assert house.scalar("select earlier_texts->0->>'text' from message") == "Zimne."


HOSTILE = {
    "markup": {"text": "<script>alert(1)</script><img src=x onerror=alert(1)>"},
    "bidi": {"text": "abc \u202e\u2066 evil \u2069"},
    "controls": {"text": "bell \x07 escape \x1b[31m NUL \x00 end"},
    "emoji": {"text": "👩‍👩‍👧‍👦🏳️‍🌈" * 50},
    "long": {"text": "x" * 200_000},
    "no author": {"text": "Who am I?", "drop": ["from"]},
    "no message": {"text": "", "drop": ["message"]},
    "null fields": {"text": "nulls", "raw": {"from": None, "created_time": None}},
    "wrong kinds": {"text": "kinds", "raw": {"from": [1, 2], "message": {"a": 1}}},
    "unknown keys": {"text": "extra", "raw": {"hologram": {"deep": [1]}}},
    "no id": {"text": "lost id", "drop": ["id"]},
}


def test_hostile_items_are_stored_or_set_aside_and_their_neighbours_arrive(house: House, post: dict[str, str]) -> None:
    _comment(house, post, "neighbour before")
    for item in HOSTILE.values():
        _comment(house, post, **{"words": item["text"], **{k: v for k, v in item.items() if k != "text"}})
    _comment(house, post, "neighbour after")
    house.poll()
    texts = _texts(house)
    assert "neighbour before" in texts
    assert "neighbour after" in texts
    assert HOSTILE["markup"]["text"] in texts
    stored, aside = len(texts), house.scalar("select count(*) from set_aside_item")
    assert stored + aside == len(HOSTILE) + 2, (texts, aside)
    assert aside >= 1
    assert house.scalar("select min(length(reason)) from set_aside_item") > 3
    house.poll()
    assert house.scalar("select count(*) from set_aside_item") == aside


def test_one_failing_account_never_delays_another(house: House, post: dict[str, str]) -> None:
    _comment(house, post, "Hello")
    house.sandbox.tell("misbehaviour", {"kind": "revoke_token", "account": LOCATION})
    house.sandbox.tell("misbehaviour", {"kind": "server_error", "account": PROFILE, "applies_to": "reads"})
    house.poll()
    assert _texts(house) == ["Hello"]
    health = {
        platform: house.scalar(f"select health from account where platform = '{platform}'")
        for platform in ("facebook", "instagram", "google_business")
    }
    assert health == {"facebook": "ok", "instagram": "failing", "google_business": "needs_reconnect"}
    assert house.scalar("select count(*) from poll_turn where parked_at is not null") == 1
    house.sandbox.behave()
    house.poll()
    assert house.scalar("select health from account where platform = 'instagram'") == "ok"


@pytest.mark.parametrize("kind", ["truncate_body", "html_502", "server_error", "throttle"])
def test_nothing_is_lost_while_a_platform_misbehaves(house: House, post: dict[str, str], kind: str) -> None:
    for number in range(60):
        _comment(house, post, f"Comment {number:02}")
    house.sandbox.tell("misbehaviour", {"kind": kind, "probability": 0.5, "applies_to": "reads"})
    for _ in range(3):
        house.poll()
    house.sandbox.behave()
    house.let_waits_end()
    for _ in range(2):
        house.poll()
    assert _texts(house) == [f"Comment {number:02}" for number in range(60)]
