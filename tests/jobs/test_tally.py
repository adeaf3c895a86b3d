"""Calls are counted several together, none is forgotten, and a pause is told at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from channels.allowances import Ask, Budget, Note
from jobs.tally import COUNTED_EVERY_SECONDS, Tally

OF_APP = Budget("app:1", 100)


class Counted:
    """Budgets as a tally asks them."""

    def __init__(self) -> None:
        self.asked: list[list[Ask]] = []
        self.told: list[list[Note]] = []

    def ask(self, lane: str, asks: Sequence[Ask]) -> list[float]:
        assert lane == "publish"
        self.asked.append(list(asks))
        return [0.0] * len(asks)

    def note(self, notes: Sequence[Note]) -> None:
        self.told.append(list(notes))


def test_calls_of_a_moment_are_counted_together_and_all_of_them() -> None:
    budgets: Any = Counted()
    now = [100.0]
    tally = Tally(budgets, clock=lambda: now[0])
    ask, usual = Ask((OF_APP,)), Note(OF_APP, 5)
    tally.add([ask])
    assert budgets.asked == [[ask]], "nothing was counted for long: at once"
    for _ in range(3):
        tally.add([ask])
        tally.add(notes=[usual])
    assert (budgets.asked, budgets.told) == ([[ask]], [])
    tally.add(notes=[Note(OF_APP, pause_seconds=60)])
    assert budgets.asked == [[ask], [ask] * 3]
    assert budgets.told == [[*[usual] * 3, Note(OF_APP, pause_seconds=60)]]
    tally.add([ask])
    now[0] += COUNTED_EVERY_SECONDS
    tally.add([ask])
    assert budgets.asked[2:] == [[ask, ask]]
    tally.add([ask])
    tally.count()
    tally.count()
    assert budgets.asked[3:] == [[ask]]
