"""Time zones people can choose, and the one most people of a language live in."""

from __future__ import annotations

from functools import cache
from typing import Final
from zoneinfo import available_timezones

_USUAL: Final = {"pl": "Europe/Warsaw", "pt": "Europe/Lisbon"}


@cache
def zones() -> tuple[str, ...]:
    """Places people know, and UTC; read once, because listing them walks through hundreds of files."""
    return (*sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/")), "UTC")


def usual_zone(language: str) -> str:
    """Where to begin the choice for somebody who reads this language; `UTC` where that says nothing."""
    return _USUAL.get(language, "UTC")
