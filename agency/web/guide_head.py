"""The form of a guide's head: voice, audience, forms of address, do and don't, words, signatures, examples; the same
again where a language differs. Saving a version that is no draft begins a new one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from agency.web.brand_address import brand_at, look_of
from agency.web.contexts_guide import GuideHeadPage
from agency.web.guide_looks import identity_of, identity_words, version_states
from agency.web.guide_words import language_word
from agency.web.looks import Choice, Notice
from agency.web.reply_looks import platform_word
from agency.web.shell import render_page, toast
from agency.web.who import actor_of_request
from styleguides import guides
from styleguides.identity import NAMED, Identity, identity_to_data
from styleguides.length import PLATFORMS
from styleguides.models import StyleGuideVersion
from tenants.brands import LANGUAGES
from tenants.database import db
from tenants.errors import AppError, Conflict, Invalid, NotFound
from tenants.models import Brand
from tenants.permissions import Permission

guide_head = Blueprint("guide_head", __name__)

_BETWEEN = re.compile(r"\n[ \t]*\n\s*")


@guide_head.get("/brands/<brand_id>/guide/<int:number>/head", endpoint="head")
def show(brand_id: str, number: int) -> Response:
    """The form, for all languages or the one named by `?language=`."""
    return _answer(brand_at(brand_id, Permission.GUIDE_WRITE), number, _language(request.args.get("language", "")))


@guide_head.post("/brands/<brand_id>/guide/<int:number>/head", endpoint="save")
def save(brand_id: str, number: int) -> AnyResponse:
    """Keep it in the draft, or in a new draft begun from this version."""
    brand, form = brand_at(brand_id, Permission.GUIDE_WRITE), request.form
    language = _language(form.get("language", ""))
    typed = {name: form.get(name, "").replace("\r\n", "\n") for name in _names()}
    actor = actor_of_request()
    before = identity_of(guides.get_version(actor, brand.id, number).identity)
    changes: dict[str, Any] = {"identity": identity_to_data(_merged(before, language, typed))}
    if not language:
        changes["voice"] = typed["voice"].strip()
    if typed["note"].strip():
        changes["note"] = typed["note"].strip()
    try:
        version = guides.change_draft(actor, brand.id, number, revision_of(form), **changes)
    except (Invalid, Conflict) as error:
        db.session.rollback()
        return _answer(brand_at(brand_id, Permission.GUIDE_WRITE), number, language, typed=typed, error=error)
    told_of(version, number)
    here = url_for("guide_head.head", brand_id=brand_id, number=version.number, language=language or None)
    return redirect(here, code=303)


def told_of(version: StyleGuideVersion, number: int) -> None:
    """Say on the next page where the change is kept."""
    if version.number == number:
        toast(_("Kept in the draft, version %(n)s.", n=number))
    else:
        toast(_("Version %(new)s is begun as a draft from version %(n)s.", new=version.number, n=number))


def revision_of(form: Mapping[str, str]) -> int:
    """The revision the form was filled from; 0, which none has, for anything that is no number."""
    text = form.get("revision", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _names() -> tuple[str, ...]:
    return ("voice", *NAMED, *(f"examples-{platform}" for platform in PLATFORMS), "note")


def _language(code: str) -> str:
    """Empty for all languages. Raises NotFound for what no brand speaks."""
    if code and code not in LANGUAGES:
        raise NotFound()
    return code


def _merged(before: Identity, language: str, typed: Mapping[str, str]) -> Identity:
    base = before.languages.get(language, Identity()) if language else before
    said: dict[str, Any] = {}
    for name, kind in NAMED.items():
        said[name] = typed[name].strip() if kind == "text" else _lines(typed[name])
    examples = {platform: _paragraphs(typed[f"examples-{platform}"]) for platform in PLATFORMS}
    made = replace(base, **said, examples={platform: texts for platform, texts in examples.items() if texts})
    if not language:
        return made
    languages = {**before.languages, language: made}
    return replace(before, languages={code: one for code, one in languages.items() if not one.is_empty()})


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in _BETWEEN.split(text) if one.strip())


def _values(version: StyleGuideVersion, identity: Identity) -> dict[str, str]:
    values = {"voice": version.voice, "note": version.note if version.state == "draft" else ""}
    for name, kind in NAMED.items():
        held = getattr(identity, name)
        values[name] = held if kind == "text" else "\n".join(" ".join(entry.split()) for entry in held)
    for platform in PLATFORMS:
        values[f"examples-{platform}"] = "\n\n".join(identity.examples.get(platform, ()))
    return values


def _answer(
    brand: Brand,
    number: int,
    language: str,
    *,
    typed: Mapping[str, str] | None = None,
    error: AppError | None = None,
) -> Response:
    version = guides.get_version(actor_of_request(), brand.id, number)
    whole = identity_of(version.identity)
    identity = whole.languages.get(language, Identity()) if language else whole
    errors = {
        field.split(".")[-1]: _(said[0]) for field, said in (error.fields if error else {}).get("errors", {}).items()
    }
    page = GuideHeadPage(
        brand=look_of(brand),
        number=number,
        state=version_states()[version.state],
        url=url_for("guide_head.save", brand_id=brand.id, number=number),
        back_url=url_for("guide.guide", brand_id=brand.id, version=number),
        language=language,
        languages=_choices(brand, number, language, whole),
        revision=version.revision,
        fields=tuple(
            (name, words, kind == "list")
            for (name, kind), words in zip(NAMED.items(), identity_words().values(), strict=True)
        ),
        platforms=tuple((f"examples-{platform}", platform_word(platform)) for platform in PLATFORMS),
        values=dict(typed or _values(version, identity)),
        errors=errors,
        others=tuple(whole.other) if not language else (),
        notice=_notice(version, error, bool(errors)),
    )
    return make_response(render_page("guides/head.html", page), error.http_status if error is not None else 200)


def _notice(version: StyleGuideVersion, error: AppError | None, has_errors: bool) -> Notice | None:
    if error is not None:
        return Notice("warn" if isinstance(error, Conflict) else "bad", _(error.message))
    if version.state == "draft":
        return None
    return Notice("info", _("This version is not a draft."), _("It stays as it is: saving begins a new draft from it."))


def _choices(brand: Brand, number: int, chosen: str, whole: Identity) -> tuple[Choice, ...]:
    def place(code: str) -> str:
        return url_for("guide_head.head", brand_id=brand.id, number=number, language=code or None)

    every = Choice(_("All languages"), place(""), selected=not chosen)
    rest = (
        Choice(language_word(code) + (" ✓" if code in whole.languages else ""), place(code), selected=code == chosen)
        for code in LANGUAGES
        if code != brand.language
    )
    return (every, *rest)
