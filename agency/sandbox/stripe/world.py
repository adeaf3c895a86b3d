"""All merchants of a stand-in: one for each secret key, kept where the sandbox keeps things, told where they lead."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any, Protocol

from agency.sandbox.clock import WorldClock
from agency.sandbox.stripe import meters, passing
from agency.sandbox.stripe.errors import StripeError
from agency.sandbox.stripe.happenings import wants
from agency.sandbox.stripe.merchant import Merchant, Obj
from agency.sandbox.stripe.shapes import shown

KEY_STARTS = ("sk_test_", "rk_test_")
ACCEPTED = frozenset(range(200, 300))
# What a page outside of any call is opened with: the id itself is the secret.
FOUND_BY_ID = ("checkout.session", "billing_portal.session", "invoice")
REQUESTS_KEPT = 5_000


class Keeper(Protocol):
    """Where merchants survive a restart."""

    def keep(self, name: str, changed: list[tuple[str, str, Obj | None]]) -> None: ...

    def kept(self) -> list[tuple[str, str, str, Obj]]: ...

    def forget(self) -> None: ...


Deliver = Callable[..., Any]


class StripeWorld:
    """`deliver` sends a webhook (as `Deliveries.deliver` does); without it events are only listed."""

    def __init__(
        self, clock: Callable[[], float], *, keeper: Keeper | None = None, deliver: Deliver | None = None
    ) -> None:
        self._clock = clock
        self._keeper = keeper
        self._deliver = deliver
        self.merchants: dict[str, Merchant] = {}
        self.requests: dict[str, list[Obj]] = {}
        self._places: dict[str, Merchant] = {}
        for name, kind, id_, one in keeper.kept() if keeper is not None else []:
            merchant = self._named(name)
            merchant.load(kind, id_, one)
            if kind in FOUND_BY_ID:
                self._places[id_] = merchant
            if kind == "setting" and id_ == "clock":
                merchant.clock.resume(one)
        for merchant in self.merchants.values():
            merchant.load_due()

    def of_key(self, key: str) -> Merchant:
        """The merchant of a secret key, made when it is first seen. Raises StripeError for what is no test key."""
        if not key.startswith(KEY_STARTS):
            raise StripeError(
                401,
                "Invalid API Key provided. The stand-in takes test keys alone: sk_test_… .",
            )
        name = hashlib.sha256(key.encode()).hexdigest()[:16]
        merchant = self._named(name)
        if "label" not in merchant.objects.get("setting", {}):
            with merchant.transaction():
                merchant.mark("setting", "label", {"label": f"{key[:8]}…{key[-4:]}"})
        return merchant

    def _named(self, name: str) -> Merchant:
        if name not in self.merchants:
            made = Merchant(name, WorldClock(self._clock))
            made.due_of = lambda kind, one: passing.due_of(made, kind, one)
            made.after_commit.append(lambda changed: self._committed(made, changed))
            self.merchants[name] = made
            self.requests[name] = []
        return self.merchants[name]

    def holder(self, id_: str) -> Merchant | None:
        """Whose page this id opens."""
        return self._places.get(id_)

    def note(self, merchant: Merchant, request: Obj) -> None:
        kept = self.requests[merchant.name]
        kept.append(request)
        del kept[:-REQUESTS_KEPT]

    def forget(self) -> None:
        self.merchants.clear()
        self.requests.clear()
        self._places.clear()
        if self._keeper is not None:
            self._keeper.forget()

    def _committed(self, merchant: Merchant, changed: list[tuple[str, str, Obj | None]]) -> None:
        fresh = []
        for kind, id_, one in changed:
            if one is None:
                continue
            if kind in FOUND_BY_ID:
                self._places[id_] = merchant
            elif kind in ("event", "v2.core.event") and "_sent" not in one:
                one["_sent"] = True  # an event changes when it has arrived, and is not sent again for that
                fresh.append(one)
        if self._keeper is not None:
            self._keeper.keep(merchant.name, changed)
        if self._deliver is not None:
            for one in fresh:
                self._send(merchant, one)

    def _send(self, merchant: Merchant, event: Obj) -> None:
        for endpoint in merchant.all("webhook_endpoint"):
            if wants(endpoint, event["type"]):
                self.send(merchant, endpoint, event)

    def send(self, merchant: Merchant, endpoint: Obj, event: Obj) -> None:
        """One delivery, signed with every secret of the endpoint at the moment it goes out."""
        assert self._deliver is not None
        body = delivered(merchant, event)
        secrets: list[str] = endpoint["_secrets"]
        self._deliver(
            endpoint["url"],
            lambda: {"Content-Type": "application/json", "Stripe-Signature": signature(secrets, body, time.time())},
            body,
            channel="stripe",
            account=merchant.name,
            accepted=ACCEPTED,
            on_settled=lambda done: self._arrived(merchant, event["id"], done.state),
        )

    def _arrived(self, merchant: Merchant, event_id: str, state: str) -> None:
        known = merchant.find("event", event_id)
        if state == "sent" and known is not None:
            with merchant.transaction():
                held = merchant.edit("event", event_id)
                held["pending_webhooks"] = max(0, held["pending_webhooks"] - 1)


def go_on(merchant: Merchant) -> int:
    """All that is due by the merchant's clock, but for customers with test clocks; how many things it was."""
    with merchant.lock:
        now = merchant.now()
        if merchant.objects.get("waiting"):
            with merchant.transaction():
                meters.settle(merchant, before=now)
        return merchant.run(None, now, lambda kind, one: passing.act(merchant, kind, one))


def move(merchant: Merchant, to: int) -> int:
    """Set the merchant's clock, forward, with everything that happens on the way; how many things it was."""
    with merchant.lock:
        if to < merchant.now():
            raise ValueError("time goes forward: what has happened cannot be taken back")
        merchant.clock.set(to)
        with merchant.transaction():
            merchant.mark("setting", "clock", dict(merchant.clock.facts()))
        return go_on(merchant)


def delivered(merchant: Merchant, event: Obj) -> bytes:
    """An event's bytes on the wire. A thin one says what happened to what, and no more."""
    if event["object"] == "v2.core.event":
        return json.dumps({**thin(event), "data": None}).encode()
    return json.dumps(shown(merchant, event), indent=2).encode()


def thin(event: Obj) -> Obj:
    at = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(event["created"]))
    return {**{name: value for name, value in event.items() if not name.startswith("_")}, "created": at}


def signature(secrets: list[str], body: bytes, at: float) -> str:
    moment = int(at)
    signed = [hmac.new(secret.encode(), b"%d." % moment + body, hashlib.sha256).hexdigest() for secret in secrets]
    return ",".join([f"t={moment}", *(f"v1={one}" for one in signed)])
