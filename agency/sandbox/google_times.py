"""Times as Google writes them."""

from __future__ import annotations

from datetime import UTC, datetime


def google_time(at: float) -> str:
    """RFC 3339 with the three digits that captures show."""
    seconds, milliseconds = divmod(int(at * 1000), 1000)
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{milliseconds:03d}Z"
