"""Whether somebody may send in a brand's name without a yes: where the agency asks for it, only after the quiz."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final
from uuid import UUID

from sqlalchemy import and_, select, update

from styleguides.check import compile_rules
from styleguides.models import GuideQuiz, StyleGuideVersion
from styleguides.quiz import can_ask
from styleguides.rules import rules_from_data
from tenants.audit import record
from tenants.database import db
from tenants.errors import Conflict, Forbidden, worded
from tenants.models import Agency, Brand
from tenants.permissions import Actor, Permission, Role, require

QUIZ_NEEDED: Final = "quiz_needed"

EXEMPT: Final[Mapping[Role, str]] = {
    Role.TEAM_LEAD: worded(
        "writes the guides, answers for them, and must be able to act when a new one comes in force"
    ),
    Role.AGENCY_ADMIN: worded("may do what a team lead may"),
}
"""Who sends without a pass, and why. Whoever else may publish without the client's yes needs one."""


def version_to_pass(actor: Actor, brand_id: UUID) -> int | None:
    """The version in force whose quiz keeps this person from sending without a yes; None where nothing does.

    One statement, none for who is exempt; a brand without a guide, or whose guide has nothing to ask, keeps nobody.
    """
    if actor.role in EXEMPT:
        return None
    row = db.session.execute(
        select(StyleGuideVersion.id, StyleGuideVersion.number, Brand.language)
        .join(Brand, and_(Brand.agency_id == StyleGuideVersion.agency_id, Brand.id == StyleGuideVersion.brand_id))
        .join(Agency, Agency.id == StyleGuideVersion.agency_id)
        .outerjoin(
            GuideQuiz,
            and_(
                GuideQuiz.agency_id == StyleGuideVersion.agency_id,
                GuideQuiz.brand_id == StyleGuideVersion.brand_id,
                GuideQuiz.person_id == actor.user_id,
                GuideQuiz.version_id == StyleGuideVersion.id,
            ),
        )
        .where(
            StyleGuideVersion.brand_id == brand_id,
            StyleGuideVersion.state == "in_force",
            Agency.quiz_gate,
            GuideQuiz.passed_at.is_(None),
        )
    ).first()
    return row.number if row is not None and has_questions(row.id, row.language) else None


def refuse_without_pass(actor: Actor, brand_id: UUID) -> None:
    """Raise Conflict `quiz_needed` while the agency asks for a pass that this person has not; of the guide in force."""
    number = version_to_pass(actor, brand_id)
    if number is not None:
        raise Conflict(
            worded(
                "Before you publish without a yes, pass the quiz on this brand's guide, version %(n)s. "
                "Nothing was sent; your words are kept. Take the quiz, or send them for approval.",
                n=number,
            ),
            code=QUIZ_NEEDED,
            brand_id=str(brand_id),
            guide_version=number,
        )


_asking: dict[tuple[UUID, str], bool] = {}
"""Version and its brand's language → whether it can ask anything; the words of such a version never change."""
_MOST_KEPT: Final = 20_000


def has_questions(version_id: UUID, brand_language: str) -> bool:
    """Whether a version that is or was in force can ask anything; worked out once a process."""
    return version_id in which_ask([(version_id, brand_language)])


def which_ask(versions: Collection[tuple[UUID, str]]) -> frozenset[UUID]:
    """Those of the versions, each with its brand's language, that can ask anything. One statement for all new ones."""
    unknown = [version for version in versions if version not in _asking]
    if unknown:
        wanted = select(StyleGuideVersion.id, StyleGuideVersion.rules)
        rows = db.session.execute(wanted.where(StyleGuideVersion.id.in_([version_id for version_id, _ in unknown])))
        compiled = {row.id: compile_rules(rules_from_data(row.rules)) for row in rows}
        if len(_asking) > _MOST_KEPT:
            _asking.clear()
        for version_id, language in unknown:
            _asking[version_id, language] = can_ask(compiled[version_id], language)
    return frozenset(version[0] for version in versions if _asking.get(version))


def gate_is_on(actor: Actor) -> bool:
    """Whether the agency asks for passes."""
    return db.session.execute(select(Agency.quiz_gate).where(Agency.id == actor.agency_id)).scalar_one()


def set_gate(actor: Actor, *, on: bool) -> bool:
    """Ask for passes, or no longer, from the next press on. Setting what is set already leaves no record.

    Raises Forbidden; it is for every brand, so also for a lead of only some.
    """
    require(actor, Permission.QUIZ_MANAGE)
    if actor.brand_ids is not None:
        raise Forbidden("This holds for every brand, and you lead only some. Nothing was changed. Ask an agency admin.")
    changed = db.session.execute(
        update(Agency).where(Agency.id == actor.agency_id, Agency.quiz_gate != on).values(quiz_gate=on)
    )
    if changed.rowcount:  # type: ignore[attr-defined]
        record(actor, "agency.quiz_gate_set", "agency", actor.agency_id, on=on)
    return on
