"""Connecting accounts through a platform's own sign-in: what for, there and back, which ones, until they show life."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, current_app, make_response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from agency.web.brand_address import brand_at
from agency.web.connecting_look import (
    advice_for,
    connected_row,
    feature_rows,
    granted_rows,
    is_same_look,
    seen_as,
    summary_of,
    waits,
)
from agency.web.connecting_words import failure, way_words
from agency.web.contexts_connecting import (
    ChoosePage,
    ConnectedPage,
    ConnectPage,
    WalkFailedPage,
)
from agency.web.looks import BrandLook, Choice, brand_look
from agency.web.shell import brand_looks, render_page, shell
from agency.web.walks import back_url, browser_of_request, chosen_way, count_wrong, leave_for, stop_guessers, value_of
from agency.web.who import actor_of_request, person_or_none
from channels import accounts
from channels import connecting as room
from channels.connecting import WalkRefused
from channels.errors import ChannelError
from channels.features import USUAL, way_of
from channels.models import Account, ConnectAttempt, GrantedAccount
from channels.oauth import Granted, Return, SignInFailed, refusal_of
from channels.sign_ins import SIGN_INS
from channels.transport import Endpoints, Speaks, Transport
from tenants import clock, tokens
from tenants.base_app import settings_of_app
from tenants.database import db
from tenants.errors import AppError, Forbidden, NotFound
from tenants.holders import may_mend
from tenants.ids import id_from
from tenants.permissions import Actor, Permission, require
from tenants.scope import Scope, enter_scope
from tenants.tokens import Purpose

connecting = Blueprint("connecting", __name__)

LONGEST_CODE = 2_048
MOST_SHOWN = 50


@connecting.get("/connect")
def start() -> Response:
    """What to connect and what for."""
    return _start_page(200)


@connecting.post("/connect")
def leave() -> AnyResponse:
    """Begin a walk to the platform."""
    way, actor = chosen_way(request.form.get("way", "")), actor_of_request()
    brand_id = id_from(request.form.get("brand", ""))
    if brand_id is None:
        return _start_page(422, errors={"brand": _("Choose a brand.")})
    brand = brand_at(str(brand_id), Permission.ACCOUNT_CONNECT)
    return leave_for(way, actor.agency_id, brand.id, request.form.getlist("feature"), person_id=actor.user_id)


@connecting.post("/accounts/<account_id>/connect")
def leave_again(account_id: str) -> AnyResponse:
    """Begin a walk for one account: its access anew, or one permission more."""
    account = _account(account_id)
    way, actor = way_of(account.platform, account.login), actor_of_request()
    features = request.form.getlist("feature")
    return leave_for(
        way, actor.agency_id, account.brand_id, features, person_id=actor.user_id, account_id=account.id, again=True
    )


@connecting.get("/connect/back")
def back() -> AnyResponse:
    """Where platforms send the browser back to."""
    stop_guessers()
    state, person = request.args.get("state", ""), person_or_none()
    try:
        walk = room.end(state, browser_of_request(), person.person_id if person else None)
    except WalkRefused as refusal:
        db.session.rollback()
        if refusal.code == "unknown":
            count_wrong()
        return _failed(refusal.code, None, 400)
    # The walk is used up before the platform is asked: whatever comes of it, this code is never sent twice.
    db.session.commit()
    actor = person.actor if person is not None and walk.person_id is not None else None
    try:
        _check_right(walk, actor)
        found = _granted(walk, state)
    except SignInFailed as error:
        return _failed(error.code, walk, 409)
    except ChannelError as error:
        return _failed("not_now" if error.retry else "refused", walk, 409)
    enter_scope(db.session, Scope(walk.agency_id, frozenset({walk.brand_id})))
    if walk.account_id is not None:
        return _mended(walk, actor, found)
    room.keep_granted(walk, found)
    return redirect(url_for("connecting.choose", attempt_id=walk.id), code=303)


@connecting.get("/connect/<attempt_id>")
def choose(attempt_id: str) -> AnyResponse:
    """What was granted, to choose from."""
    walk = _walk(attempt_id)
    waiting = room.granted_of(walk)
    if not waiting:
        return _failed("gone", walk, 410)
    return _choose_page(walk, waiting, 200)


@connecting.post("/connect/<attempt_id>")
def connect(attempt_id: str) -> AnyResponse:
    """Connect what was chosen."""
    walk = _walk(attempt_id)
    waiting = room.granted_of(walk)
    if not waiting:
        made = room.made_by(walk)
        return _to_done(made, walk) if made else _failed("gone", walk, 410)
    chosen = {found for text in request.form.getlist("granted") if (found := id_from(text)) is not None}
    if not chosen:
        return _choose_page(walk, waiting, 422, _("Tick at least one."))
    try:
        made = room.choose(actor_of_request(), walk, chosen)
    except Forbidden:
        raise
    except NotFound:
        db.session.rollback()
        walk = _walk(attempt_id)
        made = room.made_by(walk)  # the same button twice: the other one was first
        if not made:
            raise
    except AppError as error:
        db.session.rollback()
        walk = _walk(attempt_id)
        return _choose_page(walk, room.granted_of(walk), error.http_status, _(error.message))
    return _to_done(made, walk)


@connecting.get("/connect/done")
def connected() -> AnyResponse:
    """How far the set-up is: it ends when something real came back."""
    every, here = _made()
    first = max(request.args.get("start", 0, int), 0)
    rows = every[first:][:MOST_SHOWN]
    if not rows:
        raise NotFound()
    is_whole, next_first = len(rows) == len(every), first + MOST_SHOWN
    shown = tuple(
        replace(connected_row(one, _look(one.brand_id)), history_url=url_for("history_page.history", account_id=one.id))
        for one in rows
    )
    is_waiting = any(waits(one) for one in rows)
    summary = "" if is_whole else summary_of(every)
    seen = seen_as((*shown, summary), is_waiting)
    if is_same_look(seen):
        return Response(status=204)
    page = ConnectedPage(
        rows=shown,
        advice=advice_for(rows),
        summary=summary,
        look_url=url_for("connecting.connected", **here, start=first or None, seen=seen) if is_waiting else "",
        next_url=url_for("connecting.connected", **here, start=next_first) if next_first < len(every) else "",
        first_url=url_for("connecting.connected", **here) if first else "",
        accounts_url=url_for("accounts_page.accounts_of_brand", brand_id=rows[0].brand_id),
    )
    template = "accounts/_connected.html" if "HX-Request" in request.headers else "accounts/connected.html"
    return make_response(render_page(template, page))


# --- inside ---


def _transport() -> Speaks:
    kept = current_app.extensions.get("onbrand_transport")
    if kept is None:
        kept = current_app.extensions["onbrand_transport"] = Transport(Endpoints.from_settings(settings_of_app()))
    transport: Speaks = kept
    return transport


def _look(brand_id: UUID) -> BrandLook:
    return brand_looks().get(brand_id) or brand_look(str(brand_id), _("Archived brand"), "", "")


def _account(account_id: str) -> Account:
    found = id_from(account_id)
    if found is None:
        raise NotFound()
    account = accounts.get(found)
    require(actor_of_request(), Permission.ACCOUNT_CONNECT, account.brand_id)
    if account.disconnected_at is not None:
        raise NotFound()
    return account


def _walk(attempt_id: str) -> ConnectAttempt:
    """This person's own walk to an account to choose. Raises NotFound for any other."""
    found, actor = id_from(attempt_id), actor_of_request()
    walk = room.walk_of(found) if found is not None else None
    if walk is None or walk.person_id != actor.user_id or walk.agency_id != actor.agency_id or walk.used_at is None:
        raise NotFound()
    require(actor, Permission.ACCOUNT_CONNECT, walk.brand_id)
    return walk


def _check_right(walk: ConnectAttempt, actor: Actor | None) -> None:
    """Whoever began it may still do it: rights may have gone in the meantime. Raises SignInFailed."""
    if walk.person_id is not None:
        may = actor is not None and actor.agency_id == walk.agency_id and actor.may(Permission.ACCOUNT_CONNECT)
        if not may or actor is None or not actor.scope.covers(walk.brand_id):
            raise SignInFailed("other_person")
        return
    link = tokens.link_by_id(walk.link_id) if walk.link_id is not None else None
    about = link.about if link is not None else None
    if link is None or about is None or (about.agency_id, about.brand_id) != (walk.agency_id, walk.brand_id):
        raise SignInFailed("used")
    if not may_mend(link.person_id, walk.agency_id, walk.brand_id):
        raise SignInFailed("used")


def _granted(walk: ConnectAttempt, state: str) -> list[Granted]:
    """Raises SignInFailed and ChannelError."""
    refused = refusal_of(request.args)
    if refused is not None:
        raise refused
    code = request.args.get("code", "")
    if not code or len(code) > LONGEST_CODE or not code.isascii():
        raise SignInFailed("refused")
    way, verifier = way_of(walk.platform, walk.login), room.verifier_of(state)
    db.session.commit()  # no transaction stays open while a platform thinks
    return SIGN_INS[way].granted(settings_of_app(), _transport(), Return(code, back_url(), verifier), now=clock.now())


def _mended(walk: ConnectAttempt, actor: Actor | None, found: list[Granted]) -> AnyResponse:
    mended = room.mend(actor, walk, found, through="mailed link" if walk.link_id else "dialog")
    if not mended:
        return _failed("other_account", walk, 409, found=tuple(dict.fromkeys(one.name for one in found))[:MOST_SHOWN])
    if not room.still_broken(walk):  # else what is left can be ticked yet, by the same links
        tokens.use_up(Purpose.RECONNECT, room.ids_alike(walk))
    if walk.link_id is not None:
        return redirect(url_for("reconnecting.mended", attempt_id=walk.id), code=303)
    return _to_done(mended, walk)


def _to_done(made: list[Account], walk: ConnectAttempt) -> AnyResponse:
    """Few are named one by one; more than an address can hold by what they have in common."""
    here: dict[str, Any] = {"account": [str(one.id) for one in made]}
    if len(made) > MOST_SHOWN:
        assert walk.used_at is not None
        way = value_of((walk.platform, walk.login))
        here = {"brand": walk.brand_id, "way": way, "since": walk.used_at.isoformat()}
    return redirect(url_for("connecting.connected", **here), code=303)


def _made() -> tuple[list[Account], dict[str, Any]]:
    """What the address of `connected` stands for, as far as this person may see it, and the address's parts."""
    if "since" not in request.args:
        ids = [found for text in request.args.getlist("account")[:MOST_SHOWN] if (found := id_from(text)) is not None]
        known = accounts.by_ids(ids)
        rows = [known[one] for one in ids if one in known]
        return rows, {"account": [str(one.id) for one in rows]}
    brand = brand_at(request.args.get("brand", ""), Permission.ACCOUNT_CONNECT)
    way = chosen_way(request.args.get("way", ""))
    try:
        since = datetime.fromisoformat(request.args["since"])
    except ValueError:
        raise NotFound() from None
    if since.tzinfo is None:
        raise NotFound()
    return room.made_since(brand.id, way, since), {"brand": brand.id, "way": value_of(way), "since": since.isoformat()}


def _failed(code: str, walk: ConnectAttempt | None, status: int, *, found: tuple[str, ...] = ()) -> Response:
    again = ""
    if walk is None or walk.link_id is None:
        again = url_for("accounts_page.accounts")
        if walk is not None and walk.account_id is not None:
            again = url_for("accounts_page.ask_reconnect", account_id=walk.account_id)
        elif walk is not None:
            way = value_of((walk.platform, walk.login))
            again = url_for("connecting.start", way=way, brand=walk.brand_id)
    page = WalkFailedPage(title=_("Not connected"), notice=failure(code), found=found, again_url=again)
    return make_response(render_page("doors/walk_failed.html", page, shell=shell(with_brands=False)), status)


def _start_page(status: int, errors: dict[str, str] | None = None) -> Response:
    given = request.form if request.method == "POST" else request.args
    way, brand = chosen_way(given.get("way", "")), given.get("brand", "")
    chosen = given.getlist("feature") or USUAL
    sign_in = SIGN_INS[way]
    page = ConnectPage(
        tabs=tuple(
            Choice(
                word,
                url_for("connecting.start", way=value_of(one), brand=brand or None),
                value=value_of(one),
                selected=one == way,
            )
            for one, word in way_words().items()
        ),
        way=value_of(way),
        sign_in_label=sign_in.label,
        features=feature_rows(way, chosen),
        brands=_brand_choices(brand),
        url=url_for("connecting.leave") if sign_in.is_set_up(settings_of_app()) else "",
        token_url=url_for("accounts_page.accounts", token=1) + "#connect-heading",
        errors=errors or {},
    )
    return make_response(render_page("accounts/connect.html", page), status)


def _brand_choices(chosen: str) -> tuple[Choice, ...]:
    """Of several brands none is chosen by being the first: whose voice it is, a person says."""
    looks = list(brand_looks().values())
    found = tuple(Choice(look.name, "", value=look.id, selected=look.id == chosen) for look in looks)
    if len(looks) > 1 and not any(one.selected for one in found):
        return (Choice(_("Choose a brand"), "", value="", selected=True), *found)
    return found


def _choose_page(walk: ConnectAttempt, waiting: list[GrantedAccount], status: int, error: str = "") -> Response:
    rows, all_lack = granted_rows(waiting, walk, room.live_accounts(waiting), brand_looks())
    page = ChoosePage(
        brand=_look(walk.brand_id),
        rows=rows,
        all_lack=all_lack,
        is_cut=len(waiting) >= room.MOST_GRANTED,
        url=url_for("connecting.connect", attempt_id=walk.id),
        again_url=url_for("connecting.start", way=value_of((walk.platform, walk.login)), brand=walk.brand_id),
        error=error,
    )
    return make_response(render_page("accounts/choose.html", page), status)
