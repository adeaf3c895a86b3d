"""A notice of the business's own on its Google profile (`localPosts`, STANDARD). Pure.

Google neither pins a post nor ends it: it is taken away by `withdraw_notice`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from channels.errors import ChannelError, ItemGone, OutcomeUnknown, Refused
from channels.google_business import requests, status
from channels.google_business.review_poll import body_of
from channels.items import OwnReply, PublishedReply, ReadBack, ReplyState
from channels.matching import check_sendable, may_be_ours
from channels.protocol import Answer, ConnectedAccount, Exchange, ReplyLength, Request
from channels.wire import Json, Unreadable, identifier, instant, mapping, rows, text_of
from channels.wire import link as checked_link

#: Not in Google's documents; what implementers report.
LONGEST_NOTICE = ReplyLength(1_500, "characters")
_STATES: dict[str, ReplyState] = {"LIVE": "published", "REJECTED": "rejected", "RECURRING": "published"}


class Notices:
    """See `channels.capabilities.PublishesNotices`."""

    def publish_notice(self, account: ConnectedAccount, text: str, link: str | None) -> Request:
        check_sendable(text, LONGEST_NOTICE)
        if link is not None and checked_link(link) != link:
            raise Refused("bad_link", "The link must be an http or https address.")
        return requests.post(account, text, link)

    def read_notice(self, account: ConnectedAccount, text: str, answer: Answer) -> PublishedReply:
        """ "pending" until a later read says that it is live."""
        body = status.read(answer, write=True)
        post_id = _id_of(body)
        if post_id is None:
            raise OutcomeUnknown("the answer does not name the post")
        return PublishedReply(post_id, None, _state_of(body))

    def plan_find_notice(self, account: ConnectedAccount, text: str, *, sent_at: datetime) -> list[Request]:
        return [requests.posts(account, None)]

    def read_find_notice(
        self, account: ConnectedAccount, text: str, exchanges: Sequence[Exchange], *, sent_at: datetime
    ) -> ReadBack:
        """Give all exchanges made so far. The order of posts is not documented, so absence takes every page."""
        found: dict[str, OwnReply] = {}
        following: object = None
        try:
            for exchange in exchanges:
                body = body_of(exchange)
                following = body.get("nextPageToken")
                for raw in rows(body.get("localPosts")):
                    post = mapping(raw) or {}
                    post_id, reply = _id_of(post), _as_ours(post, text, sent_at)
                    if post_id is not None and reply is not None:
                        found[post_id] = reply
        except ItemGone:
            return ReadBack("cannot_tell", reason="thread_gone")
        except ChannelError as error:
            return ReadBack("cannot_tell", reason=error.code)
        if isinstance(following, str) and following:
            return ReadBack("cannot_tell", tuple(found), more=(requests.posts(account, following),))
        if found:
            return ReadBack("found", tuple(found), reply=next(iter(found.values())))
        return ReadBack("absent")

    def withdraw_notice(self, account: ConnectedAccount, external_id: str) -> Request:
        return requests.no_post(account, external_id)


def _id_of(post: Json) -> str | None:
    name = post.get("name")
    return identifier(name.rpartition("/localPosts/")[2]) if isinstance(name, str) else None


def _state_of(post: Json) -> ReplyState:
    state = post.get("state")
    return _STATES.get(state, "pending") if isinstance(state, str) else "pending"


def _as_ours(post: Json, ours: str, sent_at: datetime) -> OwnReply | None:
    created_at = instant(post.get("createTime"))
    try:
        text, _ = text_of(post.get("summary"), field="summary")
    except Unreadable:
        return None
    if created_at is None or not may_be_ours(text, created_at, ours, sent_at):
        return None
    return OwnReply(text, instant(post.get("updateTime")), _state_of(post))
