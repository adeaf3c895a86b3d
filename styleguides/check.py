"""`check_text`: what a brand's rules say about a text. Pure; the same input gives the same findings in the same order.

Takes time linear in the text, whatever the text. Beside the brand's rules it always holds the text against what no
platform can take (too long, empty, characters that cannot be sent, marks that turn the visible order around, places
in braces that nobody filled), and says when rules were passed by because they were written for other languages.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress, pairwise
from typing import Final

from styleguides.compiled import CompiledRules, Phrase, View, compile_rules, words_of_use
from styleguides.explain import Findings
from styleguides.judges import JUDGES
from styleguides.language import base_language, detect_language, language_data, plain, stems
from styleguides.length import PLATFORM_LABELS, length, length_limit, length_unit, reading_seconds
from styleguides.manner import MOST_HITS_PER_RULE
from styleguides.pieces import UNPRINTABLE
from styleguides.reading import Reading
from styleguides.rule_kinds import Banned, CheckContext, Empathy, Example, Finding, NeedsApproval, Preferred, Rule
from styleguides.tokens import Span, shows_nothing
from styleguides.variables import places
from styleguides.variants import language_tag, variant_shown
from tenants.errors import worded

__all__ = [
    "CheckContext",
    "CompiledRules",
    "Finding",
    "GuideProblem",
    "check_text",
    "compile_rules",
    "guide_problems",
    "length",
    "length_limit",
    "length_unit",
    "reading_seconds",
]

PLATFORM_LENGTH: Final = Rule(id="platform-length", level="stop")
EMPTY: Final = Rule(id="platform-empty", level="stop")
UNSENDABLE: Final = Rule(id="platform-characters", level="stop")
UNFILLED: Final = Rule(id="platform-variable", level="stop")
TURNED_AROUND: Final = Rule(id="platform-direction", level="stop")
DIRECTION: Final = Rule(id="platform-direction", level="warn")
OTHER_LANGUAGE: Final = Rule(id="guide-language", level="warn")

_UNSENDABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
_OVERRIDES = "\u202d\u202e"
_PHRASE_BREAK = re.compile(r"(?<!\.)\.(?!\.)|[!?;\n。！？]")
_LONGEST_GAP = 16


def check_text(rules: CompiledRules | Sequence[Rule], text: str, context: CheckContext) -> list[Finding]:
    """What `rules` and the platform's own limits say about `text`, ordered by place.

    Each rule yields at most 20 findings. Pass `CompiledRules` where the same rules check many texts.
    """
    compiled = rules if isinstance(rules, CompiledRules) else compile_rules(rules)
    language = base_language(context.language) or detect_language(text) or base_language(context.brand_language)
    reading = Reading(text, language_data(language), stems(language), context)
    out = Findings(reading.normalised, language, context)
    _judge_sendable(reading, out)
    tag = _with_variant(language, reading, compiled)
    reading.tag = tag or ""
    view = compiled.view(tag, context.platform, context.kind)
    if compiled.spoken and language is not None and language not in compiled.spoken and tag not in compiled.spoken:
        out.add(OTHER_LANGUAGE, -1, "other_language", 0, 0, quote=(tag or language).upper())
    matched = _match_words(view, reading, out)
    if view.literal is not None:
        _match_literals(view, reading, out)
    for order, rule in view.judged:
        JUDGES[type(rule)](rule, order, reading, view, matched, out)
    return out.in_order()


def _with_variant(language: str | None, reading: Reading, compiled: CompiledRules) -> str | None:
    """The language with its variant: as told, as the text shows it, else the brand's, else the only one rules name."""
    told, brand = language_tag(reading.context.language), language_tag(reading.context.brand_language)
    if language is None or (told is not None and told != language):
        return told or language
    if base_language(brand) != language:
        brand = language
    named = compiled.variants.get(language, ())
    if not named and brand == language:
        return language  # nothing depends on it
    shown = variant_shown(language, reading.plain_words)
    if shown is not None:
        return shown
    return named[0] if brand == language and len(named) == 1 else brand


def _judge_sendable(reading: Reading, out: Findings) -> None:
    text = reading.text
    limit = length_limit(reading.context.platform, reading.context.kind)
    if limit is not None and len(text) * 4 > limit:
        _judge_platform_length(reading, limit, out)
    if shows_nothing(text):
        out.add(EMPTY, -1, "empty", 0, len(text), quote="")
    for place in places(text)[:MOST_HITS_PER_RULE]:
        out.add(UNFILLED, -1, "unfilled_variable", place.start, place.end)
    if not reading.holds & UNPRINTABLE:
        return
    for rule, words, pattern in ((UNSENDABLE, "unsendable", _UNSENDABLE), (DIRECTION, "hidden_direction", _DIRECTION)):
        for hits, match in enumerate(pattern.finditer(text), 1):
            mark = match.group()
            found = TURNED_AROUND if mark in _OVERRIDES else rule
            out.add(found, -1, words, *match.span(), "", quote=f"U+{ord(mark):04X}")
            if hits == MOST_HITS_PER_RULE:
                break


def _judge_platform_length(reading: Reading, limit: int, out: Findings) -> None:
    platform, kind = reading.context.platform, reading.context.kind
    text = reading.text
    count = length(text, platform, kind)
    if count <= limit:
        return
    unit = length_unit(platform, kind)
    # Where the limit falls, in code points: cutting the bytes there never keeps half a character.
    fits = (
        limit if unit == "characters" else len(text.encode("utf-8", "surrogatepass")[:limit].decode("utf-8", "ignore"))
    )
    out.add(
        PLATFORM_LENGTH,
        -1,
        f"platform_{unit}",
        fits,
        len(text),
        platform=PLATFORM_LABELS.get(platform or "", platform),
        count=count,
        limit=limit,
        over=count - limit,
    )


def _match_words(view: View, reading: Reading, out: Findings) -> dict[int, list[tuple[int, int]]]:
    """Findings of the phrases that stand in the text; hands back where the needed ones do."""
    index = view.index
    keys = reading.keys
    matched: dict[int, list[tuple[int, int]]] = {}
    reported: dict[int, list[int]] = {}  # order of the rule -> [findings, word after the last one]
    for place in compress(range(len(keys)), map(index.__contains__, keys)):
        for phrase in index[keys[place]]:
            size = phrase.size
            if size > 1 and tuple(keys[place : place + size]) != phrase.keys:
                continue
            if phrase.surfaces is not None and not phrase.same_surface(reading.words[place : place + size]):
                continue
            if phrase.needed:
                matched.setdefault(phrase.order, []).append((place, size))
                continue
            so_far = reported.setdefault(phrase.order, [0, 0])
            if so_far[0] >= MOST_HITS_PER_RULE or place < so_far[1]:
                continue
            if size == 1:
                start, end = reading.span(place)
            else:
                spans = reading.spans(place, size)
                if not _in_one_breath(reading.text, spans):
                    continue
                start, end = spans[0][0], spans[-1][1]
            if _report(phrase, place, start, end, reading, out):
                so_far[0] += 1
                so_far[1] = place + size
    return matched


def _in_one_breath(text: str, spans: Sequence[Span]) -> bool:
    """Whether nothing between the words ends a sentence."""
    for (_, before), (after, _) in pairwise(spans):
        if after - before == 1 and text[before] == " ":
            continue
        if after - before > _LONGEST_GAP or _PHRASE_BREAK.search(text, before, after):
            return False
    return True


def _report(phrase: Phrase, place: int, start: int, end: int, reading: Reading, out: Findings) -> bool:
    rule = phrase.rule
    if isinstance(rule, NeedsApproval):
        out.add(rule, phrase.order, "approval", start, end)
        return True
    if isinstance(rule, Preferred):
        if _already_preferred(rule, place, phrase.size, reading):
            return False
        words, wanted = "preferred", rule.use
    else:
        assert isinstance(rule, Banned)
        words, wanted = ("banned", "") if rule.suggestion is None else ("banned_instead", rule.suggestion)
    given = reading.words[place : place + phrase.size]
    suggestion: str | None = None
    # The rule knows its suggestion in one form only: put in the place of another form it would be wrong.
    if wanted and phrase.is_written(given):
        raised = phrase.match != "case" and reading.text[start].isupper() and wanted[0].islower()
        suggestion = wanted[0].upper() + wanted[1:] if raised else wanted
    out.add(rule, phrase.order, words, start, end, suggestion, wanted=wanted)
    return True


def _already_preferred(rule: Preferred, place: int, size: int, reading: Reading) -> bool:
    """Whether these words are part of what the brand prefers: `app` within `Pennywell app`."""
    wanted = words_of_use(rule)
    if len(wanted) < size:
        return False
    for offset in range(len(wanted) - size + 1):
        first = place - offset
        if first < 0:
            break
        given = reading.words[first : first + len(wanted)]
        if (given if rule.match == "case" else list(map(plain, given))) == wanted:
            return True
    return False


def _match_literals(view: View, reading: Reading, out: Findings) -> None:
    assert view.literal is not None
    text = reading.text
    reported: dict[int, int] = {}
    for match in view.literal.finditer(text):
        start, end = match.span()
        if text[start].isalnum() and start and text[start - 1].isalnum():
            continue
        if text[end - 1].isalnum() and end < len(text) and text[end].isalnum():
            continue
        for phrase in view.literals.get(match.group().casefold(), ()):
            if phrase.match == "case" and phrase.written.strip() != match.group():
                continue
            if reported.get(phrase.order, 0) >= MOST_HITS_PER_RULE:
                continue
            reported[phrase.order] = reported.get(phrase.order, 0) + 1
            rule = phrase.rule
            if isinstance(rule, Preferred):
                out.add(rule, phrase.order, "preferred", start, end, rule.use, wanted=rule.use)
            elif isinstance(rule, Banned):
                words = "banned" if rule.suggestion is None else "banned_instead"
                out.add(rule, phrase.order, words, start, end, rule.suggestion, wanted=rule.suggestion)
            elif isinstance(rule, NeedsApproval):
                out.add(rule, phrase.order, "approval", start, end)


@dataclass(frozen=True, slots=True)
class GuideProblem:
    """An example of a rule that does not show what it should. `field` is `good` or `bad`."""

    rule: str
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.rule}, {self.field}: {self.message}"


def example_context(rule: Rule, example: Example, brand_language: str) -> CheckContext:
    """Where an example of this rule stands: as it says itself, else where the rule holds."""
    stars = example.stars
    if stars is None and isinstance(rule, Empathy) and not example.complaint:
        stars = rule.max_stars
    return CheckContext(
        platform=example.platform or next(iter(rule.platforms), None),
        kind=example.kind or next(iter(rule.kinds), None),
        language=example.language or (rule.languages[0] if rule.languages else None) or brand_language,
        stars=stars,
        customer_name=example.customer_name,
        brand_language=brand_language,
        complaint=example.complaint,
        began_with=example.began_with,
    )


def example_problems(rules: Sequence[Rule], brand_language: str = "en") -> list[GuideProblem]:
    """Rules whose good example breaks them, or whose bad example does not."""
    problems: list[GuideProblem] = []
    for rule in rules:
        for field, example in (("good", rule.good), ("bad", rule.bad)):
            if example is None:
                continue
            context = example_context(rule, example, brand_language)
            broken = any(finding.rule == rule.id for finding in check_text([rule], example.text, context))
            if broken and field == "good":
                problems.append(GuideProblem(rule.id, field, worded("the good example breaks the rule it should keep")))
            elif not broken and field == "bad":
                problems.append(GuideProblem(rule.id, field, worded("the bad example keeps the rule it should break")))
    return problems


def guide_problems(rules: Sequence[Rule], brand_language: str = "en") -> list[str]:
    """`example_problems` as sentences; empty where every example shows what it should."""
    return [str(problem) for problem in example_problems(rules, brand_language)]
