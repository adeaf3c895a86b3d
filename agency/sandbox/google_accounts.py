"""Google's accounts, v1: the person's own, location groups, organisations with groups below them.

A location's account (`accounts/A` of `accounts/A/locations/L`) is a LOCATION_GROUP unless it was declared otherwise.
Every person has a PERSONAL account, which comes first in their list and holds what bears its number.
"""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from agency.sandbox.google_errors import GoogleError, invalid_argument, not_found
from agency.sandbox.google_grants import Access, subject
from agency.sandbox.google_project import project
from agency.sandbox.store import Account
from agency.sandbox.world import World

TYPES = ("PERSONAL", "LOCATION_GROUP", "USER_GROUP", "ORGANIZATION")
ROLES = ("PRIMARY_OWNER", "OWNER", "MANAGER", "SITE_MANAGER")
PAGE_SIZE = 20
ACCOUNT_NAME = re.compile(r"accounts/[A-Za-z0-9_-]{1,64}\Z")


def account_part(name: str) -> str:
    return name.split("/locations/")[0]


def personal_name(person: str) -> str:
    return f"accounts/{subject(person)}"


def declare(world: World, wish: dict[str, Any]) -> dict[str, Any]:
    """Declare an account, or change it; answers its facts.

    `type` (default LOCATION_GROUP), `account_name`, `role`, `parent` (an organisation's or user group's name: then it
    stands in that one's list only), `people` (who sees it although it holds no location of theirs),
    `verification_state`, `vetted_state`. Raises ValueError.
    """
    name = str(wish.get("name") or "")
    if not ACCOUNT_NAME.match(name):
        raise ValueError("name must be accounts/NUMBER")
    known = ("name", "type", "account_name", "role", "parent", "people", "verification_state", "vetted_state")
    if unknown := set(wish) - set(known):
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(known)}")
    if wish.get("type", "LOCATION_GROUP") not in TYPES or wish.get("role", "OWNER") not in ROLES:
        raise ValueError(f"type is one of {', '.join(TYPES)}, role one of {', '.join(ROLES)}")
    parent = wish.get("parent")
    with world.store.transaction() as db:
        declared = _declared(world)
        if parent is not None and declared.get(parent, {}).get("type") not in ("ORGANIZATION", "USER_GROUP"):
            raise ValueError("parent must be an organisation or a user group declared before")
        facts = {**declared.get(name, {}), **{key: value for key, value in wish.items() if key != "name"}}
        db.execute(
            "INSERT OR REPLACE INTO google_business_accounts (name, facts) VALUES (?, ?)", (name, json.dumps(facts))
        )
    return {"name": name, **facts}


def _declared(world: World) -> dict[str, dict[str, Any]]:
    with world.store.transaction() as db:
        rows = db.execute("SELECT name, facts FROM google_business_accounts ORDER BY name").fetchall()
    return {row["name"]: json.loads(row["facts"]) for row in rows}


def visible(world: World, access: Access) -> dict[str, dict[str, Any]]:
    """Every account this person may see, by name, the personal one first. Facts as `declare` takes them."""
    declared = _declared(world)
    own = personal_name(access.person)
    seen: dict[str, dict[str, Any]] = {
        own: {"account_name": access.person, **declared.get(own, {}), "type": "PERSONAL"}
    }
    for name, first in _holding(world, access).items():
        facts = {"account_name": first.facts.get("account_name") or first.name, **declared.get(name, {})}
        seen.setdefault(name, facts)
    for name, facts in declared.items():
        if access.person in (facts.get("people") or ()):
            seen.setdefault(name, facts)
    for name in list(seen):
        parent = seen[name].get("parent")
        while parent and parent not in seen:
            seen[parent] = declared.get(parent, {})
            parent = seen[parent].get("parent")
    return seen


def _holding(world: World, access: Access) -> dict[str, Account]:
    """Accounts that hold a location of this token, each with its first one, in the order they were made."""
    marks = ", ".join("?" * len(access.family))
    with world.store.transaction() as db:
        rows = db.execute(
            "SELECT min(a.id) AS first FROM accounts a WHERE a.platform = 'google_business' AND a.id IN"
            f" (SELECT account_id FROM grants WHERE token IN ({marks}))"
            " GROUP BY substr(a.external_id, 1, instr(a.external_id, '/locations/') - 1) ORDER BY 1",
            access.family,
        ).fetchall()
    found = [world.store.account_by_id(row["first"]) for row in rows]
    return {account_part(each.external_id): each for each in found if each is not None}


def _as_json(name: str, facts: dict[str, Any]) -> dict[str, Any]:
    kind = facts.get("type") or "LOCATION_GROUP"
    shown = {
        "name": name,
        "accountName": facts.get("account_name") or name,
        "type": kind,
        "role": facts.get("role") or ("PRIMARY_OWNER" if kind == "PERSONAL" else "MANAGER"),
        "verificationState": facts.get("verification_state") or ("UNVERIFIED" if kind == "PERSONAL" else "VERIFIED"),
        "vettedState": facts.get("vetted_state") or "NOT_VETTED",
    }
    if kind == "PERSONAL":
        del shown["role"]
        return shown
    shown["permissionLevel"] = "OWNER_LEVEL"
    shown["accountNumber"] = name.rpartition("/")[2]
    if kind == "ORGANIZATION":
        shown["organizationInfo"] = {"registeredDomain": "agency.example"}
    return shown


def answer(world: World, access: Access, params: dict[str, str], path: str) -> dict[str, Any]:
    """`v1/accounts` and `v1/accounts/{id}`; raises GoogleError. An account out of sight is not found, never denied."""
    seen = visible(world, access)
    if path != "accounts":
        if path not in seen:
            raise not_found()
        return _as_json(path, seen[path])
    parent = params.get("parentAccount")
    if parent:
        if seen.get(parent, {}).get("type") not in ("ORGANIZATION", "USER_GROUP"):
            raise not_found() if parent not in seen else invalid_argument("parent_account", "Invalid parent account")
        names = [name for name, facts in seen.items() if facts.get("parent") == parent]
    else:
        names = [name for name, facts in seen.items() if not facts.get("parent")]
    if params.get("filter"):
        wanted = re.fullmatch(r'\s*type\s*=\s*"?([A-Z_]+)"?\s*', params["filter"])
        if wanted is None or wanted.group(1) not in TYPES:
            raise invalid_argument("filter", "Invalid filter")
        names = [name for name in names if (seen[name].get("type") or "LOCATION_GROUP") == wanted.group(1)]
    size = page_size(world, params, PAGE_SIZE, PAGE_SIZE)
    bound_to = f"accounts {parent} {params.get('filter')}"
    start = offset(params, bound_to)
    page: dict[str, Any] = {}
    if shown := [_as_json(name, seen[name]) for name in names[start : start + size]]:
        page["accounts"] = shown
    if start + size < len(names):
        page["nextPageToken"] = token_of(start + size, bound_to)
    return page


def page_size(world: World, params: dict[str, str], default: int, largest: int) -> int:
    """How many a page holds; larger wishes are lowered, unless the project refuses them. Raises GoogleError."""
    text = params.get("pageSize") or "0"
    if not text.isdecimal() or len(text) > 10:
        raise invalid_argument("page_size", "Invalid value")
    wanted = int(text) or default
    if wanted > largest and project(world.store).refuse_large_pages:
        raise invalid_argument("page_size", f"page_size must be at most {largest}")
    return min(wanted, largest)


def token_of(start: int, bound_to: str) -> str:
    """An opaque page token that belongs to one query."""
    return base64.urlsafe_b64encode(json.dumps([start, bound_to]).encode()).decode().rstrip("=")


def offset(params: dict[str, str], bound_to: str) -> int:
    text = params.get("pageToken")
    if not text:
        return 0
    try:
        start, made_for = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if made_for == bound_to:
            return int(start)
    except (ValueError, TypeError):
        pass
    raise GoogleError(400, "INVALID_ARGUMENT", "Invalid page token")
