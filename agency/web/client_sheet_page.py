"""A brand's client sheet: read it, change it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from agency.web.brand_address import brand_at, look_of
from agency.web.contexts_sheet import SheetFormPage
from agency.web.looks import Choice, Notice
from agency.web.sheet_look import load_words, sheet_look
from agency.web.shell import render_page, toast
from agency.web.who import actor_of_request
from styleguides.client_sheet import CAMPAIGN_FIELDS, CONTACT_FIELDS, MOST_ENTRIES, TEXTS, Sheet, change_sheet, sheet_of
from tenants.database import db
from tenants.errors import Conflict, Invalid
from tenants.ids import id_from
from tenants.models import Brand
from tenants.permissions import Permission

client_sheet_page = Blueprint("client_sheet_page", __name__)

BLANK_ROWS = 1
"""Rows to fill beside those there are; another comes once this is saved."""
FORM_NAMES = {"starts_on": "from", "ends_on": "until"}
"""Fields whose name in the form is another one."""


@client_sheet_page.get("/brands/<brand_id>/sheet")
def sheet(brand_id: str) -> Response:
    """The sheet; `case` is where the reader came from."""
    brand, actor = brand_at(brand_id, Permission.GUIDE_READ), actor_of_request()
    case = id_from(request.args.get("case", ""))
    look = sheet_look(
        sheet_of(actor, brand.id),
        look_of(brand),
        brand.language,
        brand.time_zone,
        may_change=actor.may(Permission.GUIDE_WRITE),
        case_url=f"/conversations/{case}" if case is not None and actor.may(Permission.CONVERSATION_READ) else "",
    )
    return make_response(render_page("sheets/page.html", look))


@client_sheet_page.get("/brands/<brand_id>/sheet/change", endpoint="form")
def show_form(brand_id: str) -> Response:
    """The form."""
    brand = brand_at(brand_id, Permission.GUIDE_WRITE)
    found = sheet_of(actor_of_request(), brand.id)
    return _form(brand, _values(found), found.version)


@client_sheet_page.post("/brands/<brand_id>/sheet", endpoint="change")
def change(brand_id: str) -> AnyResponse:
    """Keep it; what was typed stays in the form where it cannot be kept."""
    brand = brand_at(brand_id, Permission.GUIDE_WRITE)
    try:
        change_sheet(actor_of_request(), brand.id, _typed(), _version())
    except (Invalid, Conflict) as error:
        db.session.rollback()
        brand = brand_at(brand_id, Permission.GUIDE_WRITE)
        typed = {name: value for name, value in request.form.items() if name != "csrf_token"}
        if isinstance(error, Conflict):
            return _form(brand, typed, int(error.fields["version"]), status=409, error=error)
        return _form(brand, typed, _version(), status=422, error=error)
    toast(_("Client sheet saved"))
    return redirect(url_for("client_sheet_page.sheet", brand_id=brand.id), code=303)


def _version() -> int:
    text = request.form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _name(field: str, row: int) -> str:
    return f"{FORM_NAMES.get(field, field)}_{row}"


def _typed() -> dict[str, Any]:
    """The form as the room takes it; rows with nothing in them are gone."""
    texts: dict[str, Any] = {name: request.form.get(name, "").replace("\r\n", "\n") for name in TEXTS}
    return texts | {"contacts": _rows(CONTACT_FIELDS), "campaigns": _rows(CAMPAIGN_FIELDS)}


def _rows(fields: tuple[str, ...]) -> list[dict[str, str]]:
    rows = []
    for number in range(MOST_ENTRIES):
        row = {field: request.form.get(_name(field, number), "").strip() for field in fields}
        if any(value for field, value in row.items() if field != "load"):
            rows.append(row if row.get("load", "usual") else {**row, "load": "usual"})
    return rows


def _values(found: Sheet) -> dict[str, str]:
    values = {name: getattr(found, name) for name in TEXTS}
    for fields, rows in ((CONTACT_FIELDS, found.contacts), (CAMPAIGN_FIELDS, found.campaigns)):
        for number, row in enumerate(rows):
            values |= {_name(field, number): str(getattr(row, field) or "") for field in fields}
    return values


def _form(
    brand: Brand, values: dict[str, str], version: int, *, status: int = 200, error: Invalid | Conflict | None = None
) -> Response:
    contacts, campaigns = (_numbers(values, fields) for fields in (CONTACT_FIELDS, CAMPAIGN_FIELDS))
    errors = _errors(error)
    notice = None
    if isinstance(error, Conflict):
        notice = Notice(
            "warn",
            _("Somebody changed this sheet while you were at it."),
            _("Nothing of yours was saved; it is still in the form."),
            _("Look at the sheet, put both together and save again: then yours takes its place."),
        )
    elif errors:
        notice = Notice("bad", _("Some of this cannot be kept."), _("Nothing was saved; it is still in the form."), "")
    page = SheetFormPage(
        brand=look_of(brand),
        url=url_for("client_sheet_page.change", brand_id=brand.id),
        back_url=url_for("client_sheet_page.sheet", brand_id=brand.id),
        version=version,
        values=values,
        errors=errors,
        contacts=contacts,
        campaigns=campaigns,
        loads={row: _loads(values.get(f"load_{row}", "usual")) for row in campaigns},
        notice=notice,
    )
    return make_response(render_page("sheets/form.html", page), status)


def _numbers(values: dict[str, str], fields: tuple[str, ...]) -> tuple[int, ...]:
    """Of the rows that hold something, what lies between them, and the empty ones after."""
    filled = _filled(values, fields)
    return tuple(range(min(MOST_ENTRIES, (filled[-1] + 1 if filled else 0) + BLANK_ROWS)))


def _filled(values: Mapping[str, str], fields: tuple[str, ...]) -> list[int]:
    """Numbers of the rows that hold something, in order."""
    return [
        number
        for number in range(MOST_ENTRIES)
        if any(values.get(_name(field, number), "").strip() for field in fields if field != "load")
    ]


def _loads(chosen: str) -> tuple[Choice, ...]:
    return tuple(Choice(words, "", value=value, selected=value == chosen) for value, words in load_words().items())


def _errors(error: Invalid | Conflict | None) -> dict[str, str]:
    """By the name of the form's field: `contacts.1.name` is `name_1` of the rows that were sent."""
    if not isinstance(error, Invalid):
        return {}
    rows = {"contacts": _filled(request.form, CONTACT_FIELDS), "campaigns": _filled(request.form, CAMPAIGN_FIELDS)}
    errors: dict[str, str] = {}
    for where, sentences in error.fields.get("errors", {}).items():
        kind, _dot, rest = where.partition(".")
        number, _dot, field = rest.partition(".")
        name = _name(field, rows[kind][int(number)]) if field and kind in rows else where
        errors[name] = _(sentences[0])
    return errors
