"""What labels are called, for rows and filters: read once, and again when one changed."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache, reduce
from operator import xor
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, literal_column, select

from agency.inbox.desk_models import Label
from tenants.database import db
from tenants.kept_select import KeptSelect
from tenants.scope import Scope, current_scope


class LabelName(NamedTuple):
    """A label as a row shows it."""

    id: UUID
    name: str
    colour: str


LABELS_HASH: Any = (
    select(func.coalesce(func.bit_xor(func.uuid_hash_extended(Label.id, Label.version)), literal_column("0")))
    .where(Label.archived_at.is_(None))
    .scalar_subquery()
)
"""Changes when a label's name or colour does, or which ones are in use."""

_named: dict[tuple[Scope, int], dict[UUID, LabelName]] = {}
NAMES_KEPT = 64


def label_names(stamp: int) -> dict[UUID, LabelName]:
    """The scope's labels in use by id, by name. `stamp` is what `queue_state` just told: they are read again only when
    it has changed.
    """
    scope = current_scope()
    known = _named.get((scope, stamp))
    if known is not None:
        return known
    rows: list[Any] = list(_kept_names().rows({}))
    found = {row[0]: LabelName._make(row[:3]) for row in rows}
    # Kept under what was read now: somebody may have renamed one since the state was read.
    if len(_named) >= NAMES_KEPT:
        _named.clear()
    _named[scope, reduce(xor, (row[3] for row in rows), 0)] = found
    return found


def names_of(label_ids: Iterable[UUID]) -> list[LabelName]:
    """Those of these labels that are in use; one statement."""
    rows = db.session.execute(
        select(Label.id, Label.name, Label.colour).where(Label.id.in_(set(label_ids)), Label.archived_at.is_(None))
    )
    return [LabelName._make(row) for row in rows]


@lru_cache(maxsize=1)
def _kept_names() -> KeptSelect:
    return KeptSelect(
        select(Label.id, Label.name, Label.colour, func.uuid_hash_extended(Label.id, Label.version))
        .where(Label.archived_at.is_(None))
        .order_by(func.lower(Label.name), Label.id)
    )
