"""What stands around many replies, read ahead by so many statements however many they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.orm import aliased

from agency.inbox import outgoing
from agency.inbox.case import case_facts_many
from agency.inbox.models import Conversation, Message
from agency.replies import standing
from agency.replies.around import IN_FLIGHT_STATES, Around, Base, remembered
from agency.replies.joins import CASE_OF_REPLY, WORDS_OF_REPLY, one_of
from agency.replies.models import Reply, ReplyText
from styleguides.brand_check import Ready
from styleguides.brand_state import states_of
from styleguides.never_said import sayings_of
from tenants.database import db
from tenants.models import Brand


def read_around(replies: Sequence[Reply], *, with_sayings: bool = False) -> dict[UUID, Around]:
    """By reply. Three statements, one more each where there are direct messages, private replies and reviews of Google,
    three where something published is changed, one `with_sayings` (`styleguides.brand_check.Ready`).
    """
    found = {reply.id: Around(reply) for reply in replies}
    if not found:
        return {}
    _read_rows(found)
    _read_cases(found)
    _read_standing([one for one in replies if one.platform == "google_business" and one.deed == "reply"], found)
    _read_written([one for one in replies if one.kind == "message"], found)
    _read_private([one for one in replies if one.private and one.kind != "message" and one.deed == "reply"], found)
    _read_bases([one for one in replies if one.deed != "reply"], found)
    brand_ids = {reply.brand_id for reply in replies}
    sayings = sayings_of(brand_ids) if with_sayings else None
    ready = {brand_id: Ready(state, sayings) for brand_id, state in states_of(brand_ids).items()}
    for one in found.values():
        one.know(ready=ready[one.reply.brand_id])
    return found


def _read_rows(found: Mapping[UUID, Around]) -> None:
    rows = db.session.execute(
        select(Reply.id, ReplyText, Message, Conversation, Brand)
        .join(ReplyText, WORDS_OF_REPLY)
        .join(Message, and_(Message.agency_id == Reply.agency_id, Message.id == Reply.in_reply_to_id))
        .join(Conversation, CASE_OF_REPLY)
        .join(Brand, and_(Brand.agency_id == Reply.agency_id, Brand.id == Reply.brand_id))
        .where(one_of(Reply.id, found))
    )
    for reply_id, text, message, conversation, brand in rows:
        found[reply_id].know(text=text, message=message, conversation=conversation, brand=brand)


def _read_cases(found: Mapping[UUID, Around]) -> None:
    cases = case_facts_many([(one.reply.conversation_id, one.reply.in_reply_to_id) for one in found.values()])
    for one in found.values():
        case = cases[one.reply.conversation_id, one.reply.in_reply_to_id]
        one.know(case=remembered(case, one.reply.state, one.reply.complaint))


def _read_standing(replies: Collection[Reply], found: Mapping[UUID, Around]) -> None:
    for reply in found:
        found[reply].know(answer=None)
    if not replies:
        return
    there = standing.answers_to({(one.account_id, one.in_reply_to_external_id) for one in replies})
    for one in replies:
        found[one.id].know(answer=there.get((one.account_id, one.in_reply_to_external_id)))


def _read_written(replies: Collection[Reply], found: Mapping[UUID, Around]) -> None:
    if not replies:
        return
    written: Mapping[UUID, datetime] = outgoing.last_written_in({one.conversation_id for one in replies})
    for one in replies:
        found[one.id].know(last_written_at=written.get(one.conversation_id))


def _read_private(replies: Collection[Reply], found: Mapping[UUID, Around]) -> None:
    if not replies:
        return
    rows = db.session.execute(
        select(Reply.in_reply_to_id, Reply.id).where(
            one_of(Reply.in_reply_to_id, {one.in_reply_to_id for one in replies}),
            one_of(Reply.conversation_id, {one.conversation_id for one in replies}),
            Reply.private,
            Reply.state.in_((*IN_FLIGHT_STATES, "published")),
        )
    )
    others = defaultdict[UUID, list[UUID]](list)
    for message_id, reply_id in rows:
        others[message_id].append(reply_id)
    for one in replies:
        found[one.id].know(other_private=next((o for o in others[one.in_reply_to_id] if o != one.id), None))


def _read_bases(replies: Collection[Reply], found: Mapping[UUID, Around]) -> None:
    if not replies:
        return
    wanted = {one.changes_reply_id for one in replies if one.changes_reply_id is not None}
    published = aliased(ReplyText)
    rows = db.session.execute(
        select(Reply.id, Reply.state, published.text)
        .join(published, and_(published.agency_id == Reply.agency_id, published.id == Reply.text_id))
        .where(one_of(Reply.id, wanted))
    )
    bases: dict[UUID, Any] = {row.id: row for row in rows}
    shown: dict[UUID | None, Any] = {
        row.reply_id: row
        for row in db.session.execute(
            select(Message.reply_id, Message.deleted_at, Message.text).where(one_of(Message.reply_id, wanted))
        )
    }
    later = {
        row[0]: row[1]
        for row in db.session.execute(
            select(Reply.changes_reply_id, func.array_agg(Reply.id))
            .where(one_of(Reply.changes_reply_id, wanted), Reply.state == "published")
            .group_by(Reply.changes_reply_id)
        )
    }
    for one in replies:
        assert one.changes_reply_id is not None
        base, seen = bases[one.changes_reply_id], shown.get(one.changes_reply_id)
        found[one.id].know(
            base=Base(
                base.state,
                any(other != one.id for other in later.get(one.changes_reply_id, ())),
                seen is not None and seen.deleted_at is not None,
                seen.text if seen is not None else None,
                base.text,
            )
        )
