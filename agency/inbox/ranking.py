"""Where a conversation stands in the queue, and why: a sum of named parts that two readers would add up alike.

A point is a minute of head start. The base is when an answer is due; complaints, urgency and low stars move it forward.
All conversations grow older together, so waiting alone never changes their order: nothing has to be ranked again as
time passes, and nothing starves, because whatever waits comes to the top before anything that arrives much later.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

HORIZON = datetime(2100, 1, 1, tzinfo=UTC)
"""Due times are counted back from here, so that scores are positive and earlier means higher. Fits 32 bits."""

LONGEST_HEAD_START_MINUTES = 600

STARS_MINUTES = {1: 240, 2: 180, 3: 60}
URGENT_MINUTES = 180
COMPLAINT_MINUTES = 90
REACH_MINUTES = ((10, 90), (3, 30))
"""At least so many live messages in a public thread → so many minutes: others are reading along."""

URGENT = {
    "en": "urgent immediately asap emergency police lawyer fraud scam stolen hacked allerg poison unsafe danger",
    "pl": "pilne natychmiast policj prawnik oszust skradzion zatru alerg niebezpiecz uokik",
    "pt": "urgente imediatamente polícia policia advogad fraude burla golpe roubad alergi intoxica perigo procon",
    "es": "urgente inmediatamente policía policia abogad fraude estafa robad alergi alérgic intoxica peligro",
}
COMPLAINT = {
    "en": "refund terrible worst awful broken disappoint complain unacceptable rude dirty cold. late. waste",
    "pl": "zwrot reklamacj fataln najgorsz zepsut rozczarowan skarg skandal brudn zimn spóźni nieuprzejm",
    "pt": "reembolso reclama péssim pessim horrível horrivel pior. quebrad estragad decepc desilu inaceit sujo sujos "
    "suja. sujas sujeira frio. fria.",
    "es": "reembolso reclama queja. quejas pésim pesim horrible peor. roto. rota. estropead decepc inacept sucio sucia "
    "maleducad vergüenza frío. fría.",
}
"""Beginnings of words, since the languages inflect; with a dot the whole word. A first, small list; the brand's own
words come later. Not "never" and "nigdy": people praise with them, too ("never been better"), and what a style guide
stops in answers to complaints would stop answers to praise."""

_ALL = "all"


def _finders(lists: dict[str, str]) -> dict[str, re.Pattern[str]]:
    """What finds the words that begin so, by language and for all languages together."""
    by_language = {**lists, _ALL: " ".join(lists.values())}
    return {
        language: re.compile(rf"\b(?:{'|'.join(_beginning(word) for word in words.split())})")
        for language, words in by_language.items()
    }


def _beginning(word: str) -> str:
    whole = word.removesuffix(".")
    return re.escape(whole) + (r"\b" if whole != word else r"\w*")


_URGENT, _COMPLAINT = _finders(URGENT), _finders(COMPLAINT)


def complaint_words(text: str, language: str | None) -> list[str]:
    """The words of a text that complain, each once, in their order."""
    return _found(_COMPLAINT, text, language)


def urgent_words(text: str, language: str | None) -> list[str]:
    """The words of a text that ask for haste, each once, in their order."""
    return _found(_URGENT, text, language)


def _found(finders: dict[str, re.Pattern[str]], text: str, language: str | None) -> list[str]:
    finder = finders.get(language or _ALL) or finders[_ALL]
    return list(dict.fromkeys(finder.findall(text.lower())))


@dataclass(frozen=True, slots=True)
class RankFacts:
    """What ranking looks at. `due_at` is None where nothing is owed; then `since` alone places it."""

    text: str
    language: str | None
    stars: int | None
    since: datetime
    due_at: datetime | None
    message_count: int


def rank(facts: RankFacts) -> tuple[int, list[dict[str, Any]]]:
    """The score, highest first in the queue, and its parts: `{"part", "points", …}`; the points add up to the score."""
    base = facts.due_at or facts.since
    minutes = int((HORIZON - base).total_seconds()) // 60
    parts: list[dict[str, Any]] = [
        {"part": "due" if facts.due_at else "since", "points": minutes, "at": base.astimezone(UTC).isoformat()}
    ]
    if facts.stars in STARS_MINUTES:
        parts.append({"part": "stars", "points": STARS_MINUTES[facts.stars], "stars": facts.stars})
    for part, finders, points in (("urgent", _URGENT, URGENT_MINUTES), ("complaint", _COMPLAINT, COMPLAINT_MINUTES)):
        found = _found(finders, facts.text, facts.language)
        if found:
            parts.append({"part": part, "points": points, "words": found[:3]})
    for least, points in REACH_MINUTES:
        if facts.message_count >= least:
            parts.append({"part": "reach", "points": points, "messages": facts.message_count})
            break
    return sum(part["points"] for part in parts), parts
