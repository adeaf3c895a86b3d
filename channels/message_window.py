"""When a direct message may be sent on Meta's platforms. Pure.

"Messenger Platform – Policy overview" and "Send a message" (state of July 2026): freely within 24 hours of the person's
last message; with the human-agent tag up to seven days, and only by a person; a private reply to a comment once, within
seven days of the comment. Google and others know no such windows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from channels.errors import Refused
from channels.protocol import WrittenBy

STANDARD = timedelta(hours=24)
HUMAN_AGENT = timedelta(days=7)
PRIVATE_REPLY = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Window:
    """``human_agent``: allowed with that tag. ``closes_at`` is when this state ends, None for a closed one.

    ``reason`` says why it is closed: "never_wrote", "over" (for everybody) or "people_only" (a person may still write).
    """

    state: Literal["open", "human_agent", "closed"]
    closes_at: datetime | None = None
    reason: Literal["never_wrote", "over", "people_only"] | None = None


def message_window(last_customer_at: datetime | None, now: datetime, written_by: WrittenBy) -> Window:
    """May this author write to somebody who last wrote then? Comments and reactions are no messages."""
    if last_customer_at is None:
        return Window("closed", reason="never_wrote")
    age = now - last_customer_at
    if age < STANDARD:
        return Window("open", last_customer_at + STANDARD)
    if age < HUMAN_AGENT:
        if written_by == "person":
            return Window("human_agent", last_customer_at + HUMAN_AGENT)
        return Window("closed", reason="people_only")
    return Window("closed", reason="over")


def message_window_end(last_customer_at: datetime | None, written_by: WrittenBy) -> datetime | None:
    """From when on this author may write no more to somebody who last wrote then; None where nobody ever wrote."""
    if last_customer_at is None:
        return None
    return last_customer_at + (HUMAN_AGENT if written_by == "person" else STANDARD)


def private_reply_window_end(written_at: datetime | None) -> datetime | None:
    """From when on this comment or visitor's post may be answered privately no more; None where its time is unknown."""
    return None if written_at is None else written_at + PRIVATE_REPLY


def private_reply_window(written_at: datetime | None, now: datetime) -> Window:
    """May this comment or visitor's post be answered privately? Where its time is not known the platform decides."""
    if written_at is None:
        return Window("open")
    if now - written_at < PRIVATE_REPLY:
        return Window("open", written_at + PRIVATE_REPLY)
    return Window("closed", reason="over")


def refuse_closed(window: Window) -> None:
    """Raises `Refused` for a closed window."""
    if window.state != "closed":
        return
    words = {
        "never_wrote": "This person has not written a direct message yet, so none can be sent.",
        "people_only": "More than 24 hours have passed since this person wrote: only a person may still answer.",
        "over": "More than 7 days have passed, so no direct message can be sent.",
    }
    raise Refused("window_closed", words[window.reason or "over"])
