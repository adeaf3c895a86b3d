"""Cloud Pub/Sub: a subscription that pushes to the product what happens to reviews, with a signed token.

A push is made when a review is left or edited, the account that holds the location has a notification setting for that
type, its topic has Google's publisher among its writers, and a subscription exists. There is no notification for a
review that was deleted nor for anything that becomes of an answer. Delivery, retries, drops, duplicates and shuffling
are the delivery engine's (channel "google"); a token is signed anew for each try.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from agency.sandbox import google_notifications
from agency.sandbox.deliveries import Headers, require_own_machine
from agency.sandbox.google_accounts import account_part
from agency.sandbox.google_grants import subject
from agency.sandbox.google_keys import signed
from agency.sandbox.google_times import google_time
from agency.sandbox.google_tokens import ISSUER
from agency.sandbox.store import Store
from agency.sandbox.world import Happening, World

CHANNEL = "google"
SETTING = "google subscription"
FAULT = "google push fault"
TOKEN_LIFE_SECONDS = 3600
# What Pub/Sub takes as an acknowledgement; anything else, and no answer, is a redelivery.
ACKNOWLEDGED = frozenset({102, 200, 201, 202, 204})
TYPES = {"add": "NEW_REVIEW", "edit": "UPDATED_REVIEW"}

FAULTS = {
    "wrong_audience": "The token is for somebody else.",
    "wrong_email": "The token is another service account's.",
    "unverified_email": "The token's e-mail address is not verified.",
    "wrong_issuer": "The token is not Google's.",
    "expired": "The token ended an hour ago.",
    "unknown_key": "The token is signed with a key that is served nowhere.",
    "no_signature": "The token has the algorithm none.",
    "no_token": "There is no token.",
    "wrong_subscription": "The message names another subscription.",
    "alias_fields": "The data uses the names of Google's documents: notificationType, locationName, reviewName.",
    "snake_case": "The envelope says message_id and publish_time.",
    "unwrapped": "The body is the data itself, without an envelope.",
    "no_review": "The data names the location only.",
    "garbage": "The data is not JSON.",
}


@dataclass(frozen=True)
class Subscription:
    """`audience` empty: the endpoint. `topic` empty: any. `muted_topics` lack the publisher grant: silence."""

    endpoint: str = ""
    audience: str = ""
    topic: str = ""
    name: str = "projects/sandbox/subscriptions/onbrand-push"
    email: str = ""
    delivery_attempt: bool = False
    muted_topics: tuple[str, ...] = ()


def subscription(world: World) -> Subscription:
    """The subscription as set, else one that pushes to the product this sandbox was started with."""
    known = world.store.setting(SETTING, {})
    if "muted_topics" in known:
        known["muted_topics"] = tuple(known["muted_topics"])
    found = Subscription(**known)
    return replace(
        found, endpoint=found.endpoint or _own_product(), email=found.email or world.keys.google_pubsub_sender
    )


def _own_product() -> str:
    base_url, port = os.environ.get("ONBRAND_BASE_URL"), os.environ.get("ONBRAND_PORT")
    base_url = base_url or (f"http://127.0.0.1:{port}" if port else "")
    return f"{base_url.rstrip('/')}/webhooks/google" if base_url else ""


def subscribe(world: World, wish: dict[str, Any]) -> Subscription:
    """Change the subscription; raises ValueError."""
    known = {each.name: each for each in fields(Subscription)}
    for name, value in wish.items():
        if name not in known:
            raise ValueError(f"unknown: {name}; a subscription has {', '.join(known)}")
        wanted = list if name == "muted_topics" else bool if name == "delivery_attempt" else str
        if not isinstance(value, wanted):
            raise ValueError(f"{name} must be {wanted.__name__}")
    if wish.get("endpoint"):
        require_own_machine(wish["endpoint"])
    with world.store.transaction():
        world.store.set_setting(SETTING, {**world.store.setting(SETTING, {}), **wish})
    return subscription(world)


def order_fault(store: Store, fault: str | None, times: int | None = None) -> None:
    """The next pushes (`times`, or all) go out with a fault; None ends it. Raises ValueError."""
    if fault is not None and fault not in FAULTS:
        raise ValueError(f"fault must be one of {', '.join(FAULTS)}")
    store.set_setting(FAULT, None if fault is None else {"fault": fault, "times": times})


def _fault(store: Store) -> str | None:
    with store.transaction():
        order = store.setting(FAULT)
        if not order:
            return None
        if order["times"] is not None:
            order["times"] -= 1
            store.set_setting(FAULT, order if order["times"] > 0 else None)
    return str(order["fault"])


def listen(world: World) -> None:
    """Push what happens to reviews from now on."""

    def heard(happening: Happening) -> None:
        if happening.account.platform != "google_business" or happening.item is None:
            return
        if happening.item.kind == "review" and happening.verb in TYPES:
            notify(world, happening.account.external_id, TYPES[happening.verb], happening.item.external_id)

    world.listeners.append(heard)


def notify(world: World, location: str, kind: str, review_id: str | None = None) -> str | None:
    """Push one notification; answers its message id, None where nobody is to be told."""
    if kind not in google_notifications.TYPES:
        raise ValueError(f"type must be one of {', '.join(google_notifications.TYPES)}")
    setting = google_notifications.setting_of(world, account_part(location))
    topic, target = setting.get("pubsubTopic"), subscription(world)
    is_wanted = topic and kind in setting.get("notificationTypes", ())
    if not is_wanted or topic in target.muted_topics or not target.endpoint or target.topic not in ("", topic):
        return None
    data: dict[str, Any] = {"type": kind, "location": location}
    if review_id is not None:
        data["review"] = f"{location}/reviews/{review_id}"
    fault = _fault(world.store)
    message_id = str(10**15 + secrets.randbelow(9 * 10**15))
    body = json.dumps(_body(world, target, data, message_id, fault), separators=(",", ":")).encode()
    # `location` is what switches of one account go by.
    world.deliveries.deliver(
        target.endpoint,
        lambda: _headers(world, target, fault),
        body,
        channel=CHANNEL,
        account=location,
        accepted=ACKNOWLEDGED,
    )
    return message_id


def _body(world: World, target: Subscription, data: dict[str, Any], message_id: str, fault: str | None) -> Any:
    if fault == "no_review":
        data.pop("review", None)
    if fault == "alias_fields":
        names = {"type": "notificationType", "location": "locationName", "review": "reviewName"}
        data = {names[name]: value for name, value in data.items()}
    if fault == "unwrapped":
        return data
    raw = b"\x00not json" if fault == "garbage" else json.dumps(data, separators=(",", ":")).encode()
    message: dict[str, Any] = {"data": base64.b64encode(raw).decode(), "attributes": {}}
    now = google_time(world.now())
    if fault == "snake_case":
        message |= {"message_id": message_id, "publish_time": now}
    else:
        message |= {"messageId": message_id, "publishTime": now}
    name = "projects/elsewhere/subscriptions/other" if fault == "wrong_subscription" else target.name
    wrapped: dict[str, Any] = {"message": message, "subscription": name}
    if target.delivery_attempt:
        wrapped["deliveryAttempt"] = 1
    return wrapped


def _headers(world: World, target: Subscription, fault: str | None) -> Headers:
    headers = {"Content-Type": "application/json", "User-Agent": "CloudPubSub-Google"}
    if fault == "no_token":
        return headers
    email = "stranger@elsewhere.example" if fault == "wrong_email" else target.email
    issued_at = int(world.now()) - (2 * TOKEN_LIFE_SECONDS if fault == "expired" else 0)
    claims = {
        "iss": "https://accounts.elsewhere.example" if fault == "wrong_issuer" else ISSUER,
        "aud": "https://elsewhere.example/push" if fault == "wrong_audience" else target.audience or target.endpoint,
        "azp": subject(email),
        "sub": subject(email),
        "email": email,
        "email_verified": fault != "unverified_email",
        "iat": issued_at,
        "exp": issued_at + TOKEN_LIFE_SECONDS,
    }
    algorithm = "none" if fault == "no_signature" else "RS256"
    token = signed(world.store, claims, unknown_key=fault == "unknown_key", algorithm=algorithm)
    return {**headers, "Authorization": f"Bearer {token}"}


def as_json(world: World) -> dict[str, Any]:
    return {**asdict(subscription(world)), "fault": world.store.setting(FAULT)}
