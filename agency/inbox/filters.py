"""Which part of the queue is meant, and a place in it that can stand in an address."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, literal_column, or_, select

from agency.inbox.models import STATUSES, Conversation, Message
from styleguides.masking import MASK, masked
from tenants.errors import Invalid

ME, FREE = "me", "free"
LONGEST_SEARCH = 200
LONGEST_CURSOR = 400
NUMBER_DIGITS = 9
"""Of a phone number with its country, so many last digits are looked for: it may have been written without."""


class QueueFilter(NamedTuple):
    """What to show; None means no limit. `status` None means every status.

    `holder` is ME, FREE or a person's id; `late` keeps only what is past its due time and orders it by that.
    """

    brand_ids: tuple[UUID, ...] | None = None
    platform: str | None = None
    kind: str | None = None
    status: str | None = "open"
    holder: str | UUID | None = None
    reply_state: str | None = None
    language: str | None = None
    q: str = ""
    late: bool = False


def conditions(wanted: QueueFilter, me: Any, now: Any) -> list[ColumnElement[bool]]:
    """The filter as conditions on Conversation; values may be bound parameters.

    Raises Invalid for a value that means nothing.
    """
    if wanted.status is not None and wanted.status not in STATUSES:
        raise Invalid("There is no such status.", errors={"status": [f"must be one of {', '.join(STATUSES)}"]})
    if isinstance(wanted.holder, str) and wanted.holder not in (ME, FREE):
        raise Invalid("There is no such holder.", errors={"holder": ["must be me, free or a person's id"]})
    found: list[ColumnElement[bool]] = []
    if wanted.brand_ids is not None:
        # A single brand is compared, not listed, so that its own index can serve.
        one = len(wanted.brand_ids) == 1
        found.append(
            Conversation.brand_id == wanted.brand_ids[0] if one else Conversation.brand_id.in_(wanted.brand_ids)
        )
    for column, value in (
        (Conversation.platform, wanted.platform),
        (Conversation.kind, wanted.kind),
        (Conversation.reply_state, wanted.reply_state),
        (Conversation.language, wanted.language),
    ):
        if value is not None:
            found.append(column == value)
    if wanted.status is not None:
        # Written out, not bound: a prepared plan that does not know the status cannot use the queue's own indexes.
        found.append(Conversation.status == literal_column(f"'{wanted.status}'"))
    if isinstance(wanted.holder, str) and wanted.holder == FREE:
        found.append(or_(Conversation.holder_id.is_(None), Conversation.held_until < now))
    elif wanted.holder is not None:
        found.append(Conversation.holder_id == (me if isinstance(wanted.holder, str) else wanted.holder))
    if wanted.late:
        found.append(Conversation.due_at < now)
    if wanted.q:
        found.append(_search(wanted.q))
    return found


def _search(words: str) -> ColumnElement[bool]:
    words = " ".join(words.replace("\x00", "").split())[:LONGEST_SEARCH]
    found = or_(
        Conversation.excerpt.icontains(words, autoescape=True),
        Conversation.author_name.icontains(words, autoescape=True),
        Conversation.external_id == words,
    )
    if masked(words) != words:
        found = or_(found, _behind_a_mask(words))
    try:
        return or_(found, Conversation.id == UUID(words))
    except ValueError:
        return found


def _behind_a_mask(words: str) -> ColumnElement[bool]:
    """What a list hides behind dots is found by whoever types it whole, in the messages themselves, however either of
    them is spaced and whether or not a phone number begins with its country. Only where a list shows dots: reading
    every message of an agency would take seconds.
    """
    key = "".join(char for char in words.lower() if char.isalnum())
    if key.isdigit() and words.startswith(("+", "00")):
        key = key[-NUMBER_DIGITS:]
    written = func.regexp_replace(func.lower(Message.text), literal_column(r"'[^[:alnum:]]+'"), "", "g")
    said = (
        select(Message.id)
        .where(
            Message.agency_id == Conversation.agency_id,
            Message.conversation_id == Conversation.id,
            Message.brand_id == Conversation.brand_id,
            Message.deleted_at.is_(None),
            written.contains(key, autoescape=True),
        )
        .correlate(Conversation)
    )
    return and_(Conversation.excerpt.contains(MASK), said.exists())


def cursor_of(kind: str, place: Any, conversation_id: UUID) -> str:
    """A place behind a row, as one word. It is checked for damage, not signed: it opens nothing the scope closes."""
    body = json.dumps([kind, place, str(conversation_id)], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(zlib.crc32(body).to_bytes(4, "big") + body).decode().rstrip("=")


def read_cursor(cursor: str, kind: str) -> tuple[Any, UUID]:
    """Place and id of a cursor made for the same order. Raises Invalid `bad_cursor`."""
    try:
        if len(cursor) > LONGEST_CURSOR:
            raise ValueError("too long")
        raw = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        if zlib.crc32(raw[4:]).to_bytes(4, "big") != raw[:4]:
            raise ValueError("damaged")
        found_kind, place, conversation_id = json.loads(raw[4:])
        if found_kind != kind:
            raise ValueError("made for another order")
        if kind == "rank":
            if not isinstance(place, int) or isinstance(place, bool) or abs(place) >= 2**31:
                raise ValueError("not a rank")
            return place, UUID(conversation_id)
        moment = datetime.fromisoformat(place)
        if moment.tzinfo is None:
            raise ValueError("not a moment")
        return moment, UUID(conversation_id)
    except (ValueError, TypeError, AttributeError, UnicodeError, binascii.Error, RecursionError) as error:
        raise Invalid(
            "This page's address is damaged or for another list. Start again from the first page.", code="bad_cursor"
        ) from error
