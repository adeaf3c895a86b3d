"""The client sheet: the short page on a brand that somebody new to it reads first. Flushes, never commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from styleguides.guide_steps import storable
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
    days = {name: day.isoformat() if (day := getattr(one, name)) else None for name in ("starts_on", "ends_on")}
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
            Campaign(one["title"], _day(one["starts_on"]), _day(one["ends_on"]), one["load"], one["say"])
            for one in row.campaigns
        ),
        row.changed_by_name,
    )


def _day(written: str | None) -> date | None:
    return date.fromisoformat(written) if written else None


def _values(data: Mapping[str, Any]) -> dict[str, Any]:
    errors: dict[str, list[str]] = {}
    values: dict[str, Any] = {}
    for name in data.keys() - {*TEXTS, "contacts", "campaigns"}:
        errors[str(name)] = [worded("is not known")]
    for name in TEXTS:
        if name in data:
            values[name] = _text(data[name], LONGEST_TEXT, name, errors)
    if "contacts" in data:
        values["contacts"] = _entries(data["contacts"], "contacts", _contact, errors)
    if "campaigns" in data:
        values["campaigns"] = _entries(data["campaigns"], "campaigns", _campaign, errors)
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


def _text(value: Any, longest: int, field: str, errors: dict[str, list[str]]) -> str:
    if not isinstance(value, str) or len(value) > longest or not storable(value):
        errors.setdefault(field, []).append(worded("must be text of at most %(limit)s characters", limit=longest))
        return ""
    return value.strip()


def _entries(value: Any, field: str, read: Any, errors: dict[str, list[str]]) -> list[dict[str, Any]]:
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) > MOST_ENTRIES:
        errors[field] = [worded("must be a list of at most %(limit)s entries", limit=MOST_ENTRIES)]
        return []
    entries = []
    for place, one in enumerate(value):
        where = f"{field}.{place}"
        if not isinstance(one, Mapping):
            errors[where] = [worded("must be an entry with its fields")]
            continue
        entries.append(read(one, where, errors))
    return entries


def _contact(one: Mapping[str, Any], where: str, errors: dict[str, list[str]]) -> dict[str, Any]:
    read = {name: _text(one.get(name, ""), LONGEST_LINE, f"{where}.{name}", errors) for name in CONTACT_FIELDS}
    if not read["name"]:
        errors.setdefault(f"{where}.name", []).append(worded("is missing"))
    return read


def _campaign(one: Mapping[str, Any], where: str, errors: dict[str, list[str]]) -> dict[str, Any]:
    read: dict[str, Any] = {"title": _text(one.get("title", ""), LONGEST_LINE, f"{where}.title", errors)}
    if not read["title"]:
        errors.setdefault(f"{where}.title", []).append(worded("is missing"))
    for name in ("starts_on", "ends_on"):
        read[name] = _written_day(one.get(name), f"{where}.{name}", errors)
    if read["starts_on"] and read["ends_on"] and read["ends_on"] < read["starts_on"]:
        errors.setdefault(f"{where}.ends_on", []).append(worded("must not be before the first day"))
    read["load"] = one.get("load", "usual")
    if read["load"] not in LOADS:
        errors[f"{where}.load"] = [worded("must be one of %(names)s", names=", ".join(LOADS))]
    read["say"] = _text(one.get("say", ""), LONGEST_TEXT, f"{where}.say", errors)
    return read


def _written_day(value: Any, field: str, errors: dict[str, list[str]]) -> str | None:
    if value in (None, ""):
        return None
    if isinstance(value, date):
        return value.isoformat()
    try:
        if not isinstance(value, str) or len(value) != 10:
            raise ValueError(value)
        return date.fromisoformat(value).isoformat()
    except ValueError:
        errors[field] = [worded("must be a day such as 2027-03-31")]
        return None
