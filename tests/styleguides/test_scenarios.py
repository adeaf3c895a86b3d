"""Which scenarios fit a case: conditions, words by stem, order, ties, and the same answer however they are given."""

from __future__ import annotations

import random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from styleguides.scenarios import (
    CASE_KINDS,
    KINDS,
    PLATFORMS,
    CaseFacts,
    Reason,
    Scenario,
    Scenarios,
    telling_words,
)


def number(value: int) -> UUID:
    return UUID(int=value)


COLD = Scenario(number(1), "Zimne jedzenie", words=("zimny", "lodowaty", "długo czekać"), max_stars=3)
NOISE = Scenario(number(2), "Hałas w nocy", words=("hałas", "głośno", "nie spałam"))
ANY_COMPLAINT = Scenario(number(3), "Każda skarga", case_kinds=("complaint",))
PRAISE = Scenario(number(4), "Pochwała", case_kinds=("praise",), min_stars=4)
PROSE = Scenario(number(5), "Alergia na orzechy")
ALL = (COLD, NOISE, ANY_COMPLAINT, PRAISE, PROSE)


def titles(case: CaseFacts, scenarios: tuple[Scenario, ...] = ALL, most: int = 3) -> list[str]:
    by_id = {one.id: one.title for one in scenarios}
    return [by_id[picked.id] for picked in Scenarios(scenarios).pick(case, most)]


def complaint(words: str, **more: object) -> CaseFacts:
    return CaseFacts(words, **{"language": "pl", "case_kinds": frozenset({"complaint"}), **more})  # type: ignore[arg-type]


def test_words_are_found_in_any_of_their_forms_and_told_as_they_were_written() -> None:
    picked = Scenarios(ALL).pick(complaint("Śniadanie było ZIMNE, a pokój głośny.", stars=2))
    assert [one.id for one in picked] == [COLD.id, NOISE.id, ANY_COMPLAINT.id]
    assert picked[0].reasons == (Reason("words", ("ZIMNE",)), Reason("stars", ("", "3")))
    assert picked[1].reasons == (Reason("words", ("głośny",)),)
    assert picked[2].reasons == (Reason("case", ("complaint",)),)


def test_a_phrase_is_found_whole_and_counts_for_more_than_a_word() -> None:
    assert titles(complaint("Musieliśmy czekać. Długo!")) == ["Każda skarga"], "the words stand apart"
    assert titles(complaint("Długo czekać na obiad i zimny obiad")) == ["Zimne jedzenie", "Każda skarga"]
    longer = Scenario(number(9), "Żółty", words=("długo czekać",))
    shorter = Scenario(number(8), "Aaa", words=("czekać",))
    assert titles(CaseFacts("długo czekać", "pl"), (shorter, longer)) == ["Żółty", "Aaa"]


@pytest.mark.parametrize(
    ("scenario", "case", "fits"),
    [
        (Scenario(number(1), "T", max_stars=3), CaseFacts("", stars=3), True),
        (Scenario(number(1), "T", max_stars=3), CaseFacts("", stars=4), False),
        (Scenario(number(1), "T", max_stars=3), CaseFacts(""), False),
        (Scenario(number(1), "T", min_stars=4), CaseFacts("", stars=5), True),
        (Scenario(number(1), "T", min_stars=4), CaseFacts("", stars=3), False),
        (Scenario(number(1), "T", words=("cold",), max_stars=3), CaseFacts("Cold!", "en"), True),
        (Scenario(number(1), "T", words=("cold",), max_stars=3), CaseFacts("Cold!", "en", stars=5), False),
        (Scenario(number(1), "T", words=("cold",)), CaseFacts("Warm.", "en", stars=1), False),
        (Scenario(number(1), "T", kinds=("review",)), CaseFacts("", kind="review"), True),
        (Scenario(number(1), "T", kinds=("review",)), CaseFacts("", kind="comment"), False),
        (Scenario(number(1), "T", platforms=("instagram",)), CaseFacts("", platform="instagram"), True),
        (Scenario(number(1), "T", platforms=("instagram",)), CaseFacts("", platform="facebook"), False),
        (Scenario(number(1), "T", languages=("pt",)), CaseFacts("", "pt-BR"), True),
        (Scenario(number(1), "T", languages=("pt",)), CaseFacts("", "pl"), False),
        (Scenario(number(1), "T", languages=("pt",)), CaseFacts("", None), False),
        (Scenario(number(1), "T", words=("frio",), languages=("pt",)), CaseFacts("frio", None), True),
        (Scenario(number(1), "T", case_kinds=("urgent",)), CaseFacts("", case_kinds=frozenset({"complaint"})), False),
        (Scenario(number(1), "T"), CaseFacts("Anything.", "en", stars=1), False),
    ],
)
def test_what_is_named_must_hold_and_what_is_not_known_is_neither(
    scenario: Scenario, case: CaseFacts, fits: bool
) -> None:
    assert bool(Scenarios([scenario]).pick(case)) is fits


def test_without_any_condition_the_title_finds_it() -> None:
    picked = Scenarios(ALL).pick(CaseFacts("Alergia! Czy są tu orzechów ślady?", "pl"))
    assert [(one.id, one.reasons) for one in picked] == [(PROSE.id, (Reason("title", ("Alergia", "orzechów")),))]
    assert telling_words("The app is down, and a customer was there") == []
    assert telling_words("A fee somebody does not understand") == ["understand"]


def test_an_emoji_is_a_word_too() -> None:
    sick = Scenario(number(1), "Sick", words=("🤮",))
    assert titles(CaseFacts("Never again 🤮🤮", "en"), (sick,)) == ["Sick"]


def test_what_fits_equally_stands_by_title_then_by_id() -> None:
    some = tuple(Scenario(number(n), title, words=("late",)) for n, title in enumerate(("b", "B", "a", "a", "c"), 1))
    for _ in range(5):
        shuffled = random.sample(some, len(some))
        picked = [one.id.int for one in Scenarios(shuffled).pick(CaseFacts("Late.", "en"), most=5)]
        assert picked == [3, 4, 2, 1, 5]


def test_many_synonyms_do_not_win_by_their_number() -> None:
    many = Scenario(number(1), "Many", words=tuple(f"synonym{n}" for n in range(20)))
    exact = Scenario(number(2), "Exact", words=("synonym0", "synonym1", "synonym2"), max_stars=2)
    text = " ".join(f"synonym{n}" for n in range(20))
    assert titles(CaseFacts(text, "en", stars=1), (many, exact)) == ["Exact", "Many"]


words = st.sampled_from(["cold", "late", "rude", "dirty room", "no answer", "refund", "🤮", "", "zimne"])
scenarios = st.builds(
    Scenario,
    id=st.uuids(),
    title=st.sampled_from(["Cold food", "cold food", "Waiting", "", "Żółw"]),
    words=st.lists(words, max_size=3).map(tuple),
    case_kinds=st.lists(st.sampled_from(CASE_KINDS), max_size=2).map(tuple),
    kinds=st.lists(st.sampled_from(KINDS), max_size=2).map(tuple),
    platforms=st.lists(st.sampled_from(PLATFORMS), max_size=2).map(tuple),
    languages=st.lists(st.sampled_from(["en", "pl"]), max_size=1).map(tuple),
    min_stars=st.none() | st.integers(1, 3),
    max_stars=st.none() | st.integers(3, 5),
)
cases = st.builds(
    CaseFacts,
    words=st.lists(words, max_size=4).map(" ".join) | st.text(max_size=40),
    language=st.sampled_from([None, "en", "pl", "de"]),
    stars=st.none() | st.integers(1, 5),
    case_kinds=st.frozensets(st.sampled_from(CASE_KINDS), max_size=2),
    kind=st.none() | st.sampled_from(KINDS),
    platform=st.none() | st.sampled_from(PLATFORMS),
)


@given(some=st.lists(scenarios, max_size=8, unique_by=lambda one: one.id), case=cases, most=st.integers(1, 9))
def test_the_best_of_all_are_the_best_of_each_alone_in_any_order(
    some: list[Scenario], case: CaseFacts, most: int
) -> None:
    """The index and its short cuts answer as looking at every scenario by itself would."""
    alone = [(one, picked) for one in some for picked in Scenarios([one]).pick(case)]
    alone.sort(key=lambda pair: (-pair[1].points, pair[0].title.casefold(), pair[0].title, pair[0].id))
    expected = [picked for _, picked in alone[:most]]
    assert Scenarios(some).pick(case, most) == expected
    assert Scenarios(reversed(some)).pick(case, most) == expected
    for picked in expected:
        assert picked.points > 0
        assert picked.reasons


@pytest.mark.parametrize("words_of_each", [("a b", "a c"), ("a a a a", "a a")])
def test_phrases_that_begin_alike_and_a_text_made_to_meet_them_cost_a_look_up_a_word(
    words_of_each: tuple[str, ...],
) -> None:
    """Counted, not timed: how many stretches of the text are compared does not grow with the scenarios."""
    text = CaseFacts("a " * 3_000, "en")
    for many in (10, 2_000):
        made = Scenarios(Scenario(number(n), str(n), words=(*words_of_each, f"a z{n}")) for n in range(many))
        index = made._index("en")
        assert len(index.sizes["a"]) <= 3
        assert len(made.pick(text)) == (3 if "a a" in words_of_each else 0)
