"""What a brand's approval policy may say: its terms, as data and as they are given. Pure.

The terms are what a client signs. `decide` in `agency.replies.policies` reads them and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, time
from typing import Any, Final
from uuid import UUID

from agency.inbox.heard_lines import ALWAYS, MOST_MINUTES, WHEN, HeardLine
from agency.inbox.heard_lines import KINDS as HEARD_KINDS
from agency.replies.quiet_hours import Quiet, awake_minutes
from styleguides.given_fields import Readers, Wrong, day, entries, ids, one_of, read_fields, some_of, texts
from styleguides.tokens import WORD
from tenants.brands import PLATFORMS
from tenants.errors import Invalid, worded

NEEDS: Final = ("all", "rule", "none")
KINDS: Final = ("comment", "review", "message")
MOST_WORDS: Final = 100
LONGEST_WORDS: Final = 100
MOST_STEPS: Final = 5
MOST_PEOPLE: Final = 20
MOST_STAND_INS: Final = 20
MOST_FIRST_REPLIES: Final = 100
MODES: Final = ("agency", "client")
SILENCES: Final = ("hold", "safe_variant", "escalate")
URGENT: Final = ("complaint", "negative")
MOST_QUIET: Final = 7
MOST_REMINDERS: Final = 5
MOST_HEARD_LINES: Final = 8
MOST_TEXTS_NUMBER: Final = 10**6
MOST_HOURS: Final = 6 * 24
"""Whether a mail left is known for a week (`agency.notices.sending`), and silence counts only where one did."""
LEAST_AWAKE_MINUTES: Final = 20 * 60
"""Of a week: whoever can never be asked can be taken for silent by mistake."""


@dataclass(frozen=True, slots=True)
class StandIn:
    """Whoever decides in somebody's place from one day to another, both included, in the brand's time zone."""

    away: UUID
    person: UUID
    from_day: date
    until_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """A policy's terms; as they are without a word, every reply waits for any of the client's owners.

    `needs` is `all`, `none`, or `rule`: then each field from `stars_at_most` to `first_replies` is a rule of its own
    and one that holds is enough. `stars_at_most` is of reviews. `words` are phrases in the reply, found in their
    grammatical forms. `money`: the reply names an amount, or something was given in the case. `first_replies`: so many
    published replies of a person for this brand come first. `steps` are who says yes, one group after another, any of
    a group; none at all is any owner. `changes_go_on`: whose step a later approver's change of words need not pass
    again.

    What follows is about waiting (`agency.replies.policy_clock`): in `quiet` times, in the brand's time zone, nobody is
    mailed, but about what one of `quiet_broken_by` says of the case: a `complaint`, or a customer who is unhappy
    (`negative`). Whoever has not decided is reminded once after each number of hours of `remind_after`;
    `silence_after` hours after being asked, 0 for never, `silence` says what that means: `hold` (it waits on, leads are
    told), `safe_variant` (that goes out instead) or `escalate` (`escalate_to` are asked too; without them the next
    step's people instead). `awake_hours`: hours of quiet times do not count. `mode` is `agency`, which answers in the
    client's name, or `client`: the agency watches, and every answer is the client's own press, whatever `needs` says.
    """

    needs: str = "all"
    stars_at_most: int = 0
    platforms: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    money: bool = False
    complaints: bool = False
    negative: bool = False
    first_replies: int = 0
    steps: tuple[tuple[UUID, ...], ...] = ()
    changes_go_on: bool = False
    stand_ins: tuple[StandIn, ...] = ()
    quiet: tuple[Quiet, ...] = ()
    quiet_broken_by: tuple[str, ...] = ()
    remind_after: tuple[int, ...] = ()
    awake_hours: bool = False
    silence: str = "hold"
    silence_after: int = 0
    escalate_to: tuple[UUID, ...] = ()
    mode: str = "agency"
    acknowledge: tuple[HeardLine, ...] = ()
    acknowledge_texts: int = 0

    @property
    def step_count(self) -> int:
        """How many people's yes it takes, one after the other."""
        return max(1, len(self.steps))

    @property
    def people(self) -> frozenset[UUID]:
        """Everybody it names."""
        named = {person for step in self.steps for person in step}
        away = {one.person for one in self.stand_ins} | {one.away for one in self.stand_ins}
        return frozenset(named | away | set(self.escalate_to))


RULES: Final = ("stars_at_most", "platforms", "kinds", "words", "money", "complaints", "negative", "first_replies")
"""The fields that are rules, in the order they are told."""

WAITING: Final = (
    "quiet",
    "quiet_broken_by",
    "remind_after",
    "awake_hours",
    "silence",
    "silence_after",
    "escalate_to",
    "mode",
    "acknowledge",
    "acknowledge_texts",
)
"""The fields about waiting and silence. Kept only where they say something: the release before them reads the rest."""


def terms_to_data(terms: Terms) -> dict[str, Any]:
    """As JSON keeps them: all of it but what says nothing of WAITING."""
    data, plain = terms_as_given(terms), terms_as_given(Terms())
    return {name: value for name, value in data.items() if name not in WAITING or value != plain[name]}


def terms_as_given(terms: Terms) -> dict[str, Any]:
    """Every field as `read_terms` takes it."""
    data = asdict(terms)
    return {
        **data,
        **{name: list(data[name]) for name in ("platforms", "kinds", "words")},
        "steps": [[str(person) for person in step] for step in terms.steps],
        "stand_ins": [
            {
                "away": str(one.away),
                "person": str(one.person),
                "from_day": one.from_day.isoformat(),
                "until_day": one.until_day.isoformat(),
            }
            for one in terms.stand_ins
        ],
        "quiet": [
            {
                "days": list(one.days),
                "from_time": f"{one.from_time:%H:%M}",
                "until_time": f"{one.until_time:%H:%M}",
            }
            for one in terms.quiet
        ],
        "quiet_broken_by": list(terms.quiet_broken_by),
        "remind_after": list(terms.remind_after),
        "escalate_to": [str(person) for person in terms.escalate_to],
        "acknowledge": [one._asdict() for one in terms.acknowledge],
    }


def terms_from_data(data: Mapping[str, Any]) -> Terms:
    """As they were kept. Raises Invalid for what nobody could have given."""
    return read_terms(data)


def read_terms(data: Mapping[str, Any]) -> Terms:
    """As somebody gave them, what is left out as in Terms. Raises Invalid naming every field that cannot be used."""
    values, errors = read_fields(data, _READERS)
    if not errors:
        errors = _disagreeing(Terms(**values))
    if errors:
        raise Invalid("Some of this policy cannot be used. Nothing was changed; see the fields.", errors=errors)
    return Terms(**values)


def _disagreeing(terms: Terms) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if terms.needs == "rule" and not any(getattr(terms, name) for name in RULES):
        errors["needs"] = [worded("needs at least one rule; else say that all replies wait, or none")]
    named = [person for step in terms.steps for person in step]
    if len(set(named)) != len(named):
        errors["steps"] = [worded("names somebody twice; each person decides once")]
    if terms.quiet and awake_minutes(terms.quiet) < LEAST_AWAKE_MINUTES:
        least = LEAST_AWAKE_MINUTES // 60
        errors["quiet"] = [worded("must leave at least %(n)s hours of a week in which people can be asked", n=least)]
    if terms.silence_after and any(hours >= terms.silence_after for hours in terms.remind_after):
        errors["remind_after"] = [worded("names hours after those at which silence is taken for an answer")]
    if terms.silence != "hold" and not terms.silence_after:
        errors["silence_after"] = [worded("needs a number of hours; else nobody can tell what silence is")]
    if terms.silence == "safe_variant" and terms.mode == "client":
        errors["silence"] = [worded("cannot be an answer where the client answers: nothing goes out without them")]
    if terms.acknowledge and terms.mode == "client":
        errors["acknowledge"] = [worded("cannot be where the client answers: nothing goes out without them")]
    elif terms.acknowledge and not terms.acknowledge_texts:
        errors["acknowledge"] = [worded("needs the brand's own words; write them first, under Acknowledging")]
    return errors


def _heard_line(data: Mapping[str, Any]) -> dict[str, Any]:
    minutes = data.get("after_minutes")
    if isinstance(minutes, bool) or not isinstance(minutes, int) or not 1 <= minutes <= MOST_MINUTES:
        raise Wrong(worded("needs whole minutes, 1 to %(most)s", most=MOST_MINUTES))
    return {
        "platform": one_of(("", *PLATFORMS))(data.get("platform", "")),
        "kind": one_of(("", *HEARD_KINDS))(data.get("kind", "")),
        "when": one_of(WHEN)(data.get("when", ALWAYS)),
        "after_minutes": minutes,
    }


def _whole(most: int) -> Any:
    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
            raise Wrong(worded("must be a whole number from 0 to %(most)s", most=most))
        return value

    return read


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Wrong(worded("must be yes or no"))
    return value


def _words(value: Any) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(" ".join(one.split()) for one in texts(value, LONGEST_WORDS, MOST_WORDS)))
    if not all(WORD.search(one) for one in found):
        raise Wrong(worded("holds something without a letter or digit"))
    return found


def _steps(value: Any) -> tuple[tuple[UUID, ...], ...]:
    if not isinstance(value, (list, tuple)) or len(value) > MOST_STEPS:
        raise Wrong(worded("must be a list of at most %(n)s steps, each a list of people", n=MOST_STEPS))
    steps = tuple(tuple(UUID(one) for one in ids(step, MOST_PEOPLE)) for step in value)
    return tuple(step for step in steps if step)


def _stand_in(data: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: data.get(name) for name in ("away", "person", "from_day", "until_day")}
    people = ids([given["away"], given["person"]], 2)
    from_day, until_day = day(given["from_day"]), day(given["until_day"])
    if len(people) != 2:
        raise Wrong(worded("names one person twice"))
    if from_day is None or until_day is None or until_day < from_day:
        raise Wrong(worded("needs a first and a last day, in this order"))
    return {"away": UUID(people[0]), "person": UUID(people[1]), "from_day": from_day, "until_day": until_day}


def _hours(value: Any) -> tuple[int, ...]:
    if not isinstance(value, (list, tuple)) or len(value) > MOST_REMINDERS:
        raise Wrong(worded("must be at most %(n)s numbers of hours", n=MOST_REMINDERS))
    found = sorted({_whole(MOST_HOURS)(one) for one in value})
    if 0 in found:
        raise Wrong(worded("must be hours after being asked, from 1 on"))
    return tuple(found)


def _quiet(data: Mapping[str, Any]) -> dict[str, Any]:
    days = data.get("days")
    if not isinstance(days, (list, tuple)) or not days or any(one not in range(1, 8) for one in days):
        raise Wrong(worded("needs at least one day of the week, 1 for Monday to 7 for Sunday"))
    return {
        "days": tuple(sorted({int(one) for one in days})),
        "from_time": _clock_time(data.get("from_time")),
        "until_time": _clock_time(data.get("until_time")),
    }


def _clock_time(value: Any) -> time:
    try:
        if isinstance(value, str) and len(value) == len("20:00"):
            return time.fromisoformat(value)
    except ValueError:
        pass
    raise Wrong(worded("needs two times such as 20:00"))


_READERS: Final[Readers] = {
    "needs": one_of(NEEDS),
    "stars_at_most": _whole(5),
    "platforms": lambda value: tuple(some_of(PLATFORMS)(value)),
    "kinds": lambda value: tuple(some_of(KINDS)(value)),
    "words": _words,
    "money": _flag,
    "complaints": _flag,
    "negative": _flag,
    "first_replies": _whole(MOST_FIRST_REPLIES),
    "steps": _steps,
    "changes_go_on": _flag,
    "stand_ins": lambda value: tuple(StandIn(**one) for one in entries(value, MOST_STAND_INS, _stand_in)),
    "quiet": lambda value: tuple(Quiet(**one) for one in entries(value, MOST_QUIET, _quiet)),
    "quiet_broken_by": lambda value: tuple(some_of(URGENT)(value)),
    "remind_after": _hours,
    "awake_hours": _flag,
    "silence": one_of(SILENCES),
    "silence_after": _whole(MOST_HOURS),
    "escalate_to": lambda value: tuple(UUID(one) for one in ids(value, MOST_PEOPLE)),
    "mode": one_of(MODES),
    "acknowledge": lambda value: tuple(HeardLine(**one) for one in entries(value, MOST_HEARD_LINES, _heard_line)),
    "acknowledge_texts": _whole(MOST_TEXTS_NUMBER),
}
assert set(_READERS) == {one.name for one in fields(Terms)}
