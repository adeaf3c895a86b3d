"""Rows around many replies as plain values: what the rules of a yes ask of them, and no column more.

Hundreds of ORM objects cost more than reading their rows. A rule that asks for a column which is not here fails loudly;
add it to the field names, which are the columns.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from itertools import accumulate
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import aliased

from agency.inbox.models import Conversation, Message
from agency.replies.joins import CASE_OF_REPLY, WORDS_OF_REPLY, id_list, one_of_given
from agency.replies.models import Reply, ReplyText
from tenants.kept_select import KeptSelect
from tenants.models import Brand


class PlainReply(NamedTuple):
    """Of `reply`."""

    id: UUID
    agency_id: UUID
    brand_id: UUID
    conversation_id: UUID
    account_id: UUID
    in_reply_to_id: UUID
    in_reply_to_external_id: str
    in_reply_to_content_hash: bytes
    platform: str
    kind: str
    private: bool
    deed: str
    changes_reply_id: UUID | None
    replaces_text: str | None
    automatic: bool
    began_with: str | None
    complaint: bool | None
    state: str
    state_since: datetime
    text_id: UUID
    target_fingerprint: bytes
    written_by: UUID
    policy_number: int | None
    waits_step: int | None
    waits_clock: dict[str, Any] | None
    variant_count: int
    not_before: datetime | None
    not_before_because: str | None


class PlainText(NamedTuple):
    """Of `reply_text`."""

    id: UUID
    text: str
    text_hash: str
    author_id: UUID
    by_approver: bool
    passed: bytes | None
    let_go_rules: list[str] | None


class PlainMessage(NamedTuple):
    """Of `message`."""

    external_id: str
    content_hash: bytes
    deleted_at: datetime | None
    written_at: datetime
    edited_at: datetime | None


class PlainCase(NamedTuple):
    """Of `conversation`."""

    id: UUID
    brand_id: UUID
    account_id: UUID
    platform: str
    kind: str
    stars: int | None
    author_name: str | None
    external_id: str
    merged_into_id: UUID | None


class PlainBrand(NamedTuple):
    """Of `brand`."""

    id: UUID
    name: str
    time_zone: str
    paused_at: datetime | None
    archived_at: datetime | None


class Rows(NamedTuple):
    """What stands around one reply. `is_told_with_others`: its case is told within another, or others within it.
    `post_external_id`: of the post that what it answers stands under.
    """

    reply: PlainReply
    text: PlainText
    message: PlainMessage
    conversation: PlainCase
    brand: PlainBrand
    is_told_with_others: bool
    post_external_id: str | None


_OF: Final[tuple[tuple[Any, Any], ...]] = (
    (Reply, PlainReply),
    (ReplyText, PlainText),
    (Message, PlainMessage),
    (Conversation, PlainCase),
    (Brand, PlainBrand),
)
_ENDS: Final = (0, *accumulate(len(row._fields) for _model, row in _OF))
_CUTS: Final = tuple(
    (row._make, slice(start, end)) for (_model, row), start, end in zip(_OF, _ENDS[:-1], _ENDS[1:], strict=True)
)
_PART: Final = aliased(Conversation)
_HAS_PARTS: Final = (
    select(_PART.id)
    .where(_PART.agency_id == Conversation.agency_id, _PART.merged_into_id == Conversation.id)
    .correlate(Conversation)
    .exists()
)
_ROWS: Final = KeptSelect(
    select(
        *(getattr(model, name) for model, row in _OF for name in row._fields),
        Conversation.merged_into_id.is_not(None) | _HAS_PARTS,
        Conversation.context["external_id"].astext,
    )
    .join(ReplyText, WORDS_OF_REPLY)
    .join(Message, and_(Message.agency_id == Reply.agency_id, Message.id == Reply.in_reply_to_id))
    .join(Conversation, CASE_OF_REPLY)
    .join(Brand, and_(Brand.agency_id == Reply.agency_id, Brand.id == Reply.brand_id))
    .where(one_of_given(Reply.id, "reply_ids"))
    .order_by(Reply.id)
)


def rows_around(reply_ids: Collection[UUID]) -> Iterator[Rows]:
    """Of each of these replies in the scope, by id, as they are now; one statement."""
    for row in _ROWS.rows({"reply_ids": id_list(reply_ids)}):
        parts: list[Any] = [make(row[cut]) for make, cut in _CUTS]
        yield Rows._make([*parts, *row[_ENDS[-1] :]])
