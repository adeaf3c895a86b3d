"""Lines of a scenario and of the control API about messages, mentions and reactions."""

from __future__ import annotations

from typing import Any

from agency.sandbox import content, messages
from agency.sandbox.store import Account, Item
from agency.sandbox.world import Happening, World

KINDS = ("message", "mention", "reaction", "read", "postback", "unsend", "handover")
REACTIONS = ("like", "love", "wow", "haha", "sorry", "anger", "care")


def write(world: World, account: Account, kind: str, wish: dict[str, Any], values: dict[str, Any]) -> Item:
    """Do what one line says. Raises ValueError and NotThere."""
    if account.platform == "google_business":
        raise ValueError(f"google_business has no {kind}")
    if kind == "message":
        return _message(world, account, wish, values)
    if kind == "mention":
        return _mention(world, account, wish, values)
    if kind == "postback":
        thread = _thread(world, account, wish)
        facts = {"postback": {"title": str(wish.get("title") or ""), "payload": str(wish.get("payload") or "")}}
        return messages.write_message(world, account, None, thread=thread, by_account=False, facts=facts, **values)
    if kind == "read":
        thread = _thread(world, account, wish)
        messages.read_up(world, account, thread)
        return thread
    if kind == "handover":
        thread = _thread(world, account, wish)
        messages.hand_over(world, account, thread, str(wish.get("action") or "pass"), str(wish.get("to") or ""))
        return thread
    item = content.referred(world, account, str(wish.get("item") or ""))
    if kind == "unsend":
        if item.kind != "message":
            raise ValueError("only messages are unsent")
        messages.unsend(world, account, item)
        return item
    return _reaction(world, account, item, wish)


def _thread(world: World, account: Account, wish: dict[str, Any]) -> Item:
    """By `thread` (its id), else that of `author`, opened if need be."""
    if wish.get("thread"):
        return messages.thread_named(world, account, str(wish["thread"]))
    person = messages.message_person(account, wish.get("author"))
    return messages.open_thread(world, account, person)


def _message(world: World, account: Account, wish: dict[str, Any], values: dict[str, Any]) -> Item:
    """`author` is always the customer whose thread it is; `by: page` makes it one of the brand's own tools."""
    thread = _thread(world, account, wish)
    facts = {name: wish[name] for name in ("is_unsupported", "metadata", "app_id") if wish.get(name) is not None}
    if wish.get("reply_to"):
        facts["reply_to"] = content.referred(world, account, str(wish["reply_to"]), "message").external_id
    return messages.write_message(
        world,
        account,
        wish.get("text"),
        thread=thread,
        by_account=wish.get("by") == "page",
        facts=facts,
        story=wish.get("story"),
        **values,
    )


def _mention(world: World, account: Account, wish: dict[str, Any], values: dict[str, Any]) -> Item:
    """Somebody names the brand elsewhere: in a post or caption of theirs, or with `in: comment` below one.

    A public post on Facebook that tags the Page is in `/tagged`; with `private` nobody but its author's friends reads
    it. A `photo_tag` on Instagram is in `/tags` and tells no webhook.
    """
    place = wish.get("in", "post")
    if place not in ("post", "comment", "photo_tag"):
        raise ValueError("in must be post, comment or photo_tag")
    private = bool(wish.get("private"))
    elsewhere = "foreign" if account.platform == "instagram" or private or place == "comment" else "tagged"
    author, text = wish.get("author") or "Customer", wish.get("text")
    if place == "photo_tag":
        values = {**values, "place": "tagged"}
        return content.write_post(world, account, text, author=author, **values)
    if place == "post":
        values = {**values, "place": elsewhere, "private": private}
        return content.write_post(world, account, text, author=author, **values)
    if wish.get("post"):
        post = content.referred(world, account, str(wish["post"]), "post")
    else:
        post = content.write_post(
            world,
            account,
            "Somebody's own post",
            author="Somebody Else",
            place="foreign",
            private=private,
            mentions=False,
        )
    return content.write_comment(world, account, text, post=post, author=author, private=private, **values)


def _reaction(world: World, account: Account, item: Item, wish: dict[str, Any]) -> Item:
    """`reaction` a word out of REACTIONS, on messages an `emoji`; `taken_back: true` removes it."""
    if item.kind == "message":
        emoji = None if wish.get("taken_back") else str(wish.get("emoji") or "❤")
        return messages.react(world, account, item, emoji, by_account=wish.get("by") == "page")
    reaction = str(wish.get("reaction") or "like")
    if reaction not in REACTIONS or account.platform != "facebook":
        raise ValueError(f"a reaction is one of {', '.join(REACTIONS)}, on Facebook")
    person = content.brand_author(account) if wish.get("by") == "page" else content.person(account, wish.get("author"))
    known = {who: what for who, what in (item.facts.get("reactions_by") or {}).items() if who != person["id"]}
    if not wish.get("taken_back"):
        known[person["id"]] = reaction
    item.facts["reactions_by"], item.facts["like_count"] = known, sum(1 for one in known.values() if one == "like")
    world.store.save_item(item)
    verb = "unreact" if wish.get("taken_back") else "react"
    told = {"person": person, "reaction": reaction}
    world.tell(Happening(verb, account, item, by_account=wish.get("by") == "page", facts=told))
    return item
