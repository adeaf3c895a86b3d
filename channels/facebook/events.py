"""What the changes of a Page mean: comments, visitors' posts and mentions. Pure.

Only an addition is taken at its word. Edits and hiding come in any order and tell a part of the truth, so the item is
read afresh; a removal is final whenever it arrives. Shapes: "Webhooks for Pages" and recorded deliveries.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from channels import meta_events
from channels.capabilities import EventReading
from channels.deliveries import Told, moment
from channels.facebook import parse, requests
from channels.items import Attachment, Author, IncomingItem, Kind, PostContext, comment_key
from channels.meta_requests import one_object
from channels.protocol import ConnectedAccount, Exchange
from channels.wire import Json, Unreadable, identifier, link, mapping, short_text, text_of

_CHANGED = {"edit", "edited", "update", "hide", "unhide"}
_REACTIONS = {"reaction", "like"}
#: Posts in Meta's words; whose they are, the author tells.
_POSTS = {"post", "status", "photo", "video", "share", "link", "note", "album", "event", "milestone", "picture"}
_IGNORED = {
    "ratings": "reviews are no longer part of this API",
    "leadgen": "a lead form, which is no conversation",
    "connected": "what a person granted; the connection is checked",
}


def read(account: ConnectedAccount, told: Told, now: datetime) -> EventReading:
    """One change of a Page. Raises `Unreadable`."""
    if told.kind == "mention":
        return _mention(account, told, now)
    if told.kind != "feed":
        reason = _IGNORED.get(told.kind)
        return meta_events.ignored(reason) if reason else meta_events.unknown(f"a change of {told.kind}")
    what, verb = short_text(told.value.get("item")), _verb(told)
    if what in _REACTIONS:
        return meta_events.ignored("a reaction")
    if what != "comment" and what not in _POSTS:
        return meta_events.unknown("an unknown item")
    author = _author(told.value)
    if what != "comment" and author is not None and author.external_id == account.external_id:
        return meta_events.ignored("our own post")
    if verb == "remove":
        return meta_events.stored(_item(account, told, now, deleted=True))
    if verb in _CHANGED or (verb == "add" and what != "comment" and author is None):
        return meta_events.asked(_ask(account, told))
    if verb != "add":
        return meta_events.unknown("an unknown verb")
    return meta_events.stored(_item(account, told, now))


def read_answers(account: ConnectedAccount, told: Told, exchanges: Sequence[Exchange], now: datetime) -> EventReading:
    """Answers to what `read` asked. Raises `Unreadable` and what `meta_events.answered` raises."""
    comment_id, post_id = identifier(told.value.get("comment_id")), identifier(told.value.get("post_id"))
    mention = told.kind == "mention"
    # A mention's author may have chosen an audience without us: then what the event says is all there is.
    instead = _item(account, told, now) if mention and told.value.get("message") else None

    def comment(raw: Json) -> IncomingItem:
        post = _context(told.value)
        parent = mapping(raw.get("parent")) or {}
        item = parse.read_comment(raw, account, post, identifier(parent.get("id")))
        return _under(item, _kind(account, told), post)

    reading = meta_events.answered(
        exchanges, comment if comment_id else lambda raw: parse.read_visitor_post(raw, account), instead
    )
    ours = [item for item in reading.items if item.kind == "post" and item.from_us and not comment_id]
    if ours:
        return meta_events.ignored("our own post")
    return reading if post_id or comment_id else meta_events.unknown("a change without ids")


def _mention(account: ConnectedAccount, told: Told, now: datetime) -> EventReading:
    """Read afresh, for the event names no author; no list of mentions in comments exists to heal what is lost here.

    Documented is "add" alone; whatever else is told of one is taken as it is of a comment.
    """
    verb = _verb(told)
    if verb == "remove":
        return meta_events.stored(_item(account, told, now, deleted=True))
    if verb != "add" and verb not in _CHANGED:
        return meta_events.unknown("an unknown verb")
    return meta_events.asked(_ask(account, told))


def _verb(told: Told) -> str | None:
    return short_text(told.value.get("verb"))


def _ask(account: ConnectedAccount, told: Told) -> Any:
    comment_id = identifier(told.value.get("comment_id"))
    if comment_id is not None:
        comment_id = _comment_id(told.value, comment_id)
        return one_object(account, comment_id, requests.COMMENT_FIELDS, {"ask": "comment"})
    return one_object(account, _post_id(told.value), requests.VISITOR_POST_FIELDS, {"ask": "post"})


def _item(account: ConnectedAccount, told: Told, now: datetime, *, deleted: bool = False) -> IncomingItem:
    """The comment or post as the event itself tells it."""
    value = told.value
    post = _context(value)
    raw_id = identifier(value.get("comment_id"))
    if raw_id is None and value.get("item") == "comment":
        raise Unreadable("a comment without a usable id")
    parent_id = None
    own_id = post.external_id
    if raw_id is not None:
        own_id = _comment_id(value, raw_id)
        named = identifier(value.get("parent_id"))
        if named is not None and comment_key(named) not in (comment_key(post.external_id), comment_key(own_id)):
            parent_id = parse.spelled(named, post.external_id)
    author = _author(value)
    text, truncated = text_of(value.get("message"), field="message")
    created_at = moment(value.get("created_time")) or meta_events.moment_of(told, now)
    item = IncomingItem(
        external_id=own_id,
        thread_external_id=parent_id or own_id,
        parent_external_id=parent_id,
        kind="comment" if raw_id is not None else "post",
        author=author,
        text="" if deleted else text,
        created_at=min(created_at, now),
        updated_at=None,
        stars=None,
        permalink=post.permalink if raw_id is None else None,
        from_us=author is not None and author.external_id == account.external_id,
        attachments=() if deleted else _attachments(value),
        context=post if raw_id is not None else None,
        deleted=deleted,
        truncated=truncated,
        hidden=value.get("is_hidden") is True,
    )
    return _under(item, _kind(account, told), post) if raw_id is not None else item


def _kind(account: ConnectedAccount, told: Told) -> Kind:
    """What a comment belongs to.

    Only some events tell whose post it is under; `agency.inbox.intake` puts a comment where the post it names already
    stands. A comment on our own page that names us is told by the feed as well, and is the same whichever comes first.
    """
    owner, names_owner, _ = _post_id(told.value).rpartition("_")
    if told.kind == "mention" and not (names_owner and owner == account.external_id):
        return "mention"
    about = mapping(told.value.get("post")) or {}
    return "post" if about.get("status_type") == "wall_post" else "comment"


def _under(item: IncomingItem, kind: Kind, post: PostContext) -> IncomingItem:
    return parse.beneath(item, post) if kind == "post" else parse.of_kind(item, kind)


def _context(value: Json) -> PostContext:
    about = mapping(value.get("post")) or {}
    kind = short_text(about.get("status_type"), 40)
    return PostContext(_post_id(value), None, link(about.get("permalink_url")), kind.lower() if kind else None)


def _post_id(value: Json) -> str:
    """What a comment stands under: the picture where its parent is one, whichever of the two the event calls post."""
    post_id = identifier(value.get("post_id"))
    if post_id is None:
        raise Unreadable("no usable post_id")
    return _picture_in(value, post_id) or post_id


def _picture_in(value: Json, post_id: str) -> str | None:
    """``{page}_{picture}`` of a comment whose parent is neither the post that is named nor a comment."""
    parent_id, comment_id = identifier(value.get("parent_id")), identifier(value.get("comment_id"))
    about = mapping(value.get("post")) or {}
    if parent_id is None or comment_id is None or about.get("status_type") == "wall_post":
        return None
    owner, key = post_id.rpartition("_")[0], comment_key(parent_id)
    is_story = parent_id == f"{owner}_{key}"
    if not owner or not (is_story or comment_id.startswith(f"{key}_")):
        return None
    return f"{owner}_{key}"


def _comment_id(value: Json, comment_id: str) -> str:
    """Under a picture always spelled with the picture, as polls spell it."""
    post_id = _post_id(value)
    in_picture = post_id != identifier(value.get("post_id"))
    return parse.spelled(comment_key(comment_id) if in_picture else comment_id, post_id)


def _author(value: Json) -> Author | None:
    """Also in the spelling of before 2018, which recorded deliveries still have."""
    if mapping(value.get("from")) is not None:
        return parse.author_of(value.get("from"))
    return parse.author_of({"id": value.get("sender_id"), "name": value.get("sender_name")})


def _attachments(value: Json) -> tuple[Attachment, ...]:
    found = [Attachment(kind, link(value.get(kind))) for kind in ("photo", "video") if link(value.get(kind))]
    photos = value.get("photos")
    found += [Attachment("photo", link(url)) for url in (photos if isinstance(photos, list) else []) if link(url)]
    if not found and value.get("item") in ("photo", "video", "share", "link") and link(value.get("link")):
        kind = str(value["item"]) if value["item"] in ("photo", "video") else "share"
        found.append(Attachment(kind, link(value.get("link"))))
    return tuple(found[:50])
