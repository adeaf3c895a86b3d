"""A label put on many cases, or taken off them, by one press: by the rules of `agency.inbox.labels`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from agency.inbox.bulk import Became, Chosen, Pressed, as_it_was, begin, end, kept_words, locked_cases, pressed
from agency.inbox.deeds import Case
from agency.inbox.desk_models import ConversationLabel, Label
from agency.inbox.labelling import MOST_ON_A_CASE
from agency.inbox.models import Conversation
from tenants import audit, clock
from tenants.database import db, new_id
from tenants.errors import Conflict, Invalid, NotFound, worded
from tenants.permissions import Actor, Permission, require


def put(actor: Actor, press_id: UUID, label_id: UUID, chosen: Chosen) -> Pressed:
    """Put it on each of these cases; needs no claim. Raises NotFound for a label that is not in use or not theirs."""
    return _press(actor, press_id, "label", label_id, chosen)


def take(actor: Actor, press_id: UUID, label_id: UUID, chosen: Chosen) -> Pressed:
    """Take it off each of these cases; needs no claim."""
    return _press(actor, press_id, "unlabel", label_id, chosen)


def _press(actor: Actor, press_id: UUID, name: str, label_id: UUID, chosen: Chosen) -> Pressed:
    require(actor, Permission.CONVERSATION_WORK)
    found = db.session.execute(
        select(Label.name, Label.brand_id)
        .where(Label.id == label_id, Label.archived_at.is_(None), Label.merged_into_id.is_(None))
        .with_for_update(read=True)
    ).first()
    if found is None:
        raise NotFound(
            worded("This label is not in use any more, or not yours. Nothing was changed. Choose one from the list.")
        )
    if not begin(actor, press_id, name, {"name": found.name}):
        return pressed(actor, press_id)
    cases, missing, more_left = locked_cases(actor, chosen, clock.now())
    borne = _borne([case.id for case in cases])
    became = [_became(actor, name, label_id, found, case, borne[case.id][0]) for case in cases]
    done = [one.case for one in became if one.state == "done"]
    if done:
        _write(actor, name == "label", label_id, done, borne)
        subjects = [(case.id, case.brand_id) for case in done]
        audit.record_many(
            actor, f"conversation.{name}", "conversation", subjects, press=str(press_id), labels=[found.name]
        )
    return end(actor, press_id, became, missing=missing, more_left=more_left)


def _became(actor: Actor, name: str, label_id: UUID, label: Any, case: Case, borne: Sequence[UUID]) -> Became:
    if (label_id in borne) == (name == "label"):
        return Became(case, "same")
    refusal: Conflict | Invalid | None = None
    if name == "label" and label.brand_id not in (case.brand_id, actor.agency_id):
        refusal = Conflict("This label is another brand's. Nothing was changed. Choose one of this brand or of all.")
    elif name == "label" and len(borne) >= MOST_ON_A_CASE:
        refusal = Invalid(
            worded("A case bears at most %(n)s labels. Nothing was changed. Take one off first.", n=MOST_ON_A_CASE)
        )
    if refusal is not None:
        return Became(case, "refused", kept_words(refusal))
    before = {**as_it_was(case), "label": str(label_id)}
    return Became(case, "done", before=before, version_after=case.version + 1)


def undo_labels(actor: Actor, before: Sequence[tuple[UUID, UUID, Mapping[str, Any]]], *, were_put: bool) -> None:
    """Take off what a press put on, or put back what it took off; given as case, its brand and what it was before."""
    if not before:
        return
    label_id = UUID(before[0][2]["label"])
    cases = [Case(one, brand_id, "", None, None, None, None) for one, brand_id, _was in before]
    _write(actor, not were_put, label_id, cases, _borne([case.id for case in cases]))


def _borne(ids: Sequence[UUID]) -> dict[UUID, tuple[list[UUID], str, int, Any]]:
    """By case: its labels, and its place in the queue, which a label's row copies."""
    rows = db.session.execute(
        select(
            Conversation.id,
            Conversation.label_ids,
            Conversation.status,
            Conversation.rank,
            Conversation.last_message_at,
        ).where(Conversation.id.in_(ids))
    )
    return {row[0]: tuple(row[1:]) for row in rows}  # type: ignore[misc]


def _write(actor: Actor, put_on: bool, label_id: UUID, cases: Sequence[Case], borne: Mapping[UUID, Any]) -> None:
    ids = [case.id for case in cases]
    if put_on:
        rows = [
            {
                "agency_id": actor.agency_id,
                "id": new_id(),
                "brand_id": case.brand_id,
                "conversation_id": case.id,
                "label_id": label_id,
                "put_by": actor.user_id,
                "put_by_name": actor.name,
                "status": borne[case.id][1],
                "rank": borne[case.id][2],
                "last_message_at": borne[case.id][3],
            }
            for case in cases
        ]
        db.session.execute(insert(ConversationLabel).on_conflict_do_nothing(), rows)
    else:
        db.session.execute(
            delete(ConversationLabel)
            .where(ConversationLabel.conversation_id.in_(ids), ConversationLabel.label_id == label_id)
            .execution_options(synchronize_session=False)
        )
    changed = func.array_append if put_on else func.array_remove
    db.session.execute(
        update(Conversation)
        .where(Conversation.id.in_(ids))
        .values(label_ids=changed(Conversation.label_ids, label_id), version=Conversation.version + 1)
        .execution_options(synchronize_session=False)
    )
