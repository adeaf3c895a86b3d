"""Rules of the desk, what each of them did, and for whom a case is kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import AgencyOrBrandOwned, Base, BrandOwned, Dated, belongs_to, belongs_to_agency_or_brand


class TriageRule(AgencyOrBrandOwned, Dated, Base):
    """A rule of one brand, or of the agency for all its brands. Put away, never deleted; the record has each change.

    `terms` as `agency.inbox.triage.terms` keeps them. Rules are asked in the order of `position`; after one that
    `stops` no further one is. `version` grows with what it says, `moves` with where it stands.
    """

    __tablename__ = "triage_rule"
    name: Mapped[str] = mapped_column(Text)
    position: Mapped[int]
    is_on: Mapped[bool] = mapped_column(default=True, server_default="true")
    stops: Mapped[bool] = mapped_column(default=False, server_default="false")
    terms: Mapped[dict[str, Any]] = mapped_column(JSONB)
    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    moves: Mapped[int] = mapped_column(default=0, server_default="0")
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    changed_by_name: Mapped[str] = mapped_column(Text, default="system")
    archived_at: Mapped[datetime | None]
    __table_args__ = (
        *belongs_to_agency_or_brand(),
        Index(
            "uq_triage_rule_name",
            "agency_id",
            "brand_id",
            text("lower(name)"),
            unique=True,
            postgresql_where=text("archived_at is null"),
        ),
        {"info": {"app_may": ("SELECT", "INSERT", "UPDATE")}},
    )


class TriageDeed(BrandOwned, Dated, Base):
    """What a version of a rule did because of a customer's words, once for each message.

    `spans` are places of its words in the message, as `[start, end]`, never the words themselves. `label_ids` are those
    it put on, `points` what it counts in the rank while these are the newest words, `kept_for_id` for whom it kept the
    case. Where it was for whoever has `wants_skill` and reads `wants_language`, that is who was found at `kept_at` and
    had `kept_held` cases then (`agency.inbox.hands`); nobody yet where it is empty.
    `offers` as `agency.inbox.triage.offers` keeps them.
    """

    __tablename__ = "triage_deed"
    conversation_id: Mapped[UUID]
    message_id: Mapped[UUID]
    rule_id: Mapped[UUID]
    rule_version: Mapped[int]
    rule_name: Mapped[str] = mapped_column(Text)
    spans: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default="[]")
    label_ids: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default="[]")
    points: Mapped[int] = mapped_column(default=0, server_default="0")
    kept_for_id: Mapped[UUID | None]
    kept_for_name: Mapped[str | None] = mapped_column(Text)
    wants_skill: Mapped[str | None] = mapped_column(Text)
    wants_language: Mapped[str | None] = mapped_column(Text)
    kept_at: Mapped[datetime | None]
    kept_held: Mapped[int | None]
    offers: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default="{}")
    __table_args__ = (
        belongs_to("conversation", "conversation_id"),
        belongs_to("message", "message_id"),
        UniqueConstraint("agency_id", "message_id", "rule_id", "rule_version", "brand_id"),
        Index("ix_triage_deed_conversation", "agency_id", "conversation_id", "id"),
        Index("ix_triage_deed_rule", "agency_id", "rule_id", "id"),
        Index(
            "ix_triage_deed_kept", "agency_id", "kept_for_id", "kept_at", postgresql_where=text("kept_at is not null")
        ),
        CheckConstraint("(kept_for_id is null) = (kept_for_name is null)", name="whoever_it_is_kept_for_has_a_name"),
    )


class KeptCase(BrandOwned, Dated, Base):
    """For whom a rule keeps a case that nobody has taken yet. A trigger takes the row away when somebody takes the
    case, or it is closed: `agency.inbox.signs.KEPT` of the case says whether there is one.

    Where it is for whoever has `wants_skill` and reads `wants_language`, `person_id` is empty until somebody is found.
    """

    __tablename__ = "kept_case"
    conversation_id: Mapped[UUID]
    person_id: Mapped[UUID | None]
    person_name: Mapped[str | None] = mapped_column(Text)
    wants_skill: Mapped[str | None] = mapped_column(Text)
    wants_language: Mapped[str | None] = mapped_column(Text)
    until: Mapped[datetime]
    __table_args__ = (
        belongs_to("conversation", "conversation_id"),
        UniqueConstraint("agency_id", "conversation_id", "brand_id"),
        Index("ix_kept_case_person", "agency_id", "person_id", "id"),
        CheckConstraint("(person_id is null) = (person_name is null)", name="whoever_it_is_for_has_a_name"),
        CheckConstraint(
            "coalesce(person_id::text, wants_skill, wants_language) is not null", name="it_is_for_somebody"
        ),
    )
