"""Giving a case to somebody: only to who may work on it, and never over a colleague's head."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from agency.inbox import desk
from agency.inbox.colleagues import handover_of
from agency.inbox.models import Conversation
from tenants import clock, people
from tenants.database import db, new_id
from tenants.errors import Conflict, Forbidden, Invalid, NotFound
from tenants.models import Membership, Person
from tenants.permissions import Actor, Role
from tests.factories import Agency, Factory
from tests.inbox.test_desk import columns, deeds, do


@pytest.fixture
def case(make: Factory, ana: Agency) -> UUID:
    return make.conversation(ana)


def give(agency: Agency, actor: Actor, case: UUID, person_id: UUID, seen: UUID | None = None) -> Any:
    with agency.entered(actor):
        return desk.assign(actor, case, person_id, seen_holder_id=seen)


def refusal(agency: Agency, case: UUID, person_id: UUID) -> tuple[str, str, str]:
    with pytest.raises(Invalid) as refused:
        give(agency, agency.team_lead, case, person_id)
    assert columns(agency, case, "holder_id") == (None,)
    return refused.value.message, refused.value.code, str(refused.value.fields)


def test_those_who_may_work_on_the_brand_are_listed_with_what_they_hold(
    ana: Agency, stranger: Agency, make: Factory, case: UUID
) -> None:
    here = make.person(ana, Role.STAFF, only_brand_ids=[ana.brand_ids[0], ana.brand_ids[1]])
    make.person(ana, Role.STAFF, only_brand_ids=[ana.brand_ids[1]])
    do(ana, desk.claim, here, make.conversation(ana, brand=1))
    do(ana, desk.claim, ana.staff, case)
    with ana.entered(ana.team_lead):
        found = handover_of(ana.team_lead, case)
    assert {one.person_id for one in found.colleagues} == {
        here.user_id,
        ana.staff.user_id,
        ana.team_lead.user_id,
        ana.agency_admin.user_id,
    }
    assert [one.name for one in found.colleagues] == sorted((one.name for one in found.colleagues), key=str.lower)
    assert {one.person_id: one.open_count for one in found.colleagues}[here.user_id] == 1
    assert (found.holder_id, found.holder_name) == (ana.staff.user_id, ana.staff.name)
    with clock.stopped_at(clock.now() + timedelta(hours=1)), ana.entered(ana.team_lead):
        later = handover_of(ana.team_lead, case)
    assert later.holder_id is None, "a hold that ran out is nobody's"
    assert {one.open_count for one in later.colleagues} == {0}


def test_a_case_is_given_and_the_record_says_to_whom(ana: Agency, case: UUID) -> None:
    given = give(ana, ana.team_lead, case, ana.staff.user_id)
    assert given.holder_name == ana.staff.name
    assert columns(ana, case, "holder_id", "holder_name") == (ana.staff.user_id, ana.staff.name)
    assert "conversation.assign" in deeds(ana)
    give(ana, ana.agency_admin, case, ana.team_lead.user_id, ana.staff.user_id)
    assert columns(ana, case, "holder_id") == (ana.team_lead.user_id,)


def test_who_may_not_work_on_it_is_refused_like_a_stranger(
    ana: Agency, stranger: Agency, make: Factory, case: UUID
) -> None:
    other_brand = make.person(ana, Role.STAFF, only_brand_ids=[ana.brand_ids[1]])
    removed, disabled = make.person(ana, Role.STAFF), make.person(ana, Role.STAFF)
    with ana.entered():
        left = update(Membership).where(Membership.person_id == removed.user_id)
        db.session.execute(left.values(removed_at=clock.now()))
        db.session.execute(update(Person).where(Person.id == disabled.user_id).values(disabled_at=clock.now()))
    nobody = (ana.light, ana.client_owner, ana.billing_admin, other_brand, removed, disabled, stranger.staff)
    answers = {refusal(ana, case, person_id) for person_id in (*(one.user_id for one in nobody), new_id())}
    assert len(answers) == 1, "a stranger cannot be told from a colleague without the brand"
    assert "may not work on cases of this brand" in answers.pop()[0]


def test_a_case_taken_meanwhile_is_not_given_over_the_holders_head(ana: Agency, make: Factory, case: UUID) -> None:
    third = make.person(ana, Role.STAFF)
    do(ana, desk.claim, ana.staff, case)
    for seen in (None, third.user_id):
        with pytest.raises(Conflict) as refused:
            give(ana, ana.team_lead, case, third.user_id, seen)
        assert refused.value.code == "held"
        assert ana.staff.name in refused.value.message
    assert columns(ana, case, "holder_id") == (ana.staff.user_id,)
    with clock.stopped_at(clock.now() + timedelta(hours=1)):
        give(ana, ana.team_lead, case, third.user_id)
    assert columns(ana, case, "holder_id") == (third.user_id,)


def test_of_two_leads_at_once_one_gives_and_the_other_learns(ana: Agency, make: Factory, case: UUID) -> None:
    targets = [make.person(ana, Role.STAFF) for _ in range(2)]
    leads, start = [ana.team_lead, ana.agency_admin], Barrier(2)
    given: list[UUID] = []
    told: list[str] = []

    def hand(lead: Actor, target: Actor) -> None:
        start.wait(10)
        try:
            given.append(give(ana, lead, case, target.user_id).holder_id)
        except Conflict as refused:
            told.append(refused.fields["holder_id"])

    threads = [Thread(target=hand, args=pair) for pair in zip(leads, targets, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(given) == 1
    assert told == [str(given[0])]
    assert columns(ana, case, "holder_id") == (given[0],)


def test_a_removal_waits_for_the_gift_or_comes_before_it(ana: Agency, make: Factory, case: UUID) -> None:
    leaving = make.person(ana, Role.STAFF)
    ended: list[str] = []

    def remove() -> None:
        with ana.entered(ana.agency_admin):
            people.remove_member(ana.agency_admin, leaving.user_id)
        ended.append("removed")

    with ana.entered(ana.team_lead):
        desk.assign(ana.team_lead, case, leaving.user_id)
        thread = Thread(target=remove)
        thread.start()
        thread.join(0.5)
        assert ended == [], "the membership holds still until the gift is done"
    thread.join(20)
    assert ended == ["removed"]
    with ana.entered():
        db.session.execute(update(Conversation).where(Conversation.id == case).values(holder_id=None, holder_name=None))
    refusal(ana, case, leaving.user_id)


@pytest.mark.parametrize("status", ["closed", "snoozed"])
def test_only_an_open_case_is_given(ana: Agency, case: UUID, status: str) -> None:
    with ana.entered():
        db.session.execute(update(Conversation).where(Conversation.id == case).values(status=status))
    with pytest.raises(Conflict) as refused:
        give(ana, ana.team_lead, case, ana.staff.user_id)
    assert refused.value.code == "not_open"
    assert columns(ana, case, "holder_id") == (None,)


def test_the_list_is_for_leads_of_the_brand(ana: Agency, stranger: Agency, make: Factory, case: UUID) -> None:
    for who in ("staff", "light", "client_owner", "billing_admin"):
        with pytest.raises(Forbidden):
            do(ana, handover_of, getattr(ana, who), case)
    elsewhere = make.person(ana, Role.TEAM_LEAD, only_brand_ids=[ana.brand_ids[1]])
    for agency, actor in ((ana, elsewhere), (stranger, stranger.team_lead)):
        with pytest.raises(NotFound):
            do(agency, handover_of, actor, case)
    with ana.entered():
        assert db.session.scalars(select(Conversation.holder_id)).all() == [None]
