"""Mails that come back: refused for good by the server, or given back later with a report. Then the person's mails fail
until somebody says that they arrive again; they see it themselves, and the agency's people are told.

A report is known by the address it came to, a token of that one mail that only its envelope held, never by who sent it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from email import message_from_bytes
from email.message import Message
from email.policy import compat32
from typing import Final
from uuid import UUID

from sqlalchemy import select, update

from agency.notices.answers import LARGEST_BYTES, MOST_SEPARATORS
from agency.notices.telling import Thing, settle, tell
from tenants import clock
from tenants.base_app import settings_of_app
from tenants.database import db
from tenants.holders import holders_of
from tenants.models import Membership, OutgoingMail, Person
from tenants.permissions import Permission
from tenants.scope import Scope, enter_scope
from tenants.tokens import token_hash

LONGEST_WORDS: Final = 200
MOST_BRANDS: Final = 20
"""Of a client's owner that are told one by one."""
MOST_PARTS: Final = 20
_UNSHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffd]+")


def return_address(token: str) -> str:
    """Where a mail with this token comes back to; empty where no mail comes in here."""
    settings = settings_of_app()
    if not settings.takes_mail:
        return ""
    name, _, domain = settings.onbrand_inbound_mail.partition("@")
    return f"{name}+{token}@{domain}"


def take(tokens: Sequence[str], raw: bytes) -> bool:
    """Note that a mail of ours came back, by the tokens of the addresses the report came to; harmless when it was.

    False where no token is of a mail we know, or the report says no failure for good (a delay, an out-of-office).
    """
    hashes = [token_hash(one) for one in tokens]
    found = db.session.execute(
        select(OutgoingMail.id, OutgoingMail.person_id).where(OutgoingMail.bounce_hash.in_(hashes))
    ).first()
    words = reason_in(raw) if found is not None else None
    if found is None or words is None:
        return False
    if found.person_id is not None:
        note_failure(found.person_id, words)
    else:  # whoever had it sent is told (`agency.inbox.loops.reminding`)
        came_back = update(OutgoingMail).where(OutgoingMail.id == found.id)
        db.session.execute(came_back.values(given_up_at=clock.now(), last_error=words))
    return True


def reason_in(raw: bytes) -> str | None:
    """What a report (RFC 3464) says of a failure for good, cleaned and cut; None for every other mail. Never raises."""
    if len(raw) > LARGEST_BYTES or raw.count(b"\n--") > MOST_SEPARATORS:
        return None
    try:
        return _reason(message_from_bytes(raw, policy=compat32))
    except Exception:  # whatever a hostile mail does to the parser
        return None


def _reason(message: Message) -> str | None:
    if message.get_content_type() != "multipart/report":
        return None
    for number, part in enumerate(message.walk()):
        if number > MOST_PARTS:
            return None
        if part.get_content_type() != "message/delivery-status":
            continue
        for block in part.get_payload():
            if not isinstance(block, Message):
                continue
            action, status = str(block.get("Action", "")).strip().lower(), str(block.get("Status", "")).strip()
            if action == "failed" and status.startswith("5"):
                said = str(block.get("Diagnostic-Code", "")).partition(";")[2] or status
                return clean(said) or status[:LONGEST_WORDS]
    return None


def clean(words: str) -> str:
    """What a mail server said, for people to read."""
    return " ".join(_UNSHOWN.sub(" ", words).split())[:LONGEST_WORDS]


def note_failure(person_id: UUID, words: str) -> None:
    """Mails to this person fail from now on; where they did not before, who looks after their brands is told."""
    person = db.session.execute(select(Person).where(Person.id == person_id).with_for_update()).scalar_one()
    person.mail_failed_words = words
    if person.mail_failed_at is not None:
        return
    person.mail_failed_at = clock.now()
    db.session.flush()
    before = db.session.info.get("scope")
    members = db.session.execute(
        select(Membership.agency_id, Membership.brand_ids).where(
            Membership.person_id == person_id, Membership.removed_at.is_(None)
        )
    ).all()
    for agency_id, brand_ids in members:
        enter_scope(db.session, Scope(agency_id, None))
        for brand_id in sorted(brand_ids)[:MOST_BRANDS]:
            tell(
                "mails_bounce",
                holders_of(Permission.ACCOUNT_CONNECT, agency_id, brand_id),
                brand_id=brand_id,
                subject=Thing("person", person_id, "/people"),
                values={"to_name": person.name},
                but=person_id,
            )
    if before is not None:
        enter_scope(db.session, before)


def reached(person: Person, mail_left_at: datetime | None) -> None:
    """Somebody acted by what a mail to this person held, which left then: where mails came back before, they arrive
    again.
    """
    failed_at = person.mail_failed_at
    if failed_at is not None and mail_left_at is not None and mail_left_at > failed_at:
        mails_arrive(person.id)


def mails_arrive(person_id: UUID) -> None:
    """Somebody says that mails to this person arrive again."""
    cleared = {"mail_failed_at": None, "mail_failed_words": None}
    db.session.execute(update(Person).where(Person.id == person_id).values(cleared))
    settle(person_id, "mails_bounce")
