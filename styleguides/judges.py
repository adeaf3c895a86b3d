"""One function per kind of rule that looks at a text as a whole: what it counts, what it misses."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, Final

from styleguides.compiled import NAME_PLACE, Phrase, View
from styleguides.explain import Findings
from styleguides.length import seconds_for_words
from styleguides.manner import (
    MOST_HITS_PER_RULE,
    Matched,
    is_allowed,
    judge_address,
    judge_hashtags,
    judge_negative,
    judge_promises,
    judge_sales,
    judge_unedited,
)
from styleguides.names import first_name, name_places
from styleguides.own_numbers import bare, is_own
from styleguides.personal_data import personal_data
from styleguides.pieces import DIGIT
from styleguides.reading import Reading
from styleguides.rule_kinds import (
    Address,
    Capitals,
    EmojiBudget,
    Empathy,
    ExclamationBudget,
    Greeting,
    Hashtags,
    Length,
    Links,
    Negative,
    NoPersonalData,
    Promises,
    Required,
    Rule,
    SalesTalk,
    SentenceLength,
    SignOff,
    Unedited,
)
from styleguides.sign import Sign
from styleguides.tokens import WORD

_GREETING_WITHIN_WORDS: Final = 4
_NAME_WITHIN_WORDS: Final = 12
_CLOSING_REACH: Final = 200
_LOOKED_FOR_SINGLY: Final = 5

_EXCLAMATION: Final = re.compile("[!！]")
_NAME_OR_WORD = r"[^\W\d_]{1,30}"
_GREETING: Final = re.compile(rf"{_NAME_OR_WORD}(?: {_NAME_OR_WORD}){{0,3}}(?:(?:, {_NAME_OR_WORD})?!|,)(?=\s)")
"""Up to five words and a comma or an exclamation mark: `Dzień dobry,`, `Olá, Inês!`."""

Judge = Callable[[Any, int, Reading, View, Matched, Findings], None]


def _with_name(phrase: str, name: str | None) -> str:
    if name is not None:
        return phrase.replace(NAME_PLACE, name)
    return phrase.replace(f", {NAME_PLACE}", "").replace(f" {NAME_PLACE}", "").replace(NAME_PLACE, "").strip()


def _literal_found(phrases: tuple[Phrase, ...], text: str) -> bool:
    return any(phrase.literal and phrase.written.strip() in text for phrase in phrases)


def _closed(phrase: str) -> str:
    return phrase if phrase[-1:] in ".!?…" else f"{phrase}."


def judge_required(rule: Required, order: int, reading: Reading, view: View, matched: Matched, out: Findings) -> None:
    if order in matched or _literal_found(view.phrases_of.get(order, ()), reading.text):
        return
    end = len(reading.text.rstrip())
    out.add(rule, order, "required", end, end, f" {rule.any_of[0]}", wanted=rule.any_of[0])


def judge_greeting(rule: Greeting, order: int, reading: Reading, view: View, matched: Matched, out: Findings) -> None:
    name = first_name(reading.context.customer_name)
    inflected = reading.language.names_inflect
    if rule.name == "never" and name is not None:
        for place in name_places(reading.words, name, inflected)[:MOST_HITS_PER_RULE]:
            out.add(rule, order, "greeting_no_name", *reading.span(place))
    wants_name = rule.name == "required" and name is not None
    if rule.any_of:
        first = rule.any_of[0]
        wanted = _with_name(first, name if rule.name != "never" else None)
        if wants_name and NAME_PLACE not in first:
            wanted = f"{first} {name}"
        hits = [hit for hit in matched.get(order, ()) if hit[0] < _GREETING_WITHIN_WORDS]
        if not hits and not _literal_found(view.phrases_of.get(order, ()), reading.text[:_CLOSING_REACH]):
            out.add(rule, order, "greeting", 0, 0, f"{wanted} ", wanted=wanted)
            return
    else:
        hits, wanted = [], name or ""
    if not wants_name or name is None or name in (near := reading.words[:_NAME_WITHIN_WORDS]):
        return
    if not name_places(near, name, inflected):
        place = reading.span(*hits[0])[1] if hits else 0
        out.add(rule, order, "greeting_name", place, place, f" {name}" if place else f"{name}, ", wanted=wanted)


def judge_sign_off(rule: SignOff, order: int, reading: Reading, view: View, matched: Matched, out: Findings) -> None:
    earliest = len(reading.words) - rule.within_words
    if any(first + size > earliest for first, size in matched.get(order, ())):
        return
    if _literal_found(view.phrases_of.get(order, ()), reading.text[-_CLOSING_REACH:]):
        return
    end = len(reading.text.rstrip())
    out.add(rule, order, "sign_off", end, end, f"\n{rule.any_of[0]}", wanted=rule.any_of[0])


def judge_empathy(rule: Empathy, order: int, reading: Reading, view: View, matched: Matched, out: Findings) -> None:
    stars = reading.context.stars
    few_stars = stars is not None and stars <= rule.max_stars
    if not few_stars and not (rule.on_complaints and reading.context.complaint):
        return
    if order not in matched and not _literal_found(view.phrases_of.get(order, ()), reading.text):
        line = _closed(rule.any_of[0])
        place, suggestion = 0, f"{line} "
        greeting = _GREETING.match(reading.text)
        if greeting is not None:  # a greeting stays in front
            place, suggestion = greeting.end(), f" {line}"
        words = "empathy" if few_stars else "empathy_complaint"
        out.add(rule, order, words, place, place, suggestion, wanted=rule.any_of[0], stars=stars)
    blamed = (hit for hit in reading.blames if not (rule.allowed and is_allowed(rule.allowed, reading, *hit)))
    for place, size in islice(blamed, MOST_HITS_PER_RULE - 1):
        out.add(rule, order, "blame", *reading.span(place, size))


def judge_length(rule: Length, order: int, reading: Reading, view: View, matched: Matched, out: Findings) -> None:
    text = reading.text
    size = len(text)
    if rule.max_characters is not None and size > rule.max_characters:
        limit = rule.max_characters
        out.add(rule, order, "too_long", limit, size, count=size, limit=limit, over=size - limit)
    if rule.min_characters is not None and size < rule.min_characters:
        out.add(rule, order, "too_short", size, size, count=size, limit=rule.min_characters)
    if rule.max_reading_seconds is not None:
        seconds = seconds_for_words(len(reading.words))
        if seconds > rule.max_reading_seconds:
            out.add(rule, order, "reading_time", 0, size, count=seconds, limit=rule.max_reading_seconds)


def judge_emoji(rule: EmojiBudget, order: int, reading: Reading, view: View, matched: Matched, out: Findings) -> None:
    count = len(reading.emoji)
    if count > rule.max_count:
        start, end = reading.emoji[rule.max_count]
        out.add(rule, order, "emoji", start, end, "", count=count, limit=rule.max_count)


def judge_exclamation(
    rule: ExclamationBudget, order: int, reading: Reading, view: View, matched: Matched, out: Findings
) -> None:
    text = reading.text
    wide = 0 if text.isascii() else text.count("！")
    count = text.count("!") + wide
    if count <= rule.max_count:
        return
    if wide or rule.max_count > _LOOKED_FOR_SINGLY:
        place = next(islice(_EXCLAMATION.finditer(text), rule.max_count, None)).start()
    else:
        place = -1
        for _ in range(rule.max_count + 1):
            place = text.find("!", place + 1)
    end = place + 1
    while end < len(text) and text[end] in "!！":
        end += 1
    mark_before = place > 0 and text[place - 1] in "!！?.…"
    out.add(rule, order, "exclamation", place, end, "" if mark_before else ".", count=count, limit=rule.max_count)


def judge_sentences(
    rule: SentenceLength, order: int, reading: Reading, view: View, matched: Matched, out: Findings
) -> None:
    if len(reading.text) <= 2 * rule.max_words or not reading.may_hold_sentence_beyond(rule.max_words):
        return
    hits = 0
    for start, end in reading.sentences:
        chunks = reading.text[start:end].split()
        if len(chunks) <= rule.max_words:
            continue
        count = sum(1 for chunk in chunks if WORD.search(chunk))
        if count > rule.max_words:
            out.add(rule, order, "sentence_length", start, end, count=count, limit=rule.max_words)
            hits += 1
            if hits == MOST_HITS_PER_RULE:
                return


def judge_links(rule: Links, order: int, reading: Reading, view: View, matched: Matched, out: Findings) -> None:
    links = reading.links
    if not links:
        return
    if rule.max_count is not None and len(links) > rule.max_count:
        link = links[rule.max_count]
        out.add(rule, order, "links_many", link.start, link.end, "", count=len(links), limit=rule.max_count)
    if rule.allowed_domains:
        allowed = [domain.lower().removeprefix("www.").strip(".") for domain in rule.allowed_domains]
        elsewhere = [link for link in links if not any(_within(link.host, domain) for domain in allowed)]
        for link in elsewhere[:MOST_HITS_PER_RULE]:
            out.add(rule, order, "links_domain", link.start, link.end)


def _within(host: str, domain: str) -> bool:
    return host == domain or host.endswith(f".{domain}")


def judge_capitals(rule: Capitals, order: int, reading: Reading, view: View, matched: Matched, out: Findings) -> None:
    if not any(len(reading.words[place]) >= rule.min_letters for place in reading.capitals):
        return
    allowed = {word for entry in rule.allowed for word in WORD.findall(entry.casefold())}
    high = [place for place in reading.capitals if reading.words[place].casefold() not in allowed]
    hits = 0
    at = 0
    while at < len(high) and hits < MOST_HITS_PER_RULE:
        last = at
        while last + 1 < len(high) and high[last + 1] == high[last] + 1:
            last += 1
        first, after = high[at], high[last] + 1
        at = last + 1
        if not any(sum(map(str.isalpha, word)) >= rule.min_letters for word in reading.words[first:after]):
            continue
        start, end = reading.span(first, after - first)
        calm = reading.text[start:end].lower()
        before = reading.text[max(0, start - 3) : start].rstrip()
        if not before or before[-1] in ".!?…":
            calm = calm[:1].upper() + calm[1:]
        out.add(rule, order, "capitals", start, end, calm)
        hits += 1


def judge_personal_data(
    rule: NoPersonalData, order: int, reading: Reading, view: View, matched: Matched, out: Findings
) -> None:
    if reading.context.kind == "message" and not rule.kinds:
        return  # nobody else reads it
    if not reading.specials and not reading.holds & DIGIT and not reading.shows(Sign.HEALTH):
        return
    text = reading.text
    own = [bare(entry) for entry in rule.allowed]
    hits = 0
    for one in personal_data(text, rule.order_patterns, reading.specials):
        if (rule.sorts and one.sort not in rule.sorts) or is_own(bare(text[one.start : one.end]), own):
            continue
        out.add(rule, order, f"personal_{one.sort}", one.start, one.end)
        hits += 1
        if hits == MOST_HITS_PER_RULE:
            return
    if not rule.sorts or "health" in rule.sorts:
        for place, size in reading.health_words[: MOST_HITS_PER_RULE - hits]:
            start, end = reading.span(place, size)
            if bare(text[start:end]) not in own:
                out.add(rule, order, "personal_health", start, end)


JUDGES: Final[Mapping[type[Rule], Judge]] = {
    Required: judge_required,
    Greeting: judge_greeting,
    SignOff: judge_sign_off,
    Empathy: judge_empathy,
    Length: judge_length,
    EmojiBudget: judge_emoji,
    ExclamationBudget: judge_exclamation,
    SentenceLength: judge_sentences,
    Links: judge_links,
    Capitals: judge_capitals,
    NoPersonalData: judge_personal_data,
    Address: judge_address,
    Hashtags: judge_hashtags,
    Negative: judge_negative,
    SalesTalk: judge_sales,
    Promises: judge_promises,
    Unedited: judge_unedited,
}
