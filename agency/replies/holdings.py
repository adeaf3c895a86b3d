"""What is somebody's across all brands, as they read it at the end of a shift: what they hold, what is kept for them,
what they promised, what comes back to them, what waits for somebody's word, what they began.

A promise and a waiting reply are of whoever wrote the reply, or of whom the case was handed to since.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import and_, func, literal, null, select, union_all

from agency.inbox.colleagues import Worker, others_at_work
from agency.inbox.comeback_models import Comeback
from agency.inbox.handover_models import REASONS, HandoverCase
from agency.inbox.handovers import LONGEST_WAIT, Given, Offered, offer
from agency.inbox.models import Conversation
from agency.inbox.team import Colleague, Team, held_by, team_at
from agency.inbox.triage.models import KeptCase
from agency.replies.customer_promise_models import CustomerPromise
from agency.replies.handover_reading import SHOWN_OF_CASE
from agency.replies.models import Reply
from tenants import clock
from tenants.database import db
from tenants.permissions import Actor, Permission, require
from tenants.shifts import Standing, at_work_by, next_shift

MOST_SHOWN: Final = 200
"""What one handover takes."""
LOOKED_AHEAD: Final = timedelta(hours=24)
"""For whom nobody wrote when the next shift begins."""
SOON: Final = timedelta(hours=2)
"""Whoever is there by then is as good as there."""
_WAITS: Final = ("awaiting_approval", "declined", "refused", "outcome_unknown")


class Why(NamedTuple):
    """Why a case is somebody's, one of `handover_models.REASONS`, and the moment that goes with it, if any."""

    reason: str
    at: datetime | None


class Holding(NamedTuple):
    """A case that is somebody's."""

    conversation_id: UUID
    brand_id: UUID
    platform: str
    kind: str
    customer: str | None
    excerpt: str
    language: str | None
    status: str
    reply_state: str | None
    due_at: datetime | None
    whys: tuple[Why, ...]

    @property
    def reasons(self) -> tuple[str, ...]:
        """By their names."""
        return tuple(one.reason for one in self.whys)


class Holdings(NamedTuple):
    """What is somebody's and needs them before `until`, what falls due first before others."""

    cases: tuple[Holding, ...]
    until: datetime
    is_cut: bool


def holdings_of(actor: Actor) -> Holdings:
    """What is this person's and needs somebody before they are back, as their next shift says. Five statements.

    Cases offered to somebody already are left out. At most MOST_SHOWN. Raises Forbidden.
    """
    require(actor, Permission.CONVERSATION_WORK)
    now = clock.now()
    ahead = next_shift(team_at(now, [actor.user_id]).of(actor.user_id).work, now)
    until = ahead.start if ahead is not None else now + LOOKED_AHEAD
    whys: dict[UUID, list[Why]] = {}
    for conversation_id, reason, at in db.session.execute(_whose(actor.user_id, now, until)):
        found = whys.setdefault(conversation_id, [])
        if reason not in {one.reason for one in found}:
            found.append(Why(reason, at))
    for found in whys.values():
        if any(one.reason == "comes_back" for one in found):
            found[:] = [one for one in found if one.reason != "snoozed"]
    offered = select(HandoverCase.conversation_id).where(
        HandoverCase.conversation_id.in_(whys), HandoverCase.state == "offered"
    )
    for one in db.session.scalars(offered) if whys else ():
        whys.pop(one, None)
    rows = db.session.execute(
        select(
            *SHOWN_OF_CASE,
            Conversation.status,
            Conversation.reply_state,
            Conversation.due_at,
        )
        .where(Conversation.id.in_(whys), Conversation.merged_into_id.is_(None))
        .order_by(Conversation.due_at.asc().nulls_last(), Conversation.rank.desc(), Conversation.id)
        .limit(MOST_SHOWN + 1)
    ).all()
    cases = tuple(
        Holding._make((*row[:10], tuple(sorted(whys[row.id], key=lambda one: REASONS.index(one.reason)))))
        for row in rows
    )
    return Holdings(cases[:MOST_SHOWN], until, len(cases) > MOST_SHOWN)


def _whose(me: UUID, now: datetime, until: datetime) -> Any:
    """Conversation, reason, moment; a case may have several."""
    no_time: Any = null().cast(Conversation.due_at.type)
    case = Conversation
    held = select(case.id, literal("held"), case.due_at).where(
        case.status == "open", case.holder_id == me, case.held_until >= now
    )
    kept = select(KeptCase.conversation_id, literal("kept"), no_time).where(
        KeptCase.person_id == me, KeptCase.until > now
    )
    snoozed = select(case.id, literal("snoozed"), case.snoozed_until).where(
        case.status == "snoozed", case.snoozed_by == me, case.snoozed_until <= until
    )
    back = select(Comeback.conversation_id, literal("comes_back"), Comeback.comes_at).where(
        Comeback.state == "waiting", Comeback.person_id == me, Comeback.comes_at <= until
    )
    promised = (
        select(CustomerPromise.conversation_id, literal("promised"), func.min(CustomerPromise.due_at))
        .join(Reply, and_(Reply.agency_id == CustomerPromise.agency_id, Reply.id == CustomerPromise.reply_id))
        .where(
            CustomerPromise.ended.is_(None),
            CustomerPromise.due_at <= until,
            _keeper() == me,
        )
        .group_by(CustomerPromise.conversation_id)
    )
    waits = (
        select(case.id, literal("waits"), Reply.state_since)
        .join(
            Reply,
            and_(
                Reply.agency_id == case.agency_id,
                Reply.conversation_id == case.id,
                Reply.brand_id == case.brand_id,
                Reply.state == case.reply_state,
            ),
        )
        .where(case.reply_state.in_(_WAITS), case.status != "closed", _keeper() == me)
    )
    begun = (
        select(Reply.conversation_id, literal("draft"), no_time)
        .join(case, and_(case.agency_id == Reply.agency_id, case.id == Reply.conversation_id))
        .where(Reply.state == "draft", case.status == "open", _keeper() == me)
    )
    return union_all(held, kept, snoozed, back, promised, waits, begun)


def _keeper() -> Any:
    """Whose a reply and what it promises is: its writer's, or of whom its case was handed to since it was begun."""
    handed = (
        select(HandoverCase.to_person_id)
        .where(
            HandoverCase.agency_id == Reply.agency_id,
            HandoverCase.conversation_id == Reply.conversation_id,
            HandoverCase.state == "accepted",
            HandoverCase.created_at >= Reply.created_at,
        )
        .order_by(HandoverCase.created_at.desc(), HandoverCase.id.desc())
        .limit(1)
        .correlate(Reply)
        .scalar_subquery()
    )
    return func.coalesce(handed, Reply.written_by)


class Candidate(NamedTuple):
    """A colleague to hand to. `there_at` is None where nobody wrote when they work; of the cases so many are of their
    brands, of so many they read the language.
    """

    person_id: UUID
    name: str
    standing: Standing
    there_at: datetime | None
    works_on: int
    reads: int
    held: int
    most_cases: int | None

    @property
    def has_room(self) -> bool:
        """Whether all of it fits under what they are to hold."""
        return self.most_cases is None or self.held + self.works_on <= self.most_cases


def candidates_for(actor: Actor, cases: Sequence[Holding]) -> list[Candidate]:
    """Colleagues who could take these, the best suggestion first; four statements."""
    now = clock.now()
    return ranked(others_at_work(actor), team_at(now), held_by(), cases, now)


def ranked(
    workers: Iterable[Worker], team: Team, held: dict[UUID, int], cases: Sequence[Holding], now: datetime
) -> list[Candidate]:
    """Who is there soon, works on the brands, reads the languages and has room comes first. Who is away or not there
    within LONGEST_WAIT is left out, as `agency.inbox.handovers.offer` would refuse them. Pure.
    """
    found = []
    for worker in workers:
        one = team.of(worker.person_id)
        there_at, standing = at_work_by(one.work, now), one.standing(now)
        if one.work.is_known and (there_at is None or there_at > now + LONGEST_WAIT):
            continue
        if standing is Standing.ABSENT and not one.work.is_known:
            continue
        works_on = [case for case in cases if worker.brand_ids is None or case.brand_id in worker.brand_ids]
        reads = sum(one.speaks(case.language) for case in works_on)
        found.append(
            Candidate(
                worker.person_id,
                worker.name,
                standing,
                there_at,
                len(works_on),
                reads,
                held.get(worker.person_id, 0),
                one.most_cases,
            )
        )
    return sorted(found, key=lambda one: _place(one, now))


def _place(one: Candidate, now: datetime) -> tuple[Any, ...]:
    when = 1 if one.there_at is None else 0 if one.there_at <= now + SOON else 2
    soon = one.there_at if one.there_at is not None else now
    return (-one.works_on, when, not one.has_room, -one.reads, soon, one.held, one.name, one.person_id)


def hand_over(
    actor: Actor, handover_id: UUID, to_person_id: UUID, chosen: Sequence[UUID], notes: dict[UUID, str], note: str
) -> Offered:
    """Offer chosen cases of the actor's to a colleague; `note` is said at each that has none of its own.

    What is not theirs is left out as `gone`. Raises as `agency.inbox.handovers.offer`.
    """
    mine = {one.conversation_id: one.reasons for one in holdings_of(actor).cases}
    given = [Given(one, mine[one], notes.get(one, "").strip() or note) for one in dict.fromkeys(chosen) if one in mine]
    return offer(actor, handover_id, to_person_id, given)


__all__ = ["Candidate", "Colleague", "Holding", "Holdings", "Why", "candidates_for", "hand_over", "holdings_of"]
