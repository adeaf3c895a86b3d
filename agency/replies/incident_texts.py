"""What leads do with texts of an incident: word them, let the holding text go, end it with a follow-up, try again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, update

from agency.inbox.incidents.attaching import promise_answers
from agency.inbox.incidents.models import (
    FOLLOW_UP,
    HOLDING,
    Incident,
    IncidentCase,
    IncidentPerson,
    IncidentText,
)
from agency.inbox.incidents.opening import locked_incident, refuse_afterwards
from agency.replies import checks, client_answers
from agency.replies.incident_names import EXAMPLE, filled_for, unknown_place
from agency.replies.policy_versions import policy_in_force
from agency.replies.words import accepted, hash_of
from styleguides.brand_check import check_for_brand
from styleguides.language import base_language
from styleguides.scenarios import CaseFacts
from tenants import audit, clock, read_only
from tenants.brands import brand_for
from tenants.database import db, new_id
from tenants.errors import Conflict, Invalid, worded
from tenants.permissions import Actor, Permission, require

MOST_WORDINGS: Final = 5
"""Of one language: people get them in turn."""
MOST_LANGUAGES: Final = 10

Wordings = Mapping[str, Sequence[str]]
"""By language."""


def texts_of(incident_id: UUID, purpose: str) -> list[IncidentText]:
    """Its wordings as they hold now, by language and number. One statement."""
    wanted = select(IncidentText).where(
        IncidentText.incident_id == incident_id, IncidentText.purpose == purpose, IncidentText.state != "replaced"
    )
    return list(db.session.scalars(wanted.order_by(IncidentText.language, IncidentText.number, IncidentText.id)))


def _put_texts(actor: Actor, incident: Incident, purpose: str, given: Wordings) -> None:
    """These in the place of those there were; one that stays keeps its yes, one refused is asked about anew."""
    client_answers.refuse_pressing(policy_in_force(incident.brand_id).terms)
    wanted = _read(given)
    brand_name = brand_for(actor, incident.brand_id).name
    for language, words in wanted:
        tried = filled_for(words, EXAMPLE, brand_name, actor)
        checks.refuse_stopped(
            check_for_brand(
                incident.brand_id,
                tried,
                None,
                "comment",
                language,
                customer_name=EXAMPLE,
                beside_others=True,
                case=CaseFacts(""),
            )
        )
    there = {(one.language, hash_of(one.text)): one for one in texts_of(incident.id, purpose)}
    for number, (language, words) in enumerate(wanted, 1):
        one = there.pop((language, hash_of(words)), None)
        if one is None:
            one = IncidentText(
                agency_id=incident.agency_id,
                id=new_id(),
                brand_id=incident.brand_id,
                incident_id=incident.id,
                purpose=purpose,
                language=language,
                text=words,
                state="ready",
            )
            db.session.add(one)
        elif one.state == "refused":
            one.state, one.sample_reply_id, one.approval_id = "ready", None, None
        one.number = number
    for gone in there.values():
        gone.state = "replaced"
    db.session.flush()
    hashes = [hash_of(words) for _language, words in wanted]
    audit.record(
        actor,
        "incident.worded",
        "incident",
        incident.id,
        brand_id=incident.brand_id,
        purpose=purpose,
        hashes=hashes,
    )


def start_holding(actor: Actor, incident_id: UUID, given: Wordings) -> Incident:
    """Each person who wrote, and each who will, gets one of these holding texts, once. Again: from now on these.

    Raises Invalid `style_stop` with findings where the guide stops one, with `errors` where one cannot be used;
    Conflict `client_answers` where the client answers, `incident_closed`; NotFound, Forbidden.
    """
    found = locked_incident(actor, incident_id)
    require(actor, Permission.REPLY_RELEASE, found.brand_id)
    _refuse_ended(found, "open")
    read_only.refuse_of(found.brand_id)
    _put_texts(actor, found, HOLDING, given)
    found.holds, found.acts_for, found.trouble = True, actor.user_id, None
    found.version += 1
    _due(found, "holding")
    audit.record(actor, "incident.holding_started", "incident", found.id, brand_id=found.brand_id)
    promise_answers(found.brand_id, found.id)
    return found


def stop_holding(actor: Actor, incident_id: UUID) -> Incident:
    """Nobody else gets the holding text; what is on its way goes out. Harmless where none goes.

    Raises NotFound, Forbidden.
    """
    found = locked_incident(actor, incident_id)
    if found.holds:
        found.holds, found.trouble = False, None
        found.version += 1
        db.session.execute(
            update(IncidentPerson)
            .where(IncidentPerson.incident_id == found.id, IncidentPerson.holding == "due")
            .values(holding=None)
            .execution_options(synchronize_session=False)
        )
        audit.record(actor, "incident.holding_stopped", "incident", found.id, brand_id=found.brand_id)
    return found


def end_with_follow_up(actor: Actor, incident_id: UUID, given: Wordings, afterwards: str) -> Incident:
    """No case comes in any more; each person with a case in it gets one of these texts, once, at a pace. Then it
    closes: cases that got none go as `afterwards` says. Pressed again while that goes on: these texts for who is left.

    Raises as `start_holding`, and Invalid for another word.
    """
    found = stop_holding(actor, incident_id)
    require(actor, Permission.REPLY_RELEASE, found.brand_id)
    _refuse_ended(found, "open", "ending")
    refuse_afterwards(afterwards)
    read_only.refuse_of(found.brand_id)
    _put_texts(actor, found, FOLLOW_UP, given)
    if found.state == "open":
        audit.record(actor, "incident.ending", "incident", found.id, brand_id=found.brand_id, afterwards=afterwards)
    found.state, found.afterwards, found.acts_for, found.trouble = "ending", afterwards, actor.user_id, None
    found.ending_at = found.ending_at or clock.now()
    found.closed_by_name = actor.name
    found.version += 1
    _due(found, "follow_up")
    promise_answers(found.brand_id, found.id)
    return found


def try_again(actor: Actor, incident_id: UUID) -> Incident:
    """What held the texts back is seen to: go on, by this lead's word. Raises NotFound, Forbidden."""
    found = locked_incident(actor, incident_id)
    require(actor, Permission.REPLY_RELEASE, found.brand_id)
    found.trouble, found.acts_for = None, actor.user_id
    db.session.flush()
    promise_answers(found.brand_id, found.id)
    return found


def _due(incident: Incident, column: str) -> None:
    """Whoever has a case in it and was not meant to get this text yet is to."""
    db.session.flush()
    inside = IncidentPerson.id.in_(
        select(IncidentCase.incident_person_id).where(
            IncidentCase.incident_id == incident.id, IncidentCase.left_at.is_(None)
        )
    )
    not_meant: Any = getattr(IncidentPerson, column).is_(None)
    db.session.execute(
        update(IncidentPerson)
        .where(IncidentPerson.incident_id == incident.id, not_meant, inside)
        .values({column: "due"})
        .execution_options(synchronize_session=False)
    )


def _refuse_ended(incident: Incident, *states: str) -> None:
    if incident.state not in states:
        raise Conflict(
            "This incident has ended, so nobody more is written to about it. Nothing was changed. Open another one.",
            code="incident_closed",
        )


def _read(given: Wordings) -> list[tuple[str, str]]:
    errors: dict[str, list[str]] = {}
    wanted: list[tuple[str, str]] = []
    for code, some in given.items():
        language = base_language(code) or ""
        words = list(dict.fromkeys(one.strip() for one in some if one.strip()))
        if len(words) > MOST_WORDINGS:
            errors["texts"] = [worded("have more than %(n)s wordings in one language", n=MOST_WORDINGS)]
        strange = next((place for place in map(unknown_place, words) if place is not None), None)
        if strange is not None:
            errors["texts"] = [worded("have a place that nothing fills: {%(place)s}", place=strange)]
        wanted += [(language, accepted(one)) for one in words[:MOST_WORDINGS]]
    if not wanted:
        errors["texts"] = [worded("are missing: write one in the brand’s language at least")]
    if len({language for language, _words in wanted}) > MOST_LANGUAGES:
        errors["texts"] = [worded("are in more than %(n)s languages", n=MOST_LANGUAGES)]
    if errors:
        raise Invalid(
            worded(
                "These texts cannot be used: they %(problem)s. Nothing was changed. Correct them and try again.",
                problem=errors["texts"][0],
            ),
            errors=errors,
        )
    return wanted
