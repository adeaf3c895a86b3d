"""On the first of a month, in the morning of each brand: its last month is reported, and its client told how it went.

In an agency's scope; nothing here commits.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_timedelta
from babel.numbers import format_decimal, format_percent
from sqlalchemy import select

from agency.notices.place_links import place_link
from agency.notices.telling import Thing, tell
from agency.replies.day_links import MORNING
from agency.reports.goals import TIMES, Goal, Which, actual, goals_of, is_met
from agency.reports.models import BrandMonth
from agency.reports.monthly import MonthFigures, MonthPart, after, before, report, this_month, written
from tenants import clock
from tenants.database import db
from tenants.holders import holders_of
from tenants.languages import known_language
from tenants.models import Brand, Person
from tenants.permissions import Permission
from tenants.scope import current_scope

KIND: Final = "monthly_report"
UNTIL_DAY: Final = 7
"""A month is still reported on the seventh, where nothing ran on the first; then it stays as it stands."""
MOST_AT_ONCE: Final = 50
"""Brands of an agency in one go; the others follow half an hour later."""
FOUR: Final = ("time", "answered", "received", "resolved", "client")
"""What is always told: the four figures and the client's own time; others where a goal was agreed."""
REST: Final = ("heard_in_time", "answered_in_time", "resolved_in_time")
DASH: Final = "–"
HOUR_SECONDS: Final = 3_600


def mail_months() -> int:
    """Report the last month of every brand where it is morning on one of the first days, and tell its client; brands to
    which nothing came are reported in silence. Harmless twice. Returns how many were reported.
    """
    now, done = clock.now(), 0
    brands = db.session.scalars(select(Brand).where(Brand.archived_at.is_(None)).order_by(Brand.id)).all()
    due = {}
    for brand in brands:
        here = now.astimezone(ZoneInfo(brand.time_zone))
        if here.day <= UNTIL_DAY and here.hour >= MORNING:
            due[brand.id] = before(this_month(brand))
    if not due:
        return 0
    told = select(BrandMonth.brand_id, BrandMonth.month).where(
        BrandMonth.brand_id.in_(due), BrandMonth.month.in_(set(due.values())), BrandMonth.reported_at.is_not(None)
    )
    known = {(row.brand_id, row.month) for row in db.session.execute(told)}
    for brand in brands:
        month = due.get(brand.id)
        if month is None or (brand.id, month) in known or _began(brand) >= after(month):
            continue
        found = report(brand, month)
        if found is not None:
            done += 1
            if not (found.public.is_empty and found.private.is_empty):
                _tell(brand, month, found)
        if done == MOST_AT_ONCE:
            break
    return done


def _began(brand: Brand) -> date:
    return brand.created_at.astimezone(ZoneInfo(brand.time_zone)).date()


def _tell(brand: Brand, month: date, found: MonthFigures) -> None:
    goals, path = goals_of(brand.id, month), f"/brands/{brand.id}/months/{written(month)}"

    def mail_to(person: Person) -> dict[str, Any]:
        link, language = place_link(brand, person.id), known_language(person.language)
        return {
            "brand_name": brand.name,
            "month": format_date(month, "LLLL y", locale=language),
            "lines": lines_of(found, goals, language),
            "path": f"{link.path}/months/{brand.id}/{written(month)}",
            "open_until_at": link.until,
            "sign_in": {"path": path},
        }

    tell(
        KIND,
        holders_of(Permission.REPLY_APPROVE, current_scope().agency_id, brand.id),
        brand_id=brand.id,
        subject=Thing("brand", brand.id, path),
        values={"month": f"{month:%m/%Y}"},
        mail=mail_to,
    )


def lines_of(found: MonthFigures, goals: dict[Which, Goal], language: str) -> list[dict[str, Any]]:
    """The figures in words of a language: FOUR, and those of REST for which something was agreed."""
    sides = (found.public, found.private)
    agreed = [name for name in REST if (name, False) in goals or (name, True) in goals]
    return [
        {
            "figure": name,
            "public": _words(found.public, name, language),
            "private": _words(found.private, name, language),
            "goals": [
                {
                    "private": is_private,
                    "target": _target(name, goal.target, language),
                    "met": is_met(name, goal.target, actual(sides[is_private], name)),
                }
                for is_private in (False, True)
                if (goal := goals.get((name, is_private))) is not None and goal.target is not None
            ],
        }
        for name in (*FOUR, *agreed)
    ]


def _words(part: MonthPart, name: str, language: str) -> str:
    if name == "received":
        return str(format_decimal(part.sums.received, locale=language))
    came_to = actual(part, name)
    if came_to is None:
        return DASH
    if name not in TIMES:
        return str(format_percent(came_to / 100, locale=language))
    unit: Literal["minute", "hour"] = "minute" if came_to < HOUR_SECONDS else "hour"
    return str(format_timedelta(came_to, granularity=unit, threshold=10_000, format="short", locale=language))


def _target(name: str, target: int, language: str) -> str:
    if name in TIMES:
        return f"≤ {format_decimal(target / HOUR_SECONDS, '0.##', locale=language)} h"
    return f"≥ {format_percent(target / 100, locale=language)}"
