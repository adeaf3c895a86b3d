"""An account's past: asking how far back to read, how far it is, stopping it and taking it up again."""

from __future__ import annotations

from uuid import UUID

from babel.dates import format_date
from babel.numbers import format_decimal
from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as AnyResponse

from agency.web.contexts_history import HistoryLook, HistoryPage
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import Choice, StateLook, brand_look
from agency.web.reply_looks import platform_word
from agency.web.shell import brand_looks, render_page, toast
from agency.web.who import actor_of_request
from channels import accounts as room
from channels import backfills
from channels.capabilities import ReadsHistory
from channels.models import Account, Backfill
from channels.registry import able
from tenants.database import db
from tenants.errors import Conflict, Invalid, NotFound
from tenants.ids import id_from
from tenants.permissions import Permission

history_page = Blueprint("history_page", __name__)

NONE = "none"


@history_page.get("/accounts/<account_id>/history")
def history(account_id: str) -> Response:
    """How far its past is read, and the question how far to go."""
    return _page(_account(account_id), 200)


@history_page.get("/accounts/<account_id>/history/state")
def state(account_id: str) -> Response:
    """The same in a few words, fetched again while it runs."""
    account = _account(account_id)
    look = history_look(account, backfills.latest_of([account.id]).get(account.id), on_card=False)
    return make_response(render_template("accounts/_history.html", history=look))


@history_page.post("/accounts/<account_id>/history")
def begin(account_id: str) -> AnyResponse:
    """Read down to the horizon; `none` reads nothing."""
    account = _account(account_id)
    horizon = request.form.get("horizon", "")
    if horizon == NONE:
        return redirect(url_for("accounts_page.accounts_of_brand", brand_id=account.brand_id), code=303)
    try:
        backfills.begin(actor_of_request(), account.id, horizon)
    except (Invalid, Conflict) as error:
        db.session.rollback()
        return _page(_account(account_id), error.http_status, _(error.message))
    toast(_("We read its past, behind everything that happens now."))
    return redirect(url_for("history_page.history", account_id=account.id), code=303)


@history_page.post("/accounts/<account_id>/history/stop")
def stop(account_id: str) -> AnyResponse:
    """What was read stays."""
    account = _account(account_id)
    backfills.stop(actor_of_request(), account.id)
    toast(_("Stopped. What was read stays."))
    return redirect(url_for("history_page.history", account_id=account.id), code=303)


@history_page.post("/accounts/<account_id>/history/go-on")
def go_on(account_id: str) -> AnyResponse:
    """From where it was stopped or failed."""
    account = _account(account_id)
    try:
        backfills.go_on(actor_of_request(), account.id)
    except (Invalid, Conflict) as error:
        db.session.rollback()
        return _page(_account(account_id), error.http_status, _(error.message))
    return redirect(url_for("history_page.history", account_id=account.id), code=303)


def history_looks(found: list[Account]) -> dict[UUID, HistoryLook]:
    """For the cards of these accounts, in one statement; those that have nothing to say or to ask are left out."""
    latest = backfills.latest_of([account.id for account in found])
    may = actor_of_request().may(Permission.HISTORY_BRING)
    return {
        account.id: history_look(account, latest.get(account.id), on_card=True)
        for account in found
        if account.id in latest or (may and _is_readable(account))
    }


def history_look(account: Account, backfill: Backfill | None, *, on_card: bool) -> HistoryLook:
    """In words, with what this person may do about it."""
    page_url = url_for("history_page.history", account_id=account.id) if on_card else ""
    if backfill is None:
        return HistoryLook(account=account.name, page_url=page_url)
    may = actor_of_request().may(Permission.HISTORY_BRING)
    runs, ended = backfill.state == "running", backfill.state in ("stopped", "failed")
    here = {"account_id": account.id}
    return HistoryLook(
        account=account.name,
        state=_state(account, backfill),
        words=_words(backfill),
        problem=_problem(account, backfill),
        gaps=_gaps(backfill),
        page_url=page_url,
        look_url=url_for("history_page.state", **here) if runs and not on_card else "",  # type: ignore[arg-type]
        stop_url=url_for("history_page.stop", **here) if may and runs else "",  # type: ignore[arg-type]
        go_on_url=url_for("history_page.go_on", **here)  # type: ignore[arg-type]
        if may and ended and _is_readable(account)
        else "",
    )


def _is_readable(account: Account) -> bool:
    able_to = able(account.platform, ReadsHistory)  # type: ignore[type-abstract]
    return account.disconnected_at is None and able_to is not None


def _state(account: Account, backfill: Backfill) -> StateLook:
    waits = _waits_for_a_person(account) or backfill.last_error is not None
    if backfill.state == "running" and waits:
        return StateLook("waiting", _("Its past waits"), "hourglass", "warn")
    looks = {
        "running": StateLook("running", _("Reading its past"), "clock", "info"),
        "done": StateLook("done", _("Its past is read"), "check", "good"),
        "stopped": StateLook("stopped", _("Reading its past was stopped"), "pause", "plain"),
        "failed": StateLook("failed", _("Its past could not be read on"), "alert", "bad"),
    }
    return looks[backfill.state]


def _waits_for_a_person(account: Account) -> bool:
    return account.disconnected_at is not None or account.health not in backfills.READABLE


def _words(backfill: Backfill) -> str:
    locale = chosen_language()
    count = format_decimal(backfill.item_count, locale=locale)
    items = ngettext("%(count)s item", "%(count)s items", backfill.item_count, count=count)
    if backfill.reached_at is None:
        return str(items)
    day = format_date(backfill.reached_at.astimezone(chosen_zone()).date(), "d MMMM y", locale=locale)
    return str(_("back to %(day)s, %(items)s", day=day, items=items))


def _problem(account: Account, backfill: Backfill) -> str:
    if backfill.state == "running" and _waits_for_a_person(account):
        return str(_("The account needs a new connection. What was read is kept; it goes on by itself after that."))
    if backfill.last_error is None:
        return ""
    if backfill.state == "failed":
        if backfill.last_error == "refused":
            return str(_("The platform refused to show more. What was read is kept. Go on later, or import a file."))
        return str(_("The platform did not answer for a day. What was read is kept. Go on when it answers again."))
    if backfill.last_error == "rate_limited":
        return str(_("The platform asked us to slow down. Nothing is lost; it goes on by itself."))
    return str(_("The last try failed. Nothing is lost; it is tried again by itself."))


def _gaps(backfill: Backfill) -> str:
    if not backfill.gap_count:
        return ""
    count = format_decimal(backfill.gap_count, locale=chosen_language())
    return str(
        ngettext(
            "%(count)s part could not be read, even after several tries.",
            "%(count)s parts could not be read, even after several tries.",
            backfill.gap_count,
            count=count,
        )
    )


def _account(account_id: str) -> Account:
    found = id_from(account_id)
    if found is None:
        raise NotFound()
    return room.get(found)


def _page(account: Account, status: int, error: str = "") -> Response:
    latest = backfills.latest_of([account.id]).get(account.id)
    may = actor_of_request().may(Permission.HISTORY_BRING)
    words = {"month": _("30 days"), "year": _("1 year"), "all": _("All there is"), NONE: _("Nothing: only what comes")}
    chosen = request.form.get("horizon", "month")
    page = HistoryPage(
        name=account.name,
        brand=brand_looks().get(account.brand_id) or brand_look(str(account.brand_id), _("Archived brand"), "", ""),
        platform=platform_word(account.platform),
        history=history_look(account, latest, on_card=False),
        url=url_for("history_page.begin", account_id=account.id) if may and _is_readable(account) else "",
        horizons=tuple(Choice(label, "", value=value, selected=value == chosen) for value, label in words.items()),
        error=error,
        back_url=url_for("accounts_page.accounts_of_brand", brand_id=account.brand_id),
    )
    return make_response(render_page("accounts/history.html", page), status)
