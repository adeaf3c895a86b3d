"""What `debug_token` tells of a Meta token: whose it is, for what, until when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agency.sandbox import graph_scopes, tokens
from agency.sandbox.graph_errors import dead_token, unreadable_token
from agency.sandbox.tokens import Token
from agency.sandbox.world import World

DATA_ACCESS_SECONDS = 90 * 86_400


def app_token(world: World) -> str:
    return f"{world.keys.meta_app_id}|{world.keys.meta_app_secret}"


def living(world: World, token: str, kind: str) -> Token:
    """The token, alive and of that kind, or GraphError 190."""
    found = tokens.find(world.store, token)
    if found is None or found.kind != kind:
        raise unreadable_token()
    if found.dead is not None:
        raise dead_token(found.dead)
    return found


def inspected(world: World, params: Mapping[str, str]) -> dict[str, Any]:
    """The answer to `debug_token`, whose asker needs the application's token or a person's."""
    keys = world.keys
    asking = params.get("access_token", "")
    if asking != app_token(world):
        living(world, asking, "user")
    if params.get("input_token") == app_token(world):
        return {"app_id": keys.meta_app_id, "type": "APP", "application": "Sandbox app", "is_valid": True, "scopes": []}
    found = tokens.find(world.store, params.get("input_token", ""))
    if found is None or found.dead is not None or found.kind not in ("user", "page"):
        problem = dead_token(found.dead) if found is not None and found.dead else unreadable_token()
        error = {"code": 190, "message": str(problem), **({"subcode": problem.subcode} if problem.subcode else {})}
        return {"error": error, "is_valid": False, "scopes": []}
    scopes = [*dict.fromkeys(found.facts.get("scopes") or graph_scopes.FACEBOOK)]
    is_system_user = bool(found.facts.get("system_user"))
    facts: dict[str, Any] = {
        "app_id": keys.meta_app_id,
        "type": "SYSTEM_USER" if is_system_user and found.kind == "user" else found.kind.upper(),
        "application": "Sandbox app",
        "data_access_expires_at": 0 if is_system_user else int(found.issued_at + DATA_ACCESS_SECONDS),
        "expires_at": int(found.expires_at or 0),
        "is_valid": True,
        "scopes": scopes,
        "granular_scopes": _granular(world, found, scopes),
        "user_id": found.facts.get("user_id") or found.holder,
    }
    if found.facts.get("long") or found.kind == "page" or not found.facts.get("login"):
        facts["issued_at"] = int(found.issued_at)
    if found.kind == "page":
        facts["profile_id"] = found.holder
    return facts


def _granular(world: World, token: Token, scopes: list[str]) -> list[dict[str, Any]]:
    """Each permission with the accounts it was given for; without any where it is for all of them."""
    opened = [account for account_id in token.accounts if (account := world.store.account_by_id(account_id))]
    ids = {
        platform: sorted(one.external_id for one in opened if one.platform == platform)
        for platform in ("facebook", "instagram")
    }
    found: list[dict[str, Any]] = []
    for scope in scopes:
        if token.facts.get("everything") or scope in ("public_profile", "email"):
            found.append({"scope": scope})
            continue
        targets = ids["instagram" if scope.startswith("instagram_") else "facebook"]
        if scope == "business_management":
            held = (account.facts.get("business") or {} for account in opened)
            targets = sorted({str(one["id"]) for one in held if one})
        found.append({"scope": scope, "target_ids": targets})
    return found
