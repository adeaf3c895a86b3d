"""Telling people that a published answer does not stand as it was sent: whoever sent it, and whoever said yes to it."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import select

from agency.notices.telling import Thing, colleagues, settle
from agency.notices.telling import tell as tell_people
from agency.replies.models import LETS_ON, LETS_OUT, Approval, Reply
from tenants.database import db

KIND: Final = "answer_stands_differently"
TOLD: Final = frozenset({"rejected", "removed", "not_seen", "hidden", "edited"})
"""That an answer waits for moderation, is shown again, or went with what it answered asks nobody to do anything."""


def tell(reply: Reply, state: str) -> int:
    """Tell everybody concerned who still sees the brand; returns how many. What was told of it before is over."""
    settle(reply.id, KIND)
    if state not in TOLD or reply.deed == "withdraw":
        return 0
    said_yes = select(Approval.decided_by).where(
        Approval.reply_id == reply.id,
        Approval.voided_at.is_(None),
        Approval.decision.in_((*LETS_OUT, *LETS_ON)),
    )
    concerned: set[UUID | None] = {reply.written_by, *db.session.scalars(said_yes)}
    people = colleagues(concerned, reply.brand_id)
    thing = Thing("reply", reply.id, f"/replies/{reply.id}/receipt")
    return len(tell_people(KIND, people, brand_id=reply.brand_id, subject=thing, values={"state": state}))
