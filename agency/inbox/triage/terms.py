"""What a rule of the desk says: if all of this holds of a customer's words, do that. Data, and as it is given. Pure.

`Conditions` are one table: a field that says nothing asks nothing. What is not known of a case (its language, the stars
of a comment) holds for no condition, because a rule acts and a guess must not. `Effects` are another; what comes later
(a team, a loop, an acknowledgement) is a further field of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import time
from typing import Any, Final, NamedTuple
from uuid import UUID

from agency.inbox.team_models import LONGEST_SKILL
from agency.inbox.topics import BUILT_IN
from agency.inbox.understanding.stored import ASPECTS
from agency.inbox.weights import MOST_RULE_POINTS
from channels.items import KINDS
from channels.registry import ADAPTERS
from styleguides.given_fields import (
    LANGUAGE,
    Readers,
    Wrong,
    ids,
    line,
    one_of,
    read_fields,
    some_of,
    words_by_language,
)
from styleguides.language import base_language
from styleguides.tokens import WORD
from tenants.errors import Invalid, worded

PLATFORMS: Final = tuple(ADAPTERS)
ACTS: Final = ASPECTS["act"]
SENTIMENTS: Final = ASPECTS["sentiment"]
PUBLIC, PRIVATE = "public", "private"
LIMITS: Final = {
    "name": 60,
    "phrases": 200,
    "phrase": 80,
    "words": 6,
    "languages": 20,
    "brands": 200,
    "topics": 20,
    "labels": 5,
    "points": MOST_RULE_POINTS,
}
"""Characters of a name; phrases of a list in all languages, characters and words of one (as of topics); entries of the
other lists; points up or down."""


class Phrase(NamedTuple):
    """Words found by their stems; of a language, or in any text where that is empty."""

    language: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What must hold, all of it; a field as it is without a word asks nothing.

    `brands` are of a rule for the whole agency. One of `words` must be said and none of `without`. `stars_from` and
    `stars_to` hold of reviews alone. `topics` are names of our lists or ids of a brand's own. `weekdays` (1 is Monday)
    and the times are those of the moment the customer wrote, by the brand's clock; from 22:00 to 06:00 is a night.
    """

    brands: tuple[UUID, ...] = ()
    platforms: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    seen_by: str = ""
    words: tuple[Phrase, ...] = ()
    without: tuple[Phrase, ...] = ()
    languages: tuple[str, ...] = ()
    stars_from: int | None = None
    stars_to: int | None = None
    sentiments: tuple[str, ...] = ()
    acts: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    vip: bool = False
    weekdays: tuple[int, ...] = ()
    from_time: time | None = None
    until_time: time | None = None

    @property
    def asks(self) -> tuple[str, ...]:
        """The names of the fields that ask something."""
        return tuple(one.name for one in fields(self) if getattr(self, one.name) not in ((), "", None, False))


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """What is done: labels are put on, so many points count in the rank, the case is kept for a person for a while, a
    loop of the rule's brand is asked. Instead of for a person it is kept for whoever is on shift and has a `skill`, or
    reads the language of the words, or both (`agency.inbox.hands`).
    `acknowledge`: whoever wrote is told that they were heard, as far as the client signed that. A guideline of the
    rule's brand and a saved reply are offered to whoever answers.
    """

    label_ids: tuple[UUID, ...] = ()
    points: int = 0
    keep_for: UUID | None = None
    loop_id: UUID | None = None
    skill: str = ""
    by_language: bool = False
    acknowledge: bool = False
    guideline_id: UUID | None = None
    saved_reply_id: UUID | None = None

    @property
    def does(self) -> tuple[str, ...]:
        """The names of the fields that do something."""
        return tuple(one.name for one in fields(self) if getattr(self, one.name))


class Terms(NamedTuple):
    """A rule's two halves."""

    conditions: Conditions
    effects: Effects


def terms_of(stored: Mapping[str, Any]) -> Terms:
    """Terms as a row keeps them. What a newer release knows and this one does not counts as not said."""
    conditions, effects = dict(stored.get("if", {})), dict(stored.get("then", {}))
    for name in ("words", "without"):
        conditions[name] = tuple(Phrase(*one) for one in conditions.get(name, ()))
    for name in ("from_time", "until_time"):
        conditions[name] = time.fromisoformat(conditions[name]) if conditions.get(name) else None
    conditions["brands"] = tuple(map(UUID, conditions.get("brands", ())))
    effects["label_ids"] = tuple(map(UUID, effects.get("label_ids", ())))
    for name in ("keep_for", "loop_id", "guideline_id", "saved_reply_id"):
        effects[name] = UUID(effects[name]) if effects.get(name) else None
    return Terms(Conditions(**_known(Conditions, conditions)), Effects(**_known(Effects, effects)))


def stored_of(terms: Terms) -> dict[str, Any]:
    """As a row keeps them: what is not said is left out."""
    conditions, effects = asdict(terms.conditions), asdict(terms.effects)
    return {
        "if": {name: _plain(conditions[name]) for name in terms.conditions.asks},
        "then": {name: _plain(effects[name]) for name in terms.effects.does},
    }


def read_terms(data: Mapping[str, Any], *, of_agency: bool) -> Terms:
    """Terms as somebody gave them: the fields of both halves beside each other.

    Raises Invalid with `errors` by field: also where a rule would take everything, or do nothing.
    """
    values, errors = read_fields(data, _READERS)
    given_conditions = {name: value for name, value in values.items() if name in _CONDITIONS}
    terms = Terms(
        Conditions(**given_conditions), Effects(**{name: values[name] for name in values if name not in _CONDITIONS})
    )
    found = errors or _together(terms, of_agency=of_agency)
    if found:
        field, messages = next(iter(found.items()))
        raise Invalid(
            worded(
                "This rule cannot be kept: %(field)s %(problem)s. Nothing was changed. Correct it and save again.",
                field=field,
                problem=messages[0],
            ),
            errors=found,
        )
    return terms


def _together(terms: Terms, *, of_agency: bool) -> dict[str, list[str]]:
    conditions, errors = terms.conditions, dict[str, list[str]]()
    if not [name for name in conditions.asks if name not in ("brands", "without")]:
        errors["words"] = [worded("or another condition is missing: it would take whatever comes")]
    if not terms.effects.does:
        errors["points"] = [worded("or another thing to do is missing")]
    if conditions.brands and not of_agency:
        errors["brands"] = [worded("are named by rules for every brand alone")]
    if conditions.stars_from and conditions.stars_to and conditions.stars_from > conditions.stars_to:
        errors["stars_to"] = [worded("is less than where the stars begin")]
    if (conditions.from_time is None) != (conditions.until_time is None):
        errors["until_time"] = [worded("needs both, from when and until when")]
    elif conditions.from_time is not None and conditions.from_time == conditions.until_time:
        errors["until_time"] = [worded("is when it begins")]
    if terms.effects.keep_for is not None and (terms.effects.skill or terms.effects.by_language):
        errors["keep_for"] = [worded("is one person: leave it empty, or ask for no skill and no language")]
    if of_agency and terms.effects.loop_id is not None:
        errors["loop_id"] = [worded("of one brand are named by that brand's rules alone")]
    if of_agency and terms.effects.guideline_id is not None:
        errors["guideline_id"] = [worded("of one brand are named by that brand's rules alone")]
    if of_agency and any(one not in BUILT_IN for one in conditions.topics):
        errors["topics"] = [worded("of one brand are named by that brand's rules alone")]
    return errors


def _known(kind: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    names = {one.name for one in fields(kind)}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items() if name in names}


def _plain(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return [_plain(one) for one in value]
    if isinstance(value, time):
        return value.isoformat("minutes")
    return str(value) if isinstance(value, UUID) else value


def _phrases(value: Any) -> tuple[Phrase, ...]:
    found = words_by_language(value, LIMITS["phrase"], LIMITS["phrases"])
    for one in found:
        if len(WORD.findall(one["words"])) > LIMITS["words"]:
            raise Wrong(worded("has a phrase of more than %(limit)s words", limit=LIMITS["words"]))
    return tuple(Phrase(base_language(one["language"]) or "", one["words"]) for one in found)


def _uuids(most: int) -> Any:
    return lambda value: tuple(UUID(one) for one in ids(value, most))


def _some(names: tuple[str, ...]) -> Any:
    read = some_of(names)
    return lambda value: tuple(read(value))


def _languages(value: Any) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)) or len(value) > LIMITS["languages"]:
        raise Wrong(worded("must be a list of at most %(n)s languages", n=LIMITS["languages"]))
    if not all(isinstance(one, str) and LANGUAGE.fullmatch(one) for one in value):
        raise Wrong(worded("must be codes of languages such as en or pt"))
    return tuple(dict.fromkeys(base_language(one) or "" for one in value))


def _topics(value: Any) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)) or len(value) > LIMITS["topics"]:
        raise Wrong(worded("must be a list of at most %(n)s topics", n=LIMITS["topics"]))
    return tuple(dict.fromkeys(one if one in BUILT_IN else ids([one], 1)[0] for one in value))


def _stars(value: Any) -> int | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 5:
        raise Wrong(worded("must be a whole number from 1 to 5"))
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Wrong(worded("must be yes or no"))
    return value


def _weekdays(value: Any) -> tuple[int, ...]:
    good = isinstance(value, (list, tuple)) and len(value) <= 7
    if not good or any(isinstance(one, bool) or one not in range(1, 8) for one in value):
        raise Wrong(worded("must be days of the week, 1 for Monday to 7 for Sunday"))
    found = tuple(sorted({int(one) for one in value}))
    return found if len(found) < 7 else ()


def _clock_time(value: Any) -> time | None:
    if value is None or value == "":
        return None
    try:
        if isinstance(value, str) and len(value) == len("20:00"):
            return time.fromisoformat(value)
    except ValueError:
        pass
    raise Wrong(worded("must be a time such as 20:00"))


def _points(value: Any) -> int:
    most = MOST_RULE_POINTS
    if isinstance(value, bool) or not isinstance(value, int) or not -most <= value <= most:
        raise Wrong(worded("must be a whole number from -%(most)s to %(most)s", most=most))
    return value


def _person(value: Any) -> UUID | None:
    return None if value in (None, "") else UUID(ids([value], 1)[0])


def _skill(value: Any) -> str:
    return line(value, LONGEST_SKILL).casefold() if value else ""


def rule_name(value: Any) -> str:
    """A name as it is kept. Raises Wrong."""
    return line(value, LIMITS["name"])


_READERS: Final[Readers] = {
    "brands": _uuids(LIMITS["brands"]),
    "platforms": _some(PLATFORMS),
    "kinds": _some(tuple(KINDS)),
    "seen_by": one_of(("", PUBLIC, PRIVATE)),
    "words": _phrases,
    "without": _phrases,
    "languages": _languages,
    "stars_from": _stars,
    "stars_to": _stars,
    "sentiments": _some(SENTIMENTS),
    "acts": _some(ACTS),
    "topics": _topics,
    "vip": _flag,
    "weekdays": _weekdays,
    "from_time": _clock_time,
    "until_time": _clock_time,
    "label_ids": _uuids(LIMITS["labels"]),
    "points": _points,
    "keep_for": _person,
    "loop_id": _person,
    "skill": _skill,
    "by_language": _flag,
    "acknowledge": _flag,
    "guideline_id": _person,
    "saved_reply_id": _person,
}
_CONDITIONS: Final = frozenset(one.name for one in fields(Conditions))
READERS_OF_CONDITIONS: Final[Readers] = {name: _READERS[name] for name in sorted(_CONDITIONS)}
"""How each field of `Conditions` is read, for whoever asks such conditions without a rule."""
TERM_FIELDS: Final = tuple(_READERS)
"""Every field of a rule's terms, as they are given."""
assert set(_READERS) == _CONDITIONS | {one.name for one in fields(Effects)}
