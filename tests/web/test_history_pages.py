"""Earlier conversations in the browser: asking for an account's past, and importing a file in two steps."""

from __future__ import annotations

import csv
import io
import re
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from agency.inbox.import_lines import LARGEST_FILE_BYTES
from channels import accounts
from jobs.importing import store_file
from tests.factories import Agency, Factory
from tests.inbox.test_import_lines import WORDS, json_file
from tests.web.browser import Browser


@pytest.fixture
def admin(whole_app: Flask, ana: Agency) -> Browser:
    return Browser(whole_app, ana.agency_admin)


@pytest.fixture
def account_id(make: Factory, ana: Agency) -> UUID:
    return make.account(ana)


def page(browser: Browser, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200, answer.status_code
    return unescape(answer.text)


def scalar(superuser: Engine, sql: str) -> Any:
    with superuser.connect() as connection:
        return connection.execute(text(sql)).scalar()


def change(superuser: Engine, sql: str) -> None:
    with superuser.begin() as connection:
        connection.execute(text(sql))


# --- an account's past ---


def test_connecting_asks_how_far_back_to_read(admin: Browser, ana: Agency) -> None:
    form = {"brand": str(ana.brand_ids[0]), "platform": "facebook", "external_id": "424242", "credential": "token"}
    answer = admin.post("/accounts", form)
    assert re.fullmatch(r"/accounts/[0-9a-f-]+/history", answer.headers["Location"])
    shown = page(admin, answer.headers["Location"])
    for words in ("How far back shall we read?", "30 days", "1 year", "All there is", "Nothing: only what comes"):
        assert words in shown


def test_progress_stands_on_the_page_and_the_card_with_a_way_to_stop(
    admin: Browser, account_id: UUID, superuser: Engine
) -> None:
    place = f"/accounts/{account_id}/history"
    assert "Read its past" in page(admin, "/accounts")
    assert admin.post(place, {"horizon": "year"}).status_code == 303
    change(superuser, "update backfill set item_count = 3412, reached_at = '2026-03-12 12:00+00'")
    for address in (place, f"{place}/state", "/accounts"):
        shown = page(admin, address)
        assert "back to 12 March 2026, 3,412 items" in shown, address
        assert "Reading its past" in shown
        assert f'action="{place}/stop"' in shown
    assert f'hx-get="{place}/state"' in page(admin, place)
    assert admin.post(f"{place}/stop").status_code == 303
    stopped = page(admin, place)
    assert "Reading its past was stopped" in stopped
    assert "hx-get" not in stopped.split("<main", 1)[1].split("</main", 1)[0]
    assert admin.post(f"{place}/go-on").status_code == 303
    assert scalar(superuser, "select state from backfill") == "running"


def test_nothing_is_an_answer_and_anything_else_is_refused(admin: Browser, account_id: UUID, superuser: Engine) -> None:
    place = f"/accounts/{account_id}/history"
    assert admin.post(place, {"horizon": "none"}).status_code == 303
    refused = admin.post(place, {"horizon": "eternity"})
    assert refused.status_code == 422
    assert "Choose how far back to read." in refused.text
    assert scalar(superuser, "select count(*) from backfill") == 0


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("state = 'running', last_error = 'rate_limited'", "The platform asked us to slow down."),
        ("state = 'running', last_error = 'platform_down'", "it is tried again by itself"),
        ("state = 'failed', last_error = 'refused'", "The platform refused to show more."),
        ("state = 'failed', last_error = 'platform_down'", "did not answer for a day"),
        ("state = 'done', gap_count = 2", "2 parts could not be read"),
    ],
)
def test_why_it_waits_or_failed_is_said(
    admin: Browser, account_id: UUID, superuser: Engine, state: str, words: str
) -> None:
    admin.post(f"/accounts/{account_id}/history", {"horizon": "all"})
    change(superuser, f"update backfill set {state}")
    assert words in page(admin, f"/accounts/{account_id}/history")


def test_a_lost_access_is_named_and_a_disconnected_account_offers_nothing(
    admin: Browser, account_id: UUID, ana: Agency
) -> None:
    place = f"/accounts/{account_id}/history"
    admin.post(place, {"horizon": "all"})
    with ana.entered():
        accounts.mark_unhealthy(accounts.get(account_id), "needs_reconnect", "revoked")
    assert "The account needs a new connection." in page(admin, place)
    with ana.entered():
        accounts.disconnect(None, account_id)
    assert f'action="{place}"' not in page(admin, place)
    assert admin.post(place, {"horizon": "all"}).status_code == 409


def test_who_may_only_look_sees_progress_and_no_button(
    whole_app: Flask, ana: Agency, admin: Browser, account_id: UUID
) -> None:
    place = f"/accounts/{account_id}/history"
    admin.post(place, {"horizon": "all"})
    staff = Browser(whole_app, ana.staff)
    shown = page(staff, place)
    assert "Reading its past" in shown
    assert f'action="{place}' not in shown
    assert staff.post(f"{place}/stop").status_code == 403
    assert "/import" not in page(staff, "/accounts")


# --- a file ---


def sent(ana: Agency, file: bytes, **changes: str) -> dict[str, Any]:
    form = {"brand": str(ana.brand_ids[0]), "platform": "facebook", "external_id": "70001", "name": "Pennywell"}
    return {**form, **changes, "file": (io.BytesIO(file), "old <b>.jsonl")}


def looked_through(admin: Browser, ana: Agency, file: bytes) -> str:
    answer = admin.post("/import", sent(ana, file))
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def hash_on(shown: str) -> str:
    (found,) = re.findall(r'name="file_hash" value="([0-9a-f]{64})"', shown)
    return str(found)


def test_a_file_is_looked_through_then_imported_for_real(
    admin: Browser, ana: Agency, whole_app: Flask, superuser: Engine
) -> None:
    file = json_file(WORDS, {**WORDS, "id": "c2"}, {**WORDS, "id": "c3", "kind": "tweet"}, {**WORDS, "written_at": "x"})
    place = looked_through(admin, ana, file)
    report = page(admin, place)
    assert "2 lines would be stored." in report
    assert "This is no kind; write comment, review, post, mention or message." in report
    assert re.search(r'<td class="n"[^>]*>3</td><td class="code"[^>]*>kind</td>', report)
    assert re.search(r'<td class="n"[^>]*>4</td><td class="code"[^>]*>written_at</td>', report)
    assert "old <b>.jsonl" not in admin.get(place).text, "inert"
    assert scalar(superuser, "select count(*) from message") == 0

    assert admin.post(f"{place}/begin", {"file_hash": hash_on(report)}).status_code == 303
    running = page(admin, place)
    assert "Storing" in running
    assert f'hx-get="{place}/state"' in running
    ids = scalar(superuser, "select ids from outbox_entry where job_name = 'import_file'")
    store_file(whole_app, **ids)
    done = page(admin, f"{place}/state")
    assert "2 of 2 lines, 2 new messages" in done
    assert "hx-get" not in done
    assert scalar(superuser, "select count(*) from message") == 2
    assert "Pennywell" in page(admin, "/import")
    assert "Pennywell" in page(admin, "/accounts?tab=disconnected")
    again = page(admin, looked_through(admin, ana, file))
    assert "Known already, stay as they are" in again


def test_the_report_is_in_the_readers_language(admin: Browser, ana: Agency) -> None:
    place = looked_through(admin, ana, json_file(WORDS, {**WORDS, "id": "c3", "kind": "tweet"}))
    admin.post("/account", {"name": "Admin", "language": "pl", "time_zone": "Europe/Warsaw"})
    assert "This is no kind" not in page(admin, place)
    assert "Wiersz" in page(admin, place)


def test_the_report_is_bounded(admin: Browser, ana: Agency) -> None:
    lines = [{**WORDS, "id": f"c{number}", "kind": "tweet"} for number in range(350)]
    place = looked_through(admin, ana, json_file(*lines))
    report = page(admin, place)
    assert report.count('<td class="n"') == 200
    assert "And 150 lines more." in report
    assert "Import for real" not in report


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (b"\xff\xb3", "not text in UTF-8"),
        (b"", "Choose a file."),
        (b"id,text\n1,2\n", "kind, written_at"),
        (b"id,kind,text,written_at\n", "holds no lines"),
    ],
)
def test_what_is_no_such_file_comes_back_with_its_reason(
    admin: Browser, ana: Agency, file: bytes, words: str, superuser: Engine
) -> None:
    form = sent(ana, file) if file else {name: value for name, value in sent(ana, b"").items() if name != "file"}
    answer = admin.post("/import", form)
    assert answer.status_code == 422
    assert words in unescape(answer.text)
    assert 'value="70001"' in answer.text
    assert scalar(superuser, "select count(*) from history_import") == 0


def test_wrong_accounts_are_marked_where_they_are_wrong(admin: Browser, ana: Agency, make: Factory) -> None:
    for changes in ({"external_id": "a b"}, {"platform": "orkut"}, {"brand": "x"}):
        answer = admin.post("/import", sent(ana, json_file(WORDS), **changes))
        assert answer.status_code == 422
        assert 'class="error"' in answer.text
    with ana.entered(ana.agency_admin):
        accounts.connect(ana.agency_admin, ana.brand_ids[1], "facebook", "70001", "token")
    answer = admin.post("/import", sent(ana, json_file(WORDS)))
    assert answer.status_code == 409
    assert "connected to another brand" in answer.text


def test_twenty_megabytes_are_taken_from_somebody_signed_in_and_no_more(
    admin: Browser, ana: Agency, whole_app: Flask
) -> None:
    line = json_file({**WORDS, "text": "x" * 90_000}) + b"\n"
    blank = (b" " * 999 + b"\n") * (LARGEST_FILE_BYTES // 1000)
    file = line + blank[len(line) :]
    assert len(file) == LARGEST_FILE_BYTES
    assert admin.post("/import", sent(ana, file)).status_code == 303
    assert admin.post("/import", sent(ana, file + b"\n")).status_code == 422
    assert admin.post("/import", sent(ana, file + b"\n" * 2_000_000)).status_code == 413
    assert Browser(whole_app).post("/import", sent(ana, file)).status_code == 413
    assert admin.post("/accounts", {"name": "x" * 2_000_000}).status_code == 413


def test_no_brand_and_no_platform_is_chosen_for_anybody(admin: Browser, ana: Agency, superuser: Engine) -> None:
    empty = page(admin, "/import")
    assert '<option value="">Choose a brand</option>' in empty
    assert '<option value="">Choose a platform</option>' in empty
    assert "selected" not in empty.split('name="brand"', 1)[1].split("</form>", 1)[0]
    assert admin.post("/import", sent(ana, json_file(WORDS), platform="")).status_code == 422
    answer = admin.post("/import", sent(ana, json_file(WORDS), brand=""))
    assert answer.status_code == 422
    assert "Choose a brand." in answer.text
    chosen = page(admin, f"/import?brand={ana.brand_ids[1]}")
    assert re.search(rf'<option value="{ana.brand_ids[1]}" selected>', chosen)


def test_the_whole_report_is_a_table_of_every_line(
    admin: Browser, ana: Agency, whole_app: Flask, stranger: Agency, superuser: Engine
) -> None:
    lines = [{**WORDS, "id": f"c{number}"} for number in range(2)]
    looked_through(admin, ana, json_file(*lines))
    place = looked_through(admin, ana, json_file(*lines, *({"id": "x"} for _ in range(300))))
    assert f'href="{place}/report"' in page(admin, place)
    answer = admin.get(f"{place}/report")
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    assert answer.headers["Content-Disposition"] == "attachment; filename=report.csv"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    table = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
    assert table[0] == ["Line", "What becomes of it", "Column", "Why"]
    assert table[1:4] == [
        ["1", "Would be stored", "", ""],
        ["2", "Would be stored", "", ""],
        ["3", "Left out", "kind", "This is no kind; write comment, review, post, mention or message."],
    ]
    assert len(table) == 303
    assert Browser(whole_app, ana.staff).get(f"{place}/report").status_code == 403
    assert Browser(whole_app, stranger.agency_admin).get(f"{place}/report").status_code == 404
    change(superuser, "update history_import set state = 'stopped', file = null")
    assert f"{place}/report" not in page(admin, place)
    assert admin.get(f"{place}/report").data.count(b"\n") == 1


def test_a_file_can_be_forgotten_and_another_hash_stores_nothing(
    admin: Browser, ana: Agency, superuser: Engine
) -> None:
    place = looked_through(admin, ana, json_file(WORDS))
    assert admin.post(f"{place}/begin", {"file_hash": "0" * 64}).status_code == 409
    assert scalar(superuser, "select state from history_import") == "checked"
    assert admin.post(f"{place}/stop").headers["Location"] == "/import"
    assert admin.get(place).status_code == 404
    assert scalar(superuser, "select count(*) from history_import") == 0
