"""The stand-in's money: what a change costs, by a slow reference; periods by the calendar."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agency.sandbox.stripe.amounts import Held, amount_of, cents, change_lines, period_lines
from agency.sandbox.stripe.periods import period_at, step

START, END = 1_767_225_600, 1_769_904_000  # January 2026


def priced(name: str, unit: str, **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "product": f"prod_{name}",
        "billing_scheme": "per_unit",
        "unit_amount_decimal": unit,
        "recurring": {"interval": "month", "interval_count": 1, "usage_type": "licensed"},
        **more,
    }


PRICES = [priced("base", "4900"), priced("brand", "900"), priced("seat", "1250"), priced("odd", "333.3333")]
HELD = st.dictionaries(
    st.sampled_from(["si_1", "si_2", "si_3"]), st.tuples(st.sampled_from(PRICES), st.integers(0, 400)), min_size=1
)


def held(wish: dict[str, tuple[dict[str, Any], int]]) -> list[Held]:
    return [Held(item, price, quantity, START, END) for item, (price, quantity) in wish.items()]


def slowly(one: Held, at: int) -> int:
    """The rest of a period's cost, exact and then rounded once, halves up."""
    exact = Fraction(one.price["unit_amount_decimal"]) * one.quantity * (END - at) / (END - START)
    return math.floor(exact + Fraction(1, 2))


@given(HELD, HELD, HELD, st.integers(START, END))
def test_a_change_costs_what_is_left_of_the_new_less_what_is_left_of_the_old(
    first: Any, second: Any, third: Any, at: int
) -> None:
    before, after, last = held(first), held(second), held(third)
    lines = change_lines(before, after, at)
    known = {one.item: one for one in before}
    expected = 0
    for one in before:
        other = next((each for each in after if each.item == one.item), None)
        if other is None or (other.price["id"], other.quantity) != (one.price["id"], one.quantity):
            expected -= slowly(one, at)
    for one in after:
        other = known.get(one.item)
        if other is None or (other.price["id"], other.quantity) != (one.price["id"], one.quantity):
            expected += slowly(one, at)
    assert sum(line.amount for line in lines) == expected
    assert all(line.proration and (line.start, line.end) == (at, END) for line in lines)
    # There and back in the same second costs nothing, and a way round costs what the straight way does.
    assert sum(line.amount for line in lines + change_lines(after, before, at)) == 0
    around = lines + change_lines(after, last, at)
    assert sum(line.amount for line in around) == sum(line.amount for line in change_lines(before, last, at))


@given(HELD)
def test_at_its_first_second_a_rest_is_the_whole_and_at_its_last_nothing(wish: Any) -> None:
    now = held(wish)
    assert sum(line.amount for line in change_lines([], now, START)) == sum(one.amount for one in period_lines(now))
    assert sum(line.amount for line in change_lines([], now, END)) == 0


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**6))
def test_half_a_cent_goes_away_from_zero(above: int, below: int) -> None:
    exact = Fraction(above, below)
    assert abs(cents(exact) - exact) <= Fraction(1, 2)
    assert cents(-exact) == -cents(exact)
    assert cents(Fraction(1, 2)) == 1


@pytest.mark.parametrize(
    ("mode", "quantity", "amount"),
    [
        ("graduated", 0, 500),
        ("graduated", 3, 500),
        ("graduated", 5, 2300),
        ("graduated", 12, 8000),
        ("volume", 3, 500),
        ("volume", 5, 4500),
        ("volume", 12, 8400),
    ],
)
def test_tiers_cost_by_part_or_by_all(mode: str, quantity: int, amount: int) -> None:
    tiers = [
        {"up_to": 3, "unit_amount_decimal": "0", "flat_amount_decimal": "500"},
        {"up_to": 10, "unit_amount_decimal": "900", "flat_amount_decimal": None},
        {"up_to": None, "unit_amount_decimal": "600", "flat_amount_decimal": "0" if mode == "graduated" else "1200"},
    ]
    price = priced("brands", "0", billing_scheme="tiered", tiers_mode=mode, _tiers=tiers)
    assert amount_of(price, quantity) == amount


def _moment(at: int) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M}"


def test_a_month_keeps_its_day_or_takes_the_last_there_is() -> None:
    anchor = int(datetime(2027, 10, 31, 12, 30, tzinfo=UTC).timestamp())
    ends = [_moment(step(anchor, turn, "month")) for turn in range(6)]
    assert ends == [f"{day} 12:30" for day in
                    ("2027-10-31", "2027-11-30", "2027-12-31", "2028-01-31", "2028-02-29", "2028-03-31")]  # fmt: skip
    leap = int(datetime(2028, 2, 29, tzinfo=UTC).timestamp())
    assert [_moment(step(leap, turn, "year"))[:10] for turn in (1, 4)] == ["2029-02-28", "2032-02-29"]


@given(st.integers(0, 4_000_000_000), st.integers(-200_000_000, 400_000_000), st.sampled_from(["day", "week", "month"]))
def test_every_second_lies_in_one_period(anchor: int, away: int, interval: str) -> None:
    at = max(0, anchor + away)
    start, end = period_at(anchor, at, interval)
    assert start <= at < end
    assert period_at(anchor, end, interval)[0] == end
    assert period_at(anchor, start, interval) == (start, end)
