"""By which ways a person is told of what, and when no mail shall come. What nobody chose is as `KINDS` says."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select

from agency.notices.kinds import KINDS
from agency.notices.models import NoticeChoice
from tenants.database import db

EVERY_DAY = frozenset(range(7))
MINUTES_OF_A_DAY = 24 * 60


class Ways(NamedTuple):
    """In the app, by mail, both or neither."""

    in_app: bool
    by_mail: bool


def usual_ways(kind: str) -> Ways:
    """What holds for whom chose nothing."""
    return Ways(KINDS[kind].in_app, KINDS[kind].mail)


def ways_of(person_ids: Collection[UUID], kind: str, brand_id: UUID | None) -> dict[UUID, Ways]:
    """How each of these people of the scope's agency wants to be told of it; one statement."""
    usual = usual_ways(kind)
    found = db.session.execute(
        select(NoticeChoice.person_id, NoticeChoice.in_app, NoticeChoice.by_mail)
        .where(
            NoticeChoice.person_id.in_(person_ids),
            NoticeChoice.kind == kind,
            or_(NoticeChoice.of_brand_id.is_(None), NoticeChoice.of_brand_id == brand_id),
        )
        .order_by(NoticeChoice.of_brand_id.is_not(None))  # a brand's own is the last word
    )
    chosen = {row.person_id: Ways(row.in_app, row.by_mail) for row in found}
    return {one: chosen.get(one, usual) for one in person_ids}


def have_chosen(person_id: UUID, kind: str) -> bool:
    """Whether this person of the scope's agency chose themselves how to be told of it, for any brand."""
    wanted = select(NoticeChoice.id).where(NoticeChoice.person_id == person_id, NoticeChoice.kind == kind)
    return db.session.execute(wanted.limit(1)).first() is not None


@dataclass(frozen=True, slots=True)
class Quiet:
    """When mails come: on these weekdays (Monday is 0), and not from `begin` until `end`, minutes of the person's day.

    The two are equal where no hour is quiet.
    """

    begin: int = 0
    end: int = 0
    days: frozenset[int] = EVERY_DAY

    def holds(self, minute: int) -> bool:
        """Whether that minute of a day is quiet."""
        if self.begin <= self.end:
            return self.begin <= minute < self.end
        return minute >= self.begin or minute < self.end

    def until(self, now: datetime, zone: ZoneInfo) -> datetime:
        """The first moment from `now` on at which a mail may come; `now` itself where it may at once."""
        local = now.astimezone(zone)
        for _step in range(2 * 7 + 2):  # a quiet day and a quiet night, each day of a week
            minute = local.hour * 60 + local.minute
            if local.weekday() not in self.days:
                local = _at(local, 1, 0, zone)
            elif self.holds(minute):
                local = _at(local, int(minute >= self.end), self.end, zone)
            else:
                break
        return max(now, local.astimezone(UTC))

    def as_preference(self) -> dict[str, Any]:
        """As a person's preferences keep it."""
        return {"begin": self.begin, "end": self.end, "days": sorted(self.days)}


def _at(local: datetime, days_on: int, minute: int, zone: ZoneInfo) -> datetime:
    day = local.date() + timedelta(days=days_on)
    return datetime.combine(day, time_of_day(minute // 60, minute % 60), tzinfo=zone)


def quiet_of(preferences: Mapping[str, Any]) -> Quiet:
    """What a person's preferences say; nothing is quiet for whom they say nothing that can be read."""
    kept = preferences.get("quiet")
    if not isinstance(kept, Mapping):
        return Quiet()
    begin, end, days = kept.get("begin"), kept.get("end"), kept.get("days")
    if not (isinstance(begin, int) and isinstance(end, int) and isinstance(days, list)):
        return Quiet()
    if not (0 <= begin < MINUTES_OF_A_DAY and 0 <= end < MINUTES_OF_A_DAY):
        return Quiet()
    return Quiet(begin, end, frozenset(one for one in days if one in EVERY_DAY) or EVERY_DAY)
