"""What stands beside the composer, over 5,000 entries: scenarios that fit a case, as saved replies are picked, too.

Method: the words of entries and of cases are those of the demo's customers, in three languages; half of the entries
name conditions beside their words. The floor is the same question to 50 of these entries: what it costs to have more.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import agency.demo
from benchmarks.rounds import LEAST_ROUNDS, Line, WrongAnswer, count, line, paired
from benchmarks.scratch import Scratch
from styleguides.scenarios import CASE_KINDS, KINDS, PLATFORMS, CaseFacts, Scenario, Scenarios
from styleguides.tokens import WORD

CORPUS = Path(agency.demo.__file__).parent / "data" / "scenario.jsonl"
FEW, MOST = 50, 5_000
SHOWN = 3


def _cases() -> list[CaseFacts]:
    chance = random.Random(5)
    with CORPUS.open(encoding="utf-8") as lines:
        texts = [text for row in lines if len(text := str(json.loads(row).get("text") or "")) > 80]
    return [
        CaseFacts(
            words=text,
            language=chance.choice(("en", "pl", "pt")),
            stars=chance.choice((None, 1, 2, 3, 4, 5)),
            case_kinds=frozenset(chance.sample(CASE_KINDS, chance.randint(0, 2))),
            kind=chance.choice(KINDS),
            platform=chance.choice(PLATFORMS),
        )
        for text in texts
    ]


def _entries(cases: list[CaseFacts], many: int) -> list[Scenario]:
    chance = random.Random(7)
    said = sorted({word.lower() for case in cases for word in WORD.findall(case.words) if len(word) > 4})
    return [
        Scenario(
            id=UUID(int=number),
            title=" ".join(chance.sample(said, 3)),
            words=tuple(" ".join(chance.sample(said, chance.choice((1, 1, 1, 2)))) for _ in range(5)),
            case_kinds=(chance.choice(CASE_KINDS),) if number % 2 else (),
            platforms=(chance.choice(PLATFORMS),) if number % 4 == 1 else (),
            max_stars=3 if number % 4 == 3 else None,
        )
        for number in range(1, many + 1)
    ]


def suggestions(_scratch: Scratch, size: str) -> Iterator[Line]:
    """Lines of the benchmark `suggestions`."""
    cases = _cases()
    asked = cases[:20] if size == "tiny" else cases
    entries = _entries(cases, MOST)
    started = time.perf_counter()
    all_of_them = Scenarios(entries)
    for language in ("en", "pl", "pt"):
        all_of_them.pick(CaseFacts("", language))
    ready_ms = (time.perf_counter() - started) * 1000
    few = Scenarios(entries[:FEW])
    for scenarios in (all_of_them, few):
        for case in asked:  # stems of the cases' words are kept from here on
            scenarios.pick(case, SHOWN)
    if not any(all_of_them.pick(case, SHOWN) for case in asked):
        raise WrongAnswer("no scenario fits any case")

    def turn(scenarios: Scenarios) -> float:
        begun = time.perf_counter()
        for case in asked:
            scenarios.pick(case, SHOWN)
        return (time.perf_counter() - begun) * 1000 / len(asked)

    rounds = LEAST_ROUNDS if size == "tiny" else 3 * LEAST_ROUNDS
    pairing = paired(lambda: turn(all_of_them), lambda: turn(few), rounds=rounds)
    yield line("three scenarios out of 5,000 for a case", pairing, "ms", against="out of 50", cases=len(asked))
    yield count("5,000 scenarios made ready in three languages", round(ready_ms, 1), "ms")
