"""Telling a case within another one, taking them apart, and setting messages of one apart as a case of their own."""

from __future__ import annotations

import re
from uuid import UUID

from flask import Blueprint, make_response, redirect, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from agency.inbox import merging, splitting
from agency.inbox.conversation_view import get_conversation
from agency.web import clocks
from agency.web.bulk_page import say
from agency.web.contexts_bulk import MergePage, MergeRow, SplitPage, SplitRow
from agency.web.inbox_address import read_address
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import brand_look
from agency.web.reply_looks import place_words
from agency.web.shell import render_page, toast
from agency.web.state_looks import conversation_states, unknown_state
from agency.web.who import actor_of_request
from tenants import clock
from tenants.database import db, new_id
from tenants.errors import Conflict, Invalid
from tenants.ids import id_from
from tenants.permissions import Permission, require

merging_page = Blueprint("merging_page", __name__)

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@merging_page.get("/conversations/<uuid:conversation_id>/merge")
def choose_other(conversation_id: UUID) -> AnyResponse:
    """Other cases of the same person, to be told within this one."""
    actor, address = actor_of_request(), read_address()
    found = merging.candidates(actor, conversation_id)
    view = get_conversation(conversation_id)
    states, now, zone, locale = conversation_states(), clock.now(), chosen_zone(), chosen_language()
    page = MergePage(
        brand=brand_look(str(view.brand_id), view.brand_name, view.brand_mark, view.brand_colour),
        customer=view.contact_name or view.author_name or _("Somebody"),
        excerpt=next((m.text for m in reversed(view.messages) if m.direction == "in"), "")[:140],
        url=address.deed_url(conversation_id, "merge"),
        press=str(new_id()),
        back_url=address.case_url(conversation_id),
        rows=tuple(
            MergeRow(
                str(one.id),
                _("%(place)s, to %(account)s", place=place_words(one.platform, one.kind), account=one.account_name),
                one.excerpt,
                states.get(one.status) or unknown_state(one.status),
                clocks.age(one.last_message_at, now, zone, locale),
            )
            for one in found
        ),
    )
    return make_response(render_page("bulk/merge.html", page))


@merging_page.post("/conversations/<uuid:conversation_id>/merge")
def merge(conversation_id: UUID) -> AnyResponse:
    """Tell the other one within this one."""
    actor, address = actor_of_request(), read_address()
    press_id = id_from(request.form.get("press", "")) or new_id()
    named = _ID.findall(request.form.get("other", "").lower())
    try:
        if not named:
            merging.candidates(actor, conversation_id)  # a case nobody may see is none, whatever the form says
            raise Invalid("Choose a case, or put in its address. Nothing was changed.", code="none_chosen")
        done = merging.merge(actor, press_id, conversation_id, UUID(named[0]))
    except (Conflict, Invalid) as refused:
        db.session.rollback()
        toast(_(refused.message), "warn")
        return redirect(address.deed_url(conversation_id, "merge"), code=303)
    say(done, address, case=conversation_id)
    return redirect(address.case_url(conversation_id), code=303)


@merging_page.post("/conversations/<uuid:conversation_id>/apart")
def apart(conversation_id: UUID) -> AnyResponse:
    """Tell this one by itself again."""
    address = read_address()
    try:
        merging.take_apart(actor_of_request(), conversation_id)
    except Conflict as refused:
        toast(_(refused.message), "warn")
    else:
        toast(_("Told by itself again."))
    return redirect(address.case_url(conversation_id), code=303)


@merging_page.get("/conversations/<uuid:conversation_id>/split")
def choose_messages(conversation_id: UUID) -> AnyResponse:
    """The messages that may be set apart."""
    actor, address = actor_of_request(), read_address()
    view = get_conversation(conversation_id)
    require(actor, Permission.CONVERSATION_WORK, view.brand_id)
    may_go = splitting.that_may_go(conversation_id)
    now, zone, locale = clock.now(), chosen_zone(), chosen_language()
    page = SplitPage(
        brand=brand_look(str(view.brand_id), view.brand_name, view.brand_mark, view.brand_colour),
        customer=view.contact_name or view.author_name or _("Somebody"),
        url=address.deed_url(conversation_id, "split"),
        press=str(new_id()),
        back_url=address.case_url(conversation_id),
        is_direct=view.kind == "message",
        rows=tuple(
            SplitRow(
                str(m.id),
                m.author_name or _("Somebody"),
                m.text,
                m.language or "",
                clocks.age(m.written_at, now, zone, locale),
                m.id in may_go,
            )
            for m in view.messages
            if m.direction == "in" and m.deleted_at is None
        ),
    )
    return make_response(render_page("bulk/split.html", page))


@merging_page.post("/conversations/<uuid:conversation_id>/split")
def split(conversation_id: UUID) -> AnyResponse:
    """Set them apart."""
    actor, address = actor_of_request(), read_address()
    press_id = id_from(request.form.get("press", "")) or new_id()
    chosen = [one for one in map(id_from, request.form.getlist("message")[:100]) if one is not None]
    try:
        done = splitting.split(actor, press_id, conversation_id, chosen)
    except (Conflict, Invalid) as refused:
        db.session.rollback()
        toast(_(refused.message), "warn")
        return redirect(address.deed_url(conversation_id, "split"), code=303)
    say(done, address, case=conversation_id)
    return redirect(address.case_url(conversation_id), code=303)
