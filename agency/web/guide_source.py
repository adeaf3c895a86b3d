"""A guide as YAML: written for the editor, read back with every problem named by line, rule and field.

Hostile text is normal: aliases (a short text that stands for millions of rules), deep nesting and long texts are
refused before anything is built from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import yaml
from flask_babel import gettext as _

from agency.web.contexts import GuideProblem
from styleguides.check import example_problems
from styleguides.models import StyleGuideVersion
from styleguides.rules import Rule, RulesInvalid, rules_from_data

LONGEST_SOURCE: Final = 400_000
"""Characters: a guide of 1,000 rules with examples has about 300,000."""
DEEPEST: Final = 12
PARTS: Final = ("voice", "identity", "rules")


@dataclass
class Source:
    """What was read, and what is wrong with it. `rules_data` is only to be used while `problems` is empty."""

    voice: Any = ""
    identity: Any = field(default_factory=dict)
    rules_data: Any = field(default_factory=list)
    rules: tuple[Rule, ...] = ()
    problems: tuple[GuideProblem, ...] = ()


class _Refused(Exception):
    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.message, self.line = message, line


def source_of(version: StyleGuideVersion | None) -> str:
    """A version as the editor shows it; a small beginning where there is none."""
    if version is None:
        data: dict[str, Any] = {"voice": "", "rules": []}
    else:
        data = {"voice": version.voice, "identity": version.identity, "rules": version.rules}
        if not version.identity:
            del data["identity"]
    return yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=110)


def read_source(text: str) -> Source:
    """Read the editor's text. Never raises: what is wrong stands in `problems`, all of it at once where possible."""
    try:
        node = _compose(text)
        data = yaml.SafeLoader("").construct_document(node) if node is not None else None
        if not isinstance(data, Mapping):
            raise _Refused(_("The guide must have a heading `rules:` with a list of rules below it."))
        unknown = [str(name)[:60] for name in data if name not in PARTS]
        if unknown:
            raise _Refused(
                _("`%(name)s` is not known here. Possible are voice, identity and rules.", name=unknown[0]),
                _line_of_key(node, unknown[0]),
            )
    except _Refused as wrong:
        return Source(problems=(_problem(wrong.message, wrong.line),))
    except yaml.MarkedYAMLError as wrong:
        mark: Any = wrong.problem_mark
        line = mark.line + 1 if mark else None
        return Source(problems=(_problem(_("This is not YAML: %(what)s.", what=wrong.problem or wrong.context), line),))
    except (yaml.YAMLError, ValueError, RecursionError):
        return Source(problems=(_problem(_("This is not YAML, or holds characters that cannot be read."), None),))
    source = Source(data.get("voice") or "", data.get("identity") or {}, data.get("rules") or [])
    places = _places(node)
    try:
        source.rules = rules_from_data(source.rules_data)
    except RulesInvalid as wrong_rules:
        source.problems = tuple(_rule_problem(p.rule, p.field, p.message, places) for p in wrong_rules.problems)
    return source


def disagreeing_examples(source: Source, brand_language: str, text: str) -> tuple[GuideProblem, ...]:
    """Examples that do not show what they should: they keep a version from being put in force."""
    found = example_problems(source.rules, brand_language)
    if not found:
        return ()
    places = _places(_compose(text))
    return tuple(_rule_problem(p.rule, p.field, p.message, places) for p in found)


def _compose(text: str) -> Any:
    if len(text) > LONGEST_SOURCE:
        limit = LONGEST_SOURCE
        raise _Refused(_("The guide has %(n)s characters; at most %(limit)s are read.", n=len(text), limit=limit))
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else None
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise _Refused(_("Anchors and aliases (& and *) are not read here. Write it out."), line)
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            depth += 1
            if depth > DEEPEST:
                raise _Refused(_("This is nested too deeply."), line)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            depth -= 1
    node = yaml.compose(text, Loader=yaml.CSafeLoader)
    _refuse_doubles(node)
    return node


def _refuse_doubles(node: Any) -> None:
    """A key written twice would silently lose its first value."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                line = key.start_mark.line + 1
                raise _Refused(_("`%(name)s` stands here twice; only one can hold.", name=key.value[:60]), line)
            seen.add(getattr(key, "value", "") if isinstance(key, yaml.ScalarNode) else "")
            _refuse_doubles(value)
    elif isinstance(node, yaml.SequenceNode):
        for entry in node.value:
            _refuse_doubles(entry)


def _line_of_key(node: Any, name: str) -> int | None:
    for key, _value in getattr(node, "value", ()):
        if getattr(key, "value", None) == name:
            return int(key.start_mark.line) + 1
    return None


def _places(node: Any) -> dict[str, tuple[int, dict[str, int]]]:
    """Rule, by id and by place (`rule 3`), → its line and those of its fields."""
    rules = next((value for key, value in getattr(node, "value", ()) if getattr(key, "value", "") == "rules"), None)
    places: dict[str, tuple[int, dict[str, int]]] = {}
    if not isinstance(rules, yaml.SequenceNode):
        return places
    for number, entry in enumerate(rules.value, 1):
        pairs = entry.value if isinstance(entry, yaml.MappingNode) else []
        lines = {str(key.value): int(key.start_mark.line) + 1 for key, _value in pairs}
        place = (int(entry.start_mark.line) + 1, lines)
        places[f"rule {number}"] = place
        for key, value in pairs:
            if key.value == "id" and isinstance(value, yaml.ScalarNode):
                places[value.value] = place
    return places


def _rule_problem(
    rule: str, field_name: str, message: str, places: Mapping[str, tuple[int, dict[str, int]]]
) -> GuideProblem:
    line: int | None = None
    if rule in places:
        start, fields = places[rule]
        line = fields.get(field_name.partition(".")[0], start)
    where = _("Line %(n)s, %(rule)s", n=line, rule=rule) if line is not None else rule
    words = f"{field_name}: {_(message)}" if field_name else _(message)
    return GuideProblem(where=where, message=words, line=line)


def _problem(message: str, line: int | None) -> GuideProblem:
    return GuideProblem(
        where=_("Line %(n)s", n=line) if line is not None else _("The guide"), message=message, line=line
    )
