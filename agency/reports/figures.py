"""The four figures of how brands are answered, and the cases behind each number.

Sums of `brand_day`; the cases are the rows of `case_day` that those are the sums of, by the same days, so a number and
its list cannot differ. A brand's days are those of its own clock.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import TextClause

from agency.inbox.contacts.reading import read_cursor
from agency.reports.models import WAIT_BOUNDS, WAIT_STEPS
from tenants import clock
from tenants.database import db
from tenants.errors import Invalid, NotFound
from tenants.permissions import Actor, Permission, require
from tenants.scope import current_scope, raw_sql

SPANS: Final = (7, 28)
"""Days that are summed up, today among them."""
PAGE_ROWS: Final = 50
PUBLIC, PRIVATE = "public", "private"
COUNTED: Final = {
    "received": "c.received",
    "asked": "c.asked",
    "answered": "c.answered",
    "unanswered": "c.asked - c.answered",
    "cases": "c.cases",
    "resolved": "c.resolved",
    "met": "c.met",
    "missed": "c.missed",
}
"""What cases are listed for, and how much each adds."""

SUMS: Final = ("received", "asked", "answered", "seconds", "client_seconds", "met", "missed", "cases", "resolved")
_HERE = "d.day > (cast(:now as timestamptz) at time zone b.time_zone)::date - :days"
# A brand's today is at most one day off that of UTC: so much an index can tell.
_DAYS = f"d.day > (cast(:now as timestamptz) at time zone 'UTC')::date - :days - 2 and {_HERE}"


class Sums(NamedTuple):
    """What came to a brand, or to several, in some days. `waits` counts answers by the steps of WAIT_BOUNDS."""

    received: int = 0
    asked: int = 0
    answered: int = 0
    seconds: int = 0
    client_seconds: int = 0
    met: int = 0
    missed: int = 0
    cases: int = 0
    resolved: int = 0
    waits: tuple[int, ...] = (0,) * WAIT_STEPS

    def __or__(self, other: Sums) -> Sums:
        """Both together."""
        added = (one + two for one, two in zip(self[:-1], other[:-1], strict=True))
        return Sums._make((*added, tuple(one + two for one, two in zip(self.waits, other.waits, strict=True))))

    @property
    def average_seconds(self) -> int | None:
        """To an answer; None where nothing was answered."""
        return self.seconds // self.answered if self.answered else None

    @property
    def client_average_seconds(self) -> int | None:
        """Of it, what the client had."""
        return self.client_seconds // self.answered if self.answered else None

    @property
    def median_seconds(self) -> int | None:
        """Half of the answers took no longer, to about a third: within a step they are taken to lie evenly."""
        total = sum(self.waits)
        if not total:
            return None
        left = total / 2
        bounds = (0, *WAIT_BOUNDS, WAIT_BOUNDS[-1] * 2)
        for place, count in enumerate(self.waits):
            if count and left <= count:
                return int(bounds[place] + (bounds[place + 1] - bounds[place]) * left / count)
            left -= count
        return bounds[-1]


class BrandSums(NamedTuple):
    """Of one brand."""

    brand_id: UUID
    public: Sums
    private: Sums


class DaySums(NamedTuple):
    """Of one day, of all brands that were asked for."""

    day: date
    is_private: bool
    received: int
    asked: int
    answered: int


class Figures(NamedTuple):
    """Brands in no order; those to which nothing came are left out. `days` upwards, days without anything left out."""

    brands: list[BrandSums]
    days: list[DaySums]

    def total(self, kind: str) -> Sums:
        """Of all of them, PUBLIC or PRIVATE."""
        found = Sums()
        for one in self.brands:
            found = found | (one.private if kind == PRIVATE else one.public)
        return found


_OF_BRANDS = raw_sql(
    f"""
    select d.brand_id, d.is_private, {", ".join(f"sum(d.{name})::bigint" for name in SUMS)},
        array[{", ".join(f"coalesce(sum(d.waits[{step}]), 0)::int" for step in range(1, WAIT_STEPS + 1))}]
    from brand_day d join brand b on b.agency_id = d.agency_id and b.id = d.brand_id and b.archived_at is null
    where d.agency_id = :agency_id and (cast(:brand_id as uuid) is null or d.brand_id = :brand_id) and {_DAYS}
    group by d.brand_id, d.is_private
    """,
    reason="twenty-four sums of a list's places",
)
_OF_DAYS = raw_sql(
    f"""
    select d.day, d.is_private, sum(d.received)::bigint, sum(d.asked)::bigint, sum(d.answered)::bigint
    from brand_day d join brand b on b.agency_id = d.agency_id and b.id = d.brand_id and b.archived_at is null
    where d.agency_id = :agency_id and (cast(:brand_id as uuid) is null or d.brand_id = :brand_id) and {_DAYS}
    group by d.day, d.is_private order by d.day, d.is_private
    """,
    reason="a brand's days by its own clock",
)


def read_figures(actor: Actor, days: int, brand_id: UUID | None = None) -> Figures:
    """Of the last so many days, of all brands in use of this person's or of one. Two statements.

    Raises NotFound, Forbidden.
    """
    require(actor, Permission.REPORT_READ, brand_id)
    values = {"agency_id": current_scope().agency_id, "brand_id": brand_id, "days": days, "now": clock.now()}
    found: dict[UUID, dict[bool, Sums]] = {}
    for one, is_private, *sums, waits in db.session.execute(_OF_BRANDS, values):
        found.setdefault(one, {})[is_private] = Sums._make((*sums, tuple(waits)))
    return Figures(
        [BrandSums(one, both.get(False, Sums()), both.get(True, Sums())) for one, both in found.items()],
        [DaySums(*row) for row in db.session.execute(_OF_DAYS, values)],
    )


class CountedCase(NamedTuple):
    """What one case adds to a number on one day."""

    conversation_id: UUID
    brand_id: UUID
    day: date
    adds: int
    seconds: int
    platform: str
    kind: str
    author_name: str | None
    excerpt: str
    status: str


class CountedPage(NamedTuple):
    """Rows and where the next page begins, None at the end."""

    rows: list[CountedCase]
    next_cursor: str | None


def counted_cases(
    actor: Actor, of: str, kind: str, days: int, brand_id: UUID | None = None, after: str | None = None
) -> CountedPage:
    """The cases behind a number, a row for each day of each, the newest first; their counts come to the number.

    Raises NotFound (of what is not counted, too), Forbidden, Invalid `bad_cursor`.
    """
    require(actor, Permission.REPORT_READ, brand_id)
    if of not in COUNTED or kind not in (PUBLIC, PRIVATE) or days not in SPANS:
        raise NotFound()
    place = read_cursor(after, bad_cursor)
    values: dict[str, Any] = {
        "agency_id": current_scope().agency_id,
        "brand_id": brand_id,
        "days": days,
        "now": clock.now(),
        "is_private": kind == PRIVATE,
        "day": place[0].date() if place else None,
        "id": place[1] if place else None,
        "limit": PAGE_ROWS + 1,
    }
    return page_by_day([CountedCase(*row) for row in db.session.execute(_CASES[of], values)])


def page_by_day(rows: list[CountedCase]) -> CountedPage:
    """What was read, one row beyond the page where there are more."""
    more, rows = len(rows) > PAGE_ROWS, rows[:PAGE_ROWS]
    last = rows[-1] if more else None
    return CountedPage(rows, f"{last.day.isoformat()}T00:00:00+00:00_{last.conversation_id}" if last else None)


def cases_statement(amount: str, days: str, brands: str) -> TextClause:
    """The cases that add this amount on these days, of brands `b`, a row for each day of each, from a place on."""
    return raw_sql(
        f"""
    select found.conversation_id, found.brand_id, found.day, found.n, found.seconds, v.platform, v.kind, v.author_name,
        v.excerpt, v.status
    from (
        select first.* from brand b cross join lateral (
            select c.conversation_id, c.brand_id, c.day, {amount} as n, c.seconds from case_day c
            where c.agency_id = b.agency_id and c.brand_id = b.id and c.is_private = :is_private and {amount} > 0
                and {days} and (cast(:day as date) is null or (c.day, c.conversation_id) < (:day, cast(:id as uuid)))
            order by c.day desc, c.conversation_id desc limit :limit
        ) first
        where b.agency_id = :agency_id and {brands}
        order by first.day desc, first.conversation_id desc limit :limit
    ) found
    join conversation v on v.agency_id = :agency_id and v.id = found.conversation_id and v.brand_id = found.brand_id
    order by found.day desc, found.conversation_id desc
    """,
        reason="the newest of each brand, by its own clock",
    )


_CASES: Final = {
    name: cases_statement(
        amount,
        _HERE.replace("d.day", "c.day"),
        "b.archived_at is null and (cast(:brand_id as uuid) is null or b.id = :brand_id)",
    )
    for name, amount in COUNTED.items()
}


def bad_cursor() -> Invalid:
    """What a page says whose address was changed by hand."""
    return Invalid("This page's address is damaged. Start again from the first page.", code="bad_cursor")
