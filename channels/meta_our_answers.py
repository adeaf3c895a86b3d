"""Reading answers of our own again, comments and direct messages: whether they stand, and what they say. Pure.

A message that was taken back and one that is only too old to be shown are denied alike: Instagram shows the newest
twenty of a conversation. So what is denied is held against its conversation: gone is what older ones are shown without.
"""

from __future__ import annotations

from collections.abc import Sequence

from channels import meta_conversations, meta_graph
from channels.capabilities import OurAnswer, SeenAnswer
from channels.errors import ChannelError, ItemGone, Refused
from channels.matching import CLOCK_SLACK
from channels.meta_messages import looks_like_message
from channels.meta_requests import one_object
from channels.protocol import ConnectedAccount, Exchange, Request
from channels.wire import Json, Unreadable, identifier, instant, mapping, rows, text_of

_UNREAD = "thread_unread"
#: Why nobody can tell whether a message that is denied was taken back.
UNPROVEN = "message_denied"


def plan(account: ConnectedAccount, answers: Sequence[OurAnswer], fields: str) -> list[Request]:
    """An object that must be there, and each of the answers; the transport sends them 50 in one call."""
    asked = [one_object(account, account.external_id, "id", {"ask": "sibling"})]
    for answer in answers:
        is_message = looks_like_message(answer.external_id)
        wanted = "id,message,created_time" if is_message else fields
        asked.append(one_object(account, answer.external_id, wanted, {"ask": "own", "item": answer.key}))
        if is_message and answer.denied and answer.person:
            purpose = {"ask": "talk", "item": answer.key}
            asked.append(meta_conversations.newest_of(account, answer.person, purpose))
    return asked


def read(
    answers: Sequence[OurAnswer], exchanges: Sequence[Exchange], text_field: str, hidden_field: str
) -> list[SeenAnswer]:
    """See `channels.capabilities.ReadsOurAnswers`."""
    by_ask: dict[tuple[str, str], Exchange] = {}
    for exchange in exchanges:
        by_ask[exchange.request.purpose.get("ask", ""), exchange.request.purpose.get("item", "")] = exchange
    sibling_reads = _reads(by_ask.get(("sibling", "")))
    seen = []
    for answer in answers:
        own = by_ask.get(("own", answer.key))
        if looks_like_message(answer.external_id):
            one = _seen(answer.key, own, "message", "", denials=(ItemGone, Refused))
            if one.state == "gone":
                one = _of_denied_message(answer, by_ask.get(("talk", answer.key)))
        else:
            one = _seen(answer.key, own, text_field, hidden_field, denials=(ItemGone,))
        if one.state in ("gone", "denied") and not sibling_reads:
            one = SeenAnswer(answer.key, "unknown", reason=_UNREAD)
        seen.append(one)
    return seen


def _seen(
    key: str, exchange: Exchange | None, text_field: str, hidden_field: str, denials: tuple[type[ChannelError], ...]
) -> SeenAnswer:
    if exchange is None:
        return SeenAnswer(key, "unknown", reason=_UNREAD)
    try:
        body = _body(exchange)
        text, _ = text_of(body.get(text_field), field=text_field)
    except denials:
        return SeenAnswer(key, "gone")
    except (ChannelError, Unreadable) as error:
        return SeenAnswer(key, "unknown", reason=error.code if isinstance(error, ChannelError) else str(error))
    if body.get("id") is None:
        return SeenAnswer(key, "unknown", reason=_UNREAD)
    return SeenAnswer(key, "there", text, body.get(hidden_field) is True)


def _of_denied_message(answer: OurAnswer, talk: Exchange | None) -> SeenAnswer:
    if not answer.person or answer.published_at is None:
        return SeenAnswer(answer.key, "unknown", reason=UNPROVEN)
    if not answer.denied:
        return SeenAnswer(answer.key, "denied", reason=UNPROVEN)
    try:
        listed = [_body(talk)] if talk is not None else []
    except ChannelError:
        listed = []
    times = []
    for conversation in (mapping(one) or {} for body in listed for one in rows(body)):
        for raw in rows(conversation.get("messages")):
            message = mapping(raw) or {}
            if identifier(message.get("id")) == answer.external_id:
                return SeenAnswer(answer.key, "unknown", reason=UNPROVEN)
            at = instant(message.get("created_time"))
            if at is not None:
                times.append(at)
    reaches = bool(times) and min(times) < answer.published_at - CLOCK_SLACK
    return SeenAnswer(answer.key, "gone") if reaches else SeenAnswer(answer.key, "unknown", reason=UNPROVEN)


def _reads(exchange: Exchange | None) -> bool:
    try:
        return exchange is not None and _body(exchange).get("id") is not None
    except ChannelError:
        return False


def _body(exchange: Exchange) -> Json:
    if isinstance(exchange.result, ChannelError):
        raise exchange.result
    return meta_graph.read(exchange.result)
