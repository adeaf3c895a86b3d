"""What a mailed link opens: one account that broke, one button to the platform, and back. No sign-in here is needed."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import format_date
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from agency.web.connecting_look import connected_row, is_same_look, seen_as, waits
from agency.web.connecting_words import reason_words
from agency.web.contexts_connecting import MendedPage, MendPage
from agency.web.errors import link_no_longer_works
from agency.web.language import chosen_zone
from agency.web.looks import brand_look
from agency.web.shell import render_page, shell
from agency.web.walks import count_walk, count_wrong, is_my_walk, leave_for, stop_guessers
from channels import accounts
from channels.account_standing import facts_of
from channels.connecting import made_by, still_broken, walk_of
from channels.features import USUAL, standing_features, way_of
from channels.health import ends_at
from channels.models import Account
from channels.sign_ins import SIGN_INS
from tenants.base_app import settings_of_app
from tenants.database import db
from tenants.holders import may_mend
from tenants.ids import id_from
from tenants.models import Agency, Brand
from tenants.scope import Scope, enter_scope
from tenants.tokens import Link, Purpose, open_link, was_link

reconnecting = Blueprint("reconnecting", __name__)


@reconnecting.get("/reconnect/<path:token>")
def mend(token: str) -> AnyResponse:
    """Says what broke. Looking at it uses nothing up: mail scanners look too. One that was used says that all is well,
    while it is: the button in the mail is pressed twice, and by everybody who got the mail.
    """
    found = _opened(token) or _done(token)
    if found is None:
        return _nothing_here()
    _link, account, brand = found
    account, waiting = _to_mend(account)
    agency_name = db.session.execute(select(Agency.name).where(Agency.id == account.agency_id)).scalar_one()
    is_broken, ends = account.health in accounts.NEED_A_PERSON, ends_at(facts_of(account))
    sign_in = SIGN_INS[way_of(account.platform, account.login)]
    can = bool(waiting) and sign_in.is_set_up(settings_of_app())
    page = MendPage(
        account_name=account.name,
        brand_name=brand.name,
        agency_name=agency_name,
        label=sign_in.label,
        reason=reason_words().get(account.health_reason or "", "") if is_broken else "",
        ends_on=format_date(ends.astimezone(chosen_zone()).date(), "long")
        if ends is not None and not is_broken
        else "",
        others=tuple(one.name for one in waiting if one.id != account.id),
        url=url_for("reconnecting.leave", token=token) if can else "",
    )
    return make_response(render_page("doors/mend.html", page, shell=shell(with_brands=False)))


@reconnecting.post("/reconnect/<path:token>")
def leave(token: str) -> AnyResponse:
    """Begin the walk to the platform."""
    found = _opened(token)
    if found is None:
        return _nothing_here()
    link, account, _brand = found
    account, waiting = _to_mend(account)
    if not waiting:
        return redirect(url_for("reconnecting.mend", token=token), code=303)
    count_walk(link.id)
    way = way_of(account.platform, account.login)
    features = standing_features(way, account.scopes, account.tasks) if account.scopes else USUAL
    if account.health_reason == "permission_missing":
        features = (*features, *USUAL)  # what stands still is what is left, and not what was there
    return leave_for(
        way, account.agency_id, account.brand_id, features, account_id=account.id, link_id=link.id, again=True
    )


@reconnecting.get("/reconnected/<attempt_id>")
def mended(attempt_id: str) -> AnyResponse:
    """Whether it works again; for the browser that did it, for half an hour."""
    stop_guessers()
    walk_id = id_from(attempt_id)
    walk = walk_of(walk_id) if walk_id is not None else None
    if walk is None or walk.link_id is None or walk.used_at is None or not is_my_walk(walk):
        return _nothing_here()
    enter_scope(db.session, Scope(walk.agency_id, frozenset({walk.brand_id})))
    made = made_by(walk)
    brand = db.session.execute(select(Brand).where(Brand.id == walk.brand_id)).scalar_one_or_none()
    if not made or brand is None:
        return link_no_longer_works()
    look = brand_look(str(brand.id), brand.name, brand.mark, brand.colour)
    rows = tuple(connected_row(one, look) for one in made)
    is_waiting = any(waits(one) for one in made)
    seen = seen_as(rows, is_waiting)
    if is_same_look(seen):
        return Response(status=204)
    page = MendedPage(
        rows=rows,
        still_broken=tuple(one.name for one in still_broken(walk)),
        look_url=url_for("reconnecting.mended", attempt_id=walk.id, seen=seen) if is_waiting else "",
    )
    if "HX-Request" in request.headers:
        return make_response(render_page("doors/_mended.html", page))
    return make_response(render_page("doors/mended.html", page, shell=shell(with_brands=False)))


def _nothing_here() -> Response:
    count_wrong()
    return link_no_longer_works()


def _to_mend(account: Account) -> tuple[Account, list[Account]]:
    """What to begin with, and all that waits for the same sign-in: where the link's own account works again, those
    that broke with it may wait still.
    """
    waiting = still_broken(account)
    first = next((one for one in waiting if one.id == account.id), waiting[0] if waiting else account)
    return first, waiting


def _opened(token: str) -> tuple[Link, Account, Brand] | None:
    """The link, its account and brand, in their scope; None when it does not work for whichever reason.

    Raises TooMany for a caller who tried too many wrong ones.
    """
    stop_guessers()
    return _about(open_link(Purpose.RECONNECT, token))


def _done(token: str) -> tuple[Link, Account, Brand] | None:
    """The same of a link that was used, where its account works."""
    found = _about(was_link(Purpose.RECONNECT, token))
    return found if found is not None and not any(one.id == found[1].id for one in still_broken(found[1])) else None


def _about(link: Link | None) -> tuple[Link, Account, Brand] | None:
    if link is None:
        return None
    about = link.about
    if not may_mend(link.person_id, about.agency_id, about.brand_id):
        return None
    enter_scope(db.session, Scope(about.agency_id, frozenset({about.brand_id})))
    account = accounts.by_ids([about.account_id]).get(about.account_id)
    brand = db.session.execute(select(Brand).where(Brand.id == about.brand_id)).scalar_one_or_none()
    if account is None or brand is None or account.disconnected_at is not None:
        return None
    return link, account, brand
