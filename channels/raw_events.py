"""Events as platforms told us of them: kept durably before the delivery is answered, handled from the table.

A delivery may hold changes of several tenants; `keep` stores each tenant's bound to that tenant, and commits
(`tenants.lone_statements`). A change told again adds no row. All else is for the caller to commit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, literal_column, select, update

from channels.deliveries import Change
from channels.models import Account, RawEvent
from tenants.database import db, new_id
from tenants.lone_statements import BOUND, Lone, for_brand, rows
from tenants.models import ReceivedEvent
from tenants.outbox import JobName, is_promised

HANDLED_AT_ONCE = 200
"""Events of one account that one run of the job takes."""
FORGET_UNDERSTOOD_AFTER = timedelta(days=3)
"""Longer than any platform repeats a delivery (Meta: 36 hours), so that a late repeat still finds its row."""
FORGET_UNKNOWN_AFTER = timedelta(days=30)
UNNAMED = "unnamed_push"
"""Source of the `ReceivedEvent` of a push that names nobody. It has no tenant, and what has none may hold no word that
the public wrote: so its bytes, which nobody could read, are not kept; the message's id, what was wrong with it and (in
the log) the names of its fields are.
"""

_JOB = {"job": JobName.HANDLE_EVENTS.value}

_OWNERS = """
select platform, external_id, account_id, agency_id, brand_id
from account_directory
join unnest(%(platforms)s::text[], %(external_ids)s::text[]) as asked (platform, external_id)
    using (platform, external_id)
order by account_id
"""
_ONCE = """
    on conflict (agency_id, account_id, digest, brand_id) do nothing
    returning agency_id, brand_id, account_id
),
promised as (
    insert into outbox_entry (job_name, ids)
    select %(job)s, jsonb_build_object('agency_id', agency_id, 'brand_id', brand_id, 'account_id', account_id)
    from kept group by agency_id, brand_id, account_id
)
"""
# The order is the same for every session, hence no deadlock.
_KEEP = f"""
with {BOUND},
kept as (
    insert into raw_event (agency_id, id, brand_id, account_id, kind, body, digest, happened_at)
    select bound.agency_id, new.id, bound.brand_id, new.account_id, new.kind, new.body, new.digest, new.happened_at
    from bound, unnest(
        %(ids)s::uuid[], %(kinds)s::text[], %(bodies)s::bytea[], %(digests)s::bytea[], %(times)s::timestamptz[],
        %(accounts)s::uuid[]) as new (id, kind, body, digest, happened_at, account_id)
    order by new.account_id, new.digest
    {_ONCE}
select count(*) from kept
"""
# For the common case, one change of one account: found, bound, kept and promised at once. Where the name is nobody's or
# several tenants', `bound` is empty and nothing is written. Lists of one row cost half as much again.
_KEEP_ONE = f"""
with named as materialized (
    select account_id, agency_id, brand_id from account_directory
    where platform = %(platform)s and external_id = %(external_id)s
),
bound as materialized (
    select min(account_id::text)::uuid as account_id,
        set_config('app.agency_id', min(agency_id::text), true)::uuid as agency_id,
        set_config('app.brand_ids', min(brand_id::text), true)::uuid as brand_id
    from named having count(*) = 1
),
kept as (
    insert into raw_event (agency_id, id, brand_id, account_id, kind, body, digest, happened_at)
    select agency_id, %(id)s, brand_id, account_id, %(kind)s, %(body)s, %(digest)s, %(happened_at)s from bound
    {_ONCE}
select (select count(*) from kept), (select count(*) from named)
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
    unique = {digest_of(change): change for change in changes}
    if not unique:
        return Kept(0, 0)
    if len(unique) == 1:
        ((digest, change),) = unique.items()
        ((new, owners),) = rows(connection, _KEEP_ONE, _values_of_one(digest, change))
        if owners < 2:
            return Kept(new, 1 - owners)
    by_name: dict[tuple[str, str], list[Change]] = {}
    for change in unique.values():
        by_name.setdefault((change.platform, change.external_id), []).append(change)
    owned: dict[tuple[UUID, UUID], list[tuple[UUID, Change]]] = {}
    of_nobody = set(by_name)
    asked = {"platforms": [one for one, _ in by_name], "external_ids": [one for _, one in by_name]}
    for platform, external_id, account_id, agency_id, brand_id in rows(connection, _OWNERS, asked):
        of_nobody.discard((platform, external_id))
        theirs = owned.setdefault((agency_id, brand_id), [])
        theirs.extend((account_id, one) for one in by_name[platform, external_id])
    new = sum(keep_of(connection, *tenant, theirs) for tenant, theirs in owned.items())
    return Kept(new, sum(len(by_name[name]) for name in of_nobody))


def keep_of(connection: Lone, agency_id: UUID, brand_id: UUID, changes: Sequence[tuple[UUID, Change]]) -> int:
    """One tenant's changes, each with its account, in one statement bound to that tenant. Returns how many were new."""
    unique = {(account_id, digest_of(change)): change for account_id, change in changes}
    values = {
        "ids": [new_id() for _ in unique],
        "accounts": [account_id for account_id, _ in unique],
        "kinds": [change.kind for change in unique.values()],
        "bodies": [change.body for change in unique.values()],
        "digests": [digest for _, digest in unique],
        "times": [change.happened_at for change in unique.values()],
    }
    ((new,),) = rows(connection, _KEEP, values | _JOB | for_brand(agency_id, brand_id))
    return int(new)


def _values_of_one(digest: bytes, change: Change) -> dict[str, Any]:
    return {
        "platform": change.platform,
        "external_id": change.external_id,
        "id": new_id(),
        "kind": change.kind,
        "body": change.body,
        "digest": digest,
        "happened_at": change.happened_at,
        **_JOB,
    }


def digest_of(change: Change) -> bytes:
    """What makes a change itself: equal for every repetition of it, whenever it was sent."""
    told = hashlib.sha256(f"{change.platform}\n{change.external_id}\n{change.kind}\n".encode())
    told.update(change.body if change.basis is None else change.basis)
    return told.digest()


def waiting_of(account_id: UUID, *, after: UUID | None = None, limit: int = HANDLED_AT_ONCE) -> list[Waiting]:
    """An account's events not handled yet, as they came, those after an event alone."""
    wanted = select(RawEvent.id, RawEvent.kind, RawEvent.body).where(
        RawEvent.account_id == account_id, RawEvent.handled_at.is_(None)
    )
    if after is not None:
        wanted = wanted.where(RawEvent.id > after)
    found = db.session.execute(wanted.order_by(RawEvent.id).limit(limit))
    return [Waiting(row.id, row.kind, row.body or b"") for row in found]


def accounts_waiting(older_than: timedelta) -> list[tuple[UUID, UUID]]:
    """`(brand_id, account_id)` of accounts whose events have waited this long with no promise: it was given up."""
    found = db.session.execute(
        select(RawEvent.brand_id, RawEvent.account_id)
        .join(Account, Account.id == RawEvent.account_id)
        .where(
            RawEvent.handled_at.is_(None),
            RawEvent.created_at < func.now() - older_than,
            Account.health.not_in(("needs_reconnect", "access_lost")),
            ~is_promised(JobName.HANDLE_EVENTS, "account_id", RawEvent.account_id),
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


def aside_by_kind() -> dict[str, int]:
    """How many events of the scope are kept aside, by the platform's word for their kind: not known or not storable."""
    rows = db.session.execute(
        select(RawEvent.kind, func.count(RawEvent.id))
        # The words stand in the text, so that the plan can use the index of exactly these.
        .where(RawEvent.outcome.in_([literal_column("'unknown'"), literal_column("'failed'")]))
        .group_by(RawEvent.kind)
    )
    return {row[0]: row[1] for row in rows}


def unnamed_by_reason() -> dict[str, int]:
    """How many pushes that name nobody came in the last month, by what is wrong with them. Needs no scope."""
    found = db.session.execute(
        select(ReceivedEvent.kind, func.count()).where(ReceivedEvent.source == UNNAMED).group_by(ReceivedEvent.kind)
    )
    return {row[0]: row[1] for row in found}


def forget_unnamed() -> None:
    """Delete what is noted of pushes that name nobody, after a month."""
    old = ReceivedEvent.created_at < func.now() - FORGET_UNKNOWN_AFTER
    db.session.execute(delete(ReceivedEvent).where(ReceivedEvent.source == UNNAMED, old))


def forget_old() -> None:
    """Delete this agency's rows that no repeat can ask for any more, those set aside after a month. What could not be
    asked about for a month is set aside: what it told of was found by polls, or nobody may read it.
    """
    db.session.execute(
        update(RawEvent)
        .where(RawEvent.handled_at.is_(None), RawEvent.created_at < func.now() - FORGET_UNKNOWN_AFTER)
        .values(handled_at=func.now(), outcome="failed", reason="waited for a month")
        .execution_options(synchronize_session=False)
    )
    understood = RawEvent.outcome.in_(("stored", "asked", "ignored"))
    for condition, age in ((understood, FORGET_UNDERSTOOD_AFTER), (~understood, FORGET_UNKNOWN_AFTER)):
        db.session.execute(
            delete(RawEvent)
            .where(condition, RawEvent.handled_at < func.now() - age)
            .execution_options(synchronize_session=False)
        )
