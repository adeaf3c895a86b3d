"""Leaving for a platform's dialog, and knowing the browser that left when it comes back.

The way out is a page that leads on by itself: our content policy lets no form end on another site, and platforms send
browsers on between addresses of theirs that nobody can list.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from flask import Response, make_response, request, url_for

from agency.web.contexts_connecting import LeavePage
from agency.web.shell import render_page, shell
from agency.web.who import cookie_name, throttle
from channels import connecting as room
from channels.features import Way, scopes_for
from channels.models import ConnectAttempt
from channels.sign_ins import SIGN_INS
from tenants.base_app import settings_of_app
from tenants.errors import NotFound, TooMany
from tenants.throttle import LINK_ADDRESS, WALKS_OF_LINK, address_key
from tenants.tokens import is_well_formed, new_token

COOKIE_SECONDS = 3600


def leave_for(
    way: Way,
    agency_id: UUID,
    brand_id: UUID,
    features: Iterable[str],
    *,
    person_id: UUID | None = None,
    account_id: UUID | None = None,
    link_id: UUID | None = None,
    again: bool = False,
) -> Response:
    """Begin a walk in this browser and answer with the page that leads to the dialog."""
    settings, sign_in = settings_of_app(), SIGN_INS[way]
    if not sign_in.is_set_up(settings):
        raise NotFound()
    browser = browser_of_request()
    if not is_well_formed(browser):
        browser = new_token()
    wanted = tuple(features)
    state = room.begin(
        way,
        agency_id,
        brand_id,
        wanted,
        browser=browser,
        person_id=person_id,
        account_id=account_id,
        link_id=link_id,
    )
    address = sign_in.address(
        settings, scopes_for(way, wanted), state, back_url(), room.verifier_of(state), again=again
    )
    answer = make_response(
        render_page("doors/leave.html", LeavePage(label=sign_in.label, url=address), shell=shell(with_brands=False))
    )
    answer.headers["Refresh"] = f"0; url={address}"
    answer.set_cookie(
        cookie_name(settings, "connect"),
        browser,
        max_age=COOKIE_SECONDS,
        path="/",
        secure=settings.base_url.startswith("https:"),
        httponly=True,
        samesite="Lax",
    )
    return answer


def is_my_walk(walk: ConnectAttempt) -> bool:
    """Whether this browser began it."""
    return room.is_of(walk, browser_of_request())


def stop_guessers() -> None:
    """Refuse a caller who tried too many wrong links. Opening a right one costs nothing. Raises TooMany."""
    _refuse(throttle().wait_seconds(LINK_ADDRESS, address_key(request.remote_addr)))


def count_wrong() -> None:
    """Count a link, a state or a page that does not exist, or not for this browser."""
    throttle().count((LINK_ADDRESS, address_key(request.remote_addr)))


def count_walk(link_id: UUID) -> None:
    """Count a walk begun by a mailed link: each leaves a row. Raises TooMany."""
    _refuse(throttle().count((WALKS_OF_LINK, str(link_id))))


def _refuse(wait_seconds: int | None) -> None:
    if wait_seconds is not None:
        raise TooMany(
            "Too many links were tried from here. Nothing was changed. Wait a little and try again.",
            retry_after_seconds=wait_seconds,
        )


def browser_of_request() -> str:
    """The value of the cookie that walks are bound to; empty where there is none."""
    return request.cookies.get(cookie_name(settings_of_app(), "connect"), "")


def back_url() -> str:
    """The one address registered at every platform."""
    return settings_of_app().base_url + url_for("connecting.back")


def chosen_way(text: str) -> Way:
    """The way a form names; the first where it names none. Raises NotFound for one there is not."""
    if not text:
        return next(iter(SIGN_INS))
    platform, _dot, login = text.partition(".")
    way = (platform, login or None)
    if way not in SIGN_INS:
        raise NotFound()
    return way


def value_of(way: Way) -> str:
    """How forms name a way."""
    return ".".join(part for part in way if part)
