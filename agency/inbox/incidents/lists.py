"""Incidents as they are read: what is suggested, what is going on, and the cases of one, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import and_, func, literal_column, select
from sqlalchemy.orm import aliased

from agency.inbox.incidents.models import Incident, IncidentCase, IncidentPerson, IncidentSuggestion
from agency.inbox.incidents.watching import SUGGESTED_FOR
from agency.inbox.models import Conversation
from tenants import clock
from tenants.database import db
from tenants.errors import Invalid, NotFound
from tenants.ids import id_from
from tenants.permissions import Actor, Permission, require

MOST_LISTED: Final = 50
MOST_COUNTED: Final = 9_999


class IncidentRow(NamedTuple):
    """An incident with its numbers: cases that are in it, how many of these are late, cases there ever were, people."""

    incident: Incident
    in_count: int
    late_count: int
    case_count: int
    people_count: int


class CaseRow(NamedTuple):
    """A case of an incident. `left_because` is None while it is in it."""

    id: UUID
    brand_id: UUID
    author_name: str | None
    excerpt: str
    platform: str
    kind: str
    language: str | None
    last_customer_at: datetime | None
    due_at: datetime | None
    reply_state: str | None
    holder_name: str | None
    because: str
    attached_by_name: str | None
    stayed: bool
    left_because: str | None
    left_by_name: str | None
    row_id: UUID


class CasePage(NamedTuple):
    """Cases, the newest first, and where the next ones begin."""

    rows: Sequence[CaseRow]
    next_cursor: str | None


def suggestions(actor: Actor, most: int = MOST_LISTED) -> list[IncidentSuggestion]:
    """What may be an incident now, of every brand this person works for, the newest first. One statement."""
    require(actor, Permission.CONVERSATION_WORK)
    wanted = select(IncidentSuggestion).where(
        IncidentSuggestion.state == "open", IncidentSuggestion.last_at >= clock.now() - SUGGESTED_FOR
    )
    return list(db.session.scalars(wanted.order_by(IncidentSuggestion.last_at.desc()).limit(most)))


def suggestion_of(actor: Actor, suggestion_id: UUID) -> IncidentSuggestion:
    """One of them, whatever became of it. Raises NotFound, Forbidden."""
    found = db.session.execute(
        select(IncidentSuggestion).where(IncidentSuggestion.id == suggestion_id)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound()
    require(actor, Permission.CONVERSATION_WORK, found.brand_id)
    return found


def list_incidents(
    actor: Actor,
    *,
    closed: bool = False,
    brand_id: UUID | None = None,
    after: UUID | None = None,
    most: int = MOST_LISTED,
) -> list[IncidentRow]:
    """Those that go on, or that ended, the newest first, from behind `after`. One statement."""
    require(actor, Permission.CONVERSATION_WORK)
    wanted = _counted().where(Incident.state == "closed" if closed else Incident.state != "closed")
    if brand_id is not None:
        wanted = wanted.where(Incident.brand_id == brand_id)
    if after is not None:
        wanted = wanted.where(Incident.id < after)
    return [IncidentRow(*row) for row in db.session.execute(wanted.order_by(Incident.id.desc()).limit(most))]


def get_incident(actor: Actor, incident_id: UUID) -> IncidentRow:
    """One of them. Raises NotFound, Forbidden."""
    row = db.session.execute(_counted().where(Incident.id == incident_id)).first()
    if row is None:
        raise NotFound()
    require(actor, Permission.CONVERSATION_WORK, row[0].brand_id)
    return IncidentRow(*row)


def _counted() -> Any:
    one, case = aliased(IncidentCase), aliased(Conversation)
    of_it = and_(one.agency_id == Incident.agency_id, one.incident_id == Incident.id)
    is_in = one.left_at.is_(None)
    late = is_in & (case.due_at < clock.now())
    counts = (
        select(
            func.count(one.id).filter(is_in).label("inside"),
            func.count(one.id).filter(late).label("late"),
            func.count().label("every"),
        )
        .select_from(one)
        .join(case, and_(case.agency_id == one.agency_id, case.id == one.conversation_id))
        .where(of_it)
        .correlate(Incident)
        .lateral("counts")
    )
    people = (
        select(func.count(IncidentPerson.id))
        .where(IncidentPerson.agency_id == Incident.agency_id, IncidentPerson.incident_id == Incident.id)
        .correlate(Incident)
        .scalar_subquery()
    )
    return select(Incident, counts.c.inside, counts.c.late, counts.c.every, people).join(
        counts, Incident.id.is_not(None)
    )


def cases_of(actor: Actor, incident_id: UUID, after: str | None = None, *, left: bool = False) -> CasePage:
    """Its cases, the last attached first; `left`: those that are in it no more. One statement.

    Raises Invalid for a place that is none, Forbidden.
    """
    require(actor, Permission.CONVERSATION_WORK)
    behind = id_from(after) if after else None
    if after and behind is None:
        raise Invalid("This place in the list is none. Nothing was changed. Begin at the top.", code="bad_cursor")
    c, one = Conversation, IncidentCase
    wanted = (
        select(
            c.id,
            c.brand_id,
            c.author_name,
            c.excerpt,
            c.platform,
            c.kind,
            c.language,
            c.last_customer_at,
            c.due_at,
            c.reply_state,
            c.holder_name,
            one.because,
            one.attached_by_name,
            one.stayed,
            one.left_because,
            one.left_by_name,
            one.id,
        )
        .join(one, and_(one.agency_id == c.agency_id, one.conversation_id == c.id, one.brand_id == c.brand_id))
        .where(one.incident_id == incident_id, one.left_at.is_not(None) if left else one.left_at.is_(None))
        .order_by(one.id.desc())
        .limit(MOST_LISTED + 1)
    )
    if behind is not None:
        wanted = wanted.where(one.id < behind)
    rows = [CaseRow._make(row) for row in db.session.execute(wanted)]
    shown = rows[:MOST_LISTED]
    return CasePage(shown, str(shown[-1].row_id) if len(rows) > MOST_LISTED else None)


def languages_of(incident_id: UUID, most: int = 6) -> list[str]:
    """In which its cases are written, the most frequent first. One statement."""
    c, one = Conversation, IncidentCase
    wanted = (
        select(func.split_part(c.language, literal_column("'-'"), literal_column("1")).label("code"))
        .join(one, and_(one.agency_id == c.agency_id, one.conversation_id == c.id, one.brand_id == c.brand_id))
        .where(one.incident_id == incident_id, c.language.is_not(None))
        .group_by(literal_column("1"))
        .order_by(func.count(c.id).desc())
        .limit(most)
    )
    return [str(code) for code in db.session.scalars(wanted)]


def cases_named(actor: Actor, case_ids: Sequence[UUID], limit: int = 20) -> list[Any]:
    """Of a suggestion's cases the newest, as a list shows them. One statement."""
    require(actor, Permission.CONVERSATION_WORK)
    c = Conversation
    wanted = select(c.id, c.author_name, c.excerpt, c.platform, c.kind, c.status, c.last_customer_at)
    rows = db.session.execute(wanted.where(c.id.in_(case_ids)).order_by(c.last_message_at.desc(), c.id).limit(limit))
    return list(rows)
