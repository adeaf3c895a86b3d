"""The table of brands' hours."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base, BrandOwned, Dated, belongs_to_brand


class BrandHours(BrandOwned, Dated, Base):
    """When a brand answers, by the form of `tenants.opening_hours`; a brand without a row has said nothing of it.

    `sends_in_hours`: replies go out in them unless their writer says otherwise. `country` (two letters, empty for none)
    and `part` of it say whose public holidays the brand keeps; `special_days` by their date (`2026-12-24`) have spans
    of their own, none where it is closed.
    """

    __tablename__ = "brand_hours"
    zone: Mapped[str] = mapped_column(Text)
    days: Mapped[list[Any]] = mapped_column(JSONB, server_default="[[],[],[],[],[],[],[]]")
    sends_in_hours: Mapped[bool] = mapped_column(default=False, server_default="false")
    country: Mapped[str] = mapped_column(Text, default="", server_default="")
    part: Mapped[str] = mapped_column(Text, default="", server_default="")
    special_days: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default="{}")
    __table_args__ = (
        belongs_to_brand(),
        UniqueConstraint("agency_id", "brand_id"),
        CheckConstraint("jsonb_array_length(days) = 7", name="a_week_has_seven_days"),
    )
