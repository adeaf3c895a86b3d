"""Writes of the Graph API: comments, replies, edits, hiding, deleting, posts."""

from __future__ import annotations

from typing import Any

from agency.sandbox import content, graph_errors, graph_messages, graph_scopes, meta_app, meta_webhooks, misbehaviour
from agency.sandbox.graph_reader import Node, Reader
from agency.sandbox.graph_written import SUCCESS, Written
from agency.sandbox.store import Account, Item

MAX_INSTAGRAM_TEXT_CHARACTERS = 2200
MAX_FACEBOOK_TEXT_CHARACTERS = 8000
MAX_FACEBOOK_POST_CHARACTERS = 63_206
MIN_AHEAD_SECONDS = 600


def action_of(reader: Reader, node: Node, edge: str | None) -> str:
    """The ledger's word for what the call asks for, known before it is tried."""
    call = reader.call
    if edge == "messages":
        if call.params.get("sender_action"):
            return call.params["sender_action"]
        return "private_reply" if '_id"' in call.params.get("recipient", "") else "message"
    if edge in ("comments", "replies", "mentions"):
        return "reply" if edge == "mentions" or (node.item is not None and node.item.kind == "comment") else "comment"
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
    if edge == "messages" and misbehaviour.take(reader.world, "block_messages", account.external_id, is_write=True):
        raise graph_errors.may_not_message()
    graph_scopes.require(reader, node, edge)
    if edge == "messages" and node.type in ("Page", "IGUser") and reader.call.method == "POST":
        return graph_messages.send(reader, node, action)
    if edge in ("blocked", "moderate_conversations") and node.type == "Page":
        return graph_messages.moderate(reader, node, edge)
    text = reader.call.params.get("message")
    if edge == "mentions" and node.type == "IGUser" and reader.call.method == "POST":
        return _answer_mention(reader, account, action, text)
    if reader.call.method == "POST" and edge in ("comments", "replies"):
        return _comment(reader, node, edge, action, text)
    if edge == "feed" and node.type == "Page" and reader.call.method == "POST":
        return _publish(reader, account, node, action, text)
    if edge == "subscribed_apps" and node.type in ("Page", "IGUser"):
        return _subscribe(reader, account, action)
    if node.item is None:
        raise graph_errors.missing_object(node.id, reader.verb)
    if edge == "likes" and node.type in ("Comment", "Post", "Video", "Photo"):
        content.like(reader.world, account, node.item, liked=reader.call.method == "POST")
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


def _publish(reader: Reader, account: Account, node: Node, action: str, text: str | None) -> Written:
    """A post of the Page: words or a link; the same words twice running are refused."""
    params = reader.call.params
    if text is None and not params.get("link"):
        raise graph_errors.bad_parameter("The parameter message or link is required")
    text = _required(text, MAX_FACEBOOK_POST_CHARACTERS) if text is not None else None
    values: dict[str, Any] = {}
    if params.get("published", "true").lower() in ("false", "0"):
        at = params.get("scheduled_publish_time")
        if at is not None and (not at.isdecimal() or int(at) < reader.world.now() + MIN_AHEAD_SECONDS):
            raise graph_errors.bad_parameter("The specified scheduled publish time is invalid.")
        values = {"is_published": False, "place": "scheduled", "scheduled_at": int(at) if at else None}
    last = reader.world.store.find_items(
        "account_id = ? AND kind = 'post' AND by_account = 1 AND deleted_at IS NULL",
        (account.id,),
        "created_at DESC, seq DESC",
        1,
    )
    if last and text is not None and last[0].facts.get("text") == text:
        raise graph_errors.duplicate_text()
    if params.get("link"):
        values["attachments"] = [{"kind": "share", "url": params["link"]}]
    post = content.write_post(reader.world, account, text, **values)
    return Written(action, node.id, {"id": post.external_id}, text, post)


def _answer_mention(reader: Reader, account: Account, action: str, text: str | None) -> Written:
    """`POST /{ig-id}/mentions`: below the media or the comment that names the profile."""
    params, store = reader.call.params, reader.world.store
    text = _required(text, MAX_INSTAGRAM_TEXT_CHARACTERS)
    post = store.item("instagram", params.get("media_id", ""), account.id)
    comment = store.item("instagram", params["comment_id"], account.id) if params.get("comment_id") else None
    places = ("foreign", "tagged") if comment is not None else ("foreign",)
    if post is None or post.facts.get("place") not in places or (params.get("comment_id") and comment is None):
        raise graph_errors.bad_parameter("Invalid parameter: no mention of this account with that id")
    if comment is None and not post.facts.get("mentions", True):
        raise graph_errors.bad_parameter("Invalid parameter: the caption does not mention this account")
    made = content.write_comment(reader.world, account, text, post=post, parent=comment, by_account=True)
    target = comment.external_id if comment else post.external_id
    return Written(action, target, {"id": made.external_id}, text, made)


def _comment(reader: Reader, node: Node, edge: str, action: str, text: str | None) -> Written:
    allowed = {"Post": "comments", "Comment": "comments", "IGMedia": "comments", "IGComment": "replies"}
    item, account = node.item, node.account
    if item is None or account is None or allowed.get("Post" if node.type in ("Video", "Photo") else node.type) != edge:
        raise graph_errors.missing_object(node.id, reader.verb)
    is_instagram = node.type.startswith("IG")
    picture = None if is_instagram else reader.call.params.get("attachment_url")
    if picture is None or text is not None:
        text = _required(text, MAX_INSTAGRAM_TEXT_CHARACTERS if is_instagram else MAX_FACEBOOK_TEXT_CHARACTERS)
    if is_instagram and item.facts.get("hidden"):
        raise graph_errors.bad_parameter("Cannot reply to a hidden comment")
    if is_instagram and not item.facts.get("comment_enabled", True):
        raise graph_errors.bad_parameter("Comments are disabled on this media")
    if misbehaviour.take(reader.world, "refuse_duplicates", account.external_id, is_write=True):
        last = _last_comment(reader, account, by_account=True)
        if last is not None and last.text == text:
            raise graph_errors.duplicate_text()
    below_comment = item.kind == "comment"
    lie = misbehaviour.take(reader.world, "earlier_id", account.external_id, is_write=True)
    earlier = _last_comment(reader, account, by_account=lie.who != "customers") if lie else None
    if lie and earlier and lie.when == "instead":
        return Written(action, node.id, {"id": earlier.external_id}, text, is_applied=False)
    made = content.write_comment(
        reader.world,
        account,
        text,
        post=None if below_comment else item,
        parent=item if below_comment else None,
        by_account=True,
        attachment={"kind": "photo", "url": picture} if picture else None,
    )
    return Written(action, node.id, {"id": (earlier or made).external_id}, text, made)


def _last_comment(reader: Reader, account: Account, *, by_account: bool) -> Item | None:
    found = reader.world.store.find_items(
        "account_id = ? AND kind = 'comment' AND by_account = ? AND deleted_at IS NULL",
        (account.id, int(by_account)),
        "seq DESC",
        1,
    )
    return found[0] if found else None


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
    """Subscribe the application to fields of an account, or unsubscribe it."""
    fields = [name for name in reader.call.params.get("subscribed_fields", "").split(",") if name]
    world, on_page = reader.world, account.platform == "facebook"
    if reader.call.method == "DELETE":
        world.store.save_account(account.platform, account.external_id, None, {"subscribed_apps": []})
        return Written(action, account.external_id, SUCCESS)
    if not fields:
        raise graph_errors.bad_parameter("The parameter subscribed_fields is required")
    known = meta_app.PAGE_FIELDS if on_page else meta_app.INSTAGRAM_FIELDS
    if unknown := [name for name in fields if name not in known]:
        raise graph_errors.bad_parameter(f"Param subscribed_fields has no value {unknown[0]}")
    if on_page and any(name.startswith("messag") for name in fields):
        graph_scopes.require_scope(reader, account, "pages_messaging")
    if meta_app.application(world.store)["subscription_merges"]:
        fields = [*dict.fromkeys([*meta_webhooks.fields_of(account), *fields])]
    app_id = world.keys.meta_app_id if reader.call.host == "facebook" else world.keys.instagram_app_id
    subscribed = [{"id": app_id, "name": "Sandbox app", "subscribed_fields": fields}]
    world.store.save_account(account.platform, account.external_id, None, {"subscribed_apps": subscribed})
    return Written(action, account.external_id, SUCCESS)
