"""Importing earlier conversations from a file: choosing it, its report, storing that very file, how far it is."""

from __future__ import annotations

import csv
import io
from uuid import UUID

from babel.numbers import format_decimal
from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as AnyResponse

from agency.inbox import importing
from agency.inbox.import_lines import COLUMNS, LARGEST_FILE_BYTES, PROBLEMS, REQUIRED
from agency.inbox.importing import PROBLEMS_KEPT
from agency.inbox.models import HistoryImport
from agency.web import clocks
from agency.web.contexts_history import ImportLook, ImportPage, ImportRow, ImportsPage, ProblemRow
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import BrandLook, Choice, StateLook, brand_look
from agency.web.reply_looks import platform_word
from agency.web.shell import brand_looks, render_page, toast
from agency.web.who import actor_of_request
from channels.registry import ADAPTERS
from tenants.database import db
from tenants.errors import Conflict, Invalid, NotFound, worded
from tenants.ids import id_from

import_page = Blueprint("import_page", __name__)

ROWS = 20


@import_page.get("/import")
def imports() -> Response:
    """The form, and what was imported before."""
    return _form(200, {"brand": request.args.get("brand", "")}, {})


@import_page.post("/import")
def look_through() -> AnyResponse:
    """The dry run. Nothing is stored but the file itself, for an hour."""
    typed = {name: request.form.get(name, "").strip() for name in ("brand", "platform", "external_id", "name")}
    brand_id, sent = id_from(typed["brand"]), request.files.get("file")
    try:
        if brand_id is None:
            raise Invalid("No brand was chosen. Nothing was stored.", errors={"brand": [worded("Choose a brand.")]})
        if sent is None or not sent.filename:
            raise Invalid("No file was chosen. Nothing was stored.", errors={"file": [worded("Choose a file.")]})
        file = sent.stream.read(LARGEST_FILE_BYTES + 1)
        given = typed["platform"], typed["external_id"], typed["name"]
        row = importing.look_through(actor_of_request(), brand_id, *given, sent.filename, file)
    except (Invalid, Conflict) as error:
        db.session.rollback()
        errors = {field: _(sentences[0]) for field, sentences in error.fields.get("errors", {}).items()}
        return _form(error.http_status, typed, errors or {"external_id": _(error.message)})
    return redirect(url_for("import_page.file", import_id=row.id), code=303)


@import_page.get("/import/<import_id>")
def file(import_id: str) -> Response:
    """Its report; once begun, how far it is."""
    return make_response(render_page("imports/file.html", _page(importing.get(_id(import_id)))))


@import_page.get("/import/<import_id>/state")
def state(import_id: str) -> Response:
    """How far it is, fetched again while it runs."""
    return make_response(render_template("imports/_state.html", file=_look(importing.get(_id(import_id)))))


@import_page.get("/import/<import_id>/report")
def report(import_id: str) -> Response:
    """What becomes of every line, to be saved: a table of line, what becomes of it, column, reason."""
    words = {"new": _("Would be stored"), "known": _("Known already"), "left_out": _("Left out")}
    out = io.StringIO()
    table = csv.writer(out, delimiter=";")
    table.writerow([_("Line"), _("What becomes of it"), _("Column"), _("Why")])
    for one in importing.verdicts(importing.get(_id(import_id))):
        table.writerow([one.line, words[one.state], one.column, _(PROBLEMS[one.problem]) if one.problem else ""])
    answer = Response(out.getvalue().encode("utf-8-sig"), mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename="report.csv")
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


@import_page.post("/import/<import_id>/begin")
def begin(import_id: str) -> AnyResponse:
    """Store the very file whose report was shown."""
    row = importing.begin(actor_of_request(), _id(import_id), request.form.get("file_hash", ""))
    return redirect(url_for("import_page.file", import_id=row.id), code=303)


@import_page.post("/import/<import_id>/stop")
def stop(import_id: str) -> AnyResponse:
    """Forget a file that was looked through, or stop storing one; what was stored stays."""
    row = importing.get(_id(import_id))
    was_checked = row.state == "checked"
    importing.stop(actor_of_request(), row.id)
    if was_checked:
        toast(_("The file is forgotten. Nothing was stored."))
        return redirect(url_for("import_page.imports"), code=303)
    return redirect(url_for("import_page.file", import_id=import_id), code=303)


def _id(text: str) -> UUID:
    found = id_from(text)
    if found is None:
        raise NotFound()
    return found


def _number(count: int) -> str:
    return str(format_decimal(count, locale=chosen_language()))


def _lines(count: int) -> str:
    return str(ngettext("%(count)s line", "%(count)s lines", count, count=_number(count)))


def _brand(brand_id: UUID) -> BrandLook:
    return brand_looks().get(brand_id) or brand_look(str(brand_id), _("Archived brand"), "", "")


def _state(row: HistoryImport) -> StateLook:
    looks = {
        "checked": StateLook("checked", _("Looked through, nothing stored yet"), "eye", "info"),
        "running": StateLook("running", _("Storing"), "clock", "info"),
        "done": StateLook("done", _("Stored"), "check", "good"),
        "stopped": StateLook("stopped", _("Stopped"), "pause", "plain"),
        "failed": StateLook("failed", _("Failed"), "alert", "bad"),
    }
    return looks[row.state]


def _look(row: HistoryImport) -> ImportLook:
    if row.state == "checked":
        words = _("%(lines)s would be stored.", lines=_lines(row.good_count))
    else:
        new = ngettext("%(count)s new message", "%(count)s new messages", row.new_count, count=_number(row.new_count))
        words = _(
            "%(done)s of %(total)s, %(new)s", done=_number(row.stored_count), total=_lines(row.good_count), new=new
        )
    runs = row.state == "running"
    return ImportLook(
        state=_state(row),
        words=words,
        done=row.stored_count,
        total=row.good_count,
        look_url=url_for("import_page.state", import_id=row.id) if runs else "",
        stop_url=url_for("import_page.stop", import_id=row.id) if runs else "",
    )


def _page(row: HistoryImport) -> ImportPage:
    checked = row.state == "checked"
    facts = [(_("Can be stored"), _lines(row.good_count)), (_("Left out"), _lines(row.bad_count))]
    if row.known_count:
        facts.insert(1, (_("Known already, stay as they are"), _lines(row.known_count)))
    hidden = row.bad_count - len(row.problems)
    return ImportPage(
        name=row.name,
        brand=_brand(row.brand_id),
        platform=platform_word(row.platform),
        file_name=row.file_name,
        file=_look(row),
        facts=tuple(facts),
        problems=tuple(
            ProblemRow(line=_number(one["line"]), column=one["column"], reason=_(PROBLEMS[one["word"]]))
            for one in row.problems[:PROBLEMS_KEPT]
        ),
        report_url=url_for("import_page.report", import_id=row.id) if row.state in ("checked", "running") else "",
        more_problems=_("And %(lines)s more.", lines=_lines(hidden)) if hidden > 0 else "",
        begin_url=url_for("import_page.begin", import_id=row.id) if checked and row.good_count else "",
        drop_url=url_for("import_page.stop", import_id=row.id) if checked else "",
        file_hash=row.file_hash.hex(),
        back_url=url_for("import_page.imports"),
    )


def _brands(chosen: str) -> tuple[Choice, ...]:
    """Where there are several, none is chosen for the person: a client's words in another's inbox do harm."""
    found = list(brand_looks().values())
    nobody = (Choice(_("Choose a brand"), "", value=""),) if len(found) > 1 else ()
    return nobody + tuple(Choice(one.name, "", value=one.id, selected=one.id == chosen) for one in found)


def _form(status: int, typed: dict[str, str], errors: dict[str, str]) -> Response:
    zone, locale = chosen_zone(), chosen_language()
    page = ImportsPage(
        url=url_for("import_page.look_through"),
        brands=_brands(typed.get("brand", "")),
        platforms=(
            Choice(_("Choose a platform"), "", value=""),
            *(Choice(platform_word(name), "", value=name, selected=name == typed.get("platform")) for name in ADAPTERS),
        ),
        columns=tuple((name, _(meaning), name in REQUIRED) for name, meaning in COLUMNS.items()),
        rows=tuple(
            ImportRow(
                url=url_for("import_page.file", import_id=row.id),
                brand=_brand(row.brand_id),
                name=row.name,
                platform=platform_word(row.platform),
                file_name=row.file_name,
                state=_state(row),
                at=clocks.moment(row.created_at, zone, locale),
            )
            for row in importing.latest(ROWS)
        ),
        values=typed,
        errors=errors,
        back_url=url_for("accounts_page.accounts"),
    )
    return make_response(render_page("imports/page.html", page), status)
