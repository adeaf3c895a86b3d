"""Whether figures are what counting says, and letting go of the days of single cases once they are old.

In an agency's scope; nothing here commits.
"""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Final, NamedTuple

from sqlalchemy import and_, delete, insert, select

from agency.inbox.models import Conversation
from agency.reports.folding import KEPT_DAYS, BrandsDay, alone, counted, first_day, sum_up
from agency.reports.models import CaseDay, FigureDue
from tenants import clock
from tenants.database import db, first_id_of
from tenants.scope import current_scope, raw_sql

DRAWN: Final = 500
"""Cases that are counted again in a check."""
SUMMED: Final = ("received", "asked", "answered", "seconds", "client_seconds", "met", "missed", "cases", "resolved")

_DIFFERING = raw_sql(
    f"""
    with summed as (
        select brand_id, day, is_private, {", ".join(f"sum({name}) as {name}" for name in SUMMED)},
            sum(cardinality(waits)) as waits
        from case_day where agency_id = :agency_id and day >= :first group by brand_id, day, is_private
    ), kept as (
        select brand_id, day, is_private, {", ".join(SUMMED)},
            (select sum(one) from unnest(waits) as one) as waits
        from brand_day where agency_id = :agency_id and day >= :first
    )
    select brand_id, day, is_private from summed full join kept using (brand_id, day, is_private)
    where {" or ".join(f"coalesce(summed.{n}, 0) <> coalesce(kept.{n}, 0)" for n in (*SUMMED, "waits"))}
    """,
    reason="two sums beside each other",
)


class Checked(NamedTuple):
    """Days of brands whose sums were others than their cases, and drawn cases that were counted otherwise."""

    days: list[BrandsDay]
    cases: int


def check(drawn: int = DRAWN) -> Checked:
    """Hold the sums against their cases and some cases against what stands in them; mend what differs.

    The cases are those that began after a moment drawn by lot. One that changed and waits to be counted is no
    difference. Until the end of the transaction nobody counts.
    """
    alone()
    days = differing_days()
    sum_up(days)
    agency_id = current_scope().agency_id
    waits = select(FigureDue.conversation_id).where(FigureDue.agency_id == agency_id)
    since = first_id_of(clock.now() - random.random() * timedelta(days=KEPT_DAYS))
    some = select(Conversation.id).where(Conversation.id >= since, Conversation.id.not_in(waits))
    found, first = counted(list(db.session.scalars(some.order_by(Conversation.id).limit(drawn)))), first_day()
    ids = list(found)
    held: dict[object, dict[object, tuple[object, ...]]] = {}
    for row in db.session.scalars(select(CaseDay).where(CaseDay.conversation_id.in_(ids), CaseDay.day >= first)):
        held.setdefault(row.conversation_id, {})[row.day] = tuple(getattr(row, name) for name in (*SUMMED, "waits"))
    differ = [
        one
        for one in ids
        if held.get(one, {})
        != {
            day: tuple(getattr(counts, name) for name in (*SUMMED, "waits"))
            for day, counts in found[one].days.items()
            if day >= first
        }
    ]
    if differ:
        db.session.execute(insert(FigureDue), [{"agency_id": agency_id, "conversation_id": one} for one in differ])
    return Checked(days, len(differ))


def differing_days() -> list[BrandsDay]:
    """Days of brands whose sums are others than their cases."""
    values = {"agency_id": current_scope().agency_id, "first": first_day()}
    return [BrandsDay(*row) for row in db.session.execute(_DIFFERING, values)]


def let_go() -> int:
    """Delete the days of single cases that are older than is kept, but for questions that still wait. The sums stay."""
    old = and_(CaseDay.day < first_day() - timedelta(days=1), CaseDay.waiting_since.is_(None))
    gone = db.session.execute(
        delete(CaseDay).where(old).returning(CaseDay.id).execution_options(synchronize_session=False)
    )
    return len(gone.all())
