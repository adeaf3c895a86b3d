"""A case is kept for whoever can take it: marked as its words come in, found somebody who is there and has room."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from agency.inbox import desk, hands, intake
from agency.inbox.colleagues import Worker
from agency.inbox.filters import QueueFilter
from agency.inbox.hands import Hand, choose
from agency.inbox.models import Conversation
from agency.inbox.queries import list_conversations
from agency.inbox.signs import KEPT
from agency.inbox.team import Colleague, save_member
from agency.inbox.triage import rules
from agency.inbox.triage.models import KeptCase, TriageDeed
from channels import accounts
from jobs.handing_out import hand_out
from tenants import clock
from tenants.database import db, new_id
from tenants.errors import Invalid
from tenants.models import Membership, OutboxEntry
from tenants.permissions import Actor, Role
from tenants.scope import Scope, in_scope, raw_sql
from tenants.shifts import Standing, no_times
from tests.factories import Agency, Factory
from tests.inbox.items import comment, page
from tests.web.browser import Browser

TUESDAY = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
DAY = [[540, 1020]]
"""9:00 to 17:00."""
POLISH = "Proszę o zwrot pieniędzy za ostatnie zamówienie, czekam już tydzień."


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The product's clock, put where the test wants it."""
    moment = SimpleNamespace(now=TUESDAY)
    monkeypatch.setattr(clock, "now", lambda: moment.now)
    return moment


def works(ana: Agency, who: Actor, *, skills: tuple[str, ...] = ("refunds",), day: Any = DAY, **more: Any) -> None:
    with ana.entered(ana.team_lead):
        values = {"zone": "UTC", "days": [day] * 7, "skills": skills, "languages": ["pl"], **more}
        save_member(ana.team_lead, who.user_id, values, based_on=0)


def write(ana: Agency, **terms: Any) -> UUID:
    with ana.entered(ana.team_lead):
        said = {"words": [{"language": "", "words": "zwrot"}, {"language": "", "words": "refund"}]}
        return rules.create_rule(ana.team_lead, None, {"name": "Money", **said, **terms}).id


def come(ana: Agency, account: UUID, *numbers: int, words: str = POLISH, brand: int = 0) -> None:
    with in_scope(ana.app, Scope(ana.id, frozenset({ana.brand_ids[brand], ana.id}))):
        items = (comment(n, text=words, created_at=clock.now()) for n in numbers)
        intake.store_page(accounts.get(account), page(*items), now=clock.now())


def kept(ana: Agency) -> dict[str, tuple[Any, ...]]:
    with ana.entered():
        rows = db.session.execute(
            select(Conversation.external_id, KeptCase.person_id, KeptCase.until)
            .join(KeptCase, KeptCase.conversation_id == Conversation.id)
            .order_by(Conversation.external_id)
        )
        return {name: (who, until) for name, who, until in rows}


def found_for(ana: Agency) -> list[UUID | None]:
    return [who for who, _until in kept(ana).values()]


def promises(ana: Agency) -> int:
    with ana.entered():
        return db.session.execute(
            select(func.count()).select_from(OutboxEntry).where(OutboxEntry.job_name == "hand_out")
        ).scalar_one()


def forget_promises(ana: Agency) -> None:
    with ana.entered():
        db.session.execute(update(OutboxEntry).where(OutboxEntry.job_name == "hand_out").values(done_at=func.now()))


def test_who_gets_it_is_whoever_can_and_has_least_of_equals_whoever_got_none_for_longest() -> None:
    brand = new_id()

    def hand(name: str, held: int = 0, **more: Any) -> Hand:
        person = new_id()
        given = {name: more.pop(name) for name in ("until", "standing", "given_at") if name in more}
        worker = Worker(person, name, more.pop("brand_ids", None))
        can = {"languages": ("pl", "en"), "skills": ("refunds",), **more}
        times = {"until": TUESDAY + timedelta(hours=3), "standing": Standing.ON, **given}
        return Hand(worker=worker, colleague=Colleague(person, no_times("UTC"), **can),
                    held=held, **times)  # fmt: skip

    def name_of(*them: Hand, skill: str | None = "refunds", language: str | None = "pl-PL") -> str | None:
        one = choose(them, brand, skill, language, TUESDAY)
        assert one == choose(tuple(reversed(them)), brand, skill, language, TUESDAY)
        return None if one is None else one.name

    some, few = hand("some", 3), hand("few", 2)
    assert name_of(some, few) == "few"
    before, lately = hand("b", 2, given_at=TUESDAY - timedelta(hours=2)), hand("a", 2, given_at=TUESDAY)
    assert (name_of(before, lately), name_of(before, lately, few)) == ("b", "few")
    assert name_of(hand("on a break", 0, standing=Standing.ON_BREAK), some) == "some"
    assert name_of(hand("full", 1, most_cases=1), some) == "some"
    assert name_of(hand("of others", brand_ids=frozenset({new_id()})), some) == "some"
    assert name_of(hand("nearly home", until=TUESDAY + timedelta(minutes=14)), some) == "some"
    assert name_of(hand("no Polish", languages=("en",)), hand("nobody wrote", languages=()), some) == "some"
    assert name_of(hand("no skill", skills=()), some) == "some"
    assert name_of(hand("no skill", skills=()), some, skill=None) == "no skill"
    assert name_of(hand("no Polish", languages=()), some, language=None) == "no Polish"
    assert name_of(hand("full", 1, most_cases=1)) is None


def test_a_case_is_marked_and_found_somebody_when_somebody_comes(
    whole_app: Flask, make: Factory, ana: Agency, at: Any
) -> None:
    account, late = make.account(ana), make.person(ana, Role.STAFF)
    works(ana, ana.staff, most_cases=2)
    works(ana, late, day=[[720, 1320]])
    write(ana, skill="Refunds", by_language=True)
    at.now = TUESDAY.replace(hour=7)
    come(ana, account, 1)
    assert (kept(ana), promises(ana)) == ({"post_1": (None, at.now + timedelta(hours=1))}, 1)
    hand_out(whole_app, agency_id=str(ana.id))  # nobody is there
    assert found_for(ana) == [None]
    assert "“refunds”, Polish: 1 case, since" in Browser(whole_app, ana.team_lead).get("/team").get_data(as_text=True)
    with ana.entered():
        case = db.session.execute(select(Conversation.id, Conversation.signs)).one()
        assert case.signs & KEPT
        mine = QueueFilter(kept_for_me=True)
        seen = {
            who.user_id: [row.id for row in list_conversations(mine, None, 10, me=who.user_id).rows]
            for who in (ana.staff, ana.team_lead)
        }
    assert seen == {ana.staff.user_id: [case.id], ana.team_lead.user_id: []}
    shown = Browser(whole_app, ana.team_lead).get(f"/inbox/{case.id}").get_data(as_text=True)
    assert "for whoever can: “refunds”, Polish; nobody on shift could take it yet" in shown
    at.now = TUESDAY
    forget_promises(ana)
    with ana.entered():
        hands.wake(ana.id)
        hands.wake(ana.id)  # promised already
    assert promises(ana) == 2
    hand_out(whole_app, agency_id=str(ana.id))
    assert kept(ana) == {"post_1": (ana.staff.user_id, TUESDAY + timedelta(hours=1))}
    assert "Waits for whoever can" not in Browser(whole_app, ana.team_lead).get("/team").get_data(as_text=True)
    shown = Browser(whole_app, ana.team_lead).get(f"/inbox/{case.id}").get_data(as_text=True)
    assert f"kept for {ana.staff.name}, on shift with 0 cases, the fewest of who had room" in shown
    come(ana, account, 2, 3)
    hand_out(whole_app, agency_id=str(ana.id))
    assert sorted(map(str, found_for(ana))) == sorted(map(str, (ana.staff.user_id, ana.staff.user_id, None)))
    at.now = TUESDAY.replace(hour=16, minute=50)  # the early one is nearly home, the late one came at noon
    hand_out(whole_app, agency_id=str(ana.id))
    assert found_for(ana).count(late.user_id) == 1
    at.now = TUESDAY.replace(hour=17, minute=1)
    hand_out(whole_app, agency_id=str(ana.id))
    assert found_for(ana) == [late.user_id] * 3  # what was kept for who went home
    hand_out(whole_app, agency_id=str(ana.id))
    with ana.entered():
        held = db.session.scalars(select(TriageDeed.kept_held).order_by(TriageDeed.kept_at, TriageDeed.kept_held)).all()
    assert held == [0, 1, 2]
    with ana.entered(late):
        assert desk.claim_next(late) in {case.id, *_ids(ana)}
    assert len(kept(ana)) == 2


def _ids(ana: Agency) -> list[UUID]:
    return list(db.session.scalars(select(Conversation.id)))


def test_next_gives_what_is_for_whoever_can_to_who_can_first(make: Factory, ana: Agency, at: Any) -> None:
    account, other = make.account(ana), make.conversation(ana, rank=1)
    works(ana, ana.staff)
    write(ana, skill="refunds")
    at.now = TUESDAY.replace(hour=8)
    come(ana, account, 1, 2)
    with ana.entered(ana.team_lead):
        assert desk.claim_next(ana.team_lead) == other  # not what somebody else can
    with ana.entered(ana.staff):
        first = desk.claim_next(ana.staff)
    with ana.entered(ana.team_lead):
        second = desk.claim_next(ana.team_lead)  # nothing else is left
    with ana.entered():
        assert {first, second, other} == set(_ids(ana))
    assert kept(ana) == {}


def test_two_at_once_find_for_each_case_one_and_nobody_is_given_more_than_they_are_to_hold(
    whole_app: Flask, make: Factory, ana: Agency, at: Any
) -> None:
    account, bea = make.account(ana), make.person(ana, Role.STAFF)
    works(ana, ana.staff, most_cases=3)
    works(ana, bea, most_cases=2)
    write(ana, by_language=True)
    mine = make.conversation(ana)
    with ana.entered(ana.staff):
        desk.claim(ana.staff, mine)
    come(ana, account, *range(6))
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: hand_out(whole_app, agency_id=str(ana.id)), range(3)))
    assert (found_for(ana).count(ana.staff.user_id), found_for(ana).count(bea.user_id)) == (2, 2)
    with ana.entered():
        db.session.execute(update(Membership).where(Membership.person_id == bea.user_id).values(removed_at=clock.now()))
        db.session.execute(update(Conversation).where(Conversation.id == mine).values(holder_id=None, held_until=None))
    hand_out(whole_app, agency_id=str(ana.id))
    assert found_for(ana).count(ana.staff.user_id) == 3
    come(ana, account, 9, words="A refund, please: nobody of us can tell in which language this is.")
    assert len(kept(ana)) == 7


def test_whoever_looks_for_somebody_waits_for_whoever_is_at_it(
    whole_app: Flask, make: Factory, ana: Agency, at: Any
) -> None:
    """Of another brand and come meanwhile: no row of a case is in the way, only the count of what somebody has."""
    first, second = make.account(ana), make.account(ana, brand=1)
    works(ana, ana.staff, most_cases=1)
    write(ana, by_language=True)
    come(ana, first, 1)
    with ThreadPoolExecutor(1) as pool:
        with ana.entered():
            assert hands.hand_out() == 1  # and not yet committed
            pool.submit(come, ana, second, 2, brand=1).result(60)
            other = pool.submit(hand_out, whole_app, agency_id=str(ana.id))
            waiting = raw_sql(
                "select count(*) from pg_locks where locktype = 'advisory' and not granted", reason="who waits"
            )
            for _ in range(1_200):
                if other.done() or db.session.execute(waiting).scalar_one():
                    break
                wait([other], timeout=0.05)
        other.result(60)
    assert kept(ana)["post_1"][0] == ana.staff.user_id
    assert kept(ana)["post_2"][0] is None  # they have one already


def test_a_rule_is_refused_a_skill_nobody_has_and_a_person_beside_it_and_last_week_says_who_could(
    whole_app: Flask, make: Factory, ana: Agency, at: Any
) -> None:
    for terms, field in (
        ({"skill": "magic"}, "skill"),
        ({"skill": "refunds", "keep_for": str(ana.staff.user_id)}, "keep_for"),
    ):
        with pytest.raises(Invalid) as refused:
            write(ana, **terms)
        assert set(refused.value.fields["errors"]) == {field}
    works(ana, ana.staff)
    account = make.account(ana)
    come(ana, account, 1)
    at.now = TUESDAY.replace(hour=20)
    come(ana, account, 2)
    lead = Browser(whole_app, ana.team_lead)
    form = {"name": "Money", "words_any": "zwrot", "skill": "refunds", "by_language": "1", "is_on": "1"}
    tried = lead.post("/rules", {**form, "do": "try"}).get_data(as_text=True)
    assert "2 kept for whoever has “refunds” and reads its language, where nobody had them" in tried
    assert "For 1 of these nobody who can was on shift then" in tried
    assert (f"could then: {ana.staff.name}" in tried, "nobody could then" in tried) == (True, True)
    assert lead.post("/rules", form).status_code == 303
    assert "keep for whoever has “refunds” and reads its language" in lead.get("/rules").get_data(as_text=True)
    at.now = TUESDAY + timedelta(days=1)
    come(ana, account, 3)
    hand_out(whole_app, agency_id=str(ana.id))
    assert found_for(ana) == [ana.staff.user_id]
