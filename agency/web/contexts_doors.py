"""Contexts of the pages before and beside the house: signing in, mailbox, errors. Import from `agency.web.contexts`."""

from __future__ import annotations

from dataclasses import dataclass

from agency.web.looks import Choice, Clock, Notice, told


@dataclass(frozen=True, kw_only=True)
class SignInPage:
    """`sign_in/page.html`. Posts to `url`: `email`, `password`, `next`."""

    url: str = told("Where the form goes.")
    next: str = told("Local path to go on to.", default="")
    email: str = told("Typed already when the form comes back.", default="")
    notice: Notice | None = told("The one answer for every wrong pair; or too many tries; or signed out.", default=None)
    forgotten_url: str = told("Ask for a new password; empty hides it.", default="")
    sign_up_url: str = told("Opens an agency; empty where nobody may.", default="")
    demo_people: tuple[tuple[str, str], ...] = told(
        "Local demo only: role word and address, shown as hints.", default=()
    )


@dataclass(frozen=True, kw_only=True)
class SignUpPage:
    """`doors/sign_up.html`. Posts to `url`: `agency`, `name`, `email`."""

    url: str = told("Where the form goes.")
    agency: str = told("Typed already.", default="")
    name: str = told("Typed already.", default="")
    email: str = told("Typed already.", default="")
    errors: dict[str, str] = told("Field name to what to do.", default_factory=dict)
    notice: Notice | None = told("The one answer for every address; or too many tries.", default=None)
    back_url: str = told("To the sign-in page.")
    is_done: bool = told("The form was sent; it is not shown again.", default=False)


@dataclass(frozen=True, kw_only=True)
class OpenAgencyPage:
    """`doors/open_agency.html`, behind the mailed link. Posts to `url`: `agency` and, of a new person, `name`,
    `time_zone`, `password`.
    """

    url: str = told("Where the form goes.")
    agency: str = told("What it is to be called.")
    name: str = told("What the person is called.")
    email: str = told("Their address.")
    is_known: bool = told("Has an account here already and keeps its name and password.", default=False)
    time_zones: tuple[Choice, ...] = told("Options: `value`, `label`, `selected`.", default=())
    errors: dict[str, str] = told("Field name to what to do.", default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SecondFactorPage:
    """`sign_in/second_factor.html`. Posts to `url`: `code` (six digits or a recovery code), `next`."""

    url: str = told("Where the form goes.")
    next: str = told("Local path to go on to.", default="")
    notice: Notice | None = told("Wrong or used code.", default=None)
    recovery: bool = told("Asks for a recovery code instead.", default=False)
    other_url: str = told("Switches between code and recovery code.", default="")


@dataclass(frozen=True, slots=True)
class MailRow:
    """One mail that was sent locally."""

    id: str = told("Within the mailbox.")
    url: str = told("Opens it.")
    to: str = told("Receiver.")
    subject: str = told("Subject.")
    at: Clock = told("When.")
    selected: bool = told("Open on the right.", default=False)


@dataclass(frozen=True, kw_only=True)
class MailboxPage:
    """Mails sent by a local run, `mailbox/page.html`. Never in production."""

    rows: tuple[MailRow, ...] = told("Newest first.")
    next_url: str = told("The next 50; empty at the end.", default="")
    opened: MailRow | None = told("The mail shown.", default=None)
    sender: str = told("From.", default="")
    text: str = told("The plain text part.", default="")
    links: tuple[Choice, ...] = told("Addresses found in the text, to follow by a click.", default=())
    html_url: str = told("The HTML part, served sandboxed; empty for none.", default="")


@dataclass(frozen=True, kw_only=True)
class ErrorPage:
    """`errors/page.html`, and `errors/_fragment.html` for htmx requests. Needs no database and no session."""

    status: int = told("HTTP status.")
    title: str = told("Short: This page does not exist.")
    what: str = told("What happened.")
    safe: str = told("What is safe.")
    next: str = told("What to do.")
    action_label: str = told("Label of the one link.", default="")
    action_url: str = told("Its address.", default="")
    reference: str = told("Request id, to give to whoever helps.", default="")
    words: str = told("What was typed and could not be kept: shown to be copied.", default="")
