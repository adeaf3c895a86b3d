"""Files of earlier conversations: every line is an item or has a reason, and no bytes whatever raise anything else."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agency.inbox.import_lines import (
    COLUMNS,
    LARGEST_FILE_BYTES,
    LONGEST_LINE_CHARACTERS,
    MOST_LINES,
    PROBLEMS,
    REQUIRED,
    Line,
    NotAFile,
    lines_of,
)
from channels.items import LONGEST_TEXT, Author, PostContext, person_thread

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
WORDS: dict[str, Any] = {"id": "c1", "kind": "comment", "text": "Do you deliver?", "written_at": "2026-03-01T09:30:00Z"}


def json_file(*records: Any) -> bytes:
    return b"\n".join(json.dumps(record).encode() for record in records)


def csv_file(*records: dict[str, Any], delimiter: str = ",") -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, sorted({name for record in records for name in record}), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(records)
    return out.getvalue().encode()


def read(file: bytes) -> list[Line]:
    return list(lines_of(file, now=NOW))


def problems(file: bytes) -> list[tuple[int, str, str]]:
    return [(line.number, line.problem.word, line.problem.column) for line in read(file) if line.problem is not None]


@pytest.mark.parametrize("write", [csv_file, json_file], ids=["csv", "json"])
def test_every_column_arrives(write: Any) -> None:
    whole = {
        **WORDS,
        "direction": "in",
        "thread_id": "c0",
        "parent_id": "c9",
        "author_id": "55",
        "author_name": "Zoë",
        "edited_at": "2026-03-01T11:00:00+01:00",
        "stars": "",
        "permalink": "https://platform.example/c1",
        "post_id": "900_1",
        "post_text": "We open on Sunday.",
        "reply": "",
        "reply_written_at": "",
    }
    assert set(whole) == set(COLUMNS)
    (line,) = read(write(whole))
    assert line.item is not None
    item = line.item
    assert (item.external_id, item.thread_external_id, item.parent_external_id) == ("c1", "c0", "c9")
    assert (item.kind, item.text, item.from_us) == ("comment", "Do you deliver?", False)
    assert item.author == Author("55", "Zoë")
    assert item.created_at == datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    assert item.updated_at == datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
    assert item.context == PostContext("900_1", "We open on Sunday.", None, None)
    assert item.permalink == "https://platform.example/c1"


def test_a_review_brings_its_stars_and_its_answer() -> None:
    answer = {"reply": "Thank you!", "reply_written_at": "2026-03-02T09:30:00Z"}
    (line,) = read(csv_file({**WORDS, "kind": "review", "stars": "4", "text": "", **answer}))
    assert line.item is not None
    assert (line.item.stars, line.item.text) == (4, "")
    assert line.item.reply is not None
    assert (line.item.reply.text, line.item.reply.updated_at) == ("Thank you!", datetime(2026, 3, 2, 9, 30, tzinfo=UTC))


def test_a_message_stands_with_its_person_both_ways() -> None:
    said = {**WORDS, "kind": "message", "author_id": "55"}
    ours = {**WORDS, "id": "c2", "kind": "message", "direction": "out", "thread_id": "55"}
    theirs, answer = (line.item for line in read(json_file(said, ours)))
    assert theirs is not None
    assert answer is not None
    assert theirs.thread_external_id == answer.thread_external_id == person_thread("55")
    assert (theirs.from_us, answer.from_us) == (False, True)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"id": ""}, ("missing", "id")),
        ({"id": "../etc"}, ("not_an_id", "id")),
        ({"thread_id": "a b"}, ("not_an_id", "thread_id")),
        ({"kind": "tweet"}, ("kind", "kind")),
        ({"direction": "up"}, ("direction", "direction")),
        ({"text": "  "}, ("no_words", "text")),
        ({"text": 7}, ("not_a_text", "text")),
        ({"written_at": ""}, ("missing", "written_at")),
        ({"written_at": "yesterday"}, ("not_a_time", "written_at")),
        ({"written_at": "2026-03-01T09:30:00"}, ("no_zone", "written_at")),
        ({"written_at": "2026-03-01"}, ("no_zone", "written_at")),
        ({"written_at": "2026-11-22T12:00:01Z"}, ("in_the_future", "written_at")),
        ({"edited_at": "2031-01-01T00:00:00Z"}, ("in_the_future", "edited_at")),
        ({"kind": "review", "stars": "6"}, ("stars", "stars")),
        ({"kind": "message"}, ("person", "thread_id")),
        ({"kind": "message", "direction": "out", "author_id": "55"}, ("person", "thread_id")),
        ({"parent_id": "c0"}, ("thread", "thread_id")),
        ({"thread_id": "1.23457E+17"}, ("rounded", "thread_id")),
        ({"id": "1,23457E+17"}, ("rounded", "id")),
        ({"author_id": "1E17"}, ("rounded", "author_id")),
        ({"id": 1.5e17}, ("rounded", "id")),
        ({"written_at": "01.03.2026 09:30"}, ("not_a_time", "written_at")),
        ({"written_at": "3/1/2026 9:30 AM"}, ("not_a_time", "written_at")),
        ({"written_at": "46082.395"}, ("not_a_time", "written_at")),
    ],
    ids=str,
)
def test_each_reason_names_its_column_and_stops_nothing(change: dict[str, Any], problem: tuple[str, str]) -> None:
    before, after = {**WORDS, "id": "before"}, {**WORDS, "id": "after"}
    lines = read(json_file(before, {**WORDS, **change}, after))
    assert [line.number for line in lines if line.item] == [1, 3]
    assert problems(json_file(before, {**WORDS, **change}, after)) == [(2, *problem)]


def test_an_id_counts_once_and_the_first_line_has_it() -> None:
    lines = read(json_file(WORDS, {**WORDS, "text": "Other words"}))
    assert [line.item.text if line.item else None for line in lines] == ["Do you deliver?", None]
    assert problems(json_file(WORDS, WORDS)) == [(2, "repeated", "id")]


def test_lines_are_numbered_as_an_editor_shows_them() -> None:
    with_breaks = b'id,kind,text,written_at\nc1,comment,"two\nlines",2026-03-01T09:30:00Z\n\nc2,tweet,x,x\nc3,x\n'
    assert [(line.number, line.item is not None) for line in read(with_breaks)] == [(2, True), (5, False), (6, False)]
    assert problems(with_breaks) == [(5, "kind", "kind"), (6, "cells", "")]
    blank = json_file(WORDS) + b"\n\n[1]\n{}{}\n"
    assert problems(blank) == [(3, "not_json", ""), (4, "not_json", "")]


def test_what_follows_a_broken_quote_is_not_guessed() -> None:
    file = b'id,kind,text,written_at\nc1,comment,"one"two,2026-03-01T09:30:00Z\nc2,comment,x,2026-03-01T09:30:00Z\n'
    assert problems(file) == [(2, "not_csv", "")]
    assert [line.item for line in read(file)] == [None]


POLISH = {**WORDS, "text": "Zażółć gęślą jaźń; czy dowozicie?", "author_name": "Żaneta"}
EXCEL = csv_file(POLISH, delimiter=";").decode()


@pytest.mark.parametrize(
    "file",
    [
        EXCEL.encode(),
        EXCEL.encode("utf-8-sig"),
        EXCEL.encode("utf-16"),
        b"\xfe\xff" + EXCEL.encode("utf-16-be"),
        csv_file(POLISH, delimiter="\t").decode().encode("utf-16"),
        ("sep=;\r\n" + EXCEL).encode("utf-8-sig"),
        ("\r\n\r\n" + EXCEL).encode(),
        EXCEL.replace("\r\n", "\n").encode(),
        EXCEL.replace("\r\n", "\r").encode(),
        EXCEL.replace("author_name;", "Author_Name ;", 1).encode(),
        json_file(POLISH).decode().encode("utf-16"),
        b"\xef\xbb\xbf\n " + json_file(POLISH) + b"\r\n",
    ],
    ids=lambda file: file[:12].hex(),
)
def test_what_spreadsheets_write_is_read(file: bytes) -> None:
    (line,) = read(file)
    assert line.item is not None, line.problem
    assert (line.item.text, line.item.author) == (POLISH["text"], Author(None, "Żaneta"))


@pytest.mark.parametrize("encoding", ["iso8859-2", "cp1250", "utf-16-le", "utf-32-le"])
def test_what_cannot_be_told_is_refused_and_not_guessed(encoding: str) -> None:
    with pytest.raises(NotAFile) as refused:
        lines_of(EXCEL.encode(encoding), now=NOW)
    assert refused.value.word in ("not_utf8", "columns")


def test_hostile_cells_are_words_and_nothing_else() -> None:
    words = ['=HYPERLINK("http://evil.example";"x")', "+1", "@SUM(A1)", "<script>alert(1)</script>", "a\x00b\u202e"]
    records = [{**WORDS, "id": f"c{number}", "text": word} for number, word in enumerate(words)]
    for file in (csv_file(*records), json_file(*records)):
        texts = [line.item.text if line.item else None for line in read(file)]
        assert texts == [word.replace("\x00", "") for word in words]


def test_an_answer_may_stand_before_what_it_answers() -> None:
    answer = {**WORDS, "id": "c2", "thread_id": "c1", "parent_id": "c1", "direction": "out"}
    first, second = (line.item for line in read(json_file(answer, WORDS)))
    assert first is not None
    assert second is not None
    assert (first.thread_external_id, second.thread_external_id) == ("c1", "c1")


def test_a_quote_that_is_never_closed_says_where_it_began() -> None:
    good, bad = csv_file(*({**WORDS, "id": f"c{number}"} for number in range(3))), b'x,comment,"never closed\n'
    head, rows = good.split(b"\r\n", 1)
    file = head + b"\n" + rows + bad + b"\n".join([rows] * 50)
    assert [line.number for line in read(file) if line.item] == [2, 3, 4]
    assert problems(file) == [(5, "not_csv", "")]
    assert problems(head + b"\n" + rows + bad + b"y" * 10_000_000) == [(5, "not_csv", "")]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""], ids=["unix", "windows", "none"])
def test_one_line_of_ten_megabytes_is_one_line_left_out(end: bytes) -> None:
    cell = {**WORDS, "id": "long", "text": "x" * 10_000_000}
    after = json_file(WORDS) if end else b""
    assert problems(json_file(cell) + end + after) == [(1, "too_long", "")]
    assert [line.number for line in read(json_file(cell) + end + after) if line.item] == ([2] if end else [])
    wide = csv_file({**WORDS, "text": "x" * 350_000, "author_name": "y" * 100_000}, {**WORDS, "id": "c2"})
    assert problems(wide) == [(2, "too_long", "")]
    assert [line.number for line in read(wide) if line.item] == [3]


def test_a_long_text_in_csv_is_cut_as_anywhere() -> None:
    (line,) = read(csv_file({**WORDS, "text": "x" * 200_000}))
    assert line.item is not None
    assert (len(line.item.text), line.item.truncated) == (LONGEST_TEXT, True)


def test_a_large_file_is_never_held_as_text() -> None:
    """Read by lines, whatever the letters take: beside the bytes themselves it needs little."""
    record = {**WORDS, "text": "\U0001f950" * 500}
    file = b"\n".join(
        json.dumps({**record, "id": f"c{number}"}, ensure_ascii=False).encode() for number in range(2_500)
    )
    assert len(file) > 5_000_000
    tracemalloc.start()
    try:
        assert sum(line.item is not None for line in lines_of(file, now=NOW)) == 2_500
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak_bytes < 2_500_000


def test_texts_and_lines_have_a_longest_length() -> None:
    long, longer = {**WORDS, "text": "x" * (LONGEST_TEXT + 1)}, {**WORDS, "id": "c2", "text": "x" * 400_000}
    lines = read(json_file(long, longer))
    assert lines[0].item is not None
    assert (len(lines[0].item.text), lines[0].item.truncated) == (LONGEST_TEXT, True)
    assert problems(json_file(long, longer)) == [(2, "too_long", "")]
    assert LONGEST_LINE_CHARACTERS == 400_000


def test_more_lines_than_allowed_are_named_once() -> None:
    file = b"\n".join([b"{}"] * (MOST_LINES + 5))
    found = problems(file)
    assert len(found) == MOST_LINES + 1
    assert found[-1] == (MOST_LINES + 1, "too_many", "")


@pytest.mark.parametrize(
    ("file", "word", "detail"),
    [
        (b"x" * (LARGEST_FILE_BYTES + 1), "too_large", ""),
        (b"\xff\xfe\x00", "not_utf8", ""),
        (b"id,kind,text,written_at\n\xb3", "not_utf8", ""),
        (b"x" * 100_000 + b"\xc5", "not_utf8", ""),
        (b' [{"id": 1}]', "one_list", ""),
        (b"", "no_lines", ""),
        (b"\n\n", "no_lines", ""),
        (b"id,text\n1,2", "columns", "kind, written_at"),
        (b"id,kind,text,written_at,text\n", "columns", "text"),
    ],
    ids=["too_large", "not_utf8", "latin_2", "cut_letter", "one_list", "empty", "blank", "missing", "twice"],
)
def test_a_file_that_cannot_be_read_says_so_at_once(file: bytes, word: str, detail: str) -> None:
    with pytest.raises(NotAFile) as refused:
        lines_of(file, now=NOW)
    assert (refused.value.word, refused.value.detail) == (word, detail)


def held_to_the_promise(file: bytes) -> None:
    """Nothing but NotAFile, and at once; each line an item or a known reason; numbers that only grow."""
    try:
        lines = lines_of(file, now=NOW)
    except NotAFile:
        return
    numbers = []
    for line in lines:
        numbers.append(line.number)
        assert (line.item is None) != (line.problem is None)
        if line.problem is not None:
            assert line.problem.word in PROBLEMS
            assert line.problem.column in ("", *COLUMNS)
    assert numbers == sorted(set(numbers))


CELLS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12), st.lists(st.integers()))
VALUES = st.one_of(CELLS, st.sampled_from(["comment", "message", "review", "in", "out", "2026-03-01T09:30:00Z", "c1"]))
RECORDS = st.dictionaries(st.sampled_from(sorted(COLUMNS)) | st.text(max_size=5), VALUES, max_size=12)


@given(st.binary(max_size=400))
def test_any_bytes(file: bytes) -> None:
    held_to_the_promise(file)


@given(st.text(max_size=300), st.sampled_from([",", ";"]))
def test_any_text_below_a_right_head(text: str, delimiter: str) -> None:
    held_to_the_promise(f"{delimiter.join(REQUIRED)}\n{text}".encode("utf-8", "surrogatepass"))


@given(st.lists(RECORDS, max_size=5), st.binary(max_size=20))
def test_any_objects(records: list[dict[str, Any]], tail: bytes) -> None:
    held_to_the_promise(b'{"id": 1}\n' + json_file(*records) + b"\n" + tail)


@given(st.lists(st.dictionaries(st.sampled_from(sorted(COLUMNS)), st.text(max_size=12), max_size=12), max_size=5))
def test_any_cells(records: list[dict[str, Any]]) -> None:
    held_to_the_promise(csv_file(WORDS, *records).replace(b"\r\n", b"\n"))
