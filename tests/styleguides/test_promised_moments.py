"""Dated promises in what was sent: examples in four languages, moments by a brand's calendar, hostile text."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from styleguides.brand_promises import calendar_of
from styleguides.days_ahead import Calendar
from styleguides.due_words import due_words
from styleguides.language import SUPPORTED_LANGUAGES
from styleguides.named_days import FARTHEST
from styleguides.promised_moments import MOST_FOUND, may_name_a_time, promised_moments
from tenants.opening_hours import Hours

WARSAW = ZoneInfo("Europe/Warsaw")
WEDNESDAY = datetime(2027, 3, 10, 10, tzinfo=WARSAW)
NINE_TO_FIVE = Hours("Europe/Warsaw", (((540, 1020),),) * 5 + ((), ()))
OFFICE = Calendar(WARSAW, NINE_TO_FIVE)
EXAMPLES = Path(__file__).parent / "promised"


def examples(language: str) -> list[tuple[str, list[datetime]]]:
    lines = (EXAMPLES / f"{language}.txt").read_text("utf-8").splitlines()
    found = []
    for line in lines:
        sentence, expected = line.split(" => ")
        found.append((sentence, [] if expected == "-" else [moment(one) for one in expected.split(", ")]))
    return found


def moment(said: str) -> datetime:
    """`03-12 17:00` by the brand's clock; `24:00` is the midnight after."""
    day = datetime.strptime(f"2027-{said[:5]}", "%Y-%m-%d").replace(tzinfo=WARSAW)
    return day + timedelta(hours=int(said[6:8]), minutes=int(said[9:]))


def told(text: str, language: str = "en", said_at: datetime = WEDNESDAY, calendar: Calendar = OFFICE) -> list[datetime]:
    return [found.due_at.astimezone(calendar.zone) for found in promised_moments(text, language, said_at, calendar)]


@pytest.mark.parametrize("language", SUPPORTED_LANGUAGES)
def test_promises_are_found_and_what_only_names_a_time_is_not(language: str) -> None:
    tried = examples(language)
    assert len(tried) >= 60
    assert sum(not expected for _, expected in tried) >= 20
    wrong = [(text, found, expected) for text, expected in tried if (found := told(text, language)) != expected]
    assert wrong == []
    assert [text for text, expected in tried if expected and not may_name_a_time(text)] == []


def test_it_says_where_the_time_stands() -> None:
    text = "Thank you! 🙂 We will write to you by Friday at 11:00."
    (found,) = promised_moments(text, "en", WEDNESDAY, OFFICE)
    assert text[found.start : found.end] == "by Friday at 11:00"


def test_a_time_of_day_that_is_over_is_tomorrows() -> None:
    assert told("We will write by 9:30.") == [moment("03-11 09:30")]


def test_a_day_that_is_over_for_the_brand_lasts_until_midnight() -> None:
    late = datetime(2027, 3, 10, 20, tzinfo=WARSAW)
    assert told("We will write today.", said_at=late) == [moment("03-10 24:00")]


def test_a_brand_without_hours_has_whole_days_and_works_monday_to_friday() -> None:
    plain = Calendar(WARSAW)
    assert told("We will write by Friday.", calendar=plain) == [moment("03-12 24:00")]
    assert told("We will write within 3 working days.", calendar=plain) == [moment("03-15 24:00")]


def test_holidays_are_no_working_days_and_have_no_closing_time() -> None:
    closed = Calendar(WARSAW, NINE_TO_FIVE, frozenset({date(2027, 3, 11), date(2027, 3, 12)}))
    assert told("We will write within one working day.", calendar=closed) == [moment("03-15 17:00")]
    assert told("We will write by Friday.", calendar=closed) == [moment("03-12 24:00")]
    assert told("We will write by the end of the week.", calendar=closed) == [moment("03-10 17:00")]


def test_a_special_day_is_over_when_it_is_and_works_where_it_has_hours() -> None:
    """As a brand says it: Thursday until noon, Friday not at all, this one Sunday from ten to two."""
    days = {"2027-03-11": [[540, 720]], "2027-03-12": [], "2027-03-14": [[600, 840]]}
    odd = calendar_of("UTC", ["Europe/Warsaw", [[[540, 1020]]] * 5 + [[], []], False, "", "", days])
    assert told("We will write tomorrow.", calendar=odd) == [moment("03-11 12:00")]
    assert told("We will write by Friday.", calendar=odd) == [moment("03-12 24:00")]
    assert told("We will write by Sunday.", calendar=odd) == [moment("03-14 14:00")]
    assert told("We will write within 2 working days.", calendar=odd) == [moment("03-14 14:00")]
    assert told("We will write by the end of the week.", calendar=odd) == [moment("03-14 14:00")]


def test_the_brands_own_day_counts_not_ours() -> None:
    """The same moment is Thursday in Auckland and Wednesday in Lisbon."""
    said_at = datetime(2027, 3, 10, 22, tzinfo=UTC)
    for zone, day in (("Pacific/Auckland", 12), ("Europe/Lisbon", 11)):
        there = Calendar(ZoneInfo(zone))
        (due_at,) = told("We will write tomorrow.", said_at=said_at, calendar=there)
        assert due_at == datetime(2027, 3, day + 1, tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("said", "utc"),
    [
        ("We will write on 2027-03-28 at 02:30.", datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),  # left out
        ("We will write on 2027-10-31 at 02:30.", datetime(2027, 10, 31, 1, 30, tzinfo=UTC)),  # comes twice
        ("We will write on 2027-10-31.", datetime(2027, 10, 31, 23, tzinfo=UTC)),
    ],
)
def test_clocks_put_forward_and_back(said: str, utc: datetime) -> None:
    assert [one.due_at for one in promised_moments(said, "en", WEDNESDAY, Calendar(WARSAW))] == [utc]


def test_past_days_and_distant_ones_are_no_promises() -> None:
    assert told("We will write on 3 March.") == []
    assert told("We will write on 2026-03-12.") == []
    assert told("We will write on 31 February.") == []
    assert told("We will write by 12 March 2031.") == []
    assert told("We will write within 900 days.") == []


def test_a_brand_that_never_works_is_not_waited_for_without_end() -> None:
    never = Calendar(WARSAW, closed=frozenset(date(2027, 1, 1) + timedelta(days) for days in range(800)))
    assert told("We will write within 200 working days.", calendar=never) == []
    assert told("We will write before Friday.", calendar=never) == [moment("03-11 24:00")]


def test_an_unknown_language_promises_nothing() -> None:
    assert told("Wir schreiben bis Freitag.", "de") == []


def test_weekdays_lie_within_a_week_of_today_for_every_day_and_language() -> None:
    for language in SUPPORTED_LANGUAGES:
        words = due_words(language)
        assert words is not None
        assert set(words.weekdays.values()) == set(range(7))
    said = {
        "en": "We will write by {}.",
        "pl": "Odpiszemy do {}.",
        "pt": "Vamos responder até {}.",
        "es": "Le responderemos para el {}.",
    }
    for language, sentence in said.items():
        words = due_words(language)
        assert words is not None
        for word, number in words.weekdays.items():
            for days in range(7):
                said_at = WEDNESDAY + timedelta(days=days)
                (due_at,) = told(sentence.format(word), language, said_at, Calendar(WARSAW))
                day = (due_at - timedelta(seconds=1)).date()
                assert day.weekday() == number, (sentence.format(word), due_at)
                assert 0 <= (day - said_at.date()).days < 7, (sentence.format(word), due_at)


_WORDS = "we will,odpiszemy,vamos,le responderemos,by,within,do,w ciągu,até,en,a más tardar,next,at,o,às"
_TIMES = "Friday,piątku,sexta,viernes,24,2-3,99999999,hours,dni,úteis,12/31,2027-02-30,31.02.,25:99,5pm,morning"
PIECES = [*_WORDS.split(","), *_TIMES.split(","), *",.?\n(-🙂\x00İß\u202e\u0301"]


@settings(max_examples=60)
@given(
    words=st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=40),
    language=st.sampled_from(SUPPORTED_LANGUAGES),
    said_after=st.timedeltas(timedelta(0), timedelta(days=4_000)),
    zone=st.sampled_from(["Europe/Warsaw", "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Kiritimati"]),
)
def test_whatever_is_written_every_moment_lies_ahead_and_in_the_text(
    words: list[str], language: str, said_after: timedelta, zone: str
) -> None:
    text, said_at = " ".join(words), datetime(2024, 1, 1, tzinfo=UTC) + said_after
    for calendar in (Calendar(ZoneInfo(zone)), Calendar(ZoneInfo(zone), NINE_TO_FIVE)):
        found = promised_moments(text, language, said_at, calendar)
        assert len(found) <= MOST_FOUND
        places = [place for one in found for place in (one.start, one.end)]
        assert places == sorted(places)
        assert all(0 <= place <= len(text) for place in places)
        assert all(said_at < one.due_at <= said_at + FARTHEST for one in found)


@pytest.mark.parametrize("piece", ["by ", "by Friday ", "within 2 ", "1", "we will by ", "a,", "do do ", "24/", "é"])
def test_long_hostile_text_costs_in_proportion(piece: str) -> None:
    """Ten times the text may take ten times the steps, not a hundred."""

    def steps(text: str) -> int:
        count = 0

        def note(_frame: object, event: str, _arg: object) -> None:
            nonlocal count
            count += event in ("call", "c_call")

        sys.setprofile(note)
        try:
            promised_moments(text, "en", WEDNESDAY, OFFICE)
        finally:
            sys.setprofile(None)
        return count

    promised_moments(piece, "en", WEDNESDAY, OFFICE)
    assert steps(piece * 400) <= 14 * steps(piece * 40) + 2_000
