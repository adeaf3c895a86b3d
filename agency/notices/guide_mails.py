"""A style guide is proposed or decided on, and whoever must know of it gets a mail in the same transaction.

Doors call these, not `styleguides.proposals`, so that pages and the API write to the same people. Flushes, never
commits; raises what `styleguides.proposals` raises.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from agency.notices.place_links import place_link
from agency.notices.telling import Thing, settle, tell
from styleguides import proposals
from styleguides.guide_steps import last_asking
from styleguides.models import StyleGuideStep, StyleGuideVersion
from tenants.database import db
from tenants.holders import holders_of
from tenants.models import Brand, Person
from tenants.permissions import Actor, Permission


def propose(actor: Actor, brand_id: UUID, number: int, note: str) -> StyleGuideStep:
    """Propose the version; a mail goes to everybody who may approve it, the proposer left out. It is read by a link
    into the client's place, and decided on behind a sign-in, for it binds longer than a day.
    """
    step = proposals.propose(actor, brand_id, number, note)
    said = {"by_name": actor.name, "number": number}
    brand = _brand(brand_id)

    def mail_to(person: Person) -> dict[str, Any]:
        link = place_link(brand, person.id)
        return {
            **said,
            "brand_name": brand.name,
            "note": step.words,
            "path": f"{link.path}/guides/{brand_id}/{number}",
            "open_until_at": link.until,
            "sign_in": {"path": proposal_path(brand_id, number)},
        }

    tell(
        "guide_awaits_you",
        holders_of(Permission.GUIDE_APPROVE, actor.agency_id, brand_id),
        brand_id=brand_id,
        subject=Thing("style_guide_version", step.version_id, proposal_path(brand_id, number)),
        values=said,
        mail=mail_to,
        but=actor.user_id,
    )
    return step


def approve(
    actor: Actor, brand_id: UUID, number: int, proposal_id: UUID | None, against: int | None, comment: str = ""
) -> StyleGuideVersion:
    """Put it in force; who proposed it is told."""
    version = proposals.approve(actor, brand_id, number, proposal_id, against, comment)
    _tell_proposer(actor, version, comment.strip(), approved=True)
    return version


def answer(actor: Actor, brand_id: UUID, number: int, proposal_id: UUID | None, comment: str) -> StyleGuideVersion:
    """Give it back; who proposed it is told why."""
    version = proposals.answer(actor, brand_id, number, proposal_id, comment)
    _tell_proposer(actor, version, comment.strip(), approved=False)
    return version


def proposal_path(brand_id: UUID, number: int) -> str:
    """Where a version is read and decided on."""
    return f"/brands/{brand_id}/guide/{number}/proposal"


def _tell_proposer(actor: Actor, version: StyleGuideVersion, comment: str, *, approved: bool) -> None:
    settle(version.id, "guide_awaits_you")
    asked = last_asking(version)
    people = holders_of(Permission.GUIDE_PROPOSE, version.agency_id, version.brand_id)
    said = {"by_name": actor.name, "number": version.number, "approved": approved}
    tell(
        "guide_answered",
        [person for person in people if asked is not None and person.id == asked.made_by],
        brand_id=version.brand_id,
        subject=Thing("style_guide_version", version.id, proposal_path(version.brand_id, version.number)),
        values=said,
        mail={**said, "brand_name": _brand(version.brand_id).name, "comment": comment},
        but=actor.user_id,
    )


def _brand(brand_id: UUID) -> Brand:
    return db.session.execute(select(Brand).where(Brand.id == brand_id)).scalar_one()
