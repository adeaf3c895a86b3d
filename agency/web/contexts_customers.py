"""Contexts of the pages about people who write. Import them from here; the templates are in `customers/`."""

from __future__ import annotations

from dataclasses import dataclass

from agency.web.contexts_empowerment import LineLook
from agency.web.looks import BrandLook, Choice, Clock, Notice, Stars, StateLook, told


@dataclass(frozen=True, kw_only=True)
class IdentityLook:
    """A person as one platform shows them."""

    id: str = told("The contact's id.")
    name: str = told("Public name there.")
    place: str = told("Facebook, as Pennywell Help.")
    cases: str = told("7 cases.")
    since: str = told("Since when the brand knows it.", default="")
    url: str = told("The person's page seen from this identity; empty for the one shown.", default="")
    is_erased: bool = told("What was held of it is gone.", default=False)


@dataclass(frozen=True, kw_only=True)
class CaseLook:
    """A case of the person."""

    url: str = told("Opens it.")
    words: str = told("How it begins, masked.")
    place: str = told("Google · review.")
    at: Clock = told("When something was last written in it.")
    state: StateLook = told("Open, snoozed, resolved.")
    stars: Stars | None = told("Of a review.", default=None)
    language: str = told("Code for `lang` of the words.", default="")


@dataclass(frozen=True, kw_only=True)
class AnswerLook:
    """An answer of ours."""

    at: Clock = told("When it was sent.")
    place: str = told("Google · public answer to a review.")
    by: str = told("Who wrote it.")
    text: str = told("As it was sent.")
    case_url: str = told("Its case.")
    receipt_url: str = told("Its receipt.")


@dataclass(frozen=True, kw_only=True)
class PersonNoteLook:
    """A note on the person."""

    id: str = told("The note's id.")
    author: str = told("Who wrote it.")
    at: Clock = told("When.")
    text: str = told("What it says.")
    changed: str = told("Who changed it last, and when; empty for never.", default="")
    earlier: tuple[tuple[str, str, str], ...] = told("What it said before: words, who, until when.", default=())
    url: str = told("Where other words go; empty where the person may not.", default="")
    version: int = told("The version shown.", default=1)


@dataclass(frozen=True, kw_only=True)
class LinkLook:
    """A link between two identities."""

    id: str = told("The link's id.")
    one: str = told("Name and place of one.")
    other: str = told("Name and place of the other.")
    proof: str = told("What kind of proof, in words.")
    detail: str = told("The words quoted, or the reason.", default="")
    made: str = told("Who made it, and when.")
    proof_url: str = told("Where the proof stands: the receipt or the case.", default="")
    confirmed: str = told("When they wrote from the handle they gave; empty for not yet.", default="")
    confirm_url: str = told("Notes that they did; empty where that is no question.", default="")
    undone: str = told("Who undid it, when and why; empty while it stands.", default="")
    undo_url: str = told("Undoes it; empty where the person may not.", default="")


@dataclass(frozen=True, kw_only=True)
class PersonLook:
    """Who somebody is, as page and card begin."""

    name: str = told("Public name.")
    url: str = told("The person's page.")
    vip: str = told("Why they are a VIP; empty where they are none.", default="")
    vip_by: str = told("Who said so, and when.", default="")
    is_vip: bool = told("They are a VIP.", default=False)
    weight: int = told("How much more they count, 0 to 10.", default=0)
    facts: tuple[tuple[str, str], ...] = told("Since when, how often, in which languages.", default=())
    identities: tuple[IdentityLook, ...] = told("The one asked for first.", default=())
    is_erased: bool = told("What was held of them is gone.", default=False)


@dataclass(frozen=True, kw_only=True)
class PersonCard:
    """`beside/_person.html`."""

    person: PersonLook = told("Who.")
    notes: tuple[PersonNoteLook, ...] = told("The newest ones.", default=())
    more_notes: int = told("So many more stand on the page.", default=0)
    look_url: str = told("Where this card is fetched anew when the case moved.", default="")


@dataclass(frozen=True, kw_only=True)
class BirthdayLook:
    """A birthday and its form. Posts `birth_month`, `birth_day`, `source`, `agreed_on`, `agrees`; or `end`."""

    words: str = told("29 February; empty where none is held.", default="")
    said: str = told("When it was given, and who wrote it down.", default="")
    source: str = told("How they gave it.", default="")
    is_unused: bool = told("The brand keeps none any more: nothing comes back by it.", default=False)
    url: str = told("Where the form goes; empty where the reader may not, or the brand keeps none.", default="")
    end_url: str = told("Forgets it; empty where the reader may not.", default="")
    months: tuple[Choice, ...] = told("January to December.", default=())
    day: str = told("What stands in the field.", default="")
    typed_source: str = told("What stands in the field.", default="")
    agreed_on: str = told("What stands in the field.", default="")


@dataclass(frozen=True, kw_only=True)
class CustomerPage:
    """One person, `customers/person.html`. Posts `is_vip`, `vip_note`; `weight`; `text`, `version`; `birthday`'s."""

    brand: BrandLook = told("To whom they write.")
    person: PersonLook = told("Who.")
    list_url: str = told("Everybody who writes to the brand.")
    open_cases: tuple[CaseLook, ...] = told("What waits.", default=())
    cases: tuple[CaseLook, ...] = told("Closed ones, newest first.", default=())
    next_url: str = told("Older ones.", default="")
    first_url: str = told("Back to the newest.", default="")
    answers: tuple[AnswerLook, ...] = told("The last ones.", default=())
    lines: tuple[LineLook, ...] = told("What they were given.", default=())
    may_see_lines: bool = told("The reader sees the ledger.", default=False)
    notes: tuple[PersonNoteLook, ...] = told("The newest first.", default=())
    notes_url: str = told("Where a note goes; empty where the person may not.", default="")
    reads_notes: bool = told("The reader reads notes.", default=False)
    links: tuple[LinkLook, ...] = told("Those that stand first.", default=())
    link_url: str = told("Links another identity; empty where the person may not.", default="")
    vip_url: str = told("Where the VIP form goes; empty where the person may not.", default="")
    weight_url: str = told("Where the weight goes.", default="")
    weights: tuple[Choice, ...] = told("0 to 10.", default=())
    birthday: BirthdayLook | None = told("What is held of their birthday; None for nothing to show.", default=None)
    export_url: str = told("Everything held; empty where the person may not.", default="")
    erase_url: str = told("Erases it; empty where the person may not.", default="")
    values: dict[str, str] = told("What was typed and refused.", default_factory=dict)
    errors: dict[str, str] = told("Field name to what to do.", default_factory=dict)
    notice: Notice | None = told("What went wrong.", default=None)


@dataclass(frozen=True, kw_only=True)
class CustomerRow:
    """A line of the list."""

    name: str = told("Public name.")
    platform: str = told("Where they write.")
    url: str = told("Their page.")
    is_vip: bool = told("They are a VIP.", default=False)
    vip: str = told("Why, by whom and when.", default="")
    weight: int = told("How much more they count.", default=0)
    is_linked: bool = told("One of several identities.", default=False)


@dataclass(frozen=True, kw_only=True)
class CustomersPage:
    """People who write to a brand, `customers/page.html`."""

    brand: BrandLook = told("To whom.")
    tabs: tuple[Choice, ...] = told("By name, VIPs.")
    rows: tuple[CustomerRow, ...] = told("As the tab says.", default=())
    url: str = told("Where the search goes.")
    q: str = told("How the name begins.", default="")
    is_vips: bool = told("VIPs are shown.", default=False)
    next_url: str = told("The next page.", default="")
    first_url: str = told("Back to the top.", default="")
    export_url: str = told("The file of all of them; for who may.", default="")


@dataclass(frozen=True, kw_only=True)
class PeopleExportPage:
    """The file of everybody who writes to a brand, `customers/people_export.html`. Posts nothing but the mark."""

    brand: BrandLook = told("To whom they write.")
    url: str = told("Of itself; where the form goes.")
    list_url: str = told("Everybody who writes.")
    begin: str = told("What the button says; none while it is made.", default="")
    words: str = told("How it stands; none where it was never asked for.", default="")
    is_made: bool = told("It is being made.", default=False)
    is_bad: bool = told("It stopped or is gone.", default=False)
    value: int = told("Identities done.", default=0)
    limit: int = told("Identities in all.", default=0)
    by: str = told("Who ordered it, and when.", default="")
    until: str = told("How long it is kept.", default="")
    file_url: str = told("The file.", default="")


@dataclass(frozen=True, kw_only=True)
class LinkPage:
    """Link another identity, `customers/link.html`. Posts `other_id`, `proof`, `words`, `reason`."""

    brand: BrandLook = told("To whom they write.")
    person: PersonLook = told("The one to be linked.")
    url: str = told("Of the form.")
    search_url: str = told("Where the search goes.")
    q: str = told("How the name of the other begins.", default="")
    rows: tuple[IdentityLook, ...] = told("Who that may be.", default=())
    chosen: str = told("The id chosen.", default="")
    proof: str = told("`words` or `staff`.", default="words")
    values: dict[str, str] = told("What was typed.", default_factory=dict)
    errors: dict[str, str] = told("Field name to what to do.", default_factory=dict)
    notice: Notice | None = told("What went wrong.", default=None)


@dataclass(frozen=True, kw_only=True)
class ExportPage:
    """What is held of a person as a file, `customers/export.html`. Posts `contact_id` for each identity."""

    brand: BrandLook = told("To whom they write.")
    person: PersonLook = told("Who.")
    url: str = told("Where the form goes.")
    error: str = told("What to do; empty for nothing.", default="")


@dataclass(frozen=True, kw_only=True)
class LeftLook:
    """Something colleagues named that may hold an erased person's name, `customers/_left.html`."""

    words: str = told("What it is.")
    shown: str = told("Its name; none where it is somebody's own.", default="")
    url: str = told("Where it is changed; none where only its owner can.", default="")


@dataclass(frozen=True, kw_only=True)
class ErasePage:
    """What erasing a person takes, `customers/erase.html`. Posts `contact_id` for each identity, `confirm`."""

    brand: BrandLook = told("To whom they write.")
    person: PersonLook = told("Who.")
    url: str = told("Where the form goes.")
    export_url: str = told("The same as a file before it is gone.")
    goes: tuple[str, ...] = told("What goes, counted.")
    stays: tuple[tuple[str, str], ...] = told("What stays, and why.")
    left: tuple[LeftLook, ...] = told("What colleagues named and may hold the person's name.", default=())
    word: str = told("What is typed to confirm.")
    errors: dict[str, str] = told("Field name to what to do.", default_factory=dict)
    notice: Notice | None = told("What went wrong.", default=None)


@dataclass(frozen=True, kw_only=True)
class ErasureLook:
    """How far an erasing is, `customers/erasure.html`."""

    words: str = told("One sentence.")
    is_done: bool = told("Nothing is left to do.", default=False)
    value: int = told("Messages done.", default=0)
    limit: int = told("Messages in all.", default=0)
    by: str = told("Who ordered it, and when.", default="")
    views: str = told("How many views that looked for them went.", default="")
    left: tuple[LeftLook, ...] = told("What may still hold their name and nobody changed since.", default=())
    url: str = told("Of itself.", default="")
    back_url: str = told("Everybody who writes.", default="")
