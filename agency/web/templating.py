"""What templates may call besides translations: icons and text marking. `prepare_templates(app)` adds them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from flask import Flask, Response, request

from agency.web.icons import STATIC, icon
from agency.web.looks import FindingLevel, FindingLook
from agency.web.static_version import static_version

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'"
)
"""Nothing inline and no nonce, because no page needs either: brand colours are SVG attributes, htmx runs without eval."""

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
    for start, end in zip(cuts, cuts[1:], strict=False):
        over = [(rank, number) for s, e, rank, number in inside if s <= start and end <= e]
        if over:
            rank, number = min(over)
            spans.append(Span(text[start:end], findings[number - 1].level, number))
        else:
            spans.append(Span(text[start:end]))
    return spans


def prepare_templates(app: Flask) -> None:
    """Add the globals our templates use and let browsers keep versioned static files."""
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(icon=icon, marked_spans=marked_spans, static_version=static_version)
    app.after_request(_keep_versioned_files)


def _keep_versioned_files(response: Response) -> Response:
    if request.path.startswith("/static/") and response.status_code == 200:
        if request.args.get("v") == static_version():
            response.headers["Cache-Control"] = f"public, max-age={KEPT_SECONDS}, immutable"
        else:
            response.headers["Cache-Control"] = "public, max-age=300"
    return response


__all__ = ["CONTENT_SECURITY_POLICY", "STATIC", "Span", "marked_spans", "prepare_templates"]
