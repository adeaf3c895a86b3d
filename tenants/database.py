"""The database, the columns every owned row carries, and the list of tables nobody owns."""

from __future__ import annotations

import os
import time
from datetime import datetime
from typing import Any
from uuid import UUID

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Computed, DateTime, ForeignKeyConstraint, MetaData, Uuid, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

CONSTRAINT_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

UNSCOPED_TABLES: dict[str, str] = {
    "agency": "read at sign-in, before a scope can exist; holds no customer data",
    "person": "one person may work for several agencies; read at sign-in",
    "membership": "says which scope a person gets, so it is read before there is one",
    "invitation": "redeemed by somebody who has no membership yet; token hashes only",
    "sign_in_session": "read on every request before the scope exists; token hashes only",
    "api_token": "read on every API request before the scope exists; token hashes only",
    "one_time_token": "password reset and the like, redeemed signed out; token hashes only",
    "sign_up": "an agency that is not there yet, asked for by somebody signed out: their name and address, a hash",
    "account_directory": "webhooks and the demo find the tenant of a platform id here; ids only",
    "connect_attempt": "a client returns from a platform's sign-in without an account of ours; hashes and ids only",
    "deletion_request": "its status page is open to whom Meta sends there; a keyed hash and counts only",
    "outgoing_mail": "a person may work for several agencies or none; words sealed, dropped once sent",
    "outbox_entry": "the dispatcher serves every agency; job name and ids only",
    "poll_turn": "the dispatcher serves every agency; ids and times only",
    "received_event": "webhooks already seen, and those that name nobody; ids and kind only",
    "search_due": "the job that reads words anew finds which agencies have some; ids only",
    "figure_due": "the job that counts cases anew finds which agencies have some; ids only",
    "visibility_lag": "how long platforms take to show what they took is the installation's to know; counts only",
    "receipt_key": "the installation signs every agency's receipts; public keys, and one private key sealed",
    "stripe_customer": "events find the agency of Stripe's customer here; ids only",
    "installation_fact": "facts of this installation, such as whether the demo was seeded; no customer data",
}
"""Table → why it carries no tenant. Every other table is agency- or brand-owned; a house test checks."""


def new_id() -> UUID:
    """A UUID version 7 (RFC 9562): grows with time, so new rows land at the right edge of every index.

    Behind the milliseconds stands their part in 4,096ths (the RFC's third method): what one process makes one after
    the other within a millisecond sorts as it was made.
    """
    return _seventh(_moment() << 64 | int.from_bytes(os.urandom(8), "big"))


def new_ids(many: int) -> list[UUID]:
    """So many at once, in the order in which they sort; in a third of the time."""
    first, chance = _moment(), os.urandom(8 * many)
    return [
        _seventh(_later(first, number) << 64 | int.from_bytes(chance[8 * number : 8 * number + 8], "big"))
        for number in range(many)
    ]


def _moment() -> int:
    """Now in milliseconds, and behind them, 16 bits that have room for a version, their part in 4,096ths."""
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    return milliseconds << 16 | (rest << 12) // 1_000_000


def _later(moment: int, parts: int) -> int:
    whole, part = divmod((moment & 0xFFF) + parts, 4096)
    return ((moment >> 16) + whole) << 16 | part


def first_id_of(moment: datetime) -> UUID:
    """Below every id made at that moment or later: what is younger is found along the primary key."""
    return _seventh(int(moment.timestamp() * 1_000) << 80)


def _seventh(value: int) -> UUID:
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return UUID(int=value)


class Base(DeclarativeBase):
    """Every mapped class of the house."""

    metadata = MetaData(naming_convention=CONSTRAINT_NAMES)
    type_annotation_map = {
        UUID: Uuid(),
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[dict[str, Any]]: JSONB,
    }


db = SQLAlchemy(metadata=Base.metadata, disable_autonaming=True)


class AgencyOwned:
    """A row of one agency. The key starts with the agency, so the table can be distributed by it."""

    agency_id: Mapped[UUID] = mapped_column(primary_key=True, sort_order=-30)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, sort_order=-20)


class BrandOwned(AgencyOwned):
    """A row of one brand (tenant) of one agency.

    The key is (agency_id, id, brand_id): agency first for distribution, id second so that one index also
    serves the look-up by id alone, brand last so that children must name all three.
    """

    brand_id: Mapped[UUID] = mapped_column(primary_key=True, sort_order=-10)


class Dated:
    """Adds when the row was made, by the database's clock."""

    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), sort_order=-5)


class AgencyOrBrandOwned(BrandOwned):
    """A row of one brand, or of the agency for all its brands: that one bears the agency's own id as its brand.

    So both guards hold it like any brand's row, and a scope reaches it where it names the agency beside the brands
    (`tenants.permissions.Actor.scope`). `of_brand_id` is the brand, None for the agency's: what the foreign key asks.
    """

    of_brand_id: Mapped[UUID | None] = mapped_column(Computed("nullif(brand_id, agency_id)"), sort_order=-8)


def belongs_to_agency_or_brand() -> tuple[ForeignKeyConstraint, ForeignKeyConstraint]:
    """The foreign keys of an `AgencyOrBrandOwned` table: the agency always, the brand where it has one."""
    return (
        ForeignKeyConstraint(["agency_id"], ["agency.id"]),
        ForeignKeyConstraint(["agency_id", "of_brand_id"], ["brand.agency_id", "brand.id"]),
    )


def belongs_to_agency() -> ForeignKeyConstraint:
    """The foreign key every agency-owned table carries."""
    return ForeignKeyConstraint(["agency_id"], ["agency.id"])


def belongs_to_brand() -> ForeignKeyConstraint:
    """The brand must be of that agency. Tables with a `belongs_to` have this through their parent."""
    return ForeignKeyConstraint(["agency_id", "brand_id"], ["brand.agency_id", "brand.id"])


def belongs_to(table: str, column: str) -> ForeignKeyConstraint:
    """A composite key to another brand-owned table: a child can only point inside its own agency and brand."""
    return ForeignKeyConstraint(
        ["agency_id", column, "brand_id"], [f"{table}.agency_id", f"{table}.id", f"{table}.brand_id"]
    )
