"""Brands of an agency: open, change, pause, archive, list. A paused brand sends nothing; an archived one is shelved."""

from __future__ import annotations

import re
import zlib
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from sqlalchemy import func, select

from tenants import audit, clock, read_only
from tenants.brand_marks import Mark, replace_marks, shelve_marks
from tenants.database import db, new_id
from tenants.errors import Conflict, Forbidden, Invalid, NotFound, worded
from tenants.models import Brand, BrandMark
from tenants.outbox import JobName, enqueue_after_commit
from tenants.permissions import Actor, Permission, require
from tenants.plans import Limit
from tenants.room import require_room

LONGEST_NAME = 80
MOST_HOURS = 24 * 14
TIERS = ("standard", "plus", "premium")
"""How much a client's cases count in the queue; the points of each are the agency's (`agency.inbox.weights`)."""
PLATFORMS = ("facebook", "instagram", "google_business")
"""Where answers may be due in other hours; a house test compares them with the adapters there are."""
_RANKED_FIELDS = frozenset({"tier", "answer_due_hours", "answer_due_hours_on"})
"""What a lead may change without managing brands, because the queue is the lead's."""
LANGUAGES = ("en", "en-GB", "en-US", "pl", "pt", "pt-BR", "pt-PT", "es", "es-ES", "es-MX", "de", "fr", "it")
"""Languages a brand may speak first, some in a variant; the style check knows those in `styleguides.languages`."""
COLOURS = ("#1d6f8f", "#8a4b08", "#7a2e6b", "#356b2c", "#8c2f39", "#4a4e8f", "#6b5b1e", "#1f6f5c")
"""Given in turn to brands opened without one; each at least 4.5 to 1 against white."""
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def list_brands(actor: Actor, *, with_archived: bool = False) -> list[Brand]:
    """Brands this person may see, by name. Raises Forbidden without `brand:read`."""
    require(actor, Permission.BRAND_READ)
    statement = select(Brand).order_by(func.lower(Brand.name), Brand.id)
    if not with_archived:
        statement = statement.where(Brand.archived_at.is_(None))
    return list(db.session.scalars(statement))


def brand_for(actor: Actor, brand_id: UUID, permission: Permission = Permission.BRAND_READ) -> Brand:
    """One brand. Raises NotFound for another's and Forbidden without the permission."""
    require(actor, permission, brand_id)
    brand = db.session.execute(select(Brand).where(Brand.id == brand_id)).scalar_one_or_none()
    if brand is None:
        raise NotFound()
    return brand


def place_to_write(actor: Actor, permission: Permission, brand_id: UUID | None) -> UUID:
    """What stands as the brand in a row of what a brand uses, or, for None, every brand of the agency.

    Raises NotFound for another's brand, Forbidden, also for every brand by who works for some.
    """
    if brand_id is not None:
        return brand_for(actor, brand_id, permission).id
    require(actor, permission)
    if actor.brand_ids is not None:
        raise Forbidden(
            "What every brand uses is changed by people who work for every brand. Nothing was changed. "
            "Write it for one of your brands, or ask an agency admin."
        )
    return actor.agency_id


def open_brand(
    actor: Actor,
    name: str,
    *,
    mark: str = "",
    colour: str = "",
    language: str = "en",
    time_zone: str = "UTC",
    guide_needs_approval: bool = False,
    keeps_birthdays: bool = False,
    answer_due_hours: int = 12,
    answer_due_hours_on: dict[str, int] | None = None,
    tier: str = "standard",
) -> Brand:
    """A new brand of the actor's agency.

    Raises Forbidden, Invalid naming the field, Conflict when the agency has a brand of that name, or as
    `tenants.room.require_room`.
    """
    require(actor, Permission.BRAND_MANAGE)
    if actor.brand_ids is not None:
        raise Forbidden(
            "Only somebody who covers every brand may open one. Nothing was changed. Ask an agency admin to do it."
        )
    values = _checked(
        {
            "name": name,
            "mark": mark or mark_for(name),
            "colour": colour or colour_for(name),
            "language": language,
            "time_zone": time_zone,
            "guide_needs_approval": guide_needs_approval,
            "keeps_birthdays": keeps_birthdays,
            "answer_due_hours": answer_due_hours,
            "answer_due_hours_on": answer_due_hours_on or {},
            "tier": tier,
        }
    )
    _check_name_is_free(values["name"])
    require_room(actor.agency_id, Limit.BRANDS)
    brand = Brand(agency_id=actor.agency_id, id=new_id(), **values)
    db.session.add(brand)
    db.session.flush()
    mark_name(brand)
    audit.record(actor, "brand.opened", "brand", brand.id, brand_id=brand.id, **values)
    return brand


def change_brand(actor: Actor, brand_id: UUID, **changes: Any) -> Brand:
    """Change name, mark, colour, language, time_zone, guide_needs_approval, keeps_birthdays, answer_due_hours,
    answer_due_hours_on (by platform, where it differs) or tier; of the last three the queue is ranked again.

    Raises NotFound, Forbidden, Conflict, or Invalid naming the field (an unknown field too).
    """
    is_of_queue = bool(changes) and changes.keys() <= _RANKED_FIELDS and not actor.may(Permission.BRAND_MANAGE)
    brand = brand_for(actor, brand_id, Permission.RANKING_MANAGE if is_of_queue else Permission.BRAND_MANAGE)
    values = _checked(changes)
    if "name" in values and values["name"] != brand.name:
        _check_name_is_free(values["name"], but=brand_id)
    before = {name: getattr(brand, name) for name in values if getattr(brand, name) != values[name]}
    if not before:
        return brand
    for name in before:
        setattr(brand, name, values[name])
    db.session.flush()
    if "name" in before:  # else a colleague may just have renamed it, and this row does not know
        mark_name(brand)
    if before.keys() & {*_RANKED_FIELDS, "time_zone"}:
        enqueue_after_commit(JobName.RERANK, agency_id=actor.agency_id, brand_id=brand_id)
    after = {name: values[name] for name in before}
    audit.record(actor, "brand.changed", "brand", brand_id, brand_id=brand_id, before=before, after=after)
    return brand


def pause_brand(actor: Actor, brand_id: UUID, *, paused: bool = True) -> Brand:
    """Stop or resume sending for a brand. Doing it again changes nothing."""
    brand = brand_for(actor, brand_id, Permission.BRAND_MANAGE)
    if (brand.paused_at is not None) != paused:
        brand.paused_at = clock.now() if paused else None
        db.session.flush()
        audit.record(actor, "brand.paused" if paused else "brand.resumed", "brand", brand_id, brand_id=brand_id)
    return brand


def archive_brand(actor: Actor, brand_id: UUID, *, archived: bool = True) -> Brand:
    """Shelve a brand, which also pauses it, or take it back from the shelf, still paused; then the plan must have room
    for it.
    """
    brand = brand_for(actor, brand_id, Permission.BRAND_MANAGE)
    if (brand.archived_at is not None) != archived:
        if not archived:
            require_room(actor.agency_id, Limit.BRANDS)
        brand.archived_at = clock.now() if archived else None
        brand.paused_at = brand.paused_at or clock.now()
        db.session.flush()
        shelve_marks(brand_id, shelved=archived)
        read_only.settle(actor.agency_id)
        audit.record(actor, "brand.archived" if archived else "brand.unshelved", "brand", brand_id, brand_id=brand_id)
    return brand


def brand_of_name(agency_id: UUID, name: str) -> Brand:
    """For the command line: the agency's brand of that name, opened if it is new. The scope must be the agency's."""
    values = _checked({"name": name, "mark": mark_for(name), "colour": colour_for(name)})
    brand = db.session.execute(select(Brand).where(Brand.name == values["name"])).scalar_one_or_none()
    if brand is None:
        brand = Brand(agency_id=agency_id, id=new_id(), **values)
        db.session.add(brand)
        db.session.flush()
        mark_name(brand)
        audit.record(None, "brand.opened", "brand", brand.id, brand_id=brand.id, **values)
    return brand


def mark_name(brand: Brand) -> None:
    """From now on the brand is known by its name, and drafts of others that say it are stopped."""
    replace_marks(brand.id, "brand", [Mark("name", brand.name)])


def mark_unmarked() -> int:
    """Name brands that came in another way; returns how many. The scope must be the agency's."""
    named = select(BrandMark.id).where(BrandMark.of_brand_id == Brand.id, BrandMark.source == "brand")
    unnamed = db.session.execute(select(Brand).where(~named.exists())).scalars().all()
    for brand in unnamed:
        mark_name(brand)
    archived = Brand.archived_at.is_not(None)
    unlike = select(Brand.id, archived).join(BrandMark, BrandMark.of_brand_id == Brand.id)
    for brand_id, shelved in db.session.execute(
        unlike.where(archived != BrandMark.shelved).distinct()
    ).all():  # archived before marks could tell
        shelve_marks(brand_id, shelved=shelved)
    return len(unnamed)


def mark_for(name: str) -> str:
    """Two letters for a brand that chose none: the initials of its first two words, or its first two letters."""
    words = [word for word in re.split(r"[\W_]+", name) if word]
    letters = words[0][0] + words[1][0] if len(words) > 1 else (words[0][:2] if words else "?")
    return letters.upper()[:2]


def colour_for(name: str) -> str:
    """A colour for a brand that chose none, always the same for the same name."""
    return COLOURS[zlib.crc32(name.encode()) % len(COLOURS)]


def _check_name_is_free(name: str, *, but: UUID | None = None) -> None:
    statement = select(Brand.id).where(func.lower(Brand.name) == name.lower())
    if but is not None:
        statement = statement.where(Brand.id != but)
    if db.session.execute(statement).first() is not None:
        sentence = worded("The agency has a brand of this name already. Nothing was changed. Choose another name.")
        raise Conflict(sentence, errors={"name": [sentence]})


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    """The values as they are stored. Raises Invalid with a sentence for every field that cannot be used."""
    good: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    for field, value in values.items():
        sentence = _problem(field, value)
        if sentence:
            errors[field] = [sentence]
        elif field == "name":
            good[field] = " ".join(value.split())
        elif field == "mark":
            good[field] = value.strip().upper()[:2]
        elif field == "colour":
            good[field] = value.lower()
        else:
            good[field] = value
    if errors:
        raise Invalid("Some of this cannot be used. Nothing was changed.", errors=errors)
    return good


@cache
def known_zones() -> frozenset[str]:
    """Names of all time zones; read once, because listing them walks through hundreds of files."""
    return frozenset(available_timezones())


def _are_hours(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST_HOURS


def _problem(field: str, value: Any) -> str | None:
    if field == "name":
        plain = " ".join(value.split()) if isinstance(value, str) else ""
        fits = 0 < len(plain) <= LONGEST_NAME and not _CONTROL.search(plain)
        return None if fits else worded("Write a name of at most %(n)s characters.", n=LONGEST_NAME)
    if field == "mark":
        plain = value.strip() if isinstance(value, str) else ""
        return (
            None if 1 <= len(plain.upper()) <= 2 and plain.isalnum() else worded("Write one or two letters or digits.")
        )
    if field == "colour":
        fits = isinstance(value, str) and _COLOUR.fullmatch(value.lower()) is not None
        return None if fits else worded("Choose a colour written as # and six hexadecimal digits.")
    if field == "language":
        return None if value in LANGUAGES else worded("Choose a language from the list.")
    if field == "time_zone":
        known = isinstance(value, str) and value in known_zones()
        return None if known else worded("Choose a time zone from the list, such as Europe/Warsaw.")
    if field in ("guide_needs_approval", "keeps_birthdays"):
        return None if isinstance(value, bool) else worded("Say yes or no.")
    if field == "answer_due_hours":
        return None if _are_hours(value) else worded("Write a number of hours from 1 to %(n)s.", n=MOST_HOURS)
    if field == "answer_due_hours_on":
        fits = isinstance(value, dict) and all(name in PLATFORMS and _are_hours(hours) for name, hours in value.items())
        return None if fits else worded("Write a number of hours from 1 to %(n)s for each platform.", n=MOST_HOURS)
    if field == "tier":
        return None if value in TIERS else worded("Choose a tier from the list.")
    return worded("There is no such field.")
