"""Where the client says yes: what waits, and one reply with the customer's words, ours, and what may be decided."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, request, session, url_for
from flask_babel import gettext as _
from sqlalchemy import and_, func, select
from werkzeug.wrappers import Response as AnyResponse

from agency.inbox.conversation_view import ConversationView, get_conversation
from agency.replies import desk, queries
from agency.replies.checks import words_kind
from agency.replies.models import Approval, Reply, ReplyText
from agency.replies.moves import locked
from agency.replies.queries import ReplyRow, WaitingReply
from agency.replies.text_difference import Piece, text_difference
from agency.replies.words import hash_of
from agency.web import clocks
from agency.web.contexts import CheckResult, OwnerReplyPage, OwnerWaitingPage, WaitingRow
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import Choice, Notice, brand_look
from agency.web.message_looks import message_looks, quoted_post
from agency.web.owner_words import decided_words
from agency.web.reply_looks import (
    answer_words,
    finding_looks,
    place_words,
    result_look,
    stars_look,
    stored_result,
)
from agency.web.shell import brand_looks, render_page, shell
from agency.web.state_looks import reply_states
from agency.web.who import actor_of_request
from styleguides.brand_check import CheckResult as Checked
from styleguides.brand_check import check_for_brand
from tenants import clock
from tenants.database import db
from tenants.errors import AppError, Conflict, Invalid, NotFound
from tenants.ids import id_from
from tenants.permissions import Actor, Permission

owner = Blueprint("owner", __name__)

WAITING = ("awaiting_approval",)
DECIDED = ("approved", "publishing", "outcome_unknown", "published", "refused", "declined")
EXCERPT_CHARACTERS = 140
SEEN = "seen_words"
MOST_MESSAGES = 20
"""Of a long thread a decision needs the end; the whole of it is one link away for who works there."""
MOST_SEEN = 20
"""Replies whose shown words a browser remembers; each takes 70 bytes of the form cookie."""
HASH_START = 16
"""Characters of a hash kept there: enough to tell the few texts of one reply apart."""

DECISIONS = {
    "approve": "approved",
    "change_and_approve": "approved",
    "ask_for_changes": "changes_asked",
    "decline": "declined",
}


class Decision(NamedTuple):
    """A decision about this reply with the words it was about."""

    decision: str
    reason: str | None
    at: datetime
    by: UUID
    by_name: str
    text: str
    text_hash: str


@dataclass(frozen=True)
class Typed:
    """What somebody wrote into the form, so that it comes back with it."""

    changed: str = ""
    reason: str = ""
    notice: Notice | None = None
    errors: dict[str, str] | None = None
    shown_hash: str = ""
    check: Checked | None = None


@owner.get("/approvals", endpoint="waiting")
def show_waiting() -> str:
    """What waits for a yes, or what was decided."""
    actor = actor_of_request()
    tab = "decided" if request.args.get("tab") == "decided" else None
    decided = tab is not None
    after = request.args.get("after") or None
    found = queries.replies_in_states(DECIDED if decided else WAITING, after, newest_first=decided)
    mine = actor.may(Permission.REPLY_APPROVE)
    count = len(found.rows) if not decided and not after and found.next_cursor is None else None
    page = OwnerWaitingPage(
        title=_("Waiting for your yes") if mine else _("Waiting for clients"),
        rows=tuple(_row(row, decided) for row in found.rows),
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
    )


def _excerpt(text: str) -> str:
    line = " ".join(text[: EXCERPT_CHARACTERS * 4].split())
    return line if len(line) <= EXCERPT_CHARACTERS else line[: EXCERPT_CHARACTERS - 1] + "…"


@owner.get("/approvals/<reply_id>", endpoint="reply")
def show_reply(reply_id: str) -> Response:
    """One reply, to decide on."""
    return _answer(_id(reply_id), 200)


@owner.post("/approvals/<reply_id>", endpoint="decide")
def decide(reply_id: str) -> AnyResponse:
    """Approve, change and approve, ask for changes, decline, or only look at one's own words before that."""
    actor, wanted, form = actor_of_request(), _id(reply_id), request.form
    deed, shown_hash = form.get("do", ""), form.get("text_hash", "")
    reason, text = form.get("reason", ""), form.get("text", "").replace("\r\n", "\n")
    locked(wanted)  # nobody changes the words between this look and the decision
    reply = queries.get_reply(wanted)
    edited = "text" in form and hash_of(text) != shown_hash and text.strip() != ""
    kept = Typed(changed=text if edited else "", reason=reason, shown_hash=shown_hash)
    said = {"approve": shown_hash, "change_and_approve": hash_of(text)}.get(deed, reason.strip())
    if deed in DECISIONS and _is_second_click(actor, wanted, deed, said, form.get("idempotency_key", "")):
        return redirect(url_for("owner.reply", reply_id=wanted), code=303)
    if reply.state != "awaiting_approval" or reply.text_hash != shown_hash:
        return _answer(wanted, 409, kept)
    if form.get("idempotency_key", "") != reply.state_since.isoformat():
        # The same words, asked for anew: perhaps about other words of the customer than those this form showed.
        return _answer(wanted, 409, replace(kept, notice=_asked_anew()))
    if deed == "check" or (deed == "approve" and edited):
        return _answer(wanted, 200, _looked_at(reply, kept, asked=deed == "check"))
    try:
        _carry_out(actor, wanted, deed, shown_hash, text, reason)
    except (Invalid, Conflict) as error:
        db.session.rollback()
        return _answer(wanted, error.http_status, _refused(reply, kept, error))
    return redirect(url_for("owner.reply", reply_id=wanted), code=303)


def _asked_anew() -> Notice:
    return Notice(
        "warn",
        _("You were asked anew while you were reading."),
        _("Nothing was published; what you typed is below."),
        _("Read what the customer says now and decide again."),
    )


def _carry_out(actor: Actor, reply_id: UUID, deed: str, shown_hash: str, text: str, reason: str) -> None:
    if deed == "approve":
        desk.approve(actor, reply_id, shown_hash)
    elif deed == "change_and_approve":
        desk.change_and_approve(actor, reply_id, text, shown_hash)
    elif deed == "ask_for_changes":
        desk.say_no(actor, reply_id, "ask_for_changes", reason, shown_hash)
    elif deed == "decline":
        desk.say_no(actor, reply_id, "decline", reason, shown_hash)
    else:
        raise Invalid("This is not one of the buttons. Nothing was decided. Press one of those below.")


def _is_second_click(actor: Actor, reply_id: UUID, deed: str, said: str, since: str) -> bool:
    """Whether this person has decided just so since the form was made: its key is when the reply came to wait."""
    last = next((d for d in reversed(_decisions(reply_id)) if d.by == actor.user_id), None)
    try:
        is_newer = last is not None and last.at >= datetime.fromisoformat(since)
    except (ValueError, TypeError):
        return False
    if last is None or not is_newer or last.decision != DECISIONS[deed]:
        return False
    return said == (last.text_hash if last.decision == "approved" else last.reason)


def _looked_at(reply: ReplyRow, kept: Typed, *, asked: bool) -> Typed:
    changed = kept.changed
    if not changed:
        words = Notice("info", _("You have not changed a word yet."), _("Nothing was published."))
        return Typed(reason=kept.reason, notice=words, shown_hash=kept.shown_hash)
    notice = None
    if not asked:
        notice = Notice(
            "warn",
            _("You changed the words, so they were not approved as they stood."),
            _("Nothing was published."),
            _("Look at your change below and press Change words and approve."),
        )
    return Typed(changed, kept.reason, notice, None, kept.shown_hash, _checked(reply, changed))


def _refused(reply: ReplyRow, kept: Typed, error: AppError) -> Typed:
    errors = {field: _(sentences[0]) for field, sentences in error.fields.get("errors", {}).items()}
    if "reason" in errors:
        errors["reason"] = _("Say in a few words what should be different, or why not.")
    if error.code == "style_stop":
        stops = [finding["message"] for finding in error.fields["findings"] if finding["level"] == "stop"]
        notice = Notice(
            "bad",
            _("Your style guide stops these words."),
            _("Nothing was published; what you typed is below."),
            _("Change what is marked and try again."),
        )
        errors["text"] = " ".join(stops) if kept.changed else ""
        return Typed(kept.changed, kept.reason, notice, errors, kept.shown_hash, _checked(reply, kept.changed))
    notice = Notice("warn" if isinstance(error, Conflict) else "bad", _(error.message))
    return Typed(kept.changed, kept.reason, notice, errors, kept.shown_hash)


def _checked(reply: ReplyRow, text: str) -> Checked | None:
    if not text:
        return None
    return _check(get_conversation(reply.conversation_id), text, reply.private)


def _counted_as(view: ConversationView, private: bool) -> str:
    return words_kind(view.kind, private=private)


def _check(view: ConversationView, text: str, private: bool) -> Checked:
    return check_for_brand(
        view.brand_id,
        text,
        view.platform,
        _counted_as(view, private),
        stars=view.stars,
        customer_name=view.author_name,
        reader_language=chosen_language(),
    )


def _answer(reply_id: UUID, status: int, typed: Typed | None = None) -> Response:
    page = _page(actor_of_request(), reply_id, typed or Typed())
    return make_response(render_page("owner/reply.html", page, shell=shell(with_brands=False)), status)


def _page(actor: Actor, reply_id: UUID, typed: Typed) -> OwnerReplyPage:
    """The page; five statements beside finding the person, one more where words changed since they were last shown."""
    reply = queries.get_reply(reply_id)
    if reply.submitted_at is None:
        raise NotFound()  # nobody was asked yet: a draft is the agency's own
    view, decisions = get_conversation(reply.conversation_id), _decisions(reply_id)
    waits = reply.state == "awaiting_approval"
    text = reply.text
    if reply.state == "draft" and decisions:
        text = decisions[-1].text  # what is being written anew is shown when it is asked for
    zone, locale = chosen_zone(), chosen_language()
    others = _waiting_count()
    return OwnerReplyPage(
        url=url_for("owner.decide", reply_id=reply_id),
        brand=brand_look(str(view.brand_id), view.brand_name, view.brand_mark, view.brand_colour),
        place=_place(reply),
        account=view.account_name,
        customer=view.contact_name or view.author_name or _("Somebody"),
        customer_messages=message_looks(view, newest=MOST_MESSAGES, for_client=True, without=reply_id),
        context=quoted_post(view),
        language=view.language or view.brand_language,
        text=text,
        text_hash=hash_of(text),
        idempotency_key=reply.state_since.isoformat(),
        written_by=reply.text_author_name,
        result=_result(reply, view, text, waits),
        due=clocks.due(view.due_at, clock.now(), zone, locale) if view.due_at and waits else None,
        difference=_difference(actor, reply, decisions, typed.shown_hash) if waits else (),
        changed=typed.changed,
        changed_difference=text_difference(reply.text, typed.changed) if typed.changed else (),
        changed_findings=finding_looks(typed.check.findings, typed.changed) if typed.check else (),
        reason=typed.reason,
        errors=typed.errors or {},
        may_decide=actor.may(Permission.REPLY_APPROVE) and actor.user_id != reply.written_by,
        decided=None if waits else decided_words(reply, decisions, actor, typed.changed or typed.reason),
        notice=typed.notice or _stale_notice(reply, typed, waits),
        live_url=_live_url(view, reply_id),
        receipt_url="" if waits else url_for("receipts.receipt", reply_id=reply_id),
        others_url=url_for("owner.waiting"),
        others_count=max(0, others - 1) if waits else others,
    )


def _place(reply: ReplyRow) -> str:
    place = answer_words(reply.platform, reply.kind, private=reply.private, deed=reply.deed)
    return f"{place}: {reply.deed_reason}" if reply.deed_reason else place


def _stale_notice(reply: ReplyRow, typed: Typed, waits: bool) -> Notice | None:
    if not waits or not typed.shown_hash or typed.shown_hash == reply.text_hash:
        return None
    return Notice(
        "warn",
        _("The agency changed the words while you were reading."),
        _("Nothing was published; what you typed is below."),
        _("Look at the difference and decide again."),
    )


def _result(reply: ReplyRow, view: ConversationView, text: str, waits: bool) -> CheckResult:
    if waits:
        return result_look(_check(view, text, reply.private), text, reply.platform, _counted_as(view, reply.private))
    same, kind = text == reply.text, _counted_as(view, reply.private)
    return stored_result(reply.findings if same else [], reply.guide_version, text, reply.platform, kind)


def _live_url(view: ConversationView, reply_id: UUID) -> str:
    return next((m.permalink or "" for m in view.messages if m.reply_id == reply_id and m.deleted_at is None), "")


def _difference(actor: Actor, reply: ReplyRow, decisions: list[Decision], shown_hash: str) -> tuple[Piece, ...]:
    """Against the words of the form that came back, else those last decided on, else those last shown here."""
    base_hash = shown_hash if shown_hash != reply.text_hash else ""
    before = _shown_before(reply)
    if not base_hash:
        own = next((d for d in reversed(decisions) if d.by == actor.user_id), None)
        if own is not None and own.text_hash != reply.text_hash:
            return text_difference(own.text, reply.text)
        base_hash = before
    if not base_hash:
        return ()
    texts = (t.text for t in queries.texts_of(reply.id) if t.text_hash.startswith(base_hash[:HASH_START]))
    base = next(texts, None)
    return text_difference(base, reply.text) if base is not None else ()


def _shown_before(reply: ReplyRow) -> str:
    """Beginning of the hash of the words this browser showed before the present ones; keeps these as shown."""
    seen: dict[str, list[str]] = dict(session.get(SEEN, {}))
    key, now = reply.id.hex, reply.text_hash[:HASH_START]
    before, last = seen.pop(key, ["", ""])
    if last != now:
        before, last = last, now
    seen[key] = [before, last]
    kept = dict(list(seen.items())[-MOST_SEEN:])
    if kept != session.get(SEEN):
        session[SEEN] = kept
    return before


def _decisions(reply_id: UUID) -> list[Decision]:
    """Every decision with its words, first to last."""
    rows = db.session.execute(
        select(
            Approval.decision,
            Approval.reason,
            Approval.created_at,
            Approval.decided_by,
            Approval.decided_by_name,
            ReplyText.text,
            ReplyText.text_hash,
        )
        .join(
            ReplyText,
            and_(ReplyText.agency_id == Approval.agency_id, ReplyText.id == Approval.reply_text_id),
        )
        .where(Approval.reply_id == reply_id)
        .order_by(Approval.created_at, Approval.id)
    )
    return [Decision._make(row) for row in rows]


def _waiting_count() -> int:
    return db.session.execute(select(func.count(Reply.id)).where(Reply.state == "awaiting_approval")).scalar_one()


def _id(text: str) -> UUID:
    found = id_from(text)
    if found is None:
        raise NotFound()
    return found
