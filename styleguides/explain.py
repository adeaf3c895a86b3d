"""Findings in words: one sentence or two in the language of the text, and in the reader's where that is another."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from styleguides.language import FALLBACK_LANGUAGE, base_language, language_data
from styleguides.rule_kinds import LEVELS, CheckContext, Finding, NeedsApproval, Rule
from styleguides.tokens import Normalised

LONGEST_QUOTE: Final = 80
"""Code points of the text quoted in a message; a longer stretch ends in an ellipsis there."""

_RANK: Final = {level: rank for rank, level in enumerate(LEVELS)}


@lru_cache(1_000)
def message_language(*codes: str | None) -> str:
    """The first of these languages that has messages."""
    for code in codes:
        if (base := base_language(code)) and language_data(base).messages:
            return base
    return FALLBACK_LANGUAGE


class Findings:
    """Collects findings of one text and hands them out in a fixed order: by place, level, then the rule's place."""

    def __init__(self, normalised: Normalised, language: str | None, context: CheckContext) -> None:
        self._normalised = normalised
        code = message_language(language, context.brand_language)
        self._messages = language_data(code).messages
        reader = message_language(context.reader_language) if context.reader_language else code
        self._reader_messages = language_data(reader).messages if reader != code else None
        self._found: list[tuple[int, int, int, int, Finding]] = []

    def add(
        self, rule: Rule, order: int, words: str, start: int, end: int, suggestion: str | None = None, **values: object
    ) -> None:
        """A finding at `start` to `end` of the normalised text. `words` names the message, `values` fill it."""
        start, end = self._normalised.given_span(start, end)
        if "quote" not in values:
            quote = self._normalised.given[start:end]
            values["quote"] = quote if len(quote) <= LONGEST_QUOTE else quote[:LONGEST_QUOTE] + "…"
        values["suggestion"] = suggestion
        message = _said(self._messages, words, rule.reason, values)
        reader = _said(self._reader_messages, words, rule.reason, values) if self._reader_messages else None
        finding = Finding(rule.id, rule.level, message, start, end, suggestion, reader, isinstance(rule, NeedsApproval))
        self._found.append((start, end, _RANK[rule.level], order, finding))

    def in_order(self) -> list[Finding]:
        self._found.sort(key=lambda entry: entry[:4])
        return [entry[4] for entry in self._found]


def _said(messages: Mapping[str, str], words: str, reason: str, values: dict[str, object]) -> str:
    said = messages[words].format_map(values)
    return f"{said} {_why(messages['why'], reason)}" if reason else said


@lru_cache(10_000)
def _why(template: str, reason: str) -> str:
    return template.format(reason=reason)
