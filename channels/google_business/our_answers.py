"""Reading answers of ours to reviews again: whether they stand, what they say, and what moderation decided. Pure.

An answer has no address of its own, so its review is read; none tells of several reviews chosen by name.
"""

from __future__ import annotations

from collections.abc import Sequence

from channels.capabilities import OurAnswer, SeenAnswer
from channels.errors import ChannelError, ItemGone
from channels.google_business import parse, requests
from channels.google_business.review_poll import body_of, sibling
from channels.protocol import ConnectedAccount, Exchange, Request
from channels.wire import Unreadable


class OurAnswers:
    """See `channels.capabilities.ReadsOurAnswers`."""

    def plan_our_answers(self, account: ConnectedAccount, answers: Sequence[OurAnswer]) -> list[Request]:
        """Each review, and the location's list beside them: Google answers 404 at random."""
        return [
            sibling(account),
            *(
                requests.review(account, answer.answered_external_id, {"ask": "own", "item": answer.key})
                for answer in answers
            ),
        ]

    def read_our_answers(
        self, account: ConnectedAccount, answers: Sequence[OurAnswer], exchanges: Sequence[Exchange]
    ) -> list[SeenAnswer]:
        by_key = {e.request.purpose["item"]: e for e in exchanges if e.request.purpose.get("ask") == "own"}
        sibling_reads = any(_reads(e) for e in exchanges if e.request.purpose.get("ask") != "own")
        return [_seen(answer.key, by_key[answer.key], sibling_reads) for answer in answers]


def _reads(exchange: Exchange) -> bool:
    try:
        body_of(exchange)
    except ChannelError:
        return False
    return True


def _seen(key: str, exchange: Exchange, sibling_reads: bool) -> SeenAnswer:
    try:
        reply = parse.read_review(body_of(exchange)).reply
    except ItemGone:
        return SeenAnswer(key, "gone_along") if sibling_reads else SeenAnswer(key, "unknown", reason="location_unread")
    except (ChannelError, Unreadable) as error:
        return SeenAnswer(key, "unknown", reason=error.code if isinstance(error, ChannelError) else str(error))
    if reply is None:
        return SeenAnswer(key, "gone")
    return SeenAnswer(key, "there", reply.text, moderation=reply.state, violation=reply.violation)
