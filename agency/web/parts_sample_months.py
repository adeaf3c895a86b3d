"""An invented month with a client, for `/parts/pages/`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from agency.reports.figures import Sums
from agency.reports.goals import Goal, Which
from agency.reports.models import WAIT_STEPS
from agency.reports.monthly import MonthFigures, MonthPart
from agency.web.contexts_months import GoalsForm, MinutesForm, MonthPage, MonthRow, MonthsPage
from agency.web.looks import BrandLook, Notice
from agency.web.month_drawing import agreed_goals, goal_fields, month_lines, month_words

_MONTH, _NEXT = date(2026, 10, 1), date(2026, 11, 1)
_WHO = "Kowalski <img src=x onerror=alert(1)>"


def months(brands: Sequence[BrandLook], kind: str = "") -> MonthsPage:
    """The list; `none`: no brand is in use."""
    rows = tuple(
        MonthRow(brand=one, url="#", reported="1 Nov 2026, 08:00", minutes="Shared with the client") for one in brands
    )
    return MonthsPage(rows=() if kind == "none" else rows, rest_url="#", figures_url="#")


def month(brand: BrandLook, kind: str = "") -> MonthPage:
    """`owner`: as a client reads it; `none`: nothing came; `refused`: a form that was refused."""
    waits = tuple(40 if place in (7, 9, 12) else 0 for place in range(WAIT_STEPS))
    sums = Sums(1_204, 900, 850, 850 * 7_400, 850 * 1_200, 800, 50, 700, 640, waits)
    public = MonthPart(sums, {"heard": (880, 20), "answered": (800, 50), "resolved": (0, 0)}, 120, 120 * 5_000, 90_000)
    private = MonthPart(Sums(received=3))
    goals: dict[Which, Goal] = {
        (figure, side): Goal(figure, side, target, _MONTH, date(2026, 10, 3), _WHO, "Marek")
        for figure, side, target in (("time", False, 9_000), ("answered", False, 98), ("client", True, 7_200))
    }
    errors = {"agreed_with": "must name who agreed, in 200 characters at most"} if kind == "refused" else {}
    reads = kind in ("owner", "none")
    return MonthPage(
        brand=brand,
        month=month_words(_MONTH),
        standing="As they stood when they were reported, on 1 Nov 2026.",
        digest="9f" * 32,
        earlier_url="#",
        later_url="#",
        months_url="#",
        figures_url="#",
        lines=month_lines(MonthFigures(public, private), goals, lambda *_: "#"),
        empty="Nothing came in this month." if kind == "none" else "",
        goals=() if kind == "none" else agreed_goals(goals),
        next_month=month_words(_NEXT),
        next_goals=() if kind == "none" else agreed_goals(goals),
        goals_form=None
        if reads
        else GoalsForm(
            url="#",
            based_on="0",
            fields=goal_fields(goals, None, errors),
            agreed_on="2026-11-03",
            errors=errors,
            is_open=True,
        ),
        minutes="" if kind == "none" else "Kowalski chce szybszych odpowiedzi w weekendy.\n\n" + "słowo " * 60,
        minutes_said="" if kind == "none" else "Held on 3 Nov 2026. Present: Kowalski, Marek. Version 2, by Marek",
        minutes_form=None
        if reads
        else MinutesForm(
            url="#", based_on=2, words="Kowalski", present="Marek", held_on="2026-11-03", is_shared=True, is_open=True
        ),
        notice=Notice("bad", "These goals cannot be kept as they are.") if kind == "refused" else None,
    )
