"""The one answer a review may have: written, changed, taken back, and never in another's place. Pure.

Google keeps one answer per review, names no author of it and overwrites without asking. So its words alone tell ours
from another's, and every write is preceded by a read.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from channels.errors import ChannelError, ItemGone, OutcomeUnknown, PlatformDown, Refused, TargetChanged
from channels.google_business import parse, requests, status
from channels.google_business.review_poll import body_of
from channels.items import IncomingItem, OwnReply, PublishedReply, ReadBack
from channels.matching import CLOCK_SLACK, check_sendable, same_text
from channels.protocol import Answer, ConnectedAccount, Deed, Exchange, ReplyLength, ReplyTarget, Request
from channels.wire import Unreadable

LONGEST_REPLY = ReplyLength(4_096, "bytes")
DEEDS: frozenset[Deed] = frozenset({"reply", "edit_reply", "withdraw_reply"})
#: Milliseconds on the wire, microseconds in the database.
_SAME_MOMENT = timedelta(milliseconds=1)


class Replies:
    """The writing half of `channels.protocol.ChannelAdapter`."""

    def plan_precheck(self, account: ConnectedAccount, target: ReplyTarget) -> list[Request]:
        return [requests.review(account, target.external_id, {"ask": "review"})]

    def read_precheck(
        self, account: ConnectedAccount, target: ReplyTarget, text: str, exchanges: Sequence[Exchange]
    ) -> PublishedReply | None:
        """A rejected answer may be replaced by a new one; a change or a withdrawal touches our own words only.

        A `PublishedReply` says that the deed is done already: these words stand, or for a withdrawal none do.
        """
        item = _review(exchanges)
        standing = item.reply
        if target.deed == "withdraw_reply":
            if standing is None:
                return PublishedReply(target.external_id, None, "published")
            if not _is_ours(standing, target):
                raise TargetChanged("answered_elsewhere", seen=item)
            return None
        if standing is not None and same_text(standing.text, text) and standing.state != "rejected":
            return PublishedReply(target.external_id, None, standing.state)
        if target.deed == "edit_reply":
            if standing is None:
                raise ItemGone()
            if not _is_ours(standing, target) and not same_text(standing.text, text):
                raise TargetChanged("answered_elsewhere", seen=item)
        elif standing is not None and standing.state != "rejected":
            raise TargetChanged("answered_elsewhere", seen=item)
        seen, current = target.seen_updated_at, item.updated_at
        if seen is not None and current is not None and current - seen >= _SAME_MOMENT:
            raise TargetChanged("edited", seen=item)
        return None

    def publish_reply(self, account: ConnectedAccount, target: ReplyTarget, text: str) -> Request:
        if target.deed not in DEEDS:
            raise Refused("unknown_deed", "A review can only be answered, and the answer changed or withdrawn.")
        if target.deed == "withdraw_reply":
            return requests.no_reply(account, target.external_id)
        check_sendable(text, LONGEST_REPLY)
        return requests.reply(account, target.external_id, text)

    def read_publish(self, account: ConnectedAccount, target: ReplyTarget, answer: Answer) -> PublishedReply:
        """Accepted is not visible: Google moderates, so the state is "pending" until a later read says more."""
        if target.deed == "withdraw_reply":
            try:
                status.read(answer, write=True)
            except ItemGone as error:
                # No answer, no review, or one of Google's stray 404s: only looking tells.
                raise OutcomeUnknown("there was nothing to take back") from error
            return PublishedReply(target.external_id, None, "published")
        body = status.read(answer, write=True)
        reply = parse.read_reply(body)
        if reply is None:
            raise OutcomeUnknown("the answer does not repeat the reply")
        word = body.get("reviewReplyState")
        stated = isinstance(word, str) and word in parse.REPLY_STATES
        return PublishedReply(target.external_id, None, reply.state if stated else "pending", repeated=reply.text)

    def plan_find_our_reply(
        self, account: ConnectedAccount, target: ReplyTarget, text: str, *, sent_at: datetime
    ) -> list[Request]:
        return [requests.review(account, target.external_id, {"ask": "review"})]

    def read_find_our_reply(
        self,
        account: ConnectedAccount,
        target: ReplyTarget,
        text: str,
        exchanges: Sequence[Exchange],
        *,
        sent_at: datetime,
    ) -> ReadBack:
        """ "found": the deed is done. "absent": it surely is not, and may be done again. Other words in our place mean
        they were overwritten or never arrived: no machine can tell.
        """
        try:
            reply = _review(exchanges).reply
        except ItemGone:
            return ReadBack("cannot_tell", reason="thread_gone")
        except ChannelError as error:
            return ReadBack("cannot_tell", reason=error.code)
        return verdict_of(reply, target, text, sent_at)


def verdict_of(reply: OwnReply | None, target: ReplyTarget, text: str, sent_at: datetime) -> ReadBack:
    """What the answer that stands beneath a review says of ours; None where none stands there."""
    if target.deed == "withdraw_reply":
        if reply is None:
            return ReadBack("found", (target.external_id,))
        return _undone(reply, target)
    if reply is not None and same_text(reply.text, text) and not _older(reply, sent_at):
        return ReadBack("found", (target.external_id,), reply=reply)
    if reply is None:
        return ReadBack("absent") if target.deed == "reply" else ReadBack("cannot_tell", reason="reply_gone")
    return _undone(reply, target) if target.deed == "edit_reply" else _another(reply)


def _review(exchanges: Sequence[Exchange]) -> IncomingItem:
    try:
        return parse.read_review(body_of(exchanges[0]))
    except Unreadable as error:
        raise PlatformDown(f"unreadable review: {error}") from error


def _is_ours(standing: OwnReply, target: ReplyTarget) -> bool:
    return target.our_text is not None and same_text(standing.text, target.our_text)


def _undone(reply: OwnReply, target: ReplyTarget) -> ReadBack:
    return ReadBack("absent", reply=reply) if _is_ours(reply, target) else _another(reply)


def _another(reply: OwnReply) -> ReadBack:
    return ReadBack("cannot_tell", reason="other_reply", reply=reply)


def _older(reply: OwnReply, sent_at: datetime) -> bool:
    return reply.updated_at is not None and reply.updated_at < sent_at - CLOCK_SLACK
