"""A brand's month put into words: figures beside goals, what was agreed, the forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal, format_percent
from flask_babel import gettext as _

from agency.reports.figures import PRIVATE, PUBLIC
from agency.reports.goals import FIGURES, TIMES, Goal, Which, actual, field_of, is_met
from agency.reports.minutes import Minutes
from agency.reports.monthly import DECIDED, MonthFigures, MonthPart, number_of
from agency.web import clocks
from agency.web.contexts_months import AgreedGoal, GoalField, MonthLine, MonthValue
from agency.web.language import chosen_language, chosen_zone, per_language

DASH = "–"
KINDS = (PUBLIC, PRIVATE)
HOUR_SECONDS = 3_600
Link = Callable[[str, str, int], str]
"""Where the cases behind a number are: what is counted, public or private, and how many; empty for nowhere."""


@per_language
def _labels() -> dict[str, tuple[str, str]]:
    """What each figure is called, and what it counts."""
    return {
        "time": (
            _("Average time to an answer"),
            _("From the first words of a question to our answer, nights and all."),
        ),
        "answered": (
            _("Share answered"),
            _("Of the questions that began in this month. What asks no answer is left out."),
        ),
        "received": (_("Messages received"), _("Written by customers in this month.")),
        "resolved": (
            _("Share resolved"),
            _("Of the cases whose customer wrote last in this month, those that are closed."),
        ),
        "client": (
            _("Until the client's yes"),
            _("Of the replies published in this month that waited for it: from asking to the last yes, on average."),
        ),
        "heard_in_time": (_("Heard in time"), _("Of the clocks of hearing that ended in this month.")),
        "answered_in_time": (_("Answered in time"), _("Of the clocks of the answer that ended in this month.")),
        "resolved_in_time": (_("Resolved in time"), _("Of the clocks of resolving that ended in this month.")),
    }


def month_lines(found: MonthFigures, goals: Mapping[Which, Goal], link: Link) -> tuple[MonthLine, ...]:
    """Every figure, beside its goal where one was agreed."""
    return tuple(
        MonthLine(
            label=label,
            meaning=meaning,
            public=_value(found.public, name, goals.get((name, False)), lambda of, n: link(of, PUBLIC, n)),
            private=_value(found.private, name, goals.get((name, True)), lambda of, n: link(of, PRIVATE, n)),
        )
        for name, (label, meaning) in _labels().items()
    )


def _value(part: MonthPart, name: str, goal: Goal | None, link: Callable[[str, int], str]) -> MonthValue:
    words, of, small, beside = _numbers(part, name)
    count = number_of(part, beside) if beside else 0
    target = goal.target if goal is not None else None
    return MonthValue(
        words=words,
        url=link(of, number_of(part, of)),
        small=small if count or not beside else "",
        small_url=link(beside, count) if beside else "",
        goal=target_words(name, target) if target is not None else "",
        is_met=is_met(name, target, actual(part, name)) if target is not None else None,
    )


def _numbers(part: MonthPart, name: str) -> tuple[str, str, str, str]:
    """The number, what it lists, what stands small below, and what that lists."""
    sums = part.sums
    if name == "time":
        median = _("median about %(span)s", span=_span(sums.median_seconds)) if sums.answered else ""
        return _span(sums.average_seconds), "answered", median, ""
    if name == "client":
        longest = _("at most %(span)s", span=_span(part.decided_longest)) if part.decided else ""
        return _span(part.decided_average), DECIDED, longest, ""
    if name == "received":
        return _number(sums.received), "received", "", ""
    if name == "answered":
        left = sums.asked - sums.answered
        said = _("not answered yet: %(num)s", num=_number(left))
        return _share(sums.answered, sums.asked), "answered", said, "unanswered"
    if name == "resolved":
        return _share(sums.resolved, sums.cases), "resolved", _("of cases: %(num)s", num=_number(sums.cases)), "cases"
    clock = name.removesuffix("_in_time")
    met, missed = part.clocks[clock]
    said = _("too late: %(num)s", num=_number(missed))
    return _share(met, met + missed), f"{clock}_met", said, f"{clock}_missed"


def counted_title(of: str, kind: str, month: date) -> str:
    """What the cases behind a number are, in which month."""
    names = {
        "received": _("Messages received"),
        "asked": _("Questions"),
        "answered": _("Answered questions"),
        "unanswered": _("Not answered yet"),
        "cases": _("Cases"),
        "resolved": _("Resolved cases"),
        "heard_met": _("Heard in time"),
        "heard_missed": _("Heard too late"),
        "answered_met": _("Answered in time"),
        "answered_missed": _("Answered too late"),
        "resolved_met": _("Resolved in time"),
        "resolved_missed": _("Resolved too late"),
        DECIDED: _("Replies that waited for the client's yes"),
    }
    where = _("in private") if kind == PRIVATE else _("in public")
    return _("%(figure)s, %(where)s, %(month)s", figure=names[of], where=where, month=month_words(month))


def month_words(month: date) -> str:
    """October 2026."""
    return str(format_date(month, "LLLL y", locale=chosen_language()))


def day_words(day: date) -> str:
    """3 Nov 2026."""
    return str(format_date(day, "d MMM y", locale=chosen_language()))


def agreed_goals(goals: Mapping[Which, Goal]) -> tuple[AgreedGoal, ...]:
    """With who agreed to each, in the order of the figures."""
    found = []
    for figure in FIGURES:
        for is_private in (False, True):
            goal = goals.get((figure, is_private))
            if goal is None or goal.target is None:
                continue
            where = _("in private") if is_private else _("in public")
            found.append(
                AgreedGoal(
                    label=f"{_labels()[figure][0]}, {where}",
                    target=target_words(figure, goal.target),
                    agreed=_(
                        "agreed on %(day)s with %(who)s, written down by %(name)s",
                        day=day_words(goal.agreed_on),
                        who=goal.agreed_with,
                        name=goal.saved_by_name,
                    ),
                )
            )
    return tuple(found)


def target_words(figure: str, target: int) -> str:
    """At least 90%, at most 2.5 hours."""
    if figure in TIMES:
        return _("at most %(hours)s h", hours=hours_written(target))
    return _("at least %(share)s", share=format_percent(target / 100, locale=chosen_language()))


def hours_written(seconds: int) -> str:
    """2.5 as the reader writes it."""
    return str(format_decimal(seconds / HOUR_SECONDS, "0.##", locale=chosen_language()))


def goal_fields(
    goals: Mapping[Which, Goal], typed: Mapping[str, str] | None, errors: Mapping[str, str]
) -> tuple[GoalField, ...]:
    """As they hold, or as they were typed."""

    def shown(figure: str, is_private: bool) -> str:
        if typed is not None:
            return typed.get(field_of(figure, is_private), "")
        goal = goals.get((figure, is_private))
        if goal is None or goal.target is None:
            return ""
        return hours_written(goal.target) if figure in TIMES else str(goal.target)

    return tuple(
        GoalField(
            label=_("%(figure)s, at most hours", figure=_labels()[figure][0])
            if figure in TIMES
            else _("%(figure)s, at least percent", figure=_labels()[figure][0]),
            public=shown(figure, False),
            private=shown(figure, True),
            name=figure,
            error=" ".join(errors[one] for one in (field_of(figure, n) for n in (False, True)) if one in errors),
        )
        for figure in FIGURES
    )


def minutes_said(kept: Minutes) -> str:
    """When it was, who was there, who saved it."""
    said = []
    if kept.held_on is not None:
        said.append(_("Held on %(day)s.", day=day_words(kept.held_on)))
    if kept.present:
        said.append(_("Present: %(names)s.", names=kept.present))
    if kept.saved_at is not None:
        at = format_datetime(kept.saved_at.astimezone(chosen_zone()), "d MMM y, HH:mm", locale=chosen_language())
        said.append(_("Version %(n)s, by %(name)s, %(time)s", n=kept.number, name=kept.saved_by_name, time=at))
    return " ".join(said)


def _number(count: int) -> str:
    return str(format_decimal(count, locale=chosen_language()))


def _share(part: int, whole: int) -> str:
    """Rounded down, as goals are held against it: what shows 90% has met 90%."""
    return str(format_percent(part * 100 // whole / 100, locale=chosen_language())) if whole else DASH


def _span(seconds: int | None) -> str:
    return DASH if seconds is None else clocks.span_words(seconds, chosen_language())
