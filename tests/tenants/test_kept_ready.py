"""What is made of rows is made anew only where their state is another, and no more is kept than was said."""

from __future__ import annotations

from uuid import UUID

from tenants.kept_ready import KeptReady

ONE, TWO, THREE = UUID(int=1), UUID(int=2), UUID(int=3)


def test_the_same_state_is_made_once_and_what_nobody_asks_for_goes() -> None:
    kept, made = KeptReady[int, list[int]](2), list[tuple[UUID, int]]()

    def of(number: UUID, state: int) -> list[int]:
        return kept.of(number, state, lambda: made.append((number, state)) or [state])  # type: ignore[func-returns-value]

    first = of(ONE, 1)
    assert of(ONE, 1) is first
    assert of(ONE, 2) == [2]
    of(TWO, 1)
    of(ONE, 2)
    of(THREE, 1)
    assert made == [(ONE, 1), (ONE, 2), (TWO, 1), (THREE, 1)]
    of(ONE, 2)
    of(TWO, 1)
    assert made[4:] == [(TWO, 1)], "the one nobody asked for went"
