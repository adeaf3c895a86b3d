"""A version's own page: what it asks in plain words, what is new, and what may be done: propose, approve, answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from agency.notices import guide_mails
from agency.replies.text_difference import Piece, text_difference
from agency.web import clocks
from agency.web.brand_address import brand_at, look_of
from agency.web.contexts_guide import GuideProposalPage
from agency.web.contexts_owner import WaitingGuideRow
from agency.web.contexts_rooms import GuideProblem
from agency.web.guide_looks import chain_of, change_looks, identity_changes, identity_lines, identity_of, version_states
from agency.web.guide_source import problem_looks, source_of
from agency.web.guide_words import rule_look
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import Choice, Notice, brand_look
from agency.web.shell import brand_looks, render_page, shell, toast
from agency.web.who import actor_of_request
from styleguides import guides, proposals
from styleguides.check import example_problems
from styleguides.guide_difference import rule_changes, same_count
from styleguides.guide_steps import steps_of
from styleguides.importing import disagreeing_examples, read_source
from styleguides.models import StyleGuideStep, StyleGuideVersion
from styleguides.rule_kinds import LEVELS
from styleguides.rules import rules_from_data
from tenants import clock
from tenants.database import db
from tenants.errors import AppError, Conflict, Invalid
from tenants.ids import id_from
from tenants.models import Brand
from tenants.permissions import Actor, Permission

guide_proposals = Blueprint("guide_proposals", __name__)


@guide_proposals.get("/brands/<brand_id>/guide/<int:number>/proposal", endpoint="proposal")
def show(brand_id: str, number: int) -> Response:
    """What this version asks, what is new in it, and what may be done with it."""
    return _answer(brand_at(brand_id, Permission.GUIDE_READ), number)


@guide_proposals.post("/brands/<brand_id>/guide/<int:number>/proposal", endpoint="decide")
def decide(brand_id: str, number: int) -> AnyResponse:
    """The client puts it in force, or says what should be different."""
    actor, brand, form = actor_of_request(), brand_at(brand_id, Permission.GUIDE_APPROVE), request.form
    comment, asked = form.get("comment", "").replace("\r\n", "\n"), id_from(form.get("proposal_id", ""))
    deed = form.get("do", "")
    try:
        if deed == "approve":
            guide_mails.approve(actor, brand.id, number, asked, _number(form.get("against", "")), comment)
            toast(_("Version %(n)s is in force.", n=number))
        elif deed == "answer":
            guide_mails.answer(actor, brand.id, number, asked, comment)
            toast(_("The agency reads your answer and asks you again."))
        else:
            raise Invalid("This is not one of the buttons. Nothing was decided. Press one of those below.")
    except (Invalid, Conflict) as error:
        return _refused(brand_id, number, error, Permission.GUIDE_APPROVE, comment=comment)
    return redirect(url_for("guide_proposals.proposal", brand_id=brand_id, number=number), code=303)


@guide_proposals.post("/brands/<brand_id>/guide/<int:number>/propose", endpoint="propose")
def propose(brand_id: str, number: int) -> AnyResponse:
    """Ask the client, with a note."""
    brand, note = brand_at(brand_id, Permission.GUIDE_PROPOSE), request.form.get("note", "").replace("\r\n", "\n")
    try:
        guide_mails.propose(actor_of_request(), brand.id, number, note)
    except (Invalid, Conflict) as error:
        return _refused(brand_id, number, error, Permission.GUIDE_PROPOSE, note=note)
    toast(_("The client was asked by mail."))
    return redirect(url_for("guide_proposals.proposal", brand_id=brand_id, number=number), code=303)


@guide_proposals.post("/brands/<brand_id>/guide/<int:number>/call-back", endpoint="call_back")
def call_back(brand_id: str, number: int) -> AnyResponse:
    """Take the asking back."""
    brand = brand_at(brand_id, Permission.GUIDE_PROPOSE)
    try:
        proposals.call_back(actor_of_request(), brand.id, number)
    except Conflict as error:
        return _refused(brand_id, number, error, Permission.GUIDE_PROPOSE)
    toast(_("The proposal was called back."))
    return redirect(url_for("guide_proposals.proposal", brand_id=brand_id, number=number), code=303)


@guide_proposals.post("/brands/<brand_id>/guide/<int:number>/in-force", endpoint="put_in_force")
def put_in_force(brand_id: str, number: int) -> AnyResponse:
    """Let the brand speak by it without asking; refused, with every example named, while examples disagree."""
    brand, reason = brand_at(brand_id, Permission.GUIDE_PUT_IN_FORCE), request.form.get("reason", "")
    back = url_for("guide.guide", brand_id=brand.id, tab="versions")
    try:
        guides.put_in_force(actor_of_request(), brand.id, number, reason)
    except (Invalid, Conflict) as error:
        if error.fields.get("state") == "in_force":
            db.session.rollback()
            toast(_("Version %(n)s is in force already.", n=number), "info")
            return redirect(back, code=303)
        return _refused(brand_id, number, error, Permission.GUIDE_PUT_IN_FORCE, reason=reason)
    toast(_("Version %(n)s is in force.", n=number))
    return redirect(back, code=303)


GuideAddress = Callable[[UUID, int], str]


def _address(brand_id: UUID, number: int) -> str:
    return url_for("guide_proposals.proposal", brand_id=brand_id, number=number)


def waiting_rows(actor: Actor, address: GuideAddress = _address) -> tuple[WaitingGuideRow, ...]:
    """Style guides that wait for a client, for the page of approvals; one statement."""
    now, zone, locale = clock.now(), chosen_zone(), chosen_language()
    looks = brand_looks()
    return tuple(
        WaitingGuideRow(
            url=address(row.brand_id, row.number),
            brand=looks.get(row.brand_id) or brand_look(str(row.brand_id), row.brand_name, row.brand_name[:2], ""),
            number=row.number,
            note=row.note,
            proposed_by=row.proposed_by_name,
            waiting=clocks.age(row.proposed_at, now, zone, locale),
        )
        for row in proposals.waiting_guides(actor)
    )


def _number(text: str) -> int | None:
    """The version that was shown beside it; none stands for a brand without one, -1 for anything that is no number."""
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _refused(brand_id: str, number: int, error: AppError, permission: Permission, **typed: str) -> Response:
    db.session.rollback()
    brand = brand_at(brand_id, permission)
    errors = {field: _(said[0]) for field, said in error.fields.get("errors", {}).items()}
    if error.code == "examples_disagree":
        version = guides.version_of(brand.id, number)
        found = disagreeing_examples(read_source(source_of(version)), brand.language)
        return _answer(brand, number, status=422, values=typed, problems=problem_looks(found))
    notice = None if errors else Notice("warn" if isinstance(error, Conflict) else "bad", _(error.message))
    return _answer(brand, number, status=error.http_status, values=typed, errors=errors, notice=notice)


def _answer(
    brand: Brand,
    number: int,
    *,
    status: int = 200,
    values: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    problems: tuple[GuideProblem, ...] = (),
    notice: Notice | None = None,
) -> Response:
    page = page_of(actor_of_request(), brand, number, values, errors, problems, notice)
    frame = shell(with_brands=False)
    return make_response(render_page("guides/proposal.html", page, shell=frame), status)


def page_of(
    actor: Actor,
    brand: Brand,
    number: int,
    values: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    problems: tuple[GuideProblem, ...] = (),
    notice: Notice | None = None,
) -> GuideProposalPage:
    """Three statements beside finding the person and the brand: the version, the one in force, the steps."""
    version = guides.get_version(actor, brand.id, number)
    before = guides.in_force_of(brand.id)
    compared = before if before is not None and before.number != number else None
    rules = rules_from_data(version.rules)
    old = rules_from_data(compared.rules) if compared is not None else ()
    changes = rule_changes(old, rules) if compared is not None else ()
    steps = steps_of(version)
    asked = next((step for step in reversed(steps) if step.id == version.proposal_id), None)
    disagreeing = bool(problems) or (version.state == "draft" and bool(example_problems(rules, brand.language)))
    return GuideProposalPage(
        brand=look_of(brand),
        number=number,
        state=version_states()[version.state],
        in_force=compared.number if compared is not None else None,
        back_url=url_for("guide.guide", brand_id=brand.id, tab="versions"),
        voice=version.voice,
        identity=identity_lines(identity_of(version.identity)),
        voice_difference=_words_changed(compared.voice if compared else None, version.voice),
        identity_changes=identity_changes(identity_of(compared.identity), identity_of(version.identity))
        if compared is not None
        else (),
        changes=change_looks(changes) if compared is not None else (),
        same_count=same_count(old, changes) if compared is not None else 0,
        rules=tuple(rule_look(rule) for rule in sorted(rules, key=lambda rule: LEVELS.index(rule.level))),
        note=asked.words if asked is not None else version.note,
        proposed_by=asked.made_by_name if asked is not None else version.written_by_name,
        chain=chain_of(version, steps),
        values=dict(values or {}),
        errors=dict(errors or {}),
        problems=problems,
        notice=notice or _standing(actor, brand, version, asked, disagreeing),
        choices=_choices(actor, brand, version, compared),
        is_return=version.put_in_force_at is not None,
        **_deeds(actor, brand, version, asked),
    )


def _deeds(actor: Actor, brand: Brand, version: StyleGuideVersion, asked: StyleGuideStep | None) -> dict[str, Any]:
    """Addresses of what this person may do with the version as it stands."""
    here: dict[str, Any] = {"brand_id": brand.id, "number": version.number}
    deeds: dict[str, Any] = {}
    if asked is not None:
        if actor.may(Permission.GUIDE_APPROVE) and asked.made_by != actor.user_id:
            deeds["decide_url"] = url_for("guide_proposals.decide", **here)
            deeds["proposal_id"] = str(asked.id)
        if actor.may(Permission.GUIDE_PROPOSE):
            deeds["call_back_url"] = url_for("guide_proposals.call_back", **here)
    elif version.state != "in_force" and actor.may(Permission.GUIDE_PROPOSE):
        deeds["propose_url"] = url_for("guide_proposals.propose", **here)
    may_force = actor.may(Permission.GUIDE_PUT_IN_FORCE) and not brand.guide_needs_approval
    if may_force and version.state != "in_force":
        deeds["in_force_url"] = url_for("guide_proposals.put_in_force", **here)
    return deeds


def _standing(
    actor: Actor, brand: Brand, version: StyleGuideVersion, asked: StyleGuideStep | None, disagreeing: bool
) -> Notice | None:
    if asked is not None and actor.may(Permission.GUIDE_PROPOSE):
        return Notice("info", _("The client was asked and has not decided yet."), _("Nothing changes before that."))
    if version.state == "draft" and disagreeing and actor.may(Permission.GUIDE_PROPOSE):
        return Notice(
            "warn",
            _("Some examples do not show what they should."),
            _("Until they do, this version can be neither proposed nor put in force."),
        )
    if version.state == "draft" and brand.guide_needs_approval and actor.may(Permission.GUIDE_PUT_IN_FORCE):
        return Notice("info", _("Only the client puts this brand's style guide in force."))
    return None


def _words_changed(before: str | None, after: str) -> tuple[Piece, ...]:
    return tuple(text_difference(before, after)) if before is not None and before != after else ()


def _choices(
    actor: Actor, brand: Brand, version: StyleGuideVersion, compared: StyleGuideVersion | None
) -> tuple[Choice, ...]:
    here = url_for("guide.guide", tab="try", brand_id=brand.id, version=version.number)
    choices = [Choice(_("Try a text"), here, value="pencil")]
    if actor.may(Permission.REPLY_READ):
        here = url_for("guide_trial.trial", brand_id=brand.id, number=version.number)
        choices.append(Choice(_("Try on the last 200 replies"), here, value="eye"))
    if compared is not None:
        here = url_for("guide.compare", brand_id=brand.id, older=compared.number, newer=version.number)
        choices.append(Choice(_("Compare two versions"), here, value="guide"))
    return tuple(choices)
