"""Sending direct messages: windows, tags, private replies, sender actions, and the limits of both platforms."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agency.sandbox import graph_errors, media, messages, meta_app
from agency.sandbox.graph_errors import GraphError
from agency.sandbox.graph_reader import Node, Reader
from agency.sandbox.graph_written import Written
from agency.sandbox.store import Account, Item

WINDOW_SECONDS = 24 * 3600
HUMAN_AGENT_SECONDS = 7 * media.DAY_SECONDS
PRIVATE_REPLY_SECONDS = 7 * media.DAY_SECONDS
MAX_MESSENGER_CHARACTERS = 2000
MAX_INSTAGRAM_BYTES = 1000
MAX_METADATA_CHARACTERS = 1000
TYPES = ("RESPONSE", "UPDATE", "MESSAGE_TAG", "UTILITY")
RETIRED_TAGS = ("CONFIRMED_EVENT_UPDATE", "ACCOUNT_UPDATE", "POST_PURCHASE_UPDATE")
SENDER_ACTIONS = ("typing_on", "typing_off", "mark_seen", "react", "unreact")
ATTACHMENT_TYPES = {"image": "photo", "video": "video", "audio": "audio", "file": "file"}


@dataclass(frozen=True)
class _Wish:
    """The parameters of one send, read from JSON or from a form whose values are JSON."""

    recipient: dict[str, Any]
    message: dict[str, Any]
    action: str | None
    kind: str
    tag: str | None
    reply_to: str | None
    payload: dict[str, Any]


def _read(params: Mapping[str, str]) -> _Wish:
    def part(name: str) -> dict[str, Any]:
        if name not in params:
            return {}
        try:
            found = json.loads(params[name])
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise graph_errors.bad_parameter(f"param {name} must be a JSON object")
        return found

    kind = params.get("messaging_type", "RESPONSE")
    if kind not in TYPES:
        raise graph_errors.bad_parameter(f"Param messaging_type must be one of {{{', '.join(TYPES)}}}")
    answered = part("reply_to")
    return _Wish(
        recipient=part("recipient"),
        message=part("message"),
        action=params.get("sender_action"),
        kind=kind,
        tag=params.get("tag"),
        reply_to=answered.get("mid") if answered else None,
        payload=part("payload"),
    )


def text_of(params: Mapping[str, str]) -> str | None:
    """The words of a send, for the ledger, also where it is refused."""
    try:
        found = json.loads(params.get("message", "null"))
    except ValueError:
        return None
    text = found.get("text") if isinstance(found, dict) else None
    return text if isinstance(text, str) else None


def send(reader: Reader, node: Node, action: str) -> Written:
    """`POST /{page or profile}/messages`. Raises GraphError."""
    wish = _read(reader.call.params)
    if "comment_id" in wish.recipient or "post_id" in wish.recipient:
        return _private_reply(reader, node, wish)
    account, thread = _addressed(reader, node, wish)
    person_id = str(thread.facts["person"]["id"])
    _require_reachable(reader, account, thread)
    if wish.action is not None:
        return _sender_action(reader, account, thread, wish)
    text, attachments = _words(reader, account, wish)
    breach = _require_window(reader, account, thread, wish)
    made = _write(reader, account, thread, wish, text, attachments)
    body = {"recipient_id": person_id, "message_id": made.external_id}
    facts = {
        "messaging_type": wish.kind,
        "tag": wish.tag,
        "for_account": account.external_id,
        **({"policy_breach": breach} if breach else {}),
    }
    return Written(action, person_id, body, text, made, facts)


def _addressed(reader: Reader, node: Node, wish: _Wish) -> tuple[Account, Item]:
    """Whose thread it is: the Page's own, or that of its Instagram profile."""
    assert node.account is not None
    person_id = str(wish.recipient.get("id") or "")
    if not person_id:
        raise graph_errors.bad_parameter("The parameter recipient is required")
    candidates = [node.account]
    if node.account.platform == "facebook":
        candidates += [
            each for each in reader.world.store.linked_to(node.account.external_id) if each.id in reader.token.accounts
        ]
    for account in candidates:
        thread = messages.thread_of(reader.world, account, person_id)
        if thread is not None:
            return account, thread
    if node.account.platform == "instagram":
        raise GraphError(100, "(#100) No matching Instagram user", subcode=2534014)
    raise GraphError(100, "(#100) No matching user found", subcode=2018001)


def _require_reachable(reader: Reader, account: Account, thread: Item) -> None:
    is_instagram = account.platform == "instagram"
    if account.facts.get("messages_access") is False:
        raise GraphError(200, "(#200) The owner has not allowed access to messages", subcode=2534041, status=403)
    if account.facts.get("thread_owner_app"):
        raise GraphError(
            100, "(#100) Another app is controlling this thread now.", subcode=2534037 if is_instagram else 2018300
        )
    if thread.facts.get("unreachable") or messages.is_blocked(account, str(thread.facts["person"]["id"])):
        raise GraphError(551, "(#551) This person isn't available right now.", subcode=1545041)


def _words(reader: Reader, account: Account, wish: _Wish) -> tuple[str | None, list[dict[str, Any]]]:
    message = wish.message
    text = message.get("text")
    given = message.get("attachments") or ([message["attachment"]] if message.get("attachment") else [])
    if (text is None) == (not given):
        raise graph_errors.bad_parameter("Must upload exactly one of text or attachment")
    if text is not None:
        if not isinstance(text, str) or not text.strip():
            raise graph_errors.bad_parameter("Message cannot be empty, must provide valid attachment or text")
        if account.platform == "instagram" and len(text.encode("utf-8", "surrogatepass")) > MAX_INSTAGRAM_BYTES:
            raise GraphError(
                100,
                f"(#100) Length of param message[text] must be less than or equal to {MAX_INSTAGRAM_BYTES} bytes",
                subcode=2534015,
            )
        if account.platform == "facebook" and len(text) > MAX_MESSENGER_CHARACTERS:
            raise graph_errors.bad_parameter(
                f"Length of param message[text] must be less than or equal to {MAX_MESSENGER_CHARACTERS}"
            )
    return text, [_attachment(one) for one in given]


def _attachment(one: Any) -> dict[str, Any]:
    kind = one.get("type") if isinstance(one, dict) else None
    payload = one.get("payload") if isinstance(one, dict) else None
    if kind not in ATTACHMENT_TYPES or not isinstance(payload, dict):
        raise graph_errors.bad_parameter(f"message[attachment][type] must be one of {{{', '.join(ATTACHMENT_TYPES)}}}")
    if not str(payload.get("url") or "").startswith(("http://", "https://")):
        raise GraphError(100, "(#100) Failed to fetch the file from the url", subcode=2018008)
    return {"kind": ATTACHMENT_TYPES[kind], "url": payload["url"]}


def _require_window(reader: Reader, account: Account, thread: Item, wish: _Wish) -> str | None:
    """Raises where the time for this message is over; answers what breaks the platform's policy, though it is sent."""
    if wish.tag in RETIRED_TAGS:
        raise graph_errors.bad_parameter(
            f"Invalid parameter: the tag {wish.tag} was retired on 27 April 2026. Use utility messages instead."
        )
    if wish.tag is not None and wish.tag != "HUMAN_AGENT":
        raise graph_errors.bad_parameter("Param tag must be one of {HUMAN_AGENT}")
    if wish.kind == "MESSAGE_TAG" and wish.tag is None:
        raise graph_errors.bad_parameter("The parameter tag is required for messaging_type MESSAGE_TAG")
    if wish.kind == "UTILITY":
        raise graph_errors.bad_parameter("A utility message needs an approved template")
    last = thread.facts.get("last_inbound_at")
    age_seconds = float("inf") if last is None else reader.world.now() - float(last)
    tagged = wish.kind == "MESSAGE_TAG" and wish.tag == "HUMAN_AGENT"
    if age_seconds <= WINDOW_SECONDS:
        return "HUMAN_AGENT inside of 24 hours" if tagged else None
    if not tagged or age_seconds > HUMAN_AGENT_SECONDS:
        raise _outside_window(account)
    granted = meta_app.application(reader.world.store)["human_agent"] and account.facts.get("human_agent") is not False
    if not granted:
        raise GraphError(
            10,
            "(#10) This message is sent outside of allowed window. The Human Agent feature is needed.",
            subcode=2018065,
        )
    return None


def _outside_window(account: Account) -> GraphError:
    subcode = 2534022 if account.platform == "instagram" else 2018278
    return GraphError(
        10,
        "(#10) This message is sent outside of allowed window. Learn more about the new policy here:"
        " https://developers.facebook.com/docs/messenger-platform/policy-overview",
        subcode=subcode,
    )


def _write(
    reader: Reader, account: Account, thread: Item, wish: _Wish, text: str | None, attachments: list[dict[str, Any]]
) -> Item:
    metadata = wish.message.get("metadata")
    if metadata is not None and (not isinstance(metadata, str) or len(metadata) > MAX_METADATA_CHARACTERS):
        raise graph_errors.bad_parameter(f"Param message[metadata] must be at most {MAX_METADATA_CHARACTERS} long")
    app_id = reader.world.keys.meta_app_id if reader.call.host == "facebook" else reader.world.keys.instagram_app_id
    facts: dict[str, Any] = {"app_id": int(app_id) if app_id.isdecimal() else app_id}
    if metadata:
        facts["metadata"] = metadata
    if wish.reply_to:
        facts["reply_to"] = str(wish.reply_to)
    return messages.write_message(
        reader.world, account, text, thread=thread, by_account=True, attachments=attachments, facts=facts
    )


def _sender_action(reader: Reader, account: Account, thread: Item, wish: _Wish) -> Written:
    if wish.message:
        raise graph_errors.bad_parameter("sender_action must stand alone in the request")
    if wish.action not in SENDER_ACTIONS:
        raise graph_errors.bad_parameter(f"Param sender_action must be one of {{{', '.join(SENDER_ACTIONS)}}}")
    person_id = str(thread.facts["person"]["id"])
    if wish.action == "mark_seen":
        thread.facts["unread"] = 0
        reader.world.store.save_item(thread)
    if wish.action in ("react", "unreact"):
        mid = str(wish.payload.get("message_id") or "")
        message = reader.world.store.item(account.platform, mid, account.id)
        if message is None or message.kind != "message":
            raise graph_errors.bad_parameter("Param payload[message_id] must be the id of a message")
        emoji = str(wish.payload.get("reaction") or "❤") if wish.action == "react" else None
        messages.react(reader.world, account, message, emoji, by_account=True)
    return Written(str(wish.action), person_id, {"recipient_id": person_id})


def _private_reply(reader: Reader, node: Node, wish: _Wish) -> Written:
    """Once for each comment or visitor post, within seven days of it. It opens no window."""
    name = "comment_id" if "comment_id" in wish.recipient else "post_id"
    target = str(wish.recipient[name])
    item, account = _replied_to(reader, node, target)
    is_instagram = node.type == "IGUser" or (account is not None and account.platform == "instagram")
    invalid = GraphError(100, "(#100) The comment is not valid for a private reply", subcode=2534025)
    if item is None or account is None:
        raise invalid if is_instagram else GraphError(100, "(#100) Invalid comment or post id", subcode=33)
    if item.facts.get("private_reply"):
        raise invalid if is_instagram else GraphError(10900, "(#10900) Activity already replied to")
    if item.by_account or reader.world.now() - item.created_at > PRIVATE_REPLY_SECONDS:
        raise invalid if is_instagram else GraphError(10903, "(#10903) This user cannot reply to this activity")
    text, attachments = _words(reader, account, wish)
    person = messages.person_of_comment(account, item)
    thread = messages.open_thread(reader.world, account, person)
    made = _write(reader, account, thread, wish, text, attachments)
    item.facts["private_reply"] = thread.external_id
    reader.world.store.save_item(item)
    body = {"recipient_id": str(person["id"]), "message_id": made.external_id}
    return Written("private_reply", target, body, text, made)


def _replied_to(reader: Reader, node: Node, target: str) -> tuple[Item | None, Account | None]:
    assert node.account is not None
    store = reader.world.store
    linked = store.linked_to(node.account.external_id) if node.account.platform == "facebook" else []
    for account in (node.account, *linked):
        item = store.item(account.platform, target, account.id)
        if item is not None and item.kind in ("comment", "post") and item.deleted_at is None:
            return item, account
    return None, None


def moderate(reader: Reader, node: Node, action: str) -> Written:
    """`/blocked` and `/moderate_conversations`: block people and let them back in."""
    account, params = node.account, reader.call.params
    assert account is not None
    blocked = [str(one) for one in account.facts.get("blocked") or []]
    if action == "moderate_conversations":
        people = _listed(params, "user_ids") or _listed(params, "user_id")
        wished = _listed(params, "actions")
        known = {"BAN_USER", "BLOCK_USER", "MOVE_TO_SPAM", "UNBAN_USER", "UNBLOCK_USER"}
        if not people or not wished or set(wished) - known:
            raise graph_errors.bad_parameter(f"user_ids and actions out of {{{', '.join(sorted(known))}}} are required")
        blocks = bool({"BAN_USER", "BLOCK_USER"} & set(wished))
        frees = bool({"UNBAN_USER", "UNBLOCK_USER"} & set(wished))
        body: dict[str, Any] = {"success": True}
    else:
        people = [one for name in ("psid", "asid", "user", "uid") for one in _listed(params, name)]
        if not people:
            raise graph_errors.bad_parameter("The parameter user is required")
        blocks, frees = reader.call.method == "POST", reader.call.method == "DELETE"
        body = dict.fromkeys(people, True) if blocks else {"success": True}
    if blocks:
        blocked = [*dict.fromkeys([*blocked, *people])]
    if frees:
        blocked = [one for one in blocked if one not in people]
    reader.world.store.save_account(account.platform, account.external_id, None, {"blocked": blocked})
    return Written(action, ",".join(people), body)


def _listed(params: Mapping[str, str], name: str) -> list[str]:
    """A list as JSON or with commas."""
    text = params.get(name, "")
    try:
        found = json.loads(text)
    except ValueError:
        return [one.strip() for one in text.strip("[]").split(",") if one.strip()]
    if isinstance(found, list):
        return [str(one.get("id") if isinstance(one, dict) else one) for one in found]
    return [str(found)]
