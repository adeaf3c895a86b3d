"""The part of a policy's form that is about waiting: quiet times, reminders, silence, and who answers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from babel.dates import get_day_names
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from agency.replies.policy_terms import MODES, MOST_QUIET, MOST_REMINDERS, SILENCES, URGENT
from agency.web.contexts_policy import QuietFields, WaitingFields
from agency.web.language import chosen_language, per_language
from agency.web.looks import Choice
from tenants.models import Person

_DAYS: Final = range(1, 8)


@per_language
def mode_words() -> dict[str, str]:
    """Who answers, to choose from."""
    return {
        "agency": _("The agency answers in the client's name"),
        "client": _("The agency watches, and the client answers"),
    }


@per_language
def silence_words() -> dict[str, str]:
    """What silence means, to choose from."""
    return {
        "hold": _("It goes on waiting, and the agency is told"),
        "safe_variant": _("The safe wording goes out instead, where one stands beside it"),
        "escalate": _("Others are asked"),
    }


@per_language
def urgent_words() -> dict[str, str]:
    """What breaks quiet hours, to choose from."""
    return {"complaint": _("The customer complains"), "negative": _("The customer is unhappy")}


@per_language
def day_names() -> dict[int, str]:
    """Monday, by its number."""
    names = get_day_names("abbreviated", context="stand-alone", locale=chosen_language())
    return {day: str(names[day - 1]) for day in _DAYS}


def waiting_data(typed: MultiDict[str, str]) -> dict[str, Any]:
    """The terms about waiting, as `read_terms` reads them; what is no number stays what it is, to be refused."""
    return {
        "mode": typed.get("mode", MODES[0]),
        "quiet": _quiet(typed),
        "quiet_broken_by": typed.getlist("quiet_broken_by"),
        "remind_after": [_number(one) for one in re.split(r"[\s,;]+", typed.get("remind_after", "")) if one],
        "awake_hours": typed.get("awake_hours") == "1",
        "silence": typed.get("silence", SILENCES[0]),
        "silence_after": _number(typed.get("silence_after", "")),
        "escalate_to": typed.getlist("escalate_to"),
    }


def _quiet(typed: MultiDict[str, str]) -> list[dict[str, Any]]:
    lines = [
        {
            "days": [int(day) for day in typed.getlist(f"quiet_days.{n}") if day in {str(one) for one in _DAYS}],
            "from_time": typed.get(f"quiet_from.{n}", ""),
            "until_time": typed.get(f"quiet_until.{n}", ""),
        }
        for n in range(MOST_QUIET + 1)
    ]
    return [line for line in lines if any(line.values())]


def _number(written: str) -> int | str:
    plain = written.strip()
    return (int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 6 else plain) if plain else 0


def waiting_fields(data: Mapping[str, Any], people: Sequence[Person], errors: Mapping[str, str]) -> WaitingFields:
    """These terms in their fields."""
    return WaitingFields(
        modes=_choices(mode_words(), data["mode"]),
        quiet=tuple(_line(n, line, errors) for n, line in enumerate([*data["quiet"], {}][: MOST_QUIET + 1])),
        broken_by=tuple(
            Choice(urgent_words()[one], "", value=one, selected=one in data["quiet_broken_by"]) for one in URGENT
        ),
        remind_after=", ".join(str(one) for one in data["remind_after"]),
        most_reminders=MOST_REMINDERS,
        awake_hours=bool(data["awake_hours"]),
        silence_after=str(data["silence_after"] or ""),
        silences=_choices(silence_words(), data["silence"]),
        escalate_to=tuple(
            Choice(one.name, "", value=str(one.id), selected=str(one.id) in data["escalate_to"]) for one in people
        ),
    )


def _choices(words: Mapping[str, str], chosen: Any) -> tuple[Choice, ...]:
    known = chosen if chosen in words else next(iter(words))
    return tuple(Choice(word, "", value=name, selected=name == known) for name, word in words.items())


def _line(number: int, line: Mapping[str, Any], errors: Mapping[str, str]) -> QuietFields:
    return QuietFields(
        number=number,
        days=tuple(
            Choice(name, "", value=str(day), selected=day in line.get("days", ())) for day, name in day_names().items()
        ),
        from_time=line.get("from_time") or "",
        until_time=line.get("until_time") or "",
        error=errors.get(f"quiet.{number}", ""),
    )
