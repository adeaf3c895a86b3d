"""Contexts of ranking: why a case stands where it does, the page of the weights, last week ranked again."""

from __future__ import annotations

from dataclasses import dataclass

from agency.web.looks import BrandLook, Notice, StateLook, told


@dataclass(frozen=True, kw_only=True)
class RankPart:
    """One part of a rank."""

    words: str = told("Complaint, due in 40 min, waited 2 h.")
    why: str = told("The words it was told by.", default="")
    points: int = told("What it counts.")
    kind: str = told("`said`, `clock`, `place`, `person` or `waited`: how it is drawn.")
    x: str = told("Where its piece of the drawn sum begins, of 300.")
    width: str = told("How wide it is.")


@dataclass(frozen=True, kw_only=True)
class RankLook:
    """Why a case stands where it does: the sum of its parts."""

    score: int = told("The sum.")
    parts: tuple[RankPart, ...] = told("Those that count something, as they are told.")
    sentence: str = told("87 = complaint 30 + due in 40 min 35 + waited 2 h 2.", default="")
    weights_url: str = told("The page of the weights, for who may change them.", default="")


@dataclass(frozen=True, kw_only=True)
class WeightField:
    """One weight of the form."""

    name: str = told("Its field.")
    label: str = told("What it counts for.")
    value: str = told("Points as they are typed.")
    help: str = told("What it is by default, where it is something else.", default="")
    error: str = told("What to do about it.", default="")


@dataclass(frozen=True, kw_only=True)
class WeightGroup:
    """Weights that belong together."""

    heading: str = told("What the customer says.")
    note: str = told("What is to be known of them.", default="")
    fields: tuple[WeightField, ...] = told("Its weights.")


@dataclass(frozen=True, kw_only=True)
class MissedLook:
    """A week in one number: how many answers were late."""

    label: str = told("As it is now, with these points.")
    words: str = told("12 of 340 were late.")
    late: int = told("How many.")


@dataclass(frozen=True, kw_only=True)
class WeekCase:
    """A case of last week."""

    brand: BrandLook = told("Whose.")
    url: str = told("The case.")
    author: str = told("Who wrote.")
    excerpt: str = told("The beginning of their words.")
    due: str = told("When an answer was due.", default="")


@dataclass(frozen=True, kw_only=True)
class MovedCase:
    """A case of the queue and where it would stand."""

    case: WeekCase = told("The case.")
    after: int = told("Its place with these points.")
    before: int = told("Its place now.")
    score_before: int = told("Its points now.")
    score_after: int = told("Its points then.")
    move: StateLook = told("Up 3, down 1, stays.")


@dataclass(frozen=True, kw_only=True)
class WeekLook:
    """Last week answered again. Posts to `save_url`: the weights looked at, `based_on`, `note`."""

    summary: str = told("3 breaches avoided, 1 added.")
    tone: str = told("`good`, `bad` or `plain`.")
    basis: str = told("Of how many cases and answers, and what is left out.")
    weeks: tuple[MissedLook, ...] = told("As it is, and with these points.")
    cases: int = told("Answers that were due: the end of both bars.")
    avoided: tuple[WeekCase, ...] = told("In time only with these points.")
    added: tuple[WeekCase, ...] = told("Late only with these points.")
    more: str = told("How many more there are than are listed.", default="")
    queue: tuple[MovedCase, ...] = told("The first cases of the queue as it would be.")
    save_url: str = told("Keeps what was looked at.")
    values: tuple[tuple[str, str], ...] = told("The weights looked at, as fields.")
    note: str = told("What was typed as a reason.", default="")
    note_error: str = told("What to do about it.", default="")
    is_unchanged: bool = told("They are the weights in force.", default=False)


@dataclass(frozen=True, kw_only=True)
class WeightVersionLook:
    """One version in the list."""

    number: str = told("Version 3; what holds before any.")
    at: str = told("When it was saved.", default="")
    by: str = told("By whom.", default="")
    note: str = told("Why.", default="")
    changes: tuple[str, ...] = told("Urgent words 40 → 60.", default=())
    is_in_force: bool = told("It counts now.", default=False)
    back_number: str = told("Posted to go back to it; empty for the one in force.", default="")
    back_note: str = told("The reason kept with going back.", default="")


@dataclass(frozen=True, kw_only=True)
class WeightsPage:
    """What counts how much, `ranking/page.html`.

    Posts: `look_url` gets the weights and `based_on` and shows last week by them; `back_url` gets `number`, `based_on`
    and `note`.
    """

    groups: tuple[WeightGroup, ...] = told("The weights.")
    look_url: str = told("Shows last week by what is typed; empty for who leads only some brands.", default="")
    back_url: str = told("Goes back to an earlier version.", default="")
    based_on: int = told("The version the form was filled from.")
    notice: Notice | None = told("What went wrong.", default=None)
    warning: Notice | None = told("What these points let happen.", default=None)
    ranked: int = told("Open cases that stand by the newest weights.", default=0)
    open: int = told("Of so many.", default=0)
    is_ranking: bool = told("Some stand by earlier weights still.", default=False)
    week: WeekLook | None = told("Last week by what is typed, where it was asked for.", default=None)
    versions: tuple[WeightVersionLook, ...] = told("Newest first.", default=())
