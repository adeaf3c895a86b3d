"""Two or three wordings to choose from: exactly the chosen one goes out, and no stale one can be chosen."""

from __future__ import annotations

import threading
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from agency.replies import desk, variants
from agency.replies.variants import Given
from agency.replies.words import hash_of
from tenants.database import db
from tenants.errors import AppError, Conflict, Invalid
from tenants.models import BrandAudit
from tenants.permissions import Actor
from tests.factories import Factory
from tests.replies.conftest import Case, Page
from tests.replies.test_desk import STOP_WORD
from tests.replies.test_policy_versions import jan as jan
from tests.replies.test_policy_versions import signed

FIRST = "Thank you, we are looking into it."
SECOND = "Thank you for telling us. We call you tomorrow."
THIRD = "We are sorry. Please write to us and we help you."


def keep(case: Case, reply_id: UUID, *words: str, safe: int = -1, actor: str = "staff", **more: Any) -> None:
    with case.agency.entered(case.agency.actors[actor]):
        wanted = [Given(one, number == safe) for number, one in enumerate(words)]
        variants.keep_variants(case.agency.actors[actor], reply_id, wanted, **more)


def several(case: Case, *words: str) -> UUID:
    """A reply that waits with these wordings, the first of them its own."""
    reply_id = case.draft(words[0])
    keep(case, reply_id, *words[1:])
    case.do("submit", reply_id)
    return reply_id


def approve(case: Case, reply_id: UUID, words: str, actor: str = "client_owner") -> None:
    case.do("approve", reply_id, hash_of(words), actor=actor)


def offered(case: Case, reply_id: UUID) -> list[str]:
    with case.agency.entered():
        return [one.text.text for one in variants.offered_variants(case.row(reply_id))]


def beside(case: Case, reply_id: UUID) -> list[str]:
    with case.agency.entered():
        return [one.text.text for one in variants.variants_of(case.row(reply_id))]


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wordings=st.lists(st.text(st.characters(categories=("L", "N", "P", "So")), min_size=1, max_size=40), min_size=2,
    max_size=3, unique_by=hash_of), chosen=st.integers(0, 2))  # fmt: skip
def test_whichever_wording_is_chosen_is_what_goes_out(case: Case, page: Page, wordings: list[str], chosen: int) -> None:
    wordings = [f"Thank you. {one}" for one in wordings]
    words = wordings[min(chosen, len(wordings) - 1)]
    reply_id = several(case, *wordings)
    approve(case, reply_id, words)
    assert case.publish(reply_id, page.transport) == "published"
    row, receipt = case.row(reply_id), case.receipt(reply_id)
    assert page.posted[-1]["message"] == row.text
    assert row.text_hash == hash_of(words) == receipt.decisions[-1].text_hash
    assert receipt.approval is not None
    assert (receipt.approval.wording, receipt.approval.wordings) == (wordings.index(words) + 1, len(wordings))


def test_what_was_replaced_withdrawn_or_lapsed_cannot_be_chosen(case: Case) -> None:
    reply_id = several(case, FIRST, SECOND, THIRD)
    assert offered(case, reply_id) == [SECOND, THIRD]
    keep(case, reply_id, SECOND, "Another third wording, thank you.")
    assert (case.row(reply_id).state, offered(case, reply_id)) == ("draft", [])
    case.do("submit", reply_id)
    for stale in (THIRD, "Never written by anybody."):
        with pytest.raises(Conflict) as refused:
            approve(case, reply_id, stale)
        assert refused.value.code == "text_changed"
    case.do("withdraw", reply_id)
    with pytest.raises(AppError):
        approve(case, reply_id, SECOND)
    assert beside(case, reply_id) == [SECOND, "Another third wording, thank you."], "the writer's words are kept"
    case.do("submit", reply_id)
    keep(case, reply_id)
    case.do("submit", reply_id)
    with pytest.raises(Conflict):
        approve(case, reply_id, SECOND)
    approve(case, reply_id, FIRST)
    held = case.receipt(reply_id).approval
    assert held is not None
    assert (held.wording, held.wordings) == (None, None)


def test_an_edit_of_the_first_wording_offers_the_others_anew(case: Case) -> None:
    reply_id = several(case, FIRST, SECOND)
    case.do("edit", reply_id, "Thank you very much.")
    assert offered(case, reply_id) == []
    case.do("submit", reply_id)
    assert offered(case, reply_id) == [SECOND]
    approve(case, reply_id, SECOND)
    assert case.row(reply_id).text == SECOND
    assert beside(case, reply_id) == ["Thank you very much."], "what was not chosen stands beside it"
    case.do("withdraw", reply_id)
    case.do("submit", reply_id)
    assert offered(case, reply_id) == ["Thank you very much."]


def test_of_fifty_people_who_choose_at_once_one_is_heard(case: Case) -> None:
    reply_id = several(case, FIRST, SECOND, THIRD)
    wordings, outcomes = (FIRST, SECOND, THIRD), []
    ready = threading.Barrier(10)

    def press(number: int) -> None:
        ready.wait()
        for turn in range(5):
            try:
                approve(case, reply_id, wordings[(number + turn) % 3])
                outcomes.append(wordings[(number + turn) % 3])
            except Conflict:
                pass

    presses = [threading.Thread(target=press, args=(number,)) for number in range(10)]
    for one in presses:
        one.start()
    for one in presses:
        one.join()
    row = case.row(reply_id)
    assert (set(outcomes), row.state) == ({row.text}, "approved")
    assert [one.text_hash for one in case.receipt(reply_id).decisions] == [row.text_hash]
    assert case.promises("publish_reply") == 1


def test_changed_words_begin_from_the_chosen_wording(case: Case) -> None:
    reply_id = several(case, FIRST, SECOND)
    case.decide("change_and_approve", reply_id, SECOND + " Promised.", shown=hash_of(SECOND))
    row, held = case.row(reply_id), case.receipt(reply_id).approval
    assert held is not None
    assert (row.text, held.wording, held.wordings) == (SECOND + " Promised.", 2, 2)


def test_a_no_names_the_wording_it_was_said_to(case: Case) -> None:
    reply_id = several(case, FIRST, SECOND)
    case.decide("ask_for_changes", reply_id, "Nearly this one.", shown=hash_of(SECOND))
    assert (case.row(reply_id).state, case.row(reply_id).text) == ("draft", FIRST)
    last = case.receipt(reply_id).decisions[-1]
    assert (last.text_hash, last.wording, last.wordings) == (hash_of(SECOND), 2, 2)


def test_every_wording_passes_the_checks_before_anybody_is_asked(case: Case, make: Factory) -> None:
    reply_id = case.draft(FIRST)
    keep(case, reply_id, SECOND, THIRD)
    make.guide(case.agency, [STOP_WORD | {"phrases": ["help you"]}])
    with pytest.raises(Invalid) as refused:
        case.do("submit", reply_id)
    assert (refused.value.code, refused.value.fields["wording"]) == ("style_stop", 3)
    assert case.row(reply_id).state == "draft"
    keep(case, reply_id, SECOND)
    case.do("submit", reply_id)
    assert offered(case, reply_id) == [SECOND]


def test_a_wording_that_a_newer_guide_stops_cannot_be_chosen(case: Case, make: Factory) -> None:
    reply_id = several(case, FIRST, SECOND)
    make.guide(case.agency, [STOP_WORD | {"phrases": ["tomorrow"]}])
    with pytest.raises(Invalid) as refused:
        approve(case, reply_id, SECOND)
    assert refused.value.code == "style_stop"
    approve(case, reply_id, FIRST)
    assert case.row(reply_id).text == FIRST


@pytest.mark.parametrize(
    ("words", "safe", "code"),
    [
        ((SECOND, THIRD, "A fourth."), -1, "too_many_wordings"),
        ((SECOND, SECOND), -1, "same_wording"),
        ((SECOND,), 0, "no_safe_wording"),
    ],
)
def test_what_cannot_be_chosen_from_is_refused(case: Case, words: tuple[str, ...], safe: int, code: str) -> None:
    reply_id = case.draft(FIRST)
    with pytest.raises(Invalid) as refused:
        keep(case, reply_id, *words, safe=safe)
    assert refused.value.code == code
    assert beside(case, reply_id) == []


def test_a_wording_like_the_first_is_refused_when_it_is_sent(case: Case) -> None:
    reply_id = case.draft(FIRST)
    keep(case, reply_id, FIRST)
    with pytest.raises(Invalid) as refused:
        case.do("submit", reply_id)
    assert refused.value.code == "same_wording"


def test_a_colleagues_wordings_are_not_written_over_unseen(case: Case) -> None:
    reply_id = case.draft(FIRST)
    keep(case, reply_id, SECOND, seen="")
    with pytest.raises(Conflict) as refused:
        keep(case, reply_id, THIRD, seen="", actor="team_lead")
    assert refused.value.code == "variants_changed"
    assert beside(case, reply_id) == [SECOND]


def test_the_record_says_which_wording_was_chosen_and_never_its_words(case: Case) -> None:
    reply_id = several(case, FIRST, SECOND, THIRD)
    approve(case, reply_id, THIRD)
    with case.agency.entered():
        lines = db.session.scalars(select(BrandAudit).where(BrandAudit.subject_id == str(reply_id)))
        facts = {line.action: line.facts for line in lines}
    assert facts["reply.submit"]["wordings"] == 3
    assert (facts["reply.approve"]["wording"], facts["reply.approve"]["wordings"]) == (3, 3)
    assert facts["reply.approve"]["text_hash"] == hash_of(THIRD)
    assert facts["reply.wordings_changed"]["text_hashes"] == [hash_of(SECOND), hash_of(THIRD)]
    assert not any(words in str(facts) for words in (FIRST, SECOND, THIRD))


def test_at_a_second_step_only_what_was_chosen_is_on_the_table(case: Case, jan: Actor) -> None:
    signed(case.agency, {"steps": [[str(case.agency.client_owner.user_id)], [str(jan.user_id)]]})
    reply_id = several(case, FIRST, SECOND)
    approve(case, reply_id, SECOND)
    row = case.row(reply_id)
    assert (row.state, row.text, offered(case, reply_id)) == ("awaiting_approval", SECOND, [])
    with case.agency.entered(jan), pytest.raises(Conflict) as refused:
        desk.approve(jan, reply_id, hash_of(FIRST))
    assert refused.value.code == "text_changed"
    with case.agency.entered(jan):
        desk.approve(jan, reply_id, hash_of(SECOND))
    assert [(one.decision, one.wording, one.wordings) for one in case.receipt(reply_id).decisions] == [
        ("step_approved", 2, 2),
        ("approved", None, None),
    ]
