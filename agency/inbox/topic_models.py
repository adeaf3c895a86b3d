"""Topics that a brand names for itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base, BrandOwned, Dated, belongs_to_brand


class Topic(BrandOwned, Dated, Base):
    """What customers of a brand write about, in its own words. Put away, never deleted; the record has each change.

    `phrases` are `{"language", "words"}`, the language empty for any; `builds_on` is a topic of the word lists
    (`agency.inbox.understanding`) whose words count, too.
    """

    __tablename__ = "topic"
    name: Mapped[str] = mapped_column(Text)
    phrases: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    builds_on: Mapped[str | None] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    changed_by_name: Mapped[str] = mapped_column(Text, default="system")
    archived_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    __table_args__ = (
        belongs_to_brand(),
        Index(
            "uq_topic_name",
            "agency_id",
            "brand_id",
            text("lower(name)"),
            unique=True,
            postgresql_where=text("archived_at is null"),
        ),
        {"info": {"app_may": ("SELECT", "INSERT", "UPDATE")}},
    )
