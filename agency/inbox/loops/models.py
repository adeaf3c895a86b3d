"""Named feedback loops of a brand, and what was asked in them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, SmallInteger, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base, BrandOwned, Dated, belongs_to, belongs_to_brand

SORTS = ("service", "content", "technical", "legal", "executive", "product", "own")
ANSWERERS = ("community", "service", "person")
STATES = ("open", "answered", "declined", "withdrawn")


class FeedbackLoop(BrandOwned, Dated, Base):
    """Whom a brand asks about what, and how fast they answer. Put away, never deleted.

    `people` are `{"name", "email"}` each, the first asked unless another is chosen; `hours` of the brand's business
    time are theirs to answer. `answers_by`: who gives the customer the final answer, `community` (whoever has the
    case), `service`, or `person` (`answers_name`). `procedure` is what whoever is asked reads beside the question.
    """

    __tablename__ = "feedback_loop"
    name: Mapped[str] = mapped_column(Text)
    sort: Mapped[str] = mapped_column(Text)
    people: Mapped[list[Any]] = mapped_column(JSONB)
    language: Mapped[str] = mapped_column(Text, default="en", server_default="en")
    hours: Mapped[int] = mapped_column(SmallInteger)
    answers_by: Mapped[str] = mapped_column(Text, default="community", server_default="community")
    answers_name: Mapped[str] = mapped_column(Text, default="", server_default="")
    procedure: Mapped[str] = mapped_column(Text, default="", server_default="")
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    changed_by_name: Mapped[str] = mapped_column(Text)
    archived_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to_brand(),
        Index(
            "uq_feedback_loop_name",
            "agency_id",
            "brand_id",
            text("lower(name)"),
            unique=True,
            postgresql_where=text("archived_at is null"),
        ),
        CheckConstraint(
            "sort in ('service', 'content', 'technical', 'legal', 'executive', 'product', 'own')", name="sort_is_known"
        ),
        CheckConstraint("answers_by in ('community', 'service', 'person')", name="answers_by_is_known"),
        CheckConstraint("hours between 1 and 336", name="hours_are_bounded"),
        {"info": {"app_may": ("SELECT", "INSERT", "UPDATE")}},
    )


class LoopAsking(BrandOwned, Dated, Base):
    """One question about a case, to one person, with what they were shown and what they answered.

    `state`, one of STATES, ended at `ended_at`; what comes in after an answer is added to it. `to_person_id` is a
    member's; an address outside has none. `reminded_at`: they were, when their time was over; `lead_told_at`: who leads
    the brand was, at `tell_lead_at`. `undelivered` is what a mail server said. `files_left` came
    with answers by mail and are not kept. `sent_on_by` handed the question on.
    """

    __tablename__ = "loop_asking"
    conversation_id: Mapped[UUID]
    loop_id: Mapped[UUID]
    loop_name: Mapped[str] = mapped_column(Text)
    question: Mapped[str] = mapped_column(Text)
    words: Mapped[str] = mapped_column(Text, default="", server_default="")
    asked_by: Mapped[UUID | None]
    asked_by_name: Mapped[str] = mapped_column(Text)
    to_name: Mapped[str] = mapped_column(Text)
    to_email: Mapped[str] = mapped_column(Text)
    to_language: Mapped[str] = mapped_column(Text)
    to_person_id: Mapped[UUID | None]
    sent_on_by: Mapped[str | None] = mapped_column(Text)
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    tell_lead_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(Text, default="open", server_default="open")
    answer: Mapped[str] = mapped_column(Text, default="", server_default="")
    answered_by: Mapped[str] = mapped_column(Text, default="", server_default="")
    files_left: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    ended_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    lead_told_at: Mapped[datetime | None]
    mail_id: Mapped[UUID | None]
    undelivered: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        belongs_to("conversation", "conversation_id"),
        belongs_to("feedback_loop", "loop_id"),
        Index("ix_loop_asking_conversation", "agency_id", "conversation_id", "id"),
        Index("ix_loop_asking_due", "agency_id", "due_at", "id", postgresql_where=text("state = 'open'")),
        Index(
            "ix_loop_asking_brand_due", "agency_id", "brand_id", "due_at", "id", postgresql_where=text("state = 'open'")
        ),
        Index("ix_loop_asking_ended", "agency_id", "ended_at", "id", postgresql_where=text("state <> 'open'")),
        CheckConstraint("state in ('open', 'answered', 'declined', 'withdrawn')", name="state_is_known"),
        CheckConstraint("(state = 'open') = (ended_at is null)", name="an_end_has_a_time"),
    )
