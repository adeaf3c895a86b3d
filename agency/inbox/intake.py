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

from sqlalchemy import select

from agency.inbox import joining, kept_media, naming
from agency.inbox.conversation_rows import Contexts, Rules, conversation_row, message_row, refresh
from agency.inbox.heard_lines import promise_looks
from agency.inbox.incidents.watching import watch_over
from agency.inbox.incoming import PRIVATE_SUFFIX, PROVISIONAL, REPLY_SUFFIX, Record, records_of
from agency.inbox.languages import language_of
from agency.inbox.models import Conversation, Message
from agency.inbox.storage import AccountRows, Known
from agency.inbox.topic_words import topics_of
from agency.inbox.triage.carrying_out import acts_not_for, carry_out, is_vip, look_at
from agency.inbox.triage.ready import rules_of
from agency.inbox.understanding.reading import cut, read
from agency.inbox.understanding.stored import to_stored, with_came
from channels.items import IncomingItem, Page
from channels.matching import same_text
from channels.models import Account
from tenants.database import db, new_ids
from tenants.outbox import JobName, enqueue_after_commit

WAITING = ("awaiting_approval", "approved")
UNKNOWN = "outcome_unknown"
"""A reply of which nobody knows whether it arrived: words of ours that come in may be it."""


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
    astray: joining.Pairs = frozenset()
    named: Sequence[tuple[Record, Known]] = ()
    told_more: Sequence[tuple[Record, Known]] = ()
    by_event: bool = False

    def __bool__(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.fresh or self.changed or self.gone or self.astray or self.named or self.told_more)


def store_page(
    account: Account,
    page: Page,
    *,
    now: datetime,
    known_stay: bool = False,
    read_now: Iterable[IncomingItem] = (),
    past_before: datetime | None = None,
) -> Stored:
    """Bring the stored messages of this account in line with a page, in the caller's transaction and scope.

    Tombstones win over everything, newer versions over older ones; where the platform dates no change, what arrived
    last wins. A deleted review takes its answer with it. `known_stay` is for events, which may be late: what is known
    and lives is left as it is; `read_now` are items beside the page's that were just read from the platform, for which
    that does not hold.
    `past_before` is for history: what is unanswered since before that is kept closed, as past. Replies that wait for
    approval are looked at again when what they answer changed (RECHECK_WAITING_REPLIES with agency_id, brand_id,
    conversation_id), and what of answers we sent is shown otherwise is held against them (COMPARE_ANSWERS with seen_by
    besides).
    """
    rows = AccountRows(account)
    aside = rows.set_aside(page.set_aside)
    records = records_of(page.items, account.name, known_stay=known_stay, read_now=read_now)
    if not records:
        return Stored(set_aside=aside)
    external_ids = {i for r in records.values() for i in _names(r) if i}
    external_ids.update(i + REPLY_SUFFIX for i, r in records.items() if r.deleted)
    work = _compare(records, rows.known(external_ids))
    if not work:
        return Stored(unchanged=work.unchanged, set_aside=aside)
    brand_rules = rows.lock()
    work = _compare(records, rows.known(external_ids))
    if work:
        _write(account, rows, work._replace(by_event=known_stay), Rules(brand_rules, past_before), now)
    arrived = tuple((r.kind, r.written_at) for r in work.fresh if r.direction == "in" and not r.deleted)
    return Stored(len(work.fresh), len(work.changed), len(work.gone), work.unchanged, aside, arrived)


def _names(r: Record) -> tuple[str | None, ...]:
    return (r.external_id, r.thread_external_id, r.post_external_id, r.parent_external_id)


def mark_gone(account: Account, external_ids: Sequence[str], *, now: datetime) -> int:
    """Put tombstones on messages a direct read proved gone (`channels.items.Presence`), and on the answers that reviews
    among them carried; returns how many were live.
    """
    rows = AccountRows(account)
    brand_rules = rows.lock()
    answers = [external_id + REPLY_SUFFIX for external_id in external_ids]
    gone = [k for k in rows.known([*external_ids, *answers]).values() if not k.deleted]
    if gone:
        _write(account, rows, _Work([], [], gone, 0, {}), Rules(brand_rules), now)
    return len(gone)


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


def _compare(records: dict[str, Record], known: dict[str, Known]) -> _Work:
    fresh: list[Record] = []
    changed: list[tuple[Record, Known]] = []
    gone: list[Known] = []
    named: list[tuple[Record, Known]] = []
    told_more: list[tuple[Record, Known]] = []
    unchanged = 0
    for external_id in sorted(records):
        record, stored = records[external_id], known.get(external_id)
        answer = known.get(external_id + REPLY_SUFFIX)
        if record.deleted and answer is not None and not answer.deleted:
            gone.append(answer)
        if _is_of_deleted_review(record, records, known):
            # It went with its review or goes now, whichever versions of that review are told, and when.
            if stored is None and not record.no_answer:
                fresh.append(record._replace(deleted=True))
            else:
                unchanged += 1
        elif stored is None:
            if not record.no_answer:
                fresh.append(record)
        elif stored.deleted and not (record.known_stays or record.deleted) and _answers_anew(record, stored):
            changed.append((record, stored))
        elif (
            stored.deleted
            or stored.going
            or (record.no_answer and (record.known_stays or _may_stand(record, stored, records, known)))
        ):
            unchanged += 1
        elif record.deleted:
            gone.append(stored)
        elif record.known_stays or record.content_hash == stored.content_hash or _is_stale(record, stored):
            unchanged += 1
            if stored.nameless and record.author_name is not None:
                named.append((record, stored))
            if record.says_it_names_us:
                told_more.append((record, stored))
        else:
            changed.append((record, stored))
    return _Work(fresh, changed, gone, unchanged, known, joining.astray(records, known), named, told_more)


def _is_of_deleted_review(record: Record, records: dict[str, Record], known: dict[str, Known]) -> bool:
    if not record.external_id.endswith(REPLY_SUFFIX):
        return False
    above = record.parent_external_id or ""
    return (above in records and records[above].deleted) or (above in known and known[above].deleted)


def _may_stand(no_answer: Record, answer: Known, records: dict[str, Record], known: dict[str, Known]) -> bool:
    """Whether a review without its answer proves nothing: we just sent it, it waits for the platform's word, or the
    review is an older one than we know.
    """
    above = no_answer.parent_external_id or ""
    is_old = above in records and above in known and _is_stale(records[above], known[above])
    return no_answer.known_stays or is_old or answer.content_hash == PROVISIONAL or answer.moderation == "pending"


def _answers_anew(record: Record, gone: Known) -> bool:
    """A review's one answer keeps its name for ever, so another one takes the place of one that was removed."""
    return record.external_id.endswith(REPLY_SUFFIX) and record.version is not None and record.version >= gone.version


def _is_stale(record: Record, stored: Known) -> bool:
    return stored.content_hash != PROVISIONAL and record.version is not None and record.version < stored.version


def _write(account: Account, rows: AccountRows, work: _Work, rules: Rules, now: datetime) -> None:
    given = [*work.fresh, *(record for record, _ in work.changed), *(record for record, _ in work.named)]
    people = rows.contacts({r.contact_key: r.author_name for r in given if r.contact_key is not None})
    contacts = {key: person.id for key, person in people.items()}
    standings = {person.id: person.standing for person in people.values() if person.standing}
    rules = rules._replace(spammers={one.id: one.spam_stars for one in people.values() if one.is_spammer})
    work = work._replace(
        fresh=[naming.named(r, people) for r in work.fresh],
        changed=[(naming.named(r, people), known) for r, known in work.changed],
    )
    written = [*work.fresh, *(record for record, _ in work.changed)]
    languages: dict[str, str | None] = {}
    readings: dict[str, dict[str, Any]] = {}
    topics = topics_of(account.brand_id, rules.brand.topics)
    for r in written:
        if r.direction == "in" and not r.deleted:
            words = cut(r.text)
            languages[r.external_id] = language = language_of(r.text, words)
            reading = read(r.text, language, stars=r.stars, words=words)
            kept = to_stored(reading)
            kept = topics.told(kept, r.text, reading) if topics else kept
            readings[r.external_id] = with_came(
                kept, is_vip=is_vip(people, r), is_spam=acts_not_for(people.get(r.contact_key or ""), r.stars)
            )
    # A comment under a comment or a visitor's post that we know belongs where that one stands, whatever the platform
    # calls the thread.
    placed = {
        r.external_id: work.known[above].conversation_id
        for r in work.fresh
        for above in (r.thread_external_id, r.post_external_id)
        if above in work.known
    }
    # But beneath one that a person set apart it goes there.
    apart = {
        r.external_id: work.known[r.parent_external_id].conversation_id
        for r in work.fresh
        if r.parent_external_id in work.known and work.known[r.parent_external_id].set_apart
    }
    placed |= apart
    beneath = joining.told_before(rows, [r for r in work.fresh if r.external_id not in placed], now)
    touched = {*placed.values(), *(k.conversation_id for _, k in work.changed), *(k.conversation_id for k in work.gone)}
    touched.update(k.conversation_id for _, k in (*work.named, *work.told_more))
    touched.update(conversation_id for pair in work.astray for conversation_id in pair)
    touched.update(conversation_id for _, conversation_id in beneath)
    named = {r.thread_external_id for r in work.fresh if r.external_id not in placed}
    threads = rows.threads(named | {r.external_id for r in work.fresh}, touched)
    by_thread = {t.external_id: t.id for t in threads}
    starts: dict[str, list[Record]] = {}
    for record in work.fresh:
        if record.external_id not in placed and record.thread_external_id not in by_thread:
            starts.setdefault(record.thread_external_id, []).append(record)
    acts = readings and rules.past_before is None
    book = rules_of(account.brand_id, rules.brand.triage) if acts else None
    due, kinds = None, dict[str, str]()
    if acts and (book is not None or rules.brand.incidents):
        kind_of = {t.id: t.kind for t in threads}
        kinds = {r.external_id: starts[r.thread_external_id][0].kind for some in starts.values() for r in some}
        for r in work.fresh:
            place = placed.get(r.external_id) or by_thread.get(r.thread_external_id)
            kinds.setdefault(r.external_id, kind_of.get(place, r.kind) if place else r.kind)
        kinds |= {r.external_id: kind_of.get(k.conversation_id, r.kind) for r, k in work.changed}
    if book is not None:
        due = look_at(
            book,
            account,
            work.fresh,
            work.changed,
            readings,
            languages,
            kinds=kinds,
            people=people,
            zone=rules.brand.time_zone,
            now=now,
        )
    begun = dict(zip(sorted(starts), new_ids(len(starts)), strict=True))
    by_thread |= begun
    rows.insert_conversations(
        [
            conversation_row(number, thread, starts[thread], contacts, languages, readings, rules, standings)
            for thread, number in begun.items()
        ]
    )
    placed |= {r.external_id: by_thread[r.thread_external_id] for r in work.fresh if r.external_id not in placed}
    in_order = sorted(work.fresh, key=lambda r: (r.written_at, r.external_id))
    message_ids = dict(zip((r.external_id for r in in_order), new_ids(len(in_order)), strict=True))
    rows.insert_messages(
        [
            message_row(r, contacts, languages, readings, now)
            | {"id": message_ids[r.external_id], "conversation_id": placed[r.external_id]}
            for r in in_order
        ]
    )
    rows.set_apart(apart)
    rows.update_messages(
        [
            message_row(r, contacts, languages, readings, now) | {"id": k.id, "dated": r.version is not None}
            for r, k in work.changed
        ],
        now,
    )
    naming.write_names((k.id, r.author_name) for r, k in work.named if r.author_name is not None)
    rows.mark_gone([k.id for k in work.gone], now)
    naming.promise_names(account, work.fresh, people, starts)
    kept_media.promise_copies(account, written)
    pairs = set(work.astray)
    pairs |= {(by_thread[name], place) for name, place in placed.items() if by_thread.get(name, place) != place}
    pairs |= {(conversation_id, placed[post]) for post, conversation_id in beneath}
    threads, home = joining.join(rows, threads, pairs)
    here = placed | {r.external_id: k.conversation_id for r, k in (*work.changed, *work.told_more)}
    here = {external_id: home.get(place, place) for external_id, place in here.items()}
    refresh(rows, threads, rules, _contexts([*written, *(record for record, _ in work.told_more)], here))
    if due:
        carry_out(account, due, message_ids | {r.external_id: k.id for r, k in work.changed}, now)
    if acts:
        watch_over(
            account, work.fresh, readings, languages, here, kinds=kinds, people=people, rules=rules.brand, now=now
        )
    if rules.brand.heard and rules.past_before is None:
        asked = due.to_acknowledge if due else ()
        again = [r for r, _ in work.changed if r.external_id in asked]
        undated = {r.external_id for r in again if r.version is None}
        heard = [*work.fresh, *again]
        promise_looks(account, rules.brand.heard, rules.brand.clocks.times, heard, here, now, asked, undated)
    stirred = {here[r.external_id] for r in written if r.direction == "in" or r.external_id in placed}
    stirred |= {home.get(k.conversation_id, k.conversation_id) for k in work.gone} | set(home.values())
    echoed = {here[r.external_id] for r in written if r.direction == "out"}
    for thread in threads:
        if (thread.id in stirred and thread.reply_state in WAITING) or (
            thread.id in stirred | echoed and thread.reply_state == UNKNOWN
        ):
            enqueue_after_commit(
                JobName.RECHECK_WAITING_REPLIES,
                agency_id=account.agency_id,
                brand_id=account.brand_id,
                conversation_id=thread.id,
            )
    ours = {k.conversation_id for k in work.gone if k.our_text is not None}
    ours |= {k.conversation_id for r, k in work.changed if _stands_differently(r, k)}
    for conversation_id in sorted({home.get(place, place) for place in ours}):
        enqueue_after_commit(
            JobName.COMPARE_ANSWERS,
            agency_id=account.agency_id,
            brand_id=account.brand_id,
            conversation_id=conversation_id,
            seen_by="event" if work.by_event else "poll",
        )


def _stands_differently(record: Record, known: Known) -> bool:
    """Whether an answer we sent is shown otherwise than we know it; how it is told the first time is no difference."""
    if known.our_text is None or known.deleted:
        return False
    moderation = (record.moderation or "published", known.moderation or "published")
    return record.hidden != known.hidden or moderation[0] != moderation[1] or not same_text(record.text, known.our_text)


def _contexts(written: Iterable[Record], places: dict[str, UUID]) -> Contexts:
    contexts: Contexts = {}
    for record in written:
        if not record.deleted:
            place = places[record.external_id]
            context, permalink = contexts.get(place, ({}, None))
            is_root = record.external_id == record.thread_external_id
            contexts[place] = ({**context, **(record.context or {})}, record.permalink if is_root else permalink)
    return contexts
