"""Direct messages, answered in place: the window of the platform holds, by a person and by a rule, and nothing is sent
twice. The sandbox's clock and ours are set; nobody waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from agency.replies import desk, publishing, queries
from jobs.answers_again import read_answers_again
from jobs.runner import transport_of
from tenants import clock
from tenants.errors import Conflict
from tests.flows.conftest import PAGE, PROFILE, House

WORDS = "Dziękujemy, już sprawdzamy „to”! 🎉"
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


@dataclass
class Town:
    """The house with its clock and the sandbox's, held together."""

    house: House
    move: Callable[[datetime], None]
    start: datetime

    def at(self, moment: datetime) -> None:
        """What time it is, for us and for the platforms."""
        self.move(moment)
        self.house.sandbox.tell("clock", {"at": moment.timestamp(), "stop": True})

    def customer_writes(self, words: str, *, ago: timedelta, account: str = PAGE, **facts: Any) -> UUID:
        """Somebody wrote that long before the start; back to the start, and everything is read."""
        platform = "instagram" if account == PROFILE else "facebook"
        self.at(self.start - ago)
        message = {"platform": platform, "account": account, "author": "Ada Vale", "text": words, **facts}
        self.house.sandbox.tell("messages", message)
        self.at(self.start)
        self.house.poll()
        found = self.house.scalar("select id from conversation where kind = 'message' order by id desc limit 1")
        assert found is not None
        return UUID(str(found))

    def approved(self, conversation_id: UUID, words: str = WORDS, **how: Any) -> UUID:
        agency = self.house.agency
        with agency.entered(agency.staff):
            reply_id = desk.start_draft(agency.staff, conversation_id, words, **how).id
            desk.submit(agency.staff, reply_id)
        with agency.entered(agency.client_owner):
            desk.approve(agency.client_owner, reply_id, queries.get_reply(reply_id).text_hash)
        return reply_id

    def row(self, reply_id: UUID) -> queries.ReplyRow:
        with self.house.agency.entered():
            return queries.get_reply(reply_id)

    def sent(self) -> list[dict[str, Any]]:
        """The messages the platforms took."""
        return [e for e in self.house.sandbox.ledger() if e["outcome"] == "applied" and e["action"] in KINDS]


KINDS = ("message", "private_reply")


@contextmanager
def town_of(house: House) -> Iterator[Town]:
    start = clock.now().replace(microsecond=0)
    with clock.stopped_at(start) as move:
        town = Town(house, move, start)
        town.at(town.start)
        yield town


@pytest.fixture
def town(house: House) -> Iterator[Town]:
    with town_of(house) as made:
        yield made


@pytest.mark.parametrize(
    ("ago", "automatic", "outcome"),
    [
        (24 * HOUR - MINUTE, False, "RESPONSE"),
        (24 * HOUR + MINUTE, False, "HUMAN_AGENT"),
        (6 * DAY + 23 * HOUR, False, "HUMAN_AGENT"),
        (7 * DAY + MINUTE, False, "over"),
        (24 * HOUR - MINUTE, True, "RESPONSE"),
        (24 * HOUR + MINUTE, True, "people_only"),
        (6 * DAY + 23 * HOUR, True, "people_only"),
        (7 * DAY + MINUTE, True, "over"),
    ],
)
def test_the_window_by_a_person_and_by_a_rule(town: Town, ago: timedelta, automatic: bool, outcome: str) -> None:
    conversation_id = town.customer_writes("Where is my order?", ago=ago)
    if outcome in ("over", "people_only"):
        with pytest.raises(Conflict) as refused:
            town.approved(conversation_id, automatic=automatic)
        assert (refused.value.code, refused.value.fields["reason"]) == ("window_closed", outcome)
        town.house.keep_promises()
        assert town.sent() == []
        return
    reply_id = town.approved(conversation_id, automatic=automatic)
    town.house.keep_promises()
    assert town.row(reply_id).state == "published"
    (sent,) = town.sent()
    assert sent["text"] == WORDS
    assert (sent.get("tag") or sent["messaging_type"], sent.get("policy_breach")) == (outcome, None)


def test_a_message_is_read_answered_once_and_read_back(town: Town) -> None:
    conversation_id = town.customer_writes("Is it open on Sunday?", ago=HOUR)
    reply_id = town.approved(conversation_id)
    house = town.house
    house.sandbox.tell(
        "misbehaviour", {"kind": "lose_answer_after_accepting", "probability": 1, "applies_to": "writes"}
    )
    house.keep_promises()
    assert town.row(reply_id).state == "outcome_unknown"
    house.sandbox.behave()
    for _ in range(4):
        house.pass_time(700)
        house.keep_promises()
    row = town.row(reply_id)
    assert (row.state, row.live_state, row.private) == ("published", "visible", True)
    assert row.read_back_at is not None
    assert [e["text"] for e in town.sent()] == [WORDS]
    town.at(town.start + HOUR)
    house.poll()
    thread = house.scalar("select string_agg(direction || ':' || text, '|' order by written_at, id) from message")
    assert thread == f"in:Is it open on Sunday?|out:{WORDS}"
    assert house.scalar("select reply_id::text from message where direction = 'out'") == str(reply_id)
    assert house.scalar("select status || closed_reason from conversation") == "closedanswered"
    assert _read_again(house) == ("visible", "found")
    house.sandbox.tell("unsends", {"platform": "facebook", "account": PAGE, "item": town.row(reply_id).platform_id})
    assert _read_again(house) == ("visible", "cannot_tell"), "one that is only old is denied alike"
    assert _read_again(house) == ("removed", "absent"), "its conversation shows the customer's before it, without it"
    assert house.scalar("select status from conversation") == "open"


def _read_again(house: House) -> tuple[str, str]:
    """By the slow sweep; how the answer stands then, and what was seen."""
    with house.superuser.begin() as connection:
        connection.execute(text("update reply set live_due_at = now() - interval '1 second'"))
    read_answers_again(house.agency.app, str(house.agency.id), "facebook")
    seen = "select outcome from publish_attempt where deed = 'look' order by created_at desc, id desc limit 1"
    return house.scalar("select live_state from reply"), house.scalar(seen)


def test_what_waits_when_its_window_closes_lapses_and_says_why(town: Town) -> None:
    conversation_id = town.customer_writes("Hello?", ago=6 * DAY + 23 * HOUR)
    agency, house = town.house.agency, town.house
    with agency.entered(agency.staff):
        reply_id = desk.start_draft(agency.staff, conversation_id, WORDS).id
        desk.submit(agency.staff, reply_id)
    with house.superuser.connect() as connection:
        due = connection.execute(
            text("select run_at from outbox_entry where job_name = 'recheck_waiting_replies'")
        ).scalar_one()
    assert due == town.start + HOUR + timedelta(seconds=1)
    town.at(due)
    with pytest.raises(Conflict, match="7 days"), agency.entered(agency.client_owner):
        desk.approve(agency.client_owner, reply_id, queries.get_reply(reply_id).text_hash)
    house.keep_promises()
    row = town.row(reply_id)
    assert row.state == "draft"
    assert "7 days" in (row.state_reason or "")


def test_an_approved_message_that_comes_too_late_is_not_sent(town: Town) -> None:
    conversation_id = town.customer_writes("Hello?", ago=6 * DAY + 23 * HOUR)
    reply_id = town.approved(conversation_id)
    town.at(town.start + 2 * HOUR)
    agency = town.house.agency  # the sender alone, before anybody else looks at the clock
    assert publishing.publish(agency.app, agency.scope, reply_id, transport_of(agency.app)) == "skipped"
    row = town.row(reply_id)
    assert (row.state, town.sent()) == ("draft", [])
    assert "7 days" in (row.state_reason or "")


def test_a_persons_own_words_in_a_rules_draft_are_a_persons(town: Town) -> None:
    conversation_id = town.customer_writes("Hello?", ago=2 * DAY)
    agency = town.house.agency
    with agency.entered(agency.staff):
        reply_id = desk.start_draft(agency.staff, conversation_id, "Automatic words.", automatic=True).id
        with pytest.raises(Conflict, match="24 hours"):
            desk.submit(agency.staff, reply_id)
        desk.edit(agency.staff, reply_id, WORDS)
        desk.submit(agency.staff, reply_id)
    assert town.row(reply_id).state == "awaiting_approval"


def test_a_message_over_instagrams_bytes_is_refused_with_the_count_and_never_cut(town: Town) -> None:
    conversation_id = town.customer_writes("Hej!", ago=HOUR, account=PROFILE, author="ada.vale")
    long = "ż" * 501
    agency = town.house.agency
    with agency.entered(agency.staff):
        reply_id = desk.start_draft(agency.staff, conversation_id, long).id
        with pytest.raises(Exception, match="1002") as refused:
            desk.submit(agency.staff, reply_id)
    assert getattr(refused.value, "code", "") == "style_stop"
    assert town.row(reply_id).text == long
    assert town.sent() == []
