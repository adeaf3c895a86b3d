"""What is made of a brand's rows and kept in a process by their state: made anew only where they changed since."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar
from uuid import UUID

State = TypeVar("State", bound=Hashable)
Made = TypeVar("Made")


class KeptReady(Generic[State, Made]):
    """By id, the last that was made of it and the state it was made of; threads may share it.

    A state has to tell every state apart that rows ever have: a count of rows that are never deleted and the sum of
    their versions does. Of more than `most` the one that nobody asked for longest goes.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[UUID, tuple[State, Made]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, number: UUID, state: State, make: Callable[[], Made]) -> Made:
        """What is kept of this state, else what `make` makes now; two threads may make the same at once."""
        with self._lock:
            known = self._kept.get(number)
            if known is not None and known[0] == state:
                self._kept.move_to_end(number)
                return known[1]
        made = make()
        with self._lock:
            self._kept[number] = state, made
            self._kept.move_to_end(number)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return made
