"""What stops a text: the guide, words of other brands; and how a lead lets it go in spite of that."""

from __future__ import annotations

import contextlib
from uuid import UUID

import pytest
from sqlalchemy import text

from agency.replies import letting_go, queries
from tenants import brands
from tenants.brand_marks import Mark, replace_marks
from tenants.errors import Conflict, Forbidden, Invalid, NotFound
from tests.factories import Agency, Factory
from tests.replies.conftest import Case, Page
from tests.replies.test_desk import STOP_WORD


@pytest.fixture
def others(case: Case) -> None:
    """The second brand of the agency is known by its name, the first by its own."""
    with case.agency.entered():
        brands.mark_unmarked()
        replace_marks(case.agency.brand_ids[1], "account:1", [Mark("handle", "bursztynowa_zatoka")])


def let_go(
    case: Case, reply_id: UUID, reason: str = "The client asked for it.", actor: str = "team_lead", shown: str = ""
) -> None:
    with case.agency.entered(case.agency.actors[actor]):
        words = shown or queries.get_reply(reply_id).text_hash
        letting_go.let_go(case.agency.actors[actor], reply_id, reason, words)


def stop(case: Case, words: str) -> str:
    """What stops these words at submitting; empty where nothing does."""
    reply_id = case.draft(words)
    with contextlib.suppress(Invalid):
        case.do("submit", reply_id)
    row = case.row(reply_id)
    if row.state == "awaiting_approval":
        return ""
    [finding] = [f for f in row.findings if f["level"] == "stop"]
    return f"{finding['rule']}: {words[finding['start'] : finding['end']]}"


def test_words_of_another_brand_stop_a_draft(case: Case, others: None) -> None:
    with case.agency.entered():
        names = {brand.id: brand.name for brand in brands.list_brands(case.agency.agency_admin)}
    own, foreign = (names[brand_id] for brand_id in case.agency.brand_ids[:2])
    assert stop(case, f"Thank you for writing to {own}.") == ""
    with case.superuser.begin() as connection:
        connection.execute(text("update reply set state = 'declined'"))
    assert stop(case, f"Thank you for writing to {foreign}.") == f"other-brand: {foreign}"


def test_a_handle_of_another_brand_stops_a_draft(case: Case, others: None) -> None:
    assert stop(case, "Please ask @bursztynowa_zatoka!") == "other-brand: @bursztynowa_zatoka"


def test_a_brand_of_another_agency_is_just_a_word(case: Case, others: None, stranger: Agency) -> None:
    with stranger.entered():
        replace_marks(stranger.brand_ids[0], "brand", [Mark("name", "Quillfeather")])
    assert stop(case, "We like Quillfeather, too.") == ""


def test_a_client_is_never_told_of_the_agencys_other_clients(case: Case, others: None) -> None:
    reply_id = case.draft("Thank you.")
    case.do("submit", reply_id)
    case.decide("change_and_approve", reply_id, "Thank you, and do ask @bursztynowa_zatoka.")
    row = case.row(reply_id)
    assert (row.state, row.findings) == ("approved", [])


def test_a_lead_lets_these_very_words_go_and_the_receipt_says_why(case: Case, make: Factory, page: Page) -> None:
    make.guide(case.agency, [STOP_WORD])
    reply_id = case.draft("Unfortunately it is late.")
    with pytest.raises(Invalid):
        case.do("submit", reply_id)
    let_go(case, reply_id)
    case.do("submit", reply_id)
    case.do("approve", reply_id, case.row(reply_id).text_hash, actor="client_owner")
    assert case.publish(reply_id, page.transport) == "published"
    assert [one["message"] for one in page.posted] == ["Unfortunately it is late."]
    receipt = case.receipt(reply_id).as_data()
    assert receipt["let_go_reason"] == "The client asked for it."
    assert receipt["let_go_by"] == case.agency.team_lead.name
    texts = case.receipt(reply_id).texts
    assert [one.author_name for one in texts] == [case.agency.staff.name] * len(texts)
    assert [one["rule"] for one in receipt["findings"]] == ["no-unfortunately"]


def test_other_words_and_other_rules_are_not_let_go(case: Case, make: Factory) -> None:
    make.guide(case.agency, [STOP_WORD])
    reply_id = case.draft("Unfortunately it is late.")
    let_go(case, reply_id)
    case.do("edit", reply_id, "Unfortunately it is too late.")
    with pytest.raises(Invalid):
        case.do("submit", reply_id)
    let_go(case, reply_id)
    late = {"kind": "banned", "id": "no-late", "level": "stop", "phrases": ["late"]}
    for number, rules in ((2, [STOP_WORD, late]), (3, [STOP_WORD])):
        with case.superuser.begin() as connection:
            connection.execute(text("update style_guide_version set state = 'retired'"))
        make.guide(case.agency, rules, number=number)
        if number == 2:
            with pytest.raises(Invalid) as refusal:
                case.do("submit", reply_id)
            assert "late" in refusal.value.message
    case.do("submit", reply_id)
    assert case.row(reply_id).let_go_rules == ["no-unfortunately"]


def test_what_a_lead_let_go_of_other_brands_is_not_among_the_findings_a_client_reads(case: Case, others: None) -> None:
    reply_id = case.draft("Please ask @bursztynowa_zatoka!")
    assert [one["rule"] for one in case.row(reply_id).findings] == ["other-brand"]
    let_go(case, reply_id)
    case.do("submit", reply_id)
    assert case.row(reply_id).findings == []


def test_other_words_than_those_seen_are_not_let_go(case: Case, make: Factory) -> None:
    make.guide(case.agency, [STOP_WORD])
    reply_id = case.draft("Unfortunately it is late.")
    seen = case.row(reply_id).text_hash
    case.do("edit", reply_id, "Unfortunately we cannot help you.")
    with pytest.raises(Conflict) as refusal:
        let_go(case, reply_id, shown=seen)
    assert refusal.value.code == "text_changed"
    assert refusal.value.fields["text"] == "Unfortunately we cannot help you."
    assert case.row(reply_id).let_go_rules is None


def test_who_may_not_and_what_cannot_be_let_go(case: Case, make: Factory) -> None:
    make.guide(case.agency, [STOP_WORD])
    reply_id = case.draft("Unfortunately it is late.")
    for actor in ("staff", "light", "client_owner", "billing_admin"):
        with pytest.raises(Forbidden):
            let_go(case, reply_id, actor=actor)
    with pytest.raises(Invalid):
        let_go(case, reply_id, reason="  ")
    case.do("edit", reply_id, "Thank you.")
    with pytest.raises(Conflict) as nothing:
        let_go(case, reply_id)
    assert nothing.value.code == "nothing_stops"
    case.do("edit", reply_id, "Unfortunately " + "x" * 9_000)
    with pytest.raises(Invalid) as refusal:
        let_go(case, reply_id)
    assert refusal.value.code == "style_stop"
    assert case.row(reply_id).let_go_rules is None


def test_letting_go_is_on_record(case: Case, make: Factory) -> None:
    make.guide(case.agency, [STOP_WORD])
    reply_id = case.draft("Unfortunately it is late.")
    let_go(case, reply_id)
    with case.superuser.connect() as connection:
        told = text("select facts || words from brand_audit where action = 'reply.let_go'")
        facts = connection.execute(told).scalar_one()
    assert (facts["rules"], facts["reason"]) == (["no-unfortunately"], "The client asked for it.")


def test_what_stopped_a_draft_before_a_brand_was_renamed_does_not_leave_with_it(case: Case, others: None) -> None:
    with case.agency.entered():
        brands.change_brand(case.agency.agency_admin, case.agency.brand_ids[1], name="Quillfeather")
    reply_id = case.draft("We like Quillfeather, too.")
    assert [one["rule"] for one in case.row(reply_id).findings] == ["other-brand"]
    with case.agency.entered():
        brands.change_brand(case.agency.agency_admin, case.agency.brand_ids[1], name="Anders")
    case.do("submit", reply_id)
    assert case.row(reply_id).findings == []
    receipt = case.receipt(reply_id)
    assert (receipt.changed_by, [one.author_name for one in receipt.texts]) == (None, [case.agency.staff.name] * 2)


def test_a_draft_that_was_given_up_is_no_clients_to_read(case: Case, others: None) -> None:
    reply_id = case.draft("Please ask @bursztynowa_zatoka!")
    case.do("drop", reply_id)
    owner = case.agency.client_owner
    with case.agency.entered(owner):
        with pytest.raises(NotFound):
            queries.readable_reply(owner, reply_id)
        assert queries.shown_to(owner, queries.replies_of(case.conversation_id)) == []
    with case.agency.entered(case.agency.staff):
        assert queries.readable_reply(case.agency.staff, reply_id).state == "dropped"


def test_a_second_click_lets_nothing_go_anew(case: Case, make: Factory) -> None:
    make.guide(case.agency, [STOP_WORD])
    reply_id = case.draft("Unfortunately it is late.")
    for _ in range(2):
        let_go(case, reply_id)
    assert len(case.receipt(reply_id).texts) == 2
    let_go(case, reply_id, reason="Another one.")
    assert case.row(reply_id).let_go_reason == "Another one."


def test_what_was_let_go_is_still_when_it_was_taken_back_and_sent_again(case: Case, make: Factory) -> None:
    make.guide(case.agency, [STOP_WORD])
    reply_id = case.draft("Unfortunately it is late.")
    let_go(case, reply_id)
    case.do("submit", reply_id)
    case.do("withdraw", reply_id)
    case.do("submit", reply_id)
    assert case.row(reply_id).let_go_reason == "The client asked for it."
