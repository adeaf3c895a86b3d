"""The client sheet: the short page on a brand that somebody new to it reads first. Flushes, never commits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from styleguides.given_fields import Readers, Wrong, WrongWithin, day, entries, line, one_of, read_fields, text
from styleguides.models import ClientSheet
from tenants import clock
from tenants.audit import record
from tenants.database import db, new_id
from tenants.errors import Conflict, Invalid, NotFound, Worded, worded
from tenants.models import Brand
from tenants.permissions import Actor, Permission, require

LONGEST_TEXT: Final = 4_000
LONGEST_LINE: Final = 200
MOST_ENTRIES: Final = 30
LOADS: Final = ("usual", "more", "much_more")
"""How many customers are expected to write because of a campaign."""

TEXTS: Final = ("does", "products", "hours", "never_say")
CONTACT_FIELDS: Final = ("name", "about", "reach")
CAMPAIGN_FIELDS: Final = ("title", "starts_on", "ends_on", "load", "say")


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to call at the client. `reach`: a phone number, an address, when."""

    name: str
    about: str = ""
    reach: str = ""


@dataclass(frozen=True, slots=True)
class Campaign:
    """What the client is doing just now that customers will write about. Open ends have no date."""

    title: str
    starts_on: date | None = None
    ends_on: date | None = None
    load: str = "usual"
    say: str = ""

    def runs_on(self, day: date) -> bool:
        """Whether it is on that day."""
        return (self.starts_on is None or self.starts_on <= day) and not self.is_over(day)

    def is_over(self, day: date) -> bool:
        """Whether it ended before that day."""
        return self.ends_on is not None and self.ends_on < day


@dataclass(frozen=True, slots=True)
class Sheet:
    """A brand's sheet. `version` is 0 where nobody has written one; the others are empty then."""

    brand_id: UUID
    version: int = 0
    does: str = ""
    products: str = ""
    hours: str = ""
    never_say: str = ""
    contacts: tuple[Contact, ...] = ()
    campaigns: tuple[Campaign, ...] = ()
    changed_by_name: str = ""

    @property
    def is_written(self) -> bool:
        return bool(self.does or self.products or self.hours or self.never_say or self.contacts or self.campaigns)


def sheet_of(actor: Actor, brand_id: UUID) -> Sheet:
    """The brand's sheet, an empty one where none is written. One statement. Raises NotFound, Forbidden."""
    require(actor, Permission.GUIDE_READ, brand_id)
    row = db.session.execute(
        select(Brand.id, ClientSheet)
        .outerjoin(ClientSheet, (ClientSheet.agency_id == Brand.agency_id) & (ClientSheet.brand_id == Brand.id))
        .where(Brand.id == brand_id)
    ).first()
    if row is None:
        raise NotFound()
    return _read(brand_id, row[1])


def change_sheet(actor: Actor, brand_id: UUID, data: Mapping[str, Any], version: int) -> Sheet:
    """Write the fields given; `version` is that of the sheet they were written on. What stands changes nothing.

    Raises Conflict `sheet_changed` with the present version when somebody else was faster, Invalid with `errors` by
    field, NotFound, Forbidden.
    """
    require(actor, Permission.GUIDE_WRITE, brand_id)
    sheet_of(actor, brand_id)
    values = _values(data)
    db.session.execute(
        insert(ClientSheet)
        .values(agency_id=actor.agency_id, id=new_id(), brand_id=brand_id)
        .on_conflict_do_nothing(constraint="uq_client_sheet_agency_id_brand_id")
    )
    row = db.session.execute(select(ClientSheet).where(ClientSheet.brand_id == brand_id).with_for_update()).scalar_one()
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    if not changed:
        return _read(brand_id, row)  # a second click
    if row.version != version:
        raise Conflict(
            "Somebody changed this sheet since you opened it. Nothing of yours was saved. Read it again first.",
            code="sheet_changed",
            version=row.version,
        )
    for name in changed:
        setattr(row, name, values[name])
    row.version += 1
    row.changed_at = clock.now()
    row.changed_by_name = actor.name
    db.session.flush()
    record(actor, "client_sheet.changed", "client_sheet", row.id, brand_id=brand_id, fields=changed)
    return _read(brand_id, row)


def sheet_data(sheet: Sheet) -> dict[str, Any]:
    """The fields of the API as JSON values."""
    return {
        **{name: getattr(sheet, name) for name in TEXTS},
        "contacts": [{name: getattr(one, name) for name in CONTACT_FIELDS} for one in sheet.contacts],
        "campaigns": [_campaign_data(one) for one in sheet.campaigns],
        "version": sheet.version,
    }


def _campaign_data(one: Campaign) -> dict[str, Any]:
    days = {name: _day_written(getattr(one, name)) for name in ("starts_on", "ends_on")}
    return {"title": one.title, **days, "load": one.load, "say": one.say}


def _read(brand_id: UUID, row: ClientSheet | None) -> Sheet:
    if row is None:
        return Sheet(brand_id)
    return Sheet(
        brand_id,
        row.version,
        row.does,
        row.products,
        row.hours,
        row.never_say,
        tuple(Contact(**one) for one in row.contacts),
        tuple(
            Campaign(one["title"], day(one["starts_on"]), day(one["ends_on"]), one["load"], one["say"])
            for one in row.campaigns
        ),
        row.changed_by_name,
    )


def _values(data: Mapping[str, Any]) -> dict[str, Any]:
    values, errors = read_fields(data, _FIELDS)
    if errors:
        field, sentences = next(iter(errors.items()))
        raise Invalid(
            worded(
                "The client sheet cannot be kept: %(field)s %(problem)s. Nothing was changed. "
                "Correct it and save again.",
                field=Worded(field),
                problem=sentences[0],
            ),
            errors=errors,
        )
    return values


def _line(value: Any) -> str:
    return text(value, LONGEST_LINE)


def _words(value: Any) -> str:
    return text(value, LONGEST_TEXT)


def _needed(value: Any) -> str:
    if value is None or value == "":
        raise Wrong(worded("is missing"))
    return line(value, LONGEST_LINE)


def _day_written(value: Any) -> str | None:
    found = day(value)
    return found.isoformat() if found else None


_CONTACT: Final[Readers] = {"name": _needed, "about": _line, "reach": _line}
_CAMPAIGN: Final[Readers] = {
    "title": _needed,
    "starts_on": _day_written,
    "ends_on": _day_written,
    "load": one_of(LOADS),
    "say": _words,
}


def _contact(one: Mapping[str, Any]) -> dict[str, Any]:
    return _whole({"name": None, "about": "", "reach": "", **one}, _CONTACT)


def _campaign(one: Mapping[str, Any]) -> dict[str, Any]:
    found = _whole({"title": None, "starts_on": None, "ends_on": None, "load": "usual", "say": "", **one}, _CAMPAIGN)
    if found["starts_on"] and found["ends_on"] and found["ends_on"] < found["starts_on"]:
        raise WrongWithin({"ends_on": [worded("must not be before the first day")]})
    return found


def _whole(one: Mapping[str, Any], readers: Readers) -> dict[str, Any]:
    values, errors = read_fields(one, readers)
    if errors:
        raise WrongWithin(errors)
    return values


_FIELDS: Final[Readers] = {
    **dict.fromkeys(TEXTS, _words),
    "contacts": lambda value: entries(value, MOST_ENTRIES, _contact),
    "campaigns": lambda value: entries(value, MOST_ENTRIES, _campaign),
}
