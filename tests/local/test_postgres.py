"""The embedded PostgreSQL: passwords, private folders, root without open doors, and what a killed parent leaves."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil
import psycopg
import pytest

from agency.local.postgres import RunningPostgres, binaries, start_postgres
from agency.local.processes import LocalStackError, wait_until

PROGRAM = Path(__file__).with_name("stack_program.py")
ROOT_ON_LINUX = pytest.mark.skipif(os.geteuid() != 0 or sys.platform != "linux", reason="about root on Linux")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPostgres]:
    running = start_postgres(tmp_path_factory.mktemp("postgres"), durable=False)
    yield running
    running.stop()


def modes_above(folder: Path) -> dict[str, int]:
    return {str(place): stat.S_IMODE(place.stat().st_mode) for place in (folder, *folder.parents)}


def start_program(
    folder: Path,
    *arguments: str,
    before: Sequence[str] = (),
    user: int | None = None,
    python: Sequence[str] = (sys.executable,),
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*before, *python, str(PROGRAM), str(folder), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        user=user,
        group=user,
        extra_groups=[] if user is not None else None,
    )


def first_line(program: subprocess.Popen[str]) -> str:
    assert program.stdout is not None
    return program.stdout.readline().strip()


def end(program: subprocess.Popen[str]) -> None:
    program.communicate("", timeout=60)


def test_roles_are_weak_and_the_app_owns_nothing(server: RunningPostgres) -> None:
    with psycopg.connect(server.app_url) as connection:
        rows = connection.execute(
            "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolreplication FROM pg_roles"
            " WHERE rolname IN ('onbrand_owner', 'onbrand_app')"
        ).fetchall()
        owned = connection.execute("SELECT count(*) FROM pg_database WHERE pg_get_userbyid(datdba) = 'onbrand_app'")
        assert sorted(rows) == [("onbrand_app", *[False] * 4), ("onbrand_owner", *[False] * 4)]
        assert owned.fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE public.mine (id int)")


def test_the_owner_makes_tables_and_orders_text_by_code_point(server: RunningPostgres) -> None:
    with psycopg.connect(server.owner_url) as connection:
        connection.execute("CREATE TABLE made (word text)")
        connection.execute("INSERT INTO made VALUES ('ż'), ('z'), ('Z'), ('a')")
        words = [row[0] for row in connection.execute("SELECT word FROM made ORDER BY word")]
        provider = connection.execute("SELECT datlocprovider, datlocale FROM pg_database WHERE datname = 'onbrand'")
        assert words == ["Z", "a", "z", "ż"]
        assert provider.fetchone() == ("b", "C.UTF-8")


@pytest.mark.parametrize("role", ["postgres", "onbrand_owner", "onbrand_app"])
def test_nobody_enters_without_the_password(server: RunningPostgres, role: str) -> None:
    for password in ("", "wrong"):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(host=str(server.sockets), user=role, password=password, dbname="postgres", port=5432)


def test_no_tcp_port_and_no_public_file(server: RunningPostgres) -> None:
    connections = [
        c for c in psutil.Process(server.child.pid).net_connections("inet") if c.status == psutil.CONN_LISTEN
    ]
    assert connections == []
    assert stat.S_IMODE((server.folder / "passwords.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((server.folder / "data").stat().st_mode) == 0o700


def test_a_database_is_copied_from_a_template_and_dropped_with_its_visitors(server: RunningPostgres) -> None:
    server.create_database("template_of_ours")
    with psycopg.connect(server.url("onbrand_owner", "template_of_ours")) as connection:
        connection.execute("CREATE TABLE copied (id int)")
    server.create_database("a_copy", template="template_of_ours")
    with psycopg.connect(server.url("onbrand_owner", "a_copy"), autocommit=True) as visitor:
        assert visitor.execute("SELECT count(*) FROM copied").fetchone() == (0,)
        server.drop_database("a_copy")
        with pytest.raises(psycopg.OperationalError):
            visitor.execute("SELECT 1")


def test_a_second_start_on_the_same_folder_is_refused_in_one_sentence(server: RunningPostgres) -> None:
    with pytest.raises(LocalStackError, match="Another program runs the PostgreSQL in"):
        start_postgres(server.folder)


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a server that was made and stopped; each test leaves it so."""
    folder = tmp_path_factory.mktemp("stopped") / "postgres"
    start_postgres(folder, durable=False).stop()
    return folder


def test_stop_and_start_keep_what_was_written(stopped: Path) -> None:
    first = start_postgres(stopped)
    with psycopg.connect(first.owner_url) as connection:
        connection.execute("CREATE TABLE kept (id int)")
    first.stop()
    assert first.child.exit_code() == 0
    second = start_postgres(stopped)
    try:
        assert second.owner_url == first.owner_url
        with psycopg.connect(second.owner_url) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    finally:
        second.stop()


def test_a_stale_pid_that_belongs_to_a_stranger_is_not_believed(stopped: Path) -> None:
    folder = stopped
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        (folder / "data" / "postmaster.pid").write_text(f"{stranger.pid}\n{folder / 'data'}\n")
        (folder / "process.json").write_text(json.dumps({"pid": stranger.pid, "started": 1.0}))
        start_postgres(folder, durable=False).stop()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_an_interrupted_first_start_is_begun_anew(tmp_path: Path) -> None:
    half = tmp_path / "postgres" / "data" / "new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    (half.parent / "password").write_text("old\n")
    start_postgres(tmp_path / "postgres", durable=False).stop()
    assert not half.exists()
    assert not (half.parent / "password").exists()


def test_another_major_version_is_named(stopped: Path) -> None:
    named = stopped / "data" / "PG_VERSION"
    version = named.read_text()
    named.write_text("15\n")
    with pytest.raises(LocalStackError, match="was made by PostgreSQL 15"):
        start_postgres(stopped)
    named.write_text(version)


def test_a_path_too_long_for_a_socket_gets_a_private_short_one(tmp_path: Path) -> None:
    running = start_postgres(tmp_path / ("długa-nazwa-" * 8), durable=False)
    try:
        assert len(os.fsencode(running.sockets)) < 80
        assert stat.S_IMODE(running.sockets.stat().st_mode) == 0o700
        psycopg.connect(running.app_url).close()
    finally:
        running.stop()
        shutil.rmtree(running.sockets)


@pytest.mark.parametrize("place", [(), ("thread",)], ids=["main thread", "other thread"])
def test_a_killed_parent_takes_both_servers_along_and_the_next_start_works(
    tmp_path: Path, place: tuple[str, ...]
) -> None:
    program = start_program(tmp_path, *place)
    owner_url, _, *pids = first_line(program).split()
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (id int)")
    program.kill()
    program.wait()
    assert wait_until(lambda: not any(psutil.pid_exists(int(pid)) for pid in pids), timeout_seconds=60)
    again = start_program(tmp_path, *place)
    assert first_line(again).split()[0] == owner_url
    with psycopg.connect(owner_url) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    end(again)
    assert again.returncode == 0


@ROOT_ON_LINUX
def test_root_below_a_private_folder_opens_no_folder(tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    before = modes_above(private) | modes_above(binaries())
    running = start_postgres(private / "home" / "postgres", durable=False)
    try:
        assert psutil.Process(running.child.pid).uids().effective != 0
        psycopg.connect(running.app_url).close()
        assert modes_above(private) | modes_above(binaries()) == before
        assert stat.S_IMODE((private / "home").stat().st_mode) == 0o700
    finally:
        running.stop()


@ROOT_ON_LINUX
@pytest.mark.parametrize("lost", ["-dac_read_search", "-dac_read_search,-dac_override,-setuid,-setgid,-chown,-fowner"])
def test_root_with_fewer_capabilities_finds_another_means(tmp_path: Path, lost: str) -> None:
    if shutil.which("setpriv") is None:
        pytest.skip("setpriv is not installed")
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    program = start_program(private, before=("setpriv", "--bounding-set", lost))
    answer = first_line(program)
    end(program)
    assert answer.startswith("postgresql://"), answer


@ROOT_ON_LINUX
def test_root_without_any_means_says_so_in_one_sentence(tmp_path: Path) -> None:
    script = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$0" "$@"'
    probe = subprocess.run(
        ["unshare", "--user", "--map-root-user", "sh", "-c", script, "true"], capture_output=True, check=False
    )
    if probe.returncode != 0:
        pytest.skip("this machine lets nobody open a user namespace")
    program = start_program(tmp_path, before=("unshare", "--user", "--map-root-user", "sh", "-c", script))
    answer = first_line(program)
    end(program)
    assert answer.startswith("refused: PostgreSQL does not run as root")
    assert "ONBRAND_DATABASE_URL" in answer


def python_for(user: int) -> list[str]:
    """A Python of our version that this user may run, with our libraries; skips the test where there is none."""
    libraries = str(binaries().parents[2])
    for python in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        command = ["env", f"PYTHONPATH={libraries}", python]
        with contextlib.suppress(OSError):
            if (
                subprocess.run(
                    [*command, "-c", "import psycopg, psutil, redis"], user=user, group=user, check=False
                ).returncode
                == 0
            ):
                return command
    pytest.skip("no Python here that another user may run")


@ROOT_ON_LINUX
def test_an_ordinary_user_needs_nothing() -> None:
    nobody = 65534
    python = python_for(nobody)
    folder = Path(tempfile.mkdtemp(prefix="onbrand-"))
    os.chown(folder, nobody, nobody)
    try:
        program = start_program(folder, user=nobody, python=python)
        answer = first_line(program)
        assert answer.startswith("postgresql://"), answer
        assert psutil.Process(int(answer.split()[2])).uids().effective == nobody
        end(program)
    finally:
        shutil.rmtree(folder)


def test_a_server_that_is_killed_is_seen_and_started_again(stopped: Path) -> None:
    running = start_postgres(stopped, durable=False)
    os.kill(running.child.pid, signal.SIGKILL)
    assert wait_until(lambda: running.child.exit_code() is not None, timeout_seconds=60)
    running.stop()
    again = start_postgres(stopped, durable=False)
    psycopg.connect(again.app_url).close()
    again.stop()
    assert not Path(again.sockets / ".s.PGSQL.5432").exists()


def test_the_socket_is_a_socket(server: RunningPostgres) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(server.sockets / ".s.PGSQL.5432"))
