"""Taking a press back: every case nobody touched since is put back as it was, and whoever undoes is told of the others.

A case was touched when its version is not the one the press left; a new rank is no touch, nor is a newer press that was
taken back itself. Only who pressed takes it back, within UNDO_HOURS, and only where they still may work. A second undo
of the same press is told what the first one did.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import select, update

from agency.inbox import label_press, merging, spammers, splitting
from agency.inbox.bulk import UNDO_HOURS, Pressed, kept_words, pressed
from agency.inbox.bulk_models import BulkDeed, BulkDeedCase
from agency.inbox.deeds import CASE, RESTORED, Case
from agency.inbox.models import Conversation
from agency.inbox.touched import touched_by
from tenants import audit, clock
from tenants.database import db
from tenants.errors import Conflict, NotFound, worded
from tenants.permissions import Actor, Permission, require
from tenants.scope import raw_sql

_RESTORE = raw_sql(
    """
    update conversation c set status = given.status, closed_reason = given.closed_reason,
        snoozed_until = given.snoozed_until, snoozed_by = given.snoozed_by, woke_at = given.woke_at,
        holder_id = given.holder_id, holder_name = given.holder_name, held_since = given.held_since,
        held_until = given.held_until, held_before_id = given.held_before_id, hold_reason = given.hold_reason,
        rerank_at = case when given.status = 'open' then :now else c.rerank_at end, version = c.version + 1
    from jsonb_to_recordset(cast(:rows as jsonb)) as given(id uuid, brand_id uuid, status text, closed_reason text,
        snoozed_until timestamptz, snoozed_by uuid, woke_at timestamptz, holder_id uuid, holder_name text,
        held_since timestamptz, held_until timestamptz,
        held_before_id uuid, hold_reason text)
    where c.agency_id = :agency_id and c.id = given.id and c.brand_id = given.brand_id
    """,
    reason="hundreds of cases, each as it was, in one statement",
)
_SETTLE = raw_sql(
    """
    update bulk_deed_case c set state = given.state, reason = given.reason
    from jsonb_to_recordset(cast(:rows as jsonb)) as given(id uuid, brand_id uuid, state text, reason jsonb)
    where c.agency_id = :agency_id and c.id = given.id and c.brand_id = given.brand_id
    """,
    reason="what an undo did with hundreds of cases, in one statement",
)
# `materialized`, `offset 0`: each case is looked up by itself, once. Joined freely, PostgreSQL held every case against
# every row of every press, or looked all cases up anew for each such row, where it knew too little of how many there
# are: half a second for 500 cases, and no end within the statement's time for 50 cases of 80 presses.
_AS_BEFORE = raw_sql(
    """
    with older as materialized (
        select one.id, one.brand_id, now_is.version
        from jsonb_to_recordset(cast(:rows as jsonb)) as given(id uuid, brand_id uuid, version bigint)
        cross join lateral (
            select c.version from conversation c
            where c.agency_id = :agency_id and c.id = given.id and c.brand_id = given.brand_id
            offset 0) now_is
        cross join lateral (
            select d.id, d.brand_id from bulk_deed_case d
            where d.agency_id = :agency_id and d.conversation_id = given.id
                and d.state = 'done' and d.version_after = given.version
            offset 0) one
        where one.brand_id = given.brand_id
    )
    update bulk_deed_case d set version_after = older.version from older
    where d.agency_id = :agency_id and d.id = older.id and d.brand_id = older.brand_id
    """,
    reason="what an older press left stands again: it can be taken back in its turn",
)


class Line(NamedTuple):
    """A case of the press, with the case as it is now; None where it is gone or out of reach."""

    id: UUID
    brand_id: UUID
    conversation_id: UUID
    before: Mapping[str, Any]
    version_after: int | None
    case: Case | None

    @property
    def is_untouched(self) -> bool:
        """Whether nobody changed it since the press."""
        return self.case is not None and self.case.version == self.version_after


Undo = Callable[[Actor, Sequence[Line]], Sequence[Mapping[str, Any]]]
"""Gives back further cases that stand as before, each by id, brand and the version it had."""


def _unmarked(actor: Actor, lines: Sequence[Line]) -> Sequence[Mapping[str, Any]]:
    spammers.unmark(actor, [line.before for line in lines])
    return ()


def _apart_again(actor: Actor, lines: Sequence[Line]) -> Sequence[Mapping[str, Any]]:
    merging.undo_merge(actor, [(line.conversation_id, line.before) for line in lines])
    return ()


def _back_in_the_thread(actor: Actor, lines: Sequence[Line]) -> Sequence[Mapping[str, Any]]:
    stand = [
        (line.brand_id, splitting.undo_split(actor, line.conversation_id, line.before))
        for line in sorted(lines, key=lambda line: line.before["from"])
    ]
    return [{"id": one[0], "brand_id": brand_id, "version": one[1]} for brand_id, one in stand if one is not None]


def _relabelled(actor: Actor, lines: Sequence[Line], *, were_put: bool) -> Sequence[Mapping[str, Any]]:
    before = [(line.conversation_id, line.brand_id, line.before) for line in lines]
    label_press.undo_labels(actor, before, were_put=were_put)
    return ()


BESIDE: dict[str, Undo] = {
    "label": partial(_relabelled, were_put=True),
    "unlabel": partial(_relabelled, were_put=False),
    "spam": _unmarked,
    "merge": _apart_again,
    "split": _back_in_the_thread,
}
"""What beside the columns of RESTORED is put back, by deed, for the untouched cases of a press."""
ALL_OR_NONE = ("merge",)
"""Deeds whose cases hang together: of these all are put back, or, where one was touched, none."""
HANG_TOGETHER: Final = Conflict(
    worded(
        "The other case of this press changed since, and the two hang together. It was left as it is. "
        "Take them apart by hand."
    )
)


def undo(actor: Actor, press_id: UUID) -> Pressed:
    """Put back what one press did. Raises NotFound for another's press, Forbidden, Conflict `too_late`."""
    require(actor, Permission.CONVERSATION_WORK)
    row = db.session.execute(
        select(BulkDeed.deed, BulkDeed.created_at, BulkDeed.undone_at)
        .where(BulkDeed.id == press_id, BulkDeed.person_id == actor.user_id)
        .with_for_update()
    ).first()
    if row is None:
        raise NotFound()
    if row.undone_at is not None:
        return pressed(actor, press_id)
    now = clock.now()
    if now - row.created_at > timedelta(hours=UNDO_HOURS):
        raise Conflict(
            worded(
                "This was done more than %(hours)s hours ago. Nothing was changed. Open the cases one by one.",
                hours=UNDO_HOURS,
            ),
            code="too_late",
        )
    lines = _lines(press_id)
    untouched = [line for line in lines if line.is_untouched]
    if row.deed in ALL_OR_NONE and len(untouched) < len(lines):
        untouched = []
    if untouched:
        rows = [{**one, **{name: line.before[name] for name in RESTORED}} for one, line in _ids(untouched)]
        _run(_RESTORE, actor, rows, now=now)
        others = BESIDE[row.deed](actor, untouched) if row.deed in BESIDE else ()
        stand = [{**one, "version": line.before.get("version")} for one, line in _ids(untouched)]
        _run(_AS_BEFORE, actor, [*stand, *others])
        subjects = [(line.conversation_id, line.brand_id) for line in untouched]
        audit.record_many(actor, "conversation.undo", "conversation", subjects, press=str(press_id), deed=row.deed)
    if lines:
        restored = {line.id for line in untouched}
        left = [line for line in lines if line.id not in restored]
        why = touched_by(press_id, [(line.conversation_id, line.brand_id) for line in left if not line.is_untouched])
        settled = [
            {"id": line.id, "brand_id": line.brand_id, "state": "restored", "reason": None}
            if line.id in restored
            else {
                "id": line.id,
                "brand_id": line.brand_id,
                "state": "kept",
                "reason": kept_words(why.get(line.conversation_id, HANG_TOGETHER)),
            }
            for line in lines
        ]
        _run(_SETTLE, actor, settled)
    db.session.execute(
        update(BulkDeed)
        .where(BulkDeed.id == press_id)
        .values(undone_at=now, restored_count=len(untouched))
        .execution_options(synchronize_session=False)
    )
    return pressed(actor, press_id)


def _ids(lines: Sequence[Line]) -> list[tuple[dict[str, Any], Line]]:
    return [({"id": line.conversation_id, "brand_id": line.brand_id}, line) for line in lines]


def _lines(press_id: UUID) -> list[Line]:
    """What the press did, in the order of the cases' ids, each case locked as by everybody who works on several."""
    # Read once they are locked: ranking a case again moves what its press remembers (`agency.inbox.reranking`).
    ids = select(BulkDeedCase.conversation_id).where(
        BulkDeedCase.bulk_deed_id == press_id, BulkDeedCase.state == "done"
    )
    locked = db.session.execute(
        select(*CASE).where(Conversation.id.in_(ids)).order_by(Conversation.id).with_for_update(key_share=True)
    )
    cases = {row.id: Case(*row) for row in locked}
    done = db.session.execute(
        select(
            BulkDeedCase.id,
            BulkDeedCase.brand_id,
            BulkDeedCase.conversation_id,
            BulkDeedCase.before,
            BulkDeedCase.version_after,
        ).where(BulkDeedCase.bulk_deed_id == press_id, BulkDeedCase.state == "done")
    ).all()
    return [Line._make((*row, cases.get(row.conversation_id))) for row in done]


def _run(statement: Any, actor: Actor, rows: Sequence[Mapping[str, Any]], **more: Any) -> None:
    given = {"agency_id": actor.agency_id, "rows": orjson.dumps(list(rows)).decode(), **more}
    db.session.execute(statement, given)
