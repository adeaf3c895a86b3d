"""Whether the record is as it was written: every line's hash worked out anew, apart from the database that made it.

A line's hash is SHA-256 over the hash of the line before it (32 zero bytes before the first) and the line's own bytes:
`line_bytes`. docs/audit.md says it for whoever checks without this program.
"""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

FORM: Final = "onbrand-audit-1"
START: Final = bytes(32)


class StoredLine(NamedTuple):
    """A line as the database has it; `facts` and `words` as PostgreSQL prints them."""

    number: int
    hash: bytes
    agency_id: UUID
    brand_id: UUID | None
    id: UUID
    created_at: datetime
    actor_id: UUID | None
    actor_salt: bytes
    actor_name: str
    action: str
    subject_type: str
    subject_id: str
    facts: str
    words: str | None
    words_salt: bytes | None
    words_hash: bytes | None


@dataclass(frozen=True)
class Head:
    """Where a chain ended at some time, as told outside the database."""

    number: int
    hash: bytes


@dataclass(frozen=True)
class Break:
    """The first line of a chain that is not as it was written, and what was done."""

    number: int
    what: str


@dataclass
class Verdict:
    """What looking through one chain found: its lines, its end, how many lost their words, what is broken."""

    lines: int = 0
    head: Head = field(default_factory=lambda: Head(0, START))
    erased: int = 0
    broken: Break | None = None


def line_bytes(line: StoredLine, number: int | None = None) -> bytes:
    """What is hashed of a line: a JSON array, as it would stand at another `number` where one is given."""
    words = None if line.words is None else _salted(line.words_salt, line.words)
    at = line.created_at.astimezone(UTC)
    return json.dumps(
        [
            FORM,
            line.number if number is None else number,
            str(line.agency_id),
            None if line.brand_id is None else str(line.brand_id),
            str(line.id),
            f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond:06d}Z",
            None if line.actor_id is None else str(line.actor_id),
            _salted(line.actor_salt, line.actor_name),
            line.action,
            line.subject_type,
            line.subject_id,
            line.facts,
            words if line.words_hash is None else line.words_hash.hex(),
        ],
        ensure_ascii=False,
    ).encode("utf-8", "surrogatepass")


def _salted(salt: bytes | None, said: str) -> str:
    return hashlib.sha256((salt or b"") + said.encode("utf-8", "surrogatepass")).hexdigest()


def link(before: bytes, line: StoredLine, number: int | None = None) -> bytes:
    """The hash a line has behind this one."""
    return hashlib.sha256(before + line_bytes(line, number)).digest()


def verify(lines: Iterable[StoredLine], heads: Mapping[int, bytes], erasure: str) -> Verdict:
    """Look through one chain, its lines by number, and compare it with `heads` told before, by number.

    `erasure` is the action of lines that say whose words were erased; words that are gone without one were stolen.
    Memory: the lines that lost their words and one line ahead.
    """
    found, gone = Verdict(), dict[int, int]()
    for line, ahead in _with_next(lines):
        expected = found.head.number + 1
        if line.number != expected or link(found.head.hash, line) != line.hash:
            found.broken = Break(expected, _what_was_done(found.head, line, ahead))
            return found
        if heads.get(line.number, line.hash) != line.hash:
            found.broken = Break(line.number, "rewritten")
            return found
        if line.words_hash is not None:
            gone[line.number] = line.number
            found.erased += 1
            if line.words is not None or line.words_salt is not None:
                found.broken = Break(line.number, "altered")
                return found
        if line.action == erasure:
            for number in _numbers_in(line.facts):
                gone.pop(number, None)
        found.head, found.lines = Head(line.number, line.hash), found.lines + 1
    last = max(heads, default=0)
    if last > found.head.number:
        found.broken = Break(found.head.number + 1, "cut")
    elif gone:
        found.broken = Break(min(gone), "words_gone")
    return found


def _numbers_in(facts: str) -> list[int]:
    told = json.loads(facts).get("lines", [])
    return [one for one in told if isinstance(one, int)] if isinstance(told, list) else []


def _with_next(lines: Iterable[StoredLine]) -> Iterator[tuple[StoredLine, StoredLine | None]]:
    waiting: deque[StoredLine] = deque()
    for line in lines:
        waiting.append(line)
        if len(waiting) == 2:
            yield waiting.popleft(), waiting[0]
    if waiting:
        yield waiting.popleft(), None


def _what_was_done(before: Head, line: StoredLine, ahead: StoredLine | None) -> str:
    """The most likely deed: what is left would hold, had it not been done."""
    expected = before.number + 1
    if line.number > expected:
        return "deleted"
    if line.number < expected:
        return "inserted"
    if ahead is not None:
        if link(ahead.hash, line, expected + 1) == line.hash and link(before.hash, ahead, expected) == ahead.hash:
            return "reordered"
        if link(before.hash, ahead, expected) == ahead.hash:
            return "inserted"
        if link(line.hash, ahead, ahead.number + 1) == ahead.hash:
            return "deleted"
    return "altered"


def as_line(row: Any) -> StoredLine:
    """Of a row the database gave, its columns named as here."""
    return StoredLine(*(getattr(row, name) for name in StoredLine._fields))
