"""Rules of the desk as somebody gives them: read, refused by field, and told the other way round."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import or_, select

from agency.inbox.colleagues import WORKING_ROLES
from agency.inbox.desk_models import Label
from agency.inbox.loops.models import FeedbackLoop
from agency.inbox.team_models import TeamMember
from agency.inbox.topic_models import Topic
from agency.inbox.topics import BUILT_IN
from agency.inbox.triage.terms import Effects, Terms, read_terms, rule_name, stored_of, terms_of
from styleguides.given_fields import Wrong, text
from styleguides.models import Guideline, SavedReply
from tenants.database import db
from tenants.errors import Invalid, worded
from tenants.models import Brand, Membership, Person
from tenants.permissions import Actor

LONGEST_NOTE: Final = 300
PLAIN_FIELDS: Final = ("name", "note", "stops", "is_on")


def read_rule(
    actor: Actor, brand_id: UUID | None, data: Mapping[str, Any], *, knows: Mapping[str, Any] | None = None
) -> tuple[dict[str, Any], Terms]:
    """What somebody gave of a rule: its plain fields and its terms, whose labels, people, brands and topics are theirs
    to name. What `knows` (terms as kept) names already may stay. Raises Invalid with `errors` by field.
    """
    errors: dict[str, list[str]] = {}
    values: dict[str, Any] = {}
    for name in PLAIN_FIELDS:
        if name not in data:
            continue
        try:
            values[name] = _plain(name, data[name])
        except Wrong as wrong:
            errors[name] = [wrong.args[0]]
    if "name" not in data:
        errors["name"] = [worded("is missing")]
    others = {name: value for name, value in data.items() if name not in PLAIN_FIELDS}
    try:
        terms = read_terms(others, of_agency=brand_id is None)
    except Invalid as error:
        raise invalid_rule({**errors, **error.fields["errors"]}) from error
    errors |= _strangers(actor, brand_id, terms, terms_of(knows) if knows is not None else None)
    if errors:
        raise invalid_rule(errors)
    return values, terms


def fields_of(terms: Terms) -> dict[str, Any]:
    """Terms as they are given: the fields of both halves beside each other, those that say something."""
    stored = stored_of(terms)
    found = {**stored["if"], **stored["then"]}
    for name in ("words", "without"):
        if name in found:
            found[name] = [{"language": one[0], "words": one[1]} for one in found[name]]
    return found


def _strangers(actor: Actor, brand_id: UUID | None, terms: Terms, knows: Terms | None) -> dict[str, list[str]]:
    """What the terms name that is not there, or not theirs, by field; up to six statements, for what is named anew."""
    errors: dict[str, list[str]] = {}
    conditions, effects = terms
    brands = set(conditions.brands) - set(knows.conditions.brands if knows else ())
    if brands and len(db.session.scalars(select(Brand.id).where(Brand.id.in_(brands))).all()) < len(brands):
        errors["brands"] = [worded("names a brand that is not there")]
    labels = set(effects.label_ids) - set(knows.effects.label_ids if knows else ())
    if labels:
        places = [actor.agency_id] if brand_id is None else [actor.agency_id, brand_id]
        usable = select(Label.id).where(Label.id.in_(labels), Label.archived_at.is_(None), Label.brand_id.in_(places))
        if len(db.session.scalars(usable).all()) < len(labels):
            errors["label_ids"] = [worded("names a label that cases of all these brands cannot bear")]
    topics = {UUID(one) for one in conditions.topics if one not in BUILT_IN}
    topics -= {UUID(one) for one in (knows.conditions.topics if knows else ()) if one not in BUILT_IN}
    if topics:
        own = select(Topic.id).where(Topic.id.in_(topics), Topic.brand_id == brand_id, Topic.archived_at.is_(None))
        if len(db.session.scalars(own).all()) < len(topics):
            errors["topics"] = [worded("names a topic that is not there")]
    loop = effects.loop_id
    if loop is not None and (knows is None or knows.effects.loop_id != loop):
        asked = select(FeedbackLoop.id).where(
            FeedbackLoop.id == loop, FeedbackLoop.brand_id == brand_id, FeedbackLoop.archived_at.is_(None)
        )
        if db.session.execute(asked).first() is None:
            errors["loop_id"] = [worded("names a loop that is not there")]
    if effects.skill and (knows is None or knows.effects.skill != effects.skill):
        has = select(TeamMember.id).where(TeamMember.skills.has_key(effects.skill)).limit(1)
        if db.session.execute(has).first() is None:
            errors["skill"] = [worded("is a skill that nobody has; write it at a colleague first")]
    errors |= _strange_offers(actor, brand_id, effects, knows.effects if knows is not None else None)
    person = effects.keep_for
    if person is not None and (knows is None or knows.effects.keep_for != person):
        covers: Any = Membership.all_brands
        wanted = [brand_id] if brand_id is not None else list(conditions.brands)
        if wanted:
            covers = or_(covers, Membership.brand_ids.bool_op("@>")(wanted))
        member = (
            select(Person.id)
            .join(Membership, Membership.person_id == Person.id)
            .where(
                Person.id == person,
                Person.disabled_at.is_(None),
                Membership.agency_id == actor.agency_id,
                Membership.removed_at.is_(None),
                Membership.role.in_(WORKING_ROLES),
                covers,
            )
        )
        if db.session.execute(member).first() is None:
            errors["keep_for"] = [worded("must be a colleague who works for every brand this rule is for")]
    return errors


def _strange_offers(
    actor: Actor, brand_id: UUID | None, effects: Effects, knows: Effects | None
) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    guideline, saved = effects.guideline_id, effects.saved_reply_id
    if guideline is not None and (knows is None or knows.guideline_id != guideline):
        own = select(Guideline.id).where(
            Guideline.id == guideline, Guideline.brand_id == brand_id, Guideline.deleted_at.is_(None)
        )
        if db.session.execute(own).first() is None:
            errors["guideline_id"] = [worded("names a guideline that is not there")]
    if saved is not None and (knows is None or knows.saved_reply_id != saved):
        places = [actor.agency_id] if brand_id is None else [actor.agency_id, brand_id]
        usable = select(SavedReply.id).where(
            SavedReply.id == saved, SavedReply.brand_id.in_(places), SavedReply.archived_at.is_(None)
        )
        if db.session.execute(usable).first() is None:
            errors["saved_reply_id"] = [worded("names a saved reply that not all these brands have")]
    return errors


def _plain(name: str, value: Any) -> Any:
    if name == "name":
        return rule_name(value)
    if name == "note":
        return " ".join(text(value, LONGEST_NOTE).split())
    if not isinstance(value, bool):
        raise Wrong(worded("must be yes or no"))
    return value


def invalid_rule(errors: dict[str, list[str]]) -> Invalid:
    """The refusal of a rule, by field."""
    field, messages = next(iter(errors.items()))
    return Invalid(
        worded(
            "This rule cannot be kept: %(field)s %(problem)s. Nothing was changed. Correct it and save again.",
            field=field,
            problem=messages[0],
        ),
        errors=errors,
    )
