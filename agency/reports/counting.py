"""What a case comes to on each day, worked out from what was said in it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from agency.inbox.models import FROM_SPAMMER, MERGED, PAST, SPAM
from agency.inbox.summary import PRIVATE

ASKS_NOTHING: Final = ("stars_only", "nothing_to_answer", FROM_SPAMMER, PAST, SPAM, MERGED)
"""Reasons for which a case is closed and no answer is owed: whatever nobody answered in it is no question."""


class Said(NamedTuple):
    """One message. `upto` is, of a reply of ours that answers one message, when that one was written."""

    at: datetime
    is_ours: bool
    upto: datetime | None = None
    answers: bool = True
    """Of ours: more than a word that we heard, and the platform shows it."""


class Question(NamedTuple):
    """What a customer wrote until somebody answered: when it began, and when it was answered."""

    since: datetime
    answered_at: datetime | None


class Outcome(NamedTuple):
    """How a clock of the answer ended."""

    since: datetime
    was_met: bool


class CaseFacts(NamedTuple):
    """All that is counted of a case. `said` in any order; `with_client` are spans in which its client had a reply."""

    kind: str
    status: str
    closed_reason: str | None
    time_zone: str
    said: Sequence[Said]
    with_client: Sequence[tuple[datetime, datetime]] = ()
    outcomes: Sequence[Outcome] = ()


@dataclass
class Day:
    """As `agency.reports.models.CaseDay`."""

    received: int = 0
    asked: int = 0
    answered: int = 0
    seconds: int = 0
    client_seconds: int = 0
    met: int = 0
    missed: int = 0
    cases: int = 0
    resolved: int = 0
    waits: list[int] = field(default_factory=list)
    waiting_since: datetime | None = None


def questions(said: Iterable[Said]) -> list[Question]:
    """In the order they began. An answer to one message ends no question that began after it; what it leaves open goes
    on from the first words behind it. Times alone decide, so it is the same whatever came in first.
    """
    found: list[Question] = []
    waiting: list[datetime] = []
    for one in sorted(said, key=lambda each: (each.at, each.is_ours, each.upto or each.at)):
        if not one.is_ours:
            waiting.append(one.at)
        elif one.answers:
            upto = one.at if one.upto is None else one.upto
            left = [at for at in waiting if at > upto]
            if len(left) < len(waiting):
                found.append(Question(waiting[0], one.at))
                waiting = left
    if waiting:
        found.append(Question(waiting[0], None))
    return found


def is_private(kind: str) -> bool:
    """Whether nobody else reads along."""
    return kind == PRIVATE


def days_of(case: CaseFacts, first: date) -> dict[date, Day]:
    """What it adds to each day from `first` on, by its brand's clock. A question that still waits is said on the day it
    began, however long ago that was.
    """
    zone, days = ZoneInfo(case.time_zone), dict[date, Day]()

    def day(at: datetime) -> Day:
        here = at.astimezone(zone).date()
        return days.setdefault(here, Day()) if here >= first else Day()

    theirs = [one.at for one in case.said if not one.is_ours]
    for at in theirs:
        day(at).received += 1
    asked = False
    owes = case.status != "closed" or case.closed_reason not in ASKS_NOTHING
    for one in questions(case.said):
        asked = asked or owes or one.answered_at is not None
        if one.answered_at is not None:
            on, waited = day(one.since), one.answered_at - one.since
            seconds = int(waited.total_seconds())
            on.asked += 1
            on.answered += 1
            on.seconds += seconds
            on.waits.append(seconds)
            on.client_seconds += int(_within(case.with_client, one.since, one.answered_at).total_seconds())
        elif owes:
            day(one.since).asked += 1
            if case.status != "closed":
                since = one.since.astimezone(zone).date()
                days.setdefault(since, Day()).waiting_since = one.since
    for outcome in case.outcomes:
        on = day(outcome.since)
        on.met += outcome.was_met
        on.missed += not outcome.was_met
    if asked:
        newest = day(max(theirs))
        newest.cases, newest.resolved = 1, int(case.status == "closed")
    return days


def _within(spans: Sequence[tuple[datetime, datetime]], since: datetime, until: datetime) -> timedelta:
    """How much of the time between is covered by spans; what several cover counts once."""
    covered, reached = timedelta(), since
    for begins, ends in sorted(spans):
        begins, ends = max(begins, reached), min(ends, until)
        if ends > begins:
            covered += ends - begins
            reached = ends
    return covered
