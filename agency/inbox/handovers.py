"""Handing cases over at the end of a shift: offered, accepted in one transaction, declined, withdrawn, or lapsed.

From the offer on the giver holds nothing of it: what is open is kept for whoever it is offered to, as by a rule of the
desk, so that nothing hangs on somebody who went home. Accepted, it is held until that person's shift ends.
Flushes, never commits.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import and_, select, update
from sqlalchemy.dialects.postgresql import insert

from agency.inbox.bulk import Chosen, locked_cases
from agency.inbox.colleagues import worker_in
from agency.inbox.comeback_models import Comeback
from agency.inbox.deeds import CLAIM_MINUTES, Case
from agency.inbox.desk import LONGEST_NOTE
from agency.inbox.handover_models import Handover, HandoverCase
from agency.inbox.handover_states import (
    change_cases,
    end_if_answered,
    keep_for_receiver,
    let_go,
    offered_of,
    settle_cases,
    thing_of,
    write_notes,
)
from agency.inbox.models import Conversation
from agency.inbox.team import team_at
from agency.notices.telling import settle, tell
from tenants import audit, clock
from tenants.database import db, new_id
from tenants.errors import Conflict, Invalid, NotFound, worded
from tenants.holders import holders_of_any
from tenants.models import Person
from tenants.permissions import Actor, Permission, require
from tenants.shifts import Standing, WorkTimes, at_work_by, shift_at, standing_at

MOST_CASES: Final = 200
"""Of one handover."""
ANSWER_WITHIN: Final = timedelta(hours=1)
"""Counted from when whoever it is offered to is there."""
LONGEST_WAIT: Final = timedelta(hours=16)
"""So far ahead somebody's shift may begin who is handed cases: over a night, never over days off."""
LAPSED_AT_ONCE: Final = 100
_QUIET: Final = {"synchronize_session": False}


class Given(NamedTuple):
    """A case to hand over: why it is the giver's, and what they say of it."""

    conversation_id: UUID
    reasons: tuple[str, ...]
    note: str = ""


class Left(NamedTuple):
    """A case that was not moved: `taken` by `who`, `offered` already, `closed`, `merged`, `no_brand`, `gone`."""

    conversation_id: UUID
    why: str
    who: str = ""


class Offered(NamedTuple):
    """How many were offered, and what was left out."""

    handover_id: UUID
    number: int
    left: tuple[Left, ...] = ()


def offer(actor: Actor, handover_id: UUID, to_person_id: UUID, given: Sequence[Given]) -> Offered:
    """Offer these cases of the actor's; the caller has made sure that they are. The same handover again is the first.

    Raises Invalid `not_a_colleague`, `none_chosen`, `too_many` or for a note that is too long, Conflict `not_there` for
    whoever is away or not on shift within LONGEST_WAIT, Conflict `nothing_left` where no case could be offered.
    """
    require(actor, Permission.CONVERSATION_WORK)
    if len(given) > MOST_CASES:
        raise Invalid(
            "These are more cases than one handover takes. Nothing was changed. Choose fewer.", code="too_many"
        )
    notes = {one.conversation_id: _note(one.note) for one in given}
    worker = worker_in(actor.agency_id, to_person_id) if to_person_id != actor.user_id else None
    if worker is None:
        raise Invalid(
            "Nobody is chosen whom this can be handed to. Nothing was changed. Choose a colleague from the list.",
            code="not_a_colleague",
            errors={"to": [worded("choose a colleague")]},
        )
    now = clock.now()
    work = team_at(now, [to_person_id]).of(to_person_id).work
    made = db.session.execute(
        insert(Handover)
        .values(
            agency_id=actor.agency_id,
            id=handover_id,
            from_person_id=actor.user_id,
            from_name=actor.name,
            to_person_id=to_person_id,
            to_name=worker.name,
            case_count=0,
            answer_by=answer_by(work, worker.name, now),
        )
        .on_conflict_do_nothing()
        .returning(Handover.id)
    ).first()
    if made is None:
        before = db.session.get(Handover, (actor.agency_id, handover_id))
        if before is None or before.from_person_id != actor.user_id:
            raise NotFound()
        return Offered(handover_id, before.case_count)
    by_id = {one.conversation_id: one for one in given}
    cases, _missing, _more = locked_cases(actor, Chosen(tuple(by_id)), now)
    offered_to = _offered_already([case.id for case in cases])
    left = [Left(one, "gone") for one in by_id.keys() - {case.id for case in cases}]
    moving: list[Case] = []
    for case in cases:
        why, who = _not_to_be_offered(actor, case, by_id[case.id].reasons, now), case.holder_name or ""
        if case.id in offered_to:
            why, who = "offered", offered_to[case.id]
        elif worker.brand_ids is not None and case.brand_id not in worker.brand_ids:
            why, who = "no_brand", worker.name
        if why:
            left.append(Left(case.id, why, who))
        else:
            moving.append(case)
    if not moving:
        raise Conflict(
            "None of these cases could be offered: they were taken, closed or offered meanwhile, or are of brands this "
            "colleague does not work on. Nothing was changed. Look at what is yours now and choose again.",
            code="nothing_left",
        )
    handover = db.session.get_one(Handover, (actor.agency_id, handover_id))
    handover.case_count = len(moving)
    db.session.execute(
        insert(HandoverCase),
        [
            {
                "agency_id": actor.agency_id,
                "id": new_id(),
                "brand_id": case.brand_id,
                "handover_id": handover_id,
                "conversation_id": case.id,
                "from_person_id": actor.user_id,
                "to_person_id": to_person_id,
                "reasons": list(by_id[case.id].reasons),
            }
            for case in moving
        ],
    )
    keep_for_receiver([case for case in moving if case.status == "open"], handover)
    write_notes(actor, [(case, notes[case.id]) for case in moving if notes[case.id]])
    subjects = [(case.id, case.brand_id) for case in moving]
    facts = {"handover": str(handover_id), "to_person": str(to_person_id)}
    audit.record_many(actor, "conversation.handover_offered", "conversation", subjects, **facts)
    person = db.session.get_one(Person, to_person_id)
    tell(
        "handover_offered",
        [person],
        brand_id=None,
        subject=thing_of(handover_id),
        values={"who": actor.name, "num": len(moving)},
    )
    return Offered(handover_id, len(moving), tuple(left))


def answer_by(work: WorkTimes, name: str, now: datetime) -> datetime:
    """Until when somebody is asked who works so. Raises Conflict `not_there`."""
    there = at_work_by(work, now) if work.is_known else now
    if standing_at(work, now) is Standing.ABSENT and not work.is_known:
        there = None
    if there is None or there > now + LONGEST_WAIT:
        raise Conflict(
            worded(
                "%(name)s is away or not on shift within 16 hours. Nothing was changed. "
                "Choose somebody who is there sooner, or give the cases back to the queue.",
                name=name,
            ),
            code="not_there",
        )
    return there + ANSWER_WITHIN


def accept(actor: Actor, handover_id: UUID, conversation_ids: Collection[UUID] | None = None) -> Offered:
    """Take over what is offered to this person, or some of it: all of it moves in this transaction. What cannot, is
    said. Pressed twice, the second time moves nothing.

    Raises NotFound for whom it was not offered to, Conflict `handover_ended` where nothing is offered any more.
    """
    require(actor, Permission.CONVERSATION_WORK)
    handover, rows = _offered_rows(handover_id, conversation_ids, to=actor.user_id)
    now = clock.now()
    cases, _missing, _more = locked_cases(actor, Chosen(tuple(rows)), now)
    left = [Left(one, "gone") for one in rows.keys() - {case.id for case in cases}]
    moving: list[Case] = []
    for case in cases:
        why = _not_to_be_taken(actor, handover, case, rows[case.id].reasons, now)
        if why:
            left.append(Left(case.id, why, case.holder_name or ""))
        else:
            moving.append(case)
    work = team_at(now, [actor.user_id]).of(actor.user_id).work
    runs = shift_at(work, now)
    until = max(now + timedelta(minutes=CLAIM_MINUTES), runs.end if runs is not None else now)
    values = {"holder_id": actor.user_id, "holder_name": actor.name, "held_since": now, "held_until": until}
    beside = {"held_before_id": None, "hold_reason": None, "looked_at": now}
    change_cases([case.id for case in moving if case.status == "open"], **values, **beside)
    change_cases([case.id for case in moving if case.status == "snoozed"], snoozed_by=actor.user_id)
    db.session.execute(
        update(Comeback)
        .where(
            Comeback.conversation_id.in_([case.id for case in moving]),
            Comeback.state == "waiting",
            Comeback.person_id == handover.from_person_id,
        )
        .values(person_id=actor.user_id, person_name=actor.name)
        .execution_options(**_QUIET)
    )
    settle_cases([rows[case.id] for case in moving], "accepted", now)
    for one in left:
        settle_cases([rows[one.conversation_id]], "lost", now, why=one.why)
    subjects = [(case.id, case.brand_id) for case in moving]
    facts = {"handover": str(handover_id), "from_person": str(handover.from_person_id)}
    audit.record_many(actor, "conversation.handover_accepted", "conversation", subjects, **facts)
    end_if_answered(handover, now)
    return Offered(handover_id, len(moving), tuple(left))


def decline(actor: Actor, handover_id: UUID, conversation_ids: Collection[UUID] | None = None) -> int:
    """Give back what is offered to this person, or take back what they offered, or some of it: it stands in the queue
    for everybody. Returns how many. Raises as `accept`.
    """
    require(actor, Permission.CONVERSATION_WORK)
    handover = db.session.get(Handover, (actor.agency_id, handover_id))
    is_giver = handover is not None and handover.from_person_id == actor.user_id
    handover, rows = _offered_rows(handover_id, conversation_ids, **{"giver" if is_giver else "to": actor.user_id})
    now = clock.now()
    locked_cases(actor, Chosen(tuple(rows)), now)
    let_go(list(rows), handover.to_person_id)
    settle_cases(list(rows.values()), "withdrawn" if is_giver else "declined", now)
    subjects = [(row.conversation_id, row.brand_id) for row in rows.values()]
    facts = {"handover": str(handover_id)}
    if is_giver:
        audit.record_many(actor, "conversation.handover_withdrawn", "conversation", subjects, **facts)
    else:
        audit.record_many(actor, "conversation.handover_declined", "conversation", subjects, **facts)
    end_if_answered(handover, now, by_giver=is_giver)
    return len(rows)


def lapse() -> int:
    """Upkeep, within an agency's scope: what nobody answered in time stands in the queue for everybody; whoever offered
    it and leads are told. Returns how many handovers.
    """
    now = clock.now()
    due = list(
        db.session.scalars(
            select(Handover)
            .where(Handover.ended_at.is_(None), Handover.answer_by < now)
            .order_by(Handover.id)
            .limit(LAPSED_AT_ONCE)
            .with_for_update(skip_locked=True)
        )
    )
    for handover in due:
        rows = list(db.session.scalars(offered_of(handover.id)))
        ids = sorted(row.conversation_id for row in rows)
        db.session.execute(
            select(Conversation.id)
            .where(Conversation.id.in_(ids))
            .order_by(Conversation.id)
            .with_for_update(key_share=True)
        )
        let_go(ids, handover.to_person_id)
        settle_cases(rows, "lapsed", now)
        handover.ended_at = now
        lines = [(row.conversation_id, row.brand_id, {"handover": str(handover.id)}) for row in rows]
        audit.record_each(None, "conversation.handover_lapsed", "conversation", lines)
        settle(handover.id, "handover_offered")
        if rows:
            brand_ids = {row.brand_id for row in rows}
            leads = holders_of_any(Permission.TEAM_MANAGE, handover.agency_id, brand_ids)
            workers = holders_of_any(Permission.CONVERSATION_WORK, handover.agency_id, brand_ids)
            known = {one.id for one in leads}
            givers = [one for one in workers if one.id == handover.from_person_id and one.id not in known]
            values = {"who": handover.from_name, "whom": handover.to_name, "num": len(rows)}
            subject = thing_of(handover.id)
            tell("handover_unanswered", [*leads, *givers], brand_id=None, subject=subject, values=values)
    db.session.flush()
    return len(due)


def _note(text: str) -> str:
    words = text.strip()
    if len(words) > LONGEST_NOTE or "\x00" in words:
        raise Invalid(
            worded("This is longer than %(limit)s characters. Nothing was changed; shorten it.", limit=LONGEST_NOTE),
            errors={"note": [worded("is too long")]},
        )
    return words


def _not_to_be_offered(actor: Actor, case: Case, reasons: Sequence[str], now: datetime) -> str:
    return _stays(case, reasons, (actor.user_id,), now)


def _not_to_be_taken(actor: Actor, handover: Handover, case: Case, reasons: Sequence[str], now: datetime) -> str:
    return _stays(case, reasons, (actor.user_id, handover.from_person_id), now)


def _stays(case: Case, reasons: Sequence[str], may_hold: tuple[UUID, ...], now: datetime) -> str:
    """Why a case cannot move; what was promised, comes back or waits for a word goes on though it is closed."""
    if case.merged_into_id is not None:
        return "merged"
    if case.is_held(now) and case.holder_id not in may_hold:
        return "taken"
    goes_on = {"promised", "comes_back", "waits"} & set(reasons)
    return "closed" if case.status == "closed" and not goes_on else ""


def _offered_rows(
    handover_id: UUID,
    conversation_ids: Collection[UUID] | None,
    *,
    to: UUID | None = None,
    giver: UUID | None = None,
) -> tuple[Handover, dict[UUID, HandoverCase]]:
    """The handover, held until this transaction ends, and what of it is still offered, of the brands of the scope."""
    handover = db.session.scalars(
        select(Handover).where(Handover.id == handover_id).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    if handover is None or (to is not None and handover.to_person_id != to):
        raise NotFound()
    if giver is not None and handover.from_person_id != giver:
        raise NotFound()
    rows = {row.conversation_id: row for row in db.session.scalars(offered_of(handover_id))}
    if conversation_ids is not None:
        rows = {one: row for one, row in rows.items() if one in conversation_ids}
    if not rows:
        raise Conflict(
            "Nothing of this is offered any more: it was answered, taken back or lapsed. Nothing was changed. "
            "The page shows what became of each case.",
            code="handover_ended",
        )
    return handover, rows


def _offered_already(ids: Sequence[UUID]) -> dict[UUID, str]:
    """To whom these are offered that are."""
    joined = and_(Handover.agency_id == HandoverCase.agency_id, Handover.id == HandoverCase.handover_id)
    found = db.session.execute(
        select(HandoverCase.conversation_id, Handover.to_name)
        .join(Handover, joined)
        .where(HandoverCase.conversation_id.in_(ids), HandoverCase.state == "offered")
    )
    return {row[0]: row[1] for row in found}
