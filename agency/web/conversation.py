"""One conversation on a page of its own, and what people do with it. Every deed ends back at the case, by 303."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from agency.inbox import bulk, desk, moderation
from agency.inbox.colleagues import handover_of
from agency.inbox.deeds import Deed, Reopen, Resolve, Snooze, Spam
from agency.replies import client_answers
from agency.web.bulk_page import say
from agency.web.claim_look import claim_look, held_words
from agency.web.contexts import AssignPage
from agency.web.conversation_page import conversation_page
from agency.web.inbox_address import Address, read_address
from agency.web.looks import Choice, brand_look
from agency.web.shell import brand_looks, render_page, toast
from agency.web.snoozing import chosen_moment
from agency.web.who import actor_of_request
from tenants.database import db, new_id
from tenants.errors import Conflict, Invalid
from tenants.ids import id_from
from tenants.permissions import Actor

conversation = Blueprint("conversation", __name__)

NOBODY = UUID(int=0)
"""What a form names that names no person: nobody has this id, so it is refused as a stranger is."""


@conversation.get("/conversations/<uuid:conversation_id>")
def page(conversation_id: UUID) -> AnyResponse:
    """The conversation without the queue beside it: where links from other pages lead."""
    address = read_address()
    address = address._replace(kept={**address.kept, "alone": ["1"]})
    shown = conversation_page(
        actor_of_request(),
        conversation_id,
        address,
        _id_in("before"),
        editing=_id_in("edit"),
        changing=_id_in("change"),
    )
    return make_response(render_page("inbox/conversation.html", shown))


def _do(conversation_id: UUID, deed: Callable[[Actor, UUID], Any], said: str, *, back: str = "") -> AnyResponse:
    """Do it and go back to the case; where somebody was first, go back and say who."""
    address: Address = read_address()
    try:
        deed(actor_of_request(), conversation_id)
    except (Conflict, Invalid) as refused:
        toast(_why(refused, conversation_id), "warn")
        return redirect(address.case_url(conversation_id), code=303)
    if said:
        toast(said)
    return redirect(back or address.case_url(conversation_id), code=303)


def _why(refused: Conflict | Invalid, conversation_id: UUID) -> str:
    """Why it was not done; where somebody was first, since when in the reader's own time."""
    if refused.code != "held":
        return _(refused.message)
    if "seen" in request.form:  # a lead gives it away: nothing was typed, but who has it is not whom they saw
        return f"{_(refused.message)} {held_words(desk.case_of(conversation_id))}."
    return _("%(held)s. Nothing was changed; what you typed is kept.", held=held_words(desk.case_of(conversation_id)))


@conversation.post("/conversations/<uuid:conversation_id>/claim")
def claim(conversation_id: UUID) -> AnyResponse:
    """Take the case."""
    return _do(conversation_id, desk.claim, "")


@conversation.get("/conversations/<uuid:conversation_id>/holder")
def holder(conversation_id: UUID) -> AnyResponse:
    """Who has it by now, for a page that shows it: 204 where that is what the page says."""
    look = claim_look(desk.case_of(conversation_id), actor_of_request(), read_address())
    if request.args.get("seen", "") == look.tag:
        return Response(status=204)
    return make_response(render_template("inbox/_claim.html", claim=look))


@conversation.post("/conversations/<uuid:conversation_id>/release")
def release(conversation_id: UUID) -> AnyResponse:
    """Give it back."""
    return _do(conversation_id, desk.release, _("Given back to the queue."))


@conversation.post("/conversations/<uuid:conversation_id>/take-over")
def take_over(conversation_id: UUID) -> AnyResponse:
    """A lead takes it from its holder, or a colleague from one who does nothing."""
    reason = request.form.get("reason", "")
    return _do(conversation_id, lambda actor, case: desk.take_over(actor, case, reason), _("You have this case now."))


@conversation.get("/conversations/<uuid:conversation_id>/assign")
def people(conversation_id: UUID) -> AnyResponse:
    """Who may get the case: a page, or the inside of the menu."""
    actor, address = actor_of_request(), read_address()
    found = handover_of(actor, conversation_id)
    page = AssignPage(
        brand=brand_looks().get(found.brand_id) or brand_look(str(found.brand_id), "", "", ""),
        url=address.deed_url(conversation_id, "assign"),
        back_url=address.case_url(conversation_id),
        now=_("%(name)s has this case", name=found.holder_name) if found.holder_name else _("Nobody has this case"),
        seen=str(found.holder_id or ""),
        people=tuple(
            Choice(
                _("%(name)s (you)", name=one.name) if one.person_id == actor.user_id else one.name,
                "",
                value=str(one.person_id),
                count=one.open_count,
                selected=one.person_id == found.holder_id,
            )
            for one in found.colleagues
        ),
    )
    if request.headers.get("HX-Request") == "true":
        return make_response(render_template("inbox/_assign.html", assign=page))
    return make_response(render_page("inbox/assign.html", page))


@conversation.post("/conversations/<uuid:conversation_id>/assign")
def assign(conversation_id: UUID) -> AnyResponse:
    """Give the case to somebody."""

    def give(actor: Actor, case: UUID) -> None:
        person_id = id_from(request.form.get("person", ""))
        given = desk.assign(actor, case, person_id or NOBODY, seen_holder_id=id_from(request.form.get("seen", "")))
        toast(_("%(name)s has this case now.", name=given.holder_name or _("Somebody")))

    return _do(conversation_id, give, "")


@conversation.post("/conversations/<uuid:conversation_id>/close")
def close(conversation_id: UUID) -> AnyResponse:
    """Resolve it."""
    return _press(conversation_id, Resolve)


@conversation.post("/conversations/<uuid:conversation_id>/reopen")
def reopen(conversation_id: UUID) -> AnyResponse:
    """Back into the queue."""
    return _press(conversation_id, Reopen)


@conversation.post("/conversations/<uuid:conversation_id>/snooze")
def snooze(conversation_id: UUID) -> AnyResponse:
    """Out of the queue until a moment."""
    return _press(conversation_id, lambda: Snooze(chosen_moment()), back=read_address().url())


@conversation.post("/conversations/<uuid:conversation_id>/spam")
def spam(conversation_id: UUID) -> AnyResponse:
    """Close it as spam; with `mark`, what this person writes next closes by rule."""
    return _press(conversation_id, Spam, mark=request.form.get("mark") == "1")


def _press(conversation_id: UUID, made: Callable[[], Deed], *, mark: bool = False, back: str = "") -> AnyResponse:
    """Do it to this case as a press that can be undone, and go back; where it may not be, go back and say why."""
    address, press_id = read_address(), id_from(request.form.get("press", "")) or new_id()
    case_url = address.case_url(conversation_id)
    try:
        deed = made()
        given = {"until": deed.until.isoformat()} if isinstance(deed, Snooze) else {}
        done = bulk.press_one(actor_of_request(), press_id, deed, conversation_id, given=given, mark=mark)
    except (Conflict, Invalid) as refused:
        db.session.rollback()
        toast(_(refused.message), "warn")
        return redirect(case_url, code=303)
    if done.done_count or done.refused_count:
        say(done, address, case=conversation_id)
    return redirect(back if back and done.done_count else case_url, code=303)


@conversation.post("/conversations/<uuid:conversation_id>/messages/<uuid:message_id>/deeds")
def moderate(conversation_id: UUID, message_id: UUID) -> AnyResponse:
    """Hide, show again, like, unlike, delete or block, soon; then, where asked, to a private answer."""
    deed = request.form.get("deed", "")
    path, mark, query = read_address().case_url(conversation_id).partition("?")
    private = f"{path}?{query}{'&' if mark else ''}private=1#composer"
    return _do(
        conversation_id,
        lambda actor, case: moderation.ask(actor, case, message_id, deed),
        _("On its way to the platform."),
        back=private if request.form.get("then") == "private" else "",
    )


@conversation.post("/conversations/<uuid:conversation_id>/tell-client")
def tell_client(conversation_id: UUID) -> AnyResponse:
    """Tell the client of a case that is theirs to answer."""
    words = request.form.get("client_note", "").replace("\r\n", "\n")
    said = _("The client was told. The case is closed once their answer is seen.")
    return _do(conversation_id, lambda actor, case: client_answers.tell_client(actor, case, words), said)


@conversation.post("/conversations/<uuid:conversation_id>/note")
def note(conversation_id: UUID) -> AnyResponse:
    """A note for colleagues."""
    words = request.form.get("text", "")
    return _do(conversation_id, lambda actor, case: desk.add_note(actor, case, words), _("Note kept."))


def _id_in(name: str) -> UUID | None:
    try:
        return UUID(request.args.get(name, ""))
    except ValueError:
        return None
