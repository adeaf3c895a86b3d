"""A version is proposed to the client's owner, who puts it in force or answers with a comment. Flushes, never commits.

The deeds alone: who is written to is decided above (`agency.notices.guide_mails`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import and_, select

from styleguides.guide_steps import read_words, write_step
from styleguides.guides import (
    VERSION_MOVES,
    enter_force,
    in_force_of,
    lock_brand,
    refuse_disagreeing,
    version_of,
)
from styleguides.models import StyleGuideStep, StyleGuideVersion
from tenants.database import db
from tenants.errors import Conflict, Forbidden, worded
from tenants.models import Brand
from tenants.permissions import Actor, Permission, require

MOST_WAITING: Final = 50


class WaitingGuide(NamedTuple):
    """A version that waits for the client."""

    brand_id: UUID
    brand_name: str
    number: int
    proposal_id: UUID
    note: str
    proposed_by_name: str
    proposed_at: datetime


def propose(actor: Actor, brand_id: UUID, number: int, note: str) -> StyleGuideStep:
    """Ask the client to put this version in force; the step's id names this asking.

    Raises Invalid naming `note`, or `examples_disagree`; Conflict where another version waits, or from its present
    state; NotFound; Forbidden.
    """
    require(actor, Permission.GUIDE_PROPOSE, brand_id)
    brand = lock_brand(brand_id)
    version = version_of(brand_id, number)
    VERSION_MOVES.check("propose", version.state, "proposed")
    words = read_words(note, "note", needed=worded("Say to the client what is new and why."))
    waiting = db.session.execute(
        select(StyleGuideVersion.number).where(
            StyleGuideVersion.brand_id == brand_id, StyleGuideVersion.state == "proposed"
        )
    ).scalar_one_or_none()
    if waiting is not None:
        raise Conflict(
            worded(
                "Version %(n)s waits for the client already. Nothing was changed. "
                "Call it back first, or wait for the answer.",
                n=waiting,
            ),
            code="another_waits",
        )
    refuse_disagreeing(version, brand.language)
    step = write_step(actor, version, "propose", words, _number_in_force(brand_id))
    VERSION_MOVES.apply(version, "propose")
    version.proposal_id = step.id
    db.session.flush()
    return step


def call_back(actor: Actor, brand_id: UUID, number: int, reason: str = "") -> StyleGuideVersion:
    """Take the proposal back before it is decided. Raises Conflict, NotFound, Forbidden."""
    require(actor, Permission.GUIDE_PROPOSE, brand_id)
    lock_brand(brand_id)
    version = version_of(brand_id, number)
    VERSION_MOVES.apply(version, "call_back", _before(version))
    version.proposal_id = None
    write_step(actor, version, "call_back", read_words(reason, "reason"), _number_in_force(brand_id))
    return version


def approve(
    actor: Actor, brand_id: UUID, number: int, proposal_id: UUID | None, against: int | None, comment: str = ""
) -> StyleGuideVersion:
    """Put in force what was shown: this asking, compared with the version `against` that was in force then.

    Raises Conflict `asked_anew` where it was asked anew or another came in force meanwhile, Conflict where it is no
    longer proposed; Forbidden also for who proposed it; NotFound.
    """
    version, brand = _decidable(actor, brand_id, number, "approve_guide", "in_force", proposal_id)
    words = read_words(comment, "comment")
    if against != _number_in_force(brand_id):
        raise _asked_anew()
    enter_force(actor, version, brand.language, "approve_guide", words)
    return version


def answer(actor: Actor, brand_id: UUID, number: int, proposal_id: UUID | None, comment: str) -> StyleGuideVersion:
    """Give it back with what should be different. Raises Invalid naming `comment`, else as `approve`."""
    version, _brand = _decidable(actor, brand_id, number, "answer", "draft", proposal_id)
    words = read_words(comment, "comment", needed=worded("Say in a few words what should be different."))
    VERSION_MOVES.apply(version, "answer", _before(version))
    version.proposal_id = None
    write_step(actor, version, "answer", words, _number_in_force(brand_id))
    return version


def waiting_guides(actor: Actor) -> Sequence[WaitingGuide]:
    """Versions that wait for the client in this person's brands, longest first; one statement. Raises Forbidden."""
    require(actor, Permission.GUIDE_READ)
    version, step = StyleGuideVersion, StyleGuideStep
    found = db.session.execute(
        select(
            version.brand_id,
            Brand.name,
            version.number,
            step.id,
            step.words,
            step.made_by_name,
            step.created_at,
        )
        .join(Brand, and_(Brand.agency_id == version.agency_id, Brand.id == version.brand_id))
        .join(
            step,
            and_(
                step.agency_id == version.agency_id,
                step.id == version.proposal_id,
                step.brand_id == version.brand_id,
            ),
        )
        .where(version.state == "proposed", Brand.archived_at.is_(None))
        .order_by(step.created_at, step.id)
        .limit(MOST_WAITING)
    )
    return [WaitingGuide._make(row) for row in found]


def _decidable(
    actor: Actor, brand_id: UUID, number: int, move: str, target: str, proposal_id: UUID | None
) -> tuple[StyleGuideVersion, Brand]:
    """The proposed version, locked, that this person may decide on."""
    require(actor, Permission.GUIDE_APPROVE, brand_id)
    brand = lock_brand(brand_id)
    version = version_of(brand_id, number)
    VERSION_MOVES.check(move, version.state, target)
    step = db.session.execute(select(StyleGuideStep).where(StyleGuideStep.id == version.proposal_id)).scalar_one()
    if step.id != proposal_id:
        raise _asked_anew()
    if step.made_by == actor.user_id:
        raise Forbidden(
            "Whoever proposed a style guide does not approve it. Nothing was changed. "
            "Ask another of the client's owners."
        )
    return version, brand


def _asked_anew() -> Conflict:
    return Conflict(
        "Something changed while you were reading: you were asked anew, or another version came in force. "
        "Nothing was changed. Look at what is asked now and decide again.",
        code="asked_anew",
    )


def _before(version: StyleGuideVersion) -> str:
    """Where a version that is not put in force goes back to: an earlier one is never rewritten."""
    return "draft" if version.put_in_force_at is None else "retired"


def _number_in_force(brand_id: UUID) -> int | None:
    found = in_force_of(brand_id)
    return found.number if found is not None else None
