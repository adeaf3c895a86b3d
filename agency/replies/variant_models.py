"""Wordings beside the first that a client may choose from."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base, BrandOwned, Dated, belongs_to


class ReplyVariant(BrandOwned, Dated, Base):
    """That one of a reply's texts is a further wording: `place` 2 or 3, the first being the reply's own text.

    `offered_at` is the `state_since` of the asking it was offered with; None while nobody was asked, and once one was
    chosen. So a wording is on the client's table exactly while its reply waits since that moment
    (`agency.replies.variants`). `is_safe`: it may go out if nobody answers, where the brand's policy says so.
    """

    __tablename__ = "reply_variant"
    reply_id: Mapped[UUID]
    reply_text_id: Mapped[UUID]
    place: Mapped[int]
    is_safe: Mapped[bool] = mapped_column(default=False, server_default="false")
    offered_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to("reply", "reply_id"),
        belongs_to("reply_text", "reply_text_id"),
        UniqueConstraint("agency_id", "reply_id", "place", "brand_id"),
        Index(
            "uq_reply_variant_safe",
            "agency_id",
            "reply_id",
            "brand_id",
            unique=True,
            postgresql_where=text("is_safe"),
        ),
        CheckConstraint("place between 2 and 3", name="place_is_known"),
    )
