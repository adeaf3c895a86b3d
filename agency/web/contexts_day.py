"""Context of what stands around every page behind a link of the day."""

from __future__ import annotations

from dataclasses import dataclass

from agency.web.looks import Choice, told


@dataclass(frozen=True, slots=True)
class DayPlace:
    """The tabs of the client's place and whose link it is, `owner/_place.html`."""

    tabs: tuple[Choice, ...] = told("Waiting, Decided, Published, Promised: all of them without a sign-in.")
    asked_name: str = told("Whom the link was mailed to.")
    until: str = told("How long it works, in the person's words and zone.")
