"""Looks at the platform as they are written down: begun before it is asked, or kept once it was told or read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from agency.inbox.stored_rows import as_json
from agency.replies.models import PublishAttempt, Reply
from tenants.database import db, new_id
from tenants.scope import current_scope, raw_sql

_BEGIN = raw_sql(
    """
    insert into publish_attempt (agency_id, id, brand_id, reply_id, reply_text_id, fence, request_id, deed, details)
    select :agency_id, id, brand_id, reply_id, reply_text_id, fence, request_id, 'look', '{}'
    from jsonb_to_recordset(cast(:rows as jsonb)) as given(id uuid, brand_id uuid, reply_id uuid, reply_text_id uuid,
        fence bigint, request_id uuid)
    """,
    reason="the looks at many replies in one statement",
)
_END = raw_sql(
    """
    update publish_attempt a set finished_at = clock_timestamp(), outcome = given.outcome, detail = given.detail,
        platform_id = given.platform_id
    from jsonb_to_recordset(cast(:rows as jsonb)) as given(id uuid, outcome text, detail text, platform_id text)
    where a.agency_id = :agency_id and a.id = given.id
    """,
    reason="how many looks ended, in one statement",
)


class Begun(NamedTuple):
    """A look about to be made, with the reply as it was then."""

    look_id: UUID
    at: datetime
    reply_id: UUID
    brand_id: UUID
    text_id: UUID
    fence: int


class Over(NamedTuple):
    """How a look ended, as `PublishAttempt.outcome` has it."""

    look_id: UUID
    outcome: str
    detail: str | None
    platform_id: str | None


def begin_looks(looks: Sequence[Begun]) -> None:
    """Write down that the platform is looked at for these replies, before it is. One statement."""
    rows = [
        {
            "id": one.look_id,
            "brand_id": one.brand_id,
            "reply_id": one.reply_id,
            "reply_text_id": one.text_id,
            "fence": one.fence,
            "request_id": new_id(),
        }
        for one in looks
    ]
    db.session.execute(_BEGIN, {"agency_id": current_scope().agency_id, "rows": as_json(rows)})


def end_looks(looks: Sequence[Over]) -> None:
    """Write down how these looks ended. One statement."""
    rows = [
        {"id": one.look_id, "outcome": one.outcome, "detail": one.detail, "platform_id": one.platform_id}
        for one in looks
    ]
    db.session.execute(_END, {"agency_id": current_scope().agency_id, "rows": as_json(rows)})


def keep_look(reply: Reply, outcome: str, detail: str | None, platform_id: str | None, at: datetime) -> None:
    """Keep what a look that is over found. Not flushed."""
    db.session.add(
        PublishAttempt(
            agency_id=reply.agency_id,
            id=new_id(),
            brand_id=reply.brand_id,
            reply_id=reply.id,
            reply_text_id=reply.text_id,
            fence=reply.fence,
            request_id=new_id(),
            deed="look",
            outcome=outcome,
            detail=detail,
            platform_id=platform_id,
            finished_at=at,
        )
    )
