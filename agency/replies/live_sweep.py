"""Published answers are read again an hour, a day, three, seven and thirty days after they went out, then no more.

Up to 200 of one platform in an agency travel together, so that many accounts cost one call where the platform answers
batches. A reading that could not tell counts as one: nothing is asked without end. Direct messages are read a few of an
account at once, as platforms let only so many be read in a moment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.orm import aliased

from agency.inbox.models import Conversation
from agency.replies import live_changes
from agency.replies.joins import CASE_OF_REPLY
from agency.replies.live_changes import Seen, judged
from agency.replies.looks import keep_look
from agency.replies.models import Reply
from agency.replies.moves import locked
from agency.replies.promises import database_now
from agency.replies.targets import connected_account_of
from channels.capabilities import OurAnswer, SeenAnswer
from channels.items import person_of_thread
from channels.protocol import ConnectedAccount
from tenants.database import db
from tenants.models import OutboxEntry
from tenants.outbox import JobName, enqueue_after_commit

AFTER: Final = (timedelta(hours=1), timedelta(days=1), timedelta(days=3), timedelta(days=7), timedelta(days=30))
"""Most that platforms and people do to an answer they do in its first days; Google's moderation may take weeks."""
AT_ONCE: Final = 200
"""As many answers are in memory together as of one poll's batch."""
ABSENT_READS: Final = 2
RUN_EVERY: Final = timedelta(minutes=1)
AGAIN_AFTER: Final = timedelta(minutes=10)
"""One reading without it proves little: platforms' lists lag. So it is read twice, ten settle times of 60 s apart."""
MESSAGES_OF_ACCOUNT: Final = 10
"""Direct messages of one account in a minute's run: half of what Meta lets be read of them in ten seconds
(`channels.allowances`).
"""
UNREACHABLE_FOR: Final = timedelta(hours=6)
"""Until then an account that waits for a person is not looked at again."""


def next_reading(published_at: datetime, now: datetime) -> datetime | None:
    """When an answer of this age is read again."""
    return next((published_at + after for after in AFTER if published_at + after > now), None)


def begin(reply: Reply) -> None:
    """A published answer is read again from now on, where its platform can be asked for it by its name."""
    begins = reading_begins(reply, database_now())
    if begins is not None:
        reply.live_due_at = begins


def reading_begins(reply: Reply, now: datetime) -> datetime | None:
    """When a published answer is read again first; None for what cannot be asked for by its name."""
    if reply.deed == "withdraw" or not reply.platform_id or reply.published_at is None:
        return None
    return next_reading(reply.published_at, now)


@dataclass
class Readings:
    """What is due at one platform: answers by the account they are read with."""

    accounts: dict[UUID, ConnectedAccount] = field(default_factory=dict)
    answers: dict[UUID, list[OurAnswer]] = field(default_factory=dict)


def due(platform: str) -> Readings:
    """What the scope has to read now. What a change of ours took the place of is read no more; where an account waits
    for a person its answers wait, too.
    """
    now = database_now()
    change = aliased(Reply)
    changed = exists().where(
        change.agency_id == Reply.agency_id,
        change.conversation_id == Reply.conversation_id,
        change.changes_reply_id == func.coalesce(Reply.changes_reply_id, Reply.id),
        change.id > Reply.id,
        change.state == "published",
    )
    rows = db.session.execute(
        select(Reply, changed.label("changed"), Conversation.external_id)
        .join(Conversation, CASE_OF_REPLY)
        .where(Reply.live_due_at <= now, Reply.platform == platform)
        .order_by(Reply.live_due_at, Reply.id)
        .limit(AT_ONCE)
        .with_for_update(of=Reply, skip_locked=True)
    ).all()
    readings = Readings()
    unreachable: set[UUID] = set()
    messages = Counter[UUID]()
    for reply, is_changed, thread in rows:
        if is_changed or reply.state != "published" or reply.live_state in live_changes.ENDED:
            reply.live_due_at = None
            continue
        if reply.account_id not in readings.accounts and reply.account_id not in unreachable:
            connected = connected_account_of(reply)
            if connected is None:
                unreachable.add(reply.account_id)
            else:
                readings.accounts[reply.account_id] = connected
        if reply.account_id in unreachable:
            is_young = reply.published_at is not None and now < reply.published_at + AFTER[-1]
            reply.live_due_at = now + UNREACHABLE_FOR if is_young else None
            continue
        if is_message(reply):
            messages[reply.account_id] += 1
            if messages[reply.account_id] > MESSAGES_OF_ACCOUNT:  # those behind hold up nobody else's
                reply.live_due_at = now + messages[reply.account_id] // MESSAGES_OF_ACCOUNT * RUN_EVERY
                continue
        readings.answers.setdefault(reply.account_id, []).append(_answer(reply, thread))
    return readings


def is_message(reply: Reply) -> bool:
    """Whether it went to one person."""
    return reply.kind == "message" or reply.private


def _answer(reply: Reply, thread_external_id: str) -> OurAnswer:
    return OurAnswer(
        str(reply.id),
        reply.platform_id or "",
        reply.in_reply_to_external_id,
        person_of_thread(thread_external_id) if reply.kind == "message" else None,
        reply.published_at,
        denied=reply.absent_reads > 0,
    )


def settle(seen: Sequence[SeenAnswer]) -> list[UUID]:
    """Keep what was read: where all is as it was, here and at once; returns the others, for `settle_one`."""
    by_id = {UUID(one.key): one for one in seen}
    now = database_now()
    rows = db.session.scalars(
        select(Reply).where(Reply.id.in_(by_id)).order_by(Reply.id).with_for_update(skip_locked=True)
    )
    others = []
    for reply in rows:
        one = by_id[reply.id]
        if reply.live_due_at is None or reply.live_due_at > now:
            continue  # another run was here
        found = _found(reply, one)
        is_other = found is not None and (found.state != reply.live_state or found.state == "edited")
        is_other |= reply.deed != "reply" and reply.read_back_at is None
        is_denied = one.state in ("gone", "gone_along", "denied") and reply.live_state not in live_changes.AWAY
        if is_other or is_denied:
            others.append(reply.id)
        else:
            _keep(reply, one, now)
    return others


def settle_one(one: SeenAnswer) -> str | None:
    """Keep what was read of one answer that stands differently, in a transaction of its own; its state then."""
    reply, now = locked(UUID(one.key)), database_now()
    if reply.live_due_at is None or reply.live_due_at > now:
        return reply.live_state
    _keep(reply, one, now)
    found = _found(reply, one)
    if found is not None:
        reply.absent_reads = 0
        live_changes.note(reply, found, "sweep")
        live_changes.supersede_earlier(reply)
    elif one.state == "denied":
        reply.absent_reads, reply.live_due_at = 1, now + AGAIN_AFTER
    elif one.state in ("gone", "gone_along"):
        reply.absent_reads += 1
        if reply.absent_reads < ABSENT_READS and one.state == "gone":
            reply.live_due_at = now + AGAIN_AFTER
        else:
            live_changes.note(reply, Seen("removed" if one.state == "gone" else "gone_along"), "sweep")
    return reply.live_state


def _found(reply: Reply, one: SeenAnswer) -> Seen | None:
    if one.state != "there":
        return None
    return judged(reply, one.text, hidden=one.hidden, moderation=one.moderation, violation=one.violation)


def _keep(reply: Reply, one: SeenAnswer, now: datetime) -> None:
    """That it was looked at, as every look is kept, and when it is next."""
    outcome = {"there": "found", "gone": "absent", "gone_along": "absent"}.get(one.state, "cannot_tell")
    keep_look(reply, outcome, one.reason, reply.platform_id if one.state == "there" else None, now)
    if one.state == "there":
        reply.read_back_at, reply.absent_reads = now, 0
    reply.live_due_at = next_reading(reply.published_at, now) if reply.published_at is not None else None


def wake(agency_id: UUID) -> int:
    """Promise a sweep for each platform of the agency where a reading is due and none is promised; returns how many."""
    platforms = db.session.scalars(select(Reply.platform).where(Reply.live_due_at <= database_now()).distinct()).all()
    promised = set(
        db.session.scalars(
            select(OutboxEntry.ids["platform"].astext).where(
                OutboxEntry.job_name == JobName.READ_ANSWERS_AGAIN.value,
                OutboxEntry.done_at.is_(None),
                OutboxEntry.given_up_at.is_(None),
                OutboxEntry.ids["agency_id"].astext == str(agency_id),
            )
        )
        if platforms
        else ()
    )
    for platform in sorted(set(platforms) - promised):
        enqueue_after_commit(JobName.READ_ANSWERS_AGAIN, agency_id=agency_id, platform=platform)
    return len(set(platforms) - promised)
