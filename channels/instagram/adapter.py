"""The Instagram adapter, under Facebook Login or Instagram Login."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from channels import meta_graph
from channels.capabilities import EventReading
from channels.comment_grammar import Grammar
from channels.comment_poll import CommentReading
from channels.deliveries import Told
from channels.errors import PlatformDown, Refused
from channels.instagram import events, mention_replies, parse, requests
from channels.items import ReadBack
from channels.meta_adapter import MetaAdapter
from channels.meta_conversations import ConversationReading
from channels.meta_streams import Stream
from channels.protocol import (
    Answer,
    ChannelTraits,
    ConnectedAccount,
    Exchange,
    ReplyLength,
    ReplyTarget,
    Request,
    Secret,
)
from channels.wire import whole_number

TRAITS = ChannelTraits(
    platform="instagram",
    label="Instagram",
    kinds=("comment", "mention", "message"),
    scopes=("instagram_basic", "instagram_manage_comments", "pages_show_list", "pages_read_engagement"),
    reply_window=None,
    longest_reply=ReplyLength(2_200, "characters"),
    batch_size=meta_graph.BATCH_SIZE,
    deeds=frozenset({"reply", "withdraw_reply", "private_reply", "message", "hide", "unhide", "delete"}),
    longest_message=ReplyLength(1_000, "bytes"),
)

_MEDIA = Grammar(
    reply_edge="replies",
    posts_request=requests.media,
    comments_request=requests.comments,
    replies_request=requests.replies,
    read_post=parse.read_media,
    comment_count=parse.comment_count,
    read_comment=parse.read_comment,
)
_TAGS = replace(_MEDIA, posts_request=requests.tags, read_root=parse.read_mentioned_media, lists_comments=False)
_STREAMS = (
    Stream(
        "posts",
        CommentReading(_MEDIA),
        (frozenset({"instagram_manage_comments"}), frozenset({"instagram_business_manage_comments"})),
        sweeps="comment",
    ),
    Stream(
        "messages",
        ConversationReading(),
        (frozenset({"instagram_manage_messages"}), frozenset({"instagram_business_manage_messages"})),
        live=timedelta(hours=6),
        deaf=timedelta(minutes=5),
    ),
    Stream(
        "tagged",
        CommentReading(_TAGS),
        (frozenset({"instagram_manage_comments"}),),
        live=timedelta(hours=12),
        deaf=timedelta(hours=1),
        serves=lambda account: account.login != "instagram",
    ),
)


class InstagramAdapter(MetaAdapter):
    """A professional account."""

    traits = TRAITS
    streams = _STREAMS
    grammar = _MEDIA
    thread_fields = "id"
    text_field = "text"
    hidden_field = "hidden"

    def reply_request(self, account: ConnectedAccount, target: ReplyTarget, text: str) -> Request:
        """Addressed to the top-level comment: an answer to a reply lands there anyway."""
        if target.kind == "mention":
            return requests.answer_mention(account, mention_replies.media_of(target), target.external_id, text)
        return requests.reply(account, target.thread_external_id, text)

    def plan_find_our_reply(
        self, account: ConnectedAccount, target: ReplyTarget, text: str, *, sent_at: datetime
    ) -> list[Request]:
        if target.kind == "mention" and self.deed_of(target) == "reply":
            return mention_replies.plan_find(account, target)
        return super().plan_find_our_reply(account, target, text, sent_at=sent_at)

    def read_find_our_reply(
        self,
        account: ConnectedAccount,
        target: ReplyTarget,
        text: str,
        exchanges: Sequence[Exchange],
        *,
        sent_at: datetime,
    ) -> ReadBack:
        if target.kind == "mention" and self.deed_of(target) == "reply":
            return mention_replies.read_find(account, target, text, exchanges, sent_at)
        return super().read_find_our_reply(account, target, text, exchanges, sent_at=sent_at)

    def read_change(self, account: ConnectedAccount, told: Told, now: datetime) -> EventReading:
        return events.read(account, told, now)

    def read_change_answers(
        self, account: ConnectedAccount, told: Told, exchanges: Sequence[Exchange], now: datetime
    ) -> EventReading:
        return events.read_answers(account, told, exchanges, now)

    # --- renewal: `channels.capabilities.RenewsCredential` ---

    def plan_renewal(self, account: ConnectedAccount) -> Request:
        """Instagram Login only: between 24 hours and 60 days of age; keep the old token until the new one is stored.

        Raises `Refused` for Facebook Login, whose Page tokens have no end.
        """
        if account.login != "instagram":
            raise Refused("no_renewal", "This access has no end and is not renewed.")
        return requests.renewal(account)

    def read_renewal(self, account: ConnectedAccount, answer: Answer) -> tuple[Secret, int | None]:
        body = meta_graph.read(answer)
        token = body.get("access_token")
        if not isinstance(token, str) or not token or not token.isascii():
            raise PlatformDown("an answer without a token")
        return Secret(token), whole_number(body.get("expires_in"))
