"""Questions whose time is over: whoever was asked is reminded once, who asked is told, and later who leads the brand.

Nobody is reminded about a case that is closed: it was answered without them.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import and_, or_, select

from agency.inbox.loops.asking import askers_of, may_answer, procedure_of
from agency.inbox.loops.mails import send_question
from agency.inbox.loops.models import LoopAsking
from agency.inbox.models import Conversation
from agency.notices.telling import Thing, tell
from tenants import audit, clock
from tenants.database import db
from tenants.holders import holders_of
from tenants.models import Brand, OutgoingMail
from tenants.permissions import Permission

AT_ONCE: Final = 200


def remind_due() -> int:
    """Upkeep, within an agency's scope: returns how many were reminded or told about."""
    now = clock.now()
    due = db.session.execute(
        select(LoopAsking, Brand, Conversation.status)
        .join(Brand, and_(Brand.agency_id == LoopAsking.agency_id, Brand.id == LoopAsking.brand_id))
        .join(Conversation, _of_case())
        .where(
            LoopAsking.state == "open",
            LoopAsking.due_at <= now,
            or_(
                LoopAsking.reminded_at.is_(None),
                and_(LoopAsking.lead_told_at.is_(None), LoopAsking.tell_lead_at <= now),
            ),
        )
        .order_by(LoopAsking.due_at, LoopAsking.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True, of=LoopAsking)
    ).all()
    done = 0
    for asking, brand, status in due:
        is_asked = status != "closed" and brand.archived_at is None
        if asking.reminded_at is None:
            asking.reminded_at = now
            if is_asked and may_answer(asking):
                send_question(asking, brand, procedure=procedure_of(asking), again=True)
                audit.record(
                    None,
                    "loop.reminded",
                    "conversation",
                    asking.conversation_id,
                    brand_id=asking.brand_id,
                    loop=asking.loop_name,
                    to=asking.to_name,
                )
            if is_asked:
                _tell(asking, askers_of(asking), "loop_late")
                done += 1
        elif asking.tell_lead_at <= now:
            asking.lead_told_at = now
            if is_asked:
                leads = holders_of(Permission.CONVERSATION_REASSIGN, asking.agency_id, asking.brand_id)
                _tell(asking, leads, "loop_late")
                done += 1
    db.session.flush()
    return done


def note_undelivered() -> int:
    """Upkeep: tell who asked of questions whose mail came back or was refused for good. Returns how many."""
    rows = db.session.execute(
        select(LoopAsking, OutgoingMail.last_error)
        .join(OutgoingMail, OutgoingMail.id == LoopAsking.mail_id)
        .where(LoopAsking.state == "open", LoopAsking.undelivered.is_(None), OutgoingMail.given_up_at.is_not(None))
        .order_by(LoopAsking.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True, of=LoopAsking)
    ).all()
    for asking, words in rows:
        asking.undelivered = (words or "")[:200]
        _tell(asking, askers_of(asking), "loop_unreached")
    db.session.flush()
    return len(rows)


def _tell(asking: LoopAsking, people: Any, kind: str) -> None:
    tell(
        kind,
        people,
        brand_id=asking.brand_id,
        subject=Thing("loop_asking", asking.id, f"/inbox/{asking.conversation_id}"),
        values={"by_name": asking.to_name, "loop_name": asking.loop_name},
    )


def _of_case() -> Any:
    return and_(
        Conversation.agency_id == LoopAsking.agency_id,
        Conversation.id == LoopAsking.conversation_id,
        Conversation.brand_id == LoopAsking.brand_id,
    )
