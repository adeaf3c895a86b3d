"""`/q/…`: what a question mailed to a loop opens. Nobody signs in, no cookie is read or set, no script is needed.

Opening shows and changes nothing: mail scanners open every link. What the link still does is worked out each time from
the question: a member who was removed, a brand that was put away or a customer who was erased ends it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import Blueprint, Response, g, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from agency.inbox.loops import asking
from agency.inbox.loops.mails import addressee_of
from agency.inbox.loops.models import LoopAsking
from agency.web.clocks import until_words
from agency.web.contexts_loops import AnswerPage
from agency.web.errors import link_no_longer_works
from agency.web.language import chosen_language, chosen_zone, speak_to
from agency.web.link_frame import link_answer
from agency.web.looks import Notice, brand_look
from agency.web.walks import count_wrong, stop_guessers
from agency.web.who import person_or_none, throttle
from tenants.database import db
from tenants.errors import Conflict, Invalid, TooMany
from tenants.models import Brand, Person
from tenants.scope import Scope, enter_scope
from tenants.throttle import APPROVAL_LINK
from tenants.tokens import Purpose, request_of, still_works

loop_link = Blueprint("loop_link", __name__)

DEEDS = ("answer", "hand_on", "decline")


@dataclass(frozen=True)
class Opened:
    """A link that is ours, in the scope of its one brand."""

    token: str
    asking: LoopAsking
    brand: Brand


@loop_link.get("/q/<path:token>")
def show(token: str) -> Response:
    """The question and the forms; or what became of it."""
    found = _opened(token)
    if found is None:
        return _nothing_here()
    return _page(found, 200, notice=_done(found))


@loop_link.post("/q/<path:token>")
def press(token: str) -> AnyResponse:
    """Answer, hand on, or say that it cannot be answered."""
    found = _opened(token, lock=True)
    if found is None:
        return _nothing_here()
    wait_seconds = throttle().count((APPROVAL_LINK, str(found.asking.id)))
    if wait_seconds is not None:
        raise TooMany(
            "This link was used very often just now. Nothing was changed. Wait a little and try again.",
            retry_after_seconds=wait_seconds,
        )
    deed = request.form.get("do", "")
    try:
        if deed == "answer":
            asking.answer(found.asking, request.form.get("text", ""), how="link")
        elif deed == "hand_on":
            asking.hand_on(found.asking, request.form.get("name", ""), request.form.get("email", ""))
            return _handed_on(found)
        elif deed == "decline":
            asking.decline(found.asking, request.form.get("reason", ""))
        else:
            return _page(found, 200)
    except (Invalid, Conflict) as refused:
        db.session.rollback()
        again = _opened(token)
        if again is None:
            return _nothing_here()
        errors = {field: _(words[0]) for field, words in refused.fields.get("errors", {}).items() if words}
        return _page(again, refused.http_status, notice=Notice("bad", _(refused.message)), errors=errors, opened=deed)
    return redirect(url_for("loop_link.show", token=token, done=deed), code=303)


def _opened(token: str, *, lock: bool = False) -> Opened | None:
    stop_guessers()
    link = request_of(Purpose.LOOP_LINK, token)
    if link is None:
        return None
    person_or_none()
    g.pop("signed_in", None)  # whoever is signed in here: the link is its addressee's
    enter_scope(db.session, Scope(link.agency_id, frozenset({link.brand_id})))
    found = asking.find_asking(link.request_id, lock=lock)
    if found is None or (lock and not still_works(link)) or not asking.may_answer(found):
        return None  # handed on, too, while this press waited
    brand = db.session.execute(select(Brand).where(Brand.id == found.brand_id)).scalar_one()
    speak_to(cast(Person, addressee_of(found, brand.time_zone)))
    return Opened(token, found, brand)


def _nothing_here() -> Response:
    count_wrong()
    return link_no_longer_works()


def _done(found: Opened) -> Notice | None:
    state = found.asking.state
    if state == "answered":
        return Notice(
            "good",
            _("Thank you, your answer is with the team."),
            _("The customer does not see it."),
            _("If you think of something else, add it below."),
        )
    if state == "declined":
        return Notice("info", _("You said that you cannot answer."), _("The team was told and asks somebody else."))
    if state == "withdrawn":
        return Notice(
            "info",
            _("This question was taken back."),
            _("Nothing you wrote was lost: nothing is asked of you any more."),
        )
    return None


def _handed_on(found: Opened) -> Response:
    notice = Notice(
        "good",
        _("%(name)s is asked now, by a mail with a link of their own.", name=found.asking.to_name),
        _("Your link has ended."),
    )
    return _page(found, 200, notice=notice, ended=True)


def _page(
    found: Opened,
    status: int,
    *,
    notice: Notice | None = None,
    errors: dict[str, str] | None = None,
    opened: str = "",
    ended: bool = False,
) -> Response:
    one, brand, form = found.asking, found.brand, request.form
    is_shown = one.state in ("open", "answered") and not ended
    page = AnswerPage(
        brand=brand_look(str(brand.id), brand.name, brand.mark, brand.colour),
        loop=one.loop_name,
        asked_name=one.sent_on_by or one.to_name if ended else one.to_name,
        by=one.asked_by_name,
        question=one.question if is_shown else "",
        words=one.words if is_shown else "",
        procedure=asking.procedure_of(one) if is_shown else "",
        due=until_words(one.due_at, chosen_zone(), chosen_language(), "EEE d MMM") if one.state == "open" else "",
        notice=notice,
        answer=one.answer if one.state == "answered" and is_shown else "",
        url=url_for("loop_link.press", token=found.token) if is_shown else "",
        may_hand_on=one.state == "open" and is_shown,
        typed=form.get("text", ""),
        reason=form.get("reason", ""),
        name=form.get("name", ""),
        email=form.get("email", ""),
        opened=opened if opened in DEEDS[1:] else "",
        errors=errors or {},
    )
    return link_answer("loops/answer.html", page, one.agency_id, status)
