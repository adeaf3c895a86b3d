"""The receipt of one reply as a file that proves itself: gathered here, its form is `agency.replies.receipt_form`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, and_, select

from agency.inbox.models import Conversation, Message
from agency.replies import approval_requests, queries
from agency.replies.afterwards import Afterwards
from agency.replies.models import Approval, ApprovalRequest, PublishAttempt, ReplyText
from agency.replies.models import Reply as StoredReply
from agency.replies.receipt_form import KEYS_FORM, Words, canonical, key_id_of, sign
from tenants import clock
from tenants.base_app import settings_of_app
from tenants.database import db
from tenants.models import Brand, BrandAudit, ReceiptKey
from tenants.permissions import Actor, Permission
from tenants.signing_keys import key_in_use

PROVING: Final = tuple(
    f"reply.{move}"
    for move in (
        "acknowledge",
        "approve",
        "change_and_approve",
        "approve_step",
        "change_step",
        "pass_step",
        "escalate",
        "hold",
        "approve_by_policy",
        "approve_alike",
        "release",
        "decline",
        "lapse",
        "claim",
        "settle",
        "reconcile",
        "resolve",
        "changed_on_platform",
    )
)
"""The acts whose lines of the record a receipt names."""


def signed_receipt(actor: Actor, reply_id: UUID) -> bytes:
    """The file, for this person: words they may not read are held by their hash alone. Raises NotFound, Forbidden."""
    found = queries.receipt(reply_id, actor)
    reply, words = found.reply, Words()
    stored, brand = db.session.execute(
        select(StoredReply, Brand.name)
        .join(Brand, and_(Brand.agency_id == StoredReply.agency_id, Brand.id == StoredReply.brand_id))
        .where(StoredReply.id == reply_id)
    ).one()
    requests = approval_requests.requests_of(reply_id)
    parts = {
        "reply": _reply(stored, brand, found.texts),
        "customer": _customer(reply.in_reply_to_id, words),
        "texts": [_text(text, words) for text in found.texts],
        "decisions": [_decision(one, found.texts, requests, words, actor) for one in found.decisions],
        "attempts": [_attempt(one, words) for one in found.attempts],
        "standing": _standing(stored, found.changes, words),
        "after": _after(found.after, words),
        "record": _record(stored),
    }
    return sign(key_in_use(), settings_of_app().base_url, _at(clock.now()), parts, words)


def keys_file(installation: str, keys: Sequence[ReceiptKey]) -> bytes:
    """The file of public keys, as `agency.replies.receipt_form.read_keys` takes it."""
    told = [
        {
            "key": key_id_of(key.public_key),
            "algorithm": "Ed25519",
            "public_key": key.public_key.hex(),
            "made_at": _at(key.created_at),
            "retired_at": _at(key.retired_at),
        }
        for key in keys
    ]
    return canonical({"form": KEYS_FORM, "installation": installation, "keys": told}) + b"\n"


def _reply(reply: StoredReply, brand: str, texts: Sequence[ReplyText]) -> dict[str, Any]:
    now = next((text for text in texts if text.id == reply.text_id), texts[-1])
    return {
        "id": str(reply.id),
        "agency_id": str(reply.agency_id),
        "brand_id": str(reply.brand_id),
        "brand": brand,
        "account_id": str(reply.account_id),
        "platform": reply.platform,
        "kind": reply.kind,
        "deed": reply.deed,
        "private": reply.private,
        "changes_reply_id": _id(reply.changes_reply_id),
        "target_fingerprint": reply.target_fingerprint.hex(),
        "text_number": now.number,
        "text_hash": now.text_hash,
        "state": reply.state,
        "state_since": _at(reply.state_since),
    }


def _customer(message_id: UUID, words: Words) -> dict[str, Any]:
    message, stars = db.session.execute(
        select(Message, Conversation.stars)
        .join(
            Conversation, and_(Conversation.agency_id == Message.agency_id, Conversation.id == Message.conversation_id)
        )
        .where(Message.id == message_id)
    ).one()
    is_there = message.deleted_at is None
    return {
        "message_id": str(message.id),
        "name": words.hold(message.author_name or None),
        "text": words.hold(message.text if is_there else None),
        "stars": stars,
        "written_at": _at(message.written_at),
        "deleted_at": _at(message.deleted_at),
    }


def _text(text: ReplyText, words: Words) -> dict[str, Any]:
    return {
        "number": text.number,
        "text": words.hold(text.text),
        "text_hash": text.text_hash,
        "by_id": str(text.author_id),
        "by": words.hold(text.author_name),
        "by_approver": text.by_approver,
        "is_further": text.is_further,
        "at": _at(text.created_at),
        "guide_version": text.guide_version,
        "findings": [
            {
                "rule": finding["rule"],
                "level": finding["level"],
                "start": finding["start"],
                "end": finding["end"],
                "message": words.hold(finding["message"]),
            }
            for finding in text.findings
        ],
        "let_go_by_id": _id(text.let_go_by),
        "let_go_by": words.hold(text.let_go_by_name),
        "let_go_reason": words.hold(text.let_go_reason),
    }


def _decision(
    one: Approval, texts: Sequence[ReplyText], requests: Sequence[ApprovalRequest], words: Words, reader: Actor
) -> dict[str, Any]:
    """From which address and browser is for who may read the record; everybody is given that it was kept."""
    asked = link_used(one, requests)
    shown = reader.may(Permission.AUDIT_READ)
    return {
        "decision": one.decision,
        "text_number": next((text.number for text in texts if text.id == one.reply_text_id), None),
        "text_hash": one.text_hash,
        "target_fingerprint": one.target_fingerprint.hex(),
        "by_id": _id(one.decided_by),
        "by": words.hold(one.decided_by_name),
        "at": _at(one.created_at),
        "came_by": one.came_by,
        "policy_number": one.policy_number,
        "step": one.step,
        "wording": one.wording,
        "wordings": one.wordings,
        "from_address": words.hold(asked.from_address, shown=shown) if asked else None,
        "from_browser": words.hold(asked.from_browser, shown=shown) if asked else None,
        "reason": words.hold(one.reason),
        "lapsed_at": _at(one.voided_at),
        "lapse_reason": words.hold(one.void_reason),
    }


def link_used(one: Approval, requests: Sequence[ApprovalRequest]) -> ApprovalRequest | None:
    """The request by whose link a decision came, with the address and browser it came from."""
    by_link = [
        asked for asked in requests if asked.from_address and asked.ended_at and asked.ended_by == one.decided_by
    ]
    nearest = min(by_link, key=lambda asked: abs((asked.ended_at or one.created_at) - one.created_at), default=None)
    return nearest if one.came_by == "link" else None


def _attempt(attempt: PublishAttempt, words: Words) -> dict[str, Any]:
    return {
        "deed": attempt.deed,
        "at": _at(attempt.created_at),
        "finished_at": _at(attempt.finished_at),
        "fence": attempt.fence,
        "request_id": str(attempt.request_id),
        "outcome": attempt.outcome,
        "detail": words.hold(attempt.detail),
        "platform_id": attempt.platform_id,
    }


def _standing(reply: StoredReply, changes: Sequence[StoredReply], words: Words) -> dict[str, Any]:
    return {
        "platform_id": reply.platform_id,
        "sent_at": _at(reply.sent_at),
        "published_at": _at(reply.published_at),
        "read_back_at": _at(reply.read_back_at),
        "live_state": reply.live_state,
        "state_reason": words.hold(reply.state_reason),
        "changed_by": [
            {"reply_id": str(one.id), "deed": one.deed, "published_at": _at(one.published_at)} for one in changes
        ],
    }


def _after(after: Afterwards, words: Words) -> dict[str, Any]:
    return {
        "changes": [
            {
                "at": _at(one.created_at),
                "from_state": one.from_state,
                "to_state": one.to_state,
                "seen_by": one.seen_by,
                "reason": words.hold(one.reason),
                "text_hash": one.text_hash,
            }
            for one in after.changes
        ],
        "wrote_again_at": _at(after.wrote_again_at),
        "answered_again_by": _id(after.answered_by),
    }


def record_lines(brand_id: UUID, reply_id: UUID) -> Sequence[Row[int, bytes, str, datetime]]:
    """The lines of the brand's chain that say it was decided, sent and how it stood then: `number`, `hash`, `action`
    and `created_at`, as `docs/audit.md` says; one statement.
    """
    return db.session.execute(
        select(BrandAudit.number, BrandAudit.hash, BrandAudit.action, BrandAudit.created_at)
        .where(
            BrandAudit.brand_id == brand_id,
            BrandAudit.subject_type == "reply",
            BrandAudit.subject_id == str(reply_id),
            BrandAudit.action.in_(PROVING),
        )
        .order_by(BrandAudit.number)
    ).all()


def _record(reply: StoredReply) -> dict[str, Any]:
    lines = record_lines(reply.brand_id, reply.id)
    told = [
        {"number": line.number, "hash": line.hash.hex(), "action": line.action, "at": _at(line.created_at)}
        for line in lines
    ]
    return {"chain": {"agency_id": str(reply.agency_id), "brand_id": str(reply.brand_id)}, "lines": told}


def _at(moment: datetime | None) -> Any:
    return None if moment is None else f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def _id(one: UUID | None) -> str | None:
    return None if one is None else str(one)
