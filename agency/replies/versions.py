"""Words typed for a case that are not what its draft says: kept, offered side by side, taken or joined by one press."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from agency.inbox.desk_models import WAITS_FOR_A_CHOICE, DraftVersion
from agency.inbox.models import Conversation
from agency.replies.words import keepable
from tenants import clock
from tenants.database import db, new_id
from tenants.errors import NotFound
from tenants.permissions import Actor, Permission, require
from tenants.scope import current_scope

if TYPE_CHECKING:
    from agency.replies.keeping import DraftRow, Typed

VERSIONS_KEPT = timedelta(days=30)
"""How long words are kept that went into no draft, after they were last typed or somebody was done with them."""
MOST_SHOWN = 30
FORGOTTEN_AT_ONCE = 1_000


class VersionRow(NamedTuple):
    """One of them; see `agency.inbox.desk_models.DraftVersion`."""

    id: UUID
    changes_reply_id: UUID | None
    author_id: UUID
    author_name: str
    text: str
    why: str
    saved_at: datetime
    settled_at: datetime | None


_ROW = (
    DraftVersion.id,
    DraftVersion.changes_reply_id,
    DraftVersion.author_id,
    DraftVersion.author_name,
    DraftVersion.text,
    DraftVersion.why,
    DraftVersion.saved_at,
    DraftVersion.settled_at,
)


def versions_of(actor: Actor, conversation_id: UUID) -> list[VersionRow]:
    """What is kept beside this case's draft, what waits for a choice first, then newest first. One statement.

    Raises Forbidden for who may not read drafts.
    """
    require(actor, Permission.REPLY_READ_DRAFT)
    rows = db.session.execute(
        select(*_ROW)
        .where(DraftVersion.conversation_id == conversation_id)
        .order_by(WAITS_FOR_A_CHOICE.desc(), DraftVersion.saved_at.desc(), DraftVersion.id.desc())
        .limit(MOST_SHOWN)
    )
    return [VersionRow._make(row) for row in rows]


def keep_beside(
    actor: Actor, conversation_id: UUID, typed: Typed, why: str, changes: UUID | None = None
) -> UUID | None:
    """Keep words that may not go into the draft as their writer's own version: one for each open form, so that typing
    on changes it. Its id; None for words that cannot be kept.

    Raises NotFound, Forbidden.
    """
    brand_id = db.session.execute(
        select(Conversation.brand_id).where(Conversation.id == conversation_id)
    ).scalar_one_or_none()
    if brand_id is None:
        raise NotFound()
    require(actor, Permission.REPLY_WRITE, brand_id)
    words = keepable(typed.text)
    if words is None:
        return None
    values: dict[str, Any] = {
        "agency_id": actor.agency_id,
        "id": new_id(),
        "brand_id": brand_id,
        "conversation_id": conversation_id,
        "changes_reply_id": changes,
        "author_id": actor.user_id,
        "author_name": actor.name,
        "text": words,
        "why": why,
        "form": typed.form or None,
        "turn": typed.turn,
        "saved_at": clock.now(),
    }
    kept = insert(DraftVersion).values(values)
    place = ["agency_id", "conversation_id", "author_id", "form", "brand_id"]
    later = kept.on_conflict_do_update(
        index_elements=place,
        index_where=DraftVersion.form.is_not(None),
        set_={name: kept.excluded[name] for name in ("text", "why", "turn", "saved_at")} | {"settled_at": None},
        where=DraftVersion.turn <= kept.excluded.turn,
    )
    found = db.session.execute(later.returning(DraftVersion.id)).scalar()
    return found or values["id"]


def remember(row: DraftRow, conversation_id: UUID, changes: UUID | None) -> None:
    """Keep what a draft says now, before somebody else goes on with it."""
    db.session.execute(
        insert(DraftVersion).values(
            agency_id=current_scope().agency_id,
            id=new_id(),
            brand_id=row.brand_id,
            conversation_id=conversation_id,
            changes_reply_id=changes,
            author_id=row.text_author_id,
            author_name=row.text_author_name,
            text=row.text,
            why="before",
            saved_at=clock.now(),
        )
    )


def version_of(conversation_id: UUID, version_id: UUID) -> VersionRow:
    """One of this case's. Raises NotFound."""
    row = db.session.execute(
        select(*_ROW).where(DraftVersion.id == version_id, DraftVersion.conversation_id == conversation_id)
    ).first()
    if row is None:
        raise NotFound()
    return VersionRow._make(row)


def settle(version_id: UUID) -> None:
    """It waits for nobody's choice any more; it stays readable for VERSIONS_KEPT."""
    db.session.execute(
        update(DraftVersion)
        .where(DraftVersion.id == version_id, DraftVersion.settled_at.is_(None))
        .values(settled_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def forget_old() -> int:
    """Upkeep, within an agency's scope: delete what is past VERSIONS_KEPT. Returns how many."""
    past = clock.now() - VERSIONS_KEPT
    old = (
        select(DraftVersion.id)
        .where(DraftVersion.saved_at < past, func.coalesce(DraftVersion.settled_at, DraftVersion.saved_at) < past)
        .order_by(DraftVersion.saved_at)
        .limit(FORGOTTEN_AT_ONCE)
    )
    gone = db.session.execute(
        delete(DraftVersion)
        .where(DraftVersion.id.in_(old))
        .returning(DraftVersion.id)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())
