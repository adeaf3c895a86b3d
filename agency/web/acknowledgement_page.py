"""`/brands/<id>/acknowledgement`: the words that say a customer was heard."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from babel.dates import format_datetime
from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from agency.inbox.brand_clocks import clocks_of_brands
from agency.inbox.clock_rules import ANSWERED, BrandClocks
from agency.replies.acknowledgement_versions import TextsVersion, save_texts, texts_in_use
from agency.replies.acknowledging import place_values
from agency.web.brand_address import brand_at, look_of
from agency.web.contexts_acknowledgement import AcknowledgementPage, HeardPreview, HeardTextFields
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import Choice, Notice
from agency.web.promise_looks import would_promise
from agency.web.reply_looks import kind_word, platform_word
from agency.web.saved_replies_page import LANGUAGES
from agency.web.saved_reply_words import language_name, variable_words
from agency.web.shell import render_page, toast
from agency.web.who import actor_of_request
from styleguides.brand_check import Ready, check_for_brand
from styleguides.brand_state import state_of
from styleguides.heard_words import (
    BY,
    HOURS,
    KINDS,
    MOST_TEXTS,
    OTHER_WAYS,
    OURS,
    PLACES,
    HeardText,
    begun,
    rounded_down,
)
from tenants import clock
from tenants.brands import PLATFORMS
from tenants.database import db
from tenants.errors import AppError, Conflict, Invalid
from tenants.models import Brand
from tenants.permissions import Permission

acknowledgement_page = Blueprint("acknowledgement_page", __name__)

_FREE_TEXTS: Final = 2
"""Empty ones under those there are; whoever needs more saves in between."""
_PREVIEWS: Final = 12
_NUMBER: Final = re.compile(r"[0-9]{1,4}", re.ASCII)
_FIELDS: Final = ("platform", "kind", "language", "text")
_SOMEBODY: Final = {"customer_name": "Ana", "order": "A-1024", "location": "…"}


@acknowledgement_page.get("/brands/<brand_id>/acknowledgement")
def texts(brand_id: str) -> Response:
    """What they are, and what they come to now."""
    return _page(brand_at(brand_id, Permission.GUIDE_READ))


@acknowledgement_page.post("/brands/<brand_id>/acknowledgement")
def change(brand_id: str) -> AnyResponse:
    """Say so."""
    brand, form = brand_at(brand_id, Permission.GUIDE_WRITE), request.form
    typed = [one._asdict() for one in OURS] if form.get("ours") == "1" else _typed()
    based_on = form.get("based_on", "")
    number = int(based_on) if _NUMBER.fullmatch(based_on) else -1
    try:
        save_texts(actor_of_request(), brand.id, typed, form.get("other_ways", ""), based_on=number)
    except (Invalid, Conflict) as error:
        db.session.rollback()
        return _page(brand_at(brand_id, Permission.GUIDE_WRITE), error=error, typed=typed)
    toast(_("Saved; whoever acknowledges a case begins with these words."))
    return redirect(url_for("acknowledgement_page.texts", brand_id=brand.id), code=303)


def _typed() -> list[dict[str, str]]:
    """The texts that say something, as they were typed."""
    lines = (
        {name: request.form.get(f"{name}.{number}", "").replace("\r\n", "\n") for name in _FIELDS}
        for number in range(MOST_TEXTS + _FREE_TEXTS)
    )
    return [line for line in lines if line["text"].strip()]


def _page(brand: Brand, *, error: AppError | None = None, typed: Sequence[dict[str, str]] | None = None) -> Response:
    actor = actor_of_request()
    kept = texts_in_use(brand.id)
    may = actor.may(Permission.GUIDE_WRITE)
    errors = {field: _(said[0]) for field, said in error.fields.get("errors", {}).items()} if error else {}
    lines = typed if typed is not None else [one._asdict() for one in kept.texts]
    free = [{**dict.fromkeys(_FIELDS, ""), "language": brand.language}] * (_FREE_TEXTS if may else 0)
    ways = request.form.get("other_ways", "") if typed is not None else kept.other_ways
    page = AcknowledgementPage(
        brand=look_of(brand),
        back_url=url_for("brands_page.brand", brand_id=brand.id),
        hours_url=url_for("hours_page.hours", brand_id=brand.id),
        clocks_url=url_for("clocks_page.of_brand", brand_id=brand.id) if actor.may(Permission.RANKING_MANAGE) else "",
        url=url_for("acknowledgement_page.change", brand_id=brand.id) if may else "",
        notice=Notice("bad", _(error.message)) if error is not None else None,
        error=errors.get("texts", ""),
        based_on=kept.number,
        saved=_saved(kept),
        may_begin=may and not lines,
        lines=tuple(
            _line(number, line, errors, is_free=number >= len(lines))
            for number, line in enumerate([*lines, *free][:MOST_TEXTS])
        ),
        other_ways=ways,
        ways_error=errors.get(OTHER_WAYS, ""),
        places=_places(),
        previews=tuple(_previews(brand, kept)),
        previews_are_ours=not kept.texts,
    )
    return make_response(render_page("acknowledgement/page.html", page), 200 if error is None else error.http_status)


def _saved(kept: TextsVersion) -> str:
    if kept.saved_at is None:
        return ""
    at = format_datetime(kept.saved_at.astimezone(chosen_zone()), "d MMM y, HH:mm", locale=chosen_language())
    return _("Version %(n)s, by %(name)s, %(time)s", n=kept.number, name=kept.saved_by_name, time=at)


def _places() -> tuple[tuple[str, str], ...]:
    words = variable_words() | {
        BY: _("By when you answer, by the brand's clocks: “by tomorrow at 12:00”. It becomes a promise."),
        HOURS: _("The brand's hours: “Mon–Fri 9:00–17:00”."),
        OTHER_WAYS: _("Other ways to reach the brand, as written below."),
    }
    return tuple((f"{{{name}}}", words[name]) for name in PLACES)


def _line(number: int, line: dict[str, str], errors: dict[str, str], *, is_free: bool) -> HeardTextFields:
    def choices(name: str, words: dict[str, str]) -> tuple[Choice, ...]:
        return tuple(Choice(word, "", value=key, selected=key == line[name]) for key, word in words.items())

    codes = dict.fromkeys((*LANGUAGES, *([line["language"]] if line["language"] else [])))
    wrong = [errors[f"texts.{number}.{name}"] for name in _FIELDS if f"texts.{number}.{name}" in errors]
    return HeardTextFields(
        number=number,
        platforms=choices("platform", {"": _("every platform"), **{one: platform_word(one) for one in PLATFORMS}}),
        kinds=choices("kind", {"": _("every kind"), **{one: kind_word(one) for one in KINDS}}),
        languages=choices("language", {code: language_name(code) for code in codes}),
        language=line["language"],
        text=line["text"],
        error=" ".join(wrong),
        is_free=is_free,
    )


def _previews(brand: Brand, kept: TextsVersion) -> Iterator[HeardPreview]:
    """What each text comes to. Brand and guide are read once."""
    clocks, ready = clocks_of_brands([brand.id])[brand.id], Ready(state_of(brand.id))
    for one in (kept.texts or OURS)[:_PREVIEWS]:
        yield _preview(brand, one, kept, clocks, ready)


def _preview(brand: Brand, one: HeardText, kept: TextsVersion, clocks: BrandClocks, ready: Ready) -> HeardPreview:
    now = clock.now()
    platform, kind = one.platform or PLATFORMS[0], one.kind or KINDS[0]
    own = {**_SOMEBODY, "brand": brand.name, "my_name": next(iter(actor_of_request().name.split()), None)}
    due = max(rounded_down(_due(clocks, platform, kind)), now)
    text = begun(one.text, own | place_values(clocks, one.language, kept.other_ways, due, now)).text
    found = check_for_brand(
        brand.id, text, platform, kind, one.language, reader_language=chosen_language(), ready=ready, promises_at=now
    )
    about = (
        platform_word(one.platform) if one.platform else "",
        kind_word(one.kind) if one.kind else "",
        language_name(one.language),
    )
    return HeardPreview(
        about=", ".join(word for word in about if word),
        language=one.language,
        text=text,
        promises=would_promise(text, found.promises, brand.time_zone),
        stopped=tuple(f.reader_message or f.message for f in found.findings if f.level == "stop"),
    )


def _due(clocks: BrandClocks, platform: str, kind: str) -> datetime:
    rule = clocks.rule(ANSWERED, platform, kind, is_complaint=False)
    assert rule is not None, "this clock always runs"
    return clocks.due(rule, clock.now())
