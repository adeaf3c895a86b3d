"""Where a conversation stands in the queue, and why: a sum of named parts that two readers would add up alike.

A point is an hour of waiting. All conversations grow older together, so waiting alone never changes their order: it is
part of the order from the beginning and nothing is ranked again as time passes. What does change the order as time
passes is the due time: it counts in steps, and `Ranked.rerank_at` says when the next one comes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from agency.inbox.understanding.stored import Stored, corrections_of, words_for
from agency.inbox.weights import MOST_RULE_POINTS, Weights

POINT_SECONDS: Final = 3_600
"""What a point is worth in waiting."""
HORIZON: Final = datetime(2060, 1, 1, tzinfo=UTC)
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Ranks are seconds counted back from HORIZON, so that older means higher. With what is older than EARLIEST taken as
from then, they fit 32 bits beside the most points there can be."""
PARTS: Final = (
    *("woken", "urgent", "complaint", "anger", "rule", "stars", "due", "reach", "vip", "person", "tier", "waiting"),
)
"""In the order in which they are told."""
WORD_PARTS: Final = ("urgent", "complaint", "anger")
"""Parts by words: kept also where they count nothing, so that other weights need no reading of the messages."""
WORDS_TOLD: Final = 3
FEW_STARS: Final = 2
MANY_STARS: Final = 4
"""A review of at most so few stars complains whatever its words; of at least so many it does not."""

SAID_BY_STAFF: Final = "✓"
"""Stands for the words where a person said what it is, and no words did."""


class Said(NamedTuple):
    """What a text says that counts, each by the words that say it."""

    urgent: tuple[str, ...] = ()
    complaint: tuple[str, ...] = ()
    anger: tuple[str, ...] = ()


def said_of(reading: Stored, stars: int | None) -> Said:
    """What a customer's words say that counts, as they were read or corrected."""
    complains = stars is None or stars < MANY_STARS
    return Said(
        _words(reading, "urgency", "urgent"),
        _words(reading, "act", "complaint") if complains else (),
        _words(reading, "anger", "angry"),
    )


def is_complaint(stars: int | None, words: tuple[str, ...]) -> bool:
    """Whether stars, and words that were read as complaining, make a complaint."""
    if stars is not None and (stars <= FEW_STARS or stars >= MANY_STARS):
        return stars <= FEW_STARS
    return bool(words)


def _words(reading: Stored, aspect: str, label: str) -> tuple[str, ...]:
    words = words_for(reading, aspect, label)[:WORDS_TOLD]
    if "corrected" not in reading:
        return words
    return words or ((SAID_BY_STAFF,) if corrections_of(reading).get(aspect) == label else ())


RuleRaise = Sequence[Any]
"""What a rule of the desk counts: its id, version and name, and its points, as JSON keeps them."""


class RankFacts(NamedTuple):
    """What ranking looks at. `due_at` is None where nothing is owed; `readers` how many messages an audience reads.
    `rules` are those of the desk that raise or lower these words.
    """

    said: Said
    since: datetime
    due_at: datetime | None
    stars: int | None = None
    readers: int = 0
    vip: bool = False
    weight: int = 0
    tier: str = "standard"
    woken: bool = False
    due_clock: str = ""
    """Which clock `due_at` is of (`agency.inbox.clock_rules.CLOCKS`)."""
    rules: Sequence[RuleRaise] = ()


class Ranked(NamedTuple):
    """`rank` orders the queue, highest first; `reasons` are its parts but for waiting: `{"part", "points", …}`.

    `rerank_at` is when the due time's next step comes, None where none does.
    """

    rank: int
    reasons: list[dict[str, Any]]
    rerank_at: datetime | None


def rank(facts: RankFacts, weights: Weights, now: datetime) -> Ranked:
    """Where these facts put a case at this moment."""
    points = weights.points
    counted, rerank_at = (0, None) if facts.due_at is None else due_step(facts.due_at, weights, now)
    reasons: list[dict[str, Any]] = []
    if facts.woken and counted < points["late"]:  # promised for now: among what is late, and not before it
        reasons.append({"part": "woken", "points": points["late"] - counted})
    for part, words in zip(WORD_PARTS, facts.said, strict=True):
        if words:
            reasons.append({"part": part, "points": points[part], "words": list(words)})
    if facts.rules:
        is_late = facts.woken or (facts.due_at is not None and facts.due_at <= now)
        raised = 0 if is_late and rule_points(facts.rules) < 0 else rule_points(facts.rules)
        reasons.append({"part": "rule", "points": raised, "rules": [list(one) for one in facts.rules]})
    if facts.stars is not None and facts.stars < MANY_STARS:
        reasons.append({"part": "stars", "points": points[f"stars_{facts.stars}"], "stars": facts.stars})
    if facts.due_at is not None:
        of_clock = {"clock": facts.due_clock} if facts.due_clock else {}
        reasons.append({"part": "due", "points": counted, "at": facts.due_at.astimezone(UTC).isoformat(), **of_clock})
    if facts.readers >= 3:
        counted = points["reach_10" if facts.readers >= 10 else "reach_3"]
        reasons.append({"part": "reach", "points": counted, "messages": facts.readers})
    if facts.vip:
        reasons.append({"part": "vip", "points": points["vip"]})
    if facts.weight:
        reasons.append({"part": "person", "points": points["person"] * facts.weight, "weight": facts.weight})
    if facts.tier != "standard":
        reasons.append({"part": "tier", "points": points[f"tier_{facts.tier}"], "tier": facts.tier})
    total = sum(reason["points"] for reason in reasons)
    return Ranked(_seconds_before_horizon(facts.since) + total * POINT_SECONDS, reasons, rerank_at)


def rule_points(rules: Sequence[RuleRaise]) -> int:
    """What rules of the desk count together, up or down. Nothing late is lowered: it is owed, whoever thinks what."""
    return max(-MOST_RULE_POINTS, min(sum(one[3] for one in rules), MOST_RULE_POINTS))


def due_step(due_at: datetime, weights: Weights, now: datetime) -> tuple[int, datetime | None]:
    """Points of the time that is left, and when the next step comes; None when it is late already."""
    left_seconds = (due_at - now).total_seconds()
    counted = 0
    for before_seconds, step in weights.due:
        if left_seconds > before_seconds:
            return counted, due_at - timedelta(seconds=before_seconds)
        counted = step
    return counted, None


def score_of(rank: int, now: datetime) -> int | None:
    """The points of this rank at this moment, waiting among them; None of a rank that is not worked out yet.

    A higher rank never has a lower score: it is the same number, told in points.
    """
    score = (rank - int((HORIZON - now).total_seconds())) // POINT_SECONDS
    return max(score, 0) if score >= -24 else None


def parts_of(rank: int, reasons: list[dict[str, Any]], since: datetime, now: datetime) -> list[dict[str, Any]]:
    """The parts as they are told at this moment: with waiting, in the order of PARTS. Their points add up to the score.

    Empty where that is None.
    """
    score = score_of(rank, now)
    if score is None:
        return []
    waited = score - sum(reason["points"] for reason in reasons)
    waiting = {"part": "waiting", "points": waited, "at": since.astimezone(UTC).isoformat()}
    return [*reasons, waiting]


def _seconds_before_horizon(since: datetime) -> int:
    return int((HORIZON - min(max(since, EARLIEST), HORIZON)).total_seconds())
