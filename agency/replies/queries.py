"""Reading replies: a conversation's, those that wait for the client, one with its words, and the receipt."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Subquery, Text, and_, func, literal, select, true, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased

from agency.inbox.models import Conversation, Message
from agency.replies.afterwards import Afterwards, afterwards_of
from agency.replies.joins import WORDS_OF_REPLY
from agency.replies.models import LETS_OUT, NOT_LEFT, Approval, PublishAttempt, Reply, ReplyText
from agency.replies.reply_rows import REPLY_ROWS, reply_row
from agency.replies.reply_rows import ReplyRow as ReplyRow
from tenants.database import db, first_id_of
from tenants.errors import Invalid, NotFound
from tenants.models import Brand
from tenants.permissions import Actor, Permission, require
from tenants.scope import current_scope

PAGE_ROWS = 50
Only = Callable[[Any], Sequence[ColumnElement[bool]]]
"""Of `Reply`, or an alias of it: what else has to hold for a row of a list."""
DECIDED_ROWS = 20
"""What somebody decided since a mail: enough to see what became of it; the rest has a list of its own."""


def replies_of(conversation_id: UUID) -> list[ReplyRow]:
    """Every reply of a conversation, oldest first; one statement."""
    rows = db.session.execute(REPLY_ROWS.where(Reply.conversation_id == conversation_id).order_by(Reply.id))
    return [reply_row(row) for row in rows]


def replies_sent_as(account_id: UUID, platform_ids: list[str]) -> list[ReplyRow]:
    """Private replies whose messages have these ids: the answers to comments that began direct messages."""
    if not platform_ids:
        return []
    rows = db.session.execute(
        REPLY_ROWS.where(Reply.account_id == account_id, Reply.platform_id.in_(platform_ids), Reply.private)
    )
    return [reply_row(row) for row in rows]


def get_reply(reply_id: UUID) -> ReplyRow:
    """One reply with its words. Raises NotFound."""
    row = db.session.execute(REPLY_ROWS.where(Reply.id == reply_id)).first()
    if row is None:
        raise NotFound()
    return reply_row(row)


def shown_to(actor: Actor, rows: list[ReplyRow]) -> list[ReplyRow]:
    """Those this person may read: a draft is the agency's own until it is sent for approval, also a given up one."""
    may_read_drafts = actor.may(Permission.REPLY_READ_DRAFT)
    return [row for row in rows if may_read_drafts or row.state not in NOT_LEFT]


def readable_reply(actor: Actor, reply_id: UUID) -> ReplyRow:
    """One reply for this person. Raises NotFound, for another's draft too, and Forbidden."""
    row = get_reply(reply_id)
    require(actor, Permission.REPLY_READ, row.brand_id)
    if not shown_to(actor, [row]):
        raise NotFound()
    return row


def texts_shown_to(actor: Actor, texts: list[ReplyText], decisions: list[Approval], now_number: int) -> list[ReplyText]:
    """Of a reply's texts, first to last, those this person may read: the one of this number, which the reply has now,
    and those that were decided about.
    """
    if actor.may(Permission.REPLY_READ_DRAFT):
        return texts
    decided = {decision.reply_text_id for decision in decisions}
    return [text for text in texts if text.id in decided or text.number == now_number]


class WaitingReply(NamedTuple):
    """A reply on the client's table with what the customer said."""

    id: UUID
    brand_id: UUID
    brand_name: str
    conversation_id: UUID
    platform: str
    kind: str
    stars: int | None
    customer_name: str | None
    customer_text: str
    customer_language: str | None
    customer_wrote_at: datetime
    text: str
    text_hash: str
    written_by_name: str
    state: str
    state_since: datetime
    submitted_at: datetime | None
    due_at: datetime | None
    stopped_by_version: int | None
    not_before: datetime | None
    not_before_because: str | None
    waits_clock: dict[str, Any] | None


@dataclass(frozen=True)
class RepliesPage:
    """Rows and the cursor of the next page, None at the end."""

    rows: list[WaitingReply]
    next_cursor: str | None


def replies_in_states(
    states: tuple[str, ...],
    after: str | None = None,
    limit: int = PAGE_ROWS,
    *,
    newest_first: bool = False,
    only: Only | None = None,
) -> RepliesPage:
    """Replies in these states, of brands in use, with the customer's words, by the time they entered the state; keyset
    pages. One statement, which reads a page's rows of each state (of each brand where the scope has some only) and no
    more.

    Raises Invalid for a cursor that is not one of ours.
    """
    page = _places(states, _read_cursor(after) if after else None, limit + 1, newest_first=newest_first, only=only)
    wanted = _LISTED.join(page, page.c.id == Reply.id).order_by(*_by_time(Reply, newest_first=newest_first))
    rows = [WaitingReply._make(row) for row in db.session.execute(wanted)]
    more = len(rows) > limit
    rows = rows[:limit]
    return RepliesPage(rows, _cursor(rows[-1]) if more else None)


def replies_decided_by(
    person_id: UUID, brand_ids: Collection[UUID], since: datetime, limit: int = DECIDED_ROWS
) -> list[WaitingReply]:
    """What this person decided on in these brands since then, the newest first, but for what waits again or is being
    written anew: those words are the agency's own. One statement, which reads decisions from that moment on.
    """
    at = func.max(Approval.created_at).label("at")
    decided = (
        select(Approval.reply_id, at)
        .where(
            Approval.id >= first_id_of(since),
            Approval.created_at >= since,
            Approval.decided_by == person_id,
            Approval.brand_id.in_(brand_ids),
        )
        .group_by(Approval.reply_id)
        .subquery()
    )
    wanted = (
        _LISTED.join(decided, decided.c.reply_id == Reply.id)
        .where(Reply.state.not_in(("awaiting_approval", *NOT_LEFT)))
        .order_by(decided.c.at.desc(), Reply.id)
        .limit(limit)
    )
    return [WaitingReply._make(row) for row in db.session.execute(wanted)]


_LISTED: Any = (
    select(
        Reply.id,
        Reply.brand_id,
        Brand.name,
        Reply.conversation_id,
        Reply.platform,
        Reply.kind,
        Conversation.stars,
        Message.author_name,
        Message.text,
        Message.language,
        Message.written_at,
        ReplyText.text,
        ReplyText.text_hash,
        Reply.written_by_name,
        Reply.state,
        Reply.state_since,
        Reply.submitted_at,
        Conversation.due_at,
        Reply.stopped_by_version,
        Reply.not_before,
        Reply.not_before_because,
        Reply.waits_clock,
    )
    .join(ReplyText, WORDS_OF_REPLY)
    .join(Message, and_(Message.agency_id == Reply.agency_id, Message.id == Reply.in_reply_to_id))
    .join(Conversation, and_(Conversation.agency_id == Reply.agency_id, Conversation.id == Reply.conversation_id))
    .join(Brand, and_(Brand.agency_id == Reply.agency_id, Brand.id == Reply.brand_id))
)
"""A reply as a client's list shows it, by the fields of `WaitingReply`."""


def _places(states: tuple[str, ...], after: Any, limit: int, *, newest_first: bool, only: Only | None) -> Subquery:
    """The first so many of these behind `after`, by their ids: of each state and brand its own first, by an index."""
    one, brand = aliased(Reply), aliased(Brand)
    of_state = func.unnest(literal(list(states), ARRAY(Text))).table_valued("state", name="of_state").render_derived()
    of_brand = and_(brand.agency_id == one.agency_id, brand.id == one.brand_id, brand.archived_at.is_(None))
    some = select(one.id, one.state_since).where(one.state == of_state.c.state)
    each_brand = current_scope().brand_ids is not None
    some = some.where(of_brand).correlate(of_state, brand) if each_brand else some.join(brand, of_brand)
    if after is not None:
        key = tuple_(one.state_since, one.id)
        some = some.where(key < after if newest_first else key > after)
    if only is not None:
        some = some.where(*only(one))
    first = some.order_by(*_by_time(one, newest_first=newest_first)).limit(limit).lateral("first")
    found = select(first.c.id, first.c.state_since).select_from(of_state)
    if each_brand:
        found = found.join(brand, true())
    return found.join(first, true()).order_by(*_by_time(first.c, newest_first=newest_first)).limit(limit).subquery()


def _by_time(of: Any, *, newest_first: bool) -> tuple[Any, Any]:
    return (of.state_since.desc(), of.id.desc()) if newest_first else (of.state_since, of.id)


def _cursor(row: WaitingReply) -> str:
    return base64.urlsafe_b64encode(json.dumps([row.state_since.isoformat(), str(row.id)]).encode()).decode()


def _read_cursor(cursor: str) -> Any:
    try:
        moment, reply_id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        return tuple_(datetime.fromisoformat(moment), UUID(reply_id))
    except (ValueError, TypeError, AttributeError, binascii.Error) as error:
        raise Invalid("This page's address is damaged. Start again from the first page.", code="bad_cursor") from error


def texts_of(reply_id: UUID) -> list[ReplyText]:
    """Every text a reply has had, first to last."""
    return list(
        db.session.execute(select(ReplyText).where(ReplyText.reply_id == reply_id).order_by(ReplyText.number)).scalars()
    )


def changes_of(reply_id: UUID) -> list[Reply]:
    """Published changes and withdrawals of a published reply, first to last."""
    return list(
        db.session.execute(
            select(Reply).where(Reply.changes_reply_id == reply_id, Reply.state == "published").order_by(Reply.id)
        ).scalars()
    )


def decisions_of(reply_id: UUID) -> list[Approval]:
    """Every decision about a reply, first to last, lapsed ones too."""
    return list(
        db.session.execute(
            select(Approval).where(Approval.reply_id == reply_id).order_by(Approval.created_at, Approval.id)
        ).scalars()
    )


@dataclass(frozen=True)
class Receipt:
    """The chain of a reply: who wrote and changed it, what was checked, who said yes, what was sent, what stands."""

    reply: ReplyRow
    texts: list[ReplyText]
    decisions: list[Approval]
    attempts: list[PublishAttempt]
    changes: list[Reply]
    after: Afterwards = field(default_factory=Afterwards)

    @property
    def approval(self) -> Approval | None:
        """The approval or release that holds for the words as they are."""
        held = [d for d in self.decisions if d.voided_at is None and d.decision in LETS_OUT]
        return held[-1] if held else None

    @property
    def changed_by(self) -> str | None:
        """Who last changed the first writer's words; None when nobody did."""
        now = next(text for text in self.texts if text.number == self.reply.text_number)
        return now.author_name if now.author_id != self.texts[0].author_id else None

    def as_data(self) -> dict[str, Any]:
        """The receipt of the API (contract.md)."""
        approval, reply = self.approval, self.reply
        return {
            "reply_id": str(reply.id),
            "brand_id": str(reply.brand_id),
            "account_id": str(reply.account_id),
            "platform": reply.platform,
            "deed": reply.deed,
            "private": reply.private,
            "changes_reply_id": reply.changes_reply_id,
            "deed_reason": reply.deed_reason,
            "changed_by_reply_ids": [change.id for change in self.changes],
            "state": reply.state,
            "text": reply.text,
            "text_hash": reply.text_hash,
            "written_by": reply.written_by_name,
            "changed_by": self.changed_by,
            "guide_version": reply.guide_version,
            "findings": reply.findings,
            "let_go_reason": reply.let_go_reason,
            "let_go_by": reply.let_go_by_name,
            "approved_by": approval.decided_by_name if approval else None,
            "approved_at": approval.created_at if approval else None,
            "decision": approval.decision if approval else None,
            "wording": approval.wording if approval else None,
            "wordings": approval.wordings if approval else None,
            "attempts": [_attempt_data(attempt) for attempt in self.attempts if attempt.deed == "send"],
            "looks": [_attempt_data(attempt) for attempt in self.attempts if attempt.deed == "look"],
            "platform_id": reply.platform_id,
            "published_at": reply.published_at,
            "read_back_at": reply.read_back_at,
            "live_state": reply.live_state,
            "after": self.after.as_data(),
        }


def _attempt_data(attempt: PublishAttempt) -> dict[str, Any]:
    return {
        "at": attempt.created_at,
        "request_id": str(attempt.request_id),
        "outcome": attempt.outcome,
        "detail": attempt.detail,
    }


def receipt(reply_id: UUID, reader: Actor | None = None) -> Receipt:
    """The whole chain of one reply, in seven statements.

    A reader who may not read drafts is shown the words that were decided about and the ones that hold now, not what
    came before. Raises NotFound, Forbidden.
    """
    reply = get_reply(reply_id) if reader is None else readable_reply(reader, reply_id)
    attempts = db.session.execute(
        select(PublishAttempt)
        .where(PublishAttempt.reply_id == reply_id)
        .order_by(PublishAttempt.created_at, PublishAttempt.id)
    ).scalars()
    texts, decisions = texts_of(reply_id), decisions_of(reply_id)
    if reader is not None:
        texts = texts_shown_to(reader, texts, decisions, reply.text_number)
    after = afterwards_of(reply_id, reply.conversation_id, reply.published_at)
    return Receipt(reply, texts, decisions, list(attempts), changes_of(reply_id), after)
