"""The real thing: the sandbox platforms over HTTP, worker and dispatcher as programs of their own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import psutil
import pytest
from flask import Flask
from sqlalchemy import Engine, text

from agency.app import create_app
from agency.sandbox.addresses import addresses
from agency.sandbox.main import working_sandbox
from channels import accounts
from jobs.dispatcher import Dispatcher
from jobs.polling import poll_accounts
from jobs.runner import run_promises
from tenants.base_app import create_base_app, redis_of_app
from tenants.database import db
from tests.factories import Agency, Factory
from tests.leaving import mails_leave
from tests.stages import Apps, Stage

PAGE, PROFILE, LOCATION = "100200300", "17841400000000001", "accounts/11/locations/22"
CREDENTIALS = {PAGE: "page-token", PROFILE: "instagram-token", LOCATION: "1//refresh"}


@dataclass
class Sandbox:
    """The sandbox as a customer and as its operator sees it."""

    url: str
    http: httpx2.Client = field(default_factory=lambda: httpx2.Client(trust_env=False, timeout=30))

    def tell(self, what: str, body: Any) -> Any:
        answer = self.http.post(f"{self.url}/sandbox/{what}", json=body)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def ledger(self) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = []
        while True:
            since = entries[-1]["seq"] if entries else 0
            page = self.http.get(f"{self.url}/sandbox/ledger.json", params={"since": since, "limit": 500}).json()
            if not page["entries"]:
                return entries
            entries += page["entries"]

    def applied(self) -> list[str]:
        """The words that were really posted, in order."""
        return [e["text"] for e in self.ledger() if e["outcome"] == "applied" and e["text"] is not None]

    def behave(self) -> None:
        self.http.delete(f"{self.url}/sandbox/misbehaviour")


@pytest.fixture
def sandbox(tmp_path: Path, platforms: Stage) -> Iterator[Sandbox]:
    """Empty platforms with one account each."""
    with working_sandbox(tmp_path / "sandbox") as app, platforms.showing(app):
        box = Sandbox(platforms.address)
        for platform, external_id in (("facebook", PAGE), ("instagram", PROFILE), ("google_business", LOCATION)):
            facts = {"login": "facebook", "page_id": PAGE} if platform == "instagram" else {}
            box.tell(
                "accounts",
                {
                    "platform": platform,
                    "external_id": external_id,
                    "name": f"The {platform} account",
                    "token": CREDENTIALS[external_id],
                    **facts,
                },
            )
        yield box
        box.http.close()


@pytest.fixture
def flow_values(settings_values: dict[str, str], sandbox: Sandbox) -> dict[str, str]:
    """The environment of the programs."""
    return settings_values | addresses(sandbox.url) | {"ONBRAND_SETTLE_SECONDS": "1", "ONBRAND_POLL_SECONDS": "1"}


@pytest.fixture
def flow_app(flow_values: dict[str, str], apps: Apps, clean: None) -> Iterator[Flask]:
    """The app without pages, pointed at the sandbox, on an empty database."""
    app = apps(create_base_app, flow_values)
    yield app
    with app.app_context():
        db.session.remove()


@dataclass
class House:
    """An agency connected to the sandbox, and the programs that work for it."""

    agency: Agency
    sandbox: Sandbox
    values: dict[str, str]
    superuser: Engine
    account_ids: dict[str, UUID]
    programs: list[psutil.Popen] = field(default_factory=list)
    commands: dict[int, tuple[tuple[str, ...], tuple[str, ...]]] = field(default_factory=dict)
    """What each program was started as, by its process: the module with its words, the command."""

    def poll(self) -> None:
        """One round of every due turn, in this process."""
        app = self.agency.app
        dispatcher = Dispatcher(app)
        taken: list[Sequence[Any]] = []
        dispatcher._enqueue = lambda kind, arguments, timeout: taken.append(arguments)  # type: ignore[assignment]
        with self.superuser.begin() as connection:
            connection.execute(text("update poll_turn set due_at = now() - interval '1 second', leased_until = null"))
        dispatcher.queue_turns()
        for platform, turns in taken:
            poll_accounts(app, platform, turns)

    def let_waits_end(self) -> None:
        """The time a platform named has passed: for the budgets, and for whoever was asked to wait."""
        with self.agency.app.app_context():
            redis_of_app().flushdb()
        with self.superuser.begin() as connection:
            connection.execute(text("update account set throttled_until = null"))

    def keep_promises(self) -> None:
        """Run every open promise once, in this process, whatever its time; mails that wait for others leave first."""
        mails_leave(self.agency.app, self.superuser)
        with self.superuser.connect() as connection:
            numbers = connection.execute(
                text("select id from outbox_entry where done_at is null and given_up_at is null order by id")
            ).scalars()
            open_numbers = list(numbers)
        run_promises(open_numbers, self.agency.app)

    def pass_time(self, seconds: int) -> None:
        """Move everything the database's clock judges into the past, and the allowances that Redis's judges."""
        client = self.agency.app.extensions["onbrand_redis"]
        for key in client.scan_iter("onbrand:budget:*"):
            for name in ("paused_until", "full_at", "told_at"):
                at = client.hget(key, name)
                if at is not None:
                    client.hset(key, name, float(at) - seconds)
        moves = {
            "reply": ("sent_at", "lease_until", "next_try_at"),
            "publish_attempt": ("created_at",),
            "outbox_entry": ("run_at", "leased_until"),
            "poll_turn": ("due_at", "leased_until"),
        }
        with self.superuser.begin() as connection:
            for table, columns in moves.items():
                changes = ", ".join(f"{c} = {c} - make_interval(secs => {seconds})" for c in columns)
                connection.execute(text(f"update {table} set {changes}"))

    def scalar(self, sql: str) -> Any:
        with self.superuser.connect() as connection:
            return connection.execute(text(sql)).scalar()

    def start(self, *command: str, through: tuple[str, ...] = ("agency.command_line",)) -> psutil.Popen:
        """Start `onbrand worker` or `onbrand dispatcher`, by a module that takes its words before theirs."""
        environment = {**os.environ, **self.values}
        program = psutil.Popen(
            [sys.executable, "-m", *through, *command],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=Path(__file__).resolve().parents[2],
        )
        self.programs.append(program)
        self.commands[program.pid] = (through, command)
        return program

    def stop_all(self) -> None:
        for program in self.programs:
            if program.is_running():
                for child in program.children(recursive=True):
                    with contextlib.suppress(psutil.NoSuchProcess):  # a horse that has just done
                        child.kill()
                program.kill()
                program.wait(60)
        self.programs.clear()

    def wait_until(self, done: Callable[[], bool], seconds: float = 60) -> bool:
        """Look again and again until it holds or the time is up, which is long: a busy machine is slow, not wrong."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if done():
                return True
            time.sleep(0.2)
        return done()


@pytest.fixture
def house(flow_app: Flask, flow_values: dict[str, str], sandbox: Sandbox, superuser: Engine) -> Iterator[House]:
    """One agency, two brands; the three sandbox accounts belong to the first."""
    agency = Factory(flow_app).agency("Lantern Street", brands=("Pennywell", "Bursztynowa"))
    ids: dict[str, UUID] = {}
    with agency.entered(agency.agency_admin):
        for platform, external_id in (("facebook", PAGE), ("instagram", PROFILE), ("google_business", LOCATION)):
            ids[platform] = accounts.connect(
                agency.agency_admin, agency.brand_ids[0], platform, external_id, CREDENTIALS[external_id]
            ).id
    made = House(agency, sandbox, flow_values, superuser, ids)
    yield made
    made.stop_all()


@pytest.fixture
def web(house: House, front: Stage, apps: Apps) -> Iterator[str]:
    """The pages on a port of their own."""
    with front.showing(apps(create_app, house.values | {"ONBRAND_BASE_URL": front.address})):
        yield front.address
