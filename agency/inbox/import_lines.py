"""Lines of a file of earlier conversations, read into items; CSV or JSON Lines, a report for each line. Pure.

The columns stand in COLUMNS, which `docs/how-to-import.md` explains. A line that cannot be read is refused with its
reason and stops nothing; the lines around it are read.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from channels.items import KINDS, Author, IncomingItem, OwnReply, PostContext, person_thread
from channels.wire import Unreadable, identifier, instant, link, short_text, text_of

LARGEST_FILE_BYTES = 20_000_000
MOST_LINES = 50_000
LONGEST_LINE_CHARACTERS = 400_000
"""Four times the longest text kept, so that a line of escapes still fits."""

REQUIRED = ("id", "kind", "text", "written_at")
COLUMNS: dict[str, str] = {
    "id": "the platform's id of the comment, review, post or message; repeating it changes nothing",
    "kind": "comment, review, post, mention or message",
    "text": "the words; may be empty for a review of stars alone",
    "written_at": "RFC 3339 with zone, e.g. 2026-03-01T09:30:00Z",
    "direction": "in (a customer's, the default) or out (the brand's)",
    "thread_id": "of a reply: the id of the top comment, review or post; of a message: the id of the person",
    "parent_id": "of a reply: the id of what it answers",
    "author_id": "the platform's id of the person",
    "author_name": "the name as the platform shows it",
    "edited_at": "as written_at; empty for never",
    "stars": "1 to 5, reviews only",
    "permalink": "address of the item on the platform",
    "post_id": "of a comment: the id of the post it stands under",
    "post_text": "the words of that post",
    "reply": "of a review: the brand's answer",
    "reply_written_at": "when that answer was written",
}


class NotAFile(ValueError):
    """The file as a whole cannot be read; the word is one of `too_large`, `not_utf8`, `no_lines`, `columns`."""

    def __init__(self, word: str, detail: str = "") -> None:
        super().__init__(word)
        self.word = word
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its number in the file (the first is 1) and what it holds, or why it holds nothing."""

    number: int
    item: IncomingItem | None
    problem: str | None = None


def lines_of(file: bytes, *, now: datetime) -> Iterator[Line]:
    """Every line with content. Raises `NotAFile` at once, before the first line, when the whole cannot be read."""
    if len(file) > LARGEST_FILE_BYTES:
        raise NotAFile("too_large")
    try:
        text = file.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotAFile("not_utf8") from None
    records = _json_lines(text) if text.lstrip()[:1] == "{" else _csv_lines(text)
    return _read(records, now)


def _read(records: Iterator[tuple[int, dict[str, Any] | str]], now: datetime) -> Iterator[Line]:
    for count, (number, record) in enumerate(records):
        if count >= MOST_LINES:
            yield Line(number, None, "more lines than one file may have")
            return
        if isinstance(record, str):
            yield Line(number, None, record)
            continue
        try:
            yield Line(number, _item(record, now))
        except Unreadable as error:
            yield Line(number, None, str(error))


def _json_lines(text: str) -> Iterator[tuple[int, dict[str, Any] | str]]:
    for number, line in enumerate(io.StringIO(text, newline="\n"), start=1):
        if not line.strip():
            continue
        if len(line) > LONGEST_LINE_CHARACTERS:
            yield number, "the line is too long"
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            value = None
        yield number, value if isinstance(value, dict) else "not a JSON object"


def _csv_lines(text: str) -> Iterator[tuple[int, dict[str, Any] | str]]:
    delimiter = ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        head = [name.strip().lower() for name in next(reader)]
    except (StopIteration, csv.Error):
        raise NotAFile("no_lines") from None
    missing = [name for name in REQUIRED if name not in head]
    if missing:
        raise NotAFile("columns", ", ".join(missing))
    return _csv_records(reader, head)


def _csv_records(reader: Any, head: list[str]) -> Iterator[tuple[int, dict[str, Any] | str]]:
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield number, "not a line of CSV; what follows it cannot be told apart"
            return
        if any(cell.strip() for cell in cells):
            shape = "other cells than columns"
            yield number, dict(zip(head, cells, strict=True)) if len(cells) == len(head) else shape


def _item(record: dict[str, Any], now: datetime) -> IncomingItem:
    external_id = _required_id(record, "id")
    kind = _word(record, "kind")
    if kind not in KINDS:
        raise Unreadable("kind is none of " + ", ".join(KINDS))
    direction = _word(record, "direction") or "in"
    if direction not in ("in", "out"):
        raise Unreadable("direction is neither in nor out")
    text, truncated = text_of(record.get("text"), field="text")
    written_at = _moment(record, "written_at", now)
    if written_at is None:
        raise Unreadable("written_at is missing")
    author_id, name = _optional_id(record, "author_id"), short_text(record.get("author_name"), 300)
    thread = _optional_id(record, "thread_id")
    if kind == "message":
        person = thread or (author_id if direction == "in" else None)
        if person is None:
            raise Unreadable("a message needs the person as thread_id")
        thread = person_thread(person)
    stars = _stars(record) if kind == "review" else None
    if not text and stars is None:
        raise Unreadable("there are no words")
    post_id = _optional_id(record, "post_id")
    return IncomingItem(
        external_id=external_id,
        thread_external_id=thread or external_id,
        parent_external_id=_optional_id(record, "parent_id"),
        kind=kind,
        author=Author(author_id, name) if author_id or name else None,
        text=text,
        created_at=written_at,
        updated_at=_moment(record, "edited_at", now),
        stars=stars,
        permalink=link(record.get("permalink")),
        from_us=direction == "out",
        context=PostContext(post_id, short_text(record.get("post_text")), None, None) if post_id else None,
        reply=_reply(record, now) if kind == "review" else None,
        truncated=truncated,
    )


def _reply(record: dict[str, Any], now: datetime) -> OwnReply | None:
    text, _ = text_of(record.get("reply") or None, field="reply")
    return OwnReply(text, _moment(record, "reply_written_at", now), "published") if text else None


def _word(record: dict[str, Any], name: str) -> str:
    value = record.get(name)
    return value.strip().lower() if isinstance(value, str) else ""


def _required_id(record: dict[str, Any], name: str) -> str:
    found = _optional_id(record, name)
    if found is None:
        raise Unreadable(f"{name} is missing")
    return found


def _optional_id(record: dict[str, Any], name: str) -> str | None:
    value = record.get(name)
    if value is None or value == "":
        return None
    found = identifier(value.strip() if isinstance(value, str) else value)
    if found is None:
        raise Unreadable(f"{name} is no id")
    return found


def _moment(record: dict[str, Any], name: str, now: datetime) -> datetime | None:
    value = record.get(name)
    if value is None or value == "":
        return None
    moment = instant(value)
    if moment is None:
        raise Unreadable(f"{name} is no time")
    if moment > now:
        raise Unreadable(f"{name} lies in the future")
    return moment


def _stars(record: dict[str, Any]) -> int | None:
    value = record.get("stars")
    if value is None or value == "":
        return None
    text = str(value).strip()
    if text not in ("1", "2", "3", "4", "5"):
        raise Unreadable("stars are not 1 to 5")
    return int(text)
