"""Incidents, the cases and people in them, their texts, and what suggests one."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Index, SmallInteger, Text, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base, BrandOwned, Dated, belongs_to, belongs_to_brand

HOLDING, FOLLOW_UP = "holding", "follow_up"
PURPOSES = (HOLDING, FOLLOW_UP)
SENDINGS = ("due", "made", "cannot")
_KNOWN_SENDING = ", ".join(repr(one) for one in SENDINGS)


class IncidentWatch(BrandOwned, Base):
    """What a brand's newest complaints say, and how often it usually hears that (`agency.inbox.incidents.detecting`):
    numbers of stems, never words.
    """

    __tablename__ = "incident_watch"
    heard: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default="[]")
    usual: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default="{}")
    __table_args__ = (belongs_to_brand(), UniqueConstraint("agency_id", "brand_id"))


class IncidentSuggestion(BrandOwned, Dated, Base):
    """That many people complain of the same within minutes. `words` are those they share, `stems` their numbers;
    `conversation_ids` their cases, at most MOST_OF_SUGGESTION.

    `state` is `open`, `opened` (it became an incident) or `dismissed` (somebody says it is none).
    """

    __tablename__ = "incident_suggestion"
    stems: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    words: Mapped[list[Any]] = mapped_column(JSONB)
    conversation_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    people_count: Mapped[int]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(Text, default="open", server_default="open")
    decided_by: Mapped[UUID | None]
    decided_by_name: Mapped[str | None] = mapped_column(Text)
    decided_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to_brand(),
        Index("ix_incident_suggestion_brand", "agency_id", "brand_id", "last_at"),
        CheckConstraint("state in ('open', 'opened', 'dismissed')", name="state_is_known"),
        CheckConstraint("(state = 'open') = (decided_at is null)", name="a_decision_has_a_time"),
    )


class Incident(BrandOwned, Dated, Base):
    """Something that many customers of a brand write about, answered together.

    `conditions` say which words attach a case (as those of a rule of the desk, `agency.inbox.triage.terms`), of
    customers who wrote since `since`. `state`: `open`; `ending` while people get the follow-up; `closed`. `holds`: each
    person gets the holding text. `afterwards` is what becomes of cases that get no follow-up: `resolve` or `return`.
    `post` is a text to copy for a post of the brand's own. `trouble` is why nothing goes out just now, None for no
    reason. `acts_for` is whose word the texts go out by. `version` grows with each change.
    """

    __tablename__ = "incident"
    name: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, default="open", server_default="open")
    conditions: Mapped[dict[str, Any]] = mapped_column(JSONB)
    since: Mapped[datetime]
    holds: Mapped[bool] = mapped_column(default=False, server_default="false")
    post: Mapped[str] = mapped_column(Text, default="", server_default="")
    opened_by: Mapped[UUID]
    opened_by_name: Mapped[str] = mapped_column(Text)
    acts_for: Mapped[UUID]
    afterwards: Mapped[str | None] = mapped_column(Text)
    ending_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_by_name: Mapped[str | None] = mapped_column(Text)
    trouble: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    __table_args__ = (
        belongs_to_brand(),
        Index("ix_incident_brand", "agency_id", "brand_id", "id"),
        Index("ix_incident_going", "agency_id", "id", postgresql_where=text("state <> 'closed'")),
        CheckConstraint("state in ('open', 'ending', 'closed')", name="state_is_known"),
        CheckConstraint("afterwards in ('resolve', 'return')", name="afterwards_is_known"),
        CheckConstraint("(state = 'closed') = (closed_at is not null)", name="closed_has_a_time"),
        {"info": {"app_may": ("SELECT", "INSERT", "UPDATE")}},
    )


class IncidentText(BrandOwned, Dated, Base):
    """One wording of an incident, `number` of its language and purpose.

    `state`: `ready`; `asked`, while the client is asked about the reply `sample_reply_id`, which says it; `agreed`,
    when that yes (`approval_id`) holds for the others; `refused`, when the client said no. A changed wording is another
    row: then this one is `replaced`.
    """

    __tablename__ = "incident_text"
    incident_id: Mapped[UUID]
    purpose: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    number: Mapped[int] = mapped_column(SmallInteger)
    text: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, default="ready", server_default="ready")
    sample_reply_id: Mapped[UUID | None]
    approval_id: Mapped[UUID | None]
    __table_args__ = (
        belongs_to("incident", "incident_id"),
        belongs_to("reply", "sample_reply_id"),
        belongs_to("approval", "approval_id"),
        Index("ix_incident_text_incident", "agency_id", "incident_id", "id"),
        CheckConstraint("purpose in ('holding', 'follow_up')", name="purpose_is_known"),
        CheckConstraint("state in ('ready', 'asked', 'agreed', 'refused', 'replaced')", name="state_is_known"),
        {"info": {"app_may": ("SELECT", "INSERT", "UPDATE")}},
    )


class IncidentPerson(BrandOwned, Dated, Base):
    """Somebody who wrote about an incident, once however many comments they wrote: `who` is their group of proven
    identities, their contact, or, of a case without one, the case.

    `holding` and `follow_up` say what became of each text: None (none is meant for them), or one of SENDINGS with its
    `..._reason` where it `cannot` be sent, and its reply where it was made.
    """

    __tablename__ = "incident_person"
    incident_id: Mapped[UUID]
    who: Mapped[UUID]
    holding: Mapped[str | None] = mapped_column(Text)
    holding_reason: Mapped[str | None] = mapped_column(Text)
    holding_reply_id: Mapped[UUID | None]
    follow_up: Mapped[str | None] = mapped_column(Text)
    follow_up_reason: Mapped[str | None] = mapped_column(Text)
    follow_up_reply_id: Mapped[UUID | None]
    __table_args__ = (
        belongs_to("incident", "incident_id"),
        belongs_to("reply", "holding_reply_id"),
        belongs_to("reply", "follow_up_reply_id"),
        UniqueConstraint("agency_id", "incident_id", "who", "brand_id"),
        Index("ix_incident_person_holding", "agency_id", "incident_id", "id", postgresql_where=text("holding = 'due'")),
        Index(
            "ix_incident_person_follow_up", "agency_id", "incident_id", "id", postgresql_where=text("follow_up = 'due'")
        ),
        CheckConstraint(f"holding in ({_KNOWN_SENDING})", name="holding_is_known"),
        CheckConstraint(f"follow_up in ({_KNOWN_SENDING})", name="follow_up_is_known"),
        CheckConstraint("(holding_reply_id is not null) = (holding is not distinct from 'made')", name="made_holding"),
        CheckConstraint(
            "(follow_up_reply_id is not null) = (follow_up is not distinct from 'made')", name="made_follow_up"
        ),
        {"info": {"app_may": ("SELECT", "INSERT", "UPDATE")}},
    )


class IncidentCase(BrandOwned, Dated, Base):
    """A case of an incident. It is in one at a time; `left_at` is when it ceased to be, `left_because` why: `taken_out`
    (a person, `left_by_name`), `moved` (it was opened, closed or answered as any case), `ended` with the incident.

    `because` is what attached it: `words`, or `person`, who is `attached_by_name`. `stayed`: a colleague was at it, so
    that it did not leave the queue.
    """

    __tablename__ = "incident_case"
    incident_id: Mapped[UUID]
    conversation_id: Mapped[UUID]
    incident_person_id: Mapped[UUID]
    because: Mapped[str] = mapped_column(Text)
    attached_by_name: Mapped[str | None] = mapped_column(Text)
    stayed: Mapped[bool] = mapped_column(default=False, server_default="false")
    left_at: Mapped[datetime | None]
    left_because: Mapped[str | None] = mapped_column(Text)
    left_by_name: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        belongs_to("incident", "incident_id"),
        belongs_to("conversation", "conversation_id"),
        belongs_to("incident_person", "incident_person_id"),
        UniqueConstraint("agency_id", "incident_id", "conversation_id", "brand_id"),
        Index("ix_incident_case_conversation", "agency_id", "conversation_id"),
        Index("ix_incident_case_person", "agency_id", "incident_person_id"),
        Index(
            "uq_incident_case_in",
            "agency_id",
            "conversation_id",
            "brand_id",
            unique=True,
            postgresql_where=text("left_at is null"),
        ),
        CheckConstraint("because in ('words', 'person')", name="because_is_known"),
        CheckConstraint("left_because in ('taken_out', 'moved', 'ended')", name="left_because_is_known"),
        CheckConstraint("(left_at is null) = (left_because is null)", name="whatever_left_has_a_reason"),
        {"info": {"app_may": ("SELECT", "INSERT", "UPDATE")}},
    )
