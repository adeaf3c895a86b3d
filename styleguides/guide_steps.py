"""What became of a version, step by step: who proposed it, who answered, who put it in force, and in which words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import select

from styleguides.models import StyleGuideStep, StyleGuideVersion
from tenants.audit import record
from tenants.database import db
from tenants.errors import Invalid, worded
from tenants.permissions import Actor

LONGEST_WORDS: Final = 2_000
"""Characters of a note, a comment or a reason."""


def write_step(actor: Actor, version: StyleGuideVersion, deed: str, words: str, against: int | None) -> StyleGuideStep:
    """Keep one move, in the version's own list and in the record. `deed` is the move's name."""
    step = StyleGuideStep(
        agency_id=version.agency_id,
        brand_id=version.brand_id,
        version_id=version.id,
        deed=deed,
        words=words,
        against=against,
        made_by=actor.user_id,
        made_by_name=actor.name,
    )
    db.session.add(step)
    db.session.flush()
    facts: dict[str, Any] = {"number": version.number, "against": against}
    if words:
        facts["words"] = words
    record(actor, f"style_guide.{deed}", "style_guide_version", version.id, brand_id=version.brand_id, **facts)
    return step


def steps_of(version: StyleGuideVersion) -> Sequence[StyleGuideStep]:
    """Every step, first to last; one statement."""
    return db.session.scalars(
        select(StyleGuideStep)
        .where(StyleGuideStep.version_id == version.id)
        .order_by(StyleGuideStep.created_at, StyleGuideStep.id)
    ).all()


def last_asking(version: StyleGuideVersion) -> StyleGuideStep | None:
    """The last time it was proposed, decided or not."""
    return db.session.scalars(
        select(StyleGuideStep)
        .where(StyleGuideStep.version_id == version.id, StyleGuideStep.deed == "propose")
        .order_by(StyleGuideStep.created_at.desc(), StyleGuideStep.id.desc())
        .limit(1)
    ).one_or_none()


def read_words(value: Any, field: str, *, needed: str = "") -> str:
    """Words somebody wrote, without space around them.

    `needed` says what is missing where there must be some. Raises Invalid naming `field`.
    """
    text = value.strip() if isinstance(value, str) else None
    if text is None or len(text) > LONGEST_WORDS or not storable(text):
        said = worded("must be text of at most %(limit)s characters", limit=LONGEST_WORDS)
        raise Invalid("What you wrote cannot be kept. Nothing was changed.", errors={field: [said]})
    if needed and not text:
        raise Invalid(needed, errors={field: [needed]})
    return text


def storable(value: str) -> bool:
    """Whether PostgreSQL takes the text and UTF-8 can write it."""
    return "\x00" not in value and not any("\ud800" <= char <= "\udfff" for char in value)
