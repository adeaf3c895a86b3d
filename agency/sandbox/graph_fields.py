"""The `fields` language of the Graph API: names, nested selections and modifiers such as `comments.limit(5){id}`."""

from __future__ import annotations

from dataclasses import dataclass, field

from agency.sandbox.graph_errors import GraphError

MAX_EXPRESSION_LENGTH = 20_000
MAX_DEPTH = 8


@dataclass(frozen=True)
class Field:
    """One asked field. `children` is None where no braces were written."""

    name: str
    modifiers: dict[str, str] = field(default_factory=dict)
    children: tuple[Field, ...] | None = None


def parse_fields(expression: str) -> tuple[Field, ...]:
    """Read a `fields` parameter; raises GraphError 2500 where it cannot be read."""
    if len(expression) > MAX_EXPRESSION_LENGTH:
        raise GraphError(2500, "Please reduce the amount of data you're asking for, then retry your request")
    reader = _Reader(expression)
    found = reader.selection(depth=0)
    if reader.position != len(expression):
        raise reader.complaint("end of string")
    return found


def written(fields: tuple[Field, ...]) -> str:
    """The expression again, as it stands in the address of a next page."""
    parts = []
    for one in fields:
        modifiers = "".join(f".{name}({value})" for name, value in one.modifiers.items())
        children = "" if one.children is None else "{" + written(one.children) + "}"
        parts.append(one.name + modifiers + children)
    return ",".join(parts)


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def complaint(self, expected: str) -> GraphError:
        got = self.text[self.position : self.position + 1] or "end of string"
        return GraphError(
            2500, f'Syntax error "Expected {expected} instead of "{got}"." at character {self.position}: {self.text}'
        )

    def peek(self) -> str:
        return self.text[self.position : self.position + 1]

    def skip_spaces(self) -> None:
        while self.peek().isspace():
            self.position += 1

    def name(self) -> str:
        self.skip_spaces()
        start = self.position
        while self.peek().isalnum() or self.peek() == "_":
            self.position += 1
        if start == self.position:
            raise self.complaint("name")
        word = self.text[start : self.position]
        self.skip_spaces()
        return word

    def argument(self) -> str:
        """What stands in the brackets of a modifier, up to the bracket that closes it."""
        self.position += 1
        start, depth = self.position, 1
        while depth:
            letter = self.peek()
            if not letter:
                raise self.complaint('")"')
            depth += {"(": 1, ")": -1}.get(letter, 0)
            self.position += 1
        self.skip_spaces()
        return self.text[start : self.position - 1].strip()

    def selection(self, depth: int) -> tuple[Field, ...]:
        if depth > MAX_DEPTH:
            raise GraphError(2500, "Too many levels of nested fields")
        found: dict[str, Field] = {}
        self.skip_spaces()
        if self.peek() in ("", "}"):
            return ()
        while True:
            one = self.one_field(depth)
            found[one.name] = one
            if self.peek() != ",":
                return tuple(found.values())
            self.position += 1

    def one_field(self, depth: int) -> Field:
        name = self.name()
        modifiers: dict[str, str] = {}
        while self.peek() == ".":
            self.position += 1
            modifier = self.name()
            if self.peek() != "(":
                raise self.complaint('"("')
            modifiers[modifier] = self.argument()
        children: tuple[Field, ...] | None = None
        if self.peek() == "{":
            self.position += 1
            children = self.selection(depth + 1)
            if self.peek() != "}":
                raise self.complaint('"}"')
            self.position += 1
            self.skip_spaces()
        return Field(name, modifiers, children)
