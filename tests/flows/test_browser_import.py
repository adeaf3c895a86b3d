"""Before the platform says yes: a file with faults is mended and imported, and connecting later doubles nothing."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.factories import Factory
from tests.flows.conftest import PAGE, House
from tests.flows.test_browser_connects import Eyes, signed_in
from tests.flows.test_browser_path import chromium  # noqa: F401 - a fixture

pytestmark = pytest.mark.browser
COLUMNS = ("id", "kind", "text", "written_at", "thread_id", "parent_id", "author_name", "direction")
WORDS = ("Czy dowozicie w niedzielę?", "Zażółć; gęślą", "Chleb był zimny.", "Do której czynne?")


def _said(house: House) -> list[dict[str, str]]:
    """What customers wrote at the platform, as somebody's list has it; the last one is old, the first is answered."""
    mine = {"platform": "facebook", "account": PAGE}
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)
    post = house.sandbox.tell("posts", mine | {"text": "Świeży chleb", "created_at": start.isoformat()})["external_id"]
    rows = []
    for number, words in enumerate(WORDS):
        at = (start - timedelta(days=40 if number == 3 else 0) + timedelta(hours=number)).isoformat()
        told = {"author": f"Klient {number}", "text": words, "created_at": at}
        made = house.sandbox.tell("comments", mine | told | {"post": post})["external_id"]
        rows.append({"id": made, "kind": "comment", "text": words, "written_at": at, "author_name": f"Klient {number}"})
    at = (start + timedelta(hours=9)).isoformat()
    answer = {"post": post, "parent": rows[0]["id"], "author": None, "text": "Tak, do 12.", "created_at": at}
    made = house.sandbox.tell("comments", mine | answer)["external_id"]
    about = {"thread_id": rows[0]["id"], "parent_id": rows[0]["id"], "direction": "out"}
    return [{"id": made, "kind": "comment", "text": "Tak, do 12.", "written_at": at, **about}, *rows]


def _file(folder: Path, rows: list[dict[str, str]]) -> str:
    """As a Polish spreadsheet saves it: semicolons, a mark of byte order, lines that end as on Windows."""
    out = io.StringIO()
    table = csv.DictWriter(out, COLUMNS, delimiter=";", lineterminator="\r\n")
    table.writeheader()
    table.writerows(rows)
    path = folder / "rozmowy.csv"
    path.write_bytes(out.getvalue().encode("utf-8-sig"))
    return str(path)


def test_a_file_is_mended_imported_and_its_account_connected_later_without_doubles(
    house: House,
    web: str,
    chromium: Any,  # noqa: F811
    tmp_path: Path,
) -> None:
    agency = Factory(house.agency.app).agency("Quay Street", brands=("Pennywell",))
    own = House(agency, house.sandbox, house.values, house.superuser, {})
    rows, eyes = _said(house), Eyes(tmp_path)
    page = signed_in(chromium, own, web, agency.agency_admin)

    def look_through(given: list[dict[str, str]]) -> None:
        page.goto(f"{web}/import")
        page.get_by_label("Brand", exact=True).and_(page.locator("select")).select_option(label="Pennywell")
        page.get_by_label("Platform", exact=True).select_option("facebook")
        page.get_by_label("The platform's id of the account").fill(PAGE)
        page.get_by_label("Name", exact=True).fill("Pennywell on Facebook")
        page.get_by_label("File", exact=True).set_input_files(_file(tmp_path, given))
        page.get_by_role("button", name="Look it through").click()
        page.wait_for_url(f"{web}/import/*")

    page.goto(f"{web}/import")
    eyes.look(page, "empty")
    bad = [{**rows[1], "written_at": "22.11.2026 09:30"}, {**rows[2], "id": "1,23457E+17"}]
    look_through([rows[0], *bad, *rows[3:]])
    reasons = page.locator("tbody tr").all_inner_texts()
    assert [line.split("\t")[:2] for line in reasons] == [["3", "written_at"], ["4", "id"]]
    assert "write it like 2026-03-01T09:30:00Z" in reasons[0]
    assert "A spreadsheet has rounded this id" in reasons[1]
    eyes.look(page, "report")
    with page.expect_download() as saved:
        page.get_by_role("link", name="What becomes of every line").click()
    table = list(csv.reader(io.StringIO(saved.value.path().read_text("utf-8-sig")), delimiter=";"))
    assert [line[:2] for line in table[1:]] == [
        ["2", "Would be stored"],
        ["3", "Left out"],
        ["4", "Left out"],
        ["5", "Would be stored"],
        ["6", "Would be stored"],
    ]
    assert own.scalar("select count(*) from message") == 0

    look_through(rows)
    expect(page.get_by_text("5 lines would be stored.")).to_have_count(1)
    expect(page.locator("tbody")).to_have_count(0)
    page.get_by_role("button", name="Import for real").click()
    page.get_by_text("Storing", exact=True).wait_for()
    eyes.look(page, "running")
    own.keep_promises()
    page.get_by_text("Stored", exact=True).wait_for()
    expect(page.get_by_text("5 of 5 lines, 5 new messages")).to_have_count(1)
    eyes.look(page, "stored")

    page.goto(f"{web}/inbox")
    for words in WORDS[1:3]:
        page.get_by_text(words).first.wait_for()
    assert page.get_by_text(WORDS[0]).count() == 0, "it is answered"
    assert page.get_by_text(WORDS[3]).count() == 0, "nobody asks about it any more"
    made = own.scalar(f"select id from account where agency_id = '{agency.id}'")

    page.goto(f"{web}/connect?way=facebook")
    page.get_by_role("button", name="Sign in at").click()
    page.wait_for_url(f"{house.sandbox.url}/**")
    page.get_by_role("button", name="Allow").click()
    page.wait_for_url(f"{web}/connect/**")
    page.get_by_role("button", name="Connect").click()
    page.wait_for_url(f"{web}/connect/done**")
    new = {"platform": "facebook", "account": PAGE, "author": "Klient 9", "text": "Macie sernik?"}
    own.sandbox.tell("comments", new)
    own.keep_promises()
    own.poll()
    ours = f"agency_id = '{agency.id}'"
    assert own.scalar(f"select id from account where {ours} and disconnected_at is null") == made
    assert own.scalar(f"select count(*) from message where {ours}") == len(rows) + 1
    assert own.scalar(f"select count(distinct external_id) from message where {ours}") == len(rows) + 1
    assert own.scalar(f"select count(*) from conversation where {ours}") == len(WORDS) + 1
    page.goto(f"{web}/inbox")
    for words in (*WORDS[1:3], "Macie sernik?"):
        page.get_by_text(words).first.wait_for()

    page.goto(f"{web}/accounts/{made}/history")
    eyes.look(page, "ask")
    page.get_by_label("How far back", exact=True).select_option("year")
    page.get_by_role("button", name="Read its past").click()
    page.get_by_text("Reading its past", exact=True).wait_for()
    eyes.look(page, "reading")
    for _ in range(8):
        own.keep_promises()
    page.get_by_text("Its past is read", exact=True).wait_for()
    eyes.look(page, "read")
    assert own.scalar(f"select count(*) from message where {ours}") == len(rows) + 1
