"""Items in, each exactly once, however often, in whatever order and in whatever pieces they arrive.

A page is compared with what is stored before anything is written, so a poll that brings nothing new is one read. What
changed is written by a handful of statements for the whole page. What a queue row shows is worked out afresh from the
stored messages (`agency.inbox.summary`), so no order of arrival can leave it different.

Store one account's page in a transaction of its own and touch no other conversation before it: conversations are locked
first and the brand's counter last, and everybody who keeps that order never waits in a circle.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select, update

from agency.inbox import kept_media
from agency.inbox.incoming import PRIVATE_SUFFIX, REPLY_SUFFIX, Record, records_of
from agency.inbox.languages import language_of
from agency.inbox.models import Conversation, Message
from agency.inbox.storage import AccountRows, Known, Thread
from agency.inbox.summary import READ_CHARACTERS, MessageFacts, Standing, Summary, first_status, next_status, summarise
from channels.items import Page
from channels.models import Account
from tenants.database import db, new_id
from tenants.errors import NotFound
from tenants.outbox import JobName, enqueue_after_commit

PROVISIONAL = b""
"""Content hash of an answer we recorded ourselves; whatever the platform then shows replaces it."""

WAITING = ("awaiting_approval", "approved")


class Stored(NamedTuple):
    """What became of a page, in messages. An answer carried by a review counts as a message of its own."""

    new: int = 0
    changed: int = 0
    deleted: int = 0
    unchanged: int = 0
    set_aside: int = 0
    arrived: tuple[tuple[str, datetime], ...] = ()
    """Kind and time of each word of a customer that nobody had seen before."""


class _Work(NamedTuple):
    fresh: list[Record]
    changed: list[tuple[Record, Known]]
    gone: list[Known]
    unchanged: int
    known: dict[str, Known]


class _Rules(NamedTuple):
    """By what a conversation's row is worked out: hours in which an answer is due, and before when it is past."""

    due_hours: int
    past_before: datetime | None = None


def store_page(
    account: Account, page: Page, *, now: datetime, known_stay: bool = False, past_before: datetime | None = None
) -> Stored:
    """Bring the stored messages of this account in line with a page, in the caller's transaction and scope.

    Tombstones win over everything, newer versions over older ones; where the platform dates no change, what arrived
    last wins. `known_stay` is for events, which may be late: what is known and lives is left as it is.
    `past_before` is for history: what is unanswered since before that is kept closed, as past. Replies that wait for
    approval are looked at again when what they answer changed (RECHECK_WAITING_REPLIES with agency_id, brand_id,
    conversation_id).
    """
    rows = AccountRows(account)
    aside = rows.set_aside(page.set_aside)
    records = records_of(page.items, account.name)
    if not records:
        return Stored(set_aside=aside)
    external_ids = {i for r in records.values() for i in (r.external_id, r.thread_external_id, r.post_external_id) if i}
    work = _compare(records, rows.known(external_ids), known_stay)
    if not (work.fresh or work.changed or work.gone):
        return Stored(unchanged=work.unchanged, set_aside=aside)
    due_hours = rows.lock()
    work = _compare(records, rows.known(external_ids), known_stay)
    if work.fresh or work.changed or work.gone:
        _write(account, rows, work, _Rules(due_hours, past_before), now)
    arrived = tuple((r.kind, r.written_at) for r in work.fresh if r.direction == "in" and not r.deleted)
    return Stored(len(work.fresh), len(work.changed), len(work.gone), work.unchanged, aside, arrived)


def mark_gone(account: Account, external_ids: Sequence[str], *, now: datetime) -> int:
    """Put tombstones on messages a direct read proved gone (`channels.items.Presence`); returns how many were live."""
    rows = AccountRows(account)
    due_hours = rows.lock()
    gone = [k for k in rows.known(external_ids).values() if not k.deleted]
    if gone:
        _write(account, rows, _Work([], [], gone, 0, {}), _Rules(due_hours), now)
    return len(gone)


def record_sent(
    account: Account,
    conversation_id: UUID,
    *,
    external_id: str,
    parent_external_id: str | None,
    text: str,
    written_at: datetime,
    reply_id: UUID,
    author_name: str,
    moderation: str | None = None,
) -> None:
    """Put an answer we published into its conversation at once, or link the message a poll brought before us.

    Takes the conversation's lock and no lock of the account, so it may follow other changes to that conversation.
    Give the platform's id; for a Google review `external_id` is the review's id followed by REPLY_SUFFIX.
    Raises NotFound for a conversation outside the scope.
    """
    rows = AccountRows(account)
    threads = rows.threads([], [conversation_id])
    if not threads:
        raise NotFound()
    if external_id.endswith(REPLY_SUFFIX):  # another answer takes the place of one that was removed
        db.session.execute(
            update(Message)
            .where(
                Message.account_id == account.id, Message.external_id == external_id, Message.deleted_at.is_not(None)
            )
            .values(
                deleted_at=None,
                text=text,
                written_at=written_at,
                edited_at=None,
                reply_id=None,
                moderation=moderation,
                content_hash=PROVISIONAL,
            )
            .execution_options(synchronize_session=False)
        )
    rows.insert_messages(
        [
            {
                "id": new_id(),
                "conversation_id": conversation_id,
                "external_id": external_id,
                "parent_external_id": parent_external_id,
                "direction": "out",
                "author_name": author_name,
                "text": text,
                "truncated": False,
                "attachments": [],
                "written_at": written_at,
                "hidden": False,
                "moderation": moderation,
                "content_hash": PROVISIONAL.hex(),
            }
        ]
    )
    link_reply(account.id, external_id, reply_id, parent_external_id)
    _refresh(rows, threads, _Rules(rows.due_hours()), {})


def link_reply(
    account_id: UUID, message_external_id: str, reply_id: UUID, answered_external_id: str | None = None
) -> bool:
    """Say which of our replies an outgoing message is; True when there was such a message without a reply yet.

    `answered_external_id` is what it answers, where that is known better than the platform shows it.
    """
    values: dict[str, Any] = {"reply_id": reply_id}
    if answered_external_id is not None:
        values["parent_external_id"] = answered_external_id
    found = db.session.execute(
        update(Message)
        .where(
            Message.account_id == account_id,
            Message.external_id == message_external_id,
            Message.direction == "out",
            Message.reply_id.is_(None),
        )
        .values(values)
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    )
    return found.first() is not None


def live_external_ids(account_id: UUID, kinds: Collection[str] = ()) -> set[str]:
    """Ids of the account's messages without a tombstone, for comparing with a full sweep of these kinds (none: all).

    Without direct messages and mentions, which no platform lists whole.
    """
    listed = Conversation.kind.in_(kinds) if kinds else Conversation.kind.not_in(("message", "mention"))
    rows = db.session.scalars(
        select(Message.external_id)
        .join(
            Conversation,
            (Conversation.agency_id == Message.agency_id) & (Conversation.id == Message.conversation_id),
        )
        .where(
            Message.account_id == account_id,
            Message.deleted_at.is_(None),
            listed,
        )
    )
    return {external_id for external_id in rows if not external_id.endswith((REPLY_SUFFIX, PRIVATE_SUFFIX))}


def _compare(records: dict[str, Record], known: dict[str, Known], known_stay: bool) -> _Work:
    fresh: list[Record] = []
    changed: list[tuple[Record, Known]] = []
    gone: list[Known] = []
    unchanged = 0
    for external_id in sorted(records):
        record, stored = records[external_id], known.get(external_id)
        if stored is None:
            if not record.no_answer:
                fresh.append(record)
        elif stored.deleted and not (known_stay or record.deleted) and _answers_anew(record, stored):
            changed.append((record, stored))
        elif stored.deleted or (record.no_answer and (known_stay or _may_stand(record, stored, records, known))):
            unchanged += 1
        elif record.deleted:
            gone.append(stored)
        elif known_stay or record.content_hash == stored.content_hash or _is_stale(record, stored):
            unchanged += 1
        else:
            changed.append((record, stored))
    return _Work(fresh, changed, gone, unchanged, known)


def _may_stand(no_answer: Record, answer: Known, records: dict[str, Record], known: dict[str, Known]) -> bool:
    """Whether a review without its answer proves nothing: we just sent it, it waits for the platform's word, or the
    review is an older one than we know.
    """
    above = no_answer.parent_external_id or ""
    is_old = above in records and above in known and _is_stale(records[above], known[above])
    return is_old or answer.content_hash == PROVISIONAL or answer.moderation == "pending"


def _answers_anew(record: Record, gone: Known) -> bool:
    """A review's one answer keeps its name for ever, so another one takes the place of one that was removed."""
    return record.external_id.endswith(REPLY_SUFFIX) and record.version is not None and record.version >= gone.version


def _is_stale(record: Record, stored: Known) -> bool:
    return stored.content_hash != PROVISIONAL and record.version is not None and record.version < stored.version


def _write(account: Account, rows: AccountRows, work: _Work, rules: _Rules, now: datetime) -> None:
    written = [*work.fresh, *(record for record, _ in work.changed)]
    contacts = rows.contacts({r.contact_key: r.author_name for r in written if r.contact_key is not None})
    languages = {r.external_id: language_of(r.text) for r in written if r.direction == "in" and not r.deleted}
    # A comment under a comment or a visitor's post that we know belongs where that one stands, whatever the platform
    # calls the thread.
    placed = {
        r.external_id: work.known[above].conversation_id
        for r in work.fresh
        for above in (r.post_external_id, r.thread_external_id)
        if above in work.known
    }
    touched = {*placed.values(), *(k.conversation_id for _, k in work.changed), *(k.conversation_id for k in work.gone)}
    threads = rows.threads({r.thread_external_id for r in work.fresh if r.external_id not in placed}, touched)
    by_thread = {t.external_id: t.id for t in threads}
    contexts: dict[UUID, tuple[dict[str, Any], str | None]] = {}
    for record in written:
        conversation_id = placed.get(record.external_id) or by_thread.get(record.thread_external_id)
        if conversation_id is not None and not record.deleted:
            context, permalink = contexts.get(conversation_id, ({}, None))
            is_root = record.external_id == record.thread_external_id
            contexts[conversation_id] = (
                {**context, **(record.context or {})},
                record.permalink if is_root else permalink,
            )
    starts: dict[str, list[Record]] = {}
    for record in work.fresh:
        if record.external_id not in placed and record.thread_external_id not in by_thread:
            starts.setdefault(record.thread_external_id, []).append(record)
    rows.insert_conversations(
        [_conversation_row(by_thread, thread, starts[thread], contacts, languages, rules) for thread in sorted(starts)]
    )
    rows.insert_messages(
        [
            _message_row(r, contacts, languages, now)
            | {"id": new_id(), "conversation_id": placed.get(r.external_id) or by_thread[r.thread_external_id]}
            for r in sorted(work.fresh, key=lambda r: (r.written_at, r.external_id))
        ]
    )
    rows.update_messages(
        [
            _message_row(r, contacts, languages, now) | {"id": k.id, "dated": r.version is not None}
            for r, k in work.changed
        ],
        now,
    )
    rows.mark_gone([k.id for k in work.gone], now)
    kept_media.promise_copies(account, written)
    _refresh(rows, threads, rules, contexts)
    stirred = {k.conversation_id for r, k in work.changed if r.direction == "in"} | {
        k.conversation_id for k in work.gone
    }
    stirred |= set(placed.values()) | {
        by_thread[r.thread_external_id] for r in work.fresh if r.external_id not in placed
    }
    for thread in threads:
        if thread.id in stirred and thread.reply_state in WAITING:
            enqueue_after_commit(
                JobName.RECHECK_WAITING_REPLIES,
                agency_id=account.agency_id,
                brand_id=account.brand_id,
                conversation_id=thread.id,
            )


def _refresh(
    rows: AccountRows,
    threads: Sequence[Thread],
    rules: _Rules,
    contexts: dict[UUID, tuple[dict[str, Any], str | None]],
) -> None:
    """Bring locked conversations in line with their messages."""
    if not threads:
        return
    facts = rows.facts(t.id for t in threads)
    changes = []
    for thread in threads:
        if thread.id not in facts:
            continue
        summary = summarise(thread.external_id, thread.kind, facts[thread.id], rules.due_hours)
        before = Standing(thread.status, thread.closed_reason, thread.held, thread.reply_state, thread.last_customer_at)
        context, permalink = contexts.get(thread.id, ({}, None))
        changes.append(
            _summary_columns(summary, next_status(before, summary, rules.past_before))
            | {"id": thread.id, "context": context, "permalink": permalink}
        )
    rows.update_conversations(changes)


def refresh_conversation(account: Account, conversation_id: UUID) -> None:
    """Work out a conversation's row afresh, after something outside intake changed what counts."""
    rows = AccountRows(account)
    _refresh(rows, rows.threads([], [conversation_id]), _Rules(rows.due_hours()), {})


def _summary_columns(summary: Summary, status: tuple[str, str | None]) -> dict[str, Any]:
    columns = summary._asdict()
    del columns["closing_reason"]
    columns["status"], columns["closed_reason"] = status
    return columns


def _conversation_row(
    by_thread: dict[str, UUID],
    thread_external_id: str,
    records: Iterable[Record],
    contacts: dict[str, UUID],
    languages: dict[str, str | None],
    rules: _Rules,
) -> dict[str, Any]:
    """A conversation nobody has seen before: all its messages are in this page, so it is written once, whole."""
    by_thread[thread_external_id] = conversation_id = new_id()
    records = list(records)
    facts = [_facts(r, contacts, languages) for r in records]
    kind = records[0].kind
    summary = summarise(thread_external_id, kind, facts, rules.due_hours)
    context: dict[str, Any] = {}
    for record in records:
        context |= record.context or {}
    root = next((r for r in records if r.external_id == thread_external_id), None)
    return _summary_columns(summary, first_status(summary, rules.past_before)) | {
        "id": conversation_id,
        "external_id": thread_external_id,
        "kind": kind,
        "context": context,
        "permalink": root.permalink if root else None,
    }


def _facts(r: Record, contacts: dict[str, UUID], languages: dict[str, str | None]) -> MessageFacts:
    return MessageFacts(
        r.external_id,
        r.direction,
        r.text[:READ_CHARACTERS],
        r.author_name,
        contacts.get(r.contact_key) if r.contact_key is not None else None,
        languages.get(r.external_id),
        r.stars,
        r.written_at,
        r.edited_at,
        r.deleted,
        r.moderation,
    )


def _message_row(
    r: Record, contacts: dict[str, UUID], languages: dict[str, str | None], now: datetime
) -> dict[str, Any]:
    return {
        "contact_id": contacts.get(r.contact_key) if r.contact_key is not None else None,
        "external_id": r.external_id,
        "parent_external_id": r.parent_external_id,
        "direction": r.direction,
        "author_name": r.author_name,
        "text": "" if r.deleted else r.text,  # what its author took back is not kept
        "truncated": r.truncated,
        "language": languages.get(r.external_id),
        "stars": r.stars,
        "attachments": r.attachments,
        "permalink": r.permalink,
        "written_at": r.written_at,
        "edited_at": r.edited_at,
        "deleted_at": now if r.deleted else None,
        "hidden": r.hidden,
        "moderation": r.moderation,
        "content_hash": r.content_hash.hex(),
    }


__all__ = [
    "REPLY_SUFFIX",
    "Stored",
    "link_reply",
    "live_external_ids",
    "mark_gone",
    "record_sent",
    "refresh_conversation",
    "store_page",
]
