"""A brand's words that say somebody was heard, version by version."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base, BrandOwned, Dated, belongs_to_brand


class AcknowledgementTexts(BrandOwned, Dated, Base):
    """A version of the words that say somebody was heard; never changed, that of the highest `number` is in use.

    `texts` are lines of `styleguides.heard_words.HeardText`, `other_ways` how else customers reach the brand.
    """

    __tablename__ = "acknowledgement_texts"
    number: Mapped[int]
    texts: Mapped[list[Any]] = mapped_column(JSONB)
    other_ways: Mapped[str] = mapped_column(Text, default="", server_default="")
    saved_by: Mapped[UUID]
    saved_by_name: Mapped[str] = mapped_column(Text)
    __table_args__ = (
        belongs_to_brand(),
        UniqueConstraint("agency_id", "brand_id", "number"),
        {"info": {"app_may": ("SELECT", "INSERT")}},
    )
