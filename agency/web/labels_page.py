"""Labels: the picker of a case, and the page on which leads make, rename, merge and put them away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as AnyResponse

from agency.inbox import label_press
from agency.inbox import labels as room
from agency.inbox.bulk import Chosen
from agency.inbox.desk_models import LABEL_COLOURS
from agency.inbox.labels import MOST_COUNTED, LabelRow
from agency.inbox.queries import get_conversation
from agency.web.bulk_page import say
from agency.web.contexts_filters import LabelGroup, LabelLine, LabelLook, LabelsPage, PickerPage
from agency.web.inbox_address import read_address
from agency.web.inbox_filters import find_labels
from agency.web.language import per_language
from agency.web.looks import Choice, Notice, brand_look
from agency.web.shell import brand_looks, render_page, toast, toasts
from agency.web.who import actor_of_request
from tenants.database import db, new_id
from tenants.errors import AppError, Conflict, Invalid, NotFound
from tenants.ids import id_from
from tenants.permissions import Permission

labels_page = Blueprint("labels_page", __name__)

OF_AGENCY = "agency"
"""What a form says where a label is for every brand."""
MOST_ON_A_PAGE: Final = room.MOST_LABELS
"""Of more, those of one place are shown at a time: each can be changed where it stands."""


@per_language
def colour_words() -> dict[str, str]:
    """What each colour of the palette is called."""
    return {
        "grey": _("Grey"),
        "red": _("Red"),
        "orange": _("Orange"),
        "yellow": _("Yellow"),
        "green": _("Green"),
        "teal": _("Teal"),
        "blue": _("Blue"),
        "violet": _("Violet"),
        "pink": _("Pink"),
        "brown": _("Brown"),
    }


@labels_page.get("/conversations/<uuid:conversation_id>/labels", endpoint="picker")
def show_picker(conversation_id: UUID) -> AnyResponse:
    """The labels this case may bear: for the menu the inside alone, else a page."""
    return _picker(conversation_id)


@labels_page.post("/conversations/<uuid:conversation_id>/labels", endpoint="pick")
def put(conversation_id: UUID) -> AnyResponse:
    """Put one on or take it off, as a press that can be taken back; by script the picker stays open."""
    actor, on, address = actor_of_request(), request.form.get("on") == "1", read_address()
    label_id = id_from(request.form.get("label", ""))
    if label_id is None:
        raise NotFound()
    get_conversation(conversation_id)  # one nobody may see is none, whatever the label
    deed = label_press.put if on else label_press.take
    done = deed(actor, new_id(), label_id, Chosen((conversation_id,)))
    if done.done_count or done.refused_count:
        say(done, address, case=conversation_id)
    if request.headers.get("HX-Request") == "true":
        return _picker(conversation_id, is_told=True)
    return redirect(address.case_url(conversation_id), code=303)


def _picker(conversation_id: UUID, *, is_told: bool = False) -> AnyResponse:
    actor, address = actor_of_request(), read_address()
    view, typed = get_conversation(conversation_id), request.args.get("find", "")[: room.LONGEST_NAME]
    worn = {label.id for label in view.labels}
    offered = room.offered_labels(actor, view.brand_id, chosen=worn, find=typed)
    page = PickerPage(
        brand=brand_look(str(view.brand_id), view.brand_name, view.brand_mark, view.brand_colour),
        url=address.deed_url(conversation_id, "labels"),
        back_url=address.case_url(conversation_id),
        options=tuple((look_of(one), one.id in worn) for one in offered.rows),
        worn=tuple(map(look_of, view.labels)),
        find=find_labels(offered, typed, "find", url_for("labels_page.picker", conversation_id=conversation_id)),
        kept=tuple((name, value) for name, values in address.kept.items() for value in values),
        labels_url=url_for("labels_page.labels") if actor.may(Permission.LABEL_MANAGE) else "",
        toasts=toasts() if is_told else (),
    )
    if request.headers.get("HX-Request") == "true":
        return make_response(render_template("labels/_picker.html", page=page))
    return make_response(render_page("labels/picker.html", page))


def look_of(label: Any) -> LabelLook:
    """How a label is drawn, from whatever says its id, name and colour."""
    return LabelLook(str(label.id), label.name, label.colour)


@labels_page.get("/labels", endpoint="labels")
def show_labels() -> AnyResponse:
    """All of them."""
    return _page()


@labels_page.post("/labels")
def create() -> AnyResponse:
    """Make a new one."""
    form, place = request.form, request.form.get("place", "")
    brand_id = None if place == OF_AGENCY else id_from(place)
    if place != OF_AGENCY and brand_id is None:
        raise NotFound()
    try:
        made = room.create_label(actor_of_request(), brand_id, form.get("name", ""), form.get("colour", "grey"))
    except (Invalid, Conflict) as error:
        db.session.rollback()
        return _page(error, values={"name": form.get("name", ""), "colour": form.get("colour", ""), "place": place})
    toast(_("Label “%(name)s” added", name=made.name))
    return redirect(url_for("labels_page.labels", place=place if "place" in request.args else None), code=303)


@labels_page.post("/labels/<uuid:label_id>")
def change(label_id: UUID) -> AnyResponse:
    """Rename it, or give it another colour."""
    form, version = request.form, request.form.get("version", "")
    known = int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0

    def deed() -> str:
        changes = {"name": form.get("name", ""), "colour": form.get("colour", "")}
        changed = room.change_label(actor_of_request(), label_id, known, **changes)
        return _("Label “%(name)s” changed", name=changed.name)

    return _done(deed)


@labels_page.post("/labels/<uuid:label_id>/merge")
def merge(label_id: UUID) -> AnyResponse:
    """Make it one with another."""

    def deed() -> str:
        actor, into = actor_of_request(), request.form.get("into", "")
        other_id = id_from(into) or room.label_called(actor, into, label_id)
        moved = room.merge_labels(actor, label_id, other_id or label_id)
        return ngettext("Merged; %(num)s case was moved", "Merged; %(num)s cases were moved", moved)

    return _done(deed)


@labels_page.post("/labels/<uuid:label_id>/archive")
def archive(label_id: UUID) -> AnyResponse:
    """Put it away, or bring it back."""
    archived = request.form.get("archived") == "1"

    def deed() -> str:
        room.archive_label(actor_of_request(), label_id, archived=archived)
        return _("Put away; cases show it no more until it is back.") if archived else _("Back in use")

    return _done(deed)


def _done(deed: Any) -> AnyResponse:
    try:
        said = deed()
    except (Invalid, Conflict) as error:
        db.session.rollback()
        return _page(error)
    toast(said)
    return redirect(url_for("labels_page.labels", place=request.args.get("place")), code=303)


def _page(error: AppError | None = None, *, values: dict[str, str] | None = None) -> Response:
    actor, archived = actor_of_request(), request.args.get("archived") == "1"
    looks, may_write, given = brand_looks(), actor.may(Permission.LABEL_MANAGE), values or {}
    held = room.label_places(actor, archived=archived)
    order = [place for place in (None, *(UUID(look.id) for look in looks.values())) if place in held]
    is_parted = sum(held[place] for place in order) > MOST_ON_A_PAGE and len(order) > 1
    shown = [_place_of_request(order)] if is_parted else order
    brand_id, shared = (shown[0], shown[0] is None) if is_parted else (None, False)
    rows = room.list_labels(actor, brand_id, archived=archived, counted=not archived, shared=shared)
    kept: dict[str, Any] = {"place": _in_address(shown[0])} if is_parted else {}
    here = url_for("labels_page.labels", **kept)
    place_for = given.get("place") or kept.get("place", OF_AGENCY)
    places = [Choice(look.name, "", value=look.id, selected=place_for == look.id) for look in looks.values()]
    if actor.brand_ids is None:
        of_all = Choice(_("For every brand"), "", value=OF_AGENCY, selected=place_for == OF_AGENCY)
        places.insert(0, of_all)
    errors = {name: _(words[0]) for name, words in error.fields.get("errors", {}).items()} if error and values else {}
    in_place: dict[UUID | None, list[LabelRow]] = {}
    for row in rows:
        in_place.setdefault(row.brand_id, []).append(row)
    page = LabelsPage(
        groups=tuple(
            LabelGroup(
                name="" if place is None else looks[place].name,
                brand=None if place is None else looks[place],
                labels=tuple(
                    _line(row, kept, may_write=may_write and (place is not None or actor.brand_ids is None))
                    for row in in_place.get(place, ())
                ),
                others=tuple(row.name for row in rows if row.brand_id in (None, place)),
            )
            for place in shown
        ),
        create_url=here if may_write else "",
        places=tuple(places),
        colours=_colours(given.get("colour", "grey")),
        tabs=(
            Choice(_("In use"), here, selected=not archived),
            Choice(_("Put away"), url_for("labels_page.labels", archived="1", **kept), selected=archived),
        ),
        parts=tuple(
            Choice(
                _("For every brand") if place is None else looks[place].name,
                url_for("labels_page.labels", place=_in_address(place), archived="1" if archived else None),
                selected=place == shown[0],
                count=held[place],
                brand=None if place is None else looks[place],
            )
            for place in order
        )
        if is_parted
        else (),
        is_archived=archived,
        values=given,
        errors=errors,
        notice=Notice("warn", _(error.message)) if error is not None and not errors else None,
    )
    return make_response(render_page("labels/page.html", page), error.http_status if error is not None else 200)


def _in_address(place: UUID | None) -> str:
    return OF_AGENCY if place is None else str(place)


def _place_of_request(order: Sequence[UUID | None]) -> UUID | None:
    """Whose labels are shown where they are too many for one page: those asked for, else the first there are."""
    asked = request.args.get("place", "")
    return next((place for place in order if _in_address(place) == asked), order[0])


def _colours(chosen: str) -> tuple[Choice, ...]:
    words = colour_words()
    return tuple(Choice(words[one], "", value=one, selected=one == chosen) for one in LABEL_COLOURS)


def _line(row: LabelRow, kept: Mapping[str, Any], *, may_write: bool) -> LabelLine:
    here: dict[str, Any] = {"label_id": row.id, **kept}
    count = (
        "" if row.open_count is None else f"{MOST_COUNTED}+" if row.open_count > MOST_COUNTED else f"{row.open_count}"
    )
    return LabelLine(
        look=look_of(row),
        version=row.version,
        cases_url=f"/inbox?label={row.id}",
        count=count,
        changed_by=row.changed_by_name,
        url=url_for("labels_page.change", **here) if may_write else "",
        merge_url=url_for("labels_page.merge", **here) if may_write else "",
        put_url=url_for("labels_page.archive", **here) if may_write else "",
    )
