"""Sending direct messages and private replies on both Meta platforms, and looking whether they arrived. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from channels import message_window, meta_conversations, meta_graph, meta_messages
from channels.errors import ChannelError, ItemGone, OutcomeUnknown, Refused
from channels.items import PublishedReply, ReadBack, person_of_thread, person_thread
from channels.matching import CLOCK_SLACK, check_sendable, may_be_ours, may_have_become
from channels.meta_requests import call, one_object
from channels.protocol import Answer, ConnectedAccount, Exchange, ReplyLength, ReplyTarget, Request
from channels.wire import Json, Unreadable, identifier, instant, mapping, rows, whole_number

#: Pages of a conversation, and conversations, that are read to find one message.
_MOST_PAGES = 10
_MOST_CONVERSATIONS = 25


def request(
    account: ConnectedAccount, target: ReplyTarget, text: str, *, longest: ReplyLength, now: datetime
) -> Request:
    """The call that sends a message or private reply. Raises `Refused` for a closed window or an impossible text."""
    check_sendable(text, longest)
    body: dict[str, Any]
    if target.deed == "private_reply":
        message_window.refuse_closed(message_window.private_reply_window(target.written_at, now))
        body = {"recipient": {"post_id" if _is_post(target) else "comment_id": target.external_id}}
    else:
        window = message_window.message_window(target.last_customer_at, now, target.written_by)
        message_window.refuse_closed(window)
        body = {"recipient": {"id": _person(target)}, "messaging_type": "RESPONSE"}
        if window.state == "human_agent":
            body |= {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    # ``me`` is the Page whose token it is, also for Instagram under Facebook Login.
    return call(account, "POST", meta_graph.path("me", "messages"), json={**body, "message": {"text": text}})


def read_sent(target: ReplyTarget, answer: Answer) -> PublishedReply:
    """The message's id and, after a private reply, the person: nothing else ties a comment to a conversation.

    Raises as `meta_graph.read`, and `OutcomeUnknown` where a success names no message.
    """
    body = meta_graph.read(answer, write=True)
    request_id = meta_graph.request_id_of(answer)
    mid, person = identifier(body.get("message_id")), identifier(body.get("recipient_id"))
    if mid is None:
        raise OutcomeUnknown("the answer names no message", request_id=request_id)
    thread = person_thread(person) if person else None
    return PublishedReply(mid, request_id, "published", thread)


def plan_find(account: ConnectedAccount, target: ReplyTarget) -> list[Request]:
    if target.deed != "private_reply":
        return [meta_conversations.conversations(account, page=1, after=None, person=_person(target))]
    if account.platform == "facebook" and not _is_post(target):
        fields = "id,can_reply_privately,private_reply_conversation{id}"
        return [one_object(account, target.external_id, fields, {"ask": "privately"})]
    return [meta_conversations.conversations(account, page=1, after=None)]


def read_find(
    account: ConnectedAccount, target: ReplyTarget, text: str, exchanges: Sequence[Exchange], sent_at: datetime
) -> ReadBack:
    """See `ChannelAdapter.read_find_our_reply`.

    "absent" takes a conversation that was read back to before the sending, or the platform's word that the comment has
    no private reply yet.
    """
    search = _Search(account, target, text, sent_at, {(e.request.path, _after(e)) for e in exchanges})
    for exchange in exchanges:
        search.read(exchange)
    if search.more:
        return ReadBack("cannot_tell", tuple(search.found), tuple(search.more))
    doubt = search.doubt or (None if search.proof else "thread_unread")
    if search.found:
        return ReadBack("found", tuple(search.found), reason=doubt, alike=tuple(search.alike))
    return ReadBack("cannot_tell", reason=doubt) if doubt else ReadBack("absent", alike=tuple(search.alike))


class _Search:
    def __init__(
        self, account: ConnectedAccount, target: ReplyTarget, text: str, sent_at: datetime, asked: set[tuple[str, str]]
    ) -> None:
        self.account, self.target, self.text, self.sent_at, self.asked = account, target, text, sent_at, asked
        self.found: dict[str, None] = {}
        self.alike: dict[str, None] = {}
        self.more: list[Request] = []
        self.doubt: str | None = None
        self.proof = False

    def read(self, exchange: Exchange) -> None:
        try:
            if isinstance(exchange.result, ChannelError):
                raise exchange.result
            body = meta_graph.read(exchange.result)
        except ItemGone:
            self.doubt = self.doubt or "thread_gone"
            return
        except ChannelError as error:
            self.doubt = self.doubt or error.code
            return
        ask = exchange.request.purpose.get("ask")
        if ask == "privately":
            self._read_comment(body)
        elif ask == "conversations":
            self._read_conversations(body)
        else:
            self._read_messages(exchange, body)

    def _read_comment(self, body: Json) -> None:
        conversation = identifier((mapping(body.get("private_reply_conversation")) or {}).get("id"))
        if conversation is not None:
            self._ask_messages(conversation, "")
        elif body.get("can_reply_privately") is True:
            self.proof = True
        else:
            self.doubt = self.doubt or "private_reply_unclear"

    def _read_conversations(self, body: Json) -> None:
        """For a private reply nobody knows whose conversation it is: those that moved since are searched."""
        earliest = self.sent_at - CLOCK_SLACK
        for raw in list(rows(body))[:_MOST_CONVERSATIONS]:
            conversation = mapping(raw) or {}
            conversation_id, moved_at = identifier(conversation.get("id")), instant(conversation.get("updated_time"))
            if conversation_id is not None and (
                self.target.deed == "message" or moved_at is None or moved_at >= earliest
            ):
                person = meta_messages.read_person(self.account, conversation)
                self._ask_messages(conversation_id, person.external_id or "" if person else "")
        if self.target.deed == "private_reply":
            self.doubt = self.doubt or "private_reply_unclear"

    def _ask_messages(self, conversation_id: str, person: str) -> None:
        purpose = {"person": person, "page": "1"}
        wanted = meta_conversations.messages(self.account, conversation_id, detail=2, after=None, purpose=purpose)
        if (wanted.path, "") not in self.asked:
            self.more.append(wanted)

    def _read_messages(self, exchange: Exchange, body: Json) -> None:
        person = exchange.request.purpose.get("person") or _other_person(self.target)
        oldest: datetime | None = None
        for raw in rows(body):
            try:
                item = meta_messages.read_message(mapping(raw) or {}, self.account, person)
            except Unreadable:
                self.doubt = self.doubt or "unreadable_reply"
                continue
            oldest = min(oldest or item.created_at, item.created_at)
            if item.from_us and may_be_ours(item.text, item.created_at, self.text, self.sent_at):
                self.found[item.external_id] = None
            elif item.from_us and may_have_become(item.text, item.created_at, self.text, self.sent_at):
                self.alike[item.external_id] = None
        after = meta_graph.next_after(body)
        reaches = after is None or (oldest is not None and oldest < self.sent_at - CLOCK_SLACK)
        if reaches:
            self.proof = True
            return
        page = whole_number(exchange.request.purpose.get("page")) or 1
        if self.account.platform == "instagram" or page >= _MOST_PAGES:
            self.doubt = self.doubt or "thread_too_long"  # older ones cannot be read there
        elif (exchange.request.path, after) not in self.asked:
            following = {**exchange.request.params, "after": str(after)}
            purpose = {**exchange.request.purpose, "page": str(page + 1)}
            self.more.append(replace(exchange.request, params=following, purpose=purpose))


def _is_post(target: ReplyTarget) -> bool:
    return target.kind == "post" and target.external_id == target.thread_external_id


def _after(exchange: Exchange) -> str:
    return exchange.request.params.get("after", "")


def _person(target: ReplyTarget) -> str:
    person = person_of_thread(target.thread_external_id)
    if not person:
        raise Refused("no_person", "This conversation is not one of direct messages, so there is nobody to write to.")
    return person


def _other_person(target: ReplyTarget) -> str:
    return person_of_thread(target.thread_external_id) or ""
