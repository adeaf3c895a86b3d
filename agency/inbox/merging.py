"""Telling one conversation within another, and taking them apart again.

Nothing moves: each keeps its messages, its thread on the platform and its replies, and an answer goes out from the
conversation it answers. The one told within is closed as MERGED and points to the main one, whose row and page show
both; new words in either raise the main one (`agency.inbox.conversation_rows.refresh`).

Within a brand those of one person belong together, whichever account and platform they came by, as far as links prove
that it is one person (`agency.inbox.contacts.linking`); and those of one account and kind, whoever wrote, but for
direct messages, which are one person's alone. What a link alone held together is apart again when the link is undone,
or an end of it erased.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Text, Uuid, bindparam, func, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased

from agency.inbox.bulk import Became, Pressed, as_it_was, begin, end, pressed
from agency.inbox.contacts.identities import lock, members_of
from agency.inbox.conversation_rows import refresh_conversation
from agency.inbox.deeds import CASE, NOBODY, Case, held, merged
from agency.inbox.models import MERGED, Contact, Conversation
from channels.models import Account
from tenants import audit, clock
from tenants.database import db
from tenants.errors import Conflict, Invalid, NotFound, worded
from tenants.permissions import Actor, Permission, require
from tenants.scope import current_scope, raw_sql

MOST_PARTS: Final = 10
"""Conversations told within one: a page reads each."""
CANDIDATES: Final = 10
BUSY: Final = ("awaiting_approval", "approved", "publishing", "outcome_unknown")
"""States of a reply that a queue row shows before any other's: somebody waits for it."""
_OWN_REPLIES = raw_sql(
    """
    update conversation c set version = c.version + 1, reply_state = (
        select r.state from reply r join conversation p on p.agency_id = r.agency_id and p.id = r.conversation_id
        where p.agency_id = c.agency_id and (p.id = c.id or p.merged_into_id = c.id) and r.state <> 'dropped'
        order by r.state = any(:busy) desc, r.state_since desc, r.id desc limit 1)
    where c.agency_id = :agency_id and c.id = any(:ids)
    """,
    reason="replies are a room above; what a row shows of them once others are told within it no longer",
).bindparams(bindparam("ids", type_=ARRAY(Uuid)), bindparam("busy", type_=ARRAY(Text)))

_GROUP = (
    select(Contact.group_id)
    .where(Contact.agency_id == Conversation.agency_id, Contact.id == Conversation.contact_id)
    .correlate(Conversation)
    .scalar_subquery()
)


class Together(NamedTuple):
    """A conversation that may be told within another one, or is."""

    id: UUID
    brand_id: UUID
    platform: str
    kind: str
    status: str
    author_name: str | None
    excerpt: str
    last_message_at: datetime
    account_name: str


class _Row(NamedTuple):
    case: Case
    account_id: UUID
    kind: str
    reply_state: str | None
    group_id: UUID | None

    def belongs_to(self, main: _Row) -> bool:
        """Whether it may be told within that one."""
        ones, mains = self.case.contact_id, main.case.contact_id
        same_person = ones is not None and (
            ones == mains or (self.group_id is not None and self.group_id == main.group_id)
        )
        same_place = self.kind != "message" and (self.account_id, self.kind) == (main.account_id, main.kind)
        return self.case.brand_id == main.case.brand_id and (same_person or same_place)


def merge(actor: Actor, press_id: UUID, main_id: UUID, other_id: UUID) -> Pressed:
    """Tell the other conversation within the main one, by a press that can be undone.

    Both are of one brand and by the same person, by links that stand, or public and of one account and kind: anything
    else would be a guess. Raises NotFound, Forbidden, Invalid `same_case`, Conflict `held`, `merged`, `not_together`,
    `too_many_parts`.
    """
    require(actor, Permission.CONVERSATION_WORK)
    if main_id == other_id:
        raise Invalid("This is one and the same case. Nothing was changed. Choose another one.", code="same_case")
    if not begin(actor, press_id, "merge", {}):
        return pressed(actor, press_id)
    now = clock.now()
    _hold_links((main_id, other_id))
    rows = _locked((main_id, other_id))
    if len(rows) < 2:
        raise NotFound()
    main, other = rows[main_id], rows[other_id]
    for row in (main, other):
        require(actor, Permission.CONVERSATION_WORK, row.case.brand_id)
    _refuse(actor, main, other, now)
    parts = list(
        db.session.scalars(
            select(Conversation.id).where(Conversation.merged_into_id == other_id).order_by(Conversation.id)
        )
    )
    if not all(part.belongs_to(main) for part in _locked(parts).values()):
        raise _not_together()
    held_parts = len(_parts(main_id))
    if held_parts + len(parts) + 1 > MOST_PARTS:
        raise Conflict(
            worded("A case tells at most %(most)s others within it. Nothing was changed.", most=MOST_PARTS),
            code="too_many_parts",
        )
    _set([*parts, other_id], merged_into_id=main_id)
    closed = {"status": "closed", "closed_reason": MERGED, "snoozed_until": None, "woke_at": None}
    was_theirs = {"held_before_id": func.nullif(Conversation.holder_id, actor.user_id), "hold_reason": None}
    _set([other_id], **NOBODY, **closed, **was_theirs, looked_at=now)
    changes: dict[str, Any] = {"looked_at": now}
    changes |= _back_with(main.case, other.case)
    if main.reply_state is None or other.reply_state in BUSY:
        changes["reply_state"] = other.reply_state
    _set([main_id], **changes)
    raise_main(main_id)
    after = _versions((main_id, other_id))
    became = [
        Became(
            row.case,
            "done",
            before={
                **as_it_was(row.case),
                "reply_state": row.reply_state,
                "parts": [str(one) for one in parts] if row is other else [],
            },
            version_after=after[row.case.id],
        )
        for row in (main, other)
    ]
    for row in (main, other):
        audit.record(
            actor,
            "conversation.merge",
            "conversation",
            row.case.id,
            brand_id=row.case.brand_id,
            main=str(main_id),
            other=str(other_id),
            press=str(press_id),
        )
    return end(actor, press_id, became)


def take_apart(actor: Actor, other_id: UUID) -> UUID:
    """Tell a conversation by itself again; the id of the one it was told within.

    Raises NotFound, Forbidden, Conflict.
    """
    row = db.session.execute(
        select(Conversation.brand_id, Conversation.merged_into_id).where(Conversation.id == other_id)
    ).first()
    if row is None:
        raise NotFound()
    require(actor, Permission.CONVERSATION_WORK, row.brand_id)
    if row.merged_into_id is None:
        raise Conflict("This case is told by itself already. Nothing was changed.", code="not_merged")
    rows = _locked((other_id, row.merged_into_id))
    main = rows[row.merged_into_id]
    now = clock.now()
    if main.case.is_held(now) and main.case.holder_id != actor.user_id and not _is_lead(actor):
        raise held(main.case)
    _part(actor, rows[other_id].case)
    _raise_parted((other_id, main.case.id))
    return main.case.id


def _part(actor: Actor | None, case: Case) -> None:
    _set([case.id], merged_into_id=None, status="open", closed_reason=None, rerank_at=clock.now())
    main = str(case.merged_into_id)
    audit.record(actor, "conversation.take_apart", "conversation", case.id, brand_id=case.brand_id, main=main)


def _raise_parted(ids: Collection[UUID]) -> None:
    """Each shows again what is its own, and what is still told within it: replies, too."""
    if ids:
        db.session.execute(_OWN_REPLIES, {"agency_id": current_scope().agency_id, "ids": list(ids), "busy": BUSY})
    for one in sorted(ids):
        raise_main(one)


def raise_main(conversation_id: UUID) -> None:
    """Work out the row of a conversation afresh, with all that is told within it. Harmless where it is gone."""
    account = db.session.scalars(
        select(Account)
        .join(
            Conversation,
            (Conversation.agency_id == Account.agency_id)
            & (Conversation.account_id == Account.id)
            & (Conversation.brand_id == Account.brand_id),
        )
        .where(Conversation.id == conversation_id)
    ).first()
    if account is not None:
        refresh_conversation(account, conversation_id)


def parts_of(conversation_id: UUID) -> list[UUID]:
    """What is told within this conversation, the oldest first."""
    return _parts(conversation_id)


def candidates(actor: Actor, conversation_id: UUID) -> list[Together]:
    """Other conversations of the same person with this brand that may be told within this one, the newest first."""
    row = db.session.execute(
        select(Conversation.brand_id, Conversation.contact_id).where(Conversation.id == conversation_id)
    ).first()
    if row is None:
        raise NotFound()
    require(actor, Permission.CONVERSATION_WORK, row.brand_id)
    if row.contact_id is None:
        return []
    known = members_of(row.contact_id)
    found = db.session.execute(
        select(
            Conversation.id,
            Conversation.brand_id,
            Conversation.platform,
            Conversation.kind,
            Conversation.status,
            Conversation.author_name,
            Conversation.excerpt,
            Conversation.last_message_at,
            Account.name,
        )
        .join(
            Account,
            (Account.agency_id == Conversation.agency_id)
            & (Account.id == Conversation.account_id)
            & (Account.brand_id == Conversation.brand_id),
        )
        .where(
            Conversation.contact_id.in_(known),
            Conversation.id != conversation_id,
            Conversation.merged_into_id.is_(None),
        )
        .order_by(Conversation.last_message_at.desc())
        .limit(CANDIDATES)
    )
    return [Together(*one) for one in found]


def part_unproven(actor: Actor | None, contact_ids: Collection[UUID]) -> None:
    """Links of these people changed: tell by itself again what nothing but such a link held within another case.

    Whoever holds such a case: one person's words never stand in another's any longer. Whoever changed the links holds
    their lock.
    """
    main = aliased(Conversation)
    found = db.session.execute(
        select(Conversation.id, main.id)
        .join(main, (main.agency_id == Conversation.agency_id) & (main.id == Conversation.merged_into_id))
        .where(or_(Conversation.contact_id.in_(contact_ids), main.contact_id.in_(contact_ids)))
    ).all()
    rows = _locked([one for pair in found for one in pair]) if found else {}
    apart = [rows[part] for part, whole in found if not rows[part].belongs_to(rows[whole])]
    for row in apart:
        _part(actor, row.case)
    _raise_parted({found for row in apart for found in (row.case.id, row.case.merged_into_id) if found})


def undo_merge(actor: Actor, before: Sequence[tuple[UUID, Any]]) -> None:
    """The columns are back: point what was told within elsewhere, and work out both rows."""
    for conversation_id, was in before:
        _set([conversation_id], merged_into_id=None, reply_state=was["reply_state"])
        if was["parts"]:
            _set([UUID(one) for one in was["parts"]], merged_into_id=conversation_id)
    for conversation_id, _was in sorted(before):
        raise_main(conversation_id)


def _back_with(main: Case, other: Case) -> dict[str, Any]:
    """What becomes of the main one, so that nothing that was open or put off is closed or put off for longer."""
    if main.status != "open" and other.status == "open":
        return {"status": "open", "closed_reason": None, "snoozed_until": None}
    if other.status != "snoozed" or main.status == "open":
        return {}
    if main.status == "closed" or (
        main.snoozed_until and other.snoozed_until and main.snoozed_until > other.snoozed_until
    ):
        off = {"snoozed_until": other.snoozed_until, "snoozed_by": other.snoozed_by, "woke_at": None}
        return {"status": "snoozed", "closed_reason": None, **off}
    return {}


def _refuse(actor: Actor, main: _Row, other: _Row, now: datetime) -> None:
    for row in (main, other):
        if row.case.merged_into_id is not None:
            raise merged(row.case)
    if main.case.brand_id != other.case.brand_id:
        raise Conflict(
            "These cases are of two brands, and one brand's words never stand with another's. Nothing was changed.",
            code="not_together",
        )
    if not other.belongs_to(main):
        raise _not_together()
    for row in (main, other):
        if row.case.is_held(now) and row.case.holder_id != actor.user_id and not _is_lead(actor):
            raise held(row.case)


def _not_together() -> Conflict:
    return Conflict(
        "Nothing proves that these cases belong together: they are by different people and in different places. "
        "Nothing was changed. Answer each by itself, or link the two people first, where something proves it.",
        code="not_together",
    )


def _hold_links(ids: Sequence[UUID]) -> None:
    """Where two identities wrote: nobody undoes what makes them one person while their cases are put together."""
    wrote = db.session.execute(
        select(Conversation.brand_id, Conversation.contact_id).where(Conversation.id.in_(ids))
    ).all()
    brand_ids, contact_ids = {row.brand_id for row in wrote}, {row.contact_id for row in wrote}
    if len(brand_ids) == 1 and len(contact_ids) > 1:
        lock(brand_ids.pop())


def _is_lead(actor: Actor) -> bool:
    return actor.may(Permission.CONVERSATION_REASSIGN)


def _locked(ids: Sequence[UUID]) -> dict[UUID, _Row]:
    """In the order of their ids, as by everybody who works on several."""
    found = db.session.execute(
        select(*CASE, Conversation.account_id, Conversation.kind, Conversation.reply_state, _GROUP)
        .where(Conversation.id.in_(ids))
        .order_by(Conversation.id)
        .with_for_update(key_share=True)
    )
    rows = [_Row(Case(*row[:-4]), *row[-4:]) for row in found]
    return {row.case.id: row for row in rows}


def _parts(conversation_id: UUID) -> list[UUID]:
    return list(
        db.session.scalars(
            select(Conversation.id).where(Conversation.merged_into_id == conversation_id).order_by(Conversation.id)
        )
    )


def _versions(ids: Sequence[UUID]) -> dict[UUID, int]:
    found = db.session.execute(select(Conversation.id, Conversation.version).where(Conversation.id.in_(ids)))
    return {row.id: row.version for row in found}


def _set(ids: Sequence[UUID], **values: Any) -> None:
    db.session.execute(
        update(Conversation)
        .where(or_(*(Conversation.id == one for one in ids)))
        .values(version=Conversation.version + 1, **values)
        .execution_options(synchronize_session=False)
    )
