"""What `.ci/run` asks a part of and everybody at home asks whole; hypothesis' profile `steady` says which it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from hypothesis import settings

Kind = TypeVar("Kind")


def is_steady() -> bool:
    """Whether this run judges a change, as `.ci/run` does, and may leave to others what few changes touch."""
    return settings.get_current_profile_name() == "steady"


def share_of(kinds: Sequence[Kind], turn: int, *, of: int) -> Sequence[Kind]:
    """One in `of` of the kinds, the next ones each turn, so that so many turns have all; at home all of them.

    One at least: a turn whose share would be empty gets the kind it points at.
    """
    if not is_steady() or not kinds:
        return kinds
    return kinds[turn % of :: of] or kinds[turn % len(kinds) :][:1]
