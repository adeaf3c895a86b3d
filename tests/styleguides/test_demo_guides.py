"""The guides of the three demo brands: readable, their examples hold, and a natural first draft meets a stop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

import agency.demo
from styleguides.check import CheckContext, check_text, guide_problems
from styleguides.language import detect_language
from styleguides.rules import Rule, rules_from_data

GUIDES = Path(agency.demo.__file__).parent / "data" / "guides"
LANGUAGES = {"pennywell": "en", "bursztynowa-zatoka": "pl", "sol-poente": "pt"}


def guide(name: str) -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load((GUIDES / f"{name}.yaml").read_text(encoding="utf-8"))
    return data


def rules(name: str) -> tuple[Rule, ...]:
    return rules_from_data(guide(name)["rules"])


def stops(name: str, text: str, **context: Any) -> set[str]:
    found = check_text(rules(name), text, CheckContext(brand_language=LANGUAGES[name], **context))
    return {finding.rule for finding in found if finding.level == "stop"}


@pytest.mark.parametrize("name", LANGUAGES)
def test_a_demo_guide_holds_its_own_examples(name: str) -> None:
    data = guide(name)
    assert set(data) == {"voice", "identity", "note", "rules"}
    assert 10 <= len(rules(name)) <= 20
    assert guide_problems(rules(name), LANGUAGES[name]) == []
    assert {"stop", "warn", "hint"} == {rule.level for rule in rules(name)}


@pytest.mark.parametrize("name", LANGUAGES)
def test_a_guide_speaks_its_brands_language(name: str) -> None:
    own = [rule.reason for rule in rules(name) if rule.reason and rule.languages != ("en",)]
    assert detect_language(" ".join(own)) == LANGUAGES[name]
    assert detect_language(guide(name)["voice"]) == LANGUAGES[name]


@pytest.mark.parametrize(
    ("name", "draft", "stars", "stopped_by"),
    [
        (
            "bursztynowa-zatoka",
            "Dzień dobry, dziękujemy za opinię. Niestety nie możemy zwrócić pieniędzy za pobyt. Pozdrawiamy, recepcja",
            1,
            {"najpierw-zrozumienie", "bez-niestety"},
        ),
        ("pennywell", "Hi! Please send us your account number and we will check.", 4, {"no-account-data"}),
        (
            "pennywell",
            "Hi Sam, the update is out. Unfortunately we are unable to help.",
            2,
            {"sorry-first", "no-unfortunately"},
        ),
        ("sol-poente", "Olá! O bolo não contém glúten, pode vir.", 5, {"alergias-com-cuidado"}),
        (
            "sol-poente",
            "Olá, Rui! Infelizmente não podemos devolver o dinheiro.",
            1,
            {"primeiro-ouvir", "sem-infelizmente"},
        ),
    ],
)
def test_a_natural_first_draft_is_stopped(name: str, draft: str, stars: int, stopped_by: set[str]) -> None:
    assert stops(name, draft, platform="google_business", kind="review", stars=stars) == stopped_by


@pytest.mark.parametrize(
    ("name", "reply", "stars", "customer"),
    [
        (
            "bursztynowa-zatoka",
            "Dzień dobry, bardzo nam przykro, że w pokoju było zimno. Ogrzewanie naprawiliśmy w sobotę, a kierownik "
            "hotelu odezwie się do Państwa jutro.\nZespół Hotelu Bursztynowa Zatoka",
            1,
            "Anna Lis",
        ),
        (
            "pennywell",
            "Hi Sam, we are sorry that you were locked out on payday. It works again since nine. Send us a private "
            "message if anything is missing.\nThe Pennywell team",
            1,
            "Sam Okoro",
        ),
        (
            "sol-poente",
            "Olá, Inês! Lamentamos muito que o bolo tenha chegado seco. Hoje mudámos a hora da fornada: passe por cá e "
            "prove.\nA equipa da Sol Poente",
            2,
            "Inês Duarte",
        ),
    ],
)
def test_a_good_reply_passes_without_a_word(name: str, reply: str, stars: int, customer: str) -> None:
    context = CheckContext("google_business", "review", None, stars, customer, LANGUAGES[name])
    assert check_text(rules(name), reply, context) == []


def test_a_guide_whose_examples_lie_is_named() -> None:
    data = [
        {"kind": "emoji", "id": "a", "max_count": 0, "good": "🎉", "bad": "none"},
        {"kind": "emoji", "id": "b", "max_count": 0, "good": "none", "bad": "🎉"},
    ]
    problems = guide_problems(rules_from_data(data))
    assert [problem.split(":")[0] for problem in problems] == ["a, good", "a, bad"]
