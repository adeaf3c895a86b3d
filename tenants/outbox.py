"""Work promised by a transaction: a row inside it, a ring at the dispatcher's bell after it.

The row is the promise. Redis is never asked here, so losing all of it loses no work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import String, TextClause, cast, exists, text
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.elements import ColumnElement

from tenants.database import db
from tenants.models import OutboxEntry

BELL = "onbrand_outbox"
"""The PostgreSQL notification channel the dispatcher listens on."""


class JobName(StrEnum):
    """Every job there is. `jobs.catalogue` says for each which function runs it, where and how long."""

    POLL_ACCOUNTS = "poll_accounts"
    HANDLE_EVENTS = "handle_events"
    PUBLISH_REPLY = "publish_reply"
    RECONCILE_REPLY = "reconcile_reply"
    READ_BACK_REPLY = "read_back_reply"
    SUBSCRIBE_ACCOUNT = "subscribe_account"
    WAKE_ACCOUNT = "wake_account"
    CHECK_ACCESS = "check_access"
    CHECK_ACCOUNT = "check_account"
    ASK_TO_RECONNECT = "ask_to_reconnect"
    END_ACCESS = "end_access"
    WITHDRAW_ACCESS = "withdraw_access"
    DELETE_PERSON = "delete_person"
    ERASE_CONTACTS = "erase_contacts"
    EXPORT_PEOPLE = "export_people"
    DO_DEED = "do_deed"
    KEEP_MEDIA = "keep_media"
    NAME_PERSON = "name_person"
    SEND_MAIL = "send_mail"
    GATHER_NOTICES = "gather_notices"
    MAIL_WAITING = "mail_waiting"
    RECHECK_WAITING_REPLIES = "recheck_waiting_replies"
    RECHECK_WORDS = "recheck_words"
    ACKNOWLEDGE = "acknowledge"
    HAND_OUT = "hand_out"
    BACKFILL = "backfill"
    IMPORT_FILE = "import_file"
    INDEX_WORDS = "index_words"
    FOLD_FIGURES = "fold_figures"
    CHECK_FIGURES = "check_figures"
    UPKEEP = "upkeep"
    RANK_DUE = "rank_due"
    RERANK = "rerank"
    READ_TOPICS = "read_topics"
    RING_WAITING = "ring_waiting"
    RAISE_MERGED = "raise_merged"
    COMPARE_ANSWERS = "compare_answers"
    READ_ANSWERS_AGAIN = "read_answers_again"
    TELL_AUDIT_HEADS = "tell_audit_heads"
    MAIL_DAYS = "mail_days"
    MAIL_OUTCOMES = "mail_outcomes"
    ANSWER_INCIDENT = "answer_incident"
    SYNC_BILLING = "sync_billing"
    CHANGE_BILLING = "change_billing"
    TELL_VAT_ID = "tell_vat_id"


def enqueue_after_commit(job: JobName, *, run_at: datetime | None = None, **ids: UUID | str | int) -> None:
    """Promise a job: it runs at least once after this transaction commits, never if it rolls back.

    `ids` are names of things, never the things; every job must be harmless when it runs twice.
    `run_at` (aware) delays it; the default is at once.
    """
    entry = OutboxEntry(job_name=job.value, ids=_payload(ids))
    if run_at is not None:
        entry.run_at = run_at
    db.session.add(entry)
    db.session.flush()
    db.session.connection().execute(text(f"notify {BELL}"))


def enqueue_many_after_commit(
    job: JobName,
    each: Sequence[tuple[Mapping[str, UUID | str | int], datetime | None]],
    *,
    instead_of: JobName | None = None,
) -> None:
    """The same of one kind for many things, each with when it may run, None for at once; in one statement, one ring.

    ``instead_of``: promises of that kind about the same replies that nobody has begun are taken back.
    """
    if not each:
        return
    given = {
        "job": job.value,
        "ids": orjson.dumps([ids for ids, _run_at in each]).decode(),
        "moments": [run_at for _ids, run_at in each] if any(run_at for _ids, run_at in each) else None,
    }
    db.session.connection().execute(_insert_many(instead_of), given)


_TAKE_BACK = """
    taken_back as (
        delete from outbox_entry where id in (
            select id from outbox_entry
            where job_name = '{kind}' and done_at is null and given_up_at is null and leased_until is null
              and ids ->> 'reply_id' = any(select one ->> 'reply_id' from jsonb_array_elements(cast(:ids as jsonb)) one)
            for update skip locked
        )
    ),
"""


@cache
def _insert_many(instead_of: JobName | None) -> TextClause:
    taken_back = "" if instead_of is None else _TAKE_BACK.format(kind=instead_of.value)
    return text(_INSERT_MANY.format(taken_back=taken_back))


_INSERT_MANY = f"""
    with {{taken_back}} added as (
        insert into outbox_entry (job_name, ids, run_at, attempts)
        select :job, given.ids, coalesce(given.run_at, now()), 0
        from rows from (jsonb_array_elements(cast(:ids as jsonb)), unnest(cast(:moments as timestamptz[])))
            as given(ids, run_at)
        returning 1
    )
    select pg_notify('{BELL}', '') from (select count(*) from added) as ready
"""


def _payload(ids: Mapping[str, UUID | str | int]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, UUID) else value for name, value in ids.items()}


def is_promised(job: JobName, name: str, value: UUID | InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
    """Whether a promise of the kind is open whose id ``name`` is this value, or that of the row asked for."""
    return exists().where(
        OutboxEntry.job_name == job.value,
        OutboxEntry.done_at.is_(None),
        OutboxEntry.given_up_at.is_(None),
        OutboxEntry.ids[name].astext == cast(value, String),
    )
