"""A guide as text for the editor, read back with every problem named by line, rule and field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _

from agency.web.contexts import GuideProblem
from styleguides.check import example_problems
from styleguides.exchange import Unreadable, read_guide, write_guide
from styleguides.models import StyleGuideVersion
from styleguides.rules import Rule, RulesInvalid, rules_from_data


@dataclass
class Source:
    """What was read, and what is wrong with it. `rules_data` is only to be used while `problems` is empty."""

    voice: Any = ""
    identity: Any = field(default_factory=dict)
    rules_data: Any = field(default_factory=list)
    note: Any = ""
    rules: tuple[Rule, ...] = ()
    problems: tuple[GuideProblem, ...] = ()


def source_of(version: StyleGuideVersion | None) -> str:
    """A version as the editor shows it; a small beginning where there is none."""
    if version is None:
        return write_guide("yaml", voice="", identity={}, rules=[])
    return write_guide("yaml", voice=version.voice, identity=version.identity, rules=version.rules)


def read_source(text: str) -> Source:
    """Read the editor's text. Never raises: what is wrong stands in `problems`, all of it at once where possible."""
    try:
        found = read_guide(text)
    except Unreadable as wrong:
        return Source(problems=(_problem(_(wrong.message), wrong.line),))
    source = Source(found.voice, found.identity, found.rules, found.note)
    try:
        source.rules = rules_from_data(source.rules_data)
    except RulesInvalid as wrong_rules:
        source.problems = tuple(
            _rule_problem(p.rule, p.field, p.message, found.rule_lines) for p in wrong_rules.problems
        )
    return source


def disagreeing_examples(source: Source, brand_language: str, text: str) -> tuple[GuideProblem, ...]:
    """Examples that do not show what they should: they keep a version from being put in force."""
    found = example_problems(source.rules, brand_language)
    if not found:
        return ()
    places = read_guide(text).rule_lines
    return tuple(_rule_problem(p.rule, p.field, p.message, places) for p in found)


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
