"""Importing earlier conversations: looked through, then exactly those bytes stored once, however often the job dies."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from agency.inbox import importing
from agency.inbox.models import HistoryImport
from channels import accounts
from jobs.importing import store_file, wake
from jobs.upkeep import keep_up
from tenants import clock
from tenants.errors import Conflict, Forbidden, Invalid, NotFound
from tenants.outbox import JobName
from tenants.scope import in_scope
from tests.factories import Agency
from tests.inbox.test_import_lines import json_file

EXTERNAL_ID = "70001"


class Desk:
    """The admin of an agency with a file in hand."""

    def __init__(self, app: Flask, agency: Agency, superuser: Engine) -> None:
        self.app, self.agency, self.superuser = app, agency, superuser
        self.brand_id = agency.brand_ids[0]

    def look_through(self, file: bytes, **changes: Any) -> HistoryImport:
        given = {"brand_id": self.brand_id, "platform": "facebook", "external_id": EXTERNAL_ID, "name": "Pennywell"}
        with self.agency.entered(self.agency.agency_admin):
            row = importing.look_through(
                self.agency.agency_admin, file_name="old.jsonl", file=file, **{**given, **changes}
            )
            return self._free(row)

    def begin(self, row: HistoryImport, file: bytes) -> HistoryImport:
        with self.agency.entered(self.agency.agency_admin):
            return self._free(importing.begin(self.agency.agency_admin, row.id, hashlib.sha256(file).hexdigest()))

    def _free(self, row: HistoryImport) -> HistoryImport:
        from tenants.database import db

        db.session.flush()
        db.session.refresh(row)
        db.session.expunge(row)
        return row

    def store(self, row: HistoryImport, **more: Any) -> None:
        store_file(self.app, str(self.agency.id), str(self.brand_id), str(row.id), **more)

    def whole(self, file: bytes) -> HistoryImport:
        row = self.begin(self.look_through(file), file)
        self.store(row)
        return row

    def scalar(self, sql: str) -> Any:
        with self.superuser.connect() as connection:
            return connection.execute(text(sql)).scalar()

    def change(self, sql: str) -> None:
        with self.superuser.begin() as connection:
            connection.execute(text(sql))

    def counts(self) -> tuple[int, int]:
        return self.scalar("select count(*) from message"), self.scalar(
            "select count(distinct external_id) from message"
        )


@pytest.fixture
def desk(app: Flask, ana: Agency, superuser: Engine) -> Desk:
    return Desk(app, ana, superuser)


def lines(count: int, **changes: Any) -> list[dict[str, Any]]:
    """Comments, the newest of which is a day old."""
    start = clock.now() - timedelta(days=count)
    return [
        {
            "id": f"c{number}",
            "kind": "comment",
            "text": f"Question {number}",
            "written_at": (start + timedelta(days=number)).isoformat(),
            "author_id": str(number % 7),
            "author_name": f"Customer {number % 7}",
            **changes,
        }
        for number in range(count)
    ]


def test_looking_through_stores_nothing_but_the_report(desk: Desk) -> None:
    row = desk.look_through(json_file(*lines(5), {"id": "x"}, {"id": "y", "kind": "tweet"}))
    assert (row.state, row.good_count, row.bad_count, row.known_count) == ("checked", 5, 2, 0)
    assert row.problems == [
        {"line": 6, "word": "kind", "column": "kind"},
        {"line": 7, "word": "kind", "column": "kind"},
    ]
    assert desk.counts() == (0, 0)
    assert desk.scalar("select count(*) from account") == 0
    assert desk.scalar("select count(*) from outbox_entry") == 0


def test_the_same_bytes_are_stored_once_and_the_account_waits_for_its_access(desk: Desk) -> None:
    file = json_file(*lines(450), {"id": "bad"})
    row = desk.whole(file)
    assert desk.counts() == (450, 450)
    account = desk.scalar("select row_to_json(a) from account a")
    assert (account["platform"], account["external_id"], account["name"]) == ("facebook", EXTERNAL_ID, "Pennywell")
    assert (account["credential"], account["health"]) == (None, "disconnected")
    assert desk.scalar("select count(*) from poll_turn") == 0
    done = desk.scalar(f"select row_to_json(h) from history_import h where id = '{row.id}'")
    assert (done["state"], done["file"], done["stored_count"], done["new_count"]) == ("done", None, 450, 450)
    assert desk.look_through(file).known_count == 450
    desk.whole(file)
    assert desk.counts() == (450, 450)
    assert desk.scalar("select count(*) from account") == 1
    assert desk.scalar("select count(*) from brand_audit where action = 'history.import_done'") == 2


def test_old_questions_do_not_flood_the_queue_and_recent_ones_stand_in_it(desk: Desk) -> None:
    desk.whole(json_file(*lines(40)))
    assert desk.scalar("select count(*) from conversation where status = 'open'") in (13, 14)
    assert desk.scalar("select count(*) from conversation where closed_reason = 'past'") in (26, 27)
    assert desk.scalar("select count(*) from conversation where language is not null and rank > 0") > 0


def test_connecting_later_revives_the_account_with_its_conversations(desk: Desk, ana: Agency) -> None:
    desk.whole(json_file(*lines(3)))
    made = desk.scalar("select id from account")
    with ana.entered(ana.agency_admin):
        account = accounts.connect(ana.agency_admin, desk.brand_id, "facebook", EXTERNAL_ID, "token")
        assert account.id == made
    assert desk.scalar("select count(*) from account") == 1
    assert desk.scalar("select health from account") == "ok"
    assert desk.scalar("select count(*) from poll_turn") == 1


def test_what_the_platform_brought_is_not_changed_by_a_file(desk: Desk) -> None:
    file = json_file(*lines(2))
    desk.whole(file)
    desk.whole(json_file(*lines(2, text="Something quite different")))
    assert desk.scalar("select count(*) from message where text like 'Question %'") == 2


def test_a_job_that_dies_between_pieces_goes_on_where_it_stood(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    file = json_file(*lines(450))
    row = desk.begin(desk.look_through(file), file)
    real: Callable[..., bool] = importing.store_piece
    runs: list[int] = []

    def dying(import_id: UUID, after_line: int, last_line: int, items: Any) -> bool:
        runs.append(after_line)
        stored = real(import_id, after_line, last_line, items)
        if len(runs) == 2:
            raise KeyboardInterrupt  # inside the second piece's transaction
        return stored

    with monkeypatch.context() as patched:
        patched.setattr(importing, "store_piece", dying)
        with pytest.raises(KeyboardInterrupt):
            desk.store(row)
    assert desk.counts() == (200, 200)
    desk.store(row)
    assert desk.counts() == (450, 450)
    assert desk.scalar("select new_count from history_import") == 450


def test_a_long_file_lets_others_pass_and_upkeep_finds_a_lost_promise(desk: Desk, ana: Agency) -> None:
    file = json_file(*lines(450))
    row = desk.begin(desk.look_through(file), file)
    desk.store(row, run_seconds=0)
    assert desk.counts() == (200, 200)
    promised = f"select count(*) from outbox_entry where job_name = '{JobName.IMPORT_FILE}' and done_at is null"
    assert desk.scalar(promised) == 2
    with in_scope(desk.app, ana.scope):
        assert wake(ana.id) == 0
    desk.change("update outbox_entry set done_at = now()")
    keep_up(desk.app)
    assert desk.scalar(promised) == 1
    desk.store(row)
    assert desk.scalar("select state from history_import") == "done"


def test_a_line_is_judged_by_the_time_its_file_was_looked_through(desk: Desk) -> None:
    """So that what was left out as lying in the future stays out, however long the job takes."""
    late = {**lines(1)[0], "id": "late", "written_at": (clock.now() - timedelta(hours=1)).isoformat()}
    file = json_file(*lines(2), late)
    row = desk.begin(desk.look_through(file), file)
    desk.change("update history_import set created_at = created_at - interval '2 hours'")
    desk.store(row)
    assert desk.counts() == (2, 2)


def test_every_line_has_its_verdict(desk: Desk, ana: Agency) -> None:
    desk.whole(json_file(*lines(1_500)))
    row = desk.look_through(json_file(*lines(1_502), {"id": "x"}))
    with ana.entered():
        told = list(importing.verdicts(importing.get(row.id)))
    assert [one.line for one in told] == list(range(1, 1_504))
    assert {one.line for one in told if one.state == "new"} == {1_501, 1_502}
    assert told[-1] == (1_503, "left_out", "kind", "kind")
    assert sum(one.state == "known" for one in told) == 1_500 == row.known_count


def test_a_held_file_that_can_no_longer_be_read_says_so(desk: Desk, ana: Agency) -> None:
    row = desk.look_through(json_file(*lines(1)))
    desk.change("update history_import set file = 'no columns'")
    with ana.entered(), pytest.raises(Invalid, match="Nothing was stored"):
        list(importing.verdicts(importing.get(row.id)))


def test_words_the_database_could_not_hold_are_stored_without_what_it_cannot(desk: Desk) -> None:
    hostile = [{**lines(1)[0], "id": f"h{n}", "text": f"a{odd}b"} for n, odd in enumerate(("\x00", "\ud800", "\u202e"))]
    desk.whole(json_file(*hostile))
    assert desk.counts() == (3, 3)
    assert desk.scalar("select string_agg(text, ',' order by external_id) from message") == "ab,ab,a\u202eb"


def test_an_answer_before_its_comment_joins_it(desk: Desk) -> None:
    top, below = lines(2)
    desk.whole(json_file({**below, "thread_id": "c0", "parent_id": "c0", "direction": "out"}, top))
    assert desk.scalar("select count(*) from conversation") == 1
    assert desk.scalar("select external_id || ' ' || message_count || ' ' || status from conversation") == "c0 2 closed"


@pytest.mark.parametrize("at_once", [1, 7, 200])
def test_killed_at_every_place_it_ends_with_each_line_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    """Killed before, inside and after each transaction in turn."""
    count = 3 * at_once + 1
    file = json_file(*lines(count))
    row = desk.begin(desk.look_through(file), file)
    monkeypatch.setattr(importing, "ITEMS_AT_ONCE", at_once)
    places = [("store_piece", False), ("store_piece", True), ("complete", False), ("complete", True)]
    for _ in range(6):
        for name, after in places:
            real = getattr(importing, name)

            def dying(*given: Any, real: Any = real, after: bool = after) -> Any:
                if after:
                    real(*given)
                raise KeyboardInterrupt

            with monkeypatch.context() as patched:
                patched.setattr(importing, name, dying)
                with suppress(KeyboardInterrupt):
                    desk.store(row, run_seconds=0)
        desk.store(row, run_seconds=0)
    assert desk.counts() == (count, count)
    assert desk.scalar("select state || ' ' || stored_count || ' ' || new_count from history_import") == (
        f"done {count} {count}"
    )
    assert desk.scalar("select count(*) from brand_audit where action = 'history.import_done'") == 1


def test_two_people_who_begin_at_once_do_not_store_twice(desk: Desk) -> None:
    file, other = json_file(*lines(300)), json_file(*lines(310))
    rows = [(desk.look_through(file), file)]
    desk.change("update history_import set asked_by = gen_random_uuid()")
    rows.append((desk.look_through(other), other))
    gate, outcomes = threading.Barrier(2), list[str]()

    def begins(row: HistoryImport, its_file: bytes) -> None:
        gate.wait(20)
        try:
            outcomes.append(desk.begin(row, its_file).state)
        except Conflict as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=begins, args=one) for one in rows]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    assert sorted(outcomes) == ["import_running", "running"]
    assert desk.scalar("select count(*) from account") == 1


def test_files_of_two_accounts_are_stored_side_by_side(desk: Desk) -> None:
    first, second = json_file(*lines(300)), json_file(*lines(250))
    one = desk.begin(desk.look_through(first), first)
    two = desk.begin(desk.look_through(second, external_id="70002"), second)
    for _ in range(3):
        desk.store(one, run_seconds=0)
        desk.store(two, run_seconds=0)
    assert desk.counts() == (550, 300)
    assert desk.scalar("select count(*) from history_import where state = 'done'") == 2


def test_two_runs_of_one_file_store_each_line_once(desk: Desk) -> None:
    file = json_file(*lines(300))
    row = desk.begin(desk.look_through(file), file)
    desk.store(row, run_seconds=0)
    with desk.agency.entered():
        assert not importing.store_piece(row.id, 0, 200, [])
    desk.store(row)
    assert desk.scalar("select new_count from history_import") == 300


def test_another_hash_an_hour_or_a_second_file_are_refused(desk: Desk) -> None:
    file = json_file(*lines(2))
    row = desk.look_through(file)
    with pytest.raises(Conflict):
        desk.begin(row, file + b"\n")
    desk.change("update history_import set created_at = now() - interval '61 minutes'")
    with pytest.raises(Conflict):
        desk.begin(row, file)
    keep_up(desk.app)
    assert desk.scalar("select count(*) from history_import") == 0
    running, waiting = desk.begin(desk.look_through(file), file), desk.look_through(file)
    assert desk.begin(running, file).state == "running"
    with pytest.raises(Conflict):
        desk.begin(waiting, file)


def test_stopping_keeps_what_was_stored_and_drops_the_file(desk: Desk, ana: Agency) -> None:
    file = json_file(*lines(450))
    row = desk.begin(desk.look_through(file), file)
    desk.store(row, run_seconds=0)
    with ana.entered():
        importing.complete(row.id, 0)  # a run that began before
    assert desk.scalar("select state from history_import") == "running"
    with ana.entered(ana.agency_admin):
        importing.stop(ana.agency_admin, row.id)
    with ana.entered():
        importing.complete(row.id, 200)
    desk.store(row)
    assert desk.counts() == (200, 200)
    assert desk.scalar("select state || ' ' || (file is null) from history_import") == "stopped true"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"platform": "orkut"}, Invalid),
        ({"external_id": "a b"}, Invalid),
        ({"platform": "google_business", "external_id": "1"}, Invalid),
        ({"file": b"\xff"}, Invalid),
        ({"file": b"id,text\n"}, Invalid),
        ({"file": b"id,kind,text,written_at\n"}, Invalid),
    ],
    ids=str,
)
def test_what_is_no_account_or_no_file_is_refused(desk: Desk, changes: dict[str, Any], error: type[Exception]) -> None:
    file = changes.pop("file", json_file(*lines(1)))
    with pytest.raises(error):
        desk.look_through(file, **changes)
    assert desk.scalar("select count(*) from history_import") == 0


def test_an_account_of_another_brand_is_not_taken(desk: Desk, ana: Agency) -> None:
    with ana.entered(ana.agency_admin):
        accounts.connect(ana.agency_admin, ana.brand_ids[1], "facebook", EXTERNAL_ID, "token")
    with pytest.raises(Conflict):
        desk.look_through(json_file(*lines(1)))


def test_only_an_admin_of_the_brand_imports(desk: Desk, ana: Agency, stranger: Agency) -> None:
    file = json_file(*lines(1))
    row = desk.look_through(file)
    with pytest.raises(Forbidden), ana.entered(ana.team_lead):
        importing.look_through(ana.team_lead, desk.brand_id, "facebook", EXTERNAL_ID, "x", "x", file)
    with pytest.raises(Forbidden), ana.entered(ana.team_lead):
        importing.begin(ana.team_lead, row.id, hashlib.sha256(file).hexdigest())
    with pytest.raises(NotFound), stranger.entered(stranger.agency_admin):
        importing.begin(stranger.agency_admin, row.id, hashlib.sha256(file).hexdigest())
    with pytest.raises(NotFound), stranger.entered(stranger.agency_admin):
        importing.look_through(stranger.agency_admin, desk.brand_id, "facebook", EXTERNAL_ID, "x", "x", file)
