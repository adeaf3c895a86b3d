"""Lines of a file of earlier conversations, read into items; CSV or JSON Lines, a report for each line. Pure.

The columns stand in COLUMNS, which `docs/how-to-import.md` explains. A line that cannot be read is refused with its
reason, one of PROBLEMS, and stops nothing; the lines around it are read. An id stands once in a file: of lines that
share one the first counts.

Text is UTF-8, or what spreadsheets call Unicode: UTF-16 with its mark. An encoding of one byte a letter tells nobody
which letters it means, so it is refused and not guessed. The file is decoded as it is read, never held as text.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from channels.items import KINDS, Author, IncomingItem, OwnReply, PostContext, person_thread
from channels.wire import Unreadable, identifier, instant, link, short_text, text_of
from tenants.errors import worded

LARGEST_FILE_BYTES = 20_000_000
MOST_LINES = 50_000
LONGEST_LINE_CHARACTERS = 400_000
"""Four times the longest text kept, so that a line of escapes still fits."""
csv.field_size_limit(LONGEST_LINE_CHARACTERS)

REQUIRED = ("id", "kind", "text", "written_at")
COLUMNS: dict[str, str] = {
    "id": worded("the platform's id of the comment, review, post or message; repeating it changes nothing"),
    "kind": worded("comment, review, post, mention or message"),
    "text": worded("the words; may be empty for a review of stars alone"),
    "written_at": worded("when, with its zone: 2026-03-01T09:30:00Z"),
    "direction": worded("in (a customer's, the default) or out (the brand's)"),
    "thread_id": worded("of a reply: the id of the top comment, review or post; of a message: the id of the person"),
    "parent_id": worded("of a reply: the id of what it answers"),
    "author_id": worded("the platform's id of the person"),
    "author_name": worded("the name as the platform shows it"),
    "edited_at": worded("as written_at; empty for never"),
    "stars": worded("1 to 5, reviews only"),
    "permalink": worded("address of the item on the platform"),
    "post_id": worded("of a comment: the id of the post it stands under"),
    "post_text": worded("the words of that post"),
    "reply": worded("of a review: the brand's answer"),
    "reply_written_at": worded("when that answer was written"),
}

PROBLEMS: dict[str, str] = {
    "too_many": worded("The file has more lines than one file may have; this one and all after it are left out."),
    "too_long": worded("This line is too long."),
    "not_json": worded("This line is not one JSON object."),
    "not_csv": worded(
        "This is not CSV; what follows cannot be told apart, so it is all left out. "
        "Look for a quotation mark that is not closed, or not doubled within a text."
    ),
    "cells": worded("This line has more or fewer cells than there are columns."),
    "missing": worded("This column is empty and must not be."),
    "not_an_id": worded("This is no id of a platform: letters, digits and _ - . : = ~ $ + only, at most 255."),
    "rounded": worded(
        "A spreadsheet has rounded this id. Make the column text before the ids are pasted, and export it anew."
    ),
    "thread": worded("This answers something, so it needs the id of the top comment or post here."),
    "not_a_text": worded("This is not a text."),
    "not_a_time": worded("This is no time; write it like 2026-03-01T09:30:00Z."),
    "no_zone": worded("This time has no zone; add Z or an offset such as +01:00."),
    "in_the_future": worded("This time lies in the future."),
    "kind": worded("This is no kind; write comment, review, post, mention or message."),
    "direction": worded("This is no direction; write in or out."),
    "person": worded("A message needs the id of the person here."),
    "no_words": worded("There are no words; only a review may have stars alone."),
    "stars": worded("Stars are a whole number from 1 to 5."),
    "repeated": worded("This id stands in an earlier line of the file; that one counts."),
}
"""Why a line is refused: word → sentence; `Problem.column` says where."""


class NotAFile(ValueError):
    """The file as a whole cannot be read; the word is one of `too_large`, `not_utf8`, `one_list`, `no_lines`,
    `columns`.
    """

    def __init__(self, word: str, detail: str = "") -> None:
        super().__init__(word)
        self.word = word
        self.detail = detail


class Problem(ValueError):
    """Why a line holds nothing: a word of PROBLEMS, and the column it is about where there is one."""

    def __init__(self, word: str, column: str = "") -> None:
        super().__init__(word, column)
        self.word = word
        self.column = column


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its number in the file (the first is 1) and what it holds, or why it holds nothing."""

    number: int
    item: IncomingItem | None
    problem: Problem | None = None


_ROUNDED = re.compile(r"[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]{1,3}")
"""How a spreadsheet writes a long number: 1.23457E+17, or 1,23457E+17."""
_CHUNK_BYTES = 65_536
_Numbered = tuple[int, dict[str, Any] | Problem]
_ZONE = re.compile(r"[Tt ].*(?:[zZ]|[+-]\d\d(?::?\d\d(?::?\d\d)?)?)\Z")


def lines_of(file: bytes, *, now: datetime) -> Iterator[Line]:
    """Every line with content. Raises `NotAFile` at once, before the first line, when the whole cannot be read."""
    if len(file) > LARGEST_FILE_BYTES:
        raise NotAFile("too_large")
    encoding = _encoding(file)
    first = _opened(file, encoding).read(_CHUNK_BYTES).lstrip()[:1]
    if first == "[":
        raise NotAFile("one_list")
    text = _opened(file, encoding)
    return _read(_json_lines(text) if first == "{" else _csv_lines(text), now)


def _encoding(file: bytes) -> str:
    """Raises `NotAFile` where the bytes are no text from the first to the last."""
    encoding = "utf-16" if file.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for start in range(0, len(file), _CHUNK_BYTES):
            decoder.decode(file[start : start + _CHUNK_BYTES])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise NotAFile("not_utf8") from None
    return encoding


def _opened(file: bytes, encoding: str) -> io.TextIOWrapper:
    """The file as text; lines keep the ends they have."""
    return io.TextIOWrapper(io.BytesIO(file), encoding=encoding, newline="")


def _read(records: Iterator[_Numbered], now: datetime) -> Iterator[Line]:
    met: set[str] = set()
    for count, (number, record) in enumerate(records):
        if count >= MOST_LINES:
            yield Line(number, None, Problem("too_many"))
            return
        if isinstance(record, Problem):
            yield Line(number, None, record)
            continue
        try:
            item = _item(record, now)
            if item.external_id in met:
                raise Problem("repeated", "id")
        except Problem as problem:
            yield Line(number, None, problem)
        else:
            met.add(item.external_id)
            yield Line(number, item)


def _json_lines(text: io.TextIOWrapper) -> Iterator[_Numbered]:
    number = 0
    while line := text.readline(LONGEST_LINE_CHARACTERS + 1):
        number += 1
        if len(line) > LONGEST_LINE_CHARACTERS:
            while line and not line.endswith(("\n", "\r")):
                line = text.readline(LONGEST_LINE_CHARACTERS)
            yield number, Problem("too_long")
            continue
        if not line.strip():
            continue
        value = None
        with suppress(ValueError, RecursionError):
            value = json.loads(line)
        yield number, value if isinstance(value, dict) else Problem("not_json")


def _csv_lines(text: io.TextIOWrapper) -> Iterator[_Numbered]:
    first = text.read(_CHUNK_BYTES).lstrip("\r\n").partition("\n")[0].strip("\r")
    text.seek(0)
    told = first[4:] if first.lower().startswith("sep=") else ""
    delimiter = told if len(told) == 1 else max(",;\t", key=first.count)
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    try:
        if told:
            next(reader)  # Excel's own line, above the names of the columns
        head = [name.strip().lower() for name in next((cells for cells in reader if any(cells)), [])]
    except csv.Error:
        raise NotAFile("no_lines") from None
    if not head:
        raise NotAFile("no_lines")
    missing = [name for name in REQUIRED if name not in head]
    twice = sorted({name for name in head if name and head.count(name) > 1})
    if missing or twice:
        raise NotAFile("columns", ", ".join(missing or twice)[:200])
    return _csv_records(reader, head)


def _csv_records(reader: Any, head: list[str]) -> Iterator[_Numbered]:
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield number, Problem("not_csv")
            return
        if sum(map(len, cells)) > LONGEST_LINE_CHARACTERS:
            yield number, Problem("too_long")
        elif any(cell.strip() for cell in cells):
            yield number, dict(zip(head, cells, strict=True)) if len(cells) == len(head) else Problem("cells")


def _item(record: dict[str, Any], now: datetime) -> IncomingItem:
    external_id = _id(record, "id")
    if external_id is None:
        raise Problem("missing", "id")
    kind = _word(record, "kind")
    if kind not in KINDS:
        raise Problem("kind", "kind")
    direction = _word(record, "direction") or "in"
    if direction not in ("in", "out"):
        raise Problem("direction", "direction")
    text, truncated = _text(record, "text")
    written_at = _moment(record, "written_at", now)
    if written_at is None:
        raise Problem("missing", "written_at")
    author_id, name = _id(record, "author_id"), short_text(record.get("author_name"), 300)
    thread = _id(record, "thread_id")
    if kind == "message":
        person = thread or (author_id if direction == "in" else None)
        if person is None:
            raise Problem("person", "thread_id")
        thread = person_thread(person)
    parent = _id(record, "parent_id")
    if parent is not None and thread is None:
        raise Problem("thread", "thread_id")
    stars = _stars(record) if kind == "review" else None
    if not text.strip() and stars is None:
        raise Problem("no_words", "text")
    post_id = _id(record, "post_id")
    return IncomingItem(
        external_id=external_id,
        thread_external_id=thread or external_id,
        parent_external_id=parent,
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
    text, _ = _text(record, "reply")
    return OwnReply(text, _moment(record, "reply_written_at", now), "published") if text.strip() else None


def _word(record: dict[str, Any], name: str) -> str:
    value = record.get(name)
    return value.strip().lower() if isinstance(value, str) else ""


def _text(record: dict[str, Any], name: str) -> tuple[str, bool]:
    try:
        return text_of(record.get(name), field=name)
    except Unreadable:
        raise Problem("not_a_text", name) from None


def _id(record: dict[str, Any], name: str) -> str | None:
    value = record.get(name)
    value = value.strip() if isinstance(value, str) else value
    if value is None or value == "":
        return None
    if isinstance(value, float) or (isinstance(value, str) and _ROUNDED.fullmatch(value)):
        raise Problem("rounded", name)
    found = identifier(value)
    if found is None:
        raise Problem("not_an_id", name)
    return found


def _moment(record: dict[str, Any], name: str, now: datetime) -> datetime | None:
    value = record.get(name)
    value = value.strip() if isinstance(value, str) else value
    if value is None or value == "":
        return None
    moment = instant(value)
    if moment is None:
        raise Problem("not_a_time", name)
    if isinstance(value, str) and not value.isdigit() and not _ZONE.search(value):
        raise Problem("no_zone", name)
    if moment > now:
        raise Problem("in_the_future", name)
    return moment


def _stars(record: dict[str, Any]) -> int | None:
    value = record.get("stars")
    if value is None or value == "":
        return None
    text = str(value).strip() if isinstance(value, str | int) else ""
    if text not in ("1", "2", "3", "4", "5"):
        raise Problem("stars", "stars")
    return int(text)
