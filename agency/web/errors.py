"""Trouble as pages: what happened, what is safe, what to do. A fragment for htmx. Asks no database and no session."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import cast

import redis
from flask import Flask, Response, current_app, g, make_response, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, InternalServerError

from agency.web.contexts import ErrorPage
from agency.web.paths import is_page_path
from agency.web.shell import plain_shell
from agency.web.who import person_of_request
from tenants.database import db
from tenants.errors import AppError
from tenants.logs import get_logger
from tenants.permissions import Permission
from tenants.room import EXTRA_OF, OverLimit

RETRY_AFTER_SECONDS = 5
API_ANSWER = "onbrand_api_error"
"""Key in `app.extensions`: the API's own answer to an error on one of its paths, `(Exception) -> Response`."""

log = get_logger("web")


def prepare_errors(app: Flask) -> None:
    """Answer every error of a page with a page."""
    for kind in (AppError, HTTPException, OperationalError, InterfaceError, PoolTimeout, redis.RedisError, Exception):
        app.register_error_handler(kind, _answer)


def _answer(error: Exception) -> Response | HTTPException:
    db.session.rollback()
    if isinstance(error, InternalServerError) and isinstance(error.original_exception, Exception):
        error = error.original_exception
    api_answer = current_app.extensions.get(API_ANSWER)
    if not is_page_path(request.path) and api_answer is not None:
        return cast(Response, api_answer(error))
    if isinstance(error, HTTPException) and error.code is not None and error.code < 400:
        return error
    return error_answer(page_for(error), retry_after_seconds=_retry_after(error))


def error_answer(page: ErrorPage, *, retry_after_seconds: int | None = None) -> Response:
    """The page, or its fragment where htmx asked, with the page's status."""
    # A boosted link that aims at a part of the page (the queue's rows do) wants a part too.
    whole = request.headers.get("HX-Boosted") == "true" and not request.headers.get("HX-Target")
    is_fragment = request.headers.get("HX-Request") == "true" and not whole
    if is_fragment:
        body = render_template("errors/_fragment.html", page=page)
    else:
        body = render_template("errors/page.html", shell=plain_shell(), page=page)
    answer = make_response(body, page.status)
    answer.headers["Cache-Control"] = "no-store"
    if retry_after_seconds is not None:
        answer.headers["Retry-After"] = str(retry_after_seconds)
    return answer


def page_for(error: Exception) -> ErrorPage:
    """What to show for this error. Anything we did not foresee is logged and shown without details."""
    if isinstance(error, AppError):
        page = _page(error.http_status, *_three_parts(_(error.message) if error.message else "", error.http_status))
        return _with_more(page, error) if isinstance(error, OverLimit) else page
    if _is_down(error):
        log.error("part_down", error=type(error).__name__)
        return _page(503)
    if isinstance(error, CSRFError):
        return _page(
            400,
            _("This form was too old or did not come from our page."),
            _("Nothing was changed."),
            _("Go back, load the page again and send it once more."),
        )
    if isinstance(error, HTTPException):
        return _page(error.code or 500)
    log.error("unforeseen_error", exc_info=error, endpoint=request.endpoint)
    return _page(500)


def _with_more(page: ErrorPage, error: OverLimit) -> ErrorPage:
    """Whoever may change the plan is led to where one more is had, at its price."""
    person = person_of_request()
    if person is None or person.actor is None or not person.actor.may(Permission.BILLING_MANAGE):
        return page
    limit = error.fields["limit"]
    more = {"more": limit} if limit in {one.value for one in EXTRA_OF} else {}
    url = url_for("billing_change_page.change", **more)
    return replace(page, action_label=_("Change the plan"), action_url=url)


def link_no_longer_works() -> Response:
    """The one answer to every mailed link that does not work: used, too old, withdrawn or never ours."""
    return error_answer(
        _page(
            404,
            _("This link no longer works."),
            _("Nothing was changed. Links from our mails work once and only for a while."),
            _("Ask for a new one."),
        )
    )


def trouble(status: int, what: str, safe: str, then: str, action_label: str, action_url: str) -> ErrorPage:
    """The page of something that ended, with the one way on; its words are translated."""
    return replace(_page(status, what, safe, then), action_label=action_label, action_url=action_url)


def _is_down(error: Exception) -> bool:
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return isinstance(error, (OperationalError, InterfaceError, PoolTimeout, redis.RedisError))


def _retry_after(error: Exception) -> int | None:
    if _is_down(error):
        return RETRY_AFTER_SECONDS
    if isinstance(error, AppError):
        seconds = error.fields.get("retry_after_seconds")
        return int(seconds) if seconds else (RETRY_AFTER_SECONDS if error.http_status == 503 else None)
    return None


def _three_parts(message: str, status: int) -> tuple[str, str, str]:
    """Our sentences in their order; what a short message leaves out is filled from the status's own words."""
    _title, what, safe, then = _words(status)
    sentences = [part for part in re.split(r"(?<=[.!?])\s+", message.strip()) if part]
    if not sentences:
        return what, safe, then
    return (
        sentences[0],
        sentences[1] if len(sentences) > 1 else safe,
        " ".join(sentences[2:]) if len(sentences) > 2 else then,
    )


def _page(status: int, what: str = "", safe: str = "", then: str = "") -> ErrorPage:
    title, *three = _words(status)
    return ErrorPage(
        status=status,
        title=title,
        what=what or three[0],
        safe=safe or three[1],
        next=then or three[2],
        action_label=_("To the start"),
        action_url="/",
        reference=g.get("request_id", ""),
    )


def _words(status: int) -> tuple[str, str, str, str]:
    unchanged = _("Nothing was changed.")
    table = {
        400: (_("This cannot be answered"), _("The request was not one we understand."), unchanged),
        401: (_("Nobody is signed in"), _("You are not signed in, or no longer."), _("What you saved is kept.")),
        403: (_("Not allowed"), _("Your role does not include this."), unchanged),
        404: (_("This page does not exist"), _("There is nothing under this address."), unchanged),
        405: (_("This cannot be done here"), _("The address exists, but not for this deed."), unchanged),
        409: (_("Somebody was there first"), _("Things changed while you were at it."), unchanged),
        410: (_("This is gone"), _("What was here is no longer there."), unchanged),
        413: (_("Too large"), _("What was sent is larger than we accept."), unchanged),
        422: (_("Something is missing"), _("Some of what was sent cannot be used."), unchanged),
        429: (_("Too many tries"), _("This was tried too often in a short time."), unchanged),
        503: (
            _("A part is not answering"),
            _("A part we cannot work without is not answering."),
            _("What was saved before is kept, and nothing is sent twice."),
        ),
    }
    nexts = {
        401: _("Sign in and try again."),
        403: _("Ask an admin of your agency if you need it."),
        404: _("Check the address, or go back to the start."),
        409: _("Look at it again before you go on."),
        429: _("Wait a little and try again."),
        503: _("Try again in a few seconds."),
    }
    own = (_("Something broke"), _("We made a mistake here; it has been written down."), _("What was saved is kept."))
    title, what, safe = table.get(status, own if status >= 500 else table[400])
    fallback = _("Try again. If it stays so, tell us the reference.") if status >= 500 else _("Go back and try again.")
    return title, what, safe, nexts.get(status, fallback)
