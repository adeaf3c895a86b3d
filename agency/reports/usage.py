"""What was done for each brand in a month, so that an agency can bill its own clients: numbers alone.

A case counts in each month in which a reply to it was published, a reply in the month it was published in, both by the
brand's own clock: neither changes once the month is over.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from tenants.database import db, first_id_of
from tenants.permissions import Actor, Permission, require
from tenants.scope import current_scope, raw_sql

DRAFTED_WITHIN: Final = timedelta(days=92)
"""A reply is found by when it was begun: one that waited for its yes longer than any link lives is not counted."""
MOST_MINUTES: Final = 15
"""Of one reply: a draft left open over lunch is not an hour's work."""
ROUND_UTC: Final = timedelta(days=1)
"""No clock is further from UTC than this."""

_USED = raw_sql(
    f"""
    select b.id, b.name, b.archived_at is not null, done.cases, done.replies, done.minutes
    from brand b cross join lateral (
        select count(distinct r.conversation_id)::int as cases, count(*)::int as replies,
            coalesce(ceil(sum(extract(epoch from least(greatest(
                coalesce(r.submitted_at, r.published_at) - r.created_at, interval '0'
            ), interval '{MOST_MINUTES} minutes'))) filter (where not r.automatic) / 60), 0)::int as minutes
        from reply r
        where r.agency_id = b.agency_id and r.brand_id = b.id and r.state not in ('draft', 'dropped')
            and r.deed = 'reply' and r.id >= :first_id and r.id < :last_id
            and r.published_at >= cast(:first as timestamp) at time zone b.time_zone
            and r.published_at < cast(:after as timestamp) at time zone b.time_zone
    ) done
    where b.agency_id = :agency_id and (b.archived_at is null or done.replies > 0)
    order by lower(b.name), b.id
    """,
    reason="a month by each brand's own clock",
)


class BrandUsage(NamedTuple):
    """One brand's month. `minutes`: from a draft's first word to its hand-in, MOST_MINUTES of one reply at most; those
    a rule wrote take none.
    """

    brand_id: UUID
    name: str
    is_archived: bool
    cases: int
    replies: int
    minutes: int


def month_after(month: date) -> date:
    """The first of the next one."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


def usage_of_month(actor: Actor, month: date) -> list[BrandUsage]:
    """Brands by name, archived ones only where something was done; `month` is its first day. One statement, along an
    index. Raises Forbidden without `billing:manage`.
    """
    require(actor, Permission.BILLING_MANAGE)
    after = month_after(month)
    begins, ends = (datetime(one.year, one.month, 1, tzinfo=UTC) for one in (month, after))
    values = {
        "agency_id": current_scope().agency_id,
        "first": month,
        "after": after,
        "first_id": first_id_of(begins - DRAFTED_WITHIN),
        "last_id": first_id_of(ends + ROUND_UTC),
    }
    return [BrandUsage(*row) for row in db.session.execute(_USED, values)]
