"""Blame put on whoever complains, in each language; and how seldom clean words are taken for blame or for health."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings

from agency.demo import corpus
from styleguides.check import check_text
from styleguides.language import SUPPORTED_LANGUAGES, language_data, stems
from styleguides.reading import Reading
from styleguides.rules import CheckContext, Finding, rules_from_data
from tests.styleguides.test_hostile import mixed

SORRY = {"en": "we are sorry", "pl": "przykro nam", "pt": "lamentamos", "es": "lo sentimos"}


def findings(text: str, language: str, *, stars: int | None = 1, **rule: Any) -> list[Finding]:
    rules = rules_from_data([{"id": "rule", "kind": "empathy", "level": "stop", "any_of": [SORRY[language]], **rule}])
    context = CheckContext(language=language, brand_language=language, stars=stars)
    return [finding for finding in check_text(rules, text, context) if finding.rule == "rule"]


def blamed(text: str, language: str, **rule: Any) -> list[str]:
    return [text[one.start : one.end] for one in findings(text, language, **rule)]


@pytest.mark.parametrize(
    ("language", "text", "found"),
    [
        ("en", "We are sorry, but you should have read the terms.", ["you should have read"]),
        ("en", "We are sorry. If you had told us, it’d be new. That was your own mistake.",
         ["If you had told", "your own mistake"]),
        ("en", "We are sorry, you didn’t follow the steps; as already explained, it shows.",
         ["you didn’t follow", "as already explained"]),
        ("en", "We are sorry that you have waited. You should have received the card, and it was not your fault.", []),
        ("en", "We are sorry. If you had a bad night, tell us. You should have your card soon.", []),
        ("pl", "Przykro nam, ale powinna była Pani przeczytać regulamin.", ["powinna była Pani przeczytać"]),
        ("pl", "Przykro nam. Gdyby Państwo wcześniej zapytali… To Państwa wina.",
         ["Gdyby Państwo wcześniej", "To Państwa wina"]),
        ("pl", "Przykro nam, trzeba było sprawdzić datę. Jak już pisaliśmy, dopłaty nie ma.",
         ["trzeba było sprawdzić", "Jak już pisaliśmy"]),
        ("pl", "Przykro nam, że trzeba było pytać dwa razy. To nie jest Pani wina.", []),
        ("pl", "Przykro nam. Będziemy wdzięczni, gdyby Pani napisała do nas. Powinni byli Państwo otrzymać zwrot.", []),
        ("pt", "Lamentamos, mas deveria ter lido as condições.", ["deveria ter lido"]),
        ("pt", "Lamentamos. Se tivesse avisado, havia bolo. A culpa é sua.", ["Se tivesse avisado", "culpa é sua"]),
        ("pt", "Lamentamos, o senhor não confirmou; como já lhe dissemos, é assim.",
         ["senhor não confirmou", "como já lhe dissemos"]),
        ("pt", "Lamentamos. Não foi culpa sua, a nossa equipa deveria ter avisado.", []),
        ("pt", "Lamentamos muito que tenha sido assim. O senhor deveria ter recebido o bolo ontem.", []),
        ("es", "Lo sentimos, pero usted debería haber leído las condiciones.", ["usted debería haber leído"]),
        ("es", "Lo sentimos. Si hubiera avisado, habría mesa. Fue su error.", ["Si hubiera avisado", "Fue su error"]),
        ("es", "Lo sentimos, no leíste la carta; como ya le indicamos, es así.", ["no leíste", "como ya le indicamos"]),
        ("es", "Lo sentimos. No es culpa suya, nuestro equipo debería haber avisado.", []),
        ("es", "Lo sentimos mucho. Usted debería haber recibido el pedido ayer.", []),
    ],
)  # fmt: skip
def test_a_complaint_is_not_answered_with_blame(language: str, text: str, found: list[str]) -> None:
    assert blamed(text, language) == found
    assert findings(text, language, stars=5) == []
    assert blamed(text, language, allowed=found) == []


def test_understanding_and_blame_are_told_apart() -> None:
    missing, blame = findings("You should have asked.", "en")
    assert (missing.start, missing.end, missing.suggestion) == (0, 0, "we are sorry. ")
    assert (blame.start, blame.end, blame.suggestion, blame.level) == (0, 21, None, "stop")
    assert blame.message.startswith("“You should have asked” puts the blame on the customer.")


def test_not_undoes_blame_only_near_and_in_its_own_sentence() -> None:
    assert blamed("We are sorry. It was not really your own fault, it was ours.", "en") == []
    assert blamed("We are sorry, it was not. You should have asked.", "en") == ["You should have asked"]
    assert blamed("We are sorry it is not here, and you should have asked.", "en") == ["you should have asked"]


@given(mixed)
@settings(max_examples=100, deadline=None)
def test_any_text_is_read_for_blame(text: str) -> None:
    for code in SUPPORTED_LANGUAGES:
        reading = Reading(text, language_data(code), stems(code), CheckContext())
        after = 0
        for place, size in reading.blames:
            assert after <= place
            after = place + size
            assert after <= len(reading.words)


def _stopped(texts: dict[str, list[str]], wrong: Callable[[Reading], list[tuple[int, int]]]) -> list[str]:
    return [
        text
        for code, several in texts.items()
        for text in several
        if wrong(Reading(text, language_data(code), stems(code), CheckContext()))
    ]


def test_clean_words_by_others_are_not_taken_for_health_or_blame() -> None:
    """On 32,835 texts of other sources both rates were 0.05 % (docs/performance.md)."""
    language = {"pennywell": "en", "bursztynowa-zatoka": "pl", "sol-poente": "pt"}
    brand = {account.external_id: account.brand for account in corpus.load_accounts()}
    texts: dict[str, list[str]] = {}
    for item in corpus.load_scenario():
        if item.kind in ("comment", "review") and item.text:
            texts.setdefault(language[brand[item.account]], []).append(item.text)
    assert sum(map(len, texts.values())) >= 350
    for wrong in (lambda reading: reading.health_words, lambda reading: reading.blames):
        assert len(_stopped(texts, wrong)) * 100 <= sum(map(len, texts.values()))


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Our first aid box is ready for you; the aid is at your door."),
        ("pl", "Zawsze czekamy na Panią i Pana."),
        ("pt", "Foi um prazer ter sido escolhido por si, você e os seus."),
        ("es", "Ha sido un placer, usted y sus amigos."),
        ("es", "Pregunte a su médico."),
    ],
)
def test_little_words_are_no_illness(language: str, text: str) -> None:
    """`zawsze` and `zawał`, `sido` and `SIDA`, `aid` and `AIDS` have one stem each."""
    assert Reading(text, language_data(language), stems(language), CheckContext()).health_words == []


def test_understanding_is_no_selling() -> None:
    """`compreendo` and `compre` have one stem."""
    rules = rules_from_data([{"id": "rule", "kind": "sales_talk"}])
    context = CheckContext(language="pt", brand_language="pt", stars=1)
    assert check_text(rules, "Compreendo a sua frustração.", context) == []
    assert check_text(rules, "Compre já outro bolo.", context) != []
