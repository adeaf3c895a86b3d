"""What handing over does to cases and to the handover itself, shared by offering, answering and lapsing.

The caller holds the handover and the conversations.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from agency.inbox.deeds import NOBODY, Case
from agency.inbox.handover_models import Handover, HandoverCase
from agency.inbox.models import Conversation, Note
from agency.inbox.signs import KEPT
from agency.inbox.triage.models import KeptCase
from agency.notices.telling import Thing, settle, tell
from tenants import audit, clock
from tenants.database import db, new_id
from tenants.models import Person
from tenants.permissions import Actor

_QUIET: Final = {"synchronize_session": False}


def offered_of(handover_id: UUID) -> Any:
    """Its cases that are still offered, in the order in which cases are locked."""
    return (
        select(HandoverCase)
        .where(HandoverCase.handover_id == handover_id, HandoverCase.state == "offered")
        .order_by(HandoverCase.conversation_id)
    )


def keep_for_receiver(cases: Sequence[Case], handover: Handover) -> None:
    """Nobody holds them any more, and they are kept for whom they are offered to."""
    if not cases:
        return
    freed = {**NOBODY, "held_before_id": None, "hold_reason": None, "looked_at": clock.now()}
    change_cases([case.id for case in cases], **freed)
    values = [
        {
            "agency_id": handover.agency_id,
            "id": new_id(),
            "brand_id": case.brand_id,
            "conversation_id": case.id,
            "person_id": handover.to_person_id,
            "person_name": handover.to_name,
            "until": handover.answer_by,
        }
        for case in cases
    ]
    written = insert(KeptCase).values(values)
    named: Mapping[str, Any] = {name: written.excluded[name] for name in ("person_id", "person_name", "until")}
    taken = {**named, "wants_skill": None, "wants_language": None}
    db.session.execute(
        written.on_conflict_do_update(index_elements=["agency_id", "conversation_id", "brand_id"], set_=taken)
    )
    change_cases([case.id for case in cases], signs=Conversation.signs.op("|")(KEPT))


def let_go(ids: Collection[UUID], person_id: UUID) -> None:
    """They are kept for this person no longer."""
    gone = db.session.scalars(
        delete(KeptCase)
        .where(KeptCase.conversation_id.in_(ids), KeptCase.person_id == person_id)
        .returning(KeptCase.conversation_id)
        .execution_options(**_QUIET)
    ).all()
    change_cases(list(gone), signs=Conversation.signs.op("&")(~KEPT))


def settle_cases(rows: Sequence[HandoverCase], state: str, now: datetime, *, why: str | None = None) -> None:
    """Write down what became of these."""
    for row in rows:
        row.state, row.settled_at, row.why = state, now, why
    db.session.flush()


def end_if_answered(handover: Handover, now: datetime, *, by_giver: bool = False) -> None:
    """Once nothing is offered any more, it is over and the giver is told. What is of brands the scope does not cover
    is still offered: it lapses.
    """
    states = (
        db.session.execute(select(HandoverCase.state).where(HandoverCase.handover_id == handover.id)).scalars().all()
    )
    if "offered" in states or len(states) < handover.case_count:
        return
    handover.ended_at = now
    settle(handover.id, "handover_offered")
    db.session.flush()
    giver = db.session.get(Person, handover.from_person_id)
    if giver is not None and giver.disabled_at is None and not by_giver:
        values = {"who": handover.to_name, "num": states.count("accepted"), "all": handover.case_count}
        tell("handover_answered", [giver], brand_id=None, subject=thing_of(handover.id), values=values)


def write_notes(actor: Actor, notes: Sequence[tuple[Case, str]]) -> None:
    """What the giver says of cases, as notes at them."""
    if not notes:
        return
    db.session.add_all(
        Note(
            agency_id=actor.agency_id,
            id=new_id(),
            brand_id=case.brand_id,
            conversation_id=case.id,
            author_id=actor.user_id,
            author_name=actor.name,
            text=words,
        )
        for case, words in notes
    )
    db.session.flush()
    audit.record_many(actor, "conversation.note", "conversation", [(case.id, case.brand_id) for case, _words in notes])


def change_cases(ids: Sequence[UUID], **values: Any) -> None:
    """Change these conversations, which the caller holds."""
    if ids:
        db.session.execute(
            update(Conversation)
            .where(Conversation.id.in_(ids))
            .values(version=Conversation.version + 1, **values)
            .execution_options(**_QUIET)
        )


def thing_of(handover_id: UUID) -> Thing:
    """What notices of a handover are about."""
    return Thing("handover", handover_id, f"/handovers/{handover_id}")
