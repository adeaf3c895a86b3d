"""The form of a rule of the desk: its fields as the room takes them, and the other way round."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from flask import request
from flask_babel import gettext as _

from agency.inbox.colleagues import colleagues_of
from agency.inbox.hands import skills_beside
from agency.inbox.labels import list_labels
from agency.inbox.loops.named import list_loops
from agency.inbox.topics import BUILT_IN, list_topics
from agency.inbox.triage.carrying_out import KEPT_MINUTES
from agency.inbox.triage.given_rules import fields_of
from agency.inbox.triage.rules import RuleRow
from agency.inbox.triage.terms import ACTS, LIMITS, PLATFORMS, SENTIMENTS
from agency.web.contexts_desk_rules import Ticks, WordsField
from agency.web.desk_rule_words import day_words, seen_words
from agency.web.guide_words import language_word
from agency.web.inbox_filters import LANGUAGES, value_words
from agency.web.looks import Choice
from agency.web.reading_words import topic_words
from agency.web.shell import brand_looks
from channels.items import KINDS
from styleguides.language import SUPPORTED_LANGUAGES
from tenants.permissions import Actor

ANY: Final = "any"
LISTS: Final = ("words", "without")
TICKED: Final = ("brands", "platforms", "kinds", "languages", "sentiments", "acts", "topics", "weekdays", "label_ids")
SINGLE: Final = (
    "name",
    "note",
    "seen_by",
    "stars_from",
    "stars_to",
    "from_time",
    "until_time",
    "points",
    "keep_for",
    "loop_id",
    "skill",
    "guideline_id",
    "saved_reply_id",
)
FLAGS: Final = ("vip", "stops", "is_on", "by_language", "acknowledge")
MOST_FIELDS: Final = 20
MOST_TICKED: Final = 300

Form = dict[str, Any]
"""Name of a field → its text, its texts where it is ticked, whether it is set where it is a flag."""


def form_of_request() -> Form:
    """What was typed."""
    spoken = sorted(name for name in request.form if name.startswith(tuple(f"{one}_" for one in LISTS)))
    return {
        **{name: request.form.get(name, "") for name in (*SINGLE, *spoken[: MOST_FIELDS * 2])},
        **{name: request.form.getlist(name)[:MOST_TICKED] for name in TICKED},
        **{name: request.form.get(name) == "1" for name in FLAGS},
    }


def form_of(rule: RuleRow) -> Form:
    """The form of a stored one."""
    given = fields_of(rule.terms)
    form: Form = {name: str(given.get(name) or "") for name in SINGLE}
    form |= {name: [str(one) for one in given.get(name, ())] for name in TICKED}
    form |= {"name": rule.name, "note": rule.note, "stops": rule.stops, "is_on": rule.is_on, "vip": "vip" in given}
    form["by_language"] = "by_language" in given
    form["acknowledge"] = "acknowledge" in given
    for part in LISTS:
        for one in given.get(part, ()):
            name = f"{part}_{one['language'] or ANY}"
            form[name] = f"{form[name]}\n{one['words']}" if name in form else one["words"]
    return form


def data_of(form: Form) -> dict[str, Any]:
    """As the room takes it."""
    data: dict[str, Any] = {name: form[name] for name in ("name", "note", "seen_by", "from_time", "until_time")}
    data |= {name: form[name] for name in (*TICKED, *FLAGS)}
    data["keep_for"], data["loop_id"] = form["keep_for"] or None, form["loop_id"] or None
    data["skill"] = form["skill"]
    data |= {name: form[name] or None for name in ("guideline_id", "saved_reply_id")}
    data["weekdays"] = [_whole(one) for one in form["weekdays"]]
    data["stars_from"], data["stars_to"] = _whole(form["stars_from"]), _whole(form["stars_to"])
    data["points"] = _whole(form["points"]) if form["points"].strip() else 0
    for part in LISTS:
        data[part] = [
            {"language": name.removeprefix(f"{part}_").removeprefix(ANY), "words": words}
            for name in form
            if name.startswith(f"{part}_")
            for words in form[name].splitlines()
        ]
    return data


def _whole(text: str) -> Any:
    """The number; what is none as it is, for the room to refuse."""
    digits = text.strip().replace("\N{MINUS SIGN}", "-")
    plain = digits.removeprefix("+")
    return int(plain) if plain.removeprefix("-").isdecimal() and plain.isascii() and len(plain) < 6 else digits or None


def words_fields(form: Form, part: str, first: Sequence[str]) -> tuple[WordsField, ...]:
    """A field for each language: of `first`, then of what is there, any at the end."""
    there = [name.removeprefix(f"{part}_") for name in form if name.startswith(f"{part}_")]
    codes = dict.fromkeys([*first, *(code for code in there if code != ANY)])
    fields = [
        WordsField(
            name=f"{part}_{code}",
            label=language_word(code),
            value=form.get(f"{part}_{code}", ""),
            language=code,
        )
        for code in codes
    ]
    anywhere = WordsField(name=f"{part}_{ANY}", label=_("In any language"), value=form.get(f"{part}_{ANY}", ""))
    return (*fields, anywhere)


def ticks_of(actor: Actor, form: Form, brand_id: UUID | None) -> tuple[Ticks, ...]:
    """The conditions that are chosen by boxes."""
    values = value_words()
    topics = {one: topic_words()[one] for one in BUILT_IN}
    if brand_id is not None:
        topics |= {str(one.id): one.name for one in list_topics(actor, brand_id)}
    some: list[tuple[str, str, dict[str, str]]] = [
        ("platforms", _("Platform"), {one: values["platform"][one] for one in PLATFORMS}),
        ("kinds", _("Kind"), {one: values["kind"][one] for one in KINDS}),
        (
            "languages",
            _("Language"),
            {one: language_word(one) for one in dict.fromkeys((*LANGUAGES, *form["languages"]))},
        ),
        ("sentiments", _("Mood"), {one: values["sentiment"][one] for one in SENTIMENTS}),
        ("acts", _("What it is"), {one: values["act"][one] for one in ACTS}),
        ("topics", _("Topics"), topics),
        ("weekdays", _("Days, by the brand's clock"), {str(day): word for day, word in day_words().items()}),
    ]
    if brand_id is None:
        some.insert(0, ("brands", _("Brands; none is every brand"), {
            str(number): look.name for number, look in brand_looks().items()
        }))  # fmt: skip
    return tuple(
        Ticks(
            name=name,
            label=label,
            choices=tuple(Choice(word, "", value=value, selected=value in form[name]) for value, word in words.items()),
        )
        for name, label, words in some
        if words
    )


def labels_of(actor: Actor, form: Form, brand_id: UUID | None) -> tuple[Choice, ...]:
    """The labels a case of these brands may bear."""
    rows = [one for one in list_labels(actor, brand_id) if brand_id is not None or one.brand_id is None]
    return tuple(Choice(one.name, "", value=str(one.id), selected=str(one.id) in form["label_ids"]) for one in rows)


def people_of(actor: Actor, form: Form) -> tuple[Choice, ...]:
    """For whom a case may be kept."""
    chosen = form["keep_for"]
    people = [("", _("nobody")), *((str(one.person_id), one.name) for one in colleagues_of(actor))]
    if chosen and chosen not in dict(people):
        people.append((chosen, _("somebody who left")))
    return tuple(Choice(name, "", value=value, selected=value == chosen) for value, name in people)


def skills_of(actor: Actor, form: Form) -> tuple[Choice, ...]:
    """Skills somebody beside them has; nothing to choose where nobody has any."""
    chosen = form["skill"]
    skills = list(dict.fromkeys([*skills_beside(actor), *([chosen] if chosen else [])]))
    if not skills:
        return ()
    return tuple(Choice(one or _("no skill"), "", value=one, selected=one == chosen) for one in ("", *skills))


def loops_of(actor: Actor, form: Form, brand_id: UUID | None) -> tuple[Choice, ...]:
    """Which loop of the brand may be asked; nothing to choose for a rule of every brand, or where there is none."""
    rows = list_loops(actor, brand_id) if brand_id is not None else []
    chosen = form["loop_id"]
    loops = [("", _("none")), *((str(one.id), one.name) for one in rows)]
    if chosen and chosen not in dict(loops):
        loops.append((chosen, _("put away")))
    if len(loops) == 1:
        return ()
    return tuple(Choice(name, "", value=value, selected=value == chosen) for value, name in loops)


def star_choices(chosen: str) -> tuple[Choice, ...]:
    """One to five, and whatever."""
    values = [("", _("whatever they are")), *((str(n), "★" * n) for n in range(1, 6))]
    return tuple(Choice(word, "", value=value, selected=value == chosen) for value, word in values)


def seen_choices(chosen: str) -> tuple[Choice, ...]:
    """Everybody, only the brand, and whoever."""
    values = [("", _("whoever it is")), *seen_words().items()]
    return tuple(Choice(word, "", value=value, selected=value == chosen) for value, word in values)


def first_languages(brand_language: str) -> list[str]:
    """Whose words are asked for first."""
    return list(dict.fromkeys([one for one in (brand_language, *SUPPORTED_LANGUAGES) if one]))


def help_words() -> str:
    """What a phrase may be."""
    return _(
        "A word or a few on each line, at most %(words)s words. Other forms of a word are found by themselves: "
        "parcel finds parcels.",
        words=LIMITS["words"],
    )


def kept_words() -> str:
    """What keeping means."""
    return _(
        "Next gives it to them first, and to nobody else for %(minutes)s minutes. "
        "Anybody may take it from the list all the while.",
        minutes=KEPT_MINUTES,
    )
