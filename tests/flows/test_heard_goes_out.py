"""Words that say by themselves that somebody was heard: out on every platform that takes them, and held as promises."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, timedelta

import pytest
from sqlalchemy import select, text

from agency.inbox import desk as inbox_desk
from agency.inbox.models import Conversation
from agency.replies.acknowledgement_versions import save_texts
from agency.replies.models import CustomerPromise, Reply
from agency.replies.promise_lists import list_promises
from tenants import clock
from tenants.database import db
from tenants.models import OutboxEntry
from tests.factories import Factory
from tests.flows.conftest import LOCATION, PAGE, PROFILE, House
from tests.flows.test_messages_go_out import MINUTE, Town, town_of

ASKS = "Where is my order? I have been waiting for a week now."
TEXTS = [
    {"platform": "", "kind": "", "language": "en", "text": "We have read it and will answer {by}."},
    {"platform": "", "kind": "message", "language": "en", "text": "Hello, we read your message and will answer {by}."},
]

NAMES = ("In public facebook", "In private facebook", "Late", "Stars")


def in_the_morning() -> str:
    """A zone where it is eight to nine now: answers are sent by the database's clock, and "today" must be its today."""
    ahead = (8 - clock.now().astimezone(UTC).hour + 12) % 24 - 12
    return f"Etc/GMT{-ahead:+d}"


@pytest.fixture
def town(house: House) -> Iterator[Town]:
    """Whose client signed that the brand acknowledges after ten minutes, everywhere."""
    agency, line = house.agency, {"platform": "", "kind": "", "when": "always", "after_minutes": 10}
    with agency.entered(agency.team_lead):
        save_texts(agency.team_lead, agency.brand_ids[0], TEXTS, "", based_on=0)
    Factory(agency.app).policy(agency, agency.brand_ids[0], acknowledge=[line], acknowledge_texts=1)
    with house.superuser.begin() as connection:
        connection.execute(text("update approval_policy set signed_how = 'page', signed_by_name = 'Ana'"))
        connection.execute(text("update brand set time_zone = :zone"), {"zone": in_the_morning()})
    with town_of(house) as made:
        yield made


def test_they_go_out_in_public_and_in_private_and_what_they_promise_is_held(town: Town) -> None:
    house, agency, five = town.house, town.house.agency, 5 * MINUTE
    posts = {
        platform: house.sandbox.tell("posts", {"platform": platform, "account": account, "text": "New bread"})
        for platform, account in (("facebook", PAGE), ("instagram", PROFILE))
    }
    for platform, account in (("facebook", PAGE), ("instagram", PROFILE)):
        line = {"platform": platform, "account": account, "text": ASKS}
        house.sandbox.tell(
            "comments", {**line, "author": f"In public {platform}", "post": posts[platform]["external_id"]}
        )
        house.sandbox.tell("messages", {**line, "author": f"In private {platform}"})
    late = {"platform": "facebook", "account": PAGE, "text": ASKS, "author": "Late"}
    house.sandbox.tell("comments", {**late, "post": posts["facebook"]["external_id"]})
    review = {"platform": "google_business", "account": LOCATION, "author": "Stars", "text": ASKS, "stars": 2}
    house.sandbox.tell("reviews", review)
    town.at(town.start + five)
    house.poll()
    with agency.entered():
        rows = db.session.execute(select(Conversation.author_name, Conversation.kind, Conversation.id)).all()
    # Instagram tells a name of its own for whoever wrote.
    found = {name if name in NAMES else f"Instagram's {kind}": number for name, kind, number in rows}
    assert len(found) == 6, found
    with agency.entered():
        runs_at = set(db.session.scalars(select(OutboxEntry.run_at).where(OutboxEntry.job_name == "acknowledge")))
    assert runs_at == {town.start + 10 * MINUTE}, "nobody is told before the time that was signed"

    town.at(town.start + 11 * MINUTE)
    house.keep_promises()
    with agency.entered(agency.staff):
        inbox_desk.claim(agency.staff, found["Late"])
    town.at(town.start + 12 * MINUTE)
    house.keep_promises()
    said = sorted(house.sandbox.applied())
    assert len(said) == 4, said
    assert [words.split(" will answer ")[0] for words in said] == [
        *["Hello, we read your message and"] * 2,
        *["We have read it and"] * 2,
    ]
    with agency.entered():
        states = dict(db.session.execute(select(Reply.conversation_id, Reply.state)).all())
        assert states.pop(found["Late"]) == "dropped", "a person was first"
        assert found["Stars"] not in states, "a review has room for one answer"
        assert set(states.values()) == {"published"}
        promises = list(db.session.scalars(select(CustomerPromise)))
        assert {one.conversation_id for one in promises} == set(states)
        assert {one.ended for one in promises} == {None}
        due = {one.conversation_id: one.due_at for one in promises}

    answered = found["In private facebook"]
    town.at(due[answered] - timedelta(minutes=30))
    town.approved(answered, "It was sent on Monday.")
    house.keep_promises()
    town.at(max(due.values()) + MINUTE)
    with agency.entered():
        rows = db.session.execute(select(CustomerPromise.conversation_id, CustomerPromise.ended)).all()
        seen = {one: ended for one, ended in rows if one in due}
        page = list_promises(agency.team_lead, "broken").rows
    assert seen.pop(answered) == "kept"
    assert set(seen.values()) == {None}
    assert {one.conversation_id for one in page} == set(seen), "what nobody answered leads the lead's list"
