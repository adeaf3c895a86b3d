"""Negative phrasing and how to say the same positively: `you can't … until 3 pm` → `you can … from 3 pm`.

The patterns are data of each language. At each word at most a handful are tried, each looks at a bounded number of
words: the time is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Final

from styleguides.language import language_data, plain, plain_of
from styleguides.moments import Moments, moments
from styleguides.sign import Sign

if TYPE_CHECKING:
    from styleguides.reading import Reading

MOST_BETWEEN: Final = 16
"""Words a gap of a pattern may hold."""

_PART = re.compile(r"\{time\}|\{\}|<[^>]*>|[^\s<>{}]+")


@dataclass(frozen=True, slots=True)
class Pattern:
    """`before` the gap and `after` it: alternatives by word. `timed`: a moment follows. `kept`: the word that stays."""

    before: tuple[frozenset[str], ...]
    after: tuple[frozenset[str], ...]
    gap: bool
    timed: bool
    kept: int | None
    write: str | None
    example: str


@dataclass(frozen=True, slots=True)
class Negative:
    """A negative stretch of `size` words from `place` on. `gap`: first and last word between, `kept`: one kept."""

    place: int
    size: int
    pattern: Pattern
    gap: tuple[int, int] | None
    kept: int | None


def pattern_of(says: str, write: str | None = None, example: str = "") -> Pattern:
    """A pattern as the language files write it: `<you we> can't|cannot {} until {time}`."""
    parts: tuple[list[frozenset[str]], list[frozenset[str]]] = ([], [])
    gap = timed = False
    kept: int | None = None
    for part in _PART.findall(says):
        if part == "{}":
            gap = True
        elif part == "{time}":
            timed = True
        elif part.startswith("<"):
            kept = len(parts[0])
            parts[0].append(frozenset(map(plain, part[1:-1].split())))
        else:
            parts[gap].append(frozenset(map(plain, part.split("|"))))
    return Pattern(tuple(parts[0]), tuple(parts[1]), gap, timed, kept, write, example)


@cache
def _patterns(code: str) -> dict[tuple[str, str], tuple[Pattern, ...]]:
    """Patterns by their first two words: every one has these in front of its gap."""
    patterns: list[Pattern] = []
    for entry in language_data(code).listed("negative"):
        write = entry.get("write")
        example = entry.get("example") or (write or "").replace("{time}", "…").replace("{}", "…").replace("<>", "…")
        pattern = pattern_of(entry["says"], write, " ".join(example.split()))
        patterns.append(pattern)
    return by_first_words(patterns)


def by_first_words(patterns: Iterable[Pattern]) -> dict[tuple[str, str], tuple[Pattern, ...]]:
    """Patterns by each pair of words they may begin with, in their order."""
    by_first: dict[tuple[str, str], list[Pattern]] = {}
    for pattern in patterns:
        for words in product(pattern.before[0], pattern.before[1]):
            by_first.setdefault(words, []).append(pattern)
    return {words: tuple(found) for words, found in by_first.items()}


@cache
def first_words(code: str) -> tuple[frozenset[str], frozenset[str]]:
    """Words patterns begin with, and words of which one stands in any text that one of them matches."""
    patterns = {pattern for several in _patterns(code).values() for pattern in several}
    rarest = (max((*one.before, *one.after), key=lambda part: min(map(len, part))) for one in patterns)
    return frozenset(first for first, _ in _patterns(code)), frozenset().union(*rarest)


def _stand(parts: Sequence[frozenset[str]], words: Sequence[str], place: int) -> bool:
    if place + len(parts) > len(words):
        return False
    for offset, part in enumerate(parts):  # noqa: SIM110  # `all` would cost more than what it looks at
        if words[place + offset] not in part:
            return False
    return True


def negatives(reading: Reading) -> Iterator[Negative]:
    """What is put negatively in the text, none inside another."""
    if not reading.shows(Sign.NEGATIVE):
        return
    code, written = reading.language.code, reading.words
    patterns, times = _patterns(code), moments(code)
    free = 0
    for place in reading.places(Sign.NEGATIVE_FIRST):
        if place < free or place + 1 == len(written):
            continue
        for pattern in patterns.get((plain_of(written[place]), plain_of(written[place + 1])), ()):
            found = matched(pattern, reading.plain_words, place, times)
            if found is not None and not reading.broken(place, found.size):
                yield found
                free = place + found.size
                break


def matched(pattern: Pattern, words: Sequence[str], place: int, times: Moments) -> Negative | None:
    """What of these plain words the pattern matches from `place` on."""
    if not _stand(pattern.before, words, place):
        return None
    kept = None if pattern.kept is None else place + pattern.kept
    at = place + len(pattern.before)
    if not pattern.gap:
        if pattern.timed and times.after(words, at) == at:
            return None
        return Negative(place, at - place, pattern, None, kept)
    for end in range(at + 1, min(at + MOST_BETWEEN, len(words)) + 1):
        after = end + len(pattern.after)
        if _stand(pattern.after, words, end) and not (pattern.timed and times.after(words, after) == after):
            return Negative(place, after - place, pattern, (at, end - 1), kept)
    return None
