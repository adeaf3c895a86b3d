"""What stands around many replies, read ahead by so many statements however many they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.orm import aliased

from agency.inbox import outgoing
from agency.inbox.case import case_facts_many
from agency.inbox.models import Message
from agency.replies import standing
from agency.replies.around import IN_FLIGHT_STATES, Around, Base, remembered
from agency.replies.around_rows import Rows, rows_around
from agency.replies.checks import asks_for_words, has_passed
from agency.replies.joins import one_of
from agency.replies.models import Reply, ReplyText
from styleguides.brand_check import Ready
from styleguides.brand_state import states_of
from styleguides.never_said import sayings_of
from tenants.database import db


def read_around(
    reply_ids: Collection[UUID], *, with_sayings: bool = False, with_guides: bool = True
) -> dict[UUID, Around]:
    """Of each of these replies in the scope, by id, as plain rows (`agency.replies.around_rows`). Two statements; one
    more each where a check has to read what customers wrote, where there are direct messages, private replies and
    reviews of Google, three where something published is changed, one `with_sayings`
    (`styleguides.brand_check.Ready`). Without `with_guides` the first alone: for whoever asks only who may decide.
    """
    found = {rows.reply.id: _around(rows) for rows in rows_around(reply_ids)} if reply_ids else {}
    if not found or not with_guides:
        return found
    brand_ids = {one.reply.brand_id for one in found.values()}
    sayings = sayings_of(brand_ids) if with_sayings else None
    ready = {brand_id: Ready(state, sayings) for brand_id, state in states_of(brand_ids).items()}
    replies = []
    for one in found.values():
        one.know(ready=ready[one.reply.brand_id])
        one.know(has_passed=has_passed(one.reply, one))
        replies.append(one.reply)
    unread = [one for one in found.values() if not one.has_passed and asks_for_words(one.reply, one)]
    read_cases(list(found.values()) if with_sayings else unread)
    _read_standing([one for one in replies if one.platform == "google_business" and one.deed == "reply"], found)
    _read_written([one for one in replies if one.kind == "message"], found)
    _read_private([one for one in replies if one.private and one.kind != "message" and one.deed == "reply"], found)
    _read_bases([one for one in replies if one.deed != "reply"], found)
    return found


def _around(rows: Rows) -> Around:
    one = Around(cast(Reply, rows.reply))
    one.know(**{name: value for name, value in zip(Rows._fields, rows, strict=True) if name != "reply"})
    return one


def read_cases(unread: Collection[Around]) -> None:
    """What these replies answer, as each remembers it; one statement."""
    if not unread:
        return
    cases = case_facts_many([(one.reply.conversation_id, one.reply.in_reply_to_id) for one in unread])
    for one in unread:
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
