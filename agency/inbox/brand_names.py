"""What brands are called, for frames and rows: read once, and again when a name changed."""

from __future__ import annotations

from functools import lru_cache, reduce
from operator import xor
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, literal_column, select

from tenants.kept_select import KeptSelect
from tenants.models import Brand
from tenants.scope import Scope, current_scope


class BrandName(NamedTuple):
    """A brand as a frame and a row show it."""

    id: UUID
    name: str
    mark: str
    colour: str
    place: int
    """Counted by name, from 0."""


# Each hash is the seed of the next: joining the words into one text first cost a third of the statement.
BRAND_NAME_HASH: Any = reduce(
    lambda seed, words: func.hashtextextended(words, seed),
    (Brand.name, Brand.mark, Brand.colour),
    func.uuid_hash_extended(Brand.id, literal_column("0")),
)

_named: dict[tuple[Scope, int], dict[UUID, BrandName]] = {}
NAMES_KEPT = 64


def brand_names(names: int) -> dict[UUID, BrandName]:
    """The scope's brands by id, in the order of their names. `names` is what `queue_state` just told.

    They are read again only when that has changed: hundreds of brands hardly ever do, and every page names some.
    """
    scope = current_scope()
    known = _named.get((scope, names))
    if known is not None:
        return known
    rows: list[Any] = list(_kept_names().rows({}))
    found = {row[0]: BrandName._make((*row[:4], place)) for place, row in enumerate(rows)}
    # Kept under what was read now: somebody may have renamed a brand since the state was read.
    if len(_named) >= NAMES_KEPT:
        _named.clear()
    _named[scope, reduce(xor, (row[4] for row in rows), 0)] = found
    return found


@lru_cache(maxsize=1)
def _kept_names() -> KeptSelect:
    return KeptSelect(
        select(Brand.id, Brand.name, Brand.mark, Brand.colour, BRAND_NAME_HASH)
        .where(Brand.archived_at.is_(None))
        .order_by(func.lower(Brand.name), Brand.id)
    )
