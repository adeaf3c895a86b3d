"""Saved views: the strip over the queue with its counts, and the page to save, rename, order and delete them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as AnyResponse

from agency.inbox import saved_views as room
from agency.inbox.filters import filter_of, read_filters
from agency.inbox.label_names import LabelName
from agency.inbox.labels import list_labels
from agency.inbox.saved_views import COUNTED_VIEWS, MOST_COUNTED, ViewCount, ViewRow
from agency.web.contexts_filters import ViewLine, ViewsPage
from agency.web.inbox_address import read_address
from agency.web.inbox_filters import words_of
from agency.web.shell import brand_looks, render_page, toast
from agency.web.view_words import tab_words
from agency.web.who import actor_of_request
from tenants.database import db
from tenants.errors import AppError, Conflict, Invalid
from tenants.permissions import Permission

saved_views_page = Blueprint("saved_views_page", __name__)

KEYED = 9
"""So many have a key: g and a digit."""


@saved_views_page.get("/inbox/views", endpoint="views")
def show_views() -> AnyResponse:
    """For htmx the strip over the queue, two statements; else the page."""
    if request.headers.get("HX-Request") != "true":
        return _page()
    actor, here = actor_of_request(), read_address().filters
    rows = room.list_views(actor)
    counts = room.counts_of(actor, [filter_of(row.filters) for row in rows[:COUNTED_VIEWS]])
    lines = [_line(row, place, here, counts) for place, row in enumerate(rows)]
    page = ViewsPage(views=tuple(lines), manage_url=url_for("saved_views_page.views"))
    return make_response(render_template("views/_strip.html", page=page))


@saved_views_page.post("/inbox/views")
def create() -> AnyResponse:
    """Save the filters of a list under a name."""
    kept, name, shared = _sent(), request.form.get("view_name", ""), request.form.get("shared") == "1"
    try:
        made = room.create_view(actor_of_request(), name, kept, is_shared=shared)
    except Invalid as error:
        db.session.rollback()
        return _page(error, kept=kept, name=name)
    toast(_("View “%(name)s” saved", name=made.name))
    return redirect(view_url(made.filters), code=303)


@saved_views_page.post("/inbox/views/<uuid:view_id>")
def change(view_id: UUID) -> AnyResponse:
    """Rename it, share it, or give it other filters."""
    form, version = request.form, request.form.get("version", "")
    known = int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0
    changes: dict[str, Any] = {"filters": _sent()} if form.get("put") == "1" else {"name": form.get("view_name", "")}
    if form.get("put") != "1" and form.get("with_shared") == "1":
        changes["is_shared"] = form.get("shared") == "1"

    def deed() -> str:
        changed = room.change_view(actor_of_request(), view_id, known, **changes)
        return _("View “%(name)s” changed", name=changed.name)

    return _done(deed)


@saved_views_page.post("/inbox/views/<uuid:view_id>/delete")
def delete(view_id: UUID) -> AnyResponse:
    """Delete it; the message afterwards takes it back."""
    gone = room.delete_view(actor_of_request(), view_id)
    toast(_("View “%(name)s” deleted", name=gone.name), undo_url=url_for("saved_views_page.restore", view_id=view_id))
    return redirect(url_for("saved_views_page.views"), code=303)


@saved_views_page.post("/inbox/views/<uuid:view_id>/restore")
def restore(view_id: UUID) -> AnyResponse:
    """Bring it back."""
    back = room.restore_view(actor_of_request(), view_id)
    toast(_("View “%(name)s” is back", name=back.name))
    return redirect(url_for("saved_views_page.views"), code=303)


@saved_views_page.post("/inbox/views/<uuid:view_id>/move")
def move(view_id: UUID) -> AnyResponse:
    """One place up or down."""
    room.move_view(actor_of_request(), view_id, up=request.form.get("to") == "up")
    return redirect(f"{url_for('saved_views_page.views')}#v-{view_id}", code=303)


def _done(deed: Callable[[], str]) -> AnyResponse:
    try:
        said = deed()
    except (Invalid, Conflict) as error:
        db.session.rollback()
        return _page(error)
    toast(said)
    return redirect(url_for("saved_views_page.views"), code=303)


def _sent() -> dict[str, list[str]]:
    return read_filters(request.form.to_dict(flat=False))


def view_url(filters: Mapping[str, Sequence[str]]) -> str:
    """The list that a view shows."""
    return f"/inbox?{urlencode(dict(filters), doseq=True)}"


def _line(row: ViewRow, place: int, here: Mapping[str, Any], counts: Sequence[ViewCount] = ()) -> ViewLine:
    count = counts[place] if place < len(counts) else None
    return ViewLine(
        id=str(row.id),
        name=row.name,
        url=view_url(row.filters),
        count=_count(count),
        spoken=_spoken(count),
        key=f"g {place + 1}" if place < KEYED else "",
        selected=dict(here) == row.filters,
        is_shared=row.is_shared,
    )


def _count(count: ViewCount | None) -> str:
    if count is None:
        return ""
    if count.cases > MOST_COUNTED:
        return f"{MOST_COUNTED}+"
    return f"{count.cases}+" if count.is_cut else str(count.cases)


def _spoken(count: ViewCount | None) -> str:
    if count is None:
        return ""
    if count.cases > MOST_COUNTED:
        return _("more than %(n)s cases", n=MOST_COUNTED)
    if count.is_cut:
        return _("at least %(n)s cases", n=count.cases)
    return ngettext("%(num)s case", "%(num)s cases", count.cases)


def _page(
    error: AppError | None = None, *, kept: Mapping[str, Sequence[str]] | None = None, name: str = ""
) -> Response:
    actor = actor_of_request()
    chosen = dict(kept) if kept is not None else read_address().filters
    rows, may_share = room.list_views(actor), actor.may(Permission.VIEW_SHARE)
    errors = {field: _(words[0]) for field, words in error.fields.get("errors", {}).items()} if error else {}
    if error is not None and not errors:
        toast(_(error.message), "warn")
    page = ViewsPage(
        views=tuple(_managed(row, place, rows, may_share=may_share) for place, row in enumerate(rows)),
        manage_url=url_for("saved_views_page.views"),
        may_share=may_share,
        kept=tuple((field, value) for field, values in chosen.items() for value in values),
        kept_words=words_of_filters(chosen),
        create_url=url_for("saved_views_page.create"),
        back_url=view_url(chosen) if chosen else "/inbox",
        name=name,
        errors=errors,
    )
    return make_response(render_page("views/page.html", page), error.http_status if error is not None else 200)


def _managed(row: ViewRow, place: int, rows: Sequence[ViewRow], *, may_share: bool) -> ViewLine:
    may_change = may_share or not row.is_shared
    here: dict[str, Any] = {"view_id": row.id}
    same = [one.id for one in rows if one.is_shared == row.is_shared]
    move_url = url_for("saved_views_page.move", **here) if may_change else ""
    return replace(
        _line(row, place, {}),
        words=words_of_filters(row.filters),
        by=row.person_name if row.is_shared else "",
        version=row.version,
        change_url=url_for("saved_views_page.change", **here) if may_change else "",
        delete_url=url_for("saved_views_page.delete", **here) if may_change else "",
        up_url=move_url if row.id != same[0] else "",
        down_url=move_url if row.id != same[-1] else "",
    )


def words_of_filters(given: Mapping[str, Sequence[str]]) -> str:
    """Filters as one line of words; what the reader may not see is left out."""
    names = {brand_id: look.name for brand_id, look in brand_looks().items()}
    known = (
        {one.id: LabelName(one.id, one.name, one.colour) for one in list_labels(actor_of_request())}
        if given.get("label")
        else {}
    )
    tab = [tab_words()[one] for one in given.get("view", ()) if one != "team"]
    return ", ".join([*tab, *(word for _name, _value, word in words_of(given, names, known) if word)])
