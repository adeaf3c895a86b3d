"""The sandbox's own clock: it runs like the machine's until somebody moves it, or stops it."""

from __future__ import annotations

from collections.abc import Callable


class WorldClock:
    """Seconds since 1970. Tests and people move it, so that windows and expiries need no waiting."""

    def __init__(self, base: Callable[[], float]) -> None:
        self._base = base
        self._offset_seconds = 0.0
        self._stopped_at: float | None = None

    def __call__(self) -> float:
        return self._base() + self._offset_seconds if self._stopped_at is None else self._stopped_at

    def move(self, seconds: float) -> None:
        """Forward, or back with a negative number."""
        if self._stopped_at is not None:
            self._stopped_at += seconds
        else:
            self._offset_seconds += seconds

    def set(self, at: float) -> None:
        self.move(at - self())

    def stop(self) -> None:
        """Stand still until `run`; `move` and `set` still work."""
        self._stopped_at = self()

    def run(self) -> None:
        """Run on from where it stands."""
        if self._stopped_at is not None:
            self._offset_seconds, self._stopped_at = self._stopped_at - self._base(), None

    def follow_machine(self) -> None:
        """Forget every move."""
        self._offset_seconds, self._stopped_at = 0.0, None

    def facts(self) -> dict[str, float | None]:
        """What `resume` takes: so the time survives a restart."""
        return {"offset_seconds": self._offset_seconds, "stopped_at": self._stopped_at}

    def resume(self, facts: dict[str, float | None]) -> None:
        self._offset_seconds = float(facts.get("offset_seconds") or 0.0)
        self._stopped_at = facts.get("stopped_at")
