"""Contexts of what is done to several cases at once, and of what was done lately. The templates are in `bulk/`."""

from __future__ import annotations

from dataclasses import dataclass

from agency.web.contexts_filters import Find
from agency.web.looks import BrandLook, Choice, Clock, StateLook, told


@dataclass(frozen=True, slots=True)
class SnoozeOption:
    """One moment to put a case off until."""

    label: str = told("Later today, Tomorrow morning, Monday, In a week.")
    value: str = told("The moment, as the form sends it in `until`.")
    at: str = told("The moment as people read it: 16:00, Mon 09:00.")
    warning: str = told("What is late then: due 14:30, before that; empty for nothing.", default="")


@dataclass(frozen=True, slots=True)
class SnoozeLook:
    """The moments to choose from. The form sends `until`, or `own` in the reader's zone."""

    options: tuple[SnoozeOption, ...] = told("In their order.")
    own: str = told("What stands in the field for an own time.")
    zone: str = told("The reader's zone, by its name.")
    due: str = told("When an answer is owed; empty where none is, or it is late already.", default="")


@dataclass(frozen=True, slots=True)
class LabelChoice:
    """Which label is put on, `bulk/_labels.html`: all of few; of many the most used, or those asked for."""

    options: tuple[Choice, ...] = told("`value` is what the form sends.", default=())
    find: Find | None = told("The field by which others are found; None where all are here.", default=None)
    kept: tuple[tuple[str, str], ...] = told("What the address chose, for the field to keep.", default=())


@dataclass(frozen=True, kw_only=True)
class BulkBar:
    """What may be done to the chosen cases, `bulk/_bar.html`.

    Posts to `url`: `press`, `case` (many) or `all` = 1, and `deed` = resolve | spam | reopen | release | snooze |
    assign, with `until` or `own`, `person`.
    """

    url: str = told("Where the form goes, with the view it is about.")
    press: str = told("The press's id: makes a second click harmless.")
    all_label: str = told("All 148 of this view; empty for none.")
    most: int = told("So many cases one press takes.")
    snooze: SnoozeLook = told("Until when.")
    people: tuple[Choice, ...] = told("Who may be given cases; empty for who is no lead.", default=())
    labels: LabelChoice = told("Labels to put on or take off.", default=LabelChoice())
    back_url: str = told("The queue this is about.")


@dataclass(frozen=True, slots=True)
class ChoiceRow:
    """A case to choose."""

    id: str = told("The conversation's id.")
    url: str = told("The case.")
    brand: BrandLook = told("Whose.")
    author: str = told("Who wrote.")
    excerpt: str = told("The newest words.")
    language: str = told("Of the words; empty if unknown.")
    state: StateLook = told("Where it stands.")
    age: Clock = told("Since the newest words.")


@dataclass(frozen=True, kw_only=True)
class ChoosePage:
    """The queue with a box before each case, for browsers without script, `bulk/choose.html`."""

    title: str = told("The queue's name.")
    bar: BulkBar = told("What may be done.")
    rows: tuple[ChoiceRow, ...] = told("At most 50.")
    next_url: str = told("The next 50; empty at the end.", default="")
    is_cut: bool = told("Only a part of the list was looked through for these rows.", default=False)


@dataclass(frozen=True, slots=True)
class LeftLook:
    """A case that was left as it is."""

    brand: BrandLook = told("Whose.")
    url: str = told("The case.")
    author: str = told("Who wrote.")
    excerpt: str = told("The newest words.")
    reason: str = told("Why.")


@dataclass(frozen=True, kw_only=True)
class PressLook:
    """One press."""

    url: str = told("Its page.")
    words: str = told("27 cases resolved.")
    left_words: str = told("3 of 30 not; empty where all were done.")
    at: Clock = told("When.")
    undo_url: str = told("Posting takes it back; empty where it cannot.")
    undone_words: str = told("Taken back: 26 of 27 are as they were; empty before.")


@dataclass(frozen=True, kw_only=True)
class PressPage:
    """What became of one press, `bulk/press.html`."""

    press: PressLook = told("The press.")
    left: tuple[LeftLook, ...] = told("Case by case, what was left and why.")
    back_url: str = told("The queue.")


@dataclass(frozen=True, kw_only=True)
class PressesPage:
    """What the reader did lately, `bulk/presses.html`."""

    presses: tuple[PressLook, ...] = told("The newest first.")


@dataclass(frozen=True, slots=True)
class MergeRow:
    """Another case of the same person."""

    id: str = told("The conversation's id.")
    place: str = told("Facebook · comment.")
    excerpt: str = told("The newest words.")
    state: StateLook = told("Where it stands.")
    age: Clock = told("Since the newest words.")


@dataclass(frozen=True, kw_only=True)
class MergePage:
    """What is told within a case, `bulk/merge.html`. Posts to `url`: `press`, `other` (an id, or an address)."""

    brand: BrandLook = told("Whose.")
    customer: str = told("Who wrote.")
    excerpt: str = told("The case's newest words.")
    url: str = told("Where the form goes.")
    press: str = told("Makes a second click harmless.")
    back_url: str = told("The case.")
    rows: tuple[MergeRow, ...] = told("Other cases of this person, the newest first.")


@dataclass(frozen=True, slots=True)
class SplitRow:
    """A message of the customer."""

    id: str = told("The message's id.")
    author: str = told("Who wrote it.")
    text: str = told("The words.")
    language: str = told("Of the words; empty if unknown.")
    at: Clock = told("When.")
    may_go: bool = told("It may be set apart, with what stands beneath it.")


@dataclass(frozen=True, kw_only=True)
class SplitPage:
    """Which messages are set apart, `bulk/split.html`. Posts to `url`: `press`, `message` (many)."""

    brand: BrandLook = told("Whose.")
    customer: str = told("Who wrote.")
    url: str = told("Where the form goes.")
    press: str = told("Makes a second click harmless.")
    back_url: str = told("The case.")
    rows: tuple[SplitRow, ...] = told("The customer's messages, the oldest first.")
    is_direct: bool = told("They are direct messages: new ones land in the case they are taken from.", default=False)


@dataclass(frozen=True, slots=True)
class SpammerLook:
    """Somebody whose words close by rule. Posts to `lift_url`: nothing."""

    brand: BrandLook = told("Which brand's.")
    name: str = told("As the platform shows them.")
    place: str = told("The platform.")
    since: Clock = told("Since when.")
    by_name: str = told("Who marked them.")
    covers: str = told("What it closes: also reviews, or not.")
    closed_words: str = told("4 cases closed by it.")
    cases_url: str = told("Those cases; empty for none.")
    lift_url: str = told("Takes the mark back; empty for who may not.")


@dataclass(frozen=True, kw_only=True)
class SpammersPage:
    """Everybody marked, `bulk/spammers.html`."""

    people: tuple[SpammerLook, ...] = told("The newest first.")
    next_url: str = told("The next ones; empty at the end.", default="")
    of: str = told("Whose closed cases stand below; empty for nobody's.", default="")
    cases: tuple[LeftLook, ...] = told("What that person's mark keeps closed; `reason` is the place.", default=())
