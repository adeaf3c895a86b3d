"""Signing in at Meta: token endpoints, token inspection, and the permission dialogs."""

from __future__ import annotations

from typing import Any

from agency.sandbox import tokens
from agency.sandbox.content import digits
from agency.sandbox.graph_errors import GraphError, dead_token, unreadable_token
from agency.sandbox.graph_reader import Call
from agency.sandbox.tokens import Token
from agency.sandbox.wire import Answer
from agency.sandbox.world import World

LONG_LIFE_SECONDS = 5_184_000
SHORT_LIFE_SECONDS = 3_600
CODE_LIFE_SECONDS = 600
DAY_SECONDS = 86_400


def answer(world: World, call: Call) -> Answer | None:
    """The answer if the call is one of these, else None. Raises GraphError."""
    if call.host == "facebook" and call.path == "oauth/access_token":
        return Answer(200, _facebook_token(world, call))
    if call.host == "facebook" and call.path == "debug_token":
        return Answer(200, {"data": _inspected(world, call)})
    if call.host == "facebook" and call.path.endswith("/permissions") and call.method == "DELETE":
        found = tokens.find(world.store, call.params.get("access_token", ""))
        if found is None or found.kind != "user":
            raise unreadable_token()
        tokens.kill(world.store, found.token, tokens.APP_REMOVED)
        return Answer(200, {"success": True})
    if call.host == "instagram" and call.path in ("access_token", "refresh_access_token"):
        return Answer(200, _instagram_token(world, call))
    return None


def _bearer(token: str, seconds: int) -> dict[str, Any]:
    return {"access_token": token, "token_type": "bearer", "expires_in": seconds}


def _facebook_token(world: World, call: Call) -> dict[str, Any]:
    params, keys = call.params, world.keys
    if params.get("client_id") != keys.meta_app_id or params.get("client_secret") != keys.meta_app_secret:
        raise GraphError(1, "Error validating client secret.", reason="invalid_client")
    if params.get("grant_type") == "client_credentials":
        return {"access_token": f"{keys.meta_app_id}|{keys.meta_app_secret}", "token_type": "bearer"}
    if params.get("grant_type") == "fb_exchange_token":
        old = _living(world, params.get("fb_exchange_token", ""), "user")
    else:
        old = used_code(world, params.get("code", ""), params.get("redirect_uri", ""))
    fresh = tokens.save(
        world.store, "user", old.holder.split(" ")[0], old.accounts, expires_in_seconds=LONG_LIFE_SECONDS
    )
    for account_id in old.accounts:
        _page_token(world, account_id, fresh)
    return _bearer(fresh, LONG_LIFE_SECONDS)


def _page_token(world: World, account_id: int, user_token: str) -> None:
    """A Page token from a long-lived user token has no expiry. It also opens the Instagram profiles of its Page."""
    account = world.store.account_by_id(account_id)
    if account is None or account.platform != "facebook":
        return
    linked = [each.id for each in world.store.accounts("instagram") if each.facts.get("page_id") == account.external_id]
    tokens.save(world.store, "page", account.external_id, [account.id, *linked], parent=user_token)


def new_code(world: World, kind: str, redirect_uri: str, account_ids: list[int]) -> str:
    """A login code for a person who ticked these accounts; single use, bound to the redirect address."""
    holder = f"{digits(17)} {redirect_uri}"
    return tokens.save(world.store, f"code_{kind}", holder, account_ids, expires_in_seconds=CODE_LIFE_SECONDS)


def used_code(world: World, code: str, redirect_uri: str, kind: str = "meta") -> Token:
    """Use a code up; raises GraphError 100 with the subcode of what is wrong with it."""
    found = tokens.find(world.store, code)
    if found is None or found.kind != f"code_{kind}":
        raise GraphError(100, "Invalid verification code format.", reason="invalid_code")
    if found.dead == tokens.EXPIRED:
        raise GraphError(100, "This authorization code has expired.", subcode=36007, reason="invalid_code")
    if found.dead is not None:
        raise GraphError(100, "This authorization code has been used.", subcode=36009, reason="invalid_code")
    if found.holder.partition(" ")[2] != redirect_uri:
        raise GraphError(
            100,
            "Error validating verification code. Please make sure your redirect_uri is identical to the one you used in"
            " the OAuth dialog request",
            subcode=36008,
            reason="invalid_code",
        )
    tokens.kill(world.store, code, tokens.INVALID)
    return found


def _living(world: World, token: str, kind: str) -> Token:
    found = tokens.find(world.store, token)
    if found is None or found.kind != kind:
        raise unreadable_token()
    if found.dead is not None:
        raise dead_token(found.dead)
    return found


def _instagram_token(world: World, call: Call) -> dict[str, Any]:
    params = call.params
    old = _living(world, params.get("access_token", ""), "instagram")
    if call.path == "access_token":
        if (
            params.get("grant_type") != "ig_exchange_token"
            or params.get("client_secret") != world.keys.instagram_app_secret
        ):
            raise GraphError(101, "Error validating client secret.", kind="IGApiException")
    elif params.get("grant_type") != "ig_refresh_token":
        raise GraphError(100, "Unsupported grant_type", kind="IGApiException")
    elif old.issued_at > world.now() - DAY_SECONDS:
        raise GraphError(100, "The access token must be at least 24 hours old to be refreshed", kind="IGApiException")
    fresh = tokens.save(world.store, "instagram", old.holder, old.accounts, expires_in_seconds=LONG_LIFE_SECONDS)
    return _bearer(fresh, LONG_LIFE_SECONDS)


def instagram_code(world: World, form: dict[str, str]) -> Answer:
    """`POST {api.instagram.com}/oauth/access_token`; its errors have a shape of their own."""
    keys = world.keys
    try:
        if form.get("client_id") != keys.instagram_app_id or form.get("client_secret") != keys.instagram_app_secret:
            raise GraphError(400, "Invalid client_secret")
        code = used_code(world, form.get("code", ""), form.get("redirect_uri", ""), "instagram")
    except GraphError as error:
        return Answer(400, {"error_type": "OAuthException", "code": 400, "error_message": str(error)})
    accounts = [world.store.account_by_id(account_id) for account_id in code.accounts]
    holder = next((account.external_id for account in accounts if account), "")
    token = tokens.save(world.store, "instagram", holder, code.accounts, expires_in_seconds=SHORT_LIFE_SECONDS)
    scopes = ["instagram_business_basic", "instagram_business_manage_comments"]
    return Answer(200, {"access_token": token, "user_id": holder, "permissions": scopes})


def _inspected(world: World, call: Call) -> dict[str, Any]:
    keys = world.keys
    asking = call.params.get("access_token", "")
    if asking != f"{keys.meta_app_id}|{keys.meta_app_secret}":
        _living(world, asking, "user")
    found = tokens.find(world.store, call.params.get("input_token", ""))
    if found is None or found.dead is not None or found.kind not in ("user", "page"):
        problem = dead_token(found.dead) if found is not None and found.dead else unreadable_token()
        error = {"code": 190, "message": str(problem), **({"subcode": problem.subcode} if problem.subcode else {})}
        return {"error": error, "is_valid": False, "scopes": []}
    scopes = ["pages_show_list", "pages_read_engagement", "pages_read_user_content", "pages_manage_engagement"]
    targets = [account.external_id for account in world.store.accounts() if account.id in found.accounts]
    facts: dict[str, Any] = {
        "app_id": keys.meta_app_id,
        "type": found.kind.upper(),
        "application": "Sandbox app",
        "data_access_expires_at": int(world.now() + 90 * DAY_SECONDS),
        "expires_at": int(found.expires_at or 0),
        "is_valid": True,
        "issued_at": int(found.issued_at),
        "scopes": scopes,
        "granular_scopes": [{"scope": scope, "target_ids": targets} for scope in scopes],
        "user_id": found.holder,
    }
    if found.kind == "page":
        facts["profile_id"] = found.holder
    return facts
