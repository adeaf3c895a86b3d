"""A week's hours by a clock on a wall, against looking at it minute by minute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenants.opening_hours import DAY_MINUTES, Hours, days_from, is_open, next_open

ZONES = ("Europe/Warsaw", "Europe/Lisbon", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "UTC")
CHANGES = (
    datetime(2027, 3, 28, 1, tzinfo=UTC),  # Europe forward
    datetime(2026, 10, 25, 1, tzinfo=UTC),  # Europe back
    datetime(2027, 3, 14, 7, tzinfo=UTC),  # New York forward
    datetime(2026, 11, 1, 6, tzinfo=UTC),  # New York back
    datetime(2027, 4, 3, 15, tzinfo=UTC),  # Lord Howe, by half an hour
    datetime(2026, 2, 15, 2, tzinfo=UTC),  # Casablanca, before Ramadan
)

spans = st.lists(st.tuples(st.integers(0, 95), st.integers(1, 6)), max_size=2)


@st.composite
def weeks(draw: st.DrawFn) -> tuple[tuple[tuple[int, int], ...], ...]:
    """Days of spans by the quarter of an hour."""
    days = []
    for _ in range(7):
        minutes = sorted({q for start, length in draw(spans) for q in range(start, min(96, start + length))})
        days.append(days_from([[(q * 15, q * 15 + 15) for q in minutes], *[[]] * 6])[0] if len(minutes) < 40 else ())
    return tuple(days)


def slowly(hours: Hours, moment: datetime) -> datetime | None:
    """Looking up at the wall each minute."""
    if is_open(hours, moment) or hours.never_open:
        return None if hours.never_open else moment
    at = moment.replace(second=0, microsecond=0)
    for _ in range(9 * DAY_MINUTES):
        at += timedelta(minutes=1)
        if is_open(hours, at):
            return at
    return None


@settings(max_examples=40)
@given(weeks(), st.sampled_from(ZONES), st.sampled_from(CHANGES), st.integers(-2 * 86_400, 86_400))
def test_the_next_opening_is_what_looking_up_each_minute_finds(
    days: tuple[tuple[tuple[int, int], ...], ...], zone: str, change: datetime, seconds: int
) -> None:
    hours, moment = Hours(zone, days), change + timedelta(seconds=seconds)
    found = next_open(hours, moment)
    assert found == slowly(hours, moment)
    assert found is None or (found >= moment and is_open(hours, found))


def week(*spans: tuple[int, int]) -> tuple[tuple[tuple[int, int], ...], ...]:
    return (spans,) * 7


@pytest.mark.parametrize(
    ("spans", "moment", "opens"),
    [
        # Clocks are put forward at 02:00: what should begin at 02:30 begins when the clock shows 03:00.
        (((150, 300),), "2027-03-28T00:30:00Z", "2027-03-28T01:00:00Z"),
        # What lies in the hour that is left out is left out.
        (((130, 170),), "2027-03-28T00:30:00Z", "2027-03-29T00:10:00Z"),
        # Clocks are put back at 03:00: the hour comes twice, and so does the span in it.
        (((130, 140),), "2026-10-25T00:15:00Z", "2026-10-25T00:15:00Z"),
        (((130, 140),), "2026-10-25T00:30:00Z", "2026-10-25T01:10:00Z"),
        # Nine is nine, before and after.
        (((540, 1020),), "2026-10-24T18:00:00Z", "2026-10-25T08:00:00Z"),
        (((540, 1020),), "2027-03-27T18:00:00Z", "2027-03-28T07:00:00Z"),
        # The last minute of a span and the first after it; to midnight and on.
        (((540, 1020),), "2026-11-23T15:59:59Z", "2026-11-23T15:59:59Z"),
        (((540, 1020),), "2026-11-23T16:00:00Z", "2026-11-24T08:00:00Z"),
        (((0, 60), (1380, 1440)), "2026-11-23T23:00:00Z", "2026-11-23T23:00:00Z"),
    ],
)
def test_hours_are_read_off_the_wall(spans: tuple[tuple[int, int], ...], moment: str, opens: str) -> None:
    hours = Hours("Europe/Warsaw", week(*spans))
    assert next_open(hours, datetime.fromisoformat(moment)) == datetime.fromisoformat(opens)


def test_a_week_without_hours_never_opens() -> None:
    assert next_open(Hours("UTC"), datetime(2026, 11, 23, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    "day",
    [
        [[540]],
        [[540, 540]],
        [[600, 540]],
        [[-1, 5]],
        [[0, 1441]],
        [[0, True]],
        [[0, 1.5]],
        ["ab"],
        "ab",
        [[0, 20], [10, 30]],
        [[n * 60, n * 60 + 30] for n in range(7)],
    ],
)
def test_what_is_no_day_is_refused(day: object) -> None:
    with pytest.raises(ValueError):
        days_from([day, *[[]] * 6])  # type: ignore[list-item]


def test_spans_that_touch_are_one() -> None:
    assert days_from([[[600, 660], [540, 600]], *[[]] * 6])[0] == ((540, 660),)
