"""One answer to a review, on the real road: never over Google's bytes, never over somebody else's words."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from agency.inbox.models import Conversation
from agency.replies import desk, queries
from agency.replies.words import hash_of
from tenants.database import db
from tenants.errors import AppError, Conflict
from tests.flows.conftest import LOCATION, House

REVIEW, ANSWER, FOREIGN = (
    "Zimny pokój.",
    "Przykro nam. Kaloryfer działa od wczoraj.",
    "Dziękujemy! (z telefonu)",
)
POLISH = "Zażółć gęślą jaźń. "
"""19 characters of 28 bytes."""


def reviewed(house: House) -> tuple[UUID, dict[str, Any]]:
    line = {"platform": "google_business", "account": LOCATION, "author": "Ewa L.", "stars": 2, "text": REVIEW}
    review: dict[str, Any] = house.sandbox.tell("reviews", line)
    house.poll()
    with house.agency.entered():
        return db.session.execute(select(Conversation.id)).scalar_one(), review


def approved(house: House, conversation_id: UUID, words: str) -> UUID:
    agency = house.agency
    with agency.entered(agency.staff):
        reply_id = desk.start_draft(agency.staff, conversation_id, words).id
    again(house, reply_id)
    return reply_id


def again(house: House, reply_id: UUID) -> None:
    """Sent to be approved, and approved."""
    agency = house.agency
    with agency.entered(agency.staff):
        desk.submit(agency.staff, reply_id)
    with agency.entered(agency.client_owner):
        desk.approve(agency.client_owner, reply_id, queries.get_reply(reply_id).text_hash)


def standing(house: House) -> str | None:
    """The answer customers read on Google."""
    asked = {"platform": "google_business", "account": LOCATION, "kind": "review"}
    (review,) = house.sandbox.http.get(f"{house.sandbox.url}/sandbox/items", params=asked).json()["items"]
    reply = review["reply"]
    return None if reply is None else str(reply["text"])


def test_polish_words_over_the_bytes_are_refused_with_their_count(house: House) -> None:
    long = (POLISH * 150).strip()
    size = len(long.encode())
    assert len(long) < 4_096 < size, "few enough characters, too many bytes"
    conversation_id, _review = reviewed(house)
    agency = house.agency
    with agency.entered(agency.staff):
        reply_id = desk.start_draft(agency.staff, conversation_id, long).id
        with pytest.raises(AppError) as refused:
            desk.submit(agency.staff, reply_id)
    assert refused.value.code == "style_stop"
    assert f"{size:,}".replace(",", "") in str(refused.value.fields).replace(",", "").replace("\xa0", "")
    house.keep_promises()
    with house.agency.entered():
        row = queries.get_reply(reply_id)
    assert (row.state, row.text, standing(house)) == ("draft", long, None), "kept whole, sent to nobody"


def test_an_answer_written_elsewhere_meanwhile_is_never_overwritten(house: House) -> None:
    conversation_id, review = reviewed(house)
    reply_id = approved(house, conversation_id, ANSWER)
    line = {"platform": "google_business", "account": LOCATION, "item": review["external_id"], "text": FOREIGN}
    house.sandbox.tell("answers", line)
    for _ in range(3):
        house.keep_promises()
        house.pass_time(700)
    with house.agency.entered():
        row = queries.get_reply(reply_id)
    assert row.state == "draft", "back with a person"
    assert "Another reply already stands" in (row.state_reason or "")
    assert (standing(house), house.sandbox.applied()) == (FOREIGN, [])
    assert house.scalar("select text from message where direction = 'out'") == FOREIGN, "seen at once, without a poll"
    with pytest.raises(Conflict) as refused:
        again(house, reply_id)
    assert (refused.value.code, refused.value.fields["standing"]) == ("answered_elsewhere", FOREIGN)
    agency = house.agency
    with agency.entered(agency.staff):
        desk.drop(agency.staff, reply_id)
    house.keep_promises()
    assert (standing(house), house.sandbox.applied()) == (FOREIGN, []), "theirs stays"
    assert house.scalar("select reply_state is null from conversation") is True


def test_an_answer_written_elsewhere_is_replaced_by_who_saw_it_and_no_newer_one(house: House) -> None:
    conversation_id, review = reviewed(house)
    line = {"platform": "google_business", "account": LOCATION, "item": review["external_id"]}
    house.sandbox.tell("answers", {**line, "text": FOREIGN})
    house.poll()
    agency = house.agency
    with agency.entered(agency.staff):
        reply_id = desk.start_draft(agency.staff, conversation_id, ANSWER, replaces=hash_of(FOREIGN)).id
    again(house, reply_id)
    house.sandbox.tell("answers", {**line, "text": "Nowsza, z telefonu."})
    house.keep_promises()
    assert standing(house) == "Nowsza, z telefonu.", "approved was the place of other words"
    with pytest.raises(Conflict) as refused:
        again(house, reply_id)
    assert refused.value.code == "replaced_changed"
    with agency.entered(agency.staff):
        desk.edit(agency.staff, reply_id, ANSWER, replaces=hash_of("Nowsza, z telefonu."))
    again(house, reply_id)
    for _ in range(3):
        house.keep_promises()
        house.pass_time(700)
    with agency.entered():
        row = queries.get_reply(reply_id)
    assert (row.state, row.live_state, standing(house)) == ("published", "visible", ANSWER)
    assert house.sandbox.applied() == [ANSWER]
    assert house.scalar("select text from message where direction = 'out' and deleted_at is null") == ANSWER


def test_our_own_standing_answer_is_changed_and_not_answered_over(house: House) -> None:
    conversation_id, _review = reviewed(house)
    approved(house, conversation_id, ANSWER)
    house.keep_promises()
    with pytest.raises(Conflict) as refused:
        approved(house, conversation_id, "Jeszcze raz.")
    assert refused.value.code == "answered_already"
    assert house.sandbox.applied() == [ANSWER]
