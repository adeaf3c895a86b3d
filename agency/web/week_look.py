"""Last week answered again, as a page shows it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from agency.inbox.last_week import CASES_SHOWN, MOST_CASES, Look
from agency.inbox.ranking import score_of
from agency.inbox.week_replay import Move
from agency.web import clocks
from agency.web.contexts_ranking import MissedLook, MovedCase, WeekCase, WeekLook
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import StateLook, brand_look


def week_look(
    look: Look, *, save_url: str, values: tuple[tuple[str, str], ...], note: str, note_error: str, is_unchanged: bool
) -> WeekLook:
    """The comparison in words, bars and lists. `values` are the weights looked at."""
    avoided, added = look.comparison.avoided, look.comparison.added
    due = sum(case.facts.due_at is not None for case in look.week.cases)
    hidden = max(0, len(avoided) - CASES_SHOWN) + max(0, len(added) - CASES_SHOWN)
    return WeekLook(
        summary=_summary(len(avoided), len(added)),
        tone="plain" if len(avoided) == len(added) else "good" if len(avoided) > len(added) else "bad",
        basis=_basis(look),
        weeks=(
            _missed(_("As it is now"), len(look.comparison.before.breaches), due),
            _missed(_("With these points"), len(look.comparison.after.breaches), due),
        ),
        cases=max(due, 1),
        avoided=tuple(_case(look, one) for one in avoided[:CASES_SHOWN]),
        added=tuple(_case(look, one) for one in added[:CASES_SHOWN]),
        more=ngettext("%(num)s more is not listed.", "%(num)s more are not listed.", hidden) if hidden else "",
        queue=tuple(_moved(look, move) for move in look.moves if move.id in look.named),
        save_url=save_url,
        values=values,
        note=note,
        note_error=note_error,
        is_unchanged=is_unchanged,
    )


def _summary(avoided: int, added: int) -> str:
    if not avoided and not added:
        return _("Last week would have missed the same due times.")
    words = ngettext("%(num)s missed due time avoided", "%(num)s missed due times avoided", avoided)
    new = ngettext("%(num)s new one", "%(num)s new ones", added)
    return f"{words}, {new}."


def _basis(look: Look) -> str:
    count = ngettext("%(num)s case", "%(num)s cases", len(look.week.cases))
    answers = ngettext("%(num)s answer", "%(num)s answers", len(look.week.serves))
    words = _(
        "The last seven days, answered again: %(cases)s, %(answers)s at the moments they were given, each to the case "
        "on top. A case counts once, with its customer's newest words, and is due by its brand's hours of today.",
        cases=count,
        answers=answers,
    )
    most = _("Only the first %(n)s open and the last %(n)s answered cases are looked at.", n=MOST_CASES)
    return f"{words} {most}" if look.week.is_cut else words


def _missed(label: str, late: int, due: int) -> MissedLook:
    return MissedLook(label=label, late=late, words=_("%(late)s of %(due)s late", late=late, due=due))


def _case(look: Look, case_id: UUID) -> WeekCase:
    named = look.named[case_id]
    return WeekCase(
        brand=brand_look(str(named.brand_id), named.brand_name, named.mark, named.colour),
        url=url_for("inbox.case", conversation_id=case_id),
        author=named.author_name or _("Somebody"),
        excerpt=named.excerpt,
        due=_moment(named.due_at),
    )


def _moment(at: datetime | None) -> str:
    return clocks.moment(at, chosen_zone(), chosen_language()).words if at is not None else ""


def _moved(look: Look, move: Move) -> MovedCase:
    up = move.before - move.after
    if up > 0:
        state = StateLook("up", ngettext("%(num)s up", "%(num)s up", up), "up", "good")
    elif up < 0:
        state = StateLook("down", ngettext("%(num)s down", "%(num)s down", -up), "down", "warn")
    else:
        state = StateLook("stays", _("stays"), "dot", "plain")
    return MovedCase(
        case=_case(look, move.id),
        after=move.after,
        before=move.before,
        score_before=score_of(move.rank_before, look.week.until) or 0,
        score_after=score_of(move.rank_after, look.week.until) or 0,
        move=state,
    )
