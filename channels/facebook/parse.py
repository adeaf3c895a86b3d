"""Facebook's comments as items. Pure; takes any JSON and sets aside what it cannot read."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from channels.comment_grammar import PICTURE
from channels.items import Attachment, Author, IncomingItem, Kind, PostContext, comment_key
from channels.protocol import ConnectedAccount
from channels.wire import (
    Json,
    Unreadable,
    identifier,
    instant,
    link,
    mapping,
    rows,
    short_text,
    text_of,
    whole_number,
)

_LONGEST_CONTEXT = 5_000


def read_post(raw: Json) -> PostContext | None:
    """The post as context, None without a usable id."""
    post_id = identifier(raw.get("id"))
    if post_id is None:
        return None
    text = short_text(raw.get("message"), _LONGEST_CONTEXT) or short_text(raw.get("story"), _LONGEST_CONTEXT)
    kind = short_text(raw.get("status_type"), 40)
    return PostContext(post_id, text, link(raw.get("permalink_url")), kind.lower() if kind else None)


def comment_count(raw_post: Json) -> int | None:
    """Comments of every level, as the platform counts them; None when it does not say."""
    summary = mapping((mapping(raw_post.get("comments")) or {}).get("summary")) or {}
    return whole_number(summary.get("total_count"))


def spelled(comment_id: str, post_id: str) -> str:
    """One spelling for one comment, ``{post}_{comment}``, for polls and events write it in one way or the other."""
    return comment_id if "_" in comment_id else f"{comment_key(post_id)}_{comment_id}"


def read_comment(raw: Json, account: ConnectedAccount, post: PostContext, parent_id: str | None) -> IncomingItem:
    """Raises `Unreadable` without a usable id, time or text."""
    raw_id = identifier(raw.get("id"))
    if raw_id is None:
        raise Unreadable("no usable id")
    created_at = instant(raw.get("created_time"))
    if created_at is None:
        raise Unreadable("no usable created_time")
    text, truncated = text_of(raw.get("message"), field="message")
    in_picture = post.media_kind == PICTURE
    comment_id = spelled(comment_key(raw_id) if in_picture else raw_id, post.external_id)
    named = identifier((mapping(raw.get("parent")) or {}).get("id"))
    if named is not None and comment_key(named) not in (comment_key(post.external_id), comment_key(comment_id)):
        parent_id = spelled(comment_key(named) if in_picture else named, post.external_id)
    author = author_of(raw.get("from"))
    return IncomingItem(
        external_id=comment_id,
        thread_external_id=parent_id or comment_id,
        parent_external_id=parent_id,
        kind="comment",
        author=author,
        text=text,
        created_at=created_at,
        updated_at=None,
        stars=None,
        permalink=link(raw.get("permalink_url")),
        from_us=author is not None and author.external_id == account.external_id,
        attachments=_attachments(raw.get("attachment")),
        context=post,
        truncated=truncated,
        hidden=raw.get("is_hidden") is True,
    )


def read_reel(raw: Json) -> PostContext | None:
    """A short film as context, named as the post it stands in where the platform tells, for so its events name it."""
    reel_id = identifier(raw.get("id"))
    if reel_id is None:
        return None
    post_id, page_id = identifier(raw.get("post_id")), identifier((mapping(raw.get("from")) or {}).get("id"))
    if post_id is not None and "_" not in post_id:
        post_id = f"{page_id}_{post_id}" if page_id else None
    text = short_text(raw.get("description"), _LONGEST_CONTEXT)
    return PostContext(post_id or reel_id, text, _reel_link(raw.get("permalink_url")), "reel")


def pictures_of(raw_post: Json) -> list[str]:
    """Ids of the pictures and films of an album. What stands alone in its post has the post's comments."""
    found: list[str] = []
    for one in rows(raw_post.get("attachments")):
        parts = [mapping(part) or {} for part in rows((mapping(one) or {}).get("subattachments"))]
        ours = (
            [part for part in parts if str(part.get("type")).startswith(("photo", "video"))] if len(parts) > 1 else []
        )
        ids = [identifier((mapping(part.get("target")) or {}).get("id")) for part in ours]
        found += [each for each in ids if each is not None and each not in found]
    return found


def picture_context(account: ConnectedAccount, picture_id: str, raw: Json) -> PostContext:
    """A picture named as its events name it, ``{page}_{picture}``; ``raw`` is empty where it was not shown."""
    name = short_text(raw.get("name"), _LONGEST_CONTEXT)
    own = picture_id if "_" in picture_id else f"{account.external_id}_{picture_id}"
    return PostContext(own, name, link(raw.get("link")), PICTURE)


def _reel_link(value: Any) -> str | None:
    """Of films the platform may name the path alone."""
    path = short_text(value, 500)
    return link(f"https://www.facebook.com{path}" if path and re.match(r"/[^/\\]", path) else value)


def read_reel_comment(raw: Json, account: ConnectedAccount, post: PostContext, parent_id: str | None) -> IncomingItem:
    """Below a film a comment may be spelled with the film's id: events and other lists spell it with the post's."""
    item = read_comment(raw, account, post, parent_id)
    if "_" not in post.external_id:
        return item  # which post it is, nobody told

    def respelled(comment_id: str) -> str:
        return spelled(comment_key(comment_id), post.external_id)

    parent = item.parent_external_id and respelled(item.parent_external_id)
    own = respelled(item.external_id)
    return replace(item, external_id=own, thread_external_id=parent or own, parent_external_id=parent)


def beneath(item: IncomingItem, post: PostContext) -> IncomingItem:
    """A comment under a visitor's post: the post is the root of the thread."""
    return replace(
        item,
        kind="post",
        thread_external_id=post.external_id,
        parent_external_id=item.parent_external_id or post.external_id,
    )


def read_comment_beneath(
    raw: Json, account: ConnectedAccount, post: PostContext, parent_id: str | None
) -> IncomingItem:
    return beneath(read_comment(raw, account, post, parent_id), post)


def is_published(raw_post: Json) -> bool:
    return raw_post.get("is_published") is True


def of_kind(item: IncomingItem, kind: Kind) -> IncomingItem:
    return item if item.kind == kind else replace(item, kind=kind)


def read_visitor_post(raw: Json, account: ConnectedAccount) -> IncomingItem:
    """A post that is not the Page's own, or that we must look at to know. Raises `Unreadable`."""
    post = read_post(raw)
    if post is None:
        raise Unreadable("no usable id")
    created_at = instant(raw.get("created_time"))
    if created_at is None:
        raise Unreadable("no usable created_time")
    text, truncated = text_of(raw.get("message"), field="message")
    author = author_of(raw.get("from"))
    return IncomingItem(
        external_id=post.external_id,
        thread_external_id=post.external_id,
        parent_external_id=None,
        kind="post",
        author=author,
        text=text,
        created_at=created_at,
        updated_at=None,
        stars=None,
        permalink=post.permalink,
        from_us=author is not None and author.external_id == account.external_id,
        attachments=_listed(raw.get("attachments")),
        truncated=truncated,
        hidden=raw.get("is_hidden") is True,
    )


def author_of(value: Any) -> Author | None:
    """None where the platform hides the person: the key is then absent."""
    person = mapping(value)
    if person is None:
        return None
    author = Author(identifier(person.get("id")), short_text(person.get("name"), 300))
    return None if author == Author(None, None) else author


def _listed(value: Any) -> tuple[Attachment, ...]:
    """Of an album each picture, not the album beside them."""
    found: list[Attachment] = []
    for one in rows(value):
        parts = list(rows((mapping(one) or {}).get("subattachments")))
        found += [part for inner in parts or [one] for part in _attachments(inner)]
    return tuple(found[:50])


def _attachments(value: Any) -> tuple[Attachment, ...]:
    raw = mapping(value)
    if raw is None:
        return ()
    image = mapping((mapping(raw.get("media")) or {}).get("image")) or {}
    kind = short_text(raw.get("type"), 40) or short_text(raw.get("media_type"), 40) or "attachment"
    return (Attachment(kind, link(image.get("src")) or link(raw.get("url")), short_text(raw.get("title"), 300)),)
