"""A week in the queue of an agency with twenty brands in three languages, always the same."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from agency.inbox.ranking import Said

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
WEEK = timedelta(days=7)
BRANDS = 20
LANGUAGES = ("en", "pl", "pt")
HASTE = ("police", "policj", "polícia", "danger", "perigo", "natychmiast", "lawyer", "advogado")
TROUBLE = (
    "worst",
    "terrible",
    "broken",
    "najgorsz",
    "brudn",
    "zimn",
    "horrível",
    "quebrad",
    "spóźni",
    "sorry",
    "nie ",
    "não",
)
HOURS = (4, 8, 12, 24, 48)
SAID = [
    tuple(line.split("\t", 1)) for line in (Path(__file__).parent / "data" / "said.tsv").read_text("utf-8").splitlines()
]


class Arrival(NamedTuple):
    """Something a customer writes."""

    number: int
    at: datetime
    brand: int
    language: str
    text: str
    stars: int | None

    @property
    def due_hours(self) -> int:
        """Within how many hours the brand answers."""
        return HOURS[self.brand % len(HOURS)]

    @property
    def said(self) -> Said:
        """By few words of its own, so that no better reading of words changes what this week is."""
        words = self.text.lower()
        urgent, complaint = (tuple(w for w in listed if w in words) for listed in (HASTE, TROUBLE))
        return Said(urgent, complaint)


class GeneratedWeek(NamedTuple):
    """What comes, and when a desk of a few people finds time for one more."""

    arrivals: list[Arrival]
    serves: list[datetime]


def a_week(seed: int, cases: int) -> GeneratedWeek:
    """Customers write at all hours and in bursts; the desk answers from 8 to 20 h, half as fast again as they write."""
    chance = random.Random(seed)
    arrivals = []
    moments = sorted(MONDAY + chance.random() * timedelta(days=6.5) for _ in range(cases - cases // 5))
    burst = MONDAY + timedelta(days=2, hours=17)
    moments += [burst + chance.random() * timedelta(hours=2) for _ in range(cases // 5)]
    for number, at in enumerate(sorted(moments)):
        brand = chance.randrange(BRANDS)
        language = LANGUAGES[brand % 3]
        text = chance.choice([said for told, said in SAID if told == language])
        stars = chance.choice((None, None, 1, 2, 3, 4, 5))
        arrivals.append(Arrival(number, at.replace(microsecond=0), brand, language, text, stars))
    serves = []
    at = MONDAY + timedelta(hours=8)
    pause = timedelta(hours=7 * 12) / (cases * 1.5)
    while at < MONDAY + WEEK:
        if 8 <= at.hour < 20:
            serves.append(at.replace(microsecond=0))
            at += pause * (0.5 + chance.random())
        else:
            at += timedelta(minutes=20)
    return GeneratedWeek(arrivals, serves)
