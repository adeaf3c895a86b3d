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
from agency.replies.deciding_many import approve_many
from agency.replies.models import DECIDED_STATES
from agency.replies.moves import locked
from agency.replies.queries import WaitingReply
from agency.replies.variants import on_the_table
from agency.replies.words import hash_of
from agency.web.contexts import OwnerWaitingPage, WaitingRow
from agency.web.contexts_owner import LeftRow, SignedOutPage
from agency.web.deciding import carry_out, is_glance, looked_at, posted, refused
from agency.web.guide_proposals import waiting_rows
from agency.web.last_sent import remember_sent_as
from agency.web.looks import Choice, Notice
from agency.web.owner_beside import goodwill_of_month, waiting_policies
from agency.web.owner_reply import Typed, decisions_about, page_of
from agency.web.owner_words import place_tabs
from agency.web.shell import brand_looks, plain_shell, render_page, shell, toast
from agency.web.waiting_rows import (
    decided_notice,
    left_rows,
    posted_ticks,
    published_rows,
    tickable_rows,
    waiting_row,
)
from agency.web.who import actor_of_request
from tenants.database import db
from tenants.errors import Conflict, Invalid, NotFound
from tenants.ids import id_from
from tenants.permissions import Actor, Permission

owner = Blueprint("owner", __name__)

TABS = {
    "waiting": ("awaiting_approval",),
    "decided": DECIDED_STATES,
    "published": ("published",),
}
FORM_FIELDS = ("text_hash", "from_hash", "idempotency_key", "text", "reason")
DECISIONS = {
    "approve": "approved",
    "change_and_approve": "approved",
    "ask_for_changes": "changes_asked",
    "decline": "declined",
}


@owner.get("/approvals", endpoint="waiting")
def show_waiting() -> str:
    """What waits for a yes, what was decided, or what stands published."""
    return _list()


@owner.post("/approvals", endpoint="approve_many")
def approve_several() -> AnyResponse:
    """Say yes to every reply that was ticked; a page that says which not and why, where one was left."""
    actor = actor_of_request()
    try:
        decided = approve_many(actor, posted_ticks())
    except Invalid as error:
        db.session.rollback()
        return make_response(_list(notice=Notice("warn", _(error.message))), error.http_status)
    notice = decided_notice(decided)
    if not decided.left and not decided.missing:
        toast(f"{notice.what} {notice.safe}")
        return redirect(url_for("owner.waiting"), code=303)
    return make_response(_list(notice=notice, left=left_rows(decided, _address)))


def _list(*, notice: Notice | None = None, left: tuple[LeftRow, ...] = ()) -> str:
    actor = actor_of_request()
    is_shown = request.method == "GET"
    tab = request.args.get("tab", "") if is_shown and request.args.get("tab") in TABS else "waiting"
    after = request.args.get("after") or None if is_shown else None
    is_waiting = tab == "waiting"
    found = queries.replies_in_states(TABS[tab], after, newest_first=not is_waiting)
    mine = actor.may(Permission.REPLY_APPROVE)
    is_first = is_waiting and not after
    guides = waiting_rows(actor) if is_first else ()
    count = len(found.rows) + len(guides) if is_first and found.next_cursor is None else None
    ticked = is_waiting and request.args.get("tick") == "all"
    return render_page(
        "owner/waiting.html",
        OwnerWaitingPage(
            title=_title(tab, mine),
            rows=_rows(actor, tab, found.rows, ticked=ticked),
            guides=guides,
            policies=waiting_policies(actor) if is_first and mine else (),
            goodwill=goodwill_of_month(actor) if is_first and mine else (),
            next_url=url_for("owner.waiting", tab=_tab(tab), after=found.next_cursor) if found.next_cursor else "",
            tabs=(*place_tabs(_tab_urls(), tab, count), *(_figures() if mine else ())),
            empty_reason=_empty_words(mine, tab),
            approve_url=url_for("owner.approve_many") if is_waiting and mine else "",
            tick_all_url=url_for("owner.waiting", after=after, tick=None if ticked else "all"),
            all_ticked=ticked,
            notice=notice,
            left=left,
        ),
    )


def _figures() -> tuple[Choice, ...]:
    """Behind a sign-in a client sees how their brands are answered, too."""
    months = Choice(_("Months"), url_for("monthly_page.months"))
    return (Choice(_("Figures"), url_for("figures.figures")), months)


def _title(tab: str, mine: bool) -> str:
    if tab == "decided":
        return _("Decided replies")
    if tab == "published":
        return _("Published replies")
    return _("Waiting for your yes") if mine else _("Waiting for clients")


def _tab(name: str) -> str | None:
    return None if name == "waiting" else name


def _tab_urls() -> dict[str, str]:
    lists = {name: url_for("owner.waiting", tab=_tab(name)) for name in TABS}
    return {**lists, "promised": url_for("promises_page.promises")}


def _empty_words(mine: bool, tab: str) -> str:
    if tab == "published":
        return _("Nothing has been published yet.")
    if tab == "decided":
        return _("Nothing has been decided yet.")
    if mine:
        return _("Nothing waits for you. When the agency needs your yes, you get a mail.")
    return _("No reply waits for a client.")


def _rows(actor: Actor, tab: str, rows: list[WaitingReply], *, ticked: bool) -> tuple[WaitingRow, ...]:
    if tab == "waiting" and actor.may(Permission.REPLY_APPROVE):
        return tickable_rows(actor, rows, _address, ticked=ticked)
    if tab == "published":
        return published_rows(rows, _address)
    looks = brand_looks()
    return tuple(waiting_row(row, _address, looks) for row in rows)


def _address(reply_id: UUID) -> str:
    return url_for("owner.reply", reply_id=reply_id)


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


def words_given_back(refused: Exception) -> Response:
    """For a form that is too old to be taken: the page again with what was typed. Nothing is decided. Raises `refused`
    where there is no such page.
    """
    notice = Notice(
        "warn",
        _("This form was too old or did not come from our page."),
        _("Nothing was decided; what you typed is below."),
        _("Read it again and press once more."),
    )
    kept = replace(posted().kept, notice=notice)
    try:
        return _answer(_id((request.view_args or {}).get("reply_id", "")), 400, kept)
    except NotFound:
        raise refused from None


def words_for_later() -> Response | None:
    """For whoever is signed in no longer: what they typed, to go on with once they are; None where they typed nothing.
    Asks no database.
    """
    if request.headers.get("HX-Request") == "true":
        return make_response("", 401)  # what is typed stays where it stands
    typed = "\n\n".join(words for words in (posted().kept.changed, request.form.get("reason", "")) if words)
    if not typed:
        return None
    page = SignedOutPage(
        notice=Notice(
            "warn",
            _("You are signed in no longer."),
            _("Nothing was decided; what you typed is below."),
            _("Sign in on another tab, then come back here and go on."),
        ),
        url=request.path,
        sign_in_url=url_for("sign_in.sign_in", next=request.path),
        fields=tuple((name, request.form[name]) for name in FORM_FIELDS if request.form.get(name)),
        typed=typed,
    )
    return make_response(render_page("owner/signed_out.html", page, shell=plain_shell()), 401)


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
