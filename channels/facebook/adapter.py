"""The Facebook Page adapter: comments and their replies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from channels import comment_poll, meta_graph, meta_replies
from channels.facebook import parse, requests
from channels.items import IncomingItem, Page, PostContext, Presence, PublishedReply, ReadBack, SetAside
from channels.matching import check_sendable
from channels.protocol import (
    Answer,
    ChannelTraits,
    ConnectedAccount,
    Exchange,
    Rate,
    ReplyLength,
    ReplyTarget,
    Request,
    Secret,
)
from channels.wire import Json, Unreadable, set_aside

TRAITS = ChannelTraits(
    platform="facebook",
    label="Facebook",
    kinds=("comment",),
    scopes=(
        "pages_show_list",
        "pages_read_engagement",
        "pages_read_user_content",
        "pages_manage_engagement",
        "business_management",
    ),
    reply_window=None,
    # Meta publishes no number for comments; 8,000 characters is what its own editor takes.
    longest_reply=ReplyLength(8_000, "characters"),
    rate=Rate(None, 86_400, "account"),
    batch_size=meta_graph.BATCH_SIZE,
)


class _Grammar:
    reply_edge = "comments"

    def posts_request(self, account: ConnectedAccount, *, detail: int, after: str | None) -> Request:
        return requests.published_posts(account, detail=detail, after=after)

    def comments_request(self, account: ConnectedAccount, post_id: str, *, detail: int, after: str | None) -> Request:
        return requests.comments(account, post_id, detail=detail, after=after)

    def replies_request(self, account: ConnectedAccount, comment_id: str, *, detail: int, after: str | None) -> Request:
        return requests.comments(account, comment_id, detail=detail, after=after)

    def read_post(self, raw: Json) -> PostContext | None:
        return parse.read_post(raw)

    def comment_count(self, raw_post: Json) -> int | None:
        return parse.comment_count(raw_post)

    def read_comment(
        self, raw: Json, account: ConnectedAccount, post: PostContext, parent_id: str | None, *, full_ids: bool
    ) -> IncomingItem:
        return parse.read_comment(raw, account, post, parent_id, full_ids=full_ids)


class FacebookAdapter:
    """See `channels.protocol.ChannelAdapter`."""

    traits = TRAITS
    _grammar = _Grammar()

    def plan_poll(self, account: ConnectedAccount, cursor: str | None, *, now: datetime) -> list[Request]:
        return comment_poll.plan(self._grammar, account, cursor, now)

    def read_poll(
        self, account: ConnectedAccount, cursor: str | None, exchanges: Sequence[Exchange], *, now: datetime
    ) -> Page:
        return comment_poll.read(self._grammar, account, cursor, exchanges, now)

    def plan_precheck(self, account: ConnectedAccount, target: ReplyTarget) -> list[Request]:
        return []

    def read_precheck(
        self, account: ConnectedAccount, target: ReplyTarget, text: str, exchanges: Sequence[Exchange]
    ) -> PublishedReply | None:
        return None

    def publish_reply(self, account: ConnectedAccount, target: ReplyTarget, text: str) -> Request:
        check_sendable(text, TRAITS.longest_reply)
        return requests.reply(account, target.external_id, text)

    def read_publish(self, account: ConnectedAccount, target: ReplyTarget, answer: Answer) -> PublishedReply:
        return meta_replies.read_published(target, answer)

    def plan_find_our_reply(
        self, account: ConnectedAccount, target: ReplyTarget, text: str, *, sent_at: datetime
    ) -> list[Request]:
        thread = target.thread_external_id
        return [
            requests.one_object(account, thread, "id,comment_count", {"ask": "thread"}),
            requests.comments(account, thread, detail=0, after=None),
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
        post = PostContext(target.post_external_id or target.thread_external_id.split("_")[0], None, None, None)
        full_ids = "_" in target.external_id

        def read_reply(raw: Json) -> IncomingItem | SetAside:
            try:
                return parse.read_comment(raw, account, post, target.thread_external_id, full_ids=full_ids)
            except Unreadable as error:
                return set_aside(raw, str(error))

        return meta_replies.read_find(target, text, exchanges, sent_at, read_reply)

    def plan_presence(self, account: ConnectedAccount, external_ids: Sequence[str]) -> list[Request]:
        items = [requests.one_object(account, item, "id", {"ask": "item", "item": item}) for item in external_ids]
        return [requests.one_object(account, account.external_id, "id", {"ask": "sibling"}), *items]

    def read_presence(self, account: ConnectedAccount, exchanges: Sequence[Exchange]) -> list[Presence]:
        return meta_replies.read_presence(exchanges)

    def refresh_token(self, account: ConnectedAccount) -> Request | None:
        """A Page token made from a long-lived user token does not expire."""
        return None

    def read_refresh(self, account: ConnectedAccount, answer: Answer) -> tuple[Secret, int | None]:
        raise NotImplementedError("Page tokens are not refreshed.")
