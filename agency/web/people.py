"""The agency's people: list, invite, change role and brands, remove."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, tzinfo
from uuid import UUID

from babel.dates import format_date
from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from agency.inbox import returning
from agency.notices import approver_changes
from agency.notices.agency_look import look_of
from agency.notices.mail import send_notice
from agency.web.clocks import age
from agency.web.contexts import PeoplePage, PersonRow
from agency.web.contexts_account import PersonPage
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import Choice, Notice, StateLook, brand_look
from agency.web.shell import brand_looks, render_page, role_words, toast
from agency.web.who import actor_of_request, signed_in, throttle
from tenants import clock, invitations
from tenants import people as rooms
from tenants.database import db
from tenants.errors import AppError, Conflict, Invalid, NotFound, TooMany
from tenants.ids import id_from
from tenants.models import Agency, Brand, Invitation
from tenants.people import Member
from tenants.permissions import Permission, Role
from tenants.throttle import INVITE_PERSON

people = Blueprint("people", __name__)


@people.get("/people", endpoint="people")
def show_people() -> Response:
    """Members and open invitations."""
    return _list_page(200)


@people.post("/people/invitations")
def invite() -> AnyResponse:
    """Send an invitation."""
    actor = actor_of_request()
    form = request.form
    try:
        role = rooms.clean_role(form.get("role", ""))
        _count_invitation()
        invitation, token = invitations.invite(actor, form.get("email", ""), role, _ticked())
    except (Invalid, Conflict) as error:
        if not error.fields.get("errors"):
            raise
        db.session.rollback()
        return _list_page(error.http_status, values=form.to_dict(), errors=_words(error))
    _send(invitation, token, " ".join(form.get("name", "").split())[: rooms.LONGEST_NAME])
    toast(_("Invitation sent to %(email)s", email=invitation.email))
    return redirect(url_for("people.people"), code=303)


@people.post("/people/invitations/<invitation_id>/again")
def resend_invitation(invitation_id: str) -> AnyResponse:
    """Send it again with a new link; the old one dies."""
    _count_invitation()
    invitation, token = invitations.invite_again(actor_of_request(), _id(invitation_id))
    _send(invitation, token)
    toast(_("Invitation sent to %(email)s", email=invitation.email))
    return redirect(url_for("people.people"), code=303)


@people.post("/people/invitations/<invitation_id>/withdraw")
def withdraw_invitation(invitation_id: str) -> AnyResponse:
    """Its link stops working."""
    invitations.withdraw_invitation(actor_of_request(), _id(invitation_id))
    toast(_("Invitation withdrawn"))
    return redirect(url_for("people.people"), code=303)


@people.get("/people/<person_id>")
def person(person_id: str) -> Response:
    """One member's role and brands."""
    return _person_page(_member(person_id), 200)


@people.post("/people/<person_id>")
def change_person(person_id: str) -> AnyResponse:
    """Give another role or other brands, from their next request on."""
    member = _member(person_id)
    try:
        role = rooms.clean_role(request.form.get("role", ""))
        chosen = _ticked()
        if chosen is None and request.form.get("every") != "1" and role not in rooms.ROLES_FOR_EVERY_BRAND:
            chosen = frozenset()  # taking every tick away must not quietly give every brand
        approver_changes.change_role(
            actor_of_request(), member.person_id, role, None if request.form.get("every") else chosen
        )
        returning.hand_back_of_left()
    except (Invalid, Conflict) as error:
        db.session.rollback()
        return _person_page(member, error.http_status, error=error)
    toast(_("Changed"))
    return redirect(url_for("people.people"), code=303)


@people.post("/people/<person_id>/remove")
def remove_person(person_id: str) -> AnyResponse:
    """End the membership at once."""
    member = _member(person_id)
    approver_changes.remove_member(actor_of_request(), member.person_id)
    returning.hand_back_of_left()
    toast(_("%(name)s was removed; their sessions and API tokens are ended", name=member.name))
    return redirect(url_for("people.people"), code=303)


@people.post("/people/second-factor")
def roles_needing_second_factor() -> AnyResponse:
    """Set which roles need a second factor."""
    rooms.demand_second_factor(actor_of_request(), {rooms.clean_role(r) for r in request.form.getlist("role")})
    toast(_("Changed"))
    return redirect(url_for("people.people"), code=303)


def _id(text: str) -> UUID:
    found = id_from(text)
    if found is None:
        raise NotFound()
    return found


def _member(person_id: str) -> Member:
    wanted = _id(person_id)
    for member in rooms.members_of(actor_of_request()):
        if member.person_id == wanted:
            return member
    raise NotFound()


def _ticked() -> frozenset[UUID] | None:
    """The brands ticked; None ticked means every brand."""
    texts = request.form.getlist("brand")
    return frozenset(_id(text) for text in texts) if texts else None


def _count_invitation() -> None:
    wait_seconds = throttle().count((INVITE_PERSON, str(actor_of_request().user_id)))
    if wait_seconds is not None:
        raise TooMany(
            "You sent many invitations in the last hour. Nothing was sent. Wait a little and try again.",
            retry_after_seconds=wait_seconds,
        )


def _send(invitation: Invitation, token: str, name: str = "") -> None:
    language = db.session.execute(select(Agency.language).where(Agency.id == invitation.agency_id)).scalar_one()
    to = _Invited(invitation.email, language, name)
    look = look_of(actor_of_request().agency_id)
    send_notice("invitation", to, agency=look, inviter=signed_in().name, path=f"/invitation/{token}")


class _Invited:
    """Somebody we only know the address of, and perhaps what the inviter calls them."""

    def __init__(self, email: str, language: str, name: str) -> None:
        self.email, self.language, self.name = email, language, name


def _words(error: AppError) -> dict[str, str]:
    return {field: _(sentences[0]) for field, sentences in error.fields.get("errors", {}).items()}


def _role_choices(chosen: str) -> tuple[Choice, ...]:
    return tuple(
        Choice(word, "", value=role.value, selected=role.value == chosen) for role, word in role_words().items()
    )


def _brand_choices(chosen: Iterable[str], *, held: frozenset[UUID] | None = None) -> tuple[Choice, ...]:
    """Every brand in use, and those `held` already though they are shelved: saving must not lose them."""
    ticked, looks = set(chosen), dict(brand_looks())
    shelved = [brand_id for brand_id in held or () if brand_id not in looks]
    if shelved:
        for row in db.session.execute(
            select(Brand.id, Brand.name, Brand.mark, Brand.colour).where(Brand.id.in_(shelved))
        ):
            looks[row.id] = brand_look(str(row.id), row.name, row.mark, row.colour)
    return tuple(
        Choice(look.name, "", value=look.id, selected=look.id in ticked, brand=look) for look in looks.values()
    )


def _brand_words(brand_ids: frozenset[UUID] | None) -> str:
    if brand_ids is None:
        return _("All brands")
    looks = brand_looks()
    names = sorted(looks[brand_id].name for brand_id in brand_ids if brand_id in looks)
    if len(names) > 3:
        rest = len(names) - 2
        return ", ".join(names[:2]) + ngettext(" and %(num)d more", " and %(num)d more", rest)
    return ", ".join(names) or _("None")


def _list_page(status: int, *, values: dict[str, str] | None = None, errors: dict[str, str] | None = None) -> Response:
    actor = actor_of_request()
    may_manage = actor.may(Permission.PEOPLE_MANAGE)
    now, zone, locale = clock.now(), chosen_zone(), chosen_language()
    demanded = set(
        db.session.execute(select(Agency.roles_needing_second_factor).where(Agency.id == actor.agency_id)).scalar_one()
    )
    words = role_words()
    rows = [_member_row(member, words, demanded, may_manage, (now, zone, locale)) for member in rooms.members_of(actor)]
    if may_manage:
        rows += [_invitation_row(invitation, words) for invitation in invitations.invitations_of(actor)]
    page = PeoplePage(
        rows=tuple(rows),
        invite_url=url_for("people.invite") if may_manage else "",
        roles=_role_choices((values or {}).get("role", Role.STAFF.value)),
        brands=_brand_choices(request.form.getlist("brand")),
        values=values or {},
        errors=errors or {},
    )
    demanding = tuple(
        Choice(word, "", value=role.value, selected=role.value in demanded) for role, word in words.items()
    )
    return make_response(
        render_page(
            "people/page_with_rules.html",
            page,
            demanding=demanding if may_manage else (),
            demand_url=url_for("people.roles_needing_second_factor"),
        ),
        status,
    )


def _member_row(
    member: Member,
    words: dict[Role, str],
    demanded: set[str],
    may_manage: bool,
    at: tuple[datetime, tzinfo, str],
) -> PersonRow:
    factor = StateLook("on", _("On"), "shield", "good") if member.has_second_factor else None
    if factor is None:
        factor = StateLook("off", _("Off"), "circle", "plain")
        if member.role.value in demanded:
            factor = StateLook("demanded", _("Required, not set up"), "alert", "warn")
    now, zone, locale = at
    return PersonRow(
        name=member.name,
        email=member.email,
        role=words[member.role],
        brands=_brand_words(member.brand_ids),
        state=StateLook("active", _("Active"), "check", "good"),
        second_factor=factor,
        last_seen=age(member.last_seen_at, now, zone, locale) if member.last_seen_at else None,
        failing=_(
            "Mails come back since %(day)s: %(words)s",
            day=_day(member.mail_failed_at),
            words=member.mail_failed_words or "",
        )
        if member.mail_failed_at
        else "",
        url=url_for("people.person", person_id=member.person_id) if may_manage else "",
        remove_url=url_for("people.remove_person", person_id=member.person_id) if may_manage else "",
    )


def _day(at: datetime) -> str:
    return str(format_date(at.astimezone(chosen_zone()).date(), "d MMMM", locale=chosen_language()))


def _invitation_row(invitation: Invitation, words: dict[Role, str]) -> PersonRow:
    return PersonRow(
        name=invitation.email,
        email="",
        role=words[Role(invitation.role)],
        brands=_brand_words(None if invitation.all_brands else frozenset(invitation.brand_ids)),
        state=StateLook("invited", _("Invited"), "mail", "info"),
        resend_url=url_for("people.resend_invitation", invitation_id=invitation.id),
        remove_url=url_for("people.withdraw_invitation", invitation_id=invitation.id),
    )


def _person_page(member: Member, status: int, *, error: AppError | None = None) -> Response:
    errors = _words(error) if error is not None else {}
    notice = None
    if error is not None and not errors:
        notice = Notice("bad", _(error.message))
    sent = request.method == "POST"
    chosen_role = request.form.get("role", "") if sent else member.role.value
    ticked = request.form.getlist("brand") if sent else map(str, member.brand_ids or ())
    page = PersonPage(
        url=url_for("people.change_person", person_id=member.person_id),
        name=member.name,
        email=member.email,
        roles=_role_choices(chosen_role),
        brands=_brand_choices(ticked, held=member.brand_ids),
        every_brand=request.form.get("every") == "1" if sent else member.brand_ids is None,
        remove_url=url_for("people.remove_person", person_id=member.person_id),
        back_url=url_for("people.people"),
        errors=errors,
        notice=notice,
    )
    return make_response(render_page("people/person.html", page), status)
