"""The check of a text for a brand, with its guide in force: what pages, the API, submit and publish all call."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from styleguides.brand_promises import promised_in
from styleguides.brand_state import BrandState, state_of
from styleguides.check import (
    EMPTY,
    PLATFORM_LENGTH,
    TURNED_AROUND,
    UNSENDABLE,
    CheckContext,
    Finding,
    check_text,
    compile_rules,
    length,
    length_limit,
    reading_seconds,
)
from styleguides.facts import findings_by_facts
from styleguides.guides import guide_in
from styleguides.never_said import Sayings, never_said
from styleguides.other_brands import other_brand_findings
from styleguides.passed_check import key_of_check
from styleguides.promised_moments import PromisedMoment
from styleguides.rule_kinds import LEVELS
from styleguides.scenarios import CaseFacts
from styleguides.wording import fingerprint_keys
from tenants import brand_marks

_NO_RULES = compile_rules(())
NEVER_LET_GO = frozenset(rule.id for rule in (EMPTY, PLATFORM_LENGTH, TURNED_AROUND, UNSENDABLE))
"""What no platform takes or shows as it was written: nobody may send it in spite of the finding."""


class Ready(NamedTuple):
    """What a check asks the database about a brand, read ahead for many texts at once. Without `sayings` what
    guidelines say never to say is left out: it warns and stops nothing.
    """

    state: BrandState
    sayings: Sayings | None = None


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Findings in order of place, and what the composer shows beside them.

    `guide_version` is None where the brand has no guide in force; `length` and `length_limit` count in the platform's
    unit (`styleguides.length.length_unit`). `key` is what was asked about, as one hash (`styleguides.passed_check`).
    `promises` is what the words promise with a date, where that was asked.
    """

    findings: list[Finding]
    guide_version: int | None
    reading_seconds: int
    length: int
    length_limit: int | None
    key: bytes = b""
    promises: list[PromisedMoment] = field(default_factory=list)

    @property
    def stopped(self) -> bool:
        """Whether a finding forbids sending."""
        return any(finding.level == "stop" for finding in self.findings)

    @property
    def passed(self) -> bytes | None:
        """By which hash it need not be made again (`has_passed`); None where it stopped something."""
        return None if self.stopped else self.key

    @property
    def needs_approval(self) -> str | None:
        """Why these words wait for the client's yes whatever the brand's policy; None where the guide asks for none."""
        return next((finding.message for finding in self.findings if finding.needs_approval), None)


def check_for_brand(
    brand_id: UUID,
    text: str,
    platform: str | None,
    kind: str | None,
    language: str | None = None,
    stars: int | None = None,
    customer_name: str | None = None,
    *,
    reader_language: str | None = None,
    beside_others: bool = False,
    began_with: str | None = None,
    case: CaseFacts | None = None,
    ready: Ready | None = None,
    promises_at: datetime | None = None,
) -> CheckResult:
    """Hold a text against the guide in force, the platform's limits and the fact sheet. One SQL statement, two with
    `beside_others`, one more where guidelines fit the case; with `ready` only what changed since is read.

    `beside_others`: words of the agency's other brands are findings, too; for whoever writes for several brands, never
    for a client, who shall not learn of the others. `began_with`: the saved reply the words began from. `case`: whether
    the words answer a complaint, for rules that ask; and what guidelines that fit it say never to say is a warning.
    `language` None: recognised from the text, else the brand's. `promises_at`: what they promise is read, too, as if
    they were sent then. Raises NotFound for a brand outside the scope.
    """
    state = state_of(brand_id) if ready is None else ready.state
    guide = guide_in(state)
    context = CheckContext(
        platform=platform,
        kind=kind,
        language=language,
        stars=stars,
        customer_name=customer_name,
        brand_language=state.language,
        reader_language=reader_language,
        complaint=case is not None and "complaint" in case.case_kinds,
        began_with=began_with,
    )
    key = key_of_check(brand_id, state, text, context)
    findings = check_text(guide.compiled if guide else _NO_RULES, text, context)
    findings += findings_by_facts(brand_id, text, context, state)
    if case is not None and (ready is None or ready.sayings is not None):
        findings += never_said(brand_id, text, case, context, state.guidelines, ready.sayings if ready else None)
    if beside_others:
        marks = brand_marks.marks_near(brand_marks.keys_in(text) | fingerprint_keys(text))
        rule = next((rule for rule in guide.rules if rule.kind == "other_brands"), None) if guide else None
        findings += other_brand_findings(text, brand_id, marks, context, rule)
    findings.sort(key=lambda finding: (finding.start, finding.end, LEVELS.index(finding.level)))
    return CheckResult(
        findings=findings,
        guide_version=guide.number if guide else None,
        reading_seconds=reading_seconds(text),
        length=length(text, platform, kind),
        length_limit=length_limit(platform, kind),
        key=key,
        promises=promised_in(text, promises_at, state.language, state.time_zone, state.hours) if promises_at else [],
    )


def has_passed(
    passed: bytes | None,
    brand_id: UUID,
    text: str,
    platform: str | None,
    kind: str | None,
    *,
    stars: int | None,
    customer_name: str | None,
    complaint: bool,
    began_with: str | None,
    ready: Ready,
) -> bool:
    """Whether a check of these words that stopped nothing, kept by its `CheckResult.passed`, would find the same now:
    nothing it asks about has changed. What comes from other brands and from guidelines is not told by it.
    """
    if passed is None:
        return False
    context = CheckContext(
        platform=platform,
        kind=kind,
        stars=stars,
        customer_name=customer_name,
        brand_language=ready.state.language,
        complaint=complaint,
        began_with=began_with,
    )
    return passed == key_of_check(brand_id, ready.state, text, context)
