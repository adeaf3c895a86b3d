"""The receipt as a signed file: what it proves, who is given what, and the public keys anybody may have."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, select, text

from agency.inbox import erasing
from agency.inbox.models import Message
from agency.replies import desk, live_changes
from agency.replies.models import Reply
from agency.replies.receipt_form import Checked, PublicKey, read_keys, verify
from agency.replies.words import hash_of
from tenants import signing_keys
from tenants.database import db
from tenants.models import BrandAudit, Person, ReceiptKey
from tenants.permissions import Actor, Role
from tests.api.calling import Caller, token_for
from tests.factories import Agency, Factory
from tests.web.browser import Browser
from tests.web.mailed import Phone, links
from tests.web.replying import row_of, waiting_reply
from tests.web.test_receipts import attempted

SAID, DRAFT, SENT = "The tap drips.", "We repair it soon.", "We repair it today."
KEYS = "/.well-known/onbrand-receipt-keys.json"


@pytest.fixture
def reply_id(make: Factory, ana: Agency) -> UUID:
    case = make.conversation(ana, platform="google_business", kind="review", stars=2, text=SAID)
    return waiting_reply(ana, case, DRAFT)


def decided(agency: Agency, reply_id: UUID, actor: Actor | None = None) -> None:
    actor = actor or agency.client_owner
    with agency.entered(actor):
        desk.change_and_approve(actor, reply_id, SENT, hash_of(DRAFT))


def file_of(app: Flask, actor: Actor | None, reply_id: UUID) -> bytes:
    answer = Browser(app, actor).get(f"/replies/{reply_id}/receipt.json")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == f"attachment; filename=receipt-{reply_id}.json"
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.data


def public(app: Flask) -> dict[str, PublicKey]:
    answer = app.test_client().get(KEYS)
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    return read_keys(answer.data)


def checked(app: Flask, actor: Actor | None, reply_id: UUID) -> Checked:
    return verify(file_of(app, actor, reply_id), public(app))


def test_it_proves_the_whole_way(whole_app: Flask, ana: Agency, reply_id: UUID) -> None:
    decided(ana, reply_id)
    request_id = attempted(ana, reply_id, "published")
    receipt = checked(whole_app, ana.team_lead, reply_id)
    parts, row = receipt.parts, row_of(ana, reply_id)
    assert (parts["customer"]["text"], parts["customer"]["stars"]) == (SAID, 2)
    assert [(one["text"], one["by"], one["by_approver"]) for one in parts["texts"]] == [
        (DRAFT, ana.staff.name, False),
        (SENT, ana.client_owner.name, True),
    ]
    (yes,) = parts["decisions"]
    assert (yes["decision"], yes["text_number"], yes["text_hash"]) == ("approved", 2, hash_of(SENT))
    assert (yes["by"], yes["lapsed_at"]) == (ana.client_owner.name, None)
    assert parts["attempts"][0]["request_id"] == str(request_id)
    assert parts["standing"]["platform_id"] == row.platform_id == "reviews/77"
    assert parts["standing"]["read_back_at"] is not None
    with ana.entered():
        asked = select(BrandAudit.number, BrandAudit.hash).where(BrandAudit.action == "reply.change_and_approve")
        ((number, line_hash),) = db.session.execute(asked).all()
    line = next(one for one in parts["record"]["lines"] if one["action"] == "reply.change_and_approve")
    assert (line["number"], line["hash"]) == (number, line_hash.hex())
    assert receipt.left_out == ()


def test_what_came_after_is_signed_told_by_the_api_and_shown(whole_app: Flask, ana: Agency, reply_id: UUID) -> None:
    decided(ana, reply_id)
    attempted(ana, reply_id, "published")
    with ana.entered():
        reply = db.session.scalars(select(Reply).where(Reply.id == reply_id).with_for_update()).one()
        live_changes.note(reply, live_changes.Seen("rejected", "SPAM <b>"), "sweep")
        again = select(Message).where(Message.conversation_id == reply.conversation_id, Message.direction == "in")
        said = db.session.scalars(again).one()
        said.written_at = reply.published_at + timedelta(hours=1)
    program = Caller(whole_app, token_for(whole_app, ana.team_lead))
    answer = program.get(f"/replies/{reply_id}/receipt/signed")
    receipt = verify(answer.data, public(whole_app))
    after = receipt.parts["after"]
    (change,) = after["changes"]
    assert (change["from_state"], change["to_state"], change["reason"]) == ("visible", "rejected", "SPAM <b>")
    assert after["wrote_again_at"] is not None
    assert after["answered_again_by"] is None
    assert "reply.changed_on_platform" in [line["action"] for line in receipt.parts["record"]["lines"]]
    told = program.get(f"/replies/{reply_id}/receipt").json["after"]
    assert [one["to_state"] for one in told["live_changes"]] == ["rejected"]
    page = Browser(whole_app, ana.client_owner).get(f"/replies/{reply_id}/receipt").text
    for words in (
        "Taken down by the platform, seen",
        "SPAM &lt;b&gt;",
        "The customer wrote again",
        f"onbrand receipt verify receipt-{reply_id}.json",
        receipt.head["key"],
        *(line["hash"] for line in receipt.parts["record"]["lines"]),
    ):
        assert words in page, words


def test_it_says_by_which_door_the_yes_came(whole_app: Flask, ana: Agency, make: Factory, superuser: Engine) -> None:
    doors = {}
    for door in ("link", "api", "signed_in"):
        reply_id = waiting_reply(ana, make.conversation(ana), DRAFT)
        if door == "link":
            Phone(whole_app).press(links(whole_app, superuser)[-1], "approve")
        if door == "api":
            Caller(whole_app, token_for(whole_app, ana.client_owner)).post(
                f"/replies/{reply_id}/approve", {"text_hash": hash_of(DRAFT)}
            )
        if door == "signed_in":
            Browser(whole_app, ana.client_owner).post(
                f"/approvals/{reply_id}",
                {
                    "do": "approve",
                    "text_hash": hash_of(DRAFT),
                    "idempotency_key": row_of(ana, reply_id).state_since.isoformat(),
                },
            )
        doors[door] = reply_id
        (yes,) = checked(whole_app, ana.agency_admin, reply_id).parts["decisions"]
        assert (yes["came_by"], yes["from_address"]) == (door, "127.0.0.1" if door == "link" else None)
    page = Browser(whole_app, ana.agency_admin).get(f"/replies/{doors['link']}/receipt").text
    assert "the link of a mail" in page
    assert "127.0.0.1" in page[page.index("From the address") :][:80]
    seen_by_staff = Browser(whole_app, ana.staff).get(f"/replies/{doors['link']}/receipt").text
    assert "the link of a mail" in seen_by_staff
    assert "From the address" not in seen_by_staff
    by_others = checked(whole_app, ana.staff, doors["link"])
    assert by_others.left_out == ("decisions.0.from_address", "decisions.0.from_browser")


@pytest.mark.parametrize("role", list(Role))
def test_who_may_read_replies_may_take_receipts(whole_app: Flask, ana: Agency, reply_id: UUID, role: Role) -> None:
    decided(ana, reply_id)
    status = Browser(whole_app, ana.actors[role.value]).get(f"/replies/{reply_id}/receipt.json").status_code
    assert status == (403 if role is Role.BILLING_ADMIN else 200)


def test_a_client_is_not_given_words_nobody_decided_about(whole_app: Flask, ana: Agency, reply_id: UUID) -> None:
    decided(ana, reply_id)
    data = file_of(whole_app, ana.client_owner, reply_id)
    assert DRAFT.encode() not in data
    assert hash_of(DRAFT).encode() not in data
    assert SENT.encode() in data


def test_drafts_and_foreign_receipts_are_not_there(
    whole_app: Flask, ana: Agency, stranger: Agency, make: Factory, reply_id: UUID
) -> None:
    address = f"/replies/{reply_id}/receipt.json"
    assert Browser(whole_app, stranger.agency_admin).get(address).status_code == 404
    with ana.entered(ana.staff):
        draft = desk.start_draft(ana.staff, make.conversation(ana), DRAFT).id
    assert Browser(whole_app, ana.client_owner).get(f"/replies/{draft}/receipt.json").status_code == 404
    other = waiting_reply(ana, make.conversation(ana, brand=1))
    assert Browser(whole_app, ana.client_owner).get(f"/replies/{other}/receipt.json").status_code == 404


def test_after_the_customer_is_erased_old_files_hold_and_new_ones_lack_their_words(
    whole_app: Flask, ana: Agency, reply_id: UUID
) -> None:
    decided(ana, reply_id)
    before = file_of(whole_app, ana.team_lead, reply_id)
    with ana.entered():
        said = select(Message.id).join(Reply, Reply.in_reply_to_id == Message.id).where(Reply.id == reply_id)
        erasing.erase_words(list(db.session.scalars(said)))
    verify(before, public(whole_app))
    told = json.loads(before)
    held = told["parts"]["customer"]["text"]["words_sha256"]
    assert told["words"][held]["text"] == SAID
    after = file_of(whole_app, ana.team_lead, reply_id)
    assert SAID.encode() not in after
    assert held.encode() not in after
    customer = verify(after, public(whole_app)).parts["customer"]
    assert (customer["name"], customer["text"]) == (None, None)
    assert customer["deleted_at"] is not None


def test_a_new_key_signs_and_old_receipts_still_hold(whole_app: Flask, ana: Agency, reply_id: UUID) -> None:
    assert public(whole_app) == {}
    decided(ana, reply_id)
    old = file_of(whole_app, ana.staff, reply_id)
    with whole_app.app_context():
        signing_keys.replace_key()
        db.session.commit()
        assert [key.sealed is None for key in signing_keys.public_keys()] == [True, False]
        db.session.remove()
    new = file_of(whole_app, ana.staff, reply_id)
    keys = public(whole_app)
    assert len(keys) == 2
    assert verify(old, keys).head["key"] != verify(new, keys).head["key"]


def test_a_key_that_does_not_open_any_more_is_replaced(
    whole_app: Flask, ana: Agency, reply_id: UUID, superuser: Engine
) -> None:
    decided(ana, reply_id)
    old = file_of(whole_app, ana.staff, reply_id)
    with superuser.begin() as connection:
        connection.execute(text("update receipt_key set sealed = set_byte(sealed, length(sealed) - 1, 0)"))
        connection.execute(text("update receipt_key set sealed = set_byte(sealed, length(sealed) - 2, 0)"))
    new = file_of(whole_app, ana.staff, reply_id)
    keys = public(whole_app)
    assert verify(old, keys).head["key"] != verify(new, keys).head["key"]


def test_two_who_make_the_first_key_at_once_make_one(whole_app: Flask) -> None:
    barrier, made = threading.Barrier(4), []

    def make() -> None:
        with whole_app.app_context():
            barrier.wait()
            made.append(signing_keys.key_in_use().public_key().public_bytes_raw())
            db.session.commit()
            db.session.remove()

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with whole_app.app_context():
        kept = list(db.session.scalars(select(ReceiptKey.public_key)))
        db.session.remove()
    assert len(kept) == 1
    assert made == kept * 4


def test_it_takes_few_statements(
    whole_app: Flask, ana: Agency, reply_id: UUID, statements: Callable[[], list[str]]
) -> None:
    decided(ana, reply_id)
    for _time in range(5):
        attempted(ana, reply_id, "absent", deed="look")
    browser = Browser(whole_app, ana.staff)
    browser.get(f"/replies/{reply_id}/receipt.json")
    statements()
    assert browser.get(f"/replies/{reply_id}/receipt.json").status_code == 200
    taken = statements()
    assert len(taken) <= 13, taken


@pytest.mark.parametrize(("language", "words"), [("en", "Download"), ("pl", "Pobierz"), ("pt", "Descarregar")])
def test_the_page_offers_the_file(whole_app: Flask, ana: Agency, reply_id: UUID, language: str, words: str) -> None:
    browser = Browser(whole_app, ana.staff)
    with ana.entered():
        db.session.get_one(Person, ana.staff.user_id).language = language
    page = browser.get(f"/replies/{reply_id}/receipt").text
    assert f'href="/replies/{reply_id}/receipt.json"' in page
    assert words in page
    assert KEYS in page
