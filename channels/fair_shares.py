"""Who comes next when more waits than can be taken: agencies in turn, and within an agency its brands in turn. Pure.

Dealt like cards: round after round each agency that still has something waiting gets one, and hands it to the next of
its brands. So until an agency with n things waiting has got its last one, every other got at most n and one more:
however much another has waiting, it costs a neighbour no more than one share among the agencies present. A `Rotation`
remembers who was dealt to last, so that who did not fit into one deal comes first in the next.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

House = TypeVar("House", bound=object)
Room = TypeVar("Room", bound=object)

#: Agencies whose last brand is remembered; a forgotten one begins with its first brand again.
REMEMBERED = 10_000


@dataclass
class Rotation(Generic[House, Room]):
    """Who was dealt to last, over all and within each agency."""

    last: House | None = None
    last_within: dict[House, Room] = field(default_factory=dict)


def deal(
    waiting: Mapping[House, Mapping[Room, int]], limit: int, rotation: Rotation[House, Room], at_a_time: int = 1
) -> list[tuple[House, Room]]:
    """Up to ``limit`` (agency, brand), one for each thing to take, in the order of dealing; moves the rotation on.

    ``at_a_time``: how many one agency gets before the next, where so many cost no more than one.
    """
    houses = deque(_from(waiting, rotation.last))
    rooms = {house: deque(_from(waiting[house], rotation.last_within.get(house))) for house in houses}
    left = {(house, room): count for house in houses for room, count in waiting[house].items()}
    dealt: list[tuple[House, Room]] = []
    given = 0
    while houses and len(dealt) < limit:
        house = houses.popleft()
        own = rooms[house]
        while own and left[house, own[0]] <= 0:
            own.popleft()
        if not own:
            given = 0
            continue
        room = own.popleft()
        left[house, room] -= 1
        own.append(room)
        given += 1
        if given < at_a_time:
            houses.appendleft(house)
        else:
            houses.append(house)
            given = 0
        dealt.append((house, room))
        rotation.last = house
        rotation.last_within.pop(house, None)
        rotation.last_within[house] = room
    while len(rotation.last_within) > REMEMBERED:
        del rotation.last_within[next(iter(rotation.last_within))]
    return dealt


def _from(names: Iterable[House], last: House | None) -> list[House]:
    """In order, beginning behind the last one."""
    ordered = sorted(names)  # type: ignore[type-var]
    if last is None:
        return ordered
    return [name for name in ordered if name > last] + [name for name in ordered if name <= last]  # type: ignore[operator]
