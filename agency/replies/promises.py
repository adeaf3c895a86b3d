"""What is promised to happen to a reply, and by which clock it is judged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from agency.replies.around import Around
from agency.replies.models import Reply
from agency.replies.sending_time import set_moment, set_moments
from tenants.database import db
from tenants.outbox import JobName, enqueue_after_commit, enqueue_many_after_commit


def database_now() -> datetime:
    """The database's clock, which alone judges leases: workers' clocks may differ."""
    moment: datetime = db.session.execute(select(func.clock_timestamp())).scalar_one()
    return moment


def publish_soon(reply: Reply) -> None:
    """Promise that an approved reply is sent: as soon as this transaction is committed, or when its time has come."""
    reply.next_try_at = None
    moment = None if reply.not_before_because is None else set_moment(reply, database_now())
    db.session.flush()
    _promise(JobName.PUBLISH_REPLY, reply, moment)


def waiting_for_their_time(many: Sequence[Around], now: datetime) -> set[UUID]:
    """Those approved replies whose time is still to come. Hours that ended before anything could be sent begin anew,
    and another try is promised for then; any other moment was promised when it was set.
    """
    later = {one.reply.id for one in many if one.reply.not_before is not None and one.reply.not_before > now}
    by_hours = [one for one in many if one.reply.not_before_because == "hours" and one.reply.id not in later]
    moments = set_moments(by_hours, now)
    anew = [one.reply for one in by_hours if moments[one.reply.id] is not None]
    enqueue_many_after_commit(JobName.PUBLISH_REPLY, [(_names(reply), moments[reply.id]) for reply in anew])
    return later | {reply.id for reply in anew}


def publish_many_soon(many: Sequence[Around]) -> None:
    """The same for many that were approved at once, whose `next_try_at` is None; what is said of their rows is read,
    not changed.
    """
    later = [one for one in many if one.reply.not_before_because]
    moments = set_moments(later, database_now()) if later else {}
    promised = [(_names(one.reply), moments.get(one.reply.id)) for one in many]
    enqueue_many_after_commit(JobName.PUBLISH_REPLY, promised)


def publish_again_soon(replies: Sequence[Reply]) -> None:
    """Promise that replies which surely did not arrive are sent once more."""
    at_once = [reply for reply in replies if reply.not_before_because is None]
    for reply in at_once:
        reply.next_try_at = None
    enqueue_many_after_commit(JobName.PUBLISH_REPLY, [(_names(reply), None) for reply in at_once])
    for reply in replies:
        if reply.not_before_because is not None:
            publish_soon(reply)


def try_again(reply: Reply, seconds: int) -> None:
    """Promise another try to send an approved reply, and let no earlier one have it."""
    try_many_again([(reply, seconds)])


def try_many_again(each: Sequence[tuple[Reply, int]]) -> None:
    """The same for several, each with its seconds; one statement, one more for the clock."""
    if not each:
        return
    now = database_now()
    for reply, seconds in each:
        reply.next_try_at = now + timedelta(seconds=seconds)
    enqueue_many_after_commit(JobName.PUBLISH_REPLY, [(_names(reply), reply.next_try_at) for reply, _seconds in each])


def look_later(reply: Reply, seconds: int) -> None:
    """Promise a look at the platform that decides what becomes of this reply: nobody knows whether it arrived."""
    look_at_many_later([(reply, seconds)], database_now())


def look_at_many_later(each: Sequence[tuple[Reply, int]], now: datetime) -> None:
    """The same for several, each with its seconds from now on."""
    enqueue_many_after_commit(JobName.RECONCILE_REPLY, _at(each, now))


def read_back_later(reply: Reply, seconds: int) -> None:
    """Promise that a reply which is plainly published is read back."""
    read_many_back_later([(reply, seconds)], database_now())


def read_many_back_later(each: Sequence[tuple[Reply, int]], now: datetime) -> None:
    """The same for several, each with its seconds from now on. Looks that were to decide about them have nothing to
    decide any more, and are taken back.
    """
    enqueue_many_after_commit(JobName.READ_BACK_REPLY, _at(each, now), instead_of=JobName.RECONCILE_REPLY)


def _promise(job: JobName, reply: Reply, run_at: datetime | None) -> None:
    enqueue_after_commit(job, run_at=run_at, **_names(reply))


def _at(each: Sequence[tuple[Reply, int]], now: datetime) -> list[tuple[dict[str, UUID], datetime]]:
    return [(_names(reply), now + timedelta(seconds=seconds)) for reply, seconds in each]


def _names(reply: Reply) -> dict[str, UUID]:
    return {"agency_id": reply.agency_id, "brand_id": reply.brand_id, "reply_id": reply.id}
