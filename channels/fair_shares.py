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


class Deal(Generic[House, Room]):
    """What waited when it was counted, dealt out by and by; moves the rotation on.

    ``at_a_time``: how many one agency gets before the next, where so many cost no more than one.
    """

    def __init__(
        self, waiting: Mapping[House, Mapping[Room, int]], rotation: Rotation[House, Room], at_a_time: int = 1
    ) -> None:
        self._rotation, self._at_a_time, self._given = rotation, at_a_time, 0
        self._houses = deque(_from(waiting, rotation.last))
        self._rooms = {one: deque(_from(waiting[one], rotation.last_within.get(one))) for one in self._houses}
        self._left = {(house, room): count for house, rooms in waiting.items() for room, count in rooms.items()}

    def take(self, limit: int) -> list[tuple[House, Room]]:
        """Up to ``limit`` (agency, brand), one for each thing to take, in the order of dealing."""
        dealt: list[tuple[House, Room]] = []
        while self._houses and len(dealt) < limit:
            house = self._houses.popleft()
            own = self._rooms[house]
            while own and self._left[house, own[0]] <= 0:
                own.popleft()
            if not own:
                self._given = 0
                continue
            room = own.popleft()
            self._left[house, room] -= 1
            own.append(room)
            self._given += 1
            if self._given < self._at_a_time:
                self._houses.appendleft(house)
            else:
                self._houses.append(house)
                self._given = 0
            dealt.append((house, room))
            self._rotation.last = house
            self._rotation.last_within.pop(house, None)
            self._rotation.last_within[house] = room
        while len(self._rotation.last_within) > REMEMBERED:
            del self._rotation.last_within[next(iter(self._rotation.last_within))]
        return dealt


def deal(
    waiting: Mapping[House, Mapping[Room, int]], limit: int, rotation: Rotation[House, Room], at_a_time: int = 1
) -> list[tuple[House, Room]]:
    """One `Deal` and what is taken of it first."""
    return Deal(waiting, rotation, at_a_time).take(limit)


def _from(names: Iterable[House], last: House | None) -> list[House]:
    """In order, beginning behind the last one."""
    ordered = sorted(names)  # type: ignore[type-var]
    if last is None:
        return ordered
    return [name for name in ordered if name > last] + [name for name in ordered if name <= last]  # type: ignore[operator]
