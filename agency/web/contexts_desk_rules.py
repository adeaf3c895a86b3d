"""Contexts of the pages of the rules of the desk. The templates are in `desk_rules/`."""

from __future__ import annotations

from dataclasses import dataclass

from agency.web.looks import BrandLook, Choice, Notice, StateLook, told


@dataclass(frozen=True, kw_only=True)
class DeskRuleRow:
    """One rule in the list."""

    name: str = told("As it was called.")
    place: str = told("Its place in the order, as a number.")
    conditions: tuple[tuple[str, str], ...] = told("What must hold: name and values.")
    effects: tuple[str, ...] = told("What is done, each in a few words.")
    is_on: bool = told("It acts.", default=True)
    state: StateLook = told("On or off.")
    stops: bool = told("No later rule is asked.", default=False)
    note: str = told("Why it is so.", default="")
    week: str = told("What it did in seven days.", default="")
    changed: str = told("Which version, who changed it last, and when.", default="")
    url: str = told("Changes it; empty where the person may not.", default="")
    switch_url: str = told("Posting `on` switches it.", default="")
    move_url: str = told("Posting `up` moves it.", default="")
    is_first: bool = told("Nothing is before it.", default=False)
    is_last: bool = told("Nothing is behind it.", default=False)


@dataclass(frozen=True, kw_only=True)
class DeskRulesPage:
    """Rules in their order, `desk_rules/page.html`."""

    brand: BrandLook | None = told("Whose; none for every brand.", default=None)
    places: tuple[Choice, ...] = told("For every brand, and each brand.")
    rows: tuple[DeskRuleRow, ...] = told("In their order.")
    tabs: tuple[Choice, ...] = told("In use, put away.", default=())
    new_url: str = told("Empty where the person may not.", default="")
    is_archived: bool = told("What is put away is shown.", default=False)
    before: str = told("That the rules for every brand are asked first; empty on their own page.", default="")
    before_url: str = told("To these.", default="")


@dataclass(frozen=True, kw_only=True)
class Ticks:
    """Boxes of one condition."""

    name: str = told("Field.")
    label: str = told("What it asks.")
    choices: tuple[Choice, ...] = told("`value`, `label`, `selected`.")


@dataclass(frozen=True, kw_only=True)
class WordsField:
    """Words in one language, a phrase a line."""

    name: str = told("Field.")
    label: str = told("The language.")
    value: str = told("As it stands.", default="")
    language: str = told("Its code; empty for any.", default="")


@dataclass(frozen=True, kw_only=True)
class TrialCase:
    """A case that a rule would have taken."""

    url: str = told("To it.")
    brand: BrandLook = told("Whose.")
    author: str = told("Who wrote.")
    said: tuple[tuple[str, bool], ...] = told("Pieces of the words; true of what the rule found.")
    when: str = told("When they wrote.")
    mark: str = told("Taken, no longer, or before this one by another.", default="")
    able: str = told("Who of the team was on shift then and could take it; empty where no rule asks.", default="")


@dataclass(frozen=True, kw_only=True)
class TrialLook:
    """Last week by a rule that is not saved yet."""

    heading: str = told("So many of so many cases.")
    facts: tuple[str, ...] = told("What would have been done; what another rule takes before.")
    cut: str = told("That not everything was looked at; empty where it was.", default="")
    taken_width: str = told("Of 300, as drawn.", default="0")
    cases: tuple[TrialCase, ...] = told("Newest first, as many as are shown.", default=())
    more: str = told("How many are not shown; empty for none.", default="")


@dataclass(frozen=True, kw_only=True)
class DeskRulePage:
    """One rule, `desk_rules/rule.html`. Posts the fields of its terms, `name`, `note`, `stops`, `is_on`, `version`."""

    title: str = told("Heading.")
    brand: BrandLook | None = told("Whose; none for every brand.", default=None)
    back_url: str = told("To the list.")
    url: str = told("Where the form goes.")
    put_url: str = told("Posting puts it away, or back.", default="")
    is_archived: bool = told("It is put away.", default=False)
    version: int = told("The version the form was filled from; 0 for a new one.", default=0)
    values: dict[str, str] = told("What single fields hold.", default_factory=dict)
    words: tuple[WordsField, ...] = told("One of these is said.", default=())
    without: tuple[WordsField, ...] = told("None of these is.", default=())
    ticks: tuple[Ticks, ...] = told("Conditions chosen by boxes.", default=())
    seen_by: tuple[Choice, ...] = told("Who reads along.", default=())
    stars_from: tuple[Choice, ...] = told("Least stars.", default=())
    stars_to: tuple[Choice, ...] = told("Most stars.", default=())
    is_vip: bool = told("Whoever writes must be a VIP.", default=False)
    labels: tuple[Choice, ...] = told("Labels it may put on.", default=())
    people: tuple[Choice, ...] = told("For whom it may keep a case, nobody first.", default=())
    loops: tuple[Choice, ...] = told("Which loop it may ask, none first; empty where the brand has none.", default=())
    acknowledge: bool = told("Whoever writes is to be acknowledged.", default=False)
    guidelines: tuple[Choice, ...] = told("Which guideline it may offer, none first; empty for none.", default=())
    saved_replies: tuple[Choice, ...] = told("Which saved reply it may offer, likewise.", default=())
    stops: bool = told("No later rule is asked.", default=False)
    is_on: bool = told("It acts.", default=True)
    most_points: int = told("Up or down.", default=0)
    skills: tuple[Choice, ...] = told("Skills somebody has, none first; empty where nobody has any.", default=())
    is_by_language: bool = told("It is kept for whoever reads the language.", default=False)
    kept: str = told("What keeping means.", default="")
    help: str = told("What a phrase may be.", default="")
    errors: dict[str, str] = told("Field name to what to do.", default_factory=dict)
    notice: Notice | None = told("Somebody was faster, or it cannot be kept.", default=None)
    changed: str = told("Who changed it last, and when.", default="")
    trial: TrialLook | None = told("Last week by what the form says.", default=None)
