"""How brands are answered: four figures of 7 and 28 days, public and private apart, and the cases behind each."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent
from flask import Blueprint, Response, make_response, request
from flask_babel import gettext as _

from agency.reports.figures import (
    PRIVATE,
    PUBLIC,
    SPANS,
    CountedCase,
    DaySums,
    Figures,
    Sums,
    counted_cases,
    read_figures,
)
from agency.web import clocks
from agency.web.contexts_figures import (
    BrandFigures,
    CountedCasesPage,
    CountedRow,
    DayBar,
    FigureLine,
    FiguresPage,
    FigureValue,
)
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import BrandLook, Choice, brand_look
from agency.web.reply_looks import place_words
from agency.web.shell import brand_looks, may_open, render_page
from agency.web.spreadsheet_cells import Figure, cell
from agency.web.who import actor_of_request
from tenants import clock
from tenants.errors import NotFound
from tenants.ids import id_from

figures = Blueprint("figures", __name__)

PAGE_ROWS = 50
DASH = "–"
DRAWN_HEIGHT = 40
STEP, BAR = 12, 10
"""Units from one day of the drawing to the next, and of its bar."""
KINDS = (PUBLIC, PRIVATE)
FIGURES, CASES, FILE = "/figures", "/figures/cases", "/figures.csv"


@figures.get("/figures", endpoint="figures")
def show_figures() -> Response:
    """Of all brands of this person or of one."""
    actor, looks, days, brand_id = actor_of_request(), brand_looks(), _days(), _brand()
    found = read_figures(actor, days, brand_id)
    page = figures_page(found, looks, days, brand_id, rest=request.args.get("rest") == "1")
    wall = "/wall" if may_open(actor, "wall.wall") else ""
    return make_response(render_page("figures/page.html", page, wall_url=wall))


@figures.get("/figures/cases")
def cases() -> Response:
    """The cases behind one number, fifty at a time."""
    looks, days, brand_id = brand_looks(), _days(), _brand()
    of, kind, after = (
        request.args.get("of") or "received",
        request.args.get("kind", PUBLIC),
        request.args.get("after") or None,
    )
    found = counted_cases(actor_of_request(), of, kind, days, brand_id, after)
    total = read_figures(actor_of_request(), days, brand_id).total(kind)
    here: dict[str, Any] = {"of": of, "kind": kind, "days": days, "brand": brand_id}
    number = total.asked - total.answered if of == "unanswered" else int(getattr(total, of))
    page = CountedCasesPage(
        title=_("%(figure)s, %(where)s, the last %(days)s days", figure=_names()[of], where=_where(kind), days=days),
        number=_number(number),
        meaning=_("The counts of all rows come to this number."),
        rows=tuple(counted_row(one, looks, takes_time=of == "answered") for one in found.rows),
        back_url=_to(FIGURES, days=days, brand=brand_id),
        back_words=_("Figures"),
        next_url=_to(CASES, **here, after=found.next_cursor) if found.next_cursor else "",
        first_url=_to(CASES, **here) if after else "",
    )
    return make_response(render_page("figures/cases.html", page))


@figures.get("/figures.csv")
def file() -> Response:
    """A row for each brand, public and private apart; of all of them or of one."""
    days, brand_id = _days(), _brand()
    found = read_figures(actor_of_request(), days, brand_id)
    looks, out = brand_looks(), io.StringIO()
    table = csv.writer(out)
    table.writerow(
        (
            *("brand", "channel", "days", "received", "asked", "answered", "average_seconds", "median_seconds"),
            *("client_average_seconds", "cases", "resolved", "met", "missed"),
        )
    )
    for one in sorted(found.brands, key=lambda each: _look(looks, each.brand_id).name.lower()):
        for kind, sums in ((PUBLIC, one.public), (PRIVATE, one.private)):
            shown = (days, sums.received, sums.asked, sums.answered, sums.average_seconds, sums.median_seconds)
            more = (sums.client_average_seconds, sums.cases, sums.resolved, sums.met, sums.missed)
            name = cell(_look(looks, one.brand_id).name)
            table.writerow([name, kind, *(cell(None if value is None else Figure(value)) for value in shown + more)])
    answer = Response(out.getvalue().encode("utf-8-sig"), mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename=f"figures-{clock.now():%Y-%m-%d}-{days}.csv")
    return answer


def _to(path: str, **asked: object) -> str:
    """An address with what is asked; what is None is left out."""
    return f"{path}?{urlencode({name: value for name, value in asked.items() if value is not None})}"


def _days() -> int:
    given = request.args.get("days", "")
    return int(given) if given in map(str, SPANS) else SPANS[0]


def _brand() -> UUID | None:
    """The brand asked for; None for all. Raises NotFound for one that is not this person's."""
    given = request.args.get("brand", "")
    brand_id = id_from(given)
    if given and brand_id not in brand_looks():
        raise NotFound()
    return brand_id


def figures_page(
    found: Figures, looks: Mapping[UUID, BrandLook], days: int, brand_id: UUID | None, *, rest: bool
) -> FiguresPage:
    """What was read, ready to print."""
    each = sorted(found.brands, key=lambda one: (_look(looks, one.brand_id).name.lower(), one.brand_id))
    shown = each if rest else each[:PAGE_ROWS]
    choices = tuple(Choice(look.name, "", selected=one == brand_id, value=str(one)) for one, look in looks.items())
    return FiguresPage(
        tabs=tuple(
            Choice(_("%(days)s days", days=one), _to(FIGURES, days=one, brand=brand_id), one == days) for one in SPANS
        ),
        brands=(Choice(_("All brands"), "", selected=brand_id is None), *choices) if len(looks) > 1 else (),
        brands_url=FIGURES,
        days=days,
        lines=_lines(found, days, brand_id),
        bars=_bars(found.days, days),
        width=days * STEP,
        drawn=_("Questions by the day they began, the answered part full, over %(days)s days.", days=days),
        rows=tuple(_row(_look(looks, one.brand_id), one.public | one.private, days) for one in shown)
        if brand_id is None and len(looks) > 1
        else (),
        rest_url=_to(FIGURES, days=days, rest=1) if len(shown) < len(each) and brand_id is None else "",
        csv_url=_to(FILE, days=days, brand=brand_id),
        empty="" if found.brands else _("Nothing came in these days."),
    )


def _look(looks: Mapping[UUID, BrandLook], brand_id: UUID) -> BrandLook:
    return looks.get(brand_id) or brand_look(str(brand_id), "", "", "")


def _names() -> dict[str, str]:
    """What is counted, by the names of COUNTED."""
    return {
        "received": _("Messages received"),
        "asked": _("Questions"),
        "answered": _("Answered questions"),
        "unanswered": _("Not answered yet"),
        "cases": _("Cases"),
        "resolved": _("Resolved cases"),
        "met": _("Answered in time"),
        "missed": _("Answered too late"),
    }


def _where(kind: str) -> str:
    return _("in private") if kind == PRIVATE else _("in public")


def _lines(found: Figures, days: int, brand_id: UUID | None) -> tuple[FigureLine, ...]:
    """The four figures; beside them the client's own time and what the clocks say."""
    totals = {kind: found.total(kind) for kind in KINDS}

    def link(of: str, kind: str, count: int) -> str:
        return _to(CASES, of=of, kind=kind, days=days, brand=brand_id) if count else ""

    def value(name: str, kind: str) -> FigureValue:
        sums = totals[kind]
        if name == "time":
            return FigureValue(
                words=_span(sums.average_seconds),
                url=link("answered", kind, sums.answered),
                small=_("median about %(span)s", span=_span(sums.median_seconds)) if sums.answered else "",
            )
        if name == "client":
            return FigureValue(words=_span(sums.client_average_seconds), url=link("answered", kind, sums.answered))
        if name == "received":
            return FigureValue(words=_number(sums.received), url=link("received", kind, sums.received))
        part, whole, beside, count = {
            "answered": (sums.answered, sums.asked, "unanswered", sums.asked - sums.answered),
            "resolved": (sums.resolved, sums.cases, "cases", sums.cases),
            "met": (sums.met, sums.met + sums.missed, "missed", sums.missed),
        }[name]
        said = {
            "unanswered": _("not answered yet: %(num)s", num=_number(count)),
            "cases": _("of cases: %(num)s", num=_number(count)),
            "missed": _("too late: %(num)s", num=_number(count)),
        }[beside]
        return FigureValue(
            words=_share(part, whole),
            url=link(name, kind, part),
            small=said if count else "",
            small_url=link(beside, kind, count),
        )

    words = {
        "time": (
            _("Average time to an answer"),
            _("From the first words of a question to our answer, nights and all."),
        ),
        "client": (_("Of it with the client"), _("How long the client had the reply before the yes, on average.")),
        "answered": (
            _("Share answered"),
            _("Of the questions that began in these days. What asks no answer is left out."),
        ),
        "received": (_("Messages received"), _("Written by customers in these days.")),
        "resolved": (
            _("Share resolved"),
            _("Of the cases whose customer wrote last in these days, those that are closed."),
        ),
        "met": (_("Answered in time"), _("By the clocks of each brand, of answers that were given.")),
    }
    return tuple(
        FigureLine(label=label, meaning=said, public=value(name, PUBLIC), private=value(name, PRIVATE))
        for name, (label, said) in words.items()
    )


def _bars(found: list[DaySums], days: int) -> tuple[DayBar, ...]:
    by_day: dict[date, list[int]] = {}
    for one in found:
        kept = by_day.setdefault(one.day, [0, 0, 0])
        for place, count in enumerate((one.received, one.asked, one.answered)):
            kept[place] += count
    if not by_day:
        return ()
    last = max(clock.now().astimezone(chosen_zone()).date(), *by_day)
    most = max(1, *(asked for _received, asked, _answered in by_day.values()))
    bars = []
    for place in range(days):
        day = last - timedelta(days=days - 1 - place)
        received, asked, answered = by_day.get(day, [0, 0, 0])
        bars.append(
            DayBar(
                day=format_date(day, "d MMM", locale=chosen_language()),
                x=place * STEP,
                asked=-(-asked * DRAWN_HEIGHT // most),
                answered=-(-answered * DRAWN_HEIGHT // most),
                received_words=_number(received),
                asked_words=_number(asked),
                answered_words=_number(answered),
            )
        )
    return tuple(bars)


def _row(look: BrandLook, sums: Sums, days: int) -> BrandFigures:
    return BrandFigures(
        brand=look,
        url=_to(FIGURES, days=days, brand=look.id),
        received=_number(sums.received),
        answered=_share(sums.answered, sums.asked),
        time=_span(sums.average_seconds),
        client=_span(sums.client_average_seconds),
        resolved=_share(sums.resolved, sums.cases),
    )


def counted_row(one: CountedCase, looks: Mapping[UUID, BrandLook], *, takes_time: bool) -> CountedRow:
    """A case behind a number; `takes_time`: what is counted took some."""
    return CountedRow(
        brand=_look(looks, one.brand_id),
        place=place_words(one.platform, one.kind),
        customer=one.author_name or _("Somebody"),
        words=one.excerpt,
        url=f"/conversations/{one.conversation_id}",
        day=format_date(one.day, "d MMM y", locale=chosen_language()),
        count=_number(one.adds),
        took=_span(one.seconds // one.adds) if takes_time else "",
    )


def _number(count: int) -> str:
    return str(format_decimal(count, locale=chosen_language()))


def _share(part: int, whole: int) -> str:
    return str(format_percent(part / whole, locale=chosen_language())) if whole else DASH


def _span(seconds: int | None) -> str:
    return DASH if seconds is None else clocks.span_words(seconds, chosen_language())
