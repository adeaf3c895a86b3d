"""A rank in words: each part of its sum, the sum as a sentence, and the same drawn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from flask_babel import gettext as _

from agency.inbox.clock_rules import ANSWERED
from agency.inbox.ranking import SAID_BY_STAFF
from agency.web.clock_names import clock_names
from agency.web.clocks import due, span_words
from agency.web.contexts_ranking import RankLook, RankPart
from agency.web.language import chosen_language, chosen_zone, per_language

KINDS: Final = {
    "woken": "clock",
    "urgent": "said",
    "complaint": "said",
    "anger": "said",
    "rule": "said",
    "stars": "said",
    "due": "clock",
    "reach": "place",
    "vip": "person",
    "person": "person",
    "tier": "place",
    "waiting": "waited",
}
"""What a part speaks of, which is how it is drawn."""

BAR: Final = 300
"""Width of the drawn sum."""


@per_language
def tier_words() -> dict[str, str]:
    """What each tier of a client is called."""
    return {"standard": _("Standard"), "plus": _("Plus"), "premium": _("Premium")}


def rank_look(parts: Sequence[dict[str, Any]], now: datetime, *, weights_url: str = "") -> RankLook:
    """The parts of `agency.inbox.ranking.parts_of` for a page; of none of them, what a case without a place shows."""
    told = [part for part in parts if part["points"]]
    score, most, at = sum(part["points"] for part in told), max(1, sum(max(0, part["points"]) for part in told)), 0.0
    looks = []
    for part in told:
        width = max(0, part["points"]) / most * BAR
        looks.append(
            RankPart(
                words=part_words(part, now),
                why=_words(part),
                points=part["points"],
                kind=KINDS.get(part["part"], "place"),
                x=f"{at:.1f}",
                width=f"{max(width - 1, 0.5):.1f}",
            )
        )
        at += width
    return RankLook(score=score, parts=tuple(looks), sentence=rank_sentence(parts, now), weights_url=weights_url)


def _words(part: dict[str, Any]) -> str:
    if part["part"] == "rule":
        return ", ".join(str(one[2]) for one in part.get("rules", ()))
    words = [str(word) for word in part.get("words", ())]
    return _("said by a person") if words == [SAID_BY_STAFF] else ", ".join(words)


def rank_sentence(parts: Sequence[dict[str, Any]], now: datetime) -> str:
    """87 = complaint 30 + due in 40 min 35 + VIP 20 + waited 2 h 2; empty of what has no place."""
    if not parts:
        return ""
    told = [f"{part_words(part, now)} {part['points']}" for part in parts if part["points"]]
    score = sum(part["points"] for part in parts)
    return f"{score} = {' + '.join(told)}" if told else str(score)


def part_words(part: dict[str, Any], now: datetime) -> str:
    """One part in a few words."""
    name, locale = part["part"], chosen_language()
    if name == "due":
        words = due(datetime.fromisoformat(part["at"]), now, chosen_zone(), locale).words
        of_clock = clock_names()[part["clock"]] if part.get("clock", ANSWERED) != ANSWERED else ""
        return f"{of_clock}: {words}" if of_clock else words
    if name == "waiting":
        seconds = int((now - datetime.fromisoformat(part["at"])).total_seconds())
        return _("waited %(span)s", span=span_words(max(seconds, 0), locale))
    if name == "stars":
        return _("%(n)s of 5 stars", n=part["stars"])
    if name == "person":
        return _("this person's weight %(n)s", n=part["weight"])
    if name == "tier":
        return _("%(tier)s client", tier=tier_words()[part["tier"]])
    return _fixed_words().get(name, name)


@per_language
def _fixed_words() -> dict[str, str]:
    return {
        "urgent": _("urgent words"),
        "complaint": _("complaint"),
        "anger": _("anger"),
        "reach": _("others read along"),
        "vip": _("VIP"),
        "rule": _("rules of the desk"),
        "woken": _("put off until now"),
    }
