"""A day at which everybody leaves at the wrong moment: who has a case then, who may take it, who is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from agency.inbox import deeds, desk, returning
from agency.replies import desk as replies
from tenants import clock, people
from tenants.database import db
from tenants.errors import AppError, Conflict, Forbidden, Invalid
from tenants.models import BrandAudit
from tenants.permissions import Actor, Role
from tests.factories import Agency, Factory
from tests.inbox.test_desk import columns, do


@pytest.fixture
def case(make: Factory, ana: Agency) -> UUID:
    return make.conversation(ana)


HOLDS: dict[str, timedelta | None] = {
    "free": None,
    "busy": timedelta(minutes=1),
    "idle": timedelta(minutes=deeds.IDLE_MINUTES),
    "over": timedelta(minutes=desk.CLAIM_MINUTES, seconds=1),
}
"""What a case is at the moment of the deed: how long ago somebody else took it and did nothing since."""
ANSWERS = ("none", "draft", "awaiting_approval")
DEEDS: dict[str, Callable[[Actor, UUID], Any]] = {
    "claim": desk.claim,
    "take_over": lambda actor, case: desk.take_over(actor, case, "Their shift is over"),
    "assign": lambda actor, case: desk.assign(actor, case, actor.user_id, seen_holder_id=desk.case_of(case).holder_id),
    "close": desk.close,
    "reopen": desk.reopen,
    "snooze": lambda actor, case: desk.snooze(actor, case, clock.now() + timedelta(hours=1)),
    "release": desk.release,
}


def expected(role: str, deed: str, hold: str) -> str:
    """Whether it is done, or the code of the refusal."""
    if role in ("light", "client_owner"):
        return "forbidden"
    is_lead = role in ("team_lead", "agency_admin")
    if deed == "assign":
        return "done" if is_lead else "forbidden"
    if hold in ("free", "over"):
        return "done"
    if deed in ("claim", "release"):
        return "held"  # a lead says why: by taking it over
    if deed == "take_over":
        return "done" if is_lead or hold == "idle" else "held"
    return "done" if is_lead else "held"


class TakenBack(Exception):
    """The deed is not kept: the next finds the case as this one did."""


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("hold", HOLDS)
def test_nobody_ever_blocks_a_lead(ana: Agency, make: Factory, hold: str, answer: str) -> None:
    start = clock.now()
    found: dict[tuple[str, str], str] = {}
    case, holder = make.conversation(ana), make.person(ana, Role.STAFF)
    with clock.stopped_at(start) as move_to:
        prepare(ana, case, holder, answer, hold)
        move_to(start + (HOLDS[hold] or timedelta()))
        for role in ("team_lead", "agency_admin", "staff", "light", "client_owner"):
            for name, deed in DEEDS.items():
                with pytest.raises(TakenBack), ana.entered(ana.actors[role]):
                    try:
                        deed(ana.actors[role], case)
                        db.session.flush()
                        found[role, name] = "done"
                    except AppError as refused:
                        found[role, name] = refused.code
                    raise TakenBack
    assert found == {(role, deed): expected(role, deed, hold) for role, deed in found}


def prepare(ana: Agency, case: UUID, holder: Actor, answer: str, hold: str) -> None:
    if answer != "none":
        with ana.entered(holder):
            reply = replies.start_draft(holder, case, "Thank you, we look into it.").id
        if answer == "awaiting_approval":
            do(ana, replies.submit, holder, reply)
    else:
        do(ana, desk.claim, holder, case)
    if hold == "free":
        do(ana, desk.release, holder, case)


def test_a_colleague_takes_an_idle_case_with_a_reason_and_its_holder_is_told(ana: Agency, case: UUID) -> None:
    start = clock.now()
    other = ana.agency_admin
    with clock.stopped_at(start) as move_to:
        do(ana, desk.claim, ana.staff, case)
        move_to(start + timedelta(minutes=5))
        do(ana, desk.claim, ana.staff, case)  # work renews it
        move_to(start + timedelta(minutes=14, seconds=59))
        ben = Actor(other.user_id, other.name, Role.STAFF, other.agency_id, None)
        with pytest.raises(Conflict) as refused:
            do(ana, desk.take_over, ben, case, "Nothing happens")
        assert datetime.fromisoformat(refused.value.fields["free_from"]) == start + timedelta(minutes=15)
        move_to(start + timedelta(minutes=15))
        with pytest.raises(Invalid):
            do(ana, desk.take_over, ben, case, " ")
        do(ana, desk.take_over, ben, case, "Nothing happens")
    assert columns(ana, case, "holder_id", "held_before_id", "hold_reason") == (
        ben.user_id,
        ana.staff.user_id,
        "Nothing happens",
    )


def test_what_ran_out_remembers_who_had_it_and_what_was_given_back_does_not(ana: Agency, make: Factory) -> None:
    lost, given = make.conversation(ana), make.conversation(ana)
    start = clock.now()
    with clock.stopped_at(start) as move_to:
        for case in (lost, given):
            do(ana, desk.claim, ana.staff, case)
        do(ana, desk.release, ana.staff, given)
        move_to(start + timedelta(minutes=desk.CLAIM_MINUTES, seconds=1))
        with ana.entered():
            assert returning.hand_back_expired() == 1
        do(ana, desk.claim, ana.team_lead, lost)
        do(ana, desk.claim, ana.team_lead, given)
    assert columns(ana, lost, "holder_id", "held_before_id") == (ana.team_lead.user_id, ana.staff.user_id)
    assert columns(ana, given, "held_before_id") == (None,)


def test_away_gives_back_all_of_ones_own_and_nothing_else(ana: Agency, make: Factory) -> None:
    mine = [make.conversation(ana, brand=brand) for brand in (0, 1)]
    hers, free = make.conversation(ana), make.conversation(ana)
    for case in mine:
        do(ana, desk.claim, ana.staff, case)
    do(ana, desk.claim, ana.team_lead, hers)
    assert do(ana, returning.give_back_all, ana.staff, "away") == 2
    assert do(ana, returning.give_back_all, ana.staff, "away") == 0
    assert [columns(ana, case, "holder_id")[0] for case in (*mine, hers, free)] == [
        None,
        None,
        ana.team_lead.user_id,
        None,
    ]
    with ana.entered():
        whys = select(BrandAudit.facts).where(BrandAudit.action == "conversation.release")
        assert [facts["why"] for facts in db.session.scalars(whys)] == ["away", "away"]


@pytest.mark.parametrize("leaving", ["removed", "disabled", "other brand", "light"])
def test_what_people_hold_who_leave_comes_back(
    ana: Agency, make: Factory, superuser: Any, case: UUID, leaving: str
) -> None:
    gone, stays = make.person(ana, Role.STAFF), make.conversation(ana)
    do(ana, desk.claim, gone, case)
    do(ana, desk.claim, ana.staff, stays)
    with ana.entered():
        assert returning.hand_back_of_left() == 0
    with ana.entered(ana.agency_admin):
        if leaving == "removed":
            people.remove_member(ana.agency_admin, gone.user_id)
        elif leaving == "disabled":
            with superuser.begin() as connection:
                connection.execute(text("update person set disabled_at = now() where id = :id"), {"id": gone.user_id})
        elif leaving == "other brand":
            people.change_role(ana.agency_admin, gone.user_id, Role.STAFF, [ana.brand_ids[1]])
        else:
            people.change_role(ana.agency_admin, gone.user_id, Role.LIGHT, None)
    with ana.entered():
        assert returning.hand_back_of_left() == 1
    assert columns(ana, case, "holder_id", "held_before_id") == (None, gone.user_id)
    assert columns(ana, stays, "holder_id") == (ana.staff.user_id,)


def test_the_next_case_passes_over_what_somebody_just_took(ana: Agency, make: Factory) -> None:
    low, high = (make.conversation(ana, rank=rank) for rank in (1, 9))
    do(ana, desk.claim, ana.team_lead, high)
    assert do(ana, desk.claim_next, ana.staff) == low
    taken = do(ana, desk.taken_meanwhile, ana.staff, high)
    assert taken is not None
    assert taken.holder_name == ana.team_lead.name
    assert do(ana, desk.taken_meanwhile, ana.staff, low) is None, "one's own"
    with pytest.raises(Forbidden):
        do(ana, desk.claim_next, ana.light)
