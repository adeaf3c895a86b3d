"""Colours hold the ratios of WCAG 2.2 AA, read from the style sheet itself."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agency.web.icons import STATIC
from agency.web.looks import brand_look
from tenants.brand_colours import (
    BRIGHTEST_ON_LIGHT,
    DARKEST_ON_DARK,
    contrast_ratio,
    relative_luminance,
    tones_of,
)

ROLE = re.compile(r"--([a-z-]+):\s*light-dark\((#[0-9a-f]{6}),\s*(#[0-9a-f]{6})\)")
ROLES = {name: (light, dark) for name, light, dark in ROLE.findall((STATIC / "app.css").read_text(encoding="utf-8"))}
ROLE_NAME = re.compile(r"var\(--([a-z-]+)\)")

GROUNDS = ("surface", "raised", "sunk", "hover")
SHEETS = "".join(sheet.read_text(encoding="utf-8") for sheet in sorted(STATIC.glob("*.css")))
FILLED = {role for fill in re.findall(r"background(?:-color)?:([^;}]*)", SHEETS) for role in ROLE_NAME.findall(fill)}
NO_GROUND = {"accent", "accent-strong", "bad", "warn", "good", "text", "muted", "line"}
"""Buttons, bars, dots, toasts and gaps: no brand stands on them. Whatever else fills something may carry one."""
BRAND_GROUNDS = sorted(FILLED - NO_GROUND)
COLOUR = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
TEXT_PAIRS = [
    *((word, ground) for word in ("text", "muted", "accent", "accent-strong") for ground in GROUNDS),
    *((tone, ground) for tone in ("good", "warn", "bad", "info") for ground in (*GROUNDS, f"{tone}-soft")),
    *(("text", f"{tone}-soft") for tone in ("good", "warn", "bad", "info", "accent")),
    *((word, "accent-soft") for word in ("muted", "accent-strong", "warn", "bad", "good", "info", "star")),
    *(("muted", f"{tone}-soft") for tone in ("good", "warn", "bad", "info")),
    *(("star", ground) for ground in GROUNDS),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("on-bad", "bad"),
    ("surface", "text"),
]
MARK_PAIRS = [
    *((mark, ground) for mark in ("edge", "focus", "accent") for ground in GROUNDS),
    *((tone, ground) for tone in ("bad", "warn", "info") for ground in ("raised", "surface")),
    ("focus", "accent-soft"),
]


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("front", "back"), TEXT_PAIRS)
def test_words_are_readable(front: str, back: str, theme: int) -> None:
    assert contrast_ratio(ROLES[front][theme], ROLES[back][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("front", "back"), MARK_PAIRS)
def test_marks_and_focus_are_visible(front: str, back: str, theme: int) -> None:
    assert contrast_ratio(ROLES[front][theme], ROLES[back][theme]) >= 3


def test_no_style_sheet_names_a_colour_outside_the_roles() -> None:
    loose = re.compile(r"#[0-9a-fA-F]{3,8}\b")
    allowed = {"#ffffff", "#000000", "#999999"}  # inks on brand colours, and paper
    for sheet in STATIC.glob("*.css"):
        lines = sheet.read_text(encoding="utf-8").splitlines()
        named = [c for line in lines if "light-dark(" not in line for c in loose.findall(line)]
        assert set(named) <= allowed, sheet.name


def test_every_ground_is_known_and_the_limits_are_those_of_the_style_sheet() -> None:
    assert {*GROUNDS, "accent-soft", "info-soft", "warn-soft"} <= set(BRAND_GROUNDS) <= set(ROLES)
    darkest = min(relative_luminance(ROLES[ground][0]) for ground in BRAND_GROUNDS)
    brightest = max(relative_luminance(ROLES[ground][1]) for ground in BRAND_GROUNDS)
    assert 0 <= (darkest + 0.05) / 3 - 0.05 - BRIGHTEST_ON_LIGHT < 0.002, "no darker than it must be"
    assert 0 <= DARKEST_ON_DARK - (3 * (brightest + 0.05) - 0.05) < 0.002, "no brighter than it must be"


@given(colour=COLOUR)
@example("#000000")
@example("#ffffff")
@example("#0000ff")
@example("#ffff00")
@example("#00ff00")
def test_every_colour_is_seen_on_every_ground_and_carries_readable_letters(colour: str) -> None:
    look = brand_look("b", "Brand", "BR", colour)
    for theme, tone in enumerate(tones_of(colour)):
        for ground in BRAND_GROUNDS:
            assert contrast_ratio(tone, ROLES[ground][theme]) >= 3, (theme, ground)
        letters = "#000000" if theme else look.ink  # as parts.css has it
        assert contrast_ratio(letters, tone) >= 4.5
        assert tone in look.edge
        assert tone in look.tile
        assert tone in look.backdrop
    assert ("class=d" in look.edge) == (look.ink == "#000000")


@given(colour=COLOUR)
def test_a_colour_that_can_be_seen_is_drawn_as_it_is(colour: str) -> None:
    for theme, tone in enumerate(tones_of(colour)):
        if all(contrast_ratio(colour, ROLES[ground][theme]) >= 3.01 for ground in BRAND_GROUNDS):
            assert tone == colour
        assert tones_of(tone)[theme] == tone, "a tone needs no other"


@given(colour=st.text(max_size=40), name=st.text(max_size=20), mark=st.text(max_size=4))
def test_no_stored_colour_or_mark_leaves_its_attribute(colour: str, name: str, mark: str) -> None:
    look = brand_look("b", name, mark, colour)
    assert re.fullmatch(r"#[0-9a-fA-F]{6}", look.colour)
    for drawing in (look.edge, look.tile, look.backdrop):
        assert drawing.count("<svg") == drawing.count("</svg>") == 1
        assert not re.search(r"<(?!/?(svg|rect|text)\b)", drawing)
