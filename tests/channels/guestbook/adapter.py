"""The guest book's grammar.

GET /entries lists all, newest first: {"entries": [{"id", "at", "by", "text", "answers"}]}; an answer is an entry with
"to". GET /entries/ID shows one, POST /entries/ID/answers takes {"text"}. A denial is 404 {"error": "gone"}. An event is
{"entry": {...}}.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from channels.capabilities import EventReading
from channels.errors import ChannelError, ItemGone, OutcomeUnknown, PlatformDown, RateLimited, TokenRevoked
from channels.items import Author, IncomingItem, Page, Presence, PublishedReply, ReadBack, SetAside
from channels.matching import check_sendable, may_be_ours
from channels.protocol import (
    Answer,
    ChannelTraits,
    ConnectedAccount,
    Exchange,
    ReplyLength,
    ReplyTarget,
    Request,
    TokenReference,
)
from channels.wire import (
    Unreadable,
    decode,
    identifier,
    instant,
    mapping,
    retry_after_seconds,
    rows,
    set_aside,
    short_text,
    text_of,
)

OURS = "the house"
TRAITS = ChannelTraits(
    platform="guestbook",  # type: ignore[arg-type]  # `Platform` names those the product ships
    label="Guest book",
    kinds=("comment",),
    scopes=("read", "answer"),
    reply_window=None,
    longest_reply=ReplyLength(500, "characters"),
    batch_size=1,
    addresses={"guestbook": "https://guestbook.example"},  # type: ignore[dict-item]  # as above, `Service`
)


class GuestbookAdapter:
    """One guest book."""

    traits = TRAITS

    def plan_poll(self, account: ConnectedAccount, cursor: str | None, *, now: datetime) -> list[Request]:
        return [self._get(account, "/entries")]

    def read_poll(
        self, account: ConnectedAccount, cursor: str | None, exchanges: Sequence[Exchange], *, now: datetime
    ) -> Page:
        items: list[IncomingItem] = []
        aside: list[SetAside] = []
        for entry in rows(_body(exchanges[0]).get("entries")):
            try:
                items.append(_item(entry))
            except Unreadable as why:
                aside.append(set_aside(entry, str(why)))
        return Page(tuple(items), tuple(aside), "{}", complete=True)

    def plan_precheck(self, account: ConnectedAccount, target: ReplyTarget) -> list[Request]:
        return []

    def read_precheck(
        self, account: ConnectedAccount, target: ReplyTarget, text: str, exchanges: Sequence[Exchange]
    ) -> PublishedReply | None:
        return None

    def publish_reply(self, account: ConnectedAccount, target: ReplyTarget, text: str) -> Request:
        check_sendable(text, TRAITS.longest_reply)
        path = f"/entries/{quote(target.external_id, safe='')}/answers"
        return Request(_SERVICE, "POST", path, json={"text": text}, token=_token(account))  # type: ignore[arg-type]

    def read_publish(self, account: ConnectedAccount, target: ReplyTarget, answer: Answer) -> PublishedReply:
        try:
            made = identifier(_told(answer).get("id"))
        except PlatformDown:
            made = None
        if made is None:
            raise OutcomeUnknown("no id in the answer")
        return PublishedReply(made, None, "published")

    def plan_find_our_reply(
        self, account: ConnectedAccount, target: ReplyTarget, text: str, *, sent_at: datetime
    ) -> list[Request]:
        return [self._get(account, "/entries")]

    def read_find_our_reply(
        self,
        account: ConnectedAccount,
        target: ReplyTarget,
        text: str,
        exchanges: Sequence[Exchange],
        *,
        sent_at: datetime,
    ) -> ReadBack:
        try:
            page = self.read_poll(account, None, exchanges, now=sent_at)
        except ChannelError as error:
            return ReadBack("cannot_tell", reason=error.code)
        if target.external_id not in {item.external_id for item in page.items}:
            return ReadBack("cannot_tell", reason="thread_gone")
        ours = tuple(
            item.external_id
            for item in page.items
            if item.from_us
            and item.parent_external_id == target.external_id
            and may_be_ours(item.text, item.created_at, text, sent_at)
        )
        return ReadBack("found", ours) if ours else ReadBack("absent")

    def plan_presence(self, account: ConnectedAccount, external_ids: Sequence[str]) -> list[Request]:
        asked = [self._get(account, f"/entries/{quote(one, safe='')}", ask="item", id=one) for one in external_ids]
        return [*asked, self._get(account, "/entries", ask="sibling")]

    def read_presence(self, account: ConnectedAccount, exchanges: Sequence[Exchange]) -> list[Presence]:
        *items, sibling = exchanges
        reads_well = isinstance(sibling.result, Answer) and sibling.result.status == 200
        found = []
        for one in items:
            status = one.result.status if isinstance(one.result, Answer) else 0
            state: Any = "there" if status == 200 else "gone" if status == 404 and reads_well else "unknown"
            found.append(Presence(one.request.purpose["id"], state))
        return found

    # --- it tells of new entries ---

    def read_event(self, account: ConnectedAccount, body: bytes, *, now: datetime) -> EventReading:
        try:
            told = mapping(decode(body)) or {}
            return EventReading("stored", (_item(told.get("entry")),))
        except Unreadable as why:
            return EventReading("unknown", reason=str(why))

    def read_event_answers(
        self, account: ConnectedAccount, body: bytes, exchanges: Sequence[Exchange], *, now: datetime
    ) -> EventReading:
        raise AssertionError("nothing is asked")

    def _get(self, account: ConnectedAccount, path: str, **purpose: str) -> Request:
        return Request(_SERVICE, "GET", path, token=_token(account), purpose=purpose)  # type: ignore[arg-type]


_SERVICE = "guestbook"


def _token(account: ConnectedAccount) -> TokenReference:
    return TokenReference("page", account.credential)


def _body(exchange: Exchange) -> dict[str, Any]:
    if isinstance(exchange.result, ChannelError):
        raise exchange.result
    return _told(exchange.result)


def _told(answer: Answer) -> dict[str, Any]:
    if answer.status == 429:
        raise RateLimited(retry_after_seconds(answer.headers) or 60, "account")
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):
        body = None
    if isinstance(body, dict) and answer.status == 401:
        raise TokenRevoked("revoked")
    if isinstance(body, dict) and answer.status == 404:
        raise ItemGone()
    if not isinstance(body, dict) or answer.status != 200:
        raise PlatformDown(str(answer.status))
    return body


def _item(value: Any) -> IncomingItem:
    entry = mapping(value)
    if entry is None:
        raise Unreadable("not an entry")
    external_id, written_at = identifier(entry.get("id")), instant(entry.get("at"))
    if external_id is None or written_at is None:
        raise Unreadable("no id or no time")
    text, truncated = text_of(entry.get("text"), field="text")
    parent, by = identifier(entry.get("to")), short_text(entry.get("by"))
    return IncomingItem(
        external_id=external_id,
        thread_external_id=parent or external_id,
        parent_external_id=parent,
        kind="comment",
        author=Author(by, by),
        text=text,
        created_at=written_at,
        updated_at=None,
        stars=None,
        permalink=None,
        from_us=by == OURS,
        truncated=truncated,
    )
