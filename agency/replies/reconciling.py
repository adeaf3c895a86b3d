"""When the outcome of a send is unknown: look on the platform, then decide. Published replies are proven by reading.

Never twice by machine, never silently zero times. A reply counts as absent only after three complete readings of its
thread, spread over ten minutes or more and begun after its lease ended: platforms show late what they accepted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm.attributes import set_committed_value

from agency.inbox.stored_rows import as_json
from agency.replies import live_changes, one_person
from agency.replies.joins import one_of
from agency.replies.live_changes import Seen
from agency.replies.models import PublishAttempt, Reply
from agency.replies.moves import move_together
from agency.replies.promises import (
    database_now,
    look_at_many_later,
    look_later,
    publish_again_soon,
    read_back_later,
    read_many_back_later,
)
from agency.replies.settling import FIRST_LOOK_SECONDS, live_state_of, stand
from agency.replies.settling_many import stand_found
from agency.replies.telling import tell_of_unknown
from agency.replies.visibility import look_moments, moments_of, note_many_seen, settle_seconds_of
from channels.errors import RateLimited
from channels.items import PublishedReply, ReadBack
from tenants import audit
from tenants.base_app import settings_of_app
from tenants.database import db
from tenants.errors import worded
from tenants.scope import current_scope, raw_sql

LOOKS_NEEDED = 3
EARLY_LOOKS_SECONDS = (FIRST_LOOK_SECONDS, 15, 30)
"""What was published is read back so soon beside that, until it is seen: else nobody knew how long platforms take."""
GIVE_TO_A_PERSON_AFTER = timedelta(hours=24)
LOOKED_FOR = timedelta(days=7)
"""What was published and nobody could read back yet is waited for that long."""
WAIT_SECONDS = 600
MODERATION_LOOKS = 40
RESENDS_ALLOWED = 1
HELD_BACK_SECONDS = 60
"""What a platform that was asked too often did not let us read is looked for so soon again, while it is young: a moment
that is missed costs up to ten minutes.
"""
ALIKE = "alike_words"
NEEDS_A_PERSON = worded(
    "We could not find out whether this reply was published. It is not sent again by itself. "
    "Look on the platform, then say here what became of it."
)
SENDER_SILENT = worded(
    "The sender went silent. Your reply may have been sent; we are checking and will not send it twice."
)
NO_OUTCOME_TOLD = worded("The sender went silent before it could say what happened.")
SENT_ONCE_MORE = worded("It surely did not arrive, so it is sent once more.")


@dataclass(frozen=True)
class Looked:
    """What a look at a held reply saw, begun at `began_at`. `found`: the ids by which it stands there that are no other
    reply's of ours; `alike` the same of what it may have become.
    """

    reply: Reply
    look_id: UUID
    began_at: datetime
    seen: ReadBack
    found: tuple[str, ...]
    alike: tuple[str, ...] = ()

    @property
    def state(self) -> str:
        """How the look ended, as `PublishAttempt.outcome` has it."""
        if self.seen.state == "cannot_tell" or self.stands:
            return self.seen.state
        return "cannot_tell" if self.reason else "absent"

    @property
    def reason(self) -> str | None:
        """Why no machine can tell, also where what was found is another reply's."""
        return None if self.stands else self.seen.reason or (ALIKE if self.alike else None)

    @property
    def stands(self) -> bool:
        """Whether it was found there."""
        return self.seen.state == "found" and bool(self.found)


@dataclass
class Verdicts:
    """What is asked once for all replies that looks decide about, and what follows from them once for all of them."""

    now: datetime
    settles: Mapping[str, int]
    looks: Mapping[UUID, int]
    """How many looks each has had."""
    unseen_at: Mapping[UUID, Sequence[datetime]]
    """When the looks before these began that found it absent, first to last."""
    stands: list[tuple[Reply, PublishedReply]] = field(default_factory=list)
    once_more: list[Reply] = field(default_factory=list)
    again: list[tuple[Reply, int]] = field(default_factory=list)
    read_back: list[tuple[Reply, int]] = field(default_factory=list)
    first_seen: list[tuple[Reply, UUID]] = field(default_factory=list)
    _noted: dict[UUID, Reply] = field(default_factory=dict)

    def moments(self, reply: Reply) -> Sequence[int]:
        """See `agency.replies.visibility.look_moments`."""
        return moments_of(self.settles[reply.platform], settings_of_app().settle_seconds)

    def judge(self, one: Looked) -> None:
        """What follows from this look; the same whoever is judged beside it."""
        reply = one.reply
        if len(one.found) > 1:
            audit.record(
                None,
                "reply.found_more_than_once",
                "reply",
                reply.id,
                brand_id=reply.brand_id,
                platform_ids=list(one.found),
            )
        if reply.state == "outcome_unknown":
            self._decide_unknown(one)
        elif reply.state == "published":
            self._prove(one)

    def conclude(self) -> None:
        """Write down what follows, together where it is plain. Last comes what others wait for."""
        if self._noted:
            rows = [
                {
                    "id": reply.id,
                    "read_back_at": reply.read_back_at,
                    "absent_reads": reply.absent_reads,
                    "resends": reply.resends,
                }
                for reply in self._noted.values()
            ]
            db.session.execute(_NOTE, {"agency_id": current_scope().agency_id, "rows": as_json(rows)})
        for reply, outcome in stand_found(self.stands):
            stand(reply, outcome.platform_id, outcome.state, move_name="reconcile")
        if self.once_more:
            moved: list[tuple[Reply, dict[str, Any]]] = [(reply, {}) for reply in self.once_more]
            move_together(moved, "reconcile", "approved", values={}, reason=SENT_ONCE_MORE)
            publish_again_soon(self.once_more)
        look_at_many_later(self.again, self.now)
        read_many_back_later(self.read_back, self.now)
        for reply, _outcome in self.stands:
            one_person.from_private_reply(reply)  # where the sender died before it could say so
        note_many_seen(self.first_seen, self.now)

    def _note(self, reply: Reply, **values: Any) -> None:
        self._noted[reply.id] = reply
        for column, value in values.items():
            set_committed_value(reply, column, value)

    def _decide_unknown(self, one: Looked) -> None:
        reply, now = one.reply, self.now
        assert reply.sent_at is not None
        if one.state == "found":
            self._note(reply, read_back_at=now, absent_reads=0)
            shown = one.seen.reply.state if one.seen.reply else "published"
            self.stands.append((reply, PublishedReply(one.found[0], None, shown)))
            return
        lease_was_over = reply.lease_until is None or reply.lease_until <= one.began_at
        moments = self.moments(reply)
        age = now - reply.sent_at
        meant_for = timedelta(seconds=moments[min(reply.absent_reads, LOOKS_NEEDED - 1)])
        # Sooner, pressing often would count for time passed, and two looks at once for two.
        if one.state == "absent" and lease_was_over and age >= meant_for and self._is_apart(one, moments):
            self._note(reply, absent_reads=reply.absent_reads + 1)
        surely_absent = reply.absent_reads >= LOOKS_NEEDED and age >= timedelta(seconds=moments[-1])
        if surely_absent and reply.resends < RESENDS_ALLOWED:
            self._note(reply, resends=reply.resends + 1, absent_reads=0)
            self.once_more.append(reply)
        elif surely_absent or age > GIVE_TO_A_PERSON_AFTER:
            _ask_a_person(reply)
        else:
            seconds = _next_look(reply, now, age, moments)
            is_young = age < timedelta(seconds=2 * moments[-1])
            if is_young and one.state == "cannot_tell" and one.seen.reason == RateLimited.code:
                seconds = min(seconds, HELD_BACK_SECONDS)
            self.again.append((reply, seconds))

    def _is_apart(self, one: Looked, moments: Sequence[int]) -> bool:
        """Whether it began a settle time after the last one that counted: one that did not pushes none behind it."""
        reply, counted = one.reply, 0
        last: datetime | None = None
        assert reply.sent_at is not None
        for at in self.unseen_at.get(reply.id, ()) if reply.absent_reads else ():
            meant_for = reply.sent_at + timedelta(seconds=moments[min(counted, LOOKS_NEEDED - 1)])
            if at >= max(meant_for, reply.lease_until or meant_for) and (
                last is None or at >= last + timedelta(seconds=moments[0])
            ):
                counted, last = counted + 1, at
        return last is None or one.began_at >= last + timedelta(seconds=moments[0])

    def _prove(self, one: Looked) -> None:
        """A published reply was looked for: remember when it was seen, or that it is not there."""
        reply, settle = one.reply, self.settles[one.reply.platform]
        age = 0.0 if reply.sent_at is None else (self.now - reply.sent_at).total_seconds()
        looks = self.looks[reply.id]
        if one.state == "found":
            is_first = reply.read_back_at is None
            self._note(reply, read_back_at=self.now, absent_reads=0)
            there = one.seen.reply
            shown = live_state_of(reply, there.state if there else "published")
            live_changes.note(reply, Seen(shown, there.violation if there else None), "look")
            live_changes.supersede_earlier(reply)
            if reply.live_state == "pending" and looks < MODERATION_LOOKS:
                self.read_back.append((reply, min(3600, settle * 2 ** min(looks, 10))))
            if is_first:
                self.first_seen.append((reply, one.look_id))
        elif (then := _next_proof(age, self.moments(reply))) is not None:
            self.read_back.append((reply, then))
        elif looks < LOOKS_NEEDED:
            self.read_back.append((reply, settle))
        elif one.state == "absent":
            live_changes.note(reply, Seen("not_seen"), "look")
        one_person.from_private_reply(reply)


_NOTE = raw_sql(
    """
    update reply r set read_back_at = given.read_back_at, absent_reads = given.absent_reads, resends = given.resends
    from jsonb_to_recordset(cast(:rows as jsonb)) as given(id uuid, read_back_at timestamptz, absent_reads integer,
        resends integer)
    where r.agency_id = :agency_id and r.id = given.id
    """,
    reason="what many looks showed, in one statement",
)


def verdicts_about(replies: Sequence[Reply], look_ids: Sequence[UUID]) -> Verdicts:
    """What is asked before these are judged by those looks. Two statements, one more for the clock."""
    earlier = and_(PublishAttempt.outcome == "absent", PublishAttempt.id.not_in(look_ids))
    rows = db.session.execute(
        select(
            PublishAttempt.reply_id,
            func.count(PublishAttempt.id),
            func.array_agg(aggregate_order_by(PublishAttempt.created_at, PublishAttempt.created_at)).filter(earlier),
        )
        .where(one_of(PublishAttempt.reply_id, [reply.id for reply in replies]), PublishAttempt.deed == "look")
        .group_by(PublishAttempt.reply_id)
    ).all()
    return Verdicts(
        database_now(),
        settle_seconds_of({reply.platform for reply in replies}),
        {row[0]: row[1] for row in rows},
        {row[0]: row[2] for row in rows if row[2] is not None},
    )


def wait_for_account(reply: Reply, now: datetime) -> None:
    """Nothing can be read now. After a day a person is asked about what is unknown; connecting again wakes the look."""
    if reply.state == "outcome_unknown" and (reply.sent_at is None or now - reply.sent_at > GIVE_TO_A_PERSON_AFTER):
        _ask_a_person(reply)
    elif reply.state == "outcome_unknown" or (reply.sent_at is not None and now - reply.sent_at < LOOKED_FOR):
        promise = look_later if reply.state == "outcome_unknown" else read_back_later
        promise(reply, WAIT_SECONDS)


def _ask_a_person(reply: Reply) -> None:
    if reply.state_reason != NEEDS_A_PERSON:
        reply.state_reason, reply.trouble = NEEDS_A_PERSON, "needs_a_person"
        tell_of_unknown(reply)


def tells_at(reply: Reply) -> datetime | None:
    """From when on looks that find nothing prove that an unknown reply is not there; None where it was never sent."""
    if reply.sent_at is None:
        return None
    proves = reply.sent_at + timedelta(seconds=look_moments(reply.platform)[-1])
    return max(proves, reply.lease_until or proves)


def _next_look(reply: Reply, now: datetime, age: timedelta, moments: Sequence[int]) -> int:
    """The next of the planned moments, or soon after the lease; later ones as far apart as the last from the send."""
    passed = age.total_seconds()
    lease_left = 0.0
    if reply.lease_until is not None:
        lease_left = (reply.lease_until - now).total_seconds()
    upcoming = [moment - passed for moment in moments if moment > passed] or [float(moments[-1])]
    if reply.absent_reads and passed > moments[-1]:
        upcoming = [float(moments[0])]
    apart = float(moments[0]) if reply.absent_reads else 0.0
    return max(1, math.ceil(max(upcoming[0], lease_left + 1, apart)))  # a moment sooner, and the look would not count


def _next_proof(age_seconds: float, planned: Sequence[int]) -> int | None:
    """In how many seconds a published reply that was not seen is looked for again; None after the last time."""
    moments = sorted({*EARLY_LOOKS_SECONDS, *planned})
    return next((max(1, int(at - age_seconds)) for at in moments if at > age_seconds + 1), None)
