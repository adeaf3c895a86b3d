"""What rules of the desk did to a case, as its page tells it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import select

from agency.inbox.triage.models import TriageDeed

if TYPE_CHECKING:
    from agency.inbox.conversation_view import MessageView

SHOWN: Final = 50
"""The newest ones."""
READ_WITHIN: Final = timedelta(seconds=5)
"""Words whose change is noted in the transaction that asks the rules bear a time this near to it."""


class RuleDeed(NamedTuple):
    """What a version of a rule did because of a message. `spans` are places of its words in that message."""

    message_id: UUID
    rule_id: UUID
    rule_version: int
    rule_name: str
    spans: tuple[tuple[int, int], ...]
    label_ids: tuple[UUID, ...]
    points: int
    kept_for_id: UUID | None
    kept_for_name: str | None
    offers: dict[str, Any]
    at: datetime
    wants_skill: str | None = None
    wants_language: str | None = None
    kept_held: int | None = None


def deeds_beside(this_id: Any) -> Any:
    """As a select beside others of one case, newest first."""
    return (
        select(
            TriageDeed.message_id,
            TriageDeed.rule_id,
            TriageDeed.rule_version,
            TriageDeed.rule_name,
            TriageDeed.spans,
            TriageDeed.label_ids,
            TriageDeed.points,
            TriageDeed.kept_for_id,
            TriageDeed.kept_for_name,
            TriageDeed.offers,
            TriageDeed.created_at,
            TriageDeed.wants_skill,
            TriageDeed.wants_language,
            TriageDeed.kept_held,
        )
        .where(TriageDeed.conversation_id == this_id)
        .order_by(TriageDeed.id.desc())
        .limit(SHOWN)
    )


def deeds_of(rows: Sequence[Sequence[Any]] | None) -> tuple[RuleDeed, ...]:
    """From the JSON of `deeds_beside`, oldest first."""
    return tuple(
        RuleDeed(
            UUID(row[0]),
            UUID(row[1]),
            row[2],
            row[3],
            tuple((start, end) for start, end in row[4]),
            tuple(map(UUID, row[5])),
            row[6],
            UUID(row[7]) if row[7] else None,
            row[8],
            row[9],
            datetime.fromisoformat(row[10]),
            row[11],
            row[12],
            row[13],
        )
        for row in reversed(rows or ())
    )


def said(deed: RuleDeed, message: MessageView | None) -> list[str]:
    """The words that caused it, as they stand in its message; none where that was changed since, is gone or unknown."""
    if message is None or (message.edited_at is not None and message.edited_at > deed.at + READ_WITHIN):
        return []
    text = message.text
    words = [text[start:end] for start, end in deed.spans if 0 <= start < end <= len(text)]
    return list(dict.fromkeys(words))
