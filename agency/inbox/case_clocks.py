"""The clocks of one case: since when each runs, until when by which rule, and when it was stopped. Pure.

They are kept with the case as JSON: `{"complaint": bool, "heard": {"from", "due", "rule", "at"}, …}`. A clock that no
rule sets keeps its beginning alone, so that rules that come later find it; `at` is when it was stopped. `ended` is up
to which words a person resolved it before. `client` are spans in which its client had a reply, `{"from", "until",
"due", "rule"}`: no `until` while they have it, `due` and `rule` where a rule says by when they say yes. A trigger
writes when they begin and end (`migrations/versions/0102`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from agency.inbox.clock_rules import ANSWERED, CLIENT_PAUSES, CLOCKS, BrandClocks, ClockRule

Kept = dict[str, Any]
_COMPLAINT: Final = "complaint"
_ENDED: Final = "ended"
_CLIENT: Final = "client"
MOST_SPANS: Final = 20
"""Of the client, the newest ones."""
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


class ClientSpan(NamedTuple):
    """A time in which the client had a reply; `until` is None while they have it. `due` and `rule`: by when they say
    yes, where a rule says so.
    """

    since: datetime
    until: datetime | None
    due: datetime | None
    rule: ClockRule | None

    @property
    def stands(self) -> tuple[datetime, datetime] | None:
        """When the clock of the answer stands by it: as long as the client has it, and no longer than was said."""
        if self.rule is None or self.due is None or self.rule.clock != CLIENT_PAUSES:
            return None
        return self.since, self.due if self.until is None else min(self.until, self.due)


class Started(NamedTuple):
    """When a clock began, and when it was stopped, if it was."""

    since: datetime
    stopped: datetime | None = None


def run(
    started: Mapping[str, Started],
    brand: BrandClocks,
    platform: str,
    kind: str,
    *,
    is_complaint: bool,
    client: Sequence[Mapping[str, Any]] = (),
) -> Kept:
    """What is kept of clocks that were started then; nothing where none was. `client` are the spans kept before."""
    kept: Kept = {}
    spans: list[dict[str, Any]] = []
    stood: list[tuple[datetime, datetime]] = []
    if client:
        first = min((one.since for one in started.values()), default=None)
        counts = [one for one in client if first is None or "until" not in one or _read(one["until"]) > first]
        spans = _with_rule(counts[-MOST_SPANS:], brand, platform, kind, is_complaint=is_complaint)
        stood = [span.stands for span in map(_span, spans) if span.stands is not None]
    written: tuple[datetime | None, str] = None, ""
    for name in CLOCKS:
        if name not in started:
            continue
        since, stopped = started[name]
        if since is not written[0]:  # all three mostly begin together
            written = since, _written(since)
        one: dict[str, Any] = {"from": written[1]}
        kept[name] = one
        rule = brand.rule(name, platform, kind, is_complaint=is_complaint)
        if rule is not None:
            due = brand.due_beside(rule, since, stood) if stood and name == ANSWERED else brand.due(rule, since)
            one["due"], one["rule"] = _written(due), list(rule)
        if stopped is not None:
            one["at"] = _written(stopped)
    if not kept:
        return {}
    return kept | {_COMPLAINT: is_complaint} | ({_CLIENT: spans} if spans else {})


def _with_rule(
    spans: Iterable[Mapping[str, Any]], brand: BrandClocks, platform: str, kind: str, *, is_complaint: bool
) -> list[dict[str, Any]]:
    rule = brand.client_rule(platform, kind, is_complaint=is_complaint)
    said = [{name: span[name] for name in ("from", "until") if name in span} for span in spans]
    if rule is None:
        return said
    return [one | {"due": _written(brand.due(rule, _read(one["from"]))), "rule": list(rule)} for one in said]


def run_again(kept: Kept, brand: BrandClocks, platform: str, kind: str) -> Kept:
    """The same clocks by the rules and hours of now; of what was stopped nothing changes."""
    anew = run_anew(kept, brand, platform, kind)
    return {
        **kept,
        **{name: one for name, one in anew.items() if name == _CLIENT or (name in CLOCKS and "at" not in kept[name])},
    }


def run_anew(kept: Kept, brand: BrandClocks, platform: str, kind: str) -> Kept:
    """The same clocks by the rules and hours of now, as if none had been stopped."""
    started = {name: Started(_read(kept[name]["from"])) for name in CLOCKS if name in kept}
    is_complaint = bool(kept.get(_COMPLAINT))
    return run(started, brand, platform, kind, is_complaint=is_complaint, client=client_of(kept))


def clocks_of(kept: Kept) -> tuple[CaseClock, ...]:
    """Those that a rule sets, in the order of CLOCKS."""
    return tuple(_clock(name, kept[name]) for name in CLOCKS if name in kept and "due" in kept[name])


def _clock(name: str, one: Mapping[str, Any]) -> CaseClock:
    return CaseClock(name, _read(one["from"]), _read(one["due"]), ClockRule(*one["rule"]), _read_or_none(one.get("at")))


def tightest(kept: Kept) -> CaseClock | None:
    """The one that runs and ends first."""
    ends = {name: _read(kept[name]["due"]) for name in _ORDER if "due" in kept.get(name, ()) and "at" not in kept[name]}
    first = min(ends, key=ends.__getitem__, default=None)
    return None if first is None else _clock(first, kept[first])


def client_of(kept: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
    """The client's spans, as they are kept."""
    return kept.get(_CLIENT) or ()


def client_spans(kept: Mapping[str, Any]) -> tuple[ClientSpan, ...]:
    """The same, read; the oldest first."""
    return tuple(map(_span, client_of(kept)))


def with_client(spans: Iterable[ClientSpan], since: datetime, until: datetime) -> timedelta:
    """For how much of that time the client had it."""
    had = timedelta(0)
    for span in spans:
        had += max(timedelta(0), min(until, span.until or until) - max(since, span.since))
    return had


def _span(kept: Mapping[str, Any]) -> ClientSpan:
    rule = kept.get("rule")
    return ClientSpan(
        _read(kept["from"]),
        _read_or_none(kept.get("until")),
        _read_or_none(kept.get("due")),
        None if rule is None else ClockRule(*rule),
    )


def ended_of(kept: Mapping[str, Any]) -> datetime | None:
    """Up to which words of the customer a person resolved the case before; newer ones began its end anew."""
    return _read_or_none(kept.get(_ENDED))


def with_end(kept: Kept, ended_at: datetime | None) -> Kept:
    """What is kept, with that."""
    return kept if ended_at is None or not kept else {**kept, _ENDED: _written(ended_at)}


def _written(at: datetime) -> str:
    return (at if at.tzinfo is UTC else at.astimezone(UTC)).isoformat()


def _read(written: str) -> datetime:
    return datetime.fromisoformat(written)


def _read_or_none(written: str | None) -> datetime | None:
    return None if written is None else _read(written)


def begun(since: datetime) -> Kept:
    """What is kept of a case whose clocks began then and were never worked out."""
    return {name: {"from": _written(since)} for name in CLOCKS} | {_COMPLAINT: False}
