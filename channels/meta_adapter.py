"""What the Facebook and the Instagram adapter do alike; each adds its own words. Pure."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from channels import (
    deliveries,
    meta_access,
    meta_conversations,
    meta_deeds,
    meta_events,
    meta_graph,
    meta_history,
    meta_messages,
    meta_our_answers,
    meta_replies,
    meta_requests,
    meta_sending,
    meta_streams,
)
from channels.capabilities import Access, DeedTarget, EventReading, OurAnswer, SeenAnswer, Subscription
from channels.comment_grammar import Grammar
from channels.deliveries import Told
from channels.errors import Refused
from channels.items import IncomingItem, Kind, Page, PostContext, Presence, PublishedReply, ReadBack, SetAside
from channels.matching import check_sendable
from channels.meta_streams import Stream
from channels.protocol import Answer, ChannelTraits, ConnectedAccount, Deed, Exchange, ReplyTarget, Request
from channels.wire import Json, Unreadable, set_aside
from tenants import clock


class MetaAdapter(ABC):
    """See `channels.protocol.ChannelAdapter` and the capabilities of `channels.capabilities` that it implements."""

    traits: ChannelTraits
    #: What is read of an account; the first one are the comments under its own posts.
    streams: tuple[Stream, ...]
    grammar: Grammar
    #: Fields of a thread's top that prove it reads, and how many replies the platform counts.
    thread_fields: str
    #: The fields of a comment that hold its words, and whether it is hidden.
    text_field: str
    hidden_field: str

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

    def plan_person(self, account: ConnectedAccount, person: str) -> Request:
        return meta_conversations.conversations(account, page=1, after=None, person=person)

    def read_person(self, account: ConnectedAccount, person: str, answer: Answer) -> str | None:
        return meta_conversations.read_name(account, person, answer)

    # --- answers ---

    def plan_precheck(self, account: ConnectedAccount, target: ReplyTarget) -> list[Request]:
        return []

    def read_precheck(
        self, account: ConnectedAccount, target: ReplyTarget, text: str, exchanges: Sequence[Exchange]
    ) -> PublishedReply | None:
        return None

    def publish_reply(self, account: ConnectedAccount, target: ReplyTarget, text: str) -> Request:
        """The call for ``target.deed``. Raises `Refused` for a text, a window or a deed that cannot be."""
        deed = self.deed_of(target)
        if deed not in self.traits.deeds or (target.kind == "message" and deed != "message"):
            raise Refused("unknown_deed", f"{self.traits.label} offers no such thing.")
        if deed in ("message", "private_reply"):
            assert self.traits.longest_message is not None
            now = target.sending_at or clock.now()
            return meta_sending.request(account, target, text, longest=self.traits.longest_message, now=now)
        if deed == "withdraw_reply":
            return meta_requests.call(account, "DELETE", meta_graph.path(meta_replies.our_comment(target)))
        check_sendable(text, self.traits.longest_reply)
        if deed == "edit_reply":
            path = meta_graph.path(meta_replies.our_comment(target))
            return meta_requests.call(account, "POST", path, form={"message": text})
        return self.reply_request(account, target, text)

    def read_publish(self, account: ConnectedAccount, target: ReplyTarget, answer: Answer) -> PublishedReply:
        deed = self.deed_of(target)
        if deed in ("message", "private_reply"):
            return meta_sending.read_sent(target, answer)
        if deed in ("edit_reply", "withdraw_reply"):
            return meta_replies.read_done(target, answer)
        return meta_replies.read_published(target, answer)

    def plan_find_our_reply(
        self, account: ConnectedAccount, target: ReplyTarget, text: str, *, sent_at: datetime
    ) -> list[Request]:
        deed = self.deed_of(target)
        if deed in ("message", "private_reply"):
            return meta_sending.plan_find(account, target)
        if deed in ("edit_reply", "withdraw_reply"):
            return meta_replies.plan_find_done(account, target, f"id,{self.text_field}")
        thread = target.thread_external_id
        fields = "id" if target.kind == "post" else self.thread_fields
        return [
            meta_requests.one_object(account, thread, fields, {"ask": "thread"}),
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
        deed = self.deed_of(target)
        if deed in ("message", "private_reply"):
            return meta_sending.read_find(account, target, text, exchanges, sent_at)
        if deed in ("edit_reply", "withdraw_reply"):
            return meta_replies.read_find_done(target, text, exchanges, self.text_field)
        thread = target.thread_external_id
        post = PostContext(target.post_external_id or thread.split("_")[0], None, None, None, account.name)
        if target.kind == "post":
            post = PostContext(thread, None, None, None)

        def read_reply(raw: Json) -> IncomingItem | SetAside:
            try:
                return self.grammar.read_comment(raw, account, post, thread)
            except Unreadable as error:
                return set_aside(raw, str(error))

        return meta_replies.read_find(target, text, exchanges, sent_at, read_reply)

    def plan_our_answers(self, account: ConnectedAccount, answers: Sequence[OurAnswer]) -> list[Request]:
        return meta_our_answers.plan(account, answers, f"id,{self.text_field},{self.hidden_field}")

    def read_our_answers(
        self, account: ConnectedAccount, answers: Sequence[OurAnswer], exchanges: Sequence[Exchange]
    ) -> list[SeenAnswer]:
        return meta_our_answers.read(answers, exchanges, self.text_field, self.hidden_field)

    @staticmethod
    def deed_of(target: ReplyTarget) -> Deed:
        """An answer to a direct message is a direct message."""
        return "message" if target.kind == "message" and target.deed == "reply" else target.deed

    # --- deeds ---

    def deeds_for(self, kind: Kind) -> frozenset[Deed]:
        table = meta_deeds.FACEBOOK if self.traits.platform == "facebook" else meta_deeds.INSTAGRAM
        return table.get(kind, frozenset())

    def plan_deed(self, account: ConnectedAccount, deed: Deed, item: DeedTarget) -> Request:
        return meta_deeds.plan(account, deed, item)

    def read_deed(self, account: ConnectedAccount, deed: Deed, item: DeedTarget, answer: Answer) -> None:
        meta_deeds.read(deed, answer)

    # --- standing ---

    def plan_subscription(self, account: ConnectedAccount) -> list[Request]:
        return meta_access.plan_subscription(account)

    def read_subscription(self, account: ConnectedAccount, exchanges: Sequence[Exchange]) -> Subscription:
        return meta_access.read_subscription(account, exchanges)

    def plan_subscribe(self, account: ConnectedAccount) -> list[Request]:
        return meta_access.plan_subscribe(account)

    def plan_access(self, account: ConnectedAccount) -> list[Request]:
        return meta_access.plan_access(account)

    def read_access(self, account: ConnectedAccount, exchanges: Sequence[Exchange], *, now: datetime) -> Access:
        told = meta_access.read_access(account, exchanges, now)
        needs = self.streams[0].needs
        if told.works and told.scopes and needs and not any(need <= told.scopes for need in needs):
            # The rest may live, but what everybody connects an account for cannot be read any more.
            return replace(told, works=False, problem="permission_missing")
        return told

    # --- history ---

    def plan_history(
        self, account: ConnectedAccount, cursor: str | None, horizon: datetime, *, now: datetime
    ) -> list[Request]:
        return meta_history.plan(self.streams, account, cursor, horizon, now)

    def read_history(
        self,
        account: ConnectedAccount,
        cursor: str | None,
        horizon: datetime,
        exchanges: Sequence[Exchange],
        *,
        now: datetime,
    ) -> Page:
        return meta_history.read(self.streams, account, cursor, horizon, exchanges, now)

    # --- presence ---

    def plan_presence(self, account: ConnectedAccount, external_ids: Sequence[str]) -> list[Request]:
        """Messages are left out: what Instagram calls a deleted message may only be an older one."""
        items = [
            meta_requests.one_object(account, item, "id", {"ask": "item", "item": item})
            for item in external_ids
            if not meta_messages.looks_like_message(item)
        ]
        return [meta_requests.one_object(account, account.external_id, "id", {"ask": "sibling"}), *items]

    def read_presence(self, account: ConnectedAccount, exchanges: Sequence[Exchange]) -> list[Presence]:
        return meta_replies.read_presence(exchanges)
