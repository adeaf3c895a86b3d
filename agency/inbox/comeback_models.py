"""Cases that come back at a time somebody chose, with what is to be done then."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base, BrandOwned, Dated, belongs_to


class Comeback(BrandOwned, Dated, Base):
    """A case that comes back to a person, with why and with words to begin from. Nothing is ever sent by it.

    `state`: `waiting`, at most one of a case; `woke`, since `ended_at`; or `ended` without that, because the customer
    wrote first or a person ended it. `cause`: a `person` chose its time, or it is the customer's `birthday`. A trigger
    ends it with the case's sign `agency.inbox.signs.COMES_BACK`. `told_at` is when whoever waits for it was told that
    the customer was first.
    """

    __tablename__ = "comeback"
    conversation_id: Mapped[UUID]
    comes_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)
    draft: Mapped[str] = mapped_column(Text, default="", server_default="")
    person_id: Mapped[UUID]
    person_name: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, default="waiting", server_default="waiting")
    cause: Mapped[str] = mapped_column(Text, default="person", server_default="person")
    ended_because: Mapped[str | None] = mapped_column(Text)
    ended_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to("conversation", "conversation_id"),
        Index(
            "uq_comeback_waiting",
            "agency_id",
            "conversation_id",
            unique=True,
            postgresql_where=text("state = 'waiting'"),
        ),
        Index("ix_comeback_conversation", "agency_id", "conversation_id", "id"),
        Index("ix_comeback_due", "agency_id", "comes_at", "id", postgresql_where=text("state = 'waiting'")),
        Index(
            "ix_comeback_brand_due",
            "agency_id",
            "brand_id",
            "comes_at",
            "id",
            postgresql_where=text("state = 'waiting'"),
        ),
        Index(
            "ix_comeback_person_due",
            "agency_id",
            "person_id",
            "comes_at",
            "id",
            postgresql_where=text("state = 'waiting'"),
        ),
        Index(
            "ix_comeback_untold",
            "agency_id",
            "id",
            postgresql_where=text("ended_because = 'customer' and told_at is null"),
        ),
        CheckConstraint("state in ('waiting', 'woke', 'ended')", name="state_is_known"),
        CheckConstraint("cause in ('person', 'birthday')", name="cause_is_known"),
        CheckConstraint("ended_because in ('customer', 'person')", name="ended_because_is_known"),
        CheckConstraint("(state = 'waiting') = (ended_at is null)", name="an_end_has_a_time"),
        CheckConstraint("(state = 'ended') = (ended_because is not null)", name="an_end_has_a_cause"),
    )
