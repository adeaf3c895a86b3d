"""What is searched for, word by word: how a text is cut into keys, and how what somebody typed is read. Pure.

A word counts by its stem in its text's language, and its accents do not count. Whoever searches gives no language, so
what is typed is looked for by its stem in every language we know; a word typed without its accents, or written so, is
found, too. The last word typed also finds words that begin with it, unless it stands in quotes. Texts without spaces
between words are cut into pairs of characters, and an emoji is a word, whatever its skin. What a list hides behind dots
is one key, whole: it is found by whoever types all of it, and no part of it finds anything.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple
from uuid import UUID

from styleguides.language import SUPPORTED_LANGUAGES, base_language, plain, stems
from styleguides.masking import MASK, masked
from styleguides.personal_data import personal_data
from styleguides.tokens import WORD, emoji_spans

LONGEST_SEARCH: Final = 200
"""Characters of what is typed that are read; the rest is cut."""
LONGEST_READ: Final = 8_000
"""Characters of a message or note whose words are kept: as long as the longest comment a platform takes."""
MOST_TERMS: Final = 12
NOTE: Final = "~"
"""Before a word of a note: who may not read notes does not look there."""
WHOLE: Final = "#"
"""Before an id or the address of a post, which is found as a whole."""
HIDDEN: Final = "*"
"""Before what a list hides behind dots."""
NUMBER_DIGITS: Final = 9
"""Of a phone number so many last digits are looked for: it may have been written without its country."""
FEWEST_TYPED: Final = 2
"""Letters a word has before words are shown that begin with it; behind another word one letter does."""

EVERYWHERE: Final = {
    "en": "a an and are as at be but by for from had has have he her his i if in is it its me my not of on or our she "
    "so that the their them they this to us was we were will with you your",
    "es": "a al con de del el ella en es esta este la las le lo los me mi no nos o para pero por que se si su sus un "
    "una y yo",
    "pl": "a ale bo by co czy dla do i ich jak jest już go ja ma mam mi mnie na nie o od po się są ta tak te to u w we "
    "z za ze że",
    "pt": "a ao as com da das de do dos e ela ele em é essa esse esta este eu foi me meu minha na no nos não o os ou "
    "para por que se seu sua um uma",
}
"""By language, words that are in every second text and tell nothing: of its texts they are not kept, which saves a
third of the rows. Typed, they count only where nothing else is."""

_ENDINGS: Final = {
    "pt": (("coes", "ções"), ("cao", "ção"), ("oes", "ões"), ("ao", "ão"), ("aes", "ães")),
    "es": (("cion", "ción"),),
}
"""Endings that stem only with their accents, as they are typed without."""

_LONGEST_KEY: Final = 40
_LONGEST_WHOLE: Final = 24
_PASSES: Final = 4
_FOLDED = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i", "ð": "d", "þ": "th", "ß": "ss"})
_ACCENTS = re.compile("[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670]")
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\uff66-\uff9f\U00020000-\U0003ffff]+"
)
_QUOTED = re.compile(r'"([^"]*)("|$)|“([^”]*)(”|$)|„([^”“]*)([”“]|$)|«([^»]*)(»|$)')
_NO_PICTURE = re.compile("[\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
_ADDRESS = re.compile(r"^(?:https?://|www\.)", re.IGNORECASE)
_SCHEME = re.compile(r"^(?:https?://)?(?:www\.|m\.)?", re.IGNORECASE)


class Word(NamedTuple):
    """A word and where it stands in the text given; any of `keys` stands for it."""

    start: int
    end: int
    keys: tuple[str, ...]


class Term(NamedTuple):
    """A word somebody looks for: found where one of `keys` is, or a key that begins with one of `beginnings`."""

    keys: tuple[str, ...]
    beginnings: tuple[str, ...] = ()

    def is_among(self, found: Iterable[str]) -> bool:
        """Whether one of these keys is what is looked for."""
        return any(key in self.keys or key.startswith(self.beginnings) for key in found)


class Search(NamedTuple):
    """What somebody looks for: every term, and each phrase as it stands. `whole` are keys that alone are enough."""

    terms: tuple[Term, ...]
    phrases: tuple[tuple[str, ...], ...]
    whole: tuple[str, ...]
    number: UUID | None
    """An id of ours."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing can be found by it: no word, no number."""
        return not self.terms and not self.whole and self.number is None


@lru_cache(50_000)
def folded(word: str) -> str:
    """The word in small letters, without accents and without marks nobody sees."""
    word = plain(word)
    if word.isascii():
        return word
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", word))
    return unicodedata.normalize("NFC", bare).translate(_FOLDED)


@lru_cache(50_000)
def _keys(word: str, code: str) -> tuple[str, ...]:
    """A word's keys in a language (`und` for none): its stem, and that of the word without accents where it differs."""
    stem = stems(code)
    known = folded(word)
    if len(word) > _LONGEST_KEY or any(map(str.isdigit, word)):
        return (_short(known),)
    found = [_short(folded(stem[word]).lstrip("="))]
    bare = next((known[: -len(end)] + full for end, full in _ENDINGS.get(code, ()) if known.endswith(end)), known)
    if bare != plain(word):
        found += [key for key in (_short(folded(stem[bare]).lstrip("=")),) if key not in found]
    return tuple(found)


def _short(key: str) -> str:
    """A key that fits: what is longer is its beginning and a hash of the whole."""
    if len(key) <= _LONGEST_KEY:
        return key
    return key[:_LONGEST_WHOLE] + hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=8).hexdigest()


def words(text: str, language: str | None) -> Iterable[Word]:
    """The words and emoji of a text that has nothing hidden in it any more, in order."""
    emoji = [Word(start, end, _emoji_keys(text[start:end])) for start, end in emoji_spans(text)]
    emoji = [one for one in emoji if one.keys]
    return sorted((*_spoken(text, language), *emoji)) if emoji else _spoken(text, language)


def _emoji_keys(written: str) -> tuple[str, ...]:
    """Of each picture of an emoji, without its skin; nothing of a key cap, which is a digit to whoever looks for it."""
    parts = (_NO_PICTURE.sub("", part) for part in written.split("\u200d"))
    return tuple(dict.fromkeys(part for part in parts if part and not part.isascii()))


def _spoken(text: str, language: str | None) -> Iterator[Word]:
    code = base_language(language)
    code = code if code in SUPPORTED_LANGUAGES else "und"
    for match in WORD.finditer(text):
        word, start = match.group(), match.start()
        if word.isascii() or _UNSPACED.search(word) is None:
            yield Word(start, match.end(), _keys(word, code))
            continue
        at = 0
        for run in _UNSPACED.finditer(word):
            if run.start() > at:
                yield Word(start + at, start + run.start(), _keys(word[at : run.start()], code))
            letters, begin = run.group(), start + run.start()
            for place in range(len(letters)):
                yield Word(begin + place, begin + min(place + 2, len(letters)), (folded(letters[place : place + 2]),))
            at = run.end()
        if at < len(word):
            yield Word(start + at, match.end(), _keys(word[at:], code))


def hidden(text: str) -> set[str]:
    """Keys of what a list hides of a text."""
    found: set[str] = set()
    for _ in range(_PASSES):
        if "@" not in text and not any(map(str.isdigit, text)):
            break
        here = personal_data(text)
        if not here:
            break
        parts: list[str] = []
        at = 0
        for one in here:
            found.add(_hidden_key(text[one.start : one.end]))
            parts += (text[at : one.start], MASK)
            at = one.end
        text = "".join((*parts, text[at:]))
    return found


def _hidden_key(written: str) -> str:
    bare = "".join(char for char in written.lower() if char.isalnum())
    return HIDDEN + _short(bare[-NUMBER_DIGITS:] if bare.isdigit() else bare)


def text_keys(text: str, language: str | None) -> set[str]:
    """All keys of a message or note. What is in every text of the language is left out."""
    text = text[:LONGEST_READ].replace("\x00", "")
    shown = masked(text)
    little = _little(base_language(language) or "")
    found = {
        key for word in words(shown, language) if plain(shown[word.start : word.end]) not in little for key in word.keys
    }
    return found if shown == text else found | hidden(text)


def name_keys(name: str | None) -> set[str]:
    """All keys of a person's name or handle: names have no language, and none of their words is left out."""
    return {key for word in words((name or "")[:LONGEST_SEARCH], None) for key in word.keys}


def whole_key(written: str) -> str:
    """The key of an id of a platform's, or of the address of a post; empty for an empty one."""
    bare = _SCHEME.sub("", written.strip()).split("#", 1)[0].rstrip("/").lower()
    if len(bare) > _LONGEST_WHOLE:
        bare = hashlib.blake2b(bare.encode("utf-8", "replace"), digest_size=8).hexdigest()
    return WHOLE + bare if bare else ""


@lru_cache(256)
def read_search(typed: str, *, notes: bool = False) -> Search:
    """What is looked for. `notes`: in notes, too. Never fails, whatever is typed."""
    typed = " ".join("".join(c if c.isprintable() else " " for c in typed[:LONGEST_SEARCH]).split())
    alone = typed if " " not in typed else ""
    number = None
    if alone:
        try:
            number = UUID(alone)
        except ValueError:
            number = None
    wholes = {whole_key(alone)} - {""} if alone else set()
    terms: list[Term] = [Term((key,)) for key in sorted(hidden(typed))]
    shown = masked(typed)
    phrases: list[tuple[str, ...]] = []
    if not (alone and _ADDRESS.match(alone)):
        parts = _parts(shown)
        for number_of_part, (is_quoted, part) in enumerate(parts, 1):
            found = list(words(part, None))
            if is_quoted and len(found) > 1:
                phrases.append(tuple(folded(part[word.start : word.end]) for word in found))
            for word in found:
                is_last = not is_quoted and number_of_part == len(parts) and word.end == len(part)
                if not _is_little(part[word.start : word.end]):
                    terms.append(_term(part, word, is_last, notes, fewest=1 if terms else FEWEST_TYPED))
        if not terms:  # looked for where they were kept: in names, and in texts of a language we do not know
            typed_words = [(part, word) for _is_quoted, part in parts for word in words(part, None)]
            terms = [_term(part, word, (part, word) == typed_words[-1], notes) for part, word in typed_words]
    return Search(tuple(dict.fromkeys(terms))[:MOST_TERMS], tuple(phrases), tuple(sorted(wholes)), number)


def _parts(shown: str) -> list[tuple[bool, str]]:
    """What stands in quotes and what does not, in order; the last part never stands in quotes."""
    parts: list[tuple[bool, str]] = []
    at = 0
    for match in _QUOTED.finditer(shown):
        parts += [(False, shown[at : match.start()]), (True, next((g for g in match.groups()[::2] if g), ""))]
        at = match.end()
    parts.append((False, shown[at:]))
    return parts


def _term(part: str, word: Word, is_last: bool, notes: bool, *, fewest: int = FEWEST_TYPED) -> Term:
    written = part[word.start : word.end]
    keys = dict.fromkeys(word.keys)
    if _UNSPACED.search(written) is None:
        for code in SUPPORTED_LANGUAGES:
            keys.update(dict.fromkeys(_keys(written, code)))
            keys.update(dict.fromkeys(_keys(folded(written), code)))
    begun = folded(written)
    enough = len(begun) >= fewest or _UNSPACED.search(written) is not None
    beginnings = (begun,) if is_last and enough and len(begun) <= _LONGEST_WHOLE else ()
    listed = tuple(keys)
    if not notes:
        return Term(listed, beginnings)
    return Term(_and_in_notes(listed), _and_in_notes(beginnings))


def _and_in_notes(keys: tuple[str, ...]) -> tuple[str, ...]:
    return keys + tuple(NOTE + key for key in keys)


@lru_cache(8)
def _little(code: str) -> frozenset[str]:
    return frozenset(EVERYWHERE.get(code, "").split())


@lru_cache(10_000)
def _is_little(written: str) -> bool:
    """Whether any language leaves this word out of what it keeps."""
    return any(plain(written) in _little(code) for code in EVERYWHERE)
