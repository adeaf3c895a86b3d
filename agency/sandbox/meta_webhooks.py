"""Meta's webhooks on their way out: who is subscribed to what, envelopes, signatures.

A Page's own subscription decides what is told about it. Instagram profiles are told about by the application with
Facebook Login while their linked Page is subscribed to anything, by the one with Instagram Login while they are
themselves; there is no choice of fields per profile.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Callable
from typing import Any

from agency.sandbox import meta_app
from agency.sandbox.deliveries import Delivery
from agency.sandbox.graph_json import as_webhook_text
from agency.sandbox.store import Account
from agency.sandbox.world import World

UNSUBSCRIBED_AFTER_SECONDS = 3600
HANDOVERS = ("messaging_handovers", "messaging_handover")
Entry = dict[str, Any]


class Webhooks:
    """`changed` and `messaged` are told by `meta_events`; everything else follows from subscriptions."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._together: dict[tuple[str, str], list[tuple[str, Entry]]] = {}
        self._lock = threading.Lock()
        world.webhooks = self
        world.deliveries.before_sending.append(self.let_go)

    @staticmethod
    def of(world: World) -> Webhooks:
        """Those of this world, made by `meta_events.listen`."""
        assert isinstance(world.webhooks, Webhooks)
        return world.webhooks

    # What happened

    def changed(self, account: Account, field: str, value: dict[str, Any]) -> None:
        """A change of `field`, to every application that is to know."""
        for app in self.subscribed(account, field):
            self.changed_for(app, account, field, value)

    def changed_for(self, app: str, account: Account, field: str, value: dict[str, Any]) -> None:
        """A change, to one application."""
        entry: Entry = {"id": account.external_id, "time": int(self.world.now())}
        if app == "instagram" and self._fact("flat_entries"):
            entry.update(field=field, value=value)
        else:
            entry["changes"] = [{"field": field, "value": value}]
        self._put(app, account, entry)

    def messaged(self, account: Account, field: str, event: dict[str, Any]) -> None:
        """A messaging event; `time` is in milliseconds here. While another application holds the account's threads we
        only stand by.
        """
        way = "messaging"
        if account.facts.get("thread_owner_app") and field not in HANDOVERS:
            field = way = "standby"
        for app in self.subscribed(account, field):
            entry: Entry = {"id": account.external_id, "time": int(self.world.now() * 1000), way: [event]}
            self._put(app, account, entry)

    def permissions_changed(self, user_id: str, verb: str) -> None:
        """A person granted or took back what the application may do."""
        subscription = self._subscriptions("meta").get("permissions")
        if subscription:
            change = {"field": "connected", "verb": verb}
            entry: Entry = {"uid": user_id, "id": user_id, "time": int(self.world.now()), "changes": [change]}
            self._post("meta", "permissions", [("", entry)], subscription["callback_url"])

    # Who is told

    def subscribed(self, account: Account, field: str) -> list[str]:
        """The applications that are told of this field of this account."""
        if account.platform == "facebook":
            return ["meta"] if field in fields_of(account) and self._app_wants("meta", "page", field) else []
        found = []
        page = self.world.store.account("facebook", str(account.facts.get("page_id") or ""))
        if page is not None and fields_of(page) and self._app_wants("meta", "instagram", field):
            found.append("meta")
        if fields_of(account) and self._app_wants("instagram", "instagram", field):
            found.append("instagram")
        if field in ("comments", "live_comments") and not self._fact("live"):
            return []  # the subscribe call succeeded, and then nothing arrives
        return found

    def _fact(self, name: str) -> Any:
        return meta_app.application(self.world.store)[name]

    def _subscriptions(self, app: str) -> dict[str, Any]:
        found: dict[str, Any] = meta_app.application(self.world.store)["subscriptions"].get(app, {})
        return found

    def _app_wants(self, app: str, name: str, field: str) -> bool:
        return field in self._subscriptions(app).get(name, {}).get("fields", ())

    # Sending

    def _put(self, app: str, account: Account, entry: Entry) -> None:
        name = "page" if account.platform == "facebook" else "instagram"
        size = int(self._fact("together"))
        with self._lock:
            waiting = self._together.setdefault((app, name), [])
            waiting.append((account.external_id, entry))
            full = len(waiting) >= size
        if full:
            self._let_go(app, name)

    def let_go(self) -> None:
        """Post what was collected to go together."""
        for app, name in list(self._together):
            self._let_go(app, name)

    def _let_go(self, app: str, name: str) -> None:
        with self._lock:
            entries = self._together.pop((app, name), [])
        subscription = self._subscriptions(app).get(name)
        if entries and subscription:
            self._post(app, name, entries, subscription["callback_url"])

    def _post(self, app: str, name: str, entries: list[tuple[str, Entry]], url: str) -> None:
        told = [entry for _, entry in entries]
        if self._fact("numeric_ids"):
            told = [_with_numbers(entry) for entry in told]
        body = as_webhook_text({"object": name, "entry": told}).encode()
        account = entries[0][0] or None
        self.world.deliveries.deliver(
            url,
            signed_headers(meta_app.secret_of(self.world, app), body),
            body,
            channel=app,
            account=account,
            on_settled=self._unsubscriber(name, [whose for whose, _ in entries if whose]),
        )

    def _unsubscriber(self, name: str, whose: list[str]) -> Callable[[Delivery], None]:
        """A callback that failed for an hour is not told any more, and nobody is told that it is not."""

        def settled(delivery: Delivery) -> None:
            failed_at = delivery.first_failed_at
            if delivery.state != "given_up" or failed_at is None:
                return
            if self.world.now() - failed_at >= UNSUBSCRIBED_AFTER_SECONDS:
                for external_id in whose:
                    platform = "facebook" if name == "page" else "instagram"
                    self.world.store.save_account(platform, external_id, None, {"subscribed_apps": []})

        return settled


def fields_of(account: Account) -> list[str]:
    """What the account's own subscription names."""
    return [field for app in account.facts.get("subscribed_apps") or [] for field in app.get("subscribed_fields", [])]


def signed_headers(secret: str, body: bytes) -> dict[str, str]:
    """The signature is over exactly these bytes."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    legacy = hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()
    return {
        "Content-Type": "application/json",
        "User-Agent": "facebookexternalua",
        "X-Hub-Signature": f"sha1={legacy}",
        "X-Hub-Signature-256": f"sha256={digest}",
    }


def _with_numbers(value: Any, name: str = "") -> Any:
    """The same with ids of digits alone as numbers, as some captures have them."""
    if isinstance(value, dict):
        return {key: _with_numbers(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_with_numbers(inner, name) for inner in value]
    return int(value) if name == "id" and isinstance(value, str) and value.isascii() and value.isdecimal() else value
