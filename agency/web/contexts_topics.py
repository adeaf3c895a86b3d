"""Contexts of the pages of a brand's own topics. The templates are in `topics/`."""

from __future__ import annotations

from dataclasses import dataclass

from agency.web.contexts_facts import SubjectField
from agency.web.looks import BrandLook, Choice, Notice, told


@dataclass(frozen=True, kw_only=True)
class TopicRow:
    """One topic in the list."""

    name: str = told("As the brand calls it.")
    builds_on: str = told("Our own list whose words count, too.", default="")
    phrases: tuple[tuple[str, str], ...] = told("Language by name, its phrases after commas.", default=())
    open_url: str = told("The queue of its open cases; empty for who sees no cases.", default="")
    open_count: str = told("How many are open.", default="")
    corrected: str = told("What people said of it; empty where nobody did.", default="")
    changed: str = told("Who changed it last, and when.", default="")
    url: str = told("Changes it; empty where the person may not.", default="")


@dataclass(frozen=True, kw_only=True)
class TopicsPage:
    """A brand's topics, `topics/page.html`."""

    brand: BrandLook = told("Whose.")
    places: tuple[Choice, ...] = told("The other pages of what this brand says.", default=())
    rows: tuple[TopicRow, ...] = told("By name.")
    tabs: tuple[Choice, ...] = told("In use, put away.", default=())
    new_url: str = told("Empty where the person may not.", default="")
    is_archived: bool = told("What is put away is shown.", default=False)


@dataclass(frozen=True, kw_only=True)
class TopicPage:
    """One topic, `topics/topic.html`. Posts `name`, `builds_on`, `words_*`, `version`."""

    title: str = told("Heading.")
    brand: BrandLook = told("Whose.")
    back_url: str = told("To the list.")
    url: str = told("Where the form goes.")
    put_url: str = told("Posting puts it away, or back.", default="")
    is_archived: bool = told("It is put away.", default=False)
    version: int = told("The version the form was filled from; 0 for a new one.", default=0)
    values: dict[str, str] = told("What the fields hold.", default_factory=dict)
    lists: tuple[Choice, ...] = told("Our own lists to build on, none first.", default=())
    phrases: tuple[SubjectField, ...] = told("A field a language.", default=())
    help: str = told("What a phrase may be.", default="")
    errors: dict[str, str] = told("Field name to what to do.", default_factory=dict)
    notice: Notice | None = told("Somebody was faster, or there is no room.", default=None)
    theirs: tuple[tuple[str, str], ...] = told("What it says now, where that differs.", default=())
    changed: str = told("Who changed it last, and when.", default="")
