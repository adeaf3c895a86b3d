"""What customers and brands write: posts, comments, reviews, answers. The same for every platform's wire format."""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import Any

from agency.sandbox import media, misbehaviour
from agency.sandbox.store import Account, Item
from agency.sandbox.world import Happening, World


class NotThere(LookupError):
    """Something that was pointed at does not exist."""


def digits(length: int) -> str:
    """A number of exactly so many digits, as text."""
    return str(10 ** (length - 1) + secrets.randbelow(9 * 10 ** (length - 1)))


def person(account: Account, author: Any) -> dict[str, Any]:
    """Author facts from a name or a dict; the same name on the same account is the same person."""
    given: dict[str, Any] = author if isinstance(author, dict) else {"name": author}
    name = given.get("name")
    name = "Customer" if name is None else str(name)
    known_by = f"{account.platform}/{account.external_id}/{name}".encode("utf-8", "surrogatepass")
    derived = str(10**16 + int.from_bytes(hashlib.sha256(known_by).digest()[:6]))
    return {"id": str(given.get("id") or derived), "name": name}


def brand_author(account: Account) -> dict[str, Any]:
    return {"id": account.external_id, "name": account.facts.get("username") or account.name}


def is_blocked(account: Account, author: Any) -> bool:
    """Whether the brand has blocked this person, by whichever id it knows them."""
    return person(account, author)["id"] in (account.facts.get("blocked") or ())


def shows_from(world: World, account: Account, who: str) -> float:
    """When something written now becomes readable."""
    order = misbehaviour.take(world, "visibility_lag", account.external_id, is_write=who == "ours", who=who)
    if order is None:
        return 0.0
    return world.now() + world.dice.uniform(order.seconds, max(order.seconds, order.up_to_seconds))


EXTRAS = frozenset(
    {"raw", "drop", "anonymous", "hidden", "unlisted", "like_count", "media_type", "is_published", "attachment"}
    | {"place", "attachments", "media_product_type", "ad", "status_type", "private", "comment_enabled", "link"}
    | {"scheduled_at", "message_tags", "mentions"}
    # Reviews: pictures and films, and what Google translated a text to, laid out one way or the other.
    | {"media", "translation", "translation_layout"}
)
# Where a post stands that is not simply on the account: it tags the account, or it is somebody else's altogether and
# only speaks of it (`foreign`), or it waits for its time.
PLACES = ("tagged", "foreign", "scheduled")


def _extras(world: World, values: dict[str, Any]) -> dict[str, Any]:
    found = {name: values[name] for name in EXTRAS if values.get(name) is not None}
    if found.get("place") not in (None, *PLACES):
        raise ValueError(f"place must be one of {', '.join(PLACES)}")
    if "attachment" in found:
        found["attachment"] = media.attached(world, found["attachment"])
    if "attachments" in found:
        found["attachments"] = [media.attached(world, one) for one in found["attachments"]]
    return found


def write_post(world: World, account: Account, text: str | None, **values: Any) -> Item:
    """A post of the brand, or of a visitor where `author` is given."""
    author = values.get("author")
    short = digits(15 if account.platform == "facebook" else 17)
    writer = person(account, author) if author else brand_author(account)
    # A post's id begins with whose wall it is on: what stands elsewhere is its writer's.
    wall = writer["id"] if values.get("place") == "foreign" else account.external_id
    minted = f"{wall}_{short}" if account.platform == "facebook" else short
    facts = {"text": text, "author": writer, **_extras(world, values)}
    made = world.store.add_item(
        account,
        "post",
        str(values.get("external_id") or minted),
        by_account=not author,
        created_at=values.get("created_at"),
        key=values.get("key"),
        visible_at=shows_from(world, account, "customers" if author else "ours"),
        facts=facts,
    )
    if account.platform == "facebook":
        _add_pictures(world, account, made)
    world.tell(Happening("add", account, made, by_account=made.by_account))
    return made


def _add_pictures(world: World, account: Account, post: Item) -> None:
    """Each picture of a post is an object of its own; one that is alone in its post shares the post's comments."""
    pictures = [one for one in post.facts.get("attachments") or [] if one.get("kind") in ("photo", "image")]
    inherited: dict[str, Any] = {
        name: post.facts[name] for name in ("author", "place", "is_published") if name in post.facts
    }
    for one in pictures:
        if world.store.item("facebook", str(one["name"]), account.id) is None:
            alone = len(post.facts["attachments"]) == 1
            facts: dict[str, Any] = {**inherited, "text": one.get("title"), "alone": alone}
            world.store.add_item(
                account,
                "photo",
                str(one["name"]),
                post_id=post.external_id,
                by_account=post.by_account,
                created_at=post.created_at,
                visible_at=post.visible_at,
                facts=facts,
            )


def picture_of(world: World, account: Account, post: Item, number: int) -> Item:
    """The picture of that number, from 1, as what is commented on; raises NotThere."""
    found = world.store.find_items(
        "account_id = ? AND kind = 'photo' AND post_id = ? AND deleted_at IS NULL", (account.id, post.external_id)
    )
    if not 1 <= number <= len(found):
        raise NotThere(f"no picture {number} in {post.external_id}")
    return post if found[number - 1].facts["alone"] else found[number - 1]


def newest_post(world: World, account: Account) -> Item:
    """The account's newest post; one is made if there is none."""
    found = world.store.find_items(
        "account_id = ? AND kind = 'post' AND deleted_at IS NULL AND by_account = 1"
        " AND coalesce(json_extract(facts, '$.media_product_type'), '') <> 'STORY'",
        (account.id,),
        "created_at DESC, seq DESC",
        1,
    )
    return found[0] if found else write_post(world, account, f"Hello from {account.name}")


def referred(world: World, account: Account, reference: str, kind: str | None = None) -> Item:
    """An item of the account by scenario key or platform id; raises NotThere."""
    found = world.store.find_items(
        "account_id = ? AND key = ? AND (? IS NULL OR kind = ?) AND deleted_at IS NULL",
        (account.id, reference, kind, kind),
        "seq DESC",
        1,
    )
    item = found[0] if found else world.store.item(account.platform, reference, account.id)
    if item is None or item.deleted_at is not None or (kind is not None and item.kind != kind):
        raise NotThere(f"no {kind or 'item'} {reference!r} on {account.external_id}")
    return item


def write_comment(
    world: World, account: Account, text: str | None, *, post: Item | None, parent: Item | None = None, **values: Any
) -> Item:
    """A comment below a post, or an answer to a comment. Threads have two levels: an answer to an answer moves up."""
    if parent is not None:
        top = world.store.item(account.platform, parent.parent_id, account.id) if parent.parent_id else parent
        post = world.store.item(account.platform, parent.post_id or "", account.id)
        parent = top
    if post is None:
        raise NotThere("no post to comment on")
    by_account = bool(values.get("by_account"))
    short = digits(16 if account.platform == "facebook" else 17)
    minted = f"{post.external_id.rsplit('_', 1)[-1]}_{short}" if account.platform == "facebook" else short
    author = brand_author(account) if by_account else person(account, values.get("author"))
    made = world.store.add_item(
        account,
        "comment",
        str(values.get("external_id") or minted),
        post_id=post.external_id,
        parent_id=parent.external_id if parent else None,
        by_account=by_account,
        created_at=values.get("created_at"),
        key=values.get("key"),
        visible_at=shows_from(world, account, "ours" if by_account else "customers"),
        facts={"text": text, "author": author, **_extras(world, values)},
    )
    world.tell(Happening("add", account, made, by_account=by_account))
    return made


def write_review(world: World, account: Account, stars: int, text: str | None, **values: Any) -> Item:
    minted = "AbFvOq" + base64.urlsafe_b64encode(secrets.token_bytes(50)).decode().rstrip("=")
    facts = {"text": text, "author": person(account, values.get("author")), **_extras(world, values)}
    made = world.store.add_item(
        account,
        "review",
        str(values.get("external_id") or minted),
        stars=stars,
        created_at=values.get("created_at"),
        updated_at=values.get("updated_at"),
        key=values.get("key"),
        visible_at=shows_from(world, account, "customers"),
        facts=facts,
    )
    world.tell(Happening("add", account, made))
    return made


def change_item(world: World, item: Item, **values: Any) -> Item:
    """Edit: the given ones of text, stars, raw, drop, hidden, anonymous …; a review's update time moves."""
    account = world.store.account_by_id(item.account_id)
    assert account is not None
    was_hidden = bool(item.facts.get("hidden"))
    reworded = ("text" in values and values["text"] != item.facts.get("text")) or values.get("stars") is not None
    reworded = reworded or values.get("media") is not None
    if "text" in values:
        item.facts["text"] = values["text"]
        item.facts.pop("translation", None)
    if values.get("stars") is not None:
        item.stars = int(values["stars"])
    item.facts.update(_extras(world, values))
    if item.kind == "review" and ("text" in values or {"stars", "media"} & set(values)):
        item.updated_at = max(world.now(), item.updated_at + 0.001)
    world.store.save_item(item)
    if bool(item.facts.get("hidden")) != was_hidden:
        world.tell(Happening("unhide" if was_hidden else "hide", account, item, by_account=True))
    if reworded:
        world.tell(Happening("edit", account, item, by_account=item.by_account))
    return item


def like(world: World, account: Account, item: Item, *, liked: bool) -> None:
    """The brand's own like of what somebody wrote."""
    if bool(item.facts.get("user_likes")) == liked:
        return
    item.facts["user_likes"] = liked
    item.facts["like_count"] = max(0, int(item.facts.get("like_count") or 0) + (1 if liked else -1))
    world.store.save_item(item)
    told = {"person": brand_author(account), "reaction": "like"}
    world.tell(Happening("react" if liked else "unreact", account, item, by_account=True, facts=told))


def delete_item(world: World, item: Item, *, by_account: bool = False) -> None:
    """Delete an item and everything below it."""
    account = world.store.account_by_id(item.account_id)
    assert account is not None
    world.store.delete_item(item)
    world.tell(Happening("remove", account, item, by_account=by_account or item.by_account))
