"""What a platform will allow at a case at some later moment, if its customer writes nothing until then. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from channels.message_window import message_window_end, private_reply_window_end


class AllowedLater(NamedTuple):
    """`any_time`: an answer can be written whenever. `message_until`: direct messages until then and no longer;
    `private_until`: the same of a private answer to public words, None where there is none.
    """

    any_time: bool
    message_until: datetime | None = None
    private_until: datetime | None = None

    def nothing_at(self, at: datetime) -> bool:
        """Whether nothing at all may be written then."""
        return not self.any_time and (self.message_until is None or at >= self.message_until)


def allowed_later(
    kind: str, last_written_at: datetime | None, newest_public_at: datetime | None, *, has_private: bool
) -> AllowedLater:
    """Of a case of this kind, by a person. `last_written_at` is when the customer last wrote a direct message;
    `newest_public_at` when they wrote the public words that a private answer would answer, where the platform has such.
    """
    if kind == "message":
        return AllowedLater(any_time=False, message_until=message_window_end(last_written_at, "person"))
    return AllowedLater(True, None, private_reply_window_end(newest_public_at) if has_private else None)
