"""What keeps the house in order, a minute at a time, an agency at a time."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from flask import Flask
from rq.timeouts import JobTimeoutException
from sqlalchemy import Select, String, and_, cast, exists, func, select

from agency.inbox import birthday_waking, bulk, comeback_waking, handovers, hands, moderation, returning
from agency.inbox.contacts import deeds, exports
from agency.inbox.loops import reminding
from agency.notices import gathering, sending, waking
from agency.replies import answered_words, approval_requests, lapsing, live_sweep, versions, visibility
from agency.replies.models import PublishAttempt, Reply
from agency.replies.reconciling import MODERATION_LOOKS, NEEDS_A_PERSON
from agency.reports import hours
from channels import connecting, ending, raw_events
from channels.models import Account
from jobs import history, importing, keeping
from jobs.dispatcher import forget_done
from tenants import brands, clock, read_only, sessions, sign_ups, tokens
from tenants.database import db
from tenants.logs import get_logger
from tenants.models import Agency, Brand, OutboxEntry
from tenants.outbox import JobName, enqueue_after_commit
from tenants.scope import Scope, in_scope

STRANDED_AFTER = timedelta(minutes=5)
"""An approved reply unmoved for this long is promised again: its account came back, or a promise was lost."""
SILENT_AFTER = timedelta(minutes=5)
"""A sender whose lease ended this long ago is looked for, whatever became of the promise to do so."""
UNPROVEN_AFTER = timedelta(hours=1)
UNPROVEN_FOR = timedelta(days=7)
"""A published reply nobody has read back is read once in the first of these, until it is as old as the second."""
PROMISES_AT_ONCE = 200
"""For one agency in one minute, longest waiting first."""

log = get_logger("upkeep")


def keep_up(app: Flask) -> None:
    """Expired claims, stranded and unproven replies, what is long done. One agency's trouble is its own."""
    with in_scope(app, None):
        forget_done()
        raw_events.forget_unnamed()
        sending.forget_sent()
        sessions.forget_old()
        tokens.forget_old()
        sign_ups.forget_old()
        connecting.forget_old()
        visibility.forget_old()
        agencies = list(db.session.execute(select(Agency.id)).scalars())
    for agency_id in agencies:
        try:
            with in_scope(app, Scope(agency_id, None)):
                comeback_waking.wake_due()
                birthday_waking.wake_due()
                comeback_waking.tell_ended()
                reminding.remind_due()
                reminding.note_undelivered()
                returning.hand_back_expired()
                returning.hand_back_of_left()
                returning.hand_back_of_off()
                handovers.lapse()
                hands.wake(agency_id)
                brands.mark_unmarked()
                read_only.settle(agency_id)
                wake_stranded()
                watch_unproven()
                wake_events(agency_id)
                wake_deeds()
                live_sweep.wake(agency_id)
                waking.wake(agency_id)
                history.wake(agency_id)
                importing.wake(agency_id)
                keeping.wake(agency_id)
                ending.forget_old()
                answered_words.keep_older()
                approval_requests.end_overdue()
                deeds.fill_name_keys()
                bulk.forget_old()
                exports.forget_old()
                hours.note_hour()
                versions.forget_old()
                gathering.forget_old()
        except JobTimeoutException:
            raise
        except Exception:
            log.exception("upkeep_failed", agency_id=str(agency_id))


def wake_stranded() -> int:
    """Promise approved replies again that wait for nothing any more; returns how many."""
    now = clock.now()
    return _promise(
        JobName.PUBLISH_REPLY,
        select(Reply.agency_id, Reply.brand_id, Reply.id)
        .join(Account, Account.id == Reply.account_id)
        .join(Brand, Brand.id == Reply.brand_id)
        .where(
            Reply.state == "approved",
            Reply.state_since < now - STRANDED_AFTER,
            (Reply.next_try_at.is_(None)) | (Reply.next_try_at < now - STRANDED_AFTER),
            (Reply.not_before.is_(None)) | (Reply.not_before < now - STRANDED_AFTER),
            Account.disconnected_at.is_(None),
            Account.health.in_(("ok", "failing", "throttled")),
            Brand.paused_at.is_(None),
            Brand.archived_at.is_(None),
        ),
    )


def wake_account(app: Flask, agency_id: str, brand_id: str, account_id: str) -> None:
    """The job for an account that was connected: what waited for it is sent, what nobody could look at is looked at,
    and what waits for another one in whose place it came lapses.
    """
    with in_scope(app, Scope(UUID(agency_id), frozenset({UUID(brand_id)}))):
        of_account = (
            select(Reply.agency_id, Reply.brand_id, Reply.id)
            .join(Account, Account.id == Reply.account_id)
            .where(Reply.account_id == UUID(account_id), Account.disconnected_at.is_(None))
        )
        _promise(JobName.PUBLISH_REPLY, of_account.where(Reply.state == "approved"))
        _promise(JobName.RECONCILE_REPLY, of_account.where(Reply.state == "outcome_unknown"))
    with in_scope(app, Scope(UUID(agency_id), frozenset({UUID(brand_id)}))):
        lapsing.lapse_replaced(UUID(account_id))


def wake_events(agency_id: UUID) -> int:
    """Promise to handle events again whose promise was lost or given up; returns for how many accounts.

    An account that waits for a person keeps its events; reconnecting wakes it.
    """
    raw_events.forget_old()
    waiting = raw_events.accounts_waiting(STRANDED_AFTER)
    for brand_id, account_id in waiting:
        enqueue_after_commit(JobName.HANDLE_EVENTS, agency_id=agency_id, brand_id=brand_id, account_id=account_id)
    return len(waiting)


def wake_deeds() -> int:
    """Promise deeds of moderation again that wait for nothing any more; doing one twice changes nothing more."""
    waiting = moderation.waiting_deeds(STRANDED_AFTER, PROMISES_AT_ONCE)
    for agency_id, brand_id, deed_id in waiting:
        held = exists().where(
            OutboxEntry.job_name == JobName.DO_DEED.value,
            OutboxEntry.done_at.is_(None),
            OutboxEntry.given_up_at.is_(None),
            OutboxEntry.ids["deed_id"].astext == str(deed_id),
        )
        if not db.session.execute(select(held)).scalar_one():
            enqueue_after_commit(JobName.DO_DEED, agency_id=agency_id, brand_id=brand_id, deed_id=deed_id)
    return len(waiting)


def watch_unproven() -> int:
    """Promise a look for replies whose look was given up or lost; returns how many.

    A person's word is not questioned: neither a reply handed to one nor one a person said was published.
    """
    now = func.now()  # leases are judged by the database's clock
    silent = and_(Reply.state == "publishing", Reply.lease_until < now - SILENT_AFTER)
    unknown = and_(Reply.state == "outcome_unknown", Reply.state_reason.is_distinct_from(NEEDS_A_PERSON))
    looks = select(func.count(PublishAttempt.id)).where(
        PublishAttempt.reply_id == Reply.id, PublishAttempt.deed == "look"
    )
    lately = looks.where(PublishAttempt.created_at > now - UNPROVEN_AFTER)
    unproven = and_(
        Reply.state == "published",
        Reply.state_since.between(now - UNPROVEN_FOR, now - UNPROVEN_AFTER),
        Reply.read_back_at.is_(None),
        Reply.live_state.in_(("visible", "pending", "withdrawn")),
        lately.scalar_subquery() == 0,
        looks.scalar_subquery() < MODERATION_LOOKS,
    )
    rows = select(Reply.agency_id, Reply.brand_id, Reply.id)
    unsure = sum(_promise(JobName.RECONCILE_REPLY, rows.where(condition)) for condition in (silent, unknown))
    return unsure + _promise(JobName.READ_BACK_REPLY, rows.where(unproven))


def _promise(job: JobName, replies: Select[UUID, UUID, UUID]) -> int:
    """Promise the job for those of the replies that no open promise of the kind names."""
    held = exists().where(
        OutboxEntry.job_name == job.value,
        OutboxEntry.done_at.is_(None),
        OutboxEntry.given_up_at.is_(None),
        OutboxEntry.ids["reply_id"].astext == cast(Reply.id, String),
    )
    rows = db.session.execute(replies.where(~held).order_by(Reply.state_since, Reply.id).limit(PROMISES_AT_ONCE)).all()
    for agency_id, brand_id, reply_id in rows:
        enqueue_after_commit(job, agency_id=agency_id, brand_id=brand_id, reply_id=reply_id)
    return len(rows)
