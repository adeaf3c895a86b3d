"""Public holidays of countries and their parts, by a kept library."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from importlib import import_module
from types import ModuleType
from typing import Final
from unicodedata import normalize

_KEPT: Final = 1_024
"""Countries and parts in years; about 3 kB each."""


@lru_cache(maxsize=_KEPT)
def public_holidays(country: str, part: str, year: int) -> frozenset[date]:
    """The days on which the country, or a part of it, rests that year; none of one that nobody knows."""
    library = _library()
    for subdivision in (part, None) if part else (None,):
        try:
            found = library.country_holidays(country, subdiv=subdivision, years=year)
        except NotImplementedError:  # a part, then a country, that the library does not know
            continue
        return frozenset(day for day in found if day.year == year)
    return frozenset()


@lru_cache(maxsize=1)
def countries() -> dict[str, tuple[str, ...]]:
    """Two letters of each country whose holidays are known, with the codes of its parts."""
    return {code: tuple(parts) for code, parts in _library().list_supported_countries(include_aliases=False).items()}


@lru_cache(maxsize=256)
def parts_of(country: str) -> dict[str, str]:
    """The parts of a country that have holidays of their own: codes with names, where it has them, by name."""
    if country not in countries():
        return {}
    names = _library().country_holidays(country).get_subdivision_aliases()
    found = {code: " / ".join(names.get(code) or [code]) for code in countries()[country]}
    return dict(sorted(found.items(), key=lambda one: normalize("NFKD", one[1]).casefold()))


def _library() -> ModuleType:
    """Loaded when first asked for, since most programs never do; by its name, or mypy reads 250 countries."""
    return import_module("holidays")
