"""Events as platforms told us of them: kept durably before the delivery is answered, handled from the table.

A delivery may hold changes of several tenants; `owners` says whose each is, and `keep` stores one tenant's in that
tenant's scope and transaction. A change told again adds no row. Nothing here commits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, tuple_, update

from channels.deliveries import Change
from channels.models import Account, AccountDirectory, RawEvent
from tenants.database import db, new_id
from tenants.outbox import JobName, enqueue_after_commit
from tenants.scope import raw_sql

HANDLED_AT_ONCE = 200
"""Events of one account that one run of the job takes."""
FORGET_UNDERSTOOD_AFTER = timedelta(days=3)
"""Longer than any platform repeats a delivery (Meta: 36 hours), so that a late repeat still finds its row."""
FORGET_UNKNOWN_AFTER = timedelta(days=30)

_KEEP = """
insert into raw_event (agency_id, id, brand_id, account_id, kind, body, digest, happened_at)
select :agency_id, new.id, :brand_id, new.account_id, new.kind, new.body, new.digest, new.happened_at
from unnest(
    cast(:ids as uuid[]), cast(:accounts as uuid[]), cast(:kinds as text[]), cast(:bodies as bytea[]),
    cast(:digests as bytea[]), cast(:times as timestamptz[])
) as new (id, account_id, kind, body, digest, happened_at)
on conflict (agency_id, account_id, digest, brand_id) do nothing
returning account_id
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event not handled yet."""

    id: UUID
    kind: str
    body: bytes


def owners(changes: Iterable[Change]) -> dict[tuple[UUID, UUID], list[tuple[UUID, Change]]]:
    """Each change beside every connected account it is about, by tenant (agency and brand); those of
    nobody's are left out.

    One statement; needs no scope.
    """
    by_name: dict[tuple[str, str], list[Change]] = {}
    for change in changes:
        by_name.setdefault((change.platform, change.external_id), []).append(change)
    if not by_name:
        return {}
    found = db.session.execute(
        select(
            AccountDirectory.platform,
            AccountDirectory.external_id,
            AccountDirectory.account_id,
            AccountDirectory.agency_id,
            AccountDirectory.brand_id,
        )
        .where(tuple_(AccountDirectory.platform, AccountDirectory.external_id).in_(list(by_name)))
        .order_by(AccountDirectory.account_id)
    )
    owned: dict[tuple[UUID, UUID], list[tuple[UUID, Change]]] = {}
    for row in found:
        theirs = owned.setdefault((row.agency_id, row.brand_id), [])
        theirs.extend((row.account_id, one) for one in by_name[row.platform, row.external_id])
    return owned


def keep(agency_id: UUID, brand_id: UUID, changes: Sequence[tuple[UUID, Change]]) -> int:
    """Store one tenant's changes, in its scope, and promise to handle them. Returns how many were new."""
    unique = {(account_id, digest_of(change)): change for account_id, change in changes}
    order = sorted(unique, key=lambda key: (key[0].bytes, key[1]))  # one order for every session: no deadlock
    kept = db.session.execute(
        raw_sql(_KEEP, reason="INSERT … ON CONFLICT from unnest"),
        {
            "agency_id": agency_id,
            "brand_id": brand_id,
            "ids": [new_id() for _ in order],
            "accounts": [account_id for account_id, _ in order],
            "kinds": [unique[key].kind for key in order],
            "bodies": [unique[key].body for key in order],
            "digests": [digest for _, digest in order],
            "times": [unique[key].happened_at for key in order],
        },
    ).scalars()
    accounts = list(kept)
    for account_id in sorted(set(accounts)):
        enqueue_after_commit(JobName.HANDLE_EVENTS, agency_id=agency_id, brand_id=brand_id, account_id=account_id)
    return len(accounts)


def digest_of(change: Change) -> bytes:
    """What makes a change itself: equal for every repetition of it, whenever it was sent."""
    told = hashlib.sha256(f"{change.platform}\n{change.external_id}\n{change.kind}\n".encode())
    told.update(change.body if change.basis is None else change.basis)
    return told.digest()


def waiting_of(account_id: UUID, limit: int = HANDLED_AT_ONCE) -> list[Waiting]:
    """An account's events not handled yet, as they came."""
    found = db.session.execute(
        select(RawEvent.id, RawEvent.kind, RawEvent.body)
        .where(RawEvent.account_id == account_id, RawEvent.handled_at.is_(None))
        .order_by(RawEvent.id)
        .limit(limit)
    )
    return [Waiting(row.id, row.kind, row.body or b"") for row in found]


def accounts_waiting(older_than: timedelta) -> list[tuple[UUID, UUID]]:
    """`(brand_id, account_id)` of accounts whose events have waited this long: a promise was lost or given up."""
    found = db.session.execute(
        select(RawEvent.brand_id, RawEvent.account_id)
        .join(Account, Account.id == RawEvent.account_id)
        .where(
            RawEvent.handled_at.is_(None),
            RawEvent.created_at < func.now() - older_than,
            Account.health.not_in(("needs_reconnect", "access_lost")),
        )
        .distinct()
    )
    return [(row.brand_id, row.account_id) for row in found]


def settle(event_ids: Sequence[UUID], outcome: str, reason: str | None = None) -> None:
    """These events were handled. The bytes of what is understood go; of the others they stay for a person."""
    if not event_ids:
        return
    values: dict[str, object] = {"handled_at": func.now(), "outcome": outcome, "reason": (reason or "")[:300] or None}
    if outcome in ("stored", "asked", "ignored"):
        values["body"] = None
    db.session.execute(
        update(RawEvent)
        .where(RawEvent.id.in_(event_ids), RawEvent.handled_at.is_(None))
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def forget_old() -> None:
    """Delete this agency's rows that no repeat can ask for any more, those set aside after a month."""
    understood = RawEvent.outcome.in_(("stored", "asked", "ignored"))
    for condition, age in ((understood, FORGET_UNDERSTOOD_AFTER), (~understood, FORGET_UNKNOWN_AFTER)):
        db.session.execute(
            delete(RawEvent)
            .where(condition, RawEvent.handled_at < func.now() - age)
            .execution_options(synchronize_session=False)
        )
