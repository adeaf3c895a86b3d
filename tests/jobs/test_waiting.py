"""`onbrand worker` and `onbrand dispatcher` started while Redis or PostgreSQL is away: quiet waiting, then work."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from flask import Flask
from sqlalchemy import Engine, text

from agency.local.processes import wait_until
from agency.local.valkey import start_valkey
from jobs import patience
from jobs.patience import Patience, who_is_away
from tenants.base_app import check_keys_of_app
from tenants.settings import Settings
from tests.factories import Agency, Factory
from tests.jobs.conftest import Outbox
from tests.steady import share_of

START_SECONDS = 60
END_SECONDS = 14  # less than the longest pause, which it must not sleep through
NAMES = ("worker", "dispatcher")
"""Both wait by `jobs.patience`, so in `.ci/run` each test starts one of them, in turns."""
OTHER_KEYS = "other:" + base64.b64encode(bytes(range(40, 72))).decode()
NOWHERE = "redis://127.0.0.1:9/0"


class Program:
    """One part as a process of its own, and what it has said."""

    def __init__(self, name: str, values: dict[str, str], log: Path) -> None:
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "agency.command_line", name],
                env={**os.environ, **values},
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=Path(__file__).resolve().parents[2],
            )

    def said(self) -> str:
        return self.log.read_text("utf-8")

    def hear(self, words: str, times: int = 1) -> None:
        """Until it has said so, or fails."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            if self.said().count(words) >= times:
                return
            time.sleep(0.05)
        assert words in self.said(), self.said()

    def stop(self) -> float:
        """Told to stop; how long it took, in seconds."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(30) == 0, self.said()
        assert "Traceback" not in self.said(), self.said()
        return time.monotonic() - began


Start = Callable[..., Program]


@pytest.fixture
def start(settings_values: dict[str, str], tmp_path: Path, clean: None) -> Iterator[Start]:
    """Start a part with some settings changed."""
    programs: list[Program] = []

    def started(name: str, **changed: str) -> Program:
        program = Program(name, settings_values | changed, tmp_path / f"{name}.log")
        programs.append(program)
        return program

    yield started
    for program in programs:
        if program.process.poll() is None:
            program.process.kill()
            program.process.wait(10)


@pytest.fixture
def closed_door(superuser: Engine) -> Iterator[None]:
    """PostgreSQL lets nobody new in, as while it starts or is full."""
    with superuser.begin() as connection:
        connection.execute(text("alter role onbrand_app connection limit 0"))
    yield
    _open_door(superuser)


def _open_door(superuser: Engine) -> None:
    with superuser.begin() as connection:
        connection.execute(text("alter role onbrand_app connection limit -1"))


@pytest.mark.parametrize("name", share_of(NAMES, 0, of=2))
def test_without_redis_it_waits_and_ends_when_told(start: Start, name: str) -> None:
    program = start(name, ONBRAND_REDIS_URL=NOWHERE)
    program.hear("waits_for", times=2)
    assert "part=redis" in program.said().replace("'", "")
    assert program.stop() < END_SECONDS


@pytest.mark.parametrize("name", share_of(NAMES, 1, of=2))
def test_it_begins_when_redis_comes(start: Start, name: str, tmp_path: Path) -> None:
    server = start_valkey(tmp_path / "valkey", durable=False)
    server.stop()
    program = start(name, ONBRAND_REDIS_URL=server.url)
    program.hear("waits_for")
    server = start_valkey(tmp_path / "valkey", durable=False)
    try:
        client = redis.from_url(server.url)
        key = "rq:workers" if name == "worker" else "onbrand:heartbeat:dispatcher:*"
        assert wait_until(lambda: bool(client.keys(key)), timeout_seconds=START_SECONDS)
        assert program.stop() < END_SECONDS
    finally:
        server.stop()


@pytest.mark.parametrize("name", share_of(NAMES, 0, of=2))
def test_it_begins_when_postgresql_comes(
    start: Start, name: str, closed_door: None, superuser: Engine, outbox: Outbox
) -> None:
    program = start(name)
    program.hear("waits_for", times=2)
    assert "part=database" in program.said().replace("'", "")
    _open_door(superuser)
    if name == "dispatcher":
        count = "select count(*) from received_event where source = 'timetable'"
        assert wait_until(lambda: outbox.scalar(count) > 0, timeout_seconds=START_SECONDS)
    else:
        program.hear("worker_started")
    assert program.stop() < END_SECONDS


def test_pauses_grow_to_a_longest_and_begin_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 1_000_000, 100))  # every look at it finds the pause over
    monkeypatch.setattr(patience.time, "monotonic", lambda: next(clock))
    waiting = Patience()
    pauses = []
    for _ in range(7):
        pauses.append(waiting.pause_seconds)
        waiting.rest()
    assert pauses == sorted(pauses)
    assert pauses[0] < pauses[1] < pauses[2]
    assert pauses[-1] == patience.LONGEST_PAUSE_SECONDS
    waiting.refresh()
    assert waiting.pause_seconds == pauses[0]


def test_both_answer_here(settings: Settings) -> None:
    assert who_is_away(settings) is None


@pytest.mark.parametrize("name", share_of(NAMES, 1, of=2))
def test_it_refuses_to_start_with_other_keys_than_the_database_knows(
    start: Start, app: Flask, make: Factory, ana: Agency, outbox: Outbox, name: str
) -> None:
    with app.app_context():
        check_keys_of_app()
    account_id = make.account(ana)
    program = start(name, ONBRAND_CREDENTIAL_KEYS=OTHER_KEYS)
    assert program.process.wait(START_SECONDS) == 1
    assert "lacks the key 'test'" in program.said()
    assert "nothing was started or changed" in program.said()
    assert "Traceback" not in program.said()
    assert outbox.scalar(f"select health from account where id = '{account_id}'") == "ok"
    assert outbox.scalar("select count(*) from poll_turn where leased_until is not null") == 0


def test_nobody_waits_for_what_has_no_address(start: Start) -> None:
    """A setting that is missing does not come by waiting."""
    program = start("dispatcher", ONBRAND_REDIS_URL="")
    assert program.process.wait(START_SECONDS) == 1
    assert "ONBRAND_REDIS_URL is missing" in program.said()
    assert "Traceback" not in program.said()
