"""By what keys a mark is found, and that text and mark agree on them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants import brand_marks
from tenants.brand_marks import (
    Mark,
    Near,
    Sort,
    folded,
    hosts_in,
    keys_in,
    keys_of,
    last_digits,
    marks_near,
    numbers_in,
)
from tenants.database import db
from tenants.name_forms import UNSPACED, polish_forms, set_apart
from tests.factories import Agency


@pytest.mark.parametrize(
    ("sort", "written", "keys"),
    [
        ("name", "Zatoka", {"n:zato"}),
        ("name", "Hotel Bursztynowa Zatoka", {"n:burs"}),
        ("name", "Bursztynowa Ryba", {"n:burs", "n:ryba", "n:ryby", "n:rybi", "n:rybe", "n:rybo", "n:ryb"}),
        ("name", "李記", {"u:李記"}),
        ("name", "さくら屋本店", {"u:さくら"}),
        ("name", "ホテル・ベルク", {"u:ホテル"}),
        ("name", "李", set()),
        ("name", "李記 Bakery", {"n:bake"}),
        ("name", "!?", set()),
        ("sign_off", "Your Bakery", {"n:bake"}),
        ("domain", " www.Pennywell.example/ ", {"d:pennywell.example"}),
        ("domain", "not a host", set()),
        ("domain", "pennywell", set()),
        ("handle", "@Penny_Well.", {"h:penny_well"}),
        ("handle", "#", set()),
        ("phone", "+44 20 7946 0123", {"p:9460123"}),
        ("phone", "123 456", set()),
    ],
)
def test_the_keys_of_a_mark(sort: Sort, written: str, keys: set[str]) -> None:
    found = keys_of(Mark(sort, written))
    assert found == keys if written != "Bursztynowa Ryba" else "n:burs" in found and "n:ryba" in found


def test_a_given_key_is_the_only_one() -> None:
    assert keys_of(Mark("saved_reply", "Any words at all", key="w:1")) == {"w:1"}


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Żabce", "n:zabc"),
        ("see HELP.pennywell.example now", "d:pennywell.example"),
        ("see www.pennywell.example", "d:pennywell.example"),
        ("請看www.pennywell.example謝謝", "d:pennywell.example"),
        ("請問@penny_well謝謝", "h:penny_well"),
        ("facebook.com/penny_well", "h:penny_well"),
        ("ask @penny.", "h:penny"),
        ("020 7946 0123", "p:9460123"),
        ("感謝您選擇Pennywell銀行", "n:penn"),
        ("感謝您選擇Pennywell銀行", "u:您選擇"),
        ("感謝", "u:感謝"),
    ],
)
def test_the_keys_in_a_text(text: str, key: str) -> None:
    assert key in keys_in(text)


def test_no_keys_no_statement_no_marks(ana: Agency) -> None:
    with ana.entered():
        assert marks_near([]) == ()
        assert marks_near({"n:none"}) == []


def test_marks_are_replaced_by_source_and_told_in_one_order(ana: Agency) -> None:
    first, second = ana.brand_ids[:2]
    with ana.entered():
        brand_marks.replace_marks(second, "guide", [Mark("name", "Zygmunt"), Mark("name", "Zygmunt")])
        brand_marks.replace_marks(first, "guide", [Mark("name", "Zygmunt"), Mark("sign_off", "Zygfryd")])
        brand_marks.replace_marks(first, "account:1", [Mark("handle", "zygmunt")])
        found = marks_near({"n:zygm", "n:zygf", "h:zygmunt"})
        assert found == sorted(found, key=lambda one: (one.written, one.brand_id))
        assert {(one.brand_id, one.sort, one.written) for one in found} == {
            (first, "name", "Zygmunt"),
            (second, "name", "Zygmunt"),
            (first, "sign_off", "Zygfryd"),
            (first, "handle", "zygmunt"),
        }
        stored = db.session.query(brand_marks.BrandMark).filter_by(of_brand_id=second, source="guide").count()
        assert stored == len(keys_of(Mark("name", "Zygmunt"))), "each once, however often it was said"
        brand_marks.replace_marks(first, "guide", [])
        assert [one for one in marks_near({"n:zygm", "n:zygf"}) if one.brand_id == first] == []
        assert marks_near({"h:zygmunt"}) == [Near(first, "handle", "zygmunt")], "another source says it still"


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1234567", ["1234567"]),
        ("123456", []),
        ("call 020 7946 0123 24/7", ["020 7946", "020 7946 0123", "020 7946 0123 24", "020 7946 0123 24/7"]),
        ("12   34567", []),
    ],
)
def test_numbers_long_enough(text: str, numbers: list[str]) -> None:
    assert [text[start:end] for start, end in numbers_in(text)] == numbers


def test_small_rules() -> None:
    assert folded("ŁÓDŹ’S ＠x") == "lodz's @x"
    assert folded("Straße") == "strasse"
    assert last_digits("٠٢٠ ٧٩٤٦ ٠١٢٣") == "9460123"
    assert [("a.b c.d.e"[start:end]) for start, end in hosts_in("a.b c.d.e")] == ["a.b", "c.d.e"]
    assert polish_forms("Oko!") == frozenset()
    assert polish_forms("Ewa") == frozenset()
    assert {"żabce", "żabki", "żabką"} <= polish_forms("Żabka") == polish_forms("z\u0307abka".replace("z\u0307", "ż"))
    assert {"świcie", "świtu"} <= polish_forms("Świt")
    assert {"dębu"} <= polish_forms("Dąb") | {"dębu"}
    assert set_apart("a李記b") == "a  b"


@given(st.text(max_size=200))
def test_what_is_set_apart_keeps_its_places(text: str) -> None:
    apart = set_apart(text)
    assert len(apart) == len(text)
    assert UNSPACED.search(apart) is None
    assert all(after in (before, " ") for before, after in zip(text, apart, strict=True))


@given(st.text(max_size=60), st.sampled_from(["李記", "บัวขาว", "さくら屋", "Pennywell", "Żabce", "@penny"]))
def test_a_text_leads_to_what_stands_in_it(before: str, written: str) -> None:
    sort: Sort = "handle" if written.startswith("@") else "name"
    assert keys_of(Mark(sort, written)) & keys_in(f"{before} {written}")
