"""State tables: from, to, who, what must hold. The only code that sets a state."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from tenants.errors import Conflict, Worded, worded
from tenants.permissions import Permission

SYSTEM = "system"


def in_words(name: str) -> Worded:
    """A state, a move or the thing itself in words; `agency.web.move_words` lists them for the catalogues."""
    return Worded(name.replace("_", " "))


class HasState(Protocol):
    """Anything whose state a table governs. Its mapped column is called `state`."""

    state: str


@dataclass(frozen=True)
class Move:
    """One allowed change of state. `who` is a permission, or SYSTEM; `must_hold` is the rule in words."""

    name: str
    sources: frozenset[str]
    targets: frozenset[str]
    who: Permission | str
    must_hold: str


class StateTable:
    """The moves of one kind of thing, and the only place that applies them."""

    def __init__(self, subject: str, moves: Iterable[Move]) -> None:
        self.subject = subject
        self.moves = {move.name: move for move in moves}

    @property
    def states(self) -> frozenset[str]:
        """Every state a move leaves or reaches."""
        return frozenset().union(*(m.sources | m.targets for m in self.moves.values()))

    def from_state(self, state: str) -> list[Move]:
        """What may happen next to a thing in this state."""
        return [move for move in self.moves.values() if state in move.sources]

    def allows(self, name: str, source: str, target: str) -> bool:
        """Whether the move may take a thing from source to target."""
        move = self.moves[name]
        return source in move.sources and target in move.targets

    def check(self, name: str, source: str, target: str) -> None:
        """Raise Conflict, naming what the thing is now, unless the move is allowed from here."""
        if not self.allows(name, source, target):
            raise Conflict(
                worded(
                    "This %(subject)s is %(state)s now, so it cannot %(move)s. "
                    "Nothing was changed. Look at it again before you go on.",
                    subject=in_words(self.subject),
                    state=in_words(source),
                    move=in_words(name),
                ),
                state=source,
                move=name,
            )

    def apply(self, thing: HasState, name: str, target: str | None = None) -> None:
        """Set the thing's state by a move. `target` may be left out where the move has only one.

        Raises Conflict when the move does not start from the thing's present state.
        """
        move = self.moves[name]
        goal = target if target is not None else next(iter(move.targets))
        if target is None and len(move.targets) != 1:
            raise ValueError(f"{name} has several targets; name one of {sorted(move.targets)}")
        self.check(name, thing.state, goal)
        thing.state = goal
