"""When a reply goes out: at once, after a time in which it can be undone, at a chosen moment, in the brand's hours.

The moment is no part of what a yes is bound to. Whatever it is, the claim checks everything again when it comes, so
what lapsed meanwhile does not go out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import select

from agency.replies import checks
from agency.replies.around import Around
from agency.replies.joins import one_of
from agency.replies.models import Reply
from tenants import audit
from tenants.agency_settings import agency_of, refuse_leading_some
from tenants.brand_hours import hours_of, sends_in_hours
from tenants.business_time import BusinessTime, next_open
from tenants.database import db
from tenants.errors import Conflict, Invalid, Moment, worded
from tenants.models import Agency
from tenants.permissions import Actor
from tenants.scope import raw_sql

FURTHEST: Final = timedelta(days=30)
"""Later than this nobody knows what will stand there."""
MOST_UNDO_SECONDS: Final = 120
NO_SUCH_TIME: Final = "no_such_time"

How = Literal["default", "now", "hours", "chosen"]


@dataclass(frozen=True, slots=True)
class When:
    """When words shall go out: at once, when the brand's hours next begin, at a `chosen` moment `at` (aware), or as the
    brand has it where nobody says.
    """

    how: How = "default"
    at: datetime | None = None


AS_THE_BRAND_HAS_IT: Final = When()


def choose(reply: Reply, when: When, now: datetime) -> None:
    """Set when the reply may leave at the earliest, at this moment of the database's. What is to go out in the brand's
    hours gets its moment when it may leave at all (`set_moment`).

    Raises Invalid naming `at` for a moment that is past or too far, or `how`; Conflict `window_closes_before`.
    """
    how, at = when.how, None
    if reply.deed == "withdraw":
        how = "now"  # what is wrong goes now
    elif how == "default":
        how = "hours" if sends_in_hours(reply.brand_id) else "now"
    if how == "hours" and hours_of(reply.brand_id) is None:
        raise _unusable("how", worded("needs the brand's hours, and it has none"))
    if how == "chosen":
        at = _chosen(reply, when.at, now)
    reply.not_before, reply.not_before_because = at, None if how == "now" else how


def _chosen(reply: Reply, at: datetime | None, now: datetime) -> datetime:
    if at is None or at.tzinfo is None:
        raise _unusable("at", worded("needs a day and a time"))
    if at <= now:
        raise _unusable("at", worded("is past already"))
    if at > now + FURTHEST:
        raise _unusable("at", worded("is too far; choose one within %(n)s days", n=FURTHEST.days))
    until = checks.window_end(reply)
    if until is not None and at >= until:
        raise Conflict(
            worded(
                "By then the platform takes this no more: it may be sent until %(until)s. "
                "Nothing was sent; your words are kept. Choose an earlier moment.",
                until=Moment(until),
            ),
            code="window_closes_before",
            until=until.isoformat(),
        )
    return at


def _unusable(field: str, sentence: str) -> Invalid:
    return Invalid(
        "It cannot be sent at that time. Nothing was sent; your words are kept. Choose another.",
        code=NO_SUCH_TIME,
        errors={field: [sentence]},
    )


def leave_time_to_undo(reply: Reply, now: datetime) -> None:
    """Of a reply that needs no yes and would go at once: let it wait as long as the agency has it."""
    seconds = 0 if reply.deed == "withdraw" else undo_seconds_of(reply.agency_id)
    if not seconds or reply.not_before_because == "chosen":
        return
    if reply.not_before_because != "hours" or moment_of_hours(reply, now) is None:
        reply.not_before, reply.not_before_because = now + timedelta(seconds=seconds), "undo"


def set_moment(reply: Reply, now: datetime) -> datetime | None:
    """When a reply that may leave now goes out: a moment that is still to come, or None for at once."""
    if reply.not_before_because == "hours":
        reply.not_before = moment_of_hours(reply, now)
    return reply.not_before if reply.not_before is not None and reply.not_before > now else None


def set_moments(many: Sequence[Around], now: datetime) -> dict[UUID, datetime | None]:
    """The same of many replies, by reply, in their rows alone; one statement for each brand whose hours are asked for,
    one to set them.
    """
    hours: dict[UUID, BusinessTime | None] = {}
    moments = {one.reply.id: one.reply.not_before for one in many if one.reply.not_before_because is not None}
    by_hours = [one for one in many if one.reply.not_before_because == "hours"]
    for one in by_hours:
        reply = one.reply
        if reply.brand_id not in hours:
            hours[reply.brand_id] = hours_of(reply.brand_id)
        moments[reply.id] = _begin_of(hours[reply.brand_id], now, partial(checks.window_end, reply, one))
    if by_hours:
        ids = [one.reply.id for one in by_hours]
        given = {"agency_id": by_hours[0].reply.agency_id, "ids": ids, "moments": [moments[one] for one in ids]}
        db.session.execute(_SET_MOMENTS, given)
    return {reply_id: at if at is not None and at > now else None for reply_id, at in moments.items()}


_SET_MOMENTS: Final = raw_sql(
    """
    update reply r set not_before = given.moment
    from unnest(cast(:ids as uuid[]), cast(:moments as timestamptz[])) as given(id, moment)
    where r.agency_id = :agency_id and r.id = given.id
    """,
    reason="hundreds of moments, each its own, in one statement",
)


def moment_of_hours(reply: Reply, now: datetime) -> datetime | None:
    """When the brand's hours next begin; None where they have, where there are none by now, and where the platform
    would take the reply no more by then: better out of hours than never.
    """
    return _begin_of(hours_of(reply.brand_id), now, lambda: checks.window_end(reply))


def hours_moment_if_approved(reply_id: UUID, now: datetime) -> datetime | None:
    """The same of a reply that still waits for its yes, as if it came now. Statements: three."""
    return moment_of_hours(db.session.execute(select(Reply).where(Reply.id == reply_id)).scalar_one(), now)


def any_later(reply_ids: Collection[UUID], now: datetime) -> bool:
    """Whether one of these replies, approved, waits for its time. One statement."""
    wanted = select(Reply.id).where(one_of(Reply.id, reply_ids), Reply.not_before > now, Reply.state == "approved")
    return db.session.execute(wanted.limit(1)).first() is not None


def _begin_of(hours: BusinessTime | None, now: datetime, window_end: Callable[[], datetime | None]) -> datetime | None:
    begins = None if hours is None else next_open(hours, now)
    if begins is None or begins <= now:
        return None
    until = window_end()
    return None if until is not None and begins >= until else begins


def told(reply: Reply) -> dict[str, str]:
    """The time as the record keeps it; nothing where it goes at once."""
    if reply.not_before_because is None:
        return {}
    at = {"goes_out": reply.not_before.isoformat()} if reply.not_before is not None else {}
    return {"goes_out_because": reply.not_before_because, **at}


def undo_seconds_of(agency_id: UUID) -> int:
    """How long what needs no yes can be undone; 0 for not at all."""
    return db.session.execute(select(Agency.undo_seconds).where(Agency.id == agency_id)).scalar_one()


def set_undo_seconds(actor: Actor, seconds: int) -> int:
    """Say for all brands how long a reply that needs no yes can be undone. The same again leaves no record.

    Raises Forbidden, Invalid naming `undo_seconds`.
    """
    refuse_leading_some(actor)
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 0 <= seconds <= MOST_UNDO_SECONDS:
        raise Invalid(
            "This cannot be used. Nothing was changed; see the field.",
            errors={"undo_seconds": [worded("must be a whole number from 0 to %(most)s", most=MOST_UNDO_SECONDS)]},
        )
    agency = agency_of(actor)
    if agency.undo_seconds != seconds:
        agency.undo_seconds = seconds
        audit.record(actor, "agency.undo_seconds_set", "agency", agency.id, seconds=seconds)
    return seconds
