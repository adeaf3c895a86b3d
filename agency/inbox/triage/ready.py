"""The rules of the desk as they hold for a brand, kept ready by their state, as its topics are."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import and_, or_, select

from agency.inbox.triage.matching import Facts, Rule, Rulebook
from agency.inbox.triage.models import TriageRule
from agency.inbox.triage.terms import terms_of
from agency.inbox.understanding.reading import read
from agency.inbox.understanding.stored import Stored, from_stored, judgement_of, own_topics, to_stored
from tenants.database import db
from tenants.kept_ready import KeptReady
from tenants.logs import get_logger
from tenants.scope import current_scope

log = get_logger("triage")

BRANDS_KEPT: Final = 256
"""Brands whose rules a process keeps ready."""

State = tuple[int, ...]
"""How many rules there are and the sum of their versions and moves, of both and of the agency's: it tells every state
apart, since none is deleted.
"""

_kept: Final = KeptReady[State, Rulebook](BRANDS_KEPT)


def rules_of(brand_id: UUID, state: State) -> Rulebook | None:
    """Those in use for a brand, the agency's first; None where there is none. One statement where one changed since."""
    if not state:
        return None
    places = [current_scope().agency_id, brand_id]
    return _kept.of(brand_id, state, lambda: book_of(rows_in_force(places), brand_id)) or None


def rows_in_force(places: Collection[UUID], *, also: UUID | None = None) -> list[TriageRule]:
    """The rules that are on, in their order: the agency's, then a brand's; and one whether it is on or not."""
    agency_id = current_scope().agency_id
    acts: Any = and_(TriageRule.archived_at.is_(None), TriageRule.is_on)
    wanted = select(TriageRule).where(
        TriageRule.brand_id.in_(places), or_(acts, TriageRule.id == also) if also else acts
    )
    order = (TriageRule.brand_id != agency_id, TriageRule.brand_id, TriageRule.position, TriageRule.id)
    return list(db.session.scalars(wanted.order_by(*order)))


def book_of(rows: Iterable[TriageRule], brand_id: UUID) -> Rulebook:
    """A brand's book, without what is for other brands alone."""
    rules = rules_from(rows)
    return Rulebook(one for one in rules if not one.terms.conditions.brands or brand_id in one.terms.conditions.brands)


def rules_from(rows: Iterable[TriageRule]) -> list[Rule]:
    """Rules as they are matched. One that this release cannot read is left out and logged: words must come in."""
    found = []
    for row in rows:
        try:
            found.append(Rule(row.id, row.version, row.name, terms_of(row.terms), row.stops))
        except (ValueError, TypeError, AttributeError):
            log.warning("rule_not_readable", rule_id=str(row.id), rule_version=row.version)
    return found


def facts_of(
    text: str,
    reading: Stored | None,
    *,
    platform: str,
    kind: str,
    language: str | None,
    stars: int | None,
    is_vip: bool,
    moment: datetime,
    zone: str,
) -> Facts:
    """What rules look at, of words of a customer as they are stored. `moment` is when they were written or changed;
    words stored before any were read have no reading, and are read now.
    """
    reading = reading or to_stored(read(text, language, stars=stars))
    local = moment.astimezone(_zone(zone))
    topics = {one.label for one in (*from_stored(reading).topics, *own_topics(reading))}
    return Facts(
        text=text,
        platform=platform,
        kind=kind,
        language=language,
        stars=stars,
        sentiment=_known(reading, "sentiment"),
        act=_known(reading, "act"),
        topics=frozenset(topics),
        is_vip=is_vip,
        weekday=local.isoweekday(),
        minute=local.hour * 60 + local.minute,
    )


def _known(reading: Stored, aspect: str) -> str | None:
    label = judgement_of(reading, aspect).label
    return None if label == "unknown" else label


@lru_cache(maxsize=64)
def _zone(name: str) -> Any:
    return ZoneInfo(name)
