"""What the filter bar, labels, saved views and the brand switcher are given."""

from __future__ import annotations

from dataclasses import dataclass

from agency.web.looks import BrandLook, Choice, Notice, Toast, told


@dataclass(frozen=True, slots=True)
class LabelLook:
    """A label: its name is always said, its colour a second sign."""

    id: str = told("The label's id.")
    name: str = told("What people read.")
    colour: str = told("A name of the palette: the class `c-red`.")


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter in force, which can be taken away alone."""

    label: str = told("What it keeps: Facebook.")
    sort: str = told("Which filter: Platform.")
    url: str = told("The list without it.")
    brand: BrandLook | None = told("Draws the mark before the name.", default=None)
    colour: str = told("Of a label.", default="")


@dataclass(frozen=True, slots=True)
class Find:
    """A field beside choices of which only some are shown: what is typed finds others, with script as it is typed."""

    name: str = told("Its name in a form.")
    label: str = told("Find a label.")
    typed: str = told("What is in it.")
    words: str = told("How many are shown, and why these.")
    url: str = told("Where it is asked; ticks of the same form are sent along.")


@dataclass(frozen=True, slots=True)
class FilterGroup:
    """One filter of the bar."""

    name: str = told("Form field.")
    label: str = told("What people read.")
    options: tuple[Choice, ...] = told("`value`, `label`, `selected`; `brand` draws a mark, `key` names a colour.")
    is_many: bool = told("Several may be chosen: shown to be ticked, else as a list to choose one from.", default=False)
    more_url: str = told("Where the rest can be chosen when there are too many for the bar.", default="")
    find: Find | None = told("How the rest is found by a part of its name, where not all are offered.", default=None)


@dataclass(frozen=True, kw_only=True)
class FiltersPage:
    """Every filter: the inside of the drawer, or a page for browsers without script.

    Gets: the form sends each group's `name`, repeated where several are ticked, and `q` to `url`.
    """

    url: str = told("Where the form goes: the inbox.")
    groups: tuple[FilterGroup, ...] = told("In the order of `agency.inbox.filters.FILTERS`.")
    kept: tuple[tuple[str, str], ...] = told("What the form keeps and shows nowhere: the tab.", default=())
    search: str = told("What is looked for.", default="")
    labels_url: str = told("Where labels are changed; empty for whoever may not.", default="")


@dataclass(frozen=True, kw_only=True)
class LabelsPage:
    """All labels, to be made, renamed, merged and put away.

    Posts: `create_url` (`name`, `colour`, `place` = agency or a brand's id); per row `url` (`name`, `colour`,
    `version`), `merge_url` (`into`), `put_url` (nothing).
    """

    groups: tuple[LabelGroup, ...] = told(
        "For every brand first, then each brand's own; one alone where they are many."
    )
    create_url: str = told("Empty for whoever may not make any.")
    places: tuple[Choice, ...] = told("For every brand, and each brand.")
    colours: tuple[Choice, ...] = told("The palette.")
    tabs: tuple[Choice, ...] = told("In use, put away.")
    parts: tuple[Choice, ...] = told("Each place that has any, where one alone is shown.", default=())
    is_archived: bool = told("Those put away are shown.", default=False)
    values: dict[str, str] = told("What was typed and refused.", default_factory=dict)
    errors: dict[str, str] = told("By field.", default_factory=dict)
    notice: Notice | None = told("What could not be done.", default=None)


@dataclass(frozen=True, slots=True)
class LabelGroup:
    """The labels of one place."""

    name: str = told("The brand's name; empty for every brand.")
    brand: BrandLook | None = told("The brand.")
    labels: tuple[LabelLine, ...] = told("By name.")
    others: tuple[str, ...] = told("Names of those that one of these may be merged into.", default=())


@dataclass(frozen=True, slots=True)
class LabelLine:
    """A label on its page."""

    look: LabelLook = told("Name and colour.")
    version: int = told("Sent back with a change.")
    cases_url: str = told("Its open cases in the inbox.")
    count: str = told("How many they are, up to 99+.")
    changed_by: str = told("Who changed it last.")
    url: str = told("Posting `name` and `colour` here changes it; empty for whoever may not.")
    merge_url: str = told("Posting `into`, a name, here merges it.")
    put_url: str = told("Posting here puts it away, or brings it back.")


@dataclass(frozen=True, kw_only=True)
class PickerPage:
    """The labels of a case, to be put on and taken off: the inside of a menu, or a page.

    Posts: `url` (`label`: an id; `on` = 1 or 0). Gets: `find.url` with `find` and `kept`.
    """

    brand: BrandLook = told("The case's brand.")
    url: str = told("Where each button posts.")
    back_url: str = told("Back to the case.")
    options: tuple[tuple[LabelLook, bool], ...] = told("Each label this case may bear, and whether it does.")
    worn: tuple[LabelLook, ...] = told("Those it bears, for the case's head.")
    find: Find | None = told("How others are found, where not all are offered.", default=None)
    kept: tuple[tuple[str, str], ...] = told("What its form keeps of the address.", default=())
    labels_url: str = told("Where labels are changed; empty for whoever may not.", default="")
    toasts: tuple[Toast, ...] = told("What was just done, with its undo.", default=())


@dataclass(frozen=True, slots=True)
class ViewLine:
    """A saved view."""

    id: str = told("Its id.")
    name: str = told("What it is called.")
    url: str = told("The list it shows.")
    count: str = told("How many cases, such as 12, 99+ or 5+ (at least); empty where it was not counted.")
    spoken: str = told("The count in words.")
    key: str = told("`g 1` to `g 9`; empty beyond.")
    selected: bool = told("It is what is shown now.")
    is_shared: bool = told("Everybody of the agency has it.")
    words: str = told("Its filters in words.", default="")
    by: str = told("Who shared it.", default="")
    version: int = told("Sent back with a change.", default=1)
    change_url: str = told(
        "Posting `name`, `shared` and `version` here changes it; empty for whoever may not.", default=""
    )
    put_url: str = told("Posting here gives it the filters of `kept`.", default="")
    delete_url: str = told("Posting here deletes it.", default="")
    up_url: str = told("Posting here moves it up.", default="")
    down_url: str = told("Posting here moves it down.", default="")


@dataclass(frozen=True, kw_only=True)
class ViewsPage:
    """Saved views: the strip over the queue, or a page to order, rename and delete them.

    Posts: per row as said there; `create_url` (`name`, `shared`, and each filter as hidden fields).
    """

    views: tuple[ViewLine, ...] = told("One's own first.")
    manage_url: str = told("The page.", default="")
    may_share: bool = told("A lead.", default=False)
    kept: tuple[tuple[str, str], ...] = told("The filters that would be saved.", default=())
    kept_words: str = told("The same in words.", default="")
    create_url: str = told("Where they are saved.", default="")
    back_url: str = told("Back to the list.", default="/inbox")
    name: str = told("What was typed and refused.", default="")
    errors: dict[str, str] = told("By field.", default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SwitchPage:
    """Brands to choose one of, or to mark several.

    Gets: `url` with `brand` for each that is marked.
    """

    url: str = told("The inbox.")
    choices: tuple[Choice, ...] = told("All brands first; `url` leads back to where one was in it.")
    marked: frozenset[str] = told("Ids of those that are shown now, where they are a set.", default=frozenset())
