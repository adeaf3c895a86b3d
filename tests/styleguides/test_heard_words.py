"""Words that say somebody was heard: which text, what fills it, and that what they promise is read as that promise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from styleguides.days_ahead import Calendar
from styleguides.heard_words import (
    BY,
    HOURS,
    OTHER_WAYS,
    OURS,
    HeardText,
    begun,
    by_words,
    checked_texts,
    hours_words,
    rounded_down,
    text_for,
)
from styleguides.promised_moments import promised_moments
from tenants.errors import Invalid

WARSAW = ZoneInfo("Europe/Warsaw")
WEEK = (((540, 1020),),) * 4 + (((540, 720), (780, 960)), (), ())


@pytest.mark.parametrize("ours", OURS, ids=lambda one: one.language)
def test_what_our_words_promise_is_read_again_as_that_very_moment(ours: HeardText) -> None:
    ways = "tel. 22 555 01 00, help@bakery.example"
    for now in (datetime(2026, 11, 23, 8, 12, tzinfo=UTC), datetime(2026, 11, 27, 21, 50, tzinfo=UTC)):
        for ahead in (45, 3 * 60, 16 * 60, 44 * 60, 5 * 24 * 60, 8 * 24 * 60, 40 * 24 * 60):
            due = rounded_down(now + timedelta(minutes=ahead))
            by = by_words(due, now, WARSAW, ours.language)
            values = {BY: by, HOURS: hours_words(WEEK, ours.language), OTHER_WAYS: ways, "customer_name": "Ana"}
            text = begun(ours.text, values).text
            found = promised_moments(text, ours.language, now, Calendar(WARSAW))
            assert [one.due_at for one in found] == [due], f"{ahead} minutes: {text}"


def test_midnight_is_said_as_the_evening_before() -> None:
    now = datetime(2026, 11, 23, 8, tzinfo=UTC)
    midnight = datetime(2026, 11, 24, tzinfo=WARSAW)
    assert by_words(midnight, now, WARSAW, "en") == "today by 23:45"
    assert by_words(midnight, now, WARSAW, "de") is None


def test_hours_are_said_in_a_few_words() -> None:
    assert hours_words(WEEK, "en") == "Mon–Thu 9:00–17:00, Fri 9:00–12:00 / 13:00–16:00"
    assert hours_words(WEEK, "pl") == "pon–czw 9:00–17:00, pt 9:00–12:00 / 13:00–16:00"
    assert hours_words(((),) * 7, "en") == ""


def test_what_nobody_knows_is_left_out_with_what_leads_to_it() -> None:
    text = "Hello {customer_name}, we read this. Open: {hours}. Or here: {other_ways}. We answer {by}."
    assert begun(text, {BY: "by noon"}).text == "Hello, we read this. We answer by noon."
    assert begun("{customer_name}, we read it. {by}", {BY: "x"}).text == "We read it. x"
    assert begun("About {order}.", {}).missing == ("order",)
    assert begun("Hi {customer_name}.", {"customer_name": "{by}"}).text == "Hi {by}.", "a value is no place"


def test_the_text_that_says_most_of_the_case_is_taken_in_the_customers_language() -> None:
    cases = (("", ""), ("facebook", ""), ("", "message"))
    some = [HeardText(p, k, code, p + k + code) for p, k in cases for code in ("pl", "pt-BR")]
    assert text_for(some, "facebook", "message", "pl") == some[4]
    assert text_for(some, "facebook", "comment", "pt") == some[3], "the same language of another country"
    assert text_for(some, "instagram", "comment", "es") is None


def test_texts_are_refused_by_line() -> None:
    line = {"platform": "", "kind": "", "language": "en", "text": "We heard {by}."}
    kept = checked_texts([line, {**line, "text": " "}, {**line, "kind": "message"}])
    assert kept == (HeardText("", "", "en", "We heard {by}."), HeardText("", "message", "en", "We heard {by}."))
    wrong = [
        line,
        line,
        {**line, "kind": "review"},
        {**line, "language": "de"},
        {**line, "language": "Deutsch"},
        {**line, "platform": "x", "text": "{imię}"},
        {**line, "kind": "message", "text": "x" * 1001},
        {**line, "language": "pl", "text": 7},
    ]
    with pytest.raises(Invalid) as refused:
        checked_texts(wrong)
    assert set(refused.value.fields["errors"]) == {
        "texts.1.language",
        "texts.2.kind",
        "texts.3.text",
        "texts.4.language",
        "texts.5.platform",
        "texts.5.text",
        "texts.6.text",
        "texts.7.text",
    }
    for hostile in (None, "x", [None], [[]], [line] * 41):
        with pytest.raises(Invalid):
            checked_texts(hostile)
