"""The Facebook Page adapter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from channels import meta_graph
from channels.capabilities import EventReading
from channels.comment_poll import Grammar
from channels.deliveries import Told
from channels.facebook import events, parse, requests
from channels.meta_adapter import MetaAdapter
from channels.protocol import ChannelTraits, ConnectedAccount, Exchange, Rate, ReplyLength, ReplyTarget, Request

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


class FacebookAdapter(MetaAdapter):
    """A Page."""

    traits = TRAITS
    grammar = Grammar(
        reply_edge="comments",
        posts_request=requests.published_posts,
        comments_request=requests.comments,
        replies_request=requests.comments,
        read_post=parse.read_post,
        comment_count=parse.comment_count,
        read_comment=parse.read_comment,
    )
    thread_fields = "id,comment_count"

    def reply_request(self, account: ConnectedAccount, target: ReplyTarget, text: str) -> Request:
        return requests.reply(account, target.external_id, text)

    def read_change(self, account: ConnectedAccount, told: Told, now: datetime) -> EventReading:
        return events.read(account, told, now)

    def read_change_answers(
        self, account: ConnectedAccount, told: Told, exchanges: Sequence[Exchange], now: datetime
    ) -> EventReading:
        return events.read_answers(account, told, exchanges, now)
