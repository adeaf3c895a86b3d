"""Whether a reply waits, and for whose yes: the table, against an obvious reading of the terms."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agency.replies.policies import TABLE, Facts, decide, deciders, next_step
from agency.replies.policy_terms import (
    KINDS,
    NEEDS,
    RULES,
    StandIn,
    Terms,
    read_terms,
    terms_from_data,
    terms_to_data,
)
from tenants.brands import PLATFORMS
from tenants.errors import Invalid

PEOPLE = [UUID(int=n) for n in range(1, 7)]
TODAY = date(2026, 11, 22)
TEXTS = ("Thank you.", "We refunded your order.", "Here are 40 EUR back.", "Zwrócimy 40 zł.", "")
PLAIN = Facts(
    platform="facebook",
    kind="comment",
    text="Thank you.",
    language="en",
    complaint=False,
    sentiment="neutral",
    gives=False,
    earlier_replies=100,
)


@st.composite
def all_terms(draw: st.DrawFn) -> Terms:
    people = draw(st.permutations(PEOPLE))
    cuts = sorted(draw(st.lists(st.integers(0, len(people)), max_size=4)))
    groups = [tuple(people[a:b]) for a, b in zip([0, *cuts], cuts, strict=False) if people[a:b]]
    pairs = draw(st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(PEOPLE)), max_size=3))
    days = st.integers(-3, 3)
    stand_ins = []
    for away, person in pairs:
        first = draw(days)
        if away != person:
            until = TODAY + timedelta(days=first + draw(st.integers(0, 3)))
            stand_ins.append(StandIn(away, person, TODAY + timedelta(days=first), until))
    return Terms(
        needs=draw(st.sampled_from(NEEDS)),
        stars_at_most=draw(st.integers(0, 5)),
        platforms=tuple(draw(st.sets(st.sampled_from(PLATFORMS), max_size=2))),
        kinds=tuple(draw(st.sets(st.sampled_from(KINDS), max_size=2))),
        words=draw(st.sampled_from([(), ("refund",), ("zwrot", "refund")])),
        money=draw(st.booleans()),
        complaints=draw(st.booleans()),
        negative=draw(st.booleans()),
        first_replies=draw(st.integers(0, 3)),
        steps=tuple(groups),
        stand_ins=tuple(stand_ins),
    )


all_facts = st.builds(
    Facts,
    platform=st.sampled_from(PLATFORMS),
    kind=st.sampled_from(KINDS),
    text=st.sampled_from(TEXTS),
    language=st.just("en"),
    stars=st.none() | st.integers(1, 5),
    complaint=st.none() | st.booleans(),
    sentiment=st.sampled_from([None, "negative", "neutral", "positive"]),
    gives=st.none() | st.booleans(),
    earlier_replies=st.none() | st.integers(0, 5),
    deed=st.sampled_from(["reply", "reply", "edit", "withdraw"]),
)


def slowly(terms: Terms, facts: Facts) -> set[str] | None:
    """The rules that hold by the letter; None where nothing waits at all."""
    if facts.deed == "withdraw" or terms.needs == "none":
        return None
    if terms.needs == "all":
        return {"needs"}
    held = set()
    if terms.stars_at_most > 0 and facts.kind == "review" and (facts.stars or 0) <= terms.stars_at_most:
        held.add("stars_at_most")
    if facts.platform in terms.platforms:
        held.add("platforms")
    if facts.kind in terms.kinds:
        held.add("kinds")
    if "refund" in terms.words and "refund" in facts.text:
        held.add("words")
    if terms.money and ("40" in facts.text or facts.gives is not False):
        held.add("money")
    if terms.complaints and facts.complaint is not False:
        held.add("complaints")
    if terms.negative and facts.sentiment in (None, "negative"):
        held.add("negative")
    if terms.first_replies > 0 and (facts.earlier_replies is None or facts.earlier_replies < terms.first_replies):
        held.add("first_replies")
    return held or None


@given(all_terms(), all_facts)
def test_the_table_says_what_the_terms_say(terms: Terms, facts: Facts) -> None:
    decision, held = decide(terms, facts), slowly(terms, facts)
    assert decision.needs == (held is not None)
    assert {one.rule for one in decision.because} == (held or set())
    assert all(str(one.words).strip() for one in decision.because), "each rule named is named in words"


@given(all_terms(), all_facts, st.sampled_from(["stars", "complaint", "sentiment", "gives", "earlier_replies"]))
def test_what_nobody_can_tell_never_lets_a_reply_go(terms: Terms, facts: Facts, unknown: str) -> None:
    blind: dict[str, Any] = {unknown: None}
    assert decide(terms, replace(facts, **blind)).needs >= decide(terms, facts).needs


@given(all_terms(), st.integers(0, 6), st.sets(st.sampled_from(PEOPLE)), st.sets(st.sampled_from(PEOPLE), max_size=2))
def test_only_who_is_named_or_stands_in_decides(
    terms: Terms, step: int, approvers: set[UUID], authors: set[UUID]
) -> None:
    chosen = deciders(terms, step, approvers=approvers, authors=authors, today=TODAY)
    assert chosen <= approvers - authors, "nobody who may not approve, nobody who drafted it"
    if terms.steps and not 1 <= step <= len(terms.steps):
        assert chosen == set()
        return
    named = set(terms.steps[step - 1]) if terms.steps else approvers
    today = [one for one in terms.stand_ins if one.from_day <= TODAY <= one.until_day and one.away in named]
    for person in PEOPLE:
        stands_in = any(one.person == person for one in today)
        replaced = any(one.away == person and one.person in approvers - authors for one in today)
        expected = person in approvers - authors and ((person in named and not replaced) or stands_in)
        assert (person in chosen) == expected


@given(all_terms())
def test_terms_come_back_as_they_were_kept(terms: Terms) -> None:
    if terms.needs == "rule" and not any(getattr(terms, name) for name in RULES):
        terms = replace(terms, money=True)
    ordered = replace(
        terms,
        platforms=tuple(one for one in PLATFORMS if one in terms.platforms),
        kinds=tuple(one for one in KINDS if one in terms.kinds),
    )
    assert terms_from_data(terms_to_data(ordered)) == ordered


def test_every_rule_has_a_line_in_the_table() -> None:
    assert tuple(TABLE) == RULES


@pytest.mark.parametrize(
    ("text", "language", "waits"),
    [
        ("Dokonamy zwrotu pieniędzy.", "pl", True),
        ("Zwroty przyjmujemy do końca miesiąca.", "pl", True),
        ("Dziękujemy za opinię.", "pl", False),
        ("Zwrotnica jest zamknięta.", "pl", False),
        ("ZWROT", "en", True),
    ],
)
def test_words_are_found_in_their_forms(text: str, language: str, waits: bool) -> None:
    terms = read_terms({"needs": "rule", "words": ["zwrot"]})
    assert decide(terms, replace(PLAIN, text=text, language=language)).needs == waits


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"needs": "sometimes"}, "needs"),
        ({"needs": "rule"}, "needs"),
        ({"stars_at_most": 6}, "stars_at_most"),
        ({"stars_at_most": True}, "stars_at_most"),
        ({"platforms": ["myspace"]}, "platforms"),
        ({"kinds": "review"}, "kinds"),
        ({"words": ["…"]}, "words"),
        ({"words": ["x" * 101]}, "words"),
        ({"money": 1}, "money"),
        ({"first_replies": -1}, "first_replies"),
        ({"steps": [["nobody"]]}, "steps"),
        ({"steps": [[str(PEOPLE[0])], [str(PEOPLE[0])]]}, "steps"),
        ({"steps": [[str(uuid4())]] * 6}, "steps"),
        ({"stand_ins": [{"away": str(PEOPLE[0]), "person": str(PEOPLE[0])}]}, "stand_ins.0"),
        ({"else": 1}, "else"),
    ],
)
def test_terms_that_cannot_be_used_are_named(data: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_terms(data)
    assert field in refused.value.fields["errors"]


@given(st.sets(st.integers(1, 4)))
def test_steps_are_gone_through_in_their_order(done: set[int]) -> None:
    terms = Terms(steps=tuple((person,) for person in PEOPLE[:3]))
    ahead = next_step(terms, done)
    assert ahead == min({1, 2, 3} - done, default=None)
