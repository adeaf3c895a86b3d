"""Judges of manner: how a reply addresses people, what it promises, sells and denies, how much of it is a template."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final

from styleguides.address import WRONG_IN
from styleguides.compiled import View
from styleguides.explain import Findings
from styleguides.likeness import likeness_percent, words_to_compare
from styleguides.names import first_name
from styleguides.negatives import Negative as NegativeWords
from styleguides.reading import Reading
from styleguides.rule_kinds import Address, CheckContext, Hashtags, Negative, Promises, Rule, SalesTalk, Unedited
from styleguides.tokens import Span
from styleguides.word_lists import Hit, plain_words

MOST_HITS_PER_RULE: Final = 20
"""Findings of one rule in one text; the writer gets the rest when these are mended."""

Matched = Mapping[int, list[Hit]]
"""Order of a rule -> where its phrases that are no findings by themselves stand, in order."""


def is_complaint(rule: SalesTalk | Unedited, context: CheckContext) -> bool:
    """Whether the reply answers somebody who complains, as far as the rule says what that is."""
    few_stars = context.stars is not None and context.stars <= rule.max_stars
    return few_stars or (context.complaint and getattr(rule, "on_complaints", True))


@lru_cache(4_000)
def _allowed(entries: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    return tuple(words for words in map(plain_words, entries) if words)


def is_allowed(entries: tuple[str, ...], reading: Reading, place: int, size: int) -> bool:
    """Whether these words are among the allowed ones, or part of them."""
    words = reading.plain_words
    for allowed in _allowed(entries):
        for first in range(max(0, place + size - len(allowed)), place + 1):
            if tuple(words[first : first + len(allowed)]) == allowed:
                return True
    return False


def judge_address(rule: Address, order: int, reading: Reading, view: View, matched: Matched, out: Findings) -> None:
    wrong = WRONG_IN[rule.form]
    if rule.form == "voce" and "voce" not in reading.language.section("address"):
        return
    hits = 0
    for mark in reading.address_marks:
        if mark.register not in wrong or (rule.allowed and is_allowed(rule.allowed, reading, mark.place, mark.size)):
            continue
        out.add(rule, order, f"address_{rule.form}", *reading.span(mark.place, mark.size), mark.instead)
        hits += 1
        if hits == MOST_HITS_PER_RULE:
            return


def judge_hashtags(rule: Hashtags, order: int, reading: Reading, view: View, matched: Matched, out: Findings) -> None:
    tags = reading.hashtags
    if not tags:
        return
    if rule.max_count is not None and len(tags) > rule.max_count:
        tag = tags[rule.max_count]
        out.add(rule, order, "hashtags_many", tag.start, tag.end, "", count=len(tags), limit=rule.max_count)
    if rule.allowed:
        allowed = {entry.strip().lstrip("#＃").casefold() for entry in rule.allowed}
        others = [tag for tag in tags if reading.text[tag.start + 1 : tag.end].casefold() not in allowed]
        for tag in others[:MOST_HITS_PER_RULE]:
            out.add(rule, order, "hashtags_other", tag.start, tag.end)


def judge_negative(rule: Negative, order: int, reading: Reading, view: View, matched: Matched, out: Findings) -> None:
    hits = 0
    for found in reading.negatives:
        if rule.allowed and is_allowed(rule.allowed, reading, found.place, found.size):
            continue
        start, end = reading.span(found.place, found.size)
        suggestion = _rewritten(found, reading, start)
        wanted = found.pattern.example if suggestion is None else suggestion
        if suggestion is not None and (found.pattern.gap or found.pattern.timed):
            wanted += " …"
        out.add(rule, order, "negative", start, end, suggestion, wanted=wanted)
        hits += 1
        if hits == MOST_HITS_PER_RULE:
            return


def _rewritten(found: NegativeWords, reading: Reading, start: int) -> str | None:
    written = found.pattern.write
    if written is None:
        return None
    if found.kept is not None:
        kept = reading.words[found.kept]
        written = written.replace("<>", kept if found.kept == found.place else kept.lower())
    if found.gap is not None:
        first, last = found.gap
        between = reading.text[reading.span(first)[0] : reading.span(last)[1]]
        written = written.replace("{}", between)
    written = written.replace("{time}", "").rstrip()
    raised = reading.text[start].isupper() and written[:1].islower()
    return written[0].upper() + written[1:] if raised else written


def _places(
    rule: SalesTalk | Promises, order: int, reading: Reading, view: View, matched: Matched, name: str
) -> Iterator[Span]:
    """Where the language's own words and the rule's stand, in order, none inside another."""
    own = matched.get(order, ())
    after = 0
    for place, size in sorted({*reading.hits(name), *own}, key=lambda hit: (hit[0], -hit[1])):
        if place < after or (rule.allowed and is_allowed(rule.allowed, reading, place, size)):
            continue
        if size > 1 and reading.broken(place, size):
            continue
        after = place + size
        yield reading.span(place, size)
    yield from _literals(view, order, reading.text)


def _literals(view: View, order: int, text: str) -> Iterator[Span]:
    for phrase in view.phrases_of.get(order, ()):
        if phrase.literal and phrase.written.strip():
            written = phrase.written.strip()
            start = text.find(written)
            if start >= 0:
                yield start, start + len(written)


def _tell(rule: Rule, order: int, words: str, spans: Iterable[Span], out: Findings) -> None:
    for hits, span in enumerate(spans, 1):
        out.add(rule, order, words, *span)
        if hits == MOST_HITS_PER_RULE:
            return


def judge_sales(rule: SalesTalk, order: int, reading: Reading, view: View, matched: Matched, out: Findings) -> None:
    if is_complaint(rule, reading.context):
        _tell(rule, order, "sales_talk", _places(rule, order, reading, view, matched, "sales_talk"), out)


def judge_promises(rule: Promises, order: int, reading: Reading, view: View, matched: Matched, out: Findings) -> None:
    _tell(rule, order, "promise", _places(rule, order, reading, view, matched, "promises"), out)
    if rule.dated:
        times = (
            reading.span(place, size)
            for place, size in reading.times_promised
            if not (rule.allowed and is_allowed(rule.allowed, reading, place, size))
        )
        _tell(rule, order, "promise_dated", times, out)


def judge_unedited(rule: Unedited, order: int, reading: Reading, view: View, matched: Matched, out: Findings) -> None:
    context = reading.context
    if context.began_with is None or (rule.only_complaints and not is_complaint(rule, context)):
        return
    name = first_name(context.customer_name)
    percent = likeness_percent(words_to_compare(reading.text, name), words_to_compare(context.began_with, name))
    if percent >= rule.likeness_percent:
        end = len(reading.text.rstrip())
        out.add(rule, order, "unedited", end, end, percent=percent)
