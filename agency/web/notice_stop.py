"""`/notices/stop/…`: ends mails of one kind, by the link at the end of each. Nobody signs in, no cookie is read or set.

Opening shows and changes nothing: mail scanners open every link. The button posts, as mail programs do by themselves
(RFC 8058).
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from flask import Blueprint, Response, make_response, request
from sqlalchemy import select

from agency.notices.choosing import stop_mails
from agency.notices.stopping import Stop, read_stop
from agency.web.contexts_notices import StopPage
from agency.web.errors import link_no_longer_works
from agency.web.language import speak_to
from agency.web.notice_words import kind_words
from agency.web.shell import plain_shell, render_page
from tenants.database import db
from tenants.models import Agency, Membership, Person
from tenants.scope import Scope, enter_scope

notice_stop = Blueprint("notice_stop", __name__)


class Opened(NamedTuple):
    """A link that is ours, and the name its reader knows the agency by."""

    stop: Stop
    agency_name: str


@notice_stop.get("/notices/stop/<token>")
def show(token: str) -> Response:
    """What pressing the button does."""
    found = _opened(token)
    return _nothing_here() if found is None else _page(found, is_done=False)


@notice_stop.post("/notices/stop/<token>")
def stop(token: str) -> Response:
    """No mails of this kind any more. Harmless when it is so."""
    found = _opened(token)
    if found is None:
        return _nothing_here()
    enter_scope(db.session, Scope(found.stop.agency_id, None))
    stop_mails(found.stop.person_id, found.stop.kind)
    return _page(found, is_done=True)


def _opened(token: str) -> Opened | None:
    """The link of somebody who is still a member."""
    found = read_stop(token)
    if found is None:
        return None
    row = db.session.execute(
        select(Person, Agency.name)
        .join(Membership, Membership.person_id == Person.id)
        .join(Agency, Agency.id == Membership.agency_id)
        .where(
            Person.id == found.person_id,
            Membership.agency_id == found.agency_id,
            Membership.removed_at.is_(None),
        )
    ).one_or_none()
    if row is None:
        return None
    speak_to(row[0])
    return Opened(found, row[1])


def _page(opened: Opened, *, is_done: bool) -> Response:
    page = StopPage(url=request.path, kind=kind_words()[opened.stop.kind], is_done=is_done)
    frame = replace(plain_shell(), agency_name=opened.agency_name, referrer="no-referrer")
    return make_response(render_page("notices/stop.html", page, shell=frame))


def _nothing_here() -> Response:
    return make_response(link_no_longer_works())
