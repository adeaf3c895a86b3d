"""What the judging found: how one's own replies were judged, and for leads how people do over the weeks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from babel.dates import format_date
from flask import Blueprint, Response, make_response, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from agency.training import quality as room
from agency.training import quality_trends as trends_room
from agency.training.quality_sample import finished_week
from agency.training.quality_trends import PersonTrend
from agency.web import clocks
from agency.web.contexts_quality import MinePage, OwnLook, Square, TrendChart, TrendLook, TrendsPage
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import brand_look
from agency.web.quality_looks import answer_looks, judgement_look, quality_tabs, question_words, week_words
from agency.web.reply_looks import place_words
from agency.web.shell import brand_looks, render_page
from agency.web.who import actor_of_request
from styleguides.masking import masked
from tenants.errors import Invalid
from tenants.ids import id_from

quality_results = Blueprint("quality_results", __name__)

STEP = 12
"""Units from one square of a drawing to the next; a square is ten."""


@quality_results.get("/quality/mine", endpoint="mine")
def show_mine() -> Response:
    """What leads found of the reader's own replies, newest first."""
    actor, after = actor_of_request(), request.args.get("after", "")
    seen = id_from(after)
    if after and seen is None:
        raise _bad_cursor()
    rows = room.judgements_of_mine(actor, seen, room.PAGE_ROWS + 1)
    shown = rows[: room.PAGE_ROWS]
    page = MinePage(
        tabs=quality_tabs(actor, "quality_results.mine"),
        rows=tuple(_own(row) for row in shown),
        next_url=url_for("quality_results.mine", after=shown[-1].judgement.id) if len(rows) > len(shown) else "",
    )
    return make_response(render_page("quality/mine.html", page))


@quality_results.get("/quality/trends", endpoint="trends")
def show_trends() -> Response:
    """A drawing a person and question, over eight weeks."""
    actor, last = actor_of_request(), finished_week(request.args.get("week"))
    people = trends_room.trends_of(actor, last, _after())
    shown, weeks = people[: trends_room.PAGE_PEOPLE], trends_room.weeks_until(last)
    words = question_words()
    page = TrendsPage(
        tabs=quality_tabs(actor, "quality_results.trends"),
        weeks=week_words(weeks[0], weeks[-1]),
        first_week=_day(weeks[0]),
        last_week=_day(weeks[-1]),
        width=len(weeks) * STEP,
        legend=tuple(answer_looks().values()),
        heads=(_("Week of"), _("Judged"), *(words[question] for question in room.QUESTIONS)),
        people=tuple(_trend(person, weeks) for person in shown),
        agreement=_agreement(trends_room.agreement_of(actor, last)),
        next_url=url_for(
            "quality_results.trends",
            week=last.isoformat(),
            after_name=shown[-1].author_name,
            after=shown[-1].author_id,
        )
        if len(people) > len(shown)
        else "",
    )
    return make_response(render_page("quality/trends.html", page))


def _after() -> tuple[str, UUID] | None:
    after, name = request.args.get("after", ""), request.args.get("after_name", "")
    if not after:
        return None
    seen = id_from(after)
    if seen is None or "\x00" in name:
        raise _bad_cursor()
    return name, seen


def _bad_cursor() -> Invalid:
    return Invalid("This page's address is damaged. Start again from the first page.", code="bad_cursor")


def _own(row: room.OwnJudgement) -> OwnLook:
    brand_id = row.judgement.brand_id
    words = masked(row.customer_text) or _("A rating without words.")
    if row.is_deleted:
        words = "" if row.judgement.erased_at is not None else _("Deleted by the customer.")
    return OwnLook(
        brand=brand_looks().get(brand_id) or brand_look(str(brand_id), _("Archived brand"), "–", ""),
        place=place_words(row.platform, row.kind),
        sent=clocks.moment(row.published_at, chosen_zone(), chosen_language()),
        customer=row.customer_name or _("Somebody"),
        customer_words=words,
        language=row.customer_language or "",
        text=row.text,
        judgement=judgement_look(row.judgement),
        receipt_url=url_for("receipts.receipt", reply_id=row.judgement.reply_id),
    )


def _trend(person: PersonTrend, weeks: Sequence[date]) -> TrendLook:
    words = question_words()
    few, height = person.replies < trends_room.FEW, max(week.judgements for week in person.weeks)
    return TrendLook(
        name=person.author_name,
        judged=_judged(person),
        few=_("Too few to read anything from.") if few else "",
        height=height * STEP,
        charts=tuple(
            TrendChart(
                question=words[question],
                squares=_squares(person, question, weeks, height),
                totals=_totals(person, question),
            )
            for question in room.QUESTIONS
        ),
        table=tuple(
            (
                _day(week.week),
                str(week.replies),
                *(" / ".join(str(week.answers[question][one]) for one in room.ANSWERS) for question in room.QUESTIONS),
            )
            for week in person.weeks
        ),
    )


def _squares(person: PersonTrend, question: str, weeks: Sequence[date], height: int) -> tuple[Square, ...]:
    """A square a judgement: a column a week, yes at the foot, no at the top."""
    squares = []
    for week in person.weeks:
        kinds = [answer for answer in room.ANSWERS for _one in range(week.answers[question][answer])]
        x = weeks.index(week.week) * STEP + 1
        squares += [Square(kind, x, (height - place - 1) * STEP + 1) for place, kind in enumerate(kinds)]
    return tuple(squares)


def _judged(person: PersonTrend) -> str:
    said = ngettext("%(num)s judged", "%(num)s judged", person.replies)
    if person.judgements == person.replies:
        return said
    return f"{said}, " + ngettext("%(num)s judgement", "%(num)s judgements", person.judgements)


def _totals(person: PersonTrend, question: str) -> str:
    return " · ".join(f"{person.total(question, code)} {look.word.lower()}" for code, look in answer_looks().items())


def _agreement(found: trends_room.Agreement) -> str:
    if not found.replies:
        return ""
    said = ngettext(
        "%(num)s reply was judged by more than one lead:",
        "%(num)s replies were judged by more than one lead:",
        found.replies,
    )
    return f"{said} " + _("%(alike)s of %(answers)s answers alike.", alike=found.alike, answers=found.answers)


def _day(day: date) -> str:
    return format_date(day, "d MMM", locale=chosen_language())
