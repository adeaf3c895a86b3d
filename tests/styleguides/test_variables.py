"""Places in braces: found, filled in one pass, and never sent where nobody filled them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from styleguides.check import check_text
from styleguides.rule_kinds import CheckContext
from styleguides.variables import VARIABLES, fill, places

VALUES = {name: f"<{name}>" for name in VARIABLES}


def test_filled_ones_go_and_missing_ones_stay_and_are_told() -> None:
    text = "Dear {customer_name}, order { order} and {order} from {location}."
    filled = fill(text, {"customer_name": "Anna", "order": "", "location": None})
    assert filled.text == "Dear Anna, order { order} and {order} from {location}."
    assert filled.missing == ("order", "location")


def test_a_value_is_never_taken_for_a_place() -> None:
    assert fill("{customer_name} {order}", {"customer_name": "{order}", "order": "7"}).text == "{order} 7"


@given(st.text(alphabet="{}ab_ ąż0.-\n", max_size=80))
def test_places_are_where_they_say_and_filling_all_leaves_none(text: str) -> None:
    found = places(text)
    assert all(text[one.start] == "{" and text[one.end - 1] == "}" and one.name in text for one in found)
    assert sorted(found, key=lambda one: one.start) == found
    filled = fill(text, dict.fromkeys((one.name for one in found), "x"))
    assert filled.missing == ()
    assert filled.text == "".join("x" if inside else piece for piece, inside in pieces(text))


def pieces(text: str) -> list[tuple[str, bool]]:
    parts, at = [], 0
    for one in places(text):
        parts += [(text[at : one.start], False), (text[one.start : one.end], True)]
        at = one.end
    return [*parts, (text[at:], False)]


@pytest.mark.parametrize("language", ["en", "pl", "pt", "es", None])
@pytest.mark.parametrize("place", ["{order}", "{imię}", "{{customer_name}}", "{ my name}"])
def test_an_unfilled_place_stops_whatever_the_guide_says(language: str | None, place: str) -> None:
    text = f"Hi! 👍🏽 Your {place} is here."
    stops = [one for one in check_text([], text, CheckContext(language=language)) if one.level == "stop"]
    assert [one.rule for one in stops] == ["platform-variable"]
    quoted = text[stops[0].start : stops[0].end]
    assert quoted == place.replace("{{", "{").replace("}}", "}")
    assert quoted in stops[0].message


@pytest.mark.parametrize("text", ["Smile :-} or {:", "{}", "{ }", "{1+1}", "a { b", "{" + "x" * 60 + "}"])
def test_other_braces_are_let_be(text: str) -> None:
    assert [one for one in check_text([], text, CheckContext()) if one.rule == "platform-variable"] == []


@pytest.mark.parametrize("piece", ["{", "{a", "{ a", "}", "{a ", "{a}"])
def test_hostile_braces_cost_what_friendly_ones_do(piece: str) -> None:
    started = time.process_time()
    places(piece * (200_000 // len(piece)))
    assert time.process_time() - started < 2
