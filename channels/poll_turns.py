"""Whose turn it is to be polled. PostgreSQL holds the truth and its clock alone judges what is due and which lease is
over.

`claim_due` gives a turn to one caller at a time; a claim raises the turn's fence, and a caller with an older fence (it
slept longer than its lease) changes nothing any more. The table is unscoped and holds ids and times only. Nothing here
commits.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Float, cast, delete, func, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from channels.models import PollTurn
from tenants.database import db

#: Longest pause after repeated failures, seconds.
LONGEST_BACKOFF_SECONDS = 3_600
_DOUBLINGS = 12


@dataclass(frozen=True, slots=True)
class ClaimedTurn:
    """A turn this caller holds until its lease ends. ``fence`` proves it."""

    account_id: UUID
    agency_id: UUID
    brand_id: UUID
    platform: str
    fence: int


def _seconds(amount: float | ColumnElement[float]) -> ColumnElement[object]:
    return func.make_interval(0, 0, 0, 0, 0, 0, amount)


def claim_due(platform: str, limit: int, lease_seconds: float) -> list[ClaimedTurn]:
    """Up to ``limit`` due turns of a platform, longest due first; rows another caller is claiming are passed over."""
    now = func.statement_timestamp()
    due = (
        select(PollTurn.account_id)
        .where(
            PollTurn.platform == platform,
            PollTurn.parked_at.is_(None),
            PollTurn.due_at <= now,
            or_(PollTurn.leased_until.is_(None), PollTurn.leased_until < now),
        )
        .order_by(PollTurn.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")  # as a plain subquery the planner may run it again and again, past its limit
    )
    claimed = db.session.execute(
        update(PollTurn)
        .where(PollTurn.account_id == due.c.account_id)
        .values(leased_until=now + _seconds(lease_seconds), fence=PollTurn.fence + 1)
        .returning(PollTurn.account_id, PollTurn.agency_id, PollTurn.brand_id, PollTurn.platform, PollTurn.fence)
        .execution_options(synchronize_session=False)
    )
    return [ClaimedTurn(*row) for row in claimed]


def hold(turn: ClaimedTurn, renew_seconds: float | None = None) -> bool:
    """Locks the turn for this transaction and says whether it is still ours: ask before storing what a poll brought.

    With ``renew_seconds`` a lease that has less than half of that left is made that long again, so that a long first
    read is not taken over, and begun anew, for ever.
    """
    half = func.statement_timestamp() + _seconds((renew_seconds or 0) / 2)
    held = db.session.execute(
        select((PollTurn.leased_until < half).label("is_short")).where(*_held(turn)).with_for_update()
    ).first()
    if held is None:
        return False
    if renew_seconds is not None and held.is_short:
        _set(turn.account_id, leased_until=func.statement_timestamp() + _seconds(renew_seconds))
    return True


def finish(turn: ClaimedTurn, ok: bool, next_interval_seconds: float, *, not_before_seconds: float = 0) -> bool:
    """Ends the turn and sets the next; False, with nothing changed, when it is no longer ours.

    After a failure the pause is drawn between nothing and ``next_interval_seconds`` doubled for each failure in a row,
    at most an hour (full jitter), and is at least ``not_before_seconds``, the platform's own wish.
    """
    if ok:
        pause: ColumnElement[float] = cast(max(next_interval_seconds, not_before_seconds), Float)
        failures: object = 0
    else:
        longest = func.least(
            LONGEST_BACKOFF_SECONDS,
            next_interval_seconds * func.power(2, func.least(PollTurn.failures + 1, _DOUBLINGS)),
        )
        pause = func.greatest(cast(not_before_seconds, Float), func.random() * cast(longest, Float))
        failures = PollTurn.failures + 1
    result = db.session.execute(
        update(PollTurn)
        .where(*_held(turn))
        .values(due_at=func.statement_timestamp() + _seconds(pause), leased_until=None, failures=failures)
        .returning(PollTurn.account_id)
        .execution_options(synchronize_session=False)
    )
    return result.first() is not None


def poll_now(account_id: UUID) -> None:
    """Makes an account due at once, e.g. after a webhook; a poll in progress goes on."""
    _set(account_id, due_at=func.statement_timestamp())


def park(account_id: UUID) -> None:
    """Takes an account out of the round until `unpark`: its access does not work."""
    _set(account_id, parked_at=func.statement_timestamp(), leased_until=None, fence=PollTurn.fence + 1)


def unpark(account_id: UUID) -> None:
    """Brings a parked account back, due at once, with its failures forgotten."""
    _set(account_id, parked_at=None, due_at=func.statement_timestamp(), failures=0)


def open_turn(account_id: UUID, agency_id: UUID, brand_id: UUID, platform: str) -> None:
    """A new account's turn, due at once."""
    turn = PollTurn(account_id=account_id, agency_id=agency_id, brand_id=brand_id, platform=platform)
    db.session.add(turn)
    db.session.flush()


def close_turn(account_id: UUID) -> None:
    """A disconnected account is polled no more; whoever holds its turn finds it gone."""
    db.session.execute(
        delete(PollTurn).where(PollTurn.account_id == account_id).execution_options(synchronize_session=False)
    )


def _held(turn: ClaimedTurn) -> tuple[ColumnElement[bool], ...]:
    return PollTurn.account_id == turn.account_id, PollTurn.fence == turn.fence, PollTurn.leased_until.is_not(None)


def _set(account_id: UUID, **values: object) -> None:
    db.session.execute(
        update(PollTurn)
        .where(PollTurn.account_id == account_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
