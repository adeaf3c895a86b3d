"""The record read for checking: its chains, line by line, and where each ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Text, cast, literal, select
from sqlalchemy.orm import InstrumentedAttribute

from tenants.audit import WORDS_ERASED
from tenants.audit_chain import Head, StoredLine, Verdict, as_line, verify
from tenants.database import db
from tenants.models import AgencyAudit, Brand, BrandAudit

SLICE: Final = 5_000
"""Lines read by one statement: so the time of a statement does not grow with the record."""

Heads = Mapping[UUID | None, Mapping[int, bytes]]
"""By brand, None for the agency's own chain: the hash of a line by its number, as told before."""


def verify_chains(heads: Heads | None = None) -> Iterator[tuple[UUID | None, Verdict]]:
    """Look through every chain of this scope's agency: the agency's own first, then its brands'."""
    told = heads or {}
    for brand_id in (None, *db.session.scalars(select(Brand.id).order_by(Brand.id)).all()):
        yield brand_id, verify(lines_of(brand_id), told.get(brand_id, {}), WORDS_ERASED)
    gone = set(told) - {None, *db.session.scalars(select(Brand.id))}
    for brand_id in sorted(one for one in gone if one is not None):
        yield brand_id, verify((), told[brand_id], WORDS_ERASED)


def lines_of(brand_id: UUID | None) -> Iterator[StoredLine]:
    """The lines of one chain by number, a slice a statement."""
    model: Any = AgencyAudit if brand_id is None else BrandAudit
    asked = select(*(_column(model, name) for name in StoredLine._fields)).order_by(model.number).limit(SLICE)
    if brand_id is not None:
        asked = asked.where(model.brand_id == brand_id)
    after = 0
    while True:
        rows = db.session.execute(asked.where(model.number > after)).all()
        yield from map(as_line, rows)
        if len(rows) < SLICE:
            return
        after = rows[-1].number


def _column(model: Any, name: str) -> Any:
    if name == "brand_id" and model is AgencyAudit:
        return literal(None).label("brand_id")
    column: InstrumentedAttribute[Any] = getattr(model, name)
    return cast(column, Text).label(name) if name in ("facts", "words") else column


def heads_of_scope() -> Iterator[tuple[UUID | None, Head]]:
    """Where every chain of this scope's agency ends now; chains without a line are left out."""
    for brand_id in (None, *db.session.scalars(select(Brand.id).order_by(Brand.id)).all()):
        model: Any = AgencyAudit if brand_id is None else BrandAudit
        last = select(model.number, model.hash).order_by(model.number.desc()).limit(1)
        row = db.session.execute(last if brand_id is None else last.where(model.brand_id == brand_id)).first()
        if row is not None:
            yield brand_id, Head(row.number, row.hash)
