"""A reply with the words it has now, as every list and page reads it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from agency.replies.customer_promise_models import CustomerPromise
from agency.replies.joins import WORDS_OF_REPLY
from agency.replies.models import Reply, ReplyText
from agency.replies.words import hash_of

SHOWN_OF_PROMISE = ("id", "starts", "ends", "made_at", "due_at", "ended", "ended_at", "ended_by_name")


class ReplyRow(NamedTuple):
    """A reply with the words it has now. `findings` are those of the words' own check. `typed`: a draft whose words
    were kept while somebody typed, and nobody has checked or handed them in. `version` grows with each change of words.

    `let_go_rules` stop these words, and a lead let them go for `let_go_reason`. `promises` is what they promised once
    they were published, in the order it falls due, by the names of SHOWN_OF_PROMISE; None for nothing.
    """

    id: UUID
    brand_id: UUID
    conversation_id: UUID
    account_id: UUID
    in_reply_to_id: UUID
    platform: str
    kind: str
    private: bool
    automatic: bool
    deed: str
    changes_reply_id: UUID | None
    deed_reason: str | None
    replaces_text: str | None
    saved_reply_id: UUID | None
    began_with: str | None
    complaint: bool | None
    stopped_by_version: int | None
    stopped_now: str | None
    state: str
    state_since: datetime
    state_reason: str | None
    written_by: UUID
    written_by_name: str
    created_at: datetime
    submitted_at: datetime | None
    not_before: datetime | None
    not_before_because: str | None
    only_heard: bool
    acknowledges: int | None
    trouble: str | None
    next_try_at: datetime | None
    published_at: datetime | None
    read_back_at: datetime | None
    live_state: str | None
    platform_id: str | None
    waits_clock: dict[str, Any] | None
    text: str
    text_hash: str
    text_number: int
    text_author_id: UUID
    text_author_name: str
    text_at: datetime
    by_approver: bool
    guide_version: int | None
    findings: list[dict[str, Any]]
    let_go_rules: list[str] | None
    let_go_reason: str | None
    let_go_by_name: str | None
    version: int
    variant_count: int = 0
    promises: list[dict[str, Any]] | None = None
    typed: bool = False


PROMISES_OF_REPLY: Any = (
    select(
        func.jsonb_agg(
            aggregate_order_by(
                func.jsonb_build_object(
                    *(part for name in SHOWN_OF_PROMISE for part in (name, getattr(CustomerPromise, name)))
                ),
                CustomerPromise.due_at,
                CustomerPromise.id,
            )
        )
    )
    .where(
        CustomerPromise.agency_id == Reply.agency_id,
        CustomerPromise.conversation_id == Reply.conversation_id,
        CustomerPromise.reply_id == Reply.id,
    )
    .correlate(Reply)
    .scalar_subquery()
)
_ROW = (
    Reply.id,
    Reply.brand_id,
    Reply.conversation_id,
    Reply.account_id,
    Reply.in_reply_to_id,
    Reply.platform,
    Reply.kind,
    Reply.private,
    Reply.automatic,
    Reply.deed,
    Reply.changes_reply_id,
    Reply.deed_reason,
    Reply.replaces_text,
    Reply.saved_reply_id,
    Reply.began_with,
    Reply.complaint,
    Reply.stopped_by_version,
    Reply.stopped_now,
    Reply.state,
    Reply.state_since,
    Reply.state_reason,
    Reply.written_by,
    Reply.written_by_name,
    Reply.created_at,
    Reply.submitted_at,
    Reply.not_before,
    Reply.not_before_because,
    Reply.only_heard,
    Reply.acknowledges,
    Reply.trouble,
    Reply.next_try_at,
    Reply.published_at,
    Reply.read_back_at,
    Reply.live_state,
    Reply.platform_id,
    Reply.waits_clock,
    ReplyText.text,
    ReplyText.text_hash,
    ReplyText.number,
    ReplyText.author_id,
    ReplyText.author_name,
    ReplyText.created_at,
    ReplyText.by_approver,
    ReplyText.guide_version,
    ReplyText.findings,
    ReplyText.let_go_rules,
    ReplyText.let_go_reason,
    ReplyText.let_go_by_name,
    Reply.draft_version,
    Reply.variant_count,
    PROMISES_OF_REPLY,
    Reply.draft_text,
    Reply.draft_by,
    Reply.draft_by_name,
    Reply.draft_at,
)
_UNCHECKED: Any = dict.fromkeys(("guide_version", "let_go_rules", "let_go_reason", "let_go_by_name"))
REPLY_ROWS = select(*_ROW).join(ReplyText, WORDS_OF_REPLY)


def reply_row(found: Row[Any]) -> ReplyRow:
    row = ReplyRow(*found[: len(ReplyRow._fields) - 1])
    if found.draft_text is None:
        return row
    return row._replace(
        text=found.draft_text,
        text_hash=hash_of(found.draft_text),
        text_author_id=found.draft_by,
        text_author_name=found.draft_by_name,
        text_at=found.draft_at,
        findings=[],
        typed=True,
        **_UNCHECKED,
    )
