"""One run's servers, sandbox, agency and programs, with a proxy before each of what a worker speaks to."""

from __future__ import annotations

import base64
import secrets
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import psutil
import redis
from sqlalchemy import NullPool, create_engine

from agency.local.postgres import APP_ROLE, DATABASE, PORT, RunningPostgres, start_postgres
from agency.local.processes import start_child, wait_until
from agency.local.valkey import AT_ONCE, RunningValkey, start_valkey
from agency.sandbox.addresses import addresses
from benchmarks.scratch import CHECKOUT, be_quiet, free_port
from channels import accounts
from migrations.run import upgrade
from tenants.base_app import create_base_app
from tenants.database import db
from tenants.settings import Settings
from tests.factories import Factory
from tests.faults.nursery import Nursery, nursery
from tests.faults.programs import OBSERVER
from tests.faults.proxy import Proxy, proxied
from tests.faults.replies import ACCOUNTS
from tests.flows.conftest import CREDENTIALS, House, Sandbox

START_SECONDS = 120
OF_ANSWERS = ("publish", "desk", "looks", "proofs")
"""The queues of the workers: nothing but answers and looks at them keeps them busy."""


@dataclass(kw_only=True)
class Nursed(House):
    """A house whose programs begin at once, but those whose clocks are wrong."""

    nursery: Nursery

    def start(self, *command: str, through: tuple[str, ...] = ("agency.command_line",)) -> Any:
        if through != ("agency.command_line",):
            return super().start(*command, through=through)
        program = self.nursery.start(command, self.values)
        self.programs.append(cast(psutil.Popen, program))
        self.commands[program.pid] = (through, command)
        return program


@dataclass
class Town:
    """The house and what it stands on. `to_*` are what its programs reach servers through."""

    house: House
    folder: Path
    postgres: RunningPostgres
    valkey: RunningValkey
    to_platforms: Proxy
    to_postgres: Proxy
    to_valkey: Proxy
    stopped: list[tuple[psutil.Process, float]] = field(default_factory=list)
    """Horses that were told to stop and not yet to go on, each with the monotonic second since when."""
    skews: tuple[int, ...] = (0, 0)
    """By how many seconds each worker's clock is wrong."""

    def start_programs(self) -> None:
        self.house.start("dispatcher")
        for seconds in self.skews:
            through = ("tests.faults.skewed", str(seconds)) if seconds else ("agency.command_line",)
            self.house.start("worker", "--queues", ",".join(OF_ANSWERS), through=through)

    def break_postgres(self) -> None:
        """As a crash: every session ends, what was not committed is gone; then it starts and recovers."""
        self.postgres.child.process.send_signal(signal.SIGQUIT)
        self.postgres.child.process.wait(START_SECONDS)
        self.postgres.stop()
        self.postgres = start_postgres(self.folder / "postgres")

    def break_valkey(self) -> None:
        """Killed and started; what it wrote to its file within the last second may be gone."""
        self.valkey.child.process.kill()
        self.valkey.child.process.wait(START_SECONDS)
        self.valkey.stop()
        self.valkey = start_valkey(self.folder / "valkey")

    def redis(self) -> redis.Redis:
        return redis.Redis.from_url(self.valkey.url, socket_timeout=10, retry=AT_ONCE)

    def end(self) -> None:
        self.house.stop_all()
        with self.house.agency.app.app_context():
            db.session.remove()
            db.engine.dispose()
        self.postgres.stop()
        self.valkey.stop()


@contextmanager
def standing(settle_seconds: int) -> Iterator[Town]:
    """All of it in a temporary folder, durable as in production; gone afterwards."""
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="onbrand-faults-")))
        (folder / "home").mkdir()
        postgres = start_postgres(folder / "postgres")
        held.callback(postgres.stop)
        upgrade(postgres.owner_url, postgres.app_url)
        valkey = start_valkey(folder / "valkey")
        held.callback(valkey.stop)
        sandbox = held.enter_context(_sandbox(folder))
        to_platforms = held.enter_context(proxied(("127.0.0.1", int(sandbox.url.rpartition(":")[2]))))
        to_postgres = held.enter_context(proxied(str(postgres.sockets / f".s.PGSQL.{PORT}")))
        to_valkey = held.enter_context(proxied(str(valkey.socket)))
        password = postgres.passwords[APP_ROLE]
        values = addresses(f"http://127.0.0.1:{to_platforms.port}") | {
            "ONBRAND_ENV": "local",
            "ONBRAND_HOME": str(folder / "home"),
            "ONBRAND_BASE_URL": "http://localhost",
            "ONBRAND_DATABASE_URL": f"postgresql://{APP_ROLE}:{password}@127.0.0.1:{to_postgres.port}/{DATABASE}",
            "ONBRAND_OWNER_DATABASE_URL": postgres.owner_url,
            "ONBRAND_REDIS_URL": f"redis://:{valkey.password}@127.0.0.1:{to_valkey.port}/0",
            OBSERVER: valkey.url,
            "ONBRAND_SECRET_KEY": secrets.token_urlsafe(48),
            "ONBRAND_CREDENTIAL_KEYS": "faults:" + base64.b64encode(secrets.token_bytes(32)).decode(),
            "ONBRAND_SETTLE_SECONDS": str(settle_seconds),
            "ONBRAND_POLL_SECONDS": "300",
        }
        app = create_base_app(Settings.from_environment(values))
        be_quiet()
        agency = Factory(app).agency("Lantern Street", brands=("Pennywell",))
        ids = {}
        with agency.entered(agency.agency_admin):
            for platform, external_id in ACCOUNTS.items():
                account = accounts.connect(
                    agency.agency_admin, agency.brand_ids[0], platform, external_id, CREDENTIALS[external_id]
                )
                ids[platform] = account.id
        superuser = create_engine(
            postgres.url("postgres").replace("postgresql:", "postgresql+psycopg:", 1), poolclass=NullPool
        )
        born = held.enter_context(nursery(folder))
        house = Nursed(agency, sandbox, values, superuser, ids, nursery=born)
        house.keep_promises()  # the set-up of the accounts
        town = Town(house, folder, postgres, valkey, to_platforms, to_postgres, to_valkey)
        held.callback(town.end)
        yield town


@contextmanager
def _sandbox(folder: Path) -> Iterator[Sandbox]:
    """The platforms as a program of their own: what happens to us does not happen to them."""
    port = free_port()
    child = start_child(
        [sys.executable, "-m", "agency.command_line", "sandbox", "--port", str(port), "--folder", folder / "sandbox"],
        log=folder / "sandbox.log",
        folder=CHECKOUT,
    )
    box = Sandbox(f"http://127.0.0.1:{port}")

    def answers() -> bool:
        try:
            return box.http.get(f"{box.url}/healthz").status_code == 200
        except Exception:
            return False

    try:
        if not wait_until(answers, timeout_seconds=START_SECONDS):
            raise RuntimeError("The sandbox does not answer.")
        for platform, external_id in ACCOUNTS.items():
            facts = {"login": "facebook", "page_id": ACCOUNTS["facebook"]} if platform == "instagram" else {}
            account = {"platform": platform, "external_id": external_id, "name": f"The {platform} account"}
            box.tell("accounts", {**account, "token": CREDENTIALS[external_id], **facts})
        yield box
    finally:
        box.http.close()
        child.stop()
