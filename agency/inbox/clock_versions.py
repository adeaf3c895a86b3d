"""The rules of clocks in versions: the agency's, and a brand's that come before them; who changed them, and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, select

from agency.inbox.clock_models import ClockRules
from agency.inbox.clock_rules import USUAL, ClockRule, checked_rules, rules_of
from agency.inbox.weight_versions import require_all_brands
from tenants import audit
from tenants.brands import brand_for
from tenants.database import db, new_id
from tenants.errors import Conflict, worded
from tenants.models import Agency
from tenants.outbox import JobName, enqueue_after_commit
from tenants.permissions import Actor, Permission


class RulesVersion(NamedTuple):
    """Rules as somebody saved them; number 0 is what holds before anybody did."""

    number: int
    rules: tuple[ClockRule, ...]
    saved_by_name: str
    saved_at: datetime | None


FIRST: Final = RulesVersion(0, (), "", None)


def rules_in_force(brand_id: UUID | None) -> RulesVersion:
    """A brand's, or with None those of all brands of the scope's agency."""
    row = db.session.execute(
        select(ClockRules.number, ClockRules.rules, ClockRules.saved_by_name, ClockRules.created_at)
        .where(_of(brand_id))
        .order_by(ClockRules.number.desc())
        .limit(1)
    ).first()
    return FIRST if row is None else RulesVersion(row[0], rules_of(row[1]), row[2], row[3])


def save_rules(
    actor: Actor, brand_id: UUID | None, rules: Sequence[Mapping[str, Any]], *, based_on: int
) -> RulesVersion:
    """Put these rules of a brand, or with None of all brands, in force, and promise to set the clocks of what waits by
    them. None at all: a brand has the agency's, an agency what holds by itself. The same again is no version.

    Raises NotFound; Forbidden, of all brands also for a lead of only some; Invalid naming fields; Conflict
    `rules_changed` where `based_on` is not the version in force.
    """
    if brand_id is None:
        require_all_brands(actor)
    else:
        brand_for(actor, brand_id, Permission.RANKING_MANAGE)
    checked = checked_rules(rules)
    # One save after the other: the agency's own row is held until this transaction ends.
    db.session.execute(select(Agency.id).where(Agency.id == actor.agency_id).with_for_update())
    before = rules_in_force(brand_id)
    if before.number != based_on:
        raise Conflict(
            worded(
                "%(name)s changed these times while you were at it. Nothing of yours was saved. "
                "Look at what they are now and change them again.",
                name=before.saved_by_name or worded("Somebody else"),
            ),
            code="rules_changed",
            number=before.number,
        )
    if before.rules == checked:
        return before
    kept = [list(one) for one in checked]
    db.session.add(
        ClockRules(
            agency_id=actor.agency_id,
            id=new_id(),
            of_brand_id=brand_id,
            number=before.number + 1,
            rules=kept,
            saved_by=actor.user_id,
            saved_by_name=actor.name,
        )
    )
    db.session.flush()
    facts: dict[str, Any] = {"number": before.number + 1, "rules": kept}
    if brand_id is None:
        audit.record(actor, "clocks.rules_saved", "agency", actor.agency_id, **facts)
        enqueue_after_commit(JobName.RERANK, agency_id=actor.agency_id)
    else:
        audit.record(actor, "clocks.rules_saved", "brand", brand_id, brand_id=brand_id, **facts)
        enqueue_after_commit(JobName.RERANK, agency_id=actor.agency_id, brand_id=brand_id)
    return rules_in_force(brand_id)


def begin_with_usual_rules(agency_id: UUID, person_id: UUID, name: str) -> None:
    """Give an agency that is just made the usual rules as its first, for all its brands; in its scope."""
    kept = [list(one) for one in USUAL]
    db.session.add(
        ClockRules(agency_id=agency_id, id=new_id(), number=1, rules=kept, saved_by=person_id, saved_by_name=name)
    )
    db.session.flush()


def _of(brand_id: UUID | None) -> ColumnElement[bool]:
    return ClockRules.of_brand_id.is_(None) if brand_id is None else ClockRules.of_brand_id == brand_id
