"""The reader of the demo's files: it takes what is right, and says where what is wrong stands."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agency.demo import corpus

GOOD = {
    "platform": "facebook",
    "account": "1",
    "kind": "comment",
    "key": "c1",
    "post": "p1",
    "author": "Tilda Marrowby",
    "text": "Hello?",
    "at_seconds": 0,
    "age_minutes": 90,
    "origin": "demo",
}


def read(**changes: Any) -> corpus.ScenarioItem:
    line = {key: value for key, value in {**GOOD, **changes}.items() if value is not ...}
    return corpus.scenario_item(json.dumps(line), "here:1")


def test_a_good_line_is_read_and_handed_to_the_sandbox_without_our_own_keys() -> None:
    line = read().as_line(datetime(2026, 11, 22, 12, 0, tzinfo=UTC))
    assert line == {
        **{key: value for key, value in GOOD.items() if key not in ("origin", "age_minutes")},
        "created_at": "2026-11-22T10:30:00+00:00",
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"platform": "myspace"},
        {"platform": ["facebook"]},
        {"kind": "hologram"},
        {"kind": {}},
        {"text": ...},
        {"author": None},
        {"stars": 3},
        {"kind": "review", "post": ..., "stars": 6},
        {"kind": "review", "post": ..., "stars": True},
        {"at_seconds": -1},
        {"at_seconds": 10**9},
        {"at_seconds": 5},  # an age belongs to what is there at 0 s
        {"mark": "funny"},
        {"origin": "somewhere"},
        {"colour": "red"},
    ],
)
def test_a_wrong_line_is_refused_with_its_place(changes: dict[str, Any]) -> None:
    with pytest.raises(corpus.CorpusError, match=r"^here:1: "):
        read(**changes)


json_values = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just([]), st.just({}), st.just(["a"])
)


@given(changes=st.dictionaries(st.sampled_from([*GOOD, "stars", "raw", "drop", "mark", "parent"]), json_values))
def test_whatever_stands_in_a_line_is_read_or_refused(changes: dict[str, Any]) -> None:
    try:
        item = read(**changes)
    except corpus.CorpusError:
        return
    assert item.platform in corpus.PLATFORMS
    assert 0 <= item.at_seconds <= corpus.LATEST_SECONDS


@given(line=st.text())
def test_a_line_that_is_no_json_object_is_refused(line: str) -> None:
    with pytest.raises(corpus.CorpusError):
        corpus.scenario_item(line, "here:1")


def test_three_brands_with_marks_colours_and_languages_of_their_own() -> None:
    brands = corpus.load_brands()
    assert [brand.language for brand in brands] == ["en", "pl", "pt"]
    assert len({brand.mark for brand in brands}) == len({brand.colour for brand in brands}) == 3
    assert sum(brand.needs_approval for brand in brands) == 2
    for brand in brands:
        assert len(brand.mark) == 2
        assert ZoneInfo(brand.time_zone)
        assert 1 <= brand.first_answer_due_hours <= 48


def test_people_for_every_role_and_an_owner_for_every_brand() -> None:
    agency = corpus.load_people()
    roles = [person.role for person in agency.people]
    assert set(roles) == corpus.ROLES
    assert roles.count("staff") == 5
    owned = [person.brands for person in agency.people if person.role == "client_owner"]
    assert sorted(owned) == sorted((brand.key,) for brand in corpus.load_brands())
    assert all(person.email.endswith(".example") for person in agency.people)
    assert len({person.email for person in agency.people}) == len(agency.people)


def test_every_brand_has_someone_on_the_staff_who_speaks_its_language() -> None:
    staff = [person for person in corpus.load_people().people if person.role == "staff"]
    for brand in corpus.load_brands():
        assert any(brand.language in person.languages and brand.key in (person.brands or ()) for person in staff)


def test_credentials_are_plainly_for_show_and_each_opens_one_account() -> None:
    accounts = corpus.load_accounts()
    assert all(account.credential.startswith("demo-not-a-secret-") for account in accounts)
    assert len({account.credential for account in accounts}) == len(accounts)
    assert {(account.brand, account.platform) for account in accounts} == {
        ("pennywell", "facebook"),
        ("pennywell", "instagram"),
        ("pennywell", "google_business"),
        ("bursztynowa-zatoka", "google_business"),
        ("bursztynowa-zatoka", "facebook"),
        ("sol-poente", "instagram"),
        ("sol-poente", "facebook"),
        ("sol-poente", "google_business"),
    }
