"""Words that say somebody was heard: a brand's texts by platform, kind and language, and what fills their places. Pure.

What comes later is the answer; these say that one comes, and by when. Where a brand wrote no text in a language, ours
is offered to whoever writes by hand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from babel.dates import get_day_names, get_month_names

from styleguides.given_fields import LANGUAGE, Wrong
from styleguides.given_fields import text as read_text
from styleguides.language import base_language
from styleguides.length import PLATFORM_LABELS
from styleguides.variables import VARIABLES, Filled, fill, places
from tenants.errors import Invalid, worded
from tenants.opening_hours import Span

KINDS: Final = ("comment", "message")
"""As the style guide sees words (`agency.replies.checks.words_kind`). Not reviews: these have room for one answer."""
BY, HOURS, OTHER_WAYS = "by", "hours", "other_ways"
PLACES: Final = (*VARIABLES, BY, HOURS, OTHER_WAYS)
"""Those of a saved reply, and: by when we answer, with the words that lead to it (`by tomorrow at 12:00`); the brand's
opening hours; other ways to reach it."""
LONGEST_TEXT: Final = 1_000
LONGEST_WAYS: Final = 300
MOST_TEXTS: Final = 40
_STEP: Final = timedelta(minutes=15)
_SENTENCE_END: Final = re.compile(r"(?<=[.!?…])\s+|\n+")


class HeardText(NamedTuple):
    """One text; `""` for any platform or kind (`KINDS`)."""

    platform: str
    kind: str
    language: str
    text: str

    def fits(self, platform: str, kind: str) -> bool:
        """Whether it is about such a case."""
        return self.platform in ("", platform) and self.kind in ("", kind)

    @property
    def weight(self) -> int:
        """How much it says of the case."""
        return 2 * bool(self.kind) + bool(self.platform)


OURS: Final = (
    HeardText(
        "",
        "",
        "en",
        "Hello {customer_name}, thank you for writing to us. We have read this and will answer you {by}. "
        "We are open: {hours}. You can also reach us here: {other_ways}.",
    ),
    HeardText(
        "",
        "",
        "pl",
        "Dzień dobry, dziękujemy za wiadomość. Przeczytaliśmy ją i odpowiemy {by}. "
        "Godziny pracy: {hours}. Inny kontakt z nami: {other_ways}.",
    ),
    HeardText(
        "",
        "",
        "pt",
        "Olá {customer_name}, agradecemos a sua mensagem. Já a lemos e vamos responder {by}. "
        "O nosso horário: {hours}. Também nos pode contactar aqui: {other_ways}.",
    ),
    HeardText(
        "",
        "",
        "es",
        "Hola {customer_name}, gracias por escribirnos. Ya hemos leído su mensaje y le responderemos {by}. "
        "Nuestro horario: {hours}. También puede contactar con nosotros aquí: {other_ways}.",
    ),
)
"""What somebody begins with where the brand has no text in the customer's language."""


def text_for(texts: Sequence[HeardText], platform: str, kind: str, language: str) -> HeardText | None:
    """The one that fits a case in this very language, else in the same one of another country, and says most of the
    case; None where none does.
    """
    fitting = [one for one in texts if one.fits(platform, kind)]
    exact = [one for one in fitting if one.language == language]
    near = [one for one in fitting if base_language(one.language) == base_language(language)]
    return max(exact or near, key=lambda one: one.weight, default=None)


def begun(text: str, values: Mapping[str, str | None]) -> Filled:
    """A text with its places filled. A name nobody knows is left out with what leads to it, and a sentence that would
    tell hours or ways a brand has not named is left out whole; what else is missing stands in `missing`.
    """
    if not values.get("customer_name"):
        text = re.sub(r"\s*,?\s*\{customer_name\}", "", text)
        text = text[1:].lstrip() if text.startswith(",") else text
        text = text[:1].upper() + text[1:]
    silent = [f"{{{name}}}" for name in (HOURS, OTHER_WAYS) if not values.get(name)]
    if any(place in text for place in silent):
        text = _without(text, silent)
    return fill(text, values)


def _without(text: str, silent: Sequence[str]) -> str:
    kept, start = [], 0
    for match in [*_SENTENCE_END.finditer(text), None]:
        end = len(text) if match is None else match.end()
        if not any(place in text[start:end] for place in silent):
            kept.append(text[start:end])
        start = end
    return "".join(kept).rstrip()


_WEEKDAYS_PL: Final = (
    "w poniedziałek",
    "we wtorek",
    "w środę",
    "w czwartek",
    "w piątek",
    "w sobotę",
    "w niedzielę",
)
_BY: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "en": ("today by {time}", "by tomorrow at {time}", "by {weekday} at {time}", "by {day} {month} at {time}"),
    "pl": (
        "dziś do godziny {time}",
        "jutro do godziny {time}",
        "{weekday} do godziny {time}",
        "{day} {month} do godziny {time}",
    ),
    "pt": (
        "hoje até às {time}",
        "amanhã até às {time}",
        "até {weekday} às {time}",
        "até {day} de {month} às {time}",
    ),
    "es": (
        "hoy antes de las {time}",
        "mañana antes de las {time}",
        "el {weekday} antes de las {time}",
        "el {day} de {month} antes de las {time}",
    ),
}
"""Today, tomorrow, within six days, later: as `styleguides.promised_moments` reads them again."""


def by_words(due_at: datetime, now: datetime, zone: ZoneInfo, language: str) -> str | None:
    """By when, as a sentence of the language says it: `by tomorrow at 12:00`; None in one we have no words for."""
    base = base_language(language)
    if base is None or base not in _BY:
        return None
    local, today = due_at.astimezone(zone), now.astimezone(zone).date()
    if (local.hour, local.minute) == (0, 0):
        local -= _STEP
    ahead = (local.date() - today).days
    template = _BY[base][min(ahead, 2) if ahead < 7 else 3]
    weekday = _WEEKDAYS_PL[local.weekday()] if base == "pl" else get_day_names("wide", locale=base)[local.weekday()]
    return template.format(
        time=f"{local:%H:%M}",
        weekday=weekday,
        day=local.day,
        month=get_month_names("wide", locale=base)[local.month],
    )


def rounded_down(due_at: datetime) -> datetime:
    """To a quarter of an hour, which never promises more time than there is."""
    return due_at - timedelta(minutes=due_at.minute % 15, seconds=due_at.second, microseconds=due_at.microsecond)


def hours_words(days: Sequence[Sequence[Span]], language: str) -> str:
    """Hours of a week, Monday first, in a few words: `Mon–Fri 9:00–17:00, Sat 10:00–14:00`; empty where there are none
    or the language is unknown.
    """
    base = base_language(language)
    if base is None or base not in _BY:
        return ""
    names = get_day_names("abbreviated", "stand-alone", locale=base)
    parts: list[str] = []
    first = 0
    while first < len(days):
        last = first
        while last + 1 < len(days) and tuple(days[last + 1]) == tuple(days[first]):
            last += 1
        if days[first]:
            named = names[first] if first == last else f"{names[first]}–{names[last]}"
            spans = " / ".join(f"{_time(start)}–{_time(end)}" for start, end in days[first])
            parts.append(f"{named.replace('.', '')} {spans}")
        first = last + 1
    return ", ".join(part.replace(".–", "–") for part in parts)


def _time(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02d}"


def checked_texts(given: Any) -> tuple[HeardText, ...]:
    """Texts as somebody gave them, each with `platform`, `kind`, `language`, `text`; those without words left out.

    Raises Invalid naming the fields: `texts`, or one of a line, `texts.0.text`.
    """
    errors: dict[str, list[str]] = {}
    found: list[HeardText] = []
    if not isinstance(given, (list, tuple)) or not all(isinstance(one, Mapping) for one in given):
        errors["texts"] = [worded("must be a list of texts, each with its language")]
        given = ()
    if len(given) > MOST_TEXTS:
        errors["texts"] = [worded("are too many; %(n)s are enough", n=MOST_TEXTS)]
        given = ()
    for number, line in enumerate(given):
        words = _words(line.get("text", ""), f"texts.{number}.text", errors)
        if words == "":
            continue
        platform, kind, language = (line.get(name, "") for name in ("platform", "kind", "language"))
        if platform not in ("", *PLATFORM_LABELS):
            errors[f"texts.{number}.platform"] = [worded("is none of those there are")]
        if kind not in ("", *KINDS):
            errors[f"texts.{number}.kind"] = [worded("is none of those there are")]
        if not isinstance(language, str) or not LANGUAGE.fullmatch(language):
            errors[f"texts.{number}.language"] = [worded("needs a language code such as en or pt-BR beside each text")]
        elif base_language(language) not in _BY and f"{{{BY}}}" in words:
            errors[f"texts.{number}.text"] = [
                worded("has %(place)s, for which we have no words in this language", place=f"{{{BY}}}")
            ]
        if any((platform, kind, language) == other[:3] for other in found):
            errors[f"texts.{number}.language"] = [worded("is said twice for the same cases")]
        found.append(HeardText(platform, kind, language, words))
    if errors:
        raise Invalid("These texts cannot be kept. Nothing was changed; see the fields.", errors=errors)
    return tuple(found)


def _words(value: Any, field: str, errors: dict[str, list[str]]) -> str:
    try:
        words = read_text(value, LONGEST_TEXT)
    except Wrong as wrong:
        errors[field] = [wrong.args[0]]
        return "?"
    unknown = next((place.name for place in places(words) if place.name not in PLACES), None)
    if unknown is not None:
        errors[field] = [
            worded(
                "has %(place)s, which nothing fills; possible are %(names)s",
                place=f"{{{unknown}}}",
                names=", ".join(f"{{{name}}}" for name in PLACES),
            )
        ]
    return words


def checked_ways(given: Any) -> str:
    """Other ways to reach the brand, on one line. Raises Invalid naming `other_ways`."""
    try:
        return " ".join(read_text(given, LONGEST_WAYS).split())
    except Wrong as wrong:
        raise Invalid(
            "These texts cannot be kept. Nothing was changed; see the fields.", errors={OTHER_WAYS: [wrong.args[0]]}
        ) from None
