"""What somebody did to one case or many by one press, kept for a week: what became of each, and what it was before."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, SmallInteger, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import AgencyOwned, Base, BrandOwned, Dated, belongs_to_agency, belongs_to_brand


class BulkDeed(AgencyOwned, Dated, Base):
    """One press. Its id is the form's, so that a second press of the same form finds the first.

    `deed` is a name of `agency.inbox.deeds.DEEDS`; `given` is what it was given, as its page says it again: until when,
    to whom. `more_left` says that the view held more than one press takes. After an undo, `undone_at`.
    """

    __tablename__ = "bulk_deed"
    person_id: Mapped[UUID]
    person_name: Mapped[str] = mapped_column(Text)
    deed: Mapped[str] = mapped_column(Text)
    given: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default="{}")
    asked_count: Mapped[int] = mapped_column(default=0, server_default="0")
    done_count: Mapped[int] = mapped_column(default=0, server_default="0")
    more_left: Mapped[bool] = mapped_column(default=False, server_default="false")
    undone_at: Mapped[datetime | None]
    restored_count: Mapped[int] = mapped_column(default=0, server_default="0")
    __table_args__ = (belongs_to_agency(), Index("ix_bulk_deed_person", "agency_id", "person_id", "id"))


class BulkDeedCase(BrandOwned, Dated, Base):
    """What became of one case of a press, in the order they stood in.

    `state`: `done`, `same` (it was so already) or `refused`, after an undo `restored` or `kept`. `reason` says why not,
    as a sentence's template and values. `before` is what an undo puts back, `version_after` the version the deed left,
    moved along where the case was ranked again: another one says that somebody did something since.
    """

    __tablename__ = "bulk_deed_case"
    bulk_deed_id: Mapped[UUID]
    conversation_id: Mapped[UUID]
    place: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[str] = mapped_column(Text)
    reason: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    version_after: Mapped[int | None] = mapped_column(BigInteger)
    __table_args__ = (
        belongs_to_brand(),
        ForeignKeyConstraint(["agency_id", "bulk_deed_id"], ["bulk_deed.agency_id", "bulk_deed.id"]),
        Index("ix_bulk_deed_case_deed", "agency_id", "bulk_deed_id", "place"),
        Index("ix_bulk_deed_case_conversation", "agency_id", "conversation_id"),
        CheckConstraint("state in ('done', 'same', 'refused', 'restored', 'kept')", name="state_is_known"),
    )
