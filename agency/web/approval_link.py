"""`/a/…`: what a mail that asks for a yes opens. Nobody signs in, no cookie is read or set, no script is needed.

Opening shows and changes nothing: mail scanners open every link. The page's buttons post. A link decides in the name of
whoever it was mailed to, about exactly the words, place and account it was made for, once; afterwards it says what
became of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from agency.inbox.conversation_view import get_conversation
from agency.notices.bounces import reached
from agency.replies import approval_requests, queries
from agency.replies.approval_mail import ask_again
from agency.replies.approval_requests import Closed
from agency.replies.models import ApprovalRequest, Reply
from agency.replies.moves import locked
from agency.replies.queries import ReplyRow
from agency.replies.variants import on_the_table
from agency.replies.waiting import deciders_of
from agency.web.contexts import LinkEndedPage
from agency.web.deciding import carry_out, is_glance, looked_at, posted, refused
from agency.web.errors import link_no_longer_works
from agency.web.language import speak_to
from agency.web.link_frame import link_answer
from agency.web.link_words import SAID_YES, ended_words
from agency.web.looks import brand_look
from agency.web.owner_reply import ByLink, Decision, Typed, decisions_about, live_url, page_of
from agency.web.walks import count_wrong, stop_guessers
from agency.web.who import person_or_none, throttle
from tenants.database import db
from tenants.errors import Conflict, Forbidden, Invalid, NotFound, TooMany
from tenants.models import Brand, Person
from tenants.permissions import Actor
from tenants.scope import Scope, enter_scope
from tenants.throttle import APPROVAL_GLANCE, APPROVAL_LINK, NEWER_LINK, address_key
from tenants.tokens import Purpose, was_link

approval_link = Blueprint("approval_link", __name__)

FORMS = frozenset({"change", "decline"})


@dataclass(frozen=True)
class Opened:
    """A link that is ours, in the scope of its one brand: what it asks, of whom, and why it is over, if it is."""

    token: str
    request: ApprovalRequest
    person: Person
    approver: Actor | None
    reply: Reply
    closed: Closed | None


@approval_link.get("/a/<path:token>")
def show(token: str) -> Response:
    """The customer's words, ours and the buttons; or what became of them."""
    found = _opened(token)
    if found is None:
        return _nothing_here()
    if found.closed is not None:
        return _ended(found, 200, just_now="done" in request.args, mailed="mailed" in request.args)
    return _page(found, Typed(), 200)


@approval_link.post("/a/<path:token>")
def decide(token: str) -> AnyResponse:
    """Approve, change and approve, ask for changes, decline, only look at a change, or have a newer link mailed."""
    found = _opened(token, lock=True)
    if found is None:
        return _nothing_here()
    _count(found)
    deed, shown_hash, text, reason, edited, kept = posted()
    if deed == "newer":
        return _mail_newer(found)
    if found.closed is not None:
        if found.request.ended_by == found.person.id and found.request.ended_because == deed:
            return redirect(url_for("approval_link.show", token=token), code=303)  # a second tap
        return _ended(found, 409, typed=kept.changed or reason)
    assert found.approver is not None
    reply_id = found.request.reply_id
    if shown_hash not in on_the_table(found.reply, found.request.text_hash):
        return _page(found, kept, 409)
    if deed == "begin_change":
        return _page(found, kept, 200)
    if deed == "check" or (deed == "approve" and edited):
        return _page(found, looked_at(queries.get_reply(reply_id), kept, asked=deed == "check"), 200)
    try:
        carry_out(found.approver, reply_id, deed, shown_hash, text, reason, asked_at=found.request.asked_at)
    except (Invalid, Conflict, Forbidden) as error:
        db.session.rollback()
        again = _opened(token)
        if again is None or again.closed is not None:
            return _nothing_here() if again is None else _ended(again, 409, typed=kept.changed or reason)
        return _page(again, refused(queries.get_reply(reply_id), kept, error), error.http_status)
    approval_requests.note_origin(found.request, request.remote_addr, request.user_agent.string)
    if found.person.mail_failed_at is not None:
        reached(found.person, approval_requests.mailed_at(found.request))
    return redirect(url_for("approval_link.show", token=token, done=1), code=303)


def _opened(token: str, *, lock: bool = False) -> Opened | None:
    """The link with what it is about; with `lock`, the reply and the request are held until the decision.

    None where it was never one of ours or is too old to be told about. Raises TooMany for a caller who tried too many
    wrong ones.
    """
    stop_guessers()
    link = was_link(Purpose.APPROVE_REPLY, token)
    if link is None or link.about.request_id is None:
        return None
    person = db.session.get(Person, link.person_id)
    signed_in = person_or_none()
    if signed_in is None or signed_in.person_id != link.person_id:
        g.pop("signed_in", None)  # whoever else is signed in here: the link is its addressee's
    enter_scope(db.session, Scope(link.about.agency_id, frozenset({link.about.brand_id})))
    found = approval_requests.find(link.about.request_id)
    if found is None or person is None:
        return None
    speak_to(person)
    try:
        reply = locked(found.reply_id) if lock else _reply(found.reply_id)
    except NotFound:
        return None
    if lock:
        found = approval_requests.find(found.id, lock=True) or found
    approver = approval_requests.approver_of(found)
    return Opened(token, found, person, approver, reply, approval_requests.why_closed(found, reply, approver))


def _reply(reply_id: UUID) -> Reply:
    wanted = select(Reply).where(Reply.id == reply_id).execution_options(populate_existing=True)
    reply = db.session.execute(wanted).scalar_one_or_none()
    if reply is None:
        raise NotFound()
    return reply


def _nothing_here() -> Response:
    count_wrong()
    return link_no_longer_works()


def _count(found: Opened) -> None:
    limit = APPROVAL_GLANCE if is_glance(request.form.get("do", "")) else APPROVAL_LINK
    wait_seconds = throttle().count((limit, str(found.request.id)))
    if wait_seconds is not None:
        raise TooMany(
            "This link was used very often just now. Nothing was changed. Wait a little and try again.",
            retry_after_seconds=wait_seconds,
        )


def _mail_newer(found: Opened) -> AnyResponse:
    """A link of its own for the words that wait now, to the address this one was mailed to; never shown here."""
    wait_seconds = throttle().count(
        (NEWER_LINK, f"{found.person.id} {found.reply.id}"), (APPROVAL_LINK, address_key(request.remote_addr))
    )
    if wait_seconds is not None:
        raise TooMany(
            "A newer link was mailed several times already. Nothing was changed. Look into your mailbox.",
            retry_after_seconds=wait_seconds,
        )
    is_asked = found.closed is not None and found.approver is not None and ask_again(found.reply, found.person.id)
    return redirect(url_for("approval_link.show", token=found.token, mailed=1 if is_asked else None), code=303)


def _may_ask(found: Opened) -> bool:
    return (
        found.approver is not None
        and found.reply.state == "awaiting_approval"
        and found.person.id in {person.id for person in deciders_of(found.reply)}
    )


def _page(found: Opened, typed: Typed, status: int) -> Response:
    assert found.approver is not None
    wanted = request.args.get("open", "")
    address = url_for("approval_link.decide", token=found.token)
    link = ByLink(address, found.person.name, wanted if wanted in FORMS else "")
    page = page_of(found.approver, found.request.reply_id, typed, link)
    if status == 200 and is_glance(request.form.get("do", "")):
        return make_response(render_template("owner/_changed.html", page=page))
    return _answer("owner/reply.html", page, found, status)


def _ended(found: Opened, status: int, *, just_now: bool = False, mailed: bool = False, typed: str = "") -> Response:
    assert found.closed is not None
    asked, closed = found.request, found.closed
    reply, may_ask = queries.get_reply(asked.reply_id), _may_ask(found) and not mailed
    brand = db.session.execute(select(Brand).where(Brand.id == asked.brand_id)).scalar_one()
    decisions = decisions_about(reply.id)
    went_out = found.approver is not None and closed.because in SAID_YES and _stands(reply, asked, decisions)
    is_mine = asked.ended_by == asked.approver_id
    reasons = (d.reason for d in reversed(decisions) if d.by == asked.ended_by and d.reason)
    given = "" if found.approver is None else next(reasons, "")
    page = LinkEndedPage(
        brand=brand_look(str(brand.id), brand.name, brand.mark, brand.colour),
        notice=ended_words(
            asked,
            closed,
            reply,
            brand.name,
            just_now=just_now and is_mine,
            mailed=mailed and found.approver is not None,
            may_ask=may_ask,
            stands=went_out,
            decides=found.approver is not None,
            given=given,
        ),
        asked_name=found.person.name,
        text=reply.text if is_mine and went_out else "",
        typed=typed,
        live_url=live_url(get_conversation(reply.conversation_id), reply) if went_out else "",
        url=url_for("approval_link.decide", token=found.token) if may_ask else "",
    )
    return _answer("owner/link_ended.html", page, found, status)


def _stands(reply: ReplyRow, asked: ApprovalRequest, decisions: list[Decision]) -> bool:
    """Whether the reply is still on its way, or there, with the very words this yes was about."""
    ended_at = asked.ended_at
    theirs = [d for d in decisions if d.by == asked.ended_by and d.decision == "approved"] if ended_at else []
    yes = min(theirs, key=lambda d: abs(d.at - (ended_at or d.at)), default=None)
    return (
        yes is not None
        and yes.text_hash == reply.text_hash
        and reply.state not in ("draft", "dropped", "awaiting_approval")
    )


def _answer(template: str, page: object, found: Opened, status: int) -> Response:
    return link_answer(template, page, found.request.agency_id, status)
