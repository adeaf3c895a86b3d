"""Where a person was last in a brand, a set of brands, or all of them, so that a switch leads back there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete, literal_column, select
from sqlalchemy.dialects.postgresql import insert

from agency.inbox.desk_models import LastPlace
from agency.inbox.filters import read_filters
from agency.inbox.models import Conversation
from tenants import clock
from tenants.database import db, new_id
from tenants.permissions import Actor

MOST_PLACES = 200
"""Of one person; beyond, the oldest are forgotten."""


class Place(NamedTuple):
    """The filters of that list, and the case that was open beside it, where one is and still can be."""

    filters: dict[str, list[str]]
    conversation_id: UUID | None


def brands_key(brand_ids: Iterable[UUID | str]) -> str:
    """The same for the same brands, in whatever order they were chosen; empty for all."""
    return ",".join(sorted({str(one) for one in brand_ids}))


def remember_place(
    actor: Actor, brand_ids: Iterable[UUID | str], filters: Mapping[str, Sequence[str]], conversation_id: UUID | None
) -> None:
    """From now on this is where the person was in these brands; one statement, two the first time in these."""
    row = insert(LastPlace).values(
        agency_id=actor.agency_id,
        id=new_id(),
        person_id=actor.user_id,
        brands=brands_key(brand_ids),
        filters={name: list(values) for name, values in filters.items() if name != "brand"},
        conversation_id=conversation_id,
        moved_at=clock.now(),
    )
    same = ("filters", "conversation_id", "moved_at")
    is_new = db.session.execute(
        row.on_conflict_do_update(
            index_elements=["agency_id", "person_id", "brands"], set_={name: row.excluded[name] for name in same}
        ).returning(literal_column("xmax = 0"))
    ).scalar()
    if is_new:
        _forget_oldest(actor)


def place_in(actor: Actor, brand_ids: Iterable[UUID | str]) -> Place | None:
    """Where they were; None where they never were. A case that is closed, gone or another's is left out."""
    row = db.session.execute(
        select(LastPlace.filters, LastPlace.conversation_id, Conversation.id)
        .outerjoin(
            Conversation,
            (Conversation.agency_id == LastPlace.agency_id)
            & (Conversation.id == LastPlace.conversation_id)
            & (Conversation.status != "closed"),
        )
        .where(LastPlace.person_id == actor.user_id, LastPlace.brands == brands_key(brand_ids))
    ).first()
    if row is None:
        return None
    return Place(read_filters(row[0]), row[2])


def _forget_oldest(actor: Actor) -> None:
    """Keep MOST_PLACES of this person."""
    old = (
        select(LastPlace.id)
        .where(LastPlace.person_id == actor.user_id)
        .order_by(LastPlace.moved_at.desc())
        .offset(MOST_PLACES)
    )
    db.session.execute(delete(LastPlace).where(LastPlace.id.in_(old)).execution_options(synchronize_session=False))
