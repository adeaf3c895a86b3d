"""What training and quality keep: judgements of replies that were sent."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, SmallInteger, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base, BrandOwned, Dated, belongs_to

_ANSWERS = "in ('yes', 'partly', 'no')"


class Judgement(BrandOwned, Dated, Base):
    """What one lead found of one sent reply; nothing of the customer's is copied here.

    `author_id` wrote the words that were sent, `week` is the Monday of the week they went out in (UTC). `note` is for
    the author, with personal data masked. `earlier` are the answers and notes before each change, first to last, and
    when they were given. When the person who was answered has what we hold of them deleted, a trigger on `contact`
    takes every note out and sets `erased_at`; the three answers stay, they are about our words.
    """

    __tablename__ = "judgement"
    reply_id: Mapped[UUID]
    contact_id: Mapped[UUID | None]
    author_id: Mapped[UUID]
    author_name: Mapped[str] = mapped_column(Text)
    judge_id: Mapped[UUID]
    judge_name: Mapped[str] = mapped_column(Text)
    week: Mapped[date]
    friendly: Mapped[str] = mapped_column(Text)
    solves: Mapped[str] = mapped_column(Text)
    personal: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    version: Mapped[int] = mapped_column(SmallInteger, default=1, server_default="1")
    judged_at: Mapped[datetime]
    earlier: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default="[]")
    erased_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to("reply", "reply_id"),
        belongs_to("contact", "contact_id"),
        UniqueConstraint("agency_id", "reply_id", "judge_id", "brand_id"),
        Index("ix_judgement_author", "agency_id", "author_id", "id"),
        Index("ix_judgement_week", "agency_id", "week", "author_id"),
        Index("ix_judgement_contact", "agency_id", "contact_id"),
        CheckConstraint(f"friendly {_ANSWERS}", name="friendly_is_known"),
        CheckConstraint(f"solves {_ANSWERS}", name="solves_is_known"),
        CheckConstraint(f"personal {_ANSWERS}", name="personal_is_known"),
        CheckConstraint("judge_id <> author_id", name="nobody_judges_themselves"),
        {"info": {"app_may": ("SELECT", "INSERT", "UPDATE")}},
    )
