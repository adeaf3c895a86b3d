"""Why a case is somebody's, and what became of it in a handover, in words."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import ngettext

from agency.replies.holdings import Candidate, Why
from agency.web.language import per_language, time_of_day
from agency.web.looks import StateLook
from tenants.shifts import Standing


@per_language
def reason_words() -> dict[str, str]:
    """Why, without its time."""
    return {
        "held": _("In hand"),
        "kept": _("Kept for this person"),
        "promised": _("Promised"),
        "comes_back": _("Comes back"),
        "snoozed": _("Put off"),
        "waits": _("A reply waits"),
        "draft": _("A draft is begun"),
    }


@per_language
def _timed() -> dict[str, str]:
    return {
        "promised": _("Promised for %(time)s"),
        "comes_back": _("Comes back %(time)s"),
        "snoozed": _("Put off until %(time)s"),
        "waits": _("A reply waits since %(time)s"),
    }


def why_words(why: Why) -> str:
    """Why, with its time."""
    if why.at is None or why.reason not in _timed():
        return reason_words().get(why.reason, why.reason)
    return _timed()[why.reason] % {"time": time_of_day(why.at)}


@per_language
def case_looks() -> dict[str, StateLook]:
    """What became of a case."""
    return {
        "offered": StateLook("offered", _("Offered"), "hourglass", "info"),
        "accepted": StateLook("accepted", _("Accepted"), "check", "good"),
        "declined": StateLook("declined", _("Declined"), "cross", "warn"),
        "withdrawn": StateLook("withdrawn", _("Taken back"), "undo", "plain"),
        "lost": StateLook("lost", _("Not moved"), "alert", "warn"),
        "lapsed": StateLook("lapsed", _("Nobody answered"), "alert", "bad"),
    }


def left_words(why: str | None, who: str = "") -> str:
    """Why a case did not move."""
    said = {
        "taken": _("%(name)s has taken it meanwhile.", name=who) if who else _("Somebody has taken it meanwhile."),
        "offered": _("It is offered to %(name)s already.", name=who),
        "closed": _("It is closed."),
        "merged": _("It is told within another case."),
        "no_brand": _("%(name)s does not work on its brand.", name=who),
        "gone": _("It is not yours any more."),
    }
    return said.get(why or "", "")


def candidate_words(one: Candidate, cases: int) -> str:
    """Ben: from 16:00, works on 7 of 7, reads 6, holds 3 of 12."""
    parts = []
    if one.standing in (Standing.ON, Standing.ON_BREAK):
        parts.append(_("on shift"))
    elif one.there_at is not None:
        parts.append(_("from %(time)s", time=time_of_day(one.there_at)))
    if one.works_on < cases:
        parts.append(_("works on %(some)s of %(all)s", some=one.works_on, all=cases))
    if one.reads < one.works_on:
        parts.append(ngettext("reads %(num)s", "reads %(num)s", one.reads))
    held = _("%(held)s of %(most)s", held=one.held, most=one.most_cases) if one.most_cases else str(one.held)
    parts.append(_("holds %(held)s", held=held))
    if not one.has_room:
        parts.append(_("no room for all"))
    return f"{one.name}: {', '.join(parts)}"
