"""Entries ranked by the words of a text: saved replies and whatever else fits a case by what the customer wrote.

Words are compared by stem in the text's language, so `refunds` finds `refund`. A rare word says more than a common one
(inverse document frequency as in BM25); words that stand in more than a third of many entries say nothing. Pure. Asking
costs the entries that share a word with the text, not all of them.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Generic, NamedTuple, TypeVar

from styleguides.language import FALLBACK_LANGUAGE, SUPPORTED_LANGUAGES, base_language, plain, stems
from styleguides.tokens import specials, word_spans

Key = TypeVar("Key")

MOST_WORDS_ASKED: Final = 150
_MANY: Final = 30
"""From so many entries on a word that a third of them share is left out."""
_AS_IF: Final = 50
_FEWEST_LETTERS: Final = 3

_COMMON: Final = {
    "en": "the and for that this with you your yours are was were have has had not but from they them their our "
    "ours we she her his him its it's i'm been will would could should can did does done there here what when "
    "where which who why how very just also than then too all any some more most please hello dear thank "
    "thanks about into out over one get got again still only after before because while day today",
    "pl": "nie się jest był była było były dla jak czy ale tak też już tylko bardzo ten tego tej temu tym przez "
    "przy po od do na za pod nad bez oraz lub albo co kto kiedy gdzie dlaczego który która które ich jego jej "
    "nam nas wam was mnie mi mój moja moje pan pani państwo dzień dobry proszę dziękuję dzięki jeszcze znowu "
    "dziś być jestem są",
    "pt": "não que para com uma por mais como mas foi são está estou ele ela eles elas seu sua seus suas meu minha "
    "vocês você nós nos dos das pelo pela muito também já só ainda quando onde porque qual quem isso isto "
    "esse essa este esta olá bom boa dia obrigado obrigada tem ter ser sem até hoje",
    "es": "que para con una por más como pero fue son está estoy ella ellos ellas sus mis nuestro nuestra usted "
    "ustedes nos los las del muy también sólo solo aún cuando donde porque cual quien eso esto ese esa este "
    "esta hola buenos buenas días gracias tiene tener ser sin hasta hoy",
}


class Part(NamedTuple):
    """Words of an entry, how much they say, and their language; None where they may be in any."""

    weight: float
    text: str
    language: str | None = None


class Entry(NamedTuple, Generic[Key]):
    """What can be found, and by which words."""

    key: Key
    parts: Sequence[Part]


class Ranked(NamedTuple, Generic[Key]):
    """An entry that shares words with the text; `words` are those words as they stand there, in order.

    A word that no other entry has adds its part's weight to `score`, a common one less.
    """

    key: Key
    score: float
    words: tuple[str, ...]


class WordIndex(Generic[Key]):
    """Entries made ready. What a language needs is built when it is first asked for; threads may share it."""

    def __init__(self, entries: Iterable[Entry[Key]]) -> None:
        self._entries = tuple(entries)
        self._lock = threading.Lock()
        self._postings: dict[str, dict[str, list[tuple[int, float]]]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def rank(self, text: str, language: str | None, limit: int = 20) -> list[Ranked[Key]]:
        """The best entries for a text, best first; equal ones in their given order. None shares no word with it."""
        code = _known(language)
        postings = self._postings.get(code) or self._build(code)
        count = len(self._entries)
        most = count if count < _MANY else count // 3
        scores: dict[int, float] = {}
        words: dict[int, list[str]] = {}
        for stem, written in _asked(text, code):
            found = postings.get(stem)
            if found is None or len(found) > most:
                continue
            says = _rarity(len(found), count) / _rarity(1, count)
            for place, weight in found:
                scores[place] = scores.get(place, 0.0) + weight * says
                words.setdefault(place, []).append(written)
        best = sorted(scores, key=lambda place: (-scores[place], place))[:limit]
        return [Ranked(self._entries[place].key, scores[place], tuple(words[place])) for place in best]

    def _build(self, code: str) -> dict[str, list[tuple[int, float]]]:
        postings: dict[str, list[tuple[int, float]]] = {}
        for place, entry in enumerate(self._entries):
            weights: dict[str, float] = {}
            for part in entry.parts:
                if part.language is not None and _known(part.language) != code:
                    continue
                for stem, _written in _stems(part.text, code):
                    if weights.get(stem, 0.0) < part.weight:
                        weights[stem] = part.weight
            for stem, weight in weights.items():
                postings.setdefault(stem, []).append((place, weight))
        with self._lock:
            return self._postings.setdefault(code, postings)


def _rarity(entries: int, of: int) -> float:
    """By how many of all entries have the word; of few as if they were fifty, so that one alone is found at all."""
    return math.log(1 + (max(of, _AS_IF) - entries + 0.5) / (entries + 0.5))


def _known(language: str | None) -> str:
    code = base_language(language)
    return code if code in SUPPORTED_LANGUAGES else "und" if code else FALLBACK_LANGUAGE


def _asked(text: str, code: str) -> Iterator[tuple[str, str]]:
    """Each stem once, as it is written first."""
    seen: set[str] = set()
    for stem, written in _stems(text, code):
        if stem not in seen:
            seen.add(stem)
            yield stem, written
            if len(seen) == MOST_WORDS_ASKED:
                return


def _stems(text: str, code: str) -> Iterator[tuple[str, str]]:
    cache, common = stems(code), _COMMON_WORDS.get(code, frozenset())
    for start, end in word_spans(text, specials(text)):
        written = text[start:end]
        bare = plain(written)
        if len(bare) >= _FEWEST_LETTERS and bare not in common and not bare.isdigit():
            yield cache[written], written


_COMMON_WORDS: Final = {code: frozenset(words.split()) for code, words in _COMMON.items()}
