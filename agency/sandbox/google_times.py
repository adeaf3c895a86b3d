"""Times as Google writes them."""

from __future__ import annotations

from datetime import UTC, datetime


def google_time(at: float) -> str:
    """RFC 3339 with the three digits that captures show."""
    seconds, milliseconds = divmod(int(at * 1000), 1000)
    return f"{datetime.fromtimestamp(seconds, UTC).isoformat()[:19]}.{milliseconds:03d}Z"
