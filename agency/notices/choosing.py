"""Somebody chooses by which ways they are told: for all brands, or otherwise for one."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import delete, select, update

from agency.notices.choices import Quiet, Ways, ways_of
from agency.notices.kinds import KINDS, Kind
from agency.notices.models import NoticeChoice
from tenants.database import db
from tenants.errors import Invalid, NotFound, worded
from tenants.holders import holders_of
from tenants.models import Brand, Person
from tenants.permissions import Actor, Role


def kinds_of(actor: Actor) -> list[Kind]:
    """What somebody in this role can be told of, in the order of the table."""
    return [kind for kind in KINDS.values() if any(actor.may(one) for one in kind.concerns)]


def chosen_ways(actor: Actor, brand_id: UUID | None) -> dict[str, Ways]:
    """What the actor chose for all brands, or for this one, by kind; what they did not choose is left out."""
    rows = db.session.scalars(
        select(NoticeChoice).where(
            NoticeChoice.person_id == actor.user_id, NoticeChoice.of_brand_id.is_not_distinct_from(brand_id)
        )
    )
    return {row.kind: Ways(row.in_app, row.by_mail) for row in rows if row.kind in KINDS}


def choose_ways(actor: Actor, brand_id: UUID | None, wanted: Mapping[str, Ways | None]) -> None:
    """Keep these ways; None takes a choice back. Kinds that do not concern the actor are passed by.

    Raises NotFound for a brand that is not theirs; Invalid naming the kind where a client's owner would leave nobody
    who is mailed about what waits for their brand.
    """
    if brand_id is not None and not actor.scope.covers(brand_id):
        raise NotFound()
    for kind in kinds_of(actor):
        if kind.name not in wanted:
            continue
        db.session.execute(
            delete(NoticeChoice).where(
                NoticeChoice.person_id == actor.user_id,
                NoticeChoice.kind == kind.name,
                NoticeChoice.of_brand_id.is_not_distinct_from(brand_id),
            )
        )
        ways = wanted[kind.name]
        if ways is not None:
            row = {"in_app": ways.in_app, "by_mail": ways.by_mail, "of_brand_id": brand_id}
            db.session.add(NoticeChoice(agency_id=actor.agency_id, person_id=actor.user_id, kind=kind.name, **row))
        db.session.flush()
        if kind.needed:
            _refuse_silence(actor, kind, brand_id)


def stop_mails(person_id: UUID, kind: str) -> bool:
    """No mails of this kind to this person of the scope's agency any more, in the app as before.

    False where they cannot be stopped so.
    """
    known = KINDS.get(kind)
    if known is None or known.needed:
        return False
    held = (NoticeChoice.person_id == person_id, NoticeChoice.kind == kind)
    db.session.execute(update(NoticeChoice).where(*held).values(by_mail=False))
    if db.session.scalars(select(NoticeChoice).where(*held, NoticeChoice.of_brand_id.is_(None))).first() is None:
        db.session.add(NoticeChoice(person_id=person_id, kind=kind, in_app=known.in_app, by_mail=False))
    db.session.flush()
    return True


def keep_quiet(actor: Actor, quiet: Quiet) -> None:
    """When mails come to the actor, in whichever agency."""
    person = db.session.get_one(Person, actor.user_id)
    person.preferences = {**person.preferences, "quiet": quiet.as_preference()}
    db.session.flush()


def _refuse_silence(actor: Actor, kind: Kind, brand_id: UUID | None) -> None:
    """Of a client's brands none may be left without anybody who is mailed: the agency's own people see what waits."""
    if actor.role is not Role.CLIENT_OWNER:
        return
    for one in sorted(actor.brand_ids or ()) if brand_id is None else [brand_id]:
        people = holders_of(kind.concerns[0], actor.agency_id, one)
        reached = [person.id for person in people if person.mail_failed_at is None or person.id == actor.user_id]
        if not any(ways.by_mail for ways in ways_of(reached, kind.name, one).values()):
            name = db.session.execute(select(Brand.name).where(Brand.id == one)).scalar_one()
            sentence = worded(
                "Nobody else is mailed about this for %(brand)s, and replies would wait unseen. Nothing was changed. "
                "Keep the mails, or let another owner of the brand take them.",
                brand=name,
            )
            raise Invalid(sentence, errors={kind.name: [sentence]})
