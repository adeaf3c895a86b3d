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

from tenants.brand_colours import ink_on, tones_of

Tone = Literal["plain", "info", "good", "warn", "bad"]
ClockLevel = Literal["plain", "soon", "late", "paused", "done"]
FindingLevel = Literal["stop", "warn", "hint"]

NEUTRAL_COLOUR = "#5c5f66"
DARK_INK = " class=d"
"""Marks on light pages are white but for these, and black on dark ones (parts.css): a tone of a dark page is bright."""
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}\Z")


def told(help_text: str, **options: Any) -> Any:
    """A dataclass field that carries its meaning: read it with `dataclasses.fields(page)[i].metadata["help"]`."""
    return field(metadata={"help": help_text}, **options)


@dataclass(frozen=True, kw_only=True)
class BrandLook:
    """A brand as every page shows it. Make it with `brand_look`, which draws the three shapes once per brand."""

    id: str = told("The brand's id as text.")
    name: str = told("The brand's name, never cut: style sheets cut.")
    mark: str = told("Two letters.")
    colour: str = told("`#rrggbb`; grey where the stored value is not a colour. Drawn in its tones, never itself.")
    ink: str = told("Text colour on the tone of light pages, at least 4.5 to 1; on dark pages it is black.")
    edge: Markup = told(
        "Band and mark for the left edge of a queue row, which inbox.css sizes and inks. Its letters are spoken, too."
    )
    tile: Markup = told("The mark alone, 24 px.")
    backdrop: Markup = told("A rectangle that fills its positioned parent: the full-width band of the composer.")


@lru_cache(maxsize=4096)
def brand_look(brand_id: str, name: str, mark: str, colour: str) -> BrandLook:
    """Draw a brand. Colours travel as SVG attributes, which a policy without inline styles allows.

    Style sheets fill shapes with `color` as their ground, so that what checks contrast sees what stands on it. A row's
    drawing is short because a page has fifty.
    """
    colour = colour.lower() if _COLOUR.match(colour or "") else NEUTRAL_COLOUR
    tones = tones_of(colour)
    drawn = tones.on_light if tones.on_light == tones.on_dark else f"light-dark({tones.on_light},{tones.on_dark})"
    ink = ink_on(tones.on_light)
    letters = escape((mark or name or "?")[:2].upper())
    mark_text = f"<text{DARK_INK if ink == '#000000' else ''}>{letters}</text>"
    return BrandLook(
        id=brand_id,
        name=name,
        mark=str(letters),
        colour=colour,
        ink=ink,
        edge=Markup(f"<svg color={drawn}><rect/>{mark_text}</svg>"),
        tile=Markup(f"<svg class=tile color={drawn}>{mark_text}</svg>"),
        backdrop=Markup(f'<svg class="backdrop" color={drawn} aria-hidden="true"></svg>'),
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
