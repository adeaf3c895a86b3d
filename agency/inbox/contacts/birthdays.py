"""Birthdays that customers gave a brand: written down with how they gave it and that they agreed, and when they come.

Only where the brand's setting says so. A birthday is of the whole person, day and month alone; the record keeps who
wrote it down and never the day. Flushes, never commits.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import and_, delete, select, tuple_

from agency.inbox.contacts.deeds import begin, given, invalid
from agency.inbox.contacts.models import Contact, ContactBirthday
from agency.inbox.contacts.reading import PersonView
from styleguides.given_fields import line
from tenants import clock
from tenants.audit import record
from tenants.database import db, new_id
from tenants.errors import Conflict, Invalid, worded
from tenants.ids import id_from
from tenants.models import Brand
from tenants.permissions import Actor, Permission, require

LONGEST_SOURCE: Final = 300
MORNING_HOUR: Final = 9
"""By the brand's clock; the hour at which what is put off comes back, too."""
PAGE_ROWS: Final = 50
_LEAP_YEAR: Final = 2024


class Birthday(NamedTuple):
    """What is held of one."""

    id: UUID
    contact_id: UUID
    month: int
    day: int
    source: str
    agreed_on: date
    noted_by_name: str
    created_at: datetime
    next_on: date


class BirthdayRow(NamedTuple):
    """A line of the list."""

    id: UUID
    next_on: date
    brand_id: UUID
    contact_id: UUID
    name: str | None
    platform: str
    noted_by_name: str


class BirthdayPage(NamedTuple):
    """Rows and where the next page begins, None at the end."""

    rows: list[BirthdayRow]
    next_cursor: str | None


def next_day(month: int, day: int, after: date) -> date:
    """The first day after that one on which it is; of 29 February the 28th in years without one. Pure."""
    found = _in_year(after.year, month, day)
    return found if found > after else _in_year(after.year + 1, month, day)


def _in_year(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        return date(year, 2, 28)


def note(
    actor: Actor, contact_id: UUID, *, month: int, day: int, source: str, agreed_on: date | None, agrees: bool
) -> UUID:
    """Write down a birthday, in the place of what was held of any identity of the person; returns its id.

    Raises Invalid with `errors` (day, source, agreed_on, agrees), Conflict `birthdays_off` where the brand keeps none
    or `erased`, NotFound, Forbidden.
    """
    contact, group = begin(actor, contact_id, Permission.CONTACT_WRITE)
    brand = db.session.execute(select(Brand.keeps_birthdays, Brand.time_zone).where(Brand.id == contact.brand_id)).one()
    if not brand.keeps_birthdays:
        raise Conflict(
            "This brand keeps no birthdays. Nothing was kept. An agency admin can change that on the brand's page.",
            code="birthdays_off",
        )
    try:
        date(_LEAP_YEAR, month, day)
    except (ValueError, TypeError, OverflowError):
        raise invalid("day", worded("must be a day of that month")) from None
    said = given("source", lambda: line(source, LONGEST_SOURCE))
    here = clock.now().astimezone(ZoneInfo(brand.time_zone))
    if agreed_on is None or agreed_on > here.date():
        raise invalid("agreed_on", worded("must be a day that is not ahead"))
    if not agrees:
        raise invalid("agrees", worded("must be said: a birthday is kept only at the person's own wish"))
    _delete(group)
    made = ContactBirthday(
        agency_id=actor.agency_id,
        id=new_id(),
        brand_id=contact.brand_id,
        contact_id=contact.id,
        month=month,
        day=day,
        source=said,
        agreed_on=agreed_on,
        noted_by=actor.user_id,
        noted_by_name=actor.name,
        next_on=next_day(month, day, _last_over(here)),
        created_at=clock.now(),
    )
    db.session.add(made)
    db.session.flush()
    record(actor, "contact.birthday_noted", "contact", contact.id, brand_id=contact.brand_id)
    return made.id


def end(actor: Actor, contact_id: UUID) -> None:
    """Hold it no longer; harmless where none is. Raises Conflict `erased`, NotFound, Forbidden."""
    contact, group = begin(actor, contact_id, Permission.CONTACT_WRITE)
    if _delete(group):
        record(actor, "contact.birthday_ended", "contact", contact.id, brand_id=contact.brand_id)


def forget(contact_ids: Collection[UUID]) -> None:
    """Erase what is held of these people."""
    _delete(contact_ids)


def birthday_of(actor: Actor, person: PersonView) -> tuple[bool, Birthday | None]:
    """Whether their brand keeps birthdays, and the person's. One statement. Raises Forbidden."""
    require(actor, Permission.CONTACT_READ, person.brand_id)
    row = db.session.execute(
        select(Brand.keeps_birthdays, *(getattr(ContactBirthday, name) for name in Birthday._fields))
        .outerjoin(
            ContactBirthday,
            and_(
                ContactBirthday.agency_id == Brand.agency_id,
                ContactBirthday.brand_id == Brand.id,
                ContactBirthday.contact_id.in_(person.contact_ids),
            ),
        )
        .where(Brand.id == person.brand_id)
        .order_by(ContactBirthday.id.desc().nulls_last())
        .limit(1)
    ).one()
    return bool(row[0]), None if row[1] is None else Birthday._make(row[1:])


def any_kept(actor: Actor) -> bool:
    """Whether any brand this person works for keeps birthdays."""
    require(actor, Permission.CONTACT_READ)
    kept = select(Brand.id).where(Brand.keeps_birthdays, Brand.archived_at.is_(None)).limit(1)
    return db.session.execute(kept).first() is not None


def list_birthdays(
    actor: Actor, *, brand_id: UUID | None = None, after: str | None = None, limit: int = PAGE_ROWS
) -> BirthdayPage:
    """Birthdays ahead, the soonest first, of brands in use that keep them. Keyset pages, one statement.

    Raises NotFound, Forbidden, Invalid `bad_cursor`.
    """
    require(actor, Permission.CONTACT_READ, brand_id)
    wanted = (
        select(
            ContactBirthday.id,
            ContactBirthday.next_on,
            ContactBirthday.brand_id,
            ContactBirthday.contact_id,
            Contact.name,
            Contact.platform,
            ContactBirthday.noted_by_name,
        )
        .join(Contact, and_(Contact.agency_id == ContactBirthday.agency_id, Contact.id == ContactBirthday.contact_id))
        .join(Brand, and_(Brand.agency_id == ContactBirthday.agency_id, Brand.id == ContactBirthday.brand_id))
        .where(Brand.keeps_birthdays, Brand.archived_at.is_(None))
        .order_by(ContactBirthday.next_on, ContactBirthday.id)
        .limit(limit + 1)
    )
    if brand_id is not None:
        wanted = wanted.where(ContactBirthday.brand_id == brand_id)
    if after:
        wanted = wanted.where(tuple_(ContactBirthday.next_on, ContactBirthday.id) > _place(after))
    rows = [BirthdayRow._make(row) for row in db.session.execute(wanted)]
    more, rows = len(rows) > limit, rows[:limit]
    return BirthdayPage(rows, f"{rows[-1].next_on.isoformat()}_{rows[-1].id}" if more else None)


def _place(after: str) -> Any:
    day, _mark, last = after.partition("_")
    found = id_from(last)
    try:
        place = date.fromisoformat(day)
    except ValueError:
        found = None
    if found is None:
        raise Invalid("This page's address is damaged. Start again from the first page.", code="bad_cursor")
    return place, found


def _last_over(here: datetime) -> date:
    """The last day whose morning is over by the brand's clock."""
    return here.date() if here.hour >= MORNING_HOUR else here.date() - timedelta(days=1)


def _delete(contact_ids: Collection[UUID]) -> int:
    gone = db.session.execute(
        delete(ContactBirthday)
        .where(ContactBirthday.contact_id.in_(contact_ids))
        .returning(ContactBirthday.id)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())
