"""Which open cases words would attach to an incident now, before anybody opens it: by the very book that attaches."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import and_, func, literal_column, select

from agency.inbox.incidents.attaching import incident_for, ready
from agency.inbox.incidents.given import Given
from agency.inbox.models import Contact, Conversation, Message
from agency.inbox.triage.matching import LONGEST_READ
from agency.inbox.triage.ready import facts_of
from tenants import clock
from tenants.database import db, first_id_of
from tenants.models import Brand

MOST_MESSAGES: Final = 5_000
"""The newest words of open cases that are looked at: bounds time and memory of a look."""
LOOKED_BACK: Final = timedelta(hours=48)
MOST_POSTS_SHOWN: Final = 8
MOST_CASES_OF_POSTS: Final = 2_000
"""The newest open cases whose posts are offered: bounds the look."""
_TRIED: Final = UUID(int=0)


class Fits(NamedTuple):
    """An open case, by its newest words that fit."""

    conversation_id: UUID
    author_name: str | None
    text: str
    platform: str
    kind: str
    at: datetime
    contact_id: UUID | None


class Trial(NamedTuple):
    """What fits among the open cases with words since then. `is_cut`: there are more words than were looked at."""

    found: Sequence[Fits]
    case_count: int
    is_cut: bool

    @property
    def people_count(self) -> int:
        """How many wrote these."""
        return len({one.contact_id or one.conversation_id for one in self.found})


class PostAsked(NamedTuple):
    """A post below which customers write: its platform's name for it, its text, and open cases below it."""

    external_id: str
    text: str
    platform: str
    case_count: int


class _Row(NamedTuple):
    id: UUID
    name: str
    conditions: dict[str, Any]
    since: datetime


def open_cases_for(brand_id: UUID, given: Given, *, since: datetime | None = None) -> Trial:
    """Open cases of the brand that this would attach, the newest first. Two statements; nothing is changed."""
    since = since or clock.now() - LOOKED_BACK
    going = ready([_Row(_TRIED, given.name, given.stored(), since)])
    zone = db.session.execute(select(Brand.time_zone).where(Brand.id == brand_id)).scalar_one()
    rows = db.session.execute(
        select(
            Message.conversation_id,
            Message.author_name,
            func.left(Message.text, literal_column(str(LONGEST_READ))),
            Message.reading,
            Message.language,
            Message.stars,
            Message.written_at,
            Message.contact_id,
            Conversation.platform,
            Conversation.kind,
            Conversation.context["external_id"].astext,
            func.coalesce(Contact.is_vip, literal_column("false")),
        )
        .join(
            Conversation,
            and_(
                Conversation.agency_id == Message.agency_id,
                Conversation.id == Message.conversation_id,
                Conversation.brand_id == Message.brand_id,
            ),
        )
        .outerjoin(
            Contact,
            and_(
                Contact.agency_id == Message.agency_id,
                Contact.id == Message.contact_id,
                Contact.brand_id == Message.brand_id,
            ),
        )
        .where(
            Conversation.brand_id == brand_id,
            Conversation.status == "open",
            Conversation.merged_into_id.is_(None),
            Conversation.last_customer_at >= since,
            Message.brand_id == brand_id,
            Message.direction == "in",
            Message.deleted_at.is_(None),
            Message.id >= first_id_of(since - LOOKED_BACK),
            Message.written_at >= since,
        )
        .order_by(Message.written_at.desc(), Message.id.desc())
        .limit(MOST_MESSAGES + 1)
    ).all()
    found: dict[UUID, Fits] = {}
    for row in rows[:MOST_MESSAGES]:
        case, author, text, reading, language, stars, at, contact_id, platform, kind, post, is_vip = row
        if case in found:
            continue
        facts = facts_of(
            text,
            reading,
            platform=platform,
            kind=kind,
            language=language,
            stars=stars,
            is_vip=is_vip,
            moment=at,
            zone=zone,
        )
        if incident_for(going, facts, post or "", at) is not None:
            found[case] = Fits(case, author, text, platform, kind, at, contact_id)
    return Trial(list(found.values()), len({row[0] for row in rows}), len(rows) > MOST_MESSAGES)


def posts_of_late(brand_id: UUID) -> list[PostAsked]:
    """Posts with the most open cases of the last two days. One statement."""
    post = Conversation.context["external_id"].astext
    newest = (
        select(post.label("post"), Conversation.context["text"].astext.label("text"), Conversation.platform)
        .where(
            Conversation.brand_id == brand_id,
            Conversation.status == "open",
            Conversation.merged_into_id.is_(None),
            Conversation.last_customer_at >= clock.now() - LOOKED_BACK,
        )
        .order_by(Conversation.last_customer_at.desc())
        .limit(MOST_CASES_OF_POSTS)
        .subquery()
    )
    text, count = func.max(newest.c.text), func.count()
    wanted = (
        select(newest.c.post, func.coalesce(text, literal_column("''")), newest.c.platform, count)
        .where(newest.c.post.is_not(None))
        .group_by(newest.c.post, newest.c.platform)
        .order_by(count.desc(), newest.c.post)
        .limit(MOST_POSTS_SHOWN)
    )
    return [PostAsked(*row) for row in db.session.execute(wanted)]
