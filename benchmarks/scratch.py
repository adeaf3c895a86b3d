"""Private servers for one run, a database of its own for every benchmark, and web servers on top of them."""

from __future__ import annotations

import base64
import logging
import os
import secrets
import socket
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import structlog
from flask import Flask

from agency.local.postgres import RunningPostgres, start_postgres
from agency.local.processes import last_lines, start_child, wait_until
from agency.local.valkey import RunningValkey, start_valkey
from migrations.run import upgrade
from tenants.base_app import create_base_app
from tenants.database import db
from tenants.settings import Settings

Served = TypeVar("Served")
CHECKOUT = Path(__file__).resolve().parents[1]
PROCESSES, THREADS = 2, 4
START_TIMEOUT_SECONDS = 60
BASE_URL = "https://onbrand.example"
END_TIMEOUT_MS = 10_000
END_OTHERS = """
select pg_terminate_backend(pid, %s) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid()
"""


class Scratch:
    """One run's servers. Settings of PostgreSQL are the local stack's own, durable as in production but in tests."""

    def __init__(self, folder: Path, postgres: RunningPostgres, valkey: RunningValkey, held: ExitStack) -> None:
        self.folder = folder
        self._postgres = postgres
        self._valkey = valkey
        self._held = held
        self._is_ready = False
        self._made_here: dict[str, Database] = {}
        self._filled: dict[str, Database] = {}
        self._numbers = 0
        self._lasting: tuple[str, Any] = ("", None)
        self._running = held.enter_context(ExitStack())

    def database(self, name: str, fill: Callable[[Database], None] | None = None, *, filled_as: str = "") -> Database:
        """A migrated database of its own. What `fill` puts in is kept as `filled_as` and copied the next time."""
        self._make_empty()
        if fill is None:
            return self._made(f"{name}_{self._next()}", "template_empty")
        return self._made(f"{name}_{self._next()}", self.filled(fill, filled_as).name)

    def filled(self, fill: Callable[[Database], None], filled_as: str) -> Database:
        """The filled database itself, for who leaves it as it is: of ten million conversations no copy is made."""
        known = self._filled.get(filled_as)
        if known is None:
            self._make_empty()
            known = self._made(f"template_{filled_as}", "template_empty")
            fill(known)
            self._filled[filled_as] = known
        return known

    def lasting(self, name: str, start: Callable[[ExitStack], Served]) -> Served:
        """What `start` starts, kept for the benchmarks after it that want the same: until another name, or another
        database, is asked for.
        """
        if self._lasting[0] != name:
            self.end_lasting()
            self._lasting = (name, start(self._running))
        served: Served = self._lasting[1]
        return served

    def end_lasting(self) -> None:
        """Stop what still runs for the next benchmark."""
        self._lasting = ("", None)
        self._running.close()

    def _make_empty(self) -> None:
        if not self._is_ready:
            made = self._made("template_empty", None)
            upgrade(made.owner_url, made.app_url)
            self._is_ready = True

    def drop(self, database: Database) -> None:
        """Remove a database; the templates stay until the run ends."""
        self._made_here.pop(database.name).let_go()
        self._postgres.drop_database(database.name)

    def _next(self) -> int:
        self._numbers += 1
        return self._numbers

    def _made(self, name: str, template: str | None) -> Database:
        self.end_lasting()
        if template is not None:
            self._made_here[template].be_alone()
        self._postgres.create_database(name, template=template)
        urls = [self._postgres.url(role, name) for role in ("postgres", "onbrand_owner", "onbrand_app")]
        self._made_here[name] = Database(self, name, *urls, self._valkey.database_url(min(self._next(), 63)))
        return self._made_here[name]


class Database:
    """One benchmark's database, with the product's settings for it."""

    def __init__(self, scratch: Scratch, name: str, superuser: str, owner: str, app: str, redis_url: str) -> None:
        self.scratch = scratch
        self.name = name
        self._apps: list[Flask] = []
        self.superuser_url = superuser
        self.owner_url = owner
        self.app_url = app
        self.environment = {
            "ONBRAND_ENV": "production",
            "ONBRAND_HOME": str(scratch.folder / "home"),
            "ONBRAND_BASE_URL": BASE_URL,
            "ONBRAND_DATABASE_URL": app,
            "ONBRAND_OWNER_DATABASE_URL": owner,
            "ONBRAND_REDIS_URL": redis_url,
            "ONBRAND_SECRET_KEY": secrets.token_urlsafe(48),
            "ONBRAND_CREDENTIAL_KEYS": "bench:" + base64.b64encode(secrets.token_bytes(32)).decode(),
        }

    def settings(self, more: Mapping[str, str] | None = None) -> Settings:
        """The settings the product would read."""
        return Settings.from_environment({**self.environment, **(more or {})})

    def base_app(self, more: Mapping[str, str] | None = None) -> Flask:
        """The product without pages, as the application's role. Its connections are given back by `let_go`."""
        app = create_base_app(self.settings(more))
        be_quiet()
        self._apps.append(app)
        return app

    def let_go(self) -> None:
        """Close what this process holds open; an app that is used again connects again."""
        for app in self._apps:
            with app.app_context():
                db.session.remove()
                db.engine.dispose()
        self._apps.clear()

    def be_alone(self) -> None:
        """End every session here, as a database that is copied may have none: a program's may outlive it a little."""
        self.let_go()
        with psycopg.connect(self.superuser_url, autocommit=True) as connection:
            connection.execute(END_OTHERS, [END_TIMEOUT_MS])

    def superuser(self) -> psycopg.Connection:
        """Past every guard: for filling and for looking at what was written."""
        return psycopg.connect(self.superuser_url, autocommit=True)

    @contextmanager
    def product(self) -> Iterator[str]:
        """The product's web server as `make run` starts it; its address."""
        command = [sys.executable, "-m", "agency.command_line", "web", "--processes", str(PROCESSES)]
        with _served(self, [*command, "--threads", str(THREADS)], "--port", "/healthz", self.environment) as url:
            yield url

    @contextmanager
    def floor(self) -> Iterator[str]:
        """The floor's pages on the same kind of server; its address."""
        command = [sys.executable, "-m", "benchmarks.floor_server"]
        with _served(self, command, "", "/hello", {"FLOOR_DATABASE_URL": self.app_url}) as url:
            yield url


@contextmanager
def _served(
    database: Database, command: list[str], port_option: str, ready: str, environment: Mapping[str, str]
) -> Iterator[str]:
    port = free_port()
    log = database.scratch.folder / f"web-{port}.log"
    given = [*command, port_option, str(port)] if port_option else [*command, str(port)]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("ONBRAND_")}
    child = start_child(given, log=log, environment=inherited | dict(environment), folder=CHECKOUT)
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        if child.exit_code() is not None:
            raise RuntimeError(f"The server ended while starting: {last_lines(log, 5)}")
        try:
            with urllib.request.urlopen(url + ready, timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    try:
        if not wait_until(answers, timeout_seconds=START_TIMEOUT_SECONDS):
            raise RuntimeError(f"The server did not answer: {last_lines(log, 5)}")
        yield url
    finally:
        child.stop(patience_seconds=12)


def be_quiet() -> None:
    """Keep what the product logs in this process from standing between the figures; call it after making an app."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))


def free_port() -> int:
    """A loopback port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def scratch_servers(*, durable: bool = True) -> Iterator[Scratch]:
    """Start PostgreSQL and Valkey in a temporary folder; all of it is gone afterwards. Figures count as `durable`."""
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="onbrand-bench-")))
        (folder / "home").mkdir()
        postgres = start_postgres(folder / "postgres", durable=durable)
        held.callback(postgres.stop)
        valkey = start_valkey(folder / "valkey", durable=durable)
        held.callback(valkey.stop)
        yield Scratch(folder, postgres, valkey, held)
