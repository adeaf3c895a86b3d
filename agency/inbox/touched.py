"""Who did something with a case after a press, for whoever would take that press back: read from the record."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on

from tenants.database import db
from tenants.errors import Conflict, Moment, Worded, worded
from tenants.models import BrandAudit

WROTE_AGAIN: Final = Conflict(
    worded(
        "The customer wrote again, or a reply of this case moved on. It was left as it is. Look at it and decide anew."
    )
)
DONE: Final[dict[str, Worded]] = {
    "conversation.claim": worded("taken"),
    "conversation.take_over": worded("taken over"),
    "conversation.release": worded("given back"),
    "conversation.assign": worded("given to somebody"),
    "conversation.close": worded("resolved"),
    "conversation.spam": worded("called spam"),
    "conversation.reopen": worded("opened again"),
    "conversation.snooze": worded("put off"),
    "conversation.note": worded("a note written"),
    "conversation.label": worded("labelled"),
    "conversation.unlabel": worded("a label taken off"),
    "conversation.merge": worded("told together with another"),
    "conversation.take_apart": worded("taken apart"),
    "conversation.split": worded("messages set apart"),
    "conversation.undo": worded("a press taken back"),
}
"""What the record's words for deeds on a case are to people; any other is `changed`."""


def touched_by(press_id: UUID, cases: Collection[tuple[UUID, UUID]]) -> dict[UUID, Conflict]:
    """Why these cases, each by id and brand, are not as the press left them; one statement."""
    if not cases:
        return {}
    newest = (
        select(BrandAudit.subject_id, BrandAudit.actor_name, BrandAudit.action, BrandAudit.facts, BrandAudit.created_at)
        .where(
            BrandAudit.brand_id.in_({brand_id for _, brand_id in cases}),
            BrandAudit.subject_type == "conversation",
            BrandAudit.subject_id.in_([str(one) for one, _ in cases]),
        )
        .order_by(BrandAudit.subject_id, BrandAudit.created_at.desc(), BrandAudit.id.desc())
        .ext(distinct_on(BrandAudit.subject_id))
    )
    found: dict[str, Sequence[object]] = {}
    for subject_id, name, action, facts, at in db.session.execute(newest):
        if facts.get("press") != str(press_id):
            found[subject_id] = (name, DONE.get(action, worded("changed")), Moment(at))
    return {one: _changed(*found[str(one)]) if str(one) in found else WROTE_AGAIN for one, _ in cases}


def _changed(name: object, deed: object, at: object) -> Conflict:
    return Conflict(
        worded(
            "Changed since by %(name)s at %(time)s: %(deed)s. It was left as it is. Look at it and decide anew.",
            name=name,
            time=at,
            deed=deed,
        )
    )
