"""Contexts of a brand's month with its client: figures beside goals, what is agreed next, and minutes."""

from __future__ import annotations

from dataclasses import dataclass

from agency.web.contexts_day import DayPlace
from agency.web.looks import BrandLook, Notice, told


@dataclass(frozen=True, kw_only=True, slots=True)
class MonthValue:
    """A number, the cases behind it, and what it was to be."""

    words: str = told("2 h, 94%, 1,204; a dash where there is nothing to count.")
    url: str = told("The cases behind it; empty where there are none or they are no longer kept.", default="")
    small: str = told("too late: 12; empty for nothing.", default="")
    small_url: str = told("Where the second number leads.", default="")
    goal: str = told("at least 90%; empty where none was agreed.", default="")
    is_met: bool | None = told("Whether it was; None where there was nothing to count.", default=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class MonthLine:
    """One figure, public and private apart."""

    label: str = told("Average time to an answer.")
    meaning: str = told("What is counted, in one sentence.")
    public: MonthValue = told("Of public words.")
    private: MonthValue = told("Of private messages.")


@dataclass(frozen=True, kw_only=True, slots=True)
class AgreedGoal:
    """A goal with who agreed to it."""

    label: str = told("Share answered, in public.")
    target: str = told("at least 90%.")
    agreed: str = told("agreed on 3 Nov 2026 with A. Kowalski, written down by Marek.")


@dataclass(frozen=True, kw_only=True, slots=True)
class GoalField:
    """One figure's two fields of the form."""

    label: str = told("Share answered, at least %.")
    public: str = told("As typed or as it holds.", default="")
    private: str = told("The same.", default="")
    name: str = told("answered: the fields are `answered.public` and `answered.private`.")
    error: str = told("What is wrong with one of them.", default="")


@dataclass(frozen=True, kw_only=True)
class GoalsForm:
    """Posts a field for each figure, `agreed_on`, `agreed_with` and `based_on`."""

    url: str = told("Where it goes.")
    based_on: str = told("What it was filled from.")
    fields: tuple[GoalField, ...] = told("One a figure.")
    agreed_on: str = told("2026-11-03.")
    agreed_with: str = told("As typed.", default="")
    errors: dict[str, str] = told("By field.", default_factory=dict)
    is_open: bool = told("Whether it is unfolded: after a refusal.", default=False)


@dataclass(frozen=True, kw_only=True)
class MinutesForm:
    """Posts `words`, `present`, `held_on`, `is_shared` and `based_on`."""

    url: str = told("Where it goes.")
    based_on: int = told("How often they were saved when it was filled.")
    words: str = told("As typed or kept.")
    present: str = told("Who was there.")
    held_on: str = told("2026-11-03, empty for none.")
    is_shared: bool = told("Whether the client reads them.")
    errors: dict[str, str] = told("By field.", default_factory=dict)
    is_open: bool = told("Whether it is unfolded: after a refusal.", default=False)


@dataclass(frozen=True, kw_only=True)
class MonthPage:
    """`months/page.html`."""

    brand: BrandLook = told("Whose.")
    month: str = told("October 2026.")
    standing: str = told("That the month goes on, since when its figures stand, or that they are not reported yet.")
    digest: str = told("Of the figures as reported, to compare with the record; empty before.", default="")
    earlier_url: str = told("The month before; empty before anything was counted.", default="")
    later_url: str = told("The next; empty for months to come.", default="")
    months_url: str = told("All brands' months; empty behind a link.", default="")
    figures_url: str = told("The brand's figures of the last days; empty behind a link.", default="")
    lines: tuple[MonthLine, ...] = told("The figures.")
    gone: str = told("That single cases of that month are no longer kept; empty while they are.", default="")
    empty: str = told("That nothing came; empty where something did.", default="")
    goals: tuple[AgreedGoal, ...] = told("Those of this month.", default=())
    next_month: str = told("November 2026.")
    next_goals: tuple[AgreedGoal, ...] = told("Those from the next month on.", default=())
    goals_form: GoalsForm | None = told("For who may write them down, while they can still be agreed.", default=None)
    minutes: str = told("As kept, for who may read them.", default="")
    minutes_said: str = told("Held on 3 Nov 2026; present: …; saved by Marek, …", default="")
    minutes_form: MinutesForm | None = told("For who may write them.", default=None)
    notice: Notice | None = told("What was refused.", default=None)
    day: DayPlace | None = told("What stands around it behind a link.", default=None)
    sign_in_url: str = told("Where the cases behind the numbers open, from behind a link.", default="")


@dataclass(frozen=True, kw_only=True, slots=True)
class MonthRow:
    """A brand's last month."""

    brand: BrandLook = told("Whose.")
    url: str = told("Its page.")
    reported: str = told("1 Dec 2026, or that it is not yet.")
    minutes: str = told("Saved, Shared with the client, or a dash.")


@dataclass(frozen=True, kw_only=True)
class MonthsPage:
    """All brands' last months, `months/list.html`."""

    rows: tuple[MonthRow, ...] = told("By name.")
    rest_url: str = told("All rows, where there are more than are shown.", default="")
    figures_url: str = told("The figures of the last days.")
