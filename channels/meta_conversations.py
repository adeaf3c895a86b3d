"""Polling direct messages of both Meta platforms. Pure.

An idle poll is one lean call: the newest conversations with their times. Of those that moved, the messages are read;
newest first, until what is known begins. Lists are read on while they hold anything new or do not come in the order
that is expected (it is documented nowhere). Absence from these lists says nothing: Instagram shows 20 messages of a
conversation, and conversations that rest disappear.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise
from typing import Any

from channels import meta_graph, meta_messages
from channels.errors import ChannelError, ItemGone, Refused
from channels.items import IncomingItem, Page, SetAside
from channels.matching import CLOCK_SLACK
from channels.meta_requests import get, paged
from channels.poll_memory import OVERLAP
from channels.protocol import Answer, ConnectedAccount, Exchange, Request
from channels.wire import Json, Unreadable, identifier, instant, mapping, rows, set_aside, whole_number

#: Conversations in one page. Their times are remembered for four pages' worth.
_CONVERSATIONS = 25
_KEPT = 100
#: Instagram lets the 20 newest messages of a conversation be read and answers with an error for older ones.
_MESSAGES = {"instagram": 20, "facebook": 50}
#: Pages of conversations in the first poll, and in any other; older ones are history's to read.
FIRST_LOOK_PAGES = 4
_MOST_PAGES = 40
_MOST_MESSAGE_PAGES = 20
#: Of one conversation's past (100,000 messages): no bound but against a list that leads in a circle.
_MOST_PAST_PAGES = 2_000
_LEAST_DETAIL = 2


@dataclass(slots=True)
class _Memory:
    """``known``: when each of the newest conversations last moved. ``run``: the poll in progress."""

    seen: datetime | None = None
    known: dict[str, str] = field(default_factory=dict)
    detail: int = 0
    newest: datetime | None = None
    met: dict[str, str] = field(default_factory=dict)
    failed: bool = False

    @classmethod
    def load(cls, cursor: str | None) -> _Memory:
        try:
            raw = mapping(json.loads(cursor or "{}")) or {}
        except (ValueError, RecursionError):
            raw = {}
        return cls(
            seen=instant(raw.get("seen")),
            known=_stamps(raw.get("known")),
            detail=min(_LEAST_DETAIL, whole_number(raw.get("detail")) or 0),
            newest=instant(raw.get("newest")),
            met=_stamps(raw.get("met")),
            failed=raw.get("failed") is True,
        )

    def dump(self) -> str:
        raw: dict[str, Any] = {"seen": self.seen.isoformat() if self.seen else None, "known": self.known}
        raw["detail"] = self.detail
        if self.newest is not None:
            raw |= {"newest": self.newest.isoformat(), "met": self.met, "failed": self.failed}
        return json.dumps(raw, separators=(",", ":"))

    def finish(self) -> None:
        """A failed run moves nothing, so that the next one finds the same again."""
        if not self.failed and self.newest is not None:
            self.seen = max(self.newest, self.seen) if self.seen else self.newest
            self.known = dict(list({**self.known, **self.met}.items())[-_KEPT:])
        self.newest, self.met, self.failed = None, {}, False


@dataclass(frozen=True)
class ConversationReading:
    """`channels.meta_streams.Reading` of direct messages.

    With a ``horizon``: of history, where each conversation is read down to it, and the caller turns the pages.
    """

    horizon: datetime | None = None

    def plan(
        self, account: ConnectedAccount, cursor: str | None, now: datetime, *, deep: bool = False
    ) -> list[Request]:
        return [conversations(account, page=1, after=None)]

    def wants_deep(self, account: ConnectedAccount, cursor: str | None, now: datetime) -> bool:
        return False

    def read(self, account: ConnectedAccount, cursor: str | None, exchanges: Sequence[Exchange], now: datetime) -> Page:
        work = _Round(account, _Memory.load(cursor), now, self.horizon)
        if any(e.request.purpose.get("ask") == "conversations" and _page_of(e) == 1 for e in exchanges):
            work.memory.newest, work.memory.met, work.memory.failed = None, {}, False
        usage = []
        for exchange in exchanges:
            if not isinstance(exchange.result, ChannelError):
                usage.append(meta_graph.usage_percent(exchange.result) or 0)
            if exchange.request.purpose.get("ask") == "conversations":
                work.read_conversations(exchange)
            else:
                work.read_messages(exchange)
        failed = work.memory.failed
        if not work.more:
            work.memory.finish()
        return Page(
            items=tuple(work.items.values()),
            set_aside=tuple(work.aside),
            next_cursor=work.memory.dump(),
            complete=not work.more and not failed,
            more=tuple(work.more),
            trouble=tuple(work.trouble),
            usage_percent=max(usage, default=None),
        )


def conversations(account: ConnectedAccount, *, page: int, after: str | None, person: str | None = None) -> Request:
    """``me`` is the Page whose token it is, also for Instagram under Facebook Login."""
    platform = "instagram" if account.platform == "instagram" else "messenger"
    narrowed = {"user_id": person} if person else {}
    params = {"platform": platform, **narrowed} | paged("id,updated_time,participants", _CONVERSATIONS, after)
    return get(account, meta_graph.path("me", "conversations"), params, {"ask": "conversations", "page": str(page)})


def newest_of(account: ConnectedAccount, person: str, purpose: Mapping[str, str]) -> Request:
    """The conversation with a person, with the names and times of its newest messages, in one call."""
    plain = conversations(account, page=1, after=None, person=person)
    fields = f"id,messages.limit({_MESSAGES[account.platform]}){{id,created_time}}"
    return replace(plain, params={**plain.params, "fields": fields}, purpose=purpose)


def messages(
    account: ConnectedAccount, conversation_id: str, *, detail: int, after: str | None, purpose: dict[str, str]
) -> Request:
    params = paged(meta_messages.fields_of(account, detail=detail), _MESSAGES[account.platform], after)
    return get(account, meta_graph.path(conversation_id, "messages"), params, {"ask": "messages", **purpose})


def read_name(account: ConnectedAccount, person: str, answer: Answer) -> str | None:
    """How a list of conversations with ``person`` names them. Raises a `ChannelError`."""
    people = (meta_messages.read_person(account, mapping(raw) or {}) for raw in rows(meta_graph.read(answer)))
    return next((one.name for one in people if one is not None and one.external_id == person and one.name), None)


@dataclass
class _Round:
    account: ConnectedAccount
    memory: _Memory
    now: datetime
    horizon: datetime | None = None
    items: dict[str, IncomingItem] = field(default_factory=dict)
    aside: list[SetAside] = field(default_factory=list)
    more: list[Request] = field(default_factory=list)
    trouble: list[ChannelError] = field(default_factory=list)

    def read_conversations(self, exchange: Exchange) -> None:
        page = _page_of(exchange)
        try:
            if isinstance(exchange.result, ChannelError):
                raise exchange.result
            body = meta_graph.read(exchange.result)
        except ChannelError as error:
            if page == 1:
                raise
            self.fail(error)
            return
        moved = False
        times: list[datetime] = []
        for raw in rows(body):
            conversation = mapping(raw) or {}
            updated_at = instant(conversation.get("updated_time"))
            if updated_at is not None:
                times.append(updated_at)
            moved = self.read_conversation(raw, conversation, updated_at) or moved
        after = meta_graph.next_after(body)
        ordered = all(newer >= older for newer, older in pairwise(times))
        limit = FIRST_LOOK_PAGES if self.memory.seen is None else _MOST_PAGES
        if self.horizon is None and after is not None and page < limit and (moved or not ordered or not times):
            self.more.append(conversations(self.account, page=page + 1, after=after))

    def read_conversation(self, raw: Any, conversation: Json, updated_at: datetime | None) -> bool:
        """Asks for the messages of a conversation that moved; True when it did."""
        conversation_id = identifier(conversation.get("id"))
        if conversation_id is None:
            self.aside.append(set_aside(raw, "a conversation without a usable id"))
            return False
        stamp = updated_at.isoformat() if updated_at else ""
        known = self.memory.known.get(conversation_id)
        if updated_at is None or self.now - updated_at > CLOCK_SLACK:
            self.memory.met[conversation_id] = stamp  # within the same second another message may follow
        if updated_at is not None:
            self.memory.newest = max(self.memory.newest or updated_at, min(updated_at, self.now))
        since = self.memory.seen - OVERLAP if self.memory.seen else None
        if self.horizon is not None:
            known, since = None, self.horizon
        if (stamp and known == stamp) or (since is not None and updated_at is not None and updated_at < since):
            return False
        person = meta_messages.read_person(self.account, conversation)
        if person is None or person.external_id is None:
            self.aside.append(set_aside(raw, "a conversation without a person", conversation_id))
            return True
        read_to = instant(known) if known else since
        purpose = {"person": person.external_id, "page": "1", "since": read_to.isoformat() if read_to else ""}
        self.more.append(
            messages(self.account, conversation_id, detail=self.memory.detail, after=None, purpose=purpose)
        )
        return True

    def read_messages(self, exchange: Exchange) -> None:
        asked = exchange.request.purpose
        try:
            if isinstance(exchange.result, ChannelError):
                raise exchange.result
            body = meta_graph.read(exchange.result)
        except ChannelError as error:
            answer = exchange.result
            least = meta_messages.fields_of(self.account, detail=_LEAST_DETAIL)
            asked_more = exchange.request.params.get("fields") != least
            if asked_more and not isinstance(answer, ChannelError) and meta_graph.wants_less(answer.body):
                params, purpose = {**exchange.request.params, "fields": least}, {**asked, "less": "1"}
                self.more.append(replace(exchange.request, params=params, purpose=purpose))
            elif isinstance(error, Refused):  # one thread the platform will not show must not hold up all others
                self.aside.append(set_aside(dict(asked), f"messages are not shown ({error.platform_code})"))
            elif not isinstance(error, ItemGone):
                self.fail(error)
            return
        if asked.get("less"):
            self.memory.detail = _LEAST_DETAIL
        since = instant(asked.get("since")) if asked.get("since") else None
        oldest: datetime | None = None
        for raw in rows(body):
            item = self.read_message(raw, asked["person"])
            if item is not None:
                oldest = min(oldest or item.created_at, item.created_at)
        after, page = meta_graph.next_after(body), _page_of(exchange)
        reaches = since is not None and oldest is not None and oldest < since - OVERLAP
        # Messages from before the first poll are history's to read.
        if after is None or reaches or since is None or self.account.platform == "instagram":
            return
        if page < (_MOST_MESSAGE_PAGES if self.horizon is None else _MOST_PAST_PAGES):
            purpose = {**asked, "page": str(page + 1)}
            self.more.append(
                replace(exchange.request, params={**exchange.request.params, "after": after}, purpose=purpose)
            )

    def read_message(self, raw: Any, person: str) -> IncomingItem | None:
        message = mapping(raw)
        try:
            if message is None:
                raise Unreadable("not an object")
            item = meta_messages.read_message(message, self.account, person)
        except Unreadable as error:
            self.aside.append(set_aside(raw, str(error), identifier((message or {}).get("id"))))
            return None
        self.items[item.external_id] = item
        return item

    def fail(self, error: ChannelError) -> None:
        self.memory.failed = True
        self.trouble.append(error)


def _page_of(exchange: Exchange) -> int:
    return whole_number(exchange.request.purpose.get("page")) or 1


def _stamps(value: Any) -> dict[str, str]:
    found = ((identifier(key), stamp) for key, stamp in (mapping(value) or {}).items())
    return {key: stamp for key, stamp in found if key is not None and isinstance(stamp, str)}
