"""`/clocks` and a brand's own: by when cases are heard, answered and resolved."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from agency.inbox.brand_clocks import clocks_of_brands
from agency.inbox.clock_rules import (
    BUSINESS,
    CLOCKS,
    COMPLAINT,
    MOST_RULES,
    OTHER,
    PLAIN,
    SAME_DAY,
    USUAL,
    BrandClocks,
    ClockRule,
)
from agency.inbox.clock_versions import RulesVersion, rules_in_force, save_rules
from agency.web.brand_address import brand_at, look_of
from agency.web.clock_names import ruled_names
from agency.web.clock_words import case_words, within_words
from agency.web.contexts_clocks import ClocksPage, InEffect, RuleFields
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import Choice, Notice
from agency.web.reply_looks import kind_word, platform_word
from agency.web.shell import render_page, toast
from agency.web.who import actor_of_request
from channels.items import KINDS
from tenants import clock
from tenants.brands import PLATFORMS
from tenants.database import db
from tenants.errors import AppError, Conflict, Invalid
from tenants.models import Brand
from tenants.permissions import Permission

clocks_page = Blueprint("clocks_page", __name__)

_FREE_LINES: Final = 3
"""Empty lines under those there are; whoever needs more saves in between."""
_NUMBER: Final = re.compile(r"[0-9]{1,4}", re.ASCII)
_SHOWN: Final = (("facebook", "comment"), ("instagram", "comment"), ("google_business", "review"))
_ASKED_AT: Final = time(16, 30)
_FIELDS: Final = ("clock", "platform", "kind", "said", "hours", "counted")


@clocks_page.get("/clocks")
def of_agency() -> Response:
    """What holds for every brand."""
    return _page(None)


@clocks_page.post("/clocks")
def change_of_agency() -> AnyResponse:
    """Say so."""
    return _save(None)


@clocks_page.get("/brands/<brand_id>/clocks")
def of_brand(brand_id: str) -> Response:
    """What holds for one brand."""
    return _page(brand_at(brand_id, Permission.RANKING_MANAGE))


@clocks_page.post("/brands/<brand_id>/clocks")
def change_of_brand(brand_id: str) -> AnyResponse:
    """Say so."""
    return _save(brand_at(brand_id, Permission.RANKING_MANAGE))


def _save(brand: Brand | None) -> AnyResponse:
    typed, form = _typed(), request.form
    brand_id = None if brand is None else brand.id
    if form.get("usual") == "1":
        typed = [_as_typed(one) for one in USUAL]
    based_on = form.get("based_on", "")
    number = int(based_on) if _NUMBER.fullmatch(based_on) else -1
    try:
        save_rules(actor_of_request(), brand_id, [_given(one) for one in typed], based_on=number)
    except (Invalid, Conflict) as error:
        db.session.rollback()
        again = None if brand_id is None else brand_at(str(brand_id), Permission.RANKING_MANAGE)
        return _page(again, error=error, typed=typed)
    toast(_("Changed; the clocks of open cases are being set by it."))
    return redirect(_url(brand_id), code=303)


def _url(brand_id: Any, deed: str = "of") -> str:
    if brand_id is None:
        return url_for("clocks_page.change_of_agency" if deed == "change" else "clocks_page.of_agency")
    return url_for("clocks_page.change_of_brand" if deed == "change" else "clocks_page.of_brand", brand_id=brand_id)


def _typed() -> list[dict[str, str]]:
    """The lines that name a clock, as they were typed."""
    lines = (
        {name: request.form.get(f"{name}.{number}", "")[:40] for name in _FIELDS}
        for number in range(MOST_RULES + _FREE_LINES)
    )
    return [line for line in lines if line["clock"]]


def _given(line: dict[str, str]) -> dict[str, Any]:
    hours = line["hours"].strip()
    return {**line, "hours": int(hours) if _NUMBER.fullmatch(hours) else None}


def _as_typed(rule: ClockRule) -> dict[str, str]:
    return {**rule._asdict(), "hours": str(rule.hours or "")}


def _page(
    brand: Brand | None, *, error: AppError | None = None, typed: Sequence[dict[str, str]] | None = None
) -> Response:
    """Two statements for a brand, one for the agency, beside finding the person and the frame's brands."""
    actor, brand_id = actor_of_request(), None if brand is None else brand.id
    kept = rules_in_force(brand_id)
    errors = {field: _(said[0]) for field, said in error.fields.get("errors", {}).items()} if error else {}
    lines = typed if typed is not None else [_as_typed(one) for one in kept.rules]
    may = brand is not None or actor.brand_ids is None
    page = ClocksPage(
        brand=None if brand is None else look_of(brand),
        back_url="" if brand is None else url_for("brands_page.brand", brand_id=brand.id),
        agency_url=url_for("clocks_page.of_agency") if brand is not None else "",
        hours_url=url_for("hours_page.hours", brand_id=brand.id) if brand is not None else "",
        url=_url(brand_id, "change") if may else "",
        notice=Notice("bad", _(error.message)) if error is not None else None,
        error=errors.get("rules", ""),
        based_on=kept.number,
        saved=_saved(kept),
        may_begin=may and not lines and brand is None,
        lines=tuple(
            _line(number, line, errors, is_free=number >= len(lines))
            for number, line in enumerate([*lines, *[dict.fromkeys(_FIELDS, "")] * (_FREE_LINES if may else 0)])
        ),
        effect=() if brand is None else _effect(clocks_of_brands([brand.id])[brand.id]),
        asked="" if brand is None else _asked(ZoneInfo(brand.time_zone)),
    )
    return make_response(render_page("clocks/page.html", page), 200 if error is None else error.http_status)


def _saved(kept: RulesVersion) -> str:
    if kept.saved_at is None:
        return ""
    at = format_datetime(kept.saved_at.astimezone(chosen_zone()), "d MMM y, HH:mm", locale=chosen_language())
    return _("Version %(n)s, by %(name)s, %(time)s", n=kept.number, name=kept.saved_by_name, time=at)


def _line(number: int, line: dict[str, str], errors: dict[str, str], *, is_free: bool) -> RuleFields:
    def choices(name: str, words: dict[str, str]) -> tuple[Choice, ...]:
        return tuple(Choice(word, "", value=key, selected=key == line[name]) for key, word in words.items())

    wrong = [errors[f"rules.{number}.{name}"] for name in _FIELDS if f"rules.{number}.{name}" in errors]
    return RuleFields(
        number=number,
        clocks=choices("clock", {"": _("no rule"), **ruled_names()}),
        platforms=choices("platform", {"": _("every platform"), **{one: platform_word(one) for one in PLATFORMS}}),
        kinds=choices("kind", {"": _("every kind"), **{one: kind_word(one) for one in KINDS}}),
        said=choices("said", {"": _("every case"), **case_words()}),
        hours=line["hours"],
        counted=choices(
            "counted",
            {PLAIN: _("hours"), BUSINESS: _("business hours"), SAME_DAY: _("the same business day")},
        ),
        error=" ".join(wrong),
        is_free=is_free,
    )


def _friday(zone: ZoneInfo) -> datetime:
    today = clock.now().astimezone(zone).date()
    return datetime.combine(today + timedelta(days=(4 - today.weekday()) % 7), _ASKED_AT, tzinfo=zone)


def _asked(zone: ZoneInfo) -> str:
    return _moment(_friday(zone), zone)


def _moment(at: datetime, zone: ZoneInfo) -> str:
    return str(format_datetime(at.astimezone(zone), "EEE d MMM, HH:mm", locale=chosen_language()))


def _effect(brand: BrandClocks) -> tuple[InEffect, ...]:
    """What holds for a case of each platform that comes in on Friday afternoon."""
    zone = ZoneInfo(brand.zone)
    comes = _friday(zone).astimezone(UTC)
    found = []
    for platform, kind in _SHOWN:
        for said in (COMPLAINT, OTHER):
            complains = said == COMPLAINT
            rules = [brand.rule(name, platform, kind, is_complaint=complains) for name in CLOCKS]
            rules.append(brand.client_rule(platform, kind, is_complaint=complains))
            cells = (
                ("–", "") if rule is None else (_moment(brand.due(rule, comes), zone), within_words(rule))
                for rule in rules
            )
            about = f"{platform_word(platform)}, {kind_word(kind)}, {case_words()[said]}"
            found.append(InEffect(about=about, cells=tuple(cells)))
    return tuple(found)
