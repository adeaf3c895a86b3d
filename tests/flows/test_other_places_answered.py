"""Answers where the words are no comment under our post: a visitor's post, and a review whose answer is moderated.

Asked for as people ask, through the real promises to the sandbox platforms, judged by their ledger.
"""

from __future__ import annotations

from uuid import UUID

import pytest

from agency.replies import desk, queries
from tests.flows.conftest import LOCATION, PAGE, House

WORDS = "Dziękujemy, już sprawdzamy „to”! 🎉"


def sent(house: House, conversation_id: UUID) -> UUID:
    """Drafted, approved and sent."""
    agency = house.agency
    with agency.entered(agency.staff):
        reply_id = desk.start_draft(agency.staff, conversation_id, WORDS).id
        desk.submit(agency.staff, reply_id)
    with agency.entered(agency.client_owner):
        desk.approve(agency.client_owner, reply_id, queries.get_reply(reply_id).text_hash)
    house.keep_promises()
    return reply_id


def looked(house: House, reply_id: UUID) -> queries.ReplyRow:
    """As it stands after the platform was looked at once more."""
    house.pass_time(700)
    house.keep_promises()
    with house.agency.entered():
        return queries.get_reply(reply_id)


def conversation(house: House, kind: str) -> UUID:
    found = house.scalar(f"select id from conversation where kind = '{kind}'")
    assert found is not None
    return UUID(str(found))


def test_a_visitors_post_is_answered_once(house: House) -> None:
    house.sandbox.tell("posts", {"platform": "facebook", "account": PAGE, "author": "Ada Vale", "text": "Is it open?"})
    house.poll()
    reply_id = sent(house, conversation(house, "post"))
    row = looked(house, reply_id)
    assert (row.state, row.live_state, house.sandbox.applied()) == ("published", "visible", [WORDS]), row.state_reason
    assert house.scalar("select text from message where direction = 'out'") == WORDS
    for _ in range(2):
        house.poll()
        house.keep_promises()
    assert house.scalar("select count(*) from message where direction = 'out'") == 1, "known again as ours"
    assert house.scalar("select closed_reason from conversation where kind = 'post'") == "answered"


@pytest.mark.parametrize(("state", "reason"), [("APPROVED", ""), ("REJECTED", "PERSONAL_INFORMATION")])
def test_an_answer_to_a_review_waits_for_moderation_and_is_shown_or_comes_back(
    house: House, state: str, reason: str
) -> None:
    line = {"platform": "google_business", "account": LOCATION, "author": "Ewa L.", "stars": 2, "text": "Zimny pokój."}
    review = house.sandbox.tell("reviews", line)
    house.poll()
    house.sandbox.tell("google/moderation", {"hold": True})
    reply_id = sent(house, conversation(house, "review"))
    row = looked(house, reply_id)
    assert (row.state, row.live_state) == ("published", "pending"), "taken is not shown"
    decision = {"review": review["external_id"], "state": state, **({"reason": reason} if reason else {})}
    house.sandbox.tell("google/moderation", decision)
    row = looked(house, reply_id)
    shown = house.scalar("select moderation from message where direction = 'out'")
    owed = house.scalar("select due_at is not null from conversation")
    if state == "APPROVED":
        assert (row.live_state, shown, owed) == ("visible", "published", False)
        return
    assert (row.live_state, shown, owed) == ("rejected", "rejected", True)
    assert reason in (row.state_reason or "")
    house.sandbox.tell("google/moderation", {"hold": False})
    again = sent(house, conversation(house, "review"))
    assert looked(house, again).state == "published", "another answer may take its place"
