"""Sendings that did not plainly arrive are written down together: what `agency.replies.settling` does to one, by so
many statements however many they are, and some for each thing that was said of them. Flushes, never commits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import func, select

from agency.inbox.stored_rows import as_json
from agency.replies.joins import one_of
from agency.replies.models import PublishAttempt, Reply
from agency.replies.moves import locked_many, move_together
from agency.replies.promises import database_now, look_at_many_later, try_many_again
from agency.replies.settling import NOT_ARRIVED, in_words, is_parked, pause_after
from agency.replies.targets import account_of
from agency.replies.troubles import trouble_of
from agency.replies.visibility import settle_seconds_of
from channels import accounts
from channels.errors import ChannelError, NotSent, OutcomeUnknown, PlatformDown, RateLimited, TokenRevoked
from tenants.database import db
from tenants.scope import current_scope, raw_sql

TOGETHER: Final = (OutcomeUnknown, RateLimited, NotSent, PlatformDown, TokenRevoked)
"""What follows from these is the same for whoever was told the same. A refusal is told to its author, a changed target
lapses, and a pause of the whole account is begun once: each of those alone.
"""

_ATTEMPTS = raw_sql(
    """
    update publish_attempt a set finished_at = clock_timestamp(), outcome = given.outcome, detail = given.detail
    from jsonb_to_recordset(cast(:rows as jsonb)) as given(reply_id uuid, fence bigint, outcome text, detail text)
    where a.agency_id = :agency_id and a.reply_id = given.reply_id and a.fence = given.fence and a.deed = 'send'
    """,
    reason="how many attempts ended, in one statement",
)

Unclear = tuple[UUID, int, ChannelError]
"""A reply, the fence it was sent with, and what became of that."""


class _Held(NamedTuple):
    reply: Reply
    error: ChannelError


def settle_unclear(sent: Sequence[Unclear]) -> dict[UUID, str]:
    """Write down those of these sendings that are still their sender's and ended in one of `TOGETHER`; returns the
    states of their replies. The others are untouched.
    """
    by_id = {reply_id: (fence, error) for reply_id, fence, error in sent if isinstance(error, TOGETHER)}
    held = [
        _Held(reply, by_id[reply.id][1])
        for reply in locked_many(by_id)
        if reply.state == "publishing" and reply.fence == by_id[reply.id][0]
    ]
    if not held:
        return {}
    _end_attempts(held)
    unknown = [one for one in held if not isinstance(one.error, NOT_ARRIVED)]
    back = [one for one in held if isinstance(one.error, NOT_ARRIVED)]
    for reason, some in _by_reason(unknown).items():
        _move(some, "lose_track", reason)
    if unknown:
        settles = settle_seconds_of({one.reply.platform for one in unknown})
        look_at_many_later([(one.reply, settles[one.reply.platform]) for one in unknown], database_now())
    for reason, some in _by_reason(back).items():
        _move(some, "give_back", reason)
    _try_again(back)
    return {one.reply.id: one.reply.state for one in held}


def _by_reason(held: Sequence[_Held]) -> dict[tuple[str, str], list[_Held]]:
    found = defaultdict[tuple[str, str], list[_Held]](list)
    for one in held:
        found[str(one.error), trouble_of(one.error)].append(one)
    return found


def _move(held: Sequence[_Held], name: str, reason: tuple[str, str]) -> None:
    moved: list[tuple[Reply, dict[str, Any]]] = [(one.reply, {}) for one in held]
    move_together(moved, name, values={"trouble": reason[1]}, reason=reason[0])


def _end_attempts(held: Sequence[_Held]) -> None:
    rows = []
    for one in held:
        outcome, detail = in_words(one.error)
        rows.append({"reply_id": one.reply.id, "fence": one.reply.fence, "outcome": outcome, "detail": detail})
    db.session.execute(_ATTEMPTS, {"agency_id": current_scope().agency_id, "rows": as_json(rows)})


def _try_again(back: Sequence[_Held]) -> None:
    lost_access = {one.reply.account_id: one for one in back if isinstance(one.error, TokenRevoked)}
    for one in lost_access.values():
        assert isinstance(one.error, TokenRevoked)
        accounts.mark_unhealthy(account_of(one.reply), "needs_reconnect", one.error.reason)
    waiting = [one for one in back if not is_parked(one.error)]
    if not waiting:
        return
    tries: dict[UUID, int] = {
        row[0]: row[1]
        for row in db.session.execute(
            select(PublishAttempt.reply_id, func.count(PublishAttempt.id))
            .where(
                one_of(PublishAttempt.reply_id, [one.reply.id for one in waiting]),
                PublishAttempt.outcome == "not_sent",
            )
            .group_by(PublishAttempt.reply_id)
        )
    }
    try_many_again([(one.reply, pause_after(one.error, tries.get(one.reply.id, 0))) for one in waiting])
