"""Direct messages of Messenger and Instagram: threads, what customers write, what the brand writes.

A thread is an item of kind "thread", its `post_id` the person's id for messages; a message is an item of kind
"message" whose `post_id` is its thread.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import Any

from agency.sandbox import content, media
from agency.sandbox.content import NotThere
from agency.sandbox.store import Account, Item
from agency.sandbox.world import Happening, World

STORIES = ("mention", "reply_to")
HANDOVERS = ("pass", "take", "request")


def message_person(account: Account, author: Any) -> dict[str, Any]:
    """Who writes, as messages know them. On Facebook that id has nothing to do with the one below a comment."""
    known = content.person(account, author)
    if isinstance(author, dict) and author.get("message_id"):
        return {**known, "id": str(author["message_id"])}
    if account.platform == "facebook" and not (isinstance(author, dict) and author.get("id")):
        digest = hashlib.sha256(f"messages {account.external_id} {known['id']}".encode()).digest()
        known["id"] = str(2 * 10**16 + int.from_bytes(digest[:6]))
    return known


def person_of_comment(account: Account, comment: Item) -> dict[str, Any]:
    """The author of a comment as messages know them."""
    author = comment.facts.get("author") or {}
    if account.platform == "facebook":
        derived = content.person(account, author.get("name"))
        if derived["id"] == author.get("id"):
            return message_person(account, author.get("name"))
        digest = hashlib.sha256(f"messages {account.external_id} {author.get('id')}".encode()).digest()
        return {"id": str(2 * 10**16 + int.from_bytes(digest[:6])), "name": author.get("name")}
    return dict(author)


def thread_of(world: World, account: Account, person_id: str) -> Item | None:
    found = world.store.find_items("account_id = ? AND post_id = ? AND kind = 'thread'", (account.id, person_id))
    return found[0] if found else None


def open_thread(world: World, account: Account, person: dict[str, Any], created_at: float | None = None) -> Item:
    known = thread_of(world, account, str(person["id"]))
    if known is not None:
        return known
    minted = f"t_{content.digits(16)}" if account.platform == "facebook" else _long_id("thread")
    facts = {"person": person, "unread": 0}
    return world.store.add_item(
        account, "thread", minted, post_id=str(person["id"]), facts=facts, created_at=created_at
    )


def _long_id(kind: str) -> str:
    """Instagram's ids: long, and beginning as theirs do."""
    raw = f"ig_{kind}:1:IGMessageID:".encode() + secrets.token_hex(24).encode()
    return "aWdf" + base64.urlsafe_b64encode(raw).decode().replace("=", "Z").replace("_", "x").replace("-", "y")


def write_message(
    world: World, account: Account, text: str | None, *, thread: Item, by_account: bool, **values: Any
) -> Item:
    """One message at the end of the thread. `attachments`: see `media.attached`; `story`: {"mention"|"reply_to": …}.

    `facts` are kept beside: `app_id`, `metadata`, `reply_to`, `postback`. Raises ValueError for a blocked person.
    """
    person = thread.facts["person"]
    if not by_account and is_blocked(account, str(person["id"])):
        raise ValueError("this person is blocked by the brand")
    now = values.get("created_at") or world.now()
    minted = f"m_{secrets.token_hex(30)}" if account.platform == "facebook" else _long_id("item")
    facts: dict[str, Any] = {
        "text": text,
        "author": content.brand_author(account) if by_account else person,
        "attachments": [media.attached(world, one) for one in values.get("attachments") or ()],
        **(values.get("facts") or {}),
    }
    for name in ("raw", "drop"):
        if values.get(name) is not None:
            facts[name] = values[name]
    if values.get("story"):
        facts["story"] = _story(world, account, values["story"])
    with world.store.transaction():
        made = world.store.add_item(
            account,
            "message",
            str(values.get("external_id") or minted),
            post_id=thread.external_id,
            by_account=by_account,
            created_at=now,
            key=values.get("key"),
            visible_at=content.shows_from(world, account, "ours" if by_account else "customers"),
            facts=facts,
        )
        thread.updated_at = max(thread.updated_at, now)
        thread.facts["unread"] = 0 if by_account else int(thread.facts.get("unread") or 0) + 1
        if not by_account:
            thread.facts["last_inbound_at"] = max(now, float(thread.facts.get("last_inbound_at") or 0))
        world.store.save_item(thread)
    verb = "postback" if facts.get("postback") else "add"
    world.tell(Happening(verb, account, made, by_account=by_account, facts={"thread": thread}))
    return made


def _story(world: World, account: Account, wish: Any) -> dict[str, Any]:
    """`{"mention": {...}}` or `{"reply_to": story id or {...}}`; the media end when the story does, a day after it."""
    if not isinstance(wish, dict) or len(wish) != 1 or (way := next(iter(wish))) not in STORIES:
        raise ValueError('story is {"mention": {}} or {"reply_to": "the key or id of a story"}')
    told = wish[way]
    facts = dict(told) if isinstance(told, dict) else {"id": told}
    ends_at = world.now() + media.STORY_LIFE_SECONDS
    if way == "reply_to" and facts.get("id"):
        story = content.referred(world, account, str(facts["id"]), "post")
        ends_at, facts["id"] = story.created_at + media.STORY_LIFE_SECONDS, story.external_id
    facts.setdefault("id", content.digits(17))
    lives_seconds = float(facts.pop("lives_seconds", ends_at - world.now()))
    kind = {"kind": facts.pop("kind", "video")}
    return {"way": way, "id": str(facts["id"]), "media": media.attached(world, kind, lives_seconds=lives_seconds)}


def edit_message(world: World, account: Account, message: Item, text: str) -> Item:
    message.facts["text"] = text
    message.facts["edits"] = int(message.facts.get("edits") or 0) + 1
    world.store.save_item(message)
    world.tell(Happening("edit", account, message, by_account=message.by_account))
    return message


def unsend(world: World, account: Account, message: Item) -> None:
    """The writer takes the message back."""
    world.store.delete_item(message)
    world.tell(Happening("remove", account, message, by_account=message.by_account))


def react(world: World, account: Account, message: Item, emoji: str | None, *, by_account: bool = False) -> Item:
    """An emoji on a message; None takes it back."""
    thread = thread_named(world, account, message.post_id or "")
    who = content.brand_author(account) if by_account else thread.facts["person"]
    others = [one for one in message.facts.get("reactions") or [] if one["user"]["id"] != who["id"]]
    message.facts["reactions"] = [*others, {"emoji": emoji, "user": who}] if emoji else others
    world.store.save_item(message)
    verb = "react" if emoji else "unreact"
    world.tell(Happening(verb, account, message, by_account=by_account, facts={"emoji": emoji, "thread": thread}))
    return message


def read_up(world: World, account: Account, thread: Item) -> None:
    """The customer reads what the brand wrote."""
    mine = world.store.find_items(
        "account_id = ? AND post_id = ? AND kind = 'message' AND by_account = 1",
        (account.id, thread.external_id),
        "created_at DESC, seq DESC",
        1,
    )
    if not mine:
        raise NotThere("the brand has written nothing there")
    world.tell(Happening("read", account, mine[0], facts={"thread": thread}))


def hand_over(world: World, account: Account, thread: Item, action: str, to: str) -> None:
    """`pass` and `take`: the application `to` holds the account's threads from now on (empty: ours, again).

    While another holds them we hear of messages as standing by, and may not write. `request`: it asks for them.
    """
    if action not in HANDOVERS:
        raise ValueError(f"action must be one of {', '.join(HANDOVERS)}")
    before = account.facts.get("thread_owner_app") or None
    told = {"action": action, "to": to or None, "before": before}
    if action != "request":
        account = world.store.save_account(
            account.platform, account.external_id, None, {"thread_owner_app": to or None}
        )
    world.tell(Happening("handover", account, thread, facts=told))


def thread_named(world: World, account: Account, external_id: str) -> Item:
    thread = world.store.item(account.platform, external_id, account.id)
    if thread is None or thread.kind != "thread":
        raise NotThere(f"no thread {external_id!r} on {account.external_id}")
    return thread


def is_blocked(account: Account, person_id: str) -> bool:
    return person_id in (account.facts.get("blocked") or ())
