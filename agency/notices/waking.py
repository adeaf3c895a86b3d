"""Mails that should have left and that no promise makes any more: the job failed too often, or its promise was lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select, update

from agency.notices.kinds import KINDS
from agency.notices.models import Notice
from tenants import clock
from tenants.database import db
from tenants.models import OutboxEntry
from tenants.outbox import JobName, enqueue_many_after_commit

LATE_AFTER: Final = timedelta(minutes=5)
REST: Final = timedelta(hours=1)
"""So long after it was given up a mail is tried again, as often as any job."""
TRIED_FOR: Final = timedelta(days=3)
"""Then it is an operator's: what fails for three days does not mend itself, and the words are in the app."""
AT_ONCE: Final = 200


def wake(agency_id: UUID) -> int:
    """Promise the agency's mails again that are late and that nobody makes; returns how many. One statement where none
    is late. What was given up is theirs from then on.
    """
    now = clock.now()
    late = db.session.execute(
        select(Notice.kind, Notice.person_id, Notice.of_brand_id)
        .where(
            Notice.mail_due_at.between(now - TRIED_FOR, now - LATE_AFTER),
            Notice.mail_due_at.is_not(None),
            Notice.mailed_at.is_(None),
        )
        .distinct()
        .limit(AT_ONCE)
    ).all()
    wanted: dict[tuple[str, tuple[tuple[str, str], ...]], JobName] = {}
    for kind, person_id, brand_id in late:
        if kind not in KINDS:  # told by another release
            continue
        job = KINDS[kind].made_by
        ids_of = {"agency_id": str(agency_id), "person_id": str(person_id)}
        if job is None:
            ids_of["kind"] = kind
        elif brand_id is not None:
            ids_of["brand_id"] = str(brand_id)
        else:
            continue
        job = job or JobName.GATHER_NOTICES
        wanted[job.value, tuple(sorted(ids_of.items()))] = job
    if not wanted:
        return 0
    promised = db.session.execute(
        select(OutboxEntry.id, OutboxEntry.job_name, OutboxEntry.ids, OutboxEntry.given_up_at).where(
            OutboxEntry.job_name.in_({job.value for job in wanted.values()}),
            OutboxEntry.ids["agency_id"].astext == str(agency_id),
            OutboxEntry.done_at.is_(None),
        )
    ).all()
    given_up: dict[int, tuple[str, tuple[tuple[str, str], ...]]] = {}
    for number, job_name, ids, given_up_at in promised:
        about = (job_name, tuple(sorted(ids.items())))
        if given_up_at is None or given_up_at > now - REST:
            wanted.pop(about, None)
        else:
            given_up[number] = about
    for job in sorted(set(wanted.values())):
        enqueue_many_after_commit(job, [(dict(named), None) for (name, named) in wanted if name == job.value])
    db.session.execute(
        update(OutboxEntry)
        .where(OutboxEntry.id.in_([number for number, about in given_up.items() if about in wanted]))
        .values(done_at=now)
        .execution_options(synchronize_session=False)
    )
    return len(wanted)
