"""One text as the checker reads it: words, their keys and everything that is counted, each worked out at most once."""

from __future__ import annotations

from functools import cached_property

from styleguides import tokens
from styleguides.language import LanguageData, StemCache
from styleguides.rule_kinds import CheckContext
from styleguides.tokens import Normalised, Span, Special


class Reading:
    """Positions in here are those of `text`, the normalised text; `normalised` leads back to the text as given."""

    def __init__(self, given: str, language: LanguageData, stem_cache: StemCache, context: CheckContext) -> None:
        self.normalised = Normalised(given)
        self.text = text = self.normalised.text
        self.language = language
        self.context = context
        self.specials: list[Special] = tokens.specials(text)
        self._spans: list[Span]
        self.words: list[str]
        if self.specials:
            self._spans = tokens.word_spans(text, self.specials)
            self.words = [text[start:end] for start, end in self._spans]
        else:
            self._spans = []
            self.words = tokens.WORD.findall(text)
        self.keys: list[str] = list(map(stem_cache.__getitem__, self.words))

    def span(self, place: int, size: int = 1) -> Span:
        """Where `size` words from `place` on stand. Worked out up to there: most texts break no rule and need none."""
        spans = self._spans
        if len(spans) < place + size:
            # What lies between two words holds nothing a word can begin with, so looking for the word finds its place.
            end = spans[-1][1] if spans else 0
            for word in self.words[len(spans) : place + size]:
                start = self.text.find(word, end)
                end = start + len(word)
                spans.append((start, end))
        return spans[place][0], spans[place + size - 1][1]

    @cached_property
    def emoji(self) -> list[Span]:
        return tokens.emoji_spans(self.text)

    @cached_property
    def sentences(self) -> list[Span]:
        return list(tokens.sentence_spans(self.text, self.language.abbreviations, self.language.late_abbreviations))

    @cached_property
    def links(self) -> list[Special]:
        return [special for special in self.specials if special.what == "link"]

    @cached_property
    def capitals(self) -> list[int]:
        """Which words stand in capitals."""
        return [place for place, word in enumerate(self.words) if word.isupper()]
