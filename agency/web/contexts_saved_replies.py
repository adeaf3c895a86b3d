"""Contexts of the pages of saved replies. Import them from here; the templates are in `saved_replies/`."""

from __future__ import annotations

from dataclasses import dataclass

from agency.web.looks import BrandLook, Choice, Clock, Notice, told


@dataclass(frozen=True, kw_only=True)
class SavedReplyLook:
    """One saved reply in the list."""

    title: str = told("Its name.")
    url: str = told("Its own page.")
    brand: BrandLook | None = told("Whose; None for every brand.", default=None)
    is_shared: bool = told("For every brand.", default=False)
    excerpt: str = told("How its first text begins.")
    language: str = told("Code for `lang` of the excerpt.", default="")
    languages: tuple[str, ...] = told("Languages it is written in, by name.", default=())
    words: tuple[str, ...] = told("What customers write where it fits.", default=())
    uses: str = told("Sent 12 times.")
    last_used: Clock | None = told("When last.", default=None)
    stale: str = told("Why somebody should look at it; empty while it is fresh.", default="")


@dataclass(frozen=True, kw_only=True)
class WornLook:
    """Words that went to several people lately."""

    brand: BrandLook | None = told("Whose.", default=None)
    text: str = told("As they stood in the newest of these replies.")
    people: str = told("To 12 people in the last 30 days.")
    last: Clock = told("When last.")


@dataclass(frozen=True, kw_only=True)
class SavedRepliesPage:
    """The list, `saved_replies/page.html`."""

    rows: tuple[SavedReplyLook, ...] = told("By title.")
    url: str = told("Where the filters go.")
    places: tuple[Choice, ...] = told("All, for every brand, each brand: `value`, `label`, `selected`.")
    pages: tuple[Choice, ...] = told("Where it is of one brand, the other pages of what that says.", default=())
    q: str = told("What is looked for.", default="")
    tabs: tuple[Choice, ...] = told("In use, put away.", default=())
    new_url: str = told("Empty where the person may not.", default="")
    next_url: str = told("The next page.", default="")
    is_archived: bool = told("What is put away is shown.", default=False)
    is_filtered: bool = told("Something was looked for.", default=False)
    worn: tuple[WornLook, ...] = told("What went to most people lately.", default=())


@dataclass(frozen=True, kw_only=True)
class TextFields:
    """A text with its language, as the form has it."""

    number: int = told("Of the fields `language_<n>` and `text_<n>`.")
    text: str = told("The words.", default="")
    language: str = told("Code, for `lang`.", default="")
    languages: tuple[Choice, ...] = told("To choose from.", default=())


@dataclass(frozen=True, kw_only=True)
class VersionLook:
    """What it said at one version."""

    words: str = told("Version 3, changed by Ana.")
    at: Clock = told("When.")
    title: str = told("Its name then.")
    texts: tuple[tuple[str, str], ...] = told("Language and words.", default=())


@dataclass(frozen=True, kw_only=True)
class SavedReplyPage:
    """One saved reply, `saved_replies/saved_reply.html`: a form for who may change it, else to be read.

    Posts: `url` (`version`, `title`, `place`, `language_<n>`, `text_<n>`, `words` one a line, `review_by`), `put_url`
    (`version`).
    """

    title: str = told("Heading.")
    brand: BrandLook | None = told("Whose; None for every brand.", default=None)
    is_shared: bool = told("For every brand.", default=False)
    back_url: str = told("To the list.")
    url: str = told("Where the form goes; empty where it is only to be read.", default="")
    put_url: str = told("Posting puts it away, or back.", default="")
    is_archived: bool = told("It is put away.", default=False)
    version: int = told("The version the form was filled from; 0 for a new one.", default=0)
    values: dict[str, str] = told("What the fields hold.", default_factory=dict)
    texts: tuple[TextFields, ...] = told("Texts, then empty ones to fill.", default=())
    places: tuple[Choice, ...] = told("Whose it may be; for a new one.", default=())
    errors: dict[str, str] = told("Field name to what to do.", default_factory=dict)
    variables: tuple[tuple[str, str], ...] = told("Each place in braces and what fills it.", default=())
    facts: tuple[tuple[str, str], ...] = told("Uses, last used, changed by.", default=())
    stale: str = told("Why somebody should look at it.", default="")
    stopped: tuple[tuple[str, str], ...] = told(
        "What the brand's guide in force would stop, by text: Text 1, and why.", default=()
    )
    notice: Notice | None = told("Somebody was faster, or it cannot be kept.", default=None)
    versions: tuple[VersionLook, ...] = told("Newest first.", default=())
