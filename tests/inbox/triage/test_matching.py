"""Which rules a text fulfils: the book answers as asking one rule after the other would, whatever the rules."""

from __future__ import annotations

from datetime import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agency.inbox.triage.matching import Facts, Rule, Rulebook, is_spoken
from agency.inbox.triage.terms import (
    ACTS,
    LIMITS,
    PLATFORMS,
    SENTIMENTS,
    Conditions,
    Effects,
    Phrase,
    Terms,
    read_terms,
    stored_of,
    terms_of,
)
from channels.items import KINDS
from styleguides.language import base_language, stems
from styleguides.tokens import WORD
from tenants.database import new_id
from tenants.errors import Invalid

WORDS = ("app", "apps", "erro", "não", "abre", "open", "opens", "zamówienie", "zamówienia", "ok")
LANGUAGES = (None, "en", "pt", "pl", "de")
some = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join)
phrases = st.lists(st.builds(Phrase, st.sampled_from(("", "en", "pt", "pl")), some), max_size=3).map(tuple)


def few(values: Any) -> Any:
    return st.one_of(st.just(()), st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True).map(tuple))


stars = st.one_of(st.none(), st.integers(1, 5))
clocks = st.one_of(st.just((None, None)), st.lists(st.integers(0, 1439), min_size=2, max_size=2, unique=True).map(
    lambda two: tuple(time(one // 60, one % 60) for one in two)
))  # fmt: skip


@st.composite
def conditions(draw: Any) -> Conditions:
    start, end = draw(clocks)
    return Conditions(
        platforms=draw(few(PLATFORMS)),
        kinds=draw(few(tuple(KINDS))),
        seen_by=draw(st.sampled_from(("", "", "public", "private"))),
        words=draw(phrases),
        without=draw(phrases),
        languages=draw(few(("en", "pt", "pl"))),
        stars_from=draw(stars),
        stars_to=draw(stars),
        sentiments=draw(few(SENTIMENTS)),
        acts=draw(few(ACTS)),
        topics=draw(few(("price", "refund"))),
        vip=draw(st.booleans()),
        weekdays=draw(few((1, 5, 7))),
        from_time=start,
        until_time=end,
    )


facts = st.builds(
    Facts,
    text=st.lists(some, max_size=4).map("! ".join),
    platform=st.sampled_from(PLATFORMS),
    kind=st.sampled_from(tuple(KINDS)),
    language=st.sampled_from(LANGUAGES),
    stars=stars,
    sentiment=st.sampled_from((None, *SENTIMENTS)),
    act=st.sampled_from((None, *ACTS)),
    topics=st.frozensets(st.sampled_from(("price", "refund", "other"))),
    is_vip=st.booleans(),
    weekday=st.integers(1, 7),
    minute=st.integers(0, 1439),
)


def rule(one: Conditions, *, stops: bool = False) -> Rule:
    return Rule(new_id(), 1, "Rule", Terms(one, Effects(points=1)), stops)


def says(text: str, language: str | None, listed: tuple[Phrase, ...]) -> bool:
    cache = stems(base_language(language))
    spoken = [cache[word] for word in WORD.findall(text)]
    for one in listed:
        keys = [cache[word] for word in WORD.findall(one.words)]
        runs = (spoken[at : at + len(keys)] == keys for at in range(len(spoken)))
        if is_spoken(one.language, base_language(language)) and any(runs):
            return True
    return False


def holds(one: Conditions, here: Facts) -> bool:
    """The rules asked one condition after the other, as they are written down."""
    start, end = (one.from_time, one.until_time)
    moment = time(here.minute // 60, here.minute % 60)
    if start is not None and end is not None:
        inside = start <= moment < end if start < end else moment >= start or moment < end
        if not inside:
            return False
    has_stars = one.stars_from is not None or one.stars_to is not None
    if has_stars and (here.stars is None or not (one.stars_from or 1) <= here.stars <= (one.stars_to or 5)):
        return False
    asked = (
        (one.platforms, here.platform),
        (one.kinds, here.kind),
        (one.languages, here.language),
        (one.sentiments, here.sentiment),
        (one.acts, here.act),
        (one.weekdays, here.weekday),
        ((one.seen_by,) if one.seen_by else (), "private" if here.kind == "message" else "public"),
    )
    if any(wanted and value not in wanted for wanted, value in asked):
        return False
    if (one.topics and not here.topics & set(one.topics)) or (one.vip and not here.is_vip):
        return False
    if one.words and not says(here.text, here.language, one.words):
        return False
    return not says(here.text, here.language, one.without)


@given(st.lists(st.tuples(conditions(), st.booleans()), max_size=6), st.lists(facts, min_size=1, max_size=3))
def test_a_book_answers_as_one_rule_after_the_other_would(
    written: list[tuple[Conditions, bool]], texts: list[Facts]
) -> None:
    rules = [rule(one, stops=stops) for one, stops in written]
    book = Rulebook(rules)
    for here in texts:
        wanted, open_still = [], True
        for one in rules:
            if holds(one.terms.conditions, here):
                wanted.append((one.id, open_still))
                open_still = open_still and not one.stops
        hits = book.hits(here)
        assert [(hit.rule.id, hit.taken) for hit in hits] == wanted
        for hit in hits:
            said = [here.text[start:end] for start, end in hit.spans]
            words = hit.rule.terms.conditions.words
            assert bool(said) == bool(words)
            assert all(says(one, here.language, words) for one in said)


def test_words_are_found_in_their_forms_and_told_by_their_place() -> None:
    book = Rulebook([rule(Conditions(words=(Phrase("pl", "paczkomatu"), Phrase("", "nie działa"))))])
    text = "Cafe\u0301! Nie stoi przy paczkomatach, a paczkomat nie działa"
    (hit,) = book.hits(Facts(text, "facebook", "comment", "pl"))
    assert [text[start:end] for start, end in hit.spans] == ["paczkomatach", "paczkomat", "nie działa"]
    assert not book.hits(Facts("el paczkomatu", "facebook", "comment", "es"))


def test_a_thousand_rules_that_share_a_word_cost_a_repeated_word_no_more() -> None:
    book = Rulebook(rule(Conditions(words=(Phrase("", "app"), Phrase("", f"app {n}")))) for n in range(1_000))
    hits = book.hits(Facts("app " * 2_500, "facebook", "comment"))
    assert len(hits) == 1_000
    assert {len(hit.spans) for hit in hits} == {5}


@given(conditions(), st.integers(-40, 40), st.lists(st.uuids(), max_size=2), st.none() | st.uuids())
def test_terms_are_kept_as_they_are(one: Conditions, points: int, labels: list[Any], person: Any) -> None:
    terms = Terms(one, Effects(points=points, label_ids=tuple(labels), keep_for=person))
    assert terms_of(stored_of(terms)) == terms
    assert terms_of({**stored_of(terms), "if": {**stored_of(terms)["if"], "loop": 1}}) == terms  # of a newer release


@pytest.mark.parametrize(
    ("given_terms", "field"),
    [
        ({"points": 5}, "words"),
        ({"without": [{"words": "app"}], "points": 5}, "words"),
        ({"vip": True}, "points"),
        ({"vip": True, "points": 41}, "points"),
        ({"vip": True, "points": True}, "points"),
        ({"vip": "yes", "points": 4}, "vip"),
        ({"stars_from": 4, "stars_to": 2, "points": 4}, "stars_to"),
        ({"stars_from": 0, "points": 4}, "stars_from"),
        ({"vip": True, "points": 4, "from_time": "20:00"}, "until_time"),
        ({"vip": True, "points": 4, "from_time": "20:00", "until_time": "20:00"}, "until_time"),
        ({"vip": True, "points": 4, "from_time": "8 pm"}, "from_time"),
        ({"weekdays": [0], "points": 4}, "weekdays"),
        ({"words": [{"words": "one two three four five six seven"}], "points": 4}, "words"),
        (
            {"words": [{"words": "word"}] * 3 + [{"words": f"w{n}"} for n in range(LIMITS["phrases"])], "points": 4},
            "words",
        ),
        ({"languages": ["english"], "points": 4}, "languages"),
        ({"topics": ["weather"], "points": 4}, "topics"),
        ({"platforms": ["fax"], "points": 4}, "platforms"),
        ({"vip": True, "keep_for": "ana"}, "keep_for"),
        ({"vip": True, "label_ids": ["x"]}, "label_ids"),
        ({"vip": True, "points": 4, "loop": 1}, "loop"),
        ({"vip": True, "points": 4, "brands": [str(new_id())]}, "brands"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_field(given_terms: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_terms(given_terms, of_agency=False)
    assert field in refused.value.fields["errors"]
