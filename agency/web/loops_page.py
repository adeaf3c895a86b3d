"""Feedback loops: a question at a case, the list of what was asked, and the loops a brand has named."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as AnyResponse

from agency.inbox.conversation_view import get_conversation
from agency.inbox.loops import asking, named
from agency.inbox.loops.asking import SHOWS
from agency.inbox.loops.mails import link_for
from agency.inbox.loops.named import LoopRow, get_loop, list_loops
from agency.inbox.loops.reading import TABS, ListedAsking, get_asking, list_askings
from agency.web.brand_places import brand_places
from agency.web.contexts_loops import (
    AskPage,
    BrandLoopsPage,
    LoopForm,
    LoopsPage,
    LoopsRow,
    NamedLoop,
)
from agency.web.inbox_address import read_address
from agency.web.language import chosen_language
from agency.web.later_page import later_tabs
from agency.web.looks import BrandLook, Choice, Notice, brand_look
from agency.web.loop_names import answerer_words, sort_words
from agency.web.loops_part import asking_look
from agency.web.reply_looks import place_words
from agency.web.shell import brand_looks, render_page, toast
from agency.web.who import actor_of_request
from styleguides.masking import masked
from tenants.database import db
from tenants.errors import AppError, Conflict, Invalid, NotFound
from tenants.ids import id_from
from tenants.languages import LANGUAGES, known_language
from tenants.permissions import Permission, require

loops_page = Blueprint("loops_page", __name__)

PREVIEW_CHARACTERS = 600
NOBODY = UUID(int=0)
FIELDS = ("name", "sort", "people", "language", "hours", "answers_by", "answers_name", "procedure")


@loops_page.get("/conversations/<uuid:conversation_id>/ask")
def ask_form(conversation_id: UUID) -> AnyResponse:
    """Which loop, who, what."""
    return _ask_form(conversation_id)


@loops_page.post("/conversations/<uuid:conversation_id>/ask")
def ask(conversation_id: UUID) -> AnyResponse:
    """Put the question."""
    loop, _mark, email = request.form.get("to", "").partition(" ")
    question = request.form.get("question", "")
    try:
        asking.ask(
            actor_of_request(),
            conversation_id,
            id_from(loop) or NOBODY,
            question,
            to_email=email,
            shows=request.form.get("shows", "masked"),
        )
    except (Invalid, Conflict) as refused:
        db.session.rollback()
        return _ask_form(conversation_id, question, refused)
    toast(_("Asked. You are told once there is an answer."))
    return redirect(read_address().case_url(conversation_id), code=303)


@loops_page.post("/conversations/<uuid:conversation_id>/loops/<uuid:asking_id>/withdraw")
def withdraw(conversation_id: UUID, asking_id: UUID) -> AnyResponse:
    """Take a question back."""
    found = asking.find_asking(asking_id)
    if found is None or found.conversation_id != conversation_id:
        raise NotFound()
    asking.withdraw(actor_of_request(), asking_id)
    toast(_("Taken back. Whoever was asked sees that nothing is asked of them any more."))
    return redirect(read_address().case_url(conversation_id), code=303)


def _ask_form(conversation_id: UUID, question: str = "", refused: AppError | None = None) -> AnyResponse:
    actor, address = actor_of_request(), read_address()
    view = get_conversation(conversation_id)
    require(actor, Permission.CONVERSATION_WORK, view.brand_id)
    chosen = request.form.get("to", "")
    loops = [
        Choice(
            _("%(loop)s: %(name)s, within %(frame)s", loop=one.name, name=person["name"], frame=_frame(one.hours)),
            "",
            value=f"{one.id} {person['email']}",
        )
        for one in list_loops(actor, view.brand_id)
        for person in one.people
    ]
    selected = next((number for number, one in enumerate(loops) if one.value == chosen), 0)
    newest = next((m for m in reversed(view.messages) if m.direction == "in" and m.text), None)
    words = {
        "masked": _("The customer's words, without personal data"),
        "whole": _("The customer's words as they are, because the data is needed"),
        "nothing": _("Nothing of it: the question says all"),
    }
    shows = request.form.get("shows", "masked")
    page = AskPage(
        brand=brand_look(str(view.brand_id), view.brand_name, view.brand_mark, view.brand_colour),
        customer=view.contact_name or view.author_name or _("Somebody"),
        url=address.deed_url(conversation_id, "ask"),
        back_url=address.case_url(conversation_id),
        loops=tuple(
            Choice(one.label, "", value=one.value, selected=number == selected) for number, one in enumerate(loops)
        ),
        manage_url=url_for("loops_page.brand", brand_id=view.brand_id) if actor.may(Permission.GUIDE_WRITE) else "",
        question=question,
        shows=tuple(Choice(words[name], "", value=name, selected=name == shows) for name in SHOWS),
        masked=masked(newest.text[:PREVIEW_CHARACTERS]) if newest is not None else "",
        errors=_errors(refused),
        notice=Notice("bad", _(refused.message)) if refused is not None else None,
    )
    return make_response(render_page("loops/ask.html", page), refused.http_status if refused is not None else 200)


@loops_page.get("/loops")
def loops() -> Response:
    """Fifty at a time: what nobody answered yet, late ones first; what has ended, the newest first."""
    actor, looks = actor_of_request(), brand_looks()
    tab = request.args.get("state", "") if request.args.get("state") in TABS else TABS[0]
    given, after = request.args.get("brand", ""), request.args.get("after") or None
    brand_id = id_from(given)
    if given and brand_id not in looks:
        raise NotFound()
    found = list_askings(actor, tab, brand_id=brand_id, after=after)
    brand, shown = str(brand_id) if brand_id else None, None if tab == TABS[0] else tab
    here = "loops_page.loops"
    labels = {
        "open": _("Not answered yet"),
        "mine": _("Asked by me"),
        "to_me": _("Asked of me"),
        "ended": _("Ended"),
    }
    page = LoopsPage(
        title=_("Loops"),
        places=later_tabs("loops", brand) if actor.may(Permission.CONVERSATION_WORK) else (),
        tabs=tuple(
            Choice(
                labels[name], url_for(here, state=None if name == TABS[0] else name, brand=brand), selected=name == tab
            )
            for name in TABS
        ),
        brands=(
            Choice(_("All brands"), "", selected=brand_id is None),
            *(Choice(look.name, "", selected=one == brand_id, value=str(one)) for one, look in looks.items()),
        )
        if len(looks) > 1
        else (),
        brands_url=url_for(here),
        state=shown or "",
        rows=tuple(_row(one) for one in found.rows),
        empty=_("No loop was asked and has ended.")
        if tab == "ended"
        else _("No question waits for an answer. At a case, press L to ask somebody outside the desk."),
        next_url=url_for(here, state=shown, after=found.next_cursor, brand=brand) if found.next_cursor else "",
        first_url=url_for(here, state=shown, brand=brand) if after else "",
    )
    return make_response(render_page("loops/page.html", page))


def _row(one: ListedAsking) -> LoopsRow:
    return LoopsRow(
        brand=brand_looks().get(one.brand_id) or brand_look(str(one.brand_id), "", "", ""),
        place=place_words(one.platform, one.kind),
        customer=one.customer_name or _("Somebody"),
        url=url_for("conversation.page", conversation_id=one.conversation_id),
        asking=asking_look(one, reader=actor_of_request()),
    )


@loops_page.post("/loop-questions/<uuid:asking_id>/answer")
def open_answer(asking_id: UUID) -> AnyResponse:
    """Open the form of what the mail links to, for the member it was put to."""
    actor = actor_of_request()
    return redirect(link_for(get_asking(actor, asking_id), actor.user_id), code=303)


@loops_page.get("/brands/<uuid:brand_id>/loops")
def brand(brand_id: UUID) -> Response:
    """The loops of a brand."""
    actor, archived = actor_of_request(), request.args.get("archived") == "1"
    look = _look(brand_id)
    here = url_for("loops_page.brand", brand_id=brand_id)
    page = BrandLoopsPage(
        brand=look,
        places=brand_places(brand_id, "loops"),
        rows=tuple(_named(one) for one in list_loops(actor, brand_id, archived=archived)),
        tabs=(
            Choice(_("In use"), here, selected=not archived),
            Choice(_("Put away"), url_for("loops_page.brand", brand_id=brand_id, archived=1), selected=archived),
        ),
        new_url=url_for("loops_page.new", brand_id=brand_id) if actor.may(Permission.GUIDE_WRITE) else "",
        is_archived=archived,
    )
    return make_response(render_page("loops/brand.html", page))


@loops_page.get("/brands/<uuid:brand_id>/loops/new")
def new(brand_id: UUID) -> AnyResponse:
    """An empty form."""
    _look(brand_id)
    begun = {"sort": "service", "hours": "4", "answers_by": "community", "language": chosen_language()}
    return _form(brand_id, None, begun)


@loops_page.post("/brands/<uuid:brand_id>/loops/new")
def create(brand_id: UUID) -> AnyResponse:
    """Name one."""
    _look(brand_id)
    given = _given()
    try:
        named.create_loop(actor_of_request(), brand_id, given)
    except (Invalid, Conflict) as refused:
        db.session.rollback()
        return _form(brand_id, None, given, refused)
    toast(_("The loop can be asked from now on."))
    return redirect(url_for("loops_page.brand", brand_id=brand_id), code=303)


@loops_page.get("/loops/<uuid:loop_id>")
def loop(loop_id: UUID) -> AnyResponse:
    """The form of one."""
    found = get_loop(actor_of_request(), loop_id)
    return _form(found.brand_id, found, _values(found))


@loops_page.post("/loops/<uuid:loop_id>")
def change(loop_id: UUID) -> AnyResponse:
    """Change it, unless somebody was faster."""
    actor, given, version = actor_of_request(), _given(), request.form.get("version", "")
    found = get_loop(actor, loop_id)
    known = int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0
    try:
        named.change_loop(actor, loop_id, given, known)
    except (Invalid, Conflict) as refused:
        db.session.rollback()
        return _form(found.brand_id, get_loop(actor, loop_id), given, refused)
    toast(_("Changed. Questions that were put stay as they are."))
    return redirect(url_for("loops_page.brand", brand_id=found.brand_id), code=303)


@loops_page.post("/loops/<uuid:loop_id>/archive")
def archive(loop_id: UUID) -> AnyResponse:
    """Put it away, or bring it back."""
    archived = request.form.get("archived") == "1"
    try:
        found = named.archive_loop(actor_of_request(), loop_id, archived=archived)
    except Invalid as refused:
        db.session.rollback()
        found = get_loop(actor_of_request(), loop_id)
        return _form(found.brand_id, found, _values(found), refused)
    toast(_("Put away. What was asked goes on.") if archived else _("Back in use."))
    return redirect(url_for("loops_page.brand", brand_id=found.brand_id), code=303)


def _form(
    brand_id: UUID, found: LoopRow | None, values: dict[str, str], refused: AppError | None = None
) -> AnyResponse:
    may = actor_of_request().may(Permission.GUIDE_WRITE)
    url = url_for("loops_page.change", loop_id=found.id) if found else url_for("loops_page.create", brand_id=brand_id)
    page = LoopForm(
        brand=_look(brand_id),
        title=found.name if found is not None else _("Name a loop"),
        url=url if may else "",
        back_url=url_for("loops_page.brand", brand_id=brand_id),
        values=values,
        sorts=_choices(sort_words(), values.get("sort", "")),
        languages=_choices(dict(LANGUAGES), known_language(values.get("language"))),
        answerers=_choices(answerer_words(), values.get("answers_by", "")),
        version=str(found.version) if found is not None else "",
        archive_url=url_for("loops_page.archive", loop_id=found.id) if found is not None and may else "",
        is_archived=found is not None and found.is_archived,
        errors=_errors(refused),
        notice=Notice("bad", _(refused.message)) if refused is not None else None,
    )
    return make_response(render_page("loops/form.html", page), refused.http_status if refused is not None else 200)


def _choices(words: dict[str, str], chosen: str) -> tuple[Choice, ...]:
    return tuple(Choice(word, "", value=name, selected=name == chosen) for name, word in words.items())


def _given() -> dict[str, str]:
    return {name: request.form.get(name, "") for name in FIELDS}


def _values(found: LoopRow) -> dict[str, str]:
    people = "\n".join(f"{one['name']} <{one['email']}>" for one in found.people)
    return {**{name: str(getattr(found, name)) for name in FIELDS}, "people": people}


def _named(one: LoopRow) -> NamedLoop:
    return NamedLoop(
        name=one.name,
        sort=sort_words().get(one.sort, one.sort),
        people=tuple(f"{person['name']} <{person['email']}>" for person in one.people),
        frame=_frame(one.hours),
        answers=one.answers_name or answerer_words().get(one.answers_by, ""),
        url=url_for("loops_page.loop", loop_id=one.id),
    )


def _frame(hours: int) -> str:
    return ngettext("%(num)s business hour", "%(num)s business hours", hours)


def _errors(refused: AppError | None) -> dict[str, str]:
    if refused is None:
        return {}
    return {field: _(words[0]) for field, words in refused.fields.get("errors", {}).items() if words}


def _look(brand_id: UUID) -> BrandLook:
    look = brand_looks().get(brand_id)
    if look is None:
        raise NotFound()
    return look
