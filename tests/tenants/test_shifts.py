"""Who is on shift and when the next shift begins, against a reference that looks at the wall each quarter."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tenants.business_time import BusinessTime
from tenants.opening_hours import Hours, days_from
from tenants.shifts import (
    BREAK,
    LONGEST_SHIFT,
    Standing,
    WorkTimes,
    at_work_by,
    is_off,
    next_shift,
    no_times,
    shift_at,
    standing_at,
)

QUARTER = timedelta(minutes=15)
ZONES = ("Europe/Warsaw", "America/New_York", "Asia/Kolkata")
AROUND = (date(2026, 10, 23), date(2027, 3, 26), date(2026, 10, 30), date(2027, 3, 12))
"""Days before clocks are put back or forward in one of the zones."""


def works(work: WorkTimes, moment: datetime) -> bool:
    """The slow way: what the wall says of this minute, and whether its day is one of absence."""
    here = moment.astimezone(ZoneInfo(work.week.hours.zone))
    day, minute = here.date(), here.hour * 60 + here.minute
    for start, end in work.week.spans_on(day):
        if start <= minute < end:
            before = work.week.spans_on(day - timedelta(days=1))
            of_evening = start == 0 and end <= 12 * 60 and before and before[-1][1] == 24 * 60
            begun = day - timedelta(days=1) if of_evening else day
            return not any(first <= begun <= last for first, last in work.absences)
    return False


spans = st.lists(st.tuples(st.integers(0, 95), st.integers(1, 40)), max_size=3).map(
    lambda found: [[start * 15, min((start + long) * 15, 1440)] for start, long in found]
)


@st.composite
def weeks(draw: st.DrawFn) -> tuple[WorkTimes, datetime]:
    days = []
    for _day in range(7):
        free, kept = 0, []
        for start, end in sorted(draw(spans)):
            if start > free:
                kept.append([start, end])
                free = end
        days.append(kept)
    for number in draw(st.sets(st.integers(0, 6), max_size=2)):  # a night
        days[number] = [[20 * 60, 1440]]
        after = days[(number + 1) % 7]
        days[(number + 1) % 7] = [[0, 360], *[one for one in after if one[0] > 360]]
    begins = draw(st.sampled_from(AROUND))
    away = [(begins + timedelta(days=n), begins + timedelta(days=n + m)) for n, m in draw(some_days)]
    special = ((begins + timedelta(days=draw(st.integers(0, 3))), ((600, 660),)),) if draw(st.booleans()) else ()
    zone = draw(st.sampled_from(ZONES))
    work = WorkTimes(BusinessTime(Hours(zone, days_from(days)), special), tuple(away))
    return work, datetime(begins.year, begins.month, begins.day, tzinfo=UTC) + draw(st.integers(0, 4 * 96)) * QUARTER


some_days = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 1)), max_size=2)


def shifts_in(quarters: list[int]) -> list[tuple[int, int]]:
    """Runs of worked quarters, with the breaks in them, as first and behind the last."""
    found: list[tuple[int, int]] = []
    for n in quarters:
        if found and (n - found[-1][1]) * QUARTER <= BREAK:
            found[-1] = (found[-1][0], n + 1)
        else:
            found.append((n, n + 1))
    return found


@settings(max_examples=40)  # 8 days of quarters each
@given(weeks())
def test_shifts_are_what_the_wall_says_quarter_by_quarter(case: tuple[WorkTimes, datetime]) -> None:
    work, moment = case
    first, here = moment - timedelta(days=3), 3 * 96
    quarters = [n for n in range(8 * 96) if work.is_known and works(work, first + n * QUARTER)]
    expected = [(first + start * QUARTER, first + end * QUARTER) for start, end in shifts_in(quarters)]
    assert (standing_at(work, moment) is Standing.ON) == (here in quarters)
    assume(all(end - start < LONGEST_SHIFT for start, end in expected))  # longer ones are cut
    runs = [one for one in expected if one[0] <= moment < one[1]]
    assert shift_at(work, moment) == (runs[0] if runs else None)
    assert is_off(work, moment) == (not runs and standing_at(work, moment) is not Standing.UNKNOWN)
    ahead, later = next_shift(work, moment), [one for one in expected if one[0] > moment]
    if len(later) > 1:  # the last one may be cut by where the reference ends
        assert ahead == later[0]
        assert at_work_by(work, moment) == (moment if runs else later[0][0])
    elif not later:
        assert ahead is None or ahead.start >= first + timedelta(days=8) - QUARTER


WARSAW_DAYS = days_from([[[480, 720], [750, 960]]] * 5 + [[]] * 2)


@pytest.mark.parametrize(
    ("at", "standing", "begins"),
    [
        ("2026-11-23 14:59", Standing.ON, "2026-11-24 07:00"),
        ("2026-11-23 15:00", Standing.OFF, "2026-11-24 07:00"),
        ("2026-11-23 11:15", Standing.ON_BREAK, "2026-11-24 07:00"),
        ("2026-11-24 07:00", Standing.ON, "2026-11-30 07:00"),  # Wednesday to Friday away, then a weekend
        ("2026-11-25 08:00", Standing.ABSENT, "2026-11-30 07:00"),
        ("2026-11-27 23:30", Standing.OFF, "2026-11-30 07:00"),  # it is Saturday there
    ],
)
def test_a_break_is_no_end_and_a_day_away_is_no_work(at: str, standing: Standing, begins: str) -> None:
    away = ((date(2026, 11, 25), date(2026, 11, 27)),)
    work = WorkTimes(BusinessTime(Hours("Europe/Warsaw", WARSAW_DAYS)), away)
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert standing_at(work, moment) is standing
    ahead = next_shift(work, moment)
    assert ahead is not None
    assert ahead.start == datetime.fromisoformat(begins).replace(tzinfo=UTC)


def test_whose_week_nobody_wrote_is_never_off_but_may_be_away() -> None:
    work, moment = no_times("Europe/Lisbon"), datetime(2026, 11, 23, 3, tzinfo=UTC)
    assert standing_at(work, moment) is Standing.UNKNOWN
    assert not is_off(work, moment)
    assert (shift_at(work, moment), next_shift(work, moment), at_work_by(work, moment)) == (None, None, None)
    assert standing_at(replace(work, absences=((moment.date(), moment.date()),)), moment) is Standing.ABSENT
