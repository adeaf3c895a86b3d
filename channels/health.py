"""How an account is, worked out from what is known of it. Pure: facts in, one state out, and for each state one action.

Words for people stand in `agency.web.health_words`; errors are told apart by our own short words, never by what a
platform says in English.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

Stored = Literal["ok", "failing", "throttled", "needs_reconnect", "access_lost", "disconnected"]
State = Literal[
    "disconnected",
    "needs_reconnect",
    "access_lost",
    "no_allowance",
    "key_missing",
    "writes_paused",
    "failing",
    "throttled",
    "expiring",
    "limited",
    "unsubscribed",
    "webhook_deaf",
    "silent",
    "healthy",
]
Action = Literal["connect", "reconnect", "ask_operator", "wait", "ask_platform", "subscribe", "look", "none"]

KEY_MISSING = "key_missing"
ROLE_WORDS = frozenset({"permission_missing", "page_role_lost", "access_lost"})
"""Reasons that say: the sign-in lives, but not for this account any more."""
OPERATOR_WORDS = frozenset({"quota_zero", "service_disabled", "app_unproven"})
"""Reasons nobody mends by signing in: the platform gives our project nothing, or does not take our word for us."""
PLACE_WORDS = frozenset(
    {"not_verified", "verification_waits", "ownership_conflict", "location_suspended", "location_disabled", "no_voice"}
)
"""Reasons that lie with the account at the platform: no sign-in mends them, either."""
NOT_TOLD = frozenset({"no_topic"})
"""Reasons for no events that are this installation's choice and nobody's trouble."""

NOT_OURS_TO_SET = frozenset({"other_topic", "types_missing", "no_rights", "service_disabled", "quota_zero"})
"""Reasons for no events that asking again does not mend: a person decides at the platform."""

NOTICE_BEFORE = timedelta(days=14)
"""An access that ends within this is said before it hurts."""
DEAF_GRACE = timedelta(minutes=2)
"""Events begin to flow this long after subscribing; what was written before is nobody's miss."""
EVENT_TAKES = timedelta(seconds=60)
"""An event has this long to arrive before a poll's finding counts as missed."""
SILENT_GAPS, SILENT_LEAST = 4, timedelta(days=3)
"""Silence is worth a word after so many of the account's usual gaps, and never before the second."""
NEVER_TOLD = frozenset({("instagram", "mention")})
"""Platform and kind of which no event comes: tags in photos."""


@dataclass(frozen=True, slots=True)
class Kind:
    """`rank` sorts trouble first; `tone` is the interface's colour; `action` is the one thing that helps.

    `stored`: since when it is so is known; the others follow from times that pass.
    """

    rank: int
    tone: Literal["bad", "warn", "info", "good", "plain"]
    action: Action
    stored: bool = False


KINDS: dict[State, Kind] = {
    "needs_reconnect": Kind(0, "bad", "reconnect", stored=True),
    "access_lost": Kind(1, "bad", "reconnect", stored=True),
    "no_allowance": Kind(2, "bad", "ask_operator", stored=True),
    "key_missing": Kind(3, "bad", "ask_operator", stored=True),
    "writes_paused": Kind(4, "bad", "wait"),
    "failing": Kind(5, "warn", "wait", stored=True),
    "throttled": Kind(6, "warn", "wait", stored=True),
    "expiring": Kind(7, "warn", "reconnect"),
    "limited": Kind(8, "warn", "ask_platform"),
    "unsubscribed": Kind(9, "warn", "subscribe"),
    "webhook_deaf": Kind(10, "warn", "subscribe"),
    "silent": Kind(11, "info", "look"),
    "healthy": Kind(12, "good", "none", stored=True),
    "disconnected": Kind(13, "plain", "connect", stored=True),
}
"""Every state, its weight and its one action."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an account. Times are aware; None where it never was or nobody told."""

    stored: str
    reason: str | None = None
    connected_at: datetime | None = None
    throttled_until: datetime | None = None
    writes_paused_until: datetime | None = None
    messages_paused_until: datetime | None = None
    token_expires_at: datetime | None = None
    data_access_expires_at: datetime | None = None
    access_problem: str | None = None
    subscription_checked_at: datetime | None = None
    subscription_problem: str | None = None
    last_event_at: datetime | None = None
    last_missed_at: datetime | None = None
    last_item_at: datetime | None = None
    usual_gap: timedelta | None = None


def state_of(facts: Facts, now: datetime) -> State:
    """The one state that matters most; see `KINDS` for the order of trouble."""
    if facts.stored == "disconnected":
        return "disconnected"
    if facts.stored == "needs_reconnect":
        return "needs_reconnect"
    if facts.stored == "access_lost":
        return "access_lost"
    if facts.stored == "failing" and facts.reason in OPERATOR_WORDS:
        return "no_allowance"
    if facts.stored == "failing" and facts.reason == KEY_MISSING:
        return "key_missing"
    if write_pause_ends(facts, now) is not None:
        return "writes_paused"
    if facts.stored == "failing":
        return "limited" if facts.reason in PLACE_WORDS else "failing"
    if facts.stored == "throttled" or (facts.throttled_until is not None and facts.throttled_until > now):
        return "throttled"
    ends = ends_at(facts)
    if ends is not None and ends - now <= NOTICE_BEFORE:
        return "expiring"
    if facts.access_problem is not None:
        return "limited"
    if facts.subscription_problem is not None and facts.subscription_problem not in NOT_TOLD:
        return "unsubscribed"
    if is_deaf(facts):
        return "webhook_deaf"
    return "silent" if is_silent(facts, now) else "healthy"


def action_of(facts: Facts, state: State) -> Action:
    """The one thing that helps in this state."""
    if state == "unsubscribed" and facts.subscription_problem in NOT_OURS_TO_SET:
        return "ask_platform"
    return KINDS[state].action


def stored_for(reason: str) -> Stored:
    """What an account is to be stored as when its credential is refused for this reason."""
    if reason in OPERATOR_WORDS or reason in PLACE_WORDS:
        return "failing"
    return "access_lost" if reason in ROLE_WORDS else "needs_reconnect"


class MayBePaused(Protocol):
    """Whatever knows until when a platform lets an account write nothing, or send no messages."""

    @property
    def writes_paused_until(self) -> datetime | None: ...

    @property
    def messages_paused_until(self) -> datetime | None: ...


def write_pause_ends(known: MayBePaused, now: datetime, *, is_message: bool = True) -> datetime | None:
    """Until when words may not leave; None where they may. ``is_message``: a direct message or private reply."""
    ends = (known.writes_paused_until, known.messages_paused_until if is_message else None)
    return max((end for end in ends if end is not None and end > now), default=None)


def ends_at(facts: Facts) -> datetime | None:
    """When the access ends by itself: the token, or what it may read (Meta: 90 days after the person was last here)."""
    return min((at for at in (facts.token_expires_at, facts.data_access_expires_at) if at is not None), default=None)


def is_deaf(facts: Facts) -> bool:
    """A poll found what an event should have brought, and no event has come since."""
    missed, told = facts.last_missed_at, facts.last_event_at
    return missed is not None and (told is None or told < missed)


def is_silent(facts: Facts, now: datetime) -> bool:
    """Nothing came for much longer than this account's own normal. One that is new has no normal yet."""
    if facts.usual_gap is None or facts.last_item_at is None:
        return False
    return now - facts.last_item_at > max(SILENT_GAPS * facts.usual_gap, SILENT_LEAST)


def is_missed(
    platform: str, kind: str, written_at: datetime, *, subscribed_at: datetime | None, found_at: datetime
) -> bool:
    """Whether an item first seen by a poll is one that an event should have brought."""
    return (
        subscribed_at is not None
        and (platform, kind) not in NEVER_TOLD
        and written_at > subscribed_at + DEAF_GRACE
        and found_at - written_at > EVENT_TAKES
    )
