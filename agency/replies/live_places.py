"""Where published replies stand on their platforms, as of the last look."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import aliased

from agency.inbox.models import Message
from agency.replies.joins import one_of
from agency.replies.models import Reply
from tenants.database import db

_ANSWERED = aliased(Message)


class LivePlace(NamedTuple):
    """The platform's address of a reply, of one without its own that of what it publicly answers, empty where there is
    none or it is gone; and what the last look found.
    """

    url: str
    live_state: str | None


def live_places(reply_ids: Collection[UUID]) -> dict[UUID, LivePlace]:
    """By reply; one statement."""
    rows = db.session.execute(
        select(
            Reply.id,
            Reply.live_state,
            case(
                (Message.id.is_(None), None),
                (Reply.private, Message.permalink),
                else_=func.coalesce(Message.permalink, _ANSWERED.permalink),
            ).label("permalink"),
        )
        .join(_ANSWERED, and_(_ANSWERED.agency_id == Reply.agency_id, _ANSWERED.id == Reply.in_reply_to_id))
        .outerjoin(
            Message,
            and_(
                Message.agency_id == Reply.agency_id,
                Message.reply_id == Reply.id,
                Message.brand_id == Reply.brand_id,
                Message.deleted_at.is_(None),
            ),
        )
        .where(one_of(Reply.id, reply_ids))
    )
    return {row.id: LivePlace(row.permalink or "", row.live_state) for row in rows}
