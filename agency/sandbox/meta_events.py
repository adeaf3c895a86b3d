"""What happens on Pages and profiles, in the words of Meta's webhooks (feed, mention, comments, mentions)."""

from __future__ import annotations

from typing import Any

from agency.sandbox import media, meta_app
from agency.sandbox.graph_json import graph_time, username
from agency.sandbox.meta_messaging import MessagingEvents
from agency.sandbox.meta_webhooks import Webhooks
from agency.sandbox.store import Account, Item
from agency.sandbox.world import Happening, World

FEED_VERBS = {"add": "add", "edit": "edited", "hide": "hide", "unhide": "unhide", "remove": "remove"}
STATUS_TYPES = {"photo": "added_photos"}
OWN_POST_ITEMS = {"photo": "photo", "image": "photo", "video": "video", "share": "share"}


def listen(world: World) -> Webhooks:
    """Tell the product's applications from now on."""
    webhooks = Webhooks(world)
    world.listeners.append(_Events(world, webhooks).heard)
    return webhooks


class _Events:
    def __init__(self, world: World, webhooks: Webhooks) -> None:
        self.world = world
        self.webhooks = webhooks
        self.messaging = MessagingEvents(world, webhooks)

    def heard(self, happening: Happening) -> None:
        item, account = happening.item, happening.account
        if item is None or account.platform == "google_business":
            return
        if item.kind in ("message", "thread"):
            self.messaging.heard(happening)
        elif account.platform == "instagram":
            self._instagram(happening, account, item)
        elif happening.verb in ("react", "unreact"):
            self.webhooks.changed(account, "feed", self._reaction(happening, item))
        elif happening.verb in FEED_VERBS:
            self._facebook(happening, account, item)

    # Facebook

    def _facebook(self, happening: Happening, account: Account, item: Item) -> None:
        post = item if item.kind == "post" else self._post_of(item)
        if post is not None and post.facts.get("place") in ("tagged", "foreign"):
            if happening.verb == "add" and not item.by_account and (item.kind == "comment" or _speaks(post)):
                self.webhooks.changed(account, "mention", self._mention(item))
            return
        if item.kind == "comment":
            dark = post is not None and post.facts.get("is_published") is False
            if not dark or meta_app.application(self.world.store)["dark_comments"]:
                self.webhooks.changed(account, "feed", self._comment(happening, account, item, post))
        elif item.facts.get("is_published") is not False:
            self.webhooks.changed(account, "feed", self._post(happening, item))

    def _post_of(self, item: Item) -> Item | None:
        return self.world.store.item(item.platform, item.post_id or "", item.account_id)

    def _comment(self, happening: Happening, account: Account, item: Item, post: Item | None) -> dict[str, Any]:
        verb = FEED_VERBS[happening.verb]
        value: dict[str, Any] = {
            "item": "comment",
            "verb": verb,
            "comment_id": item.external_id,
            "post_id": _story_id(account, post, item),
            "parent_id": item.parent_id or _story_id(account, post, item),
        }
        if not account.facts.get("hide_authors") or item.by_account:
            value["from"] = _from(item)
        if verb == "remove":
            return value
        value["created_time"] = int(item.created_at)
        value["message"] = item.facts.get("text") or ""
        attachment = item.facts.get("attachment") or {}
        if attachment.get("kind") in ("photo", "video"):
            value[attachment["kind"]] = media.address(self.world, attachment)
        if post is not None:
            value["post"] = {
                "status_type": post.facts.get("status_type") or STATUS_TYPES.get(post.kind, "mobile_status_update"),
                "is_published": post.facts.get("is_published", True),
                "updated_time": graph_time(post.updated_at),
                "permalink_url": f"https://www.facebook.com/{value['post_id'].replace('_', '/posts/')}",
                "promotion_status": "active" if post.facts.get("ad") else "inactive",
                "id": value["post_id"],
            }
        return value

    def _post(self, happening: Happening, item: Item) -> dict[str, Any]:
        verb = FEED_VERBS[happening.verb]
        value: dict[str, Any] = {"verb": verb, "post_id": item.external_id, "from": _from(item)}
        kinds = [one.get("kind") for one in item.facts.get("attachments") or []]
        value["item"] = OWN_POST_ITEMS.get(kinds[0] if kinds else "", "status") if item.by_account else "post"
        if verb == "remove":
            return value
        value["created_time"] = int(item.created_at)
        if item.facts.get("text") is not None:
            value["message"] = item.facts["text"]
        addresses = [media.address(self.world, one) for one in item.facts.get("attachments") or [] if "kind" in one]
        if item.by_account:
            value["published"] = 1
            if len(addresses) > 1:
                value["photos"] = addresses
            elif addresses:
                value["link"] = addresses[0]
        else:
            value["is_hidden"] = bool(item.facts.get("hidden"))
        return value

    def _reaction(self, happening: Happening, item: Item) -> dict[str, Any]:
        on_comment = item.kind == "comment"
        value = {
            "item": "reaction",
            "verb": "add" if happening.verb == "react" else "remove",
            "reaction_type": happening.facts.get("reaction", "like"),
            "from": happening.facts["person"],
            "post_id": item.post_id if on_comment else item.external_id,
            "parent_id": item.external_id if not on_comment else item.parent_id or item.post_id,
            "created_time": int(self.world.now()),
        }
        return {**value, "comment_id": item.external_id} if on_comment else value

    def _mention(self, item: Item) -> dict[str, Any]:
        value = {
            "item": item.kind,
            "verb": "add",
            "post_id": item.post_id if item.kind == "comment" else item.external_id,
            "created_time": int(item.created_at),
            "message": item.facts.get("text") or "",
        }
        return {**value, "comment_id": item.external_id} if item.kind == "comment" else value

    # Instagram

    def _instagram(self, happening: Happening, account: Account, item: Item) -> None:
        """Only new comments and mentions are told: no edit, no hiding, no deletion."""
        if happening.verb != "add":
            return
        if item.kind == "post":
            if item.facts.get("place") == "foreign" and _speaks(item):
                self._mentioned(account, {"media_id": item.external_id}, None)
            return
        media_item = self._post_of(item)
        if media_item is not None and media_item.facts.get("place") in ("foreign", "tagged"):
            if not item.by_account:
                ids = {"media_id": media_item.external_id, "comment_id": item.external_id}
                self._mentioned(account, ids, (item, media_item))
            return
        self.webhooks.changed(account, "comments", self._comment_value(account, item, media_item))

    def _mentioned(self, account: Account, ids: dict[str, str], where: tuple[Item, Item] | None) -> None:
        """With Facebook Login a field of its own, which tells ids and nothing else; with Instagram Login a comment."""
        told_as_comment = where is not None and bool(account.facts.get("subscribed_apps"))
        if told_as_comment and where is not None:
            value = self._comment_value(account, *where)
            for app in self.webhooks.subscribed(account, "comments"):
                if app == "instagram":
                    self.webhooks.changed_for(app, account, "comments", value)
        for app in self.webhooks.subscribed(account, "mentions"):
            if app == "meta" or not told_as_comment:
                self.webhooks.changed_for(app, account, "mentions", ids)

    def _comment_value(self, account: Account, item: Item, media_item: Item | None) -> dict[str, Any]:
        author = item.facts.get("author") or {}
        told: dict[str, Any] = {"id": author.get("id"), "username": username(author)}
        if item.by_account:
            told["self_ig_scoped_id"] = account.external_id
        product: dict[str, Any] = {"id": item.post_id, "media_product_type": "FEED"}
        if media_item is not None:
            product["media_product_type"] = media_item.facts.get("media_product_type", "FEED")
            product.update(media_item.facts.get("ad") or {})
        id_name = "comment_id" if meta_app.application(self.world.store)["comment_id_name"] else "id"
        value = {id_name: item.external_id, "text": item.facts.get("text") or "", "from": told, "media": product}
        return {**value, "parent_id": item.parent_id} if item.parent_id else value


def _story_id(account: Account, post: Item | None, comment: Item) -> str | None:
    """What a comment is told to stand under: of a picture in an album its own story, not the album's."""
    if post is not None and post.kind == "photo":
        return f"{account.external_id}_{post.external_id}"
    return comment.post_id


def _from(item: Item) -> dict[str, Any]:
    author = item.facts.get("author") or {}
    return {"id": author.get("id"), "name": author.get("name")}


def _speaks(post: Item) -> bool:
    """Whether a post that is not the account's own names it; otherwise it only carries comments that do."""
    return bool(post.facts.get("mentions", True))
