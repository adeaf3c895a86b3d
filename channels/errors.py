"""What can go wrong with a platform.

    ChannelError
    ├── RateLimited       wait, then again; nothing was done
    ├── WritesPaused      the account may read but not write for some hours; nothing was done
    ├── TokenRevoked      a person must reconnect the account; nothing was done
    ├── ItemGone          the comment, review or post is not there (or no longer shown to us)
    ├── TargetChanged     what we answer was changed or answered meanwhile; nothing was done
    ├── Refused           the platform's clear no; nothing was done
    ├── PlatformDown      a read failed; again later
    ├── NotSent           provably not a byte of the request left; again later
    └── OutcomeUnknown    it may have been done: look before doing it again

``retry`` says whether the same call may be made again by a machine. The texts have three parts (what happened, what is
safe, what to do) and hold no token, address or body. ``message`` of the platform is cleaned and cut, for people and
receipts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

if TYPE_CHECKING:
    from channels.items import IncomingItem

Scope = Literal["account", "app"]
Stopped = Literal["writes", "messages"]
"""What an account may not do for now: write anything at all, or send direct messages."""

_LONGEST_MESSAGE = 500


def _shown(text: str) -> str:
    """A platform's own words, one printable line of at most 500 characters."""
    words = "".join(char if char.isprintable() else " " for char in text).split()
    return " ".join(words)[:_LONGEST_MESSAGE]


class ChannelError(Exception):
    """Base of all. ``code`` is stable and made for logs and answers, ``request_id`` is the platform's own trace id."""

    code: ClassVar[str] = "channel_error"
    retry: ClassVar[bool] = False

    def __init__(self, what: str, safe: str, do: str, *, request_id: str | None = None) -> None:
        super().__init__(f"{what} {safe} {do}")
        self.what = what
        self.safe = safe
        self.do = do
        self.request_id = request_id


class RateLimited(ChannelError):
    """``retry_after_seconds`` counts from now; ``scope`` "app" means: every account of this platform must pause."""

    code = "rate_limited"
    retry = True

    def __init__(self, retry_after_seconds: float, scope: Scope, *, request_id: str | None = None) -> None:
        whom = "our whole app" if scope == "app" else "this account"
        super().__init__(
            f"The platform asked {whom} to slow down.",
            "Nothing was sent and nothing is lost.",
            f"We try again by ourselves in {max(1, round(retry_after_seconds / 60))} min.",
            request_id=request_id,
        )
        self.retry_after_seconds = retry_after_seconds
        self.scope: Scope = scope


class WritesPaused(ChannelError):
    """The platform stopped the account from writing for a time it does not name; reading goes on. ``stopped`` says what
    may not be done.
    """

    code = "writes_paused"
    retry = True

    def __init__(self, stopped: Stopped, *, request_id: str | None = None) -> None:
        what = {
            "writes": "The platform lets this account write nothing for now: it took something for abuse.",
            "messages": "The platform lets this account send no messages for now.",
        }[stopped]
        super().__init__(
            what,
            "Nothing was sent and nothing is lost.",
            "We try again by ourselves in some hours; why it is so stands at the platform.",
            request_id=request_id,
        )
        self.stopped: Stopped = stopped


class TokenRevoked(ChannelError):
    """The credential no longer works. ``reason`` is a short word of ours, e.g. "password_changed"."""

    code = "token_revoked"

    def __init__(self, reason: str, *, request_id: str | None = None) -> None:
        super().__init__(
            f"The platform no longer accepts this account's access ({_shown(reason).replace('_', ' ')}).",
            "Everything collected so far and every waiting reply is kept.",
            "Connect the account again; a person who manages it must sign in at the platform.",
            request_id=request_id,
        )
        self.reason = reason


class ItemGone(ChannelError):
    """The object does not exist or is no longer shown to us."""

    code = "item_gone"

    def __init__(self, *, request_id: str | None = None) -> None:
        super().__init__(
            "The platform no longer shows this comment or review.",
            "Nothing was published.",
            "Look at it on the platform; it was probably deleted or hidden.",
            request_id=request_id,
        )


class TargetChanged(ChannelError):
    """``reason``: "edited" (the customer changed it after approval) or "answered_elsewhere" (another reply stands
    there). ``seen`` is the item as it was just read, where it was read whole.
    """

    code = "target_changed"

    def __init__(
        self,
        reason: Literal["edited", "answered_elsewhere"],
        *,
        seen: IncomingItem | None = None,
        request_id: str | None = None,
    ) -> None:
        what = {
            "edited": "The customer changed the text after this reply was approved.",
            "answered_elsewhere": "Another reply already stands on the platform.",
        }[reason]
        super().__init__(
            what,
            "Nothing was published, nothing was overwritten.",
            "Read it again and decide anew.",
            request_id=request_id,
        )
        self.reason: Literal["edited", "answered_elsewhere"] = reason
        self.seen = seen


class Refused(ChannelError):
    """The platform's clear refusal: ``platform_code`` as it names it (e.g. "100/2018001"), ``message`` in its words."""

    code = "refused"

    def __init__(self, platform_code: str, message: str, *, request_id: str | None = None) -> None:
        words = _shown(message)
        super().__init__(
            f"The platform refused this (code {_shown(platform_code)}).{' It said: ' + words if words else ''}",
            "Nothing was published.",
            "Change what it objects to and try again, or answer on the platform itself.",
            request_id=request_id,
        )
        self.platform_code = _shown(platform_code)
        self.message = words


class PlatformDown(ChannelError):
    """A read failed for reasons that pass: 5xx, time-out, unreadable body."""

    code = "platform_down"
    retry = True

    def __init__(self, reason: str, *, request_id: str | None = None) -> None:
        super().__init__(
            f"The platform did not answer properly ({_shown(reason)}).",
            "Nothing is lost; what is new there stays there.",
            "We try again by ourselves.",
            request_id=request_id,
        )
        self.reason = reason


class NotSent(ChannelError):
    """Not a byte of the request left this machine: name not found, connection refused, TLS failed, address not
    allowed.
    """

    code = "not_sent"
    retry = True

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The platform could not be reached ({_shown(reason)}).",
            "Nothing was sent.",
            "We try again by ourselves.",
        )
        self.reason = reason


class OutcomeUnknown(ChannelError):
    """The request left and no clear answer came back. Read back before anything else; never repeat blindly."""

    code = "outcome_unknown"

    def __init__(self, reason: str, *, request_id: str | None = None) -> None:
        super().__init__(
            f"We sent it, but the platform's answer did not arrive or was not clear ({_shown(reason)}).",
            "It is not sent a second time.",
            "We look on the platform whether it stands there; if that stays unclear, a person decides.",
            request_id=request_id,
        )
        self.reason = reason


def reason_of(error: ChannelError) -> str:
    """Why, for an account's health: our code and, where there is one, the platform's number. Nobody's sentence."""
    detail = ""
    if isinstance(error, Refused):
        detail = error.platform_code
    elif isinstance(error, PlatformDown | NotSent | OutcomeUnknown):
        detail = error.reason
    return f"{error.code} {detail}".strip()
