"""A Stripe account of one's own for a test: the stand-in over real HTTP, spoken to with the real SDK."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import stripe

from agency.sandbox.main import served
from agency.sandbox.stripe import checkout, customers, meters
from agency.sandbox.stripe.app import create_stripe_app
from agency.sandbox.stripe.doors import Api, Fault
from agency.sandbox.stripe.merchant import API_VERSION, Merchant
from agency.sandbox.stripe.world import StripeWorld, delivered, move, signature

# 2026-01-01 00:00 UTC; the clock of each account stands still there until it is moved.
START = 1_767_225_600
DAY = 86_400


class StandIn:
    """The one server of a test process."""

    def __init__(self, url: str, world: StripeWorld, api: Api) -> None:
        self.api_url, self.world, self.api = f"{url}/stripe", world, api

    def account(self) -> Account:
        return Account(self, f"sk_test_{secrets.token_hex(12)}")


class Account:
    """One Stripe account: its key, its time, its events, its faults. Nothing in it is another test's."""

    webhook_secret = "whsec_of_the_tests"

    def __init__(self, stand_in: StandIn, key: str) -> None:
        self.key, self.api_url, self._stand_in = key, stand_in.api_url, stand_in
        self.merchant: Merchant = stand_in.world.of_key(key)
        self.merchant.base_url = stand_in.api_url

    def client(self, **options: Any) -> stripe.StripeClient:
        given: dict[str, Any] = {"max_network_retries": 0, "stripe_version": API_VERSION, **options}
        return stripe.StripeClient(self.key, base_addresses={"api": self.api_url}, **given)

    # Time

    @property
    def now(self) -> int:
        return self.merchant.now()

    def move(self, *, days: float = 0, hours: float = 0, seconds: float = 0) -> int:
        return self.move_to(int(self.now + days * DAY + hours * 3600 + seconds))

    def move_to(self, at: int) -> int:
        """Everything that is due until then has happened, in order; how many things it was."""
        return move(self.merchant, at)

    def settle_meters(self) -> int:
        with self.merchant.transaction():
            return meters.settle(self.merchant)

    # People

    def card(self, customer_id: str, number: str = "4242424242424242") -> str:
        """The customer's new card, charged from now on; its id."""
        with self.merchant.transaction():
            return str(checkout.change_card(self.merchant, customer_id, number, proven=True)["id"])

    def pay(self, session_id: str, card: str = "4242424242424242", *, proven: bool = False) -> dict[str, Any]:
        """Somebody pays on the page of Checkout; raises the stand-in's StripeError where the card is refused."""
        with self.merchant.transaction():
            return checkout.complete(self.merchant, session_id, card, proven=proven)

    def pay_invoice(self, invoice_id: str, *, proven: bool = False) -> tuple[str, str] | None:
        """Somebody pays an open invoice on its page; what the card said, None for paid."""
        with self.merchant.transaction():
            return checkout.pay_open(self.merchant, invoice_id, proven=proven)

    def settings(self, **changes: Any) -> None:
        """Such as `retry_days=[3, 5, 7]`, `after_retries="cancel"`, `tax_percents={"PL": 23}`."""
        self.merchant.change_settings(**changes)

    # Events

    def events(self, *types: str) -> list[dict[str, Any]]:
        """Oldest first, as they would be delivered."""
        found = [json.loads(delivered(self.merchant, one)) for one in self.merchant.all("event")]
        return [one for one in found if not types or one["type"] in types]

    def signed(
        self, event: dict[str, Any], *, secret: str | None = None, at: float | None = None
    ) -> tuple[bytes, dict[str, str]]:
        """Body and headers of a delivery of this event, now by the machine's clock."""
        body = json.dumps(event).encode()
        signed = signature([secret or self.webhook_secret], body, time.time() if at is None else at)
        return body, {"Stripe-Signature": signed, "Content-Type": "application/json"}

    # Faults and requests

    def fail_next(
        self,
        kind: int | str = 500,
        *,
        times: int = 1,
        path: str = "",
        method: str = "",
        after: bool = False,
        delay_seconds: float = 0,
    ) -> None:
        """The next calls fitting it are answered with this status, or `reset`; with `after` they have worked then."""
        self._stand_in.api.tries(self.merchant).faults.append(
            Fault(str(kind), times, path, method, after, delay_seconds)
        )

    def requests(self, method: str = "", path: str = "") -> list[dict[str, Any]]:
        kept = self._stand_in.world.requests[self.merchant.name]
        return [one for one in kept if method in ("", one["method"]) and one["path"].startswith(path)]

    # Shortcuts through the SDK

    def price(self, lookup_key: str, cents: int, *, currency: str = "eur", interval: str = "month", **more: Any) -> str:
        product = self.client().v1.products.create({"name": lookup_key})
        made = self.client().v1.prices.create(
            {
                "product": product.id,
                "currency": currency,
                "unit_amount": cents,
                "lookup_key": lookup_key,
                "recurring": {"interval": interval, **more},  # type: ignore[typeddict-item]
            }
        )
        return str(made.id)

    def customer(self, card: str | None = "4242424242424242", **facts: Any) -> str:
        with self.merchant.transaction():
            made = customers.create_customer(self.merchant, {"email": "pay@agency.example", **facts})
        if card:
            self.card(made["id"], card)
        return str(made["id"])


@contextmanager
def running_stand_in() -> Iterator[StandIn]:
    app = create_stripe_app(lambda: START)
    with served(app) as url:
        yield StandIn(url, app.extensions["stripe_world"], app.extensions["stripe_api"])
