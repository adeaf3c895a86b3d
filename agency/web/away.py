"""Away from the desk: one press gives back everything a person holds."""

from __future__ import annotations

from flask import Blueprint, redirect, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as AnyResponse

from agency.inbox import returning
from agency.web.shell import toast
from agency.web.theme import local_path
from agency.web.who import actor_of_request

away = Blueprint("away", __name__)


@away.post("/away")
def leave_desk() -> AnyResponse:
    """Every case comes back to the queue, its draft with it."""
    given = returning.give_back_all(actor_of_request(), "away")
    toast(
        ngettext(
            "%(num)s case is back in the queue, its draft with it.",
            "%(num)s cases are back in the queue, their drafts with them.",
            given,
        )
        if given
        else _("You held no case, so there was none to give back.")
    )
    return redirect(local_path(request.form.get("next", "/")), code=303)
