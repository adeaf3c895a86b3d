"""The check of a text for a brand, with its guide in force: what pages, the API, submit and publish all call."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from styleguides.check import CheckContext, Finding, check_text, compile_rules, length, length_limit, reading_seconds
from styleguides.guides import guide_and_language

_NO_RULES = compile_rules(())


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Findings in order of place, and what the composer shows beside them.

    `guide_version` is None where the brand has no guide in force; `length` and `length_limit` count in the platform's
    unit (`styleguides.length.length_unit`).
    """

    findings: list[Finding]
    guide_version: int | None
    reading_seconds: int
    length: int
    length_limit: int | None

    @property
    def stopped(self) -> bool:
        """Whether a finding forbids sending."""
        return any(finding.level == "stop" for finding in self.findings)


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
    complaint: bool = False,
) -> CheckResult:
    """Hold a text against the guide in force and the platform's limits. One SQL statement.

    `language` None: recognised from the text, else the brand's. Raises NotFound for a brand outside the scope.
    """
    guide, brand_language = guide_and_language(brand_id)
    context = CheckContext(
        platform=platform,
        kind=kind,
        language=language,
        stars=stars,
        customer_name=customer_name,
        brand_language=brand_language,
        reader_language=reader_language,
        complaint=complaint,
    )
    return CheckResult(
        findings=check_text(guide.compiled if guide else _NO_RULES, text, context),
        guide_version=guide.number if guide else None,
        reading_seconds=reading_seconds(text),
        length=length(text, platform, kind),
        length_limit=length_limit(platform, kind),
    )
