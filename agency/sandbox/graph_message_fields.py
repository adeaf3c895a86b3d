"""Fields of conversations, messages and the people in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agency.sandbox import media
from agency.sandbox.graph_absent import ABSENT
from agency.sandbox.graph_errors import message_is_deleted
from agency.sandbox.graph_json import graph_time, username
from agency.sandbox.graph_reader import Node, Reader
from agency.sandbox.store import Account, Item

Value = Callable[[Reader, Node], Any]

READABLE_INSTAGRAM_MESSAGES = 20
# What of an older Instagram message is still told.
ALWAYS_READABLE = ("id", "created_time")


def _item(node: Node) -> Item:
    assert node.item is not None
    return node.item


def _account(node: Node) -> Account:
    assert node.account is not None
    return node.account


def _person(account: Account, person: dict[str, Any]) -> dict[str, Any]:
    if account.platform == "instagram":
        return {"username": username(person), "id": str(person["id"])}
    return {"name": person.get("name"), "email": f"{person['id']}@facebook.com", "id": str(person["id"])}


def _own(account: Account) -> dict[str, Any]:
    name = account.facts.get("username") or account.name
    return _person(account, {"id": account.external_id, "name": name, "username": name})


def _participants(reader: Reader, node: Node) -> Any:
    account = _account(node)
    return {"data": [_person(account, _item(node).facts["person"]), _own(account)]}


def _count(reader: Reader, node: Node) -> int:
    with reader.world.store.transaction() as db:
        row = db.execute(
            "SELECT count(*) FROM items WHERE account_id = ? AND post_id = ? AND kind = 'message'"
            " AND deleted_at IS NULL AND visible_at <= ?",
            (_account(node).id, node.id, reader.world.now()),
        ).fetchone()
    return int(row[0])


def _snippet(reader: Reader, node: Node) -> Any:
    last = reader.world.store.find_items(
        "account_id = ? AND post_id = ? AND kind = 'message' AND deleted_at IS NULL",
        (_account(node).id, node.id),
        "created_at DESC, seq DESC",
        1,
    )
    return (last[0].text[:100] or ABSENT) if last else ABSENT


def _can_reply(reader: Reader, node: Node) -> bool:
    last = _item(node).facts.get("last_inbound_at")
    return last is not None and reader.world.now() - float(last) <= 7 * media.DAY_SECONDS


def _from(reader: Reader, node: Node) -> Any:
    item, account = _item(node), _account(node)
    return _own(account) if item.by_account else _person(account, item.facts["author"])


def _to(reader: Reader, node: Node) -> Any:
    item, account = _item(node), _account(node)
    if not item.by_account:
        return {"data": [_own(account)]}
    thread = reader.world.store.item(item.platform, item.post_id or "", item.account_id)
    return {"data": [_person(account, thread.facts["person"])]} if thread else ABSENT


def _attachments(reader: Reader, node: Node) -> Any:
    found = []
    for one in _item(node).facts.get("attachments") or []:
        if "kind" not in one:
            found.append(one)
            continue
        url = media.address(reader.world, one)
        extension, mime_type = media.KINDS[one["kind"]]
        told: dict[str, Any] = {"id": one["name"], "name": f"{one['kind']}-{one['name']}.{extension}"}
        if _item(node).platform == "facebook":
            told.update(mime_type=mime_type, size=len(media.content(f"{one['name']}.{extension}")))
        if one["kind"] in ("photo", "image", "sticker", "animated_image"):
            told["image_data"] = {"width": 16, "height": 16, "max_width": 16, "max_height": 16, "url": url}
        elif one["kind"] == "video":
            told["video_data"] = {"width": 16, "height": 16, "url": url, "preview_url": url}
        else:
            told["file_url"] = url
        if one["kind"] == "animated_image":
            told["image_data"]["animated_gif_url"] = url
        if one["kind"] != "share":
            found.append(told)
    return {"data": found} if found else ABSENT


def _shares(reader: Reader, node: Node) -> Any:
    shared = [one for one in _item(node).facts.get("attachments") or [] if one.get("kind") == "share"]
    told = [{"link": media.address(reader.world, one), "id": one["name"]} for one in shared]
    return {"data": told} if told else ABSENT


def _sticker(reader: Reader, node: Node) -> Any:
    for one in _item(node).facts.get("attachments") or []:
        if one.get("kind") == "sticker":
            return media.address(reader.world, one)
    return ABSENT


def _story(reader: Reader, node: Node) -> Any:
    story = _item(node).facts.get("story")
    if not story:
        return ABSENT
    return {story["way"]: {"link": media.address(reader.world, story["media"]), "id": story["id"]}}


def _reactions(reader: Reader, node: Node) -> Any:
    account = _account(node)
    told = [
        {"reaction": one["emoji"], "users": [_person(account, one["user"])]}
        for one in _item(node).facts.get("reactions") or []
    ]
    return {"data": told} if told else ABSENT


def _message(reader: Reader, node: Node) -> Any:
    return _item(node).facts.get("text") or ""


def _reply_to(reader: Reader, node: Node) -> Any:
    mid = _item(node).facts.get("reply_to")
    return {"mid": mid, "is_self_reply": False} if mid else ABSENT


def _person_fact(*names: str) -> Value:
    def value(reader: Reader, node: Node) -> Any:
        person = _item(node).facts["person"]
        words = str(person.get("name") or "").split(" ")
        known = {
            "first_name": words[0],
            "last_name": " ".join(words[1:]),
            "name": person.get("name"),
            "username": username(person),
        }
        return next((known[name] for name in names if known.get(name)), ABSENT)

    return value


def _picture(reader: Reader, node: Node) -> Any:
    facts = {"kind": "photo", "name": f"face{node.id}", "expires_at": _item(node).created_at + 3650 * media.DAY_SECONDS}
    return media.address(reader.world, facts)


def _always(value: Any) -> Value:
    return lambda reader, node: value


FIELDS: dict[str, dict[str, Value]] = {
    "UnifiedThread": {
        "id": lambda reader, node: node.id,
        "updated_time": lambda reader, node: graph_time(_item(node).updated_at),
        "link": lambda reader, node: f"/{_account(node).external_id}/inbox/{node.id.removeprefix('t_')}/",
        "snippet": _snippet,
        "unread_count": lambda reader, node: _item(node).facts.get("unread", 0),
        "message_count": _count,
        "can_reply": _can_reply,
        "participants": _participants,
        "senders": _participants,
        "name": _always(ABSENT),
        "subject": _always(ABSENT),
        "is_subscribed": _always(True),
        "is_owner": lambda reader, node: ABSENT if not _account(node).facts.get("thread_owner_app") else False,
    },
    "Message": {
        "id": lambda reader, node: node.id,
        "created_time": lambda reader, node: graph_time(_item(node).created_at),
        "from": _from,
        "to": _to,
        "message": _message,
        "attachments": _attachments,
        "shares": _shares,
        "sticker": _sticker,
        "story": _story,
        "reactions": _reactions,
        "reply_to": _reply_to,
        "is_unsupported": lambda reader, node: _item(node).facts.get("is_unsupported", ABSENT),
        "tags": lambda reader, node: {"data": [{"name": "inbox"}, {"name": "source:chat"}]},
    },
    "Person": {
        "id": lambda reader, node: node.id,
        "name": _person_fact("name"),
        "first_name": _person_fact("first_name"),
        "last_name": _person_fact("last_name"),
        "username": _person_fact("username"),
        "profile_pic": _picture,
        "locale": _always(ABSENT),
        "timezone": _always(ABSENT),
        "follower_count": _always(0),
        "is_verified_user": _always(False),
        "is_user_follow_business": _always(False),
        "is_business_follow_user": _always(False),
    },
}
DEFAULTS = {
    "UnifiedThread": ("id", "updated_time"),
    "Message": ("id", "created_time"),
    "Person": ("id", "name"),
}
EDGES: dict[str, frozenset[str]] = {
    "UnifiedThread": frozenset({"messages"}),
    "Message": frozenset(),
    "Person": frozenset(),
}


def is_beyond_horizon(reader: Reader, item: Item) -> bool:
    """Whether this is an Instagram message older than the newest twenty of its thread."""
    if item.kind != "message" or item.platform != "instagram":
        return False
    newest = reader.world.store.find_items(
        "account_id = ? AND post_id = ? AND kind = 'message' AND deleted_at IS NULL",
        (item.account_id, item.post_id),
        "created_at DESC, seq DESC",
        READABLE_INSTAGRAM_MESSAGES,
    )
    return len(newest) == READABLE_INSTAGRAM_MESSAGES and (item.created_at, item.seq) < (
        newest[-1].created_at,
        newest[-1].seq,
    )


def require_readable(reader: Reader, item: Item) -> None:
    """Raises the very error of a deleted message for one that is only too old to be read."""
    if is_beyond_horizon(reader, item):
        raise message_is_deleted()
