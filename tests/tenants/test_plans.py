"""Plans as data: the tables agree with themselves, and a state follows from the row and the moment alone."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.plan_states import GRACE, READ_ONLY_OVER, STATES, TRIAL, State, read_only_number, standing_of
from tenants.plans import (
    PLANS,
    PRICES,
    Currency,
    Interval,
    Terms,
    allowed_by,
    from_plain,
    is_larger,
    plain,
    quantities,
    terms_of,
    total_cents,
)

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
TERMS = st.builds(
    Terms,
    st.sampled_from(sorted(PLANS)),
    st.sampled_from(Interval),
    st.sampled_from(Currency),
    st.integers(0, 40),
    st.integers(0, 40),
    st.integers(0, 40),
)


START = Terms("start")


@dataclass(frozen=True)
class Row:
    """What is known of a subscription."""

    state: str = "active"
    terms: Terms = START
    kept_terms: Terms | None = None
    kept_until: datetime | None = None
    trial_ends_at: datetime | None = None
    failing_since: datetime | None = None
    stripe_id: str | None = "sub_1"


@given(TERMS)
def test_what_stripe_holds_says_the_terms_it_was_made_of(terms: Terms) -> None:
    items = quantities(terms)
    assert terms_of(items) == terms == from_plain(plain(terms))
    assert terms_of({**items, "somebody_elses": 3}) == terms
    assert total_cents(terms) == sum(PRICES[key].cents * (number or 0) for key, number in items.items())


def test_a_larger_plan_holds_no_less_and_costs_more() -> None:
    plans = list(PLANS.values())
    for smaller, larger in itertools.pairwise(plans):
        assert is_larger(Terms(larger.key), Terms(smaller.key))
        assert not is_larger(Terms(smaller.key), Terms(larger.key))
        assert all(larger.month_cents[one] > smaller.month_cents[one] for one in Currency)
    assert len(PRICES) == len(Interval) * len(Currency) * (len(PLANS) + 4)


@given(TERMS, TERMS)
def test_only_one_of_two_terms_is_larger_or_they_hold_the_same(one: Terms, other: Terms) -> None:
    if is_larger(one, other) and is_larger(other, one):
        assert allowed_by(one) == allowed_by(other)


def test_every_state_has_a_line_and_nothing_that_ended_grows() -> None:
    assert set(STATES) == set(State)
    for state in (State.UNPAID, State.PAUSED, State.CANCELED, State.INCOMPLETE):
        assert not standing_of(Row(state.value), NOON).grows


@pytest.mark.parametrize("state", ["past_due", "unpaid", "canceled"])
def test_customers_are_answered_through_the_whole_grace(state: str) -> None:
    row = Row(state, failing_since=NOON)
    last = standing_of(row, NOON + GRACE - timedelta(seconds=1))
    over = standing_of(row, NOON + GRACE)
    assert last.answers
    assert last.why is None
    assert last.grace_ends_at == NOON + GRACE
    assert not over.answers
    assert over.why == "unpaid"


def test_a_plan_that_was_cancelled_has_no_grace_and_says_so() -> None:
    ended = standing_of(Row("canceled"), NOON)
    assert not ended.answers
    assert ended.why == "ended"
    assert ended.grace_ends_at is None
    assert read_only_number(ended, 4, NOON) == 4


def test_our_trial_ends_by_the_second_and_stripes_when_stripe_says() -> None:
    ours = Row("trialing", Terms("team"), trial_ends_at=NOON + TRIAL, stripe_id=None)
    assert standing_of(ours, NOON + TRIAL - timedelta(seconds=1)).state is State.TRIALING
    over = standing_of(ours, NOON + TRIAL)
    assert over.state is State.PAUSED
    assert not over.answers
    assert over.why == "trial_over"
    assert standing_of(replace(ours, stripe_id="sub_1"), NOON + TRIAL).state is State.TRIALING


def test_what_was_paid_for_stays_until_its_time_is_over() -> None:
    row = Row(terms=Terms("start"), kept_terms=Terms("team", brands=2), kept_until=NOON)
    assert standing_of(row, NOON - timedelta(seconds=1)).allowed.brands == 10
    assert standing_of(row, NOON).allowed == allowed_by(Terms("start"))


@given(st.integers(0, 60), st.integers(0, 20))
def test_after_the_grace_brands_go_read_only_some_each_day(brands: int, days: int) -> None:
    row, over = Row("past_due", Terms("scale", brands=40), failing_since=NOON), NOON + GRACE
    at = [read_only_number(standing_of(row, moment := over + timedelta(days=n)), brands, moment) for n in range(21)]
    assert at == sorted(at)
    assert all(0 <= one <= brands for one in at)
    assert (at[0] >= 1) == (brands > 0)
    assert at[READ_ONLY_OVER - 1] == brands
    assert read_only_number(standing_of(row, NOON), brands, NOON) == 0
    assert at[days] == read_only_number(standing_of(row, over), brands, over + timedelta(days=days))


def test_brands_beyond_the_plan_are_read_only_however_well_it_is_paid() -> None:
    assert read_only_number(standing_of(Row(), NOON), 5, NOON) == 5 - PLANS["start"].brands
