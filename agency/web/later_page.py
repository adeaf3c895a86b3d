"""Cases that come back at a time: the form at the case, its end, and the list of all that does."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from agency.inbox import comebacks, outgoing
from agency.inbox.comeback_view import comeback_of
from agency.inbox.comeback_windows import AllowedLater, allowed_later
from agency.inbox.comebacks import LaterRow, list_later
from agency.inbox.contacts.birthdays import any_kept, list_birthdays
from agency.inbox.conversation_view import ConversationView, get_conversation
from agency.web import clocks
from agency.web.birthday_part import birthday_row
from agency.web.contexts_later import ComebackPage, LaterOption, LaterPage, LaterRowLook
from agency.web.inbox_address import Address, read_address
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import Choice, Notice, brand_look
from agency.web.reply_looks import place_words, platform_word
from agency.web.shell import brand_looks, render_page, toast
from agency.web.snoozing import MORNING_HOUR, when_words
from agency.web.state_looks import conversation_states
from agency.web.who import actor_of_request
from styleguides.masking import masked
from tenants import clock
from tenants.database import db
from tenants.errors import Conflict, Invalid, NotFound, worded
from tenants.ids import id_from
from tenants.permissions import Permission, require

later_page = Blueprint("later_page", __name__)

EXCERPT_CHARACTERS = 300
SHOWN_AGAIN = timedelta(days=400)
"""A refused time is filled in again where it is as near as this: years 1 and 9999 have no day in every zone."""
WHOSE = ("mine", "all", "birthdays")


@later_page.get("/conversations/<uuid:conversation_id>/come-back")
def form(conversation_id: UUID) -> AnyResponse:
    """When and why; filled with what was chosen before."""
    view = _view(conversation_id)
    before = comeback_of(view.further)
    is_kept = before is not None and (before.state == "waiting" or before.ended_because == "customer")
    if before is None or not is_kept:
        return _form(view, read_address())
    at = before.comes_at if before.comes_at > clock.now() else None
    return _form(view, read_address(), until=at, reason=before.reason, draft=before.draft)


@later_page.post("/conversations/<uuid:conversation_id>/come-back")
def put(conversation_id: UUID) -> AnyResponse:
    """Let it come back to whoever presses."""
    actor, address = actor_of_request(), read_address()
    view = _view(conversation_id)
    reason = request.form.get("reason", "").replace("\r\n", "\n")
    draft = request.form.get("draft", "").replace("\r\n", "\n")
    until = None
    try:
        until = _chosen(ZoneInfo(view.brand_time_zone))
        comebacks.put(actor, conversation_id, until, reason, draft)
    except (Invalid, Conflict) as refused:
        db.session.rollback()
        errors = {field: _(words[0]) for field, words in refused.fields.get("errors", {}).items() if words}
        notice = Notice("bad", _(refused.message))
        view = _view(conversation_id)
        return _form(
            view,
            address,
            until=until,
            reason=reason,
            draft=draft,
            errors=errors,
            notice=notice,
            status=refused.http_status,
        )
    toast(_("Comes back to you %(at)s.", at=when_words(until)))
    was_there = view.status == "open"
    return redirect(address.url() if was_there else address.case_url(conversation_id), code=303)


@later_page.post("/conversations/<uuid:conversation_id>/come-back/end")
def end(conversation_id: UUID) -> AnyResponse:
    """It comes back no more."""
    try:
        comebacks.end(actor_of_request(), conversation_id)
        toast(_("It comes back no more."))
    except Conflict as refused:
        db.session.rollback()
        toast(_(refused.message), "warn")
    return redirect(read_address().case_url(conversation_id), code=303)


def _view(conversation_id: UUID) -> ConversationView:
    view = get_conversation(conversation_id)
    require(actor_of_request(), Permission.CONVERSATION_WORK, view.brand_id)
    return view


def _form(
    view: ConversationView,
    address: Address,
    *,
    until: datetime | None = None,
    reason: str = "",
    draft: str = "",
    errors: dict[str, str] | None = None,
    notice: Notice | None = None,
    status: int = 200,
) -> AnyResponse:
    now, zone = clock.now(), ZoneInfo(view.brand_time_zone)
    if until is not None and abs(until - now) > SHOWN_AGAIN:
        until = None
    allowed = _allowed(view)
    options = _options(now, zone, allowed, until)
    chosen = any(one.selected for one in options)
    own = (until or now + timedelta(days=1)).astimezone(zone)
    if until is None:
        own = own.replace(hour=MORNING_HOUR, minute=0)
    newest = next((m for m in reversed(view.messages) if m.direction == "in" and m.deleted_at is None), None)
    page = ComebackPage(
        brand=brand_look(str(view.brand_id), view.brand_name, view.brand_mark, view.brand_colour),
        customer=view.contact_name or view.author_name or _("Somebody"),
        excerpt=newest.text[:EXCERPT_CHARACTERS] if newest is not None else "",
        url=address.deed_url(view.id, "come-back"),
        back_url=address.case_url(view.id),
        allowed=_allowed_words(view, allowed, now, zone),
        options=options,
        own=request.form.get("own", "") or own.strftime("%Y-%m-%dT%H:%M"),
        own_selected=not chosen,
        zone=view.brand_time_zone,
        reason=reason,
        draft=draft,
        errors=errors or {},
        notice=notice,
    )
    return make_response(render_page("later/form.html", page), status)


def moments(now: datetime, zone: tzinfo) -> list[tuple[str, datetime]]:
    """Label and moment of each, in the morning by the brand's clock, in their order, none twice."""
    morning = now.astimezone(zone).replace(hour=MORNING_HOUR, minute=0, second=0, microsecond=0)
    monday = 7 - morning.weekday()
    wanted = (
        (_("Tomorrow"), 1),
        (_("In 3 days"), 3),
        (_("On Monday"), monday),
        (_("In a week"), 7),
        (_("In 30 days"), 30),
    )
    found: dict[datetime, str] = {}
    for label, days in wanted:
        found.setdefault(morning + timedelta(days=days), label)
    return [(found[at], at) for at in sorted(found)]


def _options(now: datetime, zone: tzinfo, allowed: AllowedLater, until: datetime | None) -> tuple[LaterOption, ...]:
    mine, locale = chosen_zone(), chosen_language()
    return tuple(
        LaterOption(
            value=at.isoformat(),
            label=label,
            at=clocks.until_words(at, zone, locale, "EEE d MMM"),
            here=_("%(time)s for you", time=clocks.until_words(at, mine, locale, "EEE d MMM"))
            if at.astimezone(mine).utcoffset() != at.utcoffset()
            else "",
            warning=_("No direct message is allowed then, unless the customer writes again.")
            if allowed.nothing_at(at)
            else "",
            selected=at == until if until is not None else number == 0,
        )
        for number, (label, at) in enumerate(moments(now, zone))
    )


def _allowed(view: ConversationView) -> AllowedLater:
    public = [m.written_at for m in view.messages if m.direction == "in" and m.deleted_at is None]
    return allowed_later(
        view.kind,
        outgoing.last_written_to_us(view.id) if view.kind == "message" else None,
        max(public, default=None),
        has_private=view.kind in ("comment", "post")
        and outgoing.is_offered(view.platform, view.kind, "reply", private=True),
    )


def _allowed_words(view: ConversationView, allowed: AllowedLater, now: datetime, zone: tzinfo) -> tuple[str, ...]:
    """What the platform allows later, in sentences."""
    platform, locale = platform_word(view.platform), chosen_language()

    def said(at: datetime) -> str:
        return clocks.until_words(at, zone, locale, "EEE d MMM")

    if not allowed.any_time:
        if allowed.message_until is None or allowed.message_until <= now:
            return (
                _("%(platform)s allows no direct message now: only once the customer writes again.", platform=platform),
            )
        return (
            _(
                "%(platform)s: a direct message only until %(at)s, then only once the customer writes again.",
                platform=platform,
                at=said(allowed.message_until),
            ),
        )
    if view.kind == "review":
        return (_("%(platform)s: a review can be answered, and the answer changed, at any time.", platform=platform),)
    lines = [_("%(platform)s: the public answer can be written at any time.", platform=platform)]
    if allowed.private_until is not None:
        lines.append(
            _("A private answer only until %(at)s.", at=said(allowed.private_until))
            if allowed.private_until > now
            else _("A private answer is not allowed any more.")
        )
    return tuple(lines)


def _chosen(zone: tzinfo) -> datetime:
    """What the form says: one of the moments, or `own` by the brand's clock. Raises Invalid."""
    given = request.form.get("until", "")
    try:
        if given and given != "own":
            found = datetime.fromisoformat(given)
            if found.tzinfo is None:
                raise ValueError(given)
            return found
        return datetime.fromisoformat(request.form.get("own", "")).replace(tzinfo=zone)
    except (ValueError, OverflowError) as error:
        raise Invalid("Choose when. Nothing was changed.", errors={"until": [worded("is no time")]}) from error


@later_page.get("/later")
def later() -> Response:
    """Fifty at a time: what comes back to this person, or to anybody; or birthdays."""
    actor, looks = actor_of_request(), brand_looks()
    whose = request.args.get("whose", "")
    whose = whose if whose in WHOSE else "mine"
    given, after = request.args.get("brand", ""), request.args.get("after") or None
    brand_id = id_from(given)
    if given and brand_id not in looks:
        raise NotFound()
    brand, tab = str(brand_id) if brand_id else None, whose if whose != "mine" else None
    if whose == "birthdays":
        ahead = list_birthdays(actor, brand_id=brand_id, after=after)
        shown: dict[str, Any] = {"birthdays": tuple(birthday_row(one) for one in ahead.rows)}
        next_cursor = ahead.next_cursor
        empty = _("No birthday is kept. One that a customer gave is written down on their page.")
    else:
        found = list_later(actor, mine=whose == "mine", brand_id=brand_id, after=after)
        shown, next_cursor = {"rows": tuple(_row(one) for one in found.rows)}, found.next_cursor
        empty = (
            _("Nothing comes back to you. At a case, press C and say when and why: it comes back here first.")
            if whose == "mine"
            else _("No case comes back at a time.")
        )
    here = "later_page.later"
    page = LaterPage(
        title=_("Later"),
        tabs=later_tabs(whose, brand),
        brands=(
            Choice(_("All brands"), "", selected=brand_id is None),
            *(Choice(look.name, "", selected=one == brand_id, value=str(one)) for one, look in looks.items()),
        )
        if len(looks) > 1
        else (),
        brands_url=url_for(here),
        state=tab or "",
        **shown,
        empty=empty,
        snoozed_url=f"{url_for('inbox.inbox')}?state=snoozed",
        next_url=url_for(here, whose=tab, after=next_cursor, brand=brand) if next_cursor else "",
        first_url=url_for(here, whose=tab, brand=brand) if after else "",
    )
    return make_response(render_page("later/page.html", page))


def later_tabs(chosen: str, brand: str | None) -> tuple[Choice, ...]:
    """What waits for a time or for somebody; birthdays where a brand keeps any. One statement."""
    here = "later_page.later"
    return (
        Choice(_("Comes back to me"), url_for("later_page.later", brand=brand), selected=chosen == "mine"),
        Choice(_("To anybody"), url_for("later_page.later", whose="all", brand=brand), selected=chosen == "all"),
        Choice(_("Asked in loops"), url_for("loops_page.loops", brand=brand), selected=chosen == "loops"),
        *(
            (Choice(_("Birthdays"), url_for(here, whose="birthdays", brand=brand), selected=chosen == "birthdays"),)
            if any_kept(actor_of_request())
            else ()
        ),
    )


def _row(one: LaterRow) -> LaterRowLook:
    now, mine, locale, there = clock.now(), chosen_zone(), chosen_language(), ZoneInfo(one.time_zone)
    differs = one.comes_at.astimezone(mine).utcoffset() != one.comes_at.astimezone(there).utcoffset()
    return LaterRowLook(
        brand=brand_looks().get(one.brand_id) or brand_look(str(one.brand_id), "", "", ""),
        place=place_words(one.platform, one.kind),
        customer=one.customer_name or _("Somebody"),
        excerpt=masked(one.excerpt),
        url=url_for("conversation.page", conversation_id=one.conversation_id),
        at=clocks.until_words(one.comes_at, mine, locale, "EEE d MMM"),
        there=_("%(time)s by the brand's clock", time=clocks.until_words(one.comes_at, there, locale, "EEE d MMM"))
        if differs
        else "",
        left=clocks.left(one.comes_at, now, mine, locale),
        person=one.person_name,
        reason=one.reason,
        has_draft=one.has_draft,
        state=conversation_states().get(one.status),
    )
