"""Channel health: which accounts are connected, since when they are well or not, connecting, and what was set aside."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy import and_, case, func, select, tuple_
from werkzeug.wrappers import Response as AnyResponse

from agency.web import clocks
from agency.web.account_card import card_of, days_of
from agency.web.brand_address import brand_at
from agency.web.connecting_look import chosen_for, feature_rows
from agency.web.contexts import AccountsPage
from agency.web.contexts_setup import AccountDeedPage, SetAsidePage, SetAsideRow
from agency.web.history_page import history_looks
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import BrandLook, Choice, Clock, brand_look
from agency.web.reply_looks import platform_word
from agency.web.shell import brand_looks, render_page, toast
from agency.web.unreadable_words import unreadable_words
from agency.web.who import actor_of_request
from channels import account_standing
from channels import accounts as room
from channels.features import way_of
from channels.health import KINDS, state_of
from channels.health_order import rank_of
from channels.models import Account, SetAsideItem
from channels.registry import ADAPTERS
from channels.sign_ins import SIGN_INS
from tenants import clock
from tenants.base_app import settings_of_app
from tenants.database import db
from tenants.errors import Conflict, Invalid, NotFound, worded
from tenants.ids import id_from
from tenants.permissions import Permission, require

accounts_page = Blueprint("accounts_page", __name__)

PAGE_ROWS = 60
RAW_SHOWN_BYTES = 2_000
TROUBLED = tuple(kind.rank for kind in KINDS.values() if kind.tone in ("bad", "warn"))


@accounts_page.get("/accounts")
def accounts() -> Response:
    """Every account this person may see, troubled ones first."""
    return _list(None, 200)


@accounts_page.get("/brands/<brand_id>/accounts")
def accounts_of_brand(brand_id: str) -> Response:
    """Those of one brand."""
    return _list(brand_at(brand_id, Permission.ACCOUNT_READ).id, 200)


@accounts_page.post("/accounts")
def connect() -> AnyResponse:
    """Connect an account with a token somebody got at the platform. The token is sealed and never shown again."""
    form = request.form
    typed = {name: form.get(name, "").strip() for name in ("brand", "platform", "external_id", "name", "login")}
    brand_id = id_from(typed["brand"])
    try:
        if brand_id is None:
            raise Invalid("No brand was chosen. Nothing was stored.", errors={"brand": [worded("Choose a brand.")]})
        login = typed["login"] or None
        account = room.connect(
            actor_of_request(),
            brand_id,
            typed["platform"],
            typed["external_id"],
            form.get("credential", "").strip(),
            login=login if typed["platform"] == "instagram" else None,
            name=typed["name"] or None,
        )
    except (Invalid, Conflict) as error:
        db.session.rollback()
        errors = _errors(error)
        if isinstance(error, Conflict):
            errors["external_id"] = _(error.message)
        elif "credential" not in errors:
            errors["credential"] = _("Enter the token again: it is not kept in the form.")
        return _list(None, error.http_status, values=typed, errors=errors)
    toast(_("%(name)s is connected. We look for what is there now.", name=account.name))
    return redirect(url_for("history_page.history", account_id=account.id), code=303)


@accounts_page.get("/accounts/<account_id>/reconnect")
def ask_reconnect(account_id: str) -> Response:
    """The form for a new token."""
    return _deed("reconnect", _account(account_id), 200)


@accounts_page.post("/accounts/<account_id>/reconnect")
def reconnect(account_id: str) -> AnyResponse:
    """A new token; reading begins at once."""
    account = _account(account_id)
    try:
        room.reconnect(actor_of_request(), account.id, request.form.get("credential", "").strip())
    except Invalid as error:
        db.session.rollback()
        return _deed("reconnect", _account(account_id), error.http_status, _errors(error))
    toast(_("%(name)s is connected again. We read what came meanwhile.", name=account.name))
    return redirect(url_for("accounts_page.accounts_of_brand", brand_id=account.brand_id), code=303)


@accounts_page.post("/accounts/<account_id>/check")
def check(account_id: str) -> AnyResponse:
    """Look now whether the access works and events come, mend what can be mended, and read what is new."""
    account = _account(account_id)
    account_standing.check_now(account)
    toast(_("We look at %(name)s now. The card says what we find.", name=account.name))
    return redirect(url_for("accounts_page.accounts_of_brand", brand_id=account.brand_id), code=303)


@accounts_page.get("/accounts/<account_id>/disconnect")
def ask_disconnect(account_id: str) -> Response:
    """Says what disconnecting does and asks."""
    return _deed("disconnect", _account(account_id), 200)


@accounts_page.post("/accounts/<account_id>/disconnect")
def disconnect(account_id: str) -> AnyResponse:
    """Destroys the token and ends reading. Doing it twice changes nothing."""
    account = room.disconnect(actor_of_request(), _id(account_id))
    toast(_("%(name)s is disconnected. Its conversations stay.", name=account.name))
    return redirect(url_for("accounts_page.accounts_of_brand", brand_id=account.brand_id), code=303)


@accounts_page.get("/accounts/<account_id>/set-aside")
def set_aside(account_id: str) -> Response:
    """What could not be read, with the reason, newest first."""
    account = room.get(_id(account_id))
    wanted = select(SetAsideItem).where(SetAsideItem.account_id == account.id).order_by(SetAsideItem.id.desc())
    after = request.args.get("after")
    if after:
        wanted = wanted.where(SetAsideItem.id < _id(after))
    items = list(db.session.scalars(wanted.limit(PAGE_ROWS + 1)))
    more, items = len(items) > PAGE_ROWS, items[:PAGE_ROWS]
    here = {"account_id": account.id, "after": items[-1].id} if more else {}
    page = SetAsidePage(
        name=account.name,
        brand=_look(account.brand_id),
        platform=platform_word(account.platform),
        rows=tuple(
            SetAsideRow(
                words=unreadable_words(item.reason),
                reason=item.reason,
                external_id=item.external_id or "",
                at=_moment(item.created_at),
                raw=item.raw[:RAW_SHOWN_BYTES].decode("utf-8", "replace"),
                length_bytes=len(item.raw),
            )
            for item in items
        ),
        next_url=url_for("accounts_page.set_aside", **here) if here else "",  # type: ignore[arg-type]
        back_url=url_for("accounts_page.accounts_of_brand", brand_id=account.brand_id),
    )
    return make_response(render_page("accounts/set_aside.html", page))


def _id(text: str) -> UUID:
    found = id_from(text)
    if found is None:
        raise NotFound()
    return found


def _account(account_id: str) -> Account:
    """A connected account. Raises NotFound for one that is gone, foreign or made up."""
    account = room.get(_id(account_id))
    require(actor_of_request(), Permission.ACCOUNT_CONNECT, account.brand_id)
    if account.disconnected_at is not None:
        raise NotFound()
    return account


def _errors(error: Invalid | Conflict) -> dict[str, str]:
    return {field: _(sentences[0]) for field, sentences in error.fields.get("errors", {}).items()}


def _look(brand_id: UUID) -> BrandLook:
    """A brand's look; of an archived one, which the frame does not know, only that."""
    return brand_looks().get(brand_id) or brand_look(str(brand_id), _("Archived brand"), "", "")


def _moment(at: datetime) -> Clock:
    return clocks.moment(at, chosen_zone(), chosen_language())


def _list(
    brand_id: UUID | None,
    status: int,
    *,
    values: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
) -> Response:
    """Six statements beside finding the person, the brand and the frame's brands."""
    tab = request.args.get("tab", "")
    found, more = _accounts(brand_id, tab)
    ids = [account.id for account in found]
    counts, days, turns = _set_aside_counts(ids), days_of(ids), account_standing.next_polls(ids)
    histories = history_looks(found)
    may_connect = actor_of_request().may(Permission.ACCOUNT_CONNECT)
    given = values or {"brand": str(brand_id or "")}
    here: dict[str, Any] = {"brand_id": brand_id} if brand_id else {}
    place = "accounts_page.accounts_of_brand" if brand_id else "accounts_page.accounts"
    last = f"{_rank_number(found[-1])}.{found[-1].id}" if more else ""
    platforms = tuple(
        Choice(platform_word(name), "", value=name, selected=name == given.get("platform")) for name in ADAPTERS
    )
    page = AccountsPage(
        rows=tuple(
            replace(
                card_of(
                    account,
                    _look(account.brand_id),
                    may_connect=may_connect,
                    set_aside=counts.get(account.id, 0),
                    days=days.get(account.id, {}),
                    next_turn=turns.get(account.id),
                ),
                history=histories.get(account.id),
            )
            for account in found
        ),
        tabs=_tabs(place, here, tab, brand_id),
        next_url=url_for(place, **here, tab=tab or None, after=last) if more else "",
        connect_url=url_for("accounts_page.connect") if may_connect else "",
        is_token_open=bool(errors) or "token" in request.args,
        import_url=url_for("import_page.imports", brand=brand_id)
        if actor_of_request().may(Permission.HISTORY_BRING)
        else "",
        brands=tuple(
            Choice(look.name, "", value=look.id, selected=look.id == given.get("brand"))
            for look in brand_looks().values()
        ),
        platforms=platforms,
        logins=tuple(
            Choice(label, "", value=value, selected=value == given.get("login"))
            for value, label in (("facebook", _("Through its Facebook page")), ("instagram", _("Through Instagram")))
        ),
        values=given,
        errors=errors or {},
        empty_reason=_("No channel is in trouble.") if tab == "troubled" else "",
    )
    return make_response(render_page("accounts/page.html", page), status)


def _rank_number(account: Account) -> int:
    return KINDS[state_of(account_standing.facts_of(account), clock.now())].rank


def _accounts(brand_id: UUID | None, tab: str) -> tuple[list[Account], bool]:
    rank = rank_of(clock.now())
    wanted = select(Account).order_by(rank, Account.id).limit(PAGE_ROWS + 1)
    if brand_id is not None:
        wanted = wanted.where(Account.brand_id == brand_id)
    if tab == "disconnected":
        wanted = wanted.where(Account.disconnected_at.is_not(None))
    else:
        wanted = wanted.where(Account.disconnected_at.is_(None))
    if tab == "troubled":
        wanted = wanted.where(rank.in_(TROUBLED))
    after = request.args.get("after", "")
    if after:
        number, _dot, text = after.partition(".")
        if number not in {str(kind.rank) for kind in KINDS.values()}:
            raise NotFound()
        wanted = wanted.where(tuple_(rank, Account.id) > tuple_(int(number), _id(text)))
    found = list(db.session.scalars(wanted))
    return found[:PAGE_ROWS], len(found) > PAGE_ROWS


def _tabs(place: str, here: dict[str, Any], tab: str, brand_id: UUID | None) -> tuple[Choice, ...]:
    live = Account.disconnected_at.is_(None)
    counting = select(
        func.count(case((live, Account.id))),
        func.count(case((and_(live, rank_of(clock.now()).in_(TROUBLED)), Account.id))),
        func.count(case((Account.disconnected_at.is_not(None), Account.id))),
    )
    if brand_id is not None:
        counting = counting.where(Account.brand_id == brand_id)
    every, troubled, disconnected = db.session.execute(counting).one()
    choices = [
        Choice(_("All"), url_for(place, **here), selected=tab not in ("troubled", "disconnected"), count=every),
        Choice(
            _("Troubled"),
            url_for(place, **here, tab="troubled"),
            selected=tab == "troubled",
            count=troubled,
            tone="bad" if troubled else "plain",
        ),
    ]
    if disconnected:
        url = url_for(place, **here, tab="disconnected")
        choices.append(Choice(_("Disconnected"), url, selected=tab == "disconnected", count=disconnected))
    return tuple(choices)


def _set_aside_counts(account_ids: list[UUID]) -> dict[UUID, int]:
    rows = db.session.execute(
        select(SetAsideItem.account_id, func.count(SetAsideItem.id))
        .where(SetAsideItem.account_id.in_(account_ids))
        .group_by(SetAsideItem.account_id)
    )
    return {row[0]: row[1] for row in rows}


def _deed(deed: str, account: Account, status: int, errors: dict[str, str] | None = None) -> Response:
    target = "accounts_page.reconnect" if deed == "reconnect" else "accounts_page.disconnect"
    way = way_of(account.platform, account.login)
    has_dialog = deed == "reconnect" and SIGN_INS[way].is_set_up(settings_of_app())
    page = AccountDeedPage(
        deed=deed,
        name=account.name,
        brand=_look(account.brand_id),
        platform=platform_word(account.platform),
        url=url_for(target, account_id=account.id),
        back_url=url_for("accounts_page.accounts_of_brand", brand_id=account.brand_id),
        errors=errors or {},
        dialog_url=url_for("connecting.leave_again", account_id=account.id) if has_dialog else "",
        sign_in_label=SIGN_INS[way].label,
        features=feature_rows(way, chosen_for(account), account) if has_dialog else (),
    )
    return make_response(render_page("accounts/deed.html", page), status)
