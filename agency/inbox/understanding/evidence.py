"""By what a text is told to be in a language, and where personal data stands in it. Worked out to be shown. Pure."""

from __future__ import annotations

from typing import Final

from agency.inbox.languages import LITTLE_WORDS
from agency.inbox.understanding.lexicon import LANGUAGES, table_of
from agency.inbox.understanding.reading import LONGEST_READ, MOST_WORDS, cut
from styleguides.masking import MASK, masked
from styleguides.personal_data import personal_data

_SPANISH: Final = (
    "el la los las una es está están estoy muy pero porque por para con del al que qué cuándo cuando cómo dónde hay y "
    "ya me mi su sus lo les nos usted ustedes hola gracias"
)
_LITTLE: Final[dict[str, frozenset[str]]] = {
    **{code: frozenset(words.split()) for code, words in LITTLE_WORDS.items()},
    "es": frozenset(_SPANISH.split()),
}
_LETTERS: Final = {"pl": "ąćęłńśźż", "pt": "ãõç", "es": "ñ¿¡"}
"""Letters that others of the four do without."""
_BEFORE: Final = 2
"""Words shown before what is masked, so that one finds the place."""


def language_words(text: str, language: str) -> tuple[str, ...]:
    """The words, as they stand there, by which a text is told to be in this language: its little words, else words with
    letters of its own, else words of our lists. Empty of other languages. Linear.
    """
    if language not in LANGUAGES:
        return ()
    tokens, keys = cut(text)
    little, letters, table = _LITTLE[language], _LETTERS.get(language, ""), table_of(language)
    pairs = list(zip(tokens, keys, strict=False))
    for tells in (
        lambda key: key in little,
        lambda key: any(letter in key for letter in letters),
        lambda key: key.isalpha() and table[key] is not None,
    ):
        found = {key: token for token, key in reversed(pairs) if tells(key)}
        if found:
            return tuple(reversed(found.values()))[:MOST_WORDS]
    return ()


def personal_places(text: str) -> tuple[str, ...]:
    """Where personal data stands: the words before each stretch, and the mask in its place."""
    text = text[:LONGEST_READ]
    places = []
    at = 0
    for one in personal_data(text)[:MOST_WORDS]:
        before = masked(text[at : one.start]).split()[-_BEFORE:]
        places.append(" ".join((*before, MASK)))
        at = one.end
    return tuple(places)
