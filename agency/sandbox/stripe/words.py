"""How the stand-in's invoices and pages write days and amounts. English, as a test account's default."""

from __future__ import annotations

from datetime import UTC, datetime


def day(at: int) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%d %b %Y}"


def moment(at: int | None) -> str:
    return "" if at is None else f"{datetime.fromtimestamp(at, UTC):%d %b %Y %H:%M:%S} UTC"


def money(amount_cents: int, currency: str) -> str:
    sign = "-" if amount_cents < 0 else ""
    whole, rest = divmod(abs(amount_cents), 100)
    return f"{sign}{whole:,}.{rest:02} {currency.upper()}"
