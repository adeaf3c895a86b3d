"""What a brand's own topics are called, for cases, filters and figures."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.orm import aliased

from agency.inbox.models import Conversation
from agency.inbox.topic_models import Topic
from tenants.database import db


class TopicName(NamedTuple):
    """One of a brand's own topics."""

    id: UUID
    name: str
    builds_on: str | None = None


_IN_ORDER = (func.lower(Topic.name), Topic.id)


def topics_beside(this_id: Any) -> Any:
    """Every topic in use of the brand whose case this is, by name, as a select of what TopicName holds."""
    here = aliased(Conversation)
    return (
        select(Topic.id, Topic.name, Topic.builds_on)
        .join(here, and_(here.agency_id == Topic.agency_id, here.brand_id == Topic.brand_id))
        .where(here.id == this_id, Topic.archived_at.is_(None))
        .order_by(*_IN_ORDER)
    )


def topics_in_use() -> list[tuple[UUID, UUID, str]]:
    """Id, brand and name of every topic in use in the scope, by name; one statement."""
    rows = db.session.execute(
        select(Topic.id, Topic.brand_id, Topic.name).where(Topic.archived_at.is_(None)).order_by(*_IN_ORDER)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def names_of(topic_ids: Iterable[UUID]) -> dict[UUID, str]:
    """What these topics are called, put away or not; one statement."""
    rows = db.session.execute(select(Topic.id, Topic.name).where(Topic.id.in_(list(topic_ids))))
    return {row[0]: row[1] for row in rows}
