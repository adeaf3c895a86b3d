"""Colours hold the ratios of WCAG 2.2 AA, read from the style sheet itself."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agency.web.icons import STATIC
from agency.web.looks import brand_look, contrast_ratio, ink_on

ROLE = re.compile(r"--([a-z-]+):\s*light-dark\((#[0-9a-f]{6}),\s*(#[0-9a-f]{6})\)")
ROLES = {name: (light, dark) for name, light, dark in ROLE.findall((STATIC / "app.css").read_text(encoding="utf-8"))}

GROUNDS = ("surface", "raised", "sunk", "hover")
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


@given(st.from_regex(r"#[0-9a-f]{6}", fullmatch=True))
def test_every_brand_colour_carries_readable_words(colour: str) -> None:
    assert contrast_ratio(ink_on(colour), colour) >= 4.5


@given(colour=st.text(max_size=40), name=st.text(max_size=20), mark=st.text(max_size=4))
def test_no_stored_colour_or_mark_leaves_its_attribute(colour: str, name: str, mark: str) -> None:
    look = brand_look("b", name, mark, colour)
    assert re.fullmatch(r"#[0-9a-fA-F]{6}", look.colour)
    for drawing in (look.edge, look.tile, look.backdrop):
        assert drawing.count("<svg") == drawing.count("</svg>") == 1
        assert not re.search(r"<(?!/?(svg|rect|text)\b)", drawing)
