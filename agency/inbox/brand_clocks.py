"""By what the clocks of several brands run, read at once."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Uuid, bindparam
from sqlalchemy.dialects.postgresql import ARRAY

from agency.inbox.clock_rules import CLOCKS_OF_BRAND, BrandClocks
from tenants.database import db
from tenants.scope import current_scope, raw_sql

_CLOCKS = raw_sql(
    f"select b.id, {CLOCKS_OF_BRAND.format(b='b')} from brand b where b.agency_id = :agency_id and b.id = any(:ids)",
    reason="the text that is read beside what else a statement reads",
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))


def clocks_of_brands(brand_ids: Collection[UUID]) -> dict[UUID, BrandClocks]:
    """By brand, those outside the scope left out; one statement, none for no brands."""
    if not brand_ids:
        return {}
    rows = db.session.execute(_CLOCKS, {"agency_id": current_scope().agency_id, "ids": list(brand_ids)})
    return {row[0]: BrandClocks.read(row[1]) for row in rows}
