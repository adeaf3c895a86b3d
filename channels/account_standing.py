"""What platforms told of an account's access and events, written on the account. Flushes, commits nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select

from channels import health, poll_turns
from channels.accounts import GATHER_FOR, NEED_A_PERSON
from channels.capabilities import NO_END, Access, Subscription
from channels.features import features_of, way_of
from channels.models import Account, AccountDay, PollTurn, RawEvent
from tenants import clock
from tenants.database import db, new_id
from tenants.outbox import JobName, enqueue_after_commit
from tenants.scope import raw_sql

NOT_RENEWED = "not_renewed"
"""A word of ours for `Account.access_problem`: the token ends, and the platform did not give us another."""
SET_UPS = ("waiting", "reading", "tested", "broken", "disconnected")
"""`waiting` for a first answer, `reading` what is there, `tested` by something that came after connecting."""
PACE_DAYS = timedelta(days=90)
FEWEST_WORDS = 5
"""Fewer words of customers in that time make no normal."""
LOOK_AGAIN_AFTER = timedelta(hours=1)
"""Events that fail to come are looked into this often at most."""


def note_access(account: Account, access: Access) -> None:
    """What is left out was not told, and what was known stays. The client is mailed a link before the access ends."""
    account.access_checked_at = now = clock.now()
    if access.scopes:
        account.scopes = sorted(access.scopes)
    account.token_expires_at = _end(access.expires_at, account.token_expires_at)
    account.data_access_expires_at = _end(access.data_access_expires_at, account.data_access_expires_at)
    if account.access_problem != NOT_RENEWED:
        account.access_problem = access.problem if access.works else None
    db.session.flush()
    if access.works and ends_unsaid(account, now):
        enqueue_after_commit(
            JobName.ASK_TO_RECONNECT,
            run_at=now + GATHER_FOR,
            agency_id=account.agency_id,
            brand_id=account.brand_id,
            account_id=account.id,
        )


def _end(told: datetime | None, known: datetime | None) -> datetime | None:
    return known if told is None else None if told == NO_END else told


def note_subscription(account: Account, standing: Subscription) -> None:
    """`subscribed_at` stays what it was while it goes on to stand."""
    now = clock.now()
    account.subscription_checked_at = now
    account.subscribed_at = (account.subscribed_at or now) if standing.stands else None
    account.subscription_problem = None if standing.stands else standing.problem
    db.session.flush()


_COUNT = raw_sql(
    """
    insert into account_day (agency_id, id, brand_id, account_id, day, told_count, found_count, missed_count)
    values (:agency_id, :id, :brand_id, :account_id, :day, :told, :found, :missed)
    on conflict (agency_id, account_id, day, brand_id) do update set
        told_count = account_day.told_count + excluded.told_count,
        found_count = account_day.found_count + excluded.found_count,
        missed_count = account_day.missed_count + excluded.missed_count
    """,
    reason="counted and added up in one statement",
)


def note_told(account: Account, arrived: Sequence[tuple[str, datetime]], now: datetime) -> None:
    """Words of customers that an event brought first."""
    if arrived:
        _count(account, now, told=len(arrived))


def note_found(account: Account, arrived: Sequence[tuple[str, datetime]], now: datetime) -> None:
    """Words of customers that a poll brought first: those an event should have brought are counted as missed, and why
    it did not is looked into.
    """
    if not arrived:
        return
    missed = sum(
        health.is_missed(account.platform, kind, written_at, subscribed_at=account.subscribed_at, found_at=now)
        for kind, written_at in arrived
    )
    _count(account, now, found=len(arrived), missed=missed)
    if account.tested_at is None and any(written_at >= _connected_since(account) for _, written_at in arrived):
        account.tested_at = now
    if not missed:
        return
    account.missed_count += missed
    account.last_missed_at = now
    checked_at = account.subscription_checked_at
    if checked_at is None or now - checked_at >= LOOK_AGAIN_AFTER:
        account.subscription_checked_at = now
        enqueue_after_commit(
            JobName.CHECK_ACCOUNT, agency_id=account.agency_id, brand_id=account.brand_id, account_id=account.id
        )


def note_tested_by(account: Account, event_ids: Sequence[UUID], now: datetime) -> None:
    """The set-up ends when something real came back: an event the platform sent after connecting and that we
    understood, or, found by looking, words written after it (`note_found`). What was there before proves nothing.
    """
    if account.tested_at is not None or not event_ids:
        return
    came_at = db.session.execute(
        select(func.max(RawEvent.created_at)).where(
            RawEvent.id.in_(event_ids), RawEvent.outcome.in_(("stored", "asked", "ignored"))
        )
    ).scalar()
    if came_at is not None and came_at >= _connected_since(account):
        account.tested_at = now


def _connected_since(account: Account) -> datetime:
    """Since when the present access is here, in whole seconds, as platforms tell times."""
    return (account.token_renewed_at or account.created_at).replace(microsecond=0)


def check_now(account: Account) -> None:
    """Somebody asked: check access and events, and read what is new."""
    enqueue_after_commit(
        JobName.CHECK_ACCOUNT, agency_id=account.agency_id, brand_id=account.brand_id, account_id=account.id
    )
    poll_turns.poll_now(account.id)


def note_pace(account: Account, now: datetime) -> None:
    """How far apart customers' words usually are, by the days counted; None where there were too few to tell."""
    since = (now - PACE_DAYS).date()
    total, first = db.session.execute(
        select(func.sum(AccountDay.told_count + AccountDay.found_count), func.min(AccountDay.day)).where(
            AccountDay.account_id == account.id, AccountDay.day > since
        )
    ).one()
    account.usual_gap_seconds = None
    if total is not None and total >= FEWEST_WORDS:
        account.usual_gap_seconds = int(((now.date() - first).days + 1) * 86_400 / total)


def _count(account: Account, now: datetime, *, told: int = 0, found: int = 0, missed: int = 0) -> None:
    db.session.execute(
        _COUNT,
        {
            "agency_id": account.agency_id,
            "id": new_id(),
            "brand_id": account.brand_id,
            "account_id": account.id,
            "day": now.date(),
            "told": told,
            "found": found,
            "missed": missed,
        },
    )


def facts_of(account: Account) -> health.Facts:
    """What `channels.health` judges by."""
    gap = account.usual_gap_seconds
    return health.Facts(
        stored=account.health,
        reason=account.health_reason,
        connected_at=account.created_at,
        throttled_until=account.throttled_until,
        writes_paused_until=account.writes_paused_until,
        messages_paused_until=account.messages_paused_until,
        token_expires_at=account.token_expires_at,
        data_access_expires_at=account.data_access_expires_at,
        access_problem=account.access_problem,
        subscription_checked_at=account.subscription_checked_at,
        subscription_problem=account.subscription_problem,
        last_event_at=account.last_event_at,
        last_missed_at=account.last_missed_at,
        last_item_at=account.last_item_at,
        usual_gap=timedelta(seconds=gap) if gap is not None else None,
    )


def facts_of_connected() -> list[health.Facts]:
    """Those of every connected account of the scope, without what only a poll needs."""
    rows = db.session.execute(
        select(
            Account.health,
            Account.health_reason,
            Account.throttled_until,
            Account.writes_paused_until,
            Account.messages_paused_until,
            Account.token_expires_at,
            Account.data_access_expires_at,
            Account.access_problem,
            Account.subscription_problem,
            Account.last_event_at,
            Account.last_missed_at,
            Account.last_item_at,
            Account.usual_gap_seconds,
        ).where(Account.disconnected_at.is_(None))
    )
    return [
        health.Facts(
            stored=row.health,
            reason=row.health_reason,
            throttled_until=row.throttled_until,
            writes_paused_until=row.writes_paused_until,
            messages_paused_until=row.messages_paused_until,
            token_expires_at=row.token_expires_at,
            data_access_expires_at=row.data_access_expires_at,
            access_problem=row.access_problem,
            subscription_problem=row.subscription_problem,
            last_event_at=row.last_event_at,
            last_missed_at=row.last_missed_at,
            last_item_at=row.last_item_at,
            usual_gap=timedelta(seconds=row.usual_gap_seconds) if row.usual_gap_seconds is not None else None,
        )
        for row in rows
    ]


def ends_unsaid(account: Account, now: datetime) -> bool:
    """Whether this access ends soon and nobody was mailed of it yet. One that renews itself ends only where that
    fails (`jobs.checking`).
    """
    ends, asked_at = health.ends_at(facts_of(account)), account.reconnect_asked_at
    if ends is None or not now < ends <= now + health.NOTICE_BEFORE:
        return False
    if account.disconnected_at is not None or account.health in NEED_A_PERSON:
        return False
    if account.login == "instagram" and account.access_problem != NOT_RENEWED:
        return False
    return asked_at is None or asked_at <= ends - health.NOTICE_BEFORE


def waits_for_sign_in(now: datetime) -> ColumnElement[bool]:
    """Accounts that broke, and those about whose near end somebody was mailed."""
    ends = func.least(Account.token_expires_at, Account.data_access_expires_at)
    ends_soon = and_(Account.reconnect_asked_at.is_not(None), ends <= now + health.NOTICE_BEFORE)
    return or_(Account.health.in_(NEED_A_PERSON), ends_soon)


def set_up_of(account: Account) -> str:
    """How far its set-up is: one of SET_UPS."""
    if account.disconnected_at is not None:
        return "disconnected"
    if account.health in NEED_A_PERSON:
        return "broken"
    if account.tested_at is not None:
        return "tested"
    return "waiting" if account.last_polled_at is None else "reading"


def next_polls(account_ids: Sequence[UUID]) -> dict[UUID, datetime]:
    """When each of these is polled next, in one statement; one that waits for a person is left out."""
    rows = db.session.execute(
        select(PollTurn.account_id, PollTurn.due_at).where(
            PollTurn.account_id.in_(account_ids), PollTurn.parked_at.is_(None)
        )
    )
    return {row.account_id: row.due_at for row in rows}


def describe(found: Sequence[Account]) -> list[dict[str, Any]]:
    """What programs are told of accounts, the same as the cards show; never the credential."""
    due = next_polls([account.id for account in found])
    return [_described(account, due.get(account.id)) for account in found]


def _described(account: Account, next_poll_at: datetime | None) -> dict[str, Any]:
    facts = facts_of(account)
    state = health.state_of(facts, clock.now())
    return {
        "id": str(account.id),
        "brand_id": str(account.brand_id),
        "platform": account.platform,
        "external_id": account.external_id,
        "name": account.name,
        "login": account.login,
        "health": account.health,
        "health_reason": account.health_reason,
        "health_since": account.health_since,
        "state": state,
        "action": health.action_of(facts, state),
        "last_polled_at": account.last_polled_at,
        "next_poll_at": next_poll_at,
        "throttled_until": account.throttled_until,
        "writes_paused_until": account.writes_paused_until,
        "messages_paused_until": account.messages_paused_until,
        "last_event_at": account.last_event_at,
        "last_item_at": account.last_item_at,
        "last_sent_at": account.last_sent_at,
        "scopes": list(account.scopes),
        "tasks": list(account.tasks),
        "features": [
            {
                "name": one.name,
                "stands": one.stands(account.scopes, account.tasks) if account.scopes else None,
                "missing_scopes": list(one.missing_scopes(account.scopes)),
                "lacks_task": one.lacks_task(account.tasks),
            }
            for one in features_of(way_of(account.platform, account.login))
        ],
        "set_up": set_up_of(account),
        "tested_at": account.tested_at,
        "access_ends_at": health.ends_at(facts),
        "access_checked_at": account.access_checked_at,
        "access_problem": account.access_problem,
        "subscribed_at": account.subscribed_at,
        "subscription_problem": account.subscription_problem,
        "missed_count": account.missed_count,
        "last_missed_at": account.last_missed_at,
        "usage_percent": account.usage_percent,
        "connected_at": account.created_at,
        "disconnected_at": account.disconnected_at,
    }
