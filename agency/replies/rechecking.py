"""When a guide comes in force: what it stops in drafts and in replies that wait or are approved, told early.

Submitting, approving and publishing check again and have the last word; this only tells people before they act in
vain. It is the guide's own rules that are asked. A draft's case is not looked up, so that a rule for complaints alone
speaks of a review's stars, and of what a reply that left its writer remembers.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Text, Uuid, bindparam, case, column, select, update, values

from agency.inbox.models import Conversation
from agency.replies.checks import words_kind
from agency.replies.joins import CASE_OF_REPLY, WORDS_OF_REPLY
from agency.replies.models import UNDECIDED_STATES, Reply, ReplyText
from styleguides import guides
from styleguides.check import CheckContext, check_text
from styleguides.guides import GuideInForce
from tenants.database import db

SLICE: Final = 2_000
"""Replies of one transaction: what is held in memory."""


def recheck_slice(brand_id: UUID, version: int, after: UUID | None) -> UUID | None:
    """Check the next replies behind `after` with this version; returns the last one's id, None at the end.

    Nothing is done where another version is in force by now: its own promise does it all. Doing it twice changes
    nothing more.
    """
    in_force, brand_language = guides.guide_and_language(brand_id)
    if in_force is None or in_force.number != version:
        return None
    rows = _undecided(brand_id, after)
    stops = {row.id: _stop_of(row, in_force, brand_language) for row in rows}
    _tell([row for row in rows if stops[row.id] != row.stopped_now], stops, version)
    return rows[-1].id if len(rows) == SLICE else None


def _undecided(brand_id: UUID, after: UUID | None) -> list[Row[Any]]:
    states: Any = bindparam("states", UNDECIDED_STATES, expanding=True, literal_execute=True)
    wanted = (
        select(
            Reply.id,
            Reply.conversation_id,
            Reply.text_id,
            Reply.platform,
            Reply.private,
            Reply.complaint,
            Reply.began_with,
            Reply.stopped_now,
            ReplyText.text,
            ReplyText.by_approver,
            ReplyText.findings,
            ReplyText.let_go_rules,
            Conversation.kind,
            Conversation.stars,
            Conversation.author_name,
        )
        .join(ReplyText, WORDS_OF_REPLY)
        .join(Conversation, CASE_OF_REPLY)
        .where(Reply.brand_id == brand_id, Reply.state.in_(states), Reply.deed != "withdraw")
        .order_by(Reply.id)
        .limit(SLICE)
    )
    if after is not None:
        wanted = wanted.where(Reply.id > after)
    return list(db.session.execute(wanted))


def _stop_of(row: Row[Any], in_force: GuideInForce, brand_language: str) -> str | None:
    """What the guide says that stops these words and was not known of them when they were stored."""
    context = CheckContext(
        platform=row.platform,
        kind=words_kind(row.kind, private=row.private),
        stars=row.stars,
        customer_name=row.author_name,
        complaint=bool(row.complaint),
        began_with=None if row.by_approver else row.began_with,
        brand_language=brand_language,
    )
    known = {finding["rule"] for finding in row.findings if finding["level"] == "stop"} | set(row.let_go_rules or ())
    for finding in check_text(in_force.compiled, row.text, context):
        if finding.level == "stop" and finding.rule not in known:
            return finding.message
    return None


def _tell(rows: list[Row[Any]], stops: dict[UUID, str | None], version: int) -> None:
    """Write it down where the words are still the same, and let open pages know."""
    if not rows:
        return
    cases = {row.conversation_id for row in rows}
    # Conversations first and in order, as everybody who moves replies: nobody waits in a circle.
    db.session.execute(
        select(Conversation.id)
        .where(Conversation.id.in_(cases))
        .order_by(Conversation.id)
        .with_for_update(key_share=True)
    )
    told = values(column("id", Uuid), column("text_id", Uuid), column("stop", Text), name="told").data(
        [(row.id, row.text_id, stops[row.id]) for row in rows]
    )
    db.session.execute(
        update(Reply)
        .where(Reply.id == told.c.id, Reply.text_id == told.c.text_id, Reply.state.in_(UNDECIDED_STATES))
        .values(stopped_now=told.c.stop, stopped_by_version=case((told.c.stop.is_not(None), version)))
        .execution_options(synchronize_session=False)
    )
    db.session.execute(
        update(Conversation)
        .where(Conversation.id.in_(cases))
        .values(version=Conversation.version + 1)
        .execution_options(synchronize_session=False)
    )
