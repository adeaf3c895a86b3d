"""How often incidents are suggested where there is none: `python -m benchmarks.incident_alarms FOLDER`.

A usual week of 200 invented brands, the same each time. What they hear is drawn from public complaints, each brand's
from one set: reviews of apps by one to two stars, complaints about banks, questions to a bank, bad sentences about
hotels, toxic tweets. How many come in a day goes from 5 to 500, three times as many in the evening, hardly any at
night. At every other brand something breaks once: 60 people complain of it within ten minutes, each in words of their
own around it.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple
from uuid import UUID

from agency.inbox.incidents.detecting import FEWEST_PEOPLE, MOST_STEMS, Heard, Usual, newest, same_as
from agency.inbox.incidents.watching import QUIET_AFTER_NO, TELLING
from benchmarks import understanding_data as data
from styleguides.questions import question_words, stem_number

BRANDS, DAYS, DAY = 200, 7, 86_400
BUSY: Final = (5, 500)
"""Complaints a day, between which brands lie evenly by their logarithm."""
HOURS: Final = (1, 1, 1, 1, 1, 2, 4, 8, 12, 14, 14, 15, 16, 15, 14, 14, 15, 18, 24, 30, 30, 26, 14, 5)
"""How much of a day's comes in each hour."""
STORM_PEOPLE, STORM_SECONDS = 60, 600
ABOUT: Final = {
    "en": ("card declined", "login broken", "app down", "parking closed", "website crashed"),
    "pl": ("winda zepsuta", "brak wody", "klucze nie działają", "ogrzewanie zepsute"),
    "pt": ("aplicação parada", "cartão recusado", "site fora"),
}


class Week(NamedTuple):
    """What became of a brand's week: suggestions by day, and whether and after how many people its storm was found."""

    complaints: int
    alarms: tuple[int, ...]
    storm_after: int | None
    had_storm: bool


def week_of(chance: random.Random, texts: list[str], language: str, *, storm: bool) -> Week:
    """Hear a week of a brand, one complaint after the other, as intake does."""
    a_day = BUSY[0] * (BUSY[1] / BUSY[0]) ** chance.random()
    came = [(at, chance.choice(texts), False) for at in _moments(chance, a_day)]
    if storm:
        began, about = int(DAY * (1 + chance.random() * (DAYS - 2))), chance.choice(ABOUT[language])
        for _ in range(STORM_PEOPLE):
            said = f"{about}! {chance.choice(texts)}"
            came.append((began + chance.randrange(STORM_SECONDS), said, True))
    usual, kept, told = Usual(0, 0), list[Heard](), list[tuple[tuple[int, ...], int]]()
    alarms, after, people = [0] * DAYS, None, 0

    for number, (at, text, is_storm) in enumerate(sorted(came)):
        people += is_storm
        one = Heard(at, UUID(int=number + 1), number, _stems(text, language))
        often = Counter(stem for heard in kept for stem in heard.stems)
        told = [(stems, until) for stems, until in told if until > at]
        is_told = any(stems[0] in one.stems for stems, _until in told)
        if not is_told and any(often[stem] >= FEWEST_PEOPLE - 1 for stem in one.stems):
            found = same_as(one, kept, usual, {stem for stems, _until in told for stem in stems})
            if found is not None:
                told.append((found.stems, at + int(QUIET_AFTER_NO.total_seconds())))
                if is_storm and after is None:
                    after = people
                else:
                    alarms[at // DAY] += 1
        kept = newest([*kept, one], at)
        usual.hear(one)
    return Week(len(came), tuple(alarms), after, storm)


def _moments(chance: random.Random, a_day: float) -> Iterator[int]:
    for day in range(DAYS):
        for hour, share in enumerate(HOURS):
            expected = a_day * share / sum(HOURS)
            at = chance.expovariate(expected / 3_600)
            while at < 3_600:
                yield day * DAY + hour * 3_600 + int(at)
                at += chance.expovariate(expected / 3_600)


_known: dict[tuple[str, str], tuple[int, ...]] = {}


def _stems(text: str, language: str) -> tuple[int, ...]:
    known = _known.get((text, language))
    if known is None:
        words = list(question_words(text, language, TELLING))[:MOST_STEMS]
        known = _known[text, language] = tuple(stem_number(stem, b"one brand") for stem in words)
    return known


def sets_of(folder: Path) -> Mapping[str, tuple[str, list[str]]]:
    """The sets by name, each with its language."""
    return {
        "bad reviews of apps": ("en", [row.text for row in data.app_reviews(folder) if row.sentiment == "negative"]),
        "complaints about banks": ("en", [row.text for row in data.consumer_complaints(folder)]),
        "questions to a bank": ("en", [row.text for row in data.banking(folder)]),
        "bad sentences about hotels": ("pl", [row.text for row in data.hotels(folder) if row.sentiment == "negative"]),
        "toxic tweets": ("pt", [row.text for row in data.brazilian_tweets(folder) if row.toxicity == "toxic"]),
    }


def main(folder: Path) -> None:
    """Print a line for each set and one for all."""
    every: list[Week] = []
    sets = list(sets_of(folder).items())
    for place, (name, (language, texts)) in enumerate(sets):
        share = range(place, BRANDS, len(sets))
        weeks = [week_of(random.Random(n), texts, language, storm=n // len(sets) % 2 == 1) for n in share]
        every += weeks
        print(_line(name, weeks))
    print(_line("all", every))


def _line(name: str, weeks: list[Week]) -> str:
    storms = [week for week in weeks if week.had_storm]
    found = [week.storm_after for week in storms if week.storm_after is not None]
    alarms = sorted(sum(week.alarms) for week in weeks)
    first = sum(week.alarms[0] for week in weeks)
    with_storm = sum(sum(week.alarms) for week in storms)
    without = sum(not sum(week.alarms) for week in weeks)
    heard = sum(week.complaints for week in weeks)
    return (
        f"{name}: {len(weeks)} brands, {heard:,} complaints; {sum(alarms)} suggestions of none ({first} on first days,"
        f" {with_storm} at brands with a storm), {without} brands without, the most {alarms[-1]};"
        f" storms found {len(found)} of {len(storms)}, after {median(found) if found else '-'} people"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
