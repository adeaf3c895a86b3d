"""How a reply addresses people, promises, sells, denies, tags and repeats: what passes and fails, in each language."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from styleguides.check import check_text
from styleguides.likeness import likeness_percent, words_to_compare
from styleguides.rules import CheckContext, Finding, rules_from_data


def findings(rule: dict[str, Any], text: str, language: str = "en", **context: Any) -> list[Finding]:
    rules = rules_from_data([{"id": "rule", **rule}])
    context.setdefault("brand_language", language)
    found = check_text(rules, text, CheckContext(language=language, **context))
    return [finding for finding in found if finding.rule == "rule"]


def pointed_at(rule: dict[str, Any], text: str, language: str = "en", **context: Any) -> list[str]:
    return [text[finding.start : finding.end] for finding in findings(rule, text, language, **context)]


def mended(rule: dict[str, Any], text: str, language: str = "en", **context: Any) -> str:
    for finding in reversed(findings(rule, text, language, **context)):
        if finding.suggestion is not None:
            text = text[: finding.start] + finding.suggestion + text[finding.end :]
    return text


@pytest.mark.parametrize(
    ("form", "language", "text", "found"),
    [
        (
            "formal",
            "en",
            "Hi! We can't say, it’s late. The customers' cards didn't come.",
            ["Hi", "can't", "it’s", "didn't"],
        ),
        ("formal", "en", "Good morning, we cannot say it yet. The customer's card and Dana's are here.", []),
        (
            "formal",
            "pl",
            "Możesz napisać do nas. Zrobiłaś to dobrze, Twoja opinia cieszy.",
            ["Możesz", "Zrobiłaś", "Twoja"],
        ),
        ("formal", "pl", "Słyszysz nas? Chciałbyś wrócić?", ["Słyszysz", "Chciałbyś"]),
        ("formal", "pl", "Szanowna Pani, nasz gulasz i afisz pokaże Tomasz albo pan Łukasz.", []),
        ("formal", "pt", "Obrigada pela tua visita, podes ligar. Disseste tudo.", ["tua", "podes", "Disseste"]),
        ("formal", "pt", "Escreve-nos. Ele escreve-nos sempre.", ["Escreve"]),
        ("formal", "pt", "Pode ligar. Este teste existe desde o nordeste, o senhor sabe.", []),
        ("formal", "es", "Gracias por tu visita, puedes llamarnos. Hablaste con Marta.", ["tu", "puedes", "Hablaste"]),
        ("formal", "es", "Podréis volver, os esperamos.", ["Podréis", "os"]),
        ("formal", "es", "Puede llamarnos. Fue triste, existe un chiste aparte con suerte.", []),
        ("informal", "en", "Hey, we've seen it.", []),
        ("informal", "en", "Pursuant to our terms, please find it herewith.", ["Pursuant", "herewith"]),
        ("informal", "pl", "Hej, napisz do nas, a Pan Marek z serwisu pomoże.", []),
        ("informal", "pl", "Dziękujemy Pani za opinię, zapraszamy Państwa.", ["Pani", "Państwa"]),
        ("informal", "pt", "Obrigada pela tua visita!", []),
        (
            "informal",
            "pt",
            "Agradecemos ao senhor. Você pode ligar. Envie-nos mensagem.",
            ["ao senhor", "Você", "Envie"],
        ),
        ("informal", "es", "Cuéntanos qué pasó.", []),
        ("informal", "es", "Cuéntenos usted qué pasó.", ["Cuéntenos", "usted"]),
        ("voce", "pt", "Você pode ligar. Envie-nos mensagem.", []),
        ("voce", "pt", "Tu podes ligar; a senhora também.", ["Tu", "podes", "a senhora"]),
        ("voce", "pt-BR", "Nós te esperamos, tu sabes.", ["tu", "sabes"]),
        ("voce", "pt-PT", "Nós te esperamos.", ["te"]),
    ],
)
def test_forms_of_address(form: str, language: str, text: str, found: list[str]) -> None:
    assert pointed_at({"kind": "address", "form": form}, text, language) == found


def test_a_form_of_address_is_mended_where_the_language_knows_how() -> None:
    formal, informal = {"kind": "address", "form": "formal"}, {"kind": "address", "form": "informal"}
    assert (
        mended(formal, "Hey, we’re sorry, it can't be. I'll see.") == "Hello, we are sorry, it cannot be. I will see."
    )
    assert mended(formal, "Escríbenos hoy.", "es") == "Escríbanos hoy."
    assert mended(informal, "Llámenos hoy.", "es") == "Llámanos hoy."


def test_a_brand_may_keep_words_of_another_form() -> None:
    rule = {"kind": "address", "form": "formal", "allowed": ["hey", "let's go"]}
    assert pointed_at(rule, "Hey, let's go! Let's see.") == ["Let's"]


def test_a_language_without_forms_is_passed_by() -> None:
    assert findings({"kind": "address", "form": "formal"}, "Du kannst uns schreiben.", "de") == []
    assert findings({"kind": "address", "form": "voce"}, "Pan Marek, ty i ja", "pl") == []


@pytest.mark.parametrize(
    ("language", "text", "better"),
    [
        ("en", "You can't check in until 3 pm.", "You can check in from 3 pm."),
        ("en", "Sorry, you cannot use the card until it is active.", "Sorry, you can use the card once it is active."),
        ("en", "We can't send it before Friday.", "We can send it from Friday."),
        ("en", "Please don't hesitate to write. No problem!", "Please write. With pleasure!"),
        ("en", "You can't. Until then, wait.", "You can't. Until then, wait."),
        ("en", "You can check in from 3 pm.", "You can check in from 3 pm."),
        ("pl", "Nie wcześniej niż o 15.", "Najwcześniej o 15."),
        ("pl", "Nie ma problemu, zapraszamy.", "Z przyjemnością, zapraszamy."),
        (
            "pl",
            "Mogą Państwo wejść, gdy tylko pokój będzie gotowy.",
            "Mogą Państwo wejść, gdy tylko pokój będzie gotowy.",
        ),
        ("pt", "Não pode levantar o bolo antes das 15h.", "Pode levantar o bolo a partir das 15h."),
        ("pt", "Não hesite em ligar.", "Pode ligar."),
        ("pt", "Pode ligar a partir das 9.", "Pode ligar a partir das 9."),
        ("es", "No puede entrar hasta las 15.", "Puede entrar a partir de las 15."),
        ("es", "No pueden entrar hasta que llegue la llave.", "Pueden entrar en cuanto llegue la llave."),
        ("es", "Puede entrar a partir de las 15.", "Puede entrar a partir de las 15."),
    ],
)
def test_what_is_put_negatively_is_rewritten(language: str, text: str, better: str) -> None:
    assert mended({"kind": "negative"}, text, language) == better


@pytest.mark.parametrize(
    ("language", "text", "found"),
    [
        ("en", "There is nothing we can do.", ["There is nothing we can do"]),
        ("pl", "Nie mogą Państwo wejść, dopóki nie posprzątamy.", ["Nie mogą Państwo wejść, dopóki nie"]),
        ("pl", "Niestety nie możemy pomóc.", ["nie możemy"]),
        ("pt", "Não podemos fazer nada.", ["Não podemos fazer nada"]),
        ("es", "No es posible.", ["No es posible"]),
    ],
)
def test_where_no_rewrite_is_certain_an_example_is_shown(language: str, text: str, found: list[str]) -> None:
    hits = findings({"kind": "negative"}, text, language)
    assert [text[hit.start : hit.end] for hit in hits] == found
    assert [hit.suggestion for hit in hits] == [None]
    assert "…" in hits[0].message
    assert findings({"kind": "negative", "allowed": found}, text, language) == []


@pytest.mark.parametrize(
    ("language", "text", "found"),
    [
        ("en", "We guarantee it. It will never happen again.", ["guarantee", "never happen again"]),
        ("en", "We will call you by Friday.", ["by Friday"]),
        ("en", "You'll have it within 24 hours, in two working days.", ["within 24 hours", "in two working days"]),
        ("en", "We'll look into it tomorrow.", ["tomorrow"]),
        ("en", "We refunded it by Friday. We are looking into what happened in the morning.", []),
        ("pl", "Gwarantujemy zwrot, na pewno.", ["Gwarantujemy", "na pewno"]),
        ("pl", "Oddzwonimy do jutra. Wyślemy paczkę w ciągu 24 godzin.", ["do jutra", "w ciągu 24 godzin"]),
        ("pl", "Dziękujemy za wizytę w piątek. Sprawdzamy to.", []),
        ("pt", "Garantimos. Vamos responder até amanhã.", ["Garantimos", "até amanhã"]),
        ("pt", "Receberá o bolo dentro de 24 horas.", ["dentro de 24 horas"]),
        ("pt", "Obrigada pela visita em dezembro. Estamos a ver.", []),
        ("es", "Le garantizamos. Le llamaremos antes del viernes.", ["garantizamos", "antes del viernes"]),
        ("es", "Recibirá el pedido en 24 horas.", ["en 24 horas"]),
        ("es", "Gracias por su visita en diciembre. Lo estamos mirando.", []),
    ],
)
def test_promises(language: str, text: str, found: list[str]) -> None:
    assert sorted(pointed_at({"kind": "promises"}, text, language)) == sorted(found)


def test_promises_of_a_brands_own_and_times_it_may_promise() -> None:
    rule = {"kind": "promises", "phrases": ["count on us", "100%"], "allowed": ["guarantee", "tomorrow"]}
    text = "Count on us: we guarantee that we'll call tomorrow, 100%, or by Monday."
    assert pointed_at(rule, text) == ["Count on us", "100%", "by Monday"]
    assert pointed_at({**rule, "dated": False}, text) == ["Count on us", "100%"]


@pytest.mark.parametrize(
    ("language", "text", "found"),
    [
        ("en", "Check out our new menu with this promo code!", ["Check out our", "new menu", "promo code"]),
        ("pl", "Skorzystaj z oferty, kup teraz.", ["Skorzystaj z oferty", "kup teraz"]),
        ("pt", "Aproveite as nossas promoções.", ["Aproveite", "promoções"]),
        ("es", "Aproveche la promoción.", ["Aproveche", "promoción"]),
    ],
)
def test_nobody_sells_to_who_complains(language: str, text: str, found: list[str]) -> None:
    rule = {"kind": "sales_talk"}
    assert pointed_at(rule, text, language, stars=1) == found
    assert pointed_at(rule, text, language, complaint=True) == found
    assert pointed_at(rule, text, language, stars=5) == pointed_at(rule, text, language) == []
    assert pointed_at({**rule, "on_complaints": False}, text, language, complaint=True) == []
    assert pointed_at({**rule, "allowed": found}, text, language, stars=1) == []
    calm = {"en": "We are sorry.", "pl": "Przykro nam.", "pt": "Lamentamos muito.", "es": "Lo sentimos."}[language]
    assert findings(rule, calm, language, stars=1) == []


@pytest.mark.parametrize(
    ("language", "phrases", "text", "found", "words"),
    [
        ("en", ["refund"], "We refunded you, see your refund.", ["refunded", "refund"], "the client's yes"),
        ("pl", ["zwrot"], "Sprawdzimy zwroty kosztów.", ["zwroty"], "zgody"),
        ("pt", ["reembolso"], "Os reembolsos seguem.", ["reembolsos"], "sim do cliente"),
        ("es", ["reembolso"], "Los reembolsos van hoy.", ["reembolsos"], "el sí del cliente"),
    ],
)
def test_words_that_need_a_yes_stop_nothing_and_say_so(
    language: str, phrases: list[str], text: str, found: list[str], words: str
) -> None:
    hits = findings({"kind": "needs_approval", "phrases": phrases}, text, language)
    assert [text[hit.start : hit.end] for hit in hits] == found
    assert all(hit.needs_approval and hit.level == "warn" and words in hit.message for hit in hits)
    assert findings({"kind": "needs_approval", "phrases": phrases}, "🙂", language) == []
    assert not any(hit.needs_approval for hit in findings({"kind": "banned", "phrases": phrases}, text, language))


def test_hashtags() -> None:
    text = "#Sol#mar #1 (#luz), https://a.example/#x a#b"
    assert pointed_at({"kind": "hashtags", "max_count": 2}, text) == ["#luz"]
    assert mended({"kind": "hashtags", "max_count": 0}, "Hi #one") == "Hi "
    assert pointed_at({"kind": "hashtags", "max_count": 3}, text) == []
    assert pointed_at({"kind": "hashtags", "allowed": ["sol", "#LUZ"]}, text) == ["#mar"]


@pytest.mark.parametrize(
    ("language", "saved", "own"),
    [
        (
            "en",
            "Hi {name}, thank you for telling us; we look into it and write to you.",
            "The lift was broken on Sunday.",
        ),
        ("pl", "Dzień dobry, dziękujemy za opinię; sprawdzimy to i napiszemy do Państwa.", "Winda stała w niedzielę."),
        ("pt", "Olá, {name}, obrigada por avisar; vamos ver e escrevemos de volta.", "O elevador avariou no domingo."),
        ("es", "Hola, gracias por avisarnos; lo miramos y le escribimos.", "El ascensor se averió el domingo."),
    ],
)
def test_a_saved_reply_is_made_ones_own_on_complaints(language: str, saved: str, own: str) -> None:
    rule, name = {"kind": "unedited"}, {"customer_name": "Ana Lis", "began_with": saved}
    text = saved.replace("{name}", "Ana").upper()
    (hit,) = findings(rule, text, language, stars=1, **name)
    assert (hit.start, hit.end) == (len(text), len(text))
    assert "100" in hit.message
    assert findings(rule, text, language, complaint=True, **name)
    assert findings(rule, f"{text} {own}", language, stars=1, **name) == []
    assert findings(rule, text, language, stars=5, **name) == []
    assert findings(rule, text, language, stars=1) == []
    assert findings({**rule, "only_complaints": False}, text, language, stars=5, **name)


def test_likeness_counts_words_that_follow_each_other() -> None:
    words = words_to_compare("one two three four five six seven eight nine ten")
    assert likeness_percent(words, words) == 100
    assert likeness_percent(words, words[::-1]) < 10
    assert likeness_percent(words, [*words[:4], "other", *words[5:]]) == 81
    assert likeness_percent([], words) == likeness_percent(words, []) == 0


@given(st.lists(st.sampled_from("abcd"), max_size=12), st.lists(st.sampled_from("abcd"), max_size=12))
def test_likeness_is_the_same_both_ways(one: list[str], other: list[str]) -> None:
    assert likeness_percent(one, other) == likeness_percent(other, one)
    assert (likeness_percent(one, other) == 100) >= (one == other != [])


@pytest.mark.parametrize(
    ("language", "tells", "tells_nothing"),
    [
        (
            "en",
            ["Your diabetes worries us.", "She had a miscarriage."],
            ["Our diabetes range is in aisle 3.", "Your card is here."],
        ),
        (
            "pl",
            ["Przykro nam z powodu Pani ciąży.", "Wiemy o jego chorobie."],
            ["Mamy buty dla cukrzyków.", "Pani pokój czeka."],
        ),
        (
            "pt",
            ["Soubemos da sua gravidez.", "A depressão dele preocupa-nos."],
            ["O bolo é para todos.", "O seu bolo está pronto."],
        ),
        (
            "es",
            ["Sabemos de su embarazo.", "Tu diagnóstico nos preocupa."],
            ["Diabetes: pasillo tres.", "Su mesa está lista."],
        ),
    ],
)
def test_health_told_of_a_person_stays_out_of_what_everybody_reads(
    language: str, tells: list[str], tells_nothing: list[str]
) -> None:
    rule = {"kind": "personal_data", "sorts": ["health"]}
    for text in tells:
        assert findings(rule, text, language), text
        assert findings(rule, text, language, kind="message") == []
        assert findings({**rule, "sorts": ["phone"]}, text, language) == []
    for text in tells_nothing:
        assert findings(rule, text, language) == [], text


WORDS = st.sampled_from(
    [
        "you",
        "can't",
        "until",
        "3",
        "pm",
        "Friday",
        "we",
        "will",
        "by",
        "tomorrow",
        "guarantee",
        "buy",
        "now",
        "Pan",
        "Pani",
        "możesz",
        "nie",
        "mogą",
        "dopóki",
        "do",
        "jutra",
        "zwrócimy",
        "tu",
        "podes",
        "o",
        "senhor",
        "não",
        "pode",
        "antes",
        "das",
        "até",
        "amanhã",
        "garantimos",
        "usted",
        "puedes",
        "no",
        "puede",
        "hasta",
        "las",
        "que",
        "te",
        "te",
        "te",
        "#",
        "#a",
        "your",
        "cancer",
        ".",
        "!",
        ",",
        "\n",
    ]
)


@given(
    st.lists(st.one_of(WORDS, st.text(max_size=4)), max_size=30).map(" ".join),
    st.sampled_from(["en", "pl", "pt", "es", "pt-BR"]),
)
@settings(max_examples=300, deadline=None)
def test_messages_quote_exactly_what_is_pointed_at(text: str, language: str) -> None:
    kinds: list[dict[str, Any]] = [
        {"kind": "address", "form": "formal"},
        {"kind": "address", "form": "informal"},
        {"kind": "negative"},
        {"kind": "promises", "phrases": ["te te", "#"]},
        {"kind": "sales_talk"},
        {"kind": "hashtags", "max_count": 0},
        {"kind": "personal_data", "sorts": ["health"]},
    ]
    for rule in kinds:
        for hit in findings(rule, text, language, stars=1):
            quote = text[hit.start : hit.end]
            assert quote
            assert quote[:80] in hit.message
