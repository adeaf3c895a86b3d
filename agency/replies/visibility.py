"""How long platforms take to show what they accepted, measured on replies; and so how long to wait before a reply that
is not seen counts as not there.

Every published reply is read back soon, and again until it is seen. When it was seen minus when it was sent is counted
in one of WITHIN_SECONDS, where the look before it, or the sending, is near enough to tell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from agency.replies.joins import one_of
from agency.replies.models import PublishAttempt, Reply, VisibilityLag
from tenants import clock
from tenants.base_app import settings_of_app
from tenants.database import db

WITHIN_SECONDS: Final = (2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200, 3600)
MEASURED_FOR: Final = timedelta(days=30)
SHARE_SEEN: Final = 0.999
TIMES_LONGER: Final = 3
"""security-and-reliability.md 3.3: three times the longest that 999 of 1,000 took."""
MOST_SECONDS: Final = 1800
LOOK_TIMES: Final = ((1, 1), (3, 2), (10, 3))
"""When to look for a reply of which nothing is known: in times of the setting (60 s in production: 1, 3, 10 minutes),
and in times of what a slow platform is given: ten times that would be thirty times what was ever seen.
"""
NEAR_SECONDS: Final = 30.0
"""A look that far from the one before still tells when it was shown; later ones, by half of the time passed."""


def settle_seconds(platform: str) -> int:
    """How long this platform is given to show what it took: the setting, or more where it was seen to need it."""
    return settle_of(longest_of(counts_of().get(platform, {})), settings_of_app().settle_seconds)


def settle_seconds_of(platforms: Collection[str]) -> dict[str, int]:
    """The same of several platforms, in one statement."""
    counts, least = counts_of(), settings_of_app().settle_seconds
    return {platform: settle_of(longest_of(counts.get(platform, {})), least) for platform in platforms}


def look_moments(platform: str) -> tuple[int, ...]:
    """How many seconds after a sending three looks that find nothing prove that nothing is there."""
    return moments_of(settle_seconds(platform), settings_of_app().settle_seconds)


def moments_of(settle: int, least: int) -> tuple[int, ...]:
    """1, 3 and 10 times the setting; later where the platform was seen to need longer, at 1, 2 and 3 times what it is
    given: the last of them is nine times what 999 of 1,000 took.
    """
    return tuple(max(of_setting * least, of_given * settle) for of_setting, of_given in LOOK_TIMES)


def settle_of(longest_seconds: int, least_seconds: int) -> int:
    """Three times what it was seen to need, never less than the setting and never more than half an hour by that."""
    return max(least_seconds, min(MOST_SECONDS, TIMES_LONGER * longest_seconds))


def counts_of() -> dict[str, dict[int, int]]:
    """By platform, how many replies of the last 30 days were seen within so many seconds."""
    return counts_in(db.session)


def counts_in(asked: Any) -> dict[str, dict[int, int]]:
    """The same, asked of a session or a connection."""
    since = (clock.now() - MEASURED_FOR).date()
    rows = asked.execute(
        select(VisibilityLag.platform, VisibilityLag.within_seconds, func.sum(VisibilityLag.seen))
        .where(VisibilityLag.day >= since)
        .group_by(VisibilityLag.platform, VisibilityLag.within_seconds)
    )
    found: dict[str, dict[int, int]] = {}
    for platform, within, seen in rows:
        found.setdefault(platform, {})[within] = int(seen)
    return found


def longest_of(counts: Mapping[int, int]) -> int:
    """Within how many seconds 999 of 1,000 were seen; of fewer all; 0 where nothing was measured."""
    unseen_allowed = sum(counts.values()) * (1 - SHARE_SEEN)
    later = 0
    for within in sorted(counts, reverse=True):
        later += counts[within]
        if later > unseen_allowed:
            return within
    return 0


def note_many_seen(first_seen: Sequence[tuple[Reply, UUID]], now: datetime) -> None:
    """Count how long each of these replies took to be seen, by this look, if the looks at it can tell. Ask last in a
    transaction: others who count for the platform wait for it. Two statements.
    """
    if not first_seen:
        return
    before: dict[UUID, datetime] = {
        row[0]: row[1]
        for row in db.session.execute(
            select(PublishAttempt.reply_id, func.max(PublishAttempt.created_at))
            .join(Reply, and_(Reply.agency_id == PublishAttempt.agency_id, Reply.id == PublishAttempt.reply_id))
            .where(
                one_of(PublishAttempt.reply_id, [reply.id for reply, _look_id in first_seen]),
                PublishAttempt.id.not_in([look_id for _reply, look_id in first_seen]),
                PublishAttempt.fence == Reply.fence,
                PublishAttempt.deed == "look",
                PublishAttempt.outcome == "absent",
            )
            .group_by(PublishAttempt.reply_id)
        )
    }
    seen = Counter[tuple[str, int]]()
    for reply, _look_id in first_seen:
        within = _seen_within(reply, before.get(reply.id), now)
        if within is not None:
            seen[reply.platform, within] += 1
    if not seen:
        return
    rows = [
        {"platform": platform, "day": now.date(), "within_seconds": within, "seen": count}
        for (platform, within), count in sorted(seen.items())
    ]
    row = insert(VisibilityLag)
    db.session.execute(
        row.values(rows).on_conflict_do_update(
            index_elements=["platform", "day", "within_seconds"],
            set_={"seen": VisibilityLag.seen + row.excluded.seen},
        )
    )


def _seen_within(reply: Reply, unseen_at: datetime | None, now: datetime) -> int | None:
    assert reply.sent_at is not None
    took = max(0.0, (now - reply.sent_at).total_seconds())
    unseen_until = 0.0 if unseen_at is None else (unseen_at - reply.sent_at).total_seconds()
    if took - unseen_until > max(NEAR_SECONDS, took / 2):
        return None
    return next((one for one in WITHIN_SECONDS if took <= one), WITHIN_SECONDS[-1])


def forget_old() -> None:
    """Drop counts of days that count no more."""
    db.session.execute(delete(VisibilityLag).where(VisibilityLag.day < (clock.now() - 2 * MEASURED_FOR).date()))
