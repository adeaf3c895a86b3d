"""The Instagram adapter: comments and their replies, under Facebook Login or Instagram Login."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from channels import comment_poll, meta_graph, meta_replies
from channels.errors import PlatformDown
from channels.instagram import parse, requests
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
from channels.wire import Json, Unreadable, set_aside, whole_number

TRAITS = ChannelTraits(
    platform="instagram",
    label="Instagram",
    kinds=("comment",),
    scopes=("instagram_basic", "instagram_manage_comments", "pages_show_list", "pages_read_engagement"),
    reply_window=None,
    longest_reply=ReplyLength(2_200, "characters"),
    rate=Rate(None, 86_400, "account"),
    batch_size=meta_graph.BATCH_SIZE,
)
#: What Instagram Login names the same permissions.
INSTAGRAM_LOGIN_SCOPES = ("instagram_business_basic", "instagram_business_manage_comments")


class _Grammar:
    reply_edge = "replies"

    def posts_request(self, account: ConnectedAccount, *, detail: int, after: str | None) -> Request:
        return requests.media(account, detail=detail, after=after)

    def comments_request(self, account: ConnectedAccount, post_id: str, *, detail: int, after: str | None) -> Request:
        return requests.comments(account, post_id, detail=detail, after=after)

    def replies_request(self, account: ConnectedAccount, comment_id: str, *, detail: int, after: str | None) -> Request:
        return requests.replies(account, comment_id, detail=detail, after=after)

    def read_post(self, raw: Json) -> PostContext | None:
        return parse.read_media(raw)

    def comment_count(self, raw_post: Json) -> int | None:
        return parse.comment_count(raw_post)

    def read_comment(
        self, raw: Json, account: ConnectedAccount, post: PostContext, parent_id: str | None, *, full_ids: bool
    ) -> IncomingItem:
        return parse.read_comment(raw, account, post, parent_id)


class InstagramAdapter:
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
        """Addressed to the top-level comment: an answer to a reply lands there anyway."""
        check_sendable(text, TRAITS.longest_reply)
        return requests.reply(account, target.thread_external_id, text)

    def read_publish(self, account: ConnectedAccount, target: ReplyTarget, answer: Answer) -> PublishedReply:
        return meta_replies.read_published(target, answer)

    def plan_find_our_reply(
        self, account: ConnectedAccount, target: ReplyTarget, text: str, *, sent_at: datetime
    ) -> list[Request]:
        thread = target.thread_external_id
        return [
            requests.one_object(account, thread, {"ask": "thread"}),
            requests.replies(account, thread, detail=0, after=None),
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
        media = PostContext(target.post_external_id or "", None, None, None, account.name)

        def read_reply(raw: Json) -> IncomingItem | SetAside:
            try:
                return parse.read_comment(raw, account, media, target.thread_external_id)
            except Unreadable as error:
                return set_aside(raw, str(error))

        return meta_replies.read_find(target, text, exchanges, sent_at, read_reply)

    def plan_presence(self, account: ConnectedAccount, external_ids: Sequence[str]) -> list[Request]:
        items = [requests.one_object(account, item, {"ask": "item", "item": item}) for item in external_ids]
        return [requests.one_object(account, account.external_id, {"ask": "sibling"}), *items]

    def read_presence(self, account: ConnectedAccount, exchanges: Sequence[Exchange]) -> list[Presence]:
        return meta_replies.read_presence(exchanges)

    def refresh_token(self, account: ConnectedAccount) -> Request | None:
        """Instagram Login only: between 24 hours and 60 days of age; keep the old token until the new one is stored."""
        return requests.refresh(account) if account.login == "instagram" else None

    def read_refresh(self, account: ConnectedAccount, answer: Answer) -> tuple[Secret, int | None]:
        body = meta_graph.read(answer)
        token = body.get("access_token")
        if not isinstance(token, str) or not token or not token.isascii():
            raise PlatformDown("an answer without a token")
        return Secret(token), whole_number(body.get("expires_in"))
