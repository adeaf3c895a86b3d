"""Incidents at a case, as the case's page reads them: the one it is part of, else those it could be put into."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import aliased

from agency.inbox.incidents.models import Incident, IncidentCase
from agency.inbox.models import Conversation

MOST_BESIDE: Final = 20
"""As many as a brand may have open (`agency.inbox.incidents.opening.MOST_GOING`)."""


class IncidentBeside(NamedTuple):
    """See `Incident` and `IncidentCase`. `is_in`: the case is part of it, else it could be."""

    id: UUID
    name: str
    state: str
    is_in: bool
    stayed: bool


def incident_beside(this_id: Any) -> Any:
    """As a select beside others of one case: the one it is in stands first."""
    case = aliased(Conversation)
    is_in = IncidentCase.id.is_not(None)
    could_be = and_(Incident.state == "open", case.status == "open", case.merged_into_id.is_(None))
    return (
        select(Incident.id, Incident.name, Incident.state, is_in, IncidentCase.stayed)
        .select_from(case)
        .join(
            Incident,
            and_(Incident.agency_id == case.agency_id, Incident.brand_id == case.brand_id, Incident.state != "closed"),
        )
        .outerjoin(
            IncidentCase,
            and_(
                IncidentCase.agency_id == Incident.agency_id,
                IncidentCase.incident_id == Incident.id,
                IncidentCase.conversation_id == case.id,
                IncidentCase.left_at.is_(None),
            ),
        )
        .where(case.id == this_id, or_(is_in, could_be))
        .order_by(is_in.desc(), Incident.id.desc())
        .limit(MOST_BESIDE)
    )


def incident_of(further: Mapping[str, Sequence[Sequence[Any]] | None]) -> IncidentBeside | None:
    """From what was read beside a case; None where it is part of none."""
    return next((one for one in _read(further) if one.is_in), None)


def going_beside(further: Mapping[str, Sequence[Sequence[Any]] | None]) -> list[IncidentBeside]:
    """Those it could be put into, the newest first; none where it is part of one."""
    found = _read(further)
    return [] if any(one.is_in for one in found) else found


def _read(further: Mapping[str, Sequence[Sequence[Any]] | None]) -> list[IncidentBeside]:
    return [
        IncidentBeside(UUID(row[0]), row[1], row[2], row[3], bool(row[4])) for row in further.get("incidents") or ()
    ]
