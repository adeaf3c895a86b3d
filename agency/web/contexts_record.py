"""Context of the page that searches the record; its template is `record/page.html`."""

from __future__ import annotations

from dataclasses import dataclass

from agency.web.looks import Choice, Clock, told


@dataclass(frozen=True, kw_only=True)
class RecordLine:
    """A line of the record."""

    at: Clock = told("When.")
    who: str = told("Who acted, as they were called then; the system in words.")
    what: str = told("Reply: approve.")
    brand: str = told("Name of the brand; empty for the agency's own.")
    place: str = told("Line 12 of its chain.")
    thing: str = told("The thing's id.")
    thing_url: str = told("All lines about the same thing.")
    page_url: str = told("The thing's own page; empty where it has none.")
    facts: tuple[tuple[str, str], ...] = told("Name and value of what was put on record with it.")
    words: tuple[tuple[str, str], ...] = told("What somebody typed as a reason.")
    erased: str = told("When such words were erased; empty where they were not.")


@dataclass(frozen=True, kw_only=True)
class RecordPage:
    """The record, searched, `record/page.html`."""

    url: str = told("Where the form goes.")
    brands: tuple[Choice, ...] = told("Every brand, each.")
    people: tuple[Choice, ...] = told("Everybody, the system, each colleague.")
    actions: tuple[tuple[str, tuple[Choice, ...]], ...] = told("By what they are about.")
    since: str = told("First day.")
    until: str = told("Last day.")
    thing: str = told("Id of the one thing looked for.")
    is_narrowed: bool = told("Something is asked for.")
    rows: tuple[RecordLine, ...] = told("The newest first.")
    next_url: str = told("The next 50.", default="")
    first_url: str = told("To the top.", default="")
    file_url: str = told("The same as a file.")
    problem: str = told("What of the search could not be read.", default="")


@dataclass(frozen=True, kw_only=True)
class DoneLine:
    """A line of the record as a client is shown it."""

    at: Clock = told("When.")
    who: str = told("Who acted, as they were called then; the system in words.")
    what: str = told("Reply: approve.")
    brand: str = told("Name of the brand.")
    number: int = told("In the brand's chain.")
    hash: str = told("SHA-256, hexadecimal.")
    receipt_url: str = told("Of a reply; else empty.", default="")


@dataclass(frozen=True, kw_only=True)
class DonePage:
    """What was done in a client's brand, `record/done.html`."""

    rows: tuple[DoneLine, ...] = told("The newest first.")
    shows_brands: bool = told("There are several.", default=False)
    next_url: str = told("The next 50.", default="")
    first_url: str = told("To the top.", default="")
