"""What people can do with a reply, and what is refused with the reason."""

from __future__ import annotations

import hashlib
import threading
import unicodedata
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text

from agency.replies import desk
from tenants.errors import AppError, Conflict, Forbidden, Invalid, NotFound
from tenants.permissions import Role
from tests.factories import Agency, Factory
from tests.replies.conftest import Case

STOP_WORD = {
    "kind": "banned",
    "id": "no-unfortunately",
    "level": "stop",
    "phrases": ["unfortunately"],
    "reason": "It closes the door.",
    "good": {"text": "We can do it on Monday."},
    "bad": {"text": "Unfortunately we cannot."},
}


def test_a_draft_claims_the_conversation_and_keeps_its_words(case: Case) -> None:
    reply_id = case.draft("Cafe\u0301 is open.")
    row = case.row(reply_id)
    assert row.state == "draft"
    assert row.text == "Café is open."
    assert row.text_hash == hashlib.sha256(unicodedata.normalize("NFC", "Cafe\u0301 is open.").encode()).hexdigest()
    with case.superuser.connect() as connection:
        held = connection.execute(text("select holder_id, reply_state from conversation")).one()
    assert held == (case.agency.staff.user_id, "draft")


def test_a_conversation_somebody_holds_is_not_answered_by_another(case: Case, make: Factory) -> None:
    case.draft()
    case.agency.actors["second"] = make.person(case.agency, Role.STAFF)
    with pytest.raises(Conflict) as refusal:
        case.draft("Mine too", actor="second")
    assert case.agency.staff.name in refusal.value.message


@pytest.mark.parametrize("words", ["", "   ", "a\x00b", "half \ud83d", None, 7, ["x"], "x" * 10_001])
def test_unusable_words_are_refused_and_nothing_is_saved(case: Case, words: Any) -> None:
    with pytest.raises(Invalid):
        case.draft(words)
    with case.superuser.connect() as connection:
        assert connection.execute(text("select count(*) from reply")).scalar() == 0


@pytest.mark.parametrize("role", ["light", "client_owner", "billing_admin"])
def test_roles_that_do_not_write_cannot_draft(case: Case, role: str) -> None:
    with pytest.raises(Forbidden):
        case.draft(actor=role)


def test_approval_is_for_exactly_the_text_shown(case: Case) -> None:
    reply_id = case.draft("First words.")
    case.do("submit", reply_id)
    shown = case.row(reply_id).text_hash
    case.do("edit", reply_id, "Second words.")
    assert case.row(reply_id).state == "draft"
    case.do("submit", reply_id)
    with pytest.raises(Conflict) as refusal:
        case.do("approve", reply_id, shown, actor="client_owner")
    assert refusal.value.code == "text_changed"
    assert {"kind": "removed", "text": "First"} in refusal.value.fields["difference"]
    assert case.row(reply_id).state == "awaiting_approval"
    case.do("approve", reply_id, case.row(reply_id).text_hash, actor="client_owner")
    assert case.row(reply_id).state == "approved"
    assert case.promises("publish_reply") == 1


def test_a_yes_to_an_earlier_request_is_refused_where_it_names_it(case: Case) -> None:
    reply_id = case.draft("The same words.")
    case.do("submit", reply_id)
    shown = case.row(reply_id)
    case.do("withdraw", reply_id)
    case.do("submit", reply_id)
    with pytest.raises(Conflict) as refusal, case.agency.entered(case.agency.client_owner):
        desk.approve(case.agency.client_owner, reply_id, shown.text_hash, asked_at=shown.state_since)
    assert refusal.value.code == "asked_anew"
    now = case.row(reply_id)
    with case.agency.entered(case.agency.client_owner):
        desk.approve(case.agency.client_owner, reply_id, now.text_hash, asked_at=now.state_since)
    assert case.row(reply_id).state == "approved"


DECISIONS = [("change_and_approve", "My own words."), ("decline", "No."), ("ask_for_changes", "Warmer.")]


@pytest.mark.parametrize(("name", "said"), DECISIONS)
def test_every_decision_is_about_exactly_the_text_shown(case: Case, name: str, said: str) -> None:
    reply_id = case.draft("First words.")
    case.do("submit", reply_id)
    shown = case.row(reply_id).text_hash
    case.do("edit", reply_id, "Second words.")
    case.do("submit", reply_id)
    with pytest.raises(Conflict) as refusal:
        case.decide(name, reply_id, said, shown=shown)
    assert refusal.value.code == "text_changed"
    assert {"kind": "removed", "text": "First"} in refusal.value.fields["difference"]
    row = case.row(reply_id)
    assert (row.state, row.text, case.receipt(reply_id).decisions) == ("awaiting_approval", "Second words.", [])
    case.decide(name, reply_id, said)
    assert case.row(reply_id).state != "awaiting_approval"


@pytest.mark.parametrize(("name", "said"), DECISIONS)
def test_every_decision_may_name_the_request_it_answers(case: Case, name: str, said: str) -> None:
    reply_id = case.draft("The same words.")
    case.do("submit", reply_id)
    shown = case.row(reply_id)
    case.do("withdraw", reply_id)
    case.do("submit", reply_id)
    owner = case.agency.client_owner

    def decide(asked_at: datetime) -> None:
        with case.agency.entered(owner):
            if name == "change_and_approve":
                desk.change_and_approve(owner, reply_id, said, shown.text_hash, asked_at=asked_at)
            elif name == "decline" or name == "ask_for_changes":
                desk.say_no(owner, reply_id, name, said, shown.text_hash, asked_at=asked_at)

    with pytest.raises(Conflict) as refusal:
        decide(shown.state_since)
    assert (refusal.value.code, case.row(reply_id).state) == ("asked_anew", "awaiting_approval")
    decide(case.row(reply_id).state_since)
    assert case.row(reply_id).state != "awaiting_approval"


def test_a_second_yes_by_the_same_person_is_the_first(case: Case) -> None:
    reply_id = case.approved()
    case.do("approve", reply_id, case.row(reply_id).text_hash, actor="client_owner")
    assert case.promises("publish_reply") == 1
    assert len(case.receipt(reply_id).decisions) == 1


def test_two_yes_at_once_make_one_decision(case: Case) -> None:
    reply_id = case.draft()
    case.do("submit", reply_id)
    shown = case.row(reply_id).text_hash
    gate = threading.Barrier(2)

    def say_yes() -> None:
        gate.wait()
        case.do("approve", reply_id, shown, actor="client_owner")

    threads = [threading.Thread(target=say_yes) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(case.receipt(reply_id).decisions) == 1
    assert case.promises("publish_reply") == 1


def test_the_guide_stops_a_draft_and_says_where(case: Case, make: Factory) -> None:
    make.guide(case.agency, [STOP_WORD])
    reply_id = case.draft("Unfortunately it is late.")
    with pytest.raises(Invalid) as refusal:
        case.do("submit", reply_id)
    assert refusal.value.code == "style_stop"
    [finding] = [f for f in refusal.value.fields["findings"] if f["level"] == "stop"]
    assert (finding["start"], finding["end"]) == (0, len("Unfortunately"))
    assert case.row(reply_id).state == "draft"
    assert case.row(reply_id).text == "Unfortunately it is late."
    case.do("edit", reply_id, "It is on its way.")
    case.do("submit", reply_id)
    assert case.row(reply_id).guide_version == 1


def test_the_approvers_own_words_are_checked_too(case: Case, make: Factory) -> None:
    make.guide(case.agency, [STOP_WORD])
    reply_id = case.draft("It is on its way.")
    case.do("submit", reply_id)
    with pytest.raises(Invalid):
        case.decide("change_and_approve", reply_id, "Unfortunately no.")
    case.decide("change_and_approve", reply_id, "It arrives on Monday.")
    receipt = case.receipt(reply_id)
    assert receipt.reply.state == "approved"
    assert receipt.reply.text == "It arrives on Monday."
    assert receipt.changed_by == case.agency.client_owner.name
    assert receipt.approval is not None
    assert receipt.approval.text_hash == receipt.reply.text_hash


def test_a_guide_put_in_force_meanwhile_stops_the_approval(case: Case, make: Factory) -> None:
    reply_id = case.draft("Unfortunately it is late.")
    case.do("submit", reply_id)
    make.guide(case.agency, [STOP_WORD])
    with pytest.raises(Invalid) as refusal:
        case.do("approve", reply_id, case.row(reply_id).text_hash, actor="client_owner")
    assert refusal.value.code == "style_stop"


def test_whoever_drafted_never_approves(case: Case, make: Factory) -> None:
    from dataclasses import replace

    reply_id = case.draft()
    case.do("submit", reply_id)
    case.agency.actors["both"] = replace(case.agency.staff, role=Role.CLIENT_OWNER)
    with pytest.raises(Conflict) as refusal:
        case.do("approve", reply_id, case.row(reply_id).text_hash, actor="both")
    assert refusal.value.code == "own_reply"


def test_release_is_only_for_brands_without_approval(case: Case, make: Factory, superuser: Any) -> None:
    reply_id = case.draft()
    with pytest.raises(Conflict) as refusal:
        case.do("release", reply_id)
    assert refusal.value.code == "needs_approval"
    make.policy(case.agency, case.agency.brand_ids[0], needs="none")
    case.do("release", reply_id)
    receipt = case.receipt(reply_id)
    assert receipt.reply.state == "approved"
    assert receipt.approval is not None
    assert receipt.approval.decision == "released"


def test_what_the_customer_changed_is_not_answered_unseen(case: Case) -> None:
    reply_id = case.draft()
    with case.superuser.begin() as connection:
        connection.execute(text("update message set text = 'Never mind', content_hash = :h"), {"h": b"x" * 32})
    with pytest.raises(Conflict) as refusal:
        case.do("submit", reply_id)
    assert refusal.value.code == "message_changed"
    case.do("edit", reply_id, "Glad to hear it.")
    case.do("submit", reply_id)
    with case.superuser.begin() as connection:
        connection.execute(text("update message set deleted_at = now()"))
    with pytest.raises(Conflict) as refusal:
        case.do("approve", reply_id, case.row(reply_id).text_hash, actor="client_owner")
    assert refusal.value.code == "message_deleted"


def test_one_message_never_has_two_replies_under_way(case: Case) -> None:
    first, second = case.draft("One."), case.draft("Two.")
    case.do("submit", first)
    with pytest.raises(Conflict) as refusal:
        case.do("submit", second)
    assert refusal.value.code == "another_reply"
    case.do("withdraw", first)
    case.do("submit", second)


def test_declining_and_asking_need_words(case: Case) -> None:
    reply_id = case.draft()
    case.do("submit", reply_id)
    for name in ("decline", "ask_for_changes"):
        for nothing in ("", "  ", None, 3):
            with pytest.raises(Invalid):
                case.decide(name, reply_id, nothing)
    case.decide("ask_for_changes", reply_id, "Warmer, please.")
    assert (case.row(reply_id).state, case.row(reply_id).state_reason) == ("draft", "Warmer, please.")
    case.do("submit", reply_id)
    case.decide("decline", reply_id, "We do not answer this one.")
    assert case.row(reply_id).state == "declined"


def test_withdrawing_voids_the_approval(case: Case) -> None:
    reply_id = case.approved()
    case.do("withdraw", reply_id)
    receipt = case.receipt(reply_id)
    assert receipt.approval is None
    assert receipt.decisions[0].void_reason == "withdrawn by the writer"


def test_a_draft_is_given_up_and_the_queue_shows_what_is_left(case: Case, make: Factory) -> None:
    first, second = case.approved("One."), case.draft("Two.")
    with case.superuser.connect() as connection:
        assert connection.execute(text("select reply_state from conversation")).scalar() == "draft"
    colleague = make.person(case.agency, Role.STAFF)
    case.agency.actors["colleague"] = colleague
    with pytest.raises(Conflict) as held:
        case.do("drop", second, actor="colleague")
    assert held.value.code == "held"
    case.do("drop", second)
    with case.superuser.connect() as connection:
        assert connection.execute(text("select reply_state from conversation")).scalar() == "approved"
    for name in ("submit", "drop", "withdraw"):
        with pytest.raises(Conflict):
            case.do(name, second)
    with pytest.raises(Conflict):
        case.do("drop", first)
    assert (case.row(second).state, case.row(second).text) == ("dropped", "Two.")


@pytest.mark.parametrize("name", ["submit", "withdraw", "release", "drop"])
def test_a_strangers_reply_does_not_exist(case: Case, stranger: Agency, name: str) -> None:
    reply_id = case.draft()
    with pytest.raises(NotFound), stranger.entered(stranger.team_lead):
        getattr(desk, name)(stranger.team_lead, reply_id)


def test_an_owner_of_another_brand_cannot_see_it(case: Case, make: Factory) -> None:
    reply_id = case.draft()
    case.do("submit", reply_id)
    other = make.person(case.agency, Role.CLIENT_OWNER, only_brand_ids=[case.agency.brand_ids[1]])
    case.agency.actors["other"] = other
    with pytest.raises(NotFound):
        case.do("approve", reply_id, case.row(reply_id).text_hash, actor="other")


def test_every_refusal_is_worded_for_people(case: Case) -> None:
    reply_id = case.draft()
    for attempt in (
        lambda: case.do("approve", reply_id, "0" * 64, actor="client_owner"),
        lambda: case.do("withdraw", reply_id),
        lambda: case.do("release", reply_id),
        lambda: case.do("approve", reply_id, "0" * 64),
    ):
        with pytest.raises(AppError) as refusal:
            attempt()
        assert refusal.value.message.count(".") >= 2, refusal.value.message
