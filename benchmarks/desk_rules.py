"""Rules of the desk: a customer's text asked of a book of 10, 100 and 1,000 rules, against cutting the text alone.

Method: four languages, about 200 characters; three rules fit, whatever the number. The floor cuts the text into words,
stems each and looks it up in one dictionary: what any way of finding words by their forms does at least. Ours says all
rules that hold, in their order, and where their words stand. Both take turns.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from typing import Final

from agency.inbox.triage.matching import Facts, Rule, Rulebook
from agency.inbox.triage.terms import ACTS, PLATFORMS, SENTIMENTS, Conditions, Effects, Phrase, Terms
from benchmarks.rounds import Line, Pairing, WrongAnswer, paired
from benchmarks.scratch import Scratch
from benchmarks.style_check import invented_words
from benchmarks.style_replies import REPLIES
from styleguides.language import stems
from styleguides.tokens import WORD, Normalised
from tenants.database import new_id

COUNTS: Final = (10, 100, 1_000)
CHARACTERS: Final = 200
FITTING: Final = 3
FLOOR: Final = "cutting the text into words, stemming and looking up each"


def book_of(count: int, language: str) -> Rulebook:
    """So many rules, of which FITTING fit the text of this language; the others ask all sorts of things."""
    chance, words = random.Random(count), invented_words(count * 3)
    rules = []
    for number in range(count):
        fits = number % (count // FITTING) == 0 and number // (count // FITTING) < FITTING
        said = REPLIES[language].word if fits else words[3 * number]
        conditions = Conditions(
            words=(Phrase("", said), Phrase(language, f"{words[3 * number + 1]} {words[3 * number + 2]}")),
            platforms=("facebook",) if fits else tuple(chance.sample(PLATFORMS, chance.randint(0, 2))),
            sentiments=() if fits else tuple(chance.sample(SENTIMENTS, chance.randint(0, 2))),
            acts=() if fits else tuple(chance.sample(ACTS, chance.randint(0, 2))),
            weekdays=() if fits else tuple(sorted(chance.sample(range(1, 8), chance.randint(0, 5)))),
        )
        rules.append(Rule(new_id(), 1, f"Rule {number}", Terms(conditions, Effects(points=1))))
    return Rulebook(rules)


def _facts(language: str) -> Facts:
    text = REPLIES[language].of(CHARACTERS)
    return Facts(text, "facebook", "comment", language, sentiment="negative", act="complaint", minute=600)


def _ours(count: int, language: str) -> Callable[[], object]:
    book, facts = book_of(count, language), _facts(language)
    if len(book.hits(facts)) != FITTING:
        raise WrongAnswer(f"{len(book.hits(facts))} of {count} rules fit in {language}")
    return lambda: book.hits(facts)


def _floor(language: str) -> Callable[[], object]:
    cache, text = stems(language), _facts(language).text
    known = {cache[word]: word for word in invented_words(1_000)}
    return lambda: [known.get(cache[word]) for word in WORD.findall(Normalised(text).text)]


def _microseconds(call: Callable[[], object], times: int) -> float:
    """Of this process's CPU: nothing here waits, and what else the machine does shall not count."""
    started = time.process_time()
    for _ in range(times):
        call()
    return (time.process_time() - started) / times * 1e6


def _line(name: str, found: Pairing, against: str, aim: str = "") -> Line:
    return {
        "name": name,
        "ours": round(found.ours, 1),
        "floor": round(found.floor, 1),
        "unit": "us",
        "ratio": round(found.ratio, 2),
        "low": round(found.low, 2),
        "high": round(found.high, 2),
        "against": against,
        "aim": aim,
    }


def _compared(more: Callable[[], object], less: Callable[[], object], rounds: int, times: int) -> Pairing:
    return paired(lambda: _microseconds(more, times), lambda: _microseconds(less, times), rounds=rounds)


def rules(_scratch: Scratch | None, size: str) -> Iterable[Line]:
    """Lines of `make bench`."""
    rounds, times = {"tiny": (1, 20), "small": (9, 400)}.get(size, (21, 400))
    for language in ("en",) if size == "tiny" else tuple(REPLIES):
        ours, floor = {count: _ours(count, language) for count in COUNTS}, _floor(language)
        for count in COUNTS:
            found = _compared(ours[count], floor, rounds, times)
            rate = round(count / found.ours * 1e6, -3)
            yield _line(f"rules, {count:,} on a text in {language}, {rate:,.0f} a second", found, FLOOR)
        grown = _compared(ours[1_000], ours[10], rounds, times)
        yield _line(f"rules, 1,000 to 10 in {language}", grown, "the same text and 10 rules", "<= 2")
