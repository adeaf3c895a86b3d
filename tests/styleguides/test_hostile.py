"""Any text at all: no crash, the same answer twice, exact spans, and work that grows with the text and not faster."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import agency.demo
from styleguides.check import CheckContext, check_text, compile_rules
from styleguides.language import language_data, stems
from styleguides.pieces import Pieces
from styleguides.reading import Reading
from styleguides.remembered import forget_words
from styleguides.rules import Finding, Rule, rules_from_data
from styleguides.tokens import WORD, specials, word_spans
from tests.steady import is_steady

GUIDES = Path(agency.demo.__file__).parent / "data" / "guides"


def every_rule() -> tuple[Rule, ...]:
    """The rules of the three demo guides for any language, and kinds they lack."""
    data: list[dict[str, Any]] = []
    for path in sorted(GUIDES.glob("*.yaml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["rules"]:
            entry.pop("languages", None)
            data.append({**entry, "id": f"{path.stem[0]}-{entry['id']}"})
    data += [
        {"kind": "banned", "id": "signs", "phrases": ["C++", "😡", "@evil", "100%", "a.b"]},
        {"kind": "banned", "id": "near", "phrases": ["a a a a b", "nie", "é", "שלום"]},
        {"kind": "greeting", "id": "nameless", "name": "never"},
        {"kind": "required", "id": "thanks", "any_of": ["thank you", "dziękujemy", "obrigada"]},
        {"kind": "address", "id": "formal", "form": "formal", "allowed": ["hej hej hej ty"]},
        {"kind": "address", "id": "informal", "form": "informal"},
        {"kind": "hashtags", "id": "tags", "max_count": 1, "allowed": ["#a"]},
        {"kind": "negative", "id": "negative", "allowed": ["nie ma za co"]},
        {"kind": "sales_talk", "id": "sales", "phrases": ["a a a b", "C++", "nie"], "allowed": ["kup teraz już"]},
        {"kind": "promises", "id": "promises", "phrases": ["nie nie", "100%"], "allowed": ["na pewno nie"]},
        {"kind": "needs_approval", "id": "yes", "phrases": ["zwrot", "refund", "😡"]},
        {"kind": "unedited", "id": "unedited", "only_complaints": False, "likeness_percent": 50},
        {"kind": "banned", "id": "brazil", "phrases": ["ônibus"], "languages": ["pt-BR"]},
        {"kind": "banned", "id": "portugal", "phrases": ["autocarro"], "languages": ["pt-PT"]},
    ]
    return rules_from_data(data)


RULES = every_rule()
COMPILED = compile_rules(RULES)

texts = st.text(
    alphabet=st.one_of(
        st.characters(exclude_categories=()),
        st.sampled_from(
            "aeęnié\u0301\u0328\u0323\u200b\u200d\u00ad\ufe0f👩👨💻🏽🇵🇱😡❤1\u20e3"
            "שלום\u202e\u2069\u1100\u1161क्षि.!?,'@#:/ \n\t\0"
        ),
    ),
    max_size=60,
)
phrases = st.sampled_from(
    ["niestety nie możemy", "Unfortunately, we can't", "infelizmente, não podemos", "taniego", "cheap", "@evil", "C++",
     "https://evil.example/x", "OGROMNE LITERY", "n\u0301ie", "Pennywell", "שלום", "Anno", "100%",
     "Dziękujemy!!!", "😡😡", "you can't come until 3 pm", "nie mogą", "dopóki nie", "do jutra", "zwrócimy",
     "Pani", "możesz", "we guarantee", "within 24 hours",
     "o senhor", "autocarro", "ônibus", "#tag#tag", "Pani ciąża", "kup teraz"]
)  # fmt: skip
mixed = st.lists(st.one_of(texts, phrases), max_size=8).map(" ".join)
contexts = st.builds(
    CheckContext,
    platform=st.sampled_from(["facebook", "instagram", "google_business", "other", None]),
    kind=st.sampled_from(["review", "comment", "other", None]),
    language=st.sampled_from(["en", "pl", "pt", "es", "de", "pt-BR", "pt_pt", "x", "", None]),
    stars=st.sampled_from([None, -1, 1, 2, 5]),
    customer_name=st.one_of(st.none(), st.sampled_from(["Anna Nowak", "Dana", "שרה", "\u0301", "ana_9"]), texts),
    brand_language=st.sampled_from(["en", "pl", "zz"]),
    reader_language=st.sampled_from([None, "en", "pt", "zz"]),
    complaint=st.booleans(),
    began_with=st.one_of(st.none(), texts),
)


def quoted(finding: Finding, text: str) -> str:
    """What the message quotes of the text, as it should be: exactly the span, cut after 80 code points."""
    stretch = text[finding.start : finding.end]
    return stretch if len(stretch) <= 80 else stretch[:80] + "…"


@given(mixed, contexts)
@settings(max_examples=500, deadline=None)
def test_any_text_is_checked_with_spans_inside_it_and_in_order(text: str, context: CheckContext) -> None:
    found = check_text(COMPILED, text, context)
    for finding in found:
        assert 0 <= finding.start <= finding.end <= len(text)
    order = [(finding.start, finding.end, ("stop", "warn", "hint").index(finding.level)) for finding in found]
    assert order == sorted(order)


@given(mixed, contexts)
@settings(max_examples=40, deadline=None)
def test_the_same_text_gets_the_same_answer_warm_and_cold(text: str, context: CheckContext) -> None:
    warm = [check_text(COMPILED, text, context) for _ in range(2)]
    stems("pl").clear()
    stems("en").clear()
    forget_words()
    assert check_text(compile_rules(RULES), text, context) == warm[0] == warm[1]


@given(
    texts,
    st.sampled_from(["niestety nie możemy", "NIESTETY, nie mo\u017c\u200bemy", "niestety nie mo\u007a\u0307emy"]),
    texts,
)
@settings(max_examples=300, deadline=None)
def test_a_message_quotes_exactly_the_span(before: str, phrase: str, after: str) -> None:
    rules = rules_from_data([{"kind": "banned", "id": "rule", "phrases": ["niestety nie możemy"]}])
    text = f"{before}.\n{phrase} {after}"
    found = [f for f in check_text(rules, text, CheckContext(language="pl", brand_language="pl")) if f.rule == "rule"]
    assert found
    start, end = found[0].start, found[0].end
    assert text[start:end].startswith(phrase[:8])
    assert f"„{quoted(found[0], text)}”" in found[0].message


def test_spans_are_of_the_text_as_given_and_of_the_normalised_text() -> None:
    """Decomposed words before the hit move it in the normalised text, not in the one given."""
    import unicodedata

    rules = rules_from_data([{"kind": "banned", "id": "rule", "phrases": ["reklamacja"]}])
    context = CheckContext(language="pl", brand_language="pl")
    accepted = "Zażółć gęślą jaźń 👩🏽‍💻 שלום: reklamację przyjęto"
    for given_text in (accepted, unicodedata.normalize("NFD", accepted), unicodedata.normalize("NFKD", accepted)):
        (finding,) = check_text(rules, given_text, context)
        assert unicodedata.normalize("NFC", given_text[finding.start : finding.end]) == "reklamację"
        if given_text == accepted:
            assert (finding.start, finding.end) == (accepted.index("rekl"), accepted.index(" przy"))


SIZE = 200_000
REPEATED = {
    "addresses and numbers": "a@b.example 600 100 200 ",
    "beginnings of codes": "PL12 X1 12345678-",
    "letter": "a", "marks": "!", "stops": ".", "lines": "\n", "words": "a ", "near miss": "niestety nie ",
    "hits": "nie ",
    "at": "@", "mail": "a@", "web": "https://", "www": "www.", "domain": "a.b.", "accents": "\u0301",
    "composed": "a\u0301", "joiners": "\u200d", "families": "👨\u200d👩\u200d👧", "half flags": "🇵", "hidden": "\u200b",
    "apostrophes": "a'", "underscores": "_", "overrides": "\u202eabc ", "hangul": "\u1100\u1161", "nul": "\0",
    "surrogates": "\ud800", "shouts": "ABCD ", "quotes": '."', "initials": "A.", "tags": "🏴\U000e0067",
    "keycaps": "1\ufe0f\u20e3",
    "gaps": "nie mogą ", "gaps and ends": "nie mogą a dopóki ", "moments": "do jutra ", "promised": "zwrócimy do ",
    "illness": "rak ", "illness told": "Pani rak. ", "friends": "ty ", "endings": "aasz ", "gentlemen": "Pan ",
    "tags glued": "#a", "tags apart": "#a ", "times without end": "do końca najbliższego ", "sold": "kup teraz ",
    "sentences": "Mm. ", "devanagari": "क्षि", "names": "Anna ", "signs": "C++ ", "angry": "😡", "commas": "a, ",
}  # fmt: skip


def lines_run(text: str, context: CheckContext) -> int:
    """How many lines of Python the check runs."""
    count = 0

    def tracer(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        count += 1
        return tracer

    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        check_text(COMPILED, text, context)
    finally:
        sys.settrace(before)
    return count


CONTEXT = CheckContext("google_business", "review", "pl", 1, "Anna Lis", "pl", "en", began_with="nie a " * 400)


@pytest.mark.parametrize("name", REPEATED)
def test_ten_times_the_text_is_at_most_eleven_times_the_work(name: str) -> None:
    unit = REPEATED[name]
    small, large = (unit * (size // len(unit)) for size in (1_000, 10_000))
    check_text(COMPILED, large, CONTEXT)
    assert lines_run(large, CONTEXT) <= 11 * lines_run(small, CONTEXT)


@pytest.mark.parametrize("name", REPEATED)
def test_two_hundred_thousand_characters_are_checked(name: str) -> None:
    """What runs inside the regular expressions is not counted above. Quadratic work here would take minutes.

    In `.ci/run` a quarter of them, in a quarter of the time.
    """
    unit, part = REPEATED[name], 4 if is_steady() else 1
    text = unit * (SIZE // part // len(unit))
    started = time.process_time()
    found = check_text(COMPILED, text, CONTEXT)
    assert time.process_time() - started < 10 / part
    assert len(found) < 500
    assert all(len(finding.message) < 2_000 for finding in found)


def test_phrases_with_the_same_beginning_cost_no_more_on_hostile_text() -> None:
    rules = [{"kind": "banned", "id": f"r{n}", "phrases": ["a " * 60 + f"b{n}"]} for n in range(50)]
    compiled = compile_rules(rules_from_data(rules))
    started = time.process_time()
    assert check_text(compiled, "a " * 20_000, CheckContext(language="en")) == []
    assert time.process_time() - started < 10


def test_views_do_not_grow_with_unknown_languages_platforms_or_kinds() -> None:
    compiled = compile_rules(RULES)
    for number in range(50):
        check_text(compiled, "x", CheckContext(f"platform{number}", f"kind{number}", f"q{number}"))
    assert len(compiled._views) == 1


@given(texts)
@settings(max_examples=300, deadline=None)
def test_words_are_placed_where_they_stand(text: str) -> None:
    reading = Reading(text, language_data("en"), stems("en"), CheckContext())
    spans = word_spans(reading.text, specials(reading.text))
    assert [reading.span(place) for place in range(len(reading.words))] == spans
    for place in range(len(spans)):  # whichever is asked for first
        fresh = Reading(text, language_data("en"), stems("en"), CheckContext())
        assert fresh.span(place) == spans[place]
        assert fresh.spans(place, 3) == spans[place : place + 3]


@given(st.text(alphabet="abIT.,'’_ \n-(1é", max_size=60))
@settings(max_examples=300, deadline=None)
def test_words_that_stand_twice_or_in_others_are_placed(text: str) -> None:
    test_words_are_placed_where_they_stand.hypothesis.inner_test(text)  # type: ignore[attr-defined]


@given(
    st.one_of(
        st.text(alphabet=st.characters(max_codepoint=127), max_size=60),
        texts,
        st.text(alphabet="aż’'._ –!\u00a0", max_size=20),
    )
)
def test_words_are_the_same_by_the_quicker_way(text: str) -> None:
    assert Pieces(text).words() == WORD.findall(text)


@given(
    st.lists(
        st.sampled_from(
            [
                "np.",
                "Np.",
                "Mr.",
                "approx.",
                "end.",
                "End.)",
                "A.",
                "no",
                "Yes",
                "!",
                "?!",
                "co",
                "\n",
                "x.y",
                "p.m.",
                "ok…",
            ]
        )
    ).map(" ".join),
    texts,
)
@settings(max_examples=300, deadline=None)
def test_no_sentence_is_longer_than_the_quick_bound(chunks: str, text: str) -> None:
    for code in ("en", "pl", "pt", "es", "de"):
        reading = Reading(f"{chunks} {text}", language_data(code), stems(code), CheckContext())
        for start, end in reading.sentences:
            words = sum(WORD.search(chunk) is not None for chunk in reading.text[start:end].split())
            assert not words or reading.may_hold_sentence_beyond(words - 1)
