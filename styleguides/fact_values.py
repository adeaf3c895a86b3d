"""The values of facts: how they are written down, said in a language, and read in running text.

Pure; linear in the text. A value is kept as text in one form of its kind: `12.50 EUR`, `07:00-10:00, 18:00-22:00`,
`30 day`, `2026-12-24`, `yes`, an address, or plain words, which nothing is compared with.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Final
from urllib.parse import urlsplit

from babel.dates import format_date, get_month_names
from babel.numbers import format_decimal
from babel.units import format_unit

from styleguides.language import FALLBACK_LANGUAGE, SUPPORTED_LANGUAGES, language_data, plain
from styleguides.tokens import WORD, Span
from tenants.errors import worded

VALUE_KINDS: Final = ("amount", "hours", "span", "day", "yes_no", "link", "text")
LONGEST_VALUE: Final = 500
UNITS: Final = ("minute", "hour", "day", "week", "month", "year")
_DOLLARS: Final = ("USD", "CAD", "AUD", "NZD", "MXN", "ARS", "CLP", "COP")
_CODES: Final = "EUR PLN BRL USD CAD AUD NZD MXN ARS CLP COP GBP CHF CZK SEK NOK DKK HUF RON UAH JPY"
_CURRENCIES: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(("€", "euro", "euros"), ("EUR",)),
    **dict.fromkeys(("zł", "zl", "złoty", "złote", "złotych", "złotego"), ("PLN",)),
    **dict.fromkeys(("r$", "real", "reais"), ("BRL",)),
    **dict.fromkeys(("$", "dollar", "dollars", "dólar", "dólares", "dolar", "dolary", "dolarów"), _DOLLARS),
    "us$": ("USD",),
    **dict.fromkeys(("£", "pound", "pounds"), ("GBP",)),
    **{code.lower(): (code,) for code in _CODES.split()},
    "kč": ("CZK",),
    "₴": ("UAH",),
}
_MARKS = "|".join(sorted(map(re.escape, _CURRENCIES), key=len, reverse=True))
_NUMBER = r"\d{1,3}(?:[ .,'\u00a0\u202f]\d{3}){1,4}(?:[.,]\d{1,2})?(?!\d)|\d{1,9}(?:[.,]\d{1,2})?(?!\d)"
_AMOUNT = re.compile(
    rf"(?<![\w.,])(?:(?P<before>{_MARKS})[ \u00a0\u202f]?)?(?P<number>{_NUMBER})"
    rf"(?:[ \u00a0\u202f]?(?P<after>{_MARKS})(?!\w))?",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"(?<![\w.,:/])(?:(?<!-)|(?<=:\d\d-)|(?<=\dh-)|(?<=h\d\d-)|(?<=[ap]m-))(?P<hour>\d{1,2})(?:(?P<mark>[:.])(?P<minute>\d\d)|(?P<h>h)(?P<after_h>\d\d)?)?"
    r"(?:[ \u00a0]?(?P<half>[ap])(?:m|\.m\.?))?(?!\w)",
    re.IGNORECASE,
)
_DASH = re.compile(r"\s?[-–—]\s?")
_ISO_DAY = re.compile(r"(?<!\d)(\d{4})-(\d\d)-(\d\d)(?!\d)")
_NUMBER_DAY = re.compile(r"(?<![\w.,/])(\d{1,2})([./])(\d{1,2})(?:\2(\d{4}|\d\d)|\.)?(?![\w/])")
_LINK = re.compile(r"(?:https?://)?(?:[\w-]{1,63}\.){1,8}[a-z]{2,24}(?::\d{1,5})?(?:[/?#][^\s<>\"]*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Amount:
    """So much of one of these currencies; `number` is where the figure stands in the text."""

    value: Decimal
    currencies: tuple[str, ...]
    number: Span = (0, 0)

    def agrees(self, other: Amount) -> bool:
        return self.value == other.value and not set(self.currencies).isdisjoint(other.currencies)


@dataclass(frozen=True, slots=True)
class Clock:
    """Minutes after midnight; `either`: nobody says which half of the day."""

    minutes: int
    either: bool = False

    def agrees(self, minutes: int) -> bool:
        times = (self.minutes, (self.minutes + 720) % 1440) if self.either else (self.minutes,)
        return any(time % 1440 == minutes % 1440 for time in times)


@dataclass(frozen=True, slots=True)
class Hours:
    """A beginning and an end, or one of them; a time of which nobody says which it is has both the same."""

    opens: Clock | None
    closes: Clock | None


Period = tuple[int, int]


def written_value(kind: str, value: str) -> str:
    """The form in which a value of this kind is kept. Raises ValueError with what must be otherwise."""
    value = " ".join(value.split())
    if not value:
        raise ValueError(worded("must not be empty"))
    if len(value) > LONGEST_VALUE:
        raise ValueError(
            worded("is %(n)s characters long; at most %(limit)s are allowed", n=len(value), limit=LONGEST_VALUE)
        )
    if kind == "amount":
        found = list(amounts(value))
        if len(found) != 1 or found[0][0] != (0, len(value)):
            raise ValueError(worded("must be an amount with its currency, such as 12.50 EUR"))
        figure = found[0][1].value
        return f"{figure:.{2 if figure % 1 else 0}f} {found[0][1].currencies[0]}"
    if kind == "hours":
        return _written_hours(value)
    if kind == "span":
        for code in SUPPORTED_LANGUAGES:
            spans = list(time_spans(value, code))
            if len(spans) == 1 and spans[0][0] == (0, len(value)):
                return "{} {}".format(*spans[0][1])
        raise ValueError(worded("must be a number and a unit of time, such as 30 days"))
    if kind == "day":
        if (match := _ISO_DAY.fullmatch(value)) is None or _day(*map(int, match.groups())) is None:
            raise ValueError(worded("must be a day such as 2027-03-31"))
        return value
    if kind == "yes_no":
        return _written_yes_no(value)
    if kind == "link":
        if _LINK.fullmatch(value) is None:
            raise ValueError(worded("must be the address of a page, such as https://example.com/help"))
        return value if "://" in value else f"https://{value}"
    return value


def said_value(kind: str, value: str, language: str | None) -> str:
    """The value in words of a language: `12,50 EUR`, `30 dni`, `24 de dezembro de 2026`, `sim`."""
    code = language if language in SUPPORTED_LANGUAGES else FALLBACK_LANGUAGE
    assert code is not None
    if kind == "amount":
        number, currency = value.split()
        return f"{said_number(number, code)} {currency}"
    if kind == "hours":
        return value.replace("-", "–")
    if kind == "span":
        count, unit = value.split()
        said = format_unit(int(count), f"duration-{unit}", locale=code)
        if "duration" not in said:
            return said
        one, more = language_data(code).section("facts")[unit].split()[:2]  # where the tables of words have a gap
        return f"{count} {one if count == '1' else more}"
    if kind == "day":
        return format_date(date.fromisoformat(value), "long", locale=code)
    if kind == "yes_no":
        return str(language_data(code).section("facts")[value].split()[0])
    return value


def said_number(number: str, language: str) -> str:
    """A figure with the language's own marks, the cents only where there are any."""
    return format_decimal(Decimal(number), "#,##0.00" if "." in number else "#,##0", locale=language)


def amounts(text: str) -> Iterator[tuple[Span, Amount]]:
    """Figures with a currency before or after them."""
    for match in _AMOUNT.finditer(text):
        mark = match["after"] or match["before"]
        if mark is not None:
            yield match.span(), Amount(_figure(match["number"]), _CURRENCIES[mark.lower()], match.span("number"))


def hours(text: str, code: str) -> Iterator[tuple[Span, Hours]]:
    """Times of the day: from one to another, or the beginning or the end alone. A bare figure counts only in a pair."""
    words = _facts(code)
    taken = [span for span, _ in amounts(text)]
    found = [match for match in _CLOCK.finditer(text) if _is_time(match, taken)]
    at = 0
    while at < len(found):
        one, other = found[at], found[at + 1] if at + 1 < len(found) else None
        before = _last_word(text, one.start())
        is_after = before in words.opens
        at += 1
        if other is not None:
            between = text[one.end() : other.start()]
            joined = between.strip().lower() in words.closes and (is_after or not _is_bare(one) or not _is_bare(other))
            dashed = _DASH.fullmatch(between) is not None and (is_after or not (_is_bare(one) and _is_bare(other)))
            if (joined or dashed) and not _unit_follows(text, other.end(), words):
                half = other["half"] if one["half"] is None else None
                yield (one.start(), other.end()), Hours(_clock(one, code, half), _clock(other, code))
                at += 1
                continue
        if _is_bare(one) or _unit_follows(text, one.end(), words):
            continue
        clock = _clock(one, code)
        near = _last_words(text, one.start())
        opens = any(word in words.opens for word in near)
        closes = any(word in words.closes for word in near)
        if opens and closes:  # the nearer one says it: open until 8
            nearest = next(word for word in near if word in words.opens or word in words.closes)
            opens, closes = nearest in words.opens, nearest in words.closes
        yield one.span(), Hours(None if closes else clock, None if opens else clock)


def time_spans(text: str, code: str) -> Iterator[tuple[Span, tuple[int, str]]]:
    """How long: a number, or a small number as a word, before a unit of time."""
    words = _facts(code)
    last: re.Match[str] | None = None
    for match in WORD.finditer(text):
        word = plain(match.group())
        unit = words.units.get(word)
        if unit is not None and last is not None and match.start() - last.end() <= 1:
            number = last.group()
            count = int(number) if number.isascii() and number.isdigit() and len(number) < 6 else words.number(number)
            if count is not None:
                yield (last.start(), match.end()), (count, unit)
        last = match


def days(text: str, code: str) -> Iterator[tuple[Span, frozenset[tuple[int, int, int | None]]]]:
    """Days as (month, day, year where it is said), each as all it may mean: 3/4 is two of them."""
    for match in _ISO_DAY.finditer(text):
        yield match.span(), frozenset({(int(match[2]), int(match[3]), int(match[1]))})
    for match in _NUMBER_DAY.finditer(text):
        first, second, year_told = int(match[1]), int(match[3]), match[4]
        told = None if year_told is None else int(year_told) + (2000 if len(year_told) == 2 else 0)
        orders = [(second, first)] if match[2] == "." or code != "en" else [(second, first), (first, second)]
        meant = frozenset((month, day, told) for month, day in orders if _day(told or 2024, month, day))
        if meant:
            yield match.span(), meant
    names, pattern = _month_names(code)
    for match in pattern.finditer(text):
        day, month = int(match["day"] or match["day_after"]), names[plain(match["month"] or match["month_before"])]
        year = match["year"] or match["year_after"]
        if _day(2024, month, day):
            yield match.span(), frozenset({(month, day, int(year) if year else None)})


def same_page(one: str, other: str) -> bool:
    """Whether two addresses lead to the same page, however they are written."""
    return _page(one) == _page(other)


def periods(value: str) -> list[Period]:
    """Kept hours as minutes after midnight."""
    found = []
    for part in value.split(", "):
        opens, closes = (int(time[:2]) * 60 + int(time[3:]) for time in part.split("-"))
        found.append((opens, closes))
    return found


def hours_agree(told: Hours, value: str) -> bool:
    """Whether hours in a text can stand beside kept ones. A time of which nobody says more may lie within them."""
    kept = periods(value)
    if told.opens is not None and told.closes is not None and told.opens is not told.closes:
        ends = [*kept, (kept[0][0], kept[-1][1])]
        return any(told.opens.agrees(opens) and told.closes.agrees(closes) for opens, closes in ends)
    if told.closes is None:
        assert told.opens is not None
        return any(told.opens.agrees(opens) for opens, _ in kept)
    if told.opens is None:
        return any(told.closes.agrees(closes) for _, closes in kept)
    times = {told.opens.minutes, (told.opens.minutes + 720) % 1440} if told.opens.either else {told.opens.minutes}
    return any(
        opens <= time <= closes if opens <= closes else time >= opens or time <= closes
        for time in times
        for opens, closes in kept
    )


def span_minutes(count: int, unit: str) -> tuple[int, bool]:
    """Minutes, or months: a month has no number of days."""
    if unit in ("month", "year"):
        return count * (12 if unit == "year" else 1), True
    return count * {"minute": 1, "hour": 60, "day": 1440, "week": 10080}[unit], False


@dataclass(frozen=True, slots=True)
class FactWords:
    """What a language file says of facts; all words plain."""

    units: dict[str, str]
    numbers: tuple[str, ...]
    opens: frozenset[str]
    closes: frozenset[str]
    yes: frozenset[str]
    no: frozenset[str]

    def number(self, word: str) -> int | None:
        word = plain(word)
        return self.numbers.index(word) + 1 if word in self.numbers else None


@cache
def _facts(code: str) -> FactWords:
    section = language_data(code).section("facts")
    given = {name: tuple(map(plain, section.get(name, "").split())) for name in (*UNITS, *_LISTS)}
    return FactWords(
        units={word: unit for unit in UNITS for word in given[unit]},
        numbers=given["numbers"],
        opens=frozenset(given["from"]),
        closes=frozenset(given["until"]),
        yes=frozenset(given["yes"]),
        no=frozenset(given["no"]),
    )


fact_words = _facts
_LISTS: Final = ("numbers", "from", "until", "yes", "no")


def _figure(written: str) -> Decimal:
    digits = re.sub(r"[ '\u00a0\u202f]", "", written)
    mark = max(digits.rfind("."), digits.rfind(","))
    if mark >= 0 and len(digits) - mark - 1 < 3:
        return Decimal(re.sub(r"[.,]", "", digits[:mark]) + "." + digits[mark + 1 :])
    return Decimal(re.sub(r"[.,]", "", digits))


def _is_bare(match: re.Match[str]) -> bool:
    return match["mark"] is None and match["h"] is None and match["half"] is None


def _is_time(match: re.Match[str], taken: list[Span]) -> bool:
    minute = match["minute"] or match["after_h"] or "0"
    if int(match["hour"]) > 24 or int(minute) > 59 or (match["mark"] == "." and int(minute) % 15):
        return False
    at = bisect_left(taken, (match.end(), 0)) - 1  # the last that begins before this ends; none overlaps another
    return at < 0 or taken[at][1] <= match.start()


def _clock(match: re.Match[str], code: str, half: str | None = None) -> Clock:
    hour, minute = int(match["hour"]), int(match["minute"] or match["after_h"] or 0)
    half, said = (match["half"] or half or "").lower(), match["half"] is not None
    if half and hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    # `7-10 pm` may mean either seven
    either = not said and hour <= 12 and (bool(half) or _is_bare(match) or code == "en")
    return Clock(hour * 60 + minute, either)


def _last_word(text: str, stop: int) -> str:
    return next(iter(_last_words(text, stop)), "")


def _last_words(text: str, stop: int) -> list[str]:
    """The three words before a place, the nearest first."""
    return [plain(word) for word in WORD.findall(text[max(0, stop - 40) : stop])][:-4:-1]


def _unit_follows(text: str, place: int, words: FactWords) -> bool:
    match = WORD.search(text[place : place + 20])
    return match is not None and not text[place : place + match.start()].strip() and plain(match[0]) in words.units


def _written_hours(value: str) -> str:
    parts = [part.strip() for part in re.split(r"[,;]", value)]
    kept = []
    for part in parts:
        ends = _DASH.split(part)
        times = [_CLOCK.fullmatch(end) for end in ends]
        if len(times) != 2 or any(time is None or not _is_time(time, []) for time in times):
            raise ValueError(worded("must be from when until when, such as 07:00-10:00"))
        kept.append("-".join("{:02}:{:02}".format(*divmod(_clock(time, "pl").minutes, 60)) for time in times if time))
    return ", ".join(kept)


def _written_yes_no(value: str) -> str:
    for code in SUPPORTED_LANGUAGES:
        section = language_data(code).section("facts")
        for answer in ("yes", "no"):
            if plain(value) == section[answer].split()[0]:
                return answer
    raise ValueError(worded("must be yes or no"))


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


@cache
def _month_names(code: str) -> tuple[dict[str, int], re.Pattern[str]]:
    locale = code if code in SUPPORTED_LANGUAGES else FALLBACK_LANGUAGE
    names = {
        plain(name).rstrip("."): month
        for width in ("abbreviated", "wide")
        for context in ("stand-alone", "format")
        for month, name in get_month_names(width, context, locale).items()
    }
    said = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    return names, re.compile(
        rf"(?<!\w)(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.|º|ª)?\s(?:de\s|of\s)?(?P<month>{said})(?!\w)"
        rf"(?:\.?\s(?:de\s|do\s)?(?P<year>\d{{4}})(?!\d))?"
        rf"|(?P<month_before>{said})\.?\s(?P<day_after>\d{{1,2}})(?:st|nd|rd|th)?(?!\w)(?:,?\s(?P<year_after>\d{{4}})(?!\d))?)",
        re.IGNORECASE,
    )


def _page(address: str) -> tuple[str, str, str]:
    parts = urlsplit(address if "://" in address else f"https://{address}")
    return parts.netloc.lower().removeprefix("www."), parts.path.rstrip("/."), parts.query
