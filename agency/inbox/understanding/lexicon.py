"""The word lists of a language as one table: a word as written -> what it says. Filled as words come; bounded.

A list is data (`words/*.toml`): a word, a beginning of words (`refund*`), or words one behind the other (`third_time`,
each of which may be a beginning). What was trained (`models/*.json`) is in the same table.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Any, Final, NamedTuple

from styleguides.remembered import LONGEST_REMEMBERED, MOST_REMEMBERED

LANGUAGES: Final = ("en", "es", "pl", "pt")
"""Languages with lists."""

SIGNS: Final = (
    "good",
    "bad",
    "complaint",
    "praise",
    "question",
    "chatter",
    "urgent",
    "anger",
    "toxic",
    "liked",
    "disliked",
)
"""What words may say, in the order in which a reading adds it up."""
GOOD, BAD, COMPLAINT, PRAISE, QUESTION, CHATTER, URGENT, ANGER, TOXIC, LIKED, DISLIKED = range(len(SIGNS))

PLAIN, STRONG = 1.0, 2.0

EVERYWHERE: Final = {
    "?": ((QUESTION, STRONG),),
    **dict.fromkeys("😍🥰😊😀😃😄🙂👍👏🙏❤💕💖💙💚💛🧡💜🤩😋💯🌟⭐✨🎉😘🤗👌💪🔥", ((GOOD, PLAIN),)),
    **dict.fromkeys("😞😔😢😭☹🙁😕😒😖😣👎💔🤢🤮😷🤦", ((BAD, PLAIN),)),
    **dict.fromkeys("😡🤬😠😤💩🖕", ((BAD, PLAIN), (ANGER, STRONG))),
    **dict.fromkeys("😂🤣😅😜😎", ((CHATTER, PLAIN),)),
}
"""Signs that say the same in every language."""

STEM_LETTERS: Final = 5
TRAINED_STEM: Final = "*"
"""What was trained of all words that begin with the same STEM_LETTERS letters stands under these and this sign."""
LEAST_POINTS: Final = 0.2
"""Trained words that say less say nothing."""

Weights = tuple[tuple[int, float], ...]


NEGATES, ENDS_CLAUSE = 1, 2
"""What a word does to the words behind it: they mean the opposite; or nothing before it reaches them."""


Phrases = tuple[tuple[tuple[str, ...], "Sense"], ...]
"""The words behind a first one, and what all together say; the longest first."""


class Sense(NamedTuple):
    """What a word says. `follow` are phrases that begin with it: the words behind it, and what all together say."""

    weights: Weights = ()
    topics: tuple[str, ...] = ()
    role: int = 0
    follow: Mapping[str, Phrases] | None = None
    open_follow: Phrases = ()
    """Of `follow`: by the word behind it, and what any other word may be the beginning of."""


class Table(dict[str, "Sense | None"]):
    """A word in small letters -> its sense, None where it says nothing. Safe to share between threads."""

    def __init__(self, lists: Mapping[str, Any], trained: Mapping[str, float]) -> None:
        super().__init__()
        self._words: dict[str, Sense] = {}
        self._beginnings: dict[str, Sense] = {}
        for name in SIGNS[:LIKED]:
            given = lists.get(name, {})
            for weight, words in ((STRONG, given.get("strong", "")), (PLAIN, given.get("plain", ""))):
                for word in words.split():
                    self._add(word, Sense(weights=((SIGNS.index(name), weight),)))
        for topic, words in lists.get("topics", {}).items():
            for word in words.split():
                self._add(word, Sense(topics=(topic,)))
        for word in lists["negators"]["plain"].split():
            self._add(word, Sense(role=NEGATES))
        for sign, weights in EVERYWHERE.items():
            self._add(sign, Sense(weights=weights))
        for mark in ".,;!":
            self._add(mark, Sense(role=ENDS_CLAUSE))
        self._trained = trained

    def _add(self, listed: str, sense: Sense) -> None:
        first, *rest = listed.replace("/", "_/_").split("_")
        if rest:
            sense = Sense(open_follow=((tuple(rest), sense),))
        kept = self._beginnings if first.endswith("*") else self._words
        first = first.removesuffix("*")
        kept[first] = _joined((kept[first], sense)) if first in kept else sense

    def __missing__(self, word: str) -> Sense | None:
        bare = word.strip("'")
        found = [self._beginnings[bare[:size]] for size in range(1, len(bare) + 1) if bare[:size] in self._beginnings]
        if bare in self._words:
            found.append(self._words[bare])
        points = self._trained.get(bare, 0.0)
        if len(bare) > STEM_LETTERS:
            points += self._trained.get(bare[:STEM_LETTERS] + TRAINED_STEM, 0.0)
        if abs(points) >= LEAST_POINTS and not any(sign == URGENT for sense in found for sign, _ in sense.weights):
            found.append(Sense(weights=((LIKED if points > 0 else DISLIKED, abs(points)),)))
        sense = _indexed(_joined(found)) if found else None
        if len(word) <= LONGEST_REMEMBERED:
            if len(self) >= MOST_REMEMBERED:
                self.clear()
            self[word] = sense
        return sense


def _joined(senses: Iterable[Sense]) -> Sense:
    """All of them as one: of each sign the strongest weight, so that a word in two lists of one sign counts once."""
    weights: dict[int, float] = {}
    topics: dict[str, None] = {}
    role = 0
    follow: dict[tuple[str, ...], list[Sense]] = {}
    for sense in senses:
        for sign, weight in sense.weights:
            weights[sign] = max(weights.get(sign, weight), weight)
        topics.update(dict.fromkeys(sense.topics))
        role = role or sense.role
        for words, phrase in sense.open_follow:
            follow.setdefault(words, []).append(phrase)
    phrases = [(words, _joined(follow[words])) for words in sorted(follow, key=lambda words: (-len(words), words))]
    return Sense(tuple(weights.items()), tuple(topics), role, None, tuple(phrases))


def _indexed(sense: Sense) -> Sense:
    """The same with its phrases by their second word, so that few are compared."""
    if not sense.open_follow:
        return sense
    phrases = sense.open_follow
    # A second word that is a beginning may be begun by any word, so it stands with each.
    opens = tuple(one for one in phrases if one[0][0].endswith("*"))
    seconds = {words[0] for words, _ in phrases if not words[0].endswith("*")}
    follow = {
        second: tuple(
            one
            for one in phrases
            if one[0][0] == second or (one[0][0].endswith("*") and second.startswith(one[0][0][:-1]))
        )
        for second in seconds
    }
    return sense._replace(follow=follow, open_follow=opens)


@cache
def table_of(language: str) -> Table:
    """The table of one of LANGUAGES."""
    return Table(lists_of(language), _trained_of(language))


def lists_of(language: str) -> dict[str, Any]:
    """The word lists as they are written."""
    file = resources.files("agency.inbox.understanding.words").joinpath(f"{language}.toml")
    return tomllib.loads(file.read_text("utf-8"))


def _trained_of(language: str) -> dict[str, float]:
    file = resources.files("agency.inbox.understanding.models").joinpath(f"{language}.json")
    return {word: points / 100 for word, points in json.loads(file.read_text("utf-8"))["words"].items()}
