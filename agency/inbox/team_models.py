"""Who works when, speaks and can what, and who is away."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, Index, Text, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import AgencyOwned, Base, Dated, belongs_to_agency

LONGEST_SKILL: Final = 40
"""Characters."""
ABSENCE_STATES = ("asked", "agreed", "declined", "withdrawn")


class TeamMember(AgencyOwned, Dated, Base):
    """What a lead wrote of a colleague; of whom there is no row nothing is known.

    `days` and `special_days` by the form of `tenants.opening_hours`, as brands' hours, by the clock of `zone`.
    `languages` are two-letter codes, `skills` words in small letters, both in order. `most_cases` is how many open
    cases they are to hold at once, None for no limit.
    """

    __tablename__ = "team_member"
    person_id: Mapped[UUID]
    zone: Mapped[str] = mapped_column(Text)
    days: Mapped[list[Any]] = mapped_column(JSONB, server_default="[[],[],[],[],[],[],[]]")
    special_days: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default="{}")
    languages: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default="[]")
    skills: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default="[]")
    most_cases: Mapped[int | None]
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    changed_by_name: Mapped[str] = mapped_column(Text)
    __table_args__ = (
        belongs_to_agency(),
        UniqueConstraint("agency_id", "person_id"),
        CheckConstraint("jsonb_array_length(days) = 7", name="a_week_has_seven_days"),
        CheckConstraint("most_cases > 0", name="a_limit_leaves_room"),
        {"info": {"app_may": ("SELECT", "INSERT", "UPDATE")}},
    )


class Absence(AgencyOwned, Dated, Base):
    """Days somebody is not there, both included, by the clock of their zone; nobody writes why.

    Only what is `agreed` counts. `stand_in_id` is for whom cases are kept that would be kept for them.
    """

    __tablename__ = "absence"
    person_id: Mapped[UUID]
    person_name: Mapped[str] = mapped_column(Text)
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date] = mapped_column(Date)
    stand_in_id: Mapped[UUID | None]
    stand_in_name: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    settled_by_name: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        belongs_to_agency(),
        Index("ix_absence_last_day", "agency_id", "last_day", "person_id"),
        Index("ix_absence_person", "agency_id", "person_id", "first_day"),
        CheckConstraint("first_day <= last_day", name="ends_after_it_begins"),
        CheckConstraint("state in ('asked', 'agreed', 'declined', 'withdrawn')", name="state_is_known"),
        CheckConstraint("stand_in_id <> person_id", name="somebody_else_stands_in"),
        {"info": {"app_may": ("SELECT", "INSERT", "UPDATE")}},
    )
