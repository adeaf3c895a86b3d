"""Handing over at the end of a shift: what is whose, who could take it, and that it moves once or is said why not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import Engine, select, text

from agency.inbox import desk, handovers, returning
from agency.inbox.comeback_models import Comeback
from agency.inbox.deeds import CLAIM_MINUTES
from agency.inbox.handover_models import Handover, HandoverCase
from agency.inbox.handovers import Given
from agency.inbox.models import Conversation, Note
from agency.inbox.signs import KEPT
from agency.inbox.team import team_at
from agency.inbox.triage.models import KeptCase
from agency.notices.models import Notice
from agency.replies.handover_reading import read_handover
from agency.replies.holdings import candidates_for, hand_over, holdings_of
from tenants.database import db, new_id
from tenants.errors import Conflict, Invalid, NotFound
from tenants.permissions import Actor, Role
from tenants.shifts import Standing, is_off
from tests.factories import Agency, Factory
from tests.replies.conftest import Case
from tests.replies.handing import SHIFT_ENDS, Moment, hold, holder_of, offered, write_week
from tests.steady import is_steady
from tests.web.test_promises_page import promised


def test_what_is_mine_is_handed_over_with_its_note_and_held_until_that_shift_ends(
    ana: Agency, make: Factory, ben: Actor, at: Moment, superuser: Engine
) -> None:
    me = ana.staff
    held, snoozed, back, kept, others = (make.conversation(ana, rank=n) for n in range(5))
    hold(ana, me, held)
    with ana.entered(me):
        desk.snooze(me, snoozed, at.now + timedelta(hours=2))
    with ana.entered():
        brand = ana.brand_ids[0]
        common = {"agency_id": ana.id, "brand_id": brand, "person_id": me.user_id, "person_name": me.name}
        db.session.add(Comeback(conversation_id=back, comes_at=at.now + timedelta(hours=3), reason="News", **common))
        db.session.add(KeptCase(conversation_id=kept, until=at.now + timedelta(hours=1), **common))
    with ana.entered(me):
        mine = {one.conversation_id: one.reasons for one in holdings_of(me).cases}
        assert mine == {held: ("held",), snoozed: ("snoozed",), back: ("comes_back",), kept: ("kept",)}
        first = candidates_for(me, holdings_of(me).cases)[0]
        assert (first.person_id, first.standing, first.works_on) == (ben.user_id, Standing.OFF, 4)
        assert first.there_at == SHIFT_ENDS + timedelta(minutes=10)
    made = offered(ana, me, ben, [held, snoozed, back, kept, others], "A quiet day.", **{str(held): "Call her."})
    with ana.entered(me):
        assert holdings_of(me).cases == ()
        shown = read_handover(me, made)
        assert {one.conversation_id: one.note for one in shown.cases} == {
            held: "Call her.",
            **dict.fromkeys((snoozed, back, kept), "A quiet day."),
        }
        assert db.session.scalars(select(Note).where(Note.conversation_id == others)).all() == []
    assert holder_of(ana, held) == (None, None)  # nothing hangs on who goes home
    with ana.entered():
        rows = {one.conversation_id: one for one in db.session.scalars(select(KeptCase))}
        assert rows.keys() == {held, kept, back}
        assert rows[held].person_id == ben.user_id
        assert rows[held].until == SHIFT_ENDS + timedelta(minutes=70)
        assert db.session.get_one(Conversation, (ana.id, held, brand)).signs & KEPT
        (told,) = db.session.scalars(select(Notice).where(Notice.kind == "handover_offered"))
        assert (told.person_id, told.values["num"], told.path) == (ben.user_id, 4, f"/handovers/{made}")
    at.now += timedelta(minutes=10)
    with ana.entered(ben):
        done = handovers.accept(ben, made)
        assert (done.number, done.left) == (4, ())
    assert holder_of(ana, held) == (ben.user_id, SHIFT_ENDS.replace(hour=22, minute=0))
    assert holder_of(ana, snoozed)[0] is None
    with ana.entered(ben):
        assert {one.conversation_id: one.reasons for one in holdings_of(ben).cases}.keys() >= {held, kept}
        assert (
            db.session.scalars(select(Conversation.snoozed_by).where(Conversation.id == snoozed)).one() == ben.user_id
        )
        assert db.session.scalars(select(Comeback.person_id)).one() == ben.user_id
        (told,) = db.session.scalars(select(Notice).where(Notice.kind == "handover_answered"))
        assert (told.person_id, told.values["num"], told.values["all"]) == (me.user_id, 4, 4)
        with pytest.raises(Conflict) as again:
            handovers.accept(ben, made)
        assert again.value.code == "handover_ended"
    with superuser.connect() as connection:
        actions = connection.execute(
            text("select action, count(*) from brand_audit where action like '%handover%' group by 1 order by 1")
        ).all()
        assert list(map(tuple, actions)) == [
            ("conversation.handover_accepted", 4),
            ("conversation.handover_offered", 4),
        ]


def test_what_cannot_move_is_said_and_stays_where_it_is(ana: Agency, make: Factory, ben: Actor, at: Moment) -> None:
    me = ana.staff
    other = make.person(ana, Role.STAFF)
    taken, closed, again, fine, elsewhere, mine = (make.conversation(ana, rank=n) for n in range(6))
    cases = [taken, closed, again, fine, elsewhere]
    for case in cases:
        hold(ana, me, case)
    hold(ana, ana.team_lead, mine)
    made = offered(ana, me, ben, [*cases, mine])
    hold(ana, ana.team_lead, taken)
    hold(ana, me, again)
    with ana.entered(me):
        desk.close(me, closed)
        done = handovers.decline(me, made, [elsewhere])
        assert done == 1
        with pytest.raises(NotFound):
            read_handover(other, made)
    with ana.entered(ben):
        with pytest.raises(NotFound):
            handovers.accept(ana.team_lead, made)
        accepted = handovers.accept(ben, made)
        assert accepted.number == 2
        assert {one.conversation_id: one.why for one in accepted.left} == {taken: "taken", closed: "closed"}
        states = {one.conversation_id: (one.state, one.why) for one in read_handover(ben, made).cases}
    assert states == {
        taken: ("lost", "taken"),
        closed: ("lost", "closed"),
        again: ("accepted", None),
        fine: ("accepted", None),
        elsewhere: ("withdrawn", None),
    }
    assert holder_of(ana, taken)[0] == ana.team_lead.user_id
    assert holder_of(ana, again)[0] == ben.user_id
    assert holder_of(ana, elsewhere)[0] is None
    with ana.entered():
        assert db.session.scalars(select(KeptCase)).all() == []


def test_nobody_is_handed_what_they_may_not_see_or_while_they_are_away(
    ana: Agency, make: Factory, ben: Actor, stranger: Agency, at: Moment
) -> None:
    me = ana.staff
    apart = make.person(ana, Role.STAFF, only_brand_ids=[ana.brand_ids[1]])
    asleep = make.person(ana, Role.STAFF)
    write_week(ana, asleep, [[420, 470]])
    here, there = make.conversation(ana), make.conversation(ana, brand=1)
    hold(ana, me, here)
    hold(ana, me, there)
    with ana.entered(me):
        for nobody in (stranger.staff, ana.client_owner, me):
            with pytest.raises(Invalid):
                handovers.offer(me, new_id(), nobody.user_id, [Given(here, ("held",))])
        with pytest.raises(Conflict) as refused:
            handovers.offer(me, new_id(), apart.user_id, [Given(here, ("held",))])
        assert refused.value.code == "nothing_left"
    with ana.entered(me):
        first = new_id()
        done = handovers.offer(me, first, apart.user_id, [Given(here, ("held",)), Given(there, ("held",))])
        assert (done.number, [one.why for one in done.left]) == (1, ["no_brand"])
        assert handovers.offer(me, first, apart.user_id, [Given(here, ("held",))]).number == 1  # the same form
    at.now = SHIFT_ENDS.replace(hour=8) - timedelta(minutes=1) + timedelta(days=4)  # Friday; then Monday
    with ana.entered(me), pytest.raises(Conflict) as away:
        handovers.offer(me, new_id(), asleep.user_id, [Given(here, ("held",))])
    assert away.value.code == "not_there"


def test_what_nobody_answers_comes_back_and_the_lead_is_told(
    ana: Agency, make: Factory, ben: Actor, at: Moment
) -> None:
    case = make.conversation(ana)
    hold(ana, ana.staff, case)
    made = offered(ana, ana.staff, ben, [case])
    with ana.entered():
        at.now += timedelta(minutes=69)
        assert handovers.lapse() == 0
        at.now += timedelta(minutes=2)
        assert handovers.lapse() == 1
        assert handovers.lapse() == 0
        assert db.session.scalars(select(HandoverCase.state)).one() == "lapsed"
        assert db.session.scalars(select(KeptCase)).all() == []
        told = set(db.session.scalars(select(Notice.person_id).where(Notice.kind == "handover_unanswered")))
        assert told == {ana.team_lead.user_id, ana.agency_admin.user_id, ana.staff.user_id}
        assert db.session.scalars(select(Handover.ended_at).where(Handover.id == made)).one() is not None
    with ana.entered(ben), pytest.raises(Conflict):
        handovers.accept(ben, made)


def test_two_answers_at_once_move_each_case_once(ana: Agency, make: Factory, ben: Actor, at: Moment) -> None:
    cases = [make.conversation(ana, rank=n) for n in range(3)]
    for case in cases:
        hold(ana, ana.staff, case)
    made = offered(ana, ana.staff, ben, cases)

    def press(accepts: bool) -> int:
        try:
            with ana.entered(ben):
                return handovers.accept(ben, made).number if accepts else handovers.decline(ben, made)
        except Conflict:
            return 0

    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(press, (True, False, True))) == 3
    with ana.entered():
        states = set(db.session.scalars(select(HandoverCase.state)))
        holders = {holder_of(ana, case)[0] for case in cases}
    assert (states, holders) in (({"accepted"}, {ben.user_id}), ({"declined"}, {None}))


@pytest.mark.parametrize("seed", [1] if is_steady() else range(1, 13))
def test_no_open_case_is_left_with_somebody_off_shift(
    ana: Agency, make: Factory, at: Moment, superuser: Engine, seed: int
) -> None:
    """Worlds by chance: weeks, cases held by anybody, handed to the best suggestion, accepted in part or not at all."""
    chance = Random(seed)
    people = [ana.staff, ana.team_lead, ana.agency_admin, *(make.person(ana, Role.STAFF) for _ in range(2))]
    for one in people:
        begins = chance.randrange(0, 20) * 60
        if chance.random() < 0.85:
            write_week(ana, one, [[begins, min(begins + chance.randrange(2, 9) * 60, 1440)]])
    cases = [make.conversation(ana, brand=chance.randrange(2), rank=n) for n in range(6)]
    at.now = SHIFT_ENDS.replace(hour=chance.randrange(24), minute=chance.randrange(60))
    for case in cases:
        hold(ana, chance.choice(people), case)
    for giver in people:
        with ana.entered(giver):
            mine = holdings_of(giver).cases
            found = candidates_for(giver, mine) if mine else []
            if not found or chance.random() < 0.3:
                continue
            to = next(one for one in people if one.user_id == found[0].person_id)
            made = hand_over(giver, new_id(), to.user_id, [one.conversation_id for one in mine], {}, "").handover_id
        if chance.random() < 0.8:
            some = [one.conversation_id for one in mine if chance.random() < 0.8]
            if some:
                with ana.entered(to):
                    assert not handovers.accept(to, made, some).left
            assert {holder_of(ana, one)[0] for one in some} <= {to.user_id}
            assert {holder_of(ana, one.conversation_id)[0] for one in mine if one.conversation_id not in some} <= {None}
    for minutes in (CLAIM_MINUTES - 5, 60, 6 * 60, 12 * 60):
        at.now += timedelta(minutes=minutes)
        with ana.entered():
            returning.hand_back_expired()
            returning.hand_back_of_off()
            handovers.lapse()
        with ana.entered():
            team = team_at(at.now)
            for holder in db.session.scalars(
                select(Conversation.holder_id).where(Conversation.status == "open", Conversation.holder_id.is_not(None))
            ):
                assert not is_off(team.of(holder).work, at.now) or not is_off(
                    team.of(holder).work, at.now + returning.EARLY
                )


def test_a_promise_a_draft_and_a_waiting_reply_go_with_their_case(
    ana: Agency, make: Factory, ben: Actor, at: Moment, superuser: Engine
) -> None:
    promised_in, begun, waiting = (Case(ana, make.conversation(ana, rank=n), superuser) for n in range(3))
    published = promised_in.draft("We do it soon.")
    begun.draft()
    waiting.do("submit", waiting.draft())
    with superuser.begin() as connection:
        say = "update reply set state = 'published', published_at = now(), platform_id = '9_1' where id = :id"
        connection.execute(text(say), {"id": published})
        close = "update conversation set status = 'closed', holder_id = null, held_until = null where id = :id"
        connection.execute(text(close), {"id": promised_in.conversation_id})
    promised(superuser, published, timedelta(hours=3))
    wanted = {
        promised_in.conversation_id: ("promised",),
        begun.conversation_id: ("held", "draft"),
        waiting.conversation_id: ("held", "waits"),
    }
    with ana.entered(ana.staff):
        assert {one.conversation_id: one.reasons for one in holdings_of(ana.staff).cases} == wanted
    made = offered(ana, ana.staff, ben, list(wanted))
    at.now += timedelta(minutes=15)
    with ana.entered(ben):
        assert handovers.accept(ben, made).number == 3
    with ana.entered(ben):
        assert {one.conversation_id: one.reasons for one in holdings_of(ben).cases} == wanted
    with ana.entered(ana.staff):
        assert holdings_of(ana.staff).cases == ()
