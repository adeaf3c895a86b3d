"""Icons: 16 px line drawings of our own in `static/icons.svg`, printed as a reference to one of them."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from re import findall

from markupsafe import Markup

STATIC = Path(__file__).parent / "static"


@lru_cache(maxsize=1)
def icon_names() -> frozenset[str]:
    """Every name drawn in the file."""
    return frozenset(findall(r'<symbol id="([a-z-]+)"', (STATIC / "icons.svg").read_text(encoding="utf-8")))


@lru_cache(maxsize=256)
def icon(name: str) -> Markup:
    """The icon as decoration: hidden from screen readers, so a word stands beside it or the control is named.

    Raises:
        KeyError: no such drawing.
    """
    if name not in icon_names():
        raise KeyError(f"no icon named {name!r} in static/icons.svg")
    return Markup(f'<svg class=i aria-hidden=true><use href="/static/icons.svg#{name}"/></svg>')
