"""Reading comments of our own again: whether they stand, hidden or not, and what they say. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from channels import meta_graph
from channels.capabilities import OurAnswer, SeenAnswer
from channels.errors import ChannelError, ItemGone
from channels.meta_requests import one_object
from channels.protocol import ConnectedAccount, Exchange, Request
from channels.wire import Unreadable, text_of


def plan(account: ConnectedAccount, answers: Sequence[OurAnswer], fields: str) -> list[Request]:
    """An object that must be there, and each of the answers; the transport sends them 50 in one call."""
    return [
        one_object(account, account.external_id, "id", {"ask": "sibling"}),
        *(one_object(account, answer.external_id, fields, {"ask": "own", "item": answer.key}) for answer in answers),
    ]


def read(
    answers: Sequence[OurAnswer], exchanges: Sequence[Exchange], text_field: str, hidden_field: str
) -> list[SeenAnswer]:
    """See `channels.capabilities.ReadsOurAnswers`."""
    found: dict[str, SeenAnswer] = {}
    sibling_reads = False
    for exchange in exchanges:
        key = exchange.request.purpose.get("item", "")
        is_sibling = exchange.request.purpose.get("ask") == "sibling"
        try:
            if isinstance(exchange.result, ChannelError):
                raise exchange.result
            body = meta_graph.read(exchange.result)
            if is_sibling:
                sibling_reads = body.get("id") is not None
                continue
            text, _ = text_of(body.get(text_field), field=text_field)
        except ItemGone:
            if not is_sibling:
                found[key] = SeenAnswer(key, "gone")
        except (ChannelError, Unreadable) as error:
            if not is_sibling:
                reason = error.code if isinstance(error, ChannelError) else str(error)
                found[key] = SeenAnswer(key, "unknown", reason=reason)
        else:
            if body.get("id") is None:
                found[key] = SeenAnswer(key, "unknown", reason="thread_unread")
            else:
                found[key] = SeenAnswer(key, "there", text, body.get(hidden_field) is True)
    unread = SeenAnswer("", "unknown", reason="thread_unread")
    seen = []
    for answer in answers:
        one = found.get(answer.key, unread)
        if one.state == "gone" and not sibling_reads:
            one = unread
        seen.append(one if one.key else SeenAnswer(answer.key, one.state, reason=one.reason))
    return seen
