"""Where somebody follows what became of their wish, told to Meta, that we delete what we hold of them."""

from __future__ import annotations

from flask import Blueprint, Response, make_response
from flask_babel import format_date
from flask_babel import gettext as _
from sqlalchemy import select

from agency.web.contexts_connecting import DeletionPage
from agency.web.shell import render_page, shell
from agency.web.walks import count_wrong, stop_guessers
from channels.models import DeletionRequest
from tenants.database import db
from tenants.errors import NotFound

deletion_page = Blueprint("deletion_page", __name__)

CODE_LENGTH = 32


@deletion_page.get("/data-deletion/<code>")
def deletion(code: str) -> Response:
    """Where the request stands, for whoever has its code. It names nobody."""
    stop_guessers()
    asked = None
    if len(code) == CODE_LENGTH and code.isascii() and code.isalnum():
        asked = db.session.execute(
            select(DeletionRequest.created_at, DeletionRequest.finished_at, DeletionRequest.account_count).where(
                DeletionRequest.code == code
            )
        ).one_or_none()
    if asked is None:
        count_wrong()
        raise NotFound()
    if asked.finished_at is None:
        state = _("It was received and is being carried out. Look again tomorrow.")
    elif asked.account_count:
        done_on = format_date(asked.finished_at.date(), "long")
        state = _("Done on %(day)s: your words, your name and your id were deleted.", day=done_on)
    else:
        state = _("Done on %(day)s: we held nothing of yours.", day=format_date(asked.finished_at.date(), "long"))
    page = DeletionPage(asked_on=format_date(asked.created_at.date(), "long"), state=state, code=code)
    return make_response(render_page("doors/deletion.html", page, shell=shell(with_brands=False)))
