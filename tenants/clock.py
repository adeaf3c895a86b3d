"""The one place that asks what time it is, so that tests can hold the hands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime


def _system_now() -> datetime:
    return datetime.now(UTC)


_now: Callable[[], datetime] = _system_now


def now() -> datetime:
    """The present moment as an aware UTC datetime."""
    return _now()


@contextmanager
def stopped_at(moment: datetime) -> Iterator[Callable[[datetime], None]]:
    """For tests and the demo's past: inside the block time stands at `moment`; call the yielded function to move it.

    Leases are not judged by this clock but by the database's own (see `channels.poll_turns`).
    """
    global _now
    if moment.tzinfo is None:
        raise ValueError("stopped_at takes an aware datetime")
    before, held = _now, [moment]
    _now = lambda: held[0]  # noqa: E731 - a named function would only hide that it is one value

    def move_to(later: datetime) -> None:
        held[0] = later

    try:
        yield move_to
    finally:
        _now = before
