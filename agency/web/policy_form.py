"""The form of an approval policy: its fields from terms, and terms from its fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.datastructures import MultiDict

from agency.replies import policy_versions as room
from agency.replies.policy_models import ApprovalPolicy
from agency.replies.policy_terms import KINDS, MOST_STAND_INS, MOST_STEPS, Terms, terms_as_given
from agency.web.brand_address import look_of
from agency.web.contexts_policy import DeciderField, PolicyForm, StandInFields
from agency.web.looks import Choice, Notice
from agency.web.policy_heard import heard_data, heard_fields
from agency.web.policy_waiting_form import waiting_data, waiting_fields
from agency.web.policy_words import kind_words, needs_words, tick_words
from agency.web.reply_looks import platform_word
from tenants.brands import PLATFORMS
from tenants.errors import AppError, Conflict
from tenants.ids import id_from
from tenants.models import Brand, Person
from tenants.permissions import Actor

_TICKS: Final = ("money", "complaints", "negative")
_STEP: Final = "step."


def shown_terms(actor: Actor, brand_id: UUID) -> tuple[ApprovalPolicy | None, dict[str, Any]]:
    """The draft, None where there is none, and the terms the form begins with."""
    versions = room.list_versions(actor, brand_id)
    draft = next((one for one in versions if one.state == "draft"), None)
    shown = draft or next((one for one in versions if one.state == "in_force"), None)
    return draft, {**terms_as_given(Terms()), **(shown.terms if shown is not None else {})}


def data_of(typed: MultiDict[str, str]) -> dict[str, Any]:
    """The terms the form says, as `read_terms` reads them; what is no number stays what it is, to be refused."""
    steps: list[list[str]] = [[] for _one in range(MOST_STEPS)]
    for name, value in typed.items():
        place = _number(value)
        if name.startswith(_STEP) and isinstance(place, int) and 1 <= place <= MOST_STEPS:
            steps[place - 1].append(name.removeprefix(_STEP))
    return {
        "needs": typed.get("needs", ""),
        "stars_at_most": _number(typed.get("stars_at_most", "")),
        "platforms": typed.getlist("platforms"),
        "kinds": typed.getlist("kinds"),
        "words": [one for one in typed.get("words", "").replace("\r\n", "\n").split("\n") if one.strip()],
        **{name: typed.get(name) == "1" for name in _TICKS},
        "first_replies": _number(typed.get("first_replies", "")),
        "steps": [step for step in steps if step] if typed.get("who") == "named" else [],
        "changes_go_on": typed.get("changes_go_on") == "1",
        "stand_ins": _stand_ins(typed),
        **waiting_data(typed),
        **heard_data(typed),
    }


def _stand_ins(typed: MultiDict[str, str]) -> list[dict[str, str]]:
    fields = ("away", "person", "from_day", "until_day")
    lines = [{name: typed.get(f"{name}.{n}", "") for name in fields} for n in range(MOST_STAND_INS + 1)]
    return [line for line in lines if any(line.values())]


def _number(written: str) -> int | str:
    plain = written.strip()
    return (int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 6 else plain) if plain else 0


def form_page(
    brand: Brand, people: Sequence[Person], data: Mapping[str, Any], note: str, revision: int, error: AppError | None
) -> PolicyForm:
    """The form, filled with these terms."""
    errors = {field: _(said[0]) for field, said in error.fields.get("errors", {}).items()} if error else {}
    step_of = {person: place for place, step in enumerate(data["steps"], 1) for person in step}
    needs = data["needs"] if data["needs"] in needs_words() else "all"
    return PolicyForm(
        brand=look_of(brand),
        url=url_for("policy_page.change", brand_id=brand.id),
        back_url=url_for("policy_page.policy", brand_id=brand.id),
        revision=revision,
        notice=_notice(error, errors),
        needs=tuple(Choice(word, "", value=name, selected=name == needs) for name, word in needs_words().items()),
        stars=_stars(data["stars_at_most"]),
        platforms=tuple(
            Choice(platform_word(one), "", value=one, selected=one in data["platforms"]) for one in PLATFORMS
        ),
        kinds=tuple(Choice(kind_words()[one], "", value=one, selected=one in data["kinds"]) for one in KINDS),
        words="\n".join(data["words"]),
        ticks=tuple(Choice(word, "", value=name, selected=bool(data[name])) for name, word in tick_words().items()),
        first_replies=str(data["first_replies"] or ""),
        is_named=bool(data["steps"]),
        deciders=tuple(_decider(one, step_of.get(str(one.id), 0), len(people)) for one in people),
        changes_go_on=bool(data["changes_go_on"]),
        stand_ins=tuple(
            _stand_in(n, line, people, errors) for n, line in enumerate([*data["stand_ins"], {}][: MOST_STAND_INS + 1])
        )
        if len(people) > 1
        else (),
        waiting=waiting_fields(data, people, errors),
        heard=heard_fields(brand.id, data, errors, url_for("acknowledgement_page.texts", brand_id=brand.id)),
        note=note,
        errors=errors,
    )


def _stars(chosen: Any) -> tuple[Choice, ...]:
    words = {0: _("No rule about stars")} | {
        n: ngettext("Reviews of %(num)s star", "Reviews of %(num)s stars or fewer", n) for n in range(1, 6)
    }
    return tuple(Choice(word, "", value=str(n), selected=n == chosen) for n, word in words.items())


def _decider(person: Person, step: int, count: int) -> DeciderField:
    words = [_("Is not asked"), _("Is asked first"), *(_("Is asked as number %(n)s", n=n) for n in range(2, count + 1))]
    return DeciderField(
        name=f"{_STEP}{person.id}",
        label=person.name,
        steps=tuple(
            Choice(word, "", value=str(n), selected=n == step) for n, word in enumerate(words[: MOST_STEPS + 1])
        ),
    )


def _stand_in(
    number: int, line: Mapping[str, str], people: Sequence[Person], errors: Mapping[str, str]
) -> StandInFields:
    def options(field: str, nobody: str) -> tuple[Choice, ...]:
        chosen = id_from(line.get(field, "") or "")
        return (
            Choice(nobody, "", value=""),
            *(Choice(one.name, "", value=str(one.id), selected=one.id == chosen) for one in people),
        )

    return StandInFields(
        number=number,
        away=options("away", _("Nobody is away")),
        person=options("person", _("Nobody")),
        from_day=line.get("from_day", ""),
        until_day=line.get("until_day", ""),
        error=errors.get(f"stand_ins.{number}", ""),
    )


def _notice(error: AppError | None, errors: Mapping[str, str]) -> Notice | None:
    if error is None:
        return None
    if isinstance(error, Conflict):
        return Notice("warn", _(error.message))
    if errors:
        return Notice(
            "bad", _("Some of this cannot be used."), _("Nothing was kept; it is still here."), _("See the fields.")
        )
    return Notice("bad", _(error.message))
