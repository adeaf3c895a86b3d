"""What the composer posts: keep the draft, check it, send it for approval, publish it, take it back.

Words are stored before anything that may be refused is tried, so a refusal never costs what was typed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from agency.inbox import desk as inbox_desk
from agency.inbox.case import case_facts, read_case
from agency.inbox.models import Conversation
from agency.replies import changing, desk, keeping, letting_go, versions
from agency.replies.answering import OPEN, Answering, answering
from agency.replies.beginnings import begin_from_earlier, words_begun_with, words_of_earlier
from agency.replies.checks import words_kind
from agency.replies.contradicting import with_earlier
from agency.replies.keeping import Typed
from agency.replies.queries import ReplyRow, get_reply, readable_reply, replies_of
from agency.replies.sending_time import NO_SUCH_TIME
from agency.replies.words import hash_of
from agency.web.composer_part import (
    Binding,
    Written,
    came_back_at,
    draft_of,
    read_binding,
    result_of,
    typed_in,
    waits_for,
)
from agency.web.composer_variants import given_in_form, keep_given
from agency.web.contexts import CheckResult
from agency.web.conversation_page import conversation_page, reply_look
from agency.web.errors import error_answer, page_for
from agency.web.inbox import page_with_case
from agency.web.inbox_address import read_address
from agency.web.language import chosen_language
from agency.web.last_sent import remember_sent_as
from agency.web.looks import Notice
from agency.web.promise_looks import would_promise
from agency.web.sending import refused_time, when_wanted
from agency.web.sending_words import brand_zone_of, goes_out_soon
from agency.web.shell import render_page, toast
from agency.web.who import actor_of_request
from styleguides.brand_check import check_for_brand
from styleguides.quiz_gate import QUIZ_NEEDED
from tenants import clock
from tenants.database import db
from tenants.errors import AppError, Conflict, Invalid, NotFound
from tenants.ids import id_from
from tenants.models import Brand
from tenants.permissions import Actor, Permission, require

composer = Blueprint("composer", __name__)

WHY = {"held": "held", "draft_changed": "changed", "submitted": "submitted"}
"""Code of a refusal → why words are kept beside the draft; any other is `refused`."""


def _target(actor: Actor, conversation_id: UUID) -> tuple[Answering, Binding]:
    """The conversation this form was made for, and what its draft began from. Raises NotFound, Forbidden, Conflict."""
    target = answering(conversation_id, id_from(request.args.get("change", "")))
    require(actor, Permission.REPLY_WRITE, target.brand_id)
    return target, read_binding(request.form.get("binding", ""), target.id, target.brand_id, target.account_id)


def _text() -> str:
    return request.form.get("text", "").replace("\r\n", "\n")


def _private(target: Answering) -> bool:
    return target.kind == "message" or request.form.get("private") == "1"


def _replaces() -> str | None:
    """The hash of the answer written elsewhere that ours is to replace; empty for no wish, None where none is shown."""
    if "standing" not in request.form:
        return None
    return request.form["standing"] if request.form.get("replace") == "1" else ""


def _saved_reply() -> UUID | None:
    """The saved reply that was put into the words last; None where that is no news."""
    return id_from(request.form.get("saved_reply", ""))


def _began_with(actor: Actor, target: Answering, text: str) -> str | None:
    """The words this draft began from: of the saved reply or earlier answer just put in, else as they are kept."""
    earlier = id_from(request.form.get("earlier_answer", ""))
    if earlier is not None:
        return words_of_earlier(target.brand_id, earlier) or target.began_with
    put_in = _saved_reply()
    if put_in is None or put_in == target.saved_reply_id:
        return target.began_with
    try:
        return words_begun_with(actor, target.id, target.brand_id, put_in, text)
    except Invalid:
        return target.began_with


def _counted_as(target: Answering) -> str:
    return words_kind(target.kind, private=_private(target))


def _check(target: Answering, text: str) -> CheckResult:
    case = read_case(actor_of_request(), target.id)
    newest = target.in_reply_to_id is None or (case.said and case.said[0].id == target.in_reply_to_id)
    found = check_for_brand(
        target.brand_id,
        text,
        target.platform,
        _counted_as(target),
        stars=target.stars,
        customer_name=target.author_name,
        reader_language=chosen_language(),
        beside_others=True,
        began_with=_began_with(actor_of_request(), target, text),
        case=case.facts if newest else case_facts(target.id, target.in_reply_to_id),
        promises_at=clock.now(),
    )
    found = with_earlier(found, case, text, chosen_language())
    result = result_of(found, text, target.platform, _counted_as(target))
    result = replace(result, promises=would_promise(text, found.promises, case.brand_time_zone))
    may_let_go = actor_of_request().may(Permission.REPLY_LET_GO)
    result = replace(result, may_let_go=may_let_go, let_go_typed=request.form.get("let_go_reason", ""))
    waits = waits_for(actor_of_request(), target.id, text, private=_private(target), case=case.facts)
    return replace(result, waits=waits.words, sends_safe=waits.sends_safe)


@composer.post("/conversations/<uuid:conversation_id>/check")
def check(conversation_id: UUID) -> AnyResponse:
    """The findings alone, while somebody types."""
    target, _binding = _target(actor_of_request(), conversation_id)
    return make_response(render_template("replies/_findings.html", result=_check(target, _text()), language=""))


@composer.post("/conversations/<uuid:conversation_id>/reply")
def reply(conversation_id: UUID) -> AnyResponse:
    """Save, check, send for approval or publish, as the button says. Words of a form that was not made for this case
    are no draft of it: they come back to be copied.
    """
    actor, address, typed = actor_of_request(), read_address(), typed_in(request.form)
    text = typed.text
    try:
        target, binding = _target(actor, conversation_id)
    except Conflict as refused:
        return error_answer(replace(page_for(refused), words=text))
    deed = request.form.get("do", "save")
    if deed == "check":
        looked = Written(text, None, _check(target, text), _private(target), given_in_form())
        return _shown_again(actor, target, looked, 200)
    stored = left = None
    try:
        with db.session.begin_nested():
            kept = stored = _keep(actor, target, binding, typed)
        with db.session.begin_nested():
            kept = keep_given(actor, kept, takes=typed.takes)
        if deed in ("submit", "release") and kept.state == "draft":
            with db.session.begin_nested():
                _let_go(actor, kept)
                leave = desk.submit if deed == "submit" else desk.release
                wanted, only_heard = when_wanted(target.brand_id), request.form.get("only_heard") == "1"
                left = leave(actor, kept.id, shown_hash=kept.text_hash, when=wanted, only_heard=only_heard)
    except AppError as refused:
        if isinstance(refused, NotFound):
            raise
        beside = stored is None and versions.keep_beside(
            actor, conversation_id, typed, WHY.get(refused.code, "refused"), id_from(binding.changes)
        )
        notice = _notice(refused)
        if beside:
            notice = replace(notice, safe=f"{notice.safe} {kept_words(refused)}".strip())
        written = Written(text, notice, _check(target, text), _private(target), given_in_form())
        return _shown_again(actor, target, written, refused.http_status)
    if deed in ("submit", "release"):
        name = db.session.execute(select(Brand.name).where(Brand.id == target.brand_id)).scalar_one()
        remember_sent_as(target.brand_id, name)
    said = {"submit": _("Sent for approval."), "release": _("On its way."), "save": _("Draft saved.")}
    later = goes_out_soon(left) if left is not None else ""
    undo = address.deed_url(conversation_id, f"replies/{left.id}/withdraw") if left is not None and later else ""
    toast(
        f"{said['submit']} {later}".strip() if deed == "submit" else later or said.get(deed, said["save"]),
        undo_url=undo,
    )
    return redirect(address.case_url(conversation_id), code=303)


def _let_go(actor: Actor, kept: ReplyRow) -> None:
    """Where a lead wrote why, what stops the words just sent stops them no more; one not needed is no trouble."""
    reason = request.form.get("let_go_reason", "")
    if not reason.strip():
        return
    try:
        with db.session.begin_nested():
            letting_go.let_go(actor, kept.id, reason, kept.text_hash)
    except Conflict as refused:
        if refused.code != "nothing_stops":
            raise


def kept_words(refused: AppError) -> str:
    """That words refused for themselves are kept; what is refused for the case or a colleague says so itself."""
    return str(_("What you wrote is kept beside the draft.")) if isinstance(refused, Invalid) else ""


def _notice(refused: AppError) -> Notice:
    trouble = page_for(refused)
    if refused.code == NO_SUCH_TIME:
        return Notice("warn", trouble.what, trouble.safe, refused_time(refused))
    return Notice(
        "bad" if refused.http_status >= 500 else "warn", trouble.what, trouble.safe, trouble.next, *_way(refused)
    )


def _way(refused: AppError) -> tuple[str, str]:
    """Label and address of the one link that helps; nothing where there is none."""
    if refused.code != QUIZ_NEEDED:
        return "", ""
    return _("Take the quiz"), url_for("quiz.quiz", brand_id=refused.fields["brand_id"])


def _shown_again(actor: Actor, target: Answering, written: Written, status: int) -> AnyResponse:
    address = read_address()
    base = id_from(request.args.get("change", ""))
    shown = conversation_page(actor, target.id, address, written=written, changing=base)
    if address.kept.get("alone"):
        return make_response(render_page("inbox/conversation.html", shown), status)
    return make_response(page_with_case(actor, address, shown), status)


def way_wanted(*, is_change: bool) -> keeping.Way:
    """What the form says of where its words go."""
    if is_change:
        return keeping.Way(saved_reply_id=_saved_reply())
    return keeping.Way(request.form.get("private") == "1", _replaces(), _saved_reply())


def keep_typed(actor: Actor, conversation_id: UUID, typed: Typed, binding: Binding) -> keeping.Kept:
    """Keep words as they are typed; the first, and those that go another way, as by a button. Raises as `_stored`."""
    base = id_from(binding.changes)
    way = way_wanted(is_change=base is not None)
    kept = keeping.keep(actor, conversation_id, typed, way, base, id_from(binding.reply_id))
    if kept is None:
        target, binding = _target(actor, conversation_id)
        row = _keep(actor, target, binding, typed)
        return keeping.Kept(row.id, row.text_hash, row.version)
    begin_from_earlier(kept.reply_id, id_from(request.form.get("earlier_answer", "")))
    return kept


def _keep(actor: Actor, target: Answering, binding: Binding, typed: Typed) -> ReplyRow:
    """Store the words, and the earlier answer they began from. Raises as `_stored`."""
    kept = _stored(actor, target, binding, typed)
    begin_from_earlier(kept.id, id_from(request.form.get("earlier_answer", "")))
    keeping.mark_form(kept.id, typed, only_heard=request.form.get("only_heard") == "1")
    return kept


def _stored(actor: Actor, target: Answering, binding: Binding, typed: Typed) -> ReplyRow:
    """Store the words: as a new draft, or as the draft's new text.

    The claim is taken first, so two clicks stand in line and the second finds what the first did: the same words again
    change nothing. Raises Conflict `draft_changed` when a colleague's words would be overwritten unseen.
    """
    inbox_desk.hold(actor, target.id, takes=typed.takes)
    db.session.execute(select(Conversation.id).where(Conversation.id == target.id).with_for_update(key_share=True))
    replies, text = replies_of(target.id), typed.text
    wanted = hash_of(text)
    base = id_from(binding.changes)
    bound = next((r for r in replies if str(r.id) == binding.reply_id), None)
    standing = bound or draft_of(replies, base) or _last_of(replies, base)
    private = _private(target) if base is None else None
    replaces = _replaces() if base is None else None
    same_way = (
        standing is not None
        and private in (None, standing.private)
        and replaces in (None, hash_of(standing.replaces_text) if standing.replaces_text is not None else "")
    )
    lives = standing is not None and standing.state not in ("declined", "dropped")
    came_back = came_back_at(standing) if standing is not None else None
    if came_back is not None and request.form.get("came_back") == came_back:
        lives = False  # shown with why it came back: the same words are said anew, to what the customer says now
    if standing is not None and lives and same_way and standing.text_hash == wanted:
        fresh_case = standing.state == "published" and bound is None
        if not fresh_case:
            return standing
    current = bound if bound is not None and bound.state in OPEN else draft_of(replies, base)
    if current is None:
        if base is not None:
            return get_reply(changing.start_change(actor, base, text, takes=typed.takes).id)
        begun = desk.start_draft(
            actor,
            target.id,
            text,
            private=bool(private),
            replaces=replaces,
            saved_reply_id=_saved_reply(),
            takes=typed.takes,
        )
        return get_reply(begun.id)
    row = keeping.draft_row(target.id, base)
    if row is None or row.id != current.id:
        if current.text_hash not in (typed.based_on, wanted):  # it waits for the client, and waits with other words
            raise keeping.submitted(current.state)
    elif keeping.judged(row, typed._replace(turn=0), actor.user_id) == "changed":
        raise keeping.changed_meanwhile(row, actor)
    edited = desk.edit(
        actor,
        current.id,
        text,
        private=private,
        replaces=replaces,
        saved_reply_id=_saved_reply(),
        takes=typed.takes,
    )
    return get_reply(edited.id)


def _last_of(replies: list[ReplyRow], changes: UUID | None) -> ReplyRow | None:
    return next((r for r in reversed(replies) if r.changes_reply_id == changes and r.deed != "withdraw"), None)


@composer.post("/conversations/<uuid:conversation_id>/replies/<uuid:reply_id>/withdraw")
def withdraw(conversation_id: UUID, reply_id: UUID) -> AnyResponse:
    """Take a reply back to a draft."""
    return _done(conversation_id, reply_id, desk.withdraw, _("Taken back. It is a draft again."))


@composer.post("/conversations/<uuid:conversation_id>/replies/<uuid:reply_id>/drop")
def drop(conversation_id: UUID, reply_id: UUID) -> AnyResponse:
    """Give a draft up."""
    return _done(conversation_id, reply_id, desk.drop, _("Given up. Nothing is sent."))


@composer.post("/conversations/<uuid:conversation_id>/replies/<uuid:reply_id>/take-back")
def take_back(conversation_id: UUID, reply_id: UUID) -> AnyResponse:
    """Take a published answer back from the platform, with a reason."""
    _of_this(conversation_id, reply_id)
    try:
        with db.session.begin_nested():
            taken = changing.take_back(actor_of_request(), reply_id, request.form.get("reason", ""))
        toast(_("On its way.") if taken.state == "approved" else _("Sent for approval."))
    except (Conflict, Invalid) as refused:
        toast(_(refused.message), "warn")
    return redirect(read_address().case_url(conversation_id), code=303)


@composer.get("/conversations/<uuid:conversation_id>/replies/<uuid:reply_id>")
def reply_state(conversation_id: UUID, reply_id: UUID) -> AnyResponse:
    """Where a reply stands, fetched until that is final."""
    row = _of_this(conversation_id, reply_id)
    zone = brand_zone_of(row.brand_id) if row.not_before is not None else ""
    look = reply_look(row, actor_of_request(), read_address(), zone)
    return make_response(render_template("replies/_reply.html", reply=look))


def _done(conversation_id: UUID, reply_id: UUID, deed: Callable[[Actor, UUID], object], said: str) -> AnyResponse:
    """Back to the case, with what was done or why it was not."""
    _of_this(conversation_id, reply_id)
    try:
        with db.session.begin_nested():
            deed(actor_of_request(), reply_id)
        toast(said)
    except Conflict as refused:
        toast(_(refused.message), "warn")
    return redirect(read_address().case_url(conversation_id), code=303)


def _of_this(conversation_id: UUID, reply_id: UUID) -> ReplyRow:
    row = readable_reply(actor_of_request(), reply_id)
    if row.conversation_id != conversation_id:
        raise NotFound()
    return row
