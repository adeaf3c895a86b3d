"""A client answers the mail that asked for a yes: their words become a note on the case, and decide nothing.

Whose answer it is says the token in the address it was sent to, which only that mail held; the From line is not read.
Nothing is ever sent back, so no two machines talk to each other.
"""

from __future__ import annotations

import hashlib
from typing import Final, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from agency.inbox import desk as inbox_desk
from agency.inbox.models import Conversation
from agency.notices import answers
from agency.notices.bounces import reached
from agency.notices.mail import words_of
from agency.notices.telling import Thing, colleagues, tell
from agency.replies import approval_requests
from agency.replies.models import ApprovalRequest, Reply
from tenants import audit
from tenants.base_app import settings_of_app
from tenants.database import db
from tenants.models import Agency, Person, ReceivedEvent
from tenants.permissions import Actor
from tenants.scope import Scope, enter_scope
from tenants.tokens import Link, Purpose, was_link

Outcome = Literal["noted", "automatic", "set_aside", "ignored"]
SOURCE: Final = "mail"


def answer_address(token: str) -> str:
    """Where an answer to a mail goes; empty where no mail comes in here."""
    settings = settings_of_app()
    if not settings.takes_mail:
        return ""
    name, _, domain = settings.onbrand_inbound_mail.partition("@")
    return f"{name}+{token}@{domain}"


def link_of(raw: bytes, envelope: str = "") -> Link | None:
    """The request this mail answers, by the token in its address; None where it answers none of ours."""
    found = (was_link(Purpose.ANSWER_MAIL, token) for token in answers.tokens_in(raw, envelope))
    return next((link for link in found if link is not None and link.about.request_id is not None), None)


def take(link: Link, raw: bytes) -> Outcome:
    """Keep what the mail says beside the case of each reply that the mail it answers named, once however often it is
    handed over; the scope becomes their brand's.

    Nothing is kept from somebody who no longer decides for the brand, or about a customer who was erased. What a
    machine answers, such as an out-of-office, stands once, where a reply still waits, and tells nobody; what a person
    wrote and we cannot read is told as words are.
    """
    about = link.about
    assert about.request_id is not None
    enter_scope(db.session, Scope(about.agency_id, frozenset({about.brand_id})))
    request = approval_requests.find(about.request_id)
    author = approval_requests.approver_of(request) if request is not None else None
    if request is None or author is None:
        return "ignored"
    cases = _cases_of(request)
    if not cases or not _is_new(request.id, raw):
        return "ignored"
    answer = answers.read(raw)
    language = db.session.execute(select(Agency.language).where(Agency.id == about.agency_id)).scalar_one()
    if answer.automatic:
        cases = [one for one in cases if one.waits][:1]
    facts = {
        "words": answer.words,
        "automatic": answer.automatic,
        "set_aside": answer.set_aside,
        "dropped_count": answer.dropped_count,
        "count": len(cases),
    }
    if not answer.automatic:
        person = db.session.get_one(Person, request.approver_id)
        reached(person, approval_requests.mailed_at(request) if person.mail_failed_at is not None else None)
    note = words_of("mail_answered", "note.txt", language, **facts)
    outcome: Outcome = "set_aside" if answer.set_aside else "automatic" if answer.automatic else "noted"
    for reply_id, conversation, _waits in cases:
        inbox_desk.take_note(author, conversation.id, note)
        if not answer.automatic:
            _tell(author, reply_id, conversation)
        audit.record(
            author,
            "reply.mail_answer",
            "reply",
            reply_id,
            brand_id=request.brand_id,
            outcome=outcome,
            reason=answer.set_aside,
            dropped_count=answer.dropped_count,
        )
    return outcome


class _Case(NamedTuple):
    """A reply that a mail named, with its case, and whether it still waits for a yes."""

    reply_id: UUID
    conversation: Conversation
    waits: bool


def _cases_of(request: ApprovalRequest) -> list[_Case]:
    """The replies that the request's mail named, those to erased people left out."""
    of_mail = (ApprovalRequest.mail_id == request.mail_id) if request.mail_id else (ApprovalRequest.id == request.id)
    rows = db.session.execute(
        select(Reply.id, Conversation, Reply.state == "awaiting_approval")
        .join(Conversation, (Conversation.agency_id == Reply.agency_id) & (Conversation.id == Reply.conversation_id))
        .join(ApprovalRequest, (ApprovalRequest.agency_id == Reply.agency_id) & (ApprovalRequest.reply_id == Reply.id))
        .where(of_mail, ApprovalRequest.approver_id == request.approver_id)
        .order_by(Reply.id)
    )
    found = {row[0]: _Case(*row) for row in rows if not row[1].context.get("erased")}
    return list(found.values())


def _tell(author: Actor, reply_id: UUID, conversation: Conversation) -> None:
    """Who wrote the reply, and who holds its case now."""
    written_by = db.session.execute(select(Reply.written_by).where(Reply.id == reply_id)).scalar_one()
    tell(
        "mail_answered",
        colleagues([written_by, conversation.holder_id], conversation.brand_id),
        brand_id=conversation.brand_id,
        subject=Thing("reply", reply_id, f"/inbox/{conversation.id}"),
        values={"by_name": author.name},
        but=author.user_id,
    )


def _is_new(request_id: UUID, raw: bytes) -> bool:
    digest = hashlib.sha256(request_id.bytes + raw).hexdigest()
    kept = insert(ReceivedEvent).values(source=SOURCE, external_id=digest, kind="answer")
    return db.session.execute(kept.on_conflict_do_nothing().returning(ReceivedEvent.id)).first() is not None
