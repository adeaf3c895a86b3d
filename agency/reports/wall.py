"""What is about to go wrong, brand by brand: one statement for all of them, each read from the end of an index.

Every number is counted as the page it leads to counts it: the queue by its counters and by `due_at`, promises by
theirs, channels by the state they show. What comes by time alone is counted up to MOST_COUNTED and one more.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import DateTime, TextClause, bindparam, literal_column, select
from sqlalchemy.dialects import postgresql

from agency.inbox.brand_names import BrandName
from agency.inbox.models import Conversation
from agency.inbox.queries import MOST_COUNTED
from agency.inbox.team import team_at
from agency.reports.hours import hour_of
from channels.health import KINDS
from channels.health_order import rank_of
from tenants import clock
from tenants.database import db
from tenants.models import Brand
from tenants.permissions import Actor, Permission, require
from tenants.scope import Scope, current_scope, raw_sql

SOON: Final = timedelta(hours=1)
"""What will go wrong next: as `agency.web.clocks.SOON_SECONDS`, by which a row is drawn."""
HOURS: Final = 24
"""Of what is drawn of waiting: whether it grows shows within a day, whatever the hour."""
DAYS: Final = 7
"""Of the figures beside it."""

TROUBLED: Final = tuple(kind.rank for kind in KINDS.values() if kind.tone in ("bad", "warn"))
"""Ranks of accounts that somebody should look at."""


KEPT_SECONDS: Final = 5.0
"""Walls on many screens ask for the same; each looks again four times a minute or less."""
MOST_KEPT: Final = 100
"""Scopes of these seconds."""


class BrandWall(NamedTuple):
    """One brand. Numbers that stop at MOST_COUNTED + 1 are `late`, `due_soon`, `broken` and `due_today`."""

    brand_id: UUID
    waiting: int
    """Open cases."""
    with_client: int
    """Of these, cases whose reply waits for the client's yes."""
    client_since: datetime | None
    """Since when the longest of them has."""
    oldest: datetime | None
    """Since when the customer has waited who waits longest, wherever the case stands; counted within seconds."""
    oldest_id: UUID | None
    late: int
    due_soon: int
    broken: int
    due_today: int
    """Promises that fall due before the brand's day is over."""
    troubled: int
    """Channels that somebody should look at."""
    hours: dict[str, int] | None = None
    """How many waited as each of the last HOURS began, by how many hours ago; of hours nobody noted nothing."""

    @property
    def is_quiet(self) -> bool:
        """Nothing waits, and nothing is about to go wrong."""
        return not any((self.waiting, self.late, self.due_soon, self.broken, self.due_today, self.troubled))


class Beside(NamedTuple):
    """The figures of the last DAYS days, of public or of private words."""

    received: int = 0
    asked: int = 0
    answered: int = 0
    seconds: int = 0
    cases: int = 0
    resolved: int = 0


class Wall(NamedTuple):
    """Brands in use of this person's, the worst first."""

    brands: list[BrandWall]
    public: Beside
    private: Beside
    names: dict[UUID, BrandName]
    """Of the same brands, by name."""
    on_shift: int | None
    """How many colleagues are on shift, breaks included; None where nobody wrote when anybody works."""
    incidents: int
    """That go on."""
    handovers: int
    """Of which some case was neither taken over nor given back."""
    drawn: dict[Hashable, Any]
    """What whoever shows it made of it, for as long as it is kept itself."""


def read_wall(actor: Actor) -> Wall:
    """Three statements, whatever the number of brands and of cases; what they found is kept for KEPT_SECONDS at most
    for whoever may see the very same brands. Raises Forbidden.

    The worst are those with most that is late or broken; of equal ones those with most due within the hour, then those
    with most channels in trouble, then those whose customer waits longest.
    """
    require(actor, Permission.WALL_READ)
    now, scope = clock.now(), current_scope()
    moment = int(now.timestamp() / KEPT_SECONDS)
    kept = _kept.get(moment)
    if kept is None or len(kept) >= MOST_KEPT:
        _kept.clear()
        kept = _kept[moment] = {}
    found = kept.get(scope)
    if found is None:
        found = kept[scope] = _read(scope.agency_id, now)
    return found


def _read(agency_id: UUID, now: datetime) -> Wall:
    values = {"agency_id": agency_id, "now": now, "soon": now + SOON, "hour": hour_of(now)}
    rows = db.session.execute(_statement(), values).all()
    numbers = len(BrandWall._fields)
    beside = rows[0][numbers] if rows else None
    brands = sorted((BrandWall(*row[:numbers]) for row in rows), key=_badness)
    sums = {bool(one[0]): Beside(*map(int, one[1:])) for one in beside or ()}
    incidents, handovers = rows[0][numbers + 1 : numbers + 3] if rows else (0, 0)
    names = {row[0]: BrandName._make((row[0], *row[numbers + 3 :], place)) for place, row in enumerate(rows)}
    team = team_at(now)
    on_shift = len(team.on_shift(now)) if team.known else None
    return Wall(brands, sums.get(False, Beside()), sums.get(True, Beside()), names, on_shift, incidents, handovers, {})


_kept: dict[int, dict[Scope, Wall]] = {}


def _badness(one: BrandWall) -> tuple[Any, ...]:
    since = one.oldest.timestamp() if one.oldest is not None else float("inf")
    return (-(one.late + one.broken), -one.due_soon, -one.troubled, since, -one.waiting, one.brand_id)


@cache
def _statement() -> TextClause:
    """Counted per brand by lateral looks into indexes; none of them reads more than MOST_COUNTED + 1 entries."""
    most, now = MOST_COUNTED + 1, bindparam("now", clock.now(), DateTime(timezone=True))
    rank = rank_of(now).compile(  # type: ignore[arg-type]
        dialect=postgresql.dialect(paramstyle="named"),
        compile_kwargs={"render_postcompile": True},
    )
    in_trouble = re.sub(
        r":(\w+)::", r":\1 ::", str(rank)
    )  # as text, a name that a cast follows at once is no parameter
    given = {name: value for name, value in rank.params.items() if value is not None and name != "now"}
    return raw_sql(
        f"""
    with trouble as materialized (
        select jsonb_object_agg(brand_id, n) as by_brand from (
            select account.brand_id, count(*)::int as n from account
            where account.agency_id = :agency_id and account.disconnected_at is null
                and ({in_trouble}) = any(:troubled)
            group by account.brand_id
        ) counted
    ), past as materialized (
        select h.brand_id, jsonb_object_agg(extract(epoch from :hour - h.hour)::int / 3600, h.waiting) as by_hour
        from brand_hour h
        where h.agency_id = :agency_id and h.hour > :hour - interval '{HOURS} hours' and h.hour <= :hour
        group by h.brand_id
    ), going as materialized (
        select count(*)::int as n from incident i where i.agency_id = :agency_id and i.state <> 'closed'
    ), offered as materialized (
        select count(distinct h.handover_id)::int as n from handover_case h
        where h.agency_id = :agency_id and h.state = 'offered'
    ), beside as materialized (
        select jsonb_agg(to_jsonb(array[p.is_private::int::bigint, p.received, p.asked, p.answered, p.seconds, p.cases,
            p.resolved])) as sums
        from (
            select d.is_private, sum(d.received) as received, sum(d.asked) as asked, sum(d.answered) as answered,
                sum(d.seconds)::bigint as seconds, sum(d.cases) as cases, sum(d.resolved) as resolved
            from brand_day d join brand a on a.agency_id = d.agency_id and a.id = d.brand_id and a.archived_at is null
            where d.agency_id = :agency_id and d.day > (:now at time zone 'UTC')::date - {DAYS + 2}
                and d.day > (:now at time zone a.time_zone)::date - {DAYS}
            group by d.is_private
        ) p
    )
    select b.id, coalesce(q.open_count, 0), coalesce(q.awaiting_approval_count, 0), client.since, oldest.waiting_since,
        oldest.conversation_id, late.n, soon.n, broken.n, today.n,
        coalesce(((select by_brand from trouble) ->> b.id::text)::int, 0), past.by_hour,
        (select sums from beside), (select n from going), (select n from offered),
        b.name, b.mark, b.colour
    from brand b
    left join queue_counter q on q.agency_id = b.agency_id and q.brand_id = b.id
    left join past on past.brand_id = b.id
    left join lateral (
        select r.state_since as since from reply r
        where r.agency_id = b.agency_id and r.brand_id = b.id and r.state = 'awaiting_approval'
        order by r.state_since limit 1
    ) client on true
    left join lateral (
        select c.waiting_since, c.conversation_id from case_day c
        where c.agency_id = b.agency_id and c.brand_id = b.id and c.waiting_since is not null
        order by c.waiting_since limit 1
    ) oldest on true
    cross join lateral (select count(*)::int as n from (
        select from conversation c where c.agency_id = b.agency_id and c.brand_id = b.id and c.status = 'open'
            and c.due_at < :now limit {most}) few) late
    cross join lateral (select count(*)::int as n from (
        select from conversation c where c.agency_id = b.agency_id and c.brand_id = b.id and c.status = 'open'
            and c.due_at >= :now and c.due_at < :soon limit {most}) few) soon
    cross join lateral (select count(*)::int as n from (
        select from customer_promise p where p.agency_id = b.agency_id and p.brand_id = b.id and p.ended is null
            and p.due_at < :now limit {most}) few) broken
    cross join lateral (select count(*)::int as n from (
        select from customer_promise p where p.agency_id = b.agency_id and p.brand_id = b.id and p.ended is null
            and p.due_at >= :now
            and p.due_at <= ((:now at time zone b.time_zone)::date + 1)::timestamp at time zone b.time_zone
        limit {most}) few) today
    where b.agency_id = :agency_id and b.archived_at is null
    order by lower(b.name), b.id
    """,
        reason="looks into six indexes for each brand at once",
    ).bindparams(bindparam("hour", type_=DateTime(timezone=True)), **given, troubled=list(TROUBLED))


class DueSoon(NamedTuple):
    """A case that is due within SOON."""

    id: UUID
    brand_id: UUID
    platform: str
    kind: str
    author_name: str | None
    excerpt: str
    due_at: datetime
    holder_name: str | None


def due_soon(actor: Actor, brand_id: UUID | None = None) -> list[DueSoon]:
    """What the wall counts as due, what ends first first, at most MOST_COUNTED + 1. Raises NotFound, Forbidden."""
    require(actor, Permission.WALL_READ, brand_id)
    now = clock.now()
    wanted = (
        select(*(getattr(Conversation, name) for name in DueSoon._fields))
        .join(Brand, (Brand.agency_id == Conversation.agency_id) & (Brand.id == Conversation.brand_id))
        .where(Conversation.status == literal_column("'open'"), Conversation.due_at >= now)
        .where(Conversation.due_at < now + SOON, Brand.archived_at.is_(None))
        .order_by(Conversation.due_at, Conversation.id)
        .limit(MOST_COUNTED + 1)
    )
    if brand_id is not None:
        wanted = wanted.where(Conversation.brand_id == brand_id)
    return [DueSoon(*row) for row in db.session.execute(wanted)]
