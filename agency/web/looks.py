"""Small pieces that pages show: a brand, a state, a clock, a finding.

Everything here is ready to print. Templates neither count, nor translate, nor work out a colour for each row; whoever
builds a page does it once. That keeps fifty rows of the inbox under three milliseconds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from markupsafe import Markup, escape

Tone = Literal["plain", "info", "good", "warn", "bad"]
ClockLevel = Literal["plain", "soon", "late", "paused", "done"]
FindingLevel = Literal["stop", "warn", "hint"]

NEUTRAL_COLOUR = "#5c5f66"
DARK_INK = ' class="d"'
"""Marks are white but for these (parts.css, inbox.css): fifty rows say it shorter than fifty colours and places."""
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}\Z")


def told(help_text: str, **options: Any) -> Any:
    """A dataclass field that carries its meaning: read it with `dataclasses.fields(page)[i].metadata["help"]`."""
    return field(metadata={"help": help_text}, **options)


def relative_luminance(colour: str) -> float:
    """WCAG 2 relative luminance, 0 to 1, of a `#rrggbb` colour."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast_ratio(one: str, other: str) -> float:
    """WCAG 2 contrast of two `#rrggbb` colours, 1 to 21."""
    light, dark = sorted((relative_luminance(one), relative_luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def ink_on(colour: str) -> str:
    """Black or white, whichever is easier to read on `colour`; the better of the two is never below 4.5 to 1."""
    return "#ffffff" if contrast_ratio(colour, "#ffffff") >= contrast_ratio(colour, "#000000") else "#000000"


@dataclass(frozen=True, kw_only=True)
class BrandLook:
    """A brand as every page shows it. Make it with `brand_look`, which draws the three shapes once per brand."""

    id: str = told("The brand's id as text.")
    name: str = told("The brand's name, never cut: style sheets cut.")
    mark: str = told("Two letters.")
    colour: str = told("`#rrggbb`; grey where the stored value is not a colour.")
    ink: str = told("Text colour on `colour`, at least 4.5 to 1.")
    edge: Markup = told(
        "Band and mark for the left edge of a queue row, which inbox.css sizes and inks. Its letters are spoken, too."
    )
    tile: Markup = told("The mark alone, 24 px.")
    backdrop: Markup = told("A rectangle that fills its positioned parent: the full-width band of the composer.")


@lru_cache(maxsize=4096)
def brand_look(brand_id: str, name: str, mark: str, colour: str) -> BrandLook:
    """Draw a brand. Colours travel as SVG `fill` attributes, which a policy without inline styles allows."""
    fill = colour if _COLOUR.match(colour or "") else NEUTRAL_COLOUR
    ink = ink_on(fill)
    letters = escape((mark or name or "?")[:2].upper())
    mark_text = f"<text{DARK_INK if ink == '#000000' else ''}>{letters}</text>"
    return BrandLook(
        id=brand_id,
        name=name,
        mark=str(letters),
        colour=fill,
        ink=ink,
        edge=Markup(f'<svg fill="{fill}"><rect/><rect/>{mark_text}</svg>'),
        tile=Markup(f'<svg class="tile" viewBox="0 0 24 24" fill="{fill}" aria-hidden="true"><rect/>{mark_text}</svg>'),
        backdrop=Markup(
            f'<svg class="backdrop" fill="{fill}" aria-hidden="true"><rect width="100%" height="100%"/></svg>'
        ),
    )


@dataclass(frozen=True, slots=True)
class StateLook:
    """A state: word, icon and colour together, because colour is never the only sign."""

    code: str = told("The value in the database, for tests and scripts (`data-state`).")
    word: str = told("What people read, translated.")
    icon: str = told("A name from `static/icons.svg`.")
    tone: Tone = told("Which colour role.")


@dataclass(frozen=True, slots=True)
class Clock:
    """A time as people read it, with the exact one on hover and for machines. See `agency.web.clocks`."""

    words: str = told("For example: 40 min, due in 40 min, late by 2 h.")
    level: ClockLevel = told("`soon` and `late` are coloured and get an icon.")
    iso: str = told("RFC 3339 in UTC.")
    exact: str = told("In the reader's zone, with the brand's where it differs.")


@dataclass(frozen=True, slots=True)
class FindingLook:
    """One thing the style guide says about a text. `start` and `end` count Unicode code points."""

    rule: str = told("The rule's id within the guide.")
    level: FindingLevel = told("`stop` blocks, `warn` asks, `hint` helps.")
    message: str = told("In the language of the text being written.")
    start: int = told("First code point; equal to `end` when the finding is about the whole text.")
    end: int = told("One past the last code point.")
    quoted: str = told("The words meant; empty for the whole text.", default="")
    suggestion: str | None = told("Words to put in their place; None when there are none.", default=None)
    reason: str = told("Why the rule exists, in the reader's own language.", default="")
    needs_approval: bool = told("These words wait for the client's yes.", default=False)


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of tabs, a filter or a menu."""

    label: str = told("What people read.")
    url: str = told("Where it leads; keeps every other filter.")
    selected: bool = told("Shown as current.", default=False)
    count: int | None = told("Number beside it, None for none.", default=None)
    tone: Tone = told("`bad` for late things.", default="plain")
    brand: BrandLook | None = told("Draws the mark before the label.", default=None)
    value: str = told("The form value where the entry is an option.", default="")
    key: str = told("Keyboard hint such as `g i`.", default="")


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that went wrong or needs knowing, in the three parts an error has."""

    tone: Tone = told("Colour and icon.")
    what: str = told("What happened.")
    safe: str = told("What is safe.", default="")
    next: str = told("What to do.", default="")
    action_label: str = told("Label of the one link.", default="")
    action_url: str = told("Its address.", default="")


@dataclass(frozen=True, slots=True)
class Toast:
    """A passing message, shown after something was done."""

    words: str = told("What was done: Resolved, Sent for approval.")
    tone: Tone = told("Colour and icon.", default="good")
    undo_url: str = told("Posting here takes it back; empty where it cannot.", default="")
    more_url: str = told("Where the whole of it stands; empty where the words say all.", default="")
    more_label: str = told("Label of that link.", default="")


@dataclass(frozen=True, slots=True)
class Stars:
    """A rating."""

    given: int = told("0 to 5.")
    words: str = told("For screen readers: 1 of 5 stars.")

    @property
    def shape(self) -> str:
        return "★" * self.given + "☆" * (5 - self.given)
