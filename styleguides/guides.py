"""Versions of a brand's guide: write one, put it in force, read it. Flushes, never commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, func, select

from styleguides import known_by
from styleguides.brand_state import BrandState
from styleguides.check import example_problems
from styleguides.compiled import CompiledRules
from styleguides.guide_steps import read_words, storable, write_step
from styleguides.identity import IdentityInvalid, identity_from_data, identity_to_data
from styleguides.models import StyleGuideVersion
from styleguides.rules import Rule, RulesInvalid, rules_from_data, rules_to_data
from styleguides.rules_in_use import compiled_rules
from tenants import clock
from tenants.audit import record
from tenants.database import db
from tenants.errors import Conflict, Invalid, NotFound, Worded, worded
from tenants.models import Brand
from tenants.outbox import JobName, enqueue_after_commit
from tenants.permissions import Actor, Permission, require
from tenants.states import SYSTEM, Move, StateTable

LONGEST_NOTE: Final = 2_000
LONGEST_VOICE: Final = 1_000

VERSION_MOVES = StateTable(
    "style guide version",
    [
        Move(
            "propose",
            frozenset({"draft", "retired"}),
            frozenset({"proposed"}),
            Permission.GUIDE_PROPOSE,
            worded("its examples fit its rules, a note says what is asked, and no other version waits"),
        ),
        Move(
            "approve_guide",
            frozenset({"proposed"}),
            frozenset({"in_force"}),
            Permission.GUIDE_APPROVE,
            worded("it is what was shown, compared with what is still in force, and not one's own proposal"),
        ),
        Move(
            "answer",
            frozenset({"proposed"}),
            frozenset({"draft", "retired"}),
            Permission.GUIDE_APPROVE,
            worded("a comment says what should be different"),
        ),
        Move(
            "call_back",
            frozenset({"proposed"}),
            frozenset({"draft", "retired"}),
            Permission.GUIDE_PROPOSE,
            worded("it is not decided yet"),
        ),
        Move(
            "put_in_force",
            frozenset({"draft", "proposed", "retired"}),
            frozenset({"in_force"}),
            Permission.GUIDE_PUT_IN_FORCE,
            worded("its examples fit its rules, the brand leaves it to the agency, an earlier one comes with a reason"),
        ),
        Move(
            "retire",
            frozenset({"in_force"}),
            frozenset({"retired"}),
            SYSTEM,
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
    lock_brand(brand_id)
    rules = read_rules(rules_data)
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
        identity=_identity({} if identity is None else identity),
        written_by=actor.user_id,
        written_by_name=actor.name,
    )
    db.session.add(version)
    db.session.flush()
    record(actor, "style_guide.drafted", "style_guide_version", version.id, brand_id=brand_id, number=version.number)
    return version


def change_draft(
    actor: Actor,
    brand_id: UUID,
    number: int,
    revision: int,
    *,
    rules_data: Any = None,
    voice: str | None = None,
    identity: Mapping[str, Any] | None = None,
    note: str | None = None,
) -> StyleGuideVersion:
    """Change what is given of a draft; of another version, begin a new draft with the change, and leave it as it is.

    `revision` is the draft's as it was read. Raises Conflict `changed_meanwhile` where somebody was faster, Invalid,
    NotFound, Forbidden.
    """
    require(actor, Permission.GUIDE_WRITE, brand_id)
    lock_brand(brand_id)
    version = version_of(brand_id, number)
    if version.state != "draft":
        return draft_version(
            actor,
            brand_id,
            version.rules if rules_data is None else rules_data,
            note if note is not None else "",
            voice=version.voice if voice is None else voice,
            identity=version.identity if identity is None else identity,
        )
    if version.revision != revision:
        raise Conflict(
            "Somebody changed this draft since you opened it. Nothing of yours was saved. Look at it again.",
            code="changed_meanwhile",
            revision=version.revision,
        )
    if rules_data is not None:
        version.rules = rules_to_data(read_rules(rules_data))
    if voice is not None:
        version.voice = _plain_text(voice, "voice", LONGEST_VOICE)
    if identity is not None:
        version.identity = _identity(identity)
    if note is not None:
        version.note = _plain_text(note, "note", LONGEST_NOTE)
    version.revision += 1
    db.session.flush()
    facts = {"number": number, "revision": version.revision}
    record(actor, "style_guide.changed", "style_guide_version", version.id, brand_id=brand_id, **facts)
    return version


def put_in_force(actor: Actor, brand_id: UUID, number: int, reason: str = "") -> StyleGuideVersion:
    """Let the brand speak by this version without asking the client; the one in force so far is retired.

    An earlier one comes back with a reason. Raises Invalid `examples_disagree` while a rule's own examples do not show
    what they should, Invalid naming `reason`; Conflict when it is in force already, and `guide_needs_approval` where
    the brand leaves it to the client; NotFound; Forbidden.
    """
    require(actor, Permission.GUIDE_PUT_IN_FORCE, brand_id)
    brand = lock_brand(brand_id)
    version = version_of(brand_id, number)
    VERSION_MOVES.check("put_in_force", version.state, "in_force")
    if brand.guide_needs_approval:
        raise Conflict(
            "Only the client puts this brand's style guide in force. The guide in force stays as it was. "
            "Propose this version to the client instead.",
            code="guide_needs_approval",
        )
    needed = worded("Say why an earlier version comes back.") if version.put_in_force_at is not None else ""
    enter_force(actor, version, brand.language, "put_in_force", read_words(reason, "reason", needed=needed))
    return version


def enter_force(actor: Actor, version: StyleGuideVersion, brand_language: str, move: str, words: str) -> None:
    """Let this version take the place of the one in force, by this move. The brand must be locked.

    Raises Invalid `examples_disagree`, and Conflict where the move does not start from here.
    """
    VERSION_MOVES.check(move, version.state, "in_force")
    refuse_disagreeing(version, brand_language)
    before = in_force_of(version.brand_id)
    moment = clock.now()
    if before is not None:
        VERSION_MOVES.apply(before, "retire")
        before.retired_at = moment
        db.session.flush()  # at no time are two in force: the index would refuse
    VERSION_MOVES.apply(version, move)
    version.proposal_id = None
    version.put_in_force_by = actor.user_id
    version.put_in_force_at = moment
    version.retired_at = None
    db.session.flush()
    known_by.note_guide(version.brand_id, read_rules(version.rules))
    write_step(actor, version, move, words, before.number if before else None)
    enqueue_after_commit(
        JobName.RECHECK_WORDS, agency_id=version.agency_id, brand_id=version.brand_id, version=version.number
    )


def refuse_disagreeing(version: StyleGuideVersion, brand_language: str) -> None:
    """Raise Invalid `examples_disagree`, naming each, while examples do not show what they should."""
    problems = example_problems(read_rules(version.rules), brand_language)
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


def guide_in(state: BrandState) -> GuideInForce | None:
    """The guide in force as a state that was just read names it."""
    if state.version_id is None or state.version_number is None:
        return None
    return GuideInForce(state.version_number, state.version_id, compiled_rules(state.version_id))


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
    return version_of(brand_id, number)


def get_version_in_force(actor: Actor, brand_id: UUID) -> StyleGuideVersion | None:
    """The version in force with its words, for reading; None where the brand has none."""
    require(actor, Permission.GUIDE_READ, brand_id)
    _brand_language(brand_id)
    return in_force_of(brand_id)


def in_force_of(brand_id: UUID) -> StyleGuideVersion | None:
    """The version in force, or None."""
    return db.session.execute(
        select(StyleGuideVersion).where(StyleGuideVersion.brand_id == brand_id, StyleGuideVersion.state == "in_force")
    ).scalar_one_or_none()


def version_of(brand_id: UUID, number: int) -> StyleGuideVersion:
    """One version, whoever asks. Raises NotFound."""
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


def lock_brand(brand_id: UUID) -> Brand:
    """One writer of a brand's guide at a time, so that numbers have no gaps and no doubles. Raises NotFound."""
    brand = db.session.execute(
        select(Brand).where(Brand.id == brand_id).with_for_update().execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if brand is None:
        raise NotFound()
    return brand


def read_rules(rules_data: Any) -> tuple[Rule, ...]:
    """The rules. Raises Invalid `rules_invalid` with every faulty rule and field."""
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
    if not isinstance(value, str) or len(value) > longest or not storable(value):
        raise Invalid(
            worded(
                "The %(field)s must be text of at most %(limit)s characters. Nothing was saved.",
                field=Worded(field),
                limit=longest,
            ),
            errors={field: [worded("must be text of at most %(limit)s characters", limit=longest)]},
        )
    return value


def _identity(identity: Any) -> dict[str, Any]:
    """The head as it is stored. Raises Invalid naming the field."""
    try:
        return identity_to_data(identity_from_data(identity))
    except IdentityInvalid as wrong:
        raise Invalid(
            worded(
                "The head of the guide cannot be kept: %(field)s %(problem)s. Nothing was saved. "
                "Correct it and try again.",
                field=wrong.field,
                problem=wrong.message,
            ),
            errors={"identity" if wrong.field == "identity" else f"identity.{wrong.field}": [wrong.message]},
        ) from None
