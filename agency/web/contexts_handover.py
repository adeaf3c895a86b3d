"""Contexts of handing over and of a handover. The templates are in `handovers/`."""

from __future__ import annotations

from dataclasses import dataclass

from agency.web.looks import BrandLook, Choice, Clock, Notice, StateLook, told


@dataclass(frozen=True, kw_only=True)
class HandRow:
    """A case to hand over, or that was."""

    id: str = told("The conversation's id.")
    url: str = told("The case.")
    brand: BrandLook = told("Whose.")
    place: str = told("Google · review.")
    customer: str = told("Public name.")
    excerpt: str = told("The newest words.")
    language: str = told("Of the words; empty if unknown.", default="")
    due: Clock | None = told("Until when somebody has to do something; None for no clock.", default=None)
    reasons: tuple[str, ...] = told("Held; promised for Tue 17:00; comes back Wed 09:00; a reply waits.", default=())
    note: str = told("What the giver says of it.", default="")
    ticked: bool = told("Chosen.", default=False)
    state: StateLook | None = told("What became of it; None in the form of the giver.", default=None)
    why: str = told("Why it could not move.", default="")
    is_offered: bool = told("It can still be taken.", default=False)


@dataclass(frozen=True, kw_only=True)
class HandoverLink:
    """A handover in a list."""

    words: str = told("Ana hands you 7 cases.")
    url: str = told("Its page.")
    state: StateLook = told("Offered, Answered, Nobody answered.")
    when: Clock = told("Since it was offered.")
    more: str = told("2 of 7 cases stand in the queue and nobody has them.", default="")


@dataclass(frozen=True, kw_only=True)
class TeamHandoversPage:
    """Everybody's handovers, as a lead reads them, `handovers/team.html`."""

    open: tuple[HandoverLink, ...] = told("With something left first, then by when an answer is due.")
    ended: tuple[HandoverLink, ...] = told("Newest first.")
    is_older: bool = told("Only older ones are shown.", default=False)
    more_url: str = told("Older ones; empty where there are none.", default="")
    back_url: str = told("To the team.")


@dataclass(frozen=True, kw_only=True)
class HandPage:
    """What is mine, to be handed over, `handovers/hand.html`.

    Posts to `url`: `handover` (an id), `to`, `case` repeated, `note`, `note.<case>`.
    """

    until: str = told("Before Tue 08:00 somebody has to look at these.")
    rows: tuple[HandRow, ...] = told("What falls due first comes first.")
    is_cut: bool = told("There are more than are shown.", default=False)
    url: str = told("Where the form goes.")
    id: str = told("Of the handover that the form makes: pressed twice it is one.")
    colleagues: tuple[Choice, ...] = told("The best suggestion first: `value`, `label`, `selected`.", default=())
    note: str = told("For all that have none of their own.", default="")
    notice: Notice | None = told("What was refused.", default=None)
    errors: dict[str, str] = told("Field name to what to do.", default_factory=dict)
    recent: tuple[HandoverLink, ...] = told("Those one gave or got lately.", default=())
    away_url: str = told("Gives back what one holds.", default="")


@dataclass(frozen=True, kw_only=True)
class HandoverPage:
    """A handover, `handovers/page.html`. Posts to `url`: `do` = accept | decline, `case` repeated, none for all."""

    title: str = told("Ana hands you 7 cases.")
    said: tuple[str, ...] = told("Since when, until when; what cannot be seen.")
    rows: tuple[HandRow, ...] = told("What falls due first comes first.")
    url: str = told("Where the answer goes; empty for who only reads.", default="")
    is_giver: bool = told("The reader offered it: they take back.", default=False)
    is_open: bool = told("Something of it is still offered.", default=False)
    warning: str = told("That taking all of it is more than the reader is to hold.", default="")
    back_url: str = told("To what is mine.", default="")
