"""What is counted of each case and day, and what that comes to for a brand. `agency.reports.folding` writes both."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Identity, Index, Integer, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base, BrandOwned, belongs_to_brand

WAIT_BOUNDS = (
    *(60, 120, 300, 600, 900, 1_800, 2_700, 3_600, 5_400, 7_200, 10_800, 14_400, 21_600, 28_800, 43_200, 64_800),
    *(86_400, 129_600, 172_800, 259_200, 345_600, 604_800, 1_209_600),
)
"""Seconds at which one step of `BrandDay.waits` ends and the next begins: a median is read from these to a third."""
WAIT_STEPS = len(WAIT_BOUNDS) + 1


class CaseDay(BrandOwned, Base):
    """What one case adds to the figures of one day, by the brand's clock. Days on which it adds nothing have no row.

    `received` are messages of the customer written that day. A question is what a customer wrote until somebody
    answered; `asked` are those that began that day and want an answer, `answered` those of them that have one, after
    `seconds` altogether, of which the client had it `client_seconds`; `waits` are the seconds of each. `met` and
    `missed` are clocks of the answer that began that day. `cases` is 1 on the day of the customer's newest words
    where anything in it was a question, `resolved` 1 there where the case is closed. `waiting_since` is when the
    question began that nobody has answered yet.

    No foreign key to the case, for it goes with the days a case that a poll found to be part of another.
    """

    __tablename__ = "case_day"
    conversation_id: Mapped[UUID]
    day: Mapped[date]
    is_private: Mapped[bool]
    received: Mapped[int] = mapped_column(default=0, server_default="0")
    asked: Mapped[int] = mapped_column(default=0, server_default="0")
    answered: Mapped[int] = mapped_column(default=0, server_default="0")
    seconds: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    client_seconds: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    met: Mapped[int] = mapped_column(default=0, server_default="0")
    missed: Mapped[int] = mapped_column(default=0, server_default="0")
    cases: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    resolved: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    waits: Mapped[list[int]] = mapped_column(ARRAY(Integer), default=list, server_default="{}")
    waiting_since: Mapped[datetime | None]
    __table_args__ = (
        belongs_to_brand(),
        UniqueConstraint("agency_id", "conversation_id", "day", "brand_id"),
        Index("ix_case_day_brand", "agency_id", "brand_id", "day", "is_private", "conversation_id"),
        Index(
            "ix_case_day_waiting",
            "agency_id",
            "brand_id",
            "waiting_since",
            "conversation_id",
            postgresql_where=text("waiting_since is not null"),
        ),
    )


class BrandDay(BrandOwned, Base):
    """A brand's day, public and private apart: the sums of its `CaseDay` rows. They stay when those are let go.

    `waits` counts answers by how long they took, in the steps of WAIT_BOUNDS.
    """

    __tablename__ = "brand_day"
    day: Mapped[date]
    is_private: Mapped[bool]
    received: Mapped[int] = mapped_column(default=0, server_default="0")
    asked: Mapped[int] = mapped_column(default=0, server_default="0")
    answered: Mapped[int] = mapped_column(default=0, server_default="0")
    seconds: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    client_seconds: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    met: Mapped[int] = mapped_column(default=0, server_default="0")
    missed: Mapped[int] = mapped_column(default=0, server_default="0")
    cases: Mapped[int] = mapped_column(default=0, server_default="0")
    resolved: Mapped[int] = mapped_column(default=0, server_default="0")
    waits: Mapped[list[int]] = mapped_column(ARRAY(Integer), default=list, server_default="{}")
    __table_args__ = (
        belongs_to_brand(),
        UniqueConstraint("agency_id", "brand_id", "day", "is_private"),
        Index("ix_brand_day_day", "agency_id", "day"),
    )


class BrandHour(BrandOwned, Base):
    """How many cases of a brand were open as an hour began, give or take a minute; kept for eight days."""

    __tablename__ = "brand_hour"
    hour: Mapped[datetime]
    waiting: Mapped[int]
    __table_args__ = (
        belongs_to_brand(),
        UniqueConstraint("agency_id", "hour", "brand_id"),
    )


class BrandMonth(BrandOwned, Base):
    """A brand's month: what was reported of it, and what was said when it was looked at with the client.

    `reported` are its figures as they stood at `reported_at` (`agency.reports.monthly.MonthPart` by public and private)
    and never change; None before the month was reported. `number` counts how often the minutes were saved, 0 for
    never; the client reads them where `is_shared`.
    """

    __tablename__ = "brand_month"
    month: Mapped[date]
    """Its first day."""
    reported: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    reported_at: Mapped[datetime | None]
    number: Mapped[int] = mapped_column(default=0, server_default="0")
    minutes: Mapped[str] = mapped_column(Text, default="", server_default="")
    present: Mapped[str] = mapped_column(Text, default="", server_default="")
    held_on: Mapped[date | None]
    is_shared: Mapped[bool] = mapped_column(default=False, server_default="false")
    saved_by: Mapped[UUID | None]
    saved_by_name: Mapped[str] = mapped_column(Text, default="", server_default="")
    saved_at: Mapped[datetime | None]
    __table_args__ = (belongs_to_brand(), UniqueConstraint("agency_id", "brand_id", "month"))


class BrandGoal(BrandOwned, Base):
    """What was agreed with a client for one figure, from a month on until another goal of the same figure holds.

    `target` is in seconds or percent, as the figure is; None: no goal any more. `agreed_with` is whom of the client,
    `agreed_on` the day; `saved_by` wrote it down.
    """

    __tablename__ = "brand_goal"
    figure: Mapped[str] = mapped_column(Text)
    is_private: Mapped[bool]
    from_month: Mapped[date]
    target: Mapped[int | None]
    agreed_on: Mapped[date]
    agreed_with: Mapped[str] = mapped_column(Text)
    saved_by: Mapped[UUID]
    saved_by_name: Mapped[str] = mapped_column(Text)
    saved_at: Mapped[datetime]
    __table_args__ = (
        belongs_to_brand(),
        UniqueConstraint("agency_id", "brand_id", "figure", "is_private", "from_month"),
    )


class FigureDue(Base):
    """That a case has to be counted anew. Written by triggers, deleted once it is done; several may name one case, so
    that nobody who stores waits for whoever counts.
    """

    __tablename__ = "figure_due"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    agency_id: Mapped[UUID]
    conversation_id: Mapped[UUID]
    __table_args__ = (Index("ix_figure_due_agency", "agency_id", "id"),)
