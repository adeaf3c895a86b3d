"""The scenario player: pace, place, and lines that cannot be played."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agency.sandbox.app import create_sandbox_app
from agency.sandbox.scenario import Player, read_lines
from tests.sandbox.conftest import KEYS, LOCATION, PAGE, Sandbox

LINES: list[dict[str, Any]] = [
    {"platform": "facebook", "account": PAGE, "kind": "post", "key": "p1", "text": "News", "at_seconds": 0},
    {
        "platform": "facebook",
        "account": PAGE,
        "kind": "comment",
        "key": "c1",
        "post": "p1",
        "author": "Ada",
        "text": "Why?",
    }
    | {"at_seconds": 10},
    {"platform": "facebook", "account": PAGE, "kind": "comment", "parent": "c1", "author": "Tom", "text": "Same"}
    | {"at_seconds": 20},
    {"platform": "google_business", "account": LOCATION, "kind": "review", "key": "r1", "author": "Ewa", "stars": 2}
    | {"text": "Zimno", "at_seconds": 30},
    {"platform": "google_business", "account": LOCATION, "kind": "edit", "item": "r1", "stars": 4, "text": "Lepiej"}
    | {"at_seconds": 40},
    {"platform": "facebook", "account": PAGE, "kind": "delete", "item": "c1", "at_seconds": 50},
]


def player(sandbox: Sandbox) -> Player:
    found = sandbox.app.extensions["sandbox_player"]
    assert isinstance(found, Player)
    return found


def texts(sandbox: Sandbox) -> list[tuple[str, bool]]:
    items = sandbox.control("GET", "/items")["items"]
    return [(one["text"], one["deleted_at"] is not None) for one in items]


def test_lines_are_played_when_their_time_has_come_at_the_chosen_pace(sandbox: Sandbox) -> None:
    sandbox.control("POST", "/scenario", {"items": LINES, "pace": 2, "start": True, "name": "demo"})
    assert player(sandbox).tick() == 1
    sandbox.clock.move(4.9)
    assert player(sandbox).tick() == 0
    sandbox.clock.move(0.1)
    assert player(sandbox).tick() == 1
    sandbox.control("POST", "/scenario", {"stop": True})
    sandbox.clock.move(100)
    assert player(sandbox).tick() == 0
    sandbox.control("POST", "/scenario", {"start": True, "pace": 100})
    sandbox.clock.move(0.31)
    assert player(sandbox).tick() == 3
    assert texts(sandbox) == [("News", False), ("Why?", False), ("Same", False), ("Lepiej", False)]
    sandbox.clock.move(10)
    assert player(sandbox).tick() == 1
    assert texts(sandbox) == [("News", False), ("Why?", True), ("Same", True), ("Lepiej", False)]
    progress = sandbox.control("GET", "/scenario")
    assert (progress["played"], progress["total"], progress["failed"], progress["running"]) == (6, 6, 0, False)


def test_a_restart_of_the_program_goes_on_where_it_was(sandbox: Sandbox) -> None:
    sandbox.control("POST", "/scenario", {"items": LINES, "start": True})
    sandbox.clock.move(12)
    player(sandbox).tick()
    sandbox.app.extensions["sandbox"].store.close()

    sandbox.clock.move(1000)
    again = Sandbox(create_sandbox_app(sandbox.folder, clock=sandbox.clock, keys=KEYS), sandbox.clock, sandbox.folder)
    assert player(again).tick() == 0, "the time it was down does not count"
    assert len(texts(again)) == 2
    sandbox.clock.move(8)
    assert player(again).tick() == 1
    again.app.extensions["sandbox"].store.close()


def test_loading_the_same_lines_again_changes_nothing_but_other_lines_do(sandbox: Sandbox) -> None:
    sandbox.control("POST", "/scenario", {"items": LINES, "start": True})
    player(sandbox).tick()
    later = [{**line, "created_at": "2026-11-22T00:00:00Z"} if line["kind"] == "comment" else line for line in LINES]
    progress = sandbox.control("POST", "/scenario", {"items": later, "start": True})
    assert (progress["played"], progress["total"]) == (1, 6)
    progress = sandbox.control("POST", "/scenario", {"items": LINES[:2]})
    assert (progress["played"], progress["total"]) == (0, 2)


def test_a_line_that_cannot_be_played_is_noted_and_the_others_go_on(sandbox: Sandbox) -> None:
    lines = [
        {"platform": "facebook", "account": PAGE, "kind": "comment", "parent": "nobody", "author": "A", "text": "1"},
        {"platform": "myspace", "account": PAGE, "kind": "comment", "author": "A", "text": "2"},
        {"platform": "google_business", "account": LOCATION, "kind": "review", "author": "A", "stars": 9},
        {"platform": "google_business", "account": "rubbish", "kind": "review", "author": "A", "stars": 1},
        {"platform": "facebook", "account": "555", "kind": "comment", "author": "A", "text": "new account"},
    ]
    sandbox.control("POST", "/scenario", {"items": lines, "start": True})
    assert player(sandbox).tick() == 5
    progress = sandbox.control("GET", "/scenario")
    assert progress["failed"] == 4
    assert "nobody" in progress["notes"][0]["reason"]
    assert [text for text, _ in texts(sandbox)] == ["Hello from 555", "new account"]
    page = sandbox.client.get("/scenario").get_data(as_text=True)
    assert "4 of them could not be" in page


def test_from_the_beginning(sandbox: Sandbox) -> None:
    sandbox.control("POST", "/scenario", {"items": LINES, "start": True})
    sandbox.clock.move(60)
    assert player(sandbox).tick() == 6
    sandbox.control("POST", "/scenario", {"restart": True, "start": True})
    sandbox.clock.move(60)
    assert player(sandbox).tick() == 6
    assert sandbox.control("GET", "/scenario")["failed"] == 0


@pytest.mark.parametrize(
    "wish",
    [
        {"items": [{"kind": "dance"}]},
        {"items": [{"kind": "post", "at_seconds": -1}]},
        {"items": "text"},
        {"items": ["text"]},
        {"pace": 0},
        {"pace": "quick"},
    ],
)
def test_bad_scenarios_are_refused(sandbox: Sandbox, wish: dict[str, Any]) -> None:
    assert sandbox.client.post("/sandbox/scenario", json=wish).status_code == 400


def test_files_are_json_lines_and_a_bad_one_is_named() -> None:
    assert read_lines(json.dumps(LINES[0]) + "\n\n" + json.dumps(LINES[1])) == LINES[:2]
    with pytest.raises(ValueError, match="line 2"):
        read_lines('{"kind": "post"}\n{')
    with pytest.raises(ValueError, match="line 1"):
        read_lines("[]")
