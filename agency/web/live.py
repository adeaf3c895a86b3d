"""What keeps an open inbox as things are: the pulse's place among the pages, and the changed rows."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, make_response, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as AnyResponse

from agency.inbox.filters import FREE, ME
from agency.inbox.label_names import names_of
from agency.inbox.newer import newer_count
from agency.inbox.queries import QueueRow
from agency.inbox.shown_rows import ShownRow, shown_rows
from agency.web.contexts_filters import LabelLook
from agency.web.inbox_address import Address, read_address
from agency.web.inbox_rows import look_of, rows_of
from agency.web.pulse import PATH, ROWS, moment_of
from agency.web.queue_rows import queue_rows
from agency.web.who import actor_of_request
from tenants.ids import id_from
from tenants.permissions import Actor

live = Blueprint("live", __name__)

MOST_ROWS = 60


@live.get(PATH, endpoint="pulse")
def long_way() -> Response:
    """Reached only by what `agency.web.pulse` passed on and the door let in all the same, as another site's request."""
    return Response(status=204)


@live.get("/inbox/rows")
def rows() -> AnyResponse:
    """Rows that somebody has on screen, as they are now, in the order asked for; what is gone is left out.

    A row that no longer belongs to the view of this address says so, and stays until the reader moves on.
    """
    actor, address, look = actor_of_request(), read_address(), request.args.get("look", "")
    asked = _changes(request.args.get("ids", ""))
    found = {one.row.id: one for one in shown_rows(list(asked), address.wanted, me=actor.user_id)} if asked else {}
    shown = [found[one] for one in asked if one in found]
    brands = {one.brand.id: one.brand for one in shown}
    printed = rows_of(
        (one.row for one in shown), brands, address, actor, gone=_gone(shown, address, actor), worn=_worn(shown)
    )
    rows = [str(queue_rows([row], "", _("you"))) for row in printed]
    if look == look_of(address) and address.wanted.holder != ME:  # what is nobody else's view is kept for nobody
        for row, words in zip(printed, rows, strict=True):
            of, at = UUID(row.id), asked[UUID(row.id)]
            if at:
                ROWS.keep(actor, look, (of, at), found[of].row.holder_id, words)
    return make_response("".join(rows))


@live.get("/inbox/newer")
def newer() -> AnyResponse:
    """How many cases came since `made`, in milliseconds, that the list of this address would show: a number."""
    count = newer_count(read_address().wanted, actor_of_request().user_id, moment_of(request.args.get("made", "")))
    return Response(str(count), mimetype="text/plain")


def _changes(words: str) -> dict[UUID, int]:
    """Ids asked for, each with the change it is asked for because of, `ID~MILLISECOND`; 0 for none."""
    found: dict[UUID, int] = {}
    for word in words.split(",")[:MOST_ROWS]:
        name, _tilde, at = word.partition("~")
        one = id_from(name)
        if one is not None:
            found[one] = int(at) if at.isascii() and at.isdigit() and len(at) < 16 else 0
    return found


def _worn(shown: list[ShownRow]) -> dict[UUID, LabelLook]:
    ids = {label_id for one in shown for label_id in one.row.label_ids}
    return {one.id: LabelLook(str(one.id), one.name, one.colour) for one in names_of(ids)} if ids else {}


def _gone(shown: list[ShownRow], address: Address, actor: Actor) -> dict[UUID, str]:
    """Why a row is no longer in this view, by id."""
    return {one.row.id: _why(one.row, address, actor) for one in shown if not one.belongs}


_CLOSED_HOW = {
    "spam": _l("Closed as spam"),
    "from_spammer": _l("Closed as spam"),
    "merged": _l("Told within another case"),
}


def _why(row: QueueRow, address: Address, actor: Actor) -> str:
    wanted = address.wanted
    if row.status != wanted.status and wanted.status is not None:
        if row.closed_reason in _CLOSED_HOW:
            return str(_CLOSED_HOW[row.closed_reason])
        return {"closed": _("Resolved"), "snoozed": _("Snoozed")}.get(row.status, _("Open again"))
    if wanted.holder == FREE and row.holder_name:
        return _("Taken by you") if row.holder_id == actor.user_id else _("Taken by %(name)s", name=row.holder_name)
    if wanted.holder == ME:
        return _("No longer yours")
    return _("No longer in this view")
