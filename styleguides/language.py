"""Languages: which one a text is in, and the stems, abbreviations and messages of those we know.

What differs between languages is data (`languages/*.toml`); adding one is a file and its tests. Nothing heavy is loaded
when this module is imported: the language model (0.65 s) is read when the first text has to be recognised.
"""

from __future__ import annotations

import re
import threading
import tomllib
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Any

import snowballstemmer

from styleguides.remembered import Remembered
from styleguides.tokens import HIDDEN_IN_WORDS, running_words, sure_sentence_end

SUPPORTED_LANGUAGES = ("en", "es", "pl", "pt")
"""Languages with stems and explanations. A text in another one is checked by whole words."""

FALLBACK_LANGUAGE = "en"

_TOLD_APART = "ar bg ca cs da de el en es et fi fr gl he hr hu it ja ko lt lv nb nl no pl pt ro ru sk sl sr sv tr uk zh"
"""What a text is recognised among: with only our own languages on offer, German would come out as confident English."""

_SURE_ENOUGH = 0.5
"""Least normalised probability. On 6,000 subtitle lines in en, pl, pt, es (median 20 characters): at most 1.1 % wrong;
below it 7 to 23 % are left unknown. At 0.7 the unknown ones double and the wrong ones are at most 0.3 %."""

_FEWEST_LETTERS = 8
_LONGEST_SAMPLE = 2_000
_LONGEST_STEMMED = 40
_MOST_CACHED_STEMS = 20_000
_MOST_RECOGNISED = 128
"""Texts whose language is kept: a reply is checked, and read for promises once it stands. Some fifty are sent together.
"""


@dataclass(frozen=True, slots=True)
class LanguageData:
    """One language file. `same_word` maps a listed form to the key its whole group shares."""

    code: str
    name: str
    stemmer: str | None
    names_inflect: bool
    abbreviations: frozenset[str]
    late_abbreviations: frozenset[str]
    endings: tuple[tuple[str, str], ...]
    same_word: Mapping[str, str]
    messages: Mapping[str, str]
    sure_end: re.Pattern[str]
    _sections: Mapping[str, Any]

    def section(self, name: str) -> Mapping[str, Any]:
        """A table of the language file; empty where it has none."""
        found: Mapping[str, Any] = self._sections.get(name, {})
        return found

    def listed(self, name: str) -> Sequence[Mapping[str, Any]]:
        """The tables of one name, in the file's order."""
        found: Sequence[Mapping[str, Any]] = self._sections.get(name, ())
        return found


class StemCache(dict[str, str]):
    """Word as written -> key under which all its forms are found. Bounded; safe to share between threads."""

    def __init__(self, data: LanguageData) -> None:
        super().__init__()
        self._data = data
        self._lock = threading.Lock()  # snowball stemmers keep the word they work on in themselves
        self._stem: Callable[[str], str] | None = (
            snowballstemmer.stemmer(data.stemmer).stemWord if data.stemmer else None
        )

    def __missing__(self, word: str) -> str:
        if len(word) > _LONGEST_STEMMED:
            return plain(word)
        key = self._key(plain(word))
        if len(self) >= _MOST_CACHED_STEMS:
            self.clear()
        self[word] = key
        return key

    def _key(self, word: str) -> str:
        listed = self._data.same_word.get(word)
        if listed is not None:
            return listed
        if self._stem is None:
            return word
        for ending, instead in self._data.endings:
            if word.endswith(ending) and len(word) > len(ending):
                word = word[: -len(ending)] + instead
                break
        with self._lock:
            return self._stem(word)


def plain(word: str) -> str:
    """The word in small letters, without marks nobody sees, with straight apostrophes, normalised."""
    if not word.isascii():
        word = unicodedata.normalize("NFC", word.translate(HIDDEN_IN_WORDS).casefold()).replace("’", "'")
        return word.strip("_")
    return word.lower().strip("_")


plain_of = Remembered(plain).__getitem__
"""`plain` that remembers."""


@cache
def _read(code: str) -> LanguageData:
    raw: dict[str, Any] = tomllib.loads(
        resources.files("styleguides.languages").joinpath(f"{code}.toml").read_text(encoding="utf-8")
    )
    same_word: dict[str, str] = {}
    for group in raw["same_word"]:
        forms = group.split()
        same_word.update({plain(form): f"={forms[0]}" for form in forms})
    return LanguageData(
        code=raw["code"],
        name=raw["name"],
        stemmer=raw["stemmer"],
        names_inflect=raw["names_inflect"],
        abbreviations=frozenset(raw["abbreviations"]),
        late_abbreviations=frozenset(raw["late_abbreviations"]),
        endings=tuple((ending, instead) for ending, instead in raw["endings"]),
        same_word=same_word,
        messages=raw["messages"],
        sure_end=sure_sentence_end((*raw["abbreviations"], *raw["late_abbreviations"])),
        _sections={name: value for name, value in raw.items() if isinstance(value, (dict, list))},
    )


_UNKNOWN = LanguageData("und", "unknown", None, False, frozenset(), frozenset(), (), {}, {}, sure_sentence_end(()), {})


def language_data(code: str | None) -> LanguageData:
    """What we know of a language; for one we do not know, an empty entry (whole words, no messages)."""
    return _read(code) if code in SUPPORTED_LANGUAGES else _UNKNOWN


@cache
def _stems_of(code: str) -> StemCache:
    return StemCache(language_data(code))


def stems(code: str | None) -> StemCache:
    """The shared stem cache of a language."""
    return _stems_of(code if code is not None and code in SUPPORTED_LANGUAGES else "und")


@cache
def sure_ends(code: str) -> Callable[[str], tuple[int, ...]]:
    """Of a piece of a text before a space: where in it a sentence certainly ends. No abbreviation holds a space."""
    ends = language_data(code).sure_end
    return Remembered(lambda piece: tuple(match.start() for match in ends.finditer(f"{piece} "))).__getitem__


@lru_cache(1_000)
def base_language(code: str | None) -> str | None:
    """`pt-BR` and `pt_PT` are `pt`; empty and `und` are None."""
    if not code:
        return None
    base = code.replace("_", "-").split("-", 1)[0].lower()
    return None if base in ("", "und") else base


_model_lock = threading.Lock()
_model: list[Any] = []


def _recogniser() -> Any:
    with _model_lock:
        if not _model:
            from py3langid import langid  # 0.1 s to import and 0.6 s to load, so only here

            recogniser = langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)
            recogniser.set_languages([code for code in _TOLD_APART.split() if code in recogniser.labels])
            _model.append(recogniser)
        return _model[0]


def detect_language(text: str) -> str | None:
    """The language of a text as an ISO 639-1 code, or None where it is too short or too mixed to say.

    Links, handles, hashtags and emoji say nothing about the language and are left out; only the first 2,000 characters
    are looked at. Also names languages that `SUPPORTED_LANGUAGES` lacks.
    """
    sample = running_words(text[:_LONGEST_SAMPLE])
    if len(sample) < _FEWEST_LETTERS:
        return None
    return _recognised(sample.lower() if sample.isupper() else sample)


@lru_cache(_MOST_RECOGNISED)
def _recognised(sample: str) -> str | None:
    code, confidence = _recogniser().classify(sample)
    if confidence < _SURE_ENOUGH:
        return None
    return "no" if code == "nb" else str(code)
