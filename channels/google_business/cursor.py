"""What one poll of a location leaves for the next: a small JSON text. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from channels.wire import instant, mapping, whole_number

#: Read again this far back: reviews move between pages while one reads.
OVERLAP = timedelta(hours=1)
#: A reply written, removed or rejected elsewhere, and a deletion, move no time stamp, so everything is listed now and
#: then: 5 minutes of pause for each page that took, and a 48th of the time since the last change, between 15 minutes
#: and 6 hours. 1,000 locations whose last change is a day old take 33 calls a minute of the project's 300.
SHORTEST_SWEEP_PAUSE = timedelta(minutes=15)
LONGEST_SWEEP_PAUSE = timedelta(hours=6)
SWEEP_PAUSE_PER_PAGE = timedelta(minutes=5)
QUIET_SHARE = 48
#: The time of the last complete read moves in the cursor this often: an idle poll seldom writes.
CHECKED_STEP = timedelta(minutes=15)
#: A location that spoils a shared read is read by itself for this long.
ALONE_FOR = timedelta(hours=6)

_TIMES = ("seen", "swept_at", "newest", "checked", "alone_until")


@dataclass(slots=True)
class Memory:
    """``seen``: newest change stored. ``checked``: start of the last complete read, whatever it brought.

    ``newest`` is the newest change of a poll in progress. ``alone_until``: no shared reads before.
    """

    seen: datetime | None = None
    swept_at: datetime | None = None
    sweep_pages: int = 1
    newest: datetime | None = None
    checked: datetime | None = None
    alone_until: datetime | None = None

    @classmethod
    def load(cls, cursor: str | None) -> Memory:
        """An absent, foreign or damaged cursor is an empty memory: the poll then reads everything again."""
        try:
            raw = mapping(json.loads(cursor or "{}")) or {}
        except (ValueError, RecursionError):
            raw = {}
        if raw.get("v") != 1:
            return cls()
        times = {name: instant(raw.get(name)) for name in _TIMES}
        return cls(sweep_pages=whole_number(raw.get("sweep_pages")) or 1, **times)

    def dump(self) -> str:
        times = {name: getattr(self, name) for name in _TIMES}
        raw = {name: moment.isoformat() for name, moment in times.items() if moment}
        return json.dumps({"v": 1, "sweep_pages": self.sweep_pages, **raw}, separators=(",", ":"))

    def sweep_is_due(self, now: datetime) -> bool:
        if self.swept_at is None:
            return True
        quiet = (now - self.seen) / QUIET_SHARE if self.seen else LONGEST_SWEEP_PAUSE
        wished = max(SHORTEST_SWEEP_PAUSE, SWEEP_PAUSE_PER_PAGE * min(self.sweep_pages, 1_000), quiet)
        return now - self.swept_at >= min(LONGEST_SWEEP_PAUSE, wished)

    def shares(self, now: datetime) -> bool:
        """Whether a shared read can serve: everything was read before, and nothing speaks for reading alone."""
        alone = self.alone_until is not None and now < self.alone_until
        return self.reaches() is not None and not alone and not self.sweep_is_due(now)

    def reaches(self) -> datetime | None:
        """Changes before this moment are stored; None: not known."""
        known = [moment for moment in (self.seen, self.checked) if moment]
        return max(known) - OVERLAP if known else None

    def finish(self, started: datetime) -> None:
        """A complete read ended. A review dated tomorrow must not hide today's."""
        if self.newest is not None:
            newest = min(self.newest, started)
            self.seen = max(newest, self.seen) if self.seen else newest
        self.newest = None
        if self.checked is None or started - self.checked >= CHECKED_STEP:
            self.checked = started
        if self.alone_until is not None and started >= self.alone_until:
            self.alone_until = None
