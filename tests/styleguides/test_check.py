"""Every kind of rule on real sentences: what passes, what fails, where it points and what it says."""

from __future__ import annotations

from typing import Any

import pytest

from styleguides.check import check_text, length, length_limit, reading_seconds
from styleguides.rules import CheckContext, Finding, rules_from_data


def findings(rule: dict[str, Any], text: str, language: str = "en", **context: Any) -> list[Finding]:
    rules = rules_from_data([{"id": "rule", **rule}])
    found = check_text(rules, text, CheckContext(language=language, brand_language=language, **context))
    for finding in found:
        assert 0 <= finding.start <= finding.end <= len(text)
    return [finding for finding in found if finding.rule == "rule"]


def pointed_at(rule: dict[str, Any], text: str, language: str = "en", **context: Any) -> list[str]:
    return [text[finding.start : finding.end] for finding in findings(rule, text, language, **context)]


BANNED = {
    "en": {"kind": "banned", "phrases": ["unfortunately we cannot", "guarantee", "company policy", "cheap"]},
    "pl": {"kind": "banned", "phrases": ["niestety nie możemy", "reklamacja", "tani", "gwarantować"]},
    "pt": {"kind": "banned", "phrases": ["infelizmente não podemos", "reclamação", "barato", "garantir"]},
    "es": {"kind": "banned", "phrases": ["por desgracia no podemos", "reclamación", "barato"]},
}


@pytest.mark.parametrize(
    ("language", "text", "found"),
    [
        ("en", "Unfortunately, we can't refund a used ticket.", ["Unfortunately, we can't"]),
        ("en", "UNFORTUNATELY WE CANNOT help.", ["UNFORTUNATELY WE CANNOT"]),
        ("en", "It is guaranteed to be the cheapest.", ["guaranteed", "cheapest"]),
        ("en", "Our company’s policies… company policies say no.", ["company’s policies", "company policies"]),
        ("en", "Unfortunately. We cannot say more now.", []),
        ("en", "Unfortunately the card is lost; we can send another.", []),
        ("en", "A guard stood by the gate. The police were called.", []),
        ("pl", "Niestety nie możemy cofnąć opłaty.", ["Niestety nie możemy"]),
        ("pl", "Niestety... nie mogę tego obiecać.", ["Niestety... nie mogę"]),
        ("pl", "W sprawie reklamacji proszę pisać, reklamację rozpatrzymy.", ["reklamacji", "reklamację"]),
        ("pl", "Szukacie taniego pokoju? Mamy tanie i tańsze.", ["taniego", "tanie"]),
        ("pl", "Gwarantujemy, że to się nie powtórzy.", ["Gwarantujemy"]),
        ("pl", "Dziękujemy za opinię, nie możemy się doczekać kolejnej wizyty.", []),
        ("pt", "Infelizmente, não podemos trocar o bolo.", ["Infelizmente, não podemos"]),
        ("pt", "As suas reclamações e a sua reclamação foram lidas.", ["reclamações", "reclamação"]),
        ("pt", "Pão baratinho, bolos mais baratos.", ["baratinho", "baratos"]),
        ("pt", "Garantimos que está pronto às oito.", ["Garantimos"]),
        ("pt", "Obrigada pela visita, voltamos a ver-nos em breve.", []),
        ("es", "Por desgracia, no podemos atender sus reclamaciones.", ["Por desgracia, no podemos", "reclamaciones"]),
        ("es", "Gracias por su visita.", []),
    ],
)
def test_banned_words_are_found_in_every_form(language: str, text: str, found: list[str]) -> None:
    assert pointed_at(BANNED[language], text, language) == found


def test_words_in_links_and_handles_are_not_the_writers() -> None:
    assert pointed_at(BANNED["en"], "See https://a.example/cheap, @cheap.cards and #cheap", "en") == []


def test_exact_and_listed_forms() -> None:
    exact = {"kind": "banned", "phrases": ["ty", "twój"], "match": "exact", "forms": ["twojego"]}
    assert pointed_at(exact, "Ty i TWÓJ pies, twoja torba, twojego psa", "pl") == ["Ty", "TWÓJ", "twojego"]
    # The stemmer takes dzień and dniówka for strangers and pies and piesek too: a listed form finds what it misses.
    listed = {"kind": "banned", "phrases": ["pies"], "forms": ["psa", "psem", "psu"]}
    assert pointed_at(listed, "Pies z psem, bez psa. Pisarz.", "pl") == ["Pies", "psem", "psa"]


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("C++", "We write C++ and c. C", ["C++"]),
        ("100%", "It is 100% safe, 1100% even.", ["100%"]),
        ("😡", "No 😡!", ["😡"]),
        ("evil.example", "Go to evil.example now, not my-evil.example2", ["evil.example"]),
        ("@oldname", "Write to @OldName.", ["@OldName"]),
    ],
)
def test_signs_that_are_no_words_are_found_as_written(phrase: str, text: str, found: list[str]) -> None:
    assert pointed_at({"kind": "banned", "phrases": [phrase]}, text) == found


def test_a_hit_inside_a_longer_one_of_the_same_rule_is_told_once() -> None:
    rule = {"kind": "banned", "phrases": ["sorry for any inconvenience", "inconvenience", "any inconvenience"]}
    assert pointed_at(rule, "Sorry for any inconvenience. An inconvenience.") == [
        "Sorry for any inconvenience",
        "inconvenience",
    ]


@pytest.mark.parametrize(
    ("language", "use", "instead_of", "text", "found", "suggestions"),
    [
        ("en", "guest", ["customer"], "Dear customer, our customers", ["customer", "customers"], ["guest", None]),
        ("en", "get in touch", ["reach out"], "Reach out to us", ["Reach out"], ["Get in touch"]),
        (
            "en",
            "the Pennywell app",
            ["app", "application"],
            "The Pennywell app, this app",
            ["app"],
            ["the Pennywell app"],
        ),
        ("pl", "gość", ["klient"], "Klient i dla klientów", ["Klient", "klientów"], ["Gość", None]),
        ("pt", "casa", ["loja"], "A loja e as lojas", ["loja", "lojas"], ["casa", None]),
        ("en", "guest", ["customer"], "Dear guest, customs", [], []),
    ],
)
def test_preferred_words(
    language: str, use: str, instead_of: list[str], text: str, found: list[str], suggestions: list[str | None]
) -> None:
    hits = findings({"kind": "preferred", "use": use, "instead_of": instead_of}, text, language)
    assert [text[hit.start : hit.end] for hit in hits] == found
    assert [hit.suggestion for hit in hits] == suggestions
    assert all(use in hit.message for hit in hits)


def test_the_brands_own_name_is_spelled_to_the_letter() -> None:
    rule = {
        "kind": "preferred",
        "use": "Pennywell",
        "instead_of": ["PennyWell", "pennywell", "Penny Well"],
        "match": "case",
    }
    assert pointed_at(rule, "Pennywell, PennyWell, pennywell, Penny Well") == ["PennyWell", "pennywell", "Penny Well"]


@pytest.mark.parametrize(
    ("language", "wanted", "passes", "fails"),
    [
        ("en", "thank you", "Thank you for the review.", "We got the review."),
        ("pl", "dziękujemy", "Bardzo dziękuję za opinię.", "Mamy tę opinię."),
        ("pt", "obrigada", "Muito obrigada pela visita.", "Recebemos a visita."),
    ],
)
def test_required_phrases(language: str, wanted: str, passes: str, fails: str) -> None:
    rule = {"kind": "required", "any_of": [wanted]}
    assert findings(rule, passes, language) == []
    (finding,) = findings(rule, fails, language)
    assert (finding.start, finding.end) == (len(fails), len(fails))
    assert wanted in finding.message


@pytest.mark.parametrize(
    ("language", "greeting", "text", "name", "broken"),
    [
        ("en", "Hi {name},", "Hi Dana, thank you.", "Dana Ortiz", False),
        ("en", "Hi {name},", "Hi there, thank you.", "Dana Ortiz", True),
        ("en", "Hi {name},", "Thank you, Dana.", "Dana Ortiz", True),
        ("en", "Hi {name},", "Hi, thank you.", "dana_ortiz92", False),
        ("en", "Hi {name},", "Hi, thank you.", None, False),
        ("en", "Hi {name},", "Hi, thank you.", "Google user", False),
        ("en", "Hi {name},", "Hi JOSE, thank you.", "José Prado", False),
        ("pl", "Dzień dobry", "Dzień dobry, Pani Anno, dziękujemy.", "Anna Lis", False),
        ("pl", "Dzień dobry", "Dzień dobry, Panie Marku, dziękujemy.", "Marek Lis", False),
        ("pl", "Dzień dobry", "Panie Pawle, dzień dobry!", "Paweł Lis", False),
        ("pl", "Dzień dobry", "Dzień dobry, dziękujemy za opinię.", "Anna Lis", True),
        ("pl", "Dzień dobry", "Witam, Pani Anno!", "Anna Lis", True),
        ("pt", "Olá, {name}!", "Olá, Inês! Obrigada.", "Inês Duarte", False),
        ("pt", "Olá, {name}!", "Olá, Ines! Obrigada.", "Inês Duarte", False),
        ("pt", "Olá, {name}!", "Obrigada pela visita.", "Inês Duarte", True),
    ],
)
def test_greeting_with_the_customers_name(
    language: str, greeting: str, text: str, name: str | None, broken: bool
) -> None:
    rule = {"kind": "greeting", "any_of": [greeting], "name": "required"}
    assert bool(findings(rule, text, language, customer_name=name)) is broken


def test_a_missing_name_is_put_where_it_belongs() -> None:
    rule = {"kind": "greeting", "any_of": ["Hi {name},"], "name": "required"}
    text = "Hi, thank you."
    (finding,) = findings(rule, text, customer_name="Dana Ortiz")
    assert text[: finding.start] + (finding.suggestion or "") + text[finding.end :] == "Hi Dana, thank you."
    assert "“Hi Dana,”" in finding.message


def test_a_name_that_may_not_stand_in_public() -> None:
    rule = {"kind": "greeting", "name": "never"}
    assert pointed_at(rule, "Dear Dana, we wish Dana well, dana", customer_name="Dana Ortiz") == ["Dana", "Dana"]
    assert pointed_at(rule, "Dear guest", customer_name="Dana Ortiz") == []


@pytest.mark.parametrize(
    ("language", "sign_off", "passes", "fails"),
    [
        (
            "en",
            "The Pennywell team",
            "All done.\nThe Pennywell team 💙",
            "The Pennywell team is here. " + "We do a lot. " * 6,
        ),
        ("pl", "Zespół Bursztynowej Zatoki", "Zapraszamy!\nZespół Bursztynowej Zatoki", "Zapraszamy! Recepcja"),
        ("pt", "A equipa da Sol Poente", "Até já! A equipa da Sol Poente", "Até já! A gerência"),
        ("en", "💙", "All done 💙", "All done"),
    ],
)
def test_sign_off(language: str, sign_off: str, passes: str, fails: str) -> None:
    rule = {"kind": "sign_off", "any_of": [sign_off]}
    assert findings(rule, passes, language) == []
    (finding,) = findings(rule, fails, language)
    assert finding.start == finding.end == len(fails.rstrip())
    assert not findings(rule, fails.rstrip() + (finding.suggestion or ""), language)


@pytest.mark.parametrize(
    ("language", "line", "passes", "fails"),
    [
        (
            "en",
            "We are very sorry",
            "Hi Dana, we are very sorry that you waited.",
            "Hi Dana, the office opens at nine.",
        ),
        (
            "pl",
            "Bardzo nam przykro",
            "Dzień dobry, bardzo nam przykro z powodu hałasu.",
            "Dzień dobry, hałas był z ulicy.",
        ),
        ("pt", "Lamentamos muito", "Olá, Inês! Lamentamos muito a espera.", "Olá, Inês! Abrimos às nove."),
    ],
)
def test_empathy_for_few_stars_and_complaints(language: str, line: str, passes: str, fails: str) -> None:
    rule = {"kind": "empathy", "any_of": [line], "level": "stop"}
    for stars in (1, 2):
        assert findings(rule, passes, language, stars=stars) == []
        (finding,) = findings(rule, fails, language, stars=stars)
        assert (finding.level, str(stars) in finding.message) == ("stop", True)
        mended = fails[: finding.start] + (finding.suggestion or "") + fails[finding.end :]
        assert findings(rule, mended, language, stars=stars) == []
        assert mended.startswith(fails.split()[0])  # the greeting stays in front
    for stars in (3, 5, None):
        assert findings(rule, fails, language, stars=stars) == []
    assert findings(rule, fails, language, complaint=True)
    assert not findings({**rule, "on_complaints": False}, fails, language, complaint=True)


def test_length_and_reading_time() -> None:
    text = "Thank you very much."
    (finding,) = findings({"kind": "length", "max_characters": 9}, text)
    assert (text[finding.start :], "20" in finding.message, "11" in finding.message) == (" very much.", True, True)
    assert findings({"kind": "length", "max_characters": 20, "min_characters": 20}, text) == []
    assert len(findings({"kind": "length", "min_characters": 21}, text)) == 1
    assert len(findings({"kind": "length", "max_reading_seconds": 60}, "word " * 200)) == 1
    assert findings({"kind": "length", "max_reading_seconds": 64}, "word " * 200) == []


def test_reading_time_is_the_product_briefs() -> None:
    assert reading_seconds("word " * 547) == 2 * 60 + 53
    assert (reading_seconds(""), reading_seconds("👍"), reading_seconds("ok")) == (0, 0, 1)


@pytest.mark.parametrize(
    ("platform", "text", "stopped"),
    [
        ("google_business", "a" * 4096, False),
        ("google_business", "a" * 4097, True),
        ("google_business", "ą" * 2048, False),
        ("google_business", "ą" * 2048 + "a", True),
        ("google_business", "a\u0328" * 2048, False),  # sent in normal form C: two bytes each
        ("google_business", "😀" * 1025, True),
        ("facebook", "ą" * 8000, False),
        ("facebook", "ą" * 8001, True),
        ("instagram", "😀" * 2200, False),
        ("instagram", "😀" * 2201, True),
        (None, "a" * 9000, False),
    ],
)
def test_platforms_stop_what_they_would_refuse(platform: str | None, text: str, stopped: bool) -> None:
    found = check_text((), text, CheckContext(platform, "review", "pl", brand_language="pl"))
    assert [(finding.rule, finding.level) for finding in found] == ([("platform-length", "stop")] if stopped else [])
    limit = length_limit(platform)
    assert (limit is not None and length(text, platform) > limit) is stopped
    for finding in found:
        assert finding.end == len(text)
        assert not check_text((), text[: finding.start], CheckContext(platform, "review", "pl"))


@pytest.mark.parametrize(
    ("language", "text", "first_too_many"),
    [
        ("en", "Thanks 🎉🎊 a lot 👩🏽‍💻", "🎊"),
        ("pl", "Do zobaczenia 🌊 🇵🇱❤️", "🇵🇱"),
        ("pt", "Até já 🥐👨‍👩‍👧‍👦", "👨‍👩‍👧‍👦"),
    ],
)
def test_emoji_budget(language: str, text: str, first_too_many: str) -> None:
    rule = {"kind": "emoji", "max_count": 1}
    assert pointed_at(rule, text, language) == [first_too_many]
    assert pointed_at(rule, text[: text.index(first_too_many)], language) == []


@pytest.mark.parametrize(
    ("text", "limit", "mended"),
    [
        ("Thanks!", 1, None),
        ("Thanks!!", 1, "Thanks!"),
        ("Dziękujemy! Zapraszamy!", 1, "Dziękujemy! Zapraszamy."),
        ("O quê?! Não!!", 1, "O quê?! Não."),
        ("Nie！！", 0, "Nie."),
    ],
)
def test_exclamation_budget(text: str, limit: int, mended: str | None) -> None:
    found = findings({"kind": "exclamation", "max_count": limit}, text)
    assert [text[: hit.start] + (hit.suggestion or "") + text[hit.end :] for hit in found] == (
        [mended] if mended else []
    )


@pytest.mark.parametrize(
    ("language", "passes", "fails"),
    [
        ("en", "Mr. Bean wrote to us. We read it at once.", "Mr. Bean wrote to us and we read it at once, of course."),
        (
            "pl",
            "Pokój czeka od godz. 14 przy plaży. Zapraszamy.",
            "Pokój czeka od godz. 14, a klucz i mapę wyda recepcja obok.",
        ),
        ("pt", "O Sr. Dias já ligou. Está tudo certo.", "O Sr. Dias já ligou e disse que agora está tudo certo."),
    ],
)
def test_sentence_length(language: str, passes: str, fails: str) -> None:
    rule = {"kind": "sentence_length", "max_words": 8}
    assert pointed_at(rule, passes, language) == []
    assert pointed_at(rule, f"Ok. {fails}", language) == [fails]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("See https://help.bz.example/a and bz.example.", []),
        ("See https://bz.example.evil.example/x", ["https://bz.example.evil.example/x"]),
        ("See https://bz.example@evil.example", ["https://bz.example@evil.example"]),
        ("See notbz.example.", ["notbz.example"]),
        ("No links here. Only 3.5 stars.", []),
    ],
)
def test_links_lead_to_the_brands_own_sites(text: str, found: list[str]) -> None:
    assert pointed_at({"kind": "links", "allowed_domains": ["www.bz.example"]}, text) == found


def test_link_budget() -> None:
    text = "a.example, b.example and https://c.example"
    assert pointed_at({"kind": "links", "max_count": 1}, text) == ["b.example"]
    assert pointed_at({"kind": "links", "max_count": 3}, text) == []


@pytest.mark.parametrize(
    ("language", "text", "found", "suggestion"),
    [
        ("en", "We are VERY VERY sorry.", "VERY VERY", "very very"),
        ("pl", "PRZEPRASZAMY BARDZO za kłopot, RODO i IBAN.", "PRZEPRASZAMY BARDZO", "Przepraszamy bardzo"),
        ("pt", "Hoje há PÃO DE CENTEIO.", "PÃO DE CENTEIO", "pão de centeio"),
    ],
)
def test_capitals(language: str, text: str, found: str, suggestion: str) -> None:
    (hit,) = findings({"kind": "capitals", "allowed": ["IBAN", "RODO"]}, text, language)
    assert (text[hit.start : hit.end], hit.suggestion) == (found, suggestion)
    assert findings({"kind": "capitals"}, "I am OK, A to Z, at 9 AM. Übergröße", language) == []


@pytest.mark.parametrize(
    ("language", "text", "found", "words"),
    [
        ("en", "Call Ada at +1 (212) 555-0123, please.", "+1 (212) 555-0123", "a phone number"),
        ("pl", "Pana konto 61109010140000071219812874 sprawdzimy.", "61109010140000071219812874", "numer konta"),
        ("pt", "O CPF 529.982.247-25 não confere.", "529.982.247-25", "documento pessoal"),
        ("es", "Escriba a ada@correo.example hoy.", "ada@correo.example", "correo electrónico"),
        ("en", "Order PW-004711 is late.", "PW-004711", "an order number"),
    ],
)
def test_personal_data_stays_out_of_what_everybody_reads(language: str, text: str, found: str, words: str) -> None:
    rule = {"kind": "personal_data", "order_patterns": ["PW-######"]}
    (hit,) = findings(rule, text, language)
    assert text[hit.start : hit.end] == found
    assert words in hit.message
    assert findings({**rule, "sorts": ["card"]}, text, language) == []


def test_a_brands_own_number_and_addresses_are_no_secret() -> None:
    rule = {"kind": "personal_data", "allowed": ["+48 22 123 45 67", "Hello@shop.example", "bz.example"]}
    own = "Tel. 22 123 45 67, (22) 123-45-67, +48221234567; hello@shop.example, any.one@BZ.example"
    assert findings(rule, own) == []
    others = "Tel. 22 123 45 68 or other@shop.example, x@evilbz.example"
    assert pointed_at(rule, others) == ["22 123 45 68", "other@shop.example", "x@evilbz.example"]


def test_personal_data_may_stand_in_a_message_unless_the_rule_names_messages() -> None:
    words, rule = "Is 600 100 200 your number?", {"kind": "personal_data", "id": "private"}
    in_message = CheckContext(kind="message", language="en")
    assert check_text(rules_from_data([rule]), words, in_message) == []
    assert [hit.rule for hit in check_text(rules_from_data([{**rule, "kinds": ["message"]}]), words, in_message)] == [
        "private"
    ]


def test_rules_apply_where_they_say() -> None:
    rule = {"kind": "emoji", "max_count": 0, "platforms": ["google_business"], "kinds": ["review"], "languages": ["pl"]}
    assert findings(rule, "🎉", "pl", platform="google_business", kind="review")
    for language, platform, kind in (
        ("en", "google_business", "review"),
        ("pl", "facebook", "review"),
        ("pl", "google_business", "comment"),
        ("pl", None, None),
    ):
        assert findings(rule, "🎉", language, platform=platform, kind=kind) == []


def test_messages_speak_the_language_of_the_text_and_the_readers_beneath() -> None:
    rules = rules_from_data([{"kind": "emoji", "id": "rule", "max_count": 0, "reason": "To bank."}])
    text = "Bardzo dziękujemy za tę miłą opinię 🎉"
    (finding,) = check_text(rules, text, CheckContext(brand_language="en", reader_language="pt-BR"))
    assert finding.message == "Emoji: 1, dozwolone: 0. Usuń „🎉”. Dlaczego: To bank."
    assert finding.reader_message == "Emojis: 1, permitidos: 0. Tire “🎉”. Motivo: To bank."
    (finding,) = check_text(rules, text, CheckContext(brand_language="en", reader_language="pl"))
    assert finding.reader_message is None
    (finding,) = check_text(rules, "Das Essen war kalt und niemand kam 🎉", CheckContext(brand_language="pt"))
    assert finding.message.startswith("Emojis: 1, permitidos")
    (finding,) = check_text(rules, "ok 🎉", CheckContext(brand_language="pl"))
    assert finding.message.startswith("Emoji: 1, dozwolone")


def test_in_a_language_we_do_not_know_whole_words_still_count() -> None:
    assert pointed_at({"kind": "banned", "phrases": ["Entschuldigung"]}, "Keine Entschuldigung!", "de") == [
        "Entschuldigung"
    ]


@pytest.mark.parametrize("text", ["", " \n\t", "\u200b\u2060", "\u202e", "\u3164\u2800", "\U000e0041 "])
def test_an_empty_reply_is_stopped(text: str) -> None:
    assert "platform-empty" in [finding.rule for finding in check_text((), text, CheckContext(language="en"))]


@pytest.mark.parametrize(
    ("text", "rule", "level"),
    [
        ("Hello \x00there", "platform-characters", "stop"),
        ("Hello \ud800there", "platform-characters", "stop"),
        ("Pay \u202e001\u202c now", "platform-direction", "stop"),
        ("Pay \u2067שלום\u2069 now", "platform-direction", "warn"),
    ],
)
def test_what_cannot_be_sent_or_turns_the_text_around(text: str, rule: str, level: str) -> None:
    found = check_text((), text, CheckContext(language="en"))
    assert (found[0].rule, found[0].level) == (rule, level)
    assert f"U+{ord(text[found[0].start]):04X}" in found[0].message


def test_right_to_left_text_by_itself_is_fine() -> None:
    assert check_text((), "שלום, מה שלומך? مرحبا \u200f!", CheckContext("facebook", "comment", "he")) == []


def test_findings_stand_in_order_of_place_then_level() -> None:
    rules = rules_from_data(
        [
            {"kind": "banned", "id": "hint", "phrases": ["cheap"], "level": "hint"},
            {"kind": "banned", "id": "stop", "phrases": ["cheap"], "level": "stop"},
            {"kind": "banned", "id": "first", "phrases": ["very"], "level": "hint"},
        ]
    )
    found = check_text(rules, "very cheap", CheckContext(language="en"))
    assert [finding.rule for finding in found] == ["first", "stop", "hint"]


def test_a_reply_in_a_language_no_rule_was_written_for_is_not_called_in_style() -> None:
    """Else a reply in the wrong language passes every rule of its brand, and the client reads that it follows them."""
    english = {"id": "care", "kind": "empathy", "level": "stop", "any_of": ["we are sorry"], "languages": ["en"]}
    everywhere = {"id": "calm", "kind": "exclamation", "level": "hint", "max_count": 1}
    context = CheckContext(brand_language="en", stars=1, reader_language="en")
    polish = "Dzień dobry, bardzo nam przykro, że przesyłka nie dotarła na czas."
    (found,) = check_text(rules_from_data([english, everywhere]), polish, context)
    assert (found.rule, found.level, found.start, found.end) == ("guide-language", "warn", 0, 0)
    assert found.message.startswith("Reguły tej marki napisano dla innych języków niż język tej odpowiedzi (PL)")
    assert found.reader_message is not None
    assert "(PL), so they were not applied" in found.reader_message
    said = [one.rule for one in check_text(rules_from_data([english]), "We cannot help you with the parcel.", context)]
    assert said == ["care"]
    assert check_text(rules_from_data([everywhere]), polish, context) == []
