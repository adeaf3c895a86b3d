"""Which language and time zone a page is written in: the person's own, else the cookie, else the browser's wish."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo
from decimal import Decimal
from functools import lru_cache, wraps
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_datetime
from flask import Blueprint, Flask, Response, g, has_request_context, redirect, request
from flask_babel import Babel, Domain, format_currency, get_locale
from sqlalchemy import update

from agency.web.theme import local_path
from agency.web.who import person_of_request, person_or_none
from tenants import clock
from tenants.base_app import settings_of_app
from tenants.database import db
from tenants.errors import Moment, Money, Worded
from tenants.languages import LANGUAGES, catalogue, known_language
from tenants.models import Person

language = Blueprint("language", __name__)

T = TypeVar("T")

COOKIE = "language"
KEPT_SECONDS = 365 * 86400
SPELT_AS = {"pt": "pt_PT"}
"""Whose spelling our own words follow, where the bare language means another."""
TRANSLATIONS = Path(__file__).parent / "translations"


class PoDomain(Domain):
    """Our catalogues, read from their .po files."""

    def get_translations(self) -> Any:
        """The catalogue of this request's language."""
        return catalogue(TRANSLATIONS, get_locale().language)

    def gettext(self, string: str, **variables: Any) -> str:
        """The words in the reader's language; a Worded sentence by its template, with the values it carries."""
        if not string:
            return ""  # an empty msgid is the catalogue's own head
        if isinstance(string, Worded) and string.values:
            variables = {name: self._value(value) for name, value in string.values.items()}
            string = string.template
        return str(super().gettext(string, **variables))

    def _value(self, value: Any) -> Any:
        if isinstance(value, Worded):
            return self.gettext(value)
        if isinstance(value, Money):
            return format_currency(Decimal(value.cents) / 100, value.currency)
        return time_of_day(value.at) if isinstance(value, Moment) else value


class PoBabel(Babel):
    """Flask-Babel with our catalogues."""

    @property
    def domain_instance(self) -> Domain:
        """The one domain there is."""
        return PoDomain()


def prepare_languages(app: Flask) -> None:
    """Translations and local times for every template and page of this app."""
    PoBabel().init_app(app, locale_selector=chosen_language, timezone_selector=chosen_zone)


def per_language(make: Callable[[], T]) -> Callable[[], T]:
    """Words that are the same for everybody who reads a language, looked up once for each. Nobody may change them."""
    kept = lru_cache(maxsize=8)(lambda _locale: make())

    @wraps(make)
    def words() -> T:
        return kept(get_locale())

    return words


def chosen_language() -> str:
    """The code of the language this request is answered in. Asks no database."""
    person = person_of_request() or _holder_of_link()
    if person is not None:
        return known_language(person.language)
    if not request:
        return known_language(None)
    if request.cookies.get(COOKIE) in LANGUAGES:
        return request.cookies[COOKIE]
    return known_language(request.accept_languages.best_match(list(LANGUAGES)))


def speak_to(holder: Person) -> None:
    """Answer this request in the language and zone of whoever its link was mailed to."""
    g.holder_of_link = holder


def _holder_of_link() -> Person | None:
    return g.get("holder_of_link") if has_request_context() else None


def time_of_day(at: datetime, zone: tzinfo | None = None) -> str:
    """Hours and minutes where the reader is, or by this zone, with the day where it is another than today."""
    here = at.astimezone(zone or chosen_zone())
    days = (here.date() - clock.now().astimezone(here.tzinfo).date()).days
    if days == 0:
        return here.strftime("%H:%M")
    return str(format_datetime(here, "EEE HH:mm" if 0 < days < 7 else "d MMM HH:mm", locale=chosen_language()))


def spelling() -> str:
    """The locale in which names that are not ours, such as a language's, are spelt as our own words are."""
    code = chosen_language()
    return SPELT_AS.get(code, code)


def chosen_zone() -> tzinfo:
    """The reader's time zone; UTC where nobody is known."""
    person = person_of_request() or _holder_of_link()
    try:
        return ZoneInfo(person.time_zone if person is not None else "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


@language.post("/language")
def choose_language() -> Response:
    """Keep the choice with the person, or in a cookie where nobody is signed in, and go back."""
    code = known_language(request.form.get("language"))
    person = person_or_none()
    if person is not None:
        db.session.execute(update(Person).where(Person.id == person.person_id).values(language=code))
    answer = redirect(local_path(request.form.get("next", "/")), code=303)
    answer.set_cookie(
        COOKIE,
        code,
        max_age=KEPT_SECONDS,
        secure=settings_of_app().base_url.startswith("https:"),
        httponly=True,
        samesite="Lax",
    )
    return answer  # type: ignore[return-value]
