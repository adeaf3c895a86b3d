"""Who writes spam to which brand: everybody marked, what the rule closed for it, and a lead's way back."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, make_response, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as AnyResponse

from agency.inbox import spammers as room
from agency.inbox.spammers import ClosedByRule, Spammer
from agency.web import clocks
from agency.web.contexts_bulk import LeftLook, SpammerLook, SpammersPage
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import BrandLook, brand_look
from agency.web.reply_looks import place_words, platform_word
from agency.web.shell import brand_looks, render_page, toast
from agency.web.who import actor_of_request
from tenants import clock
from tenants.ids import id_from
from tenants.permissions import Actor, Permission

spam_page = Blueprint("spam_page", __name__)


@spam_page.get("/inbox/spam")
def spammers() -> AnyResponse:
    """Everybody marked; with `of` also the cases that person's mark keeps closed."""
    actor, looks = actor_of_request(), brand_looks()
    found, after = room.listed(actor, id_from(request.args.get("after", "")))
    chosen = id_from(request.args.get("of", ""))
    named = next((one for one in found if one.contact_id == chosen), None)
    page = SpammersPage(
        people=tuple(_look(one, actor, looks) for one in found),
        next_url=url_for("spam_page.spammers", after=after) if after else "",
        of=(named.name or _("Somebody")) if named else "",
        cases=tuple(_case(one, looks) for one in room.closed_by_mark(actor, named.contact_id)) if named else (),
    )
    return make_response(render_page("bulk/spammers.html", page))


@spam_page.post("/inbox/spam/<contact_id>/lift")
def lift(contact_id: str) -> AnyResponse:
    """Take a mark back; what it closed opens again."""
    room.lift(actor_of_request(), id_from(contact_id) or UUID(int=0))
    toast(_("The mark is lifted. What it had closed is open again."))
    return redirect(url_for("spam_page.spammers"), code=303)


def _brand(brand_id: UUID, looks: dict[UUID, BrandLook]) -> BrandLook:
    return looks.get(brand_id) or brand_look(str(brand_id), "", "", "")


def _look(one: Spammer, actor: Actor, looks: dict[UUID, BrandLook]) -> SpammerLook:
    return SpammerLook(
        brand=_brand(one.brand_id, looks),
        name=one.name or _("Somebody"),
        place=platform_word(one.platform),
        since=clocks.age(one.since, clock.now(), chosen_zone(), chosen_language()),
        by_name=one.by_name,
        covers=_("Reviews with stars, too") if one.stars else _("All but reviews with stars"),
        closed_words=ngettext("%(num)s case closed by it", "%(num)s cases closed by it", one.closed_count),
        cases_url=url_for("spam_page.spammers", of=one.contact_id) if one.closed_count else "",
        lift_url=url_for("spam_page.lift", contact_id=one.contact_id)
        if actor.may(Permission.CONVERSATION_REASSIGN)
        else "",
    )


def _case(one: ClosedByRule, looks: dict[UUID, BrandLook]) -> LeftLook:
    return LeftLook(
        brand=_brand(one.brand_id, looks),
        url=url_for("conversation.page", conversation_id=one.id),
        author=one.author_name or _("Somebody"),
        excerpt=one.excerpt,
        reason=place_words(one.platform, one.kind),
    )
