"""Brand settings, Approval: which replies wait for the client, in words, prepared by a lead, signed by the owner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from agency.replies import policy_versions as room
from agency.replies.policy_models import ApprovalPolicy
from agency.replies.policy_terms import terms_from_data
from agency.web.brand_address import brand_at, look_of
from agency.web.contexts_policy import PolicyLook, PolicyPage
from agency.web.looks import Notice
from agency.web.policy_form import data_of, form_page, shown_terms
from agency.web.policy_words import policy_look, with_difference
from agency.web.shell import render_page, shell, toast
from agency.web.who import actor_of_request
from styleguides.given_fields import Wrong, day
from tenants.database import db
from tenants.errors import AppError, Conflict, Forbidden, Invalid
from tenants.holders import approvers_of
from tenants.ids import id_from
from tenants.models import Brand
from tenants.people import names_of
from tenants.permissions import Permission

policy_page = Blueprint("policy_page", __name__)


@policy_page.get("/brands/<brand_id>/approval")
def policy(brand_id: str) -> Response:
    """What holds, what is asked, what held before."""
    return _answer(brand_at(brand_id, Permission.BRAND_READ))


@policy_page.get("/brands/<brand_id>/approval/change")
def form(brand_id: str) -> Response:
    """The form, filled from the draft, else from what is in force."""
    brand = brand_at(brand_id, Permission.POLICY_PROPOSE)
    draft, data = shown_terms(actor_of_request(), brand.id)
    return _form(brand, data, draft.note if draft else "", draft.revision if draft else 0)


@policy_page.post("/brands/<brand_id>/approval/change")
def change(brand_id: str) -> AnyResponse:
    """Keep the draft, unless somebody was faster."""
    brand, actor, typed = brand_at(brand_id, Permission.POLICY_PROPOSE), actor_of_request(), request.form
    data, note = data_of(typed), typed.get("note", "").replace("\r\n", "\n")
    revision = typed.get("revision", "")
    number = int(revision) if revision.isascii() and revision.isdigit() and len(revision) < 8 else -1
    try:
        room.draft_policy(actor, brand.id, data, note, revision=number)
    except (Invalid, Conflict) as error:
        db.session.rollback()
        return _form(brand_at(brand_id, Permission.POLICY_PROPOSE), data, note, max(number, 0), error)
    toast(_("The draft is kept. It holds once the client has signed it."))
    return redirect(url_for("policy_page.policy", brand_id=brand_id), code=303)


@policy_page.post("/brands/<brand_id>/approval/<int:number>/propose")
def propose(brand_id: str, number: int) -> AnyResponse:
    """Ask the client to sign."""
    brand = brand_at(brand_id, Permission.POLICY_PROPOSE)
    return _done(
        brand_id, lambda: room.propose(actor_of_request(), brand.id, number), _("The client was asked by mail.")
    )


@policy_page.post("/brands/<brand_id>/approval/<int:number>/call-back")
def call_back(brand_id: str, number: int) -> AnyResponse:
    """Take the asking back."""
    brand = brand_at(brand_id, Permission.POLICY_PROPOSE)
    return _done(brand_id, lambda: room.call_back(actor_of_request(), brand.id, number), _("It is a draft again."))


@policy_page.post("/brands/<brand_id>/approval/<int:number>/discard")
def discard(brand_id: str, number: int) -> AnyResponse:
    """Throw the draft away."""
    brand = brand_at(brand_id, Permission.POLICY_PROPOSE)
    return _done(brand_id, lambda: room.discard(actor_of_request(), brand.id, number), _("The draft is gone."))


@policy_page.post("/brands/<brand_id>/approval/<int:number>/sign")
def sign(brand_id: str, number: int) -> AnyResponse:
    """The client signs what was shown, or says what should be different."""
    brand, actor, typed = brand_at(brand_id, Permission.POLICY_SIGN), actor_of_request(), request.form
    asked, comment = id_from(typed.get("proposal_id", "")), typed.get("comment", "").replace("\r\n", "\n")

    def decide() -> object:
        if typed.get("do") == "sign":
            return room.sign(actor, brand.id, number, asked)
        if typed.get("do") == "answer":
            return room.answer(actor, brand.id, number, asked, comment)
        raise Invalid("This is not one of the buttons. Nothing was decided. Press one of those below.")

    signed = typed.get("do") == "sign"
    said = _("Signed. It holds from the next reply on.") if signed else _("The agency reads your answer.")
    return _done(brand_id, decide, said, comment=comment)


@policy_page.post("/brands/<brand_id>/approval/<int:number>/paper")
def paper(brand_id: str, number: int) -> AnyResponse:
    """Record what was signed on paper."""
    brand, typed = brand_at(brand_id, Permission.POLICY_PROPOSE), request.form
    name, written = typed.get("signed_by_name", ""), typed.get("signed_on", "")

    def keep() -> object:
        try:
            on = day(written)
        except Wrong:
            on = None
        if on is None:
            raise Invalid("Write the day of the signature. Nothing was changed.", errors={"signed_on": [_day_needed()]})
        return room.record_on_paper(actor_of_request(), brand.id, number, name, on)

    return _done(
        brand_id, keep, _("Recorded. It holds from the next reply on."), signed_by_name=name, signed_on=written
    )


@policy_page.post("/approval-on-paper")
def allow_paper() -> AnyResponse:
    """Say whether the agency's contracts allow signatures on paper."""
    allowed = request.form.get("allowed") == "1"
    brand_id = id_from(request.form.get("brand_id", ""))
    room.allow_paper(actor_of_request(), allowed=allowed)
    toast(_("Kept"))
    back = url_for("policy_page.policy", brand_id=brand_id) if brand_id else url_for("brands_page.brands")
    return redirect(back, code=303)


def _day_needed() -> str:
    return str(_("Write the day that stands on the paper."))


def _done(brand_id: str, deed: Any, said: str, **typed: str) -> AnyResponse:
    try:
        deed()
    except (Invalid, Conflict, Forbidden) as error:
        db.session.rollback()
        return _answer(brand_at(brand_id, Permission.BRAND_READ), error, typed)
    toast(said)
    return redirect(url_for("policy_page.policy", brand_id=brand_id), code=303)


def _answer(brand: Brand, error: AppError | None = None, typed: Mapping[str, str] | None = None) -> Response:
    """Four statements beside finding the person and the brand: versions, names, who decides at all, what the agency
    allows.
    """
    actor = actor_of_request()
    versions = room.list_versions(actor, brand.id)
    in_force = next((one for one in versions if one.state == "in_force"), None)
    asked = next((one for one in versions if one.state in ("draft", "proposed")), None)
    names = names_of(brand.agency_id, {person for one in versions for person in terms_from_data(one.terms).people})
    still = _still_deciding(brand, names)
    errors = {field: _(said[0]) for field, said in error.fields.get("errors", {}).items()} if error else {}
    may_prepare = actor.may(Permission.POLICY_PROPOSE)
    allowed = may_prepare and room.on_paper(actor.agency_id)
    holds = policy_look(in_force, still)
    page = PolicyPage(
        brand=look_of(brand),
        back_url=url_for("brands_page.brand", brand_id=brand.id),
        in_force=holds,
        open=_open(asked, still, holds if in_force is not None else None),
        earlier=tuple(policy_look(one, names) for one in versions if one.state == "retired"),
        notice=_notice(error) if error is not None and not errors else None,
        change_url=url_for("policy_page.form", brand_id=brand.id)
        if may_prepare and (asked is None or asked.state == "draft")
        else "",
        allow_paper_url=url_for("policy_page.allow_paper")
        if actor.may(Permission.BRAND_MANAGE) and actor.brand_ids is None
        else "",
        paper_allowed=allowed,
        week_url=url_for("policy_week.week", brand_id=brand.id, number=asked.number) if asked is not None else "",
        values=dict(typed or {}),
        errors=errors,
        **_deeds(brand.id, asked, allowed=allowed),
    )
    frame = shell(with_brands=False)
    return make_response(render_page("policies/page.html", page, shell=frame), error.http_status if error else 200)


def _still_deciding(brand: Brand, names: Mapping[UUID, str]) -> dict[UUID, str]:
    """The names, of whom a policy names in vain said so."""
    may = {person.id for person in approvers_of(brand.agency_id, brand.id)} if names else set()
    return {
        person: name if person in may else _("%(name)s (who may no longer decide)", name=name)
        for person, name in names.items()
    }


def _open(asked: ApprovalPolicy | None, names: Mapping[UUID, str], before: PolicyLook | None) -> PolicyLook | None:
    """The version that is prepared or asked for, with what it changes where a version is in force."""
    if asked is None:
        return None
    look = policy_look(asked, names)
    return with_difference(look, before) if before is not None else look


def _deeds(brand_id: UUID, asked: ApprovalPolicy | None, *, allowed: bool) -> dict[str, str]:
    """Addresses of what this person may do with the open version."""
    actor, deeds = actor_of_request(), dict[str, str]()
    if asked is None:
        return deeds

    def to(name: str) -> str:
        return url_for(f"policy_page.{name}", brand_id=brand_id, number=asked.number)

    if actor.may(Permission.POLICY_PROPOSE):
        if asked.state == "draft":
            deeds |= {"propose_url": to("propose"), "discard_url": to("discard")}
        else:
            deeds["call_back_url"] = to("call_back")
        if allowed:
            deeds["paper_url"] = to("paper")
    is_asked = asked.state == "proposed" and asked.proposed_by != actor.user_id
    if is_asked and actor.may(Permission.POLICY_SIGN):
        deeds |= {"sign_url": to("sign"), "proposal_id": str(asked.proposal_id)}
    return deeds


def _notice(error: AppError) -> Notice:
    return Notice("warn" if isinstance(error, Conflict) else "bad", _(error.message))


def _form(brand: Brand, data: Mapping[str, Any], note: str, revision: int, error: AppError | None = None) -> Response:
    people = approvers_of(brand.agency_id, brand.id)
    page = form_page(brand, people, data, note, revision, error)
    return make_response(render_page("policies/form.html", page), error.http_status if error else 200)
