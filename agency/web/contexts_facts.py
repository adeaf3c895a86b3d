"""Contexts of the fact sheet's pages. Import them from here; the templates are in `facts/`."""

from __future__ import annotations

from dataclasses import dataclass

from agency.web.looks import BrandLook, Choice, Notice, told


@dataclass(frozen=True, kw_only=True)
class FactLook:
    """One fact in a list."""

    name: str = told("What it is about.")
    value: str = told("In the reader's language: 12,50 EUR.")
    kind: str = told("What sort of value.", default="")
    subjects: tuple[str, ...] = told("Words by which people speak of it.", default=())
    note: str = told("What else to know.", default="")
    until: str = told("Until when it holds; empty for ever.", default="")
    is_over: bool = told("It holds no longer.", default=False)
    link: str = told("The value as an address to follow; empty for other kinds.", default="")
    changed: str = told("Who told it, and when.", default="")
    url: str = told("Changes it; empty where the person may not.", default="")


@dataclass(frozen=True, kw_only=True)
class FactsPage:
    """The fact sheet, `facts/page.html`."""

    brand: BrandLook = told("Whose.")
    places: tuple[Choice, ...] = told("The other pages of what this brand says.", default=())
    rows: tuple[FactLook, ...] = told("By name.")
    url: str = told("Where the search goes.")
    q: str = told("What is looked for.", default="")
    tabs: tuple[Choice, ...] = told("In use, put away.", default=())
    new_url: str = told("Empty where the person may not.", default="")
    next_url: str = told("The next page.", default="")
    is_archived: bool = told("What is put away is shown.", default=False)


@dataclass(frozen=True, kw_only=True)
class SubjectField:
    """The words for a fact in one language, a phrase a line; posts `words_<code>`, or `words_any`."""

    name: str = told("Of the field.")
    label: str = told("The language, by name.")
    value: str = told("A phrase a line.", default="")
    language: str = told("Code for `lang`.", default="")


@dataclass(frozen=True, kw_only=True)
class FactPage:
    """One fact, `facts/fact.html`. Posts `name`, `kind`, `value`, `words_*`, `valid_until`, `note`, `version`."""

    title: str = told("Heading.")
    brand: BrandLook = told("Whose.")
    back_url: str = told("To the sheet.")
    url: str = told("Where the form goes.")
    put_url: str = told("Posting puts it away, or back.", default="")
    is_archived: bool = told("It is put away.", default=False)
    version: int = told("The version the form was filled from; 0 for a new one.", default=0)
    values: dict[str, str] = told("What the fields hold.", default_factory=dict)
    kinds: tuple[Choice, ...] = told("Sorts of value.", default=())
    subjects: tuple[SubjectField, ...] = told("A field a language.", default=())
    errors: dict[str, str] = told("Field name to what to do.", default_factory=dict)
    notice: Notice | None = told("Somebody was faster.", default=None)
    theirs: tuple[tuple[str, str], ...] = told("What it says now, where that differs.", default=())
    changed: str = told("Who told it, and when.", default="")
