"""How far the texts of an incident are: who got them, who is still to, who cannot and why."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, func, select

from agency.inbox.incidents.models import HOLDING, IncidentPerson
from agency.replies.incident_choosing import BUSY
from agency.replies.models import Reply
from tenants.database import db


class Progress(NamedTuple):
    """How far a text is. `due`: people still to be written to; `waits`: their reply is made and not out; `why`: of
    those who cannot be, how many for which reason.
    """

    sent: int
    waits: int
    due: int
    why: dict[str, int]

    @property
    def cannot(self) -> int:
        """People who are not written to."""
        return sum(self.why.values())


def progress_of(incident_id: UUID, purpose: str) -> Progress:
    """How far a text is. One statement."""
    is_holding = purpose == HOLDING
    state = IncidentPerson.holding if is_holding else IncidentPerson.follow_up
    reason = IncidentPerson.holding_reason if is_holding else IncidentPerson.follow_up_reason
    reply_id = IncidentPerson.holding_reply_id if is_holding else IncidentPerson.follow_up_reply_id
    rows = db.session.execute(
        select(state, reason, Reply.state, func.count(IncidentPerson.id))
        .outerjoin(Reply, and_(Reply.agency_id == IncidentPerson.agency_id, Reply.id == reply_id))
        .where(IncidentPerson.incident_id == incident_id, state.is_not(None))
        .group_by(state, reason, Reply.state)
    )
    sent, waits, due, why = 0, 0, 0, Counter[str]()
    for sending, because, reply_state, count in rows:
        if sending == "due":
            due += count
        elif sending == "cannot":
            why[because or "unknown"] += count
        elif reply_state == "published":
            sent += count
        elif reply_state in BUSY:
            waits += count
        else:
            why[f"reply_{reply_state}"] += count
    return Progress(sent, waits, due, dict(why))
