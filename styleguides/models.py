"""A brand's guide, version by version, and its reply guidelines."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base, BrandOwned, Dated, belongs_to_brand


class StyleGuideVersion(BrandOwned, Dated, Base):
    """One version of a brand's guide. Its words never change once it has been in force; a change is a new version.

    `state` is one of `draft`, `in_force`, `retired`. `rules` is the form of `styleguides.rules.rules_to_data`.
    """

    __tablename__ = "style_guide_version"
    number: Mapped[int]
    state: Mapped[str] = mapped_column(Text, default="draft")
    voice: Mapped[str] = mapped_column(Text, default="")
    identity: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    rules: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    note: Mapped[str] = mapped_column(Text, default="")
    written_by: Mapped[UUID | None]
    written_by_name: Mapped[str] = mapped_column(Text, default="system")
    put_in_force_by: Mapped[UUID | None]
    put_in_force_at: Mapped[datetime | None]
    retired_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to_brand(),
        UniqueConstraint("agency_id", "brand_id", "number"),
        Index(
            "uq_style_guide_version_in_force",
            "agency_id",
            "brand_id",
            unique=True,
            postgresql_where=text("state = 'in_force'"),
        ),
        CheckConstraint("state in ('draft', 'in_force', 'retired')", name="state_is_known"),
    )


class Guideline(BrandOwned, Dated, Base):
    """A scenario with steps, what may be offered, and what is never said."""

    __tablename__ = "guideline"
    title: Mapped[str] = mapped_column(Text)
    when: Mapped[str] = mapped_column("applies_when", Text, default="")
    steps: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    offer_limit_cents: Mapped[int | None]
    currency: Mapped[str | None] = mapped_column(Text)
    never_say: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    visibility: Mapped[str] = mapped_column(Text, default="both")
    saved_reply_ids: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    version: Mapped[int] = mapped_column(default=1)
    deleted_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to_brand(),
        Index("ix_guideline_brand", "agency_id", "brand_id", "title"),
        CheckConstraint("visibility in ('public', 'private', 'both')", name="visibility_is_known"),
        CheckConstraint("offer_limit_cents is null or currency is not null", name="offer_names_currency"),
    )
