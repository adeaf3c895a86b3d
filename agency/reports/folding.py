"""Counting cases anew where something in them changed, a slice at a time, by one at a time for an agency.

A case is counted from all that stands in it, and a brand's day from all its cases: nothing is added to what was counted
before, so nothing drifts, whatever came late, twice or in any order. In an agency's scope; nothing here commits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Date, Integer, Uuid, bindparam, delete, insert, select
from sqlalchemy.dialects.postgresql import ARRAY

from agency.reports.counting import CaseFacts, Day, Outcome, Said, days_of, is_private
from agency.reports.models import WAIT_BOUNDS, CaseDay, FigureDue
from tenants import clock
from tenants.database import db, new_id
from tenants.scope import current_scope, raw_sql

SLICE: Final = 500
"""Cases counted in one transaction."""
KEPT_DAYS: Final = 92
"""Days of single cases; of those before only the sums are kept, and they change no more."""
MOST_MESSAGES: Final = 5_000
"""Of one case the newest so many are counted: one person's messages of three months."""
_WHY = "a slice of cases in one statement each"

_LOCK = raw_sql(
    "select pg_try_advisory_xact_lock(hashtextextended('figures ' || cast(:agency_id as text), 0))",
    reason="one counts an agency's cases at a time",
)
_WAIT_FOR_LOCK = raw_sql(
    "select pg_advisory_xact_lock(hashtextextended('figures ' || cast(:agency_id as text), 0))",
    reason="nobody counts while figures are checked",
)
_DUE = raw_sql(
    "select id, conversation_id from figure_due where agency_id = :agency_id order by id limit :limit", reason=_WHY
)
_DONE = raw_sql("delete from figure_due where id = any(:ids)", reason=_WHY).bindparams(
    bindparam("ids", type_=ARRAY(BigInteger))
)
_CASES = raw_sql(
    """
    select c.id, c.brand_id, c.kind, c.status, c.closed_reason, b.time_zone
    from conversation c join brand b on b.agency_id = c.agency_id and b.id = c.brand_id
    where c.agency_id = :agency_id and c.id = any(:ids)
    """,
    reason=_WHY,
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))
# Of what is closed no question waits, so the days that are let go need not be read. A platform dates an answer anew
# when its words are changed: it counts from when it first stood there. One that was taken back answers nothing.
_SAID = raw_sql(
    f"""
    select m.conversation_id, m.external_id, least(m.written_at, r.published_at, o.published_at), m.direction = 'out',
        case when m.reply_id is not null then m.parent_external_id end,
        coalesce(m.moderation, '') <> 'rejected' and not coalesce(r.only_heard, false)
            and (m.direction = 'in' or m.deleted_at is null)
    from conversation c cross join lateral (
        select * from message m
        where m.agency_id = c.agency_id and m.conversation_id = c.id and m.brand_id = c.brand_id
            and (c.status <> 'closed' or m.written_at >= :since)
        order by m.written_at desc, m.id desc limit {MOST_MESSAGES}
    ) m
    left join reply r on r.agency_id = m.agency_id and r.id = m.reply_id and r.brand_id = m.brand_id
    left join reply o on o.agency_id = m.agency_id and o.id = r.changes_reply_id and o.brand_id = m.brand_id
    where c.agency_id = :agency_id and c.id = any(:ids)
    """,
    reason=_WHY,
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))
_WITH_CLIENT = raw_sql(
    """
    select r.conversation_id, r.submitted_at, decided.at
    from reply r cross join lateral (
        select max(a.created_at) as at from approval a
        where a.agency_id = r.agency_id and a.brand_id = r.brand_id and a.reply_id = r.id
            and a.created_at >= r.submitted_at and a.decision <> 'released'
    ) decided
    where r.agency_id = :agency_id and r.conversation_id = any(:ids) and r.submitted_at is not null
        and decided.at is not null
    """,
    reason=_WHY,
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))
_OUTCOMES = raw_sql(
    """
    select conversation_id, started_at, stopped_at <= due_at from clock_outcome
    where agency_id = :agency_id and conversation_id = any(:ids) and clock = 'answered'
    """,
    reason=_WHY,
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))

_SUMMED: Final = ("received", "asked", "answered", "seconds", "client_seconds", "met", "missed", "cases", "resolved")
_SUM_UP = raw_sql(
    f"""
    with hit as (
        select brand_id, day, is_private
        from unnest(:brand_ids, :days, :privates) as given (brand_id, day, is_private)
    ), summed as (
        select hit.brand_id, hit.day, hit.is_private, {", ".join(f"coalesce(sum(c.{n}), 0) as {n}" for n in _SUMMED)}
        from hit left join case_day c on c.agency_id = :agency_id and c.brand_id = hit.brand_id and c.day = hit.day
            and c.is_private = hit.is_private
        group by hit.brand_id, hit.day, hit.is_private
    ), waited as (
        select hit.brand_id, hit.day, hit.is_private, width_bucket(one, :bounds) as step, count(*)::int as n
        from hit join case_day c on c.agency_id = :agency_id and c.brand_id = hit.brand_id and c.day = hit.day
            and c.is_private = hit.is_private
        cross join lateral unnest(c.waits) as one
        group by 1, 2, 3, 4
    )
    insert into brand_day (agency_id, id, brand_id, day, is_private, {", ".join(_SUMMED)}, waits)
    select :agency_id, gen_random_uuid(), s.brand_id, s.day, s.is_private, {", ".join(f"s.{n}" for n in _SUMMED)},
        array(select coalesce(w.n, 0) from generate_series(0, cardinality(:bounds)) as every (step)
            left join waited w on w.brand_id = s.brand_id and w.day = s.day and w.is_private = s.is_private
                and w.step = every.step
            order by every.step)
    from summed s
    on conflict (agency_id, brand_id, day, is_private) do update set
        {", ".join(f"{n} = excluded.{n}" for n in (*_SUMMED, "waits"))}
    """,
    reason="the sums of a day in one statement",
).bindparams(
    bindparam("brand_ids", type_=ARRAY(Uuid)),
    bindparam("days", type_=ARRAY(Date)),
    bindparam("privates", type_=ARRAY(Boolean)),
    bindparam("bounds", type_=ARRAY(Integer)),
)


class BrandsDay(NamedTuple):
    """Whose sums are meant."""

    brand_id: UUID
    day: date
    is_private: bool


class Counted(NamedTuple):
    """A case with what it adds to each day."""

    brand_id: UUID
    is_private: bool
    days: dict[date, Day]


def agencies_due() -> list[UUID]:
    """Agencies of which something has to be counted. Needs no scope."""
    return list(db.session.scalars(select(FigureDue.agency_id).distinct()))


def is_any_due() -> bool:
    """Whether there is any. Needs no scope."""
    return bool(db.session.scalar(select(select(FigureDue.id).limit(1).exists())))


def first_day() -> date:
    """The first day of which single cases are kept, wherever a brand is."""
    return (clock.now().astimezone(UTC) - timedelta(days=KEPT_DAYS)).date()


def alone() -> None:
    """Wait until nobody counts this agency's cases; from then on nobody else does until the transaction ends."""
    db.session.execute(_WAIT_FOR_LOCK, {"agency_id": str(current_scope().agency_id)})


def fold(limit: int = SLICE) -> int:
    """Count what changed; returns how many were told, 0 where nothing waits or another counts."""
    agency_id = current_scope().agency_id
    if not db.session.execute(_LOCK, {"agency_id": str(agency_id)}).scalar_one():
        return 0
    due = db.session.execute(_DUE, {"agency_id": agency_id, "limit": limit}).all()
    if due:
        _keep(agency_id, {row[1] for row in due})
        # By its own number, after this: what changes meanwhile is told anew.
        db.session.execute(_DONE, {"ids": [row[0] for row in due]})
    return len(due)


def counted(ids: Collection[UUID]) -> dict[UUID, Counted]:
    """What these cases come to as they stand. A case that is gone is left out."""
    first = first_day()
    values: dict[str, Any] = {
        "agency_id": current_scope().agency_id,
        "ids": sorted(ids),
        "since": datetime.combine(first, datetime.min.time(), UTC) - timedelta(days=1),
    }
    said: dict[UUID, list[tuple[str, Said, str | None]]] = {}
    for case_id, external_id, at, is_ours, answered, answers in db.session.execute(_SAID, values):
        said.setdefault(case_id, []).append((external_id, Said(at, is_ours, None, answers), answered))
    spans: dict[UUID, list[tuple[datetime, datetime]]] = {}
    for case_id, begins, ends in db.session.execute(_WITH_CLIENT, values):
        spans.setdefault(case_id, []).append((begins, ends))
    outcomes: dict[UUID, list[Outcome]] = {}
    for case_id, since, was_met in db.session.execute(_OUTCOMES, values):
        outcomes.setdefault(case_id, []).append(Outcome(since, was_met))
    return {
        case_id: Counted(
            brand_id,
            is_private(kind),
            days_of(
                CaseFacts(
                    kind,
                    status,
                    reason,
                    time_zone,
                    _with_answered(said.get(case_id, ())),
                    spans.get(case_id, ()),
                    outcomes.get(case_id, ()),
                ),
                first,
            ),
        )
        for case_id, brand_id, kind, status, reason, time_zone in db.session.execute(_CASES, values)
    }


def _with_answered(said: Sequence[tuple[str, Said, str | None]]) -> list[Said]:
    written = {external_id: one.at for external_id, one, _answered in said if not one.is_ours}
    return [one._replace(upto=written.get(answered)) if answered else one for _id, one, answered in said]


def _keep(agency_id: UUID, ids: set[UUID]) -> None:
    found, first = counted(ids), first_day()
    held = list(db.session.scalars(select(CaseDay).where(CaseDay.conversation_id.in_(ids)).order_by(CaseDay.id)))
    stands = {(row.conversation_id, row.day): row for row in held}
    hit, gone, new = set[BrandsDay](), list[UUID](), list[dict[str, Any]]()
    wanted: dict[tuple[UUID, date], dict[str, Any]] = {
        (case_id, day): {"brand_id": case.brand_id, "is_private": case.is_private} | asdict(counts)
        for case_id, case in found.items()
        for day, counts in case.days.items()
    }
    for key, row in stands.items():
        values = wanted.get(key)
        if values is not None and all(getattr(row, name) == value for name, value in values.items()):
            del wanted[key]
        elif row.day >= first or values is not None or row.waiting_since is not None:
            gone.append(row.id)
            hit.add(BrandsDay(row.brand_id, row.day, row.is_private))
    for (case_id, day), values in wanted.items():
        new.append({"agency_id": agency_id, "id": new_id(), "conversation_id": case_id, "day": day} | values)
        hit.add(BrandsDay(values["brand_id"], day, values["is_private"]))
    if gone:
        db.session.execute(delete(CaseDay).where(CaseDay.id.in_(gone)).execution_options(synchronize_session=False))
    if new:
        db.session.execute(insert(CaseDay), new)
    sum_up([one for one in hit if one.day >= first])


def sum_up(which: Iterable[BrandsDay]) -> None:
    """Make the sums of these days anew from their cases."""
    given = sorted(which)
    if given:
        db.session.execute(
            _SUM_UP,
            {
                "agency_id": current_scope().agency_id,
                "brand_ids": [one.brand_id for one in given],
                "days": [one.day for one in given],
                "privates": [one.is_private for one in given],
                "bounds": list(WAIT_BOUNDS),
            },
        )
