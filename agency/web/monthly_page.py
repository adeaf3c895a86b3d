"""`/months` and `/brands/<id>/months/<month>`: how a month went, what was agreed with the client, and its minutes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from agency.reports.figures import PUBLIC
from agency.reports.goals import FIGURES, LONGEST_SECONDS, TIMES, Which, agree, field_of, goals_of, mark_of
from agency.reports.minutes import minutes_of, save_minutes
from agency.reports.models import BrandMonth
from agency.reports.monthly import (
    MonthFigures,
    after,
    before,
    cases_of,
    counted_now,
    first_month,
    has_cases,
    month_from,
    month_of,
    number_of,
    this_month,
    written,
)
from agency.web import clocks
from agency.web.brand_address import brand_at, look_of
from agency.web.contexts_figures import CountedCasesPage
from agency.web.contexts_months import GoalsForm, MinutesForm, MonthPage, MonthRow, MonthsPage
from agency.web.figures import counted_row
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import Notice
from agency.web.month_drawing import (
    HOUR_SECONDS,
    agreed_goals,
    counted_title,
    day_words,
    goal_fields,
    minutes_said,
    month_lines,
    month_words,
)
from agency.web.shell import brand_looks, render_page, toast
from agency.web.who import actor_of_request
from tenants import clock
from tenants.database import db
from tenants.errors import AppError, Conflict, Invalid, NotFound, worded
from tenants.models import Brand
from tenants.permissions import Actor, Permission

monthly_page = Blueprint("monthly_page", __name__)

PAGE_ROWS: Final = 50
_SHARE: Final = re.compile(r"[0-9]{1,3}", re.ASCII)
_HOURS: Final = re.compile(r"[0-9]{1,4}(?:[.,][0-9]{1,4})?", re.ASCII)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_NUMBER: Final = re.compile(r"[0-9]{1,6}", re.ASCII)


@monthly_page.get("/months")
def months() -> AnyResponse:
    """The last month of each brand; of one brand alone its page."""
    actor, looks = actor_of_request(), brand_looks()
    brands = {one.id: one for one in db.session.scalars(select(Brand).where(Brand.id.in_(list(looks))))}
    shown = [brands[one] for one in looks if one in brands and brands[one].archived_at is None]
    if len(shown) == 1:
        return redirect(_address(shown[0], before(this_month(shown[0]))))
    rest = shown if request.args.get("rest") == "1" else shown[:PAGE_ROWS]
    kept = {
        (row.brand_id, row.month): row
        for row in db.session.execute(
            select(
                BrandMonth.brand_id,
                BrandMonth.month,
                BrandMonth.reported_at,
                BrandMonth.saved_at,
                BrandMonth.is_shared,
            ).where(
                BrandMonth.brand_id.in_([one.id for one in rest]),
                BrandMonth.month.in_({before(this_month(one)) for one in rest}),
            )
        )
    }
    may_write = actor.may(Permission.REPORT_WRITE)

    def row(brand: Brand) -> MonthRow:
        month = before(this_month(brand))
        found = kept.get((brand.id, month))
        reported = found.reported_at if found is not None else None
        minutes = ""
        if found is not None and found.saved_at is not None and (may_write or found.is_shared):
            minutes = _("Shared with the client") if found.is_shared else _("Saved, not shared")
        return MonthRow(
            brand=looks[brand.id],
            url=_address(brand, month),
            reported=clocks.moment(reported, chosen_zone(), chosen_language()).words
            if reported is not None
            else _("not yet"),
            minutes=minutes or "–",
        )

    page = MonthsPage(
        rows=tuple(row(one) for one in rest),
        rest_url=url_for("monthly_page.months", rest=1) if len(rest) < len(shown) else "",
        figures_url=url_for("figures.figures"),
    )
    return make_response(render_page("months/list.html", page))


@monthly_page.get("/brands/<brand_id>/months/<month>", endpoint="month")
def show_month(brand_id: str, month: str) -> Response:
    """How it went, beside what was agreed."""
    return _page(brand_at(brand_id, Permission.REPORT_READ), _month(month))


@monthly_page.get("/brands/<brand_id>/months/<month>/cases")
def cases(brand_id: str, month: str) -> Response:
    """The cases behind one number as they stand, fifty at a time."""
    brand, first = brand_at(brand_id, Permission.REPORT_READ), _month(month)
    of, kind = request.args.get("of", "received"), request.args.get("kind", PUBLIC)
    place = request.args.get("after") or None
    found = cases_of(actor_of_request(), brand.id, first, of, kind, place)
    _brand, reported = month_of(actor_of_request(), brand.id, first)
    now = counted_now(brand, first) if reported.reported_at is not None else reported
    number, before_ = number_of(now.part(kind), of), number_of(reported.part(kind), of)
    meaning = _("The counts of all rows come to this number.")
    if number != before_:
        meaning += " " + _("When the month was reported it was %(num)s.", num=before_)
    here = f"{_address(brand, first)}/cases"
    page = CountedCasesPage(
        title=counted_title(of, kind, first),
        number=str(number),
        meaning=meaning,
        rows=tuple(counted_row(one, brand_looks(), takes_time=_takes_time(of)) for one in found.rows),
        back_url=_address(brand, first),
        back_words=month_words(first),
        next_url=f"{here}?{urlencode({'of': of, 'kind': kind, 'after': found.next_cursor})}"
        if found.next_cursor
        else "",
        first_url=f"{here}?{urlencode({'of': of, 'kind': kind})}" if place else "",
    )
    return make_response(render_page("figures/cases.html", page))


@monthly_page.post("/brands/<brand_id>/months/<month>/goals")
def goals(brand_id: str, month: str) -> AnyResponse:
    """Write down what was agreed from the next month on."""
    brand, first, form = brand_at(brand_id, Permission.REPORT_WRITE), _month(month), request.form
    typed = {name: form.get(name, "").strip()[:20] for name in (field_of(*which) for which in _every())}
    try:
        errors: dict[str, list[str]] = {}
        wanted = {which: _target(which[0], typed[field_of(*which)], field_of(*which), errors) for which in _every()}
        if errors:
            raise Invalid("These goals cannot be kept as they are. Nothing was changed; see the fields.", errors=errors)
        agree(
            actor_of_request(),
            brand.id,
            after(first),
            wanted,
            agreed_on=_day(form.get("agreed_on", "")),
            agreed_with=form.get("agreed_with", ""),
            based_on=form.get("based_on", ""),
        )
    except (Invalid, Conflict) as error:
        db.session.rollback()
        return _page(brand_at(brand_id, Permission.REPORT_WRITE), first, error=error, typed_goals=typed)
    toast(_("Kept; the client reads these goals, too."))
    return redirect(_address(brand, first), code=303)


@monthly_page.post("/brands/<brand_id>/months/<month>/minutes")
def minutes(brand_id: str, month: str) -> AnyResponse:
    """Save what was said."""
    brand, first, form = brand_at(brand_id, Permission.REPORT_WRITE), _month(month), request.form
    held, based_on = form.get("held_on", "").strip(), form.get("based_on", "")
    try:
        day = _day(held)
        if held and day is None:
            errors = {"held_on": [worded("must be a day since the month began, today at the latest")]}
            raise Invalid(
                "These minutes cannot be kept as they are. Nothing was changed; see the fields.", errors=errors
            )
        save_minutes(
            actor_of_request(),
            brand.id,
            first,
            form.get("words", ""),
            present=form.get("present", ""),
            held_on=day,
            is_shared=form.get("is_shared") == "1",
            based_on=int(based_on) if _NUMBER.fullmatch(based_on) else -1,
        )
    except (Invalid, Conflict) as error:
        db.session.rollback()
        return _page(brand_at(brand_id, Permission.REPORT_WRITE), first, error=error, typed_minutes=True)
    toast(_("Saved"))
    return redirect(_address(brand, first), code=303)


def _every() -> list[Which]:
    return [(figure, is_private) for figure in FIGURES for is_private in (False, True)]


def _target(figure: str, typed: str, field: str, errors: dict[str, list[str]]) -> int | None:
    if not typed:
        return None
    if figure in TIMES:
        if _HOURS.fullmatch(typed):
            return min(round(Decimal(typed.replace(",", ".")) * HOUR_SECONDS), LONGEST_SECONDS + 1)
        errors[field] = [worded("must be hours, such as 2 or 1.5")]
    elif _SHARE.fullmatch(typed.removesuffix("%").strip()):
        return int(typed.removesuffix("%").strip())
    else:
        errors[field] = [worded("must be from 1 to 100")]
    return None


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed) if _DAY.fullmatch(typed) else None
    except ValueError:
        return None


def _takes_time(of: str) -> bool:
    return of in ("answered", "decided") or of.endswith(("_met", "_missed"))


def _month(text: str) -> date:
    found = month_from(text)
    if found is None:
        raise NotFound()
    return found


def _address(brand: Brand, month: date) -> str:
    return url_for("monthly_page.month", brand_id=brand.id, month=written(month))


def _page(
    brand: Brand,
    month: date,
    *,
    error: AppError | None = None,
    typed_goals: dict[str, str] | None = None,
    typed_minutes: bool = False,
) -> Response:
    page = month_page(actor_of_request(), brand, month, _address, error, typed_goals, typed_minutes=typed_minutes)
    return make_response(render_page("months/page.html", page), 200 if error is None else error.http_status)


def month_page(
    actor: Actor,
    brand: Brand,
    month: date,
    address: Callable[[Brand, date], str],
    error: AppError | None = None,
    typed_goals: dict[str, str] | None = None,
    *,
    typed_minutes: bool = False,
    by_link: bool = False,
) -> MonthPage:
    """What is known of it, ready to print; `by_link`: read by whoever has a link, so numbers lead nowhere."""
    _brand, found = month_of(actor, brand.id, month)
    now, next_ = this_month(brand), after(month)
    holds, follows, kept = goals_of(brand.id, month), goals_of(brand.id, next_), minutes_of(actor, brand.id, month)
    may_write = actor.may(Permission.REPORT_WRITE) and not by_link
    here, form = address(brand, month), request.form
    errors = {field: _(said[0]) for field, said in error.fields.get("errors", {}).items()} if error else {}

    def link(of: str, kind: str, count: int) -> str:
        if by_link or not count or not (has_cases(month) or of == "decided" or of.endswith(("_met", "_missed"))):
            return ""
        return f"{here}/cases?{urlencode({'of': of, 'kind': kind})}"

    goals_form = minutes_form = None
    if may_write and next_ >= now:
        goals_form = GoalsForm(
            url=f"{here}/goals",
            based_on=form.get("based_on", "")[:20] if isinstance(error, Invalid) and typed_goals else mark_of(follows),
            fields=goal_fields(follows, typed_goals, errors),
            agreed_on=form.get("agreed_on", "")[:10] if typed_goals is not None else _today(),
            agreed_with=form.get("agreed_with", "")[:1_000] if typed_goals is not None else "",
            errors=errors if typed_goals is not None else {},
            is_open=typed_goals is not None,
        )
    if may_write:
        minutes_form = MinutesForm(
            url=f"{here}/minutes",
            based_on=kept.number,
            words=form.get("words", "") if typed_minutes else kept.words,
            present=form.get("present", "")[:1_000] if typed_minutes else kept.present,
            held_on=form.get("held_on", "")[:10] if typed_minutes else kept.held_on.isoformat() if kept.held_on else "",
            is_shared=form.get("is_shared") == "1" if typed_minutes else kept.is_shared,
            errors=errors if typed_minutes else {},
            is_open=typed_minutes,
        )
    return MonthPage(
        brand=look_of(brand),
        month=month_words(month),
        standing=_standing(found, month >= now),
        digest=found.digest,
        earlier_url=address(brand, before(month)) if month > first_month(brand) and not by_link else "",
        later_url=address(brand, next_) if next_ <= now and not by_link else "",
        months_url="" if by_link else url_for("monthly_page.months"),
        figures_url="" if by_link else url_for("figures.figures", brand=brand.id),
        lines=month_lines(found, holds, link),
        gone=""
        if has_cases(month) or by_link
        else _("Single cases are kept for 92 days, so some numbers of this month open none any more."),
        empty=_("Nothing came in this month.") if found.public.is_empty and found.private.is_empty else "",
        goals=agreed_goals(holds),
        next_month=month_words(next_),
        next_goals=agreed_goals(follows),
        goals_form=goals_form,
        minutes=kept.words,
        minutes_said=minutes_said(kept),
        minutes_form=minutes_form,
        notice=Notice("bad", _(error.message)) if error is not None else None,
    )


def _today() -> str:
    return clock.now().astimezone(chosen_zone()).date().isoformat()


def _standing(found: MonthFigures, goes_on: bool) -> str:
    if goes_on:
        return _("This month goes on: the figures are those so far.")
    if found.reported_at is None:
        return _("Not reported yet: the figures are as they stand now.")
    return _(
        "As they stood when they were reported, on %(day)s.",
        day=day_words(found.reported_at.astimezone(chosen_zone()).date()),
    )
