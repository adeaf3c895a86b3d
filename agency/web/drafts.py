"""Drafts kept as they are typed, and the versions beside them: what a form sends by itself, what is chosen there."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from agency.inbox.conversation_view import get_conversation
from agency.replies import taking, versions
from agency.replies.answering import answering
from agency.replies.queries import replies_of
from agency.web import composer
from agency.web.composer_part import bound_to, draft_of, typed_in
from agency.web.contexts_drafts import VersionsPage
from agency.web.inbox_address import of_change, read_address
from agency.web.looks import brand_look
from agency.web.shell import render_page, toast
from agency.web.versions_look import versions_look
from agency.web.who import actor_of_request
from tenants.database import db
from tenants.errors import Conflict, Forbidden, Invalid, NotFound
from tenants.ids import id_from
from tenants.permissions import Permission, require

drafts = Blueprint("drafts", __name__)


@drafts.post("/conversations/<uuid:conversation_id>/autosave")
def autosave(conversation_id: UUID) -> AnyResponse:
    """Keep words as they are typed: 204 with their hash, or 409 with why not and whether they are kept beside."""
    actor, typed = actor_of_request(), typed_in(request.form)
    try:
        binding = bound_to(request.form.get("binding", ""), conversation_id)
    except Conflict:
        answering(conversation_id)  # a stranger's case is none
        raise
    require(actor, Permission.REPLY_WRITE, UUID(binding.brand_id))
    if not typed.text.strip():
        return Response(status=204)
    changes = id_from(binding.changes)
    try:
        with db.session.begin_nested():
            kept = composer.keep_typed(actor, conversation_id, typed, binding)
    except (Conflict, Invalid) as refused:
        beside = versions.keep_beside(actor, conversation_id, typed, composer.WHY.get(refused.code, "refused"), changes)
        words = f"{_(refused.message)} {composer.kept_words(refused) if beside else ''}".strip()
        said = {"message": words, "code": refused.code, "kept": beside is not None}
        return make_response(jsonify(said), 409)
    return Response(status=204, headers={"X-Text-Hash": kept.text_hash, "X-Draft-Version": str(kept.version)})


@drafts.get("/conversations/<uuid:conversation_id>/versions")
def versions_page(conversation_id: UUID) -> AnyResponse:
    """What is kept beside this case's draft: the part of a page, or a page of it."""
    actor, address = actor_of_request(), read_address()
    view = get_conversation(conversation_id)
    require(actor, Permission.REPLY_READ_DRAFT, view.brand_id)
    base = id_from(request.args.get("change", ""))
    look = versions_look(actor, address, view.id, draft_of(replies_of(view.id), base), base, every=True)
    if request.headers.get("HX-Request") == "true":
        return make_response(render_template("replies/_versions.html", versions=look))
    brand = brand_look(str(view.brand_id), view.brand_name, view.brand_mark, view.brand_colour)
    page = VersionsPage(
        brand=brand,
        back_url=of_change(address.case_url(view.id), base),
        versions=look,
    )
    return make_response(render_page("replies/versions.html", page))


@drafts.post("/conversations/<uuid:conversation_id>/versions/<uuid:version_id>")
def choose(conversation_id: UUID, version_id: UUID) -> AnyResponse:
    """Go on from these words, put them below the draft's, or set them aside."""
    deeds = {"take": taking.take, "join": taking.join, "settle": taking.set_aside}
    said = {
        "take": _("These words are the draft now. Those before are kept among the versions."),
        "join": _("Both stand in the draft now."),
        "settle": _("Set aside. They stay among the versions for 30 days."),
    }
    deed = request.form.get("do", "")
    if deed not in deeds:
        raise NotFound()
    try:
        with db.session.begin_nested():
            deeds[deed](actor_of_request(), conversation_id, version_id)
        toast(said[deed])
    except (Conflict, Invalid, Forbidden) as refused:
        toast(_(refused.message), "warn")
    back = of_change(read_address().case_url(conversation_id), id_from(request.args.get("change", "")))
    return redirect(f"{back}#composer", code=303)
