"""How a brand speaks in one place, for whoever is about to write there: voice, rules that apply, guidelines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import and_, func, select

from styleguides.compiled import applies
from styleguides.identity import Identity, IdentityInvalid, identity_from_data
from styleguides.language import base_language
from styleguides.models import Guideline, StyleGuideVersion
from styleguides.rule_kinds import LEVELS, Empathy, Rule
from styleguides.rules_in_use import compiled_rules
from styleguides.variants import language_tag
from tenants.database import db
from tenants.errors import NotFound
from tenants.models import Brand
from tenants.permissions import Actor, Permission, require

MOST_GUIDELINES: Final = 50


class GuidelineView(NamedTuple):
    """A guideline as it is read beside a case."""

    title: str
    when: str
    steps: list[str]
    offer_limit_cents: int | None
    currency: str | None
    never_say: list[str]


@dataclass(frozen=True, slots=True)
class Voice:
    """A brand's voice in one place. Without a guide in force `number` is None; words, identity and rules are empty.

    `language` is the one rules and head were chosen for. `rules` stand strictest first, else in the guide's order.
    """

    brand_id: UUID
    brand_name: str
    brand_mark: str
    brand_colour: str
    brand_language: str
    language: str
    number: int | None
    words: str
    identity: Identity
    rules: tuple[Rule, ...]
    guidelines: tuple[GuidelineView, ...]


def voice_of(
    actor: Actor,
    brand_id: UUID,
    platform: str | None = None,
    kind: str | None = None,
    language: str | None = None,
    stars: int | None = None,
) -> Voice:
    """One statement, and one more the first time a process meets a version.

    Rules are those for this platform, kind and language (the brand's own where none is told); those that only speak of
    bad reviews are left out where the stars are good. Guidelines are those for public answers, unless `kind` is a
    private message. Raises NotFound, Forbidden.
    """
    require(actor, Permission.GUIDE_READ, brand_id)
    fitting = ("private", "both") if kind == "message" else ("public", "both")
    some = (
        select(
            Guideline.title,
            Guideline.when,
            Guideline.steps,
            Guideline.offer_limit_cents,
            Guideline.currency,
            Guideline.never_say,
        )
        .where(Guideline.brand_id == brand_id, Guideline.deleted_at.is_(None), Guideline.visibility.in_(fitting))
        .order_by(Guideline.title, Guideline.id)
        .limit(MOST_GUIDELINES)
        .subquery()
    )
    guidelines = select(func.jsonb_agg(func.jsonb_build_array(*some.c))).scalar_subquery()
    version = StyleGuideVersion
    found = db.session.execute(
        select(
            Brand.name,
            Brand.mark,
            Brand.colour,
            Brand.language,
            version.id,
            version.number,
            version.voice,
            version.identity,
            guidelines,
        )
        .outerjoin(
            version,
            and_(
                version.agency_id == Brand.agency_id,
                version.brand_id == Brand.id,
                version.state == "in_force",
            ),
        )
        .where(Brand.id == brand_id)
    ).one_or_none()
    if found is None:
        raise NotFound()
    name, mark, colour, brand_language, version_id, number, words, identity, listed = found
    written = language_tag(language) or language_tag(brand_language) or brand_language
    if written == base_language(brand_language):
        written = language_tag(brand_language) or written  # what shows no variant is taken as the brand's
    return Voice(
        brand_id=brand_id,
        brand_name=name,
        brand_mark=mark,
        brand_colour=colour,
        brand_language=brand_language,
        language=written,
        number=number,
        words=words or "",
        identity=_head(identity).spoken_in(written),
        rules=_rules_here(version_id, written, platform, kind, stars) if version_id is not None else (),
        guidelines=tuple(GuidelineView._make(values) for values in listed or ()),
    )


def _head(data: Any) -> Identity:
    """What is stored was checked when it was written; what an older release let through is not shown."""
    try:
        return identity_from_data(data or {})
    except IdentityInvalid:
        return Identity()


def _rules_here(
    version_id: UUID, language: str, platform: str | None, kind: str | None, stars: int | None
) -> tuple[Rule, ...]:
    rules = [rule for rule in compiled_rules(version_id).rules if applies(rule, language, platform, kind)]
    if stars is not None:
        rules = [
            rule for rule in rules if not isinstance(rule, Empathy) or rule.on_complaints or stars <= rule.max_stars
        ]
    return tuple(sorted(rules, key=lambda rule: LEVELS.index(rule.level)))
