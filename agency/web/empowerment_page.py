"""A brand's ledger: what a month used up, its lines, and the same as a file."""

from __future__ import annotations

import csv
import io
import re
import tempfile
from datetime import date
from typing import IO
from urllib.parse import urlencode

from babel.dates import format_date
from babel.numbers import format_percent
from flask import Blueprint, Response, make_response, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from agency.replies.giving import customer_names
from agency.web.brand_address import brand_at, look_of
from agency.web.contexts_empowerment import (
    EmpowermentPage,
    LineLook,
    MeterLook,
    ShareLook,
)
from agency.web.empowerment_words import contacts_of, label_of, left_words, limit_words, line_look, meter_of
from agency.web.language import chosen_language
from agency.web.shell import render_page
from agency.web.spreadsheet_cells import Figure, cell
from agency.web.who import actor_of_request
from styleguides.currencies import plain_amount, said_amount
from styleguides.empowerment import LimitState
from styleguides.empowerment_limits import Rules
from styleguides.empowerment_reading import LineRow, Month, Used, every_line, list_lines, month_of, next_month
from tenants.errors import NotFound
from tenants.models import Brand
from tenants.permissions import Permission

empowerment_page = Blueprint("empowerment_page", __name__)

PAGE_ROWS = 50
HELD_BYTES = 1_000_000
"""A file of lines stands in memory up to here, then on disk."""
_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])", re.ASCII)
_NUMBER = re.compile(r"[1-9]\d{0,8}", re.ASCII)


@empowerment_page.get("/brands/<brand_id>/goodwill")
def empowerment(brand_id: str) -> Response:
    """One month: what it used up, and its lines fifty at a time."""
    brand, actor = brand_at(brand_id, Permission.EMPOWERMENT_READ), actor_of_request()
    found = month_of(actor, brand.id, _month())
    after = request.args.get("after", "")
    rows = list_lines(
        actor,
        brand.id,
        month=found.month,
        after=int(after) if _NUMBER.fullmatch(after) else None,
        limit=PAGE_ROWS + 1,
    )
    may_limit = actor.may(Permission.EMPOWERMENT_LIMIT)
    here = found.month.isoformat()[:7]
    page = EmpowermentPage(
        brand=look_of(brand),
        month=format_date(found.month, "LLLL y", locale=chosen_language()),
        total=_amount(found.given_minor, found.rules) if found.rules.is_set_up else "",
        total_note=_total_note(found),
        **_month_links(brand, found),
        meters=_meters(found),
        fixed=_fixed(found.rules),
        days=_days(found),
        bars=_bars(found),
        scenarios=_shares(found, found.scenarios, brand if may_limit else None),
        people=_shares(found, found.people, None),
        over=_times_over(found.over) if found.over else "",
        lines=_lines(rows[:PAGE_ROWS]),
        next_url=_url(brand, month=here, after=str(rows[PAGE_ROWS - 1].number)) if len(rows) > PAGE_ROWS else "",
        first_url=_url(brand, month=here) if after else "",
        export_url=url_for("empowerment_page.export", brand_id=brand.id, month=here),
        export_all_url=url_for("empowerment_page.export", brand_id=brand.id),
        limits_url=url_for("empowerment_limits_page.limits", brand_id=brand.id) if may_limit else "",
        is_set_up=found.rules.is_set_up,
    )
    return make_response(render_page("empowerment/page.html", page))


@empowerment_page.get("/brands/<brand_id>/goodwill/ledger.csv")
def export(brand_id: str) -> Response:
    """The lines of a month or of all time, the newest first, as a file for spreadsheets."""
    brand, month = brand_at(brand_id, Permission.EMPOWERMENT_READ), _month()
    file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=HELD_BYTES)  # noqa: SIM115 - it is sent after this returns
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(
        (
            _("Line"),
            _("Day"),
            _("Counts on"),
            _("Amount"),
            _("Currency"),
            _("Who"),
            _("Given for"),
            _("Guideline"),
            _("Over the limits because"),
            _("Takes back line"),
            _("Case"),
            _("Reply"),
        )
    )
    for row in every_line(actor_of_request(), brand.id, month=month):
        writer.writerow(map(cell, _fields(row)))
    text.flush()
    text.detach()
    file.seek(0)
    name = f"ledger-{month.isoformat()[:7] if month else 'all'}.csv"
    answer = send_file(file, mimetype="text/csv", as_attachment=True, download_name=name)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _fields(row: LineRow) -> tuple[str | int | None, ...]:
    sign = "-" if row.deed == "taken_back" else ""
    return (
        row.number,
        row.made_on.isoformat(),
        row.given_on.isoformat(),
        Figure(sign + plain_amount(row.amount_minor, row.currency)),
        row.currency,
        row.made_by_name,
        row.words,
        row.scenario,
        row.over_reason,
        row.takes_back,
        str(row.conversation_id),
        str(row.reply_id) if row.reply_id else "",
    )


def _month() -> date | None:
    """The month the address names; None without one. Raises NotFound for what is none."""
    written = request.args.get("month", "")
    if not written:
        return None
    match = _MONTH.fullmatch(written)
    if match is None:
        raise NotFound()
    return date(int(match[1]), int(match[2]), 1)


def _url(brand: Brand, **parts: str) -> str:
    query = urlencode({name: value for name, value in parts.items() if value})
    return url_for("empowerment_page.empowerment", brand_id=brand.id) + (f"?{query}" if query else "")


def _month_links(brand: Brand, found: Month) -> dict[str, str]:
    this = found.rules.today().replace(day=1)
    before = date(found.month.year - (found.month.month == 1), (found.month.month - 2) % 12 + 1, 1)
    has_earlier = found.first is not None and found.first <= before
    later = next_month(found.month)
    return {
        "earlier_url": _url(brand, month=before.isoformat()[:7]) if has_earlier else "",
        "later_url": _url(brand, month="" if later == this else later.isoformat()[:7]) if later <= this else "",
    }


def _amount(amount_minor: int, rules: Rules) -> str:
    return said_amount(amount_minor, rules.currency, chosen_language())


def _total_note(found: Month) -> str:
    """What is left of the brand's month, where it has a limit."""
    whole = next((one for one in found.rules.limits if one[:2] == ("brand_month", None)), None)
    if whole is None:
        return ""
    return left_words(max(0, whole.amount_minor - found.given_minor), whole.amount_minor, found.rules.currency)


def _meters(found: Month) -> tuple[MeterLook, ...]:
    words = limit_words()
    notes = {
        "customer_month": _("the customer with most"),
        "person_day": _("the fullest day of one person"),
        "person_month": _("the person with most"),
        "brand_day": _("the fullest day"),
    }
    return tuple(
        meter_of(
            LimitState(one.limit, one.given_minor),
            found.rules.currency,
            label_of(one.limit, words, found.rules.scenarios),
            note=notes.get(one.limit.kind, ""),
        )
        for one in found.fullest
    )


def _fixed(rules: Rules) -> tuple[tuple[str, str], ...]:
    words = limit_words()
    return tuple(
        (
            label_of(one, words, rules.scenarios),
            _amount(one.amount_minor, rules) if one.is_comparable else _("The guideline names another currency"),
        )
        for one in rules.limits
        if one.kind == "case"
    )


def _days(found: Month) -> tuple[tuple[str, str], ...]:
    """Each day until today or the month's end."""
    if not found.days:
        return ()
    language = chosen_language()
    return tuple(
        (
            format_date(found.month.replace(day=day), "d MMM", locale=language),
            _amount(found.days.get(day, 0), found.rules),
        )
        for day in range(1, _last_day(found) + 1)
    )


def _bars(found: Month) -> tuple[int, ...]:
    top = max(found.days.values(), default=0)
    return tuple(found.days.get(day, 0) * 100 // top for day in range(1, _last_day(found) + 1)) if top else ()


def _last_day(found: Month) -> int:
    return (next_month(found.month) - found.month).days


def _shares(found: Month, used: tuple[Used, ...], brand: Brand | None) -> tuple[ShareLook, ...]:
    """With `brand`, a scenario that was gone over shows where its limit is changed."""
    language = chosen_language()
    return tuple(
        ShareLook(
            name=one.name or _("Without a guideline"),
            amount=_amount(one.given_minor, found.rules),
            percent=one.given_minor * 100 // found.given_minor if found.given_minor else 0,
            share=format_percent(one.given_minor / found.given_minor, locale=language) if found.given_minor else "",
            over=_times_over(one.over) if one.over else "",
            url=url_for("empowerment_limits_page.limits", brand_id=brand.id) if brand is not None and one.over else "",
        )
        for one in used
    )


def _times_over(times: int) -> str:
    return ngettext("%(num)s time over the limits", "%(num)s times over the limits", times)


def _lines(rows: list[LineRow]) -> tuple[LineLook, ...]:
    names = customer_names(contacts_of(rows))
    may_open = actor_of_request().may(Permission.CONVERSATION_READ)
    return tuple(line_look(row, names=names, may_open_case=may_open) for row in rows)
