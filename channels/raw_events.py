"""Events as platforms told us of them: kept durably before the delivery is answered, handled from the table.

A delivery may hold changes of several tenants; `keep` stores each tenant's bound to that tenant, and commits
(`tenants.lone_statements`). A change told again adds no row. All else is for the caller to commit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update

from channels.deliveries import Change
from channels.models import Account, RawEvent
from tenants.database import db, new_id
from tenants.lone_statements import BOUND, Lone, for_brand, rows
from tenants.outbox import JobName

HANDLED_AT_ONCE = 200
"""Events of one account that one run of the job takes."""
FORGET_UNDERSTOOD_AFTER = timedelta(days=3)
"""Longer than any platform repeats a delivery (Meta: 36 hours), so that a late repeat still finds its row."""
FORGET_UNKNOWN_AFTER = timedelta(days=30)

_OWNERS = """
select platform, external_id, account_id, agency_id, brand_id
from account_directory
join unnest(%(platforms)s::text[], %(external_ids)s::text[]) as asked (platform, external_id)
    using (platform, external_id)
order by account_id
"""
_INSERT = """
    insert into raw_event (agency_id, id, brand_id, account_id, kind, body, digest, happened_at)
    select bound.agency_id, new.id, bound.brand_id, new.account_id, new.kind, new.body, new.digest, new.happened_at
"""
_ONCE = """
    order by new.account_id, new.digest
    on conflict (agency_id, account_id, digest, brand_id) do nothing
    returning agency_id, brand_id, account_id
),
promised as (
    insert into outbox_entry (job_name, ids)
    select %(job)s, jsonb_build_object('agency_id', agency_id, 'brand_id', brand_id, 'account_id', account_id)
    from kept group by agency_id, brand_id, account_id
)
"""
_NEW = """unnest(
        %(ids)s::uuid[], %(kinds)s::text[], %(bodies)s::bytea[], %(digests)s::bytea[], %(times)s::timestamptz[],
"""
# The order is the same for every session, hence no deadlock.
_KEEP = f"""
with {BOUND},
kept as ({_INSERT}
    from bound, {_NEW} %(accounts)s::uuid[]) as new (id, kind, body, digest, happened_at, account_id){_ONCE}
select count(*) from kept
"""
# For the common case, in which all is about one tenant: found, bound and kept at once. `bound` is empty otherwise.
_KEEP_OF_ONE = f"""
with named as materialized (
    select platform, external_id, account_id, agency_id, brand_id from account_directory
    where (platform, external_id) in (select * from unnest(%(platforms)s::text[], %(external_ids)s::text[]))
),
bound as materialized (
    select set_config('app.agency_id', min(agency_id::text), true)::uuid as agency_id,
        set_config('app.brand_ids', min(brand_id::text), true)::uuid as brand_id
    from named
    having count(distinct (agency_id, brand_id)) = 1 and count(*) = count(distinct (platform, external_id))
),
kept as ({_INSERT}
    from bound, (
        select * from {_NEW} %(platforms)s::text[], %(external_ids)s::text[])
            as told (id, kind, body, digest, happened_at, platform, external_id)
        join named using (platform, external_id)
    ) as new{_ONCE}
select (select count(*) from kept), (select count(*) from bound),
    (select array_agg(platform || ' ' || external_id) from named)
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event not handled yet."""

    id: UUID
    kind: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Kept:
    """How many changes were new, and how many were of nobody's account."""

    new: int
    of_nobody: int


def keep(connection: Lone, changes: Sequence[Change]) -> Kept:
    """Store what is about connected accounts, each tenant's apart, and promise to handle it.

    All of it is durable when this returns; who stored new ones rings the bell. Raises sqlalchemy's DBAPIError when
    anything could not be stored; what could, stays, and is known when it is told again.
    """
    unique = list({digest_of(change): change for change in changes}.items())
    if not unique:
        return Kept(0, 0)
    names = _names(change for _, change in unique)
    ((new, is_of_one, known),) = rows(connection, _KEEP_OF_ONE, _values(unique) | names)
    if not is_of_one and known:
        owned = _owners(connection, unique)
        new = sum(keep_of(connection, *tenant, theirs) for tenant, theirs in owned.items())
    found = set(known or ())
    return Kept(int(new), sum(f"{change.platform} {change.external_id}" not in found for change in changes))


def _owners(
    connection: Lone, unique: Iterable[tuple[bytes, Change]]
) -> dict[tuple[UUID, UUID], list[tuple[UUID, Change]]]:
    """Each change beside every connected account it is about, by tenant (agency and brand)."""
    by_name: dict[tuple[str, str], list[Change]] = {}
    for _, change in unique:
        by_name.setdefault((change.platform, change.external_id), []).append(change)
    asked = {"platforms": [one for one, _ in by_name], "external_ids": [one for _, one in by_name]}
    owned: dict[tuple[UUID, UUID], list[tuple[UUID, Change]]] = {}
    for platform, external_id, account_id, agency_id, brand_id in rows(connection, _OWNERS, asked):
        theirs = owned.setdefault((agency_id, brand_id), [])
        theirs.extend((account_id, one) for one in by_name[platform, external_id])
    return owned


def keep_of(connection: Lone, agency_id: UUID, brand_id: UUID, changes: Sequence[tuple[UUID, Change]]) -> int:
    """One tenant's changes, each with its account, in one statement bound to that tenant. Returns how many were new."""
    unique = {(account_id, digest_of(change)): change for account_id, change in changes}
    values = _values([(digest, change) for (_, digest), change in unique.items()])
    accounts = {"accounts": [account_id for account_id, _ in unique]}
    ((new,),) = rows(connection, _KEEP, values | accounts | for_brand(agency_id, brand_id))
    return int(new)


def _names(changes: Iterable[Change]) -> dict[str, Any]:
    named = [(change.platform, change.external_id) for change in changes]
    return {"platforms": [platform for platform, _ in named], "external_ids": [one for _, one in named]}


def _values(changes: Sequence[tuple[bytes, Change]]) -> dict[str, Any]:
    return {
        "ids": [new_id() for _ in changes],
        "kinds": [change.kind for _, change in changes],
        "bodies": [change.body for _, change in changes],
        "digests": [digest for digest, _ in changes],
        "times": [change.happened_at for _, change in changes],
        "job": JobName.HANDLE_EVENTS.value,
    }


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
