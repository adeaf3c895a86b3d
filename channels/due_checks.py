"""Whose access is to be looked at: each account at its own time of the day (`poll_turn.check_due_at`).

PostgreSQL's clock alone judges; parked accounts are looked at, too. Nothing here commits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Uuid, bindparam
from sqlalchemy.dialects.postgresql import ARRAY

from tenants.database import db
from tenants.scope import raw_sql

_WHY = "rows by position, taken and changed in one statement"

_DUE_CHECKS = raw_sql(
    """
    with due as materialized (
        select account_id, check_due_at as was_due_at from poll_turn
        where check_due_at <= statement_timestamp() order by check_due_at limit :limit for update skip locked
    )
    update poll_turn set check_due_at = statement_timestamp() + make_interval(secs => :again_seconds)
    from due where poll_turn.account_id = due.account_id
    returning poll_turn.account_id, agency_id, brand_id, due.was_due_at
    """,
    reason=_WHY,
)
_CHECKED = raw_sql(
    """
    update poll_turn set check_due_at = checked.was_due_at
        + make_interval(days => 1 + floor(extract(epoch from now() - checked.was_due_at) / 86400)::int)
    from unnest(:ids, :dues) as checked(account_id, was_due_at) where poll_turn.account_id = checked.account_id
    """,
    reason=_WHY,
).bindparams(bindparam("ids", type_=ARRAY(Uuid)), bindparam("dues", type_=ARRAY(DateTime(timezone=True))))


@dataclass(frozen=True, slots=True)
class DueCheck:
    """An account whose access is to be looked at: its time of the day has come, or passed while nobody looked."""

    account_id: UUID
    agency_id: UUID
    brand_id: UUID
    was_due_at: datetime


def claim_checks(limit: int, again_seconds: float) -> list[DueCheck]:
    """The longest due, each to one caller; due again after ``again_seconds`` unless `checked`. Parked ones, too."""
    rows = db.session.execute(_DUE_CHECKS, {"limit": limit, "again_seconds": again_seconds})
    return [DueCheck(*row) for row in rows]


def checked(done: Sequence[DueCheck]) -> None:
    """They are due tomorrow, at their own time of the day, however late they were."""
    if done:
        db.session.execute(
            _CHECKED, {"ids": [one.account_id for one in done], "dues": [one.was_due_at for one in done]}
        )
