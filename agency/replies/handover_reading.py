"""Handovers as pages and programs show them: what of it is offered, and what became of each case."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import and_, func, or_, select, tuple_

from agency.inbox.handover_models import Handover, HandoverCase
from agency.inbox.models import Conversation, Note
from tenants import clock
from tenants.database import db
from tenants.errors import NotFound
from tenants.permissions import Actor, Permission, require

SHOWN_FOR: Final = timedelta(days=7)
MOST_LISTED: Final = 20
SHOWN_TO_LEADS: Final = timedelta(days=90)
MOST_OF_TEAM: Final = 200
"""Open ones a lead is shown at once, whose answer is due first."""
SHOWN_OF_CASE: Final[tuple[Any, ...]] = (
    Conversation.id,
    Conversation.brand_id,
    Conversation.platform,
    Conversation.kind,
    Conversation.author_name,
    Conversation.excerpt,
    Conversation.language,
)
"""What is shown of a case that is handed over, in this order."""


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
            *SHOWN_OF_CASE,
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
    handed = tuple(HandedCase._make((*one[:8], tuple(one.reasons), *one[9:])) for one in cases)
    if not handed and not concerned:  # a lead of other brands
        raise NotFound()
    return HandedOver(*row, handed)


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
    return [ListedHandover(*row) for row in rows]


class TeamHandover(NamedTuple):
    """One as a lead reads it: of its cases of brands they see so many are offered still, were taken over, were given
    back; `left` lapsed, are open, and nobody has them.
    """

    handover: ListedHandover
    offered: int
    accepted: int
    given_back: int
    left: int


class TeamHandovers(NamedTuple):
    """What a lead looks after: `open` are those nobody answered yet and, before them, those with something left;
    `ended` the others, newest first; there are more of these where `has_more`.
    """

    open: tuple[TeamHandover, ...]
    ended: tuple[TeamHandover, ...]
    has_more: bool


def team_handovers(actor: Actor, before: UUID | None = None) -> TeamHandovers:
    """Everybody's of SHOWN_TO_LEADS, of brands the lead sees; with `before` only ended ones that were offered earlier.

    Two statements. Raises Forbidden; NotFound for a handover that is not there.
    """
    require(actor, Permission.TEAM_MANAGE)
    now = clock.now()
    left = and_(
        HandoverCase.state == "lapsed",
        Conversation.status == "open",
        or_(Conversation.holder_id.is_(None), Conversation.held_until < now),
    )
    is_of_case = and_(
        Conversation.agency_id == HandoverCase.agency_id,
        Conversation.id == HandoverCase.conversation_id,
        Conversation.brand_id == HandoverCase.brand_id,
    )

    def many(*conditions: Any) -> Any:
        return func.count().filter(*conditions)

    counts = (
        select(
            many(HandoverCase.state == "offered").label("offered"),
            many(HandoverCase.state == "accepted").label("accepted"),
            many(HandoverCase.state.in_(("declined", "withdrawn"))).label("given_back"),
            many(left).label("left"),
            func.count().label("seen"),
        )
        .join(Conversation, is_of_case)
        .where(HandoverCase.agency_id == Handover.agency_id, HandoverCase.handover_id == Handover.id)
        .lateral()
    )
    goes_on = or_(Handover.ended_at.is_(None), and_(Handover.created_at > now - SHOWN_FOR, counts.c.left > 0))
    every = (
        select(*_COLUMNS, counts.c.offered, counts.c.accepted, counts.c.given_back, counts.c.left)
        .join(counts, counts.c.seen > 0)
        .where(Handover.created_at > now - SHOWN_TO_LEADS)
    )
    ended = every.where(~goes_on)
    waiting = []
    if before is None:
        waiting = _team_rows(every.where(goes_on).order_by(Handover.answer_by, Handover.id).limit(MOST_OF_TEAM))
        waiting.sort(key=lambda one: not one.left)
    else:
        mark = db.session.execute(select(Handover.created_at).where(Handover.id == before)).scalar_one_or_none()
        if mark is None:
            raise NotFound()
        ended = ended.where(tuple_(Handover.created_at, Handover.id) < tuple_(mark, before))
    rows = _team_rows(ended.order_by(Handover.created_at.desc(), Handover.id.desc()).limit(MOST_LISTED + 1))
    return TeamHandovers(tuple(waiting), tuple(rows[:MOST_LISTED]), len(rows) > MOST_LISTED)


def _team_rows(wanted: Any) -> list[TeamHandover]:
    return [TeamHandover(ListedHandover(*row[:9]), *row[9:]) for row in db.session.execute(wanted)]
