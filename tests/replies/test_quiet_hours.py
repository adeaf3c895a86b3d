"""Quiet times and hours around them, through changes of the clock, against minutes counted one by one."""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, datetime, time, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agency.replies.policy_clock import WaitClock, clock_from_data, plan
from agency.replies.policy_terms import Terms, read_terms, terms_from_data, terms_to_data
from agency.replies.quiet_hours import Quiet, after_hours, awake_minutes, quiet_until
from tenants.errors import Invalid

MINUTE = timedelta(minutes=1)
DAYS = 9
EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
WEEKEND = Quiet((6, 7), time(0), time(0))
QUIETS = {
    "nights": (Quiet(EVERY_DAY, time(20), time(8)),),
    "nights and weekends": (Quiet((1, 2, 3, 4, 5), time(18, 30), time(7, 45)), WEEKEND),
    "ends within the hour that changes": (Quiet(EVERY_DAY, time(23), time(2, 20)),),
    "begins within it": (Quiet(EVERY_DAY, time(2, 20), time(5)),),
    "lies within it": (Quiet(EVERY_DAY, time(2, 10), time(2, 40)), Quiet((7,), time(1, 15), time(1, 45))),
    "overlap": (Quiet(EVERY_DAY, time(12), time(14)), Quiet((1, 3, 5), time(13), time(16)), WEEKEND),
}
CHANGES = {
    "Europe/Warsaw": ("2026-03-27", "2026-10-23"),
    "America/New_York": ("2026-03-06", "2026-10-30"),
    "Australia/Lord_Howe": ("2026-04-03", "2026-10-02"),  # changes by half an hour
}


class Slowly:
    """Every minute of nine days around a change of the clock: what it shows there, and whether it is quiet."""

    def __init__(self, zone: ZoneInfo, first: str, quiet: tuple[Quiet, ...]) -> None:
        self.start = datetime.fromisoformat(first).replace(tzinfo=UTC)
        minutes = range(DAYS * 24 * 60)
        shown = [(self.start + n * MINUTE).astimezone(zone).replace(tzinfo=None) for n in minutes]
        self.quiet = [False] * len(shown)
        for one in quiet:
            for number in range(-2, DAYS + 2):
                day = (self.start + timedelta(days=number)).date()
                if day.isoweekday() not in one.days:
                    continue
                begins = datetime.combine(day, one.from_time)
                ends = datetime.combine(day + timedelta(days=one.until_time <= one.from_time), one.until_time)
                near = range(max(0, (number - 1) * 1440), min(len(shown), (number + 3) * 1440))
                from_minute = next((n for n in near if shown[n] >= begins), None)
                last = next((n for n in reversed(near) if shown[n] < ends), None)
                if from_minute is not None and last is not None:
                    for n in range(from_minute, last + 1):
                        self.quiet[n] = True
        self.awake = [0, *accumulate(not one for one in self.quiet)]

    def until(self, n: int) -> int | None:
        return next(m for m in range(n, len(self.quiet)) if not self.quiet[m]) if self.quiet[n] else None

    def after(self, n: int, hours: int, *, awake_only: bool) -> int:
        if not awake_only:
            return self.until(n + hours * 60) or n + hours * 60
        found = bisect_left(self.awake, self.awake[n] + hours * 60)
        return self.until(found) or found


@pytest.mark.parametrize("name", QUIETS)
@pytest.mark.parametrize("zone_name", CHANGES)
def test_quiet_times_are_those_of_minutes_counted_one_by_one(name: str, zone_name: str) -> None:
    zone, quiet = ZoneInfo(zone_name), QUIETS[name]
    for first in CHANGES[zone_name]:
        slowly = Slowly(zone, first, quiet)
        for n in range(0, 4 * 1440, 131):
            moment = slowly.start + n * MINUTE
            said, until = quiet_until(quiet, zone, moment), slowly.until(n)
            assert said == (None if until is None else slowly.start + until * MINUTE), moment
            for hours, awake_only in ((1, True), (6, False), (9, True)):
                found = after_hours(quiet, zone, moment, hours, awake_only=awake_only)
                expected = slowly.after(n, hours, awake_only=awake_only)
                assert found == slowly.start + expected * MINUTE, (moment, hours, awake_only)


hours_of = st.lists(st.integers(1, 30), max_size=4, unique=True).map(sorted).map(tuple)


@given(
    st.sampled_from(sorted(CHANGES)),
    st.sampled_from(sorted(QUIETS)),
    hours_of,
    st.integers(0, 31),
    st.integers(0, 3 * 1440),
    st.booleans(),
    st.booleans(),
)
def test_nobody_is_mailed_in_quiet_times_and_silence_comes_last(
    zone_name: str, name: str, remind: tuple[int, ...], silence: int, minute: int, awake: bool, urgent: bool
) -> None:
    zone, begins = ZoneInfo(zone_name), datetime.fromisoformat(CHANGES[zone_name][0]).replace(tzinfo=UTC)
    begins += minute * MINUTE
    terms = Terms(quiet=QUIETS[name], remind_after=remind, silence_after=silence, awake_hours=awake)
    found = plan(terms, zone, begins, urgent=urgent)
    moments = [found.ask_at, *found.remind_at, *([found.silence_at] if found.silence_at else [])]
    assert moments == sorted(moments)
    assert found.ask_at >= begins
    if urgent:
        assert found.ask_at == begins
    else:
        assert all(quiet_until(terms.quiet, zone, one) is None for one in moments)
    if found.silence_at is not None:
        assert found.silence_at - found.ask_at >= timedelta(hours=silence)
        assert all(one < found.silence_at for one in found.remind_at)


def test_a_clock_is_kept_as_it_is() -> None:
    moment = datetime(2026, 11, 23, 9, tzinfo=UTC)
    full = WaitClock(
        ask_at=moment,
        asked_at=moment,
        remind_at=(moment, moment),
        reminded=2,
        reminded_at=moment,
        silence="escalate",
        silence_at=moment,
        fell_at=moment,
        did="hold",
        why={"template": "x", "values": {}},
        urgent=True,
        late=True,
    )
    for one in (full, WaitClock(ask_at=moment)):
        assert clock_from_data(one.as_data()) == one
    assert clock_from_data(None) is None


def test_what_signed_versions_said_before_reads_as_before() -> None:
    before = {"needs": "rule", "stars_at_most": 2, "steps": [], "stand_ins": []}
    assert terms_from_data(before) == Terms(needs="rule", stars_at_most=2)
    assert not {"quiet", "silence", "mode"} & set(terms_to_data(terms_from_data(before)))
    said = {
        "quiet": [{"days": [1, 7], "from_time": "20:00", "until_time": "08:00"}],
        "quiet_broken_by": ["complaint"],
        "remind_after": [6, 12],
        "silence": "safe_variant",
        "silence_after": 24,
        "awake_hours": True,
    }
    terms = read_terms(said)
    assert terms_from_data(terms_to_data(terms)) == terms
    assert terms.quiet == (Quiet((1, 7), time(20), time(8)),)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"quiet": [{"days": [], "from_time": "20:00", "until_time": "08:00"}]}, "quiet.0"),
        ({"quiet": [{"days": [8], "from_time": "20:00", "until_time": "08:00"}]}, "quiet.0"),
        ({"quiet": [{"days": [1], "from_time": "25:00", "until_time": "08:00"}]}, "quiet.0"),
        ({"quiet": [{"days": [1], "from_time": "20:00:00", "until_time": None}]}, "quiet.0"),
        ({"quiet": [{"days": [*EVERY_DAY], "from_time": "00:00", "until_time": "22:00"}]}, "quiet"),
        ({"remind_after": [1, 2, 3, 4, 5, 6]}, "remind_after"),
        ({"remind_after": [0]}, "remind_after"),
        ({"remind_after": [145]}, "remind_after"),
        ({"remind_after": [24], "silence_after": 24}, "remind_after"),
        ({"silence": "publish"}, "silence"),
        ({"silence": "escalate"}, "silence_after"),
        ({"silence": "safe_variant", "silence_after": 9, "mode": "client"}, "silence"),
        ({"mode": "nobody"}, "mode"),
        ({"escalate_to": ["nobody"]}, "escalate_to"),
    ],
)
def test_what_nobody_could_live_by_is_refused(said: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_terms(said)
    assert field in refused.value.fields["errors"]


def test_minutes_awake_are_counted_once() -> None:
    assert awake_minutes(()) == 7 * 1440
    assert awake_minutes((Quiet(EVERY_DAY, time(20), time(8)), Quiet(EVERY_DAY, time(22), time(6)))) == 7 * 720
    assert awake_minutes((WEEKEND, Quiet((7,), time(23), time(1)))) == 5 * 1440 - 60
