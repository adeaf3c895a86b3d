"""Instagram's comments as items. Pure; takes any JSON and sets aside what it cannot read."""

from __future__ import annotations

from channels.items import Author, IncomingItem, PostContext
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


def read_comment(raw: Json, account: ConnectedAccount, media: PostContext, parent_id: str | None) -> IncomingItem:
    """Raises `Unreadable` without a usable id, time or text."""
    comment_id = identifier(raw.get("id"))
    if comment_id is None:
        raise Unreadable("no usable id")
    created_at = instant(raw.get("timestamp"))
    if created_at is None:
        raise Unreadable("no usable timestamp")
    text, truncated = text_of(raw.get("text"), field="text")
    named = identifier(raw.get("parent_id"))
    if named is not None and named not in (media.external_id, comment_id):
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
        permalink=media.permalink,
        from_us=_is_us(author, account, media),
        context=media,
        truncated=truncated,
        hidden=raw.get("hidden") is True,
    )


def _is_us(author: Author, account: ConnectedAccount, media: PostContext) -> bool:
    """By id where the platform gives one, else by the user name of the media's owner, which is the account."""
    if author.external_id is not None and author.external_id == account.external_id:
        return True
    return author.name is not None and media.owner_name is not None and author.name == media.owner_name
