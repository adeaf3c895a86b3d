"""One press for many cases: the same rules as for one, in one transaction, and by so many statements however many.

What became of each case is kept with what it was before, for `agency.inbox.undoing` and for the page that says which
were left out and why. A single case that shall be undone goes the same way. The form's id is the press's, so a second
press of the same form is told what the first one did.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from agency.inbox import spammers
from agency.inbox.bulk_models import BulkDeed, BulkDeedCase
from agency.inbox.deeds import CASE, RESTORED, Case, Deed, changes
from agency.inbox.filters import QueueFilter, conditions
from agency.inbox.models import Conversation
from tenants import audit, clock
from tenants.database import db, new_id
from tenants.errors import AppError, Conflict, Forbidden, Invalid, Moment, NotFound, Worded
from tenants.permissions import Actor, require
from tenants.scope import raw_sql

MOST_AT_ONCE: Final = 500
"""Cases one press takes: for so long whoever works on one of them waits."""
KEPT_DAYS: Final = 7
"""How long a press can be looked at; undone it can be for UNDO_HOURS."""
UNDO_HOURS: Final = 24
FORGOTTEN_AT_ONCE: Final = 1_000

_INSERT_CASES = raw_sql(
    """
    insert into bulk_deed_case (agency_id, id, brand_id, bulk_deed_id, conversation_id, place, state, reason, before,
        version_after)
    select :agency_id, id, brand_id, :deed_id, conversation_id, place, state, reason, before, version_after
    from jsonb_to_recordset(cast(:rows as jsonb)) as given(id uuid, brand_id uuid, conversation_id uuid,
        place smallint, state text, reason jsonb, before jsonb, version_after bigint)
    """,
    reason="what became of hundreds of cases, in one statement",
)


class Chosen(NamedTuple):
    """Which cases: these, or all of a view as it is when the press arrives, at most MOST_AT_ONCE, the first first."""

    ids: tuple[UUID, ...] = ()
    view: QueueFilter | None = None


class Became(NamedTuple):
    """What became of one case. `before` is what an undo needs, beside the columns themselves."""

    case: Case
    state: str
    reason: Mapping[str, Any] | None = None
    before: Mapping[str, Any] | None = None
    version_after: int | None = None


class Refused(NamedTuple):
    """A case that was left as it is, and why."""

    conversation_id: UUID
    brand_id: UUID
    reason: str
    author_name: str | None
    excerpt: str


class Pressed(NamedTuple):
    """What one press did. `refused` are in their order; after an undo they are those that were not put back."""

    id: UUID
    deed: str
    given: dict[str, Any]
    asked_count: int
    done_count: int
    more_left: bool
    pressed_at: datetime
    undone_at: datetime | None
    restored_count: int
    refused_count: int
    refused: tuple[Refused, ...] = ()

    @property
    def can_be_undone(self) -> bool:
        """Whether there is anything to put back, and still time."""
        in_time = clock.now() - self.pressed_at < timedelta(hours=UNDO_HOURS)
        return self.undone_at is None and self.done_count > 0 and in_time


def press(
    actor: Actor,
    press_id: UUID,
    deed: Deed,
    chosen: Chosen,
    *,
    given: Mapping[str, Any] | None = None,
    mark: bool = False,
) -> Pressed:
    """Do it to each of these cases where the rules let it be done to that one alone.

    `given` is what the page of the press says of it; `mark`, for a single case called spam, marks who wrote it.
    Raises Forbidden where the role includes it nowhere, Invalid for
    no case and for more than MOST_AT_ONCE by name, NotFound for a press of somebody else's.
    """
    require(actor, deed.permission)
    if not begin(actor, press_id, deed.name, given or {}):
        return pressed(actor, press_id)
    now = clock.now()
    cases, missing, more_left = locked_cases(actor, chosen, now)
    became: list[Became] = []
    values: dict[str, Any] = {}
    for case in cases:
        try:
            found = changes(deed, actor, case, now)
        except (Conflict, Invalid, Forbidden) as refusal:
            became.append(Became(case, "refused", kept_words(refusal)))
            continue
        if found is None:
            became.append(Became(case, "same"))
        else:
            values = found
            became.append(Became(case, "done", before=as_it_was(case), version_after=case.version + 1))
    done = [one.case for one in became if one.state == "done"]
    if done:
        _write(done, values)
        subjects = [(case.id, case.brand_id) for case in done]
        audit.record_many(actor, deed.action, "conversation", subjects, press=str(press_id), **deed.facts())
    if mark and len(cases) == 1 and became[0].state != "refused":
        marked = spammers.mark(actor, cases[0].id)
        if marked is not None and became[0].before is not None:
            beside = {"marked": str(marked), "brand": str(cases[0].brand_id)}
            became = [became[0]._replace(before={**became[0].before, **beside})]
    return end(actor, press_id, became, missing=missing, more_left=more_left)


def press_one(
    actor: Actor,
    press_id: UUID,
    deed: Deed,
    conversation_id: UUID,
    *,
    given: Mapping[str, Any] | None = None,
    mark: bool = False,
) -> Pressed:
    """The same for one case. Raises NotFound for a foreign one exactly as for a made-up one."""
    require(actor, deed.permission)
    if db.session.scalars(select(Conversation.id).where(Conversation.id == conversation_id)).first() is None:
        raise NotFound()
    return press(actor, press_id, deed, Chosen((conversation_id,)), given=given, mark=mark)


def begin(actor: Actor, press_id: UUID, name: str, given: Mapping[str, Any]) -> bool:
    """Claim the press; False where it was made before. A second one of the same form waits here for the first."""
    made = db.session.execute(
        insert(BulkDeed)
        .values(
            agency_id=actor.agency_id,
            id=press_id,
            person_id=actor.user_id,
            person_name=actor.name,
            deed=name,
            given=dict(given),
            created_at=clock.now(),
        )
        .on_conflict_do_nothing(index_elements=["agency_id", "id"])
        .returning(BulkDeed.id)
    )
    return made.first() is not None


def end(
    actor: Actor, press_id: UUID, became: Sequence[Became], *, missing: int = 0, more_left: bool = False
) -> Pressed:
    """Keep what became of each case."""
    if became:
        rows = [
            {
                "id": new_id(),
                "brand_id": one.case.brand_id,
                "conversation_id": one.case.id,
                "place": place,
                "state": one.state,
                "reason": one.reason,
                "before": one.before,
                "version_after": one.version_after,
            }
            for place, one in enumerate(became)
        ]
        values = {"agency_id": actor.agency_id, "deed_id": press_id, "rows": orjson.dumps(rows).decode()}
        db.session.execute(_INSERT_CASES, values)
    db.session.execute(
        update(BulkDeed)
        .where(BulkDeed.id == press_id)
        .values(
            asked_count=len(became) + missing,
            done_count=sum(one.state == "done" for one in became),
            more_left=more_left,
        )
        .execution_options(synchronize_session=False)
    )
    return pressed(actor, press_id)


def pressed(actor: Actor, press_id: UUID) -> Pressed:
    """What a press of this person did, two statements. Raises NotFound, also for a press of somebody else's."""
    row = db.session.execute(
        select(*_PRESSED).where(BulkDeed.id == press_id, BulkDeed.person_id == actor.user_id)
    ).first()
    if row is None:
        raise NotFound()
    found = db.session.execute(
        select(
            BulkDeedCase.conversation_id,
            BulkDeedCase.brand_id,
            BulkDeedCase.reason,
            Conversation.author_name,
            Conversation.excerpt,
        )
        .join(
            Conversation,
            (Conversation.agency_id == BulkDeedCase.agency_id)
            & (Conversation.id == BulkDeedCase.conversation_id)
            & (Conversation.brand_id == BulkDeedCase.brand_id),
        )
        .where(BulkDeedCase.bulk_deed_id == press_id, BulkDeedCase.state.in_(("refused", "kept")))
        .order_by(BulkDeedCase.place)
    ).all()
    refused = tuple(Refused(one[0], one[1], words_of(one[2]), one[3], one[4]) for one in found)
    return Pressed._make((*row, len(refused), refused))


_PRESSED = (
    BulkDeed.id,
    BulkDeed.deed,
    BulkDeed.given,
    BulkDeed.asked_count,
    BulkDeed.done_count,
    BulkDeed.more_left,
    BulkDeed.created_at,
    BulkDeed.undone_at,
    BulkDeed.restored_count,
)


def lately(actor: Actor, limit: int = 50) -> list[Pressed]:
    """This person's newest presses, without the cases that were left out."""
    left = (
        select(func.count(BulkDeedCase.id))
        .where(
            BulkDeedCase.agency_id == BulkDeed.agency_id,
            BulkDeedCase.bulk_deed_id == BulkDeed.id,
            BulkDeedCase.state.in_(("refused", "kept")),
        )
        .correlate(BulkDeed)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(*_PRESSED, left).where(BulkDeed.person_id == actor.user_id).order_by(BulkDeed.id.desc()).limit(limit)
    )
    return [Pressed._make((*row, ())) for row in rows]


def count_of_view(actor: Actor, view: QueueFilter) -> int:
    """How many cases a view holds, up to MOST_AT_ONCE and one more."""
    return len(_ids_of(actor, view, clock.now()))


def forget_old() -> int:
    """Upkeep, within an agency's scope: drop presses older than KEPT_DAYS; returns how many."""
    old = list(
        db.session.scalars(
            select(BulkDeed.id)
            .where(BulkDeed.created_at < clock.now() - timedelta(days=KEPT_DAYS))
            .order_by(BulkDeed.id)
            .limit(FORGOTTEN_AT_ONCE)
            .with_for_update(skip_locked=True)
        )
    )
    if old:
        for table, column in ((BulkDeedCase, BulkDeedCase.bulk_deed_id), (BulkDeed, BulkDeed.id)):
            db.session.execute(delete(table).where(column.in_(old)).execution_options(synchronize_session=False))
    return len(old)


def as_it_was(case: Case) -> dict[str, Any]:
    """The columns an undo puts back, as JSON, and the version it was."""
    found: dict[str, Any] = {"version": case.version}
    for name in RESTORED:
        value = getattr(case, name)
        found[name] = (
            value.isoformat() if isinstance(value, datetime) else str(value) if isinstance(value, UUID) else value
        )
    return found


def kept_words(refusal: AppError) -> dict[str, Any]:
    """A refusal as it can be kept and said again in another language."""
    return _kept(refusal.message)


def _kept(words: str) -> dict[str, Any]:
    if not isinstance(words, Worded):
        return {"words": words}
    return {"words": words.template, "values": {name: _kept_value(value) for name, value in words.values.items()}}


def _kept_value(value: Any) -> Any:
    if isinstance(value, Moment):
        return {"at": value.at.isoformat()}
    return _kept(value) if isinstance(value, Worded) else str(value)


def words_of(kept: Mapping[str, Any] | None) -> Worded:
    """The sentence again, translatable."""
    if not kept:
        return Worded("")
    return Worded(kept["words"], {name: _value_of(value) for name, value in kept.get("values", {}).items()})


def _value_of(kept: Any) -> Any:
    if not isinstance(kept, Mapping):
        return kept
    return Moment(datetime.fromisoformat(kept["at"])) if "at" in kept else words_of(kept)


def locked_cases(actor: Actor, chosen: Chosen, now: datetime) -> tuple[list[Case], int, bool]:
    """The cases, locked, in the order they stand in; how many are not there; whether the view held more.

    What is told within another case is read, not locked: whoever sends an answer there holds it first.
    """
    if chosen.view is not None:
        ids: Sequence[UUID] = _ids_of(actor, chosen.view, now)
        more_left, ids = len(ids) > MOST_AT_ONCE, ids[:MOST_AT_ONCE]
    else:
        ids, more_left = list(dict.fromkeys(chosen.ids)), False
    if not ids:
        raise Invalid("Choose a case first. Nothing was changed.", code="none_chosen")
    if len(ids) > MOST_AT_ONCE:
        raise Invalid("These are more cases than one press takes. Nothing was changed. Choose fewer.", code="too_many")
    wanted = select(*CASE).where(Conversation.id.in_(ids))
    rows = db.session.execute(
        wanted.where(Conversation.merged_into_id.is_(None)).order_by(Conversation.id).with_for_update(key_share=True)
    ).all()
    if len(rows) < len(ids):
        rows = [*rows, *db.session.execute(wanted.where(Conversation.merged_into_id.is_not(None)))]
    place = {one: number for number, one in enumerate(ids)}
    cases = sorted((Case(*row) for row in rows), key=lambda case: place[case.id])
    return cases, len(ids) - len(cases), more_left


def _ids_of(actor: Actor, view: QueueFilter, now: datetime) -> list[UUID]:
    order: Iterable[Any] = (Conversation.rank.desc(), Conversation.id.desc())
    if view.late:
        order = (Conversation.due_at, Conversation.id)
    elif view.status != "open":
        order = (Conversation.last_message_at.desc(), Conversation.id.desc())
    return list(
        db.session.scalars(
            select(Conversation.id)
            .where(*conditions(view, actor.user_id, now))
            .order_by(*order)
            .limit(MOST_AT_ONCE + 1)
        )
    )


def _write(done: Sequence[Case], values: Mapping[str, Any]) -> None:
    db.session.execute(
        update(Conversation)
        .where(Conversation.id.in_([case.id for case in done]))
        .values(version=Conversation.version + 1, **values)
        .execution_options(synchronize_session=False)
    )
