"""Cases come back at their time: open, first among what is not late, kept for whom they come back to, who is told.

For upkeep, within an agency's scope. Nothing is ever sent by it. Flushes, never commits.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import and_, select, update
from sqlalchemy.dialects.postgresql import insert

from agency.inbox.comeback_models import Comeback
from agency.inbox.deeds import CASE, Case
from agency.inbox.handover_models import Handover, HandoverCase
from agency.inbox.models import FROM_SPAMMER, SPAM, Conversation
from agency.inbox.signs import COMES_BACK, KEPT
from agency.inbox.team import Colleague, team_at
from agency.inbox.triage.models import KeptCase
from agency.notices.telling import Thing, colleagues, tell
from tenants import audit, clock
from tenants.database import db, new_id
from tenants.holders import holders_of
from tenants.models import Brand
from tenants.permissions import Permission
from tenants.shifts import at_work_by, is_off

AT_ONCE: Final = 500
KEPT_FOR: Final = timedelta(hours=1)
"""So long `next` offers a case that came back to nobody but the person it came back to, as what a rule keeps."""
_QUIET: Final = {"synchronize_session": False}


class _Keeper(NamedTuple):
    """Whom a case comes back to now, and until when it is kept for them."""

    id: UUID
    name: str
    until: datetime


def wake_due() -> int:
    """Bring back what is due. Returns how many.

    A case the customer wrote to meanwhile within another one it is told in does not come back: that is told instead.
    One that is spam since ends. What somebody works on at this moment is left for the next time, and brands put away
    are left alone.
    """
    now = clock.now()
    due = db.session.execute(
        select(Comeback.conversation_id, Conversation.merged_into_id)
        .join(
            Conversation,
            and_(
                Conversation.agency_id == Comeback.agency_id,
                Conversation.id == Comeback.conversation_id,
                Conversation.brand_id == Comeback.brand_id,
            ),
        )
        .join(Brand, and_(Brand.agency_id == Comeback.agency_id, Brand.id == Comeback.brand_id))
        .where(Comeback.state == "waiting", Comeback.comes_at <= now, Brand.archived_at.is_(None))
        .order_by(Comeback.comes_at, Comeback.id)
        .limit(AT_ONCE)
    ).all()
    if not due:
        return 0
    cases = locked({one for row in due for one in row if one is not None})
    return sum(_wake(row.conversation_id, row.merged_into_id, cases, now) for row in due)


def locked(ids: Collection[UUID]) -> dict[UUID, tuple[Case, datetime | None]]:
    """These cases with when their customer last wrote, held until this transaction ends; without those that somebody
    works on at this moment.
    """
    wanted = select(*CASE, Conversation.last_customer_at).where(Conversation.id.in_(ids)).order_by(Conversation.id)
    found = db.session.execute(wanted.with_for_update(skip_locked=True, key_share=True)).all()
    return {row.id: (Case(*row[:-1]), row.last_customer_at) for row in found}


def bring(one: Comeback, case: Case, now: datetime, kind: str = "case_came_back") -> None:
    """The case, which the caller holds, is back: open, and kept for whom it is by now. `kind`: of what they are told.

    Whoever was handed the case and has not answered yet is who has it. Whoever is off shift for longer than it is kept
    is stood in for by who stands in for them, or who leads the brand; so is who does not work on the brand any more.
    """
    keeper = _keeper_of(one, now)
    one.state, one.ended_at, one.conversation_id = "woke", now, case.id
    values: dict[str, Any] = {"woke_at": now, "rerank_at": now, "signs": Conversation.signs.op("&")(~COMES_BACK)}
    if case.status != "open":
        values |= {"status": "open", "closed_reason": None, "snoozed_until": None}
    db.session.flush()
    change(case.id, **values)
    workers = {person.id: person for person in holders_of(Permission.CONVERSATION_WORK, one.agency_id, one.brand_id)}
    works = keeper.id in workers
    if works and not case.is_held(now):
        _keep(one, keeper)
    known = team_at(now, [keeper.id]).of(keeper.id)
    is_away = works and _is_away(known, now)
    stands_in = workers.get(known.stand_in(now) or keeper.id) if is_away else None
    others = [] if works and not is_away else holders_of(Permission.CONVERSATION_REASSIGN, one.agency_id, one.brand_id)
    if stands_in is not None and stands_in.id != keeper.id:
        others = [stands_in]
    subject = Thing("conversation", case.id, f"/inbox/{case.id}")
    if works:
        tell(kind, [workers[keeper.id]], brand_id=one.brand_id, subject=subject, values={"by_name": "", "away": False})
    facts = {"by_name": keeper.name, "away": is_away}
    tell(kind, others, brand_id=one.brand_id, subject=subject, values=facts, but=keeper.id)
    audit.record(None, "conversation.came_back", "conversation", case.id, brand_id=one.brand_id)


def _wake(
    conversation_id: UUID,
    merged_into_id: UUID | None,
    cases: dict[UUID, tuple[Case, datetime | None]],
    now: datetime,
) -> bool:
    shown = cases.get(merged_into_id or conversation_id)
    if conversation_id not in cases or shown is None:
        return False
    case, last_customer_at = shown
    one = db.session.scalars(
        select(Comeback).where(Comeback.conversation_id == conversation_id, Comeback.state == "waiting")
    ).one_or_none()
    if one is None or one.comes_at > now:
        return False
    if merged_into_id is not None:
        change(conversation_id, signs=Conversation.signs.op("&")(~COMES_BACK))
    was_first = last_customer_at is not None and merged_into_id is not None and last_customer_at > one.created_at
    if was_first or case.closed_reason in (SPAM, FROM_SPAMMER):
        one.state, one.ended_because, one.ended_at = "ended", "customer" if was_first else "person", now
        db.session.flush()
        if merged_into_id is None:
            change(conversation_id, signs=Conversation.signs.op("&")(~COMES_BACK))
        return False
    bring(one, case, now)
    return True


def _keeper_of(one: Comeback, now: datetime) -> _Keeper:
    """Whoever was offered the case by whom it comes back to, and has not answered; else that person."""
    offered = db.session.execute(
        select(Handover.to_person_id, Handover.to_name, Handover.answer_by)
        .join(HandoverCase, and_(HandoverCase.agency_id == Handover.agency_id, HandoverCase.handover_id == Handover.id))
        .where(
            HandoverCase.conversation_id == one.conversation_id,
            HandoverCase.state == "offered",
            HandoverCase.from_person_id == one.person_id,
        )
        .limit(1)
    ).one_or_none()
    if offered is None:
        return _Keeper(one.person_id, one.person_name, now + KEPT_FOR)
    return _Keeper(offered.to_person_id, offered.to_name, max(now + KEPT_FOR, offered.answer_by))


def _is_away(known: Colleague, now: datetime) -> bool:
    """Whether somebody is off shift, and not back while it is kept for them."""
    if not is_off(known.work, now):
        return False
    there_at = at_work_by(known.work, now)
    return there_at is None or there_at > now + KEPT_FOR


def _keep(one: Comeback, keeper: _Keeper) -> None:
    kept = db.session.execute(
        insert(KeptCase)
        .values(
            agency_id=one.agency_id,
            id=new_id(),
            brand_id=one.brand_id,
            conversation_id=one.conversation_id,
            person_id=keeper.id,
            person_name=keeper.name,
            until=keeper.until,
        )
        .on_conflict_do_nothing()
        .returning(KeptCase.id)
    ).first()
    if kept is not None:
        change(one.conversation_id, signs=Conversation.signs.op("|")(KEPT))


def tell_ended() -> int:
    """Tell whoever waited for a case that the customer wrote first. Returns how many."""
    rows = db.session.scalars(
        select(Comeback)
        .where(Comeback.ended_because == "customer", Comeback.told_at.is_(None))
        .order_by(Comeback.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    for one in rows:
        one.told_at = clock.now()
        tell(
            "comeback_ended",
            colleagues([one.person_id], one.brand_id),
            brand_id=one.brand_id,
            subject=Thing("conversation", one.conversation_id, f"/inbox/{one.conversation_id}"),
        )
    return len(rows)


def change(conversation_id: UUID, **values: Any) -> None:
    """Change a conversation, which the caller holds."""
    db.session.execute(
        update(Conversation)
        .where(Conversation.id == conversation_id)
        .values(version=Conversation.version + 1, **values)
        .execution_options(**_QUIET)
    )
