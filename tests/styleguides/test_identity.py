"""The head of a guide: named fields, language variants and free headings, read from anything and written back."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from styleguides import guides
from styleguides.identity import (
    LONGEST_ENTRY,
    MOST_ENTRIES,
    NAMED,
    Identity,
    IdentityInvalid,
    identity_from_data,
    identity_to_data,
)
from tenants.errors import Conflict, Forbidden, Invalid
from tests.factories import Agency

WHOLE: dict[str, Any] = {
    "audience": "Families by the sea.",
    "address": "Państwo, Pani, Pan.",
    "do": ["Thank for bitter words, too."],
    "dont": ["No excuses."],
    "vocabulary": ["stay, not visit"],
    "signatures": ["The team of the house"],
    "examples": {"facebook": ["Thank you.\nSee you soon."], "google_business": ["We are sorry."]},
    "Odbiorcy": "Rodziny.",
    "Tak piszemy": ["Ciepło.", "Krótko."],
    "languages": {"en": {"address": "You, never first names.", "examples": {"facebook": ["Hello."]}}},
}


def test_what_is_written_reads_back_the_same() -> None:
    assert identity_to_data(identity_from_data(WHOLE)) == WHOLE


def test_a_variant_stands_before_what_holds_for_all() -> None:
    identity = identity_from_data(WHOLE)
    english = identity.spoken_in("en")
    assert english.address == "You, never first names."
    assert english.audience == "Families by the sea."
    assert english.examples["facebook"] == ("Hello.",)
    assert english.examples["google_business"] == ("We are sorry.",)
    assert english.languages == {}
    assert identity.spoken_in("en-GB").address == "You, never first names."
    regional = identity_from_data({**WHOLE, "languages": {"pt": {"address": "tu"}, "pt-BR": {"address": "você"}}})
    assert [regional.spoken_in(code).address for code in ("pt", "pt-PT", "pt-BR")] == ["tu", "tu", "você"]
    for other in ("pl", None, ""):
        assert identity.spoken_in(other).address == "Państwo, Pani, Pan."


TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=30).map(str.strip).filter(bool)
TEXTS = st.lists(TEXT, min_size=1, max_size=3)
FREE = st.dictionaries(TEXT.filter(lambda t: t not in (*NAMED, "examples", "languages")), TEXT | TEXTS, max_size=3)
PART = st.fixed_dictionaries(
    {},
    optional={
        **{name: TEXT if kind == "text" else TEXTS for name, kind in NAMED.items()},
        "examples": st.dictionaries(st.sampled_from(["facebook", "instagram"]), TEXTS, min_size=1),
    },
)
HEAD = st.builds(
    lambda part, free, languages: {**part, **free, **({"languages": languages} if languages else {})},
    PART,
    FREE,
    st.dictionaries(st.sampled_from(["en", "pl", "pt"]), PART.filter(bool), max_size=2),
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(HEAD)
def test_any_head_survives_the_round(data: dict[str, Any]) -> None:
    identity = identity_from_data(data)
    assert identity_from_data(identity_to_data(identity)) == identity
    assert identity_to_data(identity) == data


JUNK: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9) | st.sampled_from(
        [*NAMED, "examples", "languages", "en", "facebook"]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(JUNK)
def test_junk_is_a_head_or_is_refused_with_its_place(data: Any) -> None:
    try:
        identity = identity_from_data(data)
    except IdentityInvalid as wrong:
        said = (wrong.field, wrong.message)
    else:
        said = ("fits", "fits")
        assert identity_from_data(identity_to_data(identity)) == identity
    assert all(said)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ([], "identity"),
        ({"audience": ["x"]}, "audience"),
        ({"do": {"x": "y"}}, "do"),
        ({"do": ["x" * (LONGEST_ENTRY + 1)]}, "do"),
        ({"do": ["x"] * (MOST_ENTRIES + 1)}, "do"),
        ({"free": 7}, "free"),
        ({"examples": {"myspace": ["x"]}}, "examples"),
        ({"examples": {"facebook": 7}}, "examples.facebook"),
        ({"languages": {"english": {}}}, "languages"),
        ({"languages": {"en": {"languages": {}}}}, "languages.en.languages"),
        ({"languages": {"en": {"do": [7]}}}, "languages.en.do"),
        ({"voice": "a\x00"}, "voice"),
        ({str(n): "x" for n in range(60)}, "identity"),
    ],
)
def test_what_does_not_fit_is_named(ana: Agency, data: Any, field: str) -> None:
    with pytest.raises(IdentityInvalid) as refused:
        identity_from_data(data)
    assert refused.value.field == field
    with ana.entered(ana.team_lead), pytest.raises(Invalid) as kept_out:
        guides.draft_version(ana.team_lead, ana.brand_ids[0], [], identity=data)
    assert list(kept_out.value.fields["errors"]) == ["identity" if field == "identity" else f"identity.{field}"]


def test_a_draft_is_changed_in_its_place_and_others_begin_a_new_one(ana: Agency) -> None:
    lead, brand = ana.team_lead, ana.brand_ids[0]
    with ana.entered(lead):
        guides.draft_version(lead, brand, [], "first", voice="Calm.")
        changed = guides.change_draft(lead, brand, 1, 1, identity={"do": ["x"]})
        assert (changed.number, changed.revision, changed.voice) == (1, 2, "Calm.")
        with pytest.raises(Conflict) as refused:
            guides.change_draft(lead, brand, 1, 1, voice="Loud.")
        assert refused.value.fields["revision"] == 2
        guides.put_in_force(lead, brand, 1)
        begun = guides.change_draft(lead, brand, 1, 1, voice="Loud.")
        assert (begun.number, begun.state, begun.voice, begun.identity) == (2, "draft", "Loud.", {"do": ["x"]})
        assert guides.version_of(brand, 1).voice == "Calm."
    for actor in (ana.staff, ana.client_owner):
        with ana.entered(actor), pytest.raises(Forbidden):
            guides.change_draft(actor, brand, 2, 1, voice="x")


def test_of_two_who_change_a_draft_at_once_one_is_told(ana: Agency) -> None:
    lead, brand = ana.team_lead, ana.brand_ids[0]
    with ana.entered(lead):
        guides.draft_version(lead, brand, [])
    start, raised = threading.Barrier(2), []

    def work(voice: str) -> None:
        try:
            with ana.entered(lead):
                start.wait(timeout=30)
                guides.change_draft(lead, brand, 1, 1, voice=voice)
        except Conflict as error:
            raised.append(error.code)

    threads = [threading.Thread(target=work, args=(voice,)) for voice in ("Mine", "Yours")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert raised == ["changed_meanwhile"]
    with ana.entered(lead):
        assert guides.version_of(brand, 1).revision == 2


def test_an_empty_head_says_nothing() -> None:
    assert Identity().is_empty()
    assert identity_to_data(identity_from_data({"do": [], "audience": "", "x": None, "examples": {}})) == {}
