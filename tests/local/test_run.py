"""`onbrand run`, whole: ready, found from another terminal, killed, started again, stopped, and what it refuses."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil
import pytest

from agency.local.home import CHECKOUT
from agency.local.processes import wait_until
from agency.local.supervisor import onbrand, processes_of_run
from tests.steady import share_of

READY_SECONDS = 120
STOP_SECONDS = 10
ENDS = (signal.SIGKILL, signal.SIGTERM)
"""How make may end: killed, when nothing of it can clean up, or told to stop. In `.ci/run` the first."""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Run:
    """One `onbrand run` in a home of its own."""

    def __init__(self, home: Path, port: int) -> None:
        self.home, self.port = home, port
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("ONBRAND_", "META_", "GOOGLE_"))
        }
        self.environment = {**kept, "ONBRAND_HOME": str(home), "ONBRAND_PORT": str(port)}
        self.lines: list[str] = []

    def start(self, command: Sequence[str] = ()) -> Run:
        self.process = subprocess.Popen(
            [*(command or onbrand("run"))],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.strip())
            if "Onbrand is ready at" in line:
                return self
        raise AssertionError("\n".join(self.lines))

    def parts(self) -> list[psutil.Process]:
        return list(processes_of_run((self.home / "run" / "id").read_text()))

    def servers(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def commands(self) -> dict[int, str]:
        """Process id -> command line of everything that runs below it."""
        found = {}
        for process in self.servers():
            with contextlib.suppress(psutil.Error):
                found[process.pid] = " ".join(process.cmdline())
        return found

    def stop(self, number: int = signal.SIGTERM) -> float:
        """Send the signal and wait; how long the stop took, in seconds."""
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.communicate(timeout=30)
        return time.monotonic() - began

    def refused(self, **settings: str) -> str:
        """Start it where it must refuse; the sentence."""
        answer = subprocess.run(
            onbrand("run"), env=self.environment | settings, capture_output=True, text=True, check=False, timeout=60
        )
        assert answer.returncode == 1
        assert "Traceback" not in answer.stderr
        return answer.stderr.strip()


class Kept:
    """A home whose database and demo are made once, and the run in it that lasts until a test ends it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.run: Run | None = None

    def running(self) -> Run:
        if self.run is None or self.run.process.poll() is not None:
            self.run = Run(self.home, free_port()).start()
        return self.run

    def stopped(self) -> Path:
        """The home, in which nothing runs any more."""
        if self.run is not None and self.run.process.poll() is None:
            self.run.stop()
        return self.home


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    kept = Kept(tmp_path_factory.mktemp("home"))
    yield kept
    kept.stopped()


@pytest.fixture
def run(kept: Kept) -> Run:
    return kept.running()


class TestRunning:
    """Together, so that one run serves them all whatever the order."""

    def test_it_answers_and_every_part_is_named_on_its_command_line(self, run: Run) -> None:
        with urllib.request.urlopen(f"http://127.0.0.1:{run.port}/healthz", timeout=30) as answer:
            assert answer.status == 200
        lines = list(run.commands().values())
        for part in (
            "onbrand web",
            "onbrand worker",
            "worker --queues publish,desk",
            "onbrand dispatcher",
            "onbrand sandbox",
        ):
            assert any(part in line for line in lines), part

    def test_every_role_gets_a_sign_in_line(self, run: Run) -> None:
        words = [line.split() for line in run.lines if line.startswith("sign-in ")]
        assert {"agency_admin", "team_lead", "staff", "client_owner"} <= {word[1] for word in words}
        assert all(word[3] == "password" and "@" in word[2] and len(word) == 5 for word in words)

    def test_nothing_listens_beyond_loopback(self, run: Run) -> None:
        for process in run.servers():
            try:
                connections = process.net_connections("inet")
            except (psutil.NoSuchProcess, FileNotFoundError):
                continue  # a work-horse that finished its job meanwhile
            for connection in connections:
                if connection.status == psutil.CONN_LISTEN:
                    assert connection.laddr.ip in ("127.0.0.1", "::1"), (process.cmdline(), connection)

    def test_a_second_run_in_the_same_home_says_so(self, run: Run) -> None:
        assert run.refused(ONBRAND_PORT=str(free_port())).startswith("Onbrand already runs in ")

    def test_a_taken_port_is_one_sentence(self, run: Run, tmp_path: Path) -> None:
        sentence = run.refused(ONBRAND_HOME=str(tmp_path))
        assert sentence.startswith(f"Port {run.port} on this machine is taken;")
        assert "ONBRAND_PORT=" in sentence

    def test_another_terminal_finds_the_servers(self, run: Run) -> None:
        answer = subprocess.run(
            onbrand("doctor"),
            env={**run.environment, "ONBRAND_PORT": ""},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert answer.returncode == 0, answer.stdout
        assert "ok   queue: Valkey" in answer.stdout
        secrets = [
            line.split("=", 1)[1] for line in (run.home / ".env").read_text().splitlines() if "SECRET_KEY=" in line
        ]
        assert all(secret not in answer.stdout for secret in secrets)

    def test_a_part_that_is_killed_comes_back(self, run: Run) -> None:
        def dispatchers() -> list[int]:
            return [pid for pid, command in run.commands().items() if "onbrand dispatcher" in command]

        (first,) = dispatchers()
        os.kill(first, signal.SIGKILL)
        assert wait_until(lambda: dispatchers() not in ([], [first]), timeout_seconds=60)


@pytest.mark.slow
def test_killed_then_started_again_then_stopped_then_started_by_make_and_each_time_nothing_is_left(kept: Kept) -> None:
    """One after the other, so that each start serves two: it takes as long as a hundred tests."""
    killed = kept.running()
    left_behind = killed.servers()
    killed.process.kill()
    killed.process.communicate()
    again = kept.run = Run(kept.home, killed.port).start()
    assert [line for line in again.lines if line.startswith("sign-in ")] == [
        line for line in killed.lines if line.startswith("sign-in ")
    ]
    assert psutil.wait_procs(left_behind, timeout=STOP_SECONDS)[1] == []
    children = again.servers()
    assert again.stop(signal.SIGINT) < STOP_SECONDS
    assert again.process.returncode == 0
    assert psutil.wait_procs(children, timeout=STOP_SECONDS)[1] == []
    assert again.parts() == []
    if shutil.which("make") is None:
        return
    # `-o setup`: what stands is taken as it is.
    command = ["make", "-C", str(CHECKOUT), "-o", "setup", f"VENV={Path(sys.executable).parents[1]}", "run"]
    for number in share_of(ENDS, 0, of=len(ENDS)):
        made = Run(kept.home, free_port()).start(command)
        children = made.servers()
        assert any("onbrand run" in command for command in made.commands().values())
        assert made.stop(number) < STOP_SECONDS, number
        assert psutil.wait_procs(children, timeout=STOP_SECONDS)[1] == []


def test_production_is_sent_to_the_separate_commands(tmp_path: Path) -> None:
    sentence = Run(tmp_path, free_port()).refused(ONBRAND_ENV="production")
    assert "onbrand web" in sentence


def test_half_a_database_address_is_one_sentence(tmp_path: Path) -> None:
    sentence = Run(tmp_path, free_port()).refused(ONBRAND_DATABASE_URL="postgresql://app:pw@127.0.0.1/x")
    assert "ONBRAND_OWNER_DATABASE_URL" in sentence


@pytest.mark.skipif(sys.platform != "linux" or shutil.which("unshare") is None, reason="needs a mount of its own")
def test_a_full_disk_is_one_sentence(tmp_path: Path) -> None:
    script = 'mount -t tmpfs -o size=1m none "$ONBRAND_HOME" && exec "$0" "$@"'
    space = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script]
    environment = Run(tmp_path, free_port()).environment
    if subprocess.run([*space, "true"], env=environment, capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine lets nobody mount")
    answer = subprocess.run(
        [*space, *onbrand("run")], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert answer.returncode == 1
    assert "free some space, or set ONBRAND_HOME" in answer.stderr
