"""Stripe's objects of any age of the API, read into ours; `Unreadable` is said of what cannot be read. No SDK here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

MARK: Final = "onbrand"
"""In the metadata of our products and prices: what each is."""

Fields = dict[str, Any]


class CardRefused(Exception):
    """The card was refused: Stripe's code."""


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
class TheirPreview:
    """An invoice that would come; cents. `total` may be below nothing: the rest stays as credit."""

    total: int
    due: int
    currency: str
    lines: tuple[Fields, ...]


@dataclass(frozen=True)
class TheirTaxId:
    """`status`: pending, verified, unverified or unavailable."""

    id: str
    kind: str
    value: str
    status: str


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
    lines = _lines(raw)
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


def read_preview(raw: Mapping[str, Any]) -> TheirPreview:
    """Raises Unreadable."""
    return TheirPreview(_number(raw, "total"), _number(raw, "amount_due"), _text(raw, "currency"), _lines(raw))


def read_tax_id(raw: Mapping[str, Any]) -> TheirTaxId:
    """Raises Unreadable."""
    status = (raw.get("verification") or {}).get("status")
    return TheirTaxId(
        _text(raw, "id"), _text(raw, "type"), _text(raw, "value"), status if isinstance(status, str) else "unavailable"
    )


def _lines(raw: Mapping[str, Any]) -> tuple[Fields, ...]:
    return tuple(
        {
            "what": str(line.get("description") or "")[:200],
            "cents": _number(line, "amount"),
            "number": line.get("quantity"),
            "from": (line.get("period") or {}).get("start"),
            "until": (line.get("period") or {}).get("end"),
            "price": ((line.get("pricing") or {}).get("price_details") or {}).get("price"),
        }
        for line in _list(raw, "lines")
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
