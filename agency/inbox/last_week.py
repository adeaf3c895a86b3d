"""What a replay needs of an agency's last seven days: its cases, when each came and was due, when it was answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import and_, select

from agency.inbox.brand_clocks import clocks_of_brands
from agency.inbox.case_clocks import begun, run_anew, tightest
from agency.inbox.models import Conversation
from agency.inbox.reranking import facts_of
from agency.inbox.week_replay import Comparison, Move, ReplayCase, compare, moves
from agency.inbox.weights import Weights
from tenants import clock
from tenants.database import db
from tenants.models import Brand
from tenants.scope import current_scope, raw_sql

WEEK: Final = timedelta(days=7)
MOST_CASES: Final = 10_000
"""Of each: open ones from the top of the queue, and answered ones, newest first. Bounds time and memory of a look."""
QUEUE_SHOWN: Final = 20
CASES_SHOWN: Final = 50

_COLUMNS = """
    select c.id, c.woke_at is not null as woken, c.rank_reasons, c.due_at,
        c.last_customer_at, c.last_message_at, c.stars, c.kind, c.message_count,
        b.tier, c.platform, c.brand_id, c.clocks,
        coalesce(p.is_vip, false) as vip, coalesce(p.weight, 0) as weight, {served} as served_at
    from conversation c
    join brand b on b.agency_id = c.agency_id and b.id = c.brand_id and b.archived_at is null
    left join contact p on p.agency_id = c.agency_id and p.id = c.contact_id and p.brand_id = c.brand_id
    where c.agency_id = :agency_id
"""
_OPEN = raw_sql(
    _COLUMNS.format(served="null::timestamptz") + "and c.status = 'open' order by c.rank desc, c.id desc limit :most",
    reason="the queue with what its ranks need",
)
_ANSWERED = raw_sql(
    _COLUMNS.format(
        served="""coalesce((select max(m.written_at) from message m where m.agency_id = c.agency_id
            and m.conversation_id = c.id and m.direction = 'out' and c.closed_reason = 'answered'), c.looked_at)"""
    )
    + """and c.status = 'closed' and c.closed_reason in ('answered', 'resolved') and c.last_customer_at is not null
        and c.last_message_at >= :since order by c.last_message_at desc, c.id desc limit :most""",
    reason="what was answered, with what its rank needed",
)


class Week(NamedTuple):
    """The cases of the last seven days and when we answered; `is_cut`: there are more than are looked at."""

    since: datetime
    until: datetime
    cases: tuple[ReplayCase, ...]
    serves: tuple[datetime, ...]
    open_cases: tuple[ReplayCase, ...]
    is_cut: bool


class Look(NamedTuple):
    """Last week and the queue by two tables of weights; `named` by id, as far as they are shown."""

    week: Week
    comparison: Comparison
    moves: tuple[Move, ...]
    named: dict[UUID, CaseName]


class CaseName(NamedTuple):
    """A case as a list names it."""

    id: UUID
    brand_id: UUID
    brand_name: str
    mark: str
    colour: str
    author_name: str | None
    excerpt: str
    due_at: datetime | None


def read_week() -> Week:
    """The scope's agency's. Three statements. A case counts once, with its customer's newest words, and was due by the
    hours its brand has now.
    """
    until = clock.now()
    since = until - WEEK
    values = {"agency_id": current_scope().agency_id, "since": since, "most": MOST_CASES}
    waiting = db.session.execute(_OPEN, values).all()
    answered = db.session.execute(_ANSWERED, values).all()
    open_cases = tuple(_case(row, since, row.due_at) for row in waiting)
    cases, serves = list(open_cases), []
    brands = clocks_of_brands({row.brand_id for row in answered})
    for row in answered:
        came = row.last_customer_at
        ends = tightest(run_anew(row.clocks or begun(came), brands[row.brand_id], row.platform, row.kind))
        case = _case(row, since, ends.due if ends is not None else None)
        served_at = max(row.served_at or came, came)
        if since <= served_at <= until:
            cases.append(case)
            serves.append(served_at)
    is_cut = MOST_CASES in (len(waiting), len(answered))
    return Week(since, until, tuple(cases), tuple(sorted(serves)), open_cases, is_cut)


def look_at_week(before: Weights, after: Weights) -> Look:
    """Last week and the queue as they are now, by both. Three statements."""
    week = read_week()
    comparison = compare(week.cases, week.serves, before, after, week.until)
    first = moves(week.open_cases, before, after, week.until, QUEUE_SHOWN)
    shown = {one.id for one in first} | {*comparison.avoided[:CASES_SHOWN], *comparison.added[:CASES_SHOWN]}
    due = {case.id: case.facts.due_at for case in week.cases if case.id in shown}
    return Look(week, comparison, first, _named(shown, due))


def _case(row: Any, since: datetime, due_at: datetime | None) -> ReplayCase:
    facts = facts_of(row, due_at)
    return ReplayCase(row.id, max(facts.since, since), facts)


def _named(ids: set[UUID], due: dict[UUID, datetime | None]) -> dict[UUID, CaseName]:
    rows: Sequence[Any] = db.session.execute(
        select(
            Conversation.id,
            Conversation.brand_id,
            Brand.name,
            Brand.mark,
            Brand.colour,
            Conversation.author_name,
            Conversation.excerpt,
        )
        .join(Brand, and_(Brand.agency_id == Conversation.agency_id, Brand.id == Conversation.brand_id))
        .where(Conversation.id.in_(ids))
    ).all()
    return {row[0]: CaseName._make((*row, due.get(row[0]))) for row in rows}
