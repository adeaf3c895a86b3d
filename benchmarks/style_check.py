"""Style check of one reply: our `check_text` against a google-re2 set of as many patterns with the spans of its hits.

Method: language given, rules compiled. Warm: stems cached, as while somebody types. Cold: an empty stem cache and a
guide compiled anew for every check. Ours and the floor alternate within each round; a figure is the median over rounds.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from styleguides.check import CheckContext, check_text, compile_rules
from styleguides.language import stems
from styleguides.rules import Rule, rules_from_data

REPLY: Final = (
    "Hi Maria, thank you for writing to us about the card that never came. We are sorry that you have waited for two "
    "weeks and had to ask twice; that is completely our doing. A new card went out this morning by tracked post and "
    "should be with you by Thursday. If it is not, send us a private message with your postcode and we will look into "
    "it at once. We have also put back the fee for the late payment as a full refund. Thanks again for telling us, the "
    "Pennywell team!! Have a good week."
)
"""A reply of about 500 characters with three hits: `completely`, `full refund` and the second exclamation mark."""

_CONTEXT: Final = CheckContext("facebook", "comment", "en", customer_name="Maria Silva", brand_language="en")
_SYLLABLES: Final = ("ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "zo")


def _words(count: int) -> list[str]:
    chance = random.Random(12)
    words: set[str] = set()
    while len(words) < count:
        words.add("".join(chance.choice(_SYLLABLES) for _ in range(chance.randint(2, 4))))
    return sorted(words)


def _our_rules(count: int) -> tuple[Rule, ...]:
    data: list[dict[str, Any]] = [
        {"kind": "exclamation", "id": "calm", "max_count": 1},
        {"kind": "banned", "id": "completely", "phrases": ["completely"], "reason": "An empty word."},
        {"kind": "preferred", "id": "refund", "use": "refund", "instead_of": ["full refund"]},
        {"kind": "emoji", "id": "emoji", "max_count": 1},
        {"kind": "sentence_length", "id": "sentences", "max_words": 40},
        {"kind": "capitals", "id": "capitals"},
        {"kind": "links", "id": "links", "max_count": 1},
        {"kind": "greeting", "id": "greeting", "any_of": ["Hi", "Hello"], "name": "required"},
        {"kind": "required", "id": "thanks", "any_of": ["thank you", "thanks"]},
        {"kind": "length", "id": "length", "max_characters": 900, "max_reading_seconds": 90},
    ]
    for place, word in enumerate(_words(count - len(data))):
        phrases = [[word], [f"{word} of"], [word], [f"very {word}", f"really {word}"]][place % 4]
        data.append({"kind": "banned", "id": f"word-{place}", "phrases": phrases, "reason": "Not our voice."})
    return rules_from_data(data)


def _patterns(count: int) -> list[str]:
    shaped = [r"!{2,}", r"\bcompletely\b", r"\bfull\s+refund\b"]
    for place, word in enumerate(_words(count - len(shaped))):
        shaped.append(
            [rf"\b{word}\b", rf"\b{word}\s+of\b", rf"\b{word}(?:s|ed|ing)?\b", rf"\b(?:very|really)\s+{word}\b"][
                place % 4
            ]
        )
    return shaped


def _floor(count: int) -> Callable[[], Sequence[object]]:
    import re2

    options = re2.Options()
    options.case_sensitive = False
    patterns = _patterns(count)
    together = re2.Set.SearchSet(options)
    for pattern in patterns:
        together.Add(pattern)
    together.Compile()
    alone = [re2.compile(pattern, options) for pattern in patterns]
    return lambda: [(hit, match.span()) for hit in together.Match(REPLY) for match in alone[hit].finditer(REPLY)]


def _microseconds(call: Callable[[], object], times: int) -> float:
    started = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - started) / times * 1e6


def measure(rule_count: int, *, cold: bool = False, rounds: int = 9) -> tuple[float, float]:
    """Median microseconds of one check: ours, the floor. `rule_count` rules against as many patterns."""
    rules = _our_rules(rule_count)
    compiled = compile_rules(rules)
    floor = _floor(rule_count)

    def warm_check() -> object:
        return check_text(compiled, REPLY, _CONTEXT)

    def cold_check() -> object:
        stems("en").clear()
        return check_text(compile_rules(rules), REPLY, _CONTEXT)

    ours = cold_check if cold else warm_check
    found = [finding.rule for finding in check_text(compiled, REPLY, _CONTEXT)]
    if sorted(found) != ["calm", "completely", "refund"] or len(floor()) != 3:
        raise RuntimeError(f"the benchmark no longer measures what it says: {found}, {floor()}")
    times = 5 if cold else 200
    ours()
    pairs = [(_microseconds(ours, times), _microseconds(floor, 500)) for _ in range(rounds)]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def run(size: str = "small") -> list[dict[str, Any]]:
    """Lines of `make bench`: name, ours, floor, unit, ratio. `size` is `small` or `full` (more rounds)."""
    lines = []
    for cold in (False, True):
        for rule_count in (30, 200):
            ours, floor = measure(rule_count, cold=cold, rounds=7 if size == "small" else 21)
            lines.append(
                {
                    "name": f"style check, {rule_count} rules, {len(REPLY)} characters, {'cold' if cold else 'warm'}",
                    "ours": round(ours, 1),
                    "floor": round(floor, 1),
                    "unit": "us",
                    "ratio": round(ours / floor, 2),
                    "against": "a google-re2 set of as many patterns with the spans of its hits",
                    "aim": "<= 8" if rule_count == 200 and not cold else "",
                }
            )
    return lines


if __name__ == "__main__":
    for line in run():
        print(line)
