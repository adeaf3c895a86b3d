"""Google around the reviews: tokens, accounts, locations, verification, notification settings."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

from agency.sandbox import misbehaviour, tokens
from agency.sandbox.google import bearer_token, granted
from agency.sandbox.google_errors import GoogleError, TokenError, denied, invalid_argument, not_found
from agency.sandbox.store import Account
from agency.sandbox.world import World

ACCESS_LIFE_SECONDS = 3599
SCOPE = "https://www.googleapis.com/auth/business.manage"
CODE_LIFE_SECONDS = 600

LOCATION_FIELDS = frozenset(
    {"name", "title", "storeCode", "languageCode", "phoneNumbers", "storefrontAddress", "serviceArea", "websiteUri"}
    | {"categories", "regularHours", "specialHours", "moreHours", "openInfo", "profile", "labels", "latlng"}
    | {"serviceItems", "relationshipData", "metadata", "adWordsLocationExtensions"}
)
NOTIFICATION_FIELDS = ("pubsubTopic", "notificationTypes")


def issue(world: World, form: dict[str, str]) -> dict[str, Any]:
    """The token endpoint; raises TokenError."""
    keys = world.keys
    if form.get("client_id") != keys.google_client_id or form.get("client_secret") != keys.google_client_secret:
        raise TokenError("invalid_client", "The OAuth client was not found.", 401)
    grant = form.get("grant_type")
    if grant == "refresh_token":
        return _access(world, _refresh_token(world, form.get("refresh_token", "")))
    if grant == "authorization_code":
        return _first_tokens(world, form)
    raise TokenError("unsupported_grant_type", f"Invalid grant_type: {grant}")


def _refresh_token(world: World, text: str) -> tokens.Token:
    found = tokens.find(world.store, text)
    if found is None:
        raise TokenError("invalid_grant", "Bad Request")
    if found.kind != "google_refresh" or found.dead is not None:
        raise TokenError("invalid_grant", "Token has been expired or revoked.")
    names = [each.external_id for each in granted(world, found)]
    if any(misbehaviour.take(world, "revoke_token", name) for name in names):
        raise TokenError("invalid_grant", "Token has been expired or revoked.")
    return found


def _access(world: World, refresh: tokens.Token) -> dict[str, Any]:
    access = tokens.save(
        world.store,
        "google_access",
        refresh.holder,
        refresh.accounts,
        parent=refresh.token,
        expires_in_seconds=ACCESS_LIFE_SECONDS,
    )
    return {"access_token": access, "expires_in": ACCESS_LIFE_SECONDS, "scope": SCOPE, "token_type": "Bearer"}


def new_code(world: World, redirect_uri: str, challenge: str, account_ids: list[int]) -> str:
    """A login code, bound to the redirect address and to the PKCE challenge (S256; empty for none)."""
    holder = f"{redirect_uri} {challenge}"
    return tokens.save(world.store, "code_google", holder, account_ids, expires_in_seconds=CODE_LIFE_SECONDS)


def _first_tokens(world: World, form: dict[str, str]) -> dict[str, Any]:
    found = tokens.find(world.store, form.get("code", ""))
    if found is None or found.kind != "code_google" or found.dead is not None:
        raise TokenError("invalid_grant", "Malformed auth code.")
    redirect_uri, _, challenge = found.holder.partition(" ")
    verifier = form.get("code_verifier", "").encode()
    made = base64.urlsafe_b64encode(hashlib.sha256(verifier).digest()).decode().rstrip("=")
    if form.get("redirect_uri") != redirect_uri:
        raise TokenError("redirect_uri_mismatch", "Bad Request")
    if challenge and challenge != made:
        raise TokenError("invalid_grant", "Invalid code verifier.")
    tokens.kill(world.store, found.token, tokens.INVALID)
    refresh = tokens.save(world.store, "google_refresh", "person", found.accounts)
    kept = tokens.find(world.store, refresh)
    assert kept is not None
    return {**_access(world, kept), "refresh_token": refresh}


def revoke(world: World, token: str) -> None:
    """Raises TokenError for a token that is unknown or dead already. Revoking one kills its whole family."""
    found = tokens.find(world.store, token)
    if found is None or found.dead is not None:
        raise TokenError("invalid_token", "Token expired or revoked")
    tokens.kill(world.store, found.parent or found.token, tokens.INVALID)


def accounts(world: World, token: str | None, params: dict[str, str], path: str) -> dict[str, Any]:
    """`v1/accounts` and `v1/accounts/{id}`."""
    names = list(dict.fromkeys(account_part(each) for each in granted(world, bearer_token(world, token))))
    if path == "accounts":
        size = min(_size(params, 20), 20)
        start = _offset(params)
        page: dict[str, Any] = {}
        if shown := [_account_json(world, name) for name in names[start : start + size]]:
            page["accounts"] = shown
        if start + size < len(names):
            page["nextPageToken"] = _token_of(start + size)
        return page
    if path not in names:
        raise not_found()
    return _account_json(world, path)


def account_part(account: Account) -> str:
    return account.external_id.split("/locations/")[0]


def location_part(account: Account) -> str:
    return "locations/" + account.external_id.rpartition("/")[2]


def _account_json(world: World, name: str) -> dict[str, Any]:
    first = next(each for each in world.store.accounts("google_business") if account_part(each) == name)
    return {
        "name": name,
        "accountName": first.facts.get("account_name") or first.name,
        "type": "LOCATION_GROUP",
        "role": "MANAGER",
        "verificationState": "VERIFIED",
        "vettedState": "NOT_VETTED",
        "permissionLevel": "OWNER_LEVEL",
    }


def locations(world: World, token: str | None, params: dict[str, str], path: str) -> dict[str, Any]:
    """`v1/accounts/{a}/locations` and `v1/locations/{l}`, each with the required readMask."""
    mine = granted(world, bearer_token(world, token))
    wanted = _read_mask(params)
    if single := re.match(r"^locations/[^/]+$", path):
        for each in mine:
            if location_part(each) == single.group():
                return _location_json(each, wanted)
        raise not_found()
    listed = re.match(r"^(accounts/[^/]+)/locations$", path)
    if listed is None:
        raise not_found()
    name = listed.group(1)
    here = mine if name == "accounts/-" else [each for each in mine if account_part(each) == name]
    if not here and name != "accounts/-":
        raise denied()
    size, start = min(_size(params, 10), 100), _offset(params)
    page: dict[str, Any] = {"locations": [_location_json(each, wanted) for each in here[start : start + size]]}
    if start + size < len(here):
        page["nextPageToken"] = _token_of(start + size)
    return {key: value for key, value in page.items() if value}


def _read_mask(params: dict[str, str]) -> list[str]:
    mask = params.get("readMask") or params.get("read_mask")
    if not mask:
        raise invalid_argument("read_mask", "Field is required")
    wanted = [name.strip() for name in mask.split(",")]
    if any(name.split(".")[0] not in LOCATION_FIELDS or "additionalCategories." in name for name in wanted):
        raise invalid_argument("read_mask", "Invalid field mask provided")
    return [name.split(".")[0] for name in wanted]


def _location_json(account: Account, wanted: list[str]) -> dict[str, Any]:
    known: dict[str, Any] = {
        "name": location_part(account),
        "title": account.name,
        "languageCode": account.facts.get("language_code"),
        "openInfo": {"status": "OPEN", "canReopen": True},
        "metadata": {"hasVoiceOfMerchant": True, "placeId": "ChIJ" + location_part(account).rpartition("/")[2]},
        **account.facts.get("location", {}),
    }
    return {name: known[name] for name in wanted if known.get(name)}


def voice_of_merchant(world: World, token: str | None, path: str) -> dict[str, Any]:
    name = path.removesuffix("/VoiceOfMerchantState")
    if name not in [location_part(each) for each in granted(world, bearer_token(world, token))]:
        raise not_found()
    return {"hasVoiceOfMerchant": True, "hasBusinessAuthority": True}


def notification_setting(world: World, token: str | None, method: str, path: str, body: Any) -> dict[str, Any]:
    """One setting and one topic per account; the last one to write wins."""
    name = path.removesuffix("/notificationSetting")
    if name not in [account_part(each) for each in granted(world, bearer_token(world, token))]:
        raise denied()
    key = f"notifications {name}"
    if method == "PATCH":
        if not isinstance(body, dict):
            raise invalid_argument("notification_setting", "Field is required")
        world.store.set_setting(key, {field: body[field] for field in NOTIFICATION_FIELDS if body.get(field)})
    return {"name": path, **world.store.setting(key, {})}


def _size(params: dict[str, str], default: int) -> int:
    text = params.get("pageSize") or str(default)
    if not text.isdecimal() or int(text) < 1:
        raise invalid_argument("page_size", "Invalid value")
    return int(text)


def _token_of(offset: int) -> str:
    return base64.urlsafe_b64encode(f"from {offset}".encode()).decode()


def _offset(params: dict[str, str]) -> int:
    if not params.get("pageToken"):
        return 0
    try:
        return int(base64.urlsafe_b64decode(params["pageToken"]).decode().removeprefix("from "))
    except ValueError:
        raise GoogleError(400, "INVALID_ARGUMENT", "Invalid page token") from None
