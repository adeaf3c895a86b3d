"""`python -m tests.faults.skewed SECONDS worker …`: a program of the product whose own clock is so many seconds wrong.

What Python tells of the time is moved, before anything else is imported; what PostgreSQL and Redis say is not.
"""

from __future__ import annotations

import datetime as datetimes
import sys
import time
from typing import Any


def skew(seconds: float) -> None:
    """Move this process's clock; `time.monotonic` stays, as it does where somebody sets a clock."""
    now, now_ns = time.time, time.time_ns
    time.time = lambda: now() + seconds
    time.time_ns = lambda: now_ns() + int(seconds * 1e9)
    true = datetimes.datetime

    class AnyMoment(type):
        """Moments made by C code are of the true kind, and moments all the same."""

        def __instancecheck__(cls, value: object) -> bool:
            return isinstance(value, true)

    class Skewed(true, metaclass=AnyMoment):  # type: ignore[misc,valid-type]
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return true.now(tz) + datetimes.timedelta(seconds=seconds)

        @classmethod
        def utcnow(cls) -> Any:
            return true.now(datetimes.UTC).replace(tzinfo=None) + datetimes.timedelta(seconds=seconds)

    datetimes.datetime = Skewed  # type: ignore[misc]


if __name__ == "__main__":
    skew(float(sys.argv.pop(1)))
    from agency.command_line import main

    main()
