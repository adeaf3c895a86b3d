"""What was said of a month with the client: minutes that a lead saves, and that the client reads where they are shared.

Flushes, never commits.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from agency.reports.models import BrandMonth
from agency.reports.monthly import kept_month, this_month, written
from tenants import audit, clock
from tenants.brands import brand_for
from tenants.database import db
from tenants.errors import Conflict, Invalid, NotFound, worded
from tenants.permissions import Actor, Permission

LONGEST_MINUTES: Final = 20_000
LONGEST_PRESENT: Final = 300
_UNSHOWN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def one_line(text: object) -> str:
    """What somebody is called: on one line, without signs that hide or reorder what stands beside them."""
    return " ".join(_UNSHOWN.sub(" ", text).split()) if isinstance(text, str) else ""


class Minutes(NamedTuple):
    """`number` counts the savings: 0 where nobody wrote any, or none that this person may read."""

    number: int = 0
    words: str = ""
    present: str = ""
    held_on: date | None = None
    is_shared: bool = False
    saved_by_name: str = ""
    saved_at: datetime | None = None


def minutes_of(actor: Actor, brand_id: UUID, month: date) -> Minutes:
    """Those of a month, where this person may read them: what is not shared is the agency's own."""
    row = db.session.scalars(
        select(BrandMonth)
        .where(BrandMonth.brand_id == brand_id, BrandMonth.month == month)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None or not (row.is_shared or actor.may(Permission.REPORT_WRITE)):
        return Minutes()
    return _minutes(row)


def save_minutes(
    actor: Actor,
    brand_id: UUID,
    month: date,
    words: object,
    *,
    present: object = "",
    held_on: date | None,
    is_shared: bool,
    based_on: int,
) -> Minutes:
    """Keep them. The same again changes nothing.

    Raises NotFound, Forbidden; Invalid naming fields; Conflict `minutes_changed` where `based_on` is not how often they
    were saved.
    """
    brand = brand_for(actor, brand_id, Permission.REPORT_WRITE)
    if month > this_month(brand):
        raise NotFound()
    errors: dict[str, list[str]] = {}
    text = words.replace("\r\n", "\n").strip() if isinstance(words, str) else ""
    if len(text) > LONGEST_MINUTES:
        errors["words"] = [worded("must be %(limit)s characters at most", limit=LONGEST_MINUTES)]
    elif "\x00" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        errors["words"] = [worded("holds signs that cannot be kept")]
    who = one_line(present)
    if len(who) > LONGEST_PRESENT:
        errors["present"] = [worded("must be %(limit)s characters at most", limit=LONGEST_PRESENT)]
    today = clock.now().astimezone(ZoneInfo(brand.time_zone)).date()
    if held_on is not None and not month <= held_on <= today:
        errors["held_on"] = [worded("must be a day since the month began, today at the latest")]
    if errors:
        raise Invalid("These minutes cannot be kept as they are. Nothing was changed; see the fields.", errors=errors)
    row = kept_month(brand, month)
    if row.number != based_on:
        raise Conflict(
            worded(
                "%(name)s saved these minutes while you were at it. Nothing of yours was saved, and it stands below. "
                "Look at what they are now and save yours again.",
                name=row.saved_by_name or worded("Somebody else"),
            ),
            code="minutes_changed",
            number=row.number,
        )
    wanted = (text, who, held_on, is_shared)
    if (row.minutes, row.present, row.held_on, row.is_shared) == wanted:
        return _minutes(row)
    row.minutes, row.present, row.held_on, row.is_shared = wanted
    row.number += 1
    row.saved_by, row.saved_by_name, row.saved_at = actor.user_id, actor.name, clock.now()
    db.session.flush()
    audit.record(
        actor,
        "month.minutes_saved",
        "brand",
        brand_id,
        brand_id=brand_id,
        month=written(month),
        number=row.number,
        shared=is_shared,
    )
    return _minutes(row)


def _minutes(row: BrandMonth) -> Minutes:
    return Minutes(row.number, row.minutes, row.present, row.held_on, row.is_shared, row.saved_by_name, row.saved_at)
