"""How long an account rests between two polls: one table, from how long it has been quiet and whether events arrive.

Pure. Everything counts in the shortest interval (ONBRAND_POLL_SECONDS). With the default of 300 s a quiet Page whose
events arrive is polled hourly: with the rounds of its other streams that stays within 48 calls a day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

#: Quiet for at least this long: so many shortest intervals while events arrive, and so many while they do not.
#: Without events a poll is all there is, so nobody waits longer than four of them.
QUIET: tuple[tuple[timedelta, int, int], ...] = (
    (timedelta(0), 1, 1),
    (timedelta(hours=1), 3, 1),
    (timedelta(hours=6), 6, 2),
    (timedelta(hours=24), 12, 4),
)
#: From this share of an allowance on (percent, as the platform reports it), so many times slower.
BUSY: tuple[tuple[int, int], ...] = ((70, 4), (90, 12))
LONGEST_SECONDS = 6 * 3_600
"""Whatever is multiplied: a working account is looked at four times a day."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rhythm follows. ``active_at``: when something last happened, at least when it was connected."""

    active_at: datetime
    events_live: bool = False
    usage_percent: int = 0


def events_live(subscribed_at: datetime | None, last_event_at: datetime | None, missed_at: datetime | None) -> bool:
    """Whether the platform tells us of an account: it is subscribed, something came, and nothing was missed since."""
    if subscribed_at is None or last_event_at is None:
        return False
    return missed_at is None or missed_at < last_event_at


def rest_seconds(facts: Facts, shortest_seconds: float, *, now: datetime) -> float:
    """From the end of one poll to the next, seconds; never below the shortest."""
    quiet = now - facts.active_at
    times = 1
    for least, live, deaf in QUIET:
        if quiet >= least:
            times = live if facts.events_live else deaf
    slower = 1
    for share, factor in BUSY:
        if facts.usage_percent >= share:
            slower = factor
    return max(shortest_seconds, min(LONGEST_SECONDS, shortest_seconds * times * slower))
