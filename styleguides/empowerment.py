"""What staff may give of their own accord: limits, what counts against each, and what is left. Pure.

A limit is an amount for one kind of count (LIMIT_KINDS), of the whole brand or of one scenario. What is given counts in
one bucket for each of them; taking it back empties the same buckets, so the room comes back where it was used.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, NamedTuple
from uuid import UUID

Subject = Literal["case", "customer", "person", "brand"]
Span = Literal["ever", "day", "month"]


class LimitKind(NamedTuple):
    """What a limit adds up: everything given to or by one subject, within a span of time."""

    name: str
    subject: Subject
    span: Span


LIMIT_KINDS: Final[tuple[LimitKind, ...]] = (
    LimitKind("case", "case", "ever"),
    LimitKind("customer_month", "customer", "month"),
    LimitKind("person_day", "person", "day"),
    LimitKind("person_month", "person", "month"),
    LimitKind("brand_day", "brand", "day"),
    LimitKind("brand_month", "brand", "month"),
)
"""One conversation; one customer (a contact) a month; one of the staff a day and a month; all together a day and a
month. Days and months are those of the brand's time zone."""

KIND_NAMES: Final = tuple(kind.name for kind in LIMIT_KINDS)
_KINDS: Final = {kind.name: kind for kind in LIMIT_KINDS}


class Giving(NamedTuple):
    """Who gives to whom on which day, there where the brand is. `scenario_id` is the guideline it follows, if any."""

    brand_id: UUID
    conversation_id: UUID
    contact_id: UUID | None
    person_id: UUID
    scenario_id: UUID | None
    given_on: date


class Bucket(NamedTuple):
    """One sum. `scenario_id` is the brand's own id for what is given in any scenario or none; `period` is empty,
    2026-11 or 2026-11-22.
    """

    kind: str
    scenario_id: UUID
    subject_id: UUID
    period: str


class Limit(NamedTuple):
    """At most so much in one bucket of this kind; `scenario_id` None is the whole brand.

    `is_comparable` is False for a guideline's offer in another currency: nothing can be said to be left of it.
    """

    kind: str
    scenario_id: UUID | None
    amount_minor: int
    is_comparable: bool = True


@dataclass(frozen=True, slots=True)
class LimitState:
    """A limit and how much of it is used."""

    limit: Limit
    given_minor: int

    @property
    def left_minor(self) -> int:
        """Never below 0, also where somebody gave more than the limit."""
        return max(0, self.limit.amount_minor - self.given_minor) if self.limit.is_comparable else 0


def period_of(kind: str, day: date) -> str:
    """The period that holds the day, as buckets name it."""
    span = _KINDS[kind].span
    return "" if span == "ever" else day.isoformat() if span == "day" else day.isoformat()[:7]


def subject_of(kind: str, giving: Giving) -> UUID | None:
    """Whose count it is; None for a customer nobody knows."""
    return {
        "case": giving.conversation_id,
        "customer": giving.contact_id,
        "person": giving.person_id,
        "brand": giving.brand_id,
    }[_KINDS[kind].subject]


def buckets_of(giving: Giving) -> list[Bucket]:
    """Every sum it counts in: each kind for the whole brand, and once more for its scenario."""
    found = []
    for kind in KIND_NAMES:
        subject_id, period = subject_of(kind, giving), period_of(kind, giving.given_on)
        if subject_id is not None:
            for scenario_id in dict.fromkeys((giving.brand_id, giving.scenario_id or giving.brand_id)):
                found.append(Bucket(kind, scenario_id, subject_id, period))
    return found


def states_of(limits: Iterable[Limit], giving: Giving, given: Mapping[Bucket, int]) -> list[LimitState]:
    """The limits that hold for this giving, each with what is used of it, in the order of LIMIT_KINDS, the brand's
    first.
    """
    states = []
    for limit in limits:
        if limit.scenario_id not in (None, giving.scenario_id):
            continue
        subject_id = subject_of(limit.kind, giving)
        if subject_id is None:
            continue
        scenario_id = limit.scenario_id or giving.brand_id
        bucket = Bucket(limit.kind, scenario_id, subject_id, period_of(limit.kind, giving.given_on))
        states.append(LimitState(limit, given.get(bucket, 0)))
    return sorted(states, key=lambda one: (KIND_NAMES.index(one.limit.kind), one.limit.scenario_id is not None))


def binding(states: Sequence[LimitState]) -> LimitState | None:
    """The limit that leaves least; of equals the first. None where there is no limit."""
    return min(states, key=lambda one: one.left_minor, default=None)


def room_minor(states: Sequence[LimitState]) -> int:
    """What may be given. Nothing where no limit is written: nobody is empowered by silence."""
    tightest = binding(states)
    return tightest.left_minor if tightest is not None else 0
