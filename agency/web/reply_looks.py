"""What composer, owner pages, receipt and guide show alike: findings, a check's result, stars, the place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from agency.replies.models import UNDECIDED_STATES
from agency.replies.queries import ReplyRow
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
    return f"{platform_word(platform)} · {kind_word(kind)}"


def kind_word(kind: str) -> str:
    """What was written, by its kind."""
    words = {
        "comment": _("comment"),
        "review": _("review"),
        "post": _("visitor's post"),
        "mention": _("mention"),
        "message": _("direct message"),
    }
    return words.get(kind, words["comment"])


def answer_words(platform: str, kind: str, *, private: bool = False, deed: str = "reply") -> str:
    """For one reply: Google · public answer to a review."""
    return f"{platform_word(platform)} · {way_words(kind, private=private, deed=deed)}"


def way_words(kind: str, *, private: bool = False, deed: str = "reply") -> str:
    """Where words of ours go, and whether all may read them."""
    if deed != "reply":
        return _("change of our public answer") if deed == "edit" else _("our public answer is taken back")
    if kind == "message":
        return _("direct message, private")
    if private:
        return _("private message to who wrote this")
    words = {
        "review": _("public answer to a review"),
        "post": _("public answer to a visitor's post"),
        "mention": _("public answer to a mention"),
    }
    return words.get(kind) or _("public answer to a comment")


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
                needs_approval=bool(fields.get("needs_approval")),
            )
        )
    return tuple(looks)


def result_look(checked: Checked, text: str, platform: str | None, kind: str | None = None) -> CheckResult:
    """A fresh check. `kind` "message" counts as messages are counted."""
    return _result(finding_looks(checked.findings, text), checked.guide_version, text, platform, kind)


def stored_result(
    findings: list[dict[str, Any]], guide_version: int | None, text: str, platform: str, kind: str | None = None
) -> CheckResult:
    """A check as it was when the words were stored."""
    return _result(finding_looks(findings, text), guide_version, text, platform, kind)


def stopped_words(row: ReplyRow) -> str:
    """What a guide that came in force since these words were checked stops in them; empty where nothing."""
    if row.stopped_now is None or row.state not in UNDECIDED_STATES:
        return ""
    return _(
        "The style guide in force now, version %(n)s, stops this: %(reason)s",
        n=row.stopped_by_version,
        reason=row.stopped_now,
    )


def let_go_in(result: CheckResult, row: ReplyRow) -> CheckResult:
    """The same, with what a lead let these stored words go in spite of."""
    if not row.let_go_rules:
        return result
    words = _("%(name)s let this go: %(reason)s", name=row.let_go_by_name or "", reason=row.let_go_reason or "")
    return replace(result, let_go_rules=frozenset(row.let_go_rules), let_go_words=words)


def _result(
    findings: tuple[FindingLook, ...], guide_version: int | None, text: str, platform: str | None, kind: str | None
) -> CheckResult:
    size, limit = length(text, platform, kind), length_limit(platform, kind)
    return CheckResult(
        findings=findings,
        reading_words=clocks.reading_words(reading_seconds(text), chosen_language()),
        length=size,
        length_limit=limit or size,
        length_words=_length_words(size, limit, length_unit(platform, kind)),
        guide_version=guide_version,
    )


def _length_words(size: int, limit: int | None, unit: str) -> str:
    if limit is None:
        return ngettext("%(num)s character", "%(num)s characters", size)
    if unit == "bytes":
        return _("%(size)s of %(limit)s bytes", size=size, limit=limit)
    return _("%(size)s of %(limit)s characters", size=size, limit=limit)
