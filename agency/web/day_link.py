"""`/d/…`: what a mail with all that waits today opens. Nobody signs in, no cookie is read or set, no script is needed.

Opening shows and changes nothing: mail scanners open every link. Shown is what waits for the very person whom the link
was mailed to, in brands where that day has not ended; what else may be read is `agency.web.day_place`. Each decision is
about exactly the words and the asking that were shown.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as AnyResponse

from agency.notices.bounces import reached
from agency.replies import day_links, queries
from agency.replies.deciding_many import approve_many
from agency.replies.moves import locked
from agency.replies.queries import ReplyRow
from agency.replies.sending_time import any_later
from agency.replies.variants import on_the_table
from agency.replies.waiting import standing_of
from agency.web.contexts_owner import LeftRow, OwnerWaitingPage, WaitingRow
from agency.web.deciding import carry_out, is_glance, looked_at, posted, refused
from agency.web.guide_proposals import GuideAddress, waiting_rows
from agency.web.link_frame import link_answer
from agency.web.looks import Notice
from agency.web.opened_day import Opened, beyond, count_press, ended, nothing_here, open_day
from agency.web.owner_beside import goodwill_of_month, waiting_policies
from agency.web.owner_reply import ByLink, Typed, decisions_about, page_of
from agency.web.owner_words import decided_words
from agency.web.waiting_rows import decided_notice, each_words, left_rows, posted_ticks, settled_rows, tickable_rows
from agency.web.who import throttle
from tenants import clock
from tenants.database import db
from tenants.errors import Conflict, Forbidden, Invalid, NotFound, TooMany
from tenants.ids import id_from
from tenants.throttle import APPROVAL_LINK, NEWER_LINK, address_key

day_link = Blueprint("day_link", __name__)

MOST_PARTS = 10
"""Of the list of all that waits, fifty replies each, looked through for one page."""
DONE_WORDS = ("approve", "change_and_approve", "ask_for_changes", "decline")
GUIDE_OVER = "guide_over"
"""What `done` says in the address of whoever opened a style guide that went back to the agency."""


@day_link.get("/d/<token>")
def show(token: str) -> Response:
    """All that waits for this person now."""
    found = open_day(token, narrow=True)
    if found is None:
        return nothing_here()
    if found.is_over:
        return ended(found, 200, mailed="mailed" in request.args)
    return _list(found, 200, notice=_done())


@day_link.post("/d/<token>")
def press(token: str) -> AnyResponse:
    """Approve what is ticked; or, where its day is over, have today's link mailed."""
    found = open_day(token)
    if found is None:
        return nothing_here()
    count_press(found)
    if request.form.get("do") == "newer" or found.is_over:
        return _mail_newer(found) if request.form.get("do") == "newer" else ended(found, 409)
    began = clock.now()
    try:
        decided = approve_many(found.actor, posted_ticks())
    except Invalid as error:
        db.session.rollback()
        return _again(token, Notice("warn", _(error.message)), error.http_status)
    _note(found, decided.approved, began)
    notice = decided_notice(decided)
    if not decided.left and not decided.missing:
        count = len(decided.approved) + len(decided.already)
        later = 1 if any_later(decided.approved, clock.now()) else None
        return redirect(url_for("day_link.show", token=token, done="approve", n=count, later=later), code=303)
    return _list(found, 200, notice=notice, left=left_rows(decided, found.address))


@day_link.get("/d/<token>/<reply_id>")
def reply(token: str, reply_id: str) -> AnyResponse:
    """One of them, with everything that may be decided."""
    found = open_day(token, narrow=True)
    if found is None:
        return nothing_here()
    if found.is_over:
        return ended(found, 200)
    waits = _waiting(found, reply_id)
    return _page(found, waits, Typed(), 200) if waits is not None else _no_more(found, reply_id, 404)


@day_link.post("/d/<token>/<reply_id>")
def decide(token: str, reply_id: str) -> AnyResponse:
    """Approve, change and approve, ask for changes, decline, or only look at a change."""
    found = open_day(token)
    if found is None:
        return nothing_here()
    count_press(found)
    deed, shown_hash, text, reason, edited, kept = posted()
    if found.is_over:
        return ended(found, 409, typed=kept.changed or reason)
    waits, began = _waiting(found, reply_id, lock=True), clock.now()
    if waits is None:
        return _no_more(found, reply_id, 409, typed=kept.changed or reason)
    is_asked_so = request.form.get("idempotency_key", "") == waits.state_since.isoformat()
    if not is_asked_so or shown_hash not in on_the_table(waits, waits.text_hash):
        return _page(found, waits, kept, 409)
    if deed == "begin_change":
        return _page(found, waits, kept, 200)
    if deed == "check" or (deed == "approve" and edited):
        return _page(found, waits, looked_at(waits, kept, asked=deed == "check"), 200)
    try:
        carry_out(found.actor, waits.id, deed, shown_hash, text, reason, asked_at=waits.state_since)
    except (Invalid, Conflict, Forbidden) as error:
        db.session.rollback()
        again = open_day(token)
        if again is None or again.is_over:
            return nothing_here() if again is None else ended(again, 409, typed=kept.changed or reason)
        still = _waiting(again, reply_id)
        if still is None:
            return _no_more(again, reply_id, 409, typed=kept.changed or reason)
        return _page(again, still, refused(still, kept, error), error.http_status)
    _note(found, (waits.id,), began)
    later = 1 if any_later((waits.id,), clock.now()) else None
    return redirect(url_for("day_link.show", token=token, done=deed, n=1, later=later), code=303)


def _waiting(found: Opened, reply_id: str, *, lock: bool = False) -> ReplyRow | None:
    """The reply, where it waits for this very person now; with `lock`, nobody else's to move."""
    wanted = id_from(reply_id)
    if wanted is None:
        return None
    try:
        if lock:
            locked(wanted)
        row = queries.get_reply(wanted)
    except NotFound:
        return None
    if row.state != "awaiting_approval" or row.brand_id not in (found.actor.brand_ids or ()):
        return None
    return row if found.person.id in {person.id for person in standing_of(row.id).people} else None


def _note(found: Opened, reply_ids: tuple[UUID, ...], since: datetime) -> None:
    day_links.note_origins(reply_ids, found.person.id, since, request.remote_addr, request.user_agent.string)
    reached(found.person, found.day.mailed_at)


def _again(token: str, notice: Notice, status: int) -> Response:
    found = open_day(token)
    return _list(found, status, notice=notice) if found is not None else nothing_here()


def _list(
    found: Opened, status: int, *, notice: Notice | None, left: tuple[LeftRow, ...] = (), typed: str = ""
) -> Response:
    after = (request.args.get("after") or None) if request.method == "GET" else None
    ticked = request.args.get("tick") == "all"
    rows, further = _mine(found, after, ticked=ticked)
    is_first = found.is_narrow and not after  # what stands beside them is read of the whole scope
    guides = waiting_rows(found.actor, _guide_address(found)) if is_first else ()
    policies = waiting_policies(found.actor, by_link=True) if is_first else ()
    place = found.place("waiting", len(rows) + len(guides) if not after and not further else None)
    here = url_for("day_link.show", token=found.token)
    return link_answer(
        "owner/waiting.html",
        OwnerWaitingPage(
            title=_("Waiting for your yes"),
            rows=rows,
            next_url=url_for("day_link.show", token=found.token, after=further) if further else "",
            empty_reason=_("Nothing waits for you any more. When the agency needs your yes, you get a mail."),
            approve_url=here,
            tick_all_url=url_for("day_link.show", token=found.token, after=after, tick=None if ticked else "all"),
            all_ticked=ticked,
            notice=notice,
            left=left,
            decided=() if after else _decided_since(found),
            typed=typed,
            by_link=True,
            tabs=place.tabs,
            guides=guides,
            policies=policies,
            goodwill=goodwill_of_month(found.actor, by_link=True) if is_first else (),
            sign_url=beyond(url_for("owner.waiting")) if policies else "",
            day=place,
        ),
        found.day.agency_id,
        status,
    )


def _guide_address(found: Opened) -> GuideAddress:
    def address(brand_id: UUID, number: int) -> str:
        return url_for("day_place.guide", token=found.token, brand_id=brand_id, number=number)

    return address


def _mine(found: Opened, after: str | None, *, ticked: bool) -> tuple[tuple[WaitingRow, ...], str | None]:
    """What waits for this person, and where to go on; parts of the list that wait for others alone are passed over."""
    for _part in range(MOST_PARTS):
        page = queries.replies_in_states(("awaiting_approval",), after)
        rows = [row for row in page.rows if row.brand_id in (found.actor.brand_ids or ())]
        drawn = tickable_rows(found.actor, rows, found.address, ticked=ticked, only_mine=True)
        after = page.next_cursor
        if drawn or after is None:
            return drawn, after
    return (), after


def _decided_since(found: Opened) -> tuple[WaitingRow, ...]:
    """What this person decided since the link was mailed, with the place where it stands by now."""
    brand_ids = found.actor.brand_ids or frozenset()
    return settled_rows(queries.replies_decided_by(found.person.id, brand_ids, found.day.mailed_at), found.receipt)


def _page(found: Opened, row: ReplyRow, typed: Typed, status: int) -> Response:
    address = url_for("day_link.decide", token=found.token, reply_id=row.id)
    here = url_for("day_link.show", token=found.token)
    page = page_of(found.actor, row.id, typed, ByLink(address, found.person.name, others_url=here))
    if status == 200 and is_glance(request.form.get("do", "")):
        return make_response(render_template("owner/_changed.html", page=page))
    return link_answer("owner/reply.html", page, found.day.agency_id, status)


def _done() -> Notice | None:
    """What this person just did, by the address they were led to."""
    deed, number = request.args.get("done", ""), request.args.get("n", "")
    if deed == GUIDE_OVER:
        return Notice(
            "info",
            _("This version of the style guide does not wait for you any more."),
            _("Nothing was decided by opening it."),
            _("What still waits stands below."),
        )
    if deed not in DONE_WORDS:
        return None
    count = int(number) if number.isascii() and number.isdigit() and len(number) < 4 else 1
    if deed in ("approve", "change_and_approve"):
        words = ngettext("%(num)s reply is approved.", "%(num)s replies are approved.", count)
        return Notice("good", words, each_words(later="later" in request.args))
    if deed == "decline":
        return Notice("good", _("You declined it."), _("Nothing of it is published."))
    return Notice(
        "good", _("You asked for changes."), _("Nothing of it is published; the agency reads what you wrote.")
    )


def _no_more(found: Opened, reply_id: str, status: int, *, typed: str = "") -> Response:
    """The list, with what became of the reply; what was typed about it is never lost."""
    row = _decided(found, reply_id)
    if row is not None:
        return _list(found, status, notice=decided_words(row, decisions_about(row.id), found.actor), typed=typed)
    notice = Notice(
        "info",
        _("This reply does not wait for you any more."),
        _("Nothing was decided by that."),
        _("What still waits stands below."),
    )
    return _list(found, status, notice=notice, typed=typed)


def _decided(found: Opened, reply_id: str) -> ReplyRow | None:
    """The reply, where it was once sent for approval in a brand of this person and waits for nobody now."""
    try:
        row = queries.get_reply(id_from(reply_id) or UUID(int=0))
    except NotFound:
        return None
    is_shown = row.submitted_at is not None and row.state != "awaiting_approval"
    return row if is_shown and row.brand_id in (found.actor.brand_ids or ()) else None


def _mail_newer(found: Opened) -> AnyResponse:
    """A link for today, to the address this one was mailed to; never shown here."""
    wait_seconds = throttle().count(
        (NEWER_LINK, f"{found.person.id} {found.day.agency_id}"), (APPROVAL_LINK, address_key(request.remote_addr))
    )
    if wait_seconds is not None:
        raise TooMany(
            "A newer link was mailed several times already. Nothing was changed. Look into your mailbox.",
            retry_after_seconds=wait_seconds,
        )
    day_links.mail_day(found.person, found.day.agency_id)
    return redirect(url_for("day_link.show", token=found.token, mailed=1), code=303)
