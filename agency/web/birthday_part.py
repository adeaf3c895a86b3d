"""A customer's birthday on their page: what is held, the form for it, and those ahead as a list."""

from __future__ import annotations

from datetime import date
from typing import TypedDict

from babel.dates import format_date, get_month_names
from flask import request, url_for
from flask_babel import gettext as _

from agency.inbox.contacts.birthdays import Birthday, BirthdayRow, birthday_of
from agency.inbox.contacts.reading import PersonView
from agency.web.contexts_customers import BirthdayLook
from agency.web.contexts_later import BirthdayRowLook
from agency.web.customer_looks import shown_name
from agency.web.language import chosen_language
from agency.web.looks import Choice, brand_look
from agency.web.reply_looks import platform_word
from agency.web.shell import brand_looks
from tenants import clock
from tenants.permissions import Actor, Permission

FIELDS = ("birth_month", "birth_day", "source", "agreed_on", "agrees")
_LEAP_YEAR = 2024


class GivenBirthday(TypedDict):
    """What `birthdays.note` takes."""

    month: int
    day: int
    source: str
    agreed_on: date | None
    agrees: bool


def given_birthday() -> GivenBirthday:
    """What the form says, as `birthdays.note` takes it; 0 for what is no number."""
    form = request.form
    try:
        agreed_on = date.fromisoformat(form.get("agreed_on", ""))
    except ValueError:
        agreed_on = None
    return {
        "month": _number(form.get("birth_month", "")),
        "day": _number(form.get("birth_day", "")),
        "source": form.get("source", ""),
        "agreed_on": agreed_on,
        "agrees": form.get("agrees") == "1",
    }


def _number(typed: str) -> int:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 3 else 0


def birthday_look(actor: Actor, person: PersonView, values: dict[str, str]) -> BirthdayLook | None:
    """What is held, and the form; None where the brand keeps none and none is held. `values`: what was refused."""
    keeps, held = birthday_of(actor, person)
    may = actor.may(Permission.CONTACT_WRITE) and not person.is_erased
    if held is None and not (keeps and may):
        return None
    chosen = values.get("birth_month") or (str(held.month) if held else "")
    names = get_month_names("wide", context="stand-alone", locale=chosen_language())
    return BirthdayLook(
        words=day_words(held.month, held.day) if held else "",
        said=_said(held) if held else "",
        source=held.source if held else "",
        is_unused=held is not None and not keeps,
        url=url_for("customer_page.birthday", contact_id=person.id) if may and keeps else "",
        end_url=url_for("customer_page.birthday", contact_id=person.id) if may and held is not None else "",
        months=tuple(Choice(names[n], "", value=str(n), selected=str(n) == chosen) for n in range(1, 13)),
        day=values.get("birth_day") or (str(held.day) if held else ""),
        typed_source=values.get("source") or (held.source if held else ""),
        agreed_on=values.get("agreed_on") or (held.agreed_on if held else clock.now().date()).isoformat(),
    )


def _said(held: Birthday) -> str:
    return str(
        _(
            "Given and agreed to on %(day)s; written down by %(name)s.",
            day=format_date(held.agreed_on, "d MMM y", locale=chosen_language()),
            name=held.noted_by_name,
        )
    )


def day_words(month: int, day: int) -> str:
    """The day without a year."""
    return str(format_date(date(_LEAP_YEAR, month, day), "d MMMM", locale=chosen_language()))


def birthday_row(one: BirthdayRow) -> BirthdayRowLook:
    """A line of the list of those ahead."""
    return BirthdayRowLook(
        brand=brand_looks().get(one.brand_id) or brand_look(str(one.brand_id), "", "", ""),
        day=str(format_date(one.next_on, "EEE d MMMM", locale=chosen_language())),
        name=shown_name(one.name),
        url=url_for("customer_page.person", contact_id=one.contact_id),
        place=platform_word(one.platform),
        by=one.noted_by_name,
    )
