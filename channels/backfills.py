"""Reading an account's past: asked for, stopped, taken up again, and how far it is. `jobs.history` does the reading.

An account has one reading under way at most. What was read stays, whatever becomes of the rest. Everything runs in the
caller's scope and flushes; nothing here commits.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on

from channels.capabilities import ReadsHistory
from channels.models import Account, Backfill
from channels.registry import able
from tenants import audit, clock
from tenants.database import db
from tenants.errors import Conflict, Invalid, NotFound, worded
from tenants.outbox import JobName, enqueue_after_commit, is_promised
from tenants.permissions import Actor, Permission, require

HORIZONS: dict[str, timedelta | None] = {"month": timedelta(days=30), "year": timedelta(days=365), "all": None}
"""How far back one may ask; None: all there is."""
EVERYTHING = datetime(1990, 1, 1, tzinfo=UTC)
"""Before there were platforms."""
READABLE = ("ok", "failing", "throttled")
"""Kinds of health in which an account is asked about its past; in the others it waits for a person."""


def begin(actor: Actor | None, account_id: UUID, horizon: str) -> Backfill:
    """Reads the account's past down to the horizon, a name of HORIZONS. One that is under way is replaced.

    Raises `Invalid` for another horizon or a platform whose past cannot be read, `Conflict` for a disconnected account,
    `NotFound` for one outside the scope, and what `tenants.permissions.require` raises.
    """
    account = _locked(account_id)
    if actor is not None:
        require(actor, Permission.HISTORY_BRING, account.brand_id)
    if horizon not in HORIZONS:
        raise Invalid(
            "Nothing was begun. Choose how far back to read.",
            errors={"horizon": [worded("Choose how far back to read.")]},
        )
    _check_readable(account)
    running = latest_of([account.id]).get(account.id)
    if running is not None and running.state == "running":
        _end(running, "stopped")
        db.session.flush()
    span = HORIZONS[horizon]
    backfill = Backfill(
        agency_id=account.agency_id,
        brand_id=account.brand_id,
        account_id=account.id,
        horizon_at=EVERYTHING if span is None else clock.now() - span,
        state="running",
        item_count=0,
        asked_by=actor.user_id if actor else None,
        failure_count=0,
        gap_count=0,
    )
    db.session.add(backfill)
    db.session.flush()
    promise(backfill)
    audit.record(actor, "history.asked", "account", account.id, brand_id=account.brand_id, horizon=horizon)
    return backfill


def stop(actor: Actor, account_id: UUID) -> None:
    """Ends the reading under way; what was read stays. Doing it again changes nothing. Raises as `begin`."""
    account = _locked(account_id)
    require(actor, Permission.HISTORY_BRING, account.brand_id)
    running = latest_of([account.id]).get(account.id)
    if running is None or running.state != "running":
        return
    _end(running, "stopped")
    audit.record(actor, "history.stopped", "account", account.id, brand_id=account.brand_id)


def go_on(actor: Actor, account_id: UUID) -> None:
    """Takes up the latest reading where it was stopped or failed. Raises as `begin`, and `NotFound` without one."""
    account = _locked(account_id)
    require(actor, Permission.HISTORY_BRING, account.brand_id)
    latest = latest_of([account.id]).get(account.id)
    if latest is None:
        raise NotFound()
    if latest.state not in ("stopped", "failed"):
        return
    _check_readable(account)
    latest.state, latest.finished_at, latest.last_error, latest.failure_count = "running", None, None, 0
    db.session.flush()
    if not db.session.execute(select(is_promised(JobName.BACKFILL, "backfill_id", latest.id))).scalar_one():
        promise(latest)  # whoever stops and goes on again and again is not read for twice as fast
    audit.record(actor, "history.taken_up", "account", account.id, brand_id=account.brand_id)


def latest_of(account_ids: Sequence[UUID]) -> dict[UUID, Backfill]:
    """The latest reading of each account that had one, in one statement."""
    newest = (
        select(Backfill)
        .where(Backfill.account_id.in_(account_ids))
        .ext(distinct_on(Backfill.account_id))
        .order_by(
            Backfill.account_id, (Backfill.state == "running").desc(), Backfill.created_at.desc(), Backfill.id.desc()
        )
    )
    return {found.account_id: found for found in db.session.scalars(newest)}


def held(backfill_id: UUID) -> Backfill | None:
    """The reading, locked for this transaction; None when it is gone or no longer runs."""
    wanted = select(Backfill).where(Backfill.id == backfill_id, Backfill.state == "running").with_for_update()
    return db.session.scalars(wanted).one_or_none()


def finish(backfill: Backfill, state: str, error: str | None = None) -> None:
    """``done``, or ``failed`` with the error's code."""
    _end(backfill, state)
    backfill.last_error = error
    audit.record(
        None,
        f"history.{state}",
        "account",
        backfill.account_id,
        brand_id=backfill.brand_id,
        items=backfill.item_count,
        **({"error": error} if error else {}),
    )


def promise(backfill: Backfill, *, after_seconds: float = 0) -> None:
    """Promise the next slice."""
    run_at = clock.now() + timedelta(seconds=after_seconds) if after_seconds else None
    enqueue_after_commit(
        JobName.BACKFILL,
        run_at=run_at,
        agency_id=backfill.agency_id,
        brand_id=backfill.brand_id,
        backfill_id=backfill.id,
    )


def _locked(account_id: UUID) -> Account:
    """Two people who ask at once do so one after the other. Raises `NotFound`."""
    wanted = select(Account).where(Account.id == account_id).with_for_update(key_share=True)
    account = db.session.scalars(wanted).one_or_none()
    if account is None:
        raise NotFound()
    return account


def _check_readable(account: Account) -> None:
    if account.disconnected_at is not None:
        raise Conflict(
            "This account is disconnected, so its past cannot be read. Nothing was begun. Connect it again first.",
            code="account_disconnected",
        )
    if able(account.platform, ReadsHistory) is None:  # type: ignore[type-abstract]
        raise Invalid("This platform does not let its past be read. Nothing was begun. Import a file instead.")


def _end(backfill: Backfill, state: str) -> None:
    backfill.state, backfill.finished_at = state, func.now()
