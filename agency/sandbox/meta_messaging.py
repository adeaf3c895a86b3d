"""Messaging events of Meta's webhooks: messages, echoes, edits, unsends, reactions, reads, postbacks."""

from __future__ import annotations

from typing import Any

from agency.sandbox import media
from agency.sandbox.meta_webhooks import Webhooks
from agency.sandbox.store import Account, Item
from agency.sandbox.world import Happening, World

REACTIONS = {"❤": "love", "😢": "sad", "😡": "angry", "😮": "wow", "😆": "smile", "👍": "like", "👎": "dislike"}
# Happening -> field on a Page, field on Instagram.
FIELDS = {
    "add": ("messages", "messages"),
    "echo": ("message_echoes", "messages"),
    "edit": ("message_edits", "message_edit"),
    "remove": ("messages", "messages"),
    "react": ("message_reactions", "message_reactions"),
    "unreact": ("message_reactions", "message_reactions"),
    "read": ("message_reads", "messaging_seen"),
    "postback": ("messaging_postbacks", "messaging_postbacks"),
    "handover": ("messaging_handovers", "messaging_handover"),
}


class MessagingEvents:
    def __init__(self, world: World, webhooks: Webhooks) -> None:
        self.world = world
        self.webhooks = webhooks

    def heard(self, happening: Happening) -> None:
        item, account = happening.item, happening.account
        if item is None or happening.verb not in FIELDS:
            return
        if item.by_account and happening.verb in ("edit", "remove"):
            return  # what the brand changes in its own messages is not told
        thread = item
        if item.kind != "thread":
            found = self.world.store.item(item.platform, item.post_id or "", item.account_id)
            if found is None:
                return
            thread = found
        is_echo = happening.verb == "add" and item.by_account
        field = FIELDS["echo" if is_echo else happening.verb][account.platform == "instagram"]
        self.webhooks.messaged(account, field, self._event(happening, account, item, thread))

    def _event(self, happening: Happening, account: Account, item: Item, thread: Item) -> dict[str, Any]:
        person, own = str(thread.facts["person"]["id"]), account.external_id
        by_account = happening.by_account if happening.verb in ("react", "unreact") else item.by_account
        if happening.verb == "read":
            by_account = False
        sender, recipient = (own, person) if by_account else (person, own)
        at = item.created_at if happening.verb in ("add", "postback") else self.world.now()
        event: dict[str, Any] = {"sender": {"id": sender}, "recipient": {"id": recipient}, "timestamp": int(at * 1000)}
        return {**event, **self._content(happening, account, item)}

    def _handover(self, happening: Happening, account: Account) -> dict[str, Any]:
        keys, told = self.world.keys, happening.facts
        ours = keys.meta_app_id if account.platform == "facebook" else keys.instagram_app_id
        if told["action"] == "request":
            return {"request_thread_control": {"requested_owner_app_id": told["to"] or ours, "metadata": ""}}
        owners = {"previous_owner_app_id": told["before"] or ours, "new_owner_app_id": told["to"] or ours}
        return {f"{told['action']}_thread_control": {**owners, "metadata": ""}}

    def _content(self, happening: Happening, account: Account, item: Item) -> dict[str, Any]:
        if happening.verb == "handover":
            return self._handover(happening, account)
        mid, facts = item.external_id, item.facts
        if happening.verb == "remove":
            return {"message": {"mid": mid, "is_deleted": True}}
        if happening.verb == "edit":
            return {"message_edit": {"mid": mid, "text": facts.get("text"), "num_edit": facts.get("edits", 1)}}
        if happening.verb in ("react", "unreact"):
            reaction: dict[str, Any] = {"mid": mid, "action": happening.verb}
            if emoji := happening.facts.get("emoji"):
                reaction.update(emoji=emoji, reaction=REACTIONS.get(emoji, "other"))
            return {"reaction": reaction}
        if happening.verb == "read":
            return {
                "read": {"mid": mid} if account.platform == "instagram" else {"watermark": int(item.created_at * 1000)}
            }
        if happening.verb == "postback":
            return {"postback": {"mid": mid, **facts["postback"]}}
        return {"message": self.message(account, item)}

    def message(self, account: Account, item: Item) -> dict[str, Any]:
        facts = item.facts
        told: dict[str, Any] = {"mid": item.external_id}
        if facts.get("text"):
            told["text"] = facts["text"]
        if item.by_account:
            told["is_echo"] = True
            if account.platform == "facebook":
                told.update({name: facts[name] for name in ("app_id", "metadata") if facts.get(name)})
        attachments = [self._attachment(one) for one in facts.get("attachments") or []]
        story = facts.get("story")
        if story and story["way"] == "mention":
            url = media.address(self.world, story["media"])
            attachments.append({"type": "story_mention", "payload": {"url": url}})
        if attachments:
            told["attachments"] = attachments
        if story and story["way"] == "reply_to":
            told["reply_to"] = {"story": {"id": story["id"], "url": media.address(self.world, story["media"])}}
        elif facts.get("reply_to"):
            told["reply_to"] = {"mid": facts["reply_to"]}
        if facts.get("is_unsupported"):
            told["is_unsupported"] = True
        return told

    def _attachment(self, one: dict[str, Any]) -> dict[str, Any]:
        if "kind" not in one:
            return one
        types = {"photo": "image", "animated_image": "image", "share": "fallback"}
        return {"type": types.get(one["kind"], one["kind"]), "payload": {"url": media.address(self.world, one)}}
