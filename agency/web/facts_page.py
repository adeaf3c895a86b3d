"""A brand's fact sheet: list, write, change, put away. Two people at one fact: the second is told."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import format_date
from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from agency.web import clocks
from agency.web.brand_address import brand_at, look_of
from agency.web.brand_places import brand_places
from agency.web.contexts_facts import FactLook, FactPage, FactsPage, SubjectField
from agency.web.guide_words import language_word
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import Choice, Notice
from agency.web.shell import render_page, toast
from agency.web.who import actor_of_request
from styleguides import facts as room
from styleguides.fact_values import said_value
from styleguides.language import SUPPORTED_LANGUAGES
from styleguides.models import Fact
from tenants import clock
from tenants.database import db
from tenants.errors import Conflict, Invalid, NotFound
from tenants.ids import id_from
from tenants.models import Brand
from tenants.permissions import Permission

facts_page = Blueprint("facts_page", __name__)

FIELDS = ("name", "kind", "value", "valid_until", "note")
ANY = "any"
PAGE_ROWS = 50


@facts_page.get("/brands/<brand_id>/facts", endpoint="facts")
def show_list(brand_id: str) -> Response:
    """By name, fifty at a time."""
    brand, actor = brand_at(brand_id, Permission.GUIDE_READ), actor_of_request()
    q, archived, after = request.args.get("q", ""), request.args.get("archived") == "1", request.args.get("after", "")
    rows = room.list_facts(
        actor, brand.id, archived=archived, q=q, after=_id(after) if after else None, limit=PAGE_ROWS + 1
    )
    kept = {"q": q, "archived": "1" if archived else ""}
    may_write = actor.may(Permission.GUIDE_WRITE)
    page = FactsPage(
        brand=look_of(brand),
        rows=tuple(fact_look(row, brand, may_write=may_write) for row in rows[:PAGE_ROWS]),
        places=brand_places(brand.id, "facts"),
        url=url_for("facts_page.facts", brand_id=brand.id),
        q=q,
        tabs=(
            Choice(_("In use"), _list_url(brand, {**kept, "archived": ""}), selected=not archived),
            Choice(_("Put away"), _list_url(brand, {**kept, "archived": "1"}), selected=archived),
        ),
        new_url=url_for("facts_page.new", brand_id=brand.id) if may_write else "",
        next_url=_list_url(brand, {**kept, "after": str(rows[PAGE_ROWS - 1].id)}) if len(rows) > PAGE_ROWS else "",
        is_archived=archived,
    )
    return make_response(render_page("facts/page.html", page))


@facts_page.get("/brands/<brand_id>/facts/new")
def new(brand_id: str) -> Response:
    """An empty form."""
    return _form(brand_at(brand_id, Permission.GUIDE_WRITE), None, {})


@facts_page.post("/brands/<brand_id>/facts")
def create(brand_id: str) -> AnyResponse:
    """Keep a new one."""
    brand = brand_at(brand_id, Permission.GUIDE_WRITE)
    try:
        room.create_fact(actor_of_request(), brand.id, _typed())
    except (Invalid, Conflict) as error:
        db.session.rollback()
        return _form(brand_at(brand_id, Permission.GUIDE_WRITE), None, _kept(), status=error.http_status, error=error)
    toast(_("Fact added"))
    return redirect(url_for("facts_page.facts", brand_id=brand_id), code=303)


@facts_page.get("/brands/<brand_id>/facts/<fact_id>")
def fact(brand_id: str, fact_id: str) -> Response:
    """The form of one."""
    brand = brand_at(brand_id, Permission.GUIDE_WRITE)
    found = room.get_fact(actor_of_request(), brand.id, _id(fact_id))
    return _form(brand, found, _values(found))


@facts_page.post("/brands/<brand_id>/facts/<fact_id>")
def change(brand_id: str, fact_id: str) -> AnyResponse:
    """Change it, unless somebody was faster: then both are shown."""
    brand, wanted = brand_at(brand_id, Permission.GUIDE_WRITE), _id(fact_id)
    try:
        room.change_fact(actor_of_request(), brand.id, wanted, {**_typed(), "version": _version()})
    except (Invalid, Conflict) as error:
        db.session.rollback()
        brand = brand_at(brand_id, Permission.GUIDE_WRITE)
        found = room.get_fact(actor_of_request(), brand.id, wanted)
        return _form(brand, found, _kept(), status=error.http_status, error=error)
    toast(_("Fact changed"))
    return redirect(url_for("facts_page.facts", brand_id=brand_id), code=303)


@facts_page.post("/brands/<brand_id>/facts/<fact_id>/archive")
def archive(brand_id: str, fact_id: str) -> AnyResponse:
    """Put it away, unless it changed since it was looked at."""
    return _put(brand_id, fact_id, away=True)


@facts_page.post("/brands/<brand_id>/facts/<fact_id>/restore")
def restore(brand_id: str, fact_id: str) -> AnyResponse:
    """Let it hold again."""
    return _put(brand_id, fact_id, away=False)


def fact_look(row: Fact, brand: Brand | None, *, may_write: bool = False) -> FactLook:
    """A fact for reading; without a brand nothing that only the sheet shows."""
    language = chosen_language()
    until = format_date(row.valid_until, "d MMM y", locale=language) if row.valid_until else ""
    zone = ZoneInfo(brand.time_zone) if brand is not None else chosen_zone()
    is_over = not room.holds(row, clock.now().astimezone(zone).date()) and row.archived_at is None
    changed_at = clocks.full_exact(row.changed_at, chosen_zone(), language)
    return FactLook(
        name=row.name,
        value=said_value(row.kind, row.value, language),
        kind=kind_words()[row.kind],
        subjects=tuple(dict.fromkeys(one["words"] for one in row.subjects)),
        note=row.note,
        until=until,
        is_over=is_over,
        link=row.value if row.kind == "link" else "",
        changed=_("%(name)s, %(day)s", name=row.changed_by_name, day=changed_at),
        url=url_for("facts_page.fact", brand_id=row.brand_id, fact_id=row.id) if may_write else "",
    )


def kind_words() -> dict[str, str]:
    """What sort of value a fact has."""
    return {
        "amount": _("An amount: 12.50 EUR"),
        "hours": _("Hours: 07:00-10:00, several after a comma"),
        "span": _("A length of time: 30 days"),
        "day": _("A day: 2027-03-31"),
        "yes_no": _("Yes or no"),
        "link": _("A link: https://example.com/help"),
        "text": _("Words, for reading only"),
    }


def _put(brand_id: str, fact_id: str, *, away: bool) -> AnyResponse:
    brand, wanted = brand_at(brand_id, Permission.GUIDE_WRITE), _id(fact_id)
    try:
        (room.archive_fact if away else room.restore_fact)(actor_of_request(), brand.id, wanted, _version())
    except Conflict as error:
        db.session.rollback()
        brand = brand_at(brand_id, Permission.GUIDE_WRITE)
        found = room.get_fact(actor_of_request(), brand.id, wanted)
        return _form(brand, found, _values(found), status=error.http_status, error=error)
    toast(_("Put away; no draft is held against it any more.") if away else _("Back in use"))
    return redirect(url_for("facts_page.fact", brand_id=brand_id, fact_id=wanted), code=303)


def _id(text: str) -> UUID:
    found = id_from(text)
    if found is None:
        raise NotFound()
    return found


def _list_url(brand: Brand, kept: dict[str, str]) -> str:
    query = urlencode({name: value for name, value in kept.items() if value})
    return url_for("facts_page.facts", brand_id=brand.id) + (f"?{query}" if query else "")


def _version() -> int:
    text = request.form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _words_fields() -> tuple[str, ...]:
    named = sorted(name for name in request.form if name.startswith("words_"))
    return tuple(named[: room.MOST_SUBJECTS])


def _kept() -> dict[str, str]:
    return {name: request.form.get(name, "") for name in (*FIELDS, *_words_fields())}


def _typed() -> dict[str, Any]:
    """The form as the room takes it."""
    form = _kept()
    subjects = [
        {"language": "" if name == f"words_{ANY}" else name.removeprefix("words_"), "words": words}
        for name in _words_fields()
        for words in form[name].splitlines()
    ]
    return {
        **{name: form[name] for name in FIELDS},
        "valid_until": form["valid_until"].strip() or None,
        "subjects": subjects,
    }


def _values(found: Fact) -> dict[str, str]:
    values = {
        "name": found.name,
        "kind": found.kind,
        "value": found.value if found.kind not in ("span", "yes_no") else _said(found),
        "valid_until": found.valid_until.isoformat() if found.valid_until else "",
        "note": found.note,
    }
    for one in found.subjects:
        name = f"words_{one['language'] or ANY}"
        values[name] = f"{values[name]}\n{one['words']}" if name in values else one["words"]
    return values


def _said(found: Fact) -> str:
    return said_value(found.kind, found.value, chosen_language())


def _subject_fields(brand: Brand, values: dict[str, str]) -> tuple[SubjectField, ...]:
    told = [name.removeprefix("words_") for name in values if name.startswith("words_")]
    codes = dict.fromkeys([brand.language, *SUPPORTED_LANGUAGES, *(code for code in told if code != ANY)])
    fields = [
        SubjectField(
            name=f"words_{code}", label=language_word(code), value=values.get(f"words_{code}", ""), language=code
        )
        for code in codes
    ]
    anywhere = SubjectField(name=f"words_{ANY}", label=_("In any language"), value=values.get("words_any", ""))
    return (*fields, anywhere)


def _form(
    brand: Brand,
    found: Fact | None,
    values: dict[str, str],
    *,
    status: int = 200,
    error: Invalid | Conflict | None = None,
) -> Response:
    notice: Notice | None = None
    theirs: tuple[tuple[str, str], ...] = ()
    if isinstance(error, Conflict) and found is not None:
        notice = Notice(
            "warn",
            _("Somebody changed this fact while you were at it."),
            _("Nothing of yours was saved; it is still in the form."),
            _("Look at what it says now, put both together and save again."),
        )
        now, words = _values(found), _field_words()
        theirs = tuple((words[name], now[name]) for name in words if now[name] != values.get(name, ""))
    elif isinstance(error, Conflict):
        notice = Notice("warn", _("The fact sheet is full."), _("Nothing was saved."), _("Put away what is not true."))
    here: dict[str, Any] = {"brand_id": brand.id, "fact_id": found.id} if found is not None else {}
    put = "restore" if found is not None and found.archived_at is not None else "archive"
    changed_at = clocks.full_exact(found.changed_at, chosen_zone(), chosen_language()) if found is not None else ""
    page = FactPage(
        title=found.name if found is not None else _("New fact"),
        brand=look_of(brand),
        back_url=url_for("facts_page.facts", brand_id=brand.id),
        url=url_for("facts_page.change", **here) if here else url_for("facts_page.create", brand_id=brand.id),
        put_url=url_for(f"facts_page.{put}", **here) if here else "",
        is_archived=put == "restore",
        version=found.version if found is not None else 0,
        values=values,
        kinds=tuple(
            Choice(words, "", value=kind, selected=values.get("kind") == kind) for kind, words in kind_words().items()
        ),
        subjects=_subject_fields(brand, values),
        errors=_errors(error),
        notice=notice,
        theirs=theirs,
        changed=_("%(name)s, %(day)s", name=found.changed_by_name, day=changed_at) if found is not None else "",
    )
    return make_response(render_page("facts/fact.html", page), status)


def _field_words() -> dict[str, str]:
    return {
        "name": _("What it is about"),
        "kind": _("Sort of value"),
        "value": _("Value"),
        "valid_until": _("Holds until"),
        "note": _("Note"),
    }


def _errors(error: Invalid | Conflict | None) -> dict[str, str]:
    if error is None:
        return {}
    return {name: _(sentences[0]) for name, sentences in error.fields.get("errors", {}).items()}
