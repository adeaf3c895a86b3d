"""What a sending did to a reply: published, refused, surely not sent, or unknown.

`stand` is for whoever learns that it is on the platform: the sender, the look that found it, a person who saw it there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from agency.inbox import outgoing
from agency.inbox.models import Message
from agency.inbox.sent import link_reply
from agency.replies import checks, live_sweep
from agency.replies.joins import one_of
from agency.replies.models import PublishAttempt, Reply
from agency.replies.moves import lapse, locked, move, text_of
from agency.replies.pauses import wait_for_pause
from agency.replies.promises import database_now, look_later, read_back_later, try_again
from agency.replies.targets import account_of
from agency.replies.troubles import trouble_of
from agency.replies.visibility import settle_seconds
from channels import accounts
from channels.errors import (
    ChannelError,
    ItemGone,
    NotSent,
    OutcomeUnknown,
    PlatformDown,
    RateLimited,
    Refused,
    TargetChanged,
    TokenRevoked,
    WritesPaused,
)
from channels.health import stored_for
from channels.items import PublishedReply, comment_key
from channels.matching import same_text
from channels.models import Account
from tenants import audit
from tenants.database import db
from tenants.errors import Invalid, worded

RETRY_SECONDS = (5, 15, 60, 300, 900)
"""Pauses after a send that surely did not leave."""
FIRST_LOOK_SECONDS = 5
"""What was published is read back so soon: most platforms show it by then, and only looking early measures how long
they take.
"""
NOT_ARRIVED = (RateLimited, NotSent, PlatformDown, TokenRevoked, WritesPaused)
"""After these the words surely stand nowhere, and nobody refused the words themselves."""


def settle(reply_id: UUID, fence: int, outcome: PublishedReply | ChannelError) -> str:
    """Write down how the sending with this fence ended; returns the state the reply is in then."""
    reply = locked(reply_id)
    attempt = db.session.execute(
        select(PublishAttempt).where(
            PublishAttempt.reply_id == reply.id, PublishAttempt.fence == fence, PublishAttempt.deed == "send"
        )
    ).scalar_one()
    if isinstance(outcome, PublishedReply) and (others := _whose_else(reply, outcome.platform_id)):
        # It names other words: whether ours stand there too, only looking tells.
        outcome = OutcomeUnknown(f"the platform names {others}", request_id=outcome.request_id)
    attempt.finished_at = database_now()
    attempt.outcome, attempt.detail = in_words(outcome)
    if isinstance(outcome, PublishedReply):
        attempt.platform_id = outcome.platform_id
        attempt.details = {"platform_request_id": outcome.request_id}
    if reply.state != "publishing" or reply.fence != fence:
        return _settle_late(reply, fence, outcome)
    if isinstance(outcome, PublishedReply):
        stand(reply, outcome.platform_id, outcome.state, move_name="settle")
    elif isinstance(outcome, (Refused, ItemGone)):
        move(reply, "settle", "refused", actor=None, reason=str(outcome))
    elif isinstance(outcome, TargetChanged):
        move(reply, "give_back", actor=None, reason=str(outcome))
        lapse(reply, str(outcome))
    elif isinstance(outcome, NOT_ARRIVED):
        move(reply, "give_back", actor=None, reason=str(outcome))
        _after_not_sent(reply, outcome)
    else:
        move(reply, "lose_track", actor=None, reason=str(outcome))
        look_later(reply, settle_seconds(reply.platform))
    if not isinstance(outcome, PublishedReply):
        reply.trouble = trouble_of(outcome)
    return reply.state


def _whose_else(reply: Reply, platform_id: str) -> str | None:
    """Whose words an id names that a platform gave to ours, in words; None where nobody else's are known by it."""
    if taken_by_another(reply, (platform_id,)):
        return "an earlier reply of ours"
    if reply.platform == "google_business" or reply.deed != "reply":
        return None
    said = db.session.execute(
        select(Message.direction, Message.text).where(
            Message.account_id == reply.account_id,
            Message.external_id == platform_id,
            Message.reply_id.is_distinct_from(reply.id),
        )
    ).first()
    is_echo = said is not None and said.direction == "out" and same_text(said.text or "", text_of(reply).text)
    return None if said is None or is_echo else "words that were there before"


def in_words(outcome: PublishedReply | ChannelError) -> tuple[str, str | None]:
    """How a sending ended, as `PublishAttempt` has it: its outcome and what was said."""
    if isinstance(outcome, PublishedReply):
        return "published", None
    if isinstance(outcome, (Refused, ItemGone, TargetChanged)):
        return "refused", str(outcome)
    if isinstance(outcome, NOT_ARRIVED):
        return "not_sent", str(outcome)
    return "unknown", str(outcome)


def _settle_late(reply: Reply, fence: int, outcome: PublishedReply | ChannelError) -> str:
    """The lease ran out before we came back: keep what we learned, change nothing we may not."""
    if isinstance(outcome, PublishedReply) and reply.state == "outcome_unknown" and reply.fence == fence:
        stand(reply, outcome.platform_id, outcome.state, move_name="reconcile")
    audit.record(
        None,
        "reply.late_answer",
        "reply",
        reply.id,
        brand_id=reply.brand_id,
        fence=fence,
        outcome=in_words(outcome)[0],
        platform_id=getattr(outcome, "platform_id", None),
    )
    return reply.state


def live_state_of(reply: Reply, seen: str) -> str:
    """What stands on the platform now, in our word, from what was seen there."""
    if reply.deed == "withdraw":
        return "withdrawn"
    return "visible" if seen == "published" else seen


def record(reply: Reply, account: Account, platform_id: str, live_state: str) -> None:
    """Show in the conversation what now stands on the platform."""
    assert reply.published_at is not None
    answer: dict[str, Any] = {
        "reply_id": reply.id,
        "platform_id": platform_id,
        "answered_external_id": reply.in_reply_to_external_id,
    }
    if reply.deed == "withdraw":
        outgoing.taken_back(account, reply.conversation_id, taken_back_at=reply.published_at, **answer)
        return
    text, moderation = text_of(reply).text, None if live_state == "published" else live_state
    if reply.deed == "edit" or reply.replaces_text is not None:
        at = reply.published_at
        outgoing.changed(account, reply.conversation_id, text=text, changed_at=at, moderation=moderation, **answer)
        return
    outgoing.answered(
        account,
        reply.conversation_id,
        text=text,
        written_at=reply.published_at,
        private=reply.private and reply.kind != "message",
        moderation=moderation,
        keeps_holder=reply.acknowledges is not None,
        **answer,
    )


def stand(reply: Reply, platform_id: str, live_state: str, *, move_name: str) -> None:
    """The reply stands on the platform: settle or reconcile it, record the message, promise a read-back."""
    reply.platform_id = platform_id
    reply.published_at = reply.sent_at
    reply.live_state = live_state_of(reply, live_state)
    reply.next_try_at, reply.absent_reads = None, 0
    move(reply, move_name, "published", actor=None, platform_id=platform_id)
    account = account_of(reply)
    assert reply.published_at is not None
    record(reply, account, platform_id, live_state)
    account.last_sent_at = reply.published_at
    live_sweep.begin(reply)
    read_back_later(reply, min(FIRST_LOOK_SECONDS, settle_seconds(reply.platform)))


def stand_by_word(reply: Reply, platform_id: str | None) -> None:
    """A person saw it on the platform. What it is called there is known for a review's answer and for what changes an
    earlier one; for others it is the person's to say, and the next poll brings the words where it is not known here.

    Raises Invalid `platform_id_taken` where another reply of ours has that id.
    """
    known = reply.in_reply_to_external_id if reply.platform == "google_business" else None
    if reply.deed != "reply":
        known = checks.base_of(reply).platform_id
    elif known is None and platform_id is not None and taken_by_another(reply, (platform_id,)):
        raise Invalid(
            "Another reply of ours has this id on the platform. Nothing was changed. "
            "Look again which of them it is, or leave the id out.",
            code="platform_id_taken",
            errors={"platform_id": [worded("belongs to another reply")]},
        )
    reply.platform_id = known or platform_id or reply.platform_id
    reply.next_try_at = None
    if known is not None:
        record(reply, account_of(reply), known, "published")
    elif reply.platform_id is not None:
        link_reply(reply.account_id, reply.platform_id, reply.id, reply.in_reply_to_external_id)


def _after_not_sent(reply: Reply, error: ChannelError) -> None:
    if isinstance(error, TokenRevoked):
        accounts.mark_unhealthy(account_of(reply), "needs_reconnect", error.reason)
        if is_parked(error):
            return
    if isinstance(error, WritesPaused) and (paused := wait_for_pause(reply, account_of(reply))) is not None:
        reply.state_reason = paused
        return
    tries = db.session.execute(
        select(func.count(PublishAttempt.id)).where(
            PublishAttempt.reply_id == reply.id, PublishAttempt.outcome == "not_sent"
        )
    ).scalar_one()
    try_again(reply, pause_after(error, tries))


def is_parked(error: ChannelError) -> bool:
    """Whether what was not sent waits for a person to connect the account again, which wakes it."""
    return isinstance(error, TokenRevoked) and stored_for(error.reason) != "failing"


def pause_after(error: ChannelError, tries: int) -> int:
    """Seconds to the next try after so many that surely did not leave, this one with them."""
    pause = RETRY_SECONDS[min(tries, len(RETRY_SECONDS)) - 1] if tries else RETRY_SECONDS[0]
    return max(pause, int(error.retry_after_seconds)) if isinstance(error, RateLimited) else pause


def taken_by_another(reply: Reply, platform_ids: tuple[str, ...]) -> frozenset[str]:
    """Those of the ids that another reply of ours already has: the same words may have been sent before, rightly.

    Facebook spells a comment's id with its post's or without, so within the conversation the comment counts. A review's
    answer has the review's own id, and a change has that of what it changes.
    """
    return taken_by_others([(reply, platform_ids)])[reply.id]


def taken_by_others(each: Sequence[tuple[Reply, Sequence[str]]]) -> dict[UUID, frozenset[str]]:
    """The same of several replies, each with its ids. Two statements."""
    asked = [
        (reply, ids) for reply, ids in each if ids and reply.platform != "google_business" and reply.deed == "reply"
    ]
    if not asked:
        return {reply.id: frozenset() for reply, _ids in each}
    others = select(Reply.id, Reply.account_id, Reply.conversation_id, Reply.platform_id).where(
        one_of(Reply.account_id, {reply.account_id for reply, _ids in asked}), Reply.platform_id.is_not(None)
    )
    named = db.session.execute(others.where(Reply.platform_id.in_({one for _reply, ids in asked for one in ids}))).all()
    beside = db.session.execute(
        others.where(one_of(Reply.conversation_id, {reply.conversation_id for reply, _ids in asked}))
    ).all()
    taken = dict[UUID, frozenset[str]]()
    for reply, ids in asked:
        known = {row[3] for row in named if row[0] != reply.id and row[1] == reply.account_id}
        comments = {
            comment_key(str(row[3])) for row in beside if row[0] != reply.id and row[2] == reply.conversation_id
        }
        taken[reply.id] = frozenset(p for p in ids if p in known or comment_key(p) in comments)
    return {reply.id: taken.get(reply.id, frozenset()) for reply, _ids in each}
