"""A brand's month: how its customers were answered, public and private apart, and the cases behind each number.

Sums of `brand_day` by the brand's days, and the clocks and the client's yeses that ended within them. Once a month is
over and was reported, its figures stay what was reported; the cases behind a number are listed as they stand now.
"""

from __future__ import annotations

import calendar
import hashlib
import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import func, select

from agency.inbox.contacts.reading import read_cursor
from agency.inbox.summary import PRIVATE as PRIVATE_KIND
from agency.reports.figures import (
    COUNTED,
    PAGE_ROWS,
    PRIVATE,
    PUBLIC,
    SUMS,
    CountedCase,
    CountedPage,
    Sums,
    bad_cursor,
    cases_statement,
    page_by_day,
)
from agency.reports.folding import first_day
from agency.reports.models import WAIT_STEPS, BrandDay, BrandMonth
from tenants import audit, clock
from tenants.brands import brand_for
from tenants.database import db, new_id
from tenants.errors import NotFound
from tenants.models import Brand
from tenants.permissions import Actor, Permission
from tenants.scope import raw_sql

CLOCKS: Final = ("heard", "answered", "resolved")
_WRITTEN: Final = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])", re.ASCII)
_FIRST_YEAR: Final = 2000


class MonthPart(NamedTuple):
    """Of public or of private words. `clocks` has, for each of CLOCKS, how many ended in time and how many too late;
    `decided` replies that were published had waited for the client, `decided_seconds` altogether and
    `decided_longest` at most.
    """

    sums: Sums = Sums()
    clocks: dict[str, tuple[int, int]] = dict.fromkeys(CLOCKS, (0, 0))
    decided: int = 0
    decided_seconds: int = 0
    decided_longest: int = 0

    @property
    def decided_average(self) -> int | None:
        """Seconds until the client's yes; None where nothing waited for one."""
        return self.decided_seconds // self.decided if self.decided else None

    @property
    def is_empty(self) -> bool:
        """Nothing came, and nothing ended."""
        return not any((*self.sums[:-1], self.decided, *(n for pair in self.clocks.values() for n in pair)))


class MonthFigures(NamedTuple):
    """`reported_at` and `digest` (SHA-256 of what was reported) are None and empty where they stand as they are now."""

    public: MonthPart
    private: MonthPart
    reported_at: datetime | None = None
    digest: str = ""

    def part(self, kind: str) -> MonthPart:
        """PUBLIC or PRIVATE."""
        return self.private if kind == PRIVATE else self.public


def month_from(text: str) -> date | None:
    """The first day of `2026-11`; None for anything else."""
    if not _WRITTEN.fullmatch(text) or int(text[:4]) < _FIRST_YEAR:
        return None
    return date(int(text[:4]), int(text[5:]), 1)


def written(month: date) -> str:
    """`2026-11`."""
    return f"{month:%Y-%m}"


def after(month: date) -> date:
    """The first day of the next."""
    return month + timedelta(days=calendar.monthrange(month.year, month.month)[1])


def before(month: date) -> date:
    """The first day of the one before."""
    return (month - timedelta(days=1)).replace(day=1)


def this_month(brand: Brand) -> date:
    """By the brand's clock."""
    return clock.now().astimezone(ZoneInfo(brand.time_zone)).date().replace(day=1)


def has_cases(month: date) -> bool:
    """Whether single cases are still kept of each of its days; sums are for ever."""
    return month > first_day()


def month_of(actor: Actor, brand_id: UUID, month: date) -> tuple[Brand, MonthFigures]:
    """A month's figures, as reported or as they stand. Raises NotFound, also of months to come, Forbidden."""
    brand = brand_for(actor, brand_id, Permission.REPORT_READ)
    if month > this_month(brand):
        raise NotFound()
    kept = db.session.execute(
        select(BrandMonth.reported, BrandMonth.reported_at).where(
            BrandMonth.brand_id == brand_id, BrandMonth.month == month
        )
    ).one_or_none()
    if kept is None or kept.reported is None:
        return brand, counted_now(brand, month)
    return brand, _as_reported(kept.reported, kept.reported_at)


def first_month(brand: Brand) -> date:
    """The first of which anything was counted; this one where nothing was."""
    day = db.session.scalar(select(func.min(BrandDay.day)).where(BrandDay.brand_id == brand.id))
    return min(day.replace(day=1) if day is not None else date.max, this_month(brand))


_IN_MONTH: Final = "d.day >= :first and d.day < :after"
_OF_MONTH = raw_sql(
    f"""
    select d.is_private, {", ".join(f"sum(d.{name})::bigint" for name in SUMS)},
        array[{", ".join(f"coalesce(sum(d.waits[{step}]), 0)::int" for step in range(1, WAIT_STEPS + 1))}]
    from brand_day d
    where d.agency_id = :agency_id and d.brand_id = :brand_id and {_IN_MONTH}
    group by d.is_private
    """,
    reason="twenty-four sums of a list's places",
)
_CLOCKS = raw_sql(
    """
    select v.kind = :private_kind, o.clock, count(*) filter (where o.stopped_at <= o.due_at),
        count(*) filter (where o.stopped_at > o.due_at)
    from clock_outcome o
    join conversation v on v.agency_id = o.agency_id and v.id = o.conversation_id and v.brand_id = o.brand_id
    where o.agency_id = :agency_id and o.brand_id = :brand_id and o.stopped_at >= :since and o.stopped_at < :until
    group by 1, 2
    """,
    reason="two counts of each clock",
)
# A reply moves no more once it is published, so this is when it was.
_DECIDED = """
    select r.conversation_id, r.brand_id, r.state_since, r.private or r.kind = 'message' as is_private,
        greatest(0, extract(epoch from yes.at - r.submitted_at))::bigint as seconds
    from reply r cross join lateral (
        select max(a.created_at) as at from approval a
        where a.agency_id = r.agency_id and a.reply_id = r.id and a.brand_id = r.brand_id
            and a.decision in ('approved', 'step_approved') and a.created_at >= r.submitted_at
    ) yes
    where r.agency_id = :agency_id and r.brand_id = :brand_id and r.state = 'published'
        and r.state_since >= :since and r.state_since < :until and yes.at is not null
"""
_WITH_CLIENT = raw_sql(
    f"select is_private, count(*), sum(seconds)::bigint, max(seconds) from ({_DECIDED}) waited group by is_private",
    reason="how long each reply waited for its last yes",
)


def counted_now(brand: Brand, month: date) -> MonthFigures:
    """As they stand. Three statements."""
    values = _values(brand, month)
    sums = {is_private: Sums._make((*row, tuple(waits))) for is_private, *row, waits in _rows(_OF_MONTH, values)}
    clocks: dict[bool, dict[str, tuple[int, int]]] = {side: dict.fromkeys(CLOCKS, (0, 0)) for side in (False, True)}
    for is_private, name, met, missed in _rows(_CLOCKS, values):
        clocks[is_private][name] = (met, missed)
    decided = {is_private: tuple(map(int, row)) for is_private, *row in _rows(_WITH_CLIENT, values)}
    public, private = (
        MonthPart(sums.get(side, Sums()), clocks[side], *decided.get(side, (0, 0, 0))) for side in (False, True)
    )
    return MonthFigures(public, private)


def _values(brand: Brand, month: date) -> dict[str, Any]:
    zone, ends = ZoneInfo(brand.time_zone), after(month)
    return {
        "agency_id": brand.agency_id,
        "brand_id": brand.id,
        "private_kind": PRIVATE_KIND,
        "first": month,
        "after": ends,
        "since": datetime.combine(month, time(), zone),
        "until": datetime.combine(ends, time(), zone),
    }


def _rows(statement: Any, values: dict[str, Any]) -> list[Any]:
    asked = {name: value for name, value in values.items() if name in statement._bindparams}
    return list(db.session.execute(statement, asked))


def report(brand: Brand, month: date) -> MonthFigures | None:
    """Keep a month's figures as they stand now, once; None where they were kept before. In an agency's scope; flushes.

    The record is told their digest, so that whoever has the record can see that they were not changed since.
    """
    row = kept_month(brand, month)
    if row.reported is not None:
        return None
    found = counted_now(brand, month)
    row.reported = {PUBLIC: _plain(found.public), PRIVATE: _plain(found.private)}
    row.reported_at = clock.now()
    db.session.flush()
    shown = _as_reported(row.reported, row.reported_at)
    audit.record(
        None, "month.reported", "brand", brand.id, brand_id=brand.id, month=written(month), sha256=shown.digest
    )
    return shown


def kept_month(brand: Brand, month: date) -> BrandMonth:
    """Its row, made where there is none, and held until the transaction ends."""
    db.session.execute(_MAKE, {"agency_id": brand.agency_id, "id": new_id(), "brand_id": brand.id, "month": month})
    wanted = select(BrandMonth).where(BrandMonth.brand_id == brand.id, BrandMonth.month == month).with_for_update()
    return db.session.scalars(wanted.execution_options(populate_existing=True)).one()


_MAKE = raw_sql(
    """
    insert into brand_month (agency_id, id, brand_id, month) values (:agency_id, :id, :brand_id, :month)
    on conflict do nothing
    """,
    reason="whoever is first makes it",
)


def _plain(part: MonthPart) -> dict[str, Any]:
    return {**part._asdict(), "sums": part.sums._asdict()}


def _as_reported(kept: dict[str, Any], at: datetime | None) -> MonthFigures:
    def part(plain: dict[str, Any]) -> MonthPart:
        sums = Sums(**{**plain["sums"], "waits": tuple(plain["sums"]["waits"])})
        clocks = {name: (pair[0], pair[1]) for name, pair in plain["clocks"].items()}
        return MonthPart(sums, clocks, plain["decided"], plain["decided_seconds"], plain["decided_longest"])

    digest = hashlib.sha256(orjson.dumps(kept, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return MonthFigures(part(kept[PUBLIC]), part(kept[PRIVATE]), at, digest)


_OUTCOMES: Final = {
    f"{name}_{how}": f"o.clock = '{name}' and o.stopped_at {'<=' if how == 'met' else '>'} o.due_at"
    for name in CLOCKS
    for how in ("met", "missed")
}
DECIDED: Final = "decided"
OPENED: Final = frozenset({*COUNTED, *_OUTCOMES, DECIDED} - {"met", "missed"})
"""What cases are listed for. `met` and `missed` of a month are those of the clock of the answer."""


def number_of(part: MonthPart, of: str) -> int:
    """What one of OPENED comes to."""
    if of == DECIDED:
        return part.decided
    if of in _OUTCOMES:
        name, how = of.split("_")
        return part.clocks[name][how == "missed"]
    return part.sums.asked - part.sums.answered if of == "unanswered" else int(getattr(part.sums, of))


def cases_of(actor: Actor, brand_id: UUID, month: date, of: str, kind: str, place: str | None = None) -> CountedPage:
    """The cases behind a number as they stand now, the newest first; their counts come to `counted_now`'s number.

    Raises NotFound (of what is not counted, of months to come, and of days whose cases are no longer kept), Forbidden,
    Invalid `bad_cursor`.
    """
    brand = brand_for(actor, brand_id, Permission.REPORT_READ)
    is_summed = of in COUNTED
    if of not in OPENED or kind not in (PUBLIC, PRIVATE) or month > this_month(brand):
        raise NotFound()
    if is_summed and not has_cases(month):
        raise NotFound()
    read = read_cursor(place, bad_cursor)
    at: Callable[[datetime], Any] = datetime.date if is_summed else lambda moment: moment
    values = _values(brand, month) | {
        "is_private": kind == PRIVATE,
        "day": at(read[0]) if read else None,
        "id": read[1] if read else None,
        "limit": PAGE_ROWS + 1,
    }
    if is_summed:
        return page_by_day([CountedCase(*row) for row in _rows(_SUMMED[of], values)])
    rows = _rows(_ENDED[of], values | {"zone": brand.time_zone})
    more, rows = len(rows) > PAGE_ROWS, rows[:PAGE_ROWS]
    following = f"{rows[-1][-1].isoformat()}_{rows[-1][0]}" if more else None
    return CountedPage([CountedCase(*row[:-1]) for row in rows], following)


_SUMMED: Final = {
    of: cases_statement(amount, _IN_MONTH.replace("d.day", "c.day"), "b.id = :brand_id")
    for of, amount in COUNTED.items()
}
_SHOWN: Final = """
    select found.conversation_id, found.brand_id, (found.at at time zone :zone)::date, 1, found.seconds, v.platform,
        v.kind, v.author_name, v.excerpt, v.status, found.at
    from ({found}) found
    join conversation v on v.agency_id = :agency_id and v.id = found.conversation_id and v.brand_id = found.brand_id
    order by found.at desc, found.conversation_id desc
"""
_FROM_HERE: Final = "(cast(:day as timestamptz) is null or ({at}, {id}) < (:day, cast(:id as uuid)))"
_ENDED: Final = {
    of: raw_sql(
        _SHOWN.format(
            found=f"""
        select o.conversation_id, o.brand_id, o.stopped_at as at,
            extract(epoch from o.stopped_at - o.started_at)::bigint as seconds
        from clock_outcome o
        join conversation c on c.agency_id = o.agency_id and c.id = o.conversation_id and c.brand_id = o.brand_id
            and (c.kind = :private_kind) = :is_private
        where o.agency_id = :agency_id and o.brand_id = :brand_id and o.stopped_at >= :since and o.stopped_at < :until
            and {how} and {_FROM_HERE.format(at="o.stopped_at", id="o.conversation_id")}
        order by o.stopped_at desc, o.conversation_id desc limit :limit
        """
        ),
        reason="outcomes of one clock in a month",
    )
    for of, how in _OUTCOMES.items()
} | {
    DECIDED: raw_sql(
        _SHOWN.format(
            found=f"""
        select w.conversation_id, w.brand_id, w.state_since as at, w.seconds from ({_DECIDED}) w
        where w.is_private = :is_private and {_FROM_HERE.format(at="w.state_since", id="w.conversation_id")}
        order by w.state_since desc, w.conversation_id desc limit :limit
        """
        ),
        reason="how long each reply waited for its last yes",
    )
}
