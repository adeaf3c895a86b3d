"""The decisions of `channels.health.state_of` in SQL, for lists that begin with the worst and are read page by page."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, func, or_

from channels import health
from channels.models import Account

_SILENT_SECONDS = int(health.SILENT_LEAST.total_seconds())


def rank_of(now: datetime) -> ColumnElement[int]:
    """The rank of an account's state at this moment, an expression over `Account`."""
    soon = now + health.NOTICE_BEFORE
    ends = func.least(Account.token_expires_at, Account.data_access_expires_at)
    is_deaf = and_(
        Account.last_missed_at.is_not(None),
        or_(Account.last_event_at.is_(None), Account.last_event_at < Account.last_missed_at),
    )
    longest = func.make_interval(
        0, 0, 0, 0, 0, 0, func.greatest(health.SILENT_GAPS * Account.usual_gap_seconds, _SILENT_SECONDS)
    )
    failing = Account.health == "failing"
    decisions: tuple[tuple[ColumnElement[bool], health.State], ...] = (
        (Account.health == "disconnected", "disconnected"),
        (Account.health == "needs_reconnect", "needs_reconnect"),
        (Account.health == "access_lost", "access_lost"),
        (and_(failing, Account.health_reason.in_(health.OPERATOR_WORDS)), "no_allowance"),
        (and_(failing, Account.health_reason == health.KEY_MISSING), "key_missing"),
        (or_(Account.writes_paused_until > now, Account.messages_paused_until > now), "writes_paused"),
        (and_(failing, Account.health_reason.in_(health.PLACE_WORDS)), "limited"),
        (failing, "failing"),
        (or_(Account.health == "throttled", Account.throttled_until > now), "throttled"),
        (ends <= soon, "expiring"),
        (Account.access_problem.is_not(None), "limited"),
        (Account.subscription_problem.not_in(health.NOT_TOLD), "unsubscribed"),
        (is_deaf, "webhook_deaf"),
        (and_(Account.usual_gap_seconds.is_not(None), now - Account.last_item_at > longest), "silent"),
    )
    ranks = [(holds, health.KINDS[state].rank) for holds, state in decisions]
    return case(*ranks, else_=health.KINDS["healthy"].rank)
