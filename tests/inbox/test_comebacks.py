"""Cases that come back to a person at a time: waking, what ends it first, and what the channel allows then."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select, update

from agency.inbox import comeback_waking, comebacks, desk, handovers, intake, merging, returning
from agency.inbox.absences import write_absence
from agency.inbox.comeback_models import Comeback
from agency.inbox.comeback_windows import allowed_later
from agency.inbox.handovers import Given
from agency.inbox.incidents import opening
from agency.inbox.incidents.models import IncidentCase
from agency.inbox.models import Conversation
from agency.inbox.reranking import rerank_due
from agency.inbox.signs import COMES_BACK, INCIDENT, KEPT
from agency.inbox.team import save_member
from agency.inbox.triage.keeping import kept_for, may_be_offered
from agency.notices.gathering import line_of
from agency.notices.models import Notice
from agency.web.later_page import moments
from channels.items import Author, IncomingItem, Page
from channels.models import Account
from tenants import clock
from tenants.database import db, new_id
from tenants.errors import Conflict, Forbidden, Invalid, NotFound
from tenants.permissions import Actor, Role
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
            woken = comeback_waking.wake_due()
            returning.hand_back_expired()
            return woken, comeback_waking.tell_ended()

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


def test_it_comes_back_to_who_is_there_where_its_person_is_not(room: Room, ana: Agency, make: Factory) -> None:
    start = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # a Monday; they work from 8 to 16
    me, ben = ana.staff, make.person(ana, Role.STAFF)
    with clock.stopped_at(start) as move_to:
        with ana.entered(ana.team_lead):
            week = {"zone": "UTC", "days": [[[480, 960]]] * 5 + [[]] * 2}
            save_member(ana.team_lead, me.user_id, week, based_on=0)
        room.put(me, start + timedelta(hours=3))
        move_to(start + timedelta(hours=3))
        assert room.upkeep() == (1, 0)
        leads = {ana.team_lead.user_id, ana.agency_admin.user_id}
        assert {person for _kind, person in room.told()} == {me.user_id, *leads}
        with ana.entered():
            assert may_be_offered([room.case], ben.user_id, clock.now()) == [room.case], "it blocks nobody"
            lines = {line_of(one, "en", "Brand") for one in db.session.scalars(select(Notice))}
        assert any("who is not on shift" in one for one in lines)
        room.put(me, start + 16 * timedelta(hours=1, minutes=4))
        move_to(start + 16 * timedelta(hours=1, minutes=4))
        assert room.upkeep() == (1, 0), "at 8:04 they are there"
        assert len(room.told()) == 4
        with ana.entered(ana.team_lead):
            tomorrow = date(2026, 11, 25)
            write_absence(ana.team_lead, me.user_id, tomorrow, tomorrow, stand_in_id=ben.user_id)
        room.put(me, start + 2 * DAY)
        move_to(start + 2 * DAY)
        assert room.upkeep() == (1, 0)
        assert {person for _kind, person in room.told()[-2:]} == {me.user_id, ben.user_id}
        with ana.entered():
            assert may_be_offered([room.case], ben.user_id, clock.now()) == [room.case]
            assert may_be_offered([room.case], ana.team_lead.user_id, clock.now()) == []


def test_what_is_offered_to_a_colleague_comes_back_to_them(room: Room, ana: Agency, make: Factory) -> None:
    start, me, ben = clock.now(), ana.staff, make.person(ana, Role.STAFF)
    with clock.stopped_at(start) as move_to:
        room.do(desk.close, me)
        room.put(me, start + timedelta(minutes=30))
        with ana.entered(me):
            made = handovers.offer(me, new_id(), ben.user_id, [Given(room.case, ("comes_back",))]).handover_id
        move_to(start + timedelta(minutes=30))
        assert room.upkeep() == (1, 0)
        assert room.told()[-1] == ("case_came_back", ben.user_id)
        assert me.user_id not in {person for kind, person in room.told() if kind == "case_came_back"}
        with ana.entered(ben):
            assert may_be_offered([room.case], me.user_id, clock.now()) == []
            assert handovers.accept(ben, made).number == 1
        assert room.row().holder_id == ben.user_id


@pytest.mark.parametrize("afterwards", ["return", "resolve", ""])
def test_within_an_incident_it_comes_back_at_its_time(room: Room, ana: Agency, afterwards: str) -> None:
    start, lead = clock.now(), ana.team_lead
    with clock.stopped_at(start) as move_to:
        with ana.entered(lead):
            words = {"name": "Down", "words": [{"language": "", "words": "order"}]}
            made = opening.open_incident(lead, ana.brand_ids[0], words).id
            opening.put_in(lead, made, room.case)
        assert room.row().signs & INCIDENT
        room.put(ana.staff, start + DAY)
        assert room.row().signs & (INCIDENT | COMES_BACK) == INCIDENT | COMES_BACK
        if afterwards:
            with ana.entered(lead):
                opening.close_incident(lead, made, afterwards)
            assert room.row().status == ("snoozed" if afterwards == "return" else "closed")
            assert (room.row().signs & INCIDENT, room.states()) == (0, [("waiting", None)])
        move_to(start + DAY)
        assert room.upkeep() == (1, 0)
        assert (room.row().status, room.row().signs & (INCIDENT | COMES_BACK)) == ("open", 0)
        with ana.entered():
            left = db.session.scalars(select(IncidentCase.left_because)).one()
        assert (left == "moved") == (not afterwards)


def test_what_became_of_the_case_meanwhile_decides(room: Room, ana: Agency, make: Factory) -> None:
    start = clock.now()
    with clock.stopped_at(start) as move_to:
        into = make.conversation(ana, account_id=room.account_id)
        with ana.entered():
            same = room.row().contact_id
            db.session.execute(update(Conversation).where(Conversation.id == into).values(contact_id=same))
        room.put(ana.staff, start + DAY)
        with ana.entered(ana.staff):
            merging.merge(ana.staff, new_id(), into, room.case)
        move_to(start + DAY)
        assert room.upkeep() == (1, 0)
        assert room.states() == [("woke", None)]
        with ana.entered():
            shown = db.session.execute(select(Conversation.status, Conversation.woke_at).where(Conversation.id == into))
            assert tuple(shown.one()) == ("open", start + DAY), (
                "it is told within the other one, so that one comes back"
            )
        room.case = into
        room.do(desk.close, ana.staff)
        room.put(ana.staff, start + 2 * DAY)
        with ana.entered():  # as by a way the trigger does not know
            db.session.execute(update(Comeback).values(comes_at=start + 2 * DAY))
            db.session.execute(update(Conversation).where(Conversation.id == into).values(signs=0))
            db.session.execute(update(Conversation).where(Conversation.id == into).values(closed_reason="spam"))
        move_to(start + 2 * DAY)
        assert room.upkeep() == (0, 0)
        assert room.states()[-1] == ("ended", "person")
        assert room.row().status == "closed"


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
