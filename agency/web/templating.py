"""Templates and static files of the pages: where they are, what templates may call, how long browsers keep files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from flask import Blueprint, Flask, Response, render_template, request
from flask_babel import get_locale
from markupsafe import Markup

from agency.web.icons import icon
from agency.web.keys import keys_page, press
from agency.web.looks import FindingLevel, FindingLook
from agency.web.queue_rows import queue_rows
from agency.web.static_version import static_version
from agency.web.theme import theme
from agency.web.wall_rows import wall_rows

if TYPE_CHECKING:
    from agency.web.contexts import InboxPage, Shell
    from agency.web.looks import Choice

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "manifest-src 'self'"
)
"""Nothing inline and no nonce: brand colours are SVG attributes and htmx runs without eval."""

KEPT_SECONDS = int(timedelta(days=365).total_seconds())


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text under the same findings; `level` is the strongest one, None for plain text."""

    text: str
    level: FindingLevel | None = None
    number: int = 0


def marked_spans(text: str, findings: Sequence[FindingLook]) -> list[Span]:
    """Cut `text` where findings begin and end, for underlines. Joining the spans gives `text` again.

    Offsets outside the text are clipped; overlapping findings show the strongest level, then the first in order.
    """
    order = {"stop": 0, "warn": 1, "hint": 2}
    inside = [
        (max(0, f.start), min(len(text), f.end), order[f.level], number)
        for number, f in enumerate(findings, 1)
        if f.start < f.end
    ]
    cuts = sorted({0, len(text), *(c for start, end, _, _ in inside for c in (start, end) if 0 <= c <= len(text))})
    spans = []
    for start, end in pairwise(cuts):
        over = [(rank, number) for s, e, rank, number in inside if s <= start and end <= e]
        if over:
            number = min(over)[1]
            spans.append(Span(text[start:end], findings[number - 1].level, number))
        else:
            spans.append(Span(text[start:end]))
    return spans


def keys_sheet(shell: Shell) -> Markup:
    """The dialogs of keys and of the brand switcher, rendered once for all who read the same words in them."""
    with_inbox = any(choice.key == "g i" for choice in shell.menu)
    return _keys_sheet(str(get_locale()), with_inbox, bool(shell.brands), shell.brands_url)


@lru_cache(maxsize=128)
def _keys_sheet(language: str, with_inbox: bool, with_brands: bool, brands_url: str) -> Markup:
    return Markup(
        render_template(
            "layout/_keys_sheet.html", with_inbox=with_inbox, with_brands=with_brands, brands_url=brands_url
        )
    )


def rail(shell: Shell) -> Markup:
    """Places and brands: rendered once for all who see the same ones, until something else is chosen."""
    return _rail(str(get_locale()), shell.menu, shell.brands)


@lru_cache(maxsize=512)
def _rail(language: str, menu: tuple[Choice, ...], brands: tuple[Choice, ...]) -> Markup:
    # All it shows is in its arguments; a person's name and form tokens are not, and stand in the frame itself.
    return Markup(render_template("layout/_rail.html", menu=menu, brands=brands))


def queue_filters(page: InboxPage) -> Markup:
    """The inbox's filters: the same text for all who see the same brands, until something else is chosen."""
    return _queue_filters(str(get_locale()), page.url, page.fields_url, page.kept, page.search)


@lru_cache(maxsize=512)
def _queue_filters(language: str, url: str, fields_url: str, kept: tuple[tuple[str, str], ...], search: str) -> Markup:
    return Markup(render_template("inbox/_filters.html", url=url, fields_url=fields_url, kept=kept, search=search))


files = Blueprint("files", __name__, template_folder="templates", static_folder="static", static_url_path="/static")


def prepare_templates(app: Flask, *, local: bool) -> None:
    """Register templates, static files, `/theme`, `/keys` and, locally, `/parts`; add what templates call.

    Expects flask-babel and flask-wtf's CSRFProtect on the app: templates call `_`, `ngettext` and `csrf_token`.
    """
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        icon=icon,
        keys_sheet=keys_sheet,
        marked_spans=marked_spans,
        press=press,
        queue_filters=queue_filters,
        queue_rows=queue_rows,
        rail=rail,
        wall_rows=wall_rows,
    )
    app.register_blueprint(files)
    app.register_blueprint(theme)
    app.register_blueprint(keys_page)
    if local:
        from agency.web.parts import parts  # invented cases stay out of production

        app.register_blueprint(parts)
    app.after_request(_say_how_long_to_keep)


def _say_how_long_to_keep(response: Response) -> Response:
    if response.mimetype == "text/html":
        # One address answers a page or a part of it; without this a browser's back button may show the part alone.
        response.vary.update(("HX-Request", "HX-Target"))
    if request.path.startswith("/static/") and response.status_code == 200:
        if request.args.get("v") == static_version():
            response.headers["Cache-Control"] = f"public, max-age={KEPT_SECONDS}, immutable"
        else:
            response.headers["Cache-Control"] = "public, max-age=300"
    return response
