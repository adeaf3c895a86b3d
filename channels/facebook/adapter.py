"""The Facebook Page adapter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from channels import meta_deeds, meta_graph
from channels.capabilities import EventReading
from channels.comment_grammar import Grammar, Pictures
from channels.comment_poll import CommentReading
from channels.deliveries import Told
from channels.facebook import events, parse, requests
from channels.facebook.notices import LONGEST_NOTICE, Notices
from channels.items import PublishedReply, comment_key
from channels.meta_adapter import MetaAdapter
from channels.meta_conversations import ConversationReading
from channels.meta_streams import Stream
from channels.protocol import (
    Answer,
    ChannelTraits,
    ConnectedAccount,
    Deed,
    Exchange,
    ReplyLength,
    ReplyTarget,
    Request,
)

_REPLIES: frozenset[Deed] = frozenset({"reply", "edit_reply", "withdraw_reply", "private_reply", "message"})
TRAITS = ChannelTraits(
    platform="facebook",
    label="Facebook",
    kinds=("comment", "post", "mention", "message"),
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
    batch_size=meta_graph.BATCH_SIZE,
    deeds=_REPLIES | meta_deeds.FACEBOOK["comment"],
    longest_message=ReplyLength(2_000, "characters"),
    longest_notice=LONGEST_NOTICE,
)


_OWN_POSTS = Grammar(
    reply_edge="comments",
    posts_request=requests.published_posts,
    comments_request=requests.comments,
    replies_request=requests.comments,
    read_post=parse.read_post,
    comment_count=parse.comment_count,
    read_comment=parse.read_comment,
)
_PICTURES = Pictures(
    posts_request=requests.posts_with_pictures,
    pictures_request=requests.pictures,
    of_post=parse.pictures_of,
    context=parse.picture_context,
)
_REELS = replace(
    _OWN_POSTS,
    posts_request=requests.video_reels,
    read_post=parse.read_reel,
    read_comment=parse.read_reel_comment,
)
_ADS = replace(_OWN_POSTS, posts_request=requests.ads_posts, is_elsewhere=parse.is_published)
_VISITORS = replace(
    _OWN_POSTS,
    posts_request=requests.visitor_posts,
    read_comment=parse.read_comment_beneath,
    read_root=parse.read_visitor_post,
)
_TAGGED = replace(_VISITORS, posts_request=requests.tagged, lists_comments=False)
_READ_PAGE, _READ_PEOPLE = frozenset({"pages_read_engagement"}), frozenset({"pages_read_user_content"})
#: With events, looking twice a day finds what an event lost: 2 calls a day each, and 4 for messages, of the 48 that a
#: quiet Page may cost. Without, these rhythms are all there is.
_STREAMS = (
    Stream(
        "posts", CommentReading(replace(_OWN_POSTS, pictures=_PICTURES)), (_READ_PAGE, _READ_PEOPLE), sweeps="comment"
    ),
    Stream(
        "messages",
        ConversationReading(),
        (frozenset({"pages_messaging"}),),
        live=timedelta(hours=6),
        deaf=timedelta(minutes=5),
    ),
    Stream(
        "visitors",
        CommentReading(_VISITORS),
        (_READ_PEOPLE,),
        live=timedelta(hours=12),
        deaf=timedelta(minutes=15),
        sweeps="post",
    ),
    Stream(
        "reels",
        CommentReading(_REELS),
        (_READ_PAGE, _READ_PEOPLE),
        live=timedelta(hours=12),
        deaf=timedelta(minutes=30),
        sweeps="comment",
    ),
    Stream(
        "ads",
        CommentReading(_ADS),
        (_READ_PAGE, frozenset({"pages_manage_ads"})),
        live=timedelta(hours=12),
        deaf=timedelta(minutes=30),
        sweeps="comment",
    ),
    Stream(
        "tagged",
        CommentReading(_TAGGED),
        (_READ_PEOPLE,),
        live=timedelta(hours=12),
        deaf=timedelta(hours=1),
        sweeps="post",
    ),
)


class FacebookAdapter(Notices, MetaAdapter):
    """A Page."""

    traits = TRAITS
    streams = _STREAMS
    grammar = _OWN_POSTS
    thread_fields = "id,comment_count"
    text_field = "message"
    hidden_field = "is_hidden"

    def reply_request(self, account: ConnectedAccount, target: ReplyTarget, text: str) -> Request:
        return requests.reply(account, target.external_id, text)

    def read_publish(self, account: ConnectedAccount, target: ReplyTarget, answer: Answer) -> PublishedReply:
        published = super().read_publish(account, target, answer)
        if self.deed_of(target) == "reply" and target.kind == "post":  # joined with the post, like all beneath it
            own = comment_key(published.platform_id)
            return replace(published, platform_id=parse.spelled(own, target.thread_external_id))
        return published

    def read_change(self, account: ConnectedAccount, told: Told, now: datetime) -> EventReading:
        return events.read(account, told, now)

    def read_change_answers(
        self, account: ConnectedAccount, told: Told, exchanges: Sequence[Exchange], now: datetime
    ) -> EventReading:
        return events.read_answers(account, told, exchanges, now)
