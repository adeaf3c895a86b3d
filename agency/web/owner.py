"""Where the client says yes: what waits, and one reply with the customer's words, ours, and what may be decided."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from agency.replies import queries
from agency.replies.checks import brand_of
from agency.replies.moves import locked
from agency.replies.queries import WaitingReply
from agency.replies.variants import on_the_table
from agency.replies.words import hash_of
from agency.web import clocks
from agency.web.contexts import OwnerWaitingPage, WaitingRow
from agency.web.deciding import carry_out, is_glance, looked_at, posted, refused
from agency.web.guide_proposals import waiting_rows
from agency.web.language import chosen_language, chosen_zone
from agency.web.last_sent import remember_sent_as
from agency.web.looks import Choice, Notice, brand_look
from agency.web.owner_reply import Typed, decisions_about, page_of
from agency.web.reply_looks import place_words, stars_look
from agency.web.shell import brand_looks, render_page, shell
from agency.web.state_looks import reply_states
from agency.web.who import actor_of_request
from styleguides.masking import masked
from tenants import clock
from tenants.database import db
from tenants.errors import Conflict, Invalid, NotFound
from tenants.ids import id_from
from tenants.permissions import Actor, Permission

owner = Blueprint("owner", __name__)

WAITING = ("awaiting_approval",)
DECIDED = ("approved", "publishing", "outcome_unknown", "published", "refused", "declined")
EXCERPT_CHARACTERS = 140
DECISIONS = {
    "approve": "approved",
    "change_and_approve": "approved",
    "ask_for_changes": "changes_asked",
    "decline": "declined",
}


@owner.get("/approvals", endpoint="waiting")
def show_waiting() -> str:
    """What waits for a yes, or what was decided."""
    actor = actor_of_request()
    tab = "decided" if request.args.get("tab") == "decided" else None
    decided = tab is not None
    after = request.args.get("after") or None
    found = queries.replies_in_states(DECIDED if decided else WAITING, after, newest_first=decided)
    mine = actor.may(Permission.REPLY_APPROVE)
    guides = () if decided or after else waiting_rows(actor)
    count = len(found.rows) + len(guides) if not decided and not after and found.next_cursor is None else None
    page = OwnerWaitingPage(
        title=_("Waiting for your yes") if mine else _("Waiting for clients"),
        rows=tuple(_row(row, decided) for row in found.rows),
        guides=guides,
        next_url=url_for("owner.waiting", tab=tab, after=found.next_cursor) if found.next_cursor else "",
        tabs=(
            Choice(_("Waiting"), url_for("owner.waiting"), selected=not decided, count=count),
            Choice(_("Decided"), url_for("owner.waiting", tab="decided"), selected=decided),
        ),
        empty_reason=_empty_words(mine, decided),
    )
    return render_page("owner/waiting.html", page)


def _empty_words(mine: bool, decided: bool) -> str:
    if decided:
        return _("Nothing has been decided yet.")
    if mine:
        return _("Nothing waits for you. When the agency needs your yes, you get a mail.")
    return _("No reply waits for a client.")


def _row(row: WaitingReply, decided: bool) -> WaitingRow:
    now, zone, locale = clock.now(), chosen_zone(), chosen_language()
    look = brand_looks().get(row.brand_id) or brand_look(str(row.brand_id), row.brand_name, row.brand_name[:2], "")
    return WaitingRow(
        url=url_for("owner.reply", reply_id=row.id),
        brand=look,
        place=place_words(row.platform, row.kind),
        customer=row.customer_name or _("Somebody"),
        customer_words=_excerpt(row.customer_text) or _("A rating without words."),
        draft=_excerpt(row.text),
        language=row.customer_language or "",
        stars=stars_look(row.stars),
        written_by=row.written_by_name,
        waiting=clocks.age(row.state_since, now, zone, locale),
        due=clocks.due(row.due_at, now, zone, locale) if row.due_at and not decided else None,
        state=reply_states().get(row.state) if decided else None,
        stopped=row.stopped_by_version is not None and not decided,
    )


def _excerpt(text: str) -> str:
    line = masked(" ".join(text[: EXCERPT_CHARACTERS * 4].split()))
    return line if len(line) <= EXCERPT_CHARACTERS else line[: EXCERPT_CHARACTERS - 1] + "…"


@owner.get("/approvals/<reply_id>", endpoint="reply")
def show_reply(reply_id: str) -> Response:
    """One reply, to decide on."""
    return _answer(_id(reply_id), 200)


@owner.post("/approvals/<reply_id>", endpoint="decide")
def decide(reply_id: str) -> AnyResponse:
    """Approve, change and approve, ask for changes, decline, or only look at one's own words before that."""
    actor, wanted, form = actor_of_request(), _id(reply_id), request.form
    deed, shown_hash, text, reason, edited, kept = posted()
    locked(wanted)  # nobody changes the words between this look and the decision
    reply = queries.get_reply(wanted)
    said = {"approve": shown_hash, "change_and_approve": hash_of(text)}.get(deed, reason.strip())
    if deed in DECISIONS and _is_second_click(actor, wanted, deed, said, form.get("idempotency_key", "")):
        return redirect(url_for("owner.reply", reply_id=wanted), code=303)
    if reply.state != "awaiting_approval" or shown_hash not in on_the_table(reply, reply.text_hash):
        return _answer(wanted, 409, kept)
    if form.get("idempotency_key", "") != reply.state_since.isoformat():
        # The same words, asked for anew: perhaps about other words of the customer than those this form showed.
        return _answer(wanted, 409, replace(kept, notice=_asked_anew()))
    if deed == "begin_change":
        return _answer(wanted, 200, kept)
    if deed == "check" or (deed == "approve" and edited):
        return _answer(wanted, 200, looked_at(reply, kept, asked=deed == "check"))
    try:
        carry_out(actor, wanted, deed, shown_hash, text, reason)
    except (Invalid, Conflict) as error:
        db.session.rollback()
        return _answer(wanted, error.http_status, refused(reply, kept, error))
    if deed in ("approve", "change_and_approve"):
        remember_sent_as(reply.brand_id, brand_of(locked(wanted)).name)
    return redirect(url_for("owner.reply", reply_id=wanted), code=303)


def _asked_anew() -> Notice:
    return Notice(
        "warn",
        _("You were asked anew while you were reading."),
        _("Nothing was published; what you typed is below."),
        _("Read what the customer says now and decide again."),
    )


def _is_second_click(actor: Actor, reply_id: UUID, deed: str, said: str, since: str) -> bool:
    """Whether this person has decided just so since the form was made: its key is when the reply came to wait."""
    last = next((d for d in reversed(decisions_about(reply_id)) if d.by == actor.user_id), None)
    try:
        is_newer = last is not None and last.at >= datetime.fromisoformat(since)
    except (ValueError, TypeError):
        return False
    if last is None or not is_newer or last.decision.removeprefix("step_") != DECISIONS[deed]:
        return False
    return said == (last.text_hash if DECISIONS[deed] == "approved" else last.reason)


def _answer(reply_id: UUID, status: int, typed: Typed | None = None) -> Response:
    page = page_of(actor_of_request(), reply_id, typed or Typed())
    if status == 200 and is_glance(request.form.get("do", "")):
        return make_response(render_template("owner/_changed.html", page=page))
    return make_response(render_page("owner/reply.html", page, shell=shell(with_brands=False)), status)


def _id(text: str) -> UUID:
    found = id_from(text)
    if found is None:
        raise NotFound()
    return found
