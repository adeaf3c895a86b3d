"""A brand's reply guidelines: list, write, change, take away. Two people at one guideline: the second is told."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from agency.web.brand_address import brand_at, look_of
from agency.web.brand_places import brand_places
from agency.web.contexts_setup import Boxes, GuidelineLook, GuidelinePage, GuidelinesPage, SavedReplyChoice
from agency.web.guide_words import language_word
from agency.web.guideline_words import (
    amount,
    case_kind_words,
    final_by_words,
    kind_words,
    offer_words,
    visibility_words,
    when_words,
)
from agency.web.looks import Choice, Notice
from agency.web.reply_looks import platform_word
from agency.web.shell import render_page, toast
from agency.web.who import actor_of_request
from styleguides import guidelines as room
from styleguides.language import SUPPORTED_LANGUAGES
from styleguides.models import Guideline
from styleguides.saved_replies import titles_for
from styleguides.scenarios import PLATFORMS
from tenants.database import db
from tenants.errors import Conflict, Invalid, NotFound, worded
from tenants.ids import id_from
from tenants.models import Brand
from tenants.permissions import Permission

guidelines_page = Blueprint("guidelines_page", __name__)

TEXTS = ("title", "when", "words", "steps", "offer", "currency", "never_say", "visibility", "visibility_reason")
FIELDS = (*TEXTS, "min_stars", "max_stars", "final_by", "example")
BOXES = ("case_kinds", "kinds", "platforms", "languages")
LISTS = (*BOXES, "saved_reply_ids")
"""Fields of boxes to tick; saved replies have a list of their own."""


@guidelines_page.get("/brands/<brand_id>/guidelines")
def guidelines(brand_id: str) -> Response:
    """All of them, by title."""
    brand, actor = brand_at(brand_id, Permission.GUIDE_READ), actor_of_request()
    may_write = actor.may(Permission.GUIDE_WRITE)
    rows = room.list_guidelines(actor, brand.id)
    titles = _titles(brand, rows)
    page = GuidelinesPage(
        brand=look_of(brand),
        places=brand_places(brand.id, "guidelines"),
        rows=tuple(_look(brand, row, titles, may_write) for row in rows),
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
    ticked = {name: "\n".join(request.form.getlist(name)) for name in LISTS}
    return {name: request.form.get(name, "") for name in FIELDS} | ticked


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
        "visibility_reason": form["visibility_reason"].replace("\r\n", "\n"),
        "words": form["words"].splitlines(),
        "min_stars": _stars("min_stars", form["min_stars"]),
        "max_stars": _stars("max_stars", form["max_stars"]),
        "final_by": form["final_by"] or "staff",
        "example": form["example"].replace("\r\n", "\n"),
        **{name: form[name].splitlines() for name in LISTS},
    }


def _stars(name: str, text: str) -> int | None:
    if text not in ("", "1", "2", "3", "4", "5"):
        raise Invalid(
            "The stars cannot be read. Nothing was changed.",
            errors={name: [worded("must be a number of stars from 1 to 5")]},
        )
    return int(text) if text else None


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
        "offer": amount(found.offer_limit_cents),
        "currency": found.currency or "",
        "visibility": found.visibility,
        "visibility_reason": found.visibility_reason,
        "words": "\n".join(map(str, found.words)),
        "min_stars": str(found.min_stars or ""),
        "max_stars": str(found.max_stars or ""),
        "final_by": found.final_by,
        "example": found.example,
        **{name: "\n".join(map(str, getattr(found, name))) for name in LISTS},
    }


def _field_words() -> dict[str, str]:
    return {
        "title": _("What it is about"),
        "when": _("When it applies"),
        "words": _("Words that customers write there"),
        "case_kinds": _("What it sounds like"),
        "min_stars": _("At least so many stars"),
        "max_stars": _("At most so many stars"),
        "kinds": _("Where customers write"),
        "platforms": _("Platforms"),
        "languages": _("Languages"),
        "steps": _("What to do, a step a line"),
        "offer": _("Offer at most"),
        "currency": _("Currency"),
        "never_say": _("Never say, an entry a line"),
        "visibility": _("Where"),
        "visibility_reason": _("Why there"),
        "final_by": _("Who has the last word"),
        "example": _("An answer that did it well"),
        "saved_reply_ids": _("Saved replies that fit"),
    }


def _look(brand: Brand, row: Guideline, titles: dict[str, str], may_write: bool) -> GuidelineLook:
    return GuidelineLook(
        title=row.title,
        when=row.when,
        conditions=when_words(row),
        steps=tuple(map(str, row.steps)),
        offer=offer_words(row.offer_limit_cents, row.currency),
        never_say=tuple(map(str, row.never_say)),
        visibility=visibility_words()[row.visibility],
        visibility_reason=row.visibility_reason,
        final_by=final_by_words()[row.final_by] if row.final_by != "staff" else "",
        example=row.example,
        saved_replies=tuple(titles[one] for one in row.saved_reply_ids if one in titles),
        language=brand.language,
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
        theirs = tuple((words[name], now[name]) for name in words if now[name] != values[name])
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
        visibilities=_options(visibility_words(), values.get("visibility", "")),
        finals=_options(final_by_words(), values.get("final_by", "")),
        stars={name: _options(_star_choices(), values.get(name, "")) for name in ("min_stars", "max_stars")},
        boxes=_boxes(values),
        saved_replies=_saved_replies(brand, values),
        notice=notice,
        theirs=theirs,
    )
    return make_response(render_page("guidelines/guideline.html", page), status)


def _options(words: dict[str, str], chosen: str) -> tuple[Choice, ...]:
    return tuple(Choice(label, "", value=value, selected=value == chosen) for value, label in words.items())


def _star_choices() -> dict[str, str]:
    return {"": _("no matter"), **{str(n): str(n) for n in range(1, 6)}}


def _boxes(values: dict[str, str]) -> tuple[Boxes, ...]:
    ticked = {name: values.get(name, "").splitlines() for name in BOXES}
    spoken = dict.fromkeys((*SUPPORTED_LANGUAGES, *ticked["languages"]))
    words = {
        "case_kinds": case_kind_words(),
        "kinds": kind_words(),
        "platforms": {name: platform_word(name) for name in PLATFORMS},
        "languages": {code: language_word(code) for code in spoken},
    }
    labels = _field_words()
    return tuple(
        Boxes(
            name=name,
            label=labels[name],
            options=tuple(
                Choice(label, "", value=value, selected=value in ticked[name]) for value, label in words[name].items()
            ),
        )
        for name in BOXES
    )


def _saved_replies(brand: Brand, values: dict[str, str]) -> tuple[SavedReplyChoice, ...]:
    """All the brand may use, those that are ticked first, also where they were put away since."""
    ticked = [found for one in values.get("saved_reply_ids", "").split() if (found := id_from(one)) is not None]
    return tuple(
        SavedReplyChoice(
            id=str(one.id),
            title=one.title,
            is_chosen=one.id in ticked,
            is_of_agency=one.is_of_agency,
            is_archived=one.is_archived,
        )
        for one in titles_for(actor_of_request(), brand.id, also=ticked)
    )


def _titles(brand: Brand, rows: Sequence[Guideline]) -> dict[str, str]:
    """Id → title of every saved reply these name; no statement where they name none."""
    named = {UUID(one) for row in rows for one in row.saved_reply_ids}
    return {str(one.id): one.title for one in titles_for(actor_of_request(), brand.id, only=[*named])} if named else {}


def _errors(error: Invalid | Conflict | None) -> dict[str, str]:
    if error is None:
        return {}
    errors = {name: _(sentences[0]) for name, sentences in error.fields.get("errors", {}).items()}
    if "offer_limit_cents" in errors:
        errors["offer"] = _("Write an amount from 0 to 1,000,000.")
    return errors
