"""How many points each part of a rank counts: one table with defaults, bounds, and what must hold between them.

A point is worth an hour of waiting, so waiting is the measure of all other weights and no weight of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final, NamedTuple

from tenants.brands import MOST_HOURS
from tenants.errors import Invalid, worded

MOST_POINTS: Final = 1_000
MOST_LATE_POINTS: Final = 5_000
"""Sums of these, in seconds of waiting, must fit the 32 bits of `conversation.rank`."""
MOST_RULE_POINTS: Final = 40
"""All rules of the desk together raise or lower a case by no more: by the defaults, what is late stays first."""


class Weight(NamedTuple):
    """One line of the table: points unless somebody chose others, and at most so many."""

    default: int
    most: int = MOST_POINTS


WEIGHTS: Final[Mapping[str, Weight]] = {
    "urgent": Weight(40),
    "complaint": Weight(30),
    "anger": Weight(20),
    "stars_1": Weight(25),
    "stars_2": Weight(20),
    "stars_3": Weight(8),
    "vip": Weight(20),
    "person": Weight(2, 100),
    "reach_3": Weight(4),
    "reach_10": Weight(10),
    "tier_plus": Weight(5),
    "tier_premium": Weight(10),
    "due_8h": Weight(5),
    "due_4h": Weight(10),
    "due_2h": Weight(20),
    "due_1h": Weight(35),
    "due_30m": Weight(45),
    "late": Weight(600, MOST_LATE_POINTS),
}
"""`person` counts once for each step of a person's own weight, 0 to 10; the steps of a due time grow as it nears."""

DUE_STEPS: Final = (("due_8h", 480), ("due_4h", 240), ("due_2h", 120), ("due_1h", 60), ("due_30m", 30), ("late", 0))
"""Which weight counts from so many minutes before an answer is due."""

MOST_WEIGHT_STEPS: Final = 10


@dataclass(frozen=True, eq=False)
class Weights:
    """A whole table: every name of WEIGHTS with its points."""

    points: Mapping[str, int]

    @cached_property
    def due(self) -> tuple[tuple[int, int], ...]:
        """Seconds before the due time and the points from there on, earliest first."""
        return tuple((minutes * 60, self.points[name]) for name, minutes in DUE_STEPS)

    @cached_property
    def most_but_late(self) -> int:
        """The highest sum of a case that is not late, its waiting for the longest due time among it."""
        p = self.points
        groups = (
            (p["urgent"],),
            (p["complaint"],),
            (p["anger"],),
            (p["stars_1"], p["stars_2"], p["stars_3"]),
            (p["vip"],),
            (p["person"] * MOST_WEIGHT_STEPS,),
            (p["reach_3"], p["reach_10"]),
            (p["tier_plus"], p["tier_premium"]),
            tuple(p[name] for name, _minutes in DUE_STEPS[:-1]),
        )
        return sum(max(group) for group in groups) + MOST_RULE_POINTS + MOST_HOURS

    @property
    def late_comes_first(self) -> bool:
        """Whether whatever is late stands before everything that is not."""
        return self.points["late"] > self.most_but_late


DEFAULTS: Final = Weights({name: weight.default for name, weight in WEIGHTS.items()})


def weights_of(stored: Mapping[str, int] | None) -> Weights:
    """The table as a version keeps it; what it does not name, because it is newer, counts its default."""
    if stored is None:
        return DEFAULTS
    return Weights({name: stored.get(name, weight.default) for name, weight in WEIGHTS.items()})


def checked_weights(given: Mapping[str, object]) -> Weights:
    """A table somebody wrote. Raises Invalid naming each field that is missing, unknown, no whole number or too high,
    and a step of the due time that counts less than the one before it: a case would sink as its time nears.
    """
    errors: dict[str, list[str]] = {}
    points: dict[str, int] = {}
    for name, weight in WEIGHTS.items():
        value = given.get(name)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= weight.most:
            errors[name] = [worded("Write whole points from 0 to %(n)s.", n=weight.most)]
        else:
            points[name] = value
    for name in given:
        if name not in WEIGHTS:
            errors[name] = [worded("There is no such field.")]
    for (before, _far), (name, _near) in pairwise(DUE_STEPS):
        if before in points and name in points and points[name] < points[before]:
            sentence = worded(
                "At least the %(n)s points of the step before: nothing sinks as its time nears.", n=points[before]
            )
            errors[name] = [sentence]
    if errors:
        raise Invalid("Some of these points cannot be used. Nothing was changed.", errors=errors)
    return Weights(points)
