"""A brand's guidelines made ready as scenarios, and those that fit a case. The ranking is `styleguides.scenarios`."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection
from typing import Final
from uuid import UUID

from sqlalchemy import func, select

from styleguides.models import Guideline
from styleguides.scenarios import CaseFacts, Picked, Scenario, Scenarios
from tenants.database import db
from tenants.permissions import Actor, Permission, require

MOST_SHOWN: Final = 3
BRANDS_KEPT: Final = 128
"""Brands whose scenarios a process keeps ready: thirty scenarios each, as a rule."""

_State = tuple[int, int]

_kept: OrderedDict[UUID, tuple[_State, Scenarios]] = OrderedDict()
_lock = threading.Lock()


def picked_for(actor: Actor, brand_id: UUID, case: CaseFacts, most: int = MOST_SHOWN) -> list[tuple[Guideline, Picked]]:
    """The guidelines that fit, the best first. Two statements, and one more where a guideline changed. Forbidden."""
    require(actor, Permission.GUIDE_READ, brand_id)
    picked = scenarios_of(brand_id).pick(case, most)
    if not picked:
        return []
    rows = db.session.execute(
        select(Guideline).where(
            Guideline.brand_id == brand_id,
            Guideline.id.in_([one.id for one in picked]),
            Guideline.deleted_at.is_(None),
        )
    ).scalars()
    by_id = {row.id: row for row in rows}
    return [(by_id[one.id], one) for one in picked if one.id in by_id]


def guidelines_by_id(brand_id: UUID, ids: Collection[UUID]) -> list[Guideline]:
    """Those of the brand in use, in the order of `ids`. One statement, none for no ids."""
    if not ids:
        return []
    rows = db.session.execute(
        select(Guideline).where(
            Guideline.brand_id == brand_id, Guideline.id.in_(list(ids)), Guideline.deleted_at.is_(None)
        )
    ).scalars()
    by_id = {row.id: row for row in rows}
    return [by_id[one] for one in ids if one in by_id]


def _scenario(
    guideline_id: UUID,
    title: str,
    words: list[str],
    case_kinds: list[str],
    kinds: list[str],
    platforms: list[str],
    languages: list[str],
    min_stars: int | None,
    max_stars: int | None,
) -> Scenario:
    return Scenario(
        guideline_id,
        title,
        tuple(words),
        tuple(case_kinds),
        tuple(kinds),
        tuple(platforms),
        tuple(languages),
        min_stars,
        max_stars,
    )


def scenarios_of(brand_id: UUID, state: _State | None = None) -> Scenarios:
    """The brand's scenarios, ready. Kept while no guideline of the brand changes: every change raises a version, and
    rows that are taken away stay, so that count and sum of versions tell every state apart. `state` is these two, from
    whoever has read them.
    """
    if state is None:
        found = db.session.execute(
            select(func.count(), func.coalesce(func.sum(Guideline.version), 0)).where(Guideline.brand_id == brand_id)
        ).one()
        state = (int(found[0]), int(found[1]))
    with _lock:
        kept = _kept.get(brand_id)
        if kept is not None and kept[0] == state:
            _kept.move_to_end(brand_id)
            return kept[1]
    rows = db.session.execute(
        select(
            Guideline.id,
            Guideline.title,
            Guideline.words,
            Guideline.case_kinds,
            Guideline.kinds,
            Guideline.platforms,
            Guideline.languages,
            Guideline.min_stars,
            Guideline.max_stars,
        ).where(Guideline.brand_id == brand_id, Guideline.deleted_at.is_(None))
    )
    made = Scenarios(_scenario(*row) for row in rows)
    with _lock:
        _kept[brand_id] = state, made
        _kept.move_to_end(brand_id)
        while len(_kept) > BRANDS_KEPT:
            _kept.popitem(last=False)
    return made
