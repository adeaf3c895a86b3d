"""What staff may give, what they gave, and the running totals. Import them from `styleguides.models`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from styleguides.empowerment import KIND_NAMES
from tenants.database import Base, BrandOwned, Dated, belongs_to, belongs_to_brand

KIND_IS_KNOWN = f"kind in ({', '.join(repr(name) for name in KIND_NAMES)})"


class Empowerment(BrandOwned, Dated, Base):
    """A brand's currency (ISO 4217). Its row is the lock: whoever gives, takes back or changes limits holds it.

    `version` counts changes of the limits, `lines` the lines of the ledger; the next one's number is one more.
    """

    __tablename__ = "empowerment"
    currency: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)
    lines: Mapped[int] = mapped_column(default=0, server_default="0")
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    changed_by_name: Mapped[str] = mapped_column(Text, default="system")
    __table_args__ = (
        belongs_to_brand(),
        UniqueConstraint("agency_id", "brand_id"),
        {"info": {"app_may": ("SELECT", "INSERT", "UPDATE")}},
    )


class EmpowermentLimit(BrandOwned, Dated, Base):
    """At most so much of a kind (`styleguides.empowerment.LIMIT_KINDS`), of one guideline or of the brand.

    What one case of a scenario may cost is not here: it is the guideline's own `offer_limit_cents`.
    """

    __tablename__ = "empowerment_limit"
    guideline_id: Mapped[UUID | None]
    kind: Mapped[str] = mapped_column(Text)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    __table_args__ = (
        belongs_to_brand(),
        belongs_to("guideline", "guideline_id"),
        Index(
            "uq_empowerment_limit_kind",
            "agency_id",
            "brand_id",
            "guideline_id",
            "kind",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint(KIND_IS_KNOWN, name="kind_is_known"),
        CheckConstraint("amount_minor >= 0", name="amount_is_whole"),
        CheckConstraint("guideline_id is null or kind <> 'case'", name="case_is_the_guidelines"),
    )


class LedgerLine(BrandOwned, Dated, Base):
    """Something given, or taken back. May be added to and read, nothing else.

    `number` counts a brand's lines without a gap. `given_on` is the day (the brand's) in whose periods it counts: of a
    line that takes back, that of the line taken back, as `person_id`, the member of the staff it counts for.
    `made_on` is the day it was written. `words` say what for, masked. `over_reason` is why more than the limits leave
    was given; `limits` what they left then. `request_key` makes a second click find the first one's line.
    """

    __tablename__ = "ledger_line"
    number: Mapped[int]
    deed: Mapped[str] = mapped_column(Text)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(Text)
    given_on: Mapped[date]
    made_on: Mapped[date]
    made_by: Mapped[UUID]
    made_by_name: Mapped[str] = mapped_column(Text)
    person_id: Mapped[UUID]
    conversation_id: Mapped[UUID]
    contact_id: Mapped[UUID | None]
    guideline_id: Mapped[UUID | None]
    scenario: Mapped[str] = mapped_column(Text, default="")
    words: Mapped[str] = mapped_column(Text)
    reply_id: Mapped[UUID | None]
    takes_back_id: Mapped[UUID | None]
    over_reason: Mapped[str | None] = mapped_column(Text)
    limits: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    request_key: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        belongs_to_brand(),
        belongs_to("conversation", "conversation_id"),
        belongs_to("contact", "contact_id"),
        belongs_to("guideline", "guideline_id"),
        belongs_to("reply", "reply_id"),
        belongs_to("ledger_line", "takes_back_id"),
        UniqueConstraint("agency_id", "brand_id", "number"),
        UniqueConstraint("agency_id", "takes_back_id", "brand_id"),
        UniqueConstraint("agency_id", "brand_id", "made_by", "request_key"),
        Index("ix_ledger_line_made", "agency_id", "brand_id", "made_on", "number"),
        Index("ix_ledger_line_conversation", "agency_id", "conversation_id", "number"),
        Index("ix_ledger_line_contact", "agency_id", "contact_id", "number"),
        Index(
            "ix_ledger_line_over",
            "agency_id",
            "brand_id",
            "given_on",
            postgresql_where=text("over_reason is not null"),
        ),
        CheckConstraint("amount_minor > 0", name="amount_is_positive"),
        CheckConstraint("deed in ('given', 'taken_back')", name="deed_is_known"),
        CheckConstraint("(deed = 'taken_back') = (takes_back_id is not null)", name="taken_back_names_its_line"),
        CheckConstraint("over_reason is null or (deed = 'given' and over_reason <> '')", name="over_has_a_reason"),
        {"info": {"app_may": ("SELECT", "INSERT")}},
    )


class LedgerTotal(BrandOwned, Base):
    """The sum of one bucket (`styleguides.empowerment.Bucket`), moved by each line in its transaction."""

    __tablename__ = "ledger_total"
    kind: Mapped[str] = mapped_column(Text)
    scenario_id: Mapped[UUID]
    subject_id: Mapped[UUID]
    period: Mapped[str] = mapped_column(Text)
    given_minor: Mapped[int] = mapped_column(BigInteger)
    __table_args__ = (
        belongs_to_brand(),
        Index(
            "uq_ledger_total_bucket",
            "agency_id",
            "brand_id",
            "kind",
            "subject_id",
            "period",
            "scenario_id",
            unique=True,
        ),
        Index(
            "ix_ledger_total_period",
            "agency_id",
            "brand_id",
            "kind",
            "period",
            "scenario_id",
            "given_minor",
        ),
        CheckConstraint(KIND_IS_KNOWN, name="kind_is_known"),
        CheckConstraint("given_minor >= 0", name="never_below_nothing"),
        {"info": {"app_may": ("SELECT", "INSERT", "UPDATE")}},
    )
