"""The cursor of a comment poll: a small JSON text of bounded size. Pure.

It remembers up to when everything was read (``seen``), when old posts were last looked through (``swept_at``), how many
comments each of the newest posts had, and what was learnt about the platform's habits. While a poll takes several
rounds it also carries that run, so that a poll that breaks off starts over from what is surely stored.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from channels.wire import identifier, instant, mapping, whole_number

#: Posts whose comment count is remembered; about 40 bytes each.
COUNTS_KEPT = 200
#: Read again this far back from the last complete poll: late-shown comments and clocks that differ.
OVERLAP = timedelta(minutes=10)
#: Old posts are looked through every 15 minutes for each page of posts the last pass took, at most every 6 hours: so a
#: pass never takes more than 96 calls a day, which fits the daily allowance of 4,800 calls per engaged person of a
#: quiet Page.
SWEEP_PER_PAGE = timedelta(minutes=15)
LONGEST_SWEEP_PAUSE = timedelta(hours=6)
#: While events arrive they tell of old posts too; then it is once a day, and for long lists at most 8 calls a day.
LIVE_SWEEP_PAUSE = timedelta(hours=24)
LIVE_SWEEP_PER_PAGE = timedelta(hours=3)
#: Once a day a sweep reads every page of comments, so that what was deleted is missed.
DEEP_SWEEP_PAUSE = timedelta(hours=24)


@dataclass(slots=True)
class Run:
    """A poll in progress. ``counts`` take effect when it completes; ``failed`` holds everything where it was.

    ``partial``: some page of posts or comments was left unread because nothing new was to be expected there.
    ``pictures``: ids of pictures whose comments this sweep has still to look at (`channels.album_poll`).
    """

    started: datetime
    sweep: bool = False
    deep: bool = False
    partial: bool = False
    newest: datetime | None = None
    pages: int = 1
    failed: bool = False
    counts: dict[str, int] = field(default_factory=dict)
    pictures: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Memory:
    """What one poll leaves for the next."""

    seen: datetime | None = None
    swept_at: datetime | None = None
    deep_at: datetime | None = None
    sweep_pages: int = 1
    counts: dict[str, int] = field(default_factory=dict)
    expands: bool = False
    streams: bool = False
    detail: int = 0
    run: Run | None = None

    @classmethod
    def load(cls, cursor: str | None) -> Memory:
        """An absent, foreign or damaged cursor is an empty memory: the poll then reads everything again."""
        try:
            raw = mapping(json.loads(cursor or "{}")) or {}
        except (ValueError, RecursionError):
            raw = {}
        if raw.get("v") != 1:
            return cls()
        memory = cls(
            seen=instant(raw.get("seen")),
            swept_at=instant(raw.get("swept_at")),
            deep_at=instant(raw.get("deep_at")),
            sweep_pages=whole_number(raw.get("sweep_pages")) or 1,
            counts=_counts(raw.get("counts")),
            expands=raw.get("expands") is True,
            streams=raw.get("streams") is True,
            detail=min(2, whole_number(raw.get("detail")) or 0),
        )
        run = mapping(raw.get("run"))
        started = instant(run.get("started")) if run else None
        if run and started:
            memory.run = Run(
                started,
                sweep=run.get("sweep") is True,
                deep=run.get("deep") is True,
                partial=run.get("partial") is True,
                newest=instant(run.get("newest")),
                pages=whole_number(run.get("pages")) or 1,
                failed=run.get("failed") is True,
                counts=_counts(run.get("counts")),
                pictures=_ids(run.get("pictures")),
            )
        return memory

    def dump(self) -> str:
        raw: dict[str, Any] = {
            "v": 1,
            "seen": _stamp(self.seen),
            "swept_at": _stamp(self.swept_at),
            "deep_at": _stamp(self.deep_at),
            "sweep_pages": self.sweep_pages,
            "counts": dict(list(self.counts.items())[-COUNTS_KEPT:]),
            "expands": self.expands,
            "streams": self.streams,
            "detail": self.detail,
        }
        if self.run is not None:
            raw["run"] = {
                "started": _stamp(self.run.started),
                "sweep": self.run.sweep,
                "deep": self.run.deep,
                "partial": self.run.partial,
                "newest": _stamp(self.run.newest),
                "pages": self.run.pages,
                "failed": self.run.failed,
                "counts": dict(list(self.run.counts.items())[-COUNTS_KEPT:]),
                "pictures": self.run.pictures,
            }
        return json.dumps(raw, separators=(",", ":"))

    def sweep_is_due(self, now: datetime, *, events_live: bool = False) -> bool:
        if self.swept_at is None:
            return True
        if events_live:
            return now - self.swept_at >= max(LIVE_SWEEP_PAUSE, LIVE_SWEEP_PER_PAGE * self.sweep_pages)
        return now - self.swept_at >= min(LONGEST_SWEEP_PAUSE, SWEEP_PER_PAGE * self.sweep_pages)

    def deep_is_due(self, now: datetime) -> bool:
        return self.deep_at is None or now - self.deep_at >= DEEP_SWEEP_PAUSE

    def since(self, *, head: bool) -> datetime | None:
        """Comments up to here are stored; None: nothing is. ``head``: on a post every poll looks at."""
        known = self.seen if head else self.swept_at
        return known - OVERLAP if known else None

    def finish(self, run: Run) -> None:
        """Closes a run of which every round is read. A failed one moves nothing but what was learnt of habits."""
        self.run = None
        if run.failed:
            return
        if run.newest is not None:
            newest = min(run.newest, run.started)  # a comment dated tomorrow must not hide today's
            self.seen = max(newest, self.seen) if self.seen else newest
        merged = {key: count for key, count in self.counts.items() if key not in run.counts} | run.counts
        self.counts = dict(list(merged.items())[-COUNTS_KEPT:])
        if run.sweep:
            self.swept_at = run.started
            self.sweep_pages = run.pages
        if run.deep:
            self.deep_at = run.started


def _stamp(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _ids(value: Any) -> list[str]:
    found = [identifier(one) for one in value] if isinstance(value, list) else []
    return [one for one in found if one is not None]


def _counts(value: Any) -> dict[str, int]:
    found = ((identifier(key), whole_number(count)) for key, count in (mapping(value) or {}).items())
    return {key: count for key, count in found if key is not None and count is not None}
