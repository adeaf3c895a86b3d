"""The clocks of one case: since when each runs, until when by which rule, and when it was stopped. Pure.

They are kept with the case as JSON: `{"complaint": bool, "heard": {"from", "due", "rule", "at"}, …}`. A clock that no
rule sets keeps its beginning alone, so that rules that come later find it; `at` is when it was stopped. `ended` is up
to which words a person resolved it before.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from agency.inbox.clock_rules import ANSWERED, CLOCKS, BrandClocks, ClockRule

Kept = dict[str, Any]
_COMPLAINT: Final = "complaint"
_ENDED: Final = "ended"
_ORDER: Final = (ANSWERED, *(one for one in CLOCKS if one != ANSWERED))
"""Of clocks that end together the answer is what somebody has to do."""


class CaseClock(NamedTuple):
    """A clock of a case that a rule sets; `stopped` is None while it runs."""

    name: str
    since: datetime
    due: datetime
    rule: ClockRule
    stopped: datetime | None

    @property
    def was_met(self) -> bool | None:
        """Whether it was stopped in time; None while it runs."""
        return None if self.stopped is None else self.stopped <= self.due


class Started(NamedTuple):
    """When a clock began, and when it was stopped, if it was."""

    since: datetime
    stopped: datetime | None = None


def run(started: Mapping[str, Started], brand: BrandClocks, platform: str, kind: str, *, is_complaint: bool) -> Kept:
    """What is kept of clocks that were started then; nothing where none was."""
    kept: Kept = {}
    for name in CLOCKS:
        if name not in started:
            continue
        since, stopped = started[name]
        kept[name] = {"from": _written(since)}
        rule = brand.rule(name, platform, kind, is_complaint=is_complaint)
        if rule is not None:
            kept[name] |= {"due": _written(brand.due(rule, since)), "rule": list(rule)}
        if stopped is not None:
            kept[name]["at"] = _written(stopped)
    return kept | {_COMPLAINT: is_complaint} if kept else {}


def run_again(kept: Kept, brand: BrandClocks, platform: str, kind: str) -> Kept:
    """The same clocks by the rules and hours of now; of what was stopped nothing changes."""
    anew = run_anew(kept, brand, platform, kind)
    return {**kept, **{name: one for name, one in anew.items() if name in CLOCKS and "at" not in kept[name]}}


def run_anew(kept: Kept, brand: BrandClocks, platform: str, kind: str) -> Kept:
    """The same clocks by the rules and hours of now, as if none had been stopped."""
    started = {name: Started(_read(kept[name]["from"])) for name in CLOCKS if name in kept}
    return run(started, brand, platform, kind, is_complaint=bool(kept.get(_COMPLAINT)))


def clocks_of(kept: Kept) -> tuple[CaseClock, ...]:
    """Those that a rule sets, in the order of CLOCKS."""
    return tuple(
        CaseClock(name, _read(one["from"]), _read(one["due"]), ClockRule(*one["rule"]), _read_or_none(one.get("at")))
        for name, one in ((name, kept[name]) for name in CLOCKS if name in kept)
        if "due" in one
    )


def tightest(kept: Kept) -> CaseClock | None:
    """The one that runs and ends first."""
    runs = (one for one in clocks_of(kept) if one.stopped is None)
    return min(runs, key=lambda one: (one.due, _ORDER.index(one.name)), default=None)


def ended_of(kept: Mapping[str, Any]) -> datetime | None:
    """Up to which words of the customer a person resolved the case before; newer ones began its end anew."""
    return _read_or_none(kept.get(_ENDED))


def with_end(kept: Kept, ended_at: datetime | None) -> Kept:
    """What is kept, with that."""
    return kept if ended_at is None or not kept else {**kept, _ENDED: _written(ended_at)}


def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _read(written: str) -> datetime:
    return datetime.fromisoformat(written)


def _read_or_none(written: str | None) -> datetime | None:
    return None if written is None else _read(written)


def begun(since: datetime) -> Kept:
    """What is kept of a case whose clocks began then and were never worked out."""
    return {name: {"from": _written(since)} for name in CLOCKS} | {_COMPLAINT: False}
