"""Replies by an account that the platform lets write nothing for now: they wait, and go out by themselves."""

from __future__ import annotations

from agency.replies.models import Reply
from agency.replies.promises import try_again
from channels.health import MayBePaused, write_pause_ends
from channels.models import Account
from channels.registry import traits_of
from tenants import clock
from tenants.errors import Worded, worded

ALL_PAUSED = worded(
    "%(platform)s lets this account write nothing for now: it took something for abuse. "
    "The reply is kept and goes out by itself as soon as it may."
)
MESSAGES_PAUSED = worded(
    "%(platform)s lets this account send no messages for now. "
    "The reply is kept and goes out by itself as soon as it may."
)


def pause_words(known: MayBePaused, platform: str, *, is_message: bool) -> Worded | None:
    """Why such words wait, and what becomes of them; None where they may leave."""
    now = clock.now()
    if write_pause_ends(known, now, is_message=is_message) is None:
        return None
    is_all = write_pause_ends(known, now, is_message=False) is not None
    return Worded((ALL_PAUSED if is_all else MESSAGES_PAUSED).template, {"platform": traits_of(platform).label})


def pause_of(reply: Reply, account: Account) -> tuple[Worded, int] | None:
    """Why the reply waits while its account may write nothing, and for how many seconds; None where it may leave."""
    is_message = reply.private or reply.kind == "message"
    words = pause_words(account, reply.platform, is_message=is_message)
    now = clock.now()
    ends = write_pause_ends(account, now, is_message=is_message)
    return None if words is None or ends is None else (words, int((ends - now).total_seconds()) + 1)


def wait_for_pause(reply: Reply, account: Account) -> Worded | None:
    """Promises another try for when the pause is over, and says why; None where the reply may leave."""
    found = pause_of(reply, account)
    if found is None:
        return None
    try_again(reply, found[1])
    return found[0]
