"""Accounts, items and edits from plain dicts: what the control API and the scenario player take."""

from __future__ import annotations

import sqlite3
from typing import Any

from agency.sandbox import content, google_grants, google_replies, messages, talk, tokens
from agency.sandbox.content import NotThere
from agency.sandbox.ledger import moment
from agency.sandbox.store import PLATFORMS, Account, Item
from agency.sandbox.world import World

ACCOUNT_FACTS = (
    "username",
    "page_id",
    "account_name",
    "location",
    "language_code",
    "tasks",
    "hide_authors",
    "calls_per_hour",
    "business",
    "human_agent",
    "messages_access",
    "thread_owner_app",
    "ads_in_media",
    "reels_in_posts",
    "people",
    "standing",
    "google_updated",
    "posts_disabled",
    "post_delay_seconds",
    "post_outcome",
    "moderation_delay_seconds",
    "moderation_outcome",
    "policy_violation",
)
ITEM_FACTS = ("external_id", "key", *content.EXTRAS)
KINDS = ("account", "post", "comment", "review", "answer", "edit", "delete", *talk.KINDS)


def _platform(wish: dict[str, Any]) -> str:
    platform = wish.get("platform")
    if platform not in PLATFORMS:
        raise ValueError(f"platform must be one of {', '.join(PLATFORMS)}")
    return str(platform)


def make_account(world: World, wish: dict[str, Any]) -> tuple[Account, dict[str, str]]:
    """Make or change an account; missing tokens are minted. Answers it and its tokens by kind. Raises ValueError.

    `token` is what a brand connects with: a Page token, an Instagram token, a Google refresh token. `login: facebook`
    on an Instagram account makes it a Page token. `user_token` opens the Page from `/me/accounts`.
    """
    platform = _platform(wish)
    external_id = str(wish.get("external_id") or wish.get("account") or "")
    if not external_id:
        raise ValueError("external_id is missing")
    if platform == "google_business" and len(external_id.split("/")) != 4:
        raise ValueError("external_id of a Google Business location is accounts/A/locations/L")
    facts = {name: wish[name] for name in ACCOUNT_FACTS if name in wish}
    if facts.get("page_id") is not None:
        facts["page_id"] = str(facts["page_id"])
    with world.store.transaction():
        account = world.store.save_account(platform, external_id, wish.get("name"), facts)
        given = _tokens_wished(account, wish)
        for kind, text in given.items():
            if text is None and tokens.of_account(world.store, account.id, kind):
                continue
            holder = str(wish.get("user_id") or "10000000000000001") if kind == "user" else account.external_id
            if platform == "google_business":
                holder = str(wish.get("person") or account.external_id)
            if kind == "page" and platform == "instagram":
                holder = str(account.facts.get("page_id") or account.external_id)
            opened = [account.id, *_linked(world, account, kind)]
            seconds = wish.get("token_expires_in_seconds") if kind != "user" else None
            tokens.save(
                world.store,
                kind,
                holder,
                opened,
                token=text,
                expires_in_seconds=None if seconds is None else float(seconds),
                issued_at=world.now() - float(wish.get("token_age_seconds") or 0),
            )
        _open_linked(world, account)
        if platform == "google_business":
            google_grants.open_to_people(world, account)
        return account, tokens_of(world, account)


def _tokens_wished(account: Account, wish: dict[str, Any]) -> dict[str, str | None]:
    main = {"facebook": "page", "instagram": "instagram", "google_business": "google_refresh"}[account.platform]
    wished: dict[str, str | None] = {}
    if wish.get("login") == "facebook":
        main = "page"
    wished[main] = wish.get("token")
    for name, kind in (
        ("page_token", "page"),
        ("instagram_token", "instagram"),
        ("user_token", "user"),
        ("refresh_token", "google_refresh"),
        ("access_token", "google_access"),
    ):
        if wish.get(name):
            wished[kind] = str(wish[name])
    if account.platform == "facebook":
        wished.setdefault("user", None)
    if account.platform == "google_business":
        wished.setdefault("google_access", None)
    return wished


def _linked(world: World, account: Account, kind: str) -> list[int]:
    """A Page's token opens its Instagram profiles, too."""
    if kind not in ("page", "user") or account.platform != "facebook":
        return []
    return [each.id for each in world.store.linked_to(account.external_id)]


def _open_linked(world: World, account: Account) -> None:
    page_id = account.facts.get("page_id")
    page = world.store.account("facebook", str(page_id)) if account.platform == "instagram" and page_id else None
    if page is None:
        return
    with world.store.transaction() as db:
        db.execute(
            "INSERT OR IGNORE INTO grants (token, account_id) SELECT g.token, ? FROM grants g WHERE g.account_id = ?",
            (account.id, page.id),
        )


def tokens_of(world: World, account: Account) -> dict[str, str]:
    """The newest living token of each kind."""
    found: dict[str, str] = {}
    for kind in ("page", "user", "instagram", "google_refresh", "google_access"):
        if living := tokens.of_account(world.store, account.id, kind):
            found[kind] = living[0]
    return found


def account_of(world: World, wish: dict[str, Any], *, make: bool = False) -> Account:
    """The account a line names; raises NotThere unless it may be made."""
    platform = _platform(wish)
    external_id = str(wish.get("account") or "")
    account = world.store.account(platform, external_id)
    if account is None and make:
        account, _ = make_account(world, {"platform": platform, "external_id": external_id})
    if account is None:
        raise NotThere(f"no {platform} account {external_id!r}")
    return account


def write_item(world: World, wish: dict[str, Any], *, make_accounts: bool = False) -> tuple[Account, Item | None]:
    """Do what one line says (see KINDS). Raises ValueError and NotThere. The item is None for `account`."""
    kind = wish.get("kind")
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}")
    with world.store.transaction():
        if kind == "account":
            return make_account(world, wish)[0], None
        account = account_of(world, wish, make=make_accounts)
        try:
            return account, _write(world, account, str(kind), wish)
        except sqlite3.IntegrityError:
            raise ValueError(f"the account already has an item {wish.get('external_id')!r}") from None


def _write(world: World, account: Account, kind: str, wish: dict[str, Any]) -> Item:
    text = wish.get("text")
    if text is not None and not isinstance(text, str):
        raise ValueError("text must be a string")
    values = {name: wish[name] for name in ITEM_FACTS if wish.get(name) is not None}
    if wish.get("created_at"):
        values["created_at"] = moment(str(wish["created_at"]))
    if kind in ("edit", "delete", "answer"):
        item = content.referred(world, account, str(wish.get("item") or ""))
        if kind == "delete":
            (messages.unsend(world, account, item) if item.kind == "message" else content.delete_item(world, item))
            return item
        if kind == "answer":
            return _answer(world, account, item, text or "", values, wish)
        if item.kind == "message":
            return messages.edit_message(world, account, item, text or "")
        return content.change_item(world, item, **changes(wish))
    if kind in talk.KINDS:
        return talk.write(world, account, kind, wish, values)
    if kind == "review":
        if account.platform != "google_business":
            raise ValueError("only google_business has reviews")
        if wish.get("updated_at"):
            values["updated_at"] = moment(str(wish["updated_at"]))
        return content.write_review(world, account, _stars(wish), text, author=wish.get("author"), **values)
    if account.platform == "google_business":
        raise ValueError(f"google_business has no {kind}")
    if kind == "post":
        return content.write_post(world, account, text, author=wish.get("author"), **values)
    if kind == "comment" and content.is_blocked(account, wish.get("author")) and wish.get("by") != "page":
        raise ValueError("this person is blocked by the brand")
    parent = content.referred(world, account, str(wish["parent"]), "comment") if wish.get("parent") else None
    post = content.referred(world, account, str(wish["post"]), "post") if wish.get("post") else None
    if parent is None and post is None:
        post = content.newest_post(world, account)
    if post is not None and wish.get("picture") is not None:
        post = content.picture_of(world, account, post, int(wish["picture"]))
    by_account = wish.get("by") == "page"
    return content.write_comment(
        world, account, text, post=post, parent=parent, author=wish.get("author"), by_account=by_account, **values
    )


def changes(wish: dict[str, Any]) -> dict[str, Any]:
    """What an edit changes; raises ValueError."""
    wanted: dict[str, Any] = {
        name: wish[name]
        for name in (
            "text",
            "raw",
            "drop",
            "hidden",
            "anonymous",
            "unlisted",
            "media",
            "translation",
            "translation_layout",
        )
        if name in wish
    }
    if wish.get("stars") is not None:
        wanted["stars"] = _stars(wish)
    return wanted


def _stars(wish: dict[str, Any]) -> int:
    stars = wish.get("stars")
    if isinstance(stars, bool) or not isinstance(stars, int) or not 1 <= stars <= 5:
        raise ValueError("stars must be 1 to 5")
    return stars


def _answer(
    world: World, account: Account, item: Item, text: str, values: dict[str, Any], wish: dict[str, Any]
) -> Item:
    """The brand answers with the platform's own tools: no request of ours, no line in the ledger."""
    if item.kind == "review":
        names = ("state", "policy_violation", "translation")
        given = {name: wish[name] for name in names if wish.get(name) is not None}
        if wish.get("updated_at"):
            given["updated_at"] = moment(str(wish["updated_at"]))
        return google_replies.put(world, account, item, text, **given)
    is_comment = item.kind == "comment"
    return content.write_comment(
        world,
        account,
        text,
        post=None if is_comment else item,
        parent=item if is_comment else None,
        by_account=True,
        **values,
    )
