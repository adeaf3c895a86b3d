"""A message as the page of its case reads it."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from agency.inbox.understanding.stored import Stored

_WEB = re.compile(r"https?://[^/\s]", re.IGNORECASE)


class MessageView(NamedTuple):
    """A message as the platform shows it now; of a deleted one the text is empty."""

    id: UUID
    external_id: str
    parent_external_id: str | None
    direction: str
    author_name: str | None
    text: str
    truncated: bool
    language: str | None
    stars: int | None
    attachments: list[dict[str, Any]]
    permalink: str | None
    written_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    hidden: bool
    moderation: str | None
    reply_id: UUID | None
    content_hash: str
    liked: bool
    reading: Stored | None = None


def web_address(address: object) -> str | None:
    """An address a page may link to; None for anything else than http(s), whatever the database holds."""
    return address if isinstance(address, str) and _WEB.match(address) else None


def message_of(v: list[Any]) -> MessageView:
    """From the JSON of one row."""
    gone = v[13] is not None
    return MessageView._make(
        [
            UUID(v[0]),
            *v[1:5],
            "" if gone else v[5],
            *v[6:9],
            [] if gone else [{**one, "url": web_address(one.get("url"))} for one in v[9]],
            web_address(v[10]),
            _moment(v[11]),
            _maybe(v[12]),
            _maybe(v[13]),
            v[14],
            v[15],
            UUID(v[16]) if v[16] else None,
            v[17],
            v[18],
            None if gone else v[19],
        ]
    )


def _moment(value: str) -> datetime:
    return datetime.fromisoformat(value)


def _maybe(value: str | None) -> datetime | None:
    return _moment(value) if value else None
