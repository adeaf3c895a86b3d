"""The embedded Valkey: password, durability, and the settings RQ needs."""

from __future__ import annotations

import os
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import redis

from agency.local.processes import LocalStackError, wait_until
from agency.local.valkey import AT_ONCE, RunningValkey, start_valkey


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningValkey]:
    running = start_valkey(tmp_path_factory.mktemp("valkey"))
    yield running
    running.stop()


def test_it_is_new_enough_keeps_everything_and_listens_on_a_socket_alone(server: RunningValkey) -> None:
    with redis.Redis.from_url(server.url, decode_responses=True) as client:
        assert int(client.info("server")["valkey_version"].split(".")[0]) >= 7
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert client.config_get("appendonly") == {"appendonly": "yes"}
    listening = [c for c in psutil.Process(server.child.pid).net_connections("inet") if c.status == psutil.CONN_LISTEN]
    assert listening == []


def test_nobody_enters_without_the_password_and_no_command_line_shows_it(server: RunningValkey) -> None:
    stranger = redis.Redis(unix_socket_path=str(server.socket), retry=AT_ONCE)
    with stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()
    assert server.password not in " ".join(psutil.Process(server.child.pid).cmdline())
    for file in ("password", "valkey.conf"):
        assert stat.S_IMODE((server.socket.parent / file).stat().st_mode) == 0o600


def test_numbered_databases_do_not_see_each_other(server: RunningValkey) -> None:
    with redis.Redis.from_url(server.url) as zero, redis.Redis.from_url(server.database_url(7)) as seven:
        zero.set("only", "here")
        assert seven.get("only") is None


def test_a_second_start_on_the_same_folder_is_refused_in_one_sentence(server: RunningValkey) -> None:
    with pytest.raises(LocalStackError, match="Another program runs the Valkey in"):
        start_valkey(server.socket.parent)


def test_what_was_written_survives_a_kill(tmp_path: Path) -> None:
    running = start_valkey(tmp_path / 'a folder "with" spaces')
    with redis.Redis.from_url(running.url) as client:
        client.rpush("jobs", *range(1000))
    os.kill(running.child.pid, signal.SIGKILL)
    assert wait_until(lambda: running.child.exit_code() is not None, timeout_seconds=60)
    running.stop()
    again = start_valkey(tmp_path / 'a folder "with" spaces')
    try:
        with redis.Redis.from_url(again.url) as client:
            assert client.llen("jobs") == 1000
    finally:
        again.stop()
