"""How people's replies were judged over the last weeks, for leads: counts a week, person and question, never a rank."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import Uuid, and_, case, func, literal, select, tuple_
from sqlalchemy.orm import aliased

from agency.training.models import Judgement
from agency.training.quality import ANSWERS, QUESTIONS
from tenants.database import db
from tenants.permissions import Actor, Permission, require

WEEKS_SHOWN: Final = 8
PAGE_PEOPLE: Final = 20
FEW: Final = 5
"""Fewer replies than this say little; the page says so instead of letting a picture speak."""


class WeekCounts(NamedTuple):
    """One person's week: how many replies were judged, by how many judgements; question → how many yes, partly, no."""

    week: date
    replies: int
    judgements: int
    answers: dict[str, dict[str, int]]


@dataclass(frozen=True)
class PersonTrend:
    """One person's weeks that have judgements, oldest first."""

    author_id: UUID
    author_name: str
    weeks: list[WeekCounts]

    @property
    def replies(self) -> int:
        """Replies that were judged in all these weeks."""
        return sum(week.replies for week in self.weeks)

    @property
    def judgements(self) -> int:
        """Judgements in all these weeks; more than replies where two leads judged the same."""
        return sum(week.judgements for week in self.weeks)

    def total(self, question: str, answer: str) -> int:
        """How often a question got an answer."""
        return sum(week.answers[question][answer] for week in self.weeks)


class Agreement(NamedTuple):
    """Replies that several leads judged, and how many answers of each two of them were alike."""

    replies: int
    answers: int
    alike: int


def weeks_until(last: date) -> list[date]:
    """The Mondays shown, oldest first."""
    return [last - timedelta(days=7 * back) for back in reversed(range(WEEKS_SHOWN))]


def trends_of(actor: Actor, last: date, after: tuple[str, UUID] | None = None) -> list[PersonTrend]:
    """People by name, one more than a page where there are more; one statement. Raises Forbidden."""
    require(actor, Permission.QUALITY_JUDGE)
    weeks = weeks_until(last)
    in_weeks = Judgement.week.between(weeks[0], weeks[-1])
    name = func.max(Judgement.author_name)
    people = (
        select(Judgement.author_id, name.label("name"))
        .where(in_weeks)
        .group_by(Judgement.author_id)
        .order_by(name, Judgement.author_id)
        .limit(PAGE_PEOPLE + 1)
    )
    if after is not None:
        people = people.having(tuple_(name, Judgement.author_id) > tuple_(literal(after[0]), literal(after[1], Uuid())))
    shown = people.subquery()
    counts = [
        func.sum(case((getattr(Judgement, question) == answer, 1), else_=0))
        for question in QUESTIONS
        for answer in ANSWERS
    ]
    rows = db.session.execute(
        select(
            Judgement.author_id,
            shown.c.name,
            Judgement.week,
            func.count(Judgement.reply_id.distinct()),
            func.count(),
            *counts,
        )
        .join(shown, shown.c.author_id == Judgement.author_id)
        .where(in_weeks)
        .group_by(Judgement.author_id, shown.c.name, Judgement.week)
        .order_by(shown.c.name, Judgement.author_id, Judgement.week)
    )
    found: dict[UUID, PersonTrend] = {}
    for author_id, author_name, week, replies, judgements, *numbers in rows:
        answers = {
            question: dict(zip(ANSWERS, numbers[place * 3 : place * 3 + 3], strict=True))
            for place, question in enumerate(QUESTIONS)
        }
        person = found.setdefault(author_id, PersonTrend(author_id, author_name, []))
        person.weeks.append(WeekCounts(week, replies, judgements, answers))
    return list(found.values())


def agreement_of(actor: Actor, last: date) -> Agreement:
    """Of the same weeks, how far leads who judged the same reply agree; one statement. Raises Forbidden."""
    require(actor, Permission.QUALITY_JUDGE)
    weeks = weeks_until(last)
    other = aliased(Judgement)
    alike = sum(
        (case((getattr(Judgement, question) == getattr(other, question), 1), else_=0) for question in QUESTIONS),
        literal(0),
    )
    replies, pairs, same = db.session.execute(
        select(func.count(Judgement.reply_id.distinct()), func.count(), func.coalesce(func.sum(alike), 0))
        .join(
            other,
            and_(
                other.agency_id == Judgement.agency_id,
                other.reply_id == Judgement.reply_id,
                other.judge_id > Judgement.judge_id,
            ),
        )
        .where(Judgement.week.between(weeks[0], weeks[-1]))
    ).one()
    return Agreement(replies, pairs * len(QUESTIONS), same)
