"""Conversations and their messages, the people who write, notes, and exact counts for the queue."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Computed,
    DateTime,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from agency.inbox.bulk_models import BulkDeed as BulkDeed  # whoever loads the room's tables has all of them
from agency.inbox.clock_models import ClockOutcome as ClockOutcome
from agency.inbox.clock_models import ClockRules as ClockRules
from agency.inbox.comeback_models import Comeback as Comeback
from agency.inbox.contacts.models import ERASED as ERASED
from agency.inbox.contacts.models import MOST_WEIGHT as MOST_WEIGHT
from agency.inbox.contacts.models import Contact as Contact
from agency.inbox.conversation_indexes import conversation_indexes
from agency.inbox.desk_models import ConversationLabel as ConversationLabel  # whoever loads the room's tables has all
from agency.inbox.handover_models import Handover as Handover
from agency.inbox.handover_models import HandoverCase as HandoverCase
from agency.inbox.loops.models import FeedbackLoop as FeedbackLoop
from agency.inbox.loops.models import LoopAsking as LoopAsking
from agency.inbox.search_models import SearchDue as SearchDue
from agency.inbox.search_models import SearchWord as SearchWord
from agency.inbox.team_models import Absence as Absence
from agency.inbox.team_models import TeamMember as TeamMember
from agency.inbox.topic_models import Topic as Topic
from agency.inbox.triage.models import TriageRule as TriageRule  # whoever loads the room's tables has all of them
from tenants.database import AgencyOwned, Base, BrandOwned, Dated, belongs_to, belongs_to_agency, belongs_to_brand

STATUSES = ("open", "snoozed", "closed")
"""`open` stands in the queue; what a reply is doing shows in `reply_state`."""

PAST = "past"
"""Closed because history brought it and it was old by then: it stays so until the customer writes again."""
SPAM, FROM_SPAMMER, MERGED = "spam", "from_spammer", "merged"
"""A person said so; a rule, because all of it is by somebody marked so; it is told within another conversation."""
CLOSED_BY_RULE = ("answered", "stars_only", "nothing_to_answer", FROM_SPAMMER, PAST)
"""Why a rule closed a conversation; a person's closing is `resolved` or SPAM, MERGED stays whatever comes in. What a
rule closed, a rule opens again."""
APART = "#apart-"
"""What follows the platform's name of a thread in the name of a conversation that was set apart from it."""
CHANGED_KEPT = 16
"""So many changed conversations a brand's counter remembers (migration 0036)."""
_FROM_CUSTOMERS = text("direction = 'in'")
_CHANGED_BY_CUSTOMERS = text("edited_at is not null and direction = 'in'")
MEDIA_STATES = ("waiting", "kept", "gone", "refused")
"""Of a copy of what expires at the platform."""


def is_apart(external_id: str) -> bool:
    """Whether a conversation of this name was set apart from another one of its thread."""
    return APART in external_id


def thread_of(external_id: str) -> str:
    """The platform's own name of a conversation's thread."""
    return external_id.partition(APART)[0]


class Conversation(BrandOwned, Dated, Base):
    """One top-level comment, one visitor's post or one mention with its replies, one review, or one person's messages.

    `kind` is one of `channels.items.KINDS`; of `message` the `external_id` names the person
    (`channels.items.person_thread`).

    `rank` orders the queue, highest first; `rank_reasons` are its named parts (`agency.inbox.ranking`); at `rerank_at`
    it changes, as the due time nears; the default, long past, has it ranked at once. `excerpt`, `author_name`,
    `language`,
    `stars` and the counts are copies kept by intake so that a queue page reads one table. `reply_state` is the state
    of the newest reply, None without one. `version` grows with every change a queue row shows.
    `held_before_id` is from whom the case went without their doing, by a lead, a colleague or the clock, and
    `hold_reason` why whoever has it took it. `label_ids` are those of its `conversation_label`s, as they were put on.
    `closed_reason` is one of CLOSED_BY_RULE, `resolved`, SPAM, MERGED, or None while not closed; `looked_at` is when
    somebody of ours last worked on it. `snoozed_by` is who put it off last, `woke_at` when that time came; it stands
    until somebody does something with it. Of a merged one `merged_into_id` is the conversation it is told in, always of
    the same brand. `split_from_id` is the one whose messages were set apart here: it shares that one's thread on the
    platform. `signs` are those of `agency.inbox.signs`, as one number. `clocks` are as `agency.inbox.case_clocks` keeps
    them; `due_at` is when the tightest that runs ends.
    """

    __tablename__ = "conversation"
    account_id: Mapped[UUID]
    contact_id: Mapped[UUID | None]
    platform: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    external_id: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text, default="open", server_default="open")
    rank: Mapped[int] = mapped_column(default=0, server_default="0")
    rank_reasons: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default="[]")
    rerank_at: Mapped[datetime | None] = mapped_column(server_default="2000-01-01 00:00+00")
    excerpt: Mapped[str] = mapped_column(Text, default="", server_default="")
    author_name: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str | None] = mapped_column(Text)
    stars: Mapped[int | None] = mapped_column(SmallInteger)
    context: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default="{}")
    permalink: Mapped[str | None] = mapped_column(Text)
    message_count: Mapped[int] = mapped_column(default=0, server_default="0")
    reply_state: Mapped[str | None] = mapped_column(Text)
    act: Mapped[str | None] = mapped_column(Text)
    sentiment: Mapped[str | None] = mapped_column(Text)
    topic_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), default=list, server_default="{}")
    last_message_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_customer_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    clocks: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default="{}")
    closed_reason: Mapped[str | None] = mapped_column(Text)
    snoozed_until: Mapped[datetime | None]
    snoozed_by: Mapped[UUID | None]
    woke_at: Mapped[datetime | None]
    merged_into_id: Mapped[UUID | None]
    split_from_id: Mapped[UUID | None]
    looked_at: Mapped[datetime | None]
    holder_id: Mapped[UUID | None]
    holder_name: Mapped[str | None] = mapped_column(Text)
    held_since: Mapped[datetime | None]
    held_until: Mapped[datetime | None]
    held_before_id: Mapped[UUID | None]
    hold_reason: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(BigInteger, default=1, server_default="1")
    label_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), default=list, server_default="{}")
    signs: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    __table_args__ = (
        belongs_to("account", "account_id"),
        belongs_to("contact", "contact_id"),
        belongs_to("conversation", "merged_into_id"),
        UniqueConstraint("agency_id", "account_id", "external_id", "brand_id"),
        Index(
            "ix_conversation_merged",
            "agency_id",
            "merged_into_id",
            postgresql_where=text("merged_into_id is not null"),
        ),
        *conversation_indexes(),
        CheckConstraint("status in ('open', 'snoozed', 'closed')", name="status_is_known"),
        CheckConstraint("stars is null or stars between 1 and 5", name="stars_are_one_to_five"),
    )


class Message(BrandOwned, Dated, Base):
    """One comment, review text or answer, as the platform shows it now. `direction` is `in` or `out`.

    `content_hash` covers everything the platform may change, so a poll compares before it writes.
    `reading` is what a customer's text says of itself (`agency.inbox.understanding.stored`), None of what is older.
    `earlier_texts` are what it said before, oldest first: `text`, `stars`, `at` which moment it said so, `until` when
    we saw it changed, and what `came` with it.
    `deleted_at` is a tombstone: the words are gone, and a late or stale answer never brings them back. `set_apart`: a
    person put it into another conversation than its thread's, where it stays.
    """

    __tablename__ = "message"
    conversation_id: Mapped[UUID]
    account_id: Mapped[UUID]
    contact_id: Mapped[UUID | None]
    external_id: Mapped[str] = mapped_column(Text)
    parent_external_id: Mapped[str | None] = mapped_column(Text)
    direction: Mapped[str] = mapped_column(Text)
    author_name: Mapped[str | None] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    truncated: Mapped[bool] = mapped_column(default=False, server_default="false")
    language: Mapped[str | None] = mapped_column(Text)
    reading: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    stars: Mapped[int | None] = mapped_column(SmallInteger)
    attachments: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default="[]")
    permalink: Mapped[str | None] = mapped_column(Text)
    written_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    earlier_texts: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default="[]")
    deleted_at: Mapped[datetime | None]
    hidden: Mapped[bool] = mapped_column(default=False, server_default="false")
    set_apart: Mapped[bool] = mapped_column(default=False, server_default="false")
    liked: Mapped[bool] = mapped_column(default=False, server_default="false")
    moderation: Mapped[str | None] = mapped_column(Text)
    reply_id: Mapped[UUID | None]
    content_hash: Mapped[bytes] = mapped_column(LargeBinary)
    __table_args__ = (
        belongs_to("conversation", "conversation_id"),
        UniqueConstraint("agency_id", "account_id", "external_id", "brand_id"),
        Index("ix_message_conversation", "agency_id", "conversation_id", "written_at", "id"),
        Index("ix_message_contact", "agency_id", "contact_id", postgresql_where=_FROM_CUSTOMERS),
        Index(
            "ix_message_changed",
            "agency_id",
            "edited_at",
            postgresql_where=_CHANGED_BY_CUSTOMERS,
        ),
        CheckConstraint("direction in ('in', 'out')", name="direction_is_known"),
    )


class ReadingCorrection(BrandOwned, Dated, Base):
    """What a person said a customer's text is, beside what it was read as; of the words only their hash is kept.

    `aspect` and the labels are those of `agency.inbox.understanding.stored`. `origin`: `case`, a correction where
    somebody worked, or `sample`, a look at a text drawn by lot, which may as well confirm. A trigger deletes it when
    its message gets a tombstone.
    """

    __tablename__ = "reading_correction"
    message_id: Mapped[UUID]
    language: Mapped[str | None] = mapped_column(Text)
    aspect: Mapped[str] = mapped_column(Text)
    read_as: Mapped[str] = mapped_column(Text)
    confidence: Mapped[float]
    is_in_truth: Mapped[str] = mapped_column(Text)
    origin: Mapped[str] = mapped_column(Text)
    said_by: Mapped[UUID]
    said_by_name: Mapped[str] = mapped_column(Text)
    text_hash: Mapped[bytes] = mapped_column(LargeBinary)
    reading_version: Mapped[int] = mapped_column(SmallInteger)
    __table_args__ = (
        belongs_to("message", "message_id"),
        UniqueConstraint("agency_id", "message_id", "aspect", "text_hash", "brand_id"),
        Index("ix_reading_correction_brand", "agency_id", "brand_id", "id"),
        CheckConstraint("origin in ('case', 'sample')", name="origin_is_known"),
    )


class KeptMedia(BrandOwned, Dated, Base):
    """Our copy of something attached to a message that the platform lets expire: a story's picture, film or sound.

    `position` is its place among the message's attachments, `url` where the platform had it. `state`, one of
    MEDIA_STATES: `gone` is what expired first or made room; `reason` is a word of `agency.inbox.kept_media`. A trigger
    deletes the copy when its message gets a tombstone.
    """

    __tablename__ = "kept_media"
    conversation_id: Mapped[UUID]
    message_id: Mapped[UUID]
    position: Mapped[int] = mapped_column(SmallInteger)
    url: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, default="waiting", server_default="waiting")
    reason: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    content_type: Mapped[str | None] = mapped_column(Text)
    body: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    sha256: Mapped[bytes | None] = mapped_column(LargeBinary)
    kept_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to("conversation", "conversation_id"),
        belongs_to("message", "message_id"),
        UniqueConstraint("agency_id", "message_id", "position", "brand_id"),
        Index("ix_kept_media_conversation", "agency_id", "conversation_id"),
        Index("ix_kept_media_waiting", "agency_id", "id", postgresql_where=text("state = 'waiting'")),
        CheckConstraint("state in ('waiting', 'kept', 'gone', 'refused')", name="state_is_known"),
        CheckConstraint("(state = 'kept') = (body is not null)", name="kept_has_a_body"),
        CheckConstraint("body is null or octet_length(body) <= 26214400", name="body_is_bounded"),
    )


class Note(BrandOwned, Dated, Base):
    """A note between colleagues beside a conversation; never sent anywhere."""

    __tablename__ = "note"
    conversation_id: Mapped[UUID]
    author_id: Mapped[UUID]
    author_name: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    __table_args__ = (
        belongs_to("conversation", "conversation_id"),
        Index("ix_note_conversation", "agency_id", "conversation_id", "created_at"),
    )


class HistoryImport(BrandOwned, Dated, Base):
    """A file of earlier conversations of one account: looked through first, stored on a person's second word.

    `state`: `checked` (the file is kept for an hour), `running`, `done`, `stopped` or `failed`; then the file is gone.
    `account_id` is None until it runs. `problems` holds the first refused lines: number, word of
    `agency.inbox.import_lines.PROBLEMS` and column. `stored_line` is the last line of the file that is dealt with,
    `stored_count` the good lines among them, `new_count` the messages that were new.
    """

    __tablename__ = "history_import"
    account_id: Mapped[UUID | None]
    platform: Mapped[str] = mapped_column(Text)
    external_id: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    file_name: Mapped[str] = mapped_column(Text)
    file: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    file_hash: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(Text, default="checked", server_default="checked")
    good_count: Mapped[int] = mapped_column(default=0, server_default="0")
    bad_count: Mapped[int] = mapped_column(default=0, server_default="0")
    known_count: Mapped[int] = mapped_column(default=0, server_default="0")
    problems: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default="[]")
    stored_line: Mapped[int] = mapped_column(default=0, server_default="0")
    stored_count: Mapped[int] = mapped_column(default=0, server_default="0")
    new_count: Mapped[int] = mapped_column(default=0, server_default="0")
    asked_by: Mapped[UUID]
    finished_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to_brand(),
        belongs_to("account", "account_id"),
        Index("ix_history_import_brand", "agency_id", "brand_id", "id"),
        Index(
            "uq_history_import_running",
            "agency_id",
            "account_id",
            unique=True,
            postgresql_where=text("state = 'running'"),
        ),
        CheckConstraint("state in ('checked', 'running', 'done', 'stopped', 'failed')", name="state_is_known"),
        CheckConstraint("state in ('checked', 'running') or file is null", name="file_is_dropped"),
    )


class QueueCounter(BrandOwned, Base):
    """How many conversations of a brand are open, free and waiting for the client, kept exact by triggers.

    `version` grows with every change to any of the brand's conversations: an open inbox asks whether it grew.
    `changed_ids` are the last ones whose row looks otherwise, newest first, at most CHANGED_KEPT, and `changed_at` when
    (`agency.inbox.pulse`). `badge` is the brand and its counts as bytes (`agency.inbox.badges`).
    """

    __tablename__ = "queue_counter"
    open_count: Mapped[int] = mapped_column(default=0, server_default="0")
    held_count: Mapped[int] = mapped_column(default=0, server_default="0")
    awaiting_approval_count: Mapped[int] = mapped_column(default=0, server_default="0")
    snoozed_count: Mapped[int] = mapped_column(default=0, server_default="0")
    closed_count: Mapped[int] = mapped_column(default=0, server_default="0")
    version: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    badge: Mapped[bytes] = mapped_column(
        LargeBinary,
        Computed("uuid_send(brand_id) || int4send(open_count) || int4send(snoozed_count) || int4send(closed_count)"),
    )
    changed_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), default=list, server_default="{}")
    changed_at: Mapped[list[datetime]] = mapped_column(
        ARRAY(DateTime(timezone=True)), default=list, server_default="{}"
    )
    __table_args__ = (belongs_to_brand(), UniqueConstraint("agency_id", "brand_id"))


class RankingWeights(AgencyOwned, Dated, Base):
    """A version of an agency's weights; that of the highest `number` is in force, without one the defaults are.

    `points` by the names of `agency.inbox.weights.WEIGHTS`; `back_to` is the earlier version it repeats. Of the open
    cases there were when it was saved (`open_count`), `ranked_count` stand by it; `ranked_at` is when all did.
    """

    __tablename__ = "ranking_weights"
    number: Mapped[int]
    points: Mapped[dict[str, int]] = mapped_column(JSONB)
    note: Mapped[str] = mapped_column(Text)
    back_to: Mapped[int | None]
    saved_by: Mapped[UUID]
    saved_by_name: Mapped[str] = mapped_column(Text)
    open_count: Mapped[int] = mapped_column(default=0, server_default="0")
    ranked_count: Mapped[int] = mapped_column(default=0, server_default="0")
    ranked_at: Mapped[datetime | None]
    __table_args__ = (belongs_to_agency(), UniqueConstraint("agency_id", "number"))


class ModerationDeed(BrandOwned, Dated, Base):
    """Something done to what a customer wrote: hidden, shown again, liked, unliked, deleted, or its author blocked.

    `state` is `waiting`, `done`, `refused` or `unknown`. Doing such a deed twice changes nothing more at the platform,
    so a lost answer is simply asked again.
    """

    __tablename__ = "moderation_deed"
    conversation_id: Mapped[UUID]
    message_id: Mapped[UUID]
    account_id: Mapped[UUID]
    deed: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, default="waiting", server_default="waiting")
    reason: Mapped[str | None] = mapped_column(Text)
    asked_by: Mapped[UUID]
    asked_by_name: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    finished_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to("conversation", "conversation_id"),
        belongs_to("message", "message_id"),
        belongs_to("account", "account_id"),
        Index("ix_moderation_deed_conversation", "agency_id", "conversation_id", "id"),
        CheckConstraint("deed in ('hide', 'unhide', 'like', 'unlike', 'delete', 'block')", name="deed_is_known"),
        CheckConstraint("state in ('waiting', 'done', 'refused', 'unknown')", name="state_is_known"),
    )
