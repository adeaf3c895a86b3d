"""Rules of the desk: a customer's text asked of a book of 10, 100 and 1,000 rules, against cutting the text alone.

Method: four languages, about 200 characters; three rules fit, whatever the number. The floor cuts the text into words,
stems each and looks it up in one dictionary: what any way of finding words by their forms does at least. Ours says all
rules that hold, in their order, and where their words stand. Both take turns.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from typing import Final

from agency.inbox.triage.matching import Facts, Rule, Rulebook
from agency.inbox.triage.terms import ACTS, PLATFORMS, SENTIMENTS, Conditions, Effects, Phrase, Terms
from benchmarks.rounds import Line, Pairing, WrongAnswer, cpu_microseconds, line, paired
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


def _compared(more: Callable[[], object], less: Callable[[], object], rounds: int, times: int) -> Pairing:
    return paired(lambda: cpu_microseconds(more, times), lambda: cpu_microseconds(less, times), rounds=rounds)


def rules(_scratch: Scratch | None, size: str) -> Iterable[Line]:
    """Lines of `make bench`."""
    rounds, times = {"tiny": (1, 20), "small": (9, 400)}.get(size, (21, 400))
    for language in ("en",) if size == "tiny" else tuple(REPLIES):
        ours, floor = {count: _ours(count, language) for count in COUNTS}, _floor(language)
        for count in COUNTS:
            found = _compared(ours[count], floor, rounds, times)
            rate = round(count / found.ours * 1e6, -3)
            yield line(f"rules, {count:,} on a text in {language}, {rate:,.0f} a second", found, "us", against=FLOOR)
        grown = _compared(ours[1_000], ours[10], rounds, times)
        yield line(f"rules, 1,000 to 10 in {language}", grown, "us", against="the same text and 10 rules", aim="<= 2")
