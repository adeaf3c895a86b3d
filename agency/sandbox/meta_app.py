"""The product's two Meta applications as their dashboards keep them: callbacks, webhook subscriptions, login set-ups.

`meta` is the application with Facebook Login, `instagram` the one with Instagram Login. They have their own ids and
secrets, and their webhooks go to addresses of their own.
"""

from __future__ import annotations

import http.client
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from agency.sandbox.deliveries import require_own_machine
from agency.sandbox.store import Store
from agency.sandbox.world import World

SETTING = "meta_application"
AT_START = "meta_connected_at_start"
HANDSHAKE_TIMEOUT_SECONDS = 10.0
APPS = ("meta", "instagram")
PAGE_FIELDS = frozenset(
    {"feed", "mention", "messages", "message_echoes", "message_reads", "message_deliveries", "message_reactions"}
    | {"message_edits", "messaging_postbacks", "messaging_handovers", "standby", "messaging_referrals", "ratings"}
    | {"messaging_optins", "name", "picture", "videos", "live_videos"}
)
INSTAGRAM_FIELDS = frozenset(
    {"comments", "live_comments", "mentions", "messages", "message_edit", "message_reactions", "messaging_postbacks"}
    | {"messaging_referral", "messaging_seen", "messaging_handover", "messaging_optins", "standby", "story_insights"}
)
OBJECTS = {
    "meta": {"page": PAGE_FIELDS, "instagram": INSTAGRAM_FIELDS, "permissions": frozenset({"connected"})},
    "instagram": {"instagram": INSTAGRAM_FIELDS},
}
# Facts of the application a test may set, and what they are unless set.
FACTS: dict[str, Any] = {
    "live": True,  # in development, webhooks tell of nobody outside: nothing about comments on Instagram arrives
    "human_agent": True,  # the feature was granted
    "deauthorize_url": None,
    "data_deletion_url": None,
    "login_configurations": {},
    "flat_entries": False,  # Instagram Login: field and value directly on the entry
    "numeric_ids": False,  # ids of accounts and people as numbers
    "comment_id_name": False,  # Instagram comments name their id comment_id
    "wrapped_code_answer": False,  # Instagram's code exchange answers {"data": [...]}
    "subscription_merges": False,  # a second subscription adds its fields to the first instead of replacing them
    "together": 1,  # so many entries in one POST
    "dark_comments": True,  # comments under ads reach the webhook
}


class HandshakeFailed(ValueError):
    """The callback did not answer the challenge."""


def application(store: Store) -> dict[str, Any]:
    """Every fact of FACTS, and `subscriptions`: application, then object, to callback and fields."""
    known: dict[str, Any] = store.setting(SETTING, {})
    return {"subscriptions": {}, **FACTS, **known}


def change(store: Store, wish: dict[str, Any]) -> dict[str, Any]:
    """Set facts; raises ValueError on unknown ones and on callbacks that are not of this machine."""
    if unknown := set(wish) - set(FACTS):
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(FACTS)}")
    for name in ("deauthorize_url", "data_deletion_url"):
        if wish.get(name):
            require_own_machine(str(wish[name]))
    with store.transaction():
        store.set_setting(SETTING, {**application(store), **wish})
    return application(store)


def connect(world: World, product_url: str, verify_token: str, *, verify: bool = True) -> dict[str, Any]:
    """Point every callback at the product, at the paths it documents, and shake hands. Raises ValueError."""
    base = product_url.rstrip("/")
    change(
        world.store,
        {"deauthorize_url": f"{base}/meta/deauthorize", "data_deletion_url": f"{base}/meta/data-deletion"},
    )
    for app, objects in OBJECTS.items():
        url = f"{base}/webhooks/{app}"
        for number, name in enumerate(objects):
            subscribe(world, app, name, url, sorted(objects[name]), verify_token, verify=verify and number == 0)
    return application(world.store)


def connect_at_start(world: World, environment: Mapping[str, str]) -> bool:
    """Lead every callback to the product this program was started with, unless somebody set them already.

    Without a handshake: the product may not be listening yet.
    """
    if application(world.store)["subscriptions"] and not world.store.setting(AT_START, False):
        return False
    for url in (environment.get("ONBRAND_BASE_URL"), environment.get("ONBRAND_PORT")):
        address = f"http://127.0.0.1:{url}" if url and url.isdecimal() else url
        try:
            require_own_machine(address or "")
        except ValueError:
            continue
        connect(world, str(address), "", verify=False)
        world.store.set_setting(AT_START, True)
        return True
    return False


def subscribe(
    world: World, app: str, name: str, url: str, fields: list[str], verify_token: str, *, verify: bool = True
) -> None:
    """Subscribe the application to fields of an object, after the handshake. Raises ValueError and HandshakeFailed."""
    known = OBJECTS[app].get(name)
    if known is None:
        raise ValueError(f"object must be one of {', '.join(OBJECTS[app])}")
    if unknown := set(fields) - known:
        raise ValueError(f"object {name} has no field {sorted(unknown)[0]}")
    require_own_machine(url)
    if verify:
        shake_hands(url, verify_token)
    with world.store.transaction():
        facts = application(world.store)
        facts["subscriptions"].setdefault(app, {})[name] = {"callback_url": url, "fields": sorted(set(fields))}
        world.store.set_setting(SETTING, facts)
        world.store.set_setting(AT_START, False)


def unsubscribe(store: Store, app: str, name: str | None = None) -> None:
    with store.transaction():
        facts = application(store)
        objects = facts["subscriptions"].get(app, {})
        for each in [name] if name else list(objects):
            objects.pop(each, None)
        store.set_setting(SETTING, facts)


def shake_hands(url: str, verify_token: str) -> None:
    """GET with a challenge; the body of the 200 must be the bare challenge. Raises HandshakeFailed."""
    challenge = str(secrets.randbelow(2_000_000_000))
    asked = urlencode({"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": verify_token})
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=HANDSHAKE_TIMEOUT_SECONDS)
    try:
        connection.request("GET", f"{parts.path or '/'}?{asked}")
        answer = connection.getresponse()
        status, body = answer.status, answer.read(1000)
    except (OSError, http.client.HTTPException) as error:
        raise HandshakeFailed(f"The callback {url} could not be reached: {error}") from None
    finally:
        connection.close()
    if status != 200 or body != challenge.encode():
        raise HandshakeFailed(f"The URL couldn't be validated. {url} answered {status} and not the bare challenge.")


def app_of(world: World, app_id: str) -> str | None:
    """Which application the id belongs to."""
    return {world.keys.meta_app_id: "meta", world.keys.instagram_app_id: "instagram"}.get(app_id)


def secret_of(world: World, app: str) -> str:
    return world.keys.meta_app_secret if app == "meta" else world.keys.instagram_app_secret
