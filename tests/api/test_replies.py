"""From a draft to an approved reply over HTTP, and what stands in the way."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from hashlib import sha256

import pytest
from sqlalchemy import Engine, select, text

from agency.replies.models import Reply
from agency.replies.words import hash_of
from tenants.database import db
from tenants.permissions import Actor, Role
from tests.api.calling import Caller
from tests.factories import Agency, Factory

BANNED = {"kind": "banned", "id": "no-guarantee", "level": "stop", "phrases": ["guarantee"], "suggestion": "promise"}


def _submitted(staff: Caller, conversation: object, text: str = "Thank you, it is on its way.") -> dict:
    draft = staff.post(f"/conversations/{conversation}/replies", {"text": text})
    assert draft.status_code == 201, draft.get_json()
    submitted = staff.post(f"/replies/{draft.get_json()['id']}/submit")
    assert submitted.status_code == 200, submitted.get_json()
    return submitted.get_json()


def test_a_reply_goes_from_draft_to_approved(staff: Caller, owner: Caller, make: Factory, ana: Agency) -> None:
    conversation = make.conversation(ana)
    make.guide(ana, [BANNED])
    draft = staff.post(f"/conversations/{conversation}/replies", {"text": "We are sorry, Test Customer."}).get_json()
    assert (draft["state"], draft["written_by"], draft["guide_version"]) == ("draft", ana.staff.name, 1)
    assert draft["text_hash"] == sha256(unicodedata.normalize("NFC", draft["text"]).encode()).hexdigest()
    held = staff.get(f"/conversations/{conversation}").get_json()
    assert held["holder"]["id"] == str(ana.staff.user_id)
    assert [reply["id"] for reply in held["replies"]] == [draft["id"]]

    waiting = staff.post(f"/replies/{draft['id']}/submit").get_json()
    assert (waiting["state"], waiting["submitted_at"][-1]) == ("awaiting_approval", "Z")
    (asked,) = owner.get(f"/replies/{draft['id']}/requests").get_json()["items"]
    assert (asked["approver"], asked["text_hash"]) == (ana.client_owner.name, waiting["text_hash"])
    assert asked["ended_because"] is None
    approved = owner.post(f"/replies/{draft['id']}/approve", {"text_hash": waiting["text_hash"]})
    assert (approved.status_code, approved.get_json()["state"]) == (200, "approved")
    (ended,) = staff.get(f"/replies/{draft['id']}/requests").get_json()["items"]
    assert (ended["ended_because"], ended["ended_by"]) == ("approve", ana.client_owner.name)

    receipt = owner.get(f"/replies/{draft['id']}/receipt").get_json()
    assert receipt["approved_by"] == ana.client_owner.name
    assert receipt["attempts"] == []
    assert receipt["text_hash"] == hash_of(receipt["text"])
    assert owner.get(f"/replies/{draft['id']}").get_json()["state"] == "approved"


def test_a_style_stop_names_its_findings_and_keeps_the_draft(staff: Caller, make: Factory, ana: Agency) -> None:
    conversation = make.conversation(ana)
    make.guide(ana, [BANNED])
    draft = staff.post(f"/conversations/{conversation}/replies", {"text": "We guarantee it."}).get_json()
    assert draft["findings"][0]["level"] == "stop"
    stopped = staff.post(f"/replies/{draft['id']}/submit")
    problem = stopped.get_json()
    assert (stopped.status_code, problem["code"]) == (422, "style_stop")
    finding = problem["findings"][0]
    assert draft["text"][finding["start"] : finding["end"]] == "guarantee"
    assert staff.get(f"/replies/{draft['id']}").get_json()["state"] == "draft"
    edited = staff.patch(f"/replies/{draft['id']}", {"text": "We will see to it."}).get_json()
    assert edited["findings"] == []
    assert staff.post(f"/replies/{draft['id']}/submit").status_code == 200


def test_approving_other_words_than_shown_is_refused_with_the_difference(
    staff: Caller, owner: Caller, make: Factory, ana: Agency
) -> None:
    shown = _submitted(staff, make.conversation(ana), "We are sorry.")
    staff.patch(f"/replies/{shown['id']}", {"text": "We are very sorry."})
    staff.post(f"/replies/{shown['id']}/submit")
    refused = owner.post(f"/replies/{shown['id']}/approve", {"text_hash": shown["text_hash"]})
    problem = refused.get_json()
    assert (refused.status_code, problem["code"]) == (409, "text_changed")
    assert "".join(piece["text"] for piece in problem["difference"] if piece["kind"] != "removed") == problem["text"]
    assert any(piece["kind"] == "added" for piece in problem["difference"])
    assert owner.post(f"/replies/{shown['id']}/approve", {"text_hash": problem["text_hash"]}).status_code == 200


DECISIONS = {
    "change-and-approve": {"text": "My own words."},
    "decline": {"reason": "By phone."},
    "ask-for-changes": {"note": "Warmer, please."},
}


@pytest.mark.parametrize("deed", DECISIONS)
def test_no_decision_is_taken_about_words_not_shown(
    staff: Caller, owner: Caller, make: Factory, ana: Agency, deed: str
) -> None:
    shown = _submitted(staff, make.conversation(ana), "We are sorry.")
    path = f"/replies/{shown['id']}/{deed}"
    staff.patch(f"/replies/{shown['id']}", {"text": "We are very sorry."})
    staff.post(f"/replies/{shown['id']}/submit")
    refused = owner.post(path, {**DECISIONS[deed], "text_hash": shown["text_hash"]})
    problem = refused.get_json()
    assert (refused.status_code, problem["code"]) == (409, "text_changed")
    assert "Nothing was decided; read the new words" in problem["detail"]
    assert any(piece["kind"] == "added" for piece in problem["difference"])
    asked = staff.get(f"/replies/{shown['id']}").get_json()
    assert (asked["state"], asked["text"]) == ("awaiting_approval", "We are very sorry.")

    now = {**DECISIONS[deed], "text_hash": asked["text_hash"]}
    anew = owner.post(path, {**now, "state_since": shown["state_since"]})
    assert (anew.status_code, anew.get_json()["code"]) == (409, "asked_anew")
    unsaid = owner.post(path, DECISIONS[deed])
    assert (unsaid.status_code, unsaid.get_json()["errors"]) == (422, {"text_hash": ["is missing"]})
    assert owner.post(path, {**now, "state_since": asked["state_since"]}).status_code == 200


def test_the_other_decisions_and_moves(staff: Caller, owner: Caller, make: Factory, ana: Agency) -> None:
    one = _submitted(staff, make.conversation(ana))
    changed = owner.post(
        f"/replies/{one['id']}/change-and-approve", {"text": "Thank you so much.", "text_hash": one["text_hash"]}
    ).get_json()
    assert (changed["state"], changed["text"]) == ("approved", "Thank you so much.")
    assert staff.get(f"/replies/{one['id']}/receipt").get_json()["changed_by"] == ana.client_owner.name
    assert staff.post(f"/replies/{one['id']}/withdraw").get_json()["state"] == "draft"

    two = _submitted(staff, make.conversation(ana))
    note = {"note": "Name the branch.", "text_hash": two["text_hash"]}
    asked = owner.post(f"/replies/{two['id']}/ask-for-changes", note).get_json()
    assert (asked["state"], asked["state_reason"]) == ("draft", "Name the branch.")

    three = _submitted(staff, make.conversation(ana))
    reason = {"reason": "By phone.", "text_hash": three["text_hash"]}
    declined = owner.post(f"/replies/{three['id']}/decline", reason).get_json()
    assert declined["state"] == "declined"
    again = owner.post(f"/replies/{three['id']}/decline", reason)
    assert (again.status_code, again.get_json()["state"]) == (409, "declined")


def test_release_needs_a_brand_without_approval(
    calling: Callable[[Actor | None], Caller], staff: Caller, make: Factory, ana: Agency
) -> None:
    draft = staff.post(f"/conversations/{make.conversation(ana)}/replies", {"text": "Thank you."}).get_json()
    refused = staff.post(f"/replies/{draft['id']}/release")
    assert (refused.status_code, refused.get_json()["code"]) == (409, "needs_approval")
    free = make.agency("Free House", brands=("Free",), needs_approval=False)
    program = calling(free.staff)
    draft = program.post(f"/conversations/{make.conversation(free)}/replies", {"text": "Thank you."}).get_json()
    holding = {"only_heard": True}
    assert program.post(f"/replies/{draft['id']}/release", holding).get_json()["state"] == "approved"
    with free.entered():
        assert db.session.scalars(select(Reply.only_heard)).one()


def test_whoever_wrote_it_does_not_approve_it(
    calling: Callable[[Actor | None], Caller], staff: Caller, make: Factory, ana: Agency
) -> None:
    waiting = _submitted(staff, make.conversation(ana))
    for role in ("staff", "team_lead", "agency_admin"):
        refused = calling(ana.actors[role]).post(f"/replies/{waiting['id']}/approve", {"text_hash": "0" * 64})
        assert refused.status_code == 403


def test_a_held_conversation_names_its_holder(
    calling: Callable[[Actor | None], Caller], staff: Caller, make: Factory, ana: Agency
) -> None:
    conversation = make.conversation(ana)
    claimed = staff.post(f"/conversations/{conversation}/claim").get_json()
    assert claimed["holder"]["name"] == ana.staff.name
    assert staff.post(f"/conversations/{conversation}/claim", {}).status_code == 200
    colleague = calling(make.person(ana, Role.STAFF))
    for method, path, body in (
        ("POST", "claim", None),
        ("POST", "release", None),
        ("POST", "replies", {"text": "Mine."}),
    ):
        refused = colleague(method, f"/conversations/{conversation}/{path}", body)
        problem = refused.get_json()
        assert (refused.status_code, problem["code"]) == (409, "held")
        assert (problem["holder_name"], problem["holder_id"]) == (ana.staff.name, str(ana.staff.user_id))
    assert staff.post(f"/conversations/{conversation}/release").get_json()["holder"] is None
    assert colleague.post(f"/conversations/{conversation}/claim").status_code == 200


def test_a_reply_answers_the_message_it_is_told_to(staff: Caller, make: Factory, ana: Agency) -> None:
    conversation = make.conversation(ana)
    message = staff.get(f"/conversations/{conversation}").get_json()["messages"][0]
    body = {"text": "Thank you.", "in_reply_to": message["id"]}
    assert staff.post(f"/conversations/{conversation}/replies", body).get_json()["in_reply_to"] == message["id"]
    other = staff.get(f"/conversations/{make.conversation(ana)}").get_json()["messages"][0]["id"]
    answers = {
        staff.post(f"/conversations/{conversation}/replies", {"text": "Hi.", "in_reply_to": wrong}).get_data()
        for wrong in (other, "019a8f00-0000-7000-8000-000000000009", "no id")
    }
    assert len(answers) == 1
    assert b"nothing_to_answer" in answers.pop()


def _review(make: Factory, ana: Agency) -> object:
    return make.conversation(ana, platform="google_business", kind="review", stars=1)


def test_asking_for_a_private_reply_says_what_stands_in_the_way(staff: Caller, make: Factory, ana: Agency) -> None:
    refused = staff.post(f"/conversations/{_review(make, ana)}/replies", {"text": "Hi.", "private": True})
    assert (refused.status_code, refused.get_json()["code"]) == (422, "private_not_available")


def test_a_lead_resolves_a_send_nobody_could_follow(
    staff: Caller, owner: Caller, lead: Caller, make: Factory, ana: Agency, superuser: Engine
) -> None:
    waiting = _submitted(staff, make.conversation(ana))
    owner.post(f"/replies/{waiting['id']}/approve", {"text_hash": waiting["text_hash"]})
    body = {"outcome": "published", "reason": "It stands on the page.", "platform_id": "1_2"}
    assert lead.post(f"/replies/{waiting['id']}/resolve", body).status_code == 409
    with superuser.begin() as connection:
        connection.execute(text("update reply set state = 'outcome_unknown' where id = :id"), {"id": waiting["id"]})
    assert staff.post(f"/replies/{waiting['id']}/resolve", body).status_code == 403
    resolved = lead.post(f"/replies/{waiting['id']}/resolve", body).get_json()
    assert (resolved["state"], resolved["platform_id"], resolved["state_reason"]) == (
        "published",
        "1_2",
        "It stands on the page.",
    )
    assert resolved["published_at"].endswith("Z")


def test_approving_twice_with_one_key_is_one_approval(
    staff: Caller, owner: Caller, make: Factory, ana: Agency, superuser: Engine
) -> None:
    waiting = _submitted(staff, make.conversation(ana))
    body = {"text_hash": waiting["text_hash"]}
    answers = {owner.post(f"/replies/{waiting['id']}/approve", body, key="k").get_data() for _ in range(3)}
    assert len(answers) == 1
    with superuser.connect() as connection:
        assert connection.execute(text("select count(*) from approval")).scalar_one() == 1
        jobs = connection.execute(text("select count(*) from outbox_entry where job_name = 'publish_reply'"))
        assert jobs.scalar_one() == 1


def test_one_of_several_wordings_is_approved_by_its_hash(
    staff: Caller, owner: Caller, make: Factory, ana: Agency
) -> None:
    draft = staff.post(f"/conversations/{make.conversation(ana)}/replies", {"text": "Thank you."}).get_json()
    path = f"/replies/{draft['id']}"
    kept = staff("PUT", f"{path}/variants", {"items": [{"text": "Thank you so much."}]}).get_json()
    assert [(one["place"], one["is_offered"]) for one in kept["items"]] == [(2, False)]
    changed = staff("PUT", f"{path}/variants", {"items": [], "seen": "of another time"})
    assert (changed.status_code, changed.get_json()["code"]) == (409, "variants_changed")
    assert owner.get(f"{path}/variants").status_code == 404, "a draft is the agency's own"
    assert staff.post(f"{path}/submit").get_json()["variant_count"] == 1
    (offered,) = owner.get(f"{path}/variants").get_json()["items"]
    assert (offered["text"], offered["is_offered"]) == ("Thank you so much.", True)
    approved = owner.post(f"{path}/approve", {"text_hash": offered["text_hash"]}).get_json()
    assert (approved["state"], approved["text"]) == ("approved", "Thank you so much.")
    receipt = owner.get(f"{path}/receipt").get_json()
    assert (receipt["wording"], receipt["wordings"], receipt["text"]) == (2, 2, "Thank you so much.")
    assert owner.get(f"{path}/variants").get_json()["items"] == []
