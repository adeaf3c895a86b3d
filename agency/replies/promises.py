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


def wait_for_its_time(reply: Reply, now: datetime) -> bool:
    """Whether an approved reply's time is still to come. Hours that ended before anything could be sent begin anew, and
    another try is promised for then; any other moment was promised when it was set.
    """
    if reply.not_before is not None and reply.not_before > now:
        return True
    if reply.not_before_because != "hours":
        return False
    moment = set_moment(reply, now)
    if moment is not None:
        _promise(JobName.PUBLISH_REPLY, reply, moment)
    return moment is not None


def publish_many_soon(many: Sequence[Around]) -> None:
    """The same for many that were approved at once, whose `next_try_at` is None; what is said of their rows is read,
    not changed.
    """
    later = [one for one in many if one.reply.not_before_because]
    moments = set_moments(later, database_now()) if later else {}
    promised = [(_names(one.reply), moments.get(one.reply.id)) for one in many]
    enqueue_many_after_commit(JobName.PUBLISH_REPLY, promised)


def try_again(reply: Reply, seconds: int) -> None:
    """Promise another try to send an approved reply, and let no earlier one have it."""
    reply.next_try_at = database_now() + timedelta(seconds=seconds)
    _promise(JobName.PUBLISH_REPLY, reply, reply.next_try_at)


def look_later(reply: Reply, seconds: int) -> None:
    """Promise a look at the platform for this reply."""
    _promise(JobName.RECONCILE_REPLY, reply, database_now() + timedelta(seconds=seconds))


def _promise(job: JobName, reply: Reply, run_at: datetime | None) -> None:
    enqueue_after_commit(job, run_at=run_at, **_names(reply))


def _names(reply: Reply) -> dict[str, UUID]:
    return {"agency_id": reply.agency_id, "brand_id": reply.brand_id, "reply_id": reply.id}
