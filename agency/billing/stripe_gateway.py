"""The only file that speaks to Stripe: what is asked, and Stripe's objects read into ours.

The version of the API is pinned; calls have 3 s to connect and 10 s to answer, and every write carries a key made of a
row of ours, so that whoever repeats it after a crash does it once. Readers take plain objects of any age of the API,
and say `Unreadable` of what they cannot read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import stripe

from tenants.base_app import extensions_of_app, settings_of_app
from tenants.errors import Unavailable, worded

API_VERSION: Final = "2026-10-28.endive"
MARK: Final = "onbrand"
"""In the metadata of our products and prices: what each is."""
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
Fields = dict[str, Any]


class Unreadable(ValueError):
    """What Stripe sent is not in a shape we know."""


@dataclass(frozen=True)
class TheirSubscription:
    """A subscription as it stands at Stripe. `items`: lookup key → (its id there, number or None where metered)."""

    id: str
    status: str
    created: int
    items: Mapping[str, tuple[str, int | None]]
    trial_end: datetime | None
    period_start: datetime | None
    period_end: datetime | None
    ends_at: datetime | None
    ended_at: datetime | None
    failed: bool
    card: Fields | None = None


@dataclass(frozen=True)
class TheirInvoice:
    """An invoice as it stands at Stripe; cents. `subscription`: what it is for, None where for none."""

    id: str
    subscription: str | None
    number: str | None
    status: str
    reason: str | None
    currency: str
    total: int
    due: int
    paid: int
    attempts: int
    next_attempt_at: datetime | None
    made_at: datetime
    finalized_at: datetime | None
    paid_at: datetime | None
    lines: tuple[Fields, ...]


@dataclass(frozen=True)
class TheirPrice:
    """An active price."""

    id: str
    key: str
    currency: str
    cents: int | None
    interval: str | None
    is_metered: bool
    product: str


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


def _asked(ask: Callable[[], T]) -> T:
    try:
        return ask()
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        raise Unavailable(KEY_REFUSED, code="stripe_key_refused") from error
    except stripe.StripeError as error:
        raise Unavailable(NO_ANSWER, code="stripe_unavailable", why=type(error).__name__) from error


def _plain(found: Any) -> Fields:
    made: Fields = found.to_dict()
    return made


# ── readers ──────────────────────────────────────────────────────────────────────────────────────────────────────


def read_subscription(raw: Mapping[str, Any]) -> TheirSubscription:
    """Raises Unreadable."""
    items: dict[str, tuple[str, int | None]] = {}
    starts, ends = [], []
    for item in _list(raw, "items"):
        price = _dict(item, "price")
        # The lookup key goes to the price that comes after; who pays the older one still has what it was made for.
        key = (price.get("metadata") or {}).get(MARK) or price.get("lookup_key") or price.get("id")
        quantity = item.get("quantity")
        items[str(key)] = (_text(item, "id"), quantity if isinstance(quantity, int) else None)
        # Before the basil versions of the API the period stood at the subscription.
        starts.append(item.get("current_period_start", raw.get("current_period_start")))
        ends.append(item.get("current_period_end", raw.get("current_period_end")))
    period_end = min((at for at in map(_moment, ends) if at is not None), default=None)
    ends_at = _moment(raw.get("cancel_at")) or (period_end if raw.get("cancel_at_period_end") else None)
    why = (raw.get("cancellation_details") or {}).get("reason")
    return TheirSubscription(
        _text(raw, "id"),
        _text(raw, "status"),
        _number(raw, "created"),
        items,
        _moment(raw.get("trial_end")),
        max((at for at in map(_moment, starts) if at is not None), default=None),
        period_end,
        ends_at,
        _moment(raw.get("ended_at")),
        why in ("payment_failed", "payment_disputed"),
        _card(raw.get("default_payment_method")),
    )


def read_invoice(raw: Mapping[str, Any]) -> TheirInvoice:
    """Raises Unreadable."""
    steps = raw.get("status_transitions") or {}
    lines = tuple(
        {
            "what": str(line.get("description") or "")[:200],
            "cents": _number(line, "amount"),
            "number": line.get("quantity"),
            "from": (line.get("period") or {}).get("start"),
            "until": (line.get("period") or {}).get("end"),
        }
        for line in _list(raw, "lines")
    )
    made_at = _moment(raw.get("created"))
    if made_at is None:
        raise Unreadable("created")
    return TheirInvoice(
        _text(raw, "id"),
        _subscription_of(raw),
        raw.get("number"),
        _text(raw, "status"),
        raw.get("billing_reason"),
        _text(raw, "currency"),
        _number(raw, "total"),
        _number(raw, "amount_due"),
        _number(raw, "amount_paid"),
        raw.get("attempt_count") or 0,
        _moment(raw.get("next_payment_attempt")),
        made_at,
        _moment(steps.get("finalized_at")),
        _moment(steps.get("paid_at")),
        lines,
    )


def _subscription_of(invoice: Mapping[str, Any]) -> str | None:
    parent = invoice.get("parent")
    details = parent.get("subscription_details") if isinstance(parent, dict) else None
    # Before the basil versions of the API it stood at the invoice.
    named = details.get("subscription") if isinstance(details, dict) else invoice.get("subscription")
    if isinstance(named, dict):
        named = named.get("id")
    return named if isinstance(named, str) else None


def read_price(raw: Mapping[str, Any]) -> TheirPrice:
    """Raises Unreadable."""
    recurring = raw.get("recurring") or {}
    return TheirPrice(
        _text(raw, "id"),
        _text(raw, "lookup_key"),
        _text(raw, "currency"),
        raw.get("unit_amount"),
        recurring.get("interval"),
        recurring.get("usage_type") == "metered",
        str(raw.get("product")),
    )


def _card(method: Any) -> Fields | None:
    card = method.get("card") if isinstance(method, dict) else None
    if not isinstance(card, dict):
        return None
    return {name: card.get(name) for name in ("brand", "last4", "exp_month", "exp_year")}


def _list(raw: Mapping[str, Any], name: str) -> Sequence[Fields]:
    found = raw.get(name)
    data = found.get("data") if isinstance(found, dict) else None
    if not isinstance(data, list) or not all(isinstance(one, dict) for one in data):
        raise Unreadable(name)
    return data


def _dict(raw: Mapping[str, Any], name: str) -> Fields:
    found = raw.get(name)
    if not isinstance(found, dict):
        raise Unreadable(name)
    return found


def _text(raw: Mapping[str, Any], name: str) -> str:
    found = raw.get(name)
    if not isinstance(found, str):
        raise Unreadable(name)
    return found


def _number(raw: Mapping[str, Any], name: str) -> int:
    found = raw.get(name)
    if not isinstance(found, int) or isinstance(found, bool):
        raise Unreadable(name)
    return found


def _moment(seconds: Any) -> datetime | None:
    if not isinstance(seconds, int) or isinstance(seconds, bool) or not 0 < seconds < 2**33:
        return None
    return datetime.fromtimestamp(seconds, UTC)
