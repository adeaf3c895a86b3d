"""What the Facebook and the Instagram adapter do alike; each adds its own words. Pure."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime

from channels import deliveries, meta_events, meta_messages, meta_replies, meta_streams
from channels.capabilities import EventReading
from channels.comment_poll import Grammar
from channels.deliveries import Told
from channels.items import IncomingItem, Page, PostContext, Presence, PublishedReply, ReadBack, SetAside
from channels.matching import check_sendable
from channels.meta_requests import one_object
from channels.meta_streams import Stream
from channels.protocol import Answer, ChannelTraits, ConnectedAccount, Exchange, ReplyTarget, Request
from channels.wire import Json, Unreadable, set_aside


class MetaAdapter(ABC):
    """See `channels.protocol.ChannelAdapter` and the capabilities of `channels.capabilities` that it implements."""

    traits: ChannelTraits
    #: What is read of an account; the first one are the comments under its own posts.
    streams: tuple[Stream, ...]
    grammar: Grammar
    #: Fields of a thread's top that prove it reads, and how many replies the platform counts.
    thread_fields: str

    # --- the platform's own words ---

    @abstractmethod
    def reply_request(self, account: ConnectedAccount, target: ReplyTarget, text: str) -> Request:
        """The call that answers a comment or post in public."""

    @abstractmethod
    def read_change(self, account: ConnectedAccount, told: Told, now: datetime) -> EventReading:
        """One change that is no direct message. Raises `Unreadable`."""

    @abstractmethod
    def read_change_answers(
        self, account: ConnectedAccount, told: Told, exchanges: Sequence[Exchange], now: datetime
    ) -> EventReading:
        """Answers to what `read_change` asked. Raises `Unreadable` and `ChannelError`."""

    # --- polls ---

    def plan_poll(self, account: ConnectedAccount, cursor: str | None, *, now: datetime) -> list[Request]:
        return meta_streams.plan(self.streams, account, cursor, now)

    def read_poll(
        self, account: ConnectedAccount, cursor: str | None, exchanges: Sequence[Exchange], *, now: datetime
    ) -> Page:
        return meta_streams.read(self.streams, account, cursor, exchanges, now)

    # --- events ---

    def read_event(self, account: ConnectedAccount, body: bytes, *, now: datetime) -> EventReading:
        told = deliveries.told(body)
        if told is None:
            return meta_events.unknown("not a change")
        try:
            if told.kind in meta_messages.KINDS:
                return meta_messages.read(account, told, now)
            return self.read_change(account, told, now)
        except Unreadable as error:
            return EventReading("unknown", set_aside=(set_aside(told.value, str(error)),), reason=str(error))

    def read_event_answers(
        self, account: ConnectedAccount, body: bytes, exchanges: Sequence[Exchange], *, now: datetime
    ) -> EventReading:
        told = deliveries.told(body)
        if told is None:
            return meta_events.unknown("not a change")
        try:
            if told.kind in meta_messages.KINDS:
                return meta_messages.read_answers(account, told, exchanges, now)
            return self.read_change_answers(account, told, exchanges, now)
        except Unreadable as error:
            return EventReading("unknown", set_aside=(set_aside(told.value, str(error)),), reason=str(error))

    # --- answers ---

    def plan_precheck(self, account: ConnectedAccount, target: ReplyTarget) -> list[Request]:
        return []

    def read_precheck(
        self, account: ConnectedAccount, target: ReplyTarget, text: str, exchanges: Sequence[Exchange]
    ) -> PublishedReply | None:
        return None

    def publish_reply(self, account: ConnectedAccount, target: ReplyTarget, text: str) -> Request:
        check_sendable(text, self.traits.longest_reply)
        return self.reply_request(account, target, text)

    def read_publish(self, account: ConnectedAccount, target: ReplyTarget, answer: Answer) -> PublishedReply:
        return meta_replies.read_published(target, answer)

    def plan_find_our_reply(
        self, account: ConnectedAccount, target: ReplyTarget, text: str, *, sent_at: datetime
    ) -> list[Request]:
        thread = target.thread_external_id
        return [
            one_object(account, thread, self.thread_fields, {"ask": "thread"}),
            self.grammar.replies_request(account, thread, detail=0, after=None),
        ]

    def read_find_our_reply(
        self,
        account: ConnectedAccount,
        target: ReplyTarget,
        text: str,
        exchanges: Sequence[Exchange],
        *,
        sent_at: datetime,
    ) -> ReadBack:
        thread = target.thread_external_id
        post = PostContext(target.post_external_id or thread.split("_")[0], None, None, None, account.name)

        def read_reply(raw: Json) -> IncomingItem | SetAside:
            try:
                return self.grammar.read_comment(raw, account, post, thread)
            except Unreadable as error:
                return set_aside(raw, str(error))

        return meta_replies.read_find(target, text, exchanges, sent_at, read_reply)

    def plan_presence(self, account: ConnectedAccount, external_ids: Sequence[str]) -> list[Request]:
        """Messages are left out: what Instagram calls a deleted message may only be an older one."""
        items = [
            one_object(account, item, "id", {"ask": "item", "item": item})
            for item in external_ids
            if not meta_messages.looks_like_message(item)
        ]
        return [one_object(account, account.external_id, "id", {"ask": "sibling"}), *items]

    def read_presence(self, account: ConnectedAccount, exchanges: Sequence[Exchange]) -> list[Presence]:
        return meta_replies.read_presence(exchanges)
