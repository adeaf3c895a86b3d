"""Versions of a brand's guide: write one, put it in force, read it. Flushes, never commits."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, func, select

from styleguides.check import example_problems
from styleguides.compiled import CompiledRules, compile_rules
from styleguides.models import StyleGuideVersion
from styleguides.rules import Rule, RulesInvalid, rules_from_data, rules_to_data
from tenants import clock
from tenants.audit import record
from tenants.database import db
from tenants.errors import Invalid, NotFound, Worded, worded
from tenants.models import Brand
from tenants.permissions import Actor, Permission, require
from tenants.states import Move, StateTable

LONGEST_NOTE: Final = 2_000
LONGEST_VOICE: Final = 1_000
MOST_IDENTITY_ENTRIES: Final = 50
_MOST_COMPILED: Final = 2_000

VERSION_MOVES = StateTable(
    "style guide version",
    [
        Move(
            "put_in_force",
            frozenset({"draft", "retired"}),
            frozenset({"in_force"}),
            Permission.GUIDE_PUT_IN_FORCE,
            worded("every good example keeps its rule and every bad one breaks it"),
        ),
        Move(
            "retire",
            frozenset({"in_force"}),
            frozenset({"retired"}),
            Permission.GUIDE_PUT_IN_FORCE,
            worded("another version takes its place in the same transaction"),
        ),
    ],
)


@dataclass(frozen=True, slots=True)
class GuideInForce:
    """The guide a brand speaks by now, ready for checking."""

    number: int
    version_id: UUID
    compiled: CompiledRules

    @property
    def rules(self) -> tuple[Rule, ...]:
        return self.compiled.rules


_compiled: OrderedDict[UUID, CompiledRules] = OrderedDict()
_compiled_lock = threading.Lock()


def draft_version(
    actor: Actor,
    brand_id: UUID,
    rules_data: Any,
    note: str = "",
    *,
    voice: str = "",
    identity: Mapping[str, Any] | None = None,
) -> StyleGuideVersion:
    """A new draft with the next number. `rules_data` has the form `styleguides.rules.rules_from_data` reads.

    Raises Invalid `rules_invalid` with every faulty rule and field; NotFound; Forbidden.
    """
    require(actor, Permission.GUIDE_WRITE, brand_id)
    _lock_brand(brand_id)
    rules = _read_rules(rules_data)
    number = db.session.execute(
        select(func.max(StyleGuideVersion.number)).where(StyleGuideVersion.brand_id == brand_id)
    ).scalar_one()
    version = StyleGuideVersion(
        agency_id=actor.agency_id,
        brand_id=brand_id,
        number=(number or 0) + 1,
        state="draft",
        rules=rules_to_data(rules),
        note=_plain_text(note, "note", LONGEST_NOTE),
        voice=_plain_text(voice, "voice", LONGEST_VOICE),
        identity=_identity(identity or {}),
        written_by=actor.user_id,
        written_by_name=actor.name,
    )
    db.session.add(version)
    db.session.flush()
    record(actor, "style_guide.drafted", "style_guide_version", version.id, brand_id=brand_id, number=version.number)
    return version


def put_in_force(actor: Actor, brand_id: UUID, number: int) -> StyleGuideVersion:
    """Let the brand speak by this version; the one in force so far is retired. A retired one may come back.

    Raises Invalid `examples_disagree` while a rule's own examples do not show what they should; Conflict when it is
    in force already; NotFound; Forbidden.
    """
    require(actor, Permission.GUIDE_PUT_IN_FORCE, brand_id)
    brand_language = _lock_brand(brand_id)
    version = _version(brand_id, number)
    VERSION_MOVES.check("put_in_force", version.state, "in_force")
    problems = example_problems(_read_rules(version.rules), brand_language)
    if problems:
        errors: dict[str, list[str]] = {}
        for problem in problems:
            errors.setdefault(f"{problem.rule}.{problem.field}", []).append(problem.message)
        raise Invalid(
            worded(
                "The examples of this guide do not fit its rules (%(problem)s). The guide in force stays as it was. "
                "Change the examples or the rules in a new draft and try again.",
                problem=problems[0],
            ),
            code="examples_disagree",
            errors=errors,
        )
    before = db.session.execute(
        select(StyleGuideVersion).where(StyleGuideVersion.brand_id == brand_id, StyleGuideVersion.state == "in_force")
    ).scalar_one_or_none()
    moment = clock.now()
    if before is not None:
        VERSION_MOVES.apply(before, "retire")
        before.retired_at = moment
        db.session.flush()  # at no time are two in force: the index would refuse
    VERSION_MOVES.apply(version, "put_in_force")
    version.put_in_force_by = actor.user_id
    version.put_in_force_at = moment
    version.retired_at = None
    db.session.flush()
    record(
        actor,
        "style_guide.put_in_force",
        "style_guide_version",
        version.id,
        brand_id=brand_id,
        number=version.number,
        replaces=before.number if before else None,
    )
    return version


def version_in_force(brand_id: UUID) -> GuideInForce | None:
    """The guide this brand speaks by now, or None. One statement; its rules are compiled once a process."""
    return guide_and_language(brand_id)[0]


def guide_and_language(brand_id: UUID) -> tuple[GuideInForce | None, str]:
    """The guide in force and the brand's language. Raises NotFound for a brand outside the scope."""
    found = db.session.execute(
        select(Brand.language, StyleGuideVersion.id, StyleGuideVersion.number)
        .outerjoin(
            StyleGuideVersion,
            and_(
                StyleGuideVersion.agency_id == Brand.agency_id,
                StyleGuideVersion.brand_id == Brand.id,
                StyleGuideVersion.state == "in_force",
            ),
        )
        .where(Brand.id == brand_id)
    ).one_or_none()
    if found is None:
        raise NotFound()
    language, version_id, number = found
    if version_id is None:
        return None, language
    return GuideInForce(number, version_id, compiled_rules(version_id)), language


def compiled_rules(version_id: UUID) -> CompiledRules:
    """The rules of a version that is or was in force; compiled once a process, as its words never change."""
    with _compiled_lock:
        known = _compiled.get(version_id)
        if known is not None:
            _compiled.move_to_end(version_id)
            return known
    data = db.session.execute(select(StyleGuideVersion.rules).where(StyleGuideVersion.id == version_id)).scalar_one()
    compiled = compile_rules(rules_from_data(data))
    with _compiled_lock:
        _compiled[version_id] = compiled
        while len(_compiled) > _MOST_COMPILED:
            _compiled.popitem(last=False)
    return compiled


def list_versions(actor: Actor, brand_id: UUID) -> Sequence[StyleGuideVersion]:
    """All versions, newest first."""
    require(actor, Permission.GUIDE_READ, brand_id)
    _brand_language(brand_id)
    return (
        db.session.execute(
            select(StyleGuideVersion)
            .where(StyleGuideVersion.brand_id == brand_id)
            .order_by(StyleGuideVersion.number.desc())
        )
        .scalars()
        .all()
    )


def get_version(actor: Actor, brand_id: UUID, number: int) -> StyleGuideVersion:
    """One version by its number. Raises NotFound."""
    require(actor, Permission.GUIDE_READ, brand_id)
    return _version(brand_id, number)


def get_version_in_force(actor: Actor, brand_id: UUID) -> StyleGuideVersion | None:
    """The version in force with its words, for reading; None where the brand has none."""
    require(actor, Permission.GUIDE_READ, brand_id)
    _brand_language(brand_id)
    return db.session.execute(
        select(StyleGuideVersion).where(StyleGuideVersion.brand_id == brand_id, StyleGuideVersion.state == "in_force")
    ).scalar_one_or_none()


def _version(brand_id: UUID, number: int) -> StyleGuideVersion:
    if not 0 < number < 2**31:
        raise NotFound()
    version = db.session.execute(
        select(StyleGuideVersion).where(StyleGuideVersion.brand_id == brand_id, StyleGuideVersion.number == number)
    ).scalar_one_or_none()
    if version is None:
        raise NotFound()
    return version


def _brand_language(brand_id: UUID) -> str:
    language = db.session.execute(select(Brand.language).where(Brand.id == brand_id)).scalar_one_or_none()
    if language is None:
        raise NotFound()
    return language


def _lock_brand(brand_id: UUID) -> str:
    """One writer of a brand's guide at a time, so that numbers have no gaps and no doubles. The brand's language."""
    language = db.session.execute(
        select(Brand.language).where(Brand.id == brand_id).with_for_update()
    ).scalar_one_or_none()
    if language is None:
        raise NotFound()
    return language


def _read_rules(rules_data: Any) -> tuple[Rule, ...]:
    try:
        return rules_from_data(rules_data)
    except RulesInvalid as wrong:
        errors: dict[str, list[str]] = {}
        for problem in wrong.problems:
            errors.setdefault(f"{problem.rule}.{problem.field}", []).append(problem.message)
        raise Invalid(
            worded(
                "These rules cannot be read: %(problem)s. Nothing was saved. Correct what is named and try again.",
                problem=wrong.problems[0],
            ),
            code="rules_invalid",
            errors=errors,
        ) from None


def _plain_text(value: Any, field: str, longest: int) -> str:
    if not isinstance(value, str) or len(value) > longest or not _storable(value):
        raise Invalid(
            worded(
                "The %(field)s must be text of at most %(limit)s characters. Nothing was saved.",
                field=Worded(field),
                limit=longest,
            ),
            errors={field: [worded("must be text of at most %(limit)s characters", limit=longest)]},
        )
    return value


def _storable(value: str) -> bool:
    return "\x00" not in value and not any("\ud800" <= char <= "\udfff" for char in value)


def _identity(identity: Mapping[str, Any]) -> dict[str, Any]:
    """Headings of the guide with a text or a list of texts each."""
    if not isinstance(identity, Mapping) or len(identity) > MOST_IDENTITY_ENTRIES:
        raise Invalid("The identity must be a short mapping of headings to texts. Nothing was saved.")
    kept: dict[str, Any] = {}
    for heading, value in identity.items():
        name = _plain_text(heading, "identity", 100)
        kept[name] = (
            [_plain_text(entry, "identity", LONGEST_NOTE) for entry in value[:100]]
            if isinstance(value, list)
            else _plain_text(value, "identity", LONGEST_NOTE)
        )
    return kept
