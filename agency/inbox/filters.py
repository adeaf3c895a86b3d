"""Which part of the queue is meant, and a place in it that can stand in an address."""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, cast
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    Uuid,
    all_,
    any_,
    func,
    literal,
    literal_column,
    or_,
    select,
)

from agency.inbox.models import STATUSES, Conversation, ConversationLabel
from agency.inbox.search_text import LONGEST_SEARCH, read_search
from agency.inbox.searching import has_words
from agency.inbox.signs import SIGNS, numbers_with
from agency.inbox.triage.keeping import kept_ids
from agency.inbox.understanding.stored import ASPECTS
from channels.items import KINDS
from channels.registry import ADAPTERS
from tenants.errors import Invalid
from tenants.models import Brand

ME, FREE = "me", "free"
ANY, NONE = "any", "none"
PLATFORMS = tuple(ADAPTERS)
REPLY_STATES = (
    "none",
    "draft",
    "awaiting_approval",
    "approved",
    "declined",
    "publishing",
    "published",
    "refused",
    "outcome_unknown",
)
"""Of the newest reply; NONE where none was begun."""
MOST_VALUES = 100
"""Of one filter; an address is not longer than servers and browsers take."""
ID_LENGTH = 36
_CODE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,8})?")
LONGEST_CURSOR = 400
ORDERED_BY: dict[str, Any] = {
    "due": Conversation.due_at,
    "rank": Conversation.rank,
    "past": Conversation.last_message_at,
}
"""By what a list stands in order, ids behind it: `due` upwards, the others downwards."""


class FilterField(NamedTuple):
    """One filter, for addresses, saved views, the API and the filter bar alike."""

    name: str
    """In addresses and saved views."""
    api: str
    """In the API's query; empty for the tab, which only says other filters."""
    column: str
    """The field of QueueFilter."""
    sort: str
    """`id`, `word` (one of `allowed`), `code` (of a language), `holder`, `number`, `flag` or `text`."""
    is_many: bool = False
    """Several values widen; filters narrow each other."""
    allowed: tuple[str, ...] = ()


TABS: dict[str, dict[str, list[str]]] = {
    "mine": {"holder": [ME]},
    "free": {"holder": [FREE]},
    "team": {},
    "waiting": {"reply": ["awaiting_approval"]},
    "late": {"late": ["1"]},
}
"""The tabs over the queue and what each means; it wins over the same filter of the bar."""

FILTERS = (
    FilterField("view", "", "", "word", allowed=tuple(TABS)),
    FilterField("brand", "brand_id", "brand_ids", "id", is_many=True),
    FilterField("platform", "platform", "platform", "word", is_many=True, allowed=PLATFORMS),
    FilterField("kind", "kind", "kind", "word", is_many=True, allowed=KINDS),
    FilterField("state", "status", "status", "word", allowed=(*STATUSES, ANY)),
    FilterField("holder", "assignee", "holder", "holder"),
    FilterField("reply", "reply_state", "reply_state", "word", is_many=True, allowed=REPLY_STATES),
    FilterField("language", "language", "language", "code", is_many=True),
    FilterField("label", "label_id", "label_ids", "id", is_many=True),
    FilterField("stars", "stars", "stars", "number", is_many=True, allowed=("1", "2", "3", "4", "5")),
    FilterField("act", "act", "act", "word", is_many=True, allowed=(*ASPECTS["act"], NONE)),
    FilterField("sentiment", "sentiment", "sentiment", "word", is_many=True, allowed=(*ASPECTS["sentiment"], NONE)),
    FilterField("topic", "topic_id", "topic_ids", "id", is_many=True),
    FilterField("sign", "sign", "signs", "word", is_many=True, allowed=tuple(SIGNS)),
    FilterField("late", "late", "late", "flag"),
    FilterField("for_me", "kept_for_me", "kept_for_me", "flag"),
    FilterField("q", "q", "q", "text"),
)
"""Every filter of the queue, in the order of the bar."""


class QueueFilter(NamedTuple):
    """What to show; None means no limit. `status` None means every status.

    `holder` is ME, FREE or a person's id; `late` keeps only what is past its due time and orders it by that. Several
    values of one field widen it, fields narrow each other; NONE stands for no language known, no
    reply begun, or not read.
    """

    brand_ids: tuple[UUID, ...] | None = None
    platform: str | tuple[str, ...] | None = None
    kind: str | tuple[str, ...] | None = None
    status: str | None = "open"
    holder: str | UUID | None = None
    reply_state: str | tuple[str, ...] | None = None
    language: str | tuple[str, ...] | None = None
    q: str = ""
    late: bool = False
    label_ids: tuple[UUID, ...] | None = None
    stars: tuple[int, ...] | None = None
    act: tuple[str, ...] | None = None
    sentiment: tuple[str, ...] | None = None
    signs: tuple[int, ...] | None = None
    """Every number that a case with one of the signs asked for may have (`agency.inbox.signs`)."""
    topic_ids: tuple[UUID, ...] | None = None
    kept_for_me: bool = False
    """Only what a rule of the desk keeps for whoever asks."""
    with_notes: bool = False
    """Whether `q` is looked for in notes, too: for who may read them."""

    @property
    def is_search(self) -> bool:
        """Whether anything is looked for by its words."""
        return bool(self.q.strip("\x00 \t\n"))


AMONG = ("platform", "kind", "reply_state", "language", "stars", "act", "sentiment", "signs")
"""Fields of QueueFilter that are compared with a column of the same name."""


def read_filters(given: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Of what an address or a saved view says, what means something: name of the filter → its values, in the order of
    FILTERS. Whatever means nothing counts as not given.
    """
    found: dict[str, list[str]] = {}
    for field in FILTERS:
        values = (_value_of(field, one) for one in given.get(field.name, ())[: MOST_VALUES * 2])
        good = list(dict.fromkeys(one for one in values if one))
        if good:
            found[field.name] = good[:MOST_VALUES] if field.is_many else good[:1]
    return found


def _value_of(field: FilterField, value: object) -> str:
    """The value as it is kept; empty where it means nothing."""
    if not isinstance(value, str) or len(value) > LONGEST_SEARCH * 4:
        return ""
    value = value.replace("\x00", "").strip()
    if field.allowed:
        return value if value in field.allowed else ""
    if field.sort == "text":
        return value[:LONGEST_SEARCH]
    if field.sort == "flag":
        return "1" if value == "1" else ""
    if field.sort == "code":
        return value if value == NONE or _CODE.fullmatch(value) else ""
    if field.sort == "holder" and value in (ME, FREE):
        return value
    try:
        return str(UUID(value)) if len(value) == ID_LENGTH else ""
    except ValueError:
        return ""


def filter_of(read: Mapping[str, Sequence[str]]) -> QueueFilter:
    """The filter that these values mean, as `read_filters` gave them."""
    values: dict[str, Any] = {}
    read = {**read, **TABS.get(next(iter(read.get("view", ())), ""), {})}
    for field in FILTERS:
        given = tuple(read.get(field.name, ()))
        if not given or not field.column:
            continue
        if field.sort == "id":
            values[field.column] = tuple(map(UUID, given))
        elif field.sort == "number":
            values[field.column] = tuple(map(int, given))
        elif field.column == "signs":
            values[field.column] = numbers_with(given)
        elif field.sort == "flag":
            values[field.column] = True
        elif field.sort == "holder":
            values[field.column] = given[0] if given[0] in (ME, FREE) else UUID(given[0])
        elif field.column == "status":
            values[field.column] = None if given[0] == ANY else given[0]
        else:
            values[field.column] = given if field.is_many else given[0]
    return QueueFilter(**values)


def conditions(wanted: QueueFilter, me: Any, now: Any, of: Any = Conversation) -> list[ColumnElement[bool]]:
    """The filter as conditions on Conversation, or an alias of what was found there; values may be bound parameters.

    No list, count or next case is of an archived brand. Raises Invalid for a value that means nothing.
    """
    if wanted.status is not None and wanted.status not in STATUSES:
        raise Invalid("There is no such status.", errors={"status": [f"must be one of {', '.join(STATUSES)}"]})
    if isinstance(wanted.holder, str) and wanted.holder not in (ME, FREE):
        raise Invalid("There is no such holder.", errors={"holder": ["must be me, free or a person's id"]})
    found: list[ColumnElement[bool]] = []
    if of is Conversation:
        # As a list made once: as a question about each row it moves the planner away from the queue's indexes.
        shelved: Any = func.array(
            select(Brand.id).where(Brand.archived_at.is_not(None)).scalar_subquery(), type_=ARRAY(Uuid())
        )
        found.append(of.brand_id != all_(shelved))
    if wanted.brand_ids is not None:
        # A single brand is compared, not listed, so that its own index can serve.
        found.append(_among(of.brand_id, wanted.brand_ids, Uuid()))
    for name in AMONG:
        value = getattr(wanted, name)
        if value is not None:
            column = getattr(of, name)
            if name in ("language", "reply_state", "act", "sentiment") and _may_be_none(value):
                column = func.coalesce(column, literal_column(f"'{NONE}'"))
            found.append(_among(column, value, column.type))
    if wanted.status is not None:
        # Written out, not bound: a prepared plan that does not know the status cannot use the queue's own indexes.
        found.append(of.status == literal_column(f"'{wanted.status}'"))
    if isinstance(wanted.holder, str) and wanted.holder == FREE:
        found.append(or_(of.holder_id.is_(None), of.held_until < now))
    elif wanted.holder is not None:
        holder = me if isinstance(wanted.holder, str) else wanted.holder
        # Said twice, as a range, too: a plan made before the person is known takes everybody for the busiest, and
        # then looks through all that is open in a few brands for what one of their people holds (11 ms, not 0.1).
        found += [of.holder_id == holder, of.holder_id.between(holder, holder)]
    if wanted.late:
        found.append(of.due_at < now)
        if wanted.status != "open":
            found.append(of.status == literal_column("'open'"))  # what is closed or put off is late for nobody
    if wanted.kept_for_me:
        # A list made once: as a question about each row it moves the planner away from the few there are.
        kept: Any = func.array(kept_ids(me).scalar_subquery(), type_=ARRAY(Uuid()))
        found.append(of.id == any_(kept))
    if wanted.topic_ids is not None:
        given: Any = wanted.topic_ids
        one_of = given if isinstance(given, BindParameter) else literal(list(given), ARRAY(Uuid()))
        found.append(of.topic_ids.op("&&", is_comparison=True)(one_of))
    if wanted.label_ids is not None:
        bears = select(ConversationLabel.id).where(
            ConversationLabel.agency_id == of.agency_id,
            ConversationLabel.conversation_id == of.id,
            ConversationLabel.brand_id == of.brand_id,
            _among(ConversationLabel.label_id, wanted.label_ids, Uuid()),
        )
        found.append(bears.correlate(of).exists())
    if wanted.is_search:
        found.append(has_words(read_search(wanted.q, notes=wanted.with_notes), of))
    return found


def _may_be_none(values: Any) -> bool:
    """Whether NONE may be among the values; of those taken out nobody knows, unless there is but one."""
    return isinstance(values.type, ARRAY) if isinstance(values, BindParameter) else NONE in values


def _among(column: Any, values: Any, sort: Any) -> ColumnElement[bool]:
    """One value is compared, several are one list: the statement stays the same however many they are."""
    if isinstance(values, BindParameter):
        return cast("ColumnElement[bool]", column == (any_(values) if isinstance(values.type, ARRAY) else values))
    if isinstance(values, str):
        return cast("ColumnElement[bool]", column == values)
    if len(values) == 1:
        return cast("ColumnElement[bool]", column == values[0])
    return cast("ColumnElement[bool]", column == any_(literal(list(values), ARRAY(sort))))


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
