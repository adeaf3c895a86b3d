"""How a case comes back, as its page reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select

from agency.inbox.comeback_models import Comeback


class ComebackView(NamedTuple):
    """The newest one of a case; see `Comeback`."""

    id: UUID
    comes_at: datetime
    reason: str
    draft: str
    person_id: UUID
    person_name: str
    state: str
    ended_because: str | None
    ended_at: datetime | None
    cause: str = "person"


def comebacks_beside(this_id: Any) -> Any:
    """As a select beside others of one case."""
    return (
        select(*(getattr(Comeback, name) for name in ComebackView._fields))
        .where(Comeback.conversation_id == this_id)
        .order_by(Comeback.id.desc())
        .limit(1)
    )


def comeback_of(further: Mapping[str, Sequence[Sequence[Any]] | None]) -> ComebackView | None:
    """From what was read beside a case; None where it never was to come back."""
    for row in further.get("comebacks") or ():
        ended_at = datetime.fromisoformat(row[8]) if row[8] else None
        return ComebackView._make(
            [UUID(row[0]), datetime.fromisoformat(row[1]), *row[2:4], UUID(row[4]), *row[5:8], ended_at, row[9]]
        )
    return None
