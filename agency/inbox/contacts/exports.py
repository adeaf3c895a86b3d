"""Everything held of everybody who writes to a brand, ordered as a file that is made piece by piece behind other work.

A brand has one order under way at most, and one file; it is kept for KEPT and goes at once when somebody in it is
erased. What stands in it is read in `agency.replies.people_export`. In an agency's scope; nothing here commits.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import IO, Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select, update

from agency.inbox.contacts.identities import lock
from agency.inbox.contacts.models import ERASED, Contact, PeopleExport, PeopleExportPart
from tenants import clock
from tenants.audit import record
from tenants.database import db, new_id
from tenants.errors import NotFound
from tenants.outbox import JobName, enqueue_after_commit, is_promised
from tenants.permissions import Actor, Permission, require

KEPT: Final = timedelta(days=7)
"""From when it was ordered: long enough to fetch it after a holiday, short enough that no copy lies about."""
HELD_BYTES: Final = 1_000_000
"""The file stands in memory up to here while it is fetched, then on disk."""
UNDER_WAY: Final = ("waiting", "running")
_QUIET: Final = {"synchronize_session": False}


class Standing(NamedTuple):
    """How far the newest order of a brand is. `has_stopped`: nobody works on it any more, and it is not done."""

    id: UUID
    state: str
    has_stopped: bool
    asked_by_name: str
    created_at: datetime
    people_count: int
    done_count: int
    byte_count: int
    expires_at: datetime


def standing(actor: Actor, brand_id: UUID) -> Standing | None:
    """The newest order of the brand; None where there is none any more. One statement. Raises Forbidden."""
    require(actor, Permission.CONTACT_EXPORT, brand_id)
    promised = is_promised(JobName.EXPORT_PEOPLE, "export_id", PeopleExport.id)
    found = db.session.execute(
        select(PeopleExport, promised)
        .where(PeopleExport.brand_id == brand_id, _is_kept())
        .order_by(PeopleExport.id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        return None
    one, is_waited_for = found
    return Standing(
        id=one.id,
        state=one.state,
        has_stopped=one.state in UNDER_WAY and not is_waited_for,
        asked_by_name=one.asked_by_name,
        created_at=one.created_at,
        people_count=one.people_count,
        done_count=one.done_count,
        byte_count=one.byte_count,
        expires_at=one.created_at + KEPT,
    )


def order(actor: Actor, brand_id: UUID) -> PeopleExport:
    """Have the file made; where one is under way it is that one, which goes on where it had stopped.

    Files of before go. Promises EXPORT_PEOPLE (agency_id, brand_id, export_id). Raises Forbidden.
    """
    require(actor, Permission.CONTACT_EXPORT, brand_id)
    lock(brand_id)  # of two who press at once the second finds the first one's
    found = db.session.scalars(
        select(PeopleExport).where(PeopleExport.brand_id == brand_id, PeopleExport.state.in_(UNDER_WAY), _is_kept())
    ).one_or_none()
    if found is not None:
        promised = select(is_promised(JobName.EXPORT_PEOPLE, "export_id", found.id))
        if not db.session.execute(promised).scalar_one():
            promise(found)
        return found
    _drop(PeopleExport.brand_id == brand_id)
    people = select(func.count(Contact.id)).where(_exported(brand_id))
    made = PeopleExport(
        brand_id=brand_id,
        id=new_id(),
        created_at=clock.now(),
        moved_at=clock.now(),
        asked_by=actor.user_id,
        asked_by_name=actor.name,
        people_count=db.session.execute(people).scalar_one(),
    )
    db.session.add(made)
    db.session.flush()
    promise(made)
    record(actor, "contact.people_export_ordered", "people_export", made.id, brand_id=brand_id)
    return made


def promise(export: PeopleExport) -> None:
    """Have its next pieces made."""
    enqueue_after_commit(
        JobName.EXPORT_PEOPLE, agency_id=export.agency_id, brand_id=export.brand_id, export_id=export.id
    )


def held(export_id: UUID) -> PeopleExport | None:
    """The order if it is under way, nobody else working on it in this transaction."""
    found = db.session.execute(
        select(PeopleExport).where(PeopleExport.id == export_id).with_for_update(),
        execution_options={"populate_existing": True},
    ).scalar_one_or_none()
    return found if found is not None and found.state in UNDER_WAY else None


def next_people(export: PeopleExport, most: int) -> list[UUID]:
    """Who is read next, in the order of ids."""
    wanted = select(Contact.id).where(_exported(export.brand_id))
    if export.last_contact_id is not None:
        wanted = wanted.where(Contact.id > export.last_contact_id)
    return list(db.session.scalars(wanted.order_by(Contact.id).limit(most)))


def add_part(export: PeopleExport, body: bytes, people: Collection[UUID], rows: int) -> None:
    """A piece with what is held of these people, the next in their order."""
    export.part_count += 1
    part = PeopleExportPart(brand_id=export.brand_id, export_id=export.id, number=export.part_count, body=body)
    db.session.add(part)
    export.state, export.moved_at, export.last_contact_id = "running", clock.now(), max(people)
    export.done_count += len(people)
    export.row_count += rows
    export.byte_count += len(body)
    db.session.flush()


def complete(export: PeopleExport, *, refused: bool = False) -> None:
    """All are read; or `refused`: whoever asked may not have it any more, and what was made goes."""
    export.state, export.moved_at, export.finished_at = "refused" if refused else "done", clock.now(), clock.now()
    if refused:
        _drop_parts(PeopleExport.id == export.id)
    db.session.flush()
    facts = {"people": export.done_count, "rows": export.row_count}
    record(
        None,
        "contact.people_export_refused" if refused else "contact.people_exported",
        "people_export",
        export.id,
        brand_id=export.brand_id,
        **facts,
    )


def file_of(actor: Actor, brand_id: UUID, export_id: UUID) -> IO[bytes]:
    """The whole file, from its beginning; a piece at a time is in memory. The record keeps that it was fetched.

    Raises NotFound where it is not done, gone or another brand's, Forbidden.
    """
    require(actor, Permission.CONTACT_EXPORT, brand_id)
    found = db.session.execute(
        select(PeopleExport).where(
            PeopleExport.id == export_id,
            PeopleExport.brand_id == brand_id,
            PeopleExport.state == "done",
            _is_kept(),
        )
    ).scalar_one_or_none()
    if found is None:
        raise NotFound()
    file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=HELD_BYTES)  # noqa: SIM115 - whoever asked sends it
    for number in range(1, found.part_count + 1):
        part = select(PeopleExportPart.body).where(
            PeopleExportPart.export_id == export_id, PeopleExportPart.number == number
        )
        file.write(db.session.execute(part).scalar_one())
    record(actor, "contact.people_export_fetched", "people_export", found.id, brand_id=brand_id, rows=found.row_count)
    file.seek(0)
    return file


def void(brand_ids: Collection[UUID]) -> None:
    """Somebody of these brands is erased: files that may hold them go, and so does what is being made. Repeat-safe."""
    theirs = PeopleExport.brand_id.in_(brand_ids)
    stands = (theirs, PeopleExport.state.in_((*UNDER_WAY, "done")))
    voided = update(PeopleExport).where(*stands).values(state="void", moved_at=clock.now())
    db.session.execute(voided.execution_options(**_QUIET))
    _drop_parts(theirs)


def forget_old() -> None:
    """Drop the agency's files and orders that are older than KEPT. For upkeep."""
    _drop(PeopleExport.created_at < clock.now() - KEPT)


def _exported(brand_id: UUID) -> ColumnElement[bool]:
    return (Contact.brand_id == brand_id) & ~Contact.external_id.startswith(ERASED)


def _is_kept() -> ColumnElement[bool]:
    return PeopleExport.created_at > clock.now() - KEPT


def _drop(which: ColumnElement[bool]) -> None:
    _drop_parts(which)
    db.session.execute(delete(PeopleExport).where(which).execution_options(**_QUIET))


def _drop_parts(which: ColumnElement[bool]) -> None:
    of = select(PeopleExport.id).where(which)
    db.session.execute(delete(PeopleExportPart).where(PeopleExportPart.export_id.in_(of)).execution_options(**_QUIET))
