"""Calls of answers and deeds are counted in the budgets several together: what holds nothing back need not be said call
by call, each time by a round trip of its own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from channels.allowances import Ask, Note
from channels.budgets import Budgets

COUNTED_EVERY_SECONDS: Final = 0.25
"""So much later than it was made a call may be counted: polls, which the count holds back, take turns by seconds. A
process that dies leaves so much uncounted."""


class Tally:
    """Calls of one process that are counted within a moment: at once where the last count is long past. Safe to share
    between threads. What a platform says of a pause is told at once.
    """

    def __init__(self, budgets: Budgets, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._budgets, self._clock = budgets, clock
        self._lock = threading.Lock()
        self._asks: list[Ask] = []
        self._notes: list[Note] = []
        self._counted_at = -COUNTED_EVERY_SECONDS

    def add(self, asks: Sequence[Ask] = (), notes: Sequence[Note] = ()) -> None:
        """Count these calls, and take down what platforms said."""
        with self._lock:
            self._asks += asks
            self._notes += notes
            waits = self._clock() < self._counted_at + COUNTED_EVERY_SECONDS
        if not waits or any(note.pause_seconds for note in notes):
            self.count()

    def count(self) -> None:
        """Count what is left, now."""
        with self._lock:
            asks, self._asks = self._asks, []
            notes, self._notes = self._notes, []
            self._counted_at = self._clock()
        if asks:
            self._budgets.ask("publish", asks)
        if notes:
            self._budgets.note(notes)
