"""What holds a reply back, or became of a sending that did not get through: one word each, for pages and programs."""

from __future__ import annotations

from typing import Final

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
from channels.health import OPERATOR_WORDS

WAITS: Final = frozenset(
    {
        "reconnect",  # the account needs a person who signs in
        "no_allowance",  # the platform gives our whole project nothing
        "key_missing",  # a key of this installation is missing
        "brand_paused",
        "writes_paused",  # the platform lets the account write nothing for some hours
        "rate_limited",
        "follows_another",
        "in_turn",  # many go out to a platform that takes so many a minute
        "unreachable",  # not a byte left
    }
)
"""Surely not sent, and it goes out by itself once this is over."""
NOT_TAKEN: Final = frozenset({"refused", "gone", "window_closed", "changed"})
"""Surely not sent, and somebody has to decide."""
UNKNOWN: Final = frozenset({"no_answer", "needs_a_person"})
"""It may stand on the platform: we look, or a person says."""
TROUBLES: Final = WAITS | NOT_TAKEN | UNKNOWN


def trouble_of(error: ChannelError) -> str:
    """The word for how a sending ended."""
    if isinstance(error, Refused):
        return "window_closed" if error.platform_code == "window_closed" else "refused"
    if isinstance(error, TokenRevoked):
        return "no_allowance" if error.reason in OPERATOR_WORDS else "reconnect"
    return _WORDS.get(type(error), "no_answer")


_WORDS: Final[dict[type[ChannelError], str]] = {
    ItemGone: "gone",
    TargetChanged: "changed",
    RateLimited: "rate_limited",
    WritesPaused: "writes_paused",
    NotSent: "unreachable",
    PlatformDown: "unreachable",
    OutcomeUnknown: "no_answer",
}
