"""What leads do with incidents: open one, change what attaches cases, put cases in and take them out, end it; and with
what suggests one. Each is recorded. Flushes only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select

from agency.inbox.incidents import attaching
from agency.inbox.incidents.given import Given, read_incident
from agency.inbox.incidents.models import Incident, IncidentCase, IncidentPerson, IncidentSuggestion
from agency.inbox.incidents.trial import open_cases_for
from agency.inbox.models import Conversation
from agency.notices.telling import Thing, settle, tell
from tenants import audit, clock
from tenants.brands import brand_for
from tenants.database import db, new_id
from tenants.errors import Conflict, Invalid, NotFound, worded
from tenants.holders import approvers_of
from tenants.permissions import Actor, Permission, require

MOST_GOING: Final = 20
"""Incidents of a brand that are open at once: every word that comes in meets all of them."""
AFTERWARDS: Final = ("resolve", "return")
SWEPT_AFTER: Final = timedelta(minutes=2)
"""So long after its end what words that were just being stored still put in is let go: longer than a page takes."""
MOST_AT_ONCE: Final = 5_000
"""Cases that one press takes out of an incident that ends; so many are asked for their words when one is opened."""


def open_incident(actor: Actor, brand_id: UUID, data: Mapping[str, Any], suggestion_id: UUID | None = None) -> Incident:
    """Open one: the cases that the suggestion names come in, and every open case its words fit, and such as come.

    Raises Invalid with `errors` by field, Conflict `too_many_incidents` or `decided`, NotFound, Forbidden.
    """
    require(actor, Permission.CONVERSATION_REASSIGN, brand_id)
    brand_for(actor, brand_id)
    given = read_incident(data)
    _check_room(brand_id)
    now = clock.now()
    named: list[UUID] = []
    since = given.since or now
    if suggestion_id is not None:
        suggestion = _decide(actor, suggestion_id, "opened")
        if suggestion.brand_id != brand_id:
            raise NotFound()
        named, since = list(suggestion.conversation_ids), min(since, suggestion.first_at)
    made = Incident(
        agency_id=actor.agency_id,
        id=new_id(),
        brand_id=brand_id,
        name=given.name,
        state="open",
        conditions=given.stored(),
        since=since,
        post=given.post,
        opened_by=actor.user_id,
        opened_by_name=actor.name,
        acts_for=actor.user_id,
        version=1,
    )
    db.session.add(made)
    db.session.flush()
    audit.record(
        actor, "incident.opened", "incident", made.id, brand_id=brand_id, name=made.name, conditions=made.conditions
    )
    count = _attach_open(made, given, named, actor)
    audit.record(actor, "incident.attached", "incident", made.id, brand_id=brand_id, count=count)
    _tell_client(made, "incident_opened", incident_name=made.name)
    return made


def _tell_client(incident: Incident, kind: str, **values: Any) -> None:
    tell(
        kind,
        approvers_of(incident.agency_id, incident.brand_id),
        brand_id=incident.brand_id,
        subject=Thing("incident", incident.id, "/approvals"),
        values=values,
    )


def change_incident(actor: Actor, incident_id: UUID, data: Mapping[str, Any], version: int) -> Incident:
    """Another name, other words or post; open cases that fit them now come in, and none goes.

    Raises Invalid with `errors`, Conflict `incident_changed` or `incident_closed`, NotFound, Forbidden.
    """
    found = locked_incident(actor, incident_id)
    _refuse_closed(found)
    if found.version != version:
        raise Conflict(
            "Somebody changed this incident meanwhile. Nothing of yours was saved. Look at it again, then change it.",
            code="incident_changed",
            version=found.version,
        )
    given = read_incident(data)
    after = {"name": given.name, "conditions": given.stored(), "post": given.post}
    before = {name: getattr(found, name) for name in after if getattr(found, name) != after[name]}
    if not before:
        return found
    for name in before:
        setattr(found, name, after[name])
    found.version += 1
    db.session.flush()
    told = {name: after[name] for name in before}
    audit.record(actor, "incident.changed", "incident", found.id, brand_id=found.brand_id, before=before, after=told)
    if "conditions" in before:
        count = _attach_open(found, given, (), actor)
        audit.record(actor, "incident.attached", "incident", found.id, brand_id=found.brand_id, count=count)
    return found


def _attach_open(incident: Incident, given: Given, named: Sequence[UUID], actor: Actor) -> int:
    """Put in what a person named and what the words fit now; how many went in."""
    now = clock.now()
    fits = [one.conversation_id for one in open_cases_for(incident.brand_id, given, since=incident.since).found]
    ids = sorted({*named, *fits})
    held = select(Conversation.id).where(Conversation.id.in_(ids), Conversation.brand_id == incident.brand_id)
    there = list(db.session.scalars(held.order_by(Conversation.id).with_for_update(key_share=True)))
    by_words = set(fits)
    put = attaching.attach(incident.brand_id, [(one, incident.id) for one in there if one in by_words], now)
    by_hand = [(one, incident.id) for one in there if one not in by_words]
    return len(put) + len(attaching.attach(incident.brand_id, by_hand, now, by_name=actor.name))


def put_in(actor: Actor, incident_id: UUID, conversation_id: UUID) -> None:
    """Put an open case in. Raises Conflict `not_attached` where it is not open, or in one; NotFound, Forbidden."""
    found = _incident(incident_id)
    require(actor, Permission.CONVERSATION_WORK, found.brand_id)
    _refuse_closed(found)
    held = select(Conversation.id).where(Conversation.id == conversation_id, Conversation.brand_id == found.brand_id)
    if db.session.scalars(held.with_for_update(key_share=True)).first() is None:
        raise NotFound()
    if not attaching.attach(found.brand_id, [(conversation_id, incident_id)], clock.now(), by_name=actor.name):
        raise Conflict(
            "This case is not open, or it is part of an incident already. Nothing was changed. Look at it again.",
            code="not_attached",
        )
    audit.record(
        actor,
        "incident.put_in",
        "conversation",
        conversation_id,
        brand_id=found.brand_id,
        incident_id=str(incident_id),
    )


def take_out(actor: Actor, incident_id: UUID, conversation_id: UUID) -> None:
    """Take a case out: it is back in the queue, and no words put it in again. Harmless where it is not in.

    Raises NotFound, Forbidden.
    """
    found = _incident(incident_id)
    require(actor, Permission.CONVERSATION_WORK, found.brand_id)
    there = select(Conversation.id).where(Conversation.id == conversation_id, Conversation.brand_id == found.brand_id)
    if db.session.execute(there).first() is None:
        raise NotFound()
    if attaching.take_back(incident_id, [conversation_id], clock.now(), "taken_out", actor.name):
        audit.record(
            actor,
            "incident.took_out",
            "conversation",
            conversation_id,
            brand_id=found.brand_id,
            incident_id=str(incident_id),
        )


def close_incident(actor: Actor, incident_id: UUID, afterwards: str) -> Incident:
    """End it: its cases are resolved, or come back to the queue. Harmless where it is closed.

    Raises Invalid for another word, NotFound, Forbidden.
    """
    found = locked_incident(actor, incident_id)
    refuse_afterwards(afterwards)
    if found.state != "closed":
        found.closed_by_name = actor.name
        end(actor, found, afterwards)
    return found


def refuse_afterwards(afterwards: str) -> None:
    """Raise Invalid for a word that is none of AFTERWARDS."""
    if afterwards not in AFTERWARDS:
        raise Invalid(
            "Say what becomes of its cases: resolve them, or return them to the queue. Nothing was changed.",
            errors={"afterwards": [worded("is not known")]},
        )


def end(actor: Actor | None, incident: Incident, afterwards: str) -> None:
    """Close a locked incident; what is in it goes its way, also what comes in this moment."""
    incident.state, incident.afterwards, incident.closed_at = "closed", afterwards, clock.now()
    incident.trouble = None
    incident.version += 1
    db.session.flush()
    people = select(func.count(IncidentPerson.id)).where(IncidentPerson.incident_id == incident.id)
    _tell_client(incident, "incident_ended", incident_name=incident.name, count=db.session.execute(people).scalar_one())
    count = let_go(incident, afterwards)
    attaching.promise_answers(incident.brand_id, incident.id, clock.now() + SWEPT_AFTER)
    audit.record(
        actor,
        "incident.closed",
        "incident",
        incident.id,
        brand_id=incident.brand_id,
        afterwards=afterwards,
        count=count,
    )


def let_go(incident: Incident, afterwards: str) -> int:
    """Every case that is still in it goes its way; how many. The incident must be locked."""
    now, count = clock.now(), 0
    while ids := list(
        db.session.scalars(
            select(IncidentCase.conversation_id)
            .where(IncidentCase.incident_id == incident.id, IncidentCase.left_at.is_(None))
            .order_by(IncidentCase.conversation_id)
            .limit(MOST_AT_ONCE)
        )
    ):
        count += len(attaching.take_back(incident.id, ids, now, "ended", resolve=afterwards == "resolve"))
    return count


def dismiss(actor: Actor, suggestion_id: UUID) -> IncidentSuggestion:
    """Say that it is none: nothing more is suggested by its words for half a day. Raises Conflict `decided`, NotFound,
    Forbidden.
    """
    found = _decide(actor, suggestion_id, "dismissed")
    audit.record(
        actor,
        "incident.dismissed",
        "incident_suggestion",
        found.id,
        brand_id=found.brand_id,
        people=found.people_count,
    )
    return found


def _decide(actor: Actor, suggestion_id: UUID, state: str) -> IncidentSuggestion:
    wanted = select(IncidentSuggestion).where(IncidentSuggestion.id == suggestion_id).with_for_update()
    found = db.session.execute(wanted).scalar_one_or_none()
    if found is None:
        raise NotFound()
    require(actor, Permission.CONVERSATION_REASSIGN, found.brand_id)
    if found.state != "open":
        raise Conflict(
            worded(
                "%(name)s has decided on this already. Nothing was changed. Look at the incidents again.",
                name=found.decided_by_name or worded("Somebody"),
            ),
            code="decided",
        )
    found.state, found.decided_at = state, clock.now()
    found.decided_by, found.decided_by_name = actor.user_id, actor.name
    db.session.flush()
    settle(found.id, "incident_suggested")
    return found


def locked_incident(actor: Actor, incident_id: UUID) -> Incident:
    """One of them, held until the transaction ends, for a lead. Raises NotFound, Forbidden."""
    wanted = select(Incident).where(Incident.id == incident_id).with_for_update(key_share=True)
    found = db.session.execute(wanted.execution_options(populate_existing=True)).scalar_one_or_none()
    if found is None:
        raise NotFound()
    require(actor, Permission.CONVERSATION_REASSIGN, found.brand_id)
    return found


def _incident(incident_id: UUID) -> Incident:
    found = db.session.execute(select(Incident).where(Incident.id == incident_id)).scalar_one_or_none()
    if found is None:
        raise NotFound()
    return found


def _refuse_closed(incident: Incident) -> None:
    if incident.state != "open":
        raise Conflict(
            "This incident has ended, so no case comes into it any more. Nothing was changed. Open another one.",
            code="incident_closed",
        )


def _check_room(brand_id: UUID) -> None:
    going = select(func.count(Incident.id)).where(Incident.brand_id == brand_id, Incident.state != "closed")
    if db.session.execute(going).scalar_one() >= MOST_GOING:
        raise Conflict(
            worded(
                "%(limit)s incidents of this brand are open. Nothing was changed. Close one of them first.",
                limit=MOST_GOING,
            ),
            code="too_many_incidents",
        )
