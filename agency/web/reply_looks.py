"""What composer, owner pages, receipt and guide show alike: findings, a check's result, stars, the place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from agency.web import clocks
from agency.web.contexts import CheckResult
from agency.web.language import chosen_language
from agency.web.looks import FindingLook, Stars
from styleguides.brand_check import CheckResult as Checked
from styleguides.check import Finding, length, length_limit, reading_seconds
from styleguides.length import PLATFORM_LABELS, length_unit


def platform_word(platform: str) -> str:
    """A platform's name."""
    return PLATFORM_LABELS.get(platform, platform)


def place_words(platform: str, kind: str) -> str:
    """For a list: Google · review."""
    words = _("review") if kind == "review" else _("comment")
    return f"{platform_word(platform)} · {words}"


def answer_words(platform: str, kind: str) -> str:
    """For one reply: Google · public answer to a review."""
    words = _("public answer to a review") if kind == "review" else _("public answer to a comment")
    return f"{platform_word(platform)} · {words}"


def stars_look(given: int | None) -> Stars | None:
    """A rating, or nothing."""
    return None if given is None else Stars(given, _("%(n)s of 5 stars", n=given))


def finding_looks(found: Iterable[Finding | Mapping[str, Any]], text: str) -> tuple[FindingLook, ...]:
    """Findings as the check gives them, or as they are stored beside a text."""
    looks = []
    for one in found:
        if isinstance(one, Finding):
            fields: Mapping[str, Any] = {name: getattr(one, name) for name in Finding.__slots__}
        else:
            fields = one
        start, end = int(fields["start"]), int(fields["end"])
        looks.append(
            FindingLook(
                rule=str(fields["rule"]),
                level=fields["level"],
                message=str(fields["message"]),
                start=start,
                end=end,
                quoted=text[start:end],
                suggestion=fields.get("suggestion"),
                reason=str(fields.get("reader_message") or ""),
            )
        )
    return tuple(looks)


def result_look(checked: Checked, text: str, platform: str | None) -> CheckResult:
    """A fresh check."""
    return _result(finding_looks(checked.findings, text), checked.guide_version, text, platform)


def stored_result(findings: list[dict[str, Any]], guide_version: int | None, text: str, platform: str) -> CheckResult:
    """A check as it was when the words were stored."""
    return _result(finding_looks(findings, text), guide_version, text, platform)


def _result(
    findings: tuple[FindingLook, ...], guide_version: int | None, text: str, platform: str | None
) -> CheckResult:
    size, limit = length(text, platform), length_limit(platform)
    return CheckResult(
        findings=findings,
        reading_words=clocks.reading_words(reading_seconds(text), chosen_language()),
        length=size,
        length_limit=limit or size,
        length_words=_length_words(size, limit, platform),
        guide_version=guide_version,
    )


def _length_words(size: int, limit: int | None, platform: str | None) -> str:
    if limit is None:
        return ngettext("%(num)s character", "%(num)s characters", size)
    if length_unit(platform) == "bytes":
        return _("%(size)s of %(limit)s bytes", size=size, limit=limit)
    return _("%(size)s of %(limit)s characters", size=size, limit=limit)
