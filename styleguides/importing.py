"""A guide that comes or goes as a file: read with every problem named by line, rule and field, kept as a draft.

Pages and API read a file here and nowhere else, so that both take and refuse the same. Flushes, never commits.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from styleguides import guides
from styleguides.check import GuideProblem, example_problems
from styleguides.exchange import Form, Unreadable, read_guide, write_guide
from styleguides.models import StyleGuideVersion
from styleguides.rules import Rule, RuleProblem, RulesInvalid, rules_from_data
from tenants.errors import Invalid, worded
from tenants.permissions import Actor, Permission, require

MOST_PROBLEMS: Final = 100
"""Nobody reads more of them at once, and a file could hold thousands."""


@dataclass(frozen=True, slots=True)
class SourceProblem:
    """One thing wrong with a file. `line` from 1, None where it is not known; `rule` is empty for the file as such."""

    message: str
    line: int | None = None
    rule: str = ""
    field: str = ""


@dataclass
class Source:
    """What was read. `rules_data` is only to be used while `problems` is empty."""

    voice: Any = ""
    identity: Any = field(default_factory=dict)
    rules_data: Any = field(default_factory=list)
    note: Any = ""
    rules: tuple[Rule, ...] = ()
    problems: tuple[SourceProblem, ...] = ()
    rule_lines: dict[str, tuple[int, dict[str, int]]] = field(default_factory=dict)


def read_source(text: str) -> Source:
    """Read a file of either form. Never raises: what is wrong stands in `problems`, at most MOST_PROBLEMS at once."""
    try:
        found = read_guide(text)
    except Unreadable as wrong:
        return Source(problems=(SourceProblem(wrong.message, wrong.line),))
    source = Source(found.voice, found.identity, found.rules, found.note, rule_lines=found.rule_lines)
    try:
        source.rules = rules_from_data(source.rules_data)
    except RulesInvalid as wrong_rules:
        source.problems = _placed(source, wrong_rules.problems)
    return source


def disagreeing_examples(source: Source, brand_language: str) -> tuple[SourceProblem, ...]:
    """Examples that do not show what they should: they keep a version from being put in force."""
    return _placed(source, example_problems(source.rules, brand_language))


def import_draft(actor: Actor, brand_id: UUID, text: str, note: str = "") -> StyleGuideVersion:
    """A new draft from a file; without a `note` it has the file's own.

    Raises Invalid `guide_unreadable`, with each problem by the rule and field, or by `source`, and its line; what
    `guides.draft_version` raises.
    """
    require(actor, Permission.GUIDE_WRITE, brand_id)
    source = read_source(text)
    if source.problems:
        raise _unreadable(source.problems)
    return guides.draft_version(
        actor, brand_id, source.rules_data, note or source.note, voice=source.voice, identity=source.identity
    )


def write_version(form: Form, version: StyleGuideVersion, *, with_note: bool = True) -> str:
    """A version as a file, which `read_source` reads back to the same."""
    note = version.note if with_note else ""
    return write_guide(form, voice=version.voice, identity=version.identity, rules=version.rules, note=note)


def _placed(source: Source, problems: Iterable[RuleProblem | GuideProblem]) -> tuple[SourceProblem, ...]:
    found: list[SourceProblem] = []
    for problem in list(problems)[:MOST_PROBLEMS]:
        line: int | None = None
        if problem.rule in source.rule_lines:
            start, fields = source.rule_lines[problem.rule]
            line = fields.get(problem.field.partition(".")[0], start)
        found.append(SourceProblem(problem.message, line, problem.rule, problem.field))
    return tuple(found)


def _unreadable(problems: tuple[SourceProblem, ...]) -> Invalid:
    errors: dict[str, list[str]] = {}
    for one in problems:
        words = one.message if one.line is None else worded("line %(n)s: %(problem)s", n=one.line, problem=one.message)
        errors.setdefault(f"{one.rule}.{one.field}".strip(".") or "source", []).append(words)
    where, sentences = next(iter(errors.items()))
    return Invalid(
        worded(
            "This file cannot be taken as a style guide (%(where)s, %(problem)s). Nothing was saved. "
            "Correct what is named and send it again.",
            where=where,
            problem=sentences[0],
        ),
        code="guide_unreadable",
        errors=errors,
    )
