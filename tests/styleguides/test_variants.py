"""Variants of a language: told only where a text shows one, and rules that hold in one of them alone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from styleguides.check import check_text, compile_rules
from styleguides.compiled import applies
from styleguides.rules import CheckContext, rules_from_data
from styleguides.variants import detect_variant, language_tag, variants
from tenants.brands import LANGUAGES


@pytest.mark.parametrize(
    ("language", "text", "variant"),
    [
        ("pt", "Você pode pegar o ônibus, nossa equipe espera.", "pt-BR"),
        ("pt", "Estamos verificando o que aconteceu.", "pt-BR"),
        ("pt", "A nossa equipa espera por si junto do autocarro.", "pt-PT"),
        ("pt", "Estamos a verificar. Já mudámos a hora.", "pt-PT"),
        ("pt", "Obrigada pela visita e até amanhã.", None),
        ("pt", "A equipa viu o ônibus.", None),
        ("pt", "Estamos a dois passos.", None),
        ("en", "We apologise for the colour.", "en-GB"),
        ("en", "Your favorite color was canceled.", "en-US"),
        ("en", "Thank you for telling us.", None),
        ("en", "The colour of the color.", None),
        ("es", "Os esperamos, ¿podéis venir?", "es-ES"),
        ("es", "Ahorita lo checamos.", "es-MX"),
        ("es", "Gracias por su visita.", None),
        ("pl", "Dziękujemy za wizytę.", None),
        ("de", "Danke.", None),
    ],
)
def test_a_variant_is_told_where_the_text_shows_it(language: str, text: str, variant: str | None) -> None:
    assert detect_variant(text, language) == variant


def test_codes_of_variants() -> None:
    codes = ("pt_br", "PT-pt", "pt-AO", "pt", "en-gb", "EN", "x-klingon", "", None)
    assert [language_tag(code) for code in codes] == ["pt-BR", "pt-PT", "pt", "pt", "en-GB", "en", "x", None, None]
    assert {code for code in LANGUAGES if "-" in code} == {v for code in ("en", "pt", "es") for v in variants(code)}


RULES = compile_rules(
    rules_from_data(
        [
            {"kind": "banned", "id": "both", "phrases": ["barato"], "languages": ["pt"]},
            {"kind": "banned", "id": "brazil", "phrases": ["pedágio", "caro"], "languages": ["pt-BR"]},
            {"kind": "banned", "id": "portugal", "phrases": ["portagem", "caro"], "languages": ["pt-PT"]},
        ]
    )
)


@pytest.mark.parametrize(
    ("text", "language", "brand", "broken"),
    [
        ("É barato e caro.", "pt-BR", "pt", {"both", "brazil"}),
        ("É barato e caro.", "pt-PT", "pt-BR", {"both", "portugal"}),
        ("É barato e caro, diz a equipa.", "pt", "pt-BR", {"both", "portugal"}),
        ("É barato e caro, diz a equipe do ônibus.", "pt", "pt-PT", {"both", "brazil"}),
        ("É barato e caro.", "pt", "pt-BR", {"both", "brazil"}),
        ("É barato e caro.", "pt", "pt", {"both"}),
        ("É barato e caro.", "pt", "en", {"both"}),
        ("É barato e caro.", "pt-AO", "pt", {"both"}),
    ],
)
def test_rules_of_a_variant_hold_in_it_alone(text: str, language: str, brand: str, broken: set[str]) -> None:
    found = check_text(RULES, text, CheckContext(language=language, brand_language=brand))
    assert {finding.rule for finding in found} == broken


def test_where_rules_name_one_variant_a_text_that_shows_none_is_taken_as_that() -> None:
    rules = rules_from_data([{"kind": "banned", "id": "portugal", "phrases": ["caro"], "languages": ["pt-PT"]}])
    context = CheckContext(language="pt", brand_language="pt")
    assert [f.rule for f in check_text(rules, "É caro.", context)] == ["portugal"]
    (other,) = check_text(rules, "É caro, diz a equipe do ônibus.", context)
    assert other.rule == "guide-language"
    assert "PT-BR" in other.message


def test_a_rule_for_a_language_holds_in_its_variants_and_not_the_other_way() -> None:
    (pt, brazil) = rules_from_data(
        [
            {"kind": "emoji", "id": "a", "max_count": 0, "languages": ["pt"]},
            {"kind": "emoji", "id": "b", "max_count": 0, "languages": ["pt-BR"]},
        ]
    )
    assert [applies(pt, code, None, None) for code in ("pt", "pt-BR", "pt-PT", "es", None)] == [
        True,
        True,
        True,
        False,
        False,
    ]
    assert [code for code in ("pt", "pt-BR", "pt-PT") if applies(brazil, code, None, None)] == ["pt-BR"]


def test_views_are_shared_where_the_same_rules_apply() -> None:
    compiled = compile_rules(rules_from_data([{"kind": "banned", "id": "a", "phrases": ["x"]}]))
    views = {
        compiled.view("pt", p, k) for p in ("facebook", "instagram", None) for k in ("review", "comment", "message")
    }
    assert len(views) == 1
    assert compiled.view("pl", None, None) not in views


@settings(deadline=None)
@given(st.text(max_size=80), st.sampled_from(["pt", "en", "es", "pl", "de"]))
def test_telling_a_variant_never_fails(text: str, code: str) -> None:
    assert detect_variant(text, code) in (None, *variants(code))
