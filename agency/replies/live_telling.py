"""Telling people that a published answer does not stand as it was sent: whoever sent it, and whoever said yes to it."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import select

from agency.notices.mail import send_notice
from agency.replies import checks
from agency.replies.models import Approval, Reply
from agency.replies.moves import text_of
from styleguides.masking import masked
from tenants.database import db
from tenants.holders import holders_of
from tenants.models import Person
from tenants.permissions import Permission

TOLD: Final = frozenset({"rejected", "removed", "not_seen", "hidden", "edited"})
"""That an answer waits for moderation, is shown again, or went with what it answered asks nobody to do anything."""
MOST_CHARACTERS = 1000
"""Of a text in a mail; the receipt shows all of it."""


def tell(reply: Reply, state: str) -> int:
    """Promise a notice to everybody concerned who may still read replies of this brand; returns how many."""
    if state not in TOLD or reply.deed == "withdraw":
        return 0
    people = _concerned(reply)
    if not people:
        return 0
    brand, answer = checks.brand_of(reply), masked(text_of(reply).text[: MOST_CHARACTERS + 1])
    for person in people:
        send_notice(
            "answer_stands_differently",
            person,
            brand_name=brand.name,
            state=state,
            answer=answer if len(answer) <= MOST_CHARACTERS else f"{answer[:MOST_CHARACTERS]} […]",
            path=f"/replies/{reply.id}/receipt",
        )
    return len(people)


def _concerned(reply: Reply) -> list[Person]:
    said_yes = select(Approval.decided_by).where(
        Approval.reply_id == reply.id,
        Approval.voided_at.is_(None),
        Approval.decision.in_(("approved", "step_approved", "released")),
    )
    wanted: set[UUID | None] = {reply.written_by, *db.session.scalars(said_yes)}
    return [
        person for person in holders_of(Permission.REPLY_READ, reply.agency_id, reply.brand_id) if person.id in wanted
    ]
