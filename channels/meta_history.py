"""An account's past on Meta's platforms, newest first, a page of posts or conversations at a time. Pure.

The cursor also holds what is still to be asked beneath that page, so the reading may stop after any round and goes on
there. The platforms' cursors are short-lived: one that does not work any more sends its stream back to the beginning,
where everything is known already and costs calls only. Posts are said to come "ranked", so a stream ends at a page of
which every post is older than the horizon.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from channels import meta_graph
from channels.comment_poll import CommentReading, history_request
from channels.errors import ChannelError, ItemGone, Refused, TokenRevoked
from channels.items import Page
from channels.meta_conversations import ConversationReading, conversations
from channels.meta_requests import get
from channels.meta_streams import Stream
from channels.protocol import ConnectedAccount, Exchange, Request
from channels.wire import instant, mapping, rows, whole_number

AT_ONCE = 50
"""Calls of one round: what fits into one batch."""
MOST_PAGES = 2_000
"""Pages of comments under one post (100,000 comments): no bound but against a list that leads in a circle."""
_RESTARTS = 3
_TIMES = ("created_time", "timestamp", "updated_time")


class _Waiting(NamedTuple):
    """A call that is still to be made beneath the page at hand; without its token, which is never written down."""

    path: str
    params: dict[str, str]
    purpose: dict[str, str]


@dataclass(slots=True)
class _Place:
    """``stream`` counts those this account has; ``inner`` is the stream's own memory while a page of it is read.

    ``following`` is where the list goes on after that page, ``ends`` that nothing beyond it is within the horizon.
    """

    stream: int = 0
    after: str | None = None
    restarts: int = 0
    inner: str | None = None
    following: str | None = None
    ends: bool = False
    waiting: list[_Waiting] = field(default_factory=list)

    @classmethod
    def load(cls, cursor: str | None) -> _Place:
        try:
            raw = mapping(json.loads(cursor or "{}")) or {}
        except (ValueError, RecursionError):
            raw = {}

        def text(name: str) -> str | None:
            value = raw.get(name)
            return value if isinstance(value, str) and value else None

        return cls(
            min(99, whole_number(raw.get("stream")) or 0),
            text("after"),
            min(_RESTARTS, whole_number(raw.get("restarts")) or 0),
            text("inner"),
            text("following"),
            raw.get("ends") is True,
            _unpacked(raw.get("waiting")),
        )

    def dump(self) -> str:
        raw = {"stream": self.stream, "after": self.after, "restarts": self.restarts, "ends": self.ends}
        raw |= {"inner": self.inner, "following": self.following, "waiting": _packed(self.waiting)}
        return json.dumps(raw, separators=(",", ":"))

    def next_stream(self) -> None:
        self.stream, self.after, self.restarts = self.stream + 1, None, 0

    def turn_page(self) -> None:
        if self.ends or self.following is None:
            self.next_stream()
        else:
            self.after = self.following
        self.inner, self.following, self.ends = None, None, False

    def next_requests(self, account: ConnectedAccount) -> list[Request]:
        return [get(account, one.path, one.params, one.purpose) for one in self.waiting[:AT_ONCE]]


def plan(
    streams: Sequence[Stream], account: ConnectedAccount, cursor: str | None, horizon: datetime, now: datetime
) -> list[Request]:
    """The next round's requests; none when every stream is read."""
    place = _Place.load(cursor)
    if place.waiting:
        return place.next_requests(account)
    own = [stream for stream in streams if stream.allowed(account)]
    if place.stream >= len(own):
        return []
    reading = own[place.stream].reading
    if isinstance(reading, CommentReading):
        return [history_request(reading.grammar, account, now, place.after)]
    return [conversations(account, page=1, after=place.after)]


def read(
    streams: Sequence[Stream],
    account: ConnectedAccount,
    cursor: str | None,
    horizon: datetime,
    exchanges: Sequence[Exchange],
    now: datetime,
) -> Page:
    """One round; see `channels.capabilities.ReadsHistory`."""
    place = _Place.load(cursor)
    own = [stream for stream in streams if stream.allowed(account)]
    if place.stream >= len(own) or not exchanges:
        return Page((), (), place.dump(), complete=place.stream >= len(own))
    stream = own[place.stream]
    reading = stream.reading
    if isinstance(reading, ConversationReading):
        reading = ConversationReading(horizon)
    elif isinstance(reading, CommentReading):
        reading = replace(reading, most_pages=MOST_PAGES)
    try:
        page = reading.read(account, place.inner, exchanges, now)
    except ChannelError as error:
        if not _passes_over(error, first=place.stream == 0 and place.after is None):
            raise
        if place.after is not None and place.restarts < _RESTARTS:
            place = _Place(place.stream, None, place.restarts + 1)
        else:
            place = _Place(place.stream + 1)
        return Page((), (), place.dump(), complete=place.stream >= len(own))
    _note_place(place, exchanges, horizon)
    place.inner = page.next_cursor
    found = [_Waiting(asked.path, dict(asked.params), dict(asked.purpose)) for asked in page.more]
    place.waiting = place.waiting[len(exchanges) :] + found
    if not place.waiting:
        place.turn_page()
    return Page(
        items=tuple(item for item in page.items if item.kind != "message" or item.created_at >= horizon),
        set_aside=page.set_aside,
        next_cursor=place.dump(),
        complete=not place.waiting and place.stream >= len(own),
        more=tuple(place.next_requests(account)),
        trouble=page.trouble,
        usage_percent=page.usage_percent,
    )


def _note_place(place: _Place, exchanges: Sequence[Exchange], horizon: datetime) -> None:
    """Where the list goes on, and whether its page was the last within the horizon."""
    for exchange in exchanges:
        if exchange.request.purpose.get("ask") not in ("posts", "conversations"):
            continue
        if isinstance(exchange.result, ChannelError):
            continue
        try:
            body = meta_graph.read(exchange.result)
        except ChannelError:
            continue
        place.following = meta_graph.next_after(body)
        times = [instant((mapping(raw) or {}).get(name)) for raw in rows(body) for name in _TIMES]
        known = [at for at in times if at is not None]
        place.ends = bool(known) and max(known) < horizon


def _passes_over(error: ChannelError, *, first: bool) -> bool:
    """Whether a refusal is of one stream or one cursor. Of the very first call it is of the whole account."""
    denied = isinstance(error, TokenRevoked) and error.reason == "permission_missing"
    if isinstance(error, Refused) and error.platform_code == meta_graph.APP_UNPROVEN:
        return False
    return not first and (denied or isinstance(error, Refused | ItemGone))


def _packed(waiting: Sequence[_Waiting]) -> str:
    """Much alike and many (each comment of an Instagram page may have replies to ask for), so it is compressed."""
    if not waiting:
        return ""
    return base64.b64encode(zlib.compress(json.dumps(waiting).encode())).decode()


def _unpacked(packed: Any) -> list[_Waiting]:
    if not isinstance(packed, str) or not packed:
        return []
    try:
        raw = json.loads(zlib.decompress(base64.b64decode(packed, validate=True)))
        return [_Waiting(str(path), _texts(params), _texts(purpose)) for path, params, purpose in raw]
    except (binascii.Error, zlib.error, ValueError, TypeError, AttributeError, RecursionError):
        return []


def _texts(raw: dict[str, Any]) -> dict[str, str]:
    return {str(name): str(value) for name, value in raw.items()}
