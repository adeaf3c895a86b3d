"""Mails of a loop: the question with its link, a reminder, and the answers that come back by mail.

The link's token and that of the address an answer goes to are random, kept hashed, bound to one question, and die when
it is handed on or after sixty days. Nothing is sent in answer to a mail, so no two machines talk to each other.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from agency.inbox.loops.models import LoopAsking
from agency.notices import answers
from agency.notices.agency_look import look_of
from agency.notices.bounces import return_address
from agency.notices.mail import send_notice
from tenants.database import db
from tenants.errors import NotFound
from tenants.models import Brand, OutgoingMail, Person, ReceivedEvent
from tenants.tokens import Purpose, RequestLink, mint_for_request, request_of

ASKED: Final = "loop_asked"
SOURCE: Final = "loop_mail"
Outcome = Literal["noted", "automatic", "set_aside", "ignored"]


@dataclass(frozen=True, slots=True)
class Outside:
    """Somebody who is asked and is no person here, or one who is: then mails that come back are theirs."""

    email: str
    name: str
    language: str
    time_zone: str
    id: UUID | None = None


def send_question(asking: LoopAsking, brand: Brand, *, procedure: str, again: bool = False) -> None:
    """Promise the mail with a link of its own; those mailed before work on, until the question is handed on."""
    token = mint_for_request(Purpose.LOOP_LINK, asking.agency_id, asking.brand_id, asking.id)
    back = mint_for_request(Purpose.LOOP_MAIL, asking.agency_id, asking.brand_id, asking.id)
    answers_to = return_address(back)
    asking.mail_id = send_notice(
        ASKED,
        addressee_of(asking, brand.time_zone),
        agency=look_of(asking.agency_id),
        answers_to=answers_to,
        path=f"/q/{token}",
        brand_name=brand.name,
        by_name=asking.asked_by_name,
        loop_name=asking.loop_name,
        sent_on_by_name=asking.sent_on_by or "",
        question=asking.question,
        customer_words=asking.words,
        procedure=procedure,
        due_at=asking.due_at,
        by_mail=bool(answers_to),
        again=again,
    )
    db.session.flush()


def link_for(asking: LoopAsking, person_id: UUID) -> str:
    """A link for the member it was put to, who opens it here and not in their mail. Raises NotFound for others."""
    if asking.to_person_id != person_id:
        raise NotFound()
    return f"/q/{mint_for_request(Purpose.LOOP_LINK, asking.agency_id, asking.brand_id, asking.id)}"


def addressee_of(asking: LoopAsking, brand_zone: str) -> Outside:
    """Whom it is put to; times are theirs where they are a member, else the brand's."""
    person = db.session.get(Person, asking.to_person_id) if asking.to_person_id is not None else None
    zone = person.time_zone if person is not None else brand_zone
    return Outside(asking.to_email, asking.to_name, asking.to_language, zone, asking.to_person_id)


def take_back_mail(asking: LoopAsking) -> None:
    """A mail about it that has not left is not sent."""
    if asking.mail_id is None:
        return
    free = select(OutgoingMail.id).where(OutgoingMail.id == asking.mail_id, OutgoingMail.sent_at.is_(None))
    held = list(db.session.scalars(free.with_for_update(skip_locked=True)))
    if held:
        db.session.execute(delete(OutgoingMail).where(OutgoingMail.id.in_(held)))
        asking.mail_id = None
        db.session.flush()


def question_of(raw: bytes, envelope: str = "") -> RequestLink | None:
    """Which question this mail answers, by the token in its address; None where none of ours."""
    found = (request_of(Purpose.LOOP_MAIL, token) for token in answers.tokens_in(raw, envelope))
    return next((link for link in found if link is not None), None)


def is_new(asking_id: UUID, raw: bytes) -> bool:
    """Whether this mail was not handed over before."""
    digest = hashlib.sha256(asking_id.bytes + raw).hexdigest()
    kept = insert(ReceivedEvent).values(source=SOURCE, external_id=digest, kind="answer")
    return db.session.execute(kept.on_conflict_do_nothing().returning(ReceivedEvent.id)).first() is not None
