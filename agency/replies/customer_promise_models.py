"""What our published answers promised customers, with a date."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base, BrandOwned, Dated, belongs_to

ENDINGS = ("kept", "late", "dropped", "lapsed")
"""`kept`: we wrote again by then, or a person says it was done. `late`: we wrote again after it. `dropped`: it is no
promise, or the words that made it no longer stand. `lapsed`: its answer, `ended_by_reply_id`, stands nowhere where
the customer could read it (`agency.replies.lapsed_promises`)."""


class CustomerPromise(BrandOwned, Dated, Base):
    """That words of ours, published at `made_at`, say by when we do something: `due_at`.

    Where they say so is a place in the text `reply_text_id`, from `starts` to before `ends` in code points; the words
    stand nowhere a second time. `ended` is None while it is open, then one of ENDINGS; it is broken while it is open
    and `due_at` has passed. What ended it is a later reply of ours in the conversation, `ended_by_reply_id`, or a
    person, `ended_by`.
    """

    __tablename__ = "customer_promise"
    conversation_id: Mapped[UUID]
    reply_id: Mapped[UUID]
    reply_text_id: Mapped[UUID]
    starts: Mapped[int]
    ends: Mapped[int]
    made_at: Mapped[datetime]
    due_at: Mapped[datetime]
    ended: Mapped[str | None] = mapped_column(Text)
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]
    ended_by_name: Mapped[str | None] = mapped_column(Text)
    ended_by_reply_id: Mapped[UUID | None]
    __table_args__ = (
        belongs_to("conversation", "conversation_id"),
        belongs_to("reply", "reply_id"),
        belongs_to("reply_text", "reply_text_id"),
        belongs_to("reply", "ended_by_reply_id"),
        Index("ix_customer_promise_conversation", "agency_id", "conversation_id", "id"),
        Index(
            "ix_customer_promise_due", "agency_id", "brand_id", "due_at", "id", postgresql_where=text("ended is null")
        ),
        Index("ix_customer_promise_agency_due", "agency_id", "due_at", "id", postgresql_where=text("ended is null")),
        Index(
            "ix_customer_promise_late",
            "agency_id",
            "brand_id",
            "ended_at",
            "id",
            postgresql_where=text("ended = 'late'"),
        ),
        CheckConstraint("starts >= 0 and ends > starts", name="stands_somewhere"),
        CheckConstraint("due_at > made_at", name="is_of_the_future"),
        CheckConstraint(f"ended in ({', '.join(repr(one) for one in ENDINGS)})", name="ended_is_known"),
        CheckConstraint("(ended is null) = (ended_at is null)", name="an_end_has_a_time"),
        CheckConstraint("(ended is null) = (num_nonnulls(ended_by, ended_by_reply_id) = 0)", name="an_end_has_a_cause"),
    )
