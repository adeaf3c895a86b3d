"""Light or dark by hand, without script: a form posts here and a cookie keeps it."""

from __future__ import annotations

from typing import Literal

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

theme = Blueprint("theme", __name__)

Theme = Literal["auto", "light", "dark"]
THEMES: tuple[Theme, ...] = ("auto", "light", "dark")
COOKIE = "theme"
KEPT_SECONDS = 365 * 86400


def chosen_theme() -> Theme:
    """What the cookie says, `auto` for nothing or nonsense."""
    value = request.cookies.get(COOKIE, "")
    return next((known for known in THEMES if known == value), "auto")


def local_path(address: str) -> str:
    """`address` if it stays on this site, else `/`: nobody is sent elsewhere from here."""
    here = address.startswith("/") and not address.startswith("//")
    return address if here and address.isprintable() and "\\" not in address else "/"


@theme.post("/theme")
def choose_theme() -> Response:
    """Keep the choice for a year and go back to where the person was."""
    value = request.form.get("theme", "auto")
    answer = redirect(local_path(request.form.get("next", "/")), code=303)
    answer.set_cookie(
        COOKIE,
        value if value in THEMES else "auto",
        max_age=KEPT_SECONDS,
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
    )
    return answer
