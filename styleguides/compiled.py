"""Rules made ready for checking: every phrase of every rule in one dictionary, keyed by the stem of its first word.

So a text costs one look-up for each of its words, however many rules there are; only where a first word matches are the
other words of that phrase compared.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from styleguides.language import SUPPORTED_LANGUAGES, StemCache, base_language, plain, stems
from styleguides.length import PLATFORMS
from styleguides.rule_kinds import (
    CONVERSATION_KINDS,
    Banned,
    Empathy,
    Greeting,
    Match,
    NeedsApproval,
    OtherBrands,
    Preferred,
    Promises,
    Required,
    Rule,
    SalesTalk,
    SignOff,
)
from styleguides.tokens import HIDDEN_IN_WORDS, WORD

_JUDGED_BY_PHRASES: Final = (Banned, Preferred, NeedsApproval, OtherBrands)
NAME_PLACE: Final = "{name}"


class Phrase:
    """A phrase of a rule. `surfaces` are its words as they must stand, where forms are not enough."""

    __slots__ = ("_plain", "keys", "literal", "match", "needed", "order", "rule", "size", "surfaces", "written")

    def __init__(self, written: str, rule: Rule, order: int, match: Match, needed: bool, cache: StemCache) -> None:
        self.written = written
        self.rule = rule
        self.order = order
        self.match = match
        self.needed = needed
        self._plain: list[str] | None = None
        words = WORD.findall(written.replace(NAME_PLACE, " "))
        # `C++`, `100%`, an address or an emoji are not words: these are looked for as they are written.
        self.literal = not words or _symbols_at_the_edge(
            written, needed and not isinstance(rule, (SalesTalk, Promises))
        )
        self.keys: tuple[str, ...] = tuple(cache[word] for word in words)
        self.size = len(words)
        self.surfaces: tuple[str, ...] | None = None
        if match != "inflected":
            self.surfaces = tuple(_surface(word, match) for word in words)

    def is_written(self, words: Sequence[str]) -> bool:
        """Whether these words, which match, stand in the very form the rule lists."""
        if self._plain is None:
            self._plain = list(map(plain, WORD.findall(self.written)))
        return list(map(plain, words)) == self._plain

    def same_surface(self, words: Sequence[str]) -> bool:
        return self.surfaces is None or all(
            _surface(word, self.match) == surface for word, surface in zip(words, self.surfaces, strict=True)
        )


@lru_cache(2_000)
def words_of_use(rule: Preferred) -> list[str]:
    """The words a rule prefers, as they are compared."""
    words = WORD.findall(rule.use)
    return words if rule.match == "case" else list(map(plain, words))


def _surface(word: str, match: Match) -> str:
    return plain(word) if match != "case" else word.translate(HIDDEN_IN_WORDS)


def _symbols_at_the_edge(written: str, loosely: bool) -> bool:
    """Whether the phrase begins or ends with something that is part of it and no word: `C++`, `@shop`, `a.com`."""
    if loosely:
        return False
    edges = written.strip(" \t\n.,;:!?…\"'“”„»«’()")
    return (
        not edges
        or not (edges[0].isalnum() and edges[-1].isalnum())
        or re.search(r"[^\s]\.\w|[@#/]", edges) is not None
    )


class View:
    """The rules that apply to one language, platform and kind of conversation."""

    __slots__ = ("index", "judged", "literal", "literals", "phrases_of")

    def __init__(self, rules: Sequence[tuple[int, Rule, tuple[Phrase, ...]]]) -> None:
        self.index: dict[str, tuple[Phrase, ...]] = {}
        self.judged: tuple[tuple[int, Rule], ...] = tuple(
            (order, rule) for order, rule, _ in rules if not isinstance(rule, _JUDGED_BY_PHRASES)
        )
        self.phrases_of: dict[int, tuple[Phrase, ...]] = {}
        self.literals: dict[str, list[Phrase]] = {}
        index: dict[str, list[Phrase]] = {}
        for order, rule, phrases in rules:
            if phrases and not isinstance(rule, _JUDGED_BY_PHRASES):
                self.phrases_of[order] = phrases
            for phrase in phrases:
                if phrase.literal:
                    if not phrase.needed:
                        self.literals.setdefault(phrase.written.strip().casefold(), []).append(phrase)
                elif phrase.keys:
                    index.setdefault(phrase.keys[0], []).append(phrase)
        for key, entries in index.items():
            self.index[key] = tuple(sorted(entries, key=lambda phrase: (-phrase.size, phrase.order)))
        self.literal: re.Pattern[str] | None = None
        if self.literals:
            longest_first = sorted(self.literals, key=lambda written: (-len(written), written))
            self.literal = re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE)


def _phrases(rule: Rule, order: int, cache: StemCache) -> tuple[Phrase, ...]:
    if isinstance(rule, Banned):
        looked_for, forms, match = rule.phrases, rule.forms, rule.match
    elif isinstance(rule, Preferred):
        looked_for, forms, match = rule.instead_of, rule.forms, rule.match
    elif isinstance(rule, Required):
        return tuple(Phrase(written, rule, order, rule.match, True, cache) for written in rule.any_of)
    elif isinstance(rule, (Greeting, SignOff, Empathy)):
        return tuple(Phrase(written, rule, order, "inflected", True, cache) for written in rule.any_of)
    elif isinstance(rule, NeedsApproval):
        looked_for, forms, match = rule.phrases, rule.forms, rule.match
    elif isinstance(rule, (SalesTalk, Promises)):
        return tuple(Phrase(written, rule, order, "inflected", True, cache) for written in rule.phrases)
    else:
        return ()
    exact: Match = "case" if match == "case" else "exact"
    return (
        *(Phrase(written, rule, order, match, False, cache) for written in looked_for),
        *(Phrase(written, rule, order, exact, False, cache) for written in forms),
    )


class CompiledRules:
    """The rules of a guide, with a view for each language, platform and kind met so far. Threads may share it."""

    __slots__ = ("_languages", "_lock", "_phrases", "_shared", "_views", "rules", "spoken", "variants")

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        self.spoken: frozenset[str] = frozenset[str]().union(*(rule.languages for rule in self.rules))
        """Languages that rules name; a text in another one passes such rules by."""
        self._languages = self.spoken.union(SUPPORTED_LANGUAGES)
        self.variants: Mapping[str, tuple[str, ...]] = _variants_named(self.spoken)
        """Of each language, the variants that rules name."""
        self._views: dict[tuple[str | None, str | None, str | None], View] = {}
        self._shared: dict[tuple[str | None, tuple[int, ...]], View] = {}
        self._phrases: dict[tuple[str | None, int], tuple[Phrase, ...]] = {}
        self._lock = threading.Lock()

    def view(self, language: str | None, platform: str | None, kind: str | None) -> View:
        known = self._views.get((language, platform, kind))
        if known is not None:
            return known
        # What no rule can name is one and the same, so hostile values cannot make views without end.
        at = (
            language if language in self._languages else None,
            platform if platform in PLATFORMS else None,
            kind if kind in CONVERSATION_KINDS else None,
        )
        with self._lock:
            view = self._views.get(at)
            if view is None:
                orders = [order for order, rule in enumerate(self.rules) if applies(rule, *at)]
                view = self._views[at] = self._view_of(orders, base_language(at[0]))
        return view

    def _view_of(self, orders: Sequence[int], base: str | None) -> View:
        """A view of these rules, shared by every place where the same ones apply."""
        stemmed = base if base in SUPPORTED_LANGUAGES else None
        known = self._shared.get((stemmed, tuple(orders)))
        if known is None:
            for order in orders:
                if (stemmed, order) not in self._phrases:
                    self._phrases[stemmed, order] = _phrases(self.rules[order], order, stems(stemmed))
            known = View([(order, self.rules[order], self._phrases[stemmed, order]) for order in orders])
            self._shared[stemmed, tuple(orders)] = known
        return known


def _variants_named(spoken: frozenset[str]) -> dict[str, tuple[str, ...]]:
    named: dict[str, list[str]] = {}
    for code in sorted(spoken):
        if "-" in code:
            named.setdefault(code.split("-", 1)[0], []).append(code)
    return {base: tuple(variants) for base, variants in named.items()}


def applies(rule: Rule, language: str | None, platform: str | None, kind: str | None) -> bool:
    """Whether a rule speaks of replies in this language, on this platform, to this kind of conversation.

    A rule for `pt` holds for `pt-BR`, one for `pt-BR` not for `pt`.
    """
    return (
        (not rule.languages or language in rule.languages or base_language(language) in rule.languages)
        and (not rule.platforms or platform in rule.platforms)
        and (not rule.kinds or kind in rule.kinds)
    )


def compile_rules(rules: Sequence[Rule]) -> CompiledRules:
    """Rules made ready. Cheap by itself: a view is built when the first text in its language arrives."""
    return CompiledRules(rules)
