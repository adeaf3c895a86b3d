"""A policy is prepared, signed by the client, and holds for what is submitted after; replies wait by it, in steps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, text

from agency.replies import desk, policy_versions
from agency.replies.policy_terms import Terms
from tenants import clock
from tenants.errors import AppError, Conflict, Forbidden, Invalid, NotFound
from tenants.permissions import Actor, Role
from tests.factories import Agency, Factory
from tests.leaving import mails_leave
from tests.replies.conftest import Case

WORDS = "Thank you, we are looking into it."


@pytest.fixture
def jan(make: Factory, ana: Agency) -> Actor:
    """A second owner of the first brand."""
    return make.person(ana, Role.CLIENT_OWNER, only_brand_ids=[ana.brand_ids[0]])


def refused(deed: Callable[[], object]) -> AppError:
    with pytest.raises(AppError) as caught:
        deed()
    return caught.value


def signed(agency: Agency, terms: dict[str, Any], owner: Actor | None = None) -> int:
    """Prepared by the lead, signed by the owner."""
    brand_id, lead, owner = agency.brand_ids[0], agency.team_lead, owner or agency.client_owner
    with agency.entered(lead):
        number = policy_versions.draft_policy(lead, brand_id, terms).number
        asked = policy_versions.propose(lead, brand_id, number).proposal_id
    with agency.entered(owner):
        policy_versions.sign(owner, brand_id, number, asked)
    return number


def approve(case: Case, reply_id: Any, actor: Actor) -> str:
    with case.agency.entered(actor):
        return desk.approve(actor, reply_id, case.row(reply_id).text_hash).state


def decisions(superuser: Engine) -> list[tuple[Any, ...]]:
    with superuser.connect() as connection:
        rows = connection.execute(
            text("select decision, step, policy_number, voided_at is not null from approval order by created_at, id")
        )
        return [tuple(row) for row in rows]


def mails(superuser: Engine) -> list[str]:
    with superuser.connect() as connection:
        return list(connection.execute(text("select notice from outgoing_mail order by id")).scalars())


def test_without_a_policy_every_reply_waits_for_an_owner(ana: Agency) -> None:
    with ana.entered():
        assert policy_versions.policy_in_force(ana.brand_ids[0]) == (0, Terms())


def test_a_lead_prepares_and_the_owner_signs(ana: Agency, superuser: Engine) -> None:
    assert signed(ana, {"needs": "none"}) == 1
    with ana.entered():
        number, terms = policy_versions.policy_in_force(ana.brand_ids[0])
        version = policy_versions.get_version(ana.client_owner, ana.brand_ids[0], 1)
        assert (number, terms.needs) == (1, "none")
        assert (version.signed_how, version.signed_by_name) == ("page", ana.client_owner.name)
        assert version.signed_on == clock.now().date()
    assert mails(superuser) == ["policy_awaits_you"]
    with superuser.connect() as connection:
        flags = connection.execute(text("select needs_approval from brand where id = :id"), {"id": ana.brand_ids[0]})
        assert flags.scalar_one() is False
        acts = connection.execute(text("select action from brand_audit where subject_type = 'approval_policy'"))
        assert set(acts.scalars()) == {
            "approval_policy.draft",
            "approval_policy.propose",
            "approval_policy.in_force",
        }


def test_only_one_is_in_force_and_earlier_ones_stay_readable(ana: Agency) -> None:
    signed(ana, {"needs": "none"})
    signed(ana, {"needs": "rule", "money": True})
    with ana.entered():
        states = {one.number: one.state for one in policy_versions.list_versions(ana.team_lead, ana.brand_ids[0])}
        assert policy_versions.policy_of(ana.brand_ids[0], 1).terms.needs == "none"
    assert states == {1: "retired", 2: "in_force"}


def test_what_was_asked_anew_is_not_signed(ana: Agency) -> None:
    brand_id, lead, owner = ana.brand_ids[0], ana.team_lead, ana.client_owner
    with ana.entered(lead):
        policy_versions.draft_policy(lead, brand_id, {"needs": "rule", "money": True})
        first = policy_versions.propose(lead, brand_id, 1).proposal_id
        policy_versions.call_back(lead, brand_id, 1)
        policy_versions.draft_policy(lead, brand_id, {"needs": "none"})
        policy_versions.propose(lead, brand_id, 1)
    with ana.entered(owner):
        assert refused(lambda: policy_versions.sign(owner, brand_id, 1, first)).code == "asked_anew"
        assert policy_versions.policy_in_force(brand_id).number == 0


def test_the_client_says_what_should_be_different(ana: Agency, superuser: Engine) -> None:
    brand_id, lead, owner = ana.brand_ids[0], ana.team_lead, ana.client_owner
    with ana.entered(lead):
        policy_versions.draft_policy(lead, brand_id, {"needs": "none"})
        asked = policy_versions.propose(lead, brand_id, 1).proposal_id
    with ana.entered(owner):
        assert "comment" in refused(lambda: policy_versions.answer(owner, brand_id, 1, asked, " ")).fields["errors"]
        assert policy_versions.answer(owner, brand_id, 1, asked, "Complaints, please.").state == "draft"
    assert mails(superuser) == ["policy_awaits_you", "policy_answered"]
    with ana.entered(owner):
        with pytest.raises(NotFound):
            policy_versions.get_version(owner, brand_id, 1)
        assert policy_versions.list_versions(owner, brand_id) == [], "a draft is the agency's own"


@pytest.mark.parametrize("role", list(Role))
def test_who_may_prepare_and_who_may_sign(ana: Agency, role: Role) -> None:
    actor, brand_id = ana.actors[role.value], ana.brand_ids[0]
    with ana.entered(actor):
        if role in (Role.TEAM_LEAD, Role.AGENCY_ADMIN):
            assert policy_versions.draft_policy(actor, brand_id, {"needs": "none"}).number == 1
        else:
            with pytest.raises((Forbidden, NotFound)):
                policy_versions.draft_policy(actor, brand_id, {"needs": "none"})
        if role is not Role.CLIENT_OWNER:
            with pytest.raises((Forbidden, NotFound)):
                policy_versions.sign(actor, brand_id, 1, None)


def test_paper_only_where_the_contracts_allow_it(ana: Agency) -> None:
    brand_id, lead, admin = ana.brand_ids[0], ana.team_lead, ana.agency_admin
    with ana.entered(lead):
        policy_versions.draft_policy(lead, brand_id, {"needs": "none"})
        with pytest.raises(Forbidden):
            policy_versions.record_on_paper(lead, brand_id, 1, "Ana Owner", date(2026, 1, 2))
        with pytest.raises(Forbidden):
            policy_versions.allow_paper(lead, allowed=True)
    with ana.entered(admin):
        policy_versions.allow_paper(admin, allowed=True)
    with ana.entered(lead):
        for name, on in (("", date(2026, 1, 2)), ("Ana Owner", date(9999, 1, 1))):
            with pytest.raises(Invalid):
                policy_versions.record_on_paper(lead, brand_id, 1, name, on)
        kept = policy_versions.record_on_paper(lead, brand_id, 1, "Ana Owner", date(2026, 1, 2))
        assert (kept.state, kept.signed_how, kept.signed_by_name) == ("in_force", "paper", "Ana Owner")
        assert (kept.signed_on, kept.put_in_force_by) == (date(2026, 1, 2), lead.user_id)


def test_nobody_is_named_who_may_not_approve(ana: Agency) -> None:
    lead, brand_id = ana.team_lead, ana.brand_ids[0]
    with ana.entered(lead):
        said = refused(
            lambda: policy_versions.draft_policy(lead, brand_id, {"steps": [[str(ana.staff.user_id)]]})
        ).fields["errors"]
        assert set(said) == {"steps"}


def test_two_leads_at_one_draft(ana: Agency) -> None:
    lead, brand_id = ana.team_lead, ana.brand_ids[0]
    with ana.entered(lead):
        first = policy_versions.draft_policy(lead, brand_id, {"needs": "none"}, revision=0)
        policy_versions.draft_policy(lead, brand_id, {"needs": "all"}, revision=first.revision)
        again = refused(lambda: policy_versions.draft_policy(lead, brand_id, {"needs": "none"}, revision=1))
        assert again.code == "policy_changed"


def test_a_rule_decides_which_reply_waits(case: Case, superuser: Engine) -> None:
    number = signed(case.agency, {"needs": "rule", "money": True})
    free = case.draft(WORDS)
    case.do("release", free)
    assert decisions(superuser) == [("released", None, number, False)]
    with superuser.begin() as connection:
        connection.execute(text("update reply set state = 'published', published_at = now()"))
        connection.execute(
            text("update conversation set holder_id = null, holder_name = null, held_until = null, held_since = null")
        )
    costly = case.draft("Here are 40 EUR back.")
    stopped = refused(lambda: case.do("release", costly))
    assert stopped.code == "needs_approval"
    assert "40 EUR" in stopped.message
    case.do("submit", costly)
    with case.agency.entered():
        reply = desk.locked(costly)
        assert (reply.policy_number, reply.waits_step) == (number, 1)
        assert [one["rule"] for one in reply.waits_because] == ["money"]


def test_what_waits_is_decided_by_the_policy_it_was_sent_by(case: Case, jan: Actor, superuser: Engine) -> None:
    owner = case.agency.client_owner
    first = signed(case.agency, {"steps": [[str(jan.user_id)]]})
    reply_id = case.draft()
    case.do("submit", reply_id)
    signed(case.agency, {"steps": [[str(owner.user_id)]]})
    assert refused(lambda: approve(case, reply_id, owner)).code == "not_your_turn"
    assert approve(case, reply_id, jan) == "approved"
    assert decisions(superuser) == [("approved", 1, first, False)]


def test_steps_are_said_yes_to_one_after_the_other(case: Case, jan: Actor, superuser: Engine) -> None:
    owner = case.agency.client_owner
    number = signed(case.agency, {"steps": [[str(owner.user_id)], [str(jan.user_id)]]})
    reply_id = case.draft()
    case.do("submit", reply_id)
    assert refused(lambda: approve(case, reply_id, jan)).code == "not_your_turn"
    with case.agency.entered(jan):
        shown = case.row(reply_id).text_hash
        said_no = refused(lambda: desk.say_no(jan, reply_id, "decline", "No.", shown))
        assert said_no.code == "not_your_turn"
    mails_leave(case.agency.app, superuser)
    assert approve(case, reply_id, owner) == "awaiting_approval"
    assert approve(case, reply_id, owner) == "awaiting_approval", "a second press of one button"
    mails_leave(case.agency.app, superuser)
    assert case.promises("publish_reply") == 0
    assert approve(case, reply_id, jan) == "approved"
    assert decisions(superuser) == [("step_approved", 1, number, False), ("approved", 2, number, False)]
    assert case.promises("publish_reply") == 1
    assert mails(superuser).count("reply_awaits_you") == 2, "each at their turn"


@pytest.mark.parametrize("goes_on", [False, True])
def test_changed_words_go_back_to_whoever_said_yes_to_others(
    case: Case, jan: Actor, superuser: Engine, goes_on: bool
) -> None:
    owner = case.agency.client_owner
    signed(case.agency, {"steps": [[str(owner.user_id)], [str(jan.user_id)]], "changes_go_on": goes_on})
    reply_id = case.draft()
    case.do("submit", reply_id)
    approve(case, reply_id, owner)
    with case.agency.entered(jan):
        changed = desk.change_and_approve(jan, reply_id, "Thank you!", case.row(reply_id).text_hash)
        assert changed.state == ("approved" if goes_on else "awaiting_approval")
    if not goes_on:
        assert approve(case, reply_id, jan) == "awaiting_approval", "it is not their turn, and no other yes"
        assert approve(case, reply_id, owner) == "approved", "whose words they are said yes by writing them"
    assert case.row(reply_id).text == "Thank you!"


def test_an_edit_takes_the_first_yes_back(case: Case, jan: Actor, superuser: Engine) -> None:
    owner = case.agency.client_owner
    signed(case.agency, {"steps": [[str(owner.user_id)], [str(jan.user_id)]]})
    reply_id = case.draft()
    case.do("submit", reply_id)
    approve(case, reply_id, owner)
    case.do("edit", reply_id, WORDS + " Really.")
    case.do("edit", reply_id, WORDS)
    case.do("submit", reply_id)
    assert [row[3] for row in decisions(superuser)] == [True]
    assert refused(lambda: approve(case, reply_id, jan)).code == "not_your_turn"


def test_where_nobody_named_is_left_it_waits(case: Case, make: Factory, jan: Actor, superuser: Engine) -> None:
    signed(case.agency, {"steps": [[str(jan.user_id)]]})
    with superuser.begin() as connection:
        connection.execute(text("update membership set removed_at = now() where person_id = :id"), {"id": jan.user_id})
    reply_id = case.draft()
    case.do("submit", reply_id)
    assert refused(lambda: approve(case, reply_id, case.agency.client_owner)).code == "not_your_turn"
    assert case.row(reply_id).state == "awaiting_approval"


def test_a_stand_in_decides_on_their_days(case: Case, jan: Actor) -> None:
    owner, today = case.agency.client_owner, clock.now().date().isoformat()
    away = {"away": str(owner.user_id), "person": str(jan.user_id), "from_day": today, "until_day": today}
    signed(case.agency, {"steps": [[str(owner.user_id)]], "stand_ins": [away]})
    reply_id = case.draft()
    case.do("submit", reply_id)
    assert refused(lambda: approve(case, reply_id, owner)).code == "not_your_turn"
    assert approve(case, reply_id, jan) == "approved"


def test_first_replies_of_somebody_new_wait(case: Case, superuser: Engine) -> None:
    signed(case.agency, {"needs": "rule", "first_replies": 1})
    reply_id = case.draft()
    assert refused(lambda: case.do("release", reply_id)).code == "needs_approval"
    case.do("submit", reply_id)
    approve(case, reply_id, case.agency.client_owner)
    with superuser.begin() as connection:
        connection.execute(text("update reply set state = 'published', published_at = now()"))
    case.do("release", case.draft("Anything else?"))


def test_a_signature_and_a_release_at_once(case: Case) -> None:
    """What is released after the client signed that all wait, is refused."""
    signed(case.agency, {"needs": "none"})
    reply_id = case.draft()
    signed(case.agency, {"needs": "all"})
    with pytest.raises(Conflict):
        case.do("release", reply_id)
