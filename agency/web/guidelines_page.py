"""A brand's reply guidelines: list, write, change, take away. Two people at one guideline: the second is told."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from agency.web.brand_address import brand_at, look_of
from agency.web.contexts_setup import GuidelineLook, GuidelinePage, GuidelinesPage
from agency.web.looks import Choice, Notice
from agency.web.shell import render_page, toast
from agency.web.who import actor_of_request
from styleguides import guidelines as room
from styleguides.models import Guideline
from tenants.database import db
from tenants.errors import Conflict, Invalid, NotFound, worded
from tenants.ids import id_from
from tenants.models import Brand
from tenants.permissions import Permission

guidelines_page = Blueprint("guidelines_page", __name__)

FIELDS = ("title", "when", "steps", "offer", "currency", "never_say", "visibility")


@guidelines_page.get("/brands/<brand_id>/guidelines")
def guidelines(brand_id: str) -> Response:
    """All of them, by title."""
    brand, actor = brand_at(brand_id, Permission.GUIDE_READ), actor_of_request()
    may_write = actor.may(Permission.GUIDE_WRITE)
    page = GuidelinesPage(
        brand=look_of(brand),
        rows=tuple(_look(brand, row, may_write) for row in room.list_guidelines(actor, brand.id)),
        new_url=url_for("guidelines_page.new", brand_id=brand.id) if may_write else "",
    )
    return make_response(render_page("guidelines/page.html", page))


@guidelines_page.get("/brands/<brand_id>/guidelines/new")
def new(brand_id: str) -> Response:
    """An empty form."""
    return _form(brand_at(brand_id, Permission.GUIDE_WRITE), None, {"visibility": "both"})


@guidelines_page.post("/brands/<brand_id>/guidelines")
def create(brand_id: str) -> AnyResponse:
    """Keep a new one."""
    brand = brand_at(brand_id, Permission.GUIDE_WRITE)
    try:
        room.create_guideline(actor_of_request(), brand.id, _typed())
    except Invalid as error:
        db.session.rollback()
        return _form(brand_at(brand_id, Permission.GUIDE_WRITE), None, _kept(), status=422, error=error)
    toast(_("Guideline added"))
    return redirect(url_for("guidelines_page.guidelines", brand_id=brand_id), code=303)


@guidelines_page.get("/brands/<brand_id>/guidelines/<guideline_id>")
def guideline(brand_id: str, guideline_id: str) -> Response:
    """The form of one."""
    brand = brand_at(brand_id, Permission.GUIDE_WRITE)
    found = room.get_guideline(actor_of_request(), brand.id, _id(guideline_id))
    return _form(brand, found, _values(found))


@guidelines_page.post("/brands/<brand_id>/guidelines/<guideline_id>")
def change(brand_id: str, guideline_id: str) -> AnyResponse:
    """Change it, unless somebody was faster: then both texts are shown."""
    brand, wanted = brand_at(brand_id, Permission.GUIDE_WRITE), _id(guideline_id)
    try:
        room.change_guideline(actor_of_request(), brand.id, wanted, {**_typed(), "version": _version()})
    except (Invalid, Conflict) as error:
        db.session.rollback()
        brand = brand_at(brand_id, Permission.GUIDE_WRITE)
        found = room.get_guideline(actor_of_request(), brand.id, wanted)
        return _form(brand, found, _kept(), status=error.http_status, error=error)
    toast(_("Guideline changed"))
    return redirect(url_for("guidelines_page.guidelines", brand_id=brand_id), code=303)


@guidelines_page.post("/brands/<brand_id>/guidelines/<guideline_id>/delete")
def delete(brand_id: str, guideline_id: str) -> AnyResponse:
    """Take it away, unless it changed since it was looked at."""
    brand, wanted = brand_at(brand_id, Permission.GUIDE_WRITE), _id(guideline_id)
    try:
        room.delete_guideline(actor_of_request(), brand.id, wanted, _version())
    except (Invalid, Conflict) as error:
        db.session.rollback()
        brand = brand_at(brand_id, Permission.GUIDE_WRITE)
        found = room.get_guideline(actor_of_request(), brand.id, wanted)
        return _form(brand, found, _values(found), status=error.http_status, error=error)
    toast(_("Guideline taken away"))
    return redirect(url_for("guidelines_page.guidelines", brand_id=brand_id), code=303)


def _id(text: str) -> UUID:
    found = id_from(text)
    if found is None:
        raise NotFound()
    return found


def _version() -> int:
    text = request.form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _kept() -> dict[str, str]:
    return {name: request.form.get(name, "") for name in FIELDS}


def _typed() -> dict[str, Any]:
    """The form as the room takes it."""
    form = _kept()
    return {
        "title": form["title"],
        "when": form["when"].replace("\r\n", "\n"),
        "steps": form["steps"].splitlines(),
        "never_say": form["never_say"].splitlines(),
        "offer_limit_cents": _cents(form["offer"]),
        "currency": form["currency"].strip().upper() or None,
        "visibility": form["visibility"] or "both",
    }


def _cents(text: str) -> int | None:
    """`20`, `20.50` or `20,50` as cents. Raises Invalid for anything else."""
    plain = text.strip().replace(",", ".")
    if not plain:
        return None
    try:
        cents = Decimal(plain) * 100
        if len(plain) <= 12 and cents == cents.to_integral_value():
            return int(cents)
    except (InvalidOperation, ValueError, OverflowError):
        pass
    raise Invalid(
        "The offer cannot be read. Nothing was changed.", errors={"offer": [worded("must be an amount such as 20.50")]}
    )


def _values(found: Guideline) -> dict[str, str]:
    return {
        "title": found.title,
        "when": found.when,
        "steps": "\n".join(map(str, found.steps)),
        "never_say": "\n".join(map(str, found.never_say)),
        "offer": _amount(found.offer_limit_cents),
        "currency": found.currency or "",
        "visibility": found.visibility,
    }


def _amount(cents: int | None) -> str:
    return "" if cents is None else f"{Decimal(cents) / 100:.2f}"


def offer_words(cents: int | None, currency: str | None) -> str:
    """What may be offered at most: 20.00 EUR; empty for nothing said."""
    return f"{_amount(cents)} {currency or ''}".strip() if cents is not None else ""


def _visibility_words() -> dict[str, str]:
    return {"both": _("In public and in private"), "public": _("In public"), "private": _("In private")}


def _field_words() -> dict[str, str]:
    return {
        "title": _("What it is about"),
        "when": _("When it applies"),
        "steps": _("What to do, a step a line"),
        "offer": _("Offer at most"),
        "currency": _("Currency"),
        "never_say": _("Never say, an entry a line"),
        "visibility": _("Where"),
    }


def _look(brand: Brand, row: Guideline, may_write: bool) -> GuidelineLook:
    return GuidelineLook(
        title=row.title,
        when=row.when,
        steps=tuple(map(str, row.steps)),
        offer=offer_words(row.offer_limit_cents, row.currency),
        never_say=tuple(map(str, row.never_say)),
        visibility=_visibility_words()[row.visibility],
        url=url_for("guidelines_page.guideline", brand_id=brand.id, guideline_id=row.id) if may_write else "",
    )


def _form(
    brand: Brand,
    found: Guideline | None,
    values: dict[str, str],
    *,
    status: int = 200,
    error: Invalid | Conflict | None = None,
) -> Response:
    errors = _errors(error)
    notice: Notice | None = None
    theirs: tuple[tuple[str, str], ...] = ()
    if isinstance(error, Conflict) and found is not None:
        notice = Notice(
            "warn",
            _("Somebody changed this guideline while you were at it."),
            _("Nothing of yours was saved; it is still in the form."),
            _("Look at what it says now, put both together and save again."),
        )
        now, words = _values(found), _field_words()
        theirs = tuple((words[name], now[name]) for name in FIELDS if now[name] != values[name])
    here: dict[str, Any] = {"brand_id": brand.id, "guideline_id": found.id} if found is not None else {}
    page = GuidelinePage(
        brand=look_of(brand),
        title=found.title if found is not None else _("New guideline"),
        url=url_for("guidelines_page.change", **here) if here else url_for("guidelines_page.create", brand_id=brand.id),
        back_url=url_for("guidelines_page.guidelines", brand_id=brand.id),
        delete_url=url_for("guidelines_page.delete", **here) if here else "",
        version=found.version if found is not None else 0,
        values=values,
        errors=errors,
        visibilities=tuple(
            Choice(label, "", value=value, selected=value == values.get("visibility"))
            for value, label in _visibility_words().items()
        ),
        notice=notice,
        theirs=theirs,
    )
    return make_response(render_page("guidelines/guideline.html", page), status)


def _errors(error: Invalid | Conflict | None) -> dict[str, str]:
    if error is None:
        return {}
    errors = {name: _(sentences[0]) for name, sentences in error.fields.get("errors", {}).items()}
    if "offer_limit_cents" in errors:
        errors["offer"] = _("Write an amount from 0 to 1,000,000.")
    return errors
