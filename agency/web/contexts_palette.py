"""What the templates of the command palette get."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from markupsafe import Markup

from agency.web.looks import BrandLook


class PaletteOption(NamedTuple):
    """Something that can be chosen: an address to go to, or the key that does it on the page."""

    label: str
    icon: str
    url: str = ""
    press: str = ""
    caps: tuple[str, ...] = ()
    note: str | Markup = ""
    brand: BrandLook | None = None


class PaletteGroup(NamedTuple):
    """Options of one kind under a heading."""

    name: str
    heading: str
    options: tuple[PaletteOption, ...]


@dataclass(frozen=True, slots=True)
class PalettePage:
    """All groups. `who` tells one person's recent choices in this browser from another's."""

    typed: str
    groups: tuple[PaletteGroup, ...]
    who: str
