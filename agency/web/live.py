"""What keeps an open inbox as things are: the pulse's place among the pages, and the changed rows."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, make_response, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from agency.inbox.filters import FREE, ME
from agency.inbox.queries import QueueRow
from agency.inbox.shown_rows import ShownRow, shown_rows
from agency.web.inbox_address import Address, read_address
from agency.web.inbox_rows import rows_of
from agency.web.pulse import PATH
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
    actor, address = actor_of_request(), read_address()
    asked = [one for one in (id_from(word) for word in request.args.get("ids", "").split(",")[:MOST_ROWS]) if one]
    found = {shown.row.id: shown for shown in shown_rows(asked, address.wanted, me=actor.user_id)} if asked else {}
    shown = [found[one] for one in asked if one in found]
    brands = {one.brand.id: one.brand for one in shown}
    printed = rows_of((one.row for one in shown), brands, address, actor, gone=_gone(shown, address, actor))
    return make_response(str(queue_rows(printed, "", _("you"))))


def _gone(shown: list[ShownRow], address: Address, actor: Actor) -> dict[UUID, str]:
    """Why a row is no longer in this view, by id."""
    return {one.row.id: _why(one.row, address, actor) for one in shown if not one.belongs}


def _why(row: QueueRow, address: Address, actor: Actor) -> str:
    wanted = address.wanted
    if row.status != wanted.status and wanted.status is not None:
        return {"closed": _("Resolved"), "snoozed": _("Snoozed")}.get(row.status, _("Open again"))
    if wanted.holder == FREE and row.holder_name:
        return _("Taken by you") if row.holder_id == actor.user_id else _("Taken by %(name)s", name=row.holder_name)
    if wanted.holder == ME:
        return _("No longer yours")
    return _("No longer in this view")
