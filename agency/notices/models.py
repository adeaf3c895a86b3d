"""What people are told, and by which way each of them wants to be."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import AgencyOwned, Base, Dated, belongs_to_agency

_OF_BRAND = (["agency_id", "of_brand_id"], ["brand.agency_id", "brand.id"])


class Notice(AgencyOwned, Dated, Base):
    """Something one person is told of. Its words are made from `kind` and `values` in the reader's language.

    `values` never hold what a customer wrote or is called. `settled_at`: it needs nobody's eye any more. Where a mail
    is to be sent `mail_due_at` says from when on; `mailed_at` that it left, alone (`mail_id`) or with others.
    """

    __tablename__ = "notice"
    person_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(Text)
    of_brand_id: Mapped[UUID | None]
    subject_type: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(Text)
    values: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default="{}")
    in_app: Mapped[bool] = mapped_column(default=True, server_default="true")
    read_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    mail_due_at: Mapped[datetime | None]
    mailed_at: Mapped[datetime | None]
    mail_id: Mapped[UUID | None]
    __table_args__ = (
        belongs_to_agency(),
        ForeignKeyConstraint(*_OF_BRAND),
        Index("ix_notice_person", "agency_id", "person_id", "id"),
        Index(
            "ix_notice_unread",
            "agency_id",
            "person_id",
            postgresql_where=text("in_app and read_at is null and settled_at is null"),
        ),
        Index("ix_notice_subject", "agency_id", "subject_id"),
        Index(
            "ix_notice_to_mail",
            "agency_id",
            "person_id",
            "kind",
            postgresql_where=text("mail_due_at is not null and mailed_at is null"),
        ),
        CheckConstraint("path like '/%'", name="path_is_ours"),
    )


class NoticeChoice(AgencyOwned, Dated, Base):
    """By which way a person wants to be told of one kind: for all brands, or otherwise for one of them."""

    __tablename__ = "notice_choice"
    person_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(Text)
    of_brand_id: Mapped[UUID | None]
    in_app: Mapped[bool]
    by_mail: Mapped[bool]
    __table_args__ = (
        belongs_to_agency(),
        ForeignKeyConstraint(*_OF_BRAND),
        Index(
            "uq_notice_choice",
            "agency_id",
            "person_id",
            "kind",
            text("coalesce(of_brand_id, agency_id)"),
            unique=True,
        ),
    )
