"""How many conversations each brand has, by state: the numbers beside brands, read from the counters at once."""

from __future__ import annotations

import struct
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import LargeBinary, func, literal_column, select

from agency.inbox.models import QueueCounter
from tenants.kept_select import KeptSelect


class Badge(NamedTuple):
    """A brand's conversations by state; exact, for triggers keep the counters."""

    open_count: int
    snoozed_count: int
    closed_count: int


NO_CONVERSATIONS: Final = b"\0" * 12
_COUNTS: Final = struct.Struct(">iii")
_PAIRS: Final = struct.Struct(">16s12s")


# As bytes that PostgreSQL keeps beside the counts: making two hundred UUIDs and eight hundred numbers takes longer than
# reading their rows.
_BADGES: Final = KeptSelect(select(func.string_agg(QueueCounter.badge, literal_column("''::bytea"), type_=LargeBinary)))


class Badges:
    """Counts of every brand in scope that ever had a conversation; of any other brand they are 0."""

    def __init__(self, packed: bytes) -> None:
        self._by_brand: dict[bytes, bytes] = dict(_PAIRS.iter_unpack(packed))

    def __len__(self) -> int:
        return len(self._by_brand)

    def of(self, brand_id: UUID) -> Badge:
        """The counts of a brand."""
        return Badge(*_COUNTS.unpack(self._by_brand.get(brand_id.bytes, NO_CONVERSATIONS)))


def badges() -> Badges:
    """One statement, whatever the number of brands."""
    ((packed,),) = _BADGES.rows({})
    return Badges(packed or b"")
