"""Contexts of the pages of incidents. The templates are in `incidents/`."""

from __future__ import annotations

from dataclasses import dataclass

from agency.web.looks import BrandLook, Choice, Clock, Notice, StateLook, told


@dataclass(frozen=True, kw_only=True)
class IncidentPart:
    """At a case, that it is part of one or that one is open: `incidents/_part.html`. Posts `back` to `out_url`."""

    notice: Notice = told("Which one, and what that means.")
    is_in: bool = told("The case is part of it.", default=False)
    url: str = told("Its page; empty for who may not, and where several are open.", default="")
    out_url: str = told("Takes the case out; empty for who may not, and where it is in none.", default="")
    in_url: str = told("Where it is put in; empty where it is in one.", default="")


@dataclass(frozen=True, kw_only=True)
class PutInPage:
    """Put a case into an incident by hand, `incidents/put_in.html`. Posts `incident`."""

    brand: BrandLook = told("Whose.")
    customer: str = told("Who wrote.")
    excerpt: str = told("The beginning of the newest words.", default="")
    back_url: str = told("The case.")
    url: str = told("Where the form goes.")
    choices: tuple[Choice, ...] = told("Open incidents of the brand, the newest first.", default=())
    notice: Notice | None = told("Why it was not put in.", default=None)


@dataclass(frozen=True, kw_only=True)
class SuggestedIncident:
    """That many complain of the same. Posts nothing to `dismiss_url`."""

    brand: BrandLook = told("Whose.")
    words: str = told("14 people in 6 minutes say “app”, “abre”: an incident?")
    since: Clock = told("The first of these complaints.")
    url: str = told("Shows its cases, with a form that opens an incident; empty for who may not.")
    dismiss_url: str = told("Says that it is none; empty for who may not.", default="")


@dataclass(frozen=True, kw_only=True)
class StormBanner:
    """Above the queue of who leads, `incidents/_banner.html`: what may be an incident now."""

    suggested: tuple[SuggestedIncident, ...] = told("The newest first, two at most.", default=())
    more_url: str = told("Where all are; empty where these are.", default="")


@dataclass(frozen=True, kw_only=True)
class IncidentLook:
    """An incident in the list."""

    brand: BrandLook = told("Whose.")
    name: str = told("As it was called.")
    url: str = told("Its page.")
    state: StateLook = told("Open, ending, closed.")
    counts: str = told("212 cases, 3 late.")
    opened: str = told("Since when, and by whom.")


@dataclass(frozen=True, kw_only=True)
class IncidentsPage:
    """Incidents, `incidents/page.html`."""

    suggested: tuple[SuggestedIncident, ...] = told("The newest first.", default=())
    rows: tuple[IncidentLook, ...] = told("The newest first.", default=())
    tabs: tuple[Choice, ...] = told("Going on, closed.", default=())
    new_url: str = told("Empty for who may not.", default="")
    is_closed: bool = told("Those that ended are shown.", default=False)
    next_url: str = told("The next 50.", default="")
    first_url: str = told("To the top.", default="")


@dataclass(frozen=True, kw_only=True)
class IncidentCaseLook:
    """A case of an incident. Posts nothing to `out_url`."""

    url: str = told("The case.")
    author: str = told("Public name.")
    place: str = told("Facebook · comment.")
    words: str = told("The beginning of the newest words.")
    when: Clock | None = told("When the customer last wrote.", default=None)
    due: str = told("Until when it is due, where it is.", default="")
    is_late: bool = told("That is past.", default=False)
    note: str = told("What is particular: put in by somebody, a colleague has it, taken out.", default="")
    out_url: str = told("Takes it out; empty where it is not in, or for who may not.", default="")


@dataclass(frozen=True, kw_only=True)
class IncidentFormPage:
    """Open or change an incident, `incidents/form.html`. Posts `name`, `words`, `languages`, `posts`, `post`,
    `version`, and `do` = try | save.
    """

    title: str = told("New incident, or its name.")
    brand: BrandLook | None = told("Whose; none before one is chosen.", default=None)
    brands: tuple[Choice, ...] = told("To choose from, where none is chosen.", default=())
    back_url: str = told("To the list, or to the incident.")
    url: str = told("Where the form goes.", default="")
    version: int = told("Of the incident that is changed.", default=0)
    name: str = told("As it stands.", default="")
    words: str = told("A phrase a line.", default="")
    languages: tuple[Choice, ...] = told("In which words count, none for every one.", default=())
    posts: tuple[Choice, ...] = told("Posts of late with open cases; all below one belongs to it.", default=())
    post: str = told("A text to copy for a post.", default="")
    suggested: str = told("What suggested it; empty where nothing did.", default="")
    cases: tuple[IncidentCaseLook, ...] = told("Of the suggestion, or what the words fit now.", default=())
    trial: str = told("How many open cases the words fit now; empty before it was tried.", default="")
    is_new: bool = told("It is not open yet.", default=True)
    errors: dict[str, str] = told("By field.", default_factory=dict)
    notice: Notice | None = told("What is wrong.", default=None)


@dataclass(frozen=True, kw_only=True)
class IncidentTextField:
    """One wording in one language."""

    name: str = told("Field.")
    label: str = told("The language.")
    value: str = told("As it stands.", default="")
    language: str = told("Its code, for `lang`.", default="")


@dataclass(frozen=True, kw_only=True)
class IncidentTextsPage:
    """Texts of an incident, `incidents/texts.html`. Posts its fields; at the end `afterwards` too: resolve | return."""

    title: str = told("Holding text, or follow-up.")
    name: str = told("Of the incident.")
    brand: BrandLook = told("Whose.")
    is_end: bool = told("Sending them ends the incident.", default=False)
    fields: tuple[IncidentTextField, ...] = told("Language by language.", default=())
    url: str = told("Where the form goes.")
    back_url: str = told("To the incident.")
    afterwards: tuple[Choice, ...] = told("What becomes of cases that get none.", default=())
    notice: Notice | None = told("What is wrong.", default=None)


@dataclass(frozen=True, kw_only=True)
class TextProgress:
    """How far a text of an incident is."""

    title: str = told("Holding text, or follow-up.")
    words: str = told("Sent 180, on its way 3, to go 20, not possible 12.")
    why: tuple[str, ...] = told("Of who cannot be written to, how many and why.", default=())
    texts: tuple[tuple[str, str], ...] = told("Each wording, and where its yes stands.", default=())


@dataclass(frozen=True, kw_only=True)
class IncidentPage:
    """One incident, `incidents/incident.html`. Posts `afterwards` = resolve | return to `close_url`, nothing to
    `stop_url` and `go_on_url`.
    """

    progress: tuple[TextProgress, ...] = told("Of each text that goes or went.", default=())
    trouble: Notice | None = told("Why nothing goes out just now.", default=None)
    holding_url: str = told("The form of the holding text; empty where none may go.", default="")
    holds: bool = told("The holding text goes out now.", default=False)
    stop_url: str = told("Stops it; empty where it does not go.", default="")
    follow_up_url: str = told("The form that ends it with a follow-up.", default="")
    go_on_url: str = told("Goes on after trouble.", default="")

    brand: BrandLook = told("Whose.")
    name: str = told("As it was called.")
    state: StateLook = told("Open, ending, closed.")
    facts: tuple[tuple[str, str], ...] = told("Name and value.")
    post: str = told("A text to copy for a post; empty for none.", default="")
    cases: tuple[IncidentCaseLook, ...] = told("The last attached first.", default=())
    tabs: tuple[Choice, ...] = told("In it, no more in it.", default=())
    empty: str = told("Why there is no case.", default="")
    next_url: str = told("The next 50.", default="")
    first_url: str = told("To the top.", default="")
    change_url: str = told("Empty for who may not.", default="")
    close_url: str = told("Empty where it is closed, or for who may not.", default="")
    back_url: str = told("To the list.")
