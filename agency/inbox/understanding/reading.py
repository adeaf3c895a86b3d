"""What a customer's text says of itself, each judgement with its confidence and the words that caused it. Pure.

Four languages have word lists and trained weights; of any other nothing is said but `unknown`. Time grows linearly with
the text, of which the first LONGEST_READ characters are read.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from operator import mul
from typing import Final, NamedTuple

from agency.inbox.understanding.lexicon import (
    ANGER,
    BAD,
    CHATTER,
    COMPLAINT,
    DISLIKED,
    GOOD,
    LANGUAGES,
    LIKED,
    NEGATES,
    PRAISE,
    QUESTION,
    SIGNS,
    STRONG,
    TOXIC,
    URGENT,
    Sense,
    Table,
    table_of,
)
from agency.inbox.understanding.mixing import ACTS, SENTIMENTS, SIGNS_MIXED, WEIGHTS
from styleguides.language import base_language
from styleguides.personal_data import personal_data

UNKNOWN: Final = "unknown"
OTHER: Final = "other"
"""Given as a text's language: a person says that it is none of ours, however well its words look known."""
LONGEST_READ: Final = 600
WORTH_NAMING: Final = 0.5
MOST_WORDS: Final = 5
"""Words named with a judgement, those that weigh most."""
SURE, LIKELY = 0.8, 0.6
"""From these confidences on people read `sure` and `likely`; below, `guess`."""

FEWEST_DRY: Final = 4
"""Fewer words of which none is known say nothing."""
SHORT, LONG = 6, 30
"""Words of a text that is short, and of one that is not yet long."""
NEGATION_REACHES: Final = 3
"""So many words behind `not` mean the opposite."""
FEW_STARS, MANY_STARS = 2, 4

_TOKENS: Final = re.compile(r"[\w'’]+|[^\w\s]")
"""Words, and every other sign by itself."""
_DIGITS: Final = "0123456789"
_FEWEST_DIGITS: Final = 6


class Judgement(NamedTuple):
    """A label, how sure it is (0 to 1), and the words that caused it as they stand in the text, in their order."""

    label: str
    confidence: float
    words: tuple[str, ...] = ()


NOT_KNOWN: Final = Judgement(UNKNOWN, 0.0)


class Reading(NamedTuple):
    """What a text says of itself. Labels, where they are not `unknown`:

    `language` ISO 639-1; `sentiment` positive, neutral, negative; `act` complaint, question, praise, chatter;
    `urgency` urgent, calm; `anger` angry, calm; `toxicity` toxic, clean; `topics` names of topics, the likeliest first;
    `personal_data` the sorts of `styleguides.personal_data`, each once, without the words.
    """

    language: Judgement
    sentiment: Judgement
    act: Judgement
    urgency: Judgement
    anger: Judgement
    toxicity: Judgement
    topics: tuple[Judgement, ...] = ()
    personal_data: tuple[Judgement, ...] = ()


_Hit = tuple[int, int, Sense, bool]
"""Words from the first place to before the second that say something; True: a negation stands before them."""


class Cut(NamedTuple):
    """The words and signs of the part of a text that is read: as they stand there, and as they are looked up."""

    tokens: list[str]
    keys: list[str]


def cut(text: str) -> Cut:
    """Cut a text, for whoever needs its words more than once."""
    tokens = _TOKENS.findall(text[:LONGEST_READ])
    return Cut(tokens, _keys(tokens))


def read(text: str, language: str | None, *, stars: int | None = None, words: Cut | None = None) -> Reading:
    """Read a text. `language` is what the recogniser said, None where it could not tell; `words` is the text cut."""
    text = text[:LONGEST_READ]
    private = _personal_data(text)
    tokens, keys = words or cut(text)
    told, table = _language(keys, base_language(language))
    if table is None:
        return _by_stars(told, stars, private)
    hits, sums = hits_of(keys, table)
    if not hits and len(keys) < FEWEST_DRY:
        return _by_stars(told, stars, private)
    mixed = _mixed(signs_of(sums, len(tokens), stars))
    sentiment, act = _best(SENTIMENTS, mixed[: len(SENTIMENTS)]), _best(ACTS, mixed[len(SENTIMENTS) :])
    opposed = _OPPOSED.get((act.label, sentiment.label))
    if opposed:  # nobody complains content: the less sure of the two gives way
        if act.confidence >= sentiment.confidence:
            sentiment = Judgement(opposed, round(1 - sentiment.confidence, 2))
        else:
            act = Judgement("chatter" if act.label == "complaint" else "complaint", round(1 - act.confidence, 2))
    act_words = _words(tokens, hits, *_ACT_SIGNS[act.label])
    mood_signs = _SENTIMENT_SIGNS[sentiment.label]
    alike = mood_signs == _ACT_SIGNS[act.label]
    fury = sums[ANGER]
    if fury:
        fury = fury + _loudness(text, tokens) if sentiment.label == "negative" else 0.0
    return Reading(
        told,
        Judgement(sentiment[0], sentiment[1], act_words if alike else _words(tokens, hits, *mood_signs)),
        Judgement(act[0], act[1], act_words),
        _graded(sums[URGENT], "urgent", tokens, hits, URGENT) if sums[URGENT] else _CALM,
        _graded(fury, "angry", tokens, hits, ANGER) if fury else _CALM,
        _graded(sums[TOXIC], "toxic", tokens, hits, TOXIC) if sums[TOXIC] else _CLEAN,
        _topics(tokens, hits),
        private,
    )


_CALM: Final = Judgement("calm", 0.9)
_CLEAN: Final = Judgement("clean", 0.9)
_SENTIMENT_SIGNS: Final[dict[str, tuple[tuple[int, ...], tuple[int, ...]]]] = {
    # Signs that speak for it, and signs that do where a negation stands before them.
    "positive": ((PRAISE, GOOD, LIKED), (BAD, DISLIKED)),
    "negative": ((COMPLAINT, BAD, DISLIKED), (GOOD, LIKED)),
    "neutral": ((), ()),
}
_ACT_SIGNS: Final[dict[str, tuple[tuple[int, ...], tuple[int, ...]]]] = {
    "complaint": ((COMPLAINT, BAD, DISLIKED), (GOOD, LIKED)),
    "praise": ((PRAISE, GOOD, LIKED), (BAD, DISLIKED)),
    "question": ((QUESTION,), ()),
    "chatter": ((CHATTER,), ()),
}


def keys_of(text: str) -> list[str]:
    """The words and signs of a text as they are looked up."""
    return _keys(_TOKENS.findall(text))


def _keys(tokens: Sequence[str]) -> list[str]:
    keys = " ".join(tokens).lower().replace("’", "'").split(" ")
    return keys if len(keys) == len(tokens) else []


def _language(keys: Sequence[str], told: str | None) -> tuple[Judgement, Table | None]:
    """The language, and the table to read by: the recogniser's, or of a short text the one that knows most of it.

    Where two know as much ("terrible"), the words are read and the language stays unknown.
    """
    if told in LANGUAGES:
        return Judgement(told, 0.9), table_of(told)
    if told == OTHER:
        return NOT_KNOWN, None
    if told is not None and len(keys) > _UNSURE:
        return Judgement(told, 0.9), None
    known = [sum(table_of(code)[key] is not None for key in keys) for code in LANGUAGES]
    most = max(known)
    if not most or most * 3 < len(keys):
        return NOT_KNOWN if told is None else Judgement(told, 0.6), None
    code = LANGUAGES[known.index(most)]
    return Judgement(code, 0.5) if known.count(most) == 1 else NOT_KNOWN, table_of(code)


_UNSURE: Final = 8
"""Words of a text in which the recogniser is often wrong."""


def hits_of(keys: Sequence[str], table: Table) -> tuple[list[_Hit], list[float]]:
    """What says something, and each sign added up. Words of a phrase say nothing by themselves."""
    found: list[_Hit] = []
    sums = [0.0] * len(SIGNS)
    opposite_until, said_until = -1, 0
    last = len(keys) - 1
    telling = [(place, sense) for place, sense in enumerate(map(table.__getitem__, keys)) if sense is not None]
    for place, sense in telling:
        if place < said_until:
            continue
        weights, topics, role, follow, open_follow = sense
        if follow is not None and place < last:
            for words, phrase in follow.get(keys[place + 1], open_follow):  # the longest first
                if place + len(words) <= last and _follow(words, keys, place + 1):
                    weights, topics, said_until = phrase[0], phrase[1], place + 1 + len(words)
                    found.append((place, said_until, phrase, place <= opposite_until))
                    break
        if said_until <= place:
            if role:
                opposite_until = place + NEGATION_REACHES if role == NEGATES else -1
            if not weights and not topics:
                continue
            found.append((place, place + 1, sense, place <= opposite_until))
        if place > opposite_until:
            for sign, weight in weights:
                sums[sign] += weight
            continue
        for sign, weight in weights:
            if sign == GOOD:
                sums[BAD] += weight
            elif sign == BAD:
                sums[GOOD] += weight / 2
            elif sign == LIKED:
                sums[DISLIKED] += weight / 2
            elif sign == DISLIKED:
                sums[LIKED] += weight / 2
    return found, sums


def _follow(words: Sequence[str], keys: Sequence[str], place: int) -> bool:
    for word in words:
        key = keys[place]
        if key != word and not (word[-1:] == "*" and key.startswith(word[:-1])):
            return False
        place += 1
    return True


def signs_of(sums: Sequence[float], length: int, stars: int | None) -> list[tuple[str, float]]:
    """What is weighed: the sums, each counting less the higher it is, the length, the stars."""
    found: list[tuple[str, float]] = [(name, math.log1p(sums[sign])) for sign, name in _WEIGHED if sums[sign]]
    found.append(("bias", 1.0))
    if length < SHORT:
        found.append(("short", 1.0))
    elif length > LONG:
        found.append(("long", 1.0))
    if not sums[GOOD] and not sums[BAD] and not sums[COMPLAINT]:
        found.append(("dry", 1.0))
    if stars is not None:
        found.append(
            ("few_stars" if stars <= FEW_STARS else "many_stars" if stars >= MANY_STARS else "some_stars", 1.0)
        )
    return found


_WEIGHED: Final = tuple((SIGNS.index(name), name) for name in SIGNS_MIXED if name in SIGNS)


def _mixed(signs: Sequence[tuple[str, float]]) -> list[float]:
    """What the signs come to for each sentiment and, behind these, for each act."""
    values = [value for _, value in signs]
    return [sum(map(mul, values, column)) for column in zip(*[WEIGHTS[name] for name, _ in signs], strict=True)]


def _best(labels: Sequence[str], scores: Sequence[float]) -> Judgement:
    """The likeliest label."""
    highest = max(scores)
    return Judgement(labels[scores.index(highest)], round(1 / sum([math.exp(one - highest) for one in scores]), 2))


_OPPOSED: Final = {("complaint", "positive"): "negative", ("praise", "negative"): "positive"}


def _loudness(text: str, tokens: Sequence[str]) -> float:
    """What shouting adds to angry words: capitals and marks of exclamation."""
    capitals = sum(len(token) > 3 and token.isupper() for token in tokens)
    return min(1.0, capitals / 3) + (1.0 if "!!" in text else 0.0)


def _graded(score: float, yes: str, tokens: Sequence[str], hits: Sequence[_Hit], sign: int) -> Judgement:
    no = _CLEAN.label if sign == TOXIC else _CALM.label
    words = _words(tokens, hits, (sign,), ()) if score >= STRONG else ()
    return Judgement(yes, 0.65 if score < 2 * STRONG else 0.85, words) if words else Judgement(no, 0.7)


def _words(
    tokens: Sequence[str], hits: Sequence[_Hit], signs: tuple[int, ...], opposite: tuple[int, ...]
) -> tuple[str, ...]:
    """The words that weigh most for these signs, in their order, each once; a phrase as its words."""
    if not signs:
        return ()
    weighed: list[tuple[float, int, int]] = []
    for first, last, sense, against in hits:
        wanted = opposite if against else signs
        for sign, weight in sense[0]:
            if sign in wanted and weight >= WORTH_NAMING:
                weighed.append((-weight, first, last))
                break
    if len(weighed) > 1:
        weighed.sort()
        places = sorted({place for _, first, last in weighed[:MOST_WORDS] for place in range(first, last)})
        return tuple(dict.fromkeys([tokens[place] for place in places]))
    return tuple(tokens[weighed[0][1] : weighed[0][2]]) if weighed else ()


def _topics(tokens: Sequence[str], hits: Sequence[_Hit]) -> tuple[Judgement, ...]:
    words: dict[str, dict[str, None]] = {}
    for first, last, sense, _ in hits:
        for topic in sense[1]:
            words.setdefault(topic, {}).update(dict.fromkeys(tokens[first:last]))
    if not words:
        return ()
    found = [Judgement(topic, 0.65 if len(of) == 1 else 0.85, tuple(of)[:MOST_WORDS]) for topic, of in words.items()]
    return tuple(sorted(found, key=lambda one: -one.confidence))


def _personal_data(text: str) -> tuple[Judgement, ...]:
    if "@" not in text and sum(map(text.count, _DIGITS)) < _FEWEST_DIGITS:
        return ()
    return tuple(Judgement(sort, 0.9) for sort in dict.fromkeys(one.sort for one in personal_data(text)))


def _by_stars(told: Judgement, stars: int | None, private: tuple[Judgement, ...]) -> Reading:
    """Where the words say nothing we can read, stars still do."""
    sentiment, act = NOT_KNOWN, NOT_KNOWN
    if stars is not None:
        label = "negative" if stars <= FEW_STARS else "positive" if stars >= MANY_STARS else "neutral"
        sentiment = Judgement(label, 0.8)
        if label != "neutral":
            act = Judgement("complaint" if label == "negative" else "praise", 0.7)
    return Reading(told, sentiment, act, NOT_KNOWN, NOT_KNOWN, NOT_KNOWN, (), private)
