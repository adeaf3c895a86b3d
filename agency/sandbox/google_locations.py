"""Google's locations, v1: lists with masks, one location, what Google changed, edits, and who may speak for it."""

from __future__ import annotations

import re
from typing import Any

from agency.sandbox import google_faults, google_grants, misbehaviour
from agency.sandbox.google_accounts import account_part, offset, page_size, token_of, visible
from agency.sandbox.google_errors import denied, invalid_argument, not_found
from agency.sandbox.google_grants import Access
from agency.sandbox.google_masks import masked, merged, read_mask, update_mask
from agency.sandbox.google_project import LOCATIONS_SERVICE, spend_edit
from agency.sandbox.store import Account
from agency.sandbox.world import World

DEFAULT_PAGE, LARGEST_PAGE = 10, 100
LIST = re.compile(r"^(accounts/[^/:]+)/locations$")
ONE = re.compile(r"^locations/[^/:]+$")
GOOGLE_UPDATED = re.compile(r"^(locations/[^/:]+):getGoogleUpdated$")
ORDERS = ("title", "title desc", "store_code", "store_code desc", "storeCode", "storeCode desc")
FILTER = re.compile(r'\s*(title|store_code|storeCode)\s*=\s*"([^"]*)"\s*\Z')


def location_part(name: str) -> str:
    return "locations/" + name.rpartition("/")[2]


def find(world: World, access: Access, name: str) -> Account:
    """The location by its v1 name, which says nothing of its account; raises GoogleError 404 and what orders say."""
    with world.store.transaction() as db:
        rows = db.execute(
            "SELECT id FROM accounts WHERE platform = 'google_business'"
            " AND substr(external_id, instr(external_id, '/locations/') + 1) = ?",
            (name,),
        ).fetchall()
    for row in rows:
        account = world.store.account_by_id(row["id"])
        if account is not None and google_grants.opens(world, access, account.id):
            google_faults.require_access(world, account)
            return account
    raise not_found()


def whole(world: World, account: Account) -> dict[str, Any]:
    """Everything there is of a location, as the merchant set it."""
    number = account.external_id.rpartition("/")[2]
    place = f"ChIJ{number}"
    metadata: dict[str, Any] = {
        "hasVoiceOfMerchant": google_faults.standing(world, account) == "verified",
        "placeId": place,
        "mapsUri": f"https://maps.google.com/maps?cid={number}",
        "newReviewUri": f"https://search.google.com/local/writereview?placeid={place}",
        "canDelete": True,
        "hasGoogleUpdated": bool(account.facts.get("google_updated")),
    }
    given = dict(account.facts.get("location") or {})
    metadata |= given.pop("metadata", {})
    return {
        "title": account.name,
        "languageCode": account.facts.get("language_code"),
        "openInfo": {"status": "OPEN", "canReopen": True},
        **given,
        "name": location_part(account.external_id),
        "metadata": metadata,
    }


def answer(world: World, access: Access, method: str, params: dict[str, str], path: str, body: Any) -> dict[str, Any]:
    """`v1/accounts/{a}/locations`, `v1/locations/{l}` and `:getGoogleUpdated`; raises GoogleError."""
    if method == "PATCH" and ONE.match(path):
        return _edit(world, access, params, path, body)
    if method != "GET":
        raise not_found()
    if ONE.match(path) or GOOGLE_UPDATED.match(path):
        account = find(world, access, path if ONE.match(path) else path.partition(":")[0])
        google_faults.meddle(world, account, LOCATIONS_SERVICE)
        paths = _mask(world, params, account)
        if ONE.match(path):
            return masked(whole(world, account), paths)
        return _google_updated(world, account, paths)
    listed = LIST.match(path)
    if listed is None:
        raise not_found()
    return _list(world, access, params, listed.group(1))


def _mask(world: World, params: dict[str, str], account: Account | None = None) -> list[list[str]]:
    paths = read_mask(params.get("readMask"))
    if misbehaviour.take(world, "refuse_mask", account.external_id if account else None):
        raise invalid_argument("read_mask", "Invalid field mask provided")
    return paths


def _list(world: World, access: Access, params: dict[str, str], name: str) -> dict[str, Any]:
    paths = _mask(world, params)
    holders = _holders(world, access, name)
    here = [each for each in google_grants.granted(world, access) if _is_below(name, holders, each)]
    if not here and name != "accounts/-" and name not in visible(world, access):
        raise denied()
    if misbehaviour.current(world.store):
        here = _spoiled(world, here)
    wanted, order = params.get("filter"), params.get("orderBy") or ""
    if wanted:
        here = _filtered(here, wanted)
    if order:
        if order not in ORDERS:
            raise invalid_argument("order_by", "Invalid order_by")
        here.sort(key=lambda each: _field(each, order.split()[0]), reverse=order.endswith(" desc"))
    size = page_size(world, params, DEFAULT_PAGE, LARGEST_PAGE)
    bound_to = f"locations {name} {wanted} {order}"
    start = offset(params, bound_to)
    page: dict[str, Any] = {}
    if shown := [masked(whole(world, each), paths) for each in here[start : start + size]]:
        page["locations"] = shown
    if start + size < len(here):
        page["nextPageToken"] = token_of(start + size, bound_to)
    if wanted and here:
        page["totalSize"] = len(here)
    return page


def _spoiled(world: World, accounts: list[Account]) -> list[Account]:
    """What standing orders leave of a list: lost locations are not in it, a refused mask or a fault fails it whole."""
    left = [each for each in accounts if misbehaviour.take(world, "lost_location", each.external_id) is None]
    for account in left:
        google_faults.meddle(world, account, LOCATIONS_SERVICE)
        if misbehaviour.take(world, "refuse_mask", account.external_id):
            raise invalid_argument("read_mask", "Invalid field mask provided")
    return left


def _holders(world: World, access: Access, name: str) -> set[str]:
    """The account and, for an organisation or a user group, every account below it."""
    facts = visible(world, access)
    found = {name}
    if facts.get(name, {}).get("type") in ("ORGANIZATION", "USER_GROUP"):
        while more := {each for each, known in facts.items() if known.get("parent") in found} - found:
            found |= more
    return found


def _is_below(name: str, holders: set[str], account: Account) -> bool:
    return name == "accounts/-" or account_part(account.external_id) in holders


def _field(account: Account, name: str) -> str:
    given = account.facts.get("location") or {}
    return str(given.get("title", account.name) if name == "title" else given.get("storeCode") or "")


def _filtered(accounts: list[Account], text: str) -> list[Account]:
    wish = FILTER.match(text)
    if wish is None:
        raise invalid_argument("filter", "Invalid filter")
    return [each for each in accounts if _field(each, wish.group(1)) == wish.group(2)]


def _google_updated(world: World, account: Account, paths: list[list[str]]) -> dict[str, Any]:
    """The fact `google_updated` is what Google shows instead of what the merchant set."""
    changed: dict[str, Any] = account.facts.get("google_updated") or {}
    shown = {**whole(world, account), **changed}
    found: dict[str, Any] = {"location": masked(shown, paths)}
    if changed:
        found["diffMask"] = ",".join(sorted(changed))
    return found


def _edit(world: World, access: Access, params: dict[str, str], path: str, body: Any) -> dict[str, Any]:
    account = find(world, access, path)
    spend_edit(world.store, world.google_quota, account.external_id)
    google_faults.meddle(world, account, LOCATIONS_SERVICE, is_write=True)
    paths = update_mask(params.get("updateMask"))
    if not isinstance(body, dict):
        raise invalid_argument("location", "Field is required")
    if params.get("validateOnly") == "true":
        return {}
    changed = merged(account.facts.get("location") or {}, body, paths)
    saved = world.store.save_account(
        "google_business", account.external_id, changed.get("title"), {"location": changed}
    )
    return masked(whole(world, saved), [[name] for name in whole(world, saved)])


def voice_of_merchant(world: World, access: Access, path: str) -> dict[str, Any]:
    """`v1/locations/{l}/VoiceOfMerchantState`; raises GoogleError."""
    name, _, method = path.rpartition("/")
    if method != "VoiceOfMerchantState" or not ONE.match(name):
        raise not_found()
    standing = google_faults.standing(world, find(world, access, name))
    if standing == "verified":
        return {"hasVoiceOfMerchant": True, "hasBusinessAuthority": True}
    has_authority = standing in ("suspended", "disabled", "waiting")
    found: dict[str, Any] = {"hasBusinessAuthority": True} if has_authority else {}
    return {**found, **google_faults.STANDINGS[standing]}
