"""Last week's replies asked a policy that holds nowhere yet: how many would have waited, which, and by which rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from statistics import median
from typing import Any, Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import and_, exists, func, select

from agency.inbox.models import Conversation
from agency.replies.checks import words_kind
from agency.replies.joins import CASE_OF_REPLY, WORDS_OF_REPLY
from agency.replies.models import Approval, Reply, ReplyText
from agency.replies.policies import Because, Facts, decide
from agency.replies.policy_clock import is_urgent, plan
from agency.replies.policy_terms import Terms
from styleguides.models import LedgerLine
from tenants import clock
from tenants.database import db, first_id_of
from tenants.models import Brand

WEEK: Final = timedelta(days=7)
MOST_REPLIES: Final = 2_000
"""Newest first. Bounds time and memory of a look."""
MADE_WITHIN: Final = timedelta(days=30)
"""A reply begun longer before the week is left out: else all of a brand would be looked through."""
SHOWN: Final = 50


class WouldWait(NamedTuple):
    """A reply of last week that would have waited."""

    id: UUID
    conversation_id: UUID
    author_name: str | None
    text: str
    left_at: datetime
    because: tuple[Because, ...]


class PolicyWeek(NamedTuple):
    """Last week by a policy. `waited` are the first SHOWN of `waited_count`; `by_rule` how often each rule held.

    `median_seconds` is how long the brand's last yeses took, None where there were none; `is_cut`: there are more
    replies than are looked at. Of those that waited, `reminded` would have been reminded of at least once, and for
    `silent` silence would have counted: by how long their own decision took, or else the brand's usual one;
    `untold` are those for which nobody knows either.
    """

    replies: int
    waited_count: int
    waited: tuple[WouldWait, ...]
    by_rule: tuple[tuple[str, int], ...]
    median_seconds: int | None
    is_cut: bool
    reminded: int = 0
    silent: int = 0
    untold: int = 0


def last_week_by(brand_id: UUID, terms: Terms) -> PolicyWeek:
    """The brand's. Three statements. A reply is taken as it is now, its writer by what they had published before."""
    since = clock.now() - WEEK
    rows = _left_since(brand_id, since)
    earlier = _published_before(brand_id, {row.author_id for row in rows}, since) if terms.first_replies else {}
    usual = _usual_wait(brand_id)
    waited, by_rule, came = list[WouldWait](), Counter[str](), Counter[str]()
    for row in reversed(rows):
        facts = Facts(
            platform=row.platform,
            kind=words_kind(row.kind, private=row.private),
            text=row.text,
            language=row.language,
            stars=row.stars,
            complaint=row.complaint,
            sentiment=row.sentiment,
            gives=row.gives,
            earlier_replies=earlier.get(row.author_id, 0) if terms.first_replies else None,
            deed=row.deed,
        )
        if terms.first_replies and row.state == "published" and row.deed == "reply":
            earlier[row.author_id] = earlier.get(row.author_id, 0) + 1
        decision = decide(terms, facts)
        if decision.needs:
            by_rule.update(one.rule for one in decision.because)
            came.update(_came(terms, row, usual))
            waited.append(
                WouldWait(row.id, row.conversation_id, row.author_name, row.text, row.left_at, decision.because)
            )
    waited.reverse()
    return PolicyWeek(
        replies=len(rows),
        waited_count=len(waited),
        waited=tuple(waited[:SHOWN]),
        by_rule=tuple(by_rule.most_common()),
        median_seconds=usual,
        is_cut=len(rows) == MOST_REPLIES,
        reminded=came["reminded"],
        silent=came["silent"],
        untold=came["untold"],
    )


def _came(terms: Terms, row: Any, usual_seconds: int | None) -> Iterator[str]:
    """What would have come of the waiting of a reply."""
    if not terms.remind_after and not terms.silence_after:
        return
    if row.submitted_at is not None and row.state == "awaiting_approval":
        until = clock.now()
    elif row.submitted_at is not None and row.decided_at is not None:
        until = row.decided_at
    elif usual_seconds is not None:
        until = row.left_at + timedelta(seconds=usual_seconds)
    else:
        yield "untold"
        return
    urgent = is_urgent(terms, complaint=row.complaint, sentiment=row.sentiment)
    planned = plan(terms, ZoneInfo(row.time_zone), row.left_at, urgent=urgent)
    if any(one < until for one in planned.remind_at):
        yield "reminded"
    if planned.silence_at is not None and planned.silence_at <= until:
        yield "silent"


def _left_since(brand_id: UUID, since: datetime) -> list[Any]:
    """Replies that left their writer since then, newest first."""
    left_at = func.coalesce(Reply.submitted_at, Reply.published_at, Reply.state_since)
    gives = exists().where(
        LedgerLine.agency_id == Reply.agency_id,
        LedgerLine.brand_id == Reply.brand_id,
        LedgerLine.conversation_id == Reply.conversation_id,
    )
    decided_at = (
        select(func.max(Approval.created_at))
        .where(Approval.agency_id == Reply.agency_id, Approval.reply_id == Reply.id, Approval.decided_by.is_not(None))
        .correlate(Reply)
        .scalar_subquery()
    )
    wanted = (
        select(
            Reply.id,
            Reply.conversation_id,
            Reply.platform,
            Reply.private,
            Reply.complaint,
            Reply.deed,
            Reply.state,
            Reply.submitted_at,
            left_at.label("left_at"),
            decided_at.label("decided_at"),
            ReplyText.text,
            ReplyText.author_id,
            Conversation.kind,
            Conversation.stars,
            Conversation.sentiment,
            Conversation.author_name,
            Brand.language,
            Brand.time_zone,
            gives.label("gives"),
        )
        .join(ReplyText, WORDS_OF_REPLY)
        .join(Conversation, CASE_OF_REPLY)
        .join(Brand, and_(Brand.agency_id == Reply.agency_id, Brand.id == Reply.brand_id))
        .where(
            Reply.brand_id == brand_id,
            Reply.id >= first_id_of(since - MADE_WITHIN),
            Reply.state.not_in(("draft", "dropped")),
            Reply.deed != "withdraw",
            left_at >= since,
        )
        .order_by(Reply.id.desc())
        .limit(MOST_REPLIES)
    )
    return list(db.session.execute(wanted))


def _published_before(brand_id: UUID, people: set[UUID], before: datetime) -> dict[UUID, int]:
    rows = db.session.execute(
        select(Reply.written_by, func.count(Reply.id))
        .where(
            Reply.brand_id == brand_id,
            Reply.written_by.in_(people),
            Reply.state == "published",
            Reply.deed == "reply",
            Reply.published_at < before,
        )
        .group_by(Reply.written_by)
    )
    return {row[0]: row[1] for row in rows}


def _usual_wait(brand_id: UUID) -> int | None:
    """Seconds from asking to the last yes, the median of the brand's last 200."""
    rows = db.session.execute(
        select(Approval.created_at, Reply.submitted_at)
        .join(Reply, and_(Reply.agency_id == Approval.agency_id, Reply.id == Approval.reply_id))
        .where(Reply.brand_id == brand_id, Approval.decision == "approved", Reply.submitted_at.is_not(None))
        .order_by(Approval.id.desc())
        .limit(200)
    )
    waits = [(decided - asked).total_seconds() for decided, asked in rows if asked is not None and decided >= asked]
    return int(median(waits)) if waits else None
