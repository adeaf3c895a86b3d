"""When the outcome of a send is unknown: look on the platform, then decide. Published replies are proven by reading.

Never twice by machine, never silently zero times. A reply counts as absent only after three complete readings of its
thread, spread over ten minutes or more and begun after its lease ended: platforms show late what they accepted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from agency.replies import live_changes, one_person
from agency.replies.live_changes import Seen
from agency.replies.looks import begin_look
from agency.replies.models import PublishAttempt, Reply
from agency.replies.moves import locked, move, text_of
from agency.replies.promises import database_now, look_later, publish_soon
from agency.replies.settling import FIRST_LOOK_SECONDS, live_state_of, stand, taken_by_another
from agency.replies.targets import connected_account_of, target_of
from agency.replies.telling import tell_of_unknown
from agency.replies.visibility import look_moments, note_seen, settle_seconds
from channels.items import ReadBack
from channels.protocol import ConnectedAccount, ReplyTarget
from channels.registry import adapter_for
from channels.transport import Speaks
from tenants import audit, failpoints
from tenants.database import db
from tenants.errors import worded
from tenants.logs import get_logger
from tenants.scope import HasAppContext, Scope, in_scope

LOOKS_NEEDED = 3
EARLY_LOOKS_SECONDS = (FIRST_LOOK_SECONDS, 15, 30)
"""What was published is read back so soon beside that, until it is seen: else nobody knew how long platforms take."""
GIVE_TO_A_PERSON_AFTER = timedelta(hours=24)
LOOKED_FOR = timedelta(days=7)
"""What was published and nobody could read back yet is waited for that long."""
WAIT_SECONDS = 600
LONGEST_READING_ROUNDS = 100
MODERATION_LOOKS = 40
RESENDS_ALLOWED = 1
NEEDS_A_PERSON = worded(
    "We could not find out whether this reply was published. It is not sent again by itself. "
    "Look on the platform, then say here what became of it."
)
SENDER_SILENT = worded(
    "The sender went silent. Your reply may have been sent; we are checking and will not send it twice."
)
NO_OUTCOME_TOLD = worded("The sender went silent before it could say what happened.")
SENT_ONCE_MORE = worded("It surely did not arrive, so it is sent once more.")

log = get_logger("reconciling")


@dataclass(frozen=True)
class Looking:
    """What a look needs, read before the connection opens."""

    reply_id: UUID
    fence: int
    text: str
    target: ReplyTarget
    account: ConnectedAccount
    attempt_id: UUID
    sent_at: datetime


def look(app: HasAppContext, scope: Scope, reply_id: UUID, transport: Speaks) -> str:
    """Look at the platform for a reply whose outcome is unknown or unproven; harmless for any other.

    Returns the reply's state afterwards, or `skipped`.
    """
    with in_scope(app, scope):
        looking = _begin(reply_id)
        failpoints.reached("look.beginning")
    if looking is None:
        return "skipped"
    failpoints.reached("look.begun")
    seen = _read(looking, transport)
    failpoints.reached("look.read")
    with in_scope(app, scope):
        state = _decide(looking, seen)
        failpoints.reached("look.deciding")
    failpoints.reached("look.decided")
    return state


def _begin(reply_id: UUID) -> Looking | None:
    reply = locked(reply_id)
    now = database_now()
    if reply.state == "publishing" and reply.lease_until is not None and reply.lease_until <= now:
        _close_attempt(reply, "unknown", NO_OUTCOME_TOLD)
        move(
            reply,
            "lose_track",
            actor=None,
            reason=SENDER_SILENT,
        )
        reply.trouble = "no_answer"
    unproven = reply.state == "published" and (
        reply.read_back_at is None or reply.live_state in ("pending", "not_seen")
    )
    if reply.state != "outcome_unknown" and not unproven:
        return None
    account = connected_account_of(reply)
    if account is None or reply.sent_at is None:
        _wait_for_account(reply, now)
        return None
    attempt = begin_look(reply)
    return Looking(reply.id, reply.fence, text_of(reply).text, target_of(reply), account, attempt.id, reply.sent_at)


def _wait_for_account(reply: Reply, now: datetime) -> None:
    """Nothing can be read now. After a day a person is asked about what is unknown; connecting again wakes the look."""
    if reply.state == "outcome_unknown" and (reply.sent_at is None or now - reply.sent_at > GIVE_TO_A_PERSON_AFTER):
        _ask_a_person(reply)
    elif reply.state == "outcome_unknown" or (reply.sent_at is not None and now - reply.sent_at < LOOKED_FOR):
        look_later(reply, WAIT_SECONDS)


def _ask_a_person(reply: Reply) -> None:
    if reply.state_reason != NEEDS_A_PERSON:
        reply.state_reason, reply.trouble = NEEDS_A_PERSON, "needs_a_person"
        tell_of_unknown(reply)


def _close_attempt(reply: Reply, outcome: str, detail: str) -> None:
    attempt = db.session.execute(
        select(PublishAttempt).where(
            PublishAttempt.reply_id == reply.id,
            PublishAttempt.fence == reply.fence,
            PublishAttempt.deed == "send",
            PublishAttempt.outcome.is_(None),
        )
    ).scalar_one_or_none()
    if attempt is not None:
        attempt.outcome, attempt.detail, attempt.finished_at = outcome, detail, database_now()


def _read(looking: Looking, transport: Speaks) -> ReadBack:
    adapter = adapter_for(looking.account.platform)
    try:
        requests = adapter.plan_find_our_reply(looking.account, looking.target, looking.text, sent_at=looking.sent_at)
        exchanges = []
        seen = ReadBack("cannot_tell", reason="nothing was read")
        for _ in range(LONGEST_READING_ROUNDS):
            exchanges += transport.fetch(requests)
            seen = adapter.read_find_our_reply(
                looking.account, looking.target, looking.text, exchanges, sent_at=looking.sent_at
            )
            if not seen.more:
                return seen
            requests = list(seen.more)
        return ReadBack("cannot_tell", reason="the thread is too long to read whole")
    except Exception:
        log.exception("look_failed", reply_id=str(looking.reply_id))
        return ReadBack("cannot_tell", reason="the reading failed")


def _decide(looking: Looking, seen: ReadBack) -> str:
    reply = locked(looking.reply_id)
    another = taken_by_another(reply, seen.platform_ids) if seen.platform_ids else frozenset()
    found = tuple(platform_id for platform_id in seen.platform_ids if platform_id not in another)
    state = "absent" if seen.state == "found" and not found else seen.state
    attempt = db.session.execute(select(PublishAttempt).where(PublishAttempt.id == looking.attempt_id)).scalar_one()
    attempt.outcome, attempt.detail, attempt.finished_at = state, seen.reason, database_now()
    attempt.platform_id = found[0] if found else None
    if reply.fence != looking.fence:
        return reply.state
    if len(found) > 1:
        audit.record(
            None, "reply.found_more_than_once", "reply", reply.id, brand_id=reply.brand_id, platform_ids=list(found)
        )
    if reply.state == "outcome_unknown":
        _decide_unknown(reply, state, found, seen)
    elif reply.state == "published":
        _prove(reply, state, seen, attempt)
    if reply.state == "published":
        one_person.from_private_reply(reply)  # where the sender died before it could say so
    return reply.state


def _decide_unknown(reply: Reply, state: str, found: tuple[str, ...], seen: ReadBack) -> None:
    now = database_now()
    assert reply.sent_at is not None
    if state == "found":
        reply.read_back_at = now
        stand(reply, found[0], seen.reply.state if seen.reply else "published", move_name="reconcile")
        return
    lease_is_over = reply.lease_until is None or reply.lease_until <= now
    moments = look_moments(reply.platform)
    age = now - reply.sent_at
    meant_for = timedelta(seconds=moments[min(reply.absent_reads, LOOKS_NEEDED - 1)])
    if state == "absent" and lease_is_over and age >= meant_for:  # sooner, pressing often would count for time passed
        reply.absent_reads += 1
    surely_absent = reply.absent_reads >= LOOKS_NEEDED and age >= timedelta(seconds=moments[-1])
    if surely_absent and reply.resends < RESENDS_ALLOWED:
        reply.resends += 1
        reply.absent_reads = 0
        move(reply, "reconcile", "approved", actor=None, reason=SENT_ONCE_MORE)
        publish_soon(reply)
        return
    if surely_absent or age > GIVE_TO_A_PERSON_AFTER:
        _ask_a_person(reply)
        return
    _look_again(reply, age, moments)


def tells_at(reply: Reply) -> datetime | None:
    """From when on looks that find nothing prove that an unknown reply is not there; None where it was never sent."""
    if reply.sent_at is None:
        return None
    proves = reply.sent_at + timedelta(seconds=look_moments(reply.platform)[-1])
    return max(proves, reply.lease_until or proves)


def _look_again(reply: Reply, age: timedelta, moments: Sequence[int]) -> None:
    """The next of the planned moments, or soon after the lease; later ones as far apart as the last from the send."""
    passed = age.total_seconds()
    lease_left = 0.0
    if reply.lease_until is not None:
        lease_left = (reply.lease_until - database_now()).total_seconds()
    upcoming = [moment - passed for moment in moments if moment > passed] or [float(moments[-1])]
    if reply.absent_reads and passed > moments[-1]:
        upcoming = [float(moments[0])]
    look_later(reply, max(1, int(max(upcoming[0], lease_left + 1))))


def _prove(reply: Reply, state: str, seen: ReadBack, look: PublishAttempt) -> None:
    """A published reply was looked for: remember when it was seen, or that it is not there."""
    now, settle = database_now(), settle_seconds(reply.platform)
    age = 0.0 if reply.sent_at is None else (now - reply.sent_at).total_seconds()
    looks = db.session.execute(
        select(func.count(PublishAttempt.id)).where(PublishAttempt.reply_id == reply.id, PublishAttempt.deed == "look")
    ).scalar_one()
    if state == "found":
        is_first = reply.read_back_at is None
        reply.read_back_at = now
        shown = live_state_of(reply, seen.reply.state if seen.reply else "published")
        live_changes.note(reply, Seen(shown, seen.reply.violation if seen.reply else None), "look")
        live_changes.supersede_earlier(reply)
        if reply.live_state == "pending" and looks < MODERATION_LOOKS:
            look_later(reply, min(3600, settle * 2 ** min(looks, 10)))
        if is_first:
            note_seen(reply, look.id, now)
    elif (then := _next_proof(age, look_moments(reply.platform))) is not None:
        look_later(reply, then)
    elif looks < LOOKS_NEEDED:
        look_later(reply, settle)
    elif state == "absent":
        live_changes.note(reply, Seen("not_seen"), "look")


def _next_proof(age_seconds: float, planned: Sequence[int]) -> int | None:
    """In how many seconds a published reply that was not seen is looked for again; None after the last time."""
    moments = sorted({*EARLY_LOOKS_SECONDS, *planned})
    return next((max(1, int(at - age_seconds)) for at in moments if at > age_seconds + 1), None)
