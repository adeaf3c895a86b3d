"""Somebody is told of something: in the app at once, and by mail where and when they want it.

Rooms call `tell` with the kind, the people and the thing; who wants what, quiet hours and which mails go together are
settled here. What is no longer so is said by `settle`, so that nobody is mailed about it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Uuid, any_, delete, literal, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from agency.notices.agency_look import look_of
from agency.notices.choices import quiet_of, ways_of
from agency.notices.holding import leaves_at
from agency.notices.kinds import GATHERED_FOR, KINDS
from agency.notices.mail import NO_AGENCY, send_notice
from agency.notices.models import Notice
from agency.notices.stopping import stop_path
from tenants import clock
from tenants.database import db, new_id
from tenants.models import Membership, OutgoingMail, Person
from tenants.outbox import JobName, enqueue_after_commit
from tenants.scope import current_scope

MailFacts = Mapping[str, Any] | Callable[[Person], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Thing:
    """What a notice is about: its table's name and id, and the page that opens it."""

    type: str
    id: UUID
    path: str


@dataclass(frozen=True, slots=True)
class Told:
    """One person who was told, and the mail promised to them, if one of its own was."""

    person_id: UUID
    notice_id: UUID
    mail_id: UUID | None


def tell(
    kind: str,
    people: Sequence[Person],
    *,
    brand_id: UUID | None,
    subject: Thing,
    values: Mapping[str, Any] | None = None,
    mail: MailFacts | None = None,
    but: UUID | None = None,
    answers_to: str = "",
    leave_by: datetime | None = None,
) -> list[Told]:
    """Tell each of these people of the scope's agency, `but` one left out, as they want to be told. Flushes.

    `values` are what `line.txt` of the kind names: names, numbers, nothing a customer wrote. A kind with a mail of its
    own takes `mail`, the facts of its folder, or makes them for one person: `path` is the subject's unless they say
    another. `answers_to` is that of `send_notice`. A mail that is made when it leaves does so by `leave_by`, or in the
    first moment after it at which a mail may come. Raises KeyError for a kind that has no line in
    `KINDS`.
    """
    known, agency_id, now = KINDS[kind], current_scope().agency_id, clock.now()
    people = [one for one in people if one.id != but]
    if not people:
        return []
    ways = ways_of([one.id for one in people], kind, brand_id)
    gathered = [one for one in people if known.gathered and not known.made_by and ways[one.id].by_mail]
    by_own_mail = not known.gathered and any(way.by_mail for way in ways.values())
    agency = look_of(agency_id) if by_own_mail else NO_AGENCY
    waiting = _waiting_mails([one.id for one in gathered], kind)
    told = []
    for person in people:
        way = ways[person.id]
        if not way.in_app and not way.by_mail:
            continue
        (notice,) = _make(kind, person, [subject], brand_id=brand_id, values=values or {}, in_app=way.in_app)
        if way.by_mail and known.made_by is not None and brand_id is not None:
            notice.mail_due_at = leaves_at(known.made_by, kind, person, brand_id, leave_by, _may_come(kind, person))
        elif way.by_mail and known.gathered:
            notice.mail_due_at = _together_at(kind, person, waiting.get(person.id))
        elif way.by_mail:
            notice.mail_due_at = notice.mailed_at = from_when = _may_come(kind, person)
            facts = mail(person) if callable(mail) else (mail or {})
            notice.mail_id = send_notice(
                kind,
                person,
                agency=agency,
                answers_to=answers_to,
                stop_path=stop_path(agency_id, person.id, kind),
                run_at=from_when if from_when > now else None,
                **{"path": subject.path, **facts},
            )
        told.append(Told(person.id, notice.id, notice.mail_id))
    db.session.flush()
    return told


def tell_of_many(
    kind: str, person: Person, *, brand_id: UUID | None, subjects: Sequence[Thing], values: Mapping[str, Any]
) -> None:
    """Tell one person of many things at once, of a kind whose mails go together; as many statements as for one."""
    assert KINDS[kind].gathered, "each mail of its own costs statements of its own"
    assert KINDS[kind].made_by is None, "its promise names a brand"
    way = ways_of([person.id], kind, brand_id)[person.id]
    if not way.in_app and not way.by_mail:
        return
    due = _together_at(kind, person, _waiting_mails([person.id], kind).get(person.id)) if way.by_mail else None
    for notice in _make(kind, person, subjects, brand_id=brand_id, values=values, in_app=way.in_app):
        notice.mail_due_at = due
    db.session.flush()


def _make(
    kind: str,
    person: Person,
    subjects: Sequence[Thing],
    *,
    brand_id: UUID | None,
    values: Mapping[str, Any],
    in_app: bool,
) -> list[Notice]:
    """One person's notices of these things. Not flushed."""
    agency_id = current_scope().agency_id
    made = [
        Notice(
            agency_id=agency_id,
            id=new_id(),
            person_id=person.id,
            kind=kind,
            of_brand_id=brand_id,
            subject_type=subject.type,
            subject_id=subject.id,
            path=subject.path,
            values=dict(values),
            in_app=in_app,
        )
        for subject in subjects
    ]
    db.session.add_all(made)
    return made


def _together_at(kind: str, person: Person, waiting: datetime | None) -> datetime:
    """When the mail leaves that tells this with others of its kind: the one that waits already, or one promised now."""
    if waiting is not None:
        return waiting
    at = max(clock.now() + GATHERED_FOR, _may_come(kind, person))
    promise_gathered(current_scope().agency_id, person.id, kind, at)
    return at


def _may_come(kind: str, person: Person) -> datetime:
    now = clock.now()
    return now if KINDS[kind].breaks_quiet else mails_from(person, now)


def promise_gathered(agency_id: UUID, person_id: UUID, kind: str, at: datetime) -> None:
    """One mail of this kind to this person, then."""
    enqueue_after_commit(JobName.GATHER_NOTICES, run_at=at, agency_id=agency_id, person_id=person_id, kind=kind)


def settle(subject_id: UUID, *kinds: str) -> None:
    """What these kinds told of this thing is over: it counts as read, and a mail that still waits is not sent.

    One statement where nobody was told; a mail that is being handed over this moment is left alone.
    """
    settle_many([subject_id], *kinds)


def settle_many(subject_ids: Collection[UUID], *kinds: str) -> None:
    """The same of many things."""
    now = clock.now()
    rows = db.session.execute(
        update(Notice)
        .where(
            Notice.subject_id == any_(literal(list(subject_ids), ARRAY(Uuid()))),
            Notice.kind.in_(kinds),
            Notice.settled_at.is_(None),
        )
        .values(settled_at=now)
        .returning(Notice.mail_id, Notice.mail_due_at)
        .execution_options(synchronize_session=False)
    ).all()
    waiting = [row.mail_id for row in rows if row.mail_id is not None and row.mail_due_at > now]
    if waiting:
        free = select(OutgoingMail.id).where(OutgoingMail.id.in_(waiting), OutgoingMail.sent_at.is_(None))
        held = list(db.session.scalars(free.with_for_update(skip_locked=True)))
        db.session.execute(delete(OutgoingMail).where(OutgoingMail.id.in_(held)))


def colleagues(person_ids: Collection[UUID | None], brand_id: UUID) -> list[Person]:
    """Those of these people who work for the scope's agency now and see this brand."""
    wanted = {one for one in person_ids if one is not None}
    if not wanted:
        return []
    covers = or_(Membership.all_brands, Membership.brand_ids.bool_op("@>")([brand_id]))
    return list(
        db.session.scalars(
            select(Person)
            .join(Membership, Membership.person_id == Person.id)
            .where(
                Person.id.in_(wanted),
                Person.disabled_at.is_(None),
                Membership.agency_id == current_scope().agency_id,
                Membership.removed_at.is_(None),
                covers,
            )
            .order_by(Person.email)
        )
    )


def mails_from(person: Person, now: datetime) -> datetime:
    """When a mail may come to them: now, or when their quiet hours end."""
    return quiet_of(person.preferences).until(now, ZoneInfo(person.time_zone))


def _waiting_mails(person_ids: Collection[UUID], kind: str) -> dict[UUID, datetime]:
    """Until when a mail of this kind already waits for each of them, for whom one does."""
    if not person_ids:
        return {}
    rows = db.session.execute(
        select(Notice.person_id, Notice.mail_due_at).where(
            Notice.person_id.in_(person_ids),
            Notice.kind == kind,
            Notice.mail_due_at > clock.now(),
            Notice.mailed_at.is_(None),
        )
    )
    return {row.person_id: row.mail_due_at for row in rows}
