"""What runs when, as data. The wall clock decides, so a line that is removed simply stops.

Each line has slots of `every_seconds`; a slot is claimed by one row in `received_event`, so any number of dispatchers
make one run of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from jobs import figures, indexing
from tenants.outbox import JobName


@dataclass(frozen=True)
class Line:
    """One job and how often it runs."""

    job: JobName
    every_seconds: int
    only_when: Callable[[], bool] | None = None
    """Asked at every round, without a scope, of what runs so often that it should not run in vain."""

    def slot(self, now: datetime) -> str:
        """The name of the slot `now` lies in."""
        return f"{self.job.value}-{int(now.timestamp()) // self.every_seconds}"


TIMETABLE = (
    Line(JobName.UPKEEP, 60),
    Line(JobName.CHECK_ACCESS, 60),
    Line(JobName.RANK_DUE, 60),
    Line(JobName.RING_WAITING, 60),
    Line(JobName.TELL_AUDIT_HEADS, 3600),
    Line(JobName.MAIL_DAYS, 1800),
    Line(JobName.MAIL_OUTCOMES, 60),
    Line(JobName.INDEX_WORDS, 3, only_when=indexing.is_due),
    Line(JobName.CHECK_FIGURES, 86_400),
    Line(JobName.FOLD_FIGURES, 3, only_when=figures.is_due),
)
