"""Labels are put on cases and taken off them, one by one or several; many by one press: `agency.inbox.label_press`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from agency.inbox.desk_models import ConversationLabel, Label
from agency.inbox.models import Conversation
from tenants import audit
from tenants.database import db, new_id
from tenants.errors import Invalid, NotFound, worded
from tenants.permissions import Actor, Permission, require

MOST_ON_A_CASE = 20


class Put(NamedTuple):
    """That a label was put on a case, or taken off it."""

    conversation_id: UUID
    label_id: UUID


def put_on(actor: Actor, conversation_ids: Iterable[UUID], label_ids: Iterable[UUID]) -> list[Put]:
    """Put labels on cases; what was new, in the order of the cases. Needs no claim.

    A label of another brand than a case's is left out there. Raises NotFound where none of the cases or not all of the
    labels are the actor's to see or in use, Invalid `too_many_labels`, Forbidden.
    """
    wanted = list(dict.fromkeys(label_ids))
    places = _usable(wanted)
    done: list[Put] = []
    for case in _locked_cases(actor, conversation_ids):
        new = [
            one for one in wanted if one not in case.label_ids and places[one][0] in (case.brand_id, actor.agency_id)
        ]
        if len(case.label_ids) + len(new) > MOST_ON_A_CASE:
            raise Invalid(
                worded("A case bears at most %(n)s labels. Nothing was changed. Take one off first.", n=MOST_ON_A_CASE),
                code="too_many_labels",
            )
        if not new:
            continue
        rows = [
            {
                "agency_id": actor.agency_id,
                "id": new_id(),
                "brand_id": case.brand_id,
                "conversation_id": case.id,
                "label_id": one,
                "put_by": actor.user_id,
                "put_by_name": actor.name,
                "status": case.status,
                "rank": case.rank,
                "last_message_at": case.last_message_at,
            }
            for one in new
        ]
        db.session.execute(insert(ConversationLabel).on_conflict_do_nothing(), rows)
        _set(case, [*case.label_ids, *new])
        names = [places[one][1] for one in new]
        audit.record(actor, "conversation.label", "conversation", case.id, brand_id=case.brand_id, labels=names)
        done += [Put(case.id, one) for one in new]
    return done


def take_off(actor: Actor, conversation_ids: Iterable[UUID], label_ids: Iterable[UUID]) -> list[Put]:
    """Take labels off cases; what they bore. Raises NotFound as `put_on` does, Forbidden."""
    wanted = set(label_ids)
    names: dict[UUID, str] = {
        row[0]: row[1] for row in db.session.execute(select(Label.id, Label.name).where(Label.id.in_(wanted)))
    }
    if len(names) < len(wanted):
        raise NotFound()
    done: list[Put] = []
    for case in _locked_cases(actor, conversation_ids):
        gone = [one for one in case.label_ids if one in wanted]
        if not gone:
            continue
        db.session.execute(
            delete(ConversationLabel)
            .where(ConversationLabel.conversation_id == case.id, ConversationLabel.label_id.in_(gone))
            .execution_options(synchronize_session=False)
        )
        _set(case, [one for one in case.label_ids if one not in wanted])
        told = [names.get(one, "") for one in gone]
        audit.record(actor, "conversation.unlabel", "conversation", case.id, brand_id=case.brand_id, labels=told)
        done += [Put(case.id, one) for one in gone]
    return done


class _Case(NamedTuple):
    id: UUID
    brand_id: UUID
    label_ids: list[UUID]
    status: str
    rank: int
    last_message_at: Any


def _locked_cases(actor: Actor, conversation_ids: Iterable[UUID]) -> list[_Case]:
    """In the order of their ids, so that two who label the same cases do not wait for each other."""
    rows = db.session.execute(
        select(
            Conversation.id,
            Conversation.brand_id,
            Conversation.label_ids,
            Conversation.status,
            Conversation.rank,
            Conversation.last_message_at,
        )
        .where(Conversation.id.in_(set(conversation_ids)))
        .order_by(Conversation.id)
        .with_for_update(key_share=True)
    ).all()
    if not rows:
        raise NotFound()
    for brand_id in {row.brand_id for row in rows}:
        require(actor, Permission.CONVERSATION_WORK, brand_id)
    return [_Case(*row) for row in rows]


def _usable(label_ids: Sequence[UUID]) -> dict[UUID, tuple[UUID, str]]:
    """Place and name of each; those put away meanwhile are refused. They stay so until this transaction ends."""
    rows = db.session.execute(
        select(Label.id, Label.brand_id, Label.name)
        .where(Label.id.in_(label_ids), Label.archived_at.is_(None))
        .order_by(Label.id)
        .with_for_update(read=True)
    )
    found = {row[0]: (row[1], row[2]) for row in rows}
    if len(found) < len(label_ids):
        raise NotFound(
            worded("This label is not in use any more, or not yours. Nothing was changed. Choose one from the list.")
        )
    return found


def _set(case: _Case, label_ids: list[UUID]) -> None:
    db.session.execute(
        update(Conversation)
        .where(Conversation.id == case.id)
        .values(label_ids=label_ids, version=Conversation.version + 1)
        .execution_options(synchronize_session=False)
    )
