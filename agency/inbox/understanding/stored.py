"""A reading as it is kept with its message: small, with the corrections people made. Pure.

What goes without saying is left out: calm, clean, no topics. A correction stands beside what was read, so that both
can be counted; wherever labels are asked for here, it wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from agency.inbox.understanding.lexicon import LANGUAGES
from agency.inbox.understanding.reading import NOT_KNOWN, UNKNOWN, Judgement, Reading

VERSION: Final = 1
"""Grows whenever words or weights change, so that corrections are counted for what they correct."""

ASPECTS: Final[dict[str, tuple[str, ...]]] = {
    "act": ("complaint", "question", "praise", "chatter"),
    "sentiment": ("negative", "neutral", "positive"),
    "urgency": ("urgent", "calm"),
    "anger": ("angry", "calm"),
    "toxicity": ("toxic", "clean"),
}
"""What people may correct, and to what: read by words."""
LANGUAGE, PERSONAL_DATA = "language", "personal_data"
PERSONAL, NOTHING_PERSONAL = "personal", "nothing_personal"
CORRECTABLE: Final[dict[str, tuple[str, ...]]] = {
    **ASPECTS,
    LANGUAGE: (*LANGUAGES, UNKNOWN),
    PERSONAL_DATA: (PERSONAL, NOTHING_PERSONAL),
}
"""These and what is found otherwise. `unknown` is any other language, too."""
TOPIC: Final = "topic:"
"""Before the id of a brand's own topic, as an aspect that people may correct."""
ABOUT, NOT_ABOUT = "about", "not_about"
_UNSAID: Final = {"urgency": "calm", "anger": "calm", "toxicity": "clean"}

RULES: Final = "rules"
"""Beside what was read: the rules of the desk that raise or lower these words, each `[id, version, name, points]`."""

CAME: Final = "came"
"""Beside what was read: who and where it was as the words came, where that may change afterwards and is not what goes
without saying. `vip`: whoever wrote was one; `spam`: they were marked so that no rule acts; `kind`: of the case, where
another one is told in its place since.
"""

Stored = Mapping[str, Any]


def labels_of(aspect: str) -> tuple[str, ...]:
    """What an aspect may be corrected to; nothing where there is no such aspect."""
    return (ABOUT, NOT_ABOUT) if aspect.startswith(TOPIC) else CORRECTABLE.get(aspect, ())


def to_stored(reading: Reading) -> dict[str, Any]:
    """The reading as JSON."""
    kept: dict[str, Any] = {"v": VERSION}
    if reading.language.label != UNKNOWN:
        kept["language"] = list(reading.language[:2])
    for aspect in ASPECTS:
        judgement: Judgement = getattr(reading, aspect)
        if judgement.label != _UNSAID.get(aspect, UNKNOWN):
            kept[aspect] = [judgement.label, judgement.confidence, list(judgement.words)]
    if reading.topics:
        kept["topics"] = [[label, sure, list(words)] for label, sure, words in reading.topics]
    if reading.personal_data:
        kept["personal_data"] = [one.label for one in reading.personal_data]
    return kept


def from_stored(kept: Stored) -> Reading:
    """The reading with its corrections: these are sure, and have words only where they say what was read."""
    aspects = {aspect: judgement_of(kept, aspect) for aspect in ASPECTS}
    return Reading(
        language=judgement_of(kept, LANGUAGE),
        topics=tuple(Judgement(label, sure, tuple(words)) for label, sure, words in kept.get("topics", ())),
        personal_data=_personal_data(kept),
        **aspects,
    )


def read_as(kept: Stored, aspect: str) -> Judgement:
    """What was read, whatever people said since."""
    if aspect.startswith(TOPIC):
        return next((one._replace(label=ABOUT) for one in _own(kept) if TOPIC + one.label == aspect), _NOT_SAID)
    given = kept.get(aspect)
    if aspect == PERSONAL_DATA:
        return Judgement(PERSONAL if given else NOTHING_PERSONAL, _FOUND)
    if aspect == LANGUAGE:
        return Judgement(given[0], given[1]) if given else NOT_KNOWN
    if given is None:
        unsaid = _UNSAID.get(aspect)
        return Judgement(unsaid, 0.9) if unsaid else NOT_KNOWN
    return Judgement(given[0], given[1], tuple(given[2])) if given[0] != UNKNOWN else NOT_KNOWN


def judgement_of(kept: Stored, aspect: str) -> Judgement:
    """What holds: the correction where there is one."""
    found = read_as(kept, aspect)
    label = corrections_of(kept).get(aspect)
    if label is None:
        return found
    return Judgement(label, 1.0, found.words if found.label == label else ())


def corrections_of(kept: Stored) -> Mapping[str, str]:
    """Aspect -> what people said it is."""
    found: Mapping[str, str] = kept.get("corrected", {})
    return found


def corrected(kept: Stored, aspect: str, label: str) -> dict[str, Any]:
    """The same with a correction."""
    return {**kept, "corrected": {**corrections_of(kept), aspect: label}}


def words_for(kept: Stored, aspect: str, label: str) -> tuple[str, ...]:
    """The words that caused a label, where it holds: empty where it does not, or a person said so."""
    if "corrected" not in kept and aspect in ASPECTS:  # as nearly always, and asked for every case that is stored
        given = kept.get(aspect)
        return tuple(given[2]) if given is not None and given[0] == label != UNKNOWN else ()
    found = judgement_of(kept, aspect)
    return found.words if found.label == label else ()


def rules_said(kept: Stored) -> tuple[list[Any], ...]:
    """The rules of the desk by which these words count."""
    return tuple(kept.get(RULES, ()))


def with_rules(kept: Stored, raises: Iterable[Iterable[Any]]) -> dict[str, Any]:
    """The same with the rules of the desk by which these words count."""
    found = [list(one) for one in raises]
    others = {name: value for name, value in kept.items() if name != RULES}
    return {**others, RULES: found} if found else others


def came_of(kept: Stored | None) -> Mapping[str, Any]:
    """What is kept of the moment the words came."""
    found: Mapping[str, Any] = (kept or {}).get(CAME, {})
    return found


def with_came(kept: dict[str, Any], *, is_vip: bool, is_spam: bool) -> dict[str, Any]:
    """The same with who wrote it, as they were known when it came."""
    came = {name: True for name, holds in (("vip", is_vip), ("spam", is_spam)) if holds}
    return {**kept, CAME: came} if came else kept


def _personal_data(kept: Stored) -> tuple[Judgement, ...]:
    """The sorts that were found; `personal` alone where only a person says so, none where one says there is nothing."""
    said = corrections_of(kept).get(PERSONAL_DATA)
    if said == NOTHING_PERSONAL:
        return ()
    sorts = kept.get(PERSONAL_DATA, ())
    if said == PERSONAL:
        return tuple(Judgement(sort, 1.0) for sort in sorts or (PERSONAL,))
    return tuple(Judgement(sort, _FOUND) for sort in sorts)


def stands(kept: Stored, aspect: str) -> str:
    """The label that holds, as one of those people choose from: a language we do not read is `unknown` there."""
    label = judgement_of(kept, aspect).label
    return UNKNOWN if aspect == LANGUAGE and label not in LANGUAGES else label


def read_anew(kept: Stored, anew: Stored) -> dict[str, Any]:
    """What was read now in a language that a person named, with what people said, and what it was taken for before."""
    held = {name: kept[name] for name in (LANGUAGE, "corrected", RULES, CAME) if name in kept}
    return {**{name: value for name, value in anew.items() if name != LANGUAGE}, **held}


_FOUND: Final = 0.9
"""How sure what a checksum or a form tells of personal data is, and of its absence."""
_NOT_SAID: Final = Judgement(NOT_ABOUT, 0.7)


def _own(kept: Stored) -> tuple[Judgement, ...]:
    return tuple(Judgement(number, sure, tuple(words)) for number, sure, words in kept.get("own", ()))


def with_own_topics(kept: Stored, found: Iterable[Judgement]) -> dict[str, Any]:
    """The same with the brand's own topics that its text speaks of: labels are their ids."""
    others = {name: value for name, value in kept.items() if name != "own"}
    own = [[number, sure, list(words)] for number, sure, words in found]
    return {**others, "own": own} if own else others


def own_topics(kept: Stored) -> tuple[Judgement, ...]:
    """The brand's own topics that hold, by their ids: those found that nobody took away, then those people named."""
    if "own" not in kept and "corrected" not in kept:
        return ()
    said = {name.removeprefix(TOPIC): label for name, label in corrections_of(kept).items() if name.startswith(TOPIC)}
    found = [one for one in _own(kept) if said.get(one.label, ABOUT) == ABOUT]
    found = [one._replace(confidence=1.0) if one.label in said else one for one in found]
    named = {one.label for one in found}
    return (*found, *(Judgement(one, 1.0) for one, label in said.items() if label == ABOUT and one not in named))
