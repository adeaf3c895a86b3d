"""A guide as a file: YAML, or Markdown with the same data in fences. Documented in `docs/style-guide-format.md`.

Hostile files are normal: aliases (a short text that stands for millions of rules), tags, deep nesting, doubled keys and
long texts are refused before anything is built from them. Of what stands without quotes, only whole numbers of up to 15
digits, yes and no, and nothing are more than text: PyYAML takes seconds over `1:1:1:…`, a number to it, and fails at
others. What is written reads back to the same guide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Literal

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
_BOOL = re.compile(r"yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF")
_WHOLE = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,14})")
_NOTHING = re.compile(r"~|null|Null|NULL|")


class _Loader(yaml.CSafeLoader):
    """The safe loader, to which all but numbers, yes and no, and nothing is text."""

    yaml_implicit_resolvers: ClassVar[dict[Any, Any]] = {}  # type: ignore[misc]  # the stubs call it an instance's


for _tag, _form, _first in (
    ("bool", _BOOL, "yYnNtTfFoO"),
    ("int", _WHOLE, "-+0123456789"),
    ("null", _NOTHING, ["~", "n", "N", ""]),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_form.pattern})\Z"), list(_first))


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
    return _read_markdown(text) if _FENCE.search(text) else _read_yaml(text)


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
    node, data = _read(text)
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
        _places((entry, 0) for entry in entries),
    )


def _read_markdown(text: str) -> GuideFile:
    """Each fence holds what its section's heading names; what stands around the fences is for people."""
    found, nodes = GuideFile(rules=[]), []
    for section, line, words in _fences(text):
        node, data = _read(words, line)
        if section == "Rules":
            found.rules.append(data)
            nodes.append((node, line))
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


def _read(text: str, before: int = 0) -> tuple[Any, Any]:
    """The nodes of a YAML text and its data. `before`: how many lines of the file stand above. Raises Unreadable."""
    try:
        _refuse_hostile(text, before)
        node = yaml.compose(text, Loader=_Loader)
        _refuse_doubles(node, before)
        return node, yaml.SafeLoader("").construct_document(node) if node is not None else None
    except yaml.MarkedYAMLError as wrong:
        line = before + wrong.problem_mark.line + 1 if wrong.problem_mark else None
        raise Unreadable(worded("This is not YAML: %(what)s.", what=wrong.problem or wrong.context), line) from None
    except Unreadable:
        raise
    except (yaml.YAMLError, ValueError, RecursionError):
        raise Unreadable(worded("This is not YAML, or holds characters that cannot be read.")) from None


def _refuse_hostile(text: str, before: int) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        line = before + event.start_mark.line + 1 if event.start_mark else None
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise Unreadable(worded("Anchors and aliases (& and *) are not read here. Write it out."), line)
        if getattr(event, "tag", None) is not None:
            raise Unreadable(worded("Tags (!) are not read here. Put text that begins with ! in quotes."), line)
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            depth += 1
            if depth > DEEPEST:
                raise Unreadable(worded("This is nested too deeply."), line)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            depth -= 1


def _refuse_doubles(node: Any, before: int) -> None:
    """A key written twice would silently lose its first value."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                line = before + key.start_mark.line + 1
                message = worded("`%(name)s` stands here twice; only one can hold.", name=key.value[:60])
                raise Unreadable(message, line)
            seen.add(getattr(key, "value", "") if isinstance(key, yaml.ScalarNode) else "")
            _refuse_doubles(value, before)
    elif isinstance(node, yaml.SequenceNode):
        for entry in node.value:
            _refuse_doubles(entry, before)


def _line_of_key(node: Any, name: str) -> int | None:
    for key, _value in getattr(node, "value", ()):
        if getattr(key, "value", None) == name:
            return int(key.start_mark.line) + 1
    return None


def _places(entries: Iterable[tuple[Any, int]]) -> dict[str, tuple[int, dict[str, int]]]:
    """Where rules stand. `entries`: the node of each, and how many lines of the file stand above its text."""
    places: dict[str, tuple[int, dict[str, int]]] = {}
    for number, (entry, before) in enumerate(entries, 1):
        if entry is None:
            continue
        pairs = entry.value if isinstance(entry, yaml.MappingNode) else []
        lines = {str(key.value): before + int(key.start_mark.line) + 1 for key, _value in pairs}
        place = (before + int(entry.start_mark.line) + 1, lines)
        places[f"rule {number}"] = place
        for key, value in pairs:
            if key.value == "id" and isinstance(value, yaml.ScalarNode):
                places[value.value] = place
    return places
