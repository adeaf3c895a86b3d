"""Where a draft says otherwise than the brand said lately: a hint while it is written, which stops nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from zoneinfo import ZoneInfo

from agency.inbox.case import Case
from agency.replies.same_answer import language_of, near_answers, told_of, words_of
from styleguides.brand_check import CheckResult
from styleguides.differing import differences, told_in
from styleguides.explain import Findings, message_language
from styleguides.rule_kinds import LEVELS, CheckContext, Finding, Rule
from styleguides.tokens import Normalised

EARLIER: Final = Rule(id="earlier-answer", level="hint")


def with_earlier(found: CheckResult, case: Case, text: str, reader_language: str | None) -> CheckResult:
    """The check of a draft with these hints in their places."""
    context = CheckContext(brand_language=case.brand_language, reader_language=reader_language)
    hints = findings_of_draft(case, text, context)
    if not hints:
        return found
    in_order = sorted([*found.findings, *hints], key=lambda one: (one.start, one.end, LEVELS.index(one.level)))
    return replace(found, findings=in_order)


def findings_of_draft(case: Case, text: str, context: CheckContext) -> list[Finding]:
    """A hint for each kind of value in which a draft differs from the newest near answer that differs. No statement
    where the draft names no value, four where it does.
    """
    words = words_of(case)
    here = told_in(text, language_of(case), words)
    if not here or not words:
        return []
    newest = sorted(near_answers(case, words, with_person=False), key=lambda one: one.answered_at, reverse=True)
    language = message_language(language_of(case), context.brand_language)
    out = Findings(Normalised(text), language, context)
    told: set[str] = set()
    for answer in newest:
        for one in differences(here, told_of(answer, words)):
            if one.kind not in told:
                told.add(one.kind)
                day = answer.answered_at.astimezone(ZoneInfo(case.brand_time_zone)).date()  # the same in every language
                there = ", ".join(each.said for each in one.there)
                name = "earlier_yes_no" if one.kind == "yes_no" else "earlier"
                said = ", ".join(each.said for each in one.here)
                out.add(EARLIER, -1, name, one.here[0].start, one.here[0].end, day=day, there=there, here=said)
    return out.in_order()
