"""Signing in at Meta: token endpoints, token inspection, and the permission dialogs."""

from __future__ import annotations

from typing import Any

from agency.sandbox import meta_app, people, token_facts, tokens
from agency.sandbox.graph_errors import GraphError, missing_object
from agency.sandbox.graph_reader import Call
from agency.sandbox.meta_webhooks import Webhooks
from agency.sandbox.tokens import Token
from agency.sandbox.wire import Answer
from agency.sandbox.world import World

LONG_LIFE_SECONDS = 5_184_000
# What a code is exchanged for on the web: an hour or two.
SHORT_LIFE_SECONDS = 3_600
CODE_LIFE_SECONDS = 600
DAY_SECONDS = 86_400


def answer(world: World, call: Call) -> Answer | None:
    """The answer if the call is one of these, else None. Raises GraphError."""
    parts = call.path.split("/")
    if call.host == "facebook" and call.path == "oauth/access_token":
        return Answer(200, _facebook_token(world, call))
    if call.host == "facebook" and call.path == "debug_token":
        return Answer(200, {"data": token_facts.inspected(world, call.params)})
    if call.host == "facebook" and len(parts) in (2, 3) and parts[1] == "permissions" and call.method == "DELETE":
        return _take_back(world, call, parts)
    app = meta_app.app_of(world, parts[0]) if call.host == "facebook" and parts[1:] == ["subscriptions"] else None
    if app is not None:
        return _subscriptions(world, call, app)
    if call.host == "instagram" and call.path in ("access_token", "refresh_access_token"):
        return Answer(200, _instagram_token(world, call))
    return None


def _bearer(token: str, seconds: int | None) -> dict[str, Any]:
    found: dict[str, Any] = {"access_token": token, "token_type": "bearer"}
    return found if seconds is None else {**found, "expires_in": seconds}


def _facebook_token(world: World, call: Call) -> dict[str, Any]:
    params, keys = call.params, world.keys
    if params.get("client_id") != keys.meta_app_id or params.get("client_secret") != keys.meta_app_secret:
        raise GraphError(1, "Error validating client secret.", reason="invalid_client")
    if params.get("grant_type") == "client_credentials":
        return {"access_token": token_facts.app_token(world), "token_type": "bearer"}
    is_long = params.get("grant_type") == "fb_exchange_token"
    if is_long:
        old = token_facts.living(world, params.get("fb_exchange_token", ""), "user")
        facts = {"login": True, **old.facts, "long": True}
    else:
        old = used_code(world, params.get("code", ""), params.get("redirect_uri", ""))
        facts = {name: value for name, value in old.facts.items() if name != "redirect_uri"}
        facts["long"] = bool(facts.get("system_user"))
    seconds = None if facts.get("system_user") else LONG_LIFE_SECONDS if is_long else SHORT_LIFE_SECONDS
    fresh = tokens.save(world.store, "user", old.holder, old.accounts, expires_in_seconds=seconds, facts=facts)
    return _bearer(fresh, seconds)


def _take_back(world: World, call: Call, parts: list[str]) -> Answer:
    """`DELETE /{person}/permissions` removes the application, with a permission behind it that one only.

    Asked with the person's token or the application's own.
    """
    if call.params.get("access_token") == token_facts.app_token(world):
        holder = parts[0]
        if f"meta:{holder}" not in people.everybody(world):
            raise missing_object(holder, "delete")
    else:
        holder = token_facts.living(world, call.params.get("access_token", ""), "user").holder
        if parts[0] not in ("me", holder):
            raise missing_object(parts[0], "delete")
    webhooks = Webhooks.of(world)
    if len(parts) == 3:
        people.revoke_scope(world, webhooks, holder, parts[2])
    else:
        people.remove_app(world, webhooks, "meta", holder, tell=False)
    return Answer(200, {"success": True})


def _subscriptions(world: World, call: Call, app: str) -> Answer:
    """`/{app-id}/subscriptions`: what the application hears of, with the application's own token."""
    params = call.params
    if params.get("access_token") != f"{call.path.split('/')[0]}|{meta_app.secret_of(world, app)}":
        raise GraphError(15, "(#15) This method must be called with an app access_token.")
    known = meta_app.application(world.store)["subscriptions"].get(app, {})
    if call.method == "GET":
        data = [
            {
                "object": name,
                "callback_url": one["callback_url"],
                "active": True,
                "fields": [{"name": field, "version": call.version} for field in one["fields"]],
            }
            for name, one in known.items()
        ]
        return Answer(200, {"data": data})
    if call.method == "DELETE":
        meta_app.unsubscribe(world.store, app, params.get("object"))
        return Answer(200, {"success": True})
    fields = [name for name in params.get("fields", "").split(",") if name]
    name, url, verify_token = (params.get(each, "") for each in ("object", "callback_url", "verify_token"))
    try:
        meta_app.subscribe(world, app, name, url, fields, verify_token)
    except meta_app.HandshakeFailed as error:
        raise GraphError(2200, f"(#2200) Callback verification failed with the following errors: {error}") from None
    except ValueError as error:
        raise GraphError(100, f"(#100) {error}") from None
    return Answer(200, {"success": True})


def new_code(
    world: World, kind: str, redirect_uri: str, account_ids: list[int], person_id: str, facts: dict[str, Any]
) -> str:
    """A login code for a person who ticked these accounts; single use, bound to the redirect address."""
    return tokens.save(
        world.store,
        f"code_{kind}",
        person_id,
        account_ids,
        expires_in_seconds=CODE_LIFE_SECONDS,
        facts={**facts, "redirect_uri": redirect_uri},
    )


def used_code(world: World, code: str, redirect_uri: str, kind: str = "meta") -> Token:
    """Use a code up; raises GraphError 100 with the subcode of what is wrong with it."""
    found = tokens.find(world.store, code)
    if found is None or found.kind != f"code_{kind}":
        raise GraphError(100, "Invalid verification code format.", reason="invalid_code")
    if found.dead == tokens.EXPIRED:
        raise GraphError(100, "This authorization code has expired.", subcode=36007, reason="invalid_code")
    if found.dead is not None:
        raise GraphError(100, "This authorization code has been used.", subcode=36009, reason="invalid_code")
    if found.facts.get("redirect_uri") != redirect_uri:
        raise GraphError(
            100,
            "Error validating verification code. Please make sure your redirect_uri is identical to the one you used in"
            " the OAuth dialog request",
            subcode=36008,
            reason="invalid_code",
        )
    tokens.kill(world.store, code, tokens.INVALID)
    return found


def _instagram_token(world: World, call: Call) -> dict[str, Any]:
    """Short to long (`access_token`) and long to fresh (`refresh_access_token`)."""
    params = call.params
    old = token_facts.living(world, params.get("access_token", ""), "instagram")
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
    elif old.scopes is not None and "instagram_business_basic" not in old.scopes:
        raise GraphError(10, "Application does not have permission for this action", kind="IGApiException")
    facts = {**old.facts, "long": True}
    fresh = tokens.save(
        world.store, "instagram", old.holder, old.accounts, expires_in_seconds=LONG_LIFE_SECONDS, facts=facts
    )
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
    facts = {name: value for name, value in code.facts.items() if name != "redirect_uri"}
    token = tokens.save(
        world.store, "instagram", code.holder, code.accounts, expires_in_seconds=SHORT_LIFE_SECONDS, facts=facts
    )
    body = {"access_token": token, "user_id": code.holder, "permissions": facts.get("scopes") or []}
    wrapped = bool(meta_app.application(world.store)["wrapped_code_answer"])
    return Answer(200, {"data": [body]} if wrapped else body)
