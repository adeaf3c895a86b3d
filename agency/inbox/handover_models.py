"""Cases one person hands to another at the end of a shift, and what became of each."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import AgencyOwned, Base, BrandOwned, Dated, belongs_to, belongs_to_agency

REASONS = ("held", "kept", "promised", "comes_back", "snoozed", "waits", "draft")
"""Why a case is somebody's: they hold it; it is kept for them; their answer promised a day; it comes back to them; they
put it off; their reply waits for somebody; they began one."""


class Handover(AgencyOwned, Dated, Base):
    """Cases offered by one person to another until `answer_by`; `ended_at` once nothing of it is offered any more.

    What is said of each is a note at the case.
    """

    __tablename__ = "handover"
    from_person_id: Mapped[UUID]
    from_name: Mapped[str] = mapped_column(Text)
    to_person_id: Mapped[UUID]
    to_name: Mapped[str] = mapped_column(Text)
    case_count: Mapped[int]
    answer_by: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to_agency(),
        Index("ix_handover_to", "agency_id", "to_person_id", "id"),
        Index("ix_handover_from", "agency_id", "from_person_id", "id"),
        Index("ix_handover_open", "agency_id", "answer_by", "id", postgresql_where=text("ended_at is null")),
        {"info": {"app_may": ("SELECT", "INSERT", "UPDATE")}},
    )


class HandoverCase(BrandOwned, Dated, Base):
    """One case of a handover. `state`: `offered`, at most once of a case; `accepted`; `declined` or `withdrawn` by a
    person; `lost` where it could not move, because of `why`; `lapsed` where nobody answered in time.

    `reasons` are those of REASONS for which it was the giver's. The newest accepted one says whose promise and whose
    waiting reply it is since.
    """

    __tablename__ = "handover_case"
    handover_id: Mapped[UUID]
    conversation_id: Mapped[UUID]
    from_person_id: Mapped[UUID]
    to_person_id: Mapped[UUID]
    reasons: Mapped[list[Any]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(Text, default="offered", server_default="offered")
    why: Mapped[str | None] = mapped_column(Text)
    settled_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to("conversation", "conversation_id"),
        ForeignKeyConstraint(["agency_id", "handover_id"], ["handover.agency_id", "handover.id"]),
        Index(
            "uq_handover_case_offered",
            "agency_id",
            "conversation_id",
            unique=True,
            postgresql_where=text("state = 'offered'"),
        ),
        Index("ix_handover_case_handover", "agency_id", "handover_id", "id"),
        Index("ix_handover_case_conversation", "agency_id", "conversation_id", "id"),
        CheckConstraint(
            "state in ('offered', 'accepted', 'declined', 'withdrawn', 'lost', 'lapsed')", name="state_is_known"
        ),
        CheckConstraint("(state = 'offered') = (settled_at is null)", name="an_end_has_a_time"),
        {"info": {"app_may": ("SELECT", "INSERT", "UPDATE")}},
    )
