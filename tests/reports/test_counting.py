"""What a case comes to on each day: questions, answers, and whose time it took."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from agency.reports.counting import CaseFacts, Outcome, Question, Said, days_of, questions

DAY = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
FIRST = date(2026, 9, 1)


def at(minutes: float) -> datetime:
    return DAY + timedelta(minutes=minutes)


def asks(minutes: float) -> Said:
    return Said(at(minutes), False)


def ours(minutes: float, upto: float | None = None, *, answers: bool = True) -> Said:
    return Said(at(minutes), True, None if upto is None else at(upto), answers)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ([], []),
        ([asks(0)], [(0, None)]),
        ([asks(0), asks(5), ours(30)], [(0, 30)]),
        ([ours(30), asks(5), asks(0)], [(0, 30)]),
        ([asks(0), ours(10), ours(20)], [(0, 10)]),
        ([asks(0), ours(10, answers=False), ours(20)], [(0, 20)]),
        ([asks(0), ours(10), asks(15), asks(16)], [(0, 10), (15, None)]),
        ([asks(0), asks(5), ours(10, upto=0)], [(0, 10), (5, None)]),
        ([asks(0), asks(5), ours(10, upto=0), ours(11, upto=5)], [(0, 10), (5, 11)]),
        ([ours(0), asks(5)], [(5, None)]),
        ([asks(0), ours(0)], [(0, 0)]),
    ],
)
def test_a_question_is_what_was_written_until_somebody_answered(
    said: list[Said], found: list[tuple[float, float | None]]
) -> None:
    assert questions(said) == [Question(at(since), None if until is None else at(until)) for since, until in found]


def case(*said: Said, status: str = "open", reason: str | None = None, zone: str = "UTC", **more: object) -> CaseFacts:
    return CaseFacts("comment", status, reason, zone, said, **more)  # type: ignore[arg-type]


def test_each_day_has_what_began_on_it_by_the_brands_clock() -> None:
    facts = case(
        asks(0),
        ours(90),
        asks(14 * 60),
        ours(16 * 60),
        asks(48 * 60),
        zone="Europe/Warsaw",
        outcomes=[Outcome(at(0), True), Outcome(at(14 * 60), False)],
        with_client=[(at(30), at(60)), (at(50), at(70)), (at(15 * 60), at(20 * 60))],
    )
    days = days_of(facts, FIRST)
    assert list(days) == [date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 22)], "23:00 in UTC is the next day"
    first, second, third = days.values()
    assert (first.received, first.asked, first.answered, first.seconds, first.waits) == (1, 1, 1, 5_400, [5_400])
    assert first.client_seconds == 40 * 60, "what two replies wait for at once counts once"
    assert (second.seconds, second.client_seconds) == (7_200, 3_600), "and no longer than until the answer"
    assert (first.met, first.missed, second.met, second.missed) == (1, 0, 0, 1)
    assert (third.asked, third.answered, third.waiting_since) == (1, 0, at(48 * 60))
    assert [day.cases for day in days.values()] == [0, 0, 1], "a case counts once, where its customer wrote last"


@pytest.mark.parametrize(
    ("status", "reason", "asked", "cases", "resolved", "waits"),
    [
        ("open", None, 1, 1, 0, True),
        ("snoozed", None, 1, 1, 0, True),
        ("closed", "resolved", 1, 1, 1, False),
        ("closed", "stars_only", 0, 0, 0, False),
        ("closed", "nothing_to_answer", 0, 0, 0, False),
        ("closed", "spam", 0, 0, 0, False),
        ("closed", "past", 0, 0, 0, False),
    ],
)
def test_who_owes_nothing_asked_nothing(
    status: str, reason: str | None, asked: int, cases: int, resolved: int, waits: bool
) -> None:
    (day,) = days_of(case(asks(0), status=status, reason=reason), FIRST).values()
    assert (day.received, day.asked, day.answered) == (1, asked, 0)
    assert (day.cases, day.resolved, day.waiting_since is not None) == (cases, resolved, waits)


def test_days_before_the_first_are_left_out_but_for_what_still_waits() -> None:
    facts = case(asks(0), ours(10), asks(20), asks(60 * 24 * 7))
    days = days_of(facts, date(2026, 11, 25))
    assert [(day, one.received, one.asked, one.waiting_since) for day, one in sorted(days.items())] == [
        (date(2026, 11, 20), 0, 0, at(20)),
        (date(2026, 11, 27), 1, 0, None),
    ]
