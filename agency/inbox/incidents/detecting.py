"""Whether complaints that came within minutes say the same, more often than they usually do. Pure.

Two things are kept of a brand: its newest complaints (`Heard`, by numbers of their stems) and how often it usually
hears each stem (`Usual`). Both are bounded, and neither depends on the order in which complaints arrive: what counts is
when they were written and how many people wrote them.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from uuid import UUID

WINDOW_SECONDS: Final = 600
"""Within so long complaints count together."""
FEWEST_PEOPLE: Final = 8
"""Fewer people who say the same within it are told of nowhere: a new brand has no usual measure yet."""
MOST_HEARD: Final = 128
"""Newest complaints of a brand that are kept, none of them longer than twice the window: bounds a row to 30 kB."""
MOST_STEMS: Final = 12
"""Stems of one complaint that count, in the order they are said."""
MOST_USUAL: Final = 200
"""Stems of a brand whose usual measure is kept, the most frequent."""
HALF_LIVES: Final = (7_200, 86_400)
"""Seconds over which what is usual is measured: two hours, for an evening is busier than its day; and a day."""
_YOUNGEST: Final = 3_600
"""A measure younger than this counts as so old."""
_UNSEEN: Final = 0.02
"""Of all complaints of a brand, the share in which a stem that has no measure is taken to be usual."""
_MEASURED: Final = 200
"""Complaints of the last days by which what is usual at a brand is known well enough to judge by it alone."""
_HALF: Final = 0.5
"""Before that such a part of all complaints of the window says the same, or people gather who say it while the rest of
the window hardly does."""
_SHARED: Final = 0.6
"""A stem that so many of them say beside the first one is told with it."""


class Heard(NamedTuple):
    """A complaint: when it was written (seconds), in which case, a number for who wrote, numbers of its stems."""

    at: int
    case: UUID
    who: int
    stems: tuple[int, ...]


class Same(NamedTuple):
    """Complaints that say the same: by the number of the first stem and of those most share, the rarest use first."""

    stems: tuple[int, ...]
    cases: tuple[UUID, ...]
    people: int
    first_at: int
    last_at: int


@dataclass
class Usual:
    """How often a brand hears each stem, and complaints in all (under 0): sums that halve, one for each of HALF_LIVES,
    as they are at the moment `upto`. `since` is when it began to be measured, `newest` the last complaint.
    """

    since: int
    upto: int
    sums: dict[int, list[float]] = field(default_factory=dict)
    newest: int = 0

    def hear(self, complaint: Heard) -> None:
        """Count a complaint, in any order."""
        self.since, self.newest = min(self.since, complaint.at), max(self.newest, complaint.at)
        counts = [0.5 ** ((self.upto - complaint.at) / life) for life in HALF_LIVES]
        for stem in {0, *complaint.stems}:
            known = self.sums.setdefault(stem, [0.0] * len(HALF_LIVES))
            for place, count in enumerate(counts):
                known[place] += count
        if len(self.sums) > 2 * MOST_USUAL:
            self.forget()

    def forget(self) -> None:
        """Keep the most frequent stems alone."""
        often = sorted((stem for stem in self.sums if stem), key=lambda stem: (-self.sums[stem][-1], stem))
        self.sums = {stem: self.sums[stem] for stem in (0, *often[:MOST_USUAL]) if stem in self.sums}

    def within_window(self, stem: int, at: int, but: Sequence[Heard] = ()) -> float:
        """How many complaints with this stem a window usually has, as measured without these."""
        of_all = max(self._rates(0, at, but), default=0.0) * _UNSEEN
        return max([of_all, *self._rates(stem, at, [one for one in but if stem in one.stems])])

    def measured(self, at: int, but: Sequence[Heard] = ()) -> float:
        """How many complaints it was measured by, without these, older ones for less."""
        value, life = self.sums.get(0, (0.0,))[-1], HALF_LIVES[-1]
        others = value - sum(0.5 ** ((self.upto - one.at) / life) for one in but)
        return max(0.0, others) * 0.5 ** ((at - self.upto) / life)

    def _rates(self, stem: int, at: int, but: Sequence[Heard]) -> list[float]:
        age, found = max(_YOUNGEST, at - self.since), list[float]()
        for value, life in zip(self.sums.get(stem, ()), HALF_LIVES, strict=False):
            others = value - sum(0.5 ** ((self.upto - one.at) / life) for one in but)
            a_second = max(0.0, others) * 0.5 ** ((at - self.upto) / life) * math.log(2) / life
            found.append(a_second * WINDOW_SECONDS / (1 - 0.5 ** (age / life)))
        return found

    def _bring_to(self, at: int) -> None:
        """All sums as they are at another moment: once a page, not with each complaint."""
        less = [0.5 ** ((at - self.upto) / life) for life in HALF_LIVES]
        self.sums = {stem: [v * one for v, one in zip(known, less, strict=True)] for stem, known in self.sums.items()}
        self.upto = at

    def kept(self) -> dict[str, Any]:
        """As a row keeps it."""
        self.forget()
        self._bring_to(max(self.upto, self.newest))
        sums = {str(stem): [round(value, 4) for value in known] for stem, known in self.sums.items()}
        return {"since": self.since, "upto": self.upto, "sums": sums}

    @classmethod
    def read(cls, kept: Mapping[str, Any], at: int) -> Usual:
        """From what a row keeps; of nothing, from this moment on."""
        if not kept:
            return cls(at, at)
        return cls(kept["since"], kept["upto"], {int(stem): list(known) for stem, known in kept["sums"].items()})


def people_needed(usual: float) -> int:
    """So many different people within a window are no chance any more where it usually has so many complaints.

    Half as many again as usual for an evening that grows, and five times the spread of a chance (Poisson): one in
    three million windows.
    """
    return max(FEWEST_PEOPLE, math.ceil(1.5 * usual + 5 * math.sqrt(usual) + 4))


def newest(heard: Iterable[Heard], now: int) -> list[Heard]:
    """What is kept of these: the same complaint once, the newest MOST_HEARD of the last two windows."""
    some = {one for one in heard if now - 2 * WINDOW_SECONDS <= one.at <= now + WINDOW_SECONDS}
    return sorted(some, key=lambda one: (one.at, one.who, str(one.case)))[-MOST_HEARD:]


def same_as(complaint: Heard, heard: Collection[Heard], usual: Usual, but: Collection[int] = ()) -> Same | None:
    """Of these complaints, those that say the same as this one, if so many people do within a window around it that it
    is no chance; None where they do not. What is `usual` was measured by `heard` among others, not by this one; what
    may be a storm is not taken for usual. Stems of `but` are told of already, and nothing is found by them.
    """
    counted = [one for one in set(heard) if abs(one.at - complaint.at) <= WINDOW_SECONDS]
    near = [*counted, complaint] if complaint not in counted else counted
    is_young = usual.measured(complaint.at, counted) < _MEASURED
    times = sorted(one.at for one in near)
    best: tuple[float, int, list[Heard]] | None = None
    for stem in complaint.stems:
        if stem in but:
            continue
        saying = sorted((one for one in near if stem in one.stems), key=lambda one: (one.at, one.who, str(one.case)))
        if len(saying) < FEWEST_PEOPLE:
            continue
        some, people = _fullest_window(saying)
        needed = people_needed(usual.within_window(stem, complaint.at, counted))
        if people < needed or (is_young and not _stands_out(saying, times)):
            continue
        if best is None or (people / needed, -stem) > (best[0], -best[1]):
            best = (people / needed, stem, some)
    if best is None:
        return None
    _, first, some = best
    said = Counter(stem for one in some for stem in set(one.stems))
    others = [s for s in complaint.stems if s != first and said[s] >= _SHARED * len(some)]
    return Same(
        stems=(first, *others[:2]),
        cases=tuple(dict.fromkeys(one.case for one in some)),
        people=len({one.who for one in some}),
        first_at=some[0].at,
        last_at=some[-1].at,
    )


def _stands_out(saying: Sequence[Heard], times: Sequence[int]) -> bool:
    """Whether these, in the order of time, are half of all complaints of the window, whose `times` are in order too; or
    so many of them come together that it is no chance, by how often the rest of the window says it.
    """
    if len(saying) >= _HALF * len(times):
        return True
    said = [one.at for one in saying]
    for start, first in enumerate(said):
        people = set[int]()
        for one in saying[start:]:
            people.add(one.who)
            if len(people) == FEWEST_PEOPLE:
                break
        else:
            return False
        inside = bisect_right(times, one.at) - bisect_left(times, first)
        mine = bisect_right(said, one.at) - bisect_left(said, first)
        elsewhere = (len(said) - mine + 1) / (len(times) - inside + 1)
        if mine >= people_needed(elsewhere * inside):
            return True
    return False


def _fullest_window(saying: Sequence[Heard]) -> tuple[list[Heard], int]:
    """Of complaints in the order of time those of the window with the most people, the first such one."""
    best: tuple[list[Heard], int] = ([], 0)
    start, inside = 0, Counter[int]()
    for end, one in enumerate(saying):
        inside[one.who] += 1
        while one.at - saying[start].at > WINDOW_SECONDS:
            gone = saying[start].who
            inside[gone] -= 1
            if not inside[gone]:
                del inside[gone]
            start += 1
        is_first = best[0] and best[0][0] is saying[start]
        if len(inside) > best[1] or (len(inside) == best[1] and is_first):
            best = (list(saying[start : end + 1]), len(inside))
    return best
