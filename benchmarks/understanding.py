"""Reading what a text says of itself, against one pass over it: its words cut and looked up in one dictionary.

The texts are invented, of 40, 200 and 600 characters in four languages; warm, as in a process at work.
"""

from __future__ import annotations

import re
import time
import tracemalloc
from collections.abc import Callable, Sequence
from functools import partial
from itertools import cycle, islice
from typing import Final

from agency.inbox.understanding.lexicon import LANGUAGES, table_of
from agency.inbox.understanding.reading import read
from benchmarks import understanding_data as data
from benchmarks.rounds import Line, WrongAnswer, count, line, paired
from benchmarks.scratch import Scratch

CHARACTERS: Final = (40, 200, 600)
TIMES: Final = {"tiny": 20, "small": 400, "full": 2_000}
ROUNDS: Final = {"tiny": 2, "small": 9, "full": 11}
_WORDS: Final = re.compile(r"\w+")
_KNOWN: Final = dict.fromkeys(("refund", "zwrot", "reembolso"), 1)


def understanding(_scratch: Scratch, size: str) -> list[Line]:
    """Microseconds of the processor a text; memory of all four languages."""
    tracemalloc.start()
    table_of.cache_clear()
    before = tracemalloc.get_traced_memory()[0]
    for language in LANGUAGES:
        table_of(language)
    held = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    lines = [count("word lists and weights of four languages", round(held / 1e6, 1), "MB", aim="<= 16")]
    for characters in CHARACTERS:
        texts = [(text, language) for language in LANGUAGES for text in _texts(language, characters)]
        if read("I want a refund", "en").act.label != "complaint":
            raise WrongAnswer("a refund is no complaint any more")
        pairing = paired(
            partial(_microseconds, read, texts, TIMES[size]),
            partial(_microseconds, _looked_up, texts, TIMES[size]),
            rounds=ROUNDS[size],
        )
        against = "its words cut and looked up in one dictionary"
        lines.append(line(f"reading {characters} characters", pairing, "us", against=against))
    return lines


def _looked_up(text: str, _language: str) -> list[int | None]:
    return [_KNOWN.get(word) for word in _WORDS.findall(text.lower())]


def _texts(language: str, characters: int, several: int = 8) -> list[str]:
    """Texts of this length, made of the invented ones."""
    rows = cycle(row.text for row in data.hand_made(language))
    return [" ".join(islice(rows, 1 + characters // 40))[:characters].ljust(characters, ".") for _ in range(several)]


def _microseconds(call: Callable[[str, str], object], texts: Sequence[tuple[str, str]], times: int) -> float:
    started = time.process_time()
    for text, language in islice(cycle(texts), times):
        call(text, language)
    return 1e6 * (time.process_time() - started) / times
