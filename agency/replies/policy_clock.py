"""When people are asked, reminded, and taken for silent: moments worked out from a policy's terms. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from agency.replies.policy_terms import Terms
from agency.replies.quiet_hours import Quiet, after_hours, quiet_until

LATE: Final = timedelta(minutes=15)
"""Rung once a minute: later than this the house was down, or the brand paused, and people lost that time."""


class Plan(NamedTuple):
    """What happens to a reply that waits from a moment on: when people are mailed, when again, when silence counts."""

    ask_at: datetime
    remind_at: tuple[datetime, ...]
    silence_at: datetime | None


def plan(terms: Terms, zone: ZoneInfo, begins: datetime, *, urgent: bool = False) -> Plan:
    """For a reply that comes to wait at this moment. `urgent` breaks the quiet times.

    Hours count from being asked. A reminder that would come when silence counts already is none.
    """
    quiet = _quiet(terms, urgent=urgent)
    ask_at = quiet_until(quiet, zone, begins) or begins

    def later(hours: int) -> datetime:
        return after_hours(quiet, zone, ask_at, hours, awake_only=terms.awake_hours)

    silence_at = later(terms.silence_after) if terms.silence_after else None
    found = (later(hours) for hours in terms.remind_after)
    return Plan(ask_at, tuple(one for one in found if silence_at is None or one < silence_at), silence_at)


def is_urgent(terms: Terms, *, complaint: bool | None, sentiment: str | None) -> bool:
    """Whether the case is one that breaks the quiet times. What nobody can tell breaks none."""
    held = {"complaint": bool(complaint), "negative": sentiment == "negative"}
    return any(held[one] for one in terms.quiet_broken_by)


def _quiet(terms: Terms, *, urgent: bool) -> tuple[Quiet, ...]:
    return () if urgent else terms.quiet


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitClock:
    """Where a waiting reply stands, as it is kept with it.

    `asked_at` is None while quiet times hold the mail back until `ask_at`. `remind_at` are the reminders to come,
    `reminded` how many went. `silence` is what silence means, from `silence_at` on; `fell_at` when it fell, `did` what
    was done then: the same, or `hold` where that could not be, with `why` in worded form. `urgent` breaks quiet times;
    `late`: time lost at the end was given back.
    """

    ask_at: datetime
    asked_at: datetime | None = None
    remind_at: tuple[datetime, ...] = ()
    reminded: int = 0
    reminded_at: datetime | None = None
    silence: str = "hold"
    silence_at: datetime | None = None
    fell_at: datetime | None = None
    did: str = ""
    why: Mapping[str, Any] | None = None
    urgent: bool = False
    late: bool = False

    @property
    def due_at(self) -> datetime | None:
        """When it rings next; None for never."""
        if self.asked_at is None:
            return self.ask_at
        if self.fell_at is not None:
            return None
        return min((*self.remind_at, *(() if self.silence_at is None else (self.silence_at,))), default=None)

    def as_data(self) -> dict[str, Any]:
        """As JSON keeps it; what says nothing is left out."""
        data: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        told = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in data.items()}
        told["remind_at"] = [one.isoformat() for one in self.remind_at]
        return {name: value for name, value in told.items() if value not in (None, [], 0, "", False)}


def clock_from_data(data: Mapping[str, Any] | None) -> WaitClock | None:
    """As it was kept; None for none."""
    if not data:
        return None
    told = dict(data)
    for name in ("ask_at", "asked_at", "reminded_at", "silence_at", "fell_at"):
        if name in told:
            told[name] = datetime.fromisoformat(told[name])
    told["remind_at"] = tuple(datetime.fromisoformat(one) for one in told.get("remind_at", ()))
    return WaitClock(**told)


def begun(terms: Terms, zone: ZoneInfo, begins: datetime, *, urgent: bool = False) -> WaitClock:
    """The clock of a reply that comes to wait now."""
    planned = plan(terms, zone, begins, urgent=urgent)
    return WaitClock(
        ask_at=planned.ask_at,
        remind_at=planned.remind_at,
        silence=terms.silence,
        silence_at=planned.silence_at,
        urgent=urgent,
    )


def asked(kept: WaitClock, terms: Terms, zone: ZoneInfo, now: datetime) -> WaitClock:
    """Once people were mailed. Where that came late, everything after it is as late."""
    if now - kept.ask_at <= LATE:
        return replace(kept, asked_at=now)
    return replace(begun(terms, zone, now, urgent=kept.urgent), asked_at=now)


def is_to_remind(kept: WaitClock, now: datetime) -> bool:
    """Whether a reminder is due: one of those to come, or one in the place of a silence that nobody was awake for."""
    if kept.fell_at is not None or kept.asked_at is None:
        return False
    return any(one <= now for one in kept.remind_at) or (not kept.late and _lost(kept.silence_at, now) > LATE)


def reminded(kept: WaitClock, terms: Terms, zone: ZoneInfo, now: datetime) -> WaitClock:
    """Once people were reminded. Where that came late, everything after it is as late: silence is no answer of people
    who were not asked, or could not press. Time lost at the very end is given back once, for as long as was signed.
    """
    quiet, past = _quiet(terms, urgent=kept.urgent), [one for one in kept.remind_at if one <= now]
    lost = _lost(past[0] if past else kept.silence_at, now)
    if not past:
        lost = min(lost, timedelta(hours=terms.silence_after))

    def moved(moment: datetime) -> datetime:
        if lost <= LATE:
            return moment
        later = max(moment, now) + lost if not past else moment + lost
        return quiet_until(quiet, zone, later) or later

    return replace(
        kept,
        remind_at=tuple(moved(one) for one in kept.remind_at if one not in past),
        reminded=kept.reminded + 1,
        reminded_at=now,
        silence_at=None if kept.silence_at is None else moved(kept.silence_at),
        late=kept.late or not past,
    )


def _lost(due_at: datetime | None, now: datetime) -> timedelta:
    return timedelta() if due_at is None else max(now - due_at, timedelta())


def reached_late(kept: WaitClock, terms: Terms, zone: ZoneInfo, reached_at: datetime) -> WaitClock:
    """Where the first mail left long after it was promised: counted from when it did."""
    anew = begun(terms, zone, reached_at, urgent=kept.urgent)
    return replace(anew, asked_at=reached_at, reminded=kept.reminded, reminded_at=kept.reminded_at, late=kept.late)


def is_silent(kept: WaitClock, now: datetime) -> bool:
    """Whether silence falls now: nobody decided, and nobody is still to be reminded."""
    is_due = kept.silence_at is not None and kept.silence_at <= now
    return is_due and kept.asked_at is not None and kept.fell_at is None and not is_to_remind(kept, now)


def fallen(kept: WaitClock, now: datetime, did: str, why: Mapping[str, Any] | None = None) -> WaitClock:
    """Once silence fell. What comes after it is for people."""
    return replace(kept, fell_at=now, did=did, why=why, remind_at=())
