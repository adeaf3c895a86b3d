"""Who passed what: a person's own brands, the people of a brand for its leads, and all of it as a list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Integer, Uuid, and_, any_, func, literal, or_, select, tuple_
from sqlalchemy.orm import aliased

from styleguides.models import GuideQuiz, StyleGuideVersion
from tenants.database import db
from tenants.models import Brand, Membership, Person
from tenants.permissions import ROLE_PERMISSIONS, Actor, Permission, require

WRITERS = tuple(role.value for role, allowed in ROLE_PERMISSIONS.items() if Permission.REPLY_WRITE in allowed)
"""Roles whose people take quizzes."""


class BrandStanding(NamedTuple):
    """One of a person's brands: the version in force, how far they are with it, and what they passed before.

    `passed_count` is how many people passed what is in force, None for who may not know.
    """

    brand_id: UUID
    name: str
    mark: str
    colour: str
    language: str
    version_id: UUID | None
    version_number: int | None
    tries: int | None
    passed_at: datetime | None
    is_open: bool
    passed_before: int | None
    passed_count: int | None


class PersonStanding(NamedTuple):
    """One person who writes for a brand, and how far they are with its version in force."""

    person_id: UUID
    name: str
    role: str
    tries: int | None
    right_count: int | None
    question_count: int | None
    finished_at: datetime | None
    passed_at: datetime | None
    passed_before: int | None


def brands_of(actor: Actor, *, after: UUID | None = None, limit: int = 50) -> Sequence[BrandStanding]:
    """The actor's brands in use, by name; `after` is the last one seen. One statement. Raises Forbidden."""
    require(actor, Permission.REPLY_WRITE)
    mine, others = GuideQuiz, aliased(GuideQuiz)
    passed = (
        select(func.count())
        .select_from(others)
        .where(others.brand_id == Brand.id, others.version_id == StyleGuideVersion.id, others.passed_at.is_not(None))
        .correlate(Brand, StyleGuideVersion)
        .scalar_subquery()
    )
    sees_others = actor.may(Permission.QUIZ_MANAGE)
    wanted = (
        select(
            Brand.id,
            Brand.name,
            Brand.mark,
            Brand.colour,
            Brand.language,
            StyleGuideVersion.id,
            StyleGuideVersion.number,
            mine.tries,
            mine.passed_at,
            and_(mine.id.is_not(None), mine.finished_at.is_(None)),
            _passed_before(Brand.id, literal(actor.user_id, Uuid()), StyleGuideVersion.number),
            passed if sees_others else literal(None, Integer()),
        )
        .outerjoin(
            StyleGuideVersion,
            and_(
                StyleGuideVersion.agency_id == Brand.agency_id,
                StyleGuideVersion.brand_id == Brand.id,
                StyleGuideVersion.state == "in_force",
            ),
        )
        .outerjoin(
            mine,
            and_(
                mine.agency_id == Brand.agency_id,
                mine.brand_id == Brand.id,
                mine.person_id == actor.user_id,
                mine.version_id == StyleGuideVersion.id,
            ),
        )
        .where(Brand.archived_at.is_(None))
    )
    if after is not None:
        last = aliased(Brand)
        name = select(func.lower(last.name)).where(last.id == after).scalar_subquery()
        wanted = wanted.where(tuple_(func.lower(Brand.name), Brand.id) > tuple_(name, literal(after, Uuid())))
    rows = db.session.execute(wanted.order_by(func.lower(Brand.name), Brand.id).limit(limit))
    return [BrandStanding._make(row) for row in rows]


def people_of(actor: Actor, brand_id: UUID, *, after: UUID | None = None, limit: int = 50) -> Sequence[PersonStanding]:
    """Who writes for the brand, by name, with what they have of the version in force. One statement.

    `after` is the last person seen. Raises NotFound, Forbidden.
    """
    require(actor, Permission.QUIZ_MANAGE, brand_id)
    wanted = (
        select(
            Person.id,
            Person.name,
            Membership.role,
            GuideQuiz.tries,
            GuideQuiz.right_count,
            func.jsonb_array_length(GuideQuiz.questions),
            GuideQuiz.finished_at,
            GuideQuiz.passed_at,
            _passed_before(Brand.id, Person.id, StyleGuideVersion.number),
        )
        .select_from(Membership)
        .join(Person, Person.id == Membership.person_id)
        .join(Brand, and_(Brand.agency_id == Membership.agency_id, Brand.id == brand_id))
        .outerjoin(
            StyleGuideVersion,
            and_(
                StyleGuideVersion.agency_id == Brand.agency_id,
                StyleGuideVersion.brand_id == Brand.id,
                StyleGuideVersion.state == "in_force",
            ),
        )
        .outerjoin(
            GuideQuiz,
            and_(
                GuideQuiz.agency_id == Brand.agency_id,
                GuideQuiz.brand_id == Brand.id,
                GuideQuiz.person_id == Person.id,
                GuideQuiz.version_id == StyleGuideVersion.id,
            ),
        )
        .where(
            Membership.agency_id == actor.agency_id,
            Membership.removed_at.is_(None),
            Membership.role.in_(WRITERS),
            or_(Membership.all_brands, literal(brand_id, Uuid()) == any_(Membership.brand_ids)),
        )
    )
    if after is not None:
        last = aliased(Person)
        name = select(func.lower(last.name)).where(last.id == after).scalar_subquery()
        wanted = wanted.where(tuple_(func.lower(Person.name), Person.id) > tuple_(name, literal(after, Uuid())))
    rows = db.session.execute(wanted.order_by(func.lower(Person.name), Person.id).limit(limit))
    return [PersonStanding._make(row) for row in rows]


class QuizRow(NamedTuple):
    """One person's quiz on one version, without what it asks."""

    id: UUID
    brand_id: UUID
    person_id: UUID
    person_name: str
    guide_version: int
    tries: int
    right_count: int
    question_count: int
    finished_at: datetime | None
    passed_at: datetime | None


def list_quizzes(
    actor: Actor, *, brand_id: UUID | None = None, after: UUID | None = None, limit: int = 50
) -> Sequence[QuizRow]:
    """Quizzes as they were begun: one's own, of everybody for a lead. One statement. Raises NotFound, Forbidden."""
    require(actor, Permission.REPLY_WRITE, brand_id)
    wanted = select(
        GuideQuiz.id,
        GuideQuiz.brand_id,
        GuideQuiz.person_id,
        Person.name,
        GuideQuiz.version_number,
        GuideQuiz.tries,
        GuideQuiz.right_count,
        func.jsonb_array_length(GuideQuiz.questions),
        GuideQuiz.finished_at,
        GuideQuiz.passed_at,
    ).join(Person, Person.id == GuideQuiz.person_id)
    if not actor.may(Permission.QUIZ_MANAGE):
        wanted = wanted.where(GuideQuiz.person_id == actor.user_id)
    if brand_id is not None:
        wanted = wanted.where(GuideQuiz.brand_id == brand_id)
    if after is not None:
        wanted = wanted.where(GuideQuiz.id > after)
    return [QuizRow._make(row) for row in db.session.execute(wanted.order_by(GuideQuiz.id).limit(limit))]


def _passed_before(brand_id: Any, person_id: Any, version_number: Any) -> Any:
    """The newest version, other than this one, that the person passed."""
    earlier = aliased(GuideQuiz)
    return (
        select(func.max(earlier.version_number))
        .where(
            earlier.brand_id == brand_id,
            earlier.person_id == person_id,
            earlier.passed_at.is_not(None),
            earlier.version_number.is_distinct_from(version_number),
        )
        .correlate(Brand, Person, StyleGuideVersion)
        .scalar_subquery()
    )
