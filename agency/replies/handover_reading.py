"""Handovers as pages and programs show them: what of it is offered, and what became of each case."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import and_, func, or_, select

from agency.inbox.handover_models import Handover, HandoverCase
from agency.inbox.models import Conversation, Note
from tenants import clock
from tenants.database import db
from tenants.errors import NotFound
from tenants.permissions import Actor, Permission, require

SHOWN_FOR: Final = timedelta(days=7)
MOST_LISTED: Final = 20


class HandedCase(NamedTuple):
    """A case of a handover, as it is now."""

    conversation_id: UUID
    brand_id: UUID
    platform: str
    kind: str
    customer: str | None
    excerpt: str
    language: str | None
    due_at: datetime | None
    reasons: tuple[str, ...]
    state: str
    why: str | None
    note: str


class HandedOver(NamedTuple):
    """A handover with its cases of brands the reader sees; `hidden` are of others."""

    id: UUID
    from_person_id: UUID
    from_name: str
    to_person_id: UUID
    to_name: str
    case_count: int
    offered_at: datetime
    answer_by: datetime
    ended_at: datetime | None
    cases: tuple[HandedCase, ...]

    @property
    def offered_count(self) -> int:
        """How many are still offered."""
        return sum(one.state == "offered" for one in self.cases)

    @property
    def hidden(self) -> int:
        """How many are of brands the reader does not see."""
        return max(0, self.case_count - len(self.cases))


_COLUMNS = (
    Handover.id,
    Handover.from_person_id,
    Handover.from_name,
    Handover.to_person_id,
    Handover.to_name,
    Handover.case_count,
    Handover.created_at,
    Handover.answer_by,
    Handover.ended_at,
)


def read_handover(actor: Actor, handover_id: UUID) -> HandedOver:
    """One, for who gave or gets it, and for leads. Two statements. Raises NotFound, Forbidden."""
    require(actor, Permission.CONVERSATION_WORK)
    row = db.session.execute(select(*_COLUMNS).where(Handover.id == handover_id)).first()
    concerned = row is not None and actor.user_id in (row.from_person_id, row.to_person_id)
    if row is None or not (concerned or actor.may(Permission.TEAM_MANAGE)):
        raise NotFound()
    said = (
        select(Note.text)
        .where(
            Note.agency_id == HandoverCase.agency_id,
            Note.conversation_id == HandoverCase.conversation_id,
            Note.author_id == HandoverCase.from_person_id,
            Note.created_at == HandoverCase.created_at,
        )
        .limit(1)
        .scalar_subquery()
    )
    cases = db.session.execute(
        select(
            Conversation.id,
            Conversation.brand_id,
            Conversation.platform,
            Conversation.kind,
            Conversation.author_name,
            Conversation.excerpt,
            Conversation.language,
            Conversation.due_at,
            HandoverCase.reasons,
            HandoverCase.state,
            HandoverCase.why,
            func.coalesce(said, ""),
        )
        .join(
            Conversation,
            and_(
                Conversation.agency_id == HandoverCase.agency_id,
                Conversation.id == HandoverCase.conversation_id,
                Conversation.brand_id == HandoverCase.brand_id,
            ),
        )
        .where(HandoverCase.handover_id == handover_id)
        .order_by(Conversation.due_at.asc().nulls_last(), HandoverCase.id)
    )
    handed = tuple(
        HandedCase(
            one.id,
            one.brand_id,
            one.platform,
            one.kind,
            one.author_name,
            one.excerpt,
            one.language,
            one.due_at,
            tuple(one.reasons),
            one.state,
            one.why,
            one[11],
        )
        for one in cases
    )
    if not handed and not concerned:  # a lead of other brands
        raise NotFound()
    return HandedOver(
        row.id,
        row.from_person_id,
        row.from_name,
        row.to_person_id,
        row.to_name,
        row.case_count,
        row.created_at,
        row.answer_by,
        row.ended_at,
        handed,
    )


class ListedHandover(NamedTuple):
    """A line of a list of handovers."""

    id: UUID
    from_person_id: UUID
    from_name: str
    to_person_id: UUID
    to_name: str
    case_count: int
    offered_at: datetime
    answer_by: datetime
    ended_at: datetime | None


def list_handovers(actor: Actor) -> list[ListedHandover]:
    """Those one gave or got within SHOWN_FOR, newest first, at most MOST_LISTED; one statement. Raises Forbidden."""
    require(actor, Permission.CONVERSATION_WORK)
    mine = or_(Handover.from_person_id == actor.user_id, Handover.to_person_id == actor.user_id)
    rows = db.session.execute(
        select(*_COLUMNS)
        .where(mine, Handover.created_at > clock.now() - SHOWN_FOR)
        .order_by(Handover.created_at.desc(), Handover.id)
        .limit(MOST_LISTED)
    )
    return [
        ListedHandover(
            row.id,
            row.from_person_id,
            row.from_name,
            row.to_person_id,
            row.to_name,
            row.case_count,
            row.created_at,
            row.answer_by,
            row.ended_at,
        )
        for row in rows
    ]
