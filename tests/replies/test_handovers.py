"""Handing over at the end of a shift: what is whose, who could take it, and that it moves once or is said why not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, select, text

from agency.inbox import desk, handovers, returning
from agency.inbox.absences import write_absence
from agency.inbox.colleagues import Worker
from agency.inbox.comeback_models import Comeback
from agency.inbox.deeds import CLAIM_MINUTES
from agency.inbox.handover_models import Handover, HandoverCase
from agency.inbox.handovers import Given
from agency.inbox.models import Conversation, Note
from agency.inbox.signs import KEPT
from agency.inbox.team import Colleague, Team, save_member, team_at
from agency.inbox.triage.keeping import may_be_offered
from agency.inbox.triage.models import KeptCase
from agency.notices.models import Notice
from agency.replies.handover_reading import read_handover
from agency.replies.holdings import Holding, Why, candidates_for, hand_over, holdings_of, ranked
from tenants import clock
from tenants.business_time import BusinessTime
from tenants.database import db, new_id
from tenants.errors import Conflict, Invalid, NotFound
from tenants.opening_hours import Hours, days_from
from tenants.permissions import Actor, Role
from tenants.shifts import Standing, WorkTimes, is_off
from tests.factories import Agency, Factory
from tests.replies.conftest import Case
from tests.web.browser import Browser
from tests.web.test_promises_page import promised

SHIFT_ENDS = datetime(2026, 11, 23, 15, 50, tzinfo=UTC)
"""A Monday; the early shift is 8 to 16, the late one 16 to 22."""
EARLY, LATE = [[480, 960]], [[960, 1320]]


class Moment:
    """The product's clock, put where the test wants it."""

    now = SHIFT_ENDS


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Moment:
    moment = Moment()
    monkeypatch.setattr(clock, "now", lambda: moment.now)
    return moment


@pytest.fixture
def ben(make: Factory, ana: Agency, at: Moment) -> Actor:
    """Who works late; the agency's member of staff works early."""
    found = make.person(ana, Role.STAFF)
    write_week(ana, ana.staff, EARLY)
    write_week(ana, found, LATE)
    return found


def write_week(ana: Agency, who: Actor, day: list[list[int]], **more: object) -> None:
    with ana.entered(ana.team_lead):
        days = [day] * 5 + [[]] * 2
        save_member(ana.team_lead, who.user_id, {"zone": "UTC", "days": days, **more}, based_on=0)


def hold(ana: Agency, who: Actor, case: UUID) -> None:
    with ana.entered(who):
        desk.claim(who, case)


def offered(ana: Agency, giver: Actor, to: Actor, cases: list[UUID], note: str = "", **notes: str) -> UUID:
    with ana.entered(giver):
        own = {UUID(one): words for one, words in notes.items()}
        return hand_over(giver, new_id(), to.user_id, cases, own, note).handover_id


def holder_of(ana: Agency, case: UUID) -> tuple[UUID | None, datetime | None]:
    with ana.entered():
        row = db.session.execute(
            select(Conversation.holder_id, Conversation.held_until).where(Conversation.id == case)
        ).one()
        return row[0], row[1]


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


@pytest.mark.parametrize("seed", [1])
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
            with ana.entered(to):
                handovers.accept(to, made)
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


def test_the_best_suggestion_is_there_soon_reads_it_and_has_room() -> None:
    def works(day: list[list[int]]) -> WorkTimes:
        return WorkTimes(BusinessTime(Hours("UTC", days_from([day] * 7))))

    brand, names = new_id(), ("late", "fluent", "full", "unknown", "sleeping", "apart", "gone")
    ids = dict(zip(names, (new_id() for _ in names), strict=True))
    cases = [
        Holding(new_id(), brand, "facebook", "comment", None, "", language, "open", None, None, (Why("held", None),))
        for language in ("pl", "en")
    ]
    team = Team(
        {
            ids["late"]: Colleague(ids["late"], works(LATE), languages=("en",)),
            ids["fluent"]: Colleague(ids["fluent"], works(LATE), languages=("en", "pl")),
            ids["full"]: Colleague(ids["full"], works(EARLY), most_cases=3),
            ids["sleeping"]: Colleague(ids["sleeping"], works([[400, 420]])),
            ids["gone"]: Colleague(ids["gone"], works([[450, 470]])),
        }
    )
    workers = [Worker(ids[name], name, frozenset([new_id()]) if name == "apart" else None) for name in names]
    found = ranked(workers, team, {ids["full"]: 2}, cases, SHIFT_ENDS + timedelta(hours=-1))
    assert [one.name for one in found] == ["fluent", "late", "full", "unknown", "sleeping", "apart"]
    assert [(one.works_on, one.reads, one.has_room) for one in found[:3]] == [(2, 2, True), (2, 1, True), (2, 2, False)]


def test_the_pages_of_both_tell_what_is_handed_over(
    whole_app: Flask, ana: Agency, make: Factory, ben: Actor, at: Moment
) -> None:
    cases = [make.conversation(ana, author=f"Customer {n}", language="pl") for n in range(3)]
    mine, theirs = Browser(whole_app, ana.staff), Browser(whole_app, ben)
    assert "Nothing is left with you" in mine.get("/handover").get_data(as_text=True)
    for case in cases:
        hold(ana, ana.staff, case)
    page = mine.get("/handover").get_data(as_text=True)
    assert page.count('name="case"') == 3
    assert f"{ben.name}: from 16:00" in page
    form = {"handover": str(new_id()), "to": str(ben.user_id), "case": [str(one) for one in cases[:2]], "note": "Mind."}
    refused = mine.post("/handover", {**form, "to": "", "note": "kept words"})
    assert refused.status_code == 422
    assert "kept words" in refused.get_data(as_text=True)
    where = mine.post("/handover", form).headers["Location"]
    assert mine.post("/handover", form).headers["Location"] == where  # a second press of the same form
    assert "Take back" in mine.get(where).get_data(as_text=True)
    assert f"{ana.staff.name} hands you 2 cases" in theirs.get("/team").get_data(as_text=True)
    shown = theirs.get(where).get_data(as_text=True)
    assert shown.count("Mind.") == 2
    assert "a team lead is told" in shown
    one = theirs.post(where, {"do": "accept", "case": str(cases[0])})
    assert "1 case is yours now." in theirs.get(one.headers["Location"]).get_data(as_text=True)
    theirs.post(where, {"do": "decline"})
    ended = theirs.get(where).get_data(as_text=True)
    assert ("Accepted" in ended, "Declined" in ended, 'value="accept"' in ended) == (True, True, False)
    assert [holder_of(ana, case)[0] for case in cases] == [ben.user_id, None, ana.staff.user_id]
    assert "hands you" not in theirs.get("/team").get_data(as_text=True)
    theirs.post(where, {"do": "accept"})
    assert "Nothing of this is offered any more" in theirs.get(where).get_data(as_text=True)
    assert Browser(whole_app, ana.client_owner).get("/handover").status_code == 403


def test_next_gives_what_one_reads_first_and_what_is_kept_for_who_is_away(
    whole_app: Flask, ana: Agency, make: Factory, ben: Actor, at: Moment
) -> None:
    with ana.entered(ana.team_lead):
        values = {"zone": "UTC", "days": [EARLY] * 7, "languages": ["pl"], "most_cases": 1}
        save_member(ana.team_lead, ana.staff.user_id, values, based_on=1)
    places = ((1, "pl"), (9, "en"), (99, "pl"))
    polish, english, kept = (make.conversation(ana, language=code, rank=n) for n, code in places)
    with ana.entered():
        brand = ana.brand_ids[0]
        common = {"agency_id": ana.id, "brand_id": brand, "person_id": ben.user_id, "person_name": ben.name}
        db.session.add(KeptCase(conversation_id=kept, until=at.now + timedelta(minutes=5), **common))
        db.session.get_one(Conversation, (ana.id, kept, brand)).signs = KEPT
        assert may_be_offered([kept], ana.staff.user_id, at.now) == [kept]  # whose shift begins when that is over
        assert may_be_offered([kept], ana.staff.user_id, at.now + timedelta(minutes=-15)) == [kept]
        db.session.scalars(select(KeptCase)).one().until = at.now + timedelta(minutes=30)
        db.session.flush()
        assert may_be_offered([kept], ana.staff.user_id, at.now) == []  # Ben is there in ten minutes
    with ana.entered(ana.team_lead):
        day = at.now.date()
        write_absence(ana.team_lead, ben.user_id, day, day, stand_in_id=ana.team_lead.user_id)
        assert may_be_offered([kept], ana.staff.user_id, at.now) == []
        assert may_be_offered([kept], ana.team_lead.user_id, at.now) == [kept]
    with ana.entered(ana.staff):
        assert desk.claim_next(ana.staff) == polish
    page = Browser(whole_app, ana.staff)
    assert str(english) in page.post("/inbox/next", {}).headers["Location"]
    assert "You hold 2 cases; your limit is 1." in page.get("/inbox").get_data(as_text=True)


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
