"""Contexts of what may be given: the card beside a case, and the brand's pages. The templates are in `empowerment/`."""

from __future__ import annotations

from dataclasses import dataclass, field

from agency.web.looks import BrandLook, Choice, Clock, Notice, StateLook, told


@dataclass(frozen=True, kw_only=True)
class MeterLook:
    """A limit and how much of it is used: `components/meter.html`. `value` of `limit` is drawn, the words say it."""

    label: str = told("What is counted: This case.")
    words: str = told("30 of 40 EUR left.")
    value: int = told("Used, as drawn.")
    limit: int = told("The limit, as drawn; never below 1.")
    state: StateLook | None = told("Nearly used up, used up; None while there is enough.", default=None)
    note: str = told("Which of several is meant: Most: Ana.", default="")
    is_binding: bool = told("It is the one that says how much.", default=False)


@dataclass(frozen=True, kw_only=True)
class LineLook:
    """One line of the ledger."""

    number: int = told("In the brand's ledger, without gaps.")
    amount: str = told("40 EUR, with a minus where it was taken back.")
    words: str = told("What for.")
    who: str = told("Who gave it, or took it back.")
    at: Clock = told("When.")
    id: str = told("The line's id.", default="")
    scenario: str = told("The guideline it followed.", default="")
    customer: str = told("To whom; empty where it is this case's.", default="")
    case_url: str = told("The case; empty where it is this one or the person may not read it.", default="")
    over: str = told("Why more than the limits left was given.", default="")
    takes_back: str = told("Takes back line 12.", default="")
    taken_back: str = told("Taken back by Ana, line 13.", default="")
    is_elsewhere: bool = told("Given to this customer in another case.", default=False)
    take_back_url: str = told("Posting `reason` and `request_key` takes it back; empty where it cannot be.", default="")
    insert: str = told("The sum as one tells the customer: 40 zł; empty where it is not this case's.", default="")


@dataclass(frozen=True, kw_only=True)
class LimitsLook:
    """What may be given here: `beside/_limits.html`.

    Posts to `url`: `scenario`, `amount`, `words`, `over_reason`, `currency`, `request_key`.
    """

    room: str = told("Up to 40 EUR; empty where nothing is left.")
    why: str = told("Which limit says so.")
    meters: tuple[MeterLook, ...] = told("The limit that binds first.", default=())
    more: tuple[MeterLook, ...] = told("The other limits that hold here.", default=())
    lines: tuple[LineLook, ...] = told(
        "What was given in this case and to this customer, the newest first.", default=()
    )
    url: str = told(
        "Where the form goes, and the card as a page; empty where the person may not give, or the brand is paused.",
        default="",
    )
    card_url: str = told("The card alone.", default="")
    currency: str = told("ISO 4217.", default="")
    request_key: str = told("Makes a second click harmless.", default="")
    scenarios: tuple[Choice, ...] = told("Guidelines, and none.", default=())
    may_exceed: bool = told("May give more than the limits leave, with a reason.", default=False)
    asks_reason: bool = told("What was asked for is more than the limits leave.", default=False)
    values: dict[str, str] = told("What the fields hold.", default_factory=dict)
    errors: dict[str, str] = told("Field name to what to do.", default_factory=dict)
    notice: Notice | None = told("Why nothing was given.", default=None)
    said: str = told("What was just done.", default="")
    insert: str = told("The sum just given, as one tells the customer.", default="")
    page_url: str = told("The brand's ledger.", default="")


@dataclass(frozen=True, kw_only=True)
class GivingPage:
    """The card as a page of its own, `empowerment/give.html`."""

    brand: BrandLook = told("Whose case.")
    customer: str = told("Public name.")
    case_url: str = told("Back to the case.")
    limits: LimitsLook = told("The card.")


@dataclass(frozen=True, kw_only=True)
class ShareLook:
    """A scenario or a person and how much of the month they used."""

    name: str = told("The guideline's title, the person's name.")
    amount: str = told("40 EUR.")
    percent: int = told("Of the month's sum.")
    share: str = told("12 %.")
    over: str = told("3 times over the limits: a hint that they are too tight.", default="")
    url: str = told("Where to change the limit; empty where the person may not.", default="")


@dataclass(frozen=True, kw_only=True)
class EmpowermentPage:
    """A brand's ledger, `empowerment/page.html`."""

    brand: BrandLook = told("Whose.")
    month: str = told("November 2026.")
    total: str = told("What was given in it: 190 EUR; empty where nothing is set up.")
    total_note: str = told("310 of 500 EUR left; empty without such a limit.", default="")
    earlier_url: str = told("The month before; empty where nothing is older.", default="")
    later_url: str = told("The month after; empty in this month.", default="")
    meters: tuple[MeterLook, ...] = told("Each limit that counts by day or month.", default=())
    fixed: tuple[tuple[str, str], ...] = told("Limits for one case: name and amount.", default=())
    days: tuple[tuple[str, str], ...] = told(
        "Each day of the month and what was given on it, for the chart.", default=()
    )
    bars: tuple[int, ...] = told("The same, drawn: 0 to 100.", default=())
    scenarios: tuple[ShareLook, ...] = told("The ones most was given in.", default=())
    people: tuple[ShareLook, ...] = told("Who gave most.", default=())
    over: str = told("How often the limits did not suffice; empty for never.", default="")
    lines: tuple[LineLook, ...] = told("The month's lines, the newest first.", default=())
    next_url: str = told("The next page.", default="")
    first_url: str = told("Back to the first page.", default="")
    export_url: str = told("The month as a file.", default="")
    export_all_url: str = told("All of it as a file.", default="")
    limits_url: str = told("Changes the limits; empty where the person may not.", default="")
    is_set_up: bool = told("Somebody wrote limits down.", default=True)


@dataclass(frozen=True, kw_only=True)
class LimitField:
    """The field of one limit."""

    name: str = told("Of the field: brand.person_day.")
    label: str = told("One of the staff, a day.")
    value: str = told("What it holds.", default="")
    error: str = told("What to do.", default="")


@dataclass(frozen=True, kw_only=True)
class ScenarioLimits:
    """The limits of one guideline."""

    title: str = told("Its title.")
    offer: str = told("What one case may cost, as the guideline says: 20 EUR; or that it says nothing.")
    offer_state: StateLook | None = told("The guideline names another currency.", default=None)
    url: str = told("Changes the guideline.", default="")
    fields: tuple[LimitField, ...] = told("All but the one for a case.", default=())
    open: bool = told("Folded out: it has limits.", default=False)


@dataclass(frozen=True, kw_only=True)
class LimitsPage:
    """The form of a brand's limits, `empowerment/limits.html`. Posts `currency`, `version`, `brand.<kind>` and
    `<guideline id>.<kind>`.
    """

    brand: BrandLook = told("Whose.")
    url: str = told("Where the form goes.")
    back_url: str = told("To the ledger.")
    version: int = told("The version the form was filled from; 0 where nobody wrote any.")
    currencies: tuple[Choice, ...] = told("ISO 4217, by code.")
    is_currency_fixed: str = told("The currency, where lines hold it; else empty.", default="")
    fields: tuple[LimitField, ...] = told("The brand's own.", default=())
    scenarios: tuple[ScenarioLimits, ...] = told("By guideline, those with limits first.", default=())
    errors: dict[str, str] = told("Field name to what to do.", default_factory=dict)
    notice: Notice | None = told("Why nothing was saved.", default=None)
    theirs: tuple[tuple[str, str], ...] = field(default=())
    changed: str = told("Who changed them last, and when.", default="")
