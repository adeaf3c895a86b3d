"""Instagram's comments as items. Pure; takes any JSON and sets aside what it cannot read."""

from __future__ import annotations

from dataclasses import replace

from channels.items import Attachment, Author, IncomingItem, PostContext
from channels.protocol import ConnectedAccount
from channels.wire import Json, Unreadable, identifier, instant, link, mapping, short_text, text_of, whole_number

_LONGEST_CONTEXT = 5_000


def read_media(raw: Json) -> PostContext | None:
    """The media as context, None without a usable id."""
    media_id = identifier(raw.get("id"))
    if media_id is None:
        return None
    kind = short_text(raw.get("media_product_type"), 40) or short_text(raw.get("media_type"), 40)
    return PostContext(
        media_id,
        short_text(raw.get("caption"), _LONGEST_CONTEXT),
        link(raw.get("permalink")),
        kind.lower() if kind else None,
        short_text(raw.get("username"), 100),
    )


def comment_count(raw_media: Json) -> int | None:
    """Comments and replies, as the platform counts them; None when it does not say."""
    return whole_number(raw_media.get("comments_count"))


def read_comment(raw: Json, account: ConnectedAccount, post: PostContext, parent_id: str | None) -> IncomingItem:
    """Raises `Unreadable` without a usable id, time or text."""
    comment_id = identifier(raw.get("id"))
    if comment_id is None:
        raise Unreadable("no usable id")
    created_at = instant(raw.get("timestamp"))
    if created_at is None:
        raise Unreadable("no usable timestamp")
    text, truncated = text_of(raw.get("text"), field="text")
    named = identifier(raw.get("parent_id"))
    if named is not None and named not in (post.external_id, comment_id):
        parent_id = named
    person = mapping(raw.get("from")) or mapping(raw.get("user")) or {}
    author = Author(
        identifier(person.get("id")), short_text(person.get("username"), 100) or short_text(raw.get("username"), 100)
    )
    return IncomingItem(
        external_id=comment_id,
        thread_external_id=parent_id or comment_id,
        parent_external_id=parent_id,
        kind="comment",
        author=None if author == Author(None, None) else author,
        text=text,
        created_at=created_at,
        updated_at=None,
        stars=None,
        permalink=post.permalink,
        from_us=is_us(author, account, post) or person.get("self_ig_scoped_id") is not None,
        context=post,
        truncated=truncated,
        hidden=raw.get("hidden") is True,
    )


def read_mentioned_comment(raw: Json, account: ConnectedAccount, media_id: str | None) -> IncomingItem:
    """A comment that names us under somebody else's media. Raises `Unreadable`."""
    media = read_media(mapping(raw.get("media")) or {"id": media_id}) or PostContext("", None, None, None)
    # Whoever owns that media is not us: their name must not make their comments ours.
    item = read_comment(raw, account, replace(media, owner_name=None), None)
    return replace(item, kind="mention")


def read_mentioned_media(raw: Json, account: ConnectedAccount) -> IncomingItem:
    """Media whose caption names us, or that we are tagged in. Raises `Unreadable`."""
    media = read_media(raw)
    if media is None:
        raise Unreadable("no usable id")
    created_at = instant(raw.get("timestamp"))
    if created_at is None:
        raise Unreadable("no usable timestamp")
    text, truncated = text_of(raw.get("caption"), field="caption")
    person = mapping(raw.get("owner")) or {}
    author = Author(identifier(person.get("id")), media.owner_name)
    shown = link(raw.get("media_url")) or link(raw.get("thumbnail_url"))
    kind = short_text(raw.get("media_type"), 40)
    return IncomingItem(
        external_id=media.external_id,
        thread_external_id=media.external_id,
        parent_external_id=None,
        kind="mention",
        author=None if author == Author(None, None) else author,
        text=text,
        created_at=created_at,
        updated_at=None,
        stars=None,
        permalink=media.permalink,
        from_us=author.external_id == account.external_id or (author.name is not None and author.name == account.name),
        attachments=(Attachment((kind or "media").lower(), shown, expires=True),) if shown else (),
        truncated=truncated,
    )


def is_us(author: Author, account: ConnectedAccount, media: PostContext | None) -> bool:
    """By id where the platform gives ours, else by the user name of the media's owner, which is the account.

    Only where nobody is named as owner the name we know the account by decides: it may be of an older day, and another
    person's by now.
    """
    if author.external_id is not None and author.external_id == account.external_id:
        return True
    owner = media.owner_name if media else None
    return author.name is not None and author.name == (owner or account.name)
