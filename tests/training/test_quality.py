"""Judging a reply: three answers and a note, changed with history, seen by judge, author and leads alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, func, select, text

from agency.inbox.erasing import erase_person
from agency.inbox.models import Contact
from agency.training import quality, quality_trends
from agency.training import quality_sample as sampling
from agency.training.models import Judgement
from tenants.database import Base, db
from tenants.errors import AppError, Conflict, Forbidden, Invalid, NotFound
from tenants.models import BrandAudit
from tenants.permissions import Role
from tests.factories import Agency, Factory
from tests.replies.test_races import at_once
from tests.training.sent import ALL_YES, sent_reply

WEEK = sampling.newest_week()
NOTE = "CANARYnote warm, but say by when"


@pytest.fixture
def reply(make: Factory, ana: Agency) -> UUID:
    """One reply of the staff member, in every lead's sample."""
    return sent_reply(make, ana, ana.staff, customer="Where is it? Call me: +48 601 234 567. CANARYwords")


def judged(ana: Agency, reply: UUID, role: str = "team_lead", **given: Any) -> Judgement:
    with ana.entered(ana.actors[role]):
        held = quality.judge(ana.actors[role], reply, {**ALL_YES, **given})
        db.session.refresh(held)
        db.session.expunge(held)
        return held


def test_a_first_judgement_and_a_change_keep_what_was_said(ana: Agency, reply: UUID) -> None:
    first = judged(ana, reply, solves="no", note=NOTE)
    assert (first.author_id, first.judge_id, first.week, first.version) == (
        ana.staff.user_id,
        ana.team_lead.user_id,
        WEEK,
        1,
    )
    again = judged(ana, reply, solves="partly", note="", version=1)
    assert (again.id, again.solves, again.note, again.version) == (first.id, "partly", "", 2)
    assert [(one["solves"], one["note"]) for one in again.earlier] == [("no", NOTE)]
    same = judged(ana, reply, solves="partly", note="", version=2)
    assert (same.version, len(same.earlier)) == (2, 1)


@pytest.mark.parametrize(("held", "version"), [(False, 1), (False, None), (True, 0), (True, 2), (True, True)])
def test_whoever_read_another_version_is_told(ana: Agency, reply: UUID, held: bool, version: Any) -> None:
    if held:
        judged(ana, reply, note=NOTE)
    with pytest.raises(Conflict) as told:
        judged(ana, reply, friendly="no", version=version)
    assert told.value.code == "judgement_changed"
    with ana.entered():
        rows = db.session.scalars(select(Judgement.friendly)).all()
    assert rows == (["yes"] if held else [])


def test_two_clicks_in_one_moment_judge_once_and_two_minds_are_told(ana: Agency, reply: UUID, make: Factory) -> None:
    clicks = at_once(*[lambda: str(judged(ana, reply).version)] * 4)
    assert clicks == ["1"] * 4
    other = sent_reply(make, ana, make.person(ana, Role.STAFF))
    minds = at_once(lambda: judged(ana, other).solves, lambda: judged(ana, other, solves="no").solves)
    assert [one.code for one in minds if isinstance(one, Conflict)] == ["judgement_changed"]


def test_a_judgement_is_not_changed_for_ever(ana: Agency, reply: UUID) -> None:
    judged(ana, reply)
    for version in range(1, quality.MOST_CHANGES + 1):
        judged(ana, reply, note=f"note {version}", version=version)
    with pytest.raises(Conflict) as told:
        judged(ana, reply, version=quality.MOST_CHANGES + 1)
    assert told.value.code == "judgement_fixed"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"friendly": ""}, "friendly"),
        ({"solves": "YES"}, "solves"),
        ({"personal": None}, "personal"),
        ({"note": "x" * (quality.LONGEST_NOTE + 1)}, "note"),
        ({"note": "a\x00b"}, "note"),
        ({"note": 7}, "note"),
    ],
)
def test_what_cannot_be_used_is_named(ana: Agency, reply: UUID, given: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        judged(ana, reply, **given)
    assert list(refused.value.fields["errors"]) == [field]


def test_nobody_judges_their_own_or_chooses(make: Factory, ana: Agency) -> None:
    own = sent_reply(make, ana, ana.team_lead)
    many = {sent_reply(make, ana, ana.staff) for _ in range(5)}
    with ana.entered(ana.team_lead):
        drawn = {row.id for row in sampling.sample_of(ana.team_lead, WEEK).rows}
    for refused in (own, *(many - drawn)):
        with pytest.raises(Conflict) as told:
            judged(ana, refused)
        assert told.value.code == "not_in_sample"
    assert len(drawn) == sampling.EACH_PERSON_A_WEEK


def test_the_note_holds_nobodys_number(ana: Agency, reply: UUID) -> None:
    assert "601" not in judged(ana, reply, note="Call +48 601 234 567 next time.").note


def test_two_leads_judge_apart_and_then_see_how_they_agree(ana: Agency, reply: UUID) -> None:
    judged(ana, reply, "agency_admin", personal="no", note=NOTE)
    with ana.entered(ana.team_lead):
        before = quality.sheet_of(ana.team_lead, reply)
        assert (before.mine, list(before.others), before.may_judge) == (None, [], True)
    judged(ana, reply)
    with ana.entered(ana.team_lead):
        sheet = quality.sheet_of(ana.team_lead, reply)
        assert sheet.mine is not None
        assert [one.note for one in sheet.others] == [NOTE]
        assert quality_trends.agreement_of(ana.team_lead, WEEK) == (1, 3, 2)


def test_the_trend_counts_each_answer(make: Factory, ana: Agency, reply: UUID) -> None:
    judged(ana, reply, solves="no")
    judged(ana, reply, "agency_admin", solves="partly")
    of_lead = sent_reply(make, ana, ana.team_lead, brand=1)
    judged(ana, of_lead, "agency_admin")
    with ana.entered(ana.team_lead):
        people = {one.author_id: one for one in quality_trends.trends_of(ana.team_lead, WEEK)}
    staff = people[ana.staff.user_id]
    assert (staff.replies, staff.judgements, len(people)) == (1, 2, 2)
    assert [staff.total("solves", answer) for answer in quality.ANSWERS] == [0, 1, 1]
    assert [staff.total("friendly", answer) for answer in quality.ANSWERS] == [2, 0, 0]
    names = sorted((one.author_name, one.author_id) for one in people.values())
    with ana.entered(ana.team_lead):
        rest = quality_trends.trends_of(ana.team_lead, WEEK, names[0])
    assert [one.author_id for one in rest] == [names[1][1]]
    one_brand = make.person(ana, Role.TEAM_LEAD, only_brand_ids=[ana.brand_ids[1]])
    with ana.entered(one_brand):
        assert [one.author_id for one in quality_trends.trends_of(one_brand, WEEK)] == [ana.team_lead.user_id]


def test_a_list_is_one_statement(ana: Agency, reply: UUID, statements: Callable[[], list[str]]) -> None:
    judged(ana, reply)
    for ask, actor in (
        (lambda: quality.judgements_of_mine(ana.staff), ana.staff),
        (lambda: quality_trends.trends_of(ana.team_lead, WEEK), ana.team_lead),
        (lambda: quality_trends.agreement_of(ana.team_lead, WEEK), ana.team_lead),
    ):
        with ana.entered(actor):
            statements()
            ask()
            assert len([said for said in statements() if "judgement" in said]) == 1


@pytest.mark.parametrize("role", list(Role))
def test_who_reads_it(make: Factory, ana: Agency, reply: UUID, role: Role) -> None:
    judged(ana, reply, note=NOTE)
    actor = make.person(ana, role, only_brand_ids=[ana.brand_ids[0]])
    is_lead = role in (Role.AGENCY_ADMIN, Role.TEAM_LEAD)
    for ask in (
        lambda: quality.sheet_of(actor, reply),
        lambda: quality_trends.trends_of(actor, WEEK),
        lambda: quality.judge(actor, reply, ALL_YES),
    ):
        with ana.entered(actor):
            if is_lead:
                assert ask()
            else:
                with pytest.raises(Forbidden):
                    ask()
    elsewhere = make.person(ana, role, only_brand_ids=[ana.brand_ids[1]])
    with ana.entered(elsewhere), pytest.raises((NotFound, Forbidden)):
        quality.sheet_of(elsewhere, reply)
    for other in (actor, elsewhere):
        with ana.entered(other):
            try:
                assert quality.judgements_of_mine(other) == []
            except Forbidden:
                assert role in (Role.LIGHT, Role.CLIENT_OWNER, Role.BILLING_ADMIN)
    with ana.entered(ana.staff):
        notes = [row.judgement.note for row in quality.judgements_of_mine(ana.staff)]
    assert notes == (["", NOTE] if is_lead else [NOTE])


def test_the_record_says_that_and_not_what(ana: Agency, reply: UUID) -> None:
    judged(ana, reply, solves="no", note=NOTE)
    judged(ana, reply, solves="partly", note=NOTE, version=1)
    with ana.entered():
        lines = db.session.execute(
            select(BrandAudit.action, BrandAudit.facts).where(BrandAudit.action.startswith("quality."))
        ).all()
    assert [line.action for line in lines] == ["quality.judged", "quality.judgement_changed"]
    said = json.dumps([line.facts for line in lines])
    assert NOTE not in said
    assert not any(f'"{answer}"' in said for answer in quality.ANSWERS)
    assert ana.staff.name not in said


def test_erasing_the_customer_leaves_nothing_of_them_in_a_judgement(
    ana: Agency, reply: UUID, superuser: Engine
) -> None:
    judged(ana, reply, note="earlier CANARYnote about Test Customer")
    judged(ana, reply, note=NOTE, version=1)
    with ana.entered():
        held = db.session.scalars(select(Judgement)).one()
        contact = db.session.scalars(select(Contact).where(Contact.id == held.contact_id)).one()
        erase_person(contact.external_id)
    with superuser.connect() as connection:
        kept = connection.execute(text("select t::text from judgement t")).scalar_one()
    assert "CANARY" not in kept
    assert "Test Customer" not in kept
    with ana.entered(ana.staff):
        [row] = quality.judgements_of_mine(ana.staff)
        assert (row.judgement.friendly, row.judgement.note, row.customer_text) == ("yes", "", "")
        assert row.judgement.erased_at is not None
        assert [one["note"] for one in row.judgement.earlier] == [""]
    with pytest.raises(Conflict) as told:
        judged(ana, reply, note=NOTE, version=2)
    assert told.value.code == "judgement_fixed"
    with ana.entered(ana.team_lead):
        assert sampling.sample_of(ana.team_lead, WEEK).rows == []
        assert not quality.sheet_of(ana.team_lead, reply).may_judge


def test_another_persons_erasure_leaves_notes_alone(make: Factory, ana: Agency, reply: UUID) -> None:
    judged(ana, reply, note=NOTE)
    make.conversation(ana)
    with ana.entered():
        held = db.session.scalars(select(Judgement)).one()
        other = db.session.scalars(select(Contact).where(Contact.id != held.contact_id)).first()
        assert other is not None
        erase_person(other.external_id)
    with ana.entered():
        assert db.session.scalars(select(Judgement.note)).one() == NOTE


def test_nothing_of_the_customers_words_is_copied(ana: Agency, reply: UUID, superuser: Engine) -> None:
    judged(ana, reply, note="Good.")
    with superuser.connect() as connection:
        for table in ("judgement", "brand_audit", "agency_audit", "outgoing_mail", "outbox_entry"):
            assert table in Base.metadata.tables
            for row in connection.execute(text(f"select t::text from {table} t")).scalars():
                assert "CANARYwords" not in row


def test_the_same_lead_twice_at_once_leaves_one_judgement(ana: Agency, reply: UUID, superuser: Engine) -> None:
    from concurrent.futures import ThreadPoolExecutor
    from threading import Barrier

    together = Barrier(2, timeout=20)

    def one(answer: str) -> str:
        together.wait()
        try:
            return judged(ana, reply, friendly=answer).friendly
        except AppError as told:
            return told.code

    with ThreadPoolExecutor(2) as both:
        found = sorted(both.map(one, ("yes", "no")))
    assert found in (["judgement_changed", "no"], ["judgement_changed", "yes"])
    with ana.entered():
        assert db.session.scalar(select(func.count(Judgement.id))) == 1
