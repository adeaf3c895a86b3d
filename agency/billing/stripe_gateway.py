"""The only file that speaks to Stripe: what is asked and done there. What it answers read `stripe_readers`.

The version of the API is pinned; calls have 3 s to connect and 10 s to answer, and every write carries a key made of a
row of ours, so that whoever repeats it after a crash does it once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any, Final, TypeVar

import stripe

from agency.billing.stripe_readers import (
    MARK,
    CardRefused,
    Fields,
    TheirInvoice,
    TheirPreview,
    TheirPrice,
    TheirSubscription,
    TheirTaxId,
    read_invoice,
    read_preview,
    read_price,
    read_subscription,
    read_tax_id,
)
from tenants.base_app import extensions_of_app, settings_of_app
from tenants.errors import Unavailable, worded

API_VERSION: Final = "2026-10-28.endive"
CONNECT_SECONDS: Final = 3
ANSWER_SECONDS: Final = 10
NEWEST_INVOICES: Final = 24
"""Two years of months; older ones stand as they were told."""
NO_ANSWER: Final = worded(
    "Stripe did not answer. Nothing is charged twice, and what you pay for is as it was. Try again in a minute."
)
KEY_REFUSED: Final = worded(
    "Stripe refuses the key of this installation. Nothing was changed, and what you pay for is as it was. "
    "Whoever runs Onbrand has to set STRIPE_SECRET_KEY anew."
)

T = TypeVar("T")


def gateway_of_app() -> Gateway:
    """The app's one way to Stripe."""
    kept = extensions_of_app()
    settings = settings_of_app()
    wanted = (settings.stripe_secret_key, settings.stripe_api_url)
    made: tuple[tuple[str, str], Gateway] | None = kept.get("onbrand_stripe")
    if made is None or made[0] != wanted:
        made = kept["onbrand_stripe"] = (wanted, Gateway(*wanted))
    return made[1]


class Gateway:
    """Questions and deeds. Every method raises Unavailable where Stripe does not answer or refuses our key."""

    def __init__(self, key: str, url: str) -> None:
        self._client = stripe.StripeClient(
            key,
            base_addresses={"api": url},
            stripe_version=API_VERSION,
            max_network_retries=1,
            http_client=stripe.RequestsClient(timeout=(CONNECT_SECONDS, ANSWER_SECONDS)),
        )

    def subscriptions(self, customer: str) -> list[TheirSubscription]:
        """All of a customer's, those that ended with them."""
        asked: Any = {
            "customer": customer,
            "status": "all",
            "limit": 100,
            "expand": ["data.default_payment_method"],
        }
        found = _asked(lambda: self._client.v1.subscriptions.list(asked))
        return [read_subscription(one) for one in _plain(found)["data"]]

    def invoices(self, customer: str) -> list[TheirInvoice]:
        """The newest, without drafts, which may still change."""
        found = _asked(lambda: self._client.v1.invoices.list({"customer": customer, "limit": NEWEST_INVOICES}))
        return [one for one in map(read_invoice, _plain(found)["data"]) if one.status != "draft"]

    def prices(self) -> dict[str, TheirPrice]:
        """Active prices by lookup key."""
        found: dict[str, TheirPrice] = {}
        for raw in self._pages(lambda given: self._client.v1.prices.list(given), {"active": True}):
            if raw.get("lookup_key"):
                price = read_price(raw)
                found[price.key] = price
        return found

    def products(self) -> dict[str, str]:
        """Our products: what they are marked with → id."""
        pages = self._pages(lambda given: self._client.v1.products.list(given), {"active": True})
        return {
            str(raw["metadata"]["onbrand"]): str(raw["id"])
            for raw in pages
            if (raw.get("metadata") or {}).get("onbrand")
        }

    def meters(self) -> dict[str, str]:
        """Active meters: name of the event → id."""
        pages = self._pages(lambda given: self._client.v1.billing.meters.list(given), {"status": "active"})
        return {str(raw["event_name"]): str(raw["id"]) for raw in pages}

    def make_product(self, mark: str, name: str) -> str:
        """Its id."""
        given: Any = {"name": name, "metadata": {MARK: mark}}
        return self._made(lambda: self._client.v1.products.create(given, {"idempotency_key": f"product:{mark}"}))

    def make_meter(self, event_name: str, name: str) -> str:
        """A meter that sums what is told of a customer. Its id."""
        given: Any = {
            "display_name": name,
            "event_name": event_name,
            "default_aggregation": {"formula": "sum"},
            "customer_mapping": {"type": "by_id", "event_payload_key": "stripe_customer_id"},
            "value_settings": {"event_payload_key": "value"},
        }
        return self._made(
            lambda: self._client.v1.billing.meters.create(given, {"idempotency_key": f"meter:{event_name}"})
        )

    def make_price(self, key: str, product: str, currency: str, cents: int, interval: str, meter: str | None) -> str:
        """Its id. The key names the amount: another amount later is another price, made by a person at Stripe."""
        recurring: Fields = {"interval": interval}
        if meter is not None:
            recurring |= {"usage_type": "metered", "meter": meter}
        given: Any = {
            "product": product,
            "currency": currency,
            "unit_amount": cents,
            "lookup_key": key,
            "metadata": {MARK: key},
            "recurring": recurring,
        }
        return self._made(lambda: self._client.v1.prices.create(given, {"idempotency_key": f"price:{key}:{cents}"}))

    def preview(self, subscription: str, details: Fields, *, recurring: bool = False) -> TheirPreview:
        """What `details` (as `change` takes them) would cost: at once, or, `recurring`, a whole period of it."""
        given: Any = {"subscription": subscription, "subscription_details": details}
        if recurring:
            given["preview_mode"] = "recurring"
        return read_preview(_plain(_asked(lambda: self._client.v1.invoices.create_preview(given))))

    def change(self, subscription: str, given: Fields, key: str) -> str | None:
        """Write to a subscription, once for a key; the id of its newest invoice.

        Raises CardRefused, after which nothing there is otherwise than before.
        """
        wanted: Any = given
        made = _asked(lambda: self._client.v1.subscriptions.update(subscription, wanted, {"idempotency_key": key}))
        newest = _plain(made).get("latest_invoice")
        return newest if isinstance(newest, str) else None

    def tax_ids(self, customer: str) -> list[TheirTaxId]:
        """What Stripe has of a customer, and whether it holds."""
        found = _asked(lambda: self._client.v1.customers.tax_ids.list(customer, {"limit": 100}))
        return [read_tax_id(one) for one in _plain(found)["data"]]

    def make_tax_id(self, customer: str, kind: str, value: str, key: str) -> TheirTaxId | None:
        """Give a customer one; None where Stripe says that no such number can be."""
        given: Any = {"type": kind, "value": value}

        def ask() -> Any:
            try:
                return self._client.v1.customers.tax_ids.create(customer, given, {"idempotency_key": key})
            except stripe.InvalidRequestError as error:
                if error.code != "tax_id_invalid":
                    raise
                return None

        made = _asked(ask)
        return None if made is None else read_tax_id(_plain(made))

    def drop_tax_id(self, customer: str, id_: str) -> None:
        """Take one away."""
        _asked(lambda: self._client.v1.customers.tax_ids.delete(customer, id_))

    def make_customer(self, agency: str, name: str, email: str) -> str:
        """The one customer of an agency, by the agency's id. Its id."""
        given: Any = {"metadata": {MARK: agency}}
        made = self._made(lambda: self._client.v1.customers.create(given, {"idempotency_key": f"customer:{agency}"}))
        # Apart from the making, whose key wants the same words each time.
        facts: Any = {"name": name, "email": email}
        _asked(lambda: self._client.v1.customers.update(made, facts))
        return made

    def open_sessions(self, customer: str) -> dict[str, str]:
        """Pages of Checkout on which could still be paid: id → what `make_session` marked it with."""
        asked: Any = {"customer": customer, "status": "open"}
        pages = self._pages(lambda given: self._client.v1.checkout.sessions.list(given), asked)
        return {str(raw["id"]): str((raw.get("metadata") or {}).get(MARK, "")) for raw in pages}

    def close_session(self, session: str) -> None:
        """Nobody can pay on it any more; one that is paid or closed already is let be."""
        with suppress(stripe.InvalidRequestError):
            _asked(lambda: self._client.v1.checkout.sessions.expire(session), lets=stripe.InvalidRequestError)

    def make_session(
        self,
        customer: str,
        lines: list[Fields],
        *,
        agency: str,
        mark: str,
        success_url: str,
        cancel_url: str,
        ends_at: datetime,
        free_until: datetime | None,
        key: str,
    ) -> tuple[str, str]:
        """A page of Checkout for a subscription of these lines, once for a key: its id, and its address."""
        bought: Fields = {"metadata": {MARK: agency}}
        if free_until is not None:
            bought["trial_end"] = int(free_until.timestamp())
        given: Any = {
            "mode": "subscription",
            "customer": customer,
            "customer_update": {"address": "auto", "name": "auto"},
            "billing_address_collection": "required",
            "client_reference_id": agency,
            "metadata": {MARK: mark},
            "line_items": lines,
            "subscription_data": bought,
            "success_url": success_url,
            "cancel_url": cancel_url,
            "expires_at": int(ends_at.timestamp()),
        }
        made = _plain(_asked(lambda: self._client.v1.checkout.sessions.create(given, {"idempotency_key": key})))
        return str(made["id"]), str(made["url"])

    def portal(self, customer: str, return_url: str, *, for_card: bool) -> str:
        """The address of a page for card and invoices: whoever has it can use it, so it is made for each press."""
        given: Any = {"customer": customer, "return_url": return_url}
        if for_card:
            given["flow_data"] = {"type": "payment_method_update"}
        return str(_plain(_asked(lambda: self._client.v1.billing_portal.sessions.create(given)))["url"])

    def invoice_address(self, invoice: str) -> str | None:
        """Where it can be read and paid by whoever has the address; None where it has no page."""
        found = _plain(_asked(lambda: self._client.v1.invoices.retrieve(invoice)))
        return found.get("hosted_invoice_url")

    def _made(self, ask: Callable[[], Any]) -> str:
        return str(_plain(_asked(ask))["id"])

    def _pages(self, ask: Callable[[Any], Any], asked: Fields) -> Iterator[Fields]:
        after: str | None = None
        while True:
            given = {**asked, "limit": 100, **({"starting_after": after} if after else {})}
            page = _plain(_asked(lambda given=given: ask(given)))  # type: ignore[misc]
            yield from page["data"]
            if not page.get("has_more") or not page["data"]:
                return
            after = str(page["data"][-1]["id"])


def _asked(ask: Callable[[], T], *, lets: type[stripe.StripeError] | None = None) -> T:
    """`lets`: a refusal that the caller understands."""
    try:
        return ask()
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        raise Unavailable(KEY_REFUSED, code="stripe_key_refused") from error
    except stripe.CardError as error:
        raise CardRefused(str(error.code)) from error
    except stripe.StripeError as error:
        if lets is not None and isinstance(error, lets):
            raise
        raise Unavailable(NO_ANSWER, code="stripe_unavailable", why=type(error).__name__) from error


def _plain(found: Any) -> Fields:
    made: Fields = found.to_dict()
    return made
