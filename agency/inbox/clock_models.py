"""The rules of clocks in versions, and how clocks of cases ended."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import AgencyOwned, Base, BrandOwned, Dated, belongs_to_agency


class ClockRules(AgencyOwned, Dated, Base):
    """A version of the rules of a brand's clocks, or of all brands' (`of_brand_id` is None); that of the highest
    `number` is in force. `rules` are lines of `agency.inbox.clock_rules.ClockRule`; none: the brand says nothing.
    """

    __tablename__ = "clock_rules"
    of_brand_id: Mapped[UUID | None]
    number: Mapped[int]
    rules: Mapped[list[Any]] = mapped_column(JSONB)
    saved_by: Mapped[UUID]
    saved_by_name: Mapped[str] = mapped_column(Text)
    __table_args__ = (
        belongs_to_agency(),
        ForeignKeyConstraint(["agency_id", "of_brand_id"], ["brand.agency_id", "brand.id"], ondelete="CASCADE"),
        UniqueConstraint("agency_id", "of_brand_id", "number", postgresql_nulls_not_distinct=True),
    )


class ClockOutcome(BrandOwned, Dated, Base):
    """How one clock of a case ended: kept by a trigger on `conversation`, whoever ended it. It was met where
    `stopped_at` is not after `due_at`. What a person resolved and a person opened again is not kept.
    """

    __tablename__ = "clock_outcome"
    conversation_id: Mapped[UUID]
    clock: Mapped[str] = mapped_column(Text)
    started_at: Mapped[datetime]
    due_at: Mapped[datetime]
    stopped_at: Mapped[datetime]
    rule: Mapped[list[Any]] = mapped_column(JSONB)
    __table_args__ = (
        ForeignKeyConstraint(  # what a poll finds to be part of another case goes with its outcomes
            ["agency_id", "conversation_id", "brand_id"],
            ["conversation.agency_id", "conversation.id", "conversation.brand_id"],
            ondelete="CASCADE",
        ),
        UniqueConstraint("agency_id", "conversation_id", "clock", "started_at", "brand_id"),
        Index("ix_clock_outcome_stopped", "agency_id", "brand_id", "stopped_at"),
        CheckConstraint("clock in ('heard', 'answered', 'resolved')", name="clock_is_known"),
    )
