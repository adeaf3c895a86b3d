"""The sandbox as a program of its own, over real sockets."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psutil
import pytest

from agency.sandbox.addresses import PREFIXES, addresses
from agency.sandbox.main import NotLoopback, require_loopback, run, running_sandbox
from tests.sandbox.conftest import PAGE

PROGRAM = "import sys; from pathlib import Path; from agency.sandbox.main import run;"
PROGRAM += "run('127.0.0.1', int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]) if len(sys.argv) > 3 else None)"
START_SECONDS = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Program:
    port: int
    process: subprocess.Popen[bytes]

    def call(self, method: str, path: str, body: Any = None, **form: str) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        headers = {"Content-Type": "application/json" if body is not None else "application/x-www-form-urlencoded"}
        try:
            connection.request(method, path, json.dumps(body) if body is not None else urlencode(form), headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()


def start(folder: Path, *more: str) -> Program:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(port), str(folder), *more])
    program = Program(port, process)
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            if program.call("GET", "/healthz")[0] == 200:
                return program
        except OSError:
            if time.monotonic() > until or process.poll() is not None:
                process.kill()
                raise
        process.poll()
        threading.Event().wait(0.05)


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    started = start(tmp_path)
    yield started
    if started.process.poll() is None:
        started.process.terminate()
        assert started.process.wait(10) == 0


def seeded_comment(program: Program) -> str:
    account = {"platform": "facebook", "external_id": PAGE, "name": "Pennywell", "token": "page-token"}
    program.call("POST", "/sandbox/accounts", account)
    comment = {"platform": "facebook", "account": PAGE, "author": "Ada", "text": "Hello"}
    return str(program.call("POST", "/sandbox/comments", comment)[1]["external_id"])


def test_a_lost_answer_breaks_the_connection_and_stands_in_the_ledger_once(program: Program) -> None:
    comment = seeded_comment(program)
    path = f"/facebook/v26.0/{comment}/comments"
    order = {"kind": "lose_answer_after_accepting", "account": PAGE, "times": 1}
    program.call("POST", "/sandbox/misbehaviour", order)
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        program.call("POST", path, access_token="page-token", message="Sorry")
    (line,) = program.call("GET", "/sandbox/ledger.json")[1]["entries"]
    assert (line["outcome"], line["answered"], line["text"]) == ("applied", "lost", "Sorry")
    assert program.call("POST", path, access_token="page-token", message="Second")[0] == 200


def test_a_slow_account_does_not_hold_up_another(program: Program) -> None:
    comment = seeded_comment(program)
    other = {"platform": "facebook", "external_id": "999", "token": "other-token"}
    program.call("POST", "/sandbox/accounts", other)
    program.call("POST", "/sandbox/misbehaviour", {"kind": "delay", "account": PAGE, "seconds": 3})
    done: list[str] = []

    def slow() -> None:
        program.call("GET", f"/facebook/v26.0/{comment}?access_token=page-token")
        done.append("slow")

    threads = [threading.Thread(target=slow) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert program.call("GET", "/facebook/v26.0/999?access_token=other-token")[0] == 200
    done.append("quick")
    for thread in threads:
        thread.join()
    assert done == ["quick", *["slow"] * 8]


def test_everything_survives_being_killed(tmp_path: Path) -> None:
    first = start(tmp_path)
    comment = seeded_comment(first)
    first.call("POST", f"/facebook/v26.0/{comment}/comments", access_token="page-token", message="Sorry")
    program = psutil.Process(first.process.pid)
    for process in (*program.children(), program):
        process.kill()
    first.process.wait(10)
    second = start(tmp_path)
    try:
        body = second.call("GET", f"/facebook/v26.0/{comment}/comments?access_token=page-token")[1]
        assert [one["message"] for one in body["data"]] == ["Sorry"]
        assert len(second.call("GET", "/sandbox/ledger.json")[1]["entries"]) == 1
    finally:
        second.process.terminate()
        assert second.process.wait(10) == 0


def test_a_scenario_file_plays_in_the_background(tmp_path: Path) -> None:
    file = tmp_path / "scenario.jsonl"
    lines = [
        {"platform": "facebook", "account": PAGE, "kind": "comment", "author": "A", "text": str(n)} for n in range(20)
    ]
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    program = start(tmp_path / "data", str(file))
    try:
        until = time.monotonic() + 10
        while (progress := program.call("GET", "/sandbox/scenario")[1])["played"] < 20:
            assert time.monotonic() < until, progress
            threading.Event().wait(0.1)
        assert progress["failed"] == 0
    finally:
        program.process.terminate()
        assert program.process.wait(10) == 0


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", ""])
def test_other_addresses_than_loopback_are_refused(host: str) -> None:
    with pytest.raises(NotLoopback, match="Nothing was started"):
        require_loopback(host)


def test_a_taken_port_and_a_foreign_address_end_the_program_with_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SystemExit, match=rf"port {port} .*Choose another port"):
            run("127.0.0.1", port, tmp_path)
    with pytest.raises(SystemExit, match=r"Use 127\.0\.0\.1"):
        run("0.0.0.0", 0, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_many_threads_write_and_every_write_stands_in_the_ledger(tmp_path: Path) -> None:
    with running_sandbox(tmp_path) as (base, _):
        program = Program(int(base.rpartition(":")[2]), None)  # type: ignore[arg-type]
        comment = seeded_comment(program)

        def write(number: int) -> None:
            for turn in range(10):
                text = f"{number}.{turn}"
                program.call("POST", f"/facebook/v26.0/{comment}/comments", access_token="page-token", message=text)

        threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        ledger = program.call("GET", "/sandbox/ledger.json")[1]
        expected = {f"{number}.{turn}" for number in range(8) for turn in range(10)}
        assert {line["text"] for line in ledger["entries"]} == expected
        assert ledger["duplicates"] == []
        assert len({line["request_id"] for line in ledger["entries"]}) == 80


def test_the_addresses_lead_to_the_sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("META_APP_SECRET", raising=False)
    with running_sandbox(tmp_path) as (base, app):
        found = addresses(base + "/")
        assert found["META_GRAPH_URL"] == f"{base}/facebook"
        assert found["META_APP_SECRET"] == app.extensions["sandbox"].keys.meta_app_secret
        rules = " ".join(rule.rule for rule in app.url_map.iter_rules()) + " "
        for prefix in PREFIXES.values():
            assert prefix + "/" in rules or prefix + " " in rules
    monkeypatch.setenv("META_APP_SECRET", "set-by-hand")
    assert addresses("http://127.0.0.1:1")["META_APP_SECRET"] == "set-by-hand"
