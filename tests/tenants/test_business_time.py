"""Business time, against looking at the clock on the wall and at the calendar each minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenants.business_time import BusinessTime, business_time_between, due_after, end_of_business_day, next_open
from tenants.opening_hours import DAY_MINUTES, Hours, Span
from tenants.public_holidays import countries, parts_of, public_holidays

ZONES = {"Europe/Warsaw": "PL", "America/New_York": "US", "Australia/Lord_Howe": "AU"}
MINUTE = timedelta(minutes=1)
STARTS = (
    datetime(2027, 3, 26, 12, tzinfo=UTC),  # Europe forward on Sunday; Easter Monday follows
    datetime(2026, 10, 23, 12, tzinfo=UTC),  # Europe back
    datetime(2027, 3, 12, 12, tzinfo=UTC),  # New York forward
    datetime(2026, 10, 30, 12, tzinfo=UTC),  # New York back, All Saints in Poland
    datetime(2027, 4, 2, 12, tzinfo=UTC),  # Lord Howe, by half an hour
    datetime(2026, 12, 30, 20, tzinfo=UTC),  # over the year's end
)
DAYS: tuple[tuple[Span, ...], ...] = (
    (),
    ((0, 1440),),
    ((540, 720), (780, 1020)),
    ((90, 150), (155, 200), (1320, 1440)),
    ((0, 120), (1320, 1440)),
)
days = st.sampled_from(DAYS)


@st.composite
def brands(draw: st.DrawFn) -> BusinessTime:
    zone = draw(st.sampled_from(sorted(ZONES)))
    special = draw(st.dictionaries(st.dates(date(2027, 3, 11), date(2027, 4, 6)), days, max_size=8))
    week = tuple(draw(days) for _ in range(7))
    return BusinessTime(Hours(zone, week), tuple(sorted(special.items())), draw(st.sampled_from(["", ZONES[zone]])))


def looked_up(times: BusinessTime, start: datetime, minutes: int) -> list[bool]:
    """Of each minute from a whole one on, whether it is open in it."""
    zone = ZoneInfo(times.hours.zone)
    walls = ((start + n * MINUTE).astimezone(zone) for n in range(minutes))
    spans = {day: times.spans_on(day) for day in (start.date() + timedelta(days=n) for n in range(-1, 9))}
    return [any(a <= w.hour * 60 + w.minute < b for a, b in spans[w.date()]) for w in walls]


@settings(max_examples=25)
@given(brands(), st.sampled_from(STARTS), st.integers(0, 3 * DAY_MINUTES), st.integers(1, 1_500))
def test_it_is_what_looking_up_each_minute_finds(times: BusinessTime, start: datetime, later: int, wanted: int) -> None:
    start += later * MINUTE
    open_in = looked_up(times, start, 4 * DAY_MINUTES)
    opened = [n for n, is_open in enumerate(open_in) if is_open]

    due = due_after(start, wanted * MINUTE, times)
    if len(opened) >= wanted:
        assert due == start + (opened[wanted - 1] + 1) * MINUTE
        assert business_time_between(start, due, times) == wanted * MINUTE
        seconds = timedelta(seconds=17, microseconds=3)
        assert due_after(start, (wanted - 1) * MINUTE + seconds, times) == due - MINUTE + seconds
    else:
        assert due is None or due > start + 4 * DAY_MINUTES * MINUTE
    for until in (0, 1, 700, 4 * DAY_MINUTES):
        assert business_time_between(start, start + until * MINUTE, times) == sum(open_in[:until]) * MINUTE
    if opened:
        assert next_open(times, start) == start + opened[0] * MINUTE


def week(*spans: Span, weekend: tuple[Span, ...] = ()) -> Hours:
    return Hours("Europe/Warsaw", (spans,) * 5 + (weekend,) * 2)


OFFICE = BusinessTime(week((540, 1020)))
POLISH = BusinessTime(week((540, 1020)), special=((date(2026, 12, 24), ((540, 720),)),), country="PL")
BAR = BusinessTime(week((0, 120), (1080, 1440)))
ALWAYS = BusinessTime(Hours("Europe/Warsaw", (((0, 1440),),) * 7))


@pytest.mark.parametrize(
    ("times", "moment", "hours", "due"),
    [
        (OFFICE, "2026-11-27T16:30:00+01:00", 1, "2026-11-30T09:30:00+01:00"),  # Friday, and Monday
        (OFFICE, "2026-11-27T16:00:00+01:00", 1, "2026-11-27T17:00:00+01:00"),  # the last minute counts
        (OFFICE, "2026-11-28T11:00:00+01:00", 8, "2026-11-30T17:00:00+01:00"),
        (OFFICE, "2027-03-26T16:30:00+01:00", 1, "2027-03-29T09:30:00+02:00"),  # clocks are put forward between
        (POLISH, "2026-12-24T11:30:00+01:00", 1, "2026-12-28T09:30:00+01:00"),  # a short day, then two of Christmas
        (POLISH, "2026-11-10T16:30:00+01:00", 1, "2026-11-12T09:30:00+01:00"),
        (ALWAYS, "2026-10-24T20:00:00+02:00", 12, "2026-10-25T07:00:00+01:00"),  # twelve hours are twelve hours
        (OFFICE, "2026-11-27T16:30:00+01:00", 0, "2026-11-27T16:30:00+01:00"),
    ],
)
def test_it_counts_while_it_is_open(times: BusinessTime, moment: str, hours: int, due: str) -> None:
    found = due_after(datetime.fromisoformat(moment), timedelta(hours=hours), times)
    assert found == datetime.fromisoformat(due)


@pytest.mark.parametrize(
    ("times", "moment", "over"),
    [
        (OFFICE, "2026-11-27T10:00:00+01:00", "2026-11-27T17:00:00+01:00"),
        (OFFICE, "2026-11-27T17:00:00+01:00", "2026-11-30T17:00:00+01:00"),  # closed: the next business day
        (POLISH, "2026-12-24T08:00:00+01:00", "2026-12-24T12:00:00+01:00"),
        (POLISH, "2026-12-24T12:30:00+01:00", "2026-12-28T17:00:00+01:00"),
        (BAR, "2026-11-24T20:00:00+01:00", "2026-11-25T02:00:00+01:00"),  # over midnight
        (BAR, "2026-11-25T01:00:00+01:00", "2026-11-25T02:00:00+01:00"),  # still the evening before
        (BAR, "2026-11-25T03:00:00+01:00", "2026-11-26T02:00:00+01:00"),
        (BAR, "2026-11-30T20:00:00+01:00", "2026-12-01T02:00:00+01:00"),  # and over a month's end
        (BAR, "2026-11-30T00:30:00+01:00", "2026-12-01T02:00:00+01:00"),  # Monday begins with no evening before
        (ALWAYS, "2026-10-25T01:00:00+02:00", "2026-10-26T00:00:00+01:00"),
    ],
)
def test_a_business_day_is_over_with_its_last_span(times: BusinessTime, moment: str, over: str) -> None:
    assert end_of_business_day(datetime.fromisoformat(moment), times) == datetime.fromisoformat(over)


def test_who_is_never_open_has_no_due_time_and_nothing_runs_without_end() -> None:
    moment = datetime(2026, 11, 27, 16, 30, tzinfo=UTC)
    closed = BusinessTime(Hours("UTC"), special=((date(2026, 12, 1), ((0, 1440),)),))
    for function in (end_of_business_day, lambda at, times: next_open(times, at)):
        assert function(moment, closed) is None
    assert due_after(moment, timedelta(minutes=1), closed) is None
    assert due_after(moment, timedelta(days=3_650), OFFICE) is None
    assert due_after(datetime(9999, 12, 31, 23, tzinfo=UTC), timedelta(hours=1), OFFICE) is None
    assert due_after(datetime(1, 1, 1, tzinfo=UTC), timedelta(hours=1), OFFICE) is None
    assert business_time_between(moment, moment - timedelta(days=1), OFFICE) == timedelta(0)
    rare = BusinessTime(Hours("UTC", (((0, 60),), *((),) * 6)))
    assert due_after(moment, timedelta(hours=336), rare) == datetime(2033, 5, 2, 1, tzinfo=UTC)


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
def test_hours_are_read_off_the_wall(spans: tuple[Span, ...], moment: str, opens: str) -> None:
    hours = Hours("Europe/Warsaw", (spans,) * 7)
    assert next_open(BusinessTime(hours), datetime.fromisoformat(moment)) == datetime.fromisoformat(opens)


def test_holidays_are_of_a_country_and_its_parts() -> None:
    assert date(2026, 11, 11) in public_holidays("PL", "", 2026)
    assert date(2026, 1, 6) in public_holidays("DE", "BY", 2026)
    assert date(2026, 1, 6) not in public_holidays("DE", "BE", 2026)
    assert public_holidays("PL", "nowhere", 2026) == public_holidays("PL", "", 2026)
    assert public_holidays("ZZ", "", 2026) == frozenset()
    assert "BY" in parts_of("DE")
    assert {"PL", "PT", "ES", "GB"} <= countries().keys()
