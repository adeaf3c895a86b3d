"""What a mailed link opens: one account that broke, one button to the platform, and back. No sign-in here is needed."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from agency.web.connecting_look import connected_row, waits
from agency.web.connecting_words import reason_words
from agency.web.contexts_connecting import MendedPage, MendPage
from agency.web.errors import link_no_longer_works
from agency.web.looks import brand_look
from agency.web.shell import render_page, shell
from agency.web.walks import count_try, is_my_walk, leave_for
from channels import accounts
from channels.connecting import walk_of
from channels.features import USUAL, standing_features, way_of
from channels.models import Account
from channels.sign_ins import SIGN_INS
from tenants.base_app import settings_of_app
from tenants.database import db
from tenants.ids import id_from
from tenants.models import Agency, Brand
from tenants.people import menders_of
from tenants.scope import Scope, enter_scope
from tenants.tokens import Link, Purpose, open_link

reconnecting = Blueprint("reconnecting", __name__)


@reconnecting.get("/reconnect/<path:token>")
def mend(token: str) -> AnyResponse:
    """Says what broke. Looking at it uses nothing up: mail scanners look too."""
    count_try()
    found = _opened(token)
    if found is None:
        return link_no_longer_works()
    _link, account, brand = found
    agency_name = db.session.execute(select(Agency.name).where(Agency.id == account.agency_id)).scalar_one()
    needs_it = account.health in accounts.NEED_A_PERSON
    sign_in = SIGN_INS[way_of(account.platform, account.login)]
    can = needs_it and sign_in.is_set_up(settings_of_app())
    page = MendPage(
        account_name=account.name,
        brand_name=brand.name,
        agency_name=agency_name,
        label=sign_in.label,
        reason=reason_words().get(account.health_reason or "", "") if needs_it else "",
        url=url_for("reconnecting.leave", token=token) if can else "",
    )
    return make_response(render_page("doors/mend.html", page, shell=shell(with_brands=False)))


@reconnecting.post("/reconnect/<path:token>")
def leave(token: str) -> AnyResponse:
    """Begin the walk to the platform."""
    count_try()
    found = _opened(token)
    if found is None:
        return link_no_longer_works()
    link, account, _brand = found
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
    count_try()
    walk_id = id_from(attempt_id)
    walk = walk_of(walk_id) if walk_id is not None else None
    if walk is None or walk.link_id is None or walk.used_at is None or not is_my_walk(walk):
        return link_no_longer_works()
    enter_scope(db.session, Scope(walk.agency_id, frozenset({walk.brand_id})))
    account = accounts.by_ids([walk.account_id] if walk.account_id else []).get(walk.account_id)  # type: ignore[arg-type]
    brand = db.session.execute(select(Brand).where(Brand.id == walk.brand_id)).scalar_one_or_none()
    if account is None or brand is None or account.disconnected_at is not None:
        return link_no_longer_works()
    page = MendedPage(
        row=connected_row(account, brand_look(str(brand.id), brand.name, brand.mark, brand.colour)),
        look_url=url_for("reconnecting.mended", attempt_id=walk.id) if waits(account) else "",
    )
    answer: Response = make_response(render_page("doors/mended.html", page, shell=shell(with_brands=False)))
    if page.look_url:
        answer.headers["Refresh"] = f"3; url={page.look_url}"
    return answer


def _opened(token: str) -> tuple[Link, Account, Brand] | None:
    """The link, its account and brand, in their scope; None when it does not work for whichever reason."""
    link = open_link(Purpose.RECONNECT, token)
    if link is None:
        return None
    about = link.about
    if link.person_id not in {person.id for person in menders_of(about.agency_id, about.brand_id)}:
        return None
    enter_scope(db.session, Scope(about.agency_id, frozenset({about.brand_id})))
    account = accounts.by_ids([about.account_id]).get(about.account_id)
    brand = db.session.execute(select(Brand).where(Brand.id == about.brand_id)).scalar_one_or_none()
    if account is None or brand is None or account.disconnected_at is not None:
        return None
    return link, account, brand
