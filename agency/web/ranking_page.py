"""`/ranking`: what counts how much in the queue. Last week and the queue are shown by it before it is kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from agency.inbox import weight_versions as room
from agency.inbox.case_rank import parts_of_case
from agency.inbox.last_week import look_at_week
from agency.inbox.weight_versions import WeightVersion
from agency.inbox.weights import WEIGHTS, Weights, checked_weights
from agency.web import clocks
from agency.web.contexts_ranking import WeekLook, WeightField, WeightGroup, WeightsPage, WeightVersionLook
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import Notice
from agency.web.rank_words import rank_sentence
from agency.web.shell import render_page, toast
from agency.web.week_look import week_look
from agency.web.weight_words import weight_groups, weight_words
from agency.web.who import actor_of_request
from tenants import clock
from tenants.database import db
from tenants.errors import AppError, Conflict, Invalid

ranking_page = Blueprint("ranking_page", __name__)

_NUMBER: Final = re.compile(r"\d{1,9}", re.ASCII)


@ranking_page.get("/ranking")
def weights() -> Response:
    """The weights in force, in a form, and every earlier version."""
    return _page(_values(room.weights_in_force().weights))


@ranking_page.post("/ranking/look")
def look() -> Response:
    """Last week and the queue by what is typed; nothing is kept."""
    values = _typed()
    try:
        wanted = checked_weights(_points(values))
    except Invalid as error:
        return _page(values, error=error)
    return _page(values, looked_at=wanted)


@ranking_page.post("/ranking")
def save() -> AnyResponse:
    """Keep what was looked at, with the reason."""
    values, note = _typed(), request.form.get("note", "")
    try:
        saved = room.save_weights(actor_of_request(), _points(values), note, _number("based_on"))
    except (Invalid, Conflict) as error:
        db.session.rollback()
        wanted = None
        if isinstance(error, Invalid) and set(error.fields.get("errors", {})) == {"note"}:
            wanted = checked_weights(_points(values))
        return _page(values, looked_at=wanted, error=error, note=note)
    toast(_("Version %(n)s counts from now on; open cases are being ranked by it.", n=saved.number))
    return redirect(url_for("ranking_page.weights"), code=303)


@ranking_page.post("/ranking/back")
def back() -> AnyResponse:
    """Put an earlier version in force again."""
    try:
        number, note = _number("number"), request.form.get("note", "")
        saved = room.go_back(actor_of_request(), number, _number("based_on"), note)
    except (Invalid, Conflict) as error:
        db.session.rollback()
        return _page(_values(room.weights_in_force().weights), error=error)
    toast(_("Version %(n)s counts from now on; open cases are being ranked by it.", n=saved.number))
    return redirect(url_for("ranking_page.weights"), code=303)


@ranking_page.get("/inbox/<uuid:conversation_id>/why")
def why(conversation_id: UUID) -> Response:
    """Why a case stands where it does, in a sentence: what a row says of its score when somebody points at it."""
    now = clock.now()
    answer = make_response(rank_sentence(parts_of_case(conversation_id, now), now))
    answer.mimetype = "text/plain"
    return answer


def _typed() -> dict[str, str]:
    return {name: request.form.get(name, "").strip()[:20] for name in WEIGHTS}


def _points(values: Mapping[str, str]) -> dict[str, object]:
    return {name: int(typed) if _NUMBER.fullmatch(typed) else None for name, typed in values.items()}


def _number(name: str) -> int:
    typed = request.form.get(name, "")
    return int(typed) if _NUMBER.fullmatch(typed) else -1


def _values(weights: Weights) -> dict[str, str]:
    return {name: str(weights.points[name]) for name in WEIGHTS}


def _page(
    values: Mapping[str, str], *, looked_at: Weights | None = None, error: AppError | None = None, note: str = ""
) -> Response:
    actor = actor_of_request()
    in_force, versions = room.weights_in_force(), room.list_versions(actor)
    errors = {name: _(words[0]) for name, words in error.fields.get("errors", {}).items()} if error else {}
    may_change = actor.brand_ids is None
    if looked_at is not None:
        room.require_all_brands(actor)
    week: WeekLook | None = None
    if looked_at is not None:
        week = week_look(
            look_at_week(in_force.weights, looked_at),
            save_url=url_for("ranking_page.save"),
            values=tuple(values.items()),
            note=note,
            note_error=errors.get("note", ""),
            is_unchanged=looked_at.points == in_force.weights.points,
        )
    shown = looked_at or in_force.weights
    page = WeightsPage(
        groups=_groups(values, errors),
        look_url=url_for("ranking_page.look") if may_change else "",
        back_url=url_for("ranking_page.back") if may_change else "",
        based_on=in_force.number,
        notice=_notice(error),
        warning=None if shown.late_comes_first else _warning(shown),
        ranked=min(in_force.ranked_count, in_force.open_count),
        open=in_force.open_count,
        is_ranking=in_force.is_ranking,
        week=week,
        versions=tuple(
            _version(one, versions[place + 1] if place + 1 < len(versions) else None, in_force.number)
            for place, one in enumerate(versions)
        ),
    )
    return make_response(render_page("ranking/page.html", page), error.http_status if error else 200)


def _groups(values: Mapping[str, str], errors: Mapping[str, str]) -> tuple[WeightGroup, ...]:
    words = weight_words()

    def field(name: str) -> WeightField:
        default, typed = WEIGHTS[name].default, values.get(name, "")
        return WeightField(
            name=name,
            label=words[name],
            value=typed,
            help="" if typed == str(default) else _("By default %(n)s", n=default),
            error=errors.get(name, ""),
        )

    return tuple(
        WeightGroup(heading=heading, note=note, fields=tuple(field(name) for name in names))
        for heading, note, names in weight_groups()
    )


def _notice(error: AppError | None) -> Notice | None:
    if error is None or (isinstance(error, Invalid) and set(error.fields.get("errors", {})) == {"note"}):
        return None
    if isinstance(error, Conflict):
        return Notice(
            "warn",
            _("Somebody changed the weights while you were at it."),
            _("Nothing of yours was saved; it is still in the form."),
            _("Look at last week by them once more, then save."),
        )
    return Notice(
        "bad", _("Some of these points cannot be used."), _("Nothing was changed."), _("See the fields below.")
    )


def _warning(weights: Weights) -> Notice:
    return Notice(
        "warn",
        _("With these points a case that is late may stand behind one that is not."),
        "",
        _("Give “Late” more than %(n)s points, and nothing late waits for what is not.", n=weights.most_but_late),
    )


def _version(one: WeightVersion, before: WeightVersion | None, in_force: int) -> WeightVersionLook:
    words = weight_words()
    number = _("Version %(n)s", n=one.number) if one.number else _("As it came")
    changes: tuple[str, ...] = ()
    if before is not None:
        pairs: list[Any] = [(name, before.weights.points[name], one.weights.points[name]) for name in WEIGHTS]
        changes = tuple(f"{words[name]} {old} → {new}" for name, old, new in pairs if old != new)
    is_in_force = one.number == in_force
    return WeightVersionLook(
        number=number,
        at=clocks.moment(one.saved_at, chosen_zone(), chosen_language()).words if one.saved_at else "",
        by=one.saved_by_name,
        note=one.note,
        changes=changes,
        is_in_force=is_in_force,
        back_number="" if is_in_force else str(one.number),
        back_note=_("Back to: %(version)s", version=number),
    )
