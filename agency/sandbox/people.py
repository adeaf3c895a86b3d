"""The people who gave the application access, what they granted, and how they take it back."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import urlencode

from agency.sandbox import meta_app, tokens
from agency.sandbox.content import NotThere
from agency.sandbox.deliveries import Delivery
from agency.sandbox.meta_webhooks import Webhooks
from agency.sandbox.world import World

SETTING = "meta_people"
FIRST_PERSON = {"id": "10000000000000001", "name": "Sam Example"}


def person_of(name: str) -> dict[str, str]:
    """Who signs in under this name; the same name is always the same person."""
    if name in ("", FIRST_PERSON["name"]):
        return dict(FIRST_PERSON)
    digest = hashlib.sha256(f"person {name}".encode("utf-8", "surrogatepass")).digest()
    return {"id": str(10**16 + int.from_bytes(digest[:6])), "name": name}


def everybody(world: World) -> dict[str, dict[str, Any]]:
    """By `application:id`: name, granted and declined scopes, the accounts opened, and what came of a removal."""
    found: dict[str, dict[str, Any]] = world.store.setting(SETTING, {})
    return found


def remember(world: World, app: str, person_id: str, **facts: Any) -> dict[str, Any]:
    with world.store.transaction():
        known = everybody(world)
        person = {"app": app, "id": person_id, "name": person_id, "granted": [], "declined": []}
        known[f"{app}:{person_id}"] = {**person, **known.get(f"{app}:{person_id}", {}), **facts}
        world.store.set_setting(SETTING, known)
        return known[f"{app}:{person_id}"]


def grant(world: World, person: dict[str, str], asked: list[str], given: list[str], app: str = "meta") -> None:
    """A dialog was answered: what was asked and not given is declined from now on."""
    known = everybody(world).get(f"{app}:{person['id']}", {})
    granted = [*dict.fromkeys([*known.get("granted", []), *given])]
    declined = [one for one in dict.fromkeys([*known.get("declined", []), *asked]) if one not in given]
    granted = [one for one in granted if one not in declined]
    remember(world, app, person["id"], name=person["name"], granted=granted, declined=declined, removed=False)


def revoke_scope(world: World, webhooks: Webhooks, person_id: str, scope: str) -> None:
    """One permission taken back: the tokens live on without it."""
    person = remember(world, "meta", person_id)
    granted = [one for one in person["granted"] if one != scope]
    remember(world, "meta", person_id, granted=granted, declined=[*dict.fromkeys([*person["declined"], scope])])
    tokens.drop_scope(world.store, person_id, scope)
    webhooks.permissions_changed(person_id, "revoked")


def remove_app(
    world: World, webhooks: Webhooks, app: str, person_id: str, *, delete_data: bool = False, tell: bool = True
) -> dict[str, Any]:
    """A person removes the application: every token of theirs dies, and the callbacks are posted.

    `app` is `meta` (a person by their id) or `instagram` (a profile by its id). Raises NotThere.
    """
    if app == "meta":
        died = tokens.kill_person(world.store, person_id, tokens.APP_REMOVED)
    else:
        account = world.store.account("instagram", person_id)
        if account is None:
            raise NotThere(f"no profile {person_id!r}")
        died = tokens.kill_kind(world.store, account.id, "instagram", tokens.APP_REMOVED)
    if not died and f"{app}:{person_id}" not in everybody(world):
        raise NotThere(f"nobody {person_id!r} gave {app} access")
    person = remember(world, app, person_id, granted=[], declined=[], removed=True)
    if app == "meta":
        webhooks.permissions_changed(person_id, "revoked")
    if tell:
        _callback(world, app, "deauthorize_url", person_id)
        if delete_data:
            _callback(world, app, "data_deletion_url", person_id)
    return {**person, "tokens_killed": died}


def _callback(world: World, app: str, which: str, person_id: str) -> None:
    url = meta_app.application(world.store)[which]
    if not url:
        return
    body = urlencode({"signed_request": signed_request(world, app, person_id)}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "facebookplatform/1.0"}

    def settled(delivery: Delivery) -> None:
        if which == "data_deletion_url" and delivery.state == "sent":
            try:
                answer = json.loads(delivery.answer)
            except ValueError:
                answer = {"unreadable": delivery.answer.decode("utf-8", "replace")}
            remember(world, app, person_id, deletion=answer)

    world.deliveries.deliver(url, headers, body, channel=f"{app}_callback", account=person_id, on_settled=settled)


def signed_request(world: World, app: str, person_id: str) -> str:
    """`base64url(HMAC-SHA256(payload, secret)).payload`; the payload says whose and when."""
    told = {"algorithm": "HMAC-SHA256", "issued_at": int(world.now()), "user_id": person_id}
    payload = _unpadded(json.dumps(told, separators=(",", ":")).encode())
    digest = hmac.new(meta_app.secret_of(world, app).encode(), payload.encode(), hashlib.sha256).digest()
    return f"{_unpadded(digest)}.{payload}"


def _unpadded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
