"""Free hands: who is on shift and has room, and cases that rules of the desk keep for whoever can take them.

Storing words sees one brand and marks a case for a skill, a language or both; here, in the whole agency's scope, one
person is found for it. Kept is a suggestion (decision 0064): `next` gives it to them first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import func, or_, select, tuple_, union_all

from agency.inbox.colleagues import Worker, all_workers, others_at_work
from agency.inbox.models import Conversation
from agency.inbox.stored_rows import as_json
from agency.inbox.team import Colleague, Team, team_at
from agency.inbox.team_models import TeamMember
from agency.inbox.triage.models import KeptCase, TriageDeed
from tenants import clock
from tenants.database import db
from tenants.outbox import JobName, enqueue_after_commit, is_promised
from tenants.permissions import Actor
from tenants.scope import current_scope, raw_sql
from tenants.shifts import Standing, is_off, shift_at, shifts_from

KEPT_FOR: Final = timedelta(minutes=60)
"""As long as what a rule keeps for a person (`agency.inbox.triage.carrying_out.KEPT_MINUTES`)."""
LEAST_LEFT: Final = timedelta(minutes=15)
"""Whose shift ends sooner is given nothing more."""
REMEMBERED: Final = timedelta(days=7)
"""So far back it counts when somebody got the last one."""
AT_ONCE: Final = 200
UNFOUND_SHOWN: Final = 20
"""Kinds of what waits for whoever can, on the page of the team."""
_NEVER: Final = datetime(1, 1, 1, tzinfo=UTC)

_ALONE = raw_sql(
    "select pg_advisory_xact_lock(hashtextextended('hands ' || cast(:agency_id as text), 0))",
    reason="two at once would each find the same person free",
)
_GIVE = raw_sql(
    """
    with given as materialized (
        select g.* from jsonb_to_recordset(cast(:rows as jsonb)) as g(id uuid, conversation_id uuid, brand_id uuid,
            person_id uuid, name text, held int, until timestamptz)
    ), kept as (
        update kept_case k set person_id = g.person_id, person_name = g.name, until = g.until
        from given g where k.agency_id = :agency_id and k.id = g.id and k.brand_id = g.brand_id
            and (k.wants_skill is not null or k.wants_language is not null)
        returning k.id
    ), told as (
        update triage_deed d set kept_for_id = g.person_id, kept_for_name = g.name, kept_at = :now, kept_held = g.held
        from given g
        where d.agency_id = :agency_id and d.id = g.id and d.brand_id = g.brand_id and d.id in (select id from kept)
    )
    update conversation c set version = c.version + 1
    from given g
    where c.agency_id = :agency_id and c.id = g.conversation_id and c.brand_id = g.brand_id
        and g.id in (select id from kept)
    """,
    reason="three tables in one statement for all that is given",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """Somebody on shift: until when, how many open cases they hold or have kept for them, and when a rule last found
    them for one.
    """

    worker: Worker
    colleague: Colleague
    standing: Standing
    until: datetime
    held: int
    given_at: datetime | None = None

    @property
    def person_id(self) -> UUID:
        """Who it is."""
        return self.worker.person_id

    @property
    def name(self) -> str:
        """As they are called."""
        return self.worker.name

    @property
    def most_cases(self) -> int | None:
        """How many they are to hold at once; None for no limit."""
        return self.colleague.most_cases

    @property
    def has_room(self) -> bool:
        """Whether one more fits under what they are to hold."""
        return self.most_cases is None or self.held < self.most_cases


def _hands(workers: Iterable[Worker], team: Team, now: datetime, given_at: Mapping[UUID, datetime]) -> list[Hand]:
    on_shift = team.on_shift(now)
    there = {one.person_id: one for one in workers if one.person_id in on_shift}
    if not there:
        return []
    held = _held_or_kept(there, now)
    found = []
    for one in there.values():
        known = team.of(one.person_id)
        runs = shift_at(known.work, now)
        if runs is not None:
            found.append(
                Hand(
                    worker=one,
                    colleague=known,
                    standing=known.standing(now),
                    until=runs.end,
                    held=held.get(one.person_id, 0),
                    given_at=given_at.get(one.person_id),
                )
            )
    return found


def _held_or_kept(person_ids: Collection[UUID], now: datetime) -> dict[UUID, int]:
    held = select(Conversation.holder_id.label("who")).where(
        Conversation.status == "open", Conversation.holder_id.in_(person_ids), Conversation.held_until >= now
    )
    kept = select(KeptCase.person_id).where(KeptCase.person_id.in_(person_ids), KeptCase.until > now)
    every = union_all(held, kept).subquery()
    rows = db.session.execute(select(every.c.who, func.count()).group_by(every.c.who))
    return {who: many for who, many in rows if who is not None}


def _given_at(now: datetime) -> dict[UUID, datetime]:
    newest = (
        select(TriageDeed.kept_for_id, func.max(TriageDeed.kept_at))
        .where(TriageDeed.kept_at > now - REMEMBERED, TriageDeed.kept_for_id.is_not(None))
        .group_by(TriageDeed.kept_for_id)
    )
    return {who: at for who, at in db.session.execute(newest) if who is not None and at is not None}


def choose(
    hands: Sequence[Hand], brand_id: UUID, skill: str | None, language: str | None, now: datetime
) -> Hand | None:
    """Who takes one of these: of those who can, work on the brand, have room and are there for LEAST_LEFT yet, whoever
    has least; of equals who has been without for longest; and before somebody on a break, somebody who is not. Pure.
    """
    able = [
        one
        for one in hands
        if one.has_room
        and one.until - now >= LEAST_LEFT
        and one.colleague.can(skill, language)
        and (one.worker.brand_ids is None or brand_id in one.worker.brand_ids)
    ]
    return min(able, key=_place, default=None)


def could_take(asked: Sequence[tuple[UUID, datetime, str | None, str | None]]) -> list[tuple[str, ...]]:
    """For each brand, moment, skill and language who of today's team was on shift then and could, by name, as weeks and
    absences are written now; who had room then nobody knows any more. Three statements.
    """
    if not asked:
        return []
    moments = [at for _brand, at, _skill, _language in asked]
    workers, team = all_workers(current_scope().agency_id), team_at(min(moments))
    # Each week is worked out once: a trial asks for thousands of moments of it.
    runs = {
        one.person_id: tuple(
            takewhile(lambda shift: shift.start <= max(moments), shifts_from(team.of(one.person_id).work, min(moments)))
        )
        for one in workers
    }
    return [
        tuple(
            one.name
            for one in workers
            if (one.brand_ids is None or brand_id in one.brand_ids)
            and team.of(one.person_id).can(skill, language)
            and any(shift.start <= at and shift.end - at >= LEAST_LEFT for shift in runs[one.person_id])
        )
        for brand_id, at, skill, language in asked
    ]


def _place(one: Hand) -> tuple[Any, ...]:
    return (one.standing is Standing.ON_BREAK, one.held, one.given_at or _NEVER, one.name.casefold(), one.person_id)


def hand_out() -> int:
    """Within an agency's scope: find somebody for each free case that is kept for whoever can take it, what ranks
    highest first; and anew for what was found for somebody who is off shift or left. Where nobody is there who can, it
    stays as it is. Returns how many were found.
    """
    now = clock.now()
    agency_id = current_scope().agency_id
    db.session.execute(_ALONE, {"agency_id": agency_id})
    workers, team = all_workers(agency_id), team_at(now)
    hands = _hands(workers, team, now, _given_at(now))
    if not hands:
        return 0
    there = [one.person_id for one in workers if not is_off(team.of(one.person_id).work, now)]
    waiting: Any = (
        _is_marked(),
        or_(KeptCase.person_id.is_(None), KeptCase.person_id.not_in(there)),
    )
    wants = (KeptCase.brand_id, func.coalesce(KeptCase.wants_skill, ""), func.coalesce(KeptCase.wants_language, ""))
    able = [
        (brand_id, skill, language)
        for brand_id, skill, language in db.session.execute(select(*wants).where(*waiting).distinct())
        if choose(hands, brand_id, skill or None, language or None, now) is not None
    ]
    if not able:
        return 0
    waits = db.session.execute(
        select(Conversation.id, Conversation.brand_id, KeptCase.id, KeptCase.wants_skill, KeptCase.wants_language)
        .join(
            KeptCase,
            (KeptCase.agency_id == Conversation.agency_id)
            & (KeptCase.conversation_id == Conversation.id)
            & (KeptCase.brand_id == Conversation.brand_id),
        )
        .where(
            Conversation.status == "open",
            or_(Conversation.holder_id.is_(None), Conversation.held_until < now),
            *waiting,
            tuple_(*wants).in_(able),
        )
        .order_by(Conversation.rank.desc(), Conversation.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True, key_share=True, of=Conversation)
    ).all()
    given = []
    for conversation_id, brand_id, kept_id, skill, language in waits:
        hand = choose(hands, brand_id, skill, language, now)
        if hand is None:
            continue
        given.append(
            {
                "id": kept_id,
                "conversation_id": conversation_id,
                "brand_id": brand_id,
                "person_id": hand.person_id,
                "name": hand.name,
                "held": hand.held,
                "until": min(now + KEPT_FOR, hand.until),
            }
        )
        hands[hands.index(hand)] = replace(hand, held=hand.held + 1, given_at=now)
    if given:
        db.session.execute(_GIVE, {"agency_id": agency_id, "now": now, "rows": as_json(given)})
    if len(given) == AT_ONCE:
        enqueue_after_commit(JobName.HAND_OUT, agency_id=agency_id)
    return len(given)


def _is_marked() -> Any:
    return or_(KeptCase.wants_skill.is_not(None), KeptCase.wants_language.is_not(None))


def wake(agency_id: UUID) -> None:
    """Upkeep: promise to look again where a case waits for whoever can take it, because somebody may have come."""
    marked = select(KeptCase.id).where(_is_marked()).limit(1)
    held = is_promised(JobName.HAND_OUT, "agency_id", agency_id)
    if db.session.execute(marked.where(~held)).first() is not None:
        enqueue_after_commit(JobName.HAND_OUT, agency_id=agency_id)


class Unfound(NamedTuple):
    """Open cases that wait for whoever has a skill and reads a language; `since` when the first of them does."""

    skill: str | None
    language: str | None
    cases: int
    since: datetime


def unfound() -> list[Unfound]:
    """Of the brands in scope, what has waited longest first. One statement."""
    rows = db.session.execute(
        select(KeptCase.wants_skill, KeptCase.wants_language, func.count(), func.min(KeptCase.created_at))
        .join(
            Conversation,
            (Conversation.agency_id == KeptCase.agency_id)
            & (Conversation.id == KeptCase.conversation_id)
            & (Conversation.brand_id == KeptCase.brand_id),
        )
        .where(_is_marked(), KeptCase.person_id.is_(None), Conversation.status == "open")
        .group_by(KeptCase.wants_skill, KeptCase.wants_language)
        .order_by(func.min(KeptCase.created_at), KeptCase.wants_skill, KeptCase.wants_language)
        .limit(UNFOUND_SHOWN)
    )
    return [Unfound(*row) for row in rows]


def skills_beside(actor: Actor) -> list[str]:
    """Every skill that they, or somebody who works on a brand they work on, has, in order. Raises Forbidden.

    Of others it is not told: a skill may be called as a brand is that the asker does not see.
    """
    ids = [actor.user_id, *(one.person_id for one in others_at_work(actor))]
    every = select(func.jsonb_array_elements_text(TeamMember.skills)).where(TeamMember.person_id.in_(ids)).distinct()
    return sorted(db.session.scalars(every))
