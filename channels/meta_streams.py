"""Several streams of one account in one poll: what is read each time, and what is looked at now and then. Pure.

The first stream (comments under the account's own posts) is asked in every poll; the others each have a rhythm of their
own, slow while events arrive, so that an idle account costs one call. The cursor is one JSON object that holds a place
for each stream.

One stream's trouble does not stop the others. A side stream that the platform refuses (a permission or an edge is
missing) rests for a day instead of failing the account; what is granted and lost is `channels.capabilities`
`ChecksAccess`'s to say.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from channels.errors import ChannelError, ItemGone, Refused, TokenRevoked
from channels.health import OPERATOR_WORDS
from channels.items import IncomingItem, Kind, Page
from channels.protocol import ConnectedAccount, Exchange, Request
from channels.wire import identifier, instant, mapping

#: A refused stream is asked again after a day: a permission granted meanwhile is then noticed.
REST = timedelta(days=1)
_VERSION = 2


class Reading(Protocol):
    """How one stream is read; ``deep`` asks for everything, to the last comment."""

    def plan(self, account: ConnectedAccount, cursor: str | None, now: datetime, *, deep: bool) -> list[Request]: ...

    def read(
        self, account: ConnectedAccount, cursor: str | None, exchanges: Sequence[Exchange], now: datetime
    ) -> Page: ...

    def wants_deep(self, account: ConnectedAccount, cursor: str | None, now: datetime) -> bool: ...


@dataclass(frozen=True)
class Stream:
    """``needs``: alternatives of permissions, one of which must be granted; none: always allowed.

    ``live`` and ``deaf`` are its rhythm while events arrive and while they do not; no rhythm: in every poll. ``sweeps``
    is the kind of item whose absence a deep reading of this stream shows, None where it never lists everything.
    ``serves`` says for which accounts it exists at all.
    """

    name: str
    reading: Reading
    needs: tuple[frozenset[str], ...] = ()
    live: timedelta | None = None
    deaf: timedelta | None = None
    sweeps: Kind | None = None
    serves: Callable[[ConnectedAccount], bool] = lambda account: True

    def allowed(self, account: ConnectedAccount) -> bool:
        known = account.scopes
        granted = not self.needs or not known or any(need <= known for need in self.needs)
        return granted and self.serves(account)


@dataclass
class _Memory:
    places: dict[str, str] = field(default_factory=dict)
    asked_at: dict[str, datetime] = field(default_factory=dict)
    rests_until: dict[str, datetime] = field(default_factory=dict)
    swept: set[str] = field(default_factory=set)
    failed: bool = False

    @classmethod
    def load(cls, cursor: str | None, first: str) -> _Memory:
        """A cursor of before there were streams belongs to the first one; a damaged one is an empty memory."""
        try:
            raw = mapping(json.loads(cursor or "{}")) or {}
        except (ValueError, RecursionError):
            raw = {}
        if raw.get("v") == 1:
            return cls({first: cursor or ""})
        if raw.get("v") != _VERSION:
            return cls()
        memory = cls(failed=raw.get("failed") is True)
        for name, place in (mapping(raw.get("streams")) or {}).items():
            if mapping(place) is not None and identifier(name) is not None:
                memory.places[name] = json.dumps(place, separators=(",", ":"))
        memory.asked_at = _times(raw.get("asked_at"))
        memory.rests_until = _times(raw.get("rests_until"))
        swept = raw.get("swept")
        memory.swept = {name for name in swept if isinstance(name, str)} if isinstance(swept, list) else set()
        return memory

    def dump(self) -> str:
        raw: dict[str, Any] = {
            "v": _VERSION,
            "streams": {name: json.loads(place) for name, place in self.places.items()},
            "asked_at": {name: at.isoformat() for name, at in self.asked_at.items()},
        }
        if self.rests_until:
            raw["rests_until"] = {name: at.isoformat() for name, at in self.rests_until.items()}
        if self.swept:
            raw["swept"] = sorted(self.swept)
        if self.failed:
            raw["failed"] = True
        return json.dumps(raw, separators=(",", ":"))


def plan(streams: Sequence[Stream], account: ConnectedAccount, cursor: str | None, now: datetime) -> list[Request]:
    """The first round. Once a day every stream that shows deletions is read to its end in the same poll."""
    memory = _Memory.load(cursor, streams[0].name)
    awake = [one for one in streams if one.allowed(account) and memory.rests_until.get(one.name, now) <= now]
    deep = any(one.reading.wants_deep(account, memory.places.get(one.name), now) for one in awake[:1])
    requests: list[Request] = []
    for stream in awake:
        whole = deep and stream.sweeps is not None
        if whole or _is_due(stream, account, memory, now):
            place = memory.places.get(stream.name)
            for request in stream.reading.plan(account, place, now, deep=whole):
                requests.append(_marked(request, stream, first=True))
    return requests


def read(
    streams: Sequence[Stream],
    account: ConnectedAccount,
    cursor: str | None,
    exchanges: Sequence[Exchange],
    now: datetime,
) -> Page:
    """Reads one round. Raises the error of the first stream's first request."""
    memory = _Memory.load(cursor, streams[0].name)
    own: dict[str, list[Exchange]] = {}
    for exchange in exchanges:
        own.setdefault(exchange.request.purpose.get("stream", streams[0].name), []).append(exchange)
    if any(exchange.request.purpose.get("first") for exchange in exchanges):
        memory.swept, memory.failed = set(), False
    pages: list[Page] = []
    trouble: list[ChannelError] = []
    more: list[Request] = []
    for stream in streams:
        if stream.name not in own:
            continue
        try:
            page = stream.reading.read(account, memory.places.get(stream.name), own[stream.name], now)
        except ChannelError as error:
            if stream is streams[0]:
                raise
            memory.failed = True
            if _rests(error):
                memory.rests_until[stream.name] = now + REST
            else:
                trouble.append(error)
            continue
        memory.places[stream.name] = page.next_cursor
        if stream.live is not None and not page.trouble:  # what failed in part is asked again in the next poll
            memory.asked_at[stream.name] = now
        memory.rests_until.pop(stream.name, None)
        pages.append(page)
        trouble += page.trouble
        more += [_marked(request, stream, first=False) for request in page.more]
        if page.full_sweep:
            memory.swept.add(stream.name)
    memory.failed = memory.failed or bool(trouble)
    swept = _swept(streams, account, memory) if not more else frozenset()
    complete = not more and not memory.failed
    if not more:
        memory.swept, memory.failed = set(), False
    return Page(
        items=_merged(pages),
        set_aside=tuple(aside for page in pages for aside in page.set_aside),
        next_cursor=memory.dump(),
        complete=complete,
        more=tuple(more),
        trouble=tuple(trouble),
        full_sweep=bool(swept),
        usage_percent=max((p.usage_percent for p in pages if p.usage_percent is not None), default=None),
        swept_kinds=swept,
        resting=tuple(sorted(memory.rests_until)),
    )


def place_of(cursor: str | None, stream: str, first: str) -> str | None:
    """One stream's own cursor, for whoever looks at it alone."""
    return _Memory.load(cursor, first).places.get(stream)


def _is_due(stream: Stream, account: ConnectedAccount, memory: _Memory, now: datetime) -> bool:
    pause = stream.live if account.events_live else stream.deaf
    asked_at = memory.asked_at.get(stream.name)
    return pause is None or asked_at is None or now - asked_at >= pause


def _rests(error: ChannelError) -> bool:
    if isinstance(error, Refused) and error.platform_code in OPERATOR_WORDS:
        return False
    denied = isinstance(error, TokenRevoked) and error.reason == "permission_missing"
    return denied or isinstance(error, Refused | ItemGone) or isinstance(error.__cause__, ItemGone)


def _swept(streams: Sequence[Stream], account: ConnectedAccount, memory: _Memory) -> frozenset[Kind]:
    """Kinds of which every stream that can be read was read to its end.

    One that rests, or may not be asked, hides no deletion for good: what is missed is asked after by its id
    (`ChannelAdapter.plan_presence`), and that alone decides.
    """
    found: dict[Kind, bool] = {}
    for stream in streams:
        if stream.sweeps is not None and stream.allowed(account) and stream.name not in memory.rests_until:
            found[stream.sweeps] = found.get(stream.sweeps, True) and stream.name in memory.swept
    return frozenset(kind for kind, whole in found.items() if whole)


def _merged(pages: Sequence[Page]) -> tuple[IncomingItem, ...]:
    """Items of all streams; what two of them show counts once, as the first one shows it."""
    found: dict[str, IncomingItem] = {}
    for page in pages:
        for item in page.items:
            found.setdefault(item.external_id, item)
    return tuple(found.values())


def _marked(request: Request, stream: Stream, *, first: bool) -> Request:
    return replace(request, purpose={**request.purpose, "stream": stream.name} | ({"first": "1"} if first else {}))


def _times(value: Any) -> dict[str, datetime]:
    found = ((name, instant(at)) for name, at in (mapping(value) or {}).items() if isinstance(name, str))
    return {name: at for name, at in found if at is not None}
