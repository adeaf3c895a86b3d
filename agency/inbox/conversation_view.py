"""One conversation with everything its page shows, in one statement."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Uuid, and_, bindparam, exists, func, select
from sqlalchemy.orm import aliased

from agency.inbox.case_further import further_beside
from agency.inbox.contacts.before import EarlierView, cases_before
from agency.inbox.desk_models import ConversationLabel, DraftVersion, Label
from agency.inbox.label_names import LabelName
from agency.inbox.merged import PART_IDS
from agency.inbox.message_view import MessageView as MessageView
from agency.inbox.message_view import message_of
from agency.inbox.message_view import web_address as web_address
from agency.inbox.models import Contact, Conversation, KeptMedia, Message, ModerationDeed, Note
from agency.inbox.topic_names import TopicName, topics_beside
from agency.inbox.triage.trace import RuleDeed, deeds_beside, deeds_of
from channels.models import Account
from tenants.brand_hours import hours_beside
from tenants.database import db
from tenants.errors import NotFound
from tenants.models import Brand

MESSAGES_SHOWN = 200
KEPT_SHOWN = 400


class NoteView(NamedTuple):
    """A note for colleagues."""

    id: UUID
    author_name: str
    text: str
    created_at: datetime


class DeedView(NamedTuple):
    """Something asked to be done to a message; see `agency.inbox.models.ModerationDeed`."""

    id: UUID
    message_id: UUID
    deed: str
    state: str
    reason: str | None
    asked_by_name: str
    created_at: datetime
    finished_at: datetime | None


class KeptView(NamedTuple):
    """Our copy of an attachment, or why there is none; see `agency.inbox.models.KeptMedia`."""

    id: UUID
    message_id: UUID
    position: int
    state: str
    reason: str | None
    content_type: str | None


class ConversationView(NamedTuple):
    """A conversation whole. `messages` are the newest MESSAGES_SHOWN, oldest first; `more_before` is the place to ask
    for those before them, None when these are all. `has_versions`: words are kept beside its draft.
    `topics` are the brand's own in use, by name.
    """

    id: UUID
    brand_id: UUID
    account_id: UUID
    account_name: str
    account_health: str
    writes_paused_until: datetime | None
    messages_paused_until: datetime | None
    brand_name: str
    brand_mark: str
    brand_colour: str
    brand_language: str
    brand_time_zone: str
    brand_paused: bool
    brand_read_only: bool
    brand_hours: list[Any] | None
    platform: str
    kind: str
    external_id: str
    status: str
    closed_reason: str | None
    rank: int
    rank_reasons: list[dict[str, Any]]
    author_name: str | None
    contact_id: UUID | None
    contact_name: str | None
    is_vip: bool | None
    language: str | None
    act: str | None
    sentiment: str | None
    stars: int | None
    context: dict[str, Any]
    permalink: str | None
    message_count: int
    reply_state: str | None
    last_message_at: datetime
    last_customer_at: datetime | None
    due_at: datetime | None
    clocks: dict[str, Any]
    snoozed_until: datetime | None
    holder_id: UUID | None
    holder_name: str | None
    held_since: datetime | None
    held_until: datetime | None
    held_before_id: UUID | None
    hold_reason: str | None
    snoozed_by: UUID | None
    woke_at: datetime | None
    merged_into_id: UUID | None
    split_from_id: UUID | None
    part_ids: list[UUID] | None
    version: int
    created_at: datetime
    has_versions: bool
    messages: list[MessageView]
    notes: list[NoteView]
    deeds: list[DeedView]
    earlier: list[EarlierView]
    more_before: UUID | None
    kept: tuple[KeptView, ...] = ()
    labels: tuple[LabelName, ...] = ()
    topics: tuple[TopicName, ...] = ()
    triage: tuple[RuleDeed, ...] = ()
    further: Mapping[str, list[list[Any]]] = MappingProxyType({})
    """What `agency.inbox.case_further` reads beside it, by its names there."""


_COLUMNS = (
    Conversation.id,
    Conversation.brand_id,
    Conversation.account_id,
    Account.name,
    Account.health,
    Account.writes_paused_until,
    Account.messages_paused_until,
    Brand.name,
    Brand.mark,
    Brand.colour,
    Brand.language,
    Brand.time_zone,
    Brand.paused_at.is_not(None),
    Brand.read_only_at.is_not(None),
    hours_beside(Conversation.agency_id, Conversation.brand_id),
    Conversation.platform,
    Conversation.kind,
    Conversation.external_id,
    Conversation.status,
    Conversation.closed_reason,
    Conversation.rank,
    Conversation.rank_reasons,
    Conversation.author_name,
    Conversation.contact_id,
    Contact.name,
    Contact.is_vip,
    Conversation.language,
    Conversation.act,
    Conversation.sentiment,
    Conversation.stars,
    Conversation.context,
    Conversation.permalink,
    Conversation.message_count,
    Conversation.reply_state,
    Conversation.last_message_at,
    Conversation.last_customer_at,
    Conversation.due_at,
    Conversation.clocks,
    Conversation.snoozed_until,
    Conversation.holder_id,
    Conversation.holder_name,
    Conversation.held_since,
    Conversation.held_until,
    Conversation.held_before_id,
    Conversation.hold_reason,
    Conversation.snoozed_by,
    Conversation.woke_at,
    Conversation.merged_into_id,
    Conversation.split_from_id,
    PART_IDS,
    Conversation.version,
    Conversation.created_at,
    exists().where(DraftVersion.agency_id == Conversation.agency_id, DraftVersion.conversation_id == Conversation.id),
)


def _as_list(inner: Any) -> Any:
    """The rows of a subquery as one JSON array of arrays, so that a whole conversation is one answer."""
    some = inner.subquery()
    return select(func.jsonb_agg(func.jsonb_build_array(*some.c))).scalar_subquery()


_THIS = bindparam("this_id", type_=Uuid())
_BEFORE = bindparam("before_id", type_=Uuid())


@lru_cache(maxsize=2)
def _statement(is_continued: bool) -> Any:
    """The one statement, built once: building it costs more than running it."""
    older = aliased(Message)
    messages = select(
        Message.id,
        Message.external_id,
        Message.parent_external_id,
        Message.direction,
        Message.author_name,
        Message.text,
        Message.truncated,
        Message.language,
        Message.stars,
        Message.attachments,
        Message.permalink,
        Message.written_at,
        Message.edited_at,
        Message.deleted_at,
        Message.hidden,
        Message.moderation,
        Message.reply_id,
        func.encode(Message.content_hash, "hex"),
        Message.liked,
        Message.reading,
    ).where(Message.conversation_id == _THIS)
    if is_continued:
        place = select(older.written_at).where(older.id == _BEFORE, older.conversation_id == _THIS)
        messages = messages.where(
            (Message.written_at < place.scalar_subquery())
            | ((Message.written_at == place.scalar_subquery()) & (Message.id < _BEFORE))
        )
    messages = messages.order_by(Message.written_at.desc(), Message.id.desc()).limit(MESSAGES_SHOWN + 1)
    notes = (
        select(Note.id, Note.author_name, Note.text, Note.created_at)
        .where(Note.conversation_id == _THIS)
        .order_by(Note.created_at, Note.id)
        .limit(MESSAGES_SHOWN)
    )
    deeds = (
        select(
            ModerationDeed.id,
            ModerationDeed.message_id,
            ModerationDeed.deed,
            ModerationDeed.state,
            ModerationDeed.reason,
            ModerationDeed.asked_by_name,
            ModerationDeed.created_at,
            ModerationDeed.finished_at,
        )
        .where(ModerationDeed.conversation_id == _THIS)
        .order_by(ModerationDeed.id.desc())
        .limit(MESSAGES_SHOWN)
    )
    kept = (
        select(
            KeptMedia.id,
            KeptMedia.message_id,
            KeptMedia.position,
            KeptMedia.state,
            KeptMedia.reason,
            KeptMedia.content_type,
        )
        .where(KeptMedia.conversation_id == _THIS)
        .order_by(KeptMedia.id.desc())
        .limit(KEPT_SHOWN)
    )
    labels = (
        select(Label.id, Label.name, Label.colour)
        .join(
            ConversationLabel,
            and_(ConversationLabel.agency_id == Label.agency_id, ConversationLabel.label_id == Label.id),
        )
        .where(ConversationLabel.conversation_id == _THIS, Label.archived_at.is_(None))
        .order_by(func.lower(Label.name), Label.id)
    )
    return (
        select(
            *_COLUMNS,
            further_beside(_THIS, _as_list),
            _as_list(deeds_beside(_THIS)),
            _as_list(topics_beside(_THIS)),
            _as_list(labels),
            _as_list(messages),
            _as_list(notes),
            _as_list(deeds),
            _as_list(cases_before(_THIS)),
            _as_list(kept),
        )
        .join(
            Account,
            and_(
                Account.agency_id == Conversation.agency_id,
                Account.id == Conversation.account_id,
                Account.brand_id == Conversation.brand_id,
            ),
        )
        .join(Brand, and_(Brand.agency_id == Conversation.agency_id, Brand.id == Conversation.brand_id))
        .outerjoin(
            Contact,
            and_(
                Contact.agency_id == Conversation.agency_id,
                Contact.id == Conversation.contact_id,
                Contact.brand_id == Conversation.brand_id,
            ),
        )
        .where(Conversation.id == _THIS)
    )


def get_conversation(conversation_id: UUID, *, before: UUID | None = None) -> ConversationView:
    """A conversation with messages, contact, notes and the contact's earlier conversations with this brand.

    `before` is a message of it: those older than that one are given. Raises NotFound, for a foreign id exactly as for
    a made-up one.
    """
    values = {"this_id": conversation_id, "before_id": before}
    row = db.session.execute(_statement(before is not None), values).first()
    if row is None:
        raise NotFound()
    newest_first = [message_of(values) for values in row[-5] or ()]
    more = len(newest_first) > MESSAGES_SHOWN
    shown = newest_first[:MESSAGES_SHOWN][::-1]
    notes_shown = [NoteView(UUID(n[0]), n[1], n[2], _moment(n[3])) for n in row[-4] or ()]
    deeds_shown = [
        DeedView._make([UUID(d[0]), UUID(d[1]), *d[2:6], _moment(d[6]), _maybe(d[7])]) for d in (row[-3] or ())[::-1]
    ]
    earlier_shown = [EarlierView._make([UUID(e[0]), *e[1:6], _moment(e[6]), e[7]]) for e in row[-2] or ()]
    kept_shown = tuple(KeptView(UUID(k[0]), UUID(k[1]), *k[2:6]) for k in row[-1] or ())
    labels = tuple(LabelName(UUID(one[0]), *one[1:]) for one in row[-6] or ())
    topics = tuple(TopicName(UUID(one[0]), *one[1:]) for one in row[-7] or ())
    triage = deeds_of(row[-8])
    before_these = shown[0].id if more else None
    view = ConversationView._make(
        [
            *row[:-9],
            shown,
            notes_shown,
            deeds_shown,
            earlier_shown,
            before_these,
            kept_shown,
            labels,
            topics,
            triage,
            row[-9],
        ]
    )
    context = {name: web_address(value) if name == "permalink" else value for name, value in view.context.items()}
    return view._replace(permalink=web_address(view.permalink), context=context)


def _moment(value: str) -> datetime:
    return datetime.fromisoformat(value)


def _maybe(value: str | None) -> datetime | None:
    return _moment(value) if value else None
