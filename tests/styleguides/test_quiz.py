"""Questions made of a guide: the checker bears out each answer, whatever the guide."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from styleguides import quiz
from styleguides.check import check_text, compile_rules
from styleguides.quiz import Case, Question, can_ask, context_of, make_quiz, needed
from styleguides.rule_kinds import Example, Rule
from styleguides.rules import rules_from_data

GUIDES = sorted(Path("agency/demo/data/guides").glob("*.yaml")) + sorted(Path("styleguides/templates").glob("*.yaml"))
WORDS = ["synergy", "leverage", "basically", "sorry"]
PIECES = ["All is well.", "Thanks!", "Our synergy helps!!", "We leverage it.", "Hello, basically WELL 🎉.", "sorry"]

TEXTS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=3).map(" ".join)
EXAMPLES = st.one_of(
    TEXTS,
    st.fixed_dictionaries(
        {"text": TEXTS}, optional={"kind": st.sampled_from(["review", "comment"]), "stars": st.integers(1, 5)}
    ),
)
WHAT: dict[str, dict[str, Any]] = {
    "banned": {"phrases": WORDS[:2]},
    "banned_instead": {"phrases": WORDS[1:3], "suggestion": "use"},
    "preferred": {"use": "teamwork", "instead_of": [*WORDS[:3]]},
    "required": {"any_of": ["thanks"]},
    "greeting": {"any_of": ["Hello,", "Hello {name},"], "name": "required"},
    "exclamation": {"max_count": 1},
    "emoji": {"max_count": 0},
    "capitals": {"min_letters": 4},
    "empathy": {"any_of": ["sorry"]},
    "sentence_length": {"max_words": 3},
    "needs_approval": {"phrases": ["well"]},
    "unedited": {},
}


@st.composite
def guides(draw: st.DrawFn) -> list[dict[str, Any]]:
    kinds = draw(st.lists(st.sampled_from(sorted(WHAT)), min_size=1, max_size=9))
    rules = []
    for place, kind in enumerate(kinds):
        rule = {"kind": kind.removesuffix("_instead"), "id": f"r{place}", **WHAT[kind]}
        rule["level"] = draw(
            st.sampled_from(["warn", "hint"] if kind == "needs_approval" else ["stop", "warn", "hint"])
        )
        for field, values in (("kinds", ["review"]), ("platforms", ["google_business"]), ("languages", ["en", "pl"])):
            if draw(st.integers(0, 4)) == 0:
                rule[field] = [draw(st.sampled_from(values))]
        for field in ("good", "bad"):
            if draw(st.integers(0, 5)):
                rule[field] = draw(EXAMPLES)
        rules.append(rule)
    return rules


def broken(rules: list[Rule] | tuple[Rule, ...], text: str, shown: Example, language: str = "en") -> set[str]:
    return {one.rule for one in check_text(list(rules), text, context_of(shown, language))}


def bears_out(question: Question, rules: tuple[Rule, ...], language: str = "en") -> None:
    """Each right option is right, each wrong one wrong, by the checker's own word."""
    assert 2 <= len(question.options) <= quiz.MOST_OPTIONS
    assert len(set(question.options)) == len(question.options)
    assert 0 < len(question.right) < len(question.options)
    by_id = {rule.id: rule for rule in rules}
    for place, option in enumerate(question.options):
        is_right = place in question.right
        if question.kind == "which_rule":
            assert by_id[option].kind not in quiz.UNASKED
            assert (option in broken(rules, question.shown.text, question.shown, language)) == is_right
            everywhere = replace(by_id[option], platforms=(), kinds=(), languages=())
            for shown in (
                question.shown,
                replace(question.shown, complaint=True),
                replace(question.shown, customer_name="Ian"),
            ):
                assert is_right or not broken([everywhere], question.shown.text, shown, language)
        else:
            found = check_text(list(rules), option, context_of(question.shown, language))
            assert any(one.rule == question.rule for one in found) != is_right
            assert not is_right or all(one.start == one.end for one in found)
            if question.kind == "which_goes":
                assert any(one.level == "stop" for one in found) != is_right
                assert not (is_right and found)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=100)
@given(guides(), st.integers(0, 2**62), st.sets(st.sampled_from([f"r{n}" for n in range(9)])))
def test_the_checker_bears_out_every_answer(data: list[dict[str, Any]], seed: int, first: set[str]) -> None:
    rules = rules_from_data(data)
    compiled = compile_rules(rules)
    made = make_quiz(compiled, "en", seed, first=first)
    assert made == make_quiz(compiled, "en", seed, first=first)
    assert len(made) <= quiz.MOST_QUESTIONS
    assert len({one.key for one in made}) == len(made)
    assert quiz.questions_from_data(quiz.questions_to_data(made)) == made
    assert can_ask(compiled, "en") == bool(make_quiz(compiled, "en", 0))
    for question in made:
        bears_out(question, rules)
        assert sum(one.rule == question.rule for one in made) <= quiz.MOST_OF_A_RULE


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.stem)
def test_guides_of_the_demo_and_templates_can_be_asked_about(path: Path) -> None:
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    rules = rules_from_data(data["rules"])
    language = next((rule.languages[0] for rule in rules if rule.languages), "en")
    made = make_quiz(compile_rules(rules), language, 7)
    assert made
    for question in made:
        bears_out(question, rules, language)


def pennywell() -> tuple[Rule, ...]:
    path = next(path for path in GUIDES if path.stem == "pennywell")
    return rules_from_data(yaml.safe_load(path.read_text(encoding="utf-8"))["rules"])


def test_another_try_asks_something_else_and_what_is_new_comes_first() -> None:
    compiled = compile_rules(pennywell())
    once = make_quiz(compiled, "en", 1)
    again = make_quiz(compiled, "en", 2, asked={one.key for one in once})
    assert len(once) == len(again) == quiz.MOST_QUESTIONS
    assert {one.key for one in once}.isdisjoint(one.key for one in again)
    new = {"calm", "no-guarantees", "sign-off"}
    for seed in range(20):
        assert new <= {one.rule for one in make_quiz(compiled, "en", seed, first=new)}


def test_a_word_the_brand_says_otherwise_is_put_right() -> None:
    rule = {"kind": "preferred", "id": "app", "use": "app", "instead_of": ["software", "tool", "programme"]}
    rules = rules_from_data([{**rule, "bad": "Open the software, please."}])
    (question,) = make_quiz(compile_rules(rules), "en", 3)
    right = [question.options[place] for place in question.right]
    assert (question.kind, right) == ("which_rewrite", ["Open the app, please."])
    assert set(question.options) - {*right} == {"Open the tool, please.", "Open the programme, please."}


def test_a_guide_without_examples_asks_nothing_even_of_cases() -> None:
    rules = [{"kind": "exclamation", "id": "calm", "max_count": 0}, {"kind": "emoji", "id": "none", "max_count": 0}]
    assert not can_ask(compile_rules(rules_from_data(rules)), "en")


def test_a_real_draft_is_asked_about_where_a_rule_stops_it_and_few_are() -> None:
    rules = pennywell()
    cases = [Case(f"c{n}", Example(f"Unfortunately we cannot do number {n}.", kind="comment")) for n in range(9)]
    cases.append(Case("fine", Example("Thank you.", kind="comment")))
    seen = []
    for seed in range(4):
        made = make_quiz(compile_rules(rules), "en", seed, cases=cases)
        asked = [one for one in made if one.case]
        assert len(asked) <= quiz.MOST_CASES
        assert all(one.key != "case:fine" for one in asked)
        for one in asked:
            bears_out(one, rules)
        seen += asked
    assert seen


def test_eight_of_ten_pass_and_one_of_one() -> None:
    assert [needed(count) for count in (1, 2, 4, 5, 6, 9, 10)] == [1, 2, 4, 4, 5, 8, 8]


def test_a_guide_of_thousands_of_rules_is_sampled() -> None:
    many = [
        {"kind": "banned", "id": f"no-{n}", "phrases": [f"word{n}x"], "bad": f"A word{n}x here.", "good": "A word."}
        for n in range(3_000)
    ]
    compiled = compile_rules(rules_from_data(many))
    assert len(make_quiz(compiled, "en", 5)) == quiz.MOST_QUESTIONS
    assert {one.rule for one in make_quiz(compiled, "en", 5, first={"no-2999"})} >= {"no-2999"}
