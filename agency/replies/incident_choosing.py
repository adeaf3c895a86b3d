"""Of an incident: by which case a person is written to, in which wording, or why not at all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import and_, or_, select

from agency.inbox.incidents.models import FOLLOW_UP, HOLDING, Incident, IncidentCase, IncidentPerson, IncidentText
from agency.inbox.models import Contact, Conversation
from agency.inbox.signs import INCIDENT
from agency.replies.models import Reply
from styleguides.language import base_language
from tenants import clock
from tenants.database import db
from tenants.models import Brand

BUSY: Final = ("awaiting_approval", "approved", "publishing", "outcome_unknown")
"""States of a reply that is on its way."""


class Waits(Exception):
    """The wording waits for the client, or the person for an answer on its way: they stay due."""


class Cannot(Exception):
    """This person is not written to; the argument says why in a word."""


def case_for(incident: Incident, person: IncidentPerson, purpose: str) -> Conversation:
    """The case by which a person is written to: the first that is put off for the incident. Raises Cannot, Waits."""
    if _same_person_served(incident, person, purpose):
        raise Cannot("same_person")
    cases = list(
        db.session.execute(
            select(Conversation, IncidentCase.left_at)
            .join(
                IncidentCase,
                and_(IncidentCase.agency_id == Conversation.agency_id, IncidentCase.conversation_id == Conversation.id),
            )
            .where(IncidentCase.incident_person_id == person.id)
            .order_by(IncidentCase.id)
        )
    )
    now = clock.now()
    ours = [one for one in (person.holding_reply_id, person.follow_up_reply_id) if one is not None]
    identities = select(Contact.id).where(or_(Contact.id == person.who, Contact.group_id == person.who))
    theirs = select(Conversation.id).where(Conversation.contact_id.in_(identities))
    others = select(Reply.state).where(
        # Also in a case that a colleague had closed before anybody spoke of an incident.
        or_(Reply.conversation_id.in_([case.id for case, _left in cases]), Reply.conversation_id.in_(theirs)),
        Reply.deed == "reply",
        *([] if purpose == HOLDING else [Reply.only_heard.is_(False)]),  # nobody is told twice that we heard
        Reply.id.not_in(ours),
        or_(Reply.state.in_(BUSY), and_(Reply.state == "published", Reply.published_at >= incident.since)),
    )
    states = set(db.session.scalars(others))
    if states:
        raise Cannot("answered" if "published" in states else "colleague")
    inside = [case for case, left in cases if left is None]
    if not inside:
        raise Cannot("left")
    free = [one for one in inside if one.signs & INCIDENT and not _is_held(one, now) and one.reply_state != "draft"]
    if not free:
        raise Cannot("colleague")
    if purpose == FOLLOW_UP and any(one.reply_state in BUSY for one in free):
        raise Waits
    if purpose == HOLDING:
        # A review has one answer: it is kept for the end.
        free = [one for one in free if one.kind != "review"]
        if not free:
            raise Cannot("one_answer")
    return free[0]


def _is_held(case: Conversation, now: datetime) -> bool:
    return case.holder_id is not None and (case.held_until is None or case.held_until >= now)


def _same_person_served(incident: Incident, person: IncidentPerson, purpose: str) -> bool:
    """Whether somebody proven since to be the same person got this text, or is to get it before."""
    mine = select(Contact.group_id).where(or_(Contact.id == person.who, Contact.group_id == person.who)).limit(1)
    group = db.session.execute(mine).scalar_one_or_none()
    if group is None:
        return False
    members = select(Contact.id).where(Contact.group_id == group)
    state = IncidentPerson.holding if purpose == HOLDING else IncidentPerson.follow_up
    others = select(IncidentPerson.id).where(
        IncidentPerson.incident_id == incident.id,
        IncidentPerson.id != person.id,
        or_(IncidentPerson.who.in_(members), IncidentPerson.who == group),
        or_(state == "made", and_(state == "due", IncidentPerson.id < person.id)),
    )
    return db.session.execute(others.limit(1)).first() is not None


def text_for(case: Conversation, person: IncidentPerson, texts: Sequence[IncidentText]) -> IncidentText:
    """In the customer's language, else the brand's, else the first; of several wordings people get them in turn."""
    brand_language = db.session.execute(select(Brand.language).where(Brand.id == case.brand_id)).scalar_one()
    for language in (base_language(case.language), base_language(brand_language)):
        some = [one for one in texts if one.language == language]
        if some:
            break
    else:
        some = [one for one in texts if one.language == texts[0].language] if texts else []
    usable = [one for one in some if one.state != "refused"]
    if not usable:
        raise Waits
    turn = person.id.int % len(usable)
    in_turn = [*usable[turn:], *usable[:turn]]
    return next((one for one in in_turn if one.state != "asked"), in_turn[0])
