"""The receipt shows the whole chain, and a lead can say what became of a send no machine can tell."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, select, update

from agency.replies import desk
from agency.replies.models import PublishAttempt, Reply
from agency.replies.words import hash_of
from tenants import clock
from tenants.database import db, new_id
from tenants.models import BrandAudit
from tenants.outbox import JobName
from tenants.permissions import Role
from tests.factories import Agency, Factory
from tests.leaving import mails_leave
from tests.web.browser import Browser
from tests.web.mailed import bodies
from tests.web.replying import HOSTILE, MARKUP, is_inert, promises, row_of, waiting_reply


@pytest.fixture
def reply_id(make: Factory, ana: Agency) -> UUID:
    """Written, changed and approved by the client."""
    case = make.conversation(ana, platform="google_business", kind="review", stars=2, text="The tap drips.")
    reply_id = waiting_reply(ana, case, "We repair it soon.")
    with ana.entered(ana.client_owner):
        desk.change_and_approve(ana.client_owner, reply_id, "We repair it today.", hash_of("We repair it soon."))
    return reply_id


def attempted(agency: Agency, reply_id: UUID, outcome: str, *, deed: str = "send", state: str = "published") -> UUID:
    """One attempt with its outcome; the reply stands as `state`."""
    request_id, now = new_id(), clock.now()
    with agency.entered():
        reply = db.session.execute(select(Reply).where(Reply.id == reply_id)).scalar_one()
        db.session.add(
            PublishAttempt(
                agency_id=agency.id,
                brand_id=reply.brand_id,
                reply_id=reply_id,
                reply_text_id=reply.text_id,
                fence=1,
                request_id=request_id,
                deed=deed,
                outcome=outcome,
                detail=f"said {outcome}",
                finished_at=now,
            )
        )
        values: dict[str, Any] = {"state": state, "state_since": now}
        if state == "published":
            values |= {"published_at": now, "platform_id": "reviews/77", "live_state": "visible"}
            values["read_back_at"] = now + timedelta(seconds=5)
        db.session.execute(update(Reply).where(Reply.id == reply_id).values(**values))
    return request_id


def test_the_receipt_holds_the_whole_chain(whole_app: Flask, ana: Agency, reply_id: UUID) -> None:
    request_id = attempted(ana, reply_id, "published")
    page = Browser(whole_app, ana.staff).get(f"/replies/{reply_id}/receipt")
    assert page.status_code == 200
    row = row_of(ana, reply_id)
    for words in (
        "The tap drips.",
        "We repair it today.",
        "Published once on Google",
        f"Approved by {ana.client_owner.name}",
        ana.staff.name,
        str(request_id),
        "said published",
        "reviews/77",
        row.text_hash,
        str(reply_id),
        "Still there",
        "UTC",
    ):
        assert words in page.text, words
    chain = page.text[page.text.index('class="chain"') :]
    told = ("Written", "Checked", "Sent for approval", "Changed by the client", "Approved", "Attempt 1", "Read back")
    places = [chain.index(words) for words in told]
    assert places == sorted(places), "oldest first"
    assert "<del>" in chain


@pytest.mark.parametrize("role", list(Role))
def test_who_may_read_replies_may_read_receipts(whole_app: Flask, ana: Agency, reply_id: UUID, role: Role) -> None:
    status = Browser(whole_app, ana.actors[role.value]).get(f"/replies/{reply_id}/receipt").status_code
    assert status == (403 if role is Role.BILLING_ADMIN else 200)


def test_a_foreign_receipt_is_not_there(
    whole_app: Flask, ana: Agency, stranger: Agency, make: Factory, reply_id: UUID
) -> None:
    assert Browser(whole_app, stranger.agency_admin).get(f"/replies/{reply_id}/receipt").status_code == 404
    other_brand = waiting_reply(ana, make.conversation(ana, brand=1))
    assert Browser(whole_app, ana.client_owner).get(f"/replies/{other_brand}/receipt").status_code == 404


def test_a_lead_says_what_became_of_it(whole_app: Flask, ana: Agency, reply_id: UUID, superuser: Engine) -> None:
    attempted(ana, reply_id, "unknown", state="outcome_unknown")
    address = f"/replies/{reply_id}/receipt"
    assert "What became of it?" not in Browser(whole_app, ana.staff).get(address).text
    lead = Browser(whole_app, ana.team_lead)
    assert "What became of it?" in lead.get(address).text
    empty = lead.post(f"/replies/{reply_id}/resolve", {"outcome": "approved", "reason": " ", "platform_id": "kept-id"})
    assert empty.status_code == 422
    assert "how you know" in empty.text
    assert 'value="approved" selected' in empty.text
    assert "kept-id" in empty.text
    before = promises(superuser, JobName.PUBLISH_REPLY)
    done = lead.post(f"/replies/{reply_id}/resolve", {"outcome": "approved", "reason": "Looked: not there"})
    assert done.status_code == 303
    assert row_of(ana, reply_id).state == "approved"
    assert promises(superuser, JobName.PUBLISH_REPLY) == before + 1
    with ana.entered():
        words = db.session.scalars(select(BrandAudit.words).where(BrandAudit.action == "reply.resolve")).one()
    assert words == {"reason": "Looked: not there"}
    again = lead.post(f"/replies/{reply_id}/resolve", {"outcome": "published", "reason": "Late"})
    assert again.status_code == 303
    assert row_of(ana, reply_id).state == "approved"


def test_an_outcome_that_is_none_changes_nothing(whole_app: Flask, ana: Agency, reply_id: UUID) -> None:
    attempted(ana, reply_id, "unknown", state="outcome_unknown")
    lead = Browser(whole_app, ana.team_lead)
    assert lead.post(f"/replies/{reply_id}/resolve", {"outcome": "draft", "reason": "x"}).status_code == 422
    assert row_of(ana, reply_id).state == "outcome_unknown"


def test_only_leads_resolve(whole_app: Flask, ana: Agency, reply_id: UUID) -> None:
    attempted(ana, reply_id, "unknown", state="outcome_unknown")
    form = {"outcome": "published", "reason": "Saw it"}
    for actor in (ana.staff, ana.client_owner, ana.light):
        assert Browser(whole_app, actor).post(f"/replies/{reply_id}/resolve", form).status_code == 403
    assert row_of(ana, reply_id).state == "outcome_unknown"


def test_hostile_words_do_nothing(whole_app: Flask, make: Factory, ana: Agency) -> None:
    reply_id = waiting_reply(ana, make.conversation(ana, text=HOSTILE, author=HOSTILE), MARKUP)
    with ana.entered(ana.client_owner):
        desk.say_no(ana.client_owner, reply_id, "decline", HOSTILE, hash_of(MARKUP))
    assert is_inert(Browser(whole_app, ana.staff).get(f"/replies/{reply_id}/receipt").text)


def test_it_says_whether_a_mail_had_asked(
    whole_app: Flask, ana: Agency, make: Factory, reply_id: UUID, superuser: Engine
) -> None:
    browser, mailed = Browser(whole_app, ana.staff), waiting_reply(ana, make.conversation(ana), "We look.")
    mails_leave(whole_app, superuser)
    assert "no mail about it had left" in browser.get(f"/replies/{mailed}/receipt").text
    bodies(whole_app, superuser)
    assert "Asked by mail" in browser.get(f"/replies/{mailed}/receipt").text
    assert "no mail about it had left" in browser.get(f"/replies/{reply_id}/receipt").text, "they decided before"


def test_the_receipt_takes_few_statements(
    whole_app: Flask, ana: Agency, reply_id: UUID, statements: Callable[[], list[str]]
) -> None:
    browser = Browser(whole_app, ana.staff)
    attempted(ana, reply_id, "published")
    browser.get(f"/replies/{reply_id}/receipt")
    statements()
    assert browser.get(f"/replies/{reply_id}/receipt").status_code == 200
    taken = statements()
    assert len(taken) <= 14, taken
