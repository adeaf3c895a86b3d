"""Context of the page of all places. The template is `more/page.html`."""

from __future__ import annotations

from dataclasses import dataclass

from agency.web.looks import Choice, told


@dataclass(frozen=True, kw_only=True)
class PlaceGroup:
    """Places that serve one end."""

    name: str = told("Work.")
    places: tuple[Choice, ...] = told("In the order of a day; `value` is the icon.")


@dataclass(frozen=True, kw_only=True)
class MorePage:
    """Every place the reader may open."""

    groups: tuple[PlaceGroup, ...] = told("Those with at least one place.")
