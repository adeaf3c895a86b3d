"""Connected accounts, where to find their tenant by platform id, and when each is polled next."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, Text, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base, BrandOwned, Dated, belongs_to, belongs_to_brand
from tenants.sealed import seals


class Account(BrandOwned, Dated, Base):
    """A connected Facebook page, Instagram profile or Google Business location.

    `credential` is sealed (`tenants.sealed`) and None once disconnected. `health` is one of `ok`, `failing`,
    `needs_reconnect`, `disconnected`. `cursor` is the adapter's own and moves with the items it brought.
    """

    __tablename__ = "account"
    platform: Mapped[str] = mapped_column(Text)
    external_id: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    login: Mapped[str | None] = mapped_column(Text)
    credential: Mapped[bytes | None] = mapped_column(LargeBinary)
    health: Mapped[str] = mapped_column(Text, default="ok")
    health_reason: Mapped[str | None] = mapped_column(Text)
    health_since: Mapped[datetime] = mapped_column(server_default=func.now())
    cursor: Mapped[str | None] = mapped_column(Text)
    last_polled_at: Mapped[datetime | None]
    last_item_at: Mapped[datetime | None]
    last_sent_at: Mapped[datetime | None]
    disconnected_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to_brand(),
        Index(
            "uq_account_live",
            "agency_id",
            "platform",
            "external_id",
            unique=True,
            postgresql_where=text("disconnected_at is null"),
        ),
        Index("ix_account_brand", "agency_id", "brand_id"),
        CheckConstraint("health in ('ok', 'failing', 'needs_reconnect', 'disconnected')", name="health_is_known"),
        CheckConstraint("(disconnected_at is null) or (credential is null)", name="no_credential_left"),
    )


CREDENTIAL = seals(Account, "credential")


class AccountDirectory(Dated, Base):
    """Platform and external id → whose account that is. Ids only."""

    __tablename__ = "account_directory"
    platform: Mapped[str] = mapped_column(Text, primary_key=True)
    external_id: Mapped[str] = mapped_column(Text, primary_key=True)
    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    agency_id: Mapped[UUID]
    brand_id: Mapped[UUID]


class PollTurn(Base):
    """When an account is polled next and who is at it. Ids and times only, judged by the database's clock."""

    __tablename__ = "poll_turn"
    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    agency_id: Mapped[UUID]
    brand_id: Mapped[UUID]
    platform: Mapped[str] = mapped_column(Text)
    due_at: Mapped[datetime] = mapped_column(server_default=func.now())
    leased_until: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    failures: Mapped[int] = mapped_column(default=0, server_default="0")
    parked_at: Mapped[datetime | None]
    __table_args__ = (Index("ix_poll_turn_due", "platform", "due_at", postgresql_where=text("parked_at is null")),)


class SetAsideItem(BrandOwned, Dated, Base):
    """Something a platform sent that we could not read, kept with the reason so that nothing vanishes unseen."""

    __tablename__ = "set_aside_item"
    account_id: Mapped[UUID]
    external_id: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    raw_hash: Mapped[bytes] = mapped_column(LargeBinary)
    __table_args__ = (
        belongs_to("account", "account_id"),
        UniqueConstraint("agency_id", "account_id", "raw_hash", "brand_id"),
    )
