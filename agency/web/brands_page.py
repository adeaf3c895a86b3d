"""The agency's brands: the list with what is going on in each, and one brand to change, pause or archive."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from babel.numbers import format_decimal
from flask import Blueprint, Response, current_app, make_response, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import and_, func, select
from werkzeug.wrappers import Response as AnyResponse

from agency.inbox.kept_media import used_bytes as used_bytes_of
from agency.inbox.models import Conversation, QueueCounter
from agency.web.brand_address import brand_at, brand_state, look_of
from agency.web.contexts import BrandRow, BrandsPage
from agency.web.contexts_ranking import WeightField
from agency.web.contexts_setup import BrandPage, MediaRoom
from agency.web.guide_words import language_word
from agency.web.health_words import health_looks
from agency.web.language import chosen_language
from agency.web.looks import Choice, StateLook
from agency.web.rank_words import tier_words
from agency.web.reply_looks import platform_word
from agency.web.shell import render_page, toast
from agency.web.who import actor_of_request
from channels.health import KINDS
from channels.health_order import rank_of
from channels.models import Account
from styleguides.models import StyleGuideVersion
from tenants import brands as room
from tenants import clock
from tenants.base_app import settings_of_app
from tenants.database import db
from tenants.errors import Conflict, Invalid
from tenants.models import Brand
from tenants.permissions import Permission

brands_page = Blueprint("brands_page", __name__)

PAGE_ROWS = 50
HOURS_ON = "answer_due_hours_on."
"""How the fields of platforms begin."""
STATE_BY_RANK = {kind.rank: state for state, kind in KINDS.items()}


@brands_page.get("/brands")
def brands() -> Response:
    """The brands this person may see, by name, archived ones last."""
    return _list(200)


@brands_page.post("/brands")
def open_brand() -> AnyResponse:
    """Open a new one."""
    form = request.form
    try:
        brand = room.open_brand(
            actor_of_request(),
            form.get("name", ""),
            mark=form.get("mark", ""),
            colour=form.get("colour", ""),
            language=form.get("language", ""),
            time_zone=form.get("timezone", ""),
        )
    except (Invalid, Conflict) as error:
        if not error.fields.get("errors"):
            raise
        db.session.rollback()
        return _list(error.http_status, values=form.to_dict(), errors=_errors(error))
    toast(_("%(name)s is open. Next: its style guide and its channels.", name=brand.name))
    return redirect(url_for("brands_page.brand", brand_id=brand.id), code=303)


@brands_page.get("/brands/<brand_id>")
def brand(brand_id: str) -> Response:
    """One brand."""
    return _one(brand_at(brand_id, Permission.BRAND_READ), 200)


@brands_page.post("/brands/<brand_id>")
def change(brand_id: str) -> AnyResponse:
    """Change it."""
    found, form = brand_at(brand_id, Permission.BRAND_MANAGE), request.form
    hours = {"answer_due_hours": _hours(form["answer_due_hours"])} if "answer_due_hours" in form else {}
    ticked = {name: form.get(name, "") for name in ("guide_needs_approval", "keeps_birthdays")}
    try:
        room.change_brand(
            actor_of_request(),
            found.id,
            name=form.get("name", ""),
            mark=form.get("mark", ""),
            colour=form.get("colour", ""),
            language=form.get("language", ""),
            time_zone=form.get("timezone", ""),
            **{name: said == "1" for name, said in ticked.items()},
            **hours,
        )
    except (Invalid, Conflict) as error:
        db.session.rollback()
        found = brand_at(brand_id, Permission.BRAND_MANAGE)
        return _one(found, error.http_status, values=form.to_dict() | ticked, errors=_errors(error))
    toast(_("Changed"))
    return redirect(url_for("brands_page.brand", brand_id=brand_id), code=303)


@brands_page.post("/brands/<brand_id>/queue")
def change_queue(brand_id: str) -> AnyResponse:
    """Change within how many hours it answers, and how much its cases count."""
    found, form = brand_at(brand_id, Permission.RANKING_MANAGE), request.form
    typed = {name: form.get(f"{HOURS_ON}{name}", "").strip() for name in room.PLATFORMS}
    try:
        room.change_brand(
            actor_of_request(),
            found.id,
            tier=form.get("tier", ""),
            answer_due_hours=_hours(form.get("answer_due_hours", "")),
            answer_due_hours_on={name: _hours(hours) for name, hours in typed.items() if hours},
        )
    except Invalid as error:
        db.session.rollback()
        found = brand_at(brand_id, Permission.RANKING_MANAGE)
        return _one(found, error.http_status, values=form.to_dict(), errors=_errors(error))
    toast(_("Changed; its open cases are being ranked by it."))
    return redirect(url_for("brands_page.brand", brand_id=brand_id), code=303)


def _hours(typed: str) -> int:
    """0, which nobody may choose, of what is no number."""
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 6 else 0


@brands_page.post("/brands/<brand_id>/pause")
def pause(brand_id: str) -> AnyResponse:
    """Stop sending in its name, or go on."""
    paused = request.form.get("paused") == "1"
    found = room.pause_brand(actor_of_request(), brand_at(brand_id, Permission.BRAND_MANAGE).id, paused=paused)
    words = _("%(name)s is paused: nothing is sent in its name.", name=found.name)
    toast(words if paused else _("%(name)s sends again.", name=found.name))
    return redirect(url_for("brands_page.brand", brand_id=brand_id), code=303)


@brands_page.post("/brands/<brand_id>/archive")
def archive(brand_id: str) -> AnyResponse:
    """Put it on the shelf, or take it back."""
    archived = request.form.get("archived") == "1"
    found = room.archive_brand(actor_of_request(), brand_at(brand_id, Permission.BRAND_MANAGE).id, archived=archived)
    words = _("%(name)s is back, still paused.", name=found.name)
    toast(_("%(name)s is archived.", name=found.name) if archived else words)
    return redirect(url_for("brands_page.brand", brand_id=brand_id), code=303)


def _errors(error: Invalid | Conflict) -> dict[str, str]:
    errors = {field: _(sentences[0]) for field, sentences in error.fields.get("errors", {}).items()}
    if "time_zone" in errors:
        errors["timezone"] = errors.pop("time_zone")
    return errors


def _list(status: int, *, values: dict[str, str] | None = None, errors: dict[str, str] | None = None) -> Response:
    """Two statements beside finding the person and the frame's brands, however many brands there are."""
    may_manage = actor_of_request().may(Permission.BRAND_MANAGE)
    asked = request.args.get("page", "1")
    number = max(1, int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1
    found = _rows(number, with_archived=may_manage)
    more, found = len(found) > PAGE_ROWS, found[:PAGE_ROWS]
    late = _late_counts([row.id for row in found])
    given = values or {}
    page = BrandsPage(
        rows=tuple(_row(row, late.get(row.id, 0)) for row in found),
        next_url=url_for("brands_page.brands", page=number + 1) if more else "",
        create_url=url_for("brands_page.open_brand") if may_manage and actor_of_request().brand_ids is None else "",
        agency_url=url_for("agency_page.agency") if may_manage and actor_of_request().brand_ids is None else "",
        values=given,
        errors=errors or {},
        languages=_languages(given.get("language", "en")) if may_manage else (),
        timezones=_time_zones(given.get("timezone", "UTC")) if may_manage else (),
        empty_reason="" if may_manage else _("No brand is yours yet. An agency admin can change that."),
    )
    return make_response(render_page("brands/page.html", page), status)


def _rows(number: int, *, with_archived: bool) -> list[Any]:
    """Brands with their counters, worst channel and guide in force."""
    channels = (
        select(func.min(rank_of(clock.now())))
        .where(Account.agency_id == Brand.agency_id, Account.brand_id == Brand.id, Account.disconnected_at.is_(None))
        .correlate(Brand)
        .scalar_subquery()
    )
    wanted = (
        select(
            Brand.id,
            Brand.name,
            Brand.mark,
            Brand.colour,
            Brand.language,
            Brand.paused_at,
            Brand.read_only_at,
            Brand.archived_at,
            func.coalesce(QueueCounter.open_count, 0).label("open_count"),
            func.coalesce(QueueCounter.awaiting_approval_count, 0).label("waiting_count"),
            StyleGuideVersion.number.label("guide"),
            func.jsonb_array_length(StyleGuideVersion.rules).label("rule_count"),
            channels.label("channels"),
        )
        .join(
            QueueCounter,
            and_(QueueCounter.agency_id == Brand.agency_id, QueueCounter.brand_id == Brand.id),
            isouter=True,
        )
        .join(
            StyleGuideVersion,
            and_(
                StyleGuideVersion.agency_id == Brand.agency_id,
                StyleGuideVersion.brand_id == Brand.id,
                StyleGuideVersion.state == "in_force",
            ),
            isouter=True,
        )
        .order_by(Brand.archived_at.is_not(None), func.lower(Brand.name), Brand.id)
        .limit(PAGE_ROWS + 1)
        .offset((number - 1) * PAGE_ROWS)
    )
    if not with_archived:
        wanted = wanted.where(Brand.archived_at.is_(None))
    return list(db.session.execute(wanted).all())


def _late_counts(brand_ids: list[UUID]) -> dict[UUID, int]:
    """Open cases past their clock."""
    rows = db.session.execute(
        select(Conversation.brand_id, func.count(Conversation.id))
        .where(Conversation.brand_id.in_(brand_ids), Conversation.status == "open", Conversation.due_at < clock.now())
        .group_by(Conversation.brand_id)
    )
    return {row[0]: row[1] for row in rows}


def _row(row: Any, late: int) -> BrandRow:
    guide = _("No guide yet")
    if row.guide is not None:
        rules = ngettext("%(num)s rule", "%(num)s rules", row.rule_count)
        guide = _("Version %(n)s, %(rules)s", n=row.guide, rules=rules)
    return BrandRow(
        brand=look_of(row),
        url=url_for("brands_page.brand", brand_id=row.id),
        state=_state(row),
        languages=language_word(row.language),
        open_count=row.open_count,
        late_count=late,
        waiting_count=row.waiting_count,
        channels=_channels(row.channels),
        guide=guide,
        guide_url=url_for("guide.guide", brand_id=row.id),
    )


def _state(row: Any) -> StateLook:
    return brand_state(
        paused=row.paused_at is not None,
        archived=row.archived_at is not None,
        read_only=row.read_only_at is not None,
    )


def _channels(worst: int | None) -> StateLook:
    if worst is None:
        return StateLook("none", _("None yet"), "circle", "plain")
    return health_looks()[STATE_BY_RANK[worst]]


def _languages(chosen: str) -> tuple[Choice, ...]:
    return tuple(Choice(language_word(code), "", value=code, selected=code == chosen) for code in room.LANGUAGES)


def _time_zones(chosen: str) -> tuple[Choice, ...]:
    zones = sorted(zone for zone in room.known_zones() if "/" in zone and not zone.startswith(("Etc/", "System")))
    return tuple(Choice(zone, "", value=zone, selected=zone == chosen) for zone in ("UTC", *zones))


def _one(
    found: Brand, status: int, *, values: dict[str, str] | None = None, errors: dict[str, str] | None = None
) -> Response:
    actor = actor_of_request()
    may_manage, may_rank = actor.may(Permission.BRAND_MANAGE), actor.may(Permission.RANKING_MANAGE)
    given = {
        "name": found.name,
        "mark": found.mark,
        "colour": found.colour,
        "language": found.language,
        "timezone": found.time_zone,
        "answer_due_hours": str(found.answer_due_hours),
        "guide_needs_approval": "1" if found.guide_needs_approval else "",
        "keeps_birthdays": "1" if found.keeps_birthdays else "",
        "tier": found.tier,
        **{f"{HOURS_ON}{name}": str(hours) for name, hours in found.answer_due_hours_on.items()},
        **(values or {}),
    }
    approval = _("Replies wait for the client") if found.needs_approval else _("Replies go out without approval")
    owned = found.guide_needs_approval
    in_force = _("The client puts it in force") if owned else _("A team lead may put it in force")
    hours = ngettext("Within %(num)s hour", "Within %(num)s hours", found.answer_due_hours)
    page = BrandPage(
        brand=look_of(found),
        state=_state(found),
        parts=_parts(found),
        facts=(
            (_("Main language"), language_word(found.language)),
            (_("Time zone"), found.time_zone),
            *(() if may_rank else ((_("First answer due"), hours), (_("Tier"), tier_words()[found.tier]))),
            (_("Approval"), approval),
            (_("Style guide"), in_force),
            (_("Birthdays"), _("Kept where customers gave them") if found.keeps_birthdays else _("Not kept")),
        ),
        change_url=url_for("brands_page.change", brand_id=found.id) if may_manage else "",
        pause_url=url_for("brands_page.pause", brand_id=found.id) if may_manage and found.archived_at is None else "",
        archive_url=url_for("brands_page.archive", brand_id=found.id) if may_manage else "",
        is_paused=found.paused_at is not None,
        is_archived=found.archived_at is not None,
        values=given,
        guide_needs_approval=given.get("guide_needs_approval") == "1",
        keeps_birthdays=given.get("keeps_birthdays") == "1",
        errors=errors or {},
        languages=_languages(given.get("language", "")) if may_manage else (),
        timezones=_time_zones(given.get("timezone", "")) if may_manage else (),
        queue_url=url_for("brands_page.change_queue", brand_id=found.id) if may_rank else "",
        tiers=tuple(
            Choice(word, "", value=tier, selected=given["tier"] == tier) for tier, word in tier_words().items()
        ),
        hours_on=_hours_on(given, errors or {}) if may_rank else (),
        weights_url=url_for("ranking_page.weights") if may_rank else "",
        room=_media_room(found) if may_manage else None,
    )
    return make_response(render_page("brands/brand.html", page), status)


def _hours_on(given: dict[str, str], errors: dict[str, str]) -> tuple[WeightField, ...]:
    wrong = errors.get("answer_due_hours_on", "")
    return tuple(
        WeightField(
            name=f"{HOURS_ON}{name}",
            label=_("%(platform)s, hours", platform=platform_word(name)),
            value=given.get(f"{HOURS_ON}{name}", ""),
            error=wrong
            if wrong and not 0 < _hours(given.get(f"{HOURS_ON}{name}", "1") or "1") <= room.MOST_HOURS
            else "",
        )
        for name in room.PLATFORMS
    )


def _media_room(found: Brand) -> MediaRoom | None:
    used_bytes, limit = used_bytes_of(found.id), settings_of_app().onbrand_kept_media_mb
    if not used_bytes:
        return None
    used, locale = -(-used_bytes // 1_000_000), chosen_language()
    given = {"used": format_decimal(used, locale=locale), "limit": format_decimal(limit, locale=locale)}
    words = _("%(used)s of %(limit)s MB", **given)
    return MediaRoom(used=used, limit=limit, words=words, is_full=used >= limit)


def _parts(found: Brand) -> tuple[Choice, ...]:
    """Where to go from here, as far as this person may."""
    actor = actor_of_request()
    rules = []
    if actor.may(Permission.CONVERSATION_WORK):
        rules = [Choice(_("Rules of the desk"), url_for("desk_rules_page.rules", brand=found.id), value="chain")]
    parts = [
        Choice(_("Style guide"), url_for("guide.guide", brand_id=found.id), value="guide"),
        Choice(_("Approval"), url_for("policy_page.policy", brand_id=found.id), value="approvals"),
        Choice(_("Hours"), url_for("hours_page.hours", brand_id=found.id), value="clock"),
        Choice(_("Guidelines"), url_for("guidelines_page.guidelines", brand_id=found.id), value="note"),
        Choice(_("Client sheet"), url_for("client_sheet_page.sheet", brand_id=found.id), value="info"),
        Choice(_("Fact sheet"), url_for("facts_page.facts", brand_id=found.id), value="info"),
        Choice(_("Topics"), url_for("topics_page.topics", brand_id=found.id), value="dot"),
        *rules,
        Choice(_("Goodwill"), url_for("empowerment_page.empowerment", brand_id=found.id), value="shield"),
        Choice(_("Saved replies"), url_for("saved_replies_page.saved_replies", brand=found.id), value="reply"),
        Choice(_("Acknowledging"), url_for("acknowledgement_page.texts", brand_id=found.id), value="bulb"),
    ]
    if actor.may(Permission.RANKING_MANAGE):
        parts.insert(3, Choice(_("Clocks"), url_for("clocks_page.of_brand", brand_id=found.id), value="clock"))
    if actor.may(Permission.REPLY_WRITE):
        parts.append(Choice(_("Quiz"), url_for("quiz.quiz", brand_id=found.id), value="bulb"))
    if actor.may(Permission.ACCOUNT_READ):
        here = url_for("accounts_page.accounts_of_brand", brand_id=found.id)
        parts.append(Choice(_("Channels"), here, value="channels"))
    if actor.may(Permission.CONVERSATION_READ) and "inbox.inbox" in current_app.view_functions:
        parts.append(Choice(_("Inbox"), f"{url_for('inbox.inbox')}?brand={found.id}", value="inbox"))
    return tuple(parts)
