"""The record searched: by who, what, when, which thing and brand, the newest first."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, Text, cast, literal, select, true

from tenants.database import db, first_id_of
from tenants.models import AgencyAudit, Brand, BrandAudit
from tenants.permissions import Actor, Permission, require

MOST_EXPORTED: Final = 10_000
"""Lines of one file; who needs more narrows the time."""
SLICE: Final = 1_000

_SHOWN: Final = (
    *("id", "number", "hash", "created_at", "actor_id", "actor_name", "actor_salt", "action", "subject_type"),
    *("subject_id", "facts", "words", "words_salt", "words_hash", "erased_at"),
)


@dataclass(frozen=True)
class Search:
    """What is looked for; None leaves it open. `action` is one action, `until` is exclusive."""

    brand_id: UUID | None = None
    actor_id: UUID | None = None
    by_system: bool = False
    action: str | None = None
    subject_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def search(actor: Actor, wanted: Search, *, before: UUID | None = None, limit: int = 50) -> list[Any]:
    """Lines within the actor's brands, by id from the newest on; those of the agency itself for who has all its brands,
    because they may name any of them.

    One statement a table, each along an index. Raises Forbidden without `audit:read`, NotFound for a brand outside.
    """
    require(actor, Permission.AUDIT_READ, wanted.brand_id)
    asked = _asked(BrandAudit, wanted, before, limit)
    if wanted.brand_id is None and actor.brand_ids is not None:
        asked = _of_each(actor.brand_ids, asked, limit)
    rows = list(db.session.execute(asked))
    if wanted.brand_id is None and actor.brand_ids is None:
        rows += db.session.execute(_asked(AgencyAudit, wanted, before, limit))
        rows.sort(key=lambda row: row.id, reverse=True)
    return rows[:limit]


def done_for_client(
    actor: Actor, actions: Collection[str], *, before: UUID | None = None, limit: int = 50
) -> list[Any]:
    """Lines of these actions about the brands this client speaks for, by id from the newest on: never of another brand
    or of the agency itself. One statement. Raises Forbidden without `reply:approve`.
    """
    require(actor, Permission.REPLY_APPROVE)
    if actor.brand_ids is None:  # a client speaks for brands by name
        return []
    asked = _asked(BrandAudit, Search(), before, limit).where(BrandAudit.action.in_(actions))
    return list(db.session.execute(_of_each(actor.brand_ids, asked, limit)))


def export(actor: Actor, wanted: Search) -> Iterator[Any]:
    """As `search`, at most MOST_EXPORTED lines. Raises as it does."""
    before, left = None, MOST_EXPORTED
    while left:
        rows = search(actor, wanted, before=before, limit=min(SLICE, left))
        yield from rows
        if len(rows) < min(SLICE, left):
            return
        before, left = rows[-1].id, left - len(rows)


def _of_each(brand_ids: Collection[UUID], asked: Select[Any], limit: int) -> Select[Any]:
    """The newest of these brands, each brand's read by its own index: one of few lines has nobody look through the
    agency's.
    """
    one = asked.where(BrandAudit.brand_id == Brand.id).correlate(Brand).lateral("one")
    of_all = select(*one.c, Brand.id.label("its_brand_id")).join(one, true()).where(Brand.id.in_(brand_ids))
    return of_all.order_by(one.c.id.desc()).limit(limit)


def _asked(model: Any, wanted: Search, before: UUID | None, limit: int) -> Select[Any]:
    columns = [getattr(model, name) for name in _SHOWN]
    columns.append(model.brand_id if model is BrandAudit else literal(None).label("brand_id"))
    columns.append(cast(model.facts, Text).label("facts_text"))
    asked = select(*columns, cast(model.words, Text).label("words_text")).order_by(model.id.desc()).limit(limit)
    if wanted.brand_id is not None:
        asked = asked.where(model.brand_id == wanted.brand_id)
    if wanted.by_system:
        asked = asked.where(model.actor_id.is_(None))
    elif wanted.actor_id is not None:
        asked = asked.where(model.actor_id == wanted.actor_id)
    if wanted.action is not None:
        asked = asked.where(model.action == wanted.action)
    if wanted.subject_id is not None:
        asked = asked.where(model.subject_id == wanted.subject_id)
    if wanted.since is not None:
        asked = asked.where(model.id >= first_id_of(wanted.since))
    if wanted.until is not None:
        asked = asked.where(model.id < first_id_of(wanted.until))
    return asked if before is None else asked.where(model.id < before)
