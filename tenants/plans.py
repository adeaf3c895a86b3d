"""Plans as data: what each holds and what it costs. What works in which state says `tenants.plan_states`.

The one table of prices and numbers. Stripe holds the same prices under the lookup keys made here; `onbrand billing
sync` compares the two. Pure: no database, no clock of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, NamedTuple


class Interval(StrEnum):
    """How often is paid."""

    MONTH = "month"
    YEAR = "year"


class Currency(StrEnum):
    """What is paid in; all amounts are whole cents (or grosze, pence)."""

    EUR = "eur"
    USD = "usd"
    PLN = "pln"
    GBP = "gbp"


class Extra(StrEnum):
    """What may be had beyond a plan, by the piece. USAGE is an answered conversation beyond the month's."""

    BRAND = "brand"
    STAFF = "staff"
    LIGHT = "light"
    USAGE = "usage"


class Limit(StrEnum):
    """What a plan has so much of."""

    BRANDS = "brands"
    STAFF_SEATS = "staff_seats"
    LIGHT_SEATS = "light_seats"
    ACCOUNTS_OF_BRAND = "accounts_of_brand"


class Feature(StrEnum):
    """What a plan has or has not."""

    API = "api"


@dataclass(frozen=True)
class Plan:
    """What a plan includes. `most_brands`: with extra ones; None where there is no end. Owners and billing admins are
    free and not counted.
    """

    key: str
    name: str
    brands: int
    most_brands: int | None
    staff_seats: int
    light_seats: int
    accounts_of_brand: int
    history_months: int
    conversations: int
    features: frozenset[Feature]
    month_cents: Mapping[Currency, int]


def _cents(eur: int, usd: int, pln: int, gbp: int) -> dict[Currency, int]:
    return dict(zip(Currency, (eur, usd, pln, gbp), strict=True))


PLANS: Final[dict[str, Plan]] = {
    plan.key: plan
    for plan in (
        Plan("start", "Start", 3, 6, 3, 3, 4, 6, 500, frozenset(), _cents(4900, 5400, 21900, 4200)),
        Plan("team", "Team", 8, 20, 8, 10, 8, 12, 3000, frozenset(Feature), _cents(14900, 16400, 64900, 12900)),
        Plan(
            "scale", "Scale", 20, None, 25, 50, 25, 36, 12000, frozenset(Feature), _cents(39900, 43900, 174900, 34500)
        ),
    )
}
"""By key, the smallest first."""
TRIAL_PLAN: Final = "team"
MONTHS_OF_YEAR: Final = 10
"""A year costs ten months."""
_EXTRA_CENTS: Final[dict[Extra, Mapping[Currency, int]]] = {
    Extra.BRAND: _cents(1200, 1300, 5500, 1000),
    Extra.STAFF: _cents(1500, 1700, 6500, 1300),
    Extra.LIGHT: _cents(300, 400, 1300, 300),
    Extra.USAGE: _cents(5, 6, 22, 4),
}


@dataclass(frozen=True)
class Terms:
    """What an agency has taken: a plan and numbers of extra ones."""

    plan: str
    interval: Interval = Interval.MONTH
    currency: Currency = Currency.EUR
    brands: int = 0
    staff_seats: int = 0
    light_seats: int = 0

    def extras(self) -> dict[Extra, int]:
        """Number by kind; usage has none."""
        return {Extra.BRAND: self.brands, Extra.STAFF: self.staff_seats, Extra.LIGHT: self.light_seats}


class Allowed(NamedTuple):
    """How much of everything there is room for."""

    brands: int
    staff_seats: int
    light_seats: int
    accounts_of_brand: int
    history_months: int
    conversations: int
    features: frozenset[Feature]

    def of(self, limit: Limit) -> int:
        """The number of one limit."""
        number: int = getattr(self, limit.value)
        return number


def base_cents(plan: str, interval: Interval, currency: Currency) -> int:
    """What the plan itself costs an interval."""
    return PLANS[plan].month_cents[currency] * (MONTHS_OF_YEAR if interval is Interval.YEAR else 1)


def extra_cents(extra: Extra, interval: Interval, currency: Currency) -> int:
    """What one more costs an interval; a conversation costs the same in both."""
    cents = _EXTRA_CENTS[extra][currency]
    return cents * MONTHS_OF_YEAR if interval is Interval.YEAR and extra is not Extra.USAGE else cents


def total_cents(terms: Terms) -> int:
    """What an interval of these terms costs, before tax and usage."""
    extras = sum(n * extra_cents(extra, terms.interval, terms.currency) for extra, n in terms.extras().items())
    return base_cents(terms.plan, terms.interval, terms.currency) + extras


def base_key(plan: str, interval: Interval, currency: Currency) -> str:
    """The lookup key of a plan's price at Stripe."""
    return f"agency_base_{plan}_{interval}_{currency}"


def extra_key(extra: Extra, interval: Interval, currency: Currency) -> str:
    """The lookup key of an extra's price at Stripe."""
    return f"agency_{extra}_{interval}_{currency}"


@dataclass(frozen=True)
class KnownPrice:
    """A price as it should stand at Stripe; exactly one of `plan` and `extra`."""

    key: str
    interval: Interval
    currency: Currency
    cents: int
    plan: str | None = None
    extra: Extra | None = None

    @property
    def product(self) -> str:
        """What the product is marked with at Stripe (`metadata.onbrand`)."""
        return f"base_{self.plan}" if self.plan else str(self.extra)


def _prices() -> Iterator[KnownPrice]:
    for interval in Interval:
        for currency in Currency:
            for plan in PLANS:
                cents = base_cents(plan, interval, currency)
                yield KnownPrice(base_key(plan, interval, currency), interval, currency, cents, plan=plan)
            for extra in Extra:
                cents = extra_cents(extra, interval, currency)
                yield KnownPrice(extra_key(extra, interval, currency), interval, currency, cents, extra=extra)


PRICES: Final[dict[str, KnownPrice]] = {price.key: price for price in _prices()}
"""Every price there is, by lookup key."""


def quantities(terms: Terms) -> dict[str, int | None]:
    """The items of a subscription of these terms: lookup key → number, None for what is metered."""
    items: dict[str, int | None] = {base_key(terms.plan, terms.interval, terms.currency): 1}
    for extra, number in terms.extras().items():
        if number:
            items[extra_key(extra, terms.interval, terms.currency)] = number
    items[extra_key(Extra.USAGE, terms.interval, terms.currency)] = None
    return items


def terms_of(items: Mapping[str, int | None]) -> Terms | None:
    """The terms a subscription's items stand for; None where no plan of ours is among them. Keys of nobody are let be:
    a human may have added an item at Stripe by hand.
    """
    known = [(PRICES[key], number) for key, number in items.items() if key in PRICES]
    base = next((price for price, _number in known if price.plan), None)
    if base is None or base.plan is None:
        return None
    extras = {price.extra: number or 0 for price, number in known if price.extra}
    return Terms(
        base.plan,
        base.interval,
        base.currency,
        extras.get(Extra.BRAND, 0),
        extras.get(Extra.STAFF, 0),
        extras.get(Extra.LIGHT, 0),
    )


def allowed_by(terms: Terms) -> Allowed:
    """What there is room for by these terms."""
    plan = PLANS[terms.plan]
    return Allowed(
        plan.brands + terms.brands,
        plan.staff_seats + terms.staff_seats,
        plan.light_seats + terms.light_seats,
        plan.accounts_of_brand,
        plan.history_months,
        plan.conversations,
        plan.features,
    )


def larger_of(one: Allowed, other: Allowed) -> Allowed:
    """Of each the larger number: what was paid for stays until its time is over."""
    return Allowed(
        max(one.brands, other.brands),
        max(one.staff_seats, other.staff_seats),
        max(one.light_seats, other.light_seats),
        max(one.accounts_of_brand, other.accounts_of_brand),
        max(one.history_months, other.history_months),
        max(one.conversations, other.conversations),
        one.features | other.features,
    )


def is_larger(wanted: Terms, present: Terms) -> bool:
    """Whether nothing of the wanted terms is less than what there is, and so it holds at once."""
    mine, theirs = allowed_by(wanted), allowed_by(present)
    is_shorter = wanted.interval is Interval.MONTH and present.interval is Interval.YEAR
    return (
        all(a >= b for a, b in zip(mine[:-1], theirs[:-1], strict=True))
        and theirs.features <= mine.features
        and not is_shorter
    )


def plain(terms: Terms) -> dict[str, str | int]:
    """As it is stored."""
    return {
        "plan": terms.plan,
        "interval": terms.interval.value,
        "currency": terms.currency.value,
        "brands": terms.brands,
        "staff_seats": terms.staff_seats,
        "light_seats": terms.light_seats,
    }


def from_plain(stored: Mapping[str, str | int]) -> Terms:
    """What `plain` made."""
    return replace(
        Terms(str(stored["plan"]), Interval(str(stored["interval"])), Currency(str(stored["currency"]))),
        brands=int(stored["brands"]),
        staff_seats=int(stored["staff_seats"]),
        light_seats=int(stored["light_seats"]),
    )
