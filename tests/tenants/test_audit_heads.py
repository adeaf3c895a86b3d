"""Heads told outside, and `onbrand audit verify`, which says in words what is broken."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from agency.record_check import check
from jobs.audit_heads import tell_heads
from tenants import audit
from tenants.audit_heads import HeadsAltered, HeadsFolder
from tenants.base_app import settings_of_app
from tests.factories import Agency


@pytest.fixture
def folder(app: Flask, tmp_path: Path) -> HeadsFolder:
    """A folder of this test's own, which the job writes to."""
    before = app.extensions["onbrand_settings"]
    app.extensions["onbrand_settings"] = replace(before, onbrand_audit_heads=str(tmp_path / "heads"))
    try:
        with app.app_context():
            yield HeadsFolder.of(settings_of_app())
    finally:
        app.extensions["onbrand_settings"] = before


def act(agency: Agency, count: int = 3) -> None:
    with agency.entered():
        for number in range(count):
            audit.record(agency.staff, "house.tried", "house", str(number), brand_id=agency.brand_ids[0])
        audit.record(agency.staff, "house.tried", "house", "own")


def lines_in(folder: HeadsFolder) -> list[str]:
    return [line for file in sorted(folder.path.iterdir()) for line in file.read_text().splitlines()]


def test_heads_are_told_once_and_again_when_a_chain_grew(ana: Agency, app: Flask, folder: HeadsFolder) -> None:
    act(ana)
    tell_heads(app)
    tell_heads(app)
    assert len(lines_in(folder)) == 2, "the agency's chain and one brand's; other brands have none yet"
    act(ana)
    tell_heads(app)
    assert len(lines_in(folder)) == 4
    said, whole = check(app, None, ())
    assert whole
    assert said == [
        "4 chains, 8 lines, 0 without the words that were erased: as written; compared with 4 heads told outside."
    ]


@pytest.mark.parametrize(
    ("deed", "sentence"),
    [
        (
            "delete from brand_audit where number = 3",
            "{brand}: the end is missing: line 3 and what followed were cut off."
            " Lines 1 to 2 are as they were written.",
        ),
        (
            "delete from brand_audit where number = 2",
            "{brand}: line 2 is missing: it was deleted. Lines 1 to 1 are as they were written.",
        ),
        (
            "update brand_audit set actor_name = 'Nobody' where number = 1",
            "{brand}: line 1 is not as it was written: it was altered, or another was put in its place.",
        ),
        ("delete from agency_audit", "{agency}: the end is missing: line 1 and what followed were cut off."),
    ],
)
def test_what_is_broken_is_said(
    deed: str, sentence: str, ana: Agency, stranger: Agency, app: Flask, superuser: Engine, folder: HeadsFolder
) -> None:
    act(ana)
    act(stranger)
    tell_heads(app)
    assert check(app, None, ())[1]
    with superuser.begin() as connection:
        connection.execute(text(f"{deed} {'and' if 'where' in deed else 'where'} agency_id = :id"), {"id": ana.id})
        agency = connection.execute(text("select name from agency where id = :id"), {"id": ana.id}).scalar_one()
        brand = connection.execute(text("select name from brand where id = :id"), {"id": ana.brand_ids[0]}).scalar_one()
    expected = sentence.format(brand=f"{agency}, {brand}", agency=agency)
    assert check(app, None, ()) == ([expected], False)
    assert check(app, agency, ()) == ([expected], False)


def test_one_byte_of_a_file_of_heads_is_found(ana: Agency, app: Flask, folder: HeadsFolder) -> None:
    act(ana)
    tell_heads(app)
    (file,) = folder.path.iterdir()
    told = file.read_bytes()
    assert folder.read()[ana.id].keys() == {None, ana.brand_ids[0]}

    @given(st.integers(0, len(told) - 1), st.integers(0, 7))
    @settings(max_examples=150)
    def altered(place: int, bit: int) -> None:
        changed = told[:place] + bytes([told[place] ^ (1 << bit)]) + told[place + 1 :]
        file.write_bytes(changed)
        try:
            found = folder.read()
        except HeadsAltered:
            return
        file.write_bytes(told)
        assert found == folder.read(), "white space or the case of a letter in a hash says the same"

    altered()
    file.write_bytes(told.replace(b'"number": 3', b'"number": 2'))
    said, whole = check(app, None, ())
    assert (said, whole) == (
        [f"Line 2 of {file.name} is not as this installation wrote it. Heads were compared with nothing."],
        False,
    )


def test_a_copy_kept_elsewhere_is_compared_too(
    ana: Agency, app: Flask, superuser: Engine, folder: HeadsFolder, tmp_path: Path
) -> None:
    act(ana)
    tell_heads(app)
    (file,) = folder.path.iterdir()
    copy = tmp_path / "copy.jsonl"
    file.rename(copy)
    with superuser.begin() as connection:
        connection.execute(text("delete from brand_audit"))
    assert check(app, None, ())[1], "who takes the folder as well takes the proof"
    said, whole = check(app, None, (copy,))
    assert not whole
    assert "cut off" in said[0]
