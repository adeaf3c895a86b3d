"""Deleting what we hold of one person, at their own word: their words, their name and their ids at the platform.

What stays is that something was said and when, as a tombstone: without it the next poll would bring the words back.
Answers of ours stay, they are the brand's, and receipts prove them by their hashes; so does what was given, which names
nobody. What colleagues noted of the person, what proves their links and drafts that were never sent go. Every column
that may hold a person's words or ids is named in `tests/inbox/contacts/test_erasing.py`, or the test fails.

In an agency's scope; nothing here commits. One large person is erased in slices (`jobs/erasing.py`): who they are goes
first, so that nothing new is added to them, then their words.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import LargeBinary, bindparam, delete, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text, Uuid

from agency.inbox import comebacks, intake, merging
from agency.inbox.contacts import birthdays, exports, linking, named
from agency.inbox.contacts.identities import lock
from agency.inbox.contacts.models import ERASED, Contact, ContactLink, ContactNote
from agency.inbox.incidents.watching import forget_watch
from agency.inbox.loops import forgetting
from agency.inbox.models import Conversation, HistoryImport, Message, Note
from agency.inbox.storage import AccountRows
from channels.items import person_thread
from channels.models import Account, RawEvent, SetAsideItem
from tenants import audit, clock
from tenants.database import db, new_id
from tenants.scope import current_scope, raw_sql

PLATFORMS = ("facebook", "instagram")
SHORTEST_SEARCHED = 8
"""Kept bytes are searched for an id of this length or more: a shorter one would be found in everybody's."""
SLICE: Final = 200
"""Messages of one transaction: for so long a poll of the account waits."""

_QUIET: Final = {"synchronize_session": False}

_CASES = raw_sql(
    """
    update conversation c set author_name = null, excerpt = '', permalink = null, version = version + 1,
        external_id = case when kind = 'message' then :thread || id else external_id end,
        context = (case when kind = 'comment' then context - 'translation'
            else jsonb_strip_nulls(jsonb_build_object('external_id', context -> 'external_id')) end)
            || '{"erased": true}'
    where agency_id = :agency_id and contact_id = any(:contact_ids)
    """,
    reason="a text made of each row's own columns",
).bindparams(bindparam("contact_ids", type_=ARRAY(Uuid)))

_BENEATH = raw_sql(
    """
    update conversation c set context = jsonb_build_object('external_id', context -> 'external_id', 'erased', true),
        version = version + 1
    where agency_id = :agency_id and account_id = any(:account_ids) and context ->> 'external_id' = any(:posts)
        and context ? 'text'
    """,
    reason="what stands under a post of theirs bears a copy of it",
).bindparams(bindparam("account_ids", type_=ARRAY(Uuid)), bindparam("posts", type_=ARRAY(Text)))

_REPLIES = raw_sql(
    """
    update reply r set
        thread_external_id = case when c.kind = 'message' then c.external_id else r.thread_external_id end,
        draft_text = case when r.state = 'draft' then null else r.draft_text end,
        draft_form = case when r.state = 'draft' then null else r.draft_form end
    from conversation c
    where c.agency_id = :agency_id and c.contact_id = any(:contact_ids)
        and r.agency_id = c.agency_id and r.conversation_id = c.id
    """,
    reason="replies are of the room above",
).bindparams(bindparam("contact_ids", type_=ARRAY(Uuid)))

_DRAFTS = raw_sql(
    """
    delete from draft_version d using conversation c
    where c.agency_id = :agency_id and c.contact_id = any(:contact_ids)
        and d.agency_id = c.agency_id and d.conversation_id = c.id
    """,
    reason="drafts are of the room above",
).bindparams(bindparam("contact_ids", type_=ARRAY(Uuid)))

_DRAFTS_BENEATH = raw_sql(
    """
    update reply r set draft_text = null, draft_form = null from message m
    where r.agency_id = :agency_id and r.state = 'draft' and r.draft_text is not null
        and m.agency_id = r.agency_id and m.id = r.in_reply_to_id and m.contact_id = any(:contact_ids)
    """,
    reason="replies are of the room above; in somebody else's case, too",
).bindparams(bindparam("contact_ids", type_=ARRAY(Uuid)))

_RECORD = raw_sql(
    """
    with cases as (
        select id, brand_id from conversation where agency_id = :agency_id and contact_id = any(:contact_ids)
    ), said as (
        select id, brand_id from message where agency_id = :agency_id and contact_id = any(:contact_ids)
    ), subjects (kind, id, brand_id) as (
        select 'contact', id, brand_id from contact where agency_id = :agency_id and id = any(:contact_ids)
        union all select 'contact_link', id, brand_id from contact_link
            where agency_id = :agency_id and (contact_id = any(:contact_ids) or other_id = any(:contact_ids))
        union all select 'conversation', id, brand_id from cases
        union all select 'message', id, brand_id from said
        union all select 'reply', r.id, r.brand_id from cases c
            join reply r on r.agency_id = :agency_id and r.conversation_id = c.id
        union all select 'reply', r.id, r.brand_id from said m
            join reply r on r.agency_id = :agency_id and r.in_reply_to_id = m.id
    )
    select a.brand_id, a.id from subjects s join brand_audit a on a.agency_id = :agency_id
        and a.brand_id = s.brand_id and a.subject_type = s.kind and a.subject_id = s.id::text
    where a.words is not null
    """,
    reason="replies are of the room above, and a line names its subject by a text",
).bindparams(bindparam("contact_ids", type_=ARRAY(Uuid)))


def erase_person(person_id: str) -> set[UUID]:
    """Everything of one person at Meta, in one transaction; returns the accounts at which something was deleted."""
    wanted = select(Contact.id).where(Contact.external_id == person_id, Contact.platform.in_(PLATFORMS))
    contact_ids = list(db.session.scalars(wanted))
    touched = forget(contact_ids) if contact_ids else set()
    erase_words(message_ids_of(contact_ids))
    return touched | _kept_bytes([person_id], None)


def forget(contact_ids: Collection[UUID]) -> set[UUID]:
    """Make these identities nobody's: names, ids, notes, links, and what their cases tell of them. Repeat-safe.

    Returns their accounts. What is stored of them from now on is of somebody new.
    """
    wanted = select(Account).join(
        Contact, (Contact.agency_id == Account.agency_id) & (Contact.account_id == Account.id)
    )
    accounts = list(db.session.scalars(wanted.where(Contact.id.in_(contact_ids)).distinct().order_by(Account.id)))
    for account in accounts:  # as intake does, before anything else of theirs
        AccountRows(account).lock()
    for brand_id in sorted({account.brand_id for account in accounts}):
        lock(brand_id)
    held = db.session.execute(
        select(Contact.id, Contact.external_id, Contact.account_id, Contact.group_id)
        .where(Contact.id.in_(contact_ids))
        .order_by(Contact.id)
    ).all()
    account_ids = {row.account_id for row in held}
    _kept_bytes([row.external_id for row in held if not row.external_id.startswith(ERASED)], account_ids)
    groups = {row.group_id for row in held if row.group_id is not None}
    grouped = set(db.session.scalars(select(Contact.id).where(Contact.group_id.in_(groups)))) if groups else set()
    posts = list(
        db.session.scalars(
            select(Conversation.external_id).where(
                Conversation.contact_id.in_(contact_ids), Conversation.kind.in_(("post", "mention"))
            )
        )
    )
    values = {"agency_id": current_scope().agency_id, "contact_ids": list(contact_ids)}
    forget_in_the_record(contact_ids)
    _delete_what_staff_wrote(contact_ids)
    birthdays.forget(contact_ids)
    comebacks.forget(contact_ids)
    forgetting.forget(contact_ids)
    db.session.execute(_CASES, {**values, "thread": person_thread(ERASED)})
    if posts:
        beneath = {"agency_id": values["agency_id"], "account_ids": list(account_ids), "posts": posts}
        db.session.execute(_BENEATH, beneath)
    for statement in (_REPLIES, _DRAFTS, _DRAFTS_BENEATH):
        db.session.execute(statement, values)
    named.forget(named.look(contact_ids))
    exports.void({account.brand_id for account in accounts})
    forget_watch({account.brand_id for account in accounts})
    for row in held:
        db.session.execute(update(Contact).where(Contact.id == row.id).values(_nobody()).execution_options(**_QUIET))
    if grouped:
        linking.regroup(grouped)
        merging.part_unproven(None, grouped)
    return account_ids


def forget_in_the_record(contact_ids: Collection[UUID]) -> None:
    """Words people of ours gave as a reason for what they did to this person's things; that they did it stays."""
    values = {"agency_id": current_scope().agency_id, "contact_ids": list(contact_ids)}
    found: dict[UUID, list[UUID]] = {}
    for brand_id, line_id in db.session.execute(_RECORD, values):
        found.setdefault(brand_id, []).append(line_id)
    for brand_id, ids in found.items():
        audit.erase_words(brand_id, ids)


def _nobody() -> dict[str, object]:
    own = {"own_vip": False, "own_weight": 0, "is_vip": False, "weight": 0, "group_id": None}
    words = {"vip_note": "", "vip_by_name": None, "vip_at": None, "name": None, "name_key": ""}
    return {**own, **words, "external_id": f"{ERASED}{new_id()}"}


def _delete_what_staff_wrote(contact_ids: Collection[UUID]) -> None:
    """Notes on the person and beside their cases, and what proves that an identity is theirs."""
    cases = select(Conversation.id).where(Conversation.contact_id.in_(contact_ids))
    for statement in (
        delete(ContactLink).where(or_(ContactLink.contact_id.in_(contact_ids), ContactLink.other_id.in_(contact_ids))),
        delete(ContactNote).where(ContactNote.contact_id.in_(contact_ids)),
        delete(Note).where(Note.conversation_id.in_(cases)),
    ):
        db.session.execute(statement.execution_options(**_QUIET))


def message_ids_of(contact_ids: Collection[UUID]) -> list[UUID]:
    """Everything these identities wrote, wherever it stands, by id."""
    if not contact_ids:
        return []
    return list(
        db.session.scalars(
            select(Message.id)
            .where(Message.contact_id.in_(contact_ids), Message.direction == "in")
            .order_by(Message.id)
        )
    )


def erase_words(message_ids: Sequence[UUID]) -> None:
    """Put tombstones on these messages and take out all they said. Repeat-safe.

    Until then intake leaves them as they are: whoever is in an order that is not done is `Known.going`.
    """
    said: dict[UUID, list[str]] = {}
    wanted = select(Message.account_id, Message.external_id).where(Message.id.in_(message_ids)).order_by(Message.id)
    for account_id, external_id in db.session.execute(wanted) if message_ids else ():
        said.setdefault(account_id, []).append(external_id)
    accounts = list(db.session.scalars(select(Account).where(Account.id.in_(said)).order_by(Account.id)))
    for account in accounts:
        AccountRows(account).lock()
    # Names first: what a case's row says is worked out from its messages once they are gone.
    _empty(message_ids, {"author_name": None, "permalink": None, "reading": None})
    for account in accounts:
        intake.mark_gone(account, said[account.id], now=clock.now())
    gone = func.coalesce(Message.deleted_at, clock.now())
    _empty(message_ids, {"text": "", "attachments": [], "earlier_texts": [], "deleted_at": gone})


def _empty(message_ids: Sequence[UUID], values: dict[str, Any]) -> None:
    theirs = update(Message).where(Message.id.in_(message_ids)).values(values)
    db.session.execute(theirs.execution_options(**_QUIET))


def _kept_bytes(person_ids: Collection[str], account_ids: Collection[UUID] | None) -> set[UUID]:
    """Drop events, unreadable items and files waiting to be brought in that name one of these ids, of these accounts or
    of all; returns the accounts of those that were there.
    """
    touched: set[UUID] = set()
    for person_id in person_ids:
        if len(person_id) < SHORTEST_SEARCHED:
            continue
        escaped = person_id.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
        pattern = literal(b"%" + escaped.encode() + b"%", LargeBinary)
        told = delete(RawEvent).where(RawEvent.body.op("like")(pattern)).returning(RawEvent.account_id)
        aside = delete(SetAsideItem).where(SetAsideItem.raw.op("like")(pattern)).returning(SetAsideItem.account_id)
        if account_ids is not None:
            told, aside = (
                told.where(RawEvent.account_id.in_(account_ids)),
                aside.where(SetAsideItem.account_id.in_(account_ids)),
            )
        for statement in (told, aside):
            touched |= set(db.session.execute(statement.execution_options(**_QUIET)).scalars())
        db.session.execute(
            update(HistoryImport)
            .where(HistoryImport.file.op("like")(pattern))
            .values(file=None, state="stopped")
            .execution_options(**_QUIET)
        )
    return touched
