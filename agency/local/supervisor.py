"""`onbrand run`: the whole product as one foreground program, on an embedded PostgreSQL and Valkey."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import psutil

from agency.local.home import CHECKOUT, Home, home_folder, port_problem
from agency.local.postgres import RunningPostgres, start_postgres
from agency.local.processes import (
    Child,
    LocalStackError,
    folder_lock,
    last_lines,
    shorten_log,
    start_child,
    tied_to_us,
    wait_until,
    write_private,
)
from agency.local.valkey import RunningValkey, start_valkey

RUN_ID = "ONBRAND_RUN_ID"
SANDBOX_URL = "ONBRAND_SANDBOX_URL"
DEFAULT_PORT = "8700"
READY_TIMEOUT_SECONDS = 120
# The whole stop stays below ten seconds: the parts get the first span, a second signal, then the servers theirs.
STOP_PARTS_SECONDS = 4.0
STOP_SERVERS_SECONDS = 2.0
LONGEST_PAUSE_SECONDS = 30.0
# A part that ran this long before it crashed starts with the shortest pause again.
STEADY_SECONDS = 60.0
# While starting, a part that ends so often will not come up by itself.
CRASHES_BEFORE_READY = 3
TICK_SECONDS = 0.2


class StopAsked(BaseException):
    """SIGINT, SIGTERM or SIGHUP arrived, or the program that started us is gone."""


@dataclass
class Part:
    """A part of the product: how to start it and how it has been doing."""

    name: str
    start: Callable[[], Child]
    child: Child | None = None
    started_at: float = 0.0
    crashes: int = 0
    start_again_at: float = 0.0

    def pause_seconds(self) -> float:
        """How long to wait before the next start: 1, 2, 4 … seconds."""
        return float(min(2 ** max(0, self.crashes - 1), LONGEST_PAUSE_SECONDS))


@dataclass
class Supervisor:
    """Everything one run started, in starting order."""

    home: Home
    environment: dict[str, str]
    run_id: str
    # The program that started us, where we are to stop when it is gone.
    parent: int | None = None
    parts: list[Part] = field(default_factory=list)
    postgres: RunningPostgres | None = None
    valkey: RunningValkey | None = None

    def start(self) -> list[str]:
        """Start all parts and wait until the web answers; the sign-in lines of the demo."""
        addresses = self.start_servers()
        port = self.home.sandbox_port()
        addresses |= self.sandbox_addresses(f"http://127.0.0.1:{port}")
        addresses[SANDBOX_URL] = f"http://127.0.0.1:{port}"  # where the demo loads its texts
        self.environment.update(addresses)
        self.home.remember_addresses(addresses | {"ONBRAND_PORT": self.environment["ONBRAND_PORT"]})
        self.add("sandbox", "sandbox", "--port", str(port))
        self.run_to_end("migrate")
        for name in ("web", "worker", "dispatcher"):
            self.add(name, name)
        self.add("answers", "worker", "--queues", "publish,desk")  # what people wait for, behind no poll
        sign_in_lines = self.seed()
        self.wait_until_ready()
        return sign_in_lines

    def start_servers(self) -> dict[str, str]:
        """Start the servers nobody gave an address for; the settings that lead to them."""
        addresses = {}
        if not self.environment.get("ONBRAND_DATABASE_URL"):
            self.postgres = start_postgres(self.home.folder / "postgres")
            self.parts.append(Part("postgres", self.restart_postgres, self.postgres.child, time.monotonic()))
            addresses["ONBRAND_DATABASE_URL"] = self.postgres.app_url
            addresses["ONBRAND_OWNER_DATABASE_URL"] = self.postgres.owner_url
        elif not self.environment.get("ONBRAND_OWNER_DATABASE_URL"):
            raise LocalStackError(
                "ONBRAND_DATABASE_URL is set and ONBRAND_OWNER_DATABASE_URL is not; set the owner's too, or neither."
            )
        if not self.environment.get("ONBRAND_REDIS_URL"):
            self.valkey = start_valkey(self.home.folder / "valkey")
            self.parts.append(Part("valkey", self.restart_valkey, self.valkey.child, time.monotonic()))
            addresses["ONBRAND_REDIS_URL"] = self.valkey.url
        return addresses

    def restart_postgres(self) -> Child:
        """Start the embedded PostgreSQL again after it ended; same folder, same addresses."""
        assert self.postgres is not None
        self.postgres.stop()
        self.postgres = start_postgres(self.postgres.folder)
        return self.postgres.child

    def restart_valkey(self) -> Child:
        """Start the embedded Valkey again after it ended; same folder, same address."""
        assert self.valkey is not None
        self.valkey.stop()
        self.valkey = start_valkey(self.home.folder / "valkey")
        return self.valkey.child

    def sandbox_addresses(self, base_url: str) -> dict[str, str]:
        """The settings that make the platforms mean the sandbox, without those somebody has set."""
        from agency.sandbox.addresses import addresses

        ours = self.environment.get("ONBRAND_BASE_URL") or f"http://127.0.0.1:{self.environment['ONBRAND_PORT']}"
        wanted = {
            **addresses(base_url),
            # Words of the sandbox's own, so that its events reach us; they open nothing else.
            "META_WEBHOOK_VERIFY_TOKEN": "sandbox",
            "GOOGLE_PUBSUB_TOPIC": "projects/sandbox/topics/reviews",
            "GOOGLE_PUBSUB_AUDIENCE": f"{ours.rstrip('/')}/webhooks/google",
        }
        has_test_key = self.environment.get("STRIPE_SECRET_KEY", "").startswith(("sk_test_", "rk_test_"))
        if has_test_key and not self.environment.get("STRIPE_API_URL"):
            # Whoever names another Stripe leads its webhooks here themselves.
            wanted |= {"STRIPE_API_URL": f"{base_url}/stripe", "STRIPE_WEBHOOK_SECRET": "whsec_sandbox"}
        return {name: value for name, value in wanted.items() if not self.environment.get(name)}

    def add(self, name: str, *arguments: str) -> None:
        """Start an `onbrand` command as a part and keep it running."""

        def start() -> Child:
            log = self.home.log(name)
            shorten_log(log)
            return start_child(onbrand(*arguments), log=log, environment=self.environment, folder=CHECKOUT)

        self.parts.append(Part(name, start, start(), time.monotonic()))

    def run_to_end(self, *arguments: str) -> str:
        """Run an `onbrand` command to its end; what it printed. Raises LocalStackError when it fails."""
        log = self.home.log(arguments[0])
        with log.open("ab") as errors:
            answer = subprocess.run(
                [*tied_to_us(signal.SIGTERM), *onbrand(*arguments)],
                env=self.environment,
                cwd=CHECKOUT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                check=False,
                start_new_session=True,
            )
        if answer.returncode != 0:
            raise LocalStackError(f"`onbrand {' '.join(arguments)}` failed ({last_lines(log, 1)}); see {log}.")
        return answer.stdout

    def seed(self) -> list[str]:
        """Seed the demo on the first run; the sign-in lines on every run."""
        return [line for line in self.run_to_end("demo").splitlines() if line.startswith("sign-in ")]

    def wait_until_ready(self) -> None:
        """Return when the web says that all it needs is up. Raises LocalStackError when it does not."""
        address = f"http://127.0.0.1:{self.environment['ONBRAND_PORT']}/healthz"
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        said = ["it did not answer"]

        def ready() -> bool:
            self.look_after_parts()
            for part in self.parts:
                if part.crashes >= CRASHES_BEFORE_READY:
                    log = self.home.log(part.name)
                    raise LocalStackError(f"{part.name} does not start ({last_lines(log, 1)}); see {log}.")
            try:
                with direct.open(address, timeout=5) as answer:
                    return bool(answer.status == 200)
            except urllib.error.HTTPError as error:
                said[0] = f"it answered {error.code}"
            except OSError:
                pass
            return False

        if not wait_until(ready, timeout_seconds=READY_TIMEOUT_SECONDS, pause_seconds=0.1):
            raise LocalStackError(
                f"The web was not ready within {READY_TIMEOUT_SECONDS} s ({said[0]}); see {self.home.log('web')}."
            )

    def look_after_parts(self) -> None:
        """Start again what has crashed, once its pause is over. Raises StopAsked when our parent is gone."""
        if self.parent is not None and os.getppid() != self.parent:
            raise StopAsked
        now = time.monotonic()
        for part in self.parts:
            if part.child is not None and (code := part.child.exit_code()) is not None:
                part.crashes = 1 if now - part.started_at > STEADY_SECONDS else part.crashes + 1
                part.child = None
                part.start_again_at = now + part.pause_seconds()
                say(f"{part.name} ended with {code}; starting it again in {part.pause_seconds():.0f} s")
            if part.child is None and now >= part.start_again_at:
                try:
                    part.child = part.start()
                    part.started_at = now
                except LocalStackError as error:
                    part.crashes += 1
                    part.start_again_at = now + part.pause_seconds()
                    say(f"{part.name} does not start; trying again in {part.pause_seconds():.0f} s. {error}")

    def stop(self) -> None:
        """Stop everything: first what uses the servers, then the servers."""
        servers = ("postgres", "valkey")
        running = [part.child for part in self.parts if part.child is not None and part.name not in servers]
        for child in running:
            child.ask_to_stop()

        def gone() -> bool:
            return all(child.exit_code() is not None for child in running)

        if not wait_until(gone, timeout_seconds=STOP_PARTS_SECONDS):
            for child in running:
                child.ask_to_stop()  # RQ takes a second signal as: do not wait for the job
            wait_until(gone, timeout_seconds=0.5)
        for child in running:
            child.stop(patience_seconds=0)
        end_processes_of_run(self.run_id, patience_seconds=0)
        if self.valkey is not None:
            self.valkey.child.stop(patience_seconds=STOP_SERVERS_SECONDS)
            self.valkey.stop()
        if self.postgres is not None:
            self.postgres.child.stop(patience_seconds=STOP_SERVERS_SECONDS)
            self.postgres.stop()


def onbrand(*arguments: str) -> list[str]:
    """The command line of an `onbrand` command; it names the part in the list of processes."""
    return [sys.executable, str(Path(sys.executable).with_name("onbrand")), *arguments]


def say(sentence: str) -> None:
    """One line for the person at the terminal."""
    with contextlib.suppress(OSError):  # whoever read us may have gone; the product goes on
        print(sentence, flush=True)


def processes_of_run(run_id: str) -> Iterator[psutil.Process]:
    """Processes that carry the mark of a run in their environment: parts, their workers and work-horses."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get(RUN_ID) == run_id:
                yield process


def end_processes_of_run(run_id: str, *, patience_seconds: float) -> None:
    """Stop whatever a run has left behind: ask, wait so long, then kill."""
    leftover = list(processes_of_run(run_id))
    for process in leftover:
        with contextlib.suppress(psutil.Error):
            process.terminate() if patience_seconds else process.kill()
    _, stubborn = psutil.wait_procs(leftover, timeout=patience_seconds or 1)
    for process in stubborn:
        with contextlib.suppress(psutil.Error):
            process.kill()


def end_earlier_run(home: Home) -> str:
    """Stop what a killed supervisor left behind in this home; the mark of the new run, written down."""
    file = home.folder / "run" / "id"
    with contextlib.suppress(OSError):
        end_processes_of_run(file.read_text("ascii").strip(), patience_seconds=3)
    run_id = secrets.token_hex(16)
    write_private(file, run_id)
    return run_id


def prepare_environment(home: Home) -> dict[str, str]:
    """The environment of all parts, before the servers' addresses. Raises LocalStackError for what cannot work."""
    home.remember_secrets(os.environ)
    given = {name: value for name, value in os.environ.items() if value}
    environment = {"ONBRAND_ENV": "local", "ONBRAND_PORT": DEFAULT_PORT, **home.own_settings(), **given}
    environment |= {"ONBRAND_HOME": str(home.folder), "PYTHONUNBUFFERED": "1"}
    for name in ("NO_PROXY", "no_proxy"):  # the sandbox is spoken to directly, whatever proxy this machine uses
        environment[name] = ",".join(filter(None, (environment.get(name), "127.0.0.1", "localhost")))
    if environment["ONBRAND_ENV"] != "local":
        raise LocalStackError(
            "`onbrand run` is for one machine and ONBRAND_ENV=local; in production start `onbrand migrate`, then "
            "`onbrand web`, `onbrand worker` and `onbrand dispatcher`, each as often as you like."
        )
    port = environment["ONBRAND_PORT"]
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise LocalStackError(f"ONBRAND_PORT is {port!r} and must be a port number, for example {DEFAULT_PORT}.")
    return environment


def stop_when_asked() -> None:
    """Turn the signals that mean stop into StopAsked, once; later ones are ignored while we stop."""

    def ask(_number: int, _frame: FrameType | None) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        raise StopAsked

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup
        signal.signal(signal.SIGHUP, ask)


def run() -> int:
    """Run the whole product until it is told to stop; the exit status."""
    parent = os.getppid() if os.environ.get("ONBRAND_STOP_WITH_PARENT") else None
    stop_when_asked()
    try:
        home = Home.prepare(home_folder(os.environ))
        taken = (
            f"Onbrand already runs in {home.folder}; stop that one first, "
            "or start this one with another ONBRAND_HOME and ONBRAND_PORT."
        )
        with folder_lock(home.folder / "run" / "lock", taken):
            return run_in(home, parent)
    except LocalStackError as error:
        print(error, file=sys.stderr, flush=True)
        return 1
    except StopAsked:
        return 0


def run_in(home: Home, parent: int | None) -> int:
    """Run in a home folder whose lock we hold, until StopAsked or until `parent` is no longer our parent."""
    environment = prepare_environment(home)
    run_id = end_earlier_run(home)
    port = environment["ONBRAND_PORT"]
    if problem := port_problem(int(port)):
        another = int(port) + 1 if 1023 < int(port) < 65535 else DEFAULT_PORT
        raise LocalStackError(f"Port {port} {problem}, or choose another: ONBRAND_PORT={another} make run")
    supervisor = Supervisor(home, {**environment, RUN_ID: run_id}, run_id, parent)
    began = time.monotonic()
    try:
        say(f"Starting Onbrand in {home.folder}")
        sign_in_lines = supervisor.start()
        for line in sign_in_lines:
            say(line)
        address = environment.get("ONBRAND_BASE_URL") or f"http://127.0.0.1:{port}"
        say(f"Sandbox platforms, where you can write as a customer: {supervisor.environment[SANDBOX_URL]}")
        say(f"Onbrand is ready at {address} after {time.monotonic() - began:.1f} s; Ctrl-C stops it")
        while True:
            supervisor.look_after_parts()
            time.sleep(TICK_SECONDS)
    except StopAsked:
        pass
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        say("Stopping")
        supervisor.stop()
    say("Stopped")
    return 0
