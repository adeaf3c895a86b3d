"""Setting a run of messages apart as a case of its own: another question in the same thread.

The platform's thread stays as it is: the messages keep their names there, and an answer goes beneath the message it
answers. Here they move into a conversation that remembers where it came from; what comes in beneath one of them follows
it. Only what nobody answered yet is set apart, and never what the thread begins with, so no reply loses its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Uuid

from agency.inbox.bulk import Became, Pressed, as_it_was, begin, end, pressed
from agency.inbox.conversation_rows import Rules, refresh
from agency.inbox.deeds import CASE, Case, changes
from agency.inbox.models import APART, Conversation, KeptMedia, Message, ModerationDeed
from agency.inbox.split_deed import Split
from agency.inbox.storage import AccountRows
from agency.inbox.triage.models import TriageDeed
from channels.models import Account
from tenants import audit, clock
from tenants.database import db, new_id
from tenants.errors import Conflict, Invalid, NotFound
from tenants.permissions import Actor, require
from tenants.scope import raw_sql

MOST_MESSAGES: Final = 50

_ANSWERED = raw_sql(
    "select in_reply_to_id from reply where agency_id = :agency_id and in_reply_to_id = any(:ids)"
    " and state <> 'dropped'",
    reason="replies are a room above; whether there is one is enough to know",
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))


def split(actor: Actor, press_id: UUID, conversation_id: UUID, message_ids: Sequence[UUID]) -> Pressed:
    """Set these messages, and what stands beneath them, apart, by a press that can be undone.

    Raises NotFound, Forbidden, Conflict `held`, `merged`, `answered`, `cannot_split`, Invalid for none and too many.
    """
    require(actor, Split.permission)
    wanted = list(dict.fromkeys(message_ids))
    conversation = db.session.scalars(select(Conversation).where(Conversation.id == conversation_id)).first()
    if conversation is None:
        raise NotFound()
    if not wanted or len(wanted) > MOST_MESSAGES:
        raise Invalid("Choose one message or a few. Nothing was changed.", code="none_chosen")
    if not begin(actor, press_id, Split.name, {}):
        return pressed(actor, press_id)
    account = db.session.scalars(select(Account).where(Account.id == conversation.account_id)).one()
    rows = AccountRows(account)
    rules = rows.lock()  # what comes in meanwhile is stored before or after, not in between
    case = _locked(conversation_id)
    now = clock.now()
    changes(Split(), actor, case, now)
    moved = _moved(conversation, wanted)
    if db.session.execute(_ANSWERED, {"agency_id": actor.agency_id, "ids": [m.id for m in moved]}).first() is not None:
        raise Conflict(
            "One of these messages is answered already, or an answer is being written. Nothing was changed. "
            "Set apart only what nobody has answered.",
            code="answered",
        )
    made = Conversation(
        agency_id=actor.agency_id,
        id=new_id(),
        brand_id=conversation.brand_id,
        account_id=conversation.account_id,
        contact_id=moved[0].contact_id,
        platform=conversation.platform,
        kind=conversation.kind,
        external_id=f"{conversation.external_id.partition(APART)[0]}{APART}{new_id().hex}",
        context=conversation.context,
        permalink=moved[0].permalink,
        split_from_id=conversation_id,
        looked_at=now,
        last_message_at=max(m.written_at for m in moved),
    )
    db.session.add(made)
    db.session.flush()
    ids = [m.id for m in moved]
    _move(ids, made.id, apart=True)
    db.session.execute(
        update(Conversation)
        .where(Conversation.id == conversation_id)
        .values(looked_at=now)
        .execution_options(synchronize_session=False)
    )
    refresh(rows, rows.threads([], [conversation_id, made.id]), Rules(rules), {})
    db.session.expire_all()
    new = _locked(made.id)
    audit.record(
        actor,
        Split.action,
        "conversation",
        conversation_id,
        brand_id=case.brand_id,
        into=str(made.id),
        messages=len(ids),
        press=str(press_id),
    )
    stood = [case.version, _locked(conversation_id).version]
    before = {"messages": [str(one) for one in ids], "from": str(conversation_id), "stood": stood}
    return end(
        actor,
        press_id,
        [
            Became(new, "done", before={**as_it_was(new), **before}, version_after=new.version),
            Became(case, "same"),
        ],
    )


def that_may_go(conversation_id: UUID) -> frozenset[UUID]:
    """The messages of a case that may be set apart, each with what stands beneath it. Raises NotFound."""
    conversation = db.session.scalars(select(Conversation).where(Conversation.id == conversation_id)).first()
    if conversation is None:
        raise NotFound()
    every = _every(conversation_id)
    answered = set(db.session.scalars(_ANSWERED, {"agency_id": conversation.agency_id, "ids": [m.id for m in every]}))
    may = set()
    for one in every:
        found = _with_beneath({one.id: one}, every)
        if one.direction == "in" and one.deleted_at is None and not answered & found.keys():
            may |= {one.id} if _may_leave(conversation, found, every) else set()
    return frozenset(may)


def undo_split(actor: Actor, made_id: UUID, was: Mapping[str, Any]) -> tuple[UUID, int] | None:
    """Put the messages back into their thread and drop the case that was made for them; nobody did anything there.

    Where nobody did anything with the case they came from either, its id and the version it had: it stands as it did.
    """
    conversation_id, ids = UUID(was["from"]), [UUID(one) for one in was["messages"]]
    account = db.session.scalars(
        select(Account)
        .join(
            Conversation,
            (Conversation.agency_id == Account.agency_id)
            & (Conversation.account_id == Account.id)
            & (Conversation.brand_id == Account.brand_id),
        )
        .where(Conversation.id == made_id)
    ).one()
    rows = AccountRows(account)
    before, after = was.get("stood", (None, None))
    is_untouched = _locked(conversation_id).version == after
    _move(ids, conversation_id, apart=False)
    db.session.execute(
        delete(Conversation).where(Conversation.id == made_id).execution_options(synchronize_session=False)
    )
    refresh(rows, rows.threads([], [conversation_id]), Rules(rows.rules()), {})
    return (conversation_id, before) if is_untouched else None


def _moved(conversation: Conversation, wanted: Sequence[UUID]) -> list[Message]:
    """The chosen messages with what stands beneath them, the oldest first. Raises NotFound, Conflict."""
    every = _every(conversation.id)
    chosen = {m.id: m for m in every if m.id in set(wanted)}
    if len(chosen) < len(wanted):
        raise NotFound()
    found = _with_beneath(chosen, every)
    if not _may_leave(conversation, found, every) or any(
        m.direction != "in" or m.deleted_at is not None for m in chosen.values()
    ):
        raise Conflict(
            "These messages cannot be set apart: what a thread begins with, reviews, answers of ours and what is "
            "deleted stay where they are. Nothing was changed. Choose other words of the customer.",
            code="cannot_split",
        )
    return sorted(found.values(), key=lambda m: (m.written_at, m.id))


def _every(conversation_id: UUID) -> list[Message]:
    return list(
        db.session.scalars(
            select(Message).where(Message.conversation_id == conversation_id).order_by(Message.written_at, Message.id)
        )
    )


def _with_beneath(chosen: dict[UUID, Message], every: Sequence[Message]) -> dict[UUID, Message]:
    beneath = {m.external_id for m in chosen.values()}
    found = dict(chosen)
    grew = True
    while grew:
        more = [m for m in every if m.id not in found and m.parent_external_id in beneath]
        grew = bool(more)
        found |= {m.id: m for m in more}
        beneath |= {m.external_id for m in more}
    return found


def _may_leave(conversation: Conversation, found: dict[UUID, Message], every: Sequence[Message]) -> bool:
    """Whether the thread goes on without these: it keeps what it begins with, and words of the customer."""
    left = any(m.id not in found and m.direction == "in" and m.deleted_at is None for m in every)
    begins = any(m.external_id == conversation.external_id for m in found.values())
    return conversation.kind != "review" and left and not begins


def _move(ids: Sequence[UUID], conversation_id: UUID, *, apart: bool) -> None:
    for table, column, more in (
        (Message, Message.id, {"set_apart": apart}),
        (KeptMedia, KeptMedia.message_id, {}),
        (ModerationDeed, ModerationDeed.message_id, {}),
        (TriageDeed, TriageDeed.message_id, {}),
    ):
        db.session.execute(
            update(table)
            .where(column.in_(ids))
            .values(conversation_id=conversation_id, **more)
            .execution_options(synchronize_session=False)
        )


def _locked(conversation_id: UUID) -> Case:
    row = db.session.execute(
        select(*CASE).where(Conversation.id == conversation_id).with_for_update(key_share=True)
    ).first()
    if row is None:
        raise NotFound()
    return Case(*row)
