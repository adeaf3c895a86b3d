"""How an agency comes to be by somebody's own deed: asked for with a mail address, opened behind the link in a mail.

Asking looks at nobody: the same is done and answered for an address that is somebody's here and for one that is not.
The password is chosen behind the link by whoever reads the mailbox, so that nobody can prepare a way into an agency
that a stranger then confirms.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from tenants import audit, clock, passwords, subscriptions
from tenants.database import db
from tenants.errors import Conflict, Invalid, worded
from tenants.languages import known_language
from tenants.models import Agency, Person
from tenants.people import clean_email, clean_name, join
from tenants.permissions import Role
from tenants.scope import Scope, enter_scope
from tenants.sign_up_models import SignUp
from tenants.tokens import is_well_formed, new_token, token_hash

LIVES: Final = timedelta(days=2)
"""Somebody who asks on a Friday evening may open it on Sunday."""
KEPT_FOR: Final = timedelta(days=1)
"""After its end, so that a link pressed late can say why it no longer works."""


@dataclass(frozen=True)
class FoundSignUp:
    """What whoever holds the link may know. `became`: the agency it, or a later link to the same address, opened."""

    id: UUID
    agency_name: str
    person_name: str
    email: str
    language: str
    is_late: bool
    became: UUID | None
    is_known_person: bool


@dataclass(frozen=True)
class Opened:
    """An agency that was just opened, and its first admin."""

    agency_id: UUID
    person_id: UUID
    is_new_person: bool


def ask(agency_name: str, person_name: str, email: str, language: str) -> tuple[SignUp, str]:
    """Keep the wish and return it with the token for its link. Looks at neither agencies nor people.

    Raises Invalid naming `agency`, `name`, `email`, whichever cannot be used.
    """
    errors: dict[str, list[object]] = {}
    kept: dict[str, str] = {}
    for field, clean, given in (
        ("agency", clean_name, agency_name),
        ("name", clean_name, person_name),
        ("email", clean_email, email),
    ):
        try:
            kept[field] = clean(given)
        except Invalid as refused:
            errors[field] = next(iter(refused.fields["errors"].values()))
    if errors:
        raise Invalid("Some of this cannot be used. Nothing was changed; see the fields.", errors=errors)
    token = new_token()
    made = SignUp(
        agency_name=kept["agency"],
        person_name=kept["name"],
        email=kept["email"],
        language=known_language(language),
        token_hash=token_hash(token),
        expires_at=clock.now() + LIVES,
    )
    db.session.add(made)
    db.session.flush()
    return made, token


def find(token: str) -> FoundSignUp | None:
    """What this link is about, also when its time is over or it was used, until it is forgotten; changes nothing."""
    if not is_well_formed(token):
        return None
    row = db.session.execute(
        select(SignUp, Person.password_hash, Person.disabled_at)
        .outerjoin(Person, Person.email == SignUp.email)
        .where(SignUp.token_hash == token_hash(token))
    ).one_or_none()
    if row is None or row.disabled_at is not None:
        return None
    one = row.SignUp
    is_late = one.used_at is None and one.expires_at <= clock.now()
    return FoundSignUp(
        one.id,
        one.agency_name,
        one.person_name,
        one.email,
        one.language,
        is_late,
        one.agency_id,
        row.password_hash is not None,
    )


def open_agency(
    token: str,
    agency_name: str,
    person_name: str,
    password: str,
    *,
    time_zone: str = "UTC",
    begin: Callable[[UUID, UUID, str], None] | None = None,
) -> Opened | None:
    """Open the agency with this person as its admin, in this transaction; the link, and every other to the address, is
    used up. Somebody who has an account keeps its name, password and zone.

    `begin` writes what a new agency begins with, in its scope, given it and its first person with their name. Enters
    the agency's scope. Returns None when the link does not work any more. Raises Invalid for names or a password that
    cannot be used, and Conflict (`agency_name_taken`) where another agency is called so; the link then stays good.
    """
    found = find(token)
    if found is None:
        return None
    errors: dict[str, list[object]] = {}
    try:
        agency_name = clean_name(agency_name)
    except Invalid as refused:
        errors["agency"] = refused.fields["errors"]["name"]
    if not found.is_known_person:
        try:
            person_name = clean_name(person_name)
        except Invalid as refused:
            errors["name"] = refused.fields["errors"]["name"]
        try:
            passwords.check_new_password(password, about=(person_name, found.email, agency_name))
        except Invalid as refused:
            errors["password"] = refused.fields["errors"]["password"]
    if errors:
        raise Invalid("Some of this cannot be used. Nothing was changed; see the fields.", errors=errors)
    now = clock.now()
    # All links to one address in one order, so that two of them pressed at once open one agency.
    waiting = db.session.scalars(
        select(SignUp.id).where(SignUp.email == found.email, SignUp.used_at.is_(None)).order_by(SignUp.id)
    )
    held = db.session.execute(
        select(SignUp.id, SignUp.used_at, SignUp.expires_at)
        .where(SignUp.id.in_({*waiting, found.id}))
        .order_by(SignUp.id)
        .with_for_update()
    ).all()
    mine = next((row for row in held if row.id == found.id), None)
    if mine is None or mine.used_at is not None or mine.expires_at <= now:
        return None
    agency = Agency(name=agency_name, language=found.language)
    try:
        with db.session.begin_nested():
            db.session.add(agency)
            db.session.flush()
    except IntegrityError:
        sentence = worded("Another agency here is called so. Nothing was opened. Choose another name.")
        raise Conflict(sentence, code="agency_name_taken", errors={"agency": [sentence]}) from None
    person = db.session.execute(
        select(Person).where(Person.email == found.email).with_for_update()
    ).scalar_one_or_none()
    is_new = person is None
    if person is None:
        person = Person(email=found.email, name=person_name, language=found.language, time_zone=time_zone)
        db.session.add(person)
    if person.password_hash is None:
        person.name, person.password_hash = person_name, passwords.hash_password(password)
    db.session.flush()
    db.session.execute(
        update(SignUp)
        .where(SignUp.id.in_([row.id for row in held]), SignUp.used_at.is_(None))
        .values(used_at=now, agency_id=agency.id)
    )
    enter_scope(db.session, Scope(agency.id, None))
    join(agency.id, person.id, Role.AGENCY_ADMIN, None)
    subscriptions.begin_trial(agency.id)
    audit.record_in(agency.id, (person.id, person.name), "agency.opened", "agency", agency.id)
    if begin is not None:
        begin(agency.id, person.id, person.name)
    return Opened(agency.id, person.id, is_new)


def forget_old(before: datetime | None = None) -> int:
    """Drop wishes whose link ended a day ago or more; returns how many."""
    limit = before or clock.now() - KEPT_FOR
    gone = db.session.execute(delete(SignUp).where(SignUp.expires_at < limit).returning(SignUp.id))
    return len(gone.all())
