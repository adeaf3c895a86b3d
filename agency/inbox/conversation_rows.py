"""What intake writes of a conversation and of a message: rows made from records, and rows worked out afresh."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from agency.inbox.brand_rules import VIP, BrandRules
from agency.inbox.case_clocks import client_of
from agency.inbox.incoming import Record
from agency.inbox.storage import AccountRows, Thread
from agency.inbox.summary import (
    READ_CHARACTERS,
    MessageFacts,
    Standing,
    Summary,
    first_status,
    next_status,
    summarise,
    together,
)
from agency.inbox.understanding.stored import Stored
from channels.models import Account
from tenants import clock

Readings = Mapping[str, Stored]
"""By external id: what a customer's text says of itself."""
Contexts = dict[UUID, tuple[dict[str, Any], str | None]]
"""By conversation: what records say of what it stands under, and its permalink where its root was among them."""


class Rules(NamedTuple):
    """By what a conversation's row is worked out: the brand's rules, before when it is past, and whose words ask for no
    answer: each with whether their stars do not, either.
    """

    brand: BrandRules
    past_before: datetime | None = None
    spammers: Mapping[UUID, bool] = MappingProxyType({})


def refresh(
    rows: AccountRows,
    threads: Sequence[Thread],
    rules: Rules,
    contexts: Contexts,
) -> None:
    """Bring locked conversations in line with their messages.

    One that others are told within shows them, too; one that is told within another stays as a person left it, and a
    promise looks at that other one, which is not locked here: people at work hold several at once.
    """
    if not threads:
        return
    facts = rows.facts([one for t in threads for one in (t.id, *(UUID(part[0]) for part in t.parts or ()))])
    changes = []
    for thread in threads:
        if thread.merged_into_id is not None:
            rows.promise_raise(thread.merged_into_id)
        if thread.id not in facts:
            continue
        summary = _summary(thread.external_id, thread.kind, facts[thread.id], rules, thread)
        parts = [(UUID(p[0]), p[1], p[2], p[3]) for p in thread.parts or () if UUID(p[0]) in facts]
        if parts:
            told = [
                _summary(name, kind, facts[one], _rules_on(platform, rows, rules), thread)
                for one, name, kind, platform in parts
            ]
            summary = together(summary, told)
        changes.append(_changed_row(thread, summary, rules, contexts.get(thread.id, ({}, None))))
    rows.update_conversations(changes)


def refreshed_row(thread: Thread, facts: Sequence[MessageFacts], rules: Rules) -> dict[str, Any]:
    """The row of a locked conversation that tells no other and is told within none, worked out from its messages."""
    summary = _summary(thread.external_id, thread.kind, facts, rules, thread)
    return _changed_row(thread, summary, rules, ({}, None))


def _changed_row(
    thread: Thread, summary: Summary, rules: Rules, said: tuple[dict[str, Any], str | None]
) -> dict[str, Any]:
    standing = (thread.status, thread.closed_reason, thread.held, thread.reply_state, thread.last_customer_at)
    before = Standing(*standing, thread.woke_at, thread.in_incident)
    columns = _summary_columns(summary, next_status(before, summary, rules.past_before))
    return columns | {"id": thread.id, "context": said[0], "permalink": said[1]}


def _rules_on(platform: str, rows: AccountRows, rules: Rules) -> Rules:
    """What is told within another may have come by another platform, where the brand answers within other hours."""
    return rules if platform == rows.platform else rules._replace(brand=rows.rules(platform))


def refresh_conversation(account: Account, conversation_id: UUID) -> None:
    """Work out a conversation's row afresh, after something outside intake changed what counts."""
    rows = AccountRows(account)
    refresh(rows, rows.threads([], [conversation_id]), Rules(rows.rules()), {})


def _summary(
    thread_external_id: str, kind: str, facts: Sequence[MessageFacts], rules: Rules, before: Thread | int
) -> Summary:
    """`before` is the conversation it was until now or, of a new one, the standing of the person it is with."""
    standing, ended_at = (before, None) if isinstance(before, int) else (before.standing, before.ended_at)
    vip, weight = standing >= VIP, standing % VIP
    woke_after = before.last_customer_at if isinstance(before, Thread) and before.woke_at is not None else None
    return summarise(
        thread_external_id,
        kind,
        facts,
        rules.brand,
        now=clock.now(),
        vip=vip,
        weight=weight,
        ended_at=ended_at,
        woke_after=woke_after,
        client=client_of(before.clocks) if isinstance(before, Thread) else (),
    )


def _summary_columns(summary: Summary, status: tuple[str, str | None]) -> dict[str, Any]:
    columns = summary._asdict()
    del columns["closing_reason"]
    columns["status"], columns["closed_reason"] = status
    return columns


def conversation_row(
    conversation_id: UUID,
    thread_external_id: str,
    records: Iterable[Record],
    contacts: dict[str, UUID],
    languages: dict[str, str | None],
    readings: Readings,
    rules: Rules,
    standings: Mapping[UUID, int],
) -> dict[str, Any]:
    """A conversation nobody has seen before: all its messages are in this page, so it is written once, whole."""
    records = list(records)
    facts = [_facts(r, contacts, languages, readings, rules.spammers) for r in records]
    kind = records[0].kind
    root = next((r for r in records if r.external_id == thread_external_id), None)
    begun_by = contacts.get(root.contact_key) if root and root.contact_key is not None else None
    summary = _summary(thread_external_id, kind, facts, rules, standings.get(begun_by, 0) if begun_by else 0)
    context: dict[str, Any] = {}
    for record in records:
        context |= record.context or {}
    return _summary_columns(summary, first_status(summary, rules.past_before)) | {
        "id": conversation_id,
        "external_id": thread_external_id,
        "kind": kind,
        "context": context,
        "permalink": root.permalink if root else None,
    }


def _facts(
    r: Record,
    contacts: dict[str, UUID],
    languages: dict[str, str | None],
    readings: Readings,
    spammers: Mapping[UUID, bool],
) -> MessageFacts:
    contact_id = contacts.get(r.contact_key) if r.contact_key is not None else None
    is_spam = contact_id is not None and contact_id in spammers and (r.stars is None or spammers[contact_id])
    return MessageFacts(
        r.external_id,
        r.direction,
        r.text[:READ_CHARACTERS],
        r.author_name,
        contact_id,
        languages.get(r.external_id),
        r.stars,
        r.written_at,
        r.edited_at,
        r.deleted,
        r.moderation,
        reading=readings.get(r.external_id),
        spam=is_spam,
    )


def message_row(
    r: Record,
    contacts: dict[str, UUID],
    languages: dict[str, str | None],
    readings: Readings,
    now: datetime,
) -> dict[str, Any]:
    """The columns of a message that the platform may change."""
    return {
        "contact_id": contacts.get(r.contact_key) if r.contact_key is not None else None,
        "external_id": r.external_id,
        "parent_external_id": r.parent_external_id,
        "direction": r.direction,
        "author_name": r.author_name,
        "text": "" if r.deleted else r.text,  # what its author took back is not kept
        "truncated": r.truncated,
        "language": languages.get(r.external_id),
        "reading": readings.get(r.external_id),
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
