"""The form of one style rule, made from the dataclass of its kind: a new kind needs only words.

A field's type decides its widget; `CHOICES` names what a list may hold where it is a closed set. What is typed becomes
the plain data `styleguides.rules.rules_from_data` reads, which judges it.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Collection, Mapping, Sequence
from types import UnionType
from typing import Any, Final, Literal

from flask_babel import gettext as _

from agency.web.contexts_guide import FormField
from agency.web.guide_words import language_word
from agency.web.language import per_language
from agency.web.looks import Choice
from agency.web.reply_looks import platform_word
from styleguides.length import PLATFORMS
from styleguides.personal_data import SORTS
from styleguides.rule_kinds import CONVERSATION_KINDS, RULE_KINDS, Example, Rule
from tenants.brands import LANGUAGES

Widget = Literal["text", "area", "lines", "number", "check", "select", "checks"]

CHOICES: Final[dict[str, Collection[str]]] = {
    "platforms": tuple(PLATFORMS),
    "kinds": CONVERSATION_KINDS,
    "languages": LANGUAGES,
    "sorts": SORTS,
}
"""Lists of a closed set, shown as boxes to tick."""
ONE_OF: Final[dict[str, Collection[str]]] = {
    "language": LANGUAGES,
    "platform": tuple(PLATFORMS),
    "kind": CONVERSATION_KINDS,
}
"""Texts of a closed set within an example."""
LONG: Final = frozenset({"reason", "text", "began_with"})
LAST: Final = ("level", "reason", "platforms", "kinds", "languages", "good", "bad", "id")
"""What every kind has stands after what is its own."""


@per_language
def field_words() -> dict[str, tuple[str, str]]:
    """Field → its label and a line of help. A test holds this to the kinds."""
    return {
        "phrases": (_("Words and phrases"), _("One a line. Other forms of the words are found by themselves.")),
        "forms": (_("Further forms"), _("Only for words whose forms are not found by themselves, one a line.")),
        "suggestion": (_("Instead"), _("What to write instead; put in by one key.")),
        "match": (_("Which forms are meant"), ""),
        "use": (_("Write this"), ""),
        "instead_of": (_("Instead of these"), _("One a line.")),
        "any_of": (_("One of these"), _("One a line; one of them is enough. {name} stands for the customer's name.")),
        "name": (_("The customer's first name"), ""),
        "within_words": (_("Within the last words"), _("How many words from the end it may stand.")),
        "max_characters": (_("Characters at most"), ""),
        "min_characters": (_("Characters at least"), ""),
        "max_reading_seconds": (_("Seconds of reading at most"), _("At 190 words a minute.")),
        "max_count": (_("How many at most"), _("0 for none.")),
        "max_words": (_("Words in a sentence at most"), ""),
        "max_stars": (_("For reviews of up to so many stars"), ""),
        "on_complaints": (_("Also for complaints"), ""),
        "allowed_domains": (_("Allowed addresses"), _("Domains, one a line; their subdomains are allowed, too.")),
        "min_letters": (_("Words of at least so many letters"), ""),
        "allowed": (_("Allowed all the same"), _("One a line: names, abbreviations, the brand's own data.")),
        "sorts": (_("Which data"), _("None ticked means all.")),
        "order_patterns": (_("How orders are numbered"), _("One a line: # for a digit, ? for a letter, as PW-######.")),
        "form": (_("How customers are spoken to"), ""),
        "dated": (_("Also times that are promised"), ""),
        "likeness_percent": (_("From this likeness on, in percent"), _("100 is word for word.")),
        "only_complaints": (_("Only for complaints and bad reviews"), ""),
        "began_with": (_("The saved reply it began with"), ""),
        "level": (_("How strict"), ""),
        "reason": (_("Reason"), _("The brand's own why; whoever writes reads it beside the finding.")),
        "platforms": (_("Platforms"), _("None ticked means all.")),
        "kinds": (_("Kinds"), _("None ticked means all.")),
        "languages": (_("Languages"), _("None ticked means all.")),
        "good": (_("A good example"), _("A reply that keeps this rule.")),
        "bad": (_("A bad example"), _("A reply that breaks this rule.")),
        "id": (_("Short name"), _("Small letters, digits and hyphens; left empty, one is made.")),
        "text": (_("Words"), ""),
        "language": (_("Language"), ""),
        "platform": (_("Platform"), ""),
        "kind": (_("Kind"), ""),
        "stars": (_("Stars of the review"), ""),
        "customer_name": (_("Name of the customer"), ""),
        "complaint": (_("It answers a complaint"), ""),
    }


@per_language
def choice_words() -> dict[str, str]:
    """What may be chosen → its words."""
    return {
        "stop": _("Stops: cannot be sent"),
        "warn": _("Warns: can be sent knowingly"),
        "hint": _("Hints"),
        "inflected": _("Every form of the words"),
        "exact": _("These forms, in small or capital letters"),
        "case": _("Just as written here"),
        "required": _("Must be used where it is known"),
        "allowed": _("May be used"),
        "never": _("Is never used"),
        "formal": _("Formally: Pan and Pani, usted, o senhor"),
        "informal": _("Informally: ty, tú, tu, first names"),
        "voce": _("With você"),
        "comment": _("comments"),
        "review": _("reviews"),
        "message": _("messages"),
        "email": _("e-mail addresses"),
        "phone": _("phone numbers"),
        "card": _("card numbers"),
        "bank_account": _("bank accounts"),
        "national_id": _("identity numbers"),
        "order": _("order numbers"),
        "health": _("words about health"),
    }


def fields_of(cls: type[Any]) -> tuple[tuple[str, Any], ...]:
    """Field → its type, the kind's own first."""
    hints = typing.get_type_hints(cls)
    names = [one.name for one in dataclasses.fields(cls)]
    own = [name for name in names if cls is Example or name not in LAST]
    return tuple(
        (name, hints[name]) for name in (*own, *(name for name in LAST if cls is not Example and name in names))
    )


def widget_of(name: str, wanted: Any) -> Widget:
    """How a field of this type is filled in."""
    plain = _without_none(wanted)
    if typing.get_origin(plain) is Literal:
        return "select"
    if typing.get_origin(plain) is tuple:
        return "checks" if name in CHOICES else "lines"
    if plain is bool:
        return "check"
    if plain is int:
        return "number"
    return "select" if name in ONE_OF else "area" if name in LONG else "text"


def form_of(kind: str, values: Mapping[str, Any], errors: Mapping[str, str]) -> tuple[FormField, ...]:
    """The fields with what they hold. `values` are as `values_of` and `typed_values` give them."""
    return tuple(_group(name, wanted, values, errors) for name, wanted in fields_of(RULE_KINDS[kind]))


def _group(name: str, wanted: Any, values: Mapping[str, Any], errors: Mapping[str, str], place: str = "") -> FormField:
    full = f"{place}{name}"
    label, help_text = field_words().get(name, (name.replace("_", " "), ""))
    if _without_none(wanted) is Example:
        inner = tuple(_group(one, hint, values, errors, f"{full}.") for one, hint in fields_of(Example))
        return FormField(
            name=full, label=label, widget="group", help=help_text, fields=inner, error=errors.get(full, "")
        )
    widget, value = widget_of(name, wanted), values.get(full, "")
    options: tuple[Choice, ...] = ()
    if widget in ("select", "checks"):
        chosen = set(value) if widget == "checks" else {value}
        options = tuple(
            Choice(_named(code, name), "", value=code, selected=code in chosen) for code in _codes(name, wanted)
        )
        if widget == "select" and _is_optional(wanted):
            options = (Choice("–", "", value="", selected=not value), *options)
    return FormField(
        name=full,
        label=label,
        widget=widget,
        help=help_text,
        value=value if isinstance(value, str) else "",
        ticked=value is True,
        options=options,
        error=errors.get(full, ""),
    )


def values_of(rule: Rule) -> dict[str, Any]:
    """What the form of this rule holds: texts, lists of codes, True for ticked boxes."""
    values: dict[str, Any] = {}
    _fill(values, rule, "")
    return values


def empty_values(kind: str) -> dict[str, Any]:
    """What an empty form holds: the kind's own defaults."""
    values: dict[str, Any] = {}
    for one in dataclasses.fields(RULE_KINDS[kind]):
        if one.default is not dataclasses.MISSING and one.default is not None:
            values[one.name] = _shown(one.name, one.default)
    return values


def typed_values(kind: str, form: Any) -> dict[str, Any]:
    """What somebody typed, as `form_of` takes it."""
    values: dict[str, Any] = {}
    for name, wanted in fields_of(RULE_KINDS[kind]):
        if _without_none(wanted) is Example:
            for inner, hint in fields_of(Example):
                values[f"{name}.{inner}"] = _typed(f"{name}.{inner}", inner, hint, form)
        else:
            values[name] = _typed(name, name, wanted, form)
    return values


def data_of(kind: str, values: Mapping[str, Any], taken: Collection[str]) -> dict[str, Any]:
    """The rule as plain data; what is left empty is left out. Without an `id` one is made that is not `taken`."""
    data: dict[str, Any] = {"kind": kind}
    for name, wanted in fields_of(RULE_KINDS[kind]):
        if _without_none(wanted) is Example:
            inner = {one: _data(one, hint, values.get(f"{name}.{one}", "")) for one, hint in fields_of(Example)}
            if inner.get("text"):
                data[name] = {one: value for one, value in inner.items() if value not in (None, "", False)}
        elif (value := _data(name, wanted, values.get(name, ""))) not in (None, ""):
            data[name] = value
    if "id" not in data:
        data["id"] = _free_id(kind, taken)
    return data


def kind_choices(words: Mapping[str, str], url: str) -> tuple[Choice, ...]:
    """Every kind, as a link to its empty form."""
    return tuple(Choice(words.get(kind, kind), f"{url}?kind={kind}", value=kind) for kind in RULE_KINDS)


def replaced(rules: Sequence[Mapping[str, Any]], rule_id: str | None, data: Mapping[str, Any] | None) -> list[Any]:
    """The guide's rules with one in the place of `rule_id`, or at the end; without it where `data` is None."""
    if rule_id is None:
        return [*rules, data]
    return [data if rule["id"] == rule_id else rule for rule in rules if data is not None or rule["id"] != rule_id]


def _fill(values: dict[str, Any], item: Any, place: str) -> None:
    for one in dataclasses.fields(item):
        value = getattr(item, one.name)
        if isinstance(value, Example):
            _fill(values, value, f"{one.name}.")
        elif value is not None:
            values[f"{place}{one.name}"] = _shown(one.name, value)


def _shown(name: str, value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value) if name in CHOICES else "\n".join(value)
    return value if isinstance(value, bool) else str(value)


def _typed(full: str, name: str, wanted: Any, form: Any) -> Any:
    widget = widget_of(name, wanted)
    if widget == "checks":
        return form.getlist(full)
    if widget == "check":
        return form.get(full) == "1"
    return form.get(full, "").replace("\r\n", "\n")


def _data(name: str, wanted: Any, value: Any) -> Any:
    """One field as data. A number that is none stays text, so that the refusal names its field."""
    widget = widget_of(name, wanted)
    if widget == "checks":
        return list(value) or None
    if widget == "check":
        return value is True
    if widget == "lines":
        return [line.strip() for line in str(value).split("\n") if line.strip()]
    text = str(value).strip()
    if widget == "number" and text.isascii() and text.isdigit() and len(text) < 10:
        return int(text)
    return text


def _codes(name: str, wanted: Any) -> Collection[str]:
    if name in CHOICES and typing.get_origin(_without_none(wanted)) is tuple:
        return CHOICES[name]
    return ONE_OF[name] if name in ONE_OF else typing.get_args(_without_none(wanted))


def _named(code: str, name: str) -> str:
    if name in ("language", "languages"):
        return language_word(code)
    if name in ("platform", "platforms"):
        return platform_word(code)
    return choice_words().get(code, code.replace("_", " "))


def _is_optional(wanted: Any) -> bool:
    return typing.get_origin(wanted) in (UnionType, typing.Union) and type(None) in typing.get_args(wanted)


def _without_none(wanted: Any) -> Any:
    if _is_optional(wanted):
        return next(part for part in typing.get_args(wanted) if part is not type(None))
    return wanted


def _free_id(kind: str, taken: Collection[str]) -> str:
    base = kind.replace("_", "-")
    number = 1
    while (made := base if number == 1 else f"{base}-{number}") in taken:
        number += 1
    return made
