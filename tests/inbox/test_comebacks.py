"""Cases that come back to a person at a time: waking, what ends it first, and what the channel allows then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select

from agency.inbox import comebacks, desk, intake, returning
from agency.inbox.comeback_models import Comeback
from agency.inbox.comeback_windows import allowed_later
from agency.inbox.models import Conversation
from agency.inbox.reranking import rerank_due
from agency.inbox.signs import COMES_BACK, KEPT
from agency.inbox.triage.keeping import kept_for
from agency.notices.models import Notice
from agency.web.later_page import moments
from channels.items import Author, IncomingItem, Page
from channels.models import Account
from tenants import clock
from tenants.database import db, new_id
from tenants.errors import Conflict, Forbidden, Invalid, NotFound
from tenants.permissions import Actor
from tests.factories import Agency, Factory

DAY = timedelta(days=1)


def said(number: int, words: str, at: datetime, *, from_us: bool = False) -> IncomingItem:
    return IncomingItem(
        external_id=f"c{number}",
        thread_external_id="c1",
        parent_external_id=None if number == 1 else "c1",
        kind="comment",
        author=Author("us" if from_us else "77", "Us" if from_us else "Test Customer"),
        text=words,
        created_at=at,
        updated_at=None,
        stars=None,
        permalink=None,
        from_us=from_us,
    )


class Room:
    """A case of one customer, and what comes in."""

    def __init__(self, make: Factory, agency: Agency) -> None:
        self.agency, self.account_id, self.number = agency, make.account(agency), 0
        self.comes_in("Where is my order?")
        with agency.entered():
            self.case = db.session.scalars(select(Conversation.id)).one()

    def comes_in(self, words: str, *, from_us: bool = False) -> None:
        self.number += 1
        with self.agency.entered():
            account = db.session.scalars(select(Account).where(Account.id == self.account_id)).one()
            at = clock.now().replace(microsecond=0)
            intake.store_page(
                account,
                Page((said(self.number, words, at, from_us=from_us),), (), "", complete=True),
                now=clock.now(),
            )

    def put(self, actor: Actor, at: datetime, reason: str = "The warehouse answers", draft: str = "") -> None:
        with self.agency.entered(actor):
            comebacks.put(actor, self.case, at, reason, draft)

    def do(self, deed: object, actor: Actor) -> None:
        with self.agency.entered(actor):
            deed(actor, self.case)  # type: ignore[operator]

    def upkeep(self) -> tuple[int, int]:
        with self.agency.entered():
            woken = comebacks.wake_due()
            returning.hand_back_expired()
            return woken, comebacks.tell_ended()

    def row(self) -> Conversation:
        with self.agency.entered():
            found = db.session.scalars(select(Conversation).where(Conversation.id == self.case)).one()
            db.session.expunge(found)
            return found

    def states(self) -> list[tuple[str, str | None]]:
        with self.agency.entered():
            return [
                (one.state, one.ended_because) for one in db.session.scalars(select(Comeback).order_by(Comeback.id))
            ]

    def told(self) -> list[tuple[str, UUID]]:
        with self.agency.entered():
            return [(one.kind, one.person_id) for one in db.session.scalars(select(Notice).order_by(Notice.id))]


@pytest.fixture
def room(make: Factory, ana: Agency) -> Room:
    return Room(make, ana)


def test_it_comes_back_to_its_person_first_in_the_queue_and_nothing_closes_it(room: Room, ana: Agency) -> None:
    start = clock.now()
    with clock.stopped_at(start) as move_to:
        room.put(ana.staff, start + DAY, draft="Dear customer,")
        room.comes_in("We ask the warehouse.", from_us=True)
        row = room.row()
        assert (row.status, row.closed_reason, row.signs & COMES_BACK) == ("closed", "answered", COMES_BACK)
        assert room.upkeep() == (0, 0)
        move_to(start + DAY)
        assert room.upkeep() == (1, 0)
        assert room.upkeep() == (0, 0)
        row = room.row()
        assert (row.status, row.woke_at, row.signs & COMES_BACK, row.signs & KEPT) == ("open", start + DAY, 0, KEPT)
        assert room.states() == [("woke", None)]
        assert room.told() == [("case_came_back", ana.staff.user_id)]
        with ana.entered():
            assert kept_for(ana.staff.user_id)
            rerank_due()
        assert "woken" in [part["part"] for part in room.row().rank_reasons]
        # The answer that stands there already is told again, as a poll does: it came back, so it stays.
        room.number -= 1
        room.comes_in("We ask the warehouse, gladly.", from_us=True)
        row = room.row()
        assert row.status == "open"
        assert "woken" in [part["part"] for part in row.rank_reasons]
        move_to(start + DAY + timedelta(minutes=5))
        room.comes_in("The warehouse found it.", from_us=True)
        assert room.row().status == "closed", "it was answered since"


@pytest.mark.parametrize("is_put_off", [True, False])
def test_the_customer_is_first(room: Room, ana: Agency, is_put_off: bool) -> None:
    start = clock.now()
    with clock.stopped_at(start) as move_to:
        if not is_put_off:
            room.do(desk.close, ana.team_lead)
        room.put(ana.staff, start + DAY)
        assert room.row().status == ("snoozed" if is_put_off else "closed")
        move_to(start + timedelta(hours=1))
        room.comes_in("Any news?")
        row = room.row()
        assert (row.status, row.signs & COMES_BACK) == ("open", 0)
        assert room.states() == [("ended", "customer")]
        assert room.upkeep() == (0, 1)
        assert room.upkeep() == (0, 0)
        assert room.told() == [("comeback_ended", ana.staff.user_id)]
        move_to(start + 2 * DAY)
        assert room.upkeep() == (0, 0)


def test_what_ends_it_and_what_does_not(room: Room, ana: Agency) -> None:
    start = clock.now()
    with clock.stopped_at(start) as move_to:
        room.put(ana.staff, start + DAY)
        room.put(ana.staff, start + 2 * DAY, "Other words")
        assert room.states() == [("ended", "person"), ("waiting", None)]
        room.do(desk.reopen, ana.team_lead)
        assert room.states()[-1] == ("ended", "person"), "somebody has it back already"
        room.put(ana.staff, start + DAY)
        room.do(desk.close, ana.staff)
        assert room.states()[-1] == ("waiting", None), "resolved is not forgotten"
        room.do(comebacks.end, ana.staff)
        room.do(comebacks.end, ana.staff)
        assert (room.row().status, room.row().signs & COMES_BACK) == ("closed", 0)
        room.do(desk.reopen, ana.staff)
        room.put(ana.staff, start + DAY)
        room.do(comebacks.end, ana.staff)
        assert room.row().status == "open"
        room.put(ana.staff, start + DAY)
        with ana.entered():
            comebacks.forget([room.row().contact_id or new_id()])
        assert (len(room.states()), room.row().signs & COMES_BACK) == (0, 0)
        room.put(ana.staff, start + DAY)
        with ana.entered():
            one = db.session.scalars(select(Comeback)).one()
            one.person_id, one.person_name = new_id(), "Who left"
        move_to(start + DAY)
        assert room.upkeep() == (1, 0)
        assert {kind for kind, _person in room.told()} == {"case_came_back"}
        assert {person for _kind, person in room.told()} == {ana.team_lead.user_id, ana.agency_admin.user_id}
        assert room.row().signs & KEPT == 0


def test_who_may_and_what_is_asked(room: Room, ana: Agency, make: Factory) -> None:
    start = clock.now()
    strangers = make.agency("Strangers", brands=["Three"])
    for at in (start, start + 400 * DAY, (start + DAY).replace(tzinfo=None)):
        with pytest.raises(Invalid):
            room.put(ana.staff, at)
    for reason, draft in ((" ", ""), ("x" * 501, ""), ("Good", "x" * 10_001), ("\x00", "")):
        with pytest.raises(Invalid):
            room.put(ana.staff, start + DAY, reason, draft)
    with pytest.raises(Forbidden):
        room.put(ana.light, start + DAY)
    with strangers.entered(strangers.staff), pytest.raises(NotFound):
        comebacks.put(strangers.staff, room.case, start + DAY, "Theirs")
    room.do(desk.claim, ana.team_lead)
    with pytest.raises(Conflict):
        room.put(ana.staff, start + DAY)
    assert room.states() == []
    room.put(ana.team_lead, start + DAY)
    with ana.entered(ana.staff):
        assert comebacks.list_later(ana.staff).rows == []
        (row,) = comebacks.list_later(ana.staff, mine=False).rows
        assert (row.conversation_id, row.reason, row.has_draft) == (room.case, "The warehouse answers", False)


def test_what_the_channel_allows_then() -> None:
    wrote = datetime(2026, 11, 23, 10, 12, tzinfo=UTC)
    direct = allowed_later("message", wrote, wrote, has_private=False)
    assert direct.message_until == wrote + 7 * DAY
    assert not direct.nothing_at(wrote + 7 * DAY - timedelta(seconds=1))
    assert direct.nothing_at(wrote + 7 * DAY)
    assert allowed_later("message", None, None, has_private=False).nothing_at(wrote)
    comment = allowed_later("comment", None, wrote, has_private=True)
    assert comment.any_time
    assert comment.private_until == wrote + 7 * DAY
    assert not comment.nothing_at(wrote + 300 * DAY)
    assert allowed_later("review", None, wrote, has_private=False) == (True, None, None)


def test_mornings_are_the_brands_whatever_its_clocks_do(whole_app: Flask) -> None:
    zone = ZoneInfo("Europe/Lisbon")
    with whole_app.test_request_context():
        found = [at for _label, at in moments(datetime(2026, 10, 23, 12, 0, tzinfo=UTC), zone)]
    assert [(at.day, at.hour) for at in found] == [(24, 9), (26, 9), (30, 9), (22, 9)], "Monday is in three days"
    assert [at.astimezone(UTC).hour for at in found] == [8, 9, 9, 9]
