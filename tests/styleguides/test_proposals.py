"""A version is proposed, answered, approved, called back, put in force: by whom, from where, and what is kept of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select, text

from agency.notices import guide_mails
from styleguides import guides, proposals
from styleguides.guide_difference import rule_changes, same_count
from styleguides.guide_steps import steps_of
from styleguides.models import StyleGuideVersion
from styleguides.rules import rules_from_data
from tenants.database import db, new_id
from tenants.errors import AppError, Conflict, Forbidden, Invalid, NotFound
from tenants.models import Brand, BrandAudit
from tenants.permissions import Actor
from tests.factories import Agency

RULES: list[dict[str, Any]] = [
    {"kind": "banned", "id": "no-policy", "level": "stop", "phrases": ["our policy"], "bad": "It is our policy."},
    {"kind": "exclamation", "id": "calm", "max_count": 1},
]


def draft(agency: Agency, rules: list[dict[str, Any]] = RULES) -> int:
    with agency.entered(agency.team_lead):
        return guides.draft_version(agency.team_lead, agency.brand_ids[0], rules, "why").number


def propose(agency: Agency, number: int, actor: Actor | None = None) -> UUID:
    actor = actor or agency.team_lead
    with agency.entered(actor):
        return guide_mails.propose(actor, agency.brand_ids[0], number, "Please look.").id


def approve(agency: Agency, number: int, asked: UUID | None, against: int | None, comment: str = "") -> None:
    with agency.entered(agency.client_owner):
        guide_mails.approve(agency.client_owner, agency.brand_ids[0], number, asked, against, comment)


def states(agency: Agency) -> dict[int, str]:
    with agency.entered():
        found = db.session.execute(
            select(StyleGuideVersion.number, StyleGuideVersion.state).where(
                StyleGuideVersion.brand_id == agency.brand_ids[0]
            )
        )
        return {row.number: row.state for row in found}


def deeds(agency: Agency, number: int) -> list[tuple[str, str, int | None, str]]:
    with agency.entered():
        steps = steps_of(guides.version_of(agency.brand_ids[0], number))
        return [(step.deed, step.words, step.against, step.made_by_name) for step in steps]


def mails(superuser: Engine) -> list[str]:
    with superuser.connect() as connection:
        return list(connection.execute(text("select notice from outgoing_mail order by id")).scalars())


def test_the_client_approves_what_the_agency_proposed(ana: Agency, superuser: Engine) -> None:
    number = draft(ana)
    asked = propose(ana, number, ana.staff)
    assert states(ana) == {1: "proposed"}
    assert mails(superuser) == ["guide_awaits_you"], "to the client's owner, once"
    approve(ana, number, asked, None, "Fine with us.")
    assert states(ana) == {1: "in_force"}
    assert mails(superuser) == ["guide_awaits_you", "guide_answered"]
    assert deeds(ana, number) == [
        ("propose", "Please look.", None, ana.staff.name),
        ("approve_guide", "Fine with us.", None, ana.client_owner.name),
    ]
    with ana.entered():
        lines = db.session.execute(select(BrandAudit.action, BrandAudit.facts).order_by(BrandAudit.id)).all()
        version = guides.version_of(ana.brand_ids[0], number)
        assert (version.put_in_force_by, version.proposal_id) == (ana.client_owner.user_id, None)
    assert [line.action for line in lines] == [
        "style_guide.drafted",
        "style_guide.propose",
        "style_guide.approve_guide",
    ]
    assert lines[1].facts["words"] == "Please look."


def test_the_client_answers_and_is_asked_again(ana: Agency, superuser: Engine) -> None:
    number = draft(ana)
    asked = propose(ana, number)
    brand, owner = ana.brand_ids[0], ana.client_owner
    with ana.entered(owner):
        with pytest.raises(Invalid) as refused:
            guide_mails.answer(owner, brand, number, asked, "  ")
        assert list(refused.value.fields["errors"]) == ["comment"]
        guide_mails.answer(owner, brand, number, asked, "Shorter, please.")
    assert states(ana) == {1: "draft"}
    assert mails(superuser) == ["guide_awaits_you", "guide_answered"]
    again = propose(ana, number)
    for stale in (asked, None, new_id()):
        with pytest.raises(Conflict) as stale_refusal:
            approve(ana, number, stale, None)
        assert stale_refusal.value.code == "asked_anew"
    approve(ana, number, again, None)
    assert [deed for deed, *_ in deeds(ana, number)] == ["propose", "answer", "propose", "approve_guide"]


def test_what_came_in_force_meanwhile_is_shown_before_a_yes_counts(ana: Agency) -> None:
    first, second = draft(ana), draft(ana, RULES[:1])
    asked = propose(ana, second)
    with ana.entered(ana.team_lead):
        guides.put_in_force(ana.team_lead, ana.brand_ids[0], first)
    with pytest.raises(Conflict) as refused:
        approve(ana, second, asked, None)
    assert refused.value.code == "asked_anew"
    assert states(ana) == {1: "in_force", 2: "proposed"}
    approve(ana, second, asked, first)
    assert states(ana) == {1: "retired", 2: "in_force"}


def test_one_version_waits_at_a_time_and_can_be_called_back(ana: Agency) -> None:
    first, second = draft(ana), draft(ana)
    asked = propose(ana, first)
    with pytest.raises(Conflict) as refused:
        propose(ana, second)
    assert refused.value.code == "another_waits"
    with ana.entered(ana.staff):
        proposals.call_back(ana.staff, ana.brand_ids[0], first)
    with pytest.raises(Conflict):
        approve(ana, first, asked, None)
    assert states(ana) == {1: "draft", 2: "draft"}
    propose(ana, second)


def test_a_version_whose_examples_disagree_is_not_proposed(ana: Agency) -> None:
    number = draft(ana, [{**RULES[0], "bad": "All is well."}])
    with pytest.raises(Invalid) as refused:
        propose(ana, number)
    assert refused.value.code == "examples_disagree"
    assert states(ana) == {1: "draft"}


def test_an_earlier_version_that_is_not_wanted_back_stays_an_earlier_one(ana: Agency) -> None:
    for _ in range(2):
        approve_next(ana)
    asked = propose(ana, 1)
    with ana.entered(ana.client_owner):
        guide_mails.answer(ana.client_owner, ana.brand_ids[0], 1, asked, "Rather not.")
    assert states(ana) == {1: "retired", 2: "in_force"}, "its words may never be written anew"


def approve_next(agency: Agency) -> None:
    number = draft(agency)
    approve(agency, number, propose(agency, number), number - 1 or None)


def test_where_the_client_decides_a_lead_does_not(ana: Agency) -> None:
    number = draft(ana)
    with ana.entered():
        db.session.get_one(Brand, (ana.id, ana.brand_ids[0])).guide_needs_approval = True
    with ana.entered(ana.agency_admin), pytest.raises(Conflict) as refused:
        guides.put_in_force(ana.agency_admin, ana.brand_ids[0], number)
    assert refused.value.code == "guide_needs_approval"
    assert states(ana) == {1: "draft"}
    approve(ana, number, propose(ana, number), None)
    assert states(ana) == {1: "in_force"}


def test_who_may_propose_and_who_may_decide(ana: Agency) -> None:
    number = draft(ana)
    brand = ana.brand_ids[0]
    for actor in (ana.light, ana.client_owner, ana.billing_admin):
        with ana.entered(actor), pytest.raises(Forbidden):
            guide_mails.propose(actor, brand, number, "x")
    asked = propose(ana, number)
    for actor in (ana.agency_admin, ana.team_lead, ana.staff, ana.light, ana.billing_admin):
        with ana.entered(actor):
            with pytest.raises(Forbidden):
                guide_mails.approve(actor, brand, number, asked, None)
            with pytest.raises(Forbidden):
                guide_mails.answer(actor, brand, number, asked, "No.")
    assert states(ana) == {1: "proposed"}


def test_another_agencys_proposal_is_like_none(ana: Agency, stranger: Agency) -> None:
    asked = propose(ana, draft(ana))
    lead, owner = stranger.team_lead, stranger.client_owner
    for brand in (ana.brand_ids[0], new_id()):
        for actor, call in (
            (lead, lambda b=brand: guide_mails.propose(lead, b, 1, "x")),
            (lead, lambda b=brand: proposals.call_back(lead, b, 1)),
            (owner, lambda b=brand: guide_mails.approve(owner, b, 1, asked, None)),
            (owner, lambda b=brand: guide_mails.answer(owner, b, 1, asked, "x")),
        ):
            with stranger.entered(actor):
                assert proposals.waiting_guides(actor) == []
                with pytest.raises(NotFound):
                    call()
    with ana.entered(ana.client_owner):
        (row,) = proposals.waiting_guides(ana.client_owner)
        assert (row.brand_id, row.number, row.proposal_id, row.note) == (ana.brand_ids[0], 1, asked, "Please look.")


def test_of_a_yes_and_a_calling_back_at_once_one_counts(ana: Agency) -> None:
    for _ in range(3):
        number = draft(ana)
        asked = propose(ana, number)
        with ana.entered():
            now = guides.in_force_of(ana.brand_ids[0])
            against = now.number if now else None
        start, raised = threading.Barrier(2), []

        def work(actor: Actor, call: Callable[[], object]) -> None:
            try:
                with ana.entered(actor):
                    start.wait(timeout=30)  # noqa: B023 - joined below, in this round
                    call()
            except AppError as error:
                raised.append(error)  # noqa: B023

        calls = (
            (ana.client_owner, lambda: guide_mails.approve(ana.client_owner, ana.brand_ids[0], number, asked, against)),  # noqa: B023
            (ana.team_lead, lambda: proposals.call_back(ana.team_lead, ana.brand_ids[0], number)),  # noqa: B023
        )
        threads = [threading.Thread(target=work, args=call) for call in calls]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(raised) == 1
        assert isinstance(raised[0], Conflict)
        assert states(ana)[number] in ("in_force", "draft")


MOVES = st.lists(
    st.tuples(
        st.sampled_from(["draft", "propose", "approve", "answer", "call_back", "force"]),
        st.integers(1, 3),
    ),
    max_size=14,
)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(MOVES)
def test_whatever_is_done_one_is_in_force_one_waits_and_every_move_is_kept(
    ana: Agency, moves: list[tuple[str, int]]
) -> None:
    brand, lead, owner = ana.brand_ids[0], ana.team_lead, ana.client_owner
    with ana.entered():
        count = len(states_here(brand))
    done = 0
    for name, place in moves:
        actor = owner if name in ("approve", "answer") else lead
        with ana.entered():
            base = max(count, 0)
            number = base + place
            found = next((v for v in versions_here(brand) if v.number == number), None)
            asked, now = (found.proposal_id if found else None), guides.in_force_of(brand)
            against = now.number if now else None
        try:
            with ana.entered(actor):
                match name:
                    case "draft":
                        guides.draft_version(lead, brand, RULES, "")
                        continue
                    case "propose":
                        proposals.propose(lead, brand, number, "x")
                    case "approve":
                        proposals.approve(owner, brand, number, asked, against)
                    case "answer":
                        proposals.answer(owner, brand, number, asked, "x")
                    case "call_back":
                        proposals.call_back(lead, brand, number)
                    case _:
                        guides.put_in_force(lead, brand, number, "x")
            done += 1
        except AppError:
            pass
        with ana.entered():
            held = states_here(brand)
            assert held.count("in_force") <= 1
            assert held.count("proposed") <= 1
    with ana.entered():
        kept = [step for v in versions_here(brand) if v.number > count for step in steps_of(v)]
        for version in versions_here(brand):
            if version.state == "proposed":
                version.state, version.proposal_id = "draft", None
    assert len(kept) == done


def versions_here(brand: UUID) -> list[StyleGuideVersion]:
    return list(db.session.scalars(select(StyleGuideVersion).where(StyleGuideVersion.brand_id == brand)))


def states_here(brand: UUID) -> list[str]:
    return [version.state for version in versions_here(brand)]


IDS = st.lists(st.sampled_from("abcdef"), unique=True, max_size=6)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(IDS, IDS, st.data())
def test_the_changes_turn_one_guide_into_the_other(before: list[str], after: list[str], data: st.DataObject) -> None:
    def made(ids: list[str]) -> Any:
        return rules_from_data([{"kind": "emoji", "id": one, "max_count": data.draw(st.integers(0, 2))} for one in ids])

    old, new = made(before), made(after)
    changes = rule_changes(old, new)
    turned = {rule.id: rule for rule in old}
    for change in changes:
        if change.after is None:
            del turned[change.rule.id]
        else:
            turned[change.rule.id] = change.after
    assert turned == {rule.id: rule for rule in new}
    assert same_count(old, changes) == len(set(old) & set(new))
    assert all((change.what == "new") == (change.rule.id not in before) for change in changes)
