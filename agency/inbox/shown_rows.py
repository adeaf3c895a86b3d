"""Rows somebody has on screen, read again by their ids: as they are now, and whether they still belong to the view."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, and_, any_, bindparam, func, literal_column, select

from agency.inbox.filters import QueueFilter, conditions
from agency.inbox.kept_filters import PARAMETERS, bound_filter
from agency.inbox.models import Conversation
from agency.inbox.queries import ROW_WITHOUT_ACCOUNT, BrandName, QueueRow
from tenants import clock
from tenants.kept_select import KeptSelect
from tenants.models import Brand


class ShownRow(NamedTuple):
    """A row somebody has on screen: as it is now, whether it still belongs to their view, and its brand."""

    row: QueueRow
    belongs: bool
    brand: BrandName


def shown_rows(ids: Sequence[UUID], wanted: QueueFilter, *, me: UUID) -> list[ShownRow]:
    """These conversations as they are now, one statement; what is gone or out of the scope is left out.

    Whether words still stand in it is not asked again: what a search found stays found.
    """
    wanted = wanted._replace(q="")
    values: dict[str, Any] = {"now": clock.now(), "me": me, "ids": list(ids)}
    found = _kept_shown(bound_filter(wanted, values)).rows(values)
    cut = len(ROW_WITHOUT_ACCOUNT)
    return [ShownRow(QueueRow._make(row[:cut]), row[cut], BrandName._make((*row[cut + 1 :], 0))) for row in found]


@lru_cache(maxsize=256)
def _kept_shown(wanted: QueueFilter) -> KeptSelect:
    belongs = and_(literal_column("true"), *conditions(wanted, PARAMETERS["me"], PARAMETERS["now"]))
    return KeptSelect(
        select(
            *ROW_WITHOUT_ACCOUNT,
            func.coalesce(belongs, literal_column("false")),
            Brand.id,
            Brand.name,
            Brand.mark,
            Brand.colour,
        )
        .join(Brand, and_(Brand.agency_id == Conversation.agency_id, Brand.id == Conversation.brand_id))
        .where(Conversation.id == any_(bindparam("ids", type_=ARRAY(Uuid()))), Brand.archived_at.is_(None))
    )
