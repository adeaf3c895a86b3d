"""What the changes of an Instagram account mean: new comments and mentions. Pure.

Instagram tells of additions only: edits do not exist there, hiding and deletions are found by polls. Shapes: "Instagram
Platform – Webhook Notification Examples" and recorded deliveries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from channels import meta_events, meta_graph
from channels.capabilities import EventReading
from channels.deliveries import Told
from channels.errors import ChannelError
from channels.instagram import parse, requests
from channels.items import Author, IncomingItem, PostContext
from channels.protocol import ConnectedAccount, Exchange
from channels.wire import Json, Unreadable, identifier, mapping, short_text, text_of

_COMMENTS = {"comments", "live_comments"}
_IGNORED = {"story_insights": "figures of a story, which are no conversation"}


def read(account: ConnectedAccount, told: Told, now: datetime) -> EventReading:
    """One change. Raises `Unreadable`."""
    if told.kind in _COMMENTS:
        comment_id = _comment_id(told.value)
        if mapping(told.value.get("from")) is None or mapping(told.value.get("media")) is None:
            return meta_events.asked(requests.one_comment(account, comment_id))
        if _may_be_elsewhere(account, told.value):
            media_id = identifier((mapping(told.value.get("media")) or {}).get("id"))
            if media_id is not None:
                return meta_events.asked(requests.one_media(account, media_id))
        return meta_events.stored(_comment(account, told, now))
    if told.kind == "mentions":
        media_id, comment_id_or_none = identifier(told.value.get("media_id")), identifier(told.value.get("comment_id"))
        if comment_id_or_none is not None:
            # Under our own media it is a comment, and told as one as well: which it is, only the comment itself tells.
            alone = requests.one_comment(account, comment_id_or_none)
            return meta_events.asked(alone, requests.mentioned_comment(account, comment_id_or_none))
        if media_id is None:
            raise Unreadable("a mention without usable ids")
        return meta_events.asked(requests.mentioned_media(account, media_id))
    reason = _IGNORED.get(told.kind)
    return meta_events.ignored(reason) if reason else meta_events.unknown(f"a change of {told.kind}")


def read_answers(account: ConnectedAccount, told: Told, exchanges: Sequence[Exchange], now: datetime) -> EventReading:
    """Answers to what `read` asked. Raises `Unreadable` and what `meta_events.answered` raises."""
    if told.kind in _COMMENTS and any(exchange.request.purpose.get("ask") == "media" for exchange in exchanges):
        here = _comment(account, told, now)
        return meta_events.answered(exchanges, lambda raw: here, replace(here, kind="mention"))
    if told.kind in _COMMENTS:
        return meta_events.answered(exchanges, lambda raw: _read_alone(raw, account), _comment(account, told, now))
    ours = _under_our_media(account, [one for one in exchanges if one.request.purpose.get("ask") == "comment"])
    if ours is not None:
        return meta_events.stored(ours)
    exchanges = [one for one in exchanges if one.request.purpose.get("ask") == "mention"]
    media_id = identifier(told.value.get("media_id"))

    def mention(raw: Json) -> IncomingItem:
        comment = mapping(raw.get("mentioned_comment"))
        if comment is not None:
            return parse.read_mentioned_comment(comment, account, media_id)
        media = parse.read_mentioned_media(mapping(raw.get("mentioned_media")) or {}, account)
        return replace(media, names_us=True)

    return meta_events.answered(exchanges, mention, None)


def _may_be_elsewhere(account: ConnectedAccount, value: Json) -> bool:
    """Instagram Login tells mentions under other people's media as comments. Those name us; whose media it is, only the
    media tells: it is not shown to us when it is not ours.
    """
    text = value.get("text")
    named = account.login == "instagram" and account.name and isinstance(text, str)
    return bool(named) and f"@{account.name}".lower() in str(text).lower()


def _under_our_media(account: ConnectedAccount, exchanges: Sequence[Exchange]) -> IncomingItem | None:
    """The comment where the platform shows it by itself and says that its media is ours. Raises what passes."""
    for exchange in exchanges:
        try:
            if isinstance(exchange.result, ChannelError):
                raise exchange.result
            raw = meta_graph.read(exchange.result)
            media = mapping(raw.get("media")) or {}
            owner = identifier((mapping(media.get("owner")) or {}).get("id"))
            if account.external_id == owner or (
                owner is None and account.name and media.get("username") == account.name
            ):
                return _read_alone(raw, account)
        except ChannelError as error:
            if error.retry or getattr(error, "platform_code", None) == meta_graph.APP_UNPROVEN:
                raise
        except Unreadable:
            continue
    return None


def _read_alone(raw: Json, account: ConnectedAccount) -> IncomingItem:
    media = parse.read_media(mapping(raw.get("media")) or {}) or PostContext("", None, None, None)
    return parse.read_comment(raw, account, media, None)


def _comment(account: ConnectedAccount, told: Told, now: datetime) -> IncomingItem:
    """The comment as the event tells it: without a time of its own, so the event's counts."""
    value = told.value
    comment_id = _comment_id(value)
    about = mapping(value.get("media")) or {}
    media = parse.read_media(about)
    person = mapping(value.get("from")) or {}
    author = Author(identifier(person.get("id")), short_text(person.get("username"), 100))
    parent_id = identifier(value.get("parent_id"))
    if parent_id in (comment_id, media.external_id if media else None):
        parent_id = None
    text, truncated = text_of(value.get("text"), field="text")
    return IncomingItem(
        external_id=comment_id,
        thread_external_id=parent_id or comment_id,
        parent_external_id=parent_id,
        kind="comment",
        author=None if author == Author(None, None) else author,
        text=text,
        created_at=meta_events.moment_of(told, now),
        updated_at=None,
        stars=None,
        permalink=None,
        from_us=parse.is_us(author, account, media) or person.get("self_ig_scoped_id") is not None,
        context=media,
        truncated=truncated,
    )


def _comment_id(value: Json) -> str:
    comment_id = identifier(value.get("id")) or identifier(value.get("comment_id"))
    if comment_id is None:
        raise Unreadable("a comment without a usable id")
    return comment_id
