"""Finding our answer under somebody else's media. Pure.

Comments under media whose caption names us are listed through the account ("Mentioned Media", field `comments`). What
stands beneath a comment that names us is listed nowhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from channels import meta_graph
from channels.errors import ChannelError
from channels.instagram import parse, requests
from channels.items import PostContext, ReadBack
from channels.matching import may_be_ours, may_have_become
from channels.protocol import ConnectedAccount, Exchange, ReplyTarget, Request
from channels.wire import Unreadable, mapping, rows, whole_number


def media_of(target: ReplyTarget) -> str:
    """The media an answer stands under."""
    return target.post_external_id or target.external_id


def plan_find(account: ConnectedAccount, target: ReplyTarget) -> list[Request]:
    """One read of the newest comments; nothing where the answer stands beneath a comment."""
    media_id = media_of(target)
    return [requests.below_mentioned_media(account, media_id)] if media_id == target.external_id else []


def read_find(
    account: ConnectedAccount, target: ReplyTarget, text: str, exchanges: Sequence[Exchange], sent_at: datetime
) -> ReadBack:
    """See `ChannelAdapter.read_find_our_reply`. "absent" only where all that is counted was listed and read."""
    if not exchanges:
        return ReadBack("cannot_tell", reason="not_listed")
    result = exchanges[-1].result
    try:
        if isinstance(result, ChannelError):
            raise result
        media = mapping(meta_graph.read(result).get("mentioned_media"))
    except ChannelError as error:
        return ReadBack("cannot_tell", reason=error.code)
    counted = whole_number(media.get("comments_count")) if media is not None else None
    if media is None or counted is None:
        return ReadBack("cannot_tell", reason="thread_unread")
    # Whoever owns that media is not us: without an owner's name only ours tells.
    under = PostContext(media_of(target), None, None, None)
    found: list[str] = []
    alike: list[str] = []
    doubt: str | None = None
    listed = 0
    for raw in rows(media.get("comments")):
        listed += 1
        try:
            item = parse.read_comment(mapping(raw) or {}, account, under, None)
        except Unreadable:
            doubt = "unreadable_reply"
            continue
        if may_be_ours(item.text, item.created_at, text, sent_at):
            if item.from_us:
                found.append(item.external_id)
            elif item.author is None or item.author.external_id is None:
                doubt = "unsigned_reply"
        elif item.from_us and may_have_become(item.text, item.created_at, text, sent_at):
            alike.append(item.external_id)
    if doubt is None and counted > listed:
        doubt = "more_counted_than_listed"
    if found:
        return ReadBack("found", tuple(found), reason=doubt, alike=tuple(alike))
    return ReadBack("cannot_tell", reason=doubt) if doubt else ReadBack("absent", alike=tuple(alike))
