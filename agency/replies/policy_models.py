"""A brand's approval policy, version by version."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base, BrandOwned, Dated, belongs_to_brand


class ApprovalPolicy(BrandOwned, Dated, Base):
    """One version of which replies wait for the client, and for whom. Its terms never change once it was in force.

    `state` is one of `draft`, `proposed` (the client's owner is asked), `in_force`, `retired`;
    `agency.replies.policy_versions` has the moves. `terms` is the form of `agency.replies.policy_terms`. `proposal_id`
    names an asking while it waits, `answer` what the client said should be different. `signed_how` is `page` (by a
    press of the owner, `signed_by`), `paper` (recorded by `put_in_force_by`) or `as_before` (what held before there
    were policies); `signed_on` the day. `revision` counts the changes of a draft.
    """

    __tablename__ = "approval_policy"
    number: Mapped[int]
    state: Mapped[str] = mapped_column(Text, default="draft")
    terms: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    note: Mapped[str] = mapped_column(Text, default="")
    answer: Mapped[str] = mapped_column(Text, default="", server_default="")
    written_by: Mapped[UUID | None]
    written_by_name: Mapped[str] = mapped_column(Text, default="system")
    proposal_id: Mapped[UUID | None]
    proposed_by: Mapped[UUID | None]
    proposed_by_name: Mapped[str] = mapped_column(Text, default="", server_default="")
    proposed_at: Mapped[datetime | None]
    signed_how: Mapped[str | None] = mapped_column(Text)
    signed_by: Mapped[UUID | None]
    signed_by_name: Mapped[str] = mapped_column(Text, default="", server_default="")
    signed_on: Mapped[date | None]
    put_in_force_by: Mapped[UUID | None]
    put_in_force_by_name: Mapped[str] = mapped_column(Text, default="", server_default="")
    put_in_force_at: Mapped[datetime | None]
    retired_at: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column(default=1, server_default="1")
    __table_args__ = (
        belongs_to_brand(),
        UniqueConstraint("agency_id", "brand_id", "number"),
        Index(
            "uq_approval_policy_in_force",
            "agency_id",
            "brand_id",
            unique=True,
            postgresql_where=text("state = 'in_force'"),
        ),
        Index(
            "uq_approval_policy_open",
            "agency_id",
            "brand_id",
            unique=True,
            postgresql_where=text("state in ('draft', 'proposed')"),
        ),
        CheckConstraint("state in ('draft', 'proposed', 'in_force', 'retired')", name="state_is_known"),
        CheckConstraint("(state = 'proposed') = (proposal_id is not null)", name="proposed_by_an_asking"),
        CheckConstraint("state in ('draft', 'proposed') or signed_how is not null", name="in_force_is_signed"),
        CheckConstraint("signed_how in ('page', 'paper', 'as_before')", name="signed_how_is_known"),
    )
