"""A draft held against replies that were written before: what it would stop, what it would let pass. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from styleguides.check import CheckContext, CompiledRules, Finding, check_text

K = TypeVar("K", bound=Hashable)
Outcome = Literal["stopped_now", "stopped_still", "free_now", "warned_now"]


@dataclass(frozen=True, slots=True)
class WrittenText(Generic[K]):
    """A text of before, with what must be known to judge it. `key` names it to whoever asked."""

    key: K
    text: str
    context: CheckContext


@dataclass(frozen=True, slots=True)
class TrialCase(Generic[K]):
    """A text that fares otherwise, or is stopped by both; `findings` are the draft's own that say so.

    `stopped_now`: only the draft stops it; `stopped_still`: both do; `free_now`: only the guide in force does;
    `warned_now`: the draft warns by a rule that was silent.
    """

    written: WrittenText[K]
    outcome: Outcome
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Trial(Generic[K]):
    """What came of it, in the order of the texts."""

    held: int
    cases: tuple[TrialCase[K], ...]

    def count(self, outcome: Outcome) -> int:
        """How many texts fare so."""
        return sum(1 for case in self.cases if case.outcome == outcome)


def hold_against(draft: CompiledRules, in_force: CompiledRules, texts: Iterable[WrittenText[K]]) -> Trial[K]:
    """Check each text with both. Linear in the texts; the platforms' own limits count in both alike."""
    held, cases = 0, []
    for written in texts:
        held += 1
        now = check_text(draft, written.text, written.context)
        before = check_text(in_force, written.text, written.context)
        case = _case(written, now, before)
        if case is not None:
            cases.append(case)
    return Trial(held, tuple(cases))


def _case(written: WrittenText[K], now: list[Finding], before: list[Finding]) -> TrialCase[K] | None:
    stops = tuple(finding for finding in now if finding.level == "stop")
    stopped_before = any(finding.level == "stop" for finding in before)
    if stops:
        return TrialCase(written, "stopped_still" if stopped_before else "stopped_now", stops)
    if stopped_before:
        return TrialCase(written, "free_now", ())
    known = {(finding.rule, finding.start, finding.end) for finding in before if finding.level == "warn"}
    warns = tuple(f for f in now if f.level == "warn" and (f.rule, f.start, f.end) not in known)
    return TrialCase(written, "warned_now", warns) if warns else None
