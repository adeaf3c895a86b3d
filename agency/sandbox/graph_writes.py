"""Writes of the Graph API: comments, replies, edits, hiding, deleting, posts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from agency.sandbox import content, graph_errors, misbehaviour
from agency.sandbox.graph_reader import Node, Reader
from agency.sandbox.store import Account, Item

MAX_INSTAGRAM_TEXT_CHARACTERS = 2200
MAX_FACEBOOK_TEXT_CHARACTERS = 8000
SUCCESS: dict[str, Any] = {"success": True}


@dataclass(frozen=True)
class Written:
    """What a write did: the ledger's words for it, the answer, and the item made, if one was."""

    action: str
    target: str
    body: dict[str, Any]
    text: str | None = None
    made: Item | None = None


def action_of(reader: Reader, node: Node, edge: str | None) -> str:
    """The ledger's word for what the call asks for, known before it is tried."""
    call = reader.call
    if edge in ("comments", "replies"):
        return "reply" if node.item is not None and node.item.kind == "comment" else "comment"
    if edge is not None:
        return {"feed": "post"}.get(edge, edge) if call.method == "POST" else f"remove_{edge}"
    if call.method == "DELETE":
        return "delete"
    return "hide" if {"is_hidden", "hide"} & set(call.params) else "edit"


def perform(reader: Reader, node: Node, edge: str | None) -> Written:
    """Do what the call asks, or raise the GraphError it earns. Belongs into the ledger's transaction."""
    action = action_of(reader, node, edge)
    account = node.account
    if account is None:
        raise graph_errors.missing_object(node.id, reader.verb)
    if reader.token.kind == "user":
        raise graph_errors.GraphError(200, "(#200) Permissions error: this call needs a Page access token", status=403)
    if misbehaviour.take(reader.world, "block_writes", account.external_id, is_write=True):
        raise graph_errors.blocked()
    text = reader.call.params.get("message")
    if reader.call.method == "POST" and edge in ("comments", "replies"):
        return _comment(reader, node, edge, action, text)
    if edge == "feed" and node.type == "Page" and reader.call.method == "POST":
        post = content.write_post(reader.world, account, _required(text, MAX_FACEBOOK_TEXT_CHARACTERS))
        return Written(action, node.id, {"id": post.external_id}, text, post)
    if edge == "subscribed_apps" and node.type in ("Page", "IGUser"):
        return _subscribe(reader, account, action)
    if node.item is None:
        raise graph_errors.missing_object(node.id, reader.verb)
    if edge == "likes" and node.type == "Comment":
        node.item.facts["user_likes"] = reader.call.method == "POST"
        reader.world.store.save_item(node.item)
        return Written(action, node.id, SUCCESS)
    if edge is not None:
        raise graph_errors.missing_object(node.id, reader.verb)
    if reader.call.method == "DELETE":
        if node.item.kind == "post" and (node.type == "IGMedia" or not node.item.by_account):
            raise graph_errors.GraphError(200, "(#200) Permissions error", status=403)
        content.delete_item(reader.world, node.item, by_account=True)
        return Written(action, node.id, SUCCESS)
    return _change(reader, node, action, text)


def _required(text: str | None, maximum: int) -> str:
    if text is None or not text.strip():
        raise graph_errors.bad_parameter("The parameter message is required")
    if len(text) > maximum:
        raise graph_errors.bad_parameter(f"Param message must be at most {maximum} characters long")
    return text


def _comment(reader: Reader, node: Node, edge: str, action: str, text: str | None) -> Written:
    allowed = {"Post": "comments", "Comment": "comments", "IGMedia": "comments", "IGComment": "replies"}
    item, account = node.item, node.account
    if item is None or account is None or allowed.get(node.type) != edge:
        raise graph_errors.missing_object(node.id, reader.verb)
    is_instagram = node.type.startswith("IG")
    text = _required(text, MAX_INSTAGRAM_TEXT_CHARACTERS if is_instagram else MAX_FACEBOOK_TEXT_CHARACTERS)
    if is_instagram and item.facts.get("hidden"):
        raise graph_errors.bad_parameter("Cannot reply to a hidden comment")
    if is_instagram and not item.facts.get("comment_enabled", True):
        raise graph_errors.bad_parameter("Comments are disabled on this media")
    if misbehaviour.take(reader.world, "refuse_duplicates", account.external_id, is_write=True):
        last = reader.world.store.find_items(
            "account_id = ? AND kind = 'comment' AND by_account = 1 AND deleted_at IS NULL",
            (account.id,),
            "seq DESC",
            1,
        )
        if last and last[0].text == text:
            raise graph_errors.duplicate_text()
    below_comment = item.kind == "comment"
    made = content.write_comment(
        reader.world,
        account,
        text,
        post=None if below_comment else item,
        parent=item if below_comment else None,
        by_account=True,
    )
    return Written(action, node.id, {"id": made.external_id}, text, made)


def _change(reader: Reader, node: Node, action: str, text: str | None) -> Written:
    """Edit own words, hide, or switch comments on and off, whichever the node knows."""
    item, params = node.item, reader.call.params
    assert item is not None
    switches = {"Comment": ("is_hidden", "hidden"), "IGComment": ("hide", "hidden"), "Post": ("is_hidden", "hidden")}
    switch, fact = switches.get(node.type, ("comment_enabled", "comment_enabled"))
    if switch in params:
        if node.type == "Comment" and item.by_account:
            raise graph_errors.GraphError(200, "(#200) Permissions error", status=403)
        if fact == "hidden":
            content.change_item(reader.world, item, hidden=_truth(switch, params[switch]))
        else:
            item.facts[fact] = _truth(switch, params[switch])
            reader.world.store.save_item(item)
        return Written(action, node.id, SUCCESS)
    if node.type not in ("Comment", "Post"):
        raise graph_errors.missing_object(node.id, reader.verb)
    if not item.by_account:
        # The trap of this API: posting to a comment edits it. A stranger's words cannot be edited.
        raise graph_errors.GraphError(200, "(#200) Permissions error", status=403)
    text = _required(text, MAX_FACEBOOK_TEXT_CHARACTERS)
    content.change_item(reader.world, item, text=text)
    return Written(action, node.id, SUCCESS, text)


def _truth(name: str, value: str) -> bool:
    if value.lower() not in ("true", "false", "1", "0"):
        raise graph_errors.bad_parameter(f"Param {name} must be a boolean")
    return value.lower() in ("true", "1")


def _subscribe(reader: Reader, account: Account, action: str) -> Written:
    fields = [name for name in reader.call.params.get("subscribed_fields", "").split(",") if name]
    if reader.call.method == "POST" and not fields:
        raise graph_errors.bad_parameter("The parameter subscribed_fields is required")
    keys = reader.world.keys
    subscribed = [{"id": keys.meta_app_id, "name": "Sandbox app", "subscribed_fields": fields}] if fields else []
    if reader.call.method == "DELETE":
        subscribed = []
    reader.world.store.save_account(account.platform, account.external_id, None, {"subscribed_apps": subscribed})
    return Written(action, account.external_id, SUCCESS)
