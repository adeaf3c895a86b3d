"""Who has a case, and what people do with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from agency.inbox import desk, returning
from agency.inbox.filters import QueueFilter
from agency.inbox.models import Conversation, Note, QueueCounter
from tenants import clock
from tenants.brands import archive_brand
from tenants.database import db, new_id
from tenants.errors import Conflict, Forbidden, Invalid, NotFound
from tenants.models import BrandAudit
from tenants.permissions import Actor, Role
from tests.factories import Agency, Factory


@pytest.fixture
def case(make: Factory, ana: Agency) -> UUID:
    return make.conversation(ana)


def do(agency: Agency, deed: Callable[..., Any], actor: Actor, *args: Any) -> Any:
    with agency.entered(actor):
        return deed(actor, *args)


def columns(agency: Agency, case: UUID, *names: str) -> tuple[Any, ...]:
    with agency.entered():
        wanted = [getattr(Conversation, name) for name in names]
        return tuple(db.session.execute(select(*wanted).where(Conversation.id == case)).one())


def deeds(agency: Agency) -> list[str]:
    with agency.entered():
        return list(db.session.scalars(select(BrandAudit.action).order_by(BrandAudit.id)))


def test_a_claim_has_one_winner_and_the_loser_learns_who(ana: Agency, case: UUID) -> None:
    do(ana, desk.claim, ana.staff, case)
    with pytest.raises(Conflict) as refused:
        do(ana, desk.claim, ana.team_lead, case)
    assert refused.value.fields["holder_name"] == ana.staff.name
    assert refused.value.fields["held_since"]
    assert ana.staff.name in refused.value.message
    assert columns(ana, case, "holder_id") == (ana.staff.user_id,)


def test_of_many_who_reach_at_once_one_wins(make: Factory, ana: Agency, case: UUID) -> None:
    people = [make.person(ana, Role.STAFF) for _ in range(4)]
    start, won, lost, odd = Barrier(4), [], [], []

    def reach(actor: Actor) -> None:
        start.wait(10)
        try:
            do(ana, desk.claim, actor, case)
            won.append(actor.user_id)
        except Conflict as refused:
            lost.append(refused.fields["holder_id"])
        except BaseException as error:
            odd.append(error)

    threads = [Thread(target=reach, args=(actor,)) for actor in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert not odd
    assert len(won) == 1
    assert lost == [str(won[0])] * 3


def test_a_claim_runs_out_but_work_renews_it(ana: Agency, case: UUID) -> None:
    start = clock.now()
    with clock.stopped_at(start) as move_to:
        do(ana, desk.claim, ana.staff, case)
        move_to(start + timedelta(minutes=29))
        do(ana, desk.claim, ana.staff, case)
        assert columns(ana, case, "held_since") == (start,), "it is still the same claim"
        move_to(start + timedelta(minutes=58))
        with pytest.raises(Conflict):
            do(ana, desk.claim, ana.team_lead, case)
        move_to(start + timedelta(minutes=60))
        do(ana, desk.claim, ana.team_lead, case)
    assert columns(ana, case, "holder_id") == (ana.team_lead.user_id,)


def test_claiming_again_at_once_writes_nothing(ana: Agency, case: UUID) -> None:
    do(ana, desk.claim, ana.staff, case)
    version = columns(ana, case, "version")
    do(ana, desk.claim, ana.staff, case)
    assert columns(ana, case, "version") == version
    assert deeds(ana) == ["conversation.claim"]


def test_a_case_is_given_back_by_its_holder_only(ana: Agency, case: UUID) -> None:
    do(ana, desk.claim, ana.staff, case)
    with pytest.raises(Conflict):
        do(ana, desk.release, ana.team_lead, case)
    do(ana, desk.release, ana.staff, case)
    do(ana, desk.release, ana.staff, case)
    assert columns(ana, case, "holder_id", "holder_name", "held_since", "held_until") == (None,) * 4


def test_a_lead_takes_over_with_a_reason(ana: Agency, case: UUID) -> None:
    do(ana, desk.claim, ana.staff, case)
    with pytest.raises(Forbidden):
        do(ana, desk.take_over, ana.light, case, "mine")
    with pytest.raises(Invalid):
        do(ana, desk.take_over, ana.team_lead, case, "  ")
    do(ana, desk.take_over, ana.team_lead, case, "Ana went home")
    assert columns(ana, case, "holder_id") == (ana.team_lead.user_id,)
    assert deeds(ana) == ["conversation.claim", "conversation.take_over"]


def test_closing_and_opening_again(ana: Agency, case: UUID) -> None:
    do(ana, desk.claim, ana.staff, case)
    do(ana, desk.close, ana.staff, case)
    do(ana, desk.close, ana.staff, case)
    assert columns(ana, case, "status", "closed_reason", "holder_id") == ("closed", "resolved", None)
    do(ana, desk.reopen, ana.team_lead, case)
    assert columns(ana, case, "status", "closed_reason") == ("open", None)
    assert deeds(ana) == ["conversation.claim", "conversation.close", "conversation.reopen"]


def test_snoozed_cases_come_back_in_time(ana: Agency, case: UUID) -> None:
    start = clock.now()
    with clock.stopped_at(start) as move_to:
        for bad in (start, start + timedelta(days=400), (start + timedelta(days=1)).replace(tzinfo=None)):
            with pytest.raises(Invalid):
                do(ana, desk.snooze, ana.staff, case, bad)
        do(ana, desk.snooze, ana.staff, case, start + timedelta(hours=2))
        with ana.entered():
            assert returning.hand_back_expired() == 0
        move_to(start + timedelta(hours=2))
        with ana.entered():
            assert returning.hand_back_expired() == 1
    assert columns(ana, case, "status", "snoozed_until") == ("open", None)


def test_claims_that_ran_out_are_handed_back(ana: Agency, case: UUID, make: Factory) -> None:
    other = make.conversation(ana)
    start = clock.now()
    with clock.stopped_at(start) as move_to:
        do(ana, desk.claim, ana.staff, case)
        move_to(start + timedelta(minutes=20))
        do(ana, desk.claim, ana.staff, other)
        move_to(start + timedelta(minutes=31))
        with ana.entered():
            assert returning.hand_back_expired() == 1
    assert columns(ana, case, "holder_id") == (None,)
    assert columns(ana, other, "holder_id") == (ana.staff.user_id,)


def test_a_note_needs_no_claim_and_some_words(ana: Agency, case: UUID) -> None:
    do(ana, desk.claim, ana.staff, case)
    do(ana, desk.add_note, ana.light, case, "  Known guest, very kind.  ")
    for bad in ("", "   ", "a\x00b", "\ud800", "x" * 10_001, None):
        with pytest.raises(Invalid):
            do(ana, desk.add_note, ana.light, case, bad)
    with ana.entered():
        assert list(db.session.scalars(select(Note.text))) == ["Known guest, very kind."]


def test_next_takes_the_highest_free_case(ana: Agency, make: Factory) -> None:
    low, high, foreign = (make.conversation(ana, rank=r, brand=b) for r, b in ((1, 0), (9, 0), (99, 1)))
    assert do(ana, desk.claim_next, ana.staff, QueueFilter(brand_ids=(ana.brand_ids[0],))) == high
    assert do(ana, desk.claim_next, ana.team_lead, QueueFilter(brand_ids=(ana.brand_ids[0],))) == low
    assert do(ana, desk.claim_next, ana.staff) == foreign
    assert do(ana, desk.claim_next, ana.staff) is None


def test_next_leaves_out_what_waits_for_the_client(ana: Agency, make: Factory) -> None:
    make.conversation(ana, reply_state="awaiting_approval")
    assert do(ana, desk.claim_next, ana.staff) is None


def test_next_leaves_out_what_no_list_shows(ana: Agency, make: Factory) -> None:
    make.conversation(ana, rank=99, brand=1)
    seen = make.conversation(ana)
    do(ana, archive_brand, ana.agency_admin, ana.brand_ids[1])
    assert do(ana, desk.claim_next, ana.staff) == seen
    assert do(ana, desk.claim_next, ana.staff) is None


def test_several_people_asking_for_the_next_case_get_different_ones(ana: Agency, make: Factory) -> None:
    cases = {make.conversation(ana, rank=n) for n in range(4)}
    people = [make.person(ana, Role.STAFF) for _ in range(4)]
    start, given, odd = Barrier(4), [], []

    def ask(actor: Actor) -> None:
        try:
            start.wait(10)
            given.append(do(ana, desk.claim_next, actor))
        except BaseException as error:
            odd.append(error)

    threads = [Thread(target=ask, args=(actor,)) for actor in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert not odd
    assert len(set(given)) == 4
    assert set(given) == cases


DEEDS: list[tuple[str, Callable[[Actor, UUID], Any]]] = [
    ("claim", desk.claim),
    ("release", desk.release),
    ("take_over", lambda actor, case: desk.take_over(actor, case, "why")),
    ("assign", lambda actor, case: desk.assign(actor, case, actor.user_id)),
    ("close", desk.close),
    ("reopen", desk.reopen),
    ("snooze", lambda actor, case: desk.snooze(actor, case, clock.now() + timedelta(hours=1))),
    ("add_note", lambda actor, case: desk.add_note(actor, case, "hello")),
]


@pytest.mark.parametrize(("name", "deed"), DEEDS)
def test_a_foreign_id_is_answered_like_a_made_up_one(
    ana: Agency, stranger: Agency, case: UUID, make: Factory, name: str, deed: Callable[[Actor, UUID], Any]
) -> None:
    only_second = make.person(ana, Role.TEAM_LEAD, only_brand_ids=[ana.brand_ids[1]])
    answers = set()
    for agency, actor, conversation_id in (
        (stranger, stranger.team_lead, case),
        (stranger, stranger.team_lead, new_id()),
        (ana, only_second, case),
    ):
        with pytest.raises(NotFound) as refused:
            do(agency, deed, actor, conversation_id)
        answers.add((refused.value.message, refused.value.code, str(refused.value.fields)))
    assert len(answers) == 1


@pytest.mark.parametrize(("name", "deed"), DEEDS)
@pytest.mark.parametrize("role", ["light", "client_owner", "billing_admin"])
def test_roles_that_only_read_change_nothing(
    ana: Agency, case: UUID, role: str, name: str, deed: Callable[[Actor, UUID], Any]
) -> None:
    actor = getattr(ana, role)
    if name == "add_note" and role == "light":
        do(ana, deed, actor, case)
        return
    version = columns(ana, case, "version")
    with pytest.raises(Forbidden):
        do(ana, deed, actor, case)
    assert columns(ana, case, "version") == version


def test_counters_stay_exact_through_every_deed(ana: Agency, make: Factory) -> None:
    cases = [make.conversation(ana) for _ in range(4)]
    do(ana, desk.claim, ana.staff, cases[0])
    do(ana, desk.close, ana.staff, cases[1])
    do(ana, desk.snooze, ana.staff, cases[2], clock.now() + timedelta(hours=1))
    do(ana, desk.take_over, ana.team_lead, cases[0], "why")
    with ana.entered():
        counted = db.session.execute(
            select(
                QueueCounter.open_count, QueueCounter.held_count, QueueCounter.snoozed_count, QueueCounter.closed_count
            )
        ).one()
    assert tuple(counted) == (2, 1, 1, 1)
