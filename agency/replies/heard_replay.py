"""Last week's words asked lines that hold nowhere yet: how many threads would have been acknowledged by themselves."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import aliased

from agency.inbox.brand_clocks import clocks_of_brands
from agency.inbox.heard_lines import HeardLine, is_closed, line_for
from agency.inbox.models import FROM_SPAMMER, PAST, SPAM, Conversation, Message
from agency.inbox.triage.models import TriageDeed
from agency.inbox.triage.offers import ACKNOWLEDGE
from tenants import clock
from tenants.database import db, first_id_of

WEEK: Final = timedelta(days=7)
MOST_MESSAGES: Final = 5_000
"""Newest first. Bounds time and memory of a look."""


class HeardWeek(NamedTuple):
    """Threads that would have been acknowledged, and how many of them by words that came while the brand was closed."""

    threads: int
    closed: int


def heard_last_week(brand_id: UUID, lines: Sequence[HeardLine], asked: Collection[UUID] | None = None) -> HeardWeek:
    """The brand's, by words as they are now and by what rules of the desk asked for as they came; who had taken a case
    by then, and whether there are words in a customer's language, is not asked. `asked` are the only messages that
    count, as if a rule asked for each. Two statements, none for no lines.
    """
    if not lines or (asked is not None and not asked):
        return HeardWeek(0, 0)
    since, ours = clock.now() - WEEK, aliased(Message)
    answered_at = (
        select(func.min(ours.written_at))
        .where(
            ours.agency_id == Message.agency_id,
            ours.conversation_id == Message.conversation_id,
            ours.direction == "out",
            ours.deleted_at.is_(None),
            ours.written_at > Message.written_at,
        )
        .correlate(Message)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(
            Message.id,
            Message.conversation_id,
            Message.written_at,
            Conversation.platform,
            Conversation.kind,
            answered_at,
            exists().where(
                TriageDeed.agency_id == Message.agency_id,
                TriageDeed.message_id == Message.id,
                TriageDeed.offers.has_key(ACKNOWLEDGE),
            ),
        )
        .join(
            Conversation,
            and_(
                Conversation.agency_id == Message.agency_id,
                Conversation.id == Message.conversation_id,
                Conversation.brand_id == Message.brand_id,
            ),
        )
        .where(
            Message.brand_id == brand_id,
            Message.id >= first_id_of(since),
            Message.direction == "in",
            Message.deleted_at.is_(None),
            Message.written_at >= since,
            Message.text != "",
            func.coalesce(Conversation.act, "") != "praise",
            func.coalesce(Conversation.closed_reason, "").not_in((PAST, SPAM, FROM_SPAMMER)),
        )
        .order_by(Message.id.desc())
        .limit(MOST_MESSAGES)
    ).all()
    times = clocks_of_brands([brand_id])[brand_id].times
    found: dict[UUID, bool] = {}
    for message_id, conversation_id, at, platform, kind, answered, by_rule in rows:
        if asked is not None and message_id not in asked:
            continue
        line = line_for(lines, platform, kind, at, times, by_rule=by_rule or asked is not None)
        if line is None:
            continue
        due = at + timedelta(minutes=line.after_minutes)
        if (answered is None or answered > due) and due <= clock.now():
            found[conversation_id] = found.get(conversation_id, False) or is_closed(times, at)
    return HeardWeek(len(found), sum(found.values()))
