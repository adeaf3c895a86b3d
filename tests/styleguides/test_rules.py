"""Rules as data: what is read, what is refused and how the refusal names the place."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.registry import ADAPTERS
from styleguides.length import PLATFORMS
from styleguides.rules import (
    RULE_KINDS,
    Banned,
    Example,
    Rule,
    RuleProblem,
    RulesInvalid,
    rules_from_data,
    rules_to_data,
)

EVERY_KIND: list[dict[str, Any]] = [
    {
        "kind": "banned",
        "id": "banned",
        "phrases": ["cheap"],
        "forms": ["cheapo"],
        "suggestion": "low",
        "match": "exact",
    },
    {"kind": "preferred", "id": "preferred", "use": "guest", "instead_of": ["client"], "level": "hint"},
    {"kind": "required", "id": "required", "any_of": ["thank you"], "platforms": ["facebook"]},
    {"kind": "greeting", "id": "greeting", "any_of": ["Hi {name},"], "name": "required", "kinds": ["review"]},
    {"kind": "sign_off", "id": "sign_off", "any_of": ["The team"], "within_words": 5, "languages": ["en"]},
    {"kind": "length", "id": "length", "max_characters": 900, "min_characters": 1, "max_reading_seconds": 60},
    {"kind": "emoji", "id": "emoji", "max_count": 0, "reason": "We are a bank."},
    {
        "kind": "exclamation",
        "id": "exclamation",
        "max_count": 1,
        "good": "Hi!",
        "bad": {"text": "Hi!!", "language": "en"},
    },
    {"kind": "sentence_length", "id": "sentence_length", "max_words": 20, "level": "warn"},
    {
        "kind": "empathy",
        "id": "empathy",
        "any_of": ["sorry"],
        "max_stars": 3,
        "bad": {"text": "No.", "complaint": True},
    },
    {"kind": "links", "id": "links", "max_count": 1, "allowed_domains": ["a.example"]},
    {"kind": "capitals", "id": "capitals", "min_letters": 3, "allowed": ["IBAN"]},
    {
        "kind": "personal_data",
        "id": "private",
        "sorts": ["phone", "order"],
        "allowed": ["+48 22 123 45 67"],
        "order_patterns": ["PW-######"],
    },
    {"kind": "address", "id": "address", "form": "formal", "allowed": ["hey"], "languages": ["pt-BR"]},
    {"kind": "hashtags", "id": "hashtags", "max_count": 1, "allowed": ["#ours"]},
    {"kind": "negative", "id": "negative", "allowed": ["no problem"]},
    {"kind": "sales_talk", "id": "sales", "phrases": ["loyalty card"], "allowed": ["sale"], "max_stars": 3},
    {"kind": "promises", "id": "promises", "phrases": ["count on us"], "allowed": ["definitely"], "dated": False},
    {"kind": "needs_approval", "id": "yes", "phrases": ["refund"], "forms": ["money back"], "level": "hint"},
    {"kind": "unedited", "id": "own-words", "likeness_percent": 80, "only_complaints": False, "max_stars": 3},
    {"kind": "other_brands", "id": "others", "allowed": ["Sol"], "level": "stop"},
]


def test_every_kind_is_read_and_written() -> None:
    assert {entry["kind"] for entry in EVERY_KIND} == set(RULE_KINDS)
    rules = rules_from_data(EVERY_KIND)
    data = json.loads(json.dumps(rules_to_data(rules)))
    assert rules_from_data(data) == rules
    assert rules_to_data(rules_from_data(data)) == data


def test_rules_may_name_every_platform_there_is_and_no_other() -> None:
    assert set(PLATFORMS) == set(ADAPTERS)
    assert all(facts.label == ADAPTERS[platform].traits.label for platform, facts in PLATFORMS.items())


def test_what_is_given_is_what_the_rule_holds() -> None:
    (rule,) = rules_from_data([{**EVERY_KIND[0], "level": "stop", "bad": "So cheap."}])
    assert rule == Banned(
        id="banned",
        level="stop",
        phrases=("cheap",),
        forms=("cheapo",),
        suggestion="low",
        match="exact",
        bad=Example(text="So cheap."),
    )


@pytest.mark.parametrize(
    ("entry", "rule", "field", "part"),
    [
        ({"kind": "magic", "id": "a"}, "a", "kind", "banned, preferred"),
        ({"id": "a"}, "a", "kind", "must be one of"),
        ("no rule", "rule 1", "kind", "mapping"),
        ({"kind": "emoji", "max_count": 1}, "rule 1", "id", "missing"),
        ({"kind": "emoji", "id": "Bad Id", "max_count": 1}, "rule 1", "id", "small letters"),
        ({"kind": "emoji", "id": "platform-length", "max_count": 1}, "platform-length", "id", "platform"),
        ({"kind": "emoji", "id": "a"}, "a", "max_count", "missing"),
        ({"kind": "emoji", "id": "a", "max_count": "2"}, "a", "max_count", "whole number"),
        ({"kind": "emoji", "id": "a", "max_count": True}, "a", "max_count", "whole number"),
        ({"kind": "emoji", "id": "a", "max_count": -1}, "a", "max_count", "between 0"),
        ({"kind": "emoji", "id": "a", "max_count": 10**40}, "a", "max_count", "too large"),
        ({"kind": "emoji", "id": "a", "max_count": 1, "colour": "red"}, "a", "colour", "not known"),
        ({"kind": "emoji", "id": "a", "max_count": 1, "level": "fatal"}, "a", "level", "stop, warn, hint"),
        ({"kind": "emoji", "id": "a", "max_count": 1, "platforms": ["myspace"]}, "a", "platforms", "facebook"),
        ({"kind": "emoji", "id": "a", "max_count": 1, "kinds": ["letter"]}, "a", "kinds", "review"),
        ({"kind": "emoji", "id": "a", "max_count": 1, "languages": ["Polish"]}, "a", "languages", "en, pl, pt"),
        ({"kind": "emoji", "id": "a", "max_count": 1, "good": {"stars": 1}}, "a", "good.text", "missing"),
        ({"kind": "emoji", "id": "a", "max_count": 1, "good": {"text": 1}}, "a", "good.text", "must be text"),
        ({"kind": "banned", "id": "a", "phrases": "cheap"}, "a", "phrases", "list of texts"),
        ({"kind": "banned", "id": "a", "phrases": []}, "a", "phrases", "at least one"),
        ({"kind": "banned", "id": "a", "phrases": ["a", " "]}, "a", "phrases", "empty entry"),
        ({"kind": "banned", "id": "a", "phrases": [["x"]]}, "a", "phrases", "must be text"),
        ({"kind": "banned", "id": "a", "phrases": ["x" * 201]}, "a", "phrases", "at most 200"),
        ({"kind": "banned", "id": "a", "phrases": ["x"] * 2001}, "a", "phrases", "at most 2000"),
        ({"kind": "banned", "id": "a", "phrases": ["a\x00"]}, "a", "phrases", "control character"),
        ({"kind": "banned", "id": "a", "phrases": ["\ud800"]}, "a", "phrases", "control character"),
        ({"kind": "preferred", "id": "a", "use": "", "instead_of": ["x"]}, "a", "use", "empty"),
        ({"kind": "empathy", "id": "a", "any_of": []}, "a", "any_of", "at least one"),
        ({"kind": "personal_data", "id": "a", "sorts": ["face"]}, "a", "sorts", "bank_account"),
        ({"kind": "personal_data", "id": "a", "order_patterns": ["PW-###"]}, "a", "order_patterns", "at least 4"),
        ({"kind": "address", "id": "a", "form": "rude"}, "a", "form", "formal, informal"),
        ({"kind": "address", "id": "a", "form": "formal", "languages": ["pt-ZZ"]}, "a", "languages", "pt-BR"),
        ({"kind": "address", "id": "a", "form": "formal", "languages": ["pt-br"]}, "a", "languages", "pt-BR"),
        ({"kind": "needs_approval", "id": "a", "phrases": []}, "a", "phrases", "at least one"),
        ({"kind": "needs_approval", "id": "a", "phrases": ["x"], "level": "stop"}, "a", "level", "after a yes"),
        ({"kind": "unedited", "id": "a", "likeness_percent": 5}, "a", "likeness_percent", "between 50"),
        ({"kind": "greeting", "id": "a", "name": "always"}, "a", "name", "required, allowed, never"),
    ],
)
def test_a_faulty_rule_is_named_with_its_field(entry: Any, rule: str, field: str, part: str) -> None:
    with pytest.raises(RulesInvalid) as refused:
        rules_from_data([entry])
    (problem,) = refused.value.problems
    assert (problem.rule, problem.field) == (rule, field)
    assert part in problem.message


def test_all_faults_are_told_at_once_and_ids_are_unique() -> None:
    data = [EVERY_KIND[6], {"kind": "emoji", "id": "b"}, EVERY_KIND[6], {"kind": "x"}]
    with pytest.raises(RulesInvalid) as refused:
        rules_from_data(data)
    assert [(problem.rule, problem.field) for problem in refused.value.problems] == [
        ("b", "max_count"),
        ("emoji", "id"),
        ("rule 4", "kind"),
    ]


@pytest.mark.parametrize("data", [None, "x", {"rules": []}, 7, [EVERY_KIND[6]] * 5001])
def test_what_is_no_list_of_rules_is_refused(data: Any) -> None:
    with pytest.raises(RulesInvalid):
        rules_from_data(data)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(alphabet=st.characters(exclude_categories=()), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)
KEYS = sorted({key for entry in EVERY_KIND for key in entry} | {"surprise"})


@settings(deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(KEYS), JSON, max_size=6), max_size=4), st.sampled_from(EVERY_KIND))
def test_any_json_is_read_or_refused_by_name(data: list[dict[str, Any]], start: dict[str, Any]) -> None:
    entries = [{**start, **entry} for entry in data]
    problems: Sequence[RuleProblem] = ()
    rules: tuple[Rule, ...] = ()
    try:
        rules = rules_from_data(entries)
    except RulesInvalid as refused:
        problems = refused.problems
    assert len(rules) == len(entries) or problems
    assert all(problem.rule and problem.message for problem in problems)
    assert rules_from_data(rules_to_data(rules)) == rules
