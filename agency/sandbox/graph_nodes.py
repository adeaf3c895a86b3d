"""Fields of the Graph's nodes: which exist, which come unasked, and what stands in them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from agency.sandbox import graph_attachments, graph_mentions, graph_message_fields, graph_people, media, misbehaviour
from agency.sandbox.graph_absent import ABSENT
from agency.sandbox.graph_errors import unknown_field
from agency.sandbox.graph_fields import Field
from agency.sandbox.graph_json import graph_time, username
from agency.sandbox.graph_reader import Node, Reader, app_scoped_id
from agency.sandbox.store import Account, Item

Value = Callable[[Reader, Node], Any]

PAGE_TASKS = ["ANALYZE", "ADVERTISE", "MESSAGING", "MODERATE", "CREATE_CONTENT", "MANAGE"]


def _item(node: Node) -> Item:
    assert node.item is not None
    return node.item


def _account(node: Node) -> Account:
    assert node.account is not None
    return node.account


def _fact(name: str, default: Any = ABSENT) -> Value:
    return lambda reader, node: _item(node).facts.get(name, default)


def _absent(reader: Reader, node: Node) -> Any:
    return ABSENT


def _always(value: Any) -> Value:
    return lambda reader, node: value


def _from(reader: Reader, node: Node) -> Any:
    item = _item(node)
    if not item.by_account and reader.hides_authors(_account(node)):
        return ABSENT
    author = item.facts.get("author") or {}
    if item.platform == "instagram":
        return {"id": author.get("id"), "username": username(author)}
    return {"name": author.get("name"), "id": author.get("id")}


def _text(reader: Reader, node: Node) -> Any:
    text = _item(node).facts.get("text")
    if text is None:
        return "" if _item(node).kind == "comment" else ABSENT
    return text


def _parent(reader: Reader, node: Node) -> Any:
    item = _item(node)
    parent = reader.world.store.item(item.platform, item.parent_id, item.account_id) if item.parent_id else None
    if parent is None:
        return ABSENT
    return render(reader, reader.node_of(parent), None)


def _post_of(reader: Reader, node: Node) -> Any:
    return {"id": _item(node).post_id}


def _media_of(reader: Reader, node: Node) -> Any:
    post = reader.world.store.item("instagram", _item(node).post_id or "", _item(node).account_id)
    product = (post.facts.get("media_product_type") if post else None) or "FEED"
    return {"id": _item(node).post_id, "media_product_type": product}


def _to(reader: Reader, node: Node) -> Any:
    item, account = _item(node), _account(node)
    if item.by_account:
        return ABSENT
    return {"data": [{"name": account.name, "id": account.external_id}]}


def _can_reply_privately(reader: Reader, node: Node) -> Any:
    item = _item(node)
    fresh = reader.world.now() - item.created_at <= 7 * media.DAY_SECONDS
    return not item.by_account and fresh and not item.facts.get("private_reply")


def _private_conversation(reader: Reader, node: Node) -> Any:
    thread = _item(node).facts.get("private_reply")
    return {"id": thread, "link": f"/{_account(node).external_id}/inbox/{thread}/"} if thread else ABSENT


def _permalink(reader: Reader, node: Node) -> Any:
    item = _item(node)
    if item.platform == "instagram":
        return f"https://www.instagram.com/p/{item.external_id}/"
    if item.kind == "comment":
        return f"https://www.facebook.com/{item.post_id}/?comment_id={item.external_id.rsplit('_', 1)[-1]}"
    return f"https://www.facebook.com/{item.external_id.replace('_', '/posts/')}"


def _linked_instagram(reader: Reader, node: Node) -> Any:
    if reader.token.scopes is not None and "instagram_basic" not in reader.token.scopes:
        return ABSENT
    for account in reader.world.store.linked_to(node.id):
        if account.id in reader.token.accounts:
            return {"id": account.external_id, "username": account.facts.get("username") or account.name}
    return ABSENT


def _page_token(reader: Reader, node: Node) -> Any:
    if reader.token.kind == "page":
        return reader.token.token
    return graph_people.page_token(reader, _account(node)) or ABSENT


def _tasks(reader: Reader, node: Node) -> Any:
    """What a person may do there is told in the person's own lists; a Page has no such field."""
    if reader.token.kind != "user":
        raise unknown_field("tasks", "Page")
    return _account(node).facts.get("tasks", PAGE_TASKS)


def _name(reader: Reader, node: Node) -> Any:
    return f"Person {node.id}" if node.account is None else node.account.name


def _username(reader: Reader, node: Node) -> Any:
    return _account(node).facts.get("username") or _account(node).name


def _me_id(reader: Reader, node: Node) -> Any:
    is_me = reader.call.path.split("/")[0] == "me" and reader.call.host == "instagram"
    return app_scoped_id(_account(node)) if is_me else node.id


def _node_id(reader: Reader, node: Node) -> Any:
    return node.id


def _created(reader: Reader, node: Node) -> Any:
    return graph_time(_item(node).created_at)


COMMON: dict[str, Value] = {"id": _node_id}

FIELDS: dict[str, dict[str, Value]] = {
    "User": {**COMMON, "name": _name},
    "Business": {**COMMON, "name": lambda reader, node: graph_people.business_name(reader, node.id)},
    **graph_message_fields.FIELDS,
    "Page": {
        **COMMON,
        "name": _name,
        "access_token": _page_token,
        "tasks": _tasks,
        "category": _always("Brand"),
        "username": _username,
        "link": lambda reader, node: f"https://www.facebook.com/{node.id}",
        "about": _absent,
        "picture": _absent,
        "fan_count": _always(0),
        "followers_count": _always(0),
        "is_published": _always(True),
        "instagram_business_account": _linked_instagram,
        "connected_instagram_account": _linked_instagram,
    },
    "Post": {
        **COMMON,
        "message": _text,
        "created_time": _created,
        "updated_time": lambda reader, node: graph_time(_item(node).updated_at),
        "from": _from,
        "to": _to,
        "story": _absent,
        "message_tags": _fact("message_tags"),
        "permalink_url": _permalink,
        "status_type": _fact("status_type", "mobile_status_update"),
        "is_published": _fact("is_published", True),
        "is_hidden": _fact("hidden", False),
        "is_expired": _always(False),
        "full_picture": graph_attachments.full_picture,
        "attachments": graph_attachments.of_post,
        "parent_id": _absent,
        "can_reply_privately": _can_reply_privately,
        "promotion_status": lambda reader, node: "active" if _item(node).facts.get("ad") else "inactive",
        "properties": _absent,
        "shares": _absent,
        "scheduled_publish_time": lambda reader, node: _item(node).facts.get("scheduled_at", ABSENT),
    },
    "Comment": {
        **COMMON,
        "message": _text,
        "created_time": _created,
        "from": _from,
        "parent": _parent,
        "object": _post_of,
        "attachment": graph_attachments.of_comment,
        "message_tags": _fact("message_tags"),
        "permalink_url": _permalink,
        "comment_count": lambda reader, node: reader.count_comments(_item(node)),
        "like_count": _fact("like_count", 0),
        "user_likes": _fact("user_likes", False),
        "is_hidden": _fact("hidden", False),
        "is_private": _always(False),
        "can_comment": _always(True),
        "can_like": _always(True),
        "can_hide": lambda reader, node: not _item(node).by_account,
        "can_remove": _always(True),
        "can_reply_privately": _can_reply_privately,
        "private_reply_conversation": _private_conversation,
        "application": _absent,
        "admin_creator": _absent,
        "live_broadcast_timestamp": _absent,
    },
    "Video": {
        **COMMON,
        "description": _text,
        "created_time": _created,
        "updated_time": lambda reader, node: graph_time(_item(node).updated_at),
        "from": _from,
        "permalink_url": lambda reader, node: f"/reel/{node.id}/",
        "post_id": lambda reader, node: _item(node).external_id.rsplit("_", 1)[-1],
        "title": _absent,
        "length": _always(15.0),
        "published": _fact("is_published", True),
    },
    "Photo": {
        **COMMON,
        "name": lambda reader, node: _item(node).facts.get("text") or ABSENT,
        "created_time": _created,
        "updated_time": lambda reader, node: graph_time(_item(node).updated_at),
        "from": _from,
        "link": lambda reader, node: f"https://www.facebook.com/photo.php?fbid={node.id}",
        "page_story_id": lambda reader, node: f"{_account(node).external_id}_{node.id}",
        "album": _absent,
        "picture": _absent,
        "images": _absent,
    },
    "IGUser": {
        "id": _me_id,
        "user_id": lambda reader, node: _account(node).external_id,
        "username": _username,
        "name": _name,
        "account_type": _always("BUSINESS"),
        "profile_picture_url": _absent,
        "followers_count": _always(0),
        "follows_count": _always(0),
        "media_count": lambda reader, node: len(
            reader.world.store.find_items(
                "account_id = ? AND kind = 'post' AND deleted_at IS NULL", (_account(node).id,)
            )
        ),
    },
    "IGMedia": {
        **COMMON,
        "caption": _text,
        "timestamp": _created,
        "media_type": _fact("media_type", "IMAGE"),
        "media_product_type": _fact("media_product_type", "FEED"),
        "media_url": graph_attachments.media_url,
        "thumbnail_url": _absent,
        "permalink": _permalink,
        "shortcode": _node_id,
        "comments_count": lambda reader, node: reader.count_comments(_item(node)),
        "like_count": _fact("like_count", 0),
        "is_comment_enabled": _fact("comment_enabled", True),
        "owner": lambda reader, node: {"id": _account(node).external_id} if _item(node).by_account else ABSENT,
        "username": lambda reader, node: (
            _username(reader, node) if _item(node).by_account else username(_item(node).facts.get("author") or {})
        ),
        "children": _absent,
        "boost_ads_list": _absent,
    },
    "IGComment": {
        **COMMON,
        "text": _text,
        "timestamp": _created,
        "username": lambda reader, node: username(_item(node).facts.get("author") or {}),
        "from": _from,
        "hidden": _fact("hidden", False),
        "like_count": _fact("like_count", 0),
        "parent_id": lambda reader, node: _item(node).parent_id or ABSENT,
        "user": lambda reader, node: {"id": _account(node).external_id} if _item(node).by_account else ABSENT,
        "media": _media_of,
        "legacy_instagram_comment_id": _absent,
    },
}

DEFAULTS = {
    **graph_message_fields.DEFAULTS,
    "User": ("name", "id"),
    "Business": ("name", "id"),
    "Page": ("name", "id"),
    "Post": ("created_time", "message", "id"),
    "Comment": ("created_time", "from", "message", "id"),
    "Video": ("updated_time", "description", "id"),
    "Photo": ("created_time", "name", "id"),
    "IGUser": ("id",),
    "IGMedia": ("id",),
    "IGComment": ("timestamp", "text", "id"),
}

EDGES: dict[str, frozenset[str]] = {
    "User": frozenset({"accounts", "permissions", "businesses"}),
    "Business": frozenset({"owned_pages", "client_pages"}),
    "Page": frozenset(
        {"published_posts", "posts", "feed", "visitor_posts", "tagged", "ads_posts", "scheduled_posts", "video_reels"}
        | {"videos", "photos", "ratings", "subscribed_apps", "conversations", "blocked", "thread_owner"}
    ),
    "Post": frozenset({"comments", "likes", "reactions"}),
    "Comment": frozenset({"comments", "likes", "reactions"}),
    "Video": frozenset({"comments", "likes", "reactions"}),
    "Photo": frozenset({"comments", "likes", "reactions"}),
    "IGUser": frozenset(
        {"media", "stories", "tags", "live_media", "subscribed_apps", "conversations", "content_publishing_limit"}
    ),
    "IGMedia": frozenset({"comments"}),
    "IGComment": frozenset({"replies"}),
    **graph_message_fields.EDGES,
}


def render(reader: Reader, node: Node, fields: tuple[Field, ...] | None) -> dict[str, Any]:
    """The node as JSON; GraphError 100 on a field it does not have. Absent things have no key."""
    from agency.sandbox.graph_edges import expanded_edge

    table = FIELDS[node.type]
    found: dict[str, Any] = {}
    asked = frozenset(one.name for one in fields) if fields else frozenset[str]()
    order = _unknown_order(reader, node, asked) if asked else None
    if order is not None:
        raise unknown_field(order.field or sorted(asked)[0], node.type)
    if node.type == "Message" and node.item is not None and (fields is None or _asks_for_more(fields)):
        graph_message_fields.require_readable(reader, node.item)
    for one in tuple(Field(name) for name in DEFAULTS[node.type]) if fields is None else fields:
        if one.name in EDGES[node.type] and one.name not in table:
            expanded = expanded_edge(reader, node, one)
            if expanded is not None:
                found[one.name] = expanded
        elif one.name in graph_mentions.FIELDS and node.type == "IGUser":
            found[one.name] = graph_mentions.FIELDS[one.name](reader, node, one)
        elif one.name in table:
            value = table[one.name](reader, node)
            if value is not ABSENT:
                found[one.name] = _picked(reader, node, one, value)
        else:
            raise unknown_field(one.name, node.type)
    found.setdefault("id", table["id"](reader, node))
    if node.item is not None:
        found.update(json.loads(json.dumps(node.item.facts.get("raw") or {})))
        for name in node.item.facts.get("drop") or ():
            found.pop(name, None)
    return found


def _unknown_order(reader: Reader, node: Node, asked: frozenset[str]) -> misbehaviour.Order | None:
    whose = node.account.external_id if node.account else None
    return misbehaviour.take(reader.world, "unknown_fields", whose, names=asked)


def _asks_for_more(fields: tuple[Field, ...]) -> bool:
    return any(one.name not in graph_message_fields.ALWAYS_READABLE for one in fields)


def _picked(reader: Reader, node: Node, one: Field, value: Any) -> Any:
    """A nested object cut down to what was asked of it."""
    if one.children is None or not isinstance(value, dict):
        return value
    if one.name == "parent" and node.item is not None and node.item.parent_id:
        parent = reader.world.store.item(node.item.platform, node.item.parent_id, node.item.account_id)
        if parent is not None:
            return render(reader, reader.node_of(parent), one.children)
    return _cut(value, one.children)


def _cut(value: Any, children: tuple[Field, ...]) -> Any:
    """Objects, and those in lists, cut down to the asked keys, as deep as the question goes."""
    if isinstance(value, list):
        return [_cut(row, children) for row in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("data"), list):
        return {**value, "data": _cut(value["data"], children)}
    asked = {child.name: child.children for child in children}
    return {
        name: _cut(part, deeper) if (deeper := asked.get(name)) else part
        for name, part in value.items()
        if name in asked or name == "id"
    }
