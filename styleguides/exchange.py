"""A guide as a file: YAML, or Markdown with the same data in fences. Documented in `docs/style-guide-format.md`.

Hostile files are normal: aliases (a short text that stands for millions of rules), deep nesting, doubled keys and long
texts are refused before anything is built from them. PyYAML's safe loader reads the rest. What is written reads back to
the same guide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import yaml

from tenants.errors import worded

LONGEST_SOURCE: Final = 400_000
"""Characters: a guide of 1,000 rules with examples has about 300,000."""
DEEPEST: Final = 12
PARTS: Final = ("voice", "identity", "rules", "note")
Form = Literal["yaml", "markdown"]

_FENCE = re.compile(r"^(`{3,})yaml[ \t]*$", re.MULTILINE)
_SECTION = re.compile(r"^# (Voice|Head|Rules|Note)[ \t]*$")
_TICKS = re.compile(r"`+")


class Unreadable(ValueError):
    """The file is no guide. `message` says what is wrong, `line` (from 1) where, if that is known."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.message, self.line = message, line


@dataclass
class GuideFile:
    """What a file holds, not judged yet: `rules` is for `rules_from_data`, `identity` for `identity_from_data`.

    `rule_lines`: a rule, by its id and by its place (`rule 3`) → its line and those of its fields.
    """

    voice: Any = ""
    identity: Any = field(default_factory=dict)
    rules: Any = field(default_factory=list)
    note: Any = ""
    rule_lines: dict[str, tuple[int, dict[str, int]]] = field(default_factory=dict)


def read_guide(text: str) -> GuideFile:
    """Read a file in either form. Raises Unreadable."""
    if len(text) > LONGEST_SOURCE:
        limit = LONGEST_SOURCE
        raise Unreadable(
            worded("The guide has %(n)s characters; at most %(limit)s are read.", n=len(text), limit=limit)
        )
    text = text.replace("\r\n", "\n")
    try:
        return _read_markdown(text) if _FENCE.search(text) else _read_yaml(text)
    except yaml.MarkedYAMLError as wrong:
        mark: Any = wrong.problem_mark
        line = mark.line + 1 if mark else None
        raise Unreadable(worded("This is not YAML: %(what)s.", what=wrong.problem or wrong.context), line) from None
    except (yaml.YAMLError, ValueError, RecursionError) as wrong:
        if isinstance(wrong, Unreadable):
            raise
        raise Unreadable(worded("This is not YAML, or holds characters that cannot be read.")) from None


def write_guide(form: Form, *, voice: str, identity: Mapping[str, Any], rules: list[Any], note: str = "") -> str:
    """The file of a guide, which `read_guide` reads back to the same."""
    data: dict[str, Any] = {"voice": voice}
    if identity:
        data["identity"] = dict(identity)
    if note:
        data["note"] = note
    data["rules"] = rules
    return _dump(data) if form == "yaml" else _markdown(data)


def _dump(data: Any) -> str:
    return yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=110)


def _markdown(data: Mapping[str, Any]) -> str:
    parts = ["# Voice\n\n" + _fenced(data["voice"])]
    if data.get("identity"):
        parts.append("# Head\n\n" + _fenced(data["identity"]))
    if data.get("note"):
        parts.append("# Note\n\n" + _fenced(data["note"]))
    parts.append("# Rules\n")
    parts += [f"## {rule['id']}\n\n" + _fenced(rule) for rule in data["rules"]]
    return "\n".join(parts)


def _fenced(data: Any) -> str:
    words = _dump(data).removesuffix("...\n")
    ticks = "`" * max(3, 1 + max((len(run) for run in _TICKS.findall(words)), default=0))
    return f"{ticks}yaml\n{words}{ticks}\n"


def _read_yaml(text: str) -> GuideFile:
    node = _compose(text)
    data = _construct(node)
    if not isinstance(data, Mapping):
        raise Unreadable(worded("The guide must have a heading `rules:` with a list of rules below it."))
    for name in data:
        if name not in PARTS:
            shown = str(name)[:60]
            message = worded(
                "`%(name)s` is not known here. Possible are %(names)s.", name=shown, names=", ".join(PARTS)
            )
            raise Unreadable(message, _line_of_key(node, shown))
    rules = next((value for key, value in node.value if getattr(key, "value", "") == "rules"), None)
    entries = rules.value if isinstance(rules, yaml.SequenceNode) else []
    return GuideFile(
        data.get("voice") or "",
        data.get("identity") or {},
        data.get("rules") or [],
        data.get("note") or "",
        _places(entries),
    )


def _read_markdown(text: str) -> GuideFile:
    """Each fence holds what its section's heading names; what stands around the fences is for people."""
    found, nodes = GuideFile(rules=[]), []
    for section, line, words in _fences(text):
        node = _compose("\n" * line + words)
        data = _construct(node)
        if section == "Rules":
            found.rules.append(data)
            nodes.append(node)
        elif section == "Voice":
            found.voice = data or ""
        elif section == "Head":
            found.identity = data or {}
        elif section == "Note":
            found.note = data or ""
        else:
            message = worded(
                "This stands below none of the headings %(names)s.", names="# Voice, # Head, # Note, # Rules"
            )
            raise Unreadable(message, line)
    found.rule_lines = _places(nodes)
    return found


def _fences(text: str) -> Iterator[tuple[str, int, str]]:
    """Section, line of the opening fence (from 1), and what stands within. Raises Unreadable for one left open."""
    section, ticks, opened = "", "", 0
    within: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        if ticks:
            if line.rstrip() == ticks:
                yield section, opened, "\n".join(within) + "\n"
                ticks, within = "", []
            else:
                within.append(line)
        elif heading := _SECTION.match(line):
            section = heading.group(1)
        elif fence := _FENCE.match(line):
            ticks, opened = fence.group(1), number
    if ticks:
        raise Unreadable(worded("This fence is not closed."), opened)


def _construct(node: Any) -> Any:
    return yaml.SafeLoader("").construct_document(node) if node is not None else None


def _compose(text: str) -> Any:
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else None
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise Unreadable(worded("Anchors and aliases (& and *) are not read here. Write it out."), line)
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            depth += 1
            if depth > DEEPEST:
                raise Unreadable(worded("This is nested too deeply."), line)
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
                message = worded("`%(name)s` stands here twice; only one can hold.", name=key.value[:60])
                raise Unreadable(message, line)
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


def _places(entries: list[Any]) -> dict[str, tuple[int, dict[str, int]]]:
    places: dict[str, tuple[int, dict[str, int]]] = {}
    for number, entry in enumerate(entries, 1):
        if entry is None:
            continue
        pairs = entry.value if isinstance(entry, yaml.MappingNode) else []
        lines = {str(key.value): int(key.start_mark.line) + 1 for key, _value in pairs}
        place = (int(entry.start_mark.line) + 1, lines)
        places[f"rule {number}"] = place
        for key, value in pairs:
            if key.value == "id" and isinstance(value, yaml.ScalarNode):
                places[value.value] = place
    return places
