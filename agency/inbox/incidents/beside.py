"""The incident a case is part of, as the case's page reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import and_, select

from agency.inbox.incidents.models import Incident, IncidentCase


class IncidentBeside(NamedTuple):
    """See `Incident` and `IncidentCase`."""

    id: UUID
    name: str
    state: str
    stayed: bool


def incident_beside(this_id: Any) -> Any:
    """As a select beside others of one case."""
    return (
        select(Incident.id, Incident.name, Incident.state, IncidentCase.stayed)
        .join(IncidentCase, and_(IncidentCase.agency_id == Incident.agency_id, IncidentCase.incident_id == Incident.id))
        .where(IncidentCase.conversation_id == this_id, IncidentCase.left_at.is_(None))
        .limit(1)
    )


def incident_of(further: Mapping[str, Sequence[Sequence[Any]] | None]) -> IncidentBeside | None:
    """From what was read beside a case; None where it is part of none."""
    for row in further.get("incidents") or ():
        return IncidentBeside(UUID(row[0]), row[1], row[2], row[3])
    return None
