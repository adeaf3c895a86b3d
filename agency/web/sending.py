"""What is pressed at a reply that waits for its time or did not get through: another time, look now, send again."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, request
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from agency.replies import desk, failures
from agency.replies.queries import readable_reply
from agency.replies.sending_time import AS_THE_BRAND_HAS_IT, When
from agency.web.inbox_address import read_address
from agency.web.language import time_of_day
from agency.web.sending_words import brand_zone_of, goes_out_soon
from agency.web.shell import toast
from agency.web.who import actor_of_request
from tenants.database import db
from tenants.errors import AppError, Conflict, Invalid, NotFound, TooMany

sending = Blueprint("sending", __name__)

_AT = "/conversations/<uuid:conversation_id>/replies/<uuid:reply_id>"


def when_in(form: MultiDict[str, str], zone: str) -> When:
    """When the form wants words to go out; `send_at` is by the clock of that zone. What says nothing leaves it to the
    brand, what is no time is refused by the room.
    """
    how = form.get("when", "")
    if how == "now" or how == "hours":
        return When("now" if how == "now" else "hours")
    if how != "chosen":
        return AS_THE_BRAND_HAS_IT
    try:
        return When("chosen", datetime.fromisoformat(form.get("send_at", "")).replace(tzinfo=ZoneInfo(zone)))
    except ValueError:
        return When("chosen", None)


def when_wanted(brand_id: UUID) -> When:
    """When this request's form wants words of the brand to go out."""
    zone = "UTC"
    if request.form.get("when") == "chosen":
        zone = brand_zone_of(brand_id)
    return when_in(request.form, zone)


def refused_time(refused: AppError) -> str:
    """What is wrong with the time."""
    found = [str(_(said[0])) for said in refused.fields.get("errors", {}).values()]
    return _("The time %(problem)s.", problem=found[0]) if found else ""


@sending.post(f"{_AT}/time")
def change_time(conversation_id: UUID, reply_id: UUID) -> AnyResponse:
    """Another time for a reply that waits."""
    brand_id = _of_this(conversation_id, reply_id)
    try:
        with db.session.begin_nested():
            reply = desk.change_time(actor_of_request(), reply_id, when_wanted(brand_id))
        toast(goes_out_soon(reply) or _("On its way."))
    except Invalid as refused:
        toast(f"{_(refused.message)} {refused_time(refused)}".strip(), "warn")
    except Conflict as refused:
        toast(_(refused.message), "warn")
    return redirect(read_address().case_url(conversation_id), code=303)


@sending.post(f"{_AT}/check-now")
def check_now(conversation_id: UUID, reply_id: UUID) -> AnyResponse:
    """Look on the platform now."""
    _of_this(conversation_id, reply_id)
    try:
        with db.session.begin_nested():
            asked = failures.check_now(actor_of_request(), reply_id)
        said = _("We are looking now; this page shows what we find.")
        if asked.tells_at is not None:
            said += " " + _("If nothing is found, that is proof from %(time)s on.", time=time_of_day(asked.tells_at))
        toast(said)
    except (Conflict, TooMany) as refused:
        toast(_(refused.message), "warn")
    return redirect(read_address().case_url(conversation_id), code=303)


@sending.post(f"{_AT}/try-again")
def try_again(conversation_id: UUID, reply_id: UUID) -> AnyResponse:
    """Send once more what surely did not arrive."""
    _of_this(conversation_id, reply_id)
    try:
        with db.session.begin_nested():
            failures.try_again(actor_of_request(), reply_id)
        toast(_("On its way."))
    except Conflict as refused:
        toast(_(refused.message), "warn")
    return redirect(read_address().case_url(conversation_id), code=303)


def _of_this(conversation_id: UUID, reply_id: UUID) -> UUID:
    """The brand of a reply of this conversation. Raises NotFound for another's."""
    row = readable_reply(actor_of_request(), reply_id)
    if row.conversation_id != conversation_id:
        raise NotFound()
    return row.brand_id
