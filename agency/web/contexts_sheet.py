"""Context of the client sheet: its page, its form, and its card beside the composer."""

from __future__ import annotations

from dataclasses import dataclass

from agency.web.looks import BrandLook, Choice, Notice, StateLook, told


@dataclass(frozen=True, kw_only=True)
class ContactLook:
    """Whom to call."""

    name: str = told("Who.")
    about: str = told("For what.", default="")
    reach: str = told("How: a number, an address, when.", default="")


@dataclass(frozen=True, kw_only=True)
class CampaignLook:
    """What is on, or will be."""

    title: str = told("What it is.")
    days: str = told("From when till when; empty where no day is known.", default="")
    state: StateLook = told("On now, to come, over.")
    load: str = told("How many will write; empty for as usual.", default="")
    say: str = told("What to say about it.", default="")


@dataclass(frozen=True, kw_only=True)
class SheetLook:
    """What the sheet says; also the card `beside/_sheet.html`."""

    brand: BrandLook = told("Whose.")
    places: tuple[Choice, ...] = told("The other pages of what this brand says.", default=())
    language: str = told("Code for `lang` of the brand's own words.")
    does: str = told("What the brand does.", default="")
    products: str = told("What it sells.", default="")
    hours: str = told("When it is open, and its holidays.", default="")
    never_say: tuple[str, ...] = told("A line each.", default=())
    contacts: tuple[ContactLook, ...] = told("Whom to call.", default=())
    campaigns: tuple[CampaignLook, ...] = told("On now first, then those to come.", default=())
    over: tuple[CampaignLook, ...] = told("Those that are over; not on the card.", default=())
    is_written: bool = told("Whether there is anything.", default=False)
    changed: str = told("By whom, when; empty for a new one.", default="")
    url: str = told("The page.", default="")
    change_url: str = told("The form; empty for who may not.", default="")
    case_url: str = told("Back to the case one came from; empty for none.", default="")


@dataclass(frozen=True, kw_only=True)
class SheetFormPage:
    """The form, `sheets/form.html`. Posts `version`, `does`, `products`, `hours`, `never_say`, and rows by number:
    `name_0` `about_0` `reach_0`, and `title_0` `from_0` `until_0` `load_0` `say_0`. An emptied row goes.
    """

    brand: BrandLook = told("Whose.")
    url: str = told("Where the form goes.")
    back_url: str = told("To the sheet.")
    version: int = told("The version the form was filled from.")
    values: dict[str, str] = told("What the fields hold, by name.")
    errors: dict[str, str] = told("Field name to what to do.", default_factory=dict)
    contacts: tuple[int, ...] = told("Numbers of the rows of contacts.", default=())
    campaigns: tuple[int, ...] = told("Numbers of the rows of campaigns.", default=())
    loads: dict[int, tuple[Choice, ...]] = told("Options of `load_` by row.", default_factory=dict)
    notice: Notice | None = told("What is wrong.", default=None)
