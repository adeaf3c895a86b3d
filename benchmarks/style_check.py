"""Style check of one reply: our `check_text` against a google-re2 set of as many patterns with the spans of its hits.

Method: language given, rules compiled; 30, 200 and 2,000 rules on about 40, 500 and 4,000 characters in four languages.
Ours says spans and reasons in words; the floor only which pattern hit and where. Warm: stems cached, as while somebody
types. Cold: nothing known of any word and a guide compiled anew for every check. Ours and the floor take turns.
"""

from __future__ import annotations

import gc
import json
import random
import tracemalloc
from collections.abc import Callable, Sequence
from functools import cache
from itertools import product
from typing import Any, Final

from benchmarks.rounds import Line, Pairing, WrongAnswer, cpu_microseconds, line, paired
from benchmarks.style_replies import REPLIES
from styleguides.check import CheckContext, check_text, compile_rules
from styleguides.language import stems
from styleguides.remembered import forget_words
from styleguides.rules import Rule, rules_from_data, rules_to_data

RULES: Final = (30, 200, 2_000)
CHARACTERS: Final = (40, 500, 4_000)
FLOOR: Final = "a google-re2 set of as many patterns with the spans of its hits"
WRONG: Final = ["calm", "phrase", "word"]
_SYLLABLES: Final = ("ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "zo")


def _context(language: str) -> CheckContext:
    return CheckContext("facebook", "comment", language, customer_name="Maria Silva", brand_language=language)


@cache
def invented_words(count: int, seed: int = 12) -> list[str]:
    """Words that no language has, so that only what is meant to hit hits."""
    chance = random.Random(seed)
    words: set[str] = set()
    while len(words) < count:
        words.add("x" + "".join(chance.choice(_SYLLABLES) for _ in range(chance.randint(2, 4))))
    return sorted(words)


def our_rules(count: int, language: str, seed: int = 12) -> tuple[Rule, ...]:
    """So many rules: one of every kind that fits any reply, the rest banned words and phrases."""
    reply = REPLIES[language]
    data: list[dict[str, Any]] = [
        {"kind": "exclamation", "id": "calm", "max_count": 1},
        {"kind": "banned", "id": "word", "phrases": [reply.word], "reason": "An empty word."},
        {"kind": "banned", "id": "phrase", "phrases": [reply.phrase], "reason": "Not ours to promise."},
        {"kind": "emoji", "id": "emoji", "max_count": 1},
        {"kind": "sentence_length", "id": "sentences", "max_words": 40},
        {"kind": "capitals", "id": "capitals"},
        {"kind": "links", "id": "links", "max_count": 1},
        {"kind": "hashtags", "id": "hashtags", "max_count": 1},
        {"kind": "personal_data", "id": "private", "order_patterns": ["PW-######"]},
        {"kind": "promises", "id": "promises"},
        {"kind": "sales_talk", "id": "sales"},
        {"kind": "negative", "id": "negative"},
        {"kind": "needs_approval", "id": "yes", "phrases": ["xvoucher"]},
        {
            "kind": "address",
            "id": "address",
            "form": "voce" if language == "pt" else "formal",
            "allowed": ["hi", "hola"],
        },
        {"kind": "length", "id": "length", "max_characters": 9_000, "max_reading_seconds": 900},
    ]
    for place, word in enumerate(invented_words(count - len(data), seed)):
        phrases = [[word], [f"{word} of"], [word], [f"very {word}", f"really {word}"]][place % 4]
        data.append({"kind": "banned", "id": f"word-{place}", "phrases": phrases, "reason": "Not our voice."})
    return rules_from_data(data)


def _patterns(count: int, language: str) -> list[str]:
    reply = REPLIES[language]
    shaped = [r"!{2,}", rf"\b{reply.word}\b", rf"\b{reply.phrase.replace(' ', chr(92) + 's+')}\b"]
    for place, word in enumerate(invented_words(count - len(shaped))):
        shaped.append(
            [rf"\b{word}\b", rf"\b{word}\s+of\b", rf"\b{word}(?:s|ed|ing)?\b", rf"\b(?:very|really)\s+{word}\b"][
                place % 4
            ]
        )
    return shaped


@cache
def _floor(count: int, language: str) -> Callable[[str], Sequence[object]]:
    import re2

    options = re2.Options()
    options.case_sensitive = False
    options.max_mem = 256 << 20  # 2,000 patterns in one automaton
    patterns = _patterns(count, language)
    together = re2.Set.SearchSet(options)
    for pattern in patterns:
        together.Add(pattern)
    together.Compile()
    alone = [re2.compile(pattern, options) for pattern in patterns]
    return lambda text: [(hit, match.span()) for hit in together.Match(text) for match in alone[hit].finditer(text)]


def _ours(rule_count: int, language: str, text: str, *, cold: bool) -> Callable[[], object]:
    rules = our_rules(rule_count, language)
    compiled, context = compile_rules(rules), _context(language)
    found = sorted(finding.rule for finding in check_text(compiled, text, context))
    if found != WRONG:
        raise WrongAnswer(f"the benchmark no longer measures what it says: {language}, {len(text)}: {found}")

    def warm_check() -> object:
        return check_text(compiled, text, context)

    def cold_check() -> object:
        stems(language).clear()
        forget_words()
        return check_text(compile_rules(rules), text, context)

    return cold_check if cold else warm_check


def measure(
    rule_count: int, characters: int = 500, language: str = "en", *, cold: bool = False, rounds: int = 9
) -> Pairing:
    """Microseconds of one check, ours and the floor's: `rule_count` rules against as many patterns."""
    text = REPLIES[language].of(characters)
    ours, floor = _ours(rule_count, language, text, cold=cold), _floor(rule_count, language)
    if len(floor(text)) != len(WRONG):
        raise WrongAnswer(f"the floor finds other things: {floor(text)}")
    ours()
    times = max(1, (5 if cold else 40) * 500 // max(len(text), 100) // (rule_count // 500 + 1 if cold else 1))
    return paired(
        lambda: cpu_microseconds(ours, times), lambda: cpu_microseconds(lambda: floor(text), 2 * times), rounds=rounds
    )


def _against_itself(name: str, more: Callable[[], object], less: Callable[[], object], rounds: int, aim: str) -> Line:
    found = paired(lambda: cpu_microseconds(more, 20), lambda: cpu_microseconds(less, 60), rounds=rounds)
    return line(name, found, "us", against="the same check with less", aim=aim)


def memory_of_guides(guides: int, rules: int = 30) -> Line:
    """Bytes that so many compiled guides take once each has checked a reply, against their rules written as JSON."""
    everything = [our_rules(rules, "en", seed) for seed in range(guides)]
    written = sum(len(json.dumps(rules_to_data(one)).encode()) for one in everything)
    text, context = REPLIES["en"].of(500), _context("en")
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    in_use = []
    for one in everything:
        compiled = compile_rules(one)
        for platform, kind in product(("facebook", "google_business"), ("comment", "review")):
            check_text(compiled, text, CheckContext(platform, kind, "en", customer_name=context.customer_name))
        in_use.append(compiled)
    gc.collect()
    taken = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return {
        "name": f"memory of compiled guides in use, {rules} rules each, per thousand guides",
        "ours": round(taken / len(in_use) * 1_000 / 2**20, 1),
        "floor": round(written / len(in_use) * 1_000 / 2**20, 1),
        "unit": "MiB",
        "ratio": round(taken / written, 2),
        "against": "their rules as JSON text",
        "aim": "",
    }


def run(size: str = "small") -> list[Line]:
    """Lines of `make bench`. `size` is `tiny` (a try), `small` or `full` (more rounds)."""
    if size == "tiny":
        return [
            line("style check, 30 rules, 500 characters, en, warm", measure(30, rounds=1), "us", against=FLOOR),
            memory_of_guides(3),
        ]
    rounds = 7 if size == "small" else 21
    lines = []
    for rule_count, characters, language in product(RULES, CHARACTERS, REPLIES):
        aim = "<= 4" if (rule_count, characters) == (200, 500) else ""
        found = measure(rule_count, characters, language, rounds=rounds)
        lines.append(
            line(
                f"style check, {rule_count:,} rules, {characters:,} characters, {language}, warm",
                found,
                "us",
                against=FLOOR,
                aim=aim,
            )
        )
    for rule_count in RULES:
        found = measure(rule_count, cold=True, rounds=rounds)
        lines.append(line(f"style check, {rule_count:,} rules, 500 characters, en, cold", found, "us", against=FLOOR))
    for language in REPLIES:
        short, long = (REPLIES[language].of(characters) for characters in (400, 4_000))
        many, few, ten = (
            _ours(rules, language, text, cold=False) for rules, text in ((2_000, short), (200, short), (200, long))
        )
        lines.append(_against_itself(f"2,000 rules to 200, {language}", many, few, rounds, "<= 2"))
        lines.append(_against_itself(f"4,000 characters to 400, {language}", ten, few, rounds, "<= 11"))
    lines.append(memory_of_guides(200 if size == "small" else 1_000))
    return lines


if __name__ == "__main__":
    for line in run():
        print(line)
