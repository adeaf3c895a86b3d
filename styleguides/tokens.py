"""A text taken apart: words, links and handles, emoji, sentences. Every function takes time linear in the text.

All positions count Unicode code points. Patterns are chosen so that no character can be consumed in two ways, and none
starts with an open repetition: hostile text costs what friendly text costs.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import regex

Span = tuple[int, int]


def _class_of(code_points: Iterable[int]) -> str:
    """The inside of a character class, as ranges."""
    ranges: list[list[int]] = []
    for code_point in code_points:
        if ranges and ranges[-1][1] == code_point - 1:
            ranges[-1][1] = code_point
        else:
            ranges.append([code_point, code_point])
    return "".join(f"\\u{low:04x}-\\u{high:04x}" for low, high in ranges)


_HIDDEN = (0xAD, 0x61C, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF)
HIDDEN_IN_WORDS: dict[int, None] = dict.fromkeys((*_HIDDEN, 0x34F, *range(0xFE00, 0xFE10)))
"""`str.translate` table that drops what nobody sees: soft hyphens, zero-width, direction and variation marks."""
_BLANKS = (0x115F, 0x1160, 0x3164, 0xFFA0, 0x2800, *range(0x180B, 0x1810), *range(0xE0000, 0xE1000))
_NOT_SHOWN: dict[int, None] = HIDDEN_IN_WORDS | dict.fromkeys(_BLANKS)


def shows_nothing(text: str) -> bool:
    """Whether there is nothing to be seen in the text: space, signs without a form, letters made to look like none."""
    return all(sign.isspace() or ord(sign) in _NOT_SHOWN for sign in text)  # over at the first that is seen


# `\w` lacks combining marks, so a word whose accent has no composed form would break in two. Scripts beyond the first
# plane that need marks are historic.
_MARKS = _class_of(c for c in (*range(0x300, 0x3100), *range(0xA66F, 0xABFF), *range(0xFB1E, 0xFE30))
                   if unicodedata.category(chr(c))[0] == "M")  # fmt: skip
_IN_WORD = rf"[\w{_MARKS}{_class_of(_HIDDEN)}]"
WORD = re.compile(rf"[^\W_]{_IN_WORD}*(?:['’]{_IN_WORD}+)*")

_SPECIAL_MARKS = ("@", "#", "://", "＠", "＃")
_DOT_INSIDE = re.compile(r"\.\w")
_CHUNK = re.compile(r"\S+")
_WEB_ADDRESS = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_HANDLE = re.compile(r"[@＠]\w[\w.]*")
_HASHTAG = re.compile(r"[#＃]\w+")
_LEADING = "([{<\"'„“”«»‚‘¿¡*"
_TRAILING = ".,;:!?)]}>\"'”“»«’…*"
_COMMON_ENDINGS = (
    "com org net info biz edu gov int io co app dev shop store online site page link me ly eu pl pt br es uk de fr it "
    "nl ie us ca ch at be cz sk bank hotel travel cafe bakery example test"
)
_TOP_LEVELS = frozenset(_COMMON_ENDINGS.split())
_LABEL = re.compile(r"[A-Za-z0-9À-ɏ-]{1,63}")


@dataclass(frozen=True, slots=True)
class Special:
    """A stretch that is not running text."""

    start: int
    end: int
    what: Literal["link", "email", "handle", "hashtag"]
    host: str = ""


def may_hold_specials(text: str) -> bool:
    """A quick no for most replies."""
    return any(mark in text for mark in _SPECIAL_MARKS) or _DOT_INSIDE.search(text) is not None


def _host_of(address: str) -> str:
    rest = address.split("://", 1)[-1]
    for stop in "/?#":
        rest = rest.split(stop, 1)[0]
    return rest.rsplit("@", 1)[-1].split(":", 1)[0].lower().rstrip(".")


def _bare_domain(chunk: str) -> bool:
    host = chunk.split("/", 1)[0]
    labels = host.split(".")
    if not 2 <= len(labels) <= 6 or labels[-1] not in _TOP_LEVELS:
        return False
    return all(_LABEL.fullmatch(label) for label in labels)


def specials(text: str) -> list[Special]:
    """Links (also bare domains of common endings), mail addresses, handles and hashtags, in order."""
    if not may_hold_specials(text):
        return []
    found: list[Special] = []
    for match in _CHUNK.finditer(text):
        chunk = match.group()
        if "." not in chunk and not any(mark in chunk for mark in _SPECIAL_MARKS):
            continue
        start = match.start() + len(chunk) - len(chunk.lstrip(_LEADING))
        chunk = chunk.strip(_LEADING).rstrip(_TRAILING)
        if not chunk:
            continue
        address = _WEB_ADDRESS.search(chunk)
        if address is not None:
            host = _host_of(address.group())
            found.append(Special(start + address.start(), start + address.end(), "link", host))
        elif chunk[0] in "@＠":
            if handle := _HANDLE.match(chunk):
                found.append(Special(start, start + len(handle.group().rstrip(".")), "handle"))
        elif "@" in chunk:
            local, _, host = chunk.rpartition("@")
            if local and "." in host:
                found.append(Special(start, start + len(chunk), "email", host.lower()))
        elif chunk[0] in "#＃":
            end = 0
            while (hashtag := _HASHTAG.match(chunk, end)) is not None:  # `#one#two` are two
                found.append(Special(start + end, start + hashtag.end(), "hashtag"))
                end = hashtag.end()
        elif _bare_domain(chunk):
            found.append(Special(start, start + len(chunk), "link", _host_of(chunk)))
    return found


def word_spans(text: str, apart: list[Special]) -> list[Span]:
    """Where the words of the running text stand; nothing inside `apart`."""
    if not apart:
        return [match.span() for match in WORD.finditer(text)]
    spans: list[Span] = []
    position = 0
    for special in apart:
        spans.extend(match.span() for match in WORD.finditer(text, position, special.start))
        position = special.end
    spans.extend(match.span() for match in WORD.finditer(text, position))
    return spans


_MAY_BE_EMOJI = re.compile(
    "[\u203c\u2049\u20e3\u2122\u2139\u2194-\u21aa\u231a-\u27bf\u2934-\u2b55\u3030-\u3299\U0001f000-\U0001faff]"
)
_EMOJI = regex.compile(
    r"\p{RI}\p{RI}"
    r"|[0-9#*]\ufe0f?\u20e3"
    r"|(?:\p{Emoji_Presentation}(?<!\p{RI})|\p{Extended_Pictographic}\ufe0f"
    r"|[\u2600-\u27bf](?<=\p{Extended_Pictographic})(?!\ufe0e))"
    r"\ufe0f?\p{Emoji_Modifier}?[\U000e0020-\U000e007f]*"
    r"(?:\u200d\p{Extended_Pictographic}\ufe0f?\p{Emoji_Modifier}?)*"
)


def may_hold_emoji(text: str) -> bool:
    """A quick no for most replies."""
    return not text.isascii() and _MAY_BE_EMOJI.search(text) is not None


def emoji_spans(text: str) -> list[Span]:
    """Where emoji stand. A family, a flag, a keycap or a hand with its skin tone is one emoji."""
    if not may_hold_emoji(text):
        return []
    return [match.span() for match in _EMOJI.finditer(text)]


# One set of characters in front, so that the engine skips to the next of them; the rest is decided in Python.
_MAY_END_SENTENCE = re.compile(r"[.!?…。！？\n]+[\"'”»’)\]]*")


def sentence_spans(text: str, abbreviations: frozenset[str], late: frozenset[str] = frozenset()) -> list[Span]:
    """Sentences without the white space around them. A line break ends one.

    A full stop after one of `abbreviations` does not; after one of `late` it does where a capital letter follows.
    """
    spans: list[Span] = []
    start = 0
    for match in _MAY_END_SENTENCE.finditer(text):
        mark, end = match.group(), match.end()
        following = text[end : end + 1]
        if following and not following.isspace() and "\n" not in mark:
            continue
        if mark == ".":
            last = _word_before(text, end - 1)
            initial = len(last) == 1 and last.isupper()
            capital_next = text[end + 1 : end + 2].isupper()
            if initial or last.lower() in abbreviations or (last.lower() in late and not capital_next):
                continue
        _add_trimmed(spans, text, start, end)
        start = end
    if start < len(text):
        _add_trimmed(spans, text, start, len(text))
    return spans


def sure_sentence_end(abbreviations: Iterable[str]) -> re.Pattern[str]:
    """Marks that end a sentence whatever comes after them; `sentence_spans` finds these ends and others."""
    # The mark stands in front, so that the engine skips to the next one.
    none_of_these = "".join(rf"(?i:(?<!\b{re.escape(short)}\.))" for short in sorted(abbreviations))
    return re.compile(rf"[.!?\n](?:(?<=\n)|(?=\s)(?<=[^\W\d_]{{2}}.){none_of_these})")


def _word_before(text: str, stop: int) -> str:
    """The word that ends at `stop`, looked for within twelve characters."""
    words = text[max(0, stop - 12) : stop].split()
    if not words or text[stop - 1].isspace():
        return ""
    return words[-1].lstrip(_LEADING)


def _add_trimmed(spans: list[Span], text: str, start: int, end: int) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        spans.append((start, end))


def running_words(text: str) -> str:
    """The words of the running text joined by spaces: what tells the language."""
    return " ".join(text[start:end] for start, end in word_spans(text, specials(text)))


_CLUSTER = regex.compile(r"\X")


class Normalised:
    """A text in Unicode normal form C that can say where each of its stretches stood in the text as given."""

    __slots__ = ("_ends", "_starts", "given", "text")

    def __init__(self, given: str) -> None:
        self.given = given
        self._starts: list[int] | None = None
        self._ends: list[int] = []
        if unicodedata.is_normalized("NFC", given):
            self.text = given
            return
        # Normalising never joins what stands in two grapheme clusters, so each cluster can be turned by itself.
        pieces: list[str] = []
        starts: list[int] = []
        for match in _CLUSTER.finditer(given):
            piece = unicodedata.normalize("NFC", match.group())
            pieces.append(piece)
            start, end = match.span()
            if len(piece) == end - start and piece == match.group():
                starts.extend(range(start, end))
                self._ends.extend(range(start + 1, end + 1))
            else:
                starts.extend([start] * len(piece))
                self._ends.extend([end] * len(piece))
        self.text = "".join(pieces)
        self._starts = starts

    def given_span(self, start: int, end: int) -> Span:
        """Where `text[start:end]` stood in the given text, widened to whole grapheme clusters where these changed."""
        if self._starts is None:
            return start, end
        size = len(self._starts)
        first = self._starts[start] if start < size else len(self.given)
        return first, first if end <= start else self._ends[end - 1]
