"""Agencies somebody wants to open."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base, Dated, new_id


class SignUp(Dated, Base):
    """Somebody who wants to open an agency and was mailed a link to confirm their address (`tenants.sign_ups`).

    Holds no password: that is chosen behind the link. `agency_id` is the agency it became; the row goes a day after
    its link ended.
    """

    __tablename__ = "sign_up"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    agency_name: Mapped[str] = mapped_column(Text)
    person_name: Mapped[str] = mapped_column(Text)
    email: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text, default="en")
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    agency_id: Mapped[UUID | None] = mapped_column(ForeignKey("agency.id"))
    __table_args__ = (
        Index("ix_sign_up_email", "email"),
        Index("ix_sign_up_expires_at", "expires_at"),
        CheckConstraint("email = lower(email)", name="email_is_lower_case"),
        CheckConstraint("octet_length(token_hash) = 32", name="token_hash_is_whole"),
        CheckConstraint("agency_id is null or used_at is not null", name="what_it_became_is_used"),
    )
