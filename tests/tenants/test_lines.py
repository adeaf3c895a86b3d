"""Lines to PostgreSQL and Redis that are dead although nobody closed them are given up, whoever opened them."""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import OperationalError

from agency.local.postgres import PORT, RunningPostgres
from agency.local.valkey import RunningValkey
from jobs.dispatcher import Bell
from jobs.patience import Patience
from jobs.worker import worker_of
from migrations import run
from tenants.base_app import create_base_app, lone_engine_of_app, redis_of_app
from tenants.database import db
from tenants.lines import DATABASE_LINE, REDIS_TIMEOUT_SECONDS, SILENT_SECONDS, Line, bounded, redis_line
from tenants.settings import Settings
from tests.faults.proxy import Proxy, Trouble, proxied

needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's options are Linux's")
LONG_SECONDS = 15
"""Shorter than any limit but those these tests set themselves, on a busy machine."""


@pytest.fixture(scope="module")
def way(postgres: RunningPostgres) -> Iterator[Proxy]:
    """To PostgreSQL over TCP."""
    with proxied(str(postgres.sockets / f".s.PGSQL.{PORT}")) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def url(postgres: RunningPostgres, way: Proxy) -> URL:
    """The address of that way."""
    kept = make_url(postgres.app_url).set(drivername="postgresql+psycopg", host="127.0.0.1", port=way.port)
    return kept.set(query={})


class Hasty(Line):
    silent_seconds = 0.3


def _fails_soon(ask: Callable[[], object], kind: type[Exception]) -> None:
    began = time.monotonic()
    with pytest.raises(kind):
        ask()
    assert time.monotonic() - began < LONG_SECONDS


def _asked(engine: Engine) -> Callable[[], object]:
    """A question on a line that answered before."""
    line = engine.connect()
    line.execute(text("select 1"))
    return lambda: line.execute(text("select 2"))


def test_what_is_acknowledged_and_never_answered_is_given_up_and_the_next_line_is_new(url: URL, way: Proxy) -> None:
    engine = bounded(create_engine(url, connect_args=dict(DATABASE_LINE)), Hasty)
    ask = _asked(engine)
    way.trouble = Trouble("drop", "down")
    _fails_soon(ask, OperationalError)
    way.trouble = Trouble()
    with engine.connect() as line:
        assert line.execute(text("select 3")).scalar_one() == 3
    engine.dispose()


@needs_linux
@pytest.mark.parametrize("answered", [True, False], ids=["while it rests", "while it waits for an answer"])
def test_a_line_whose_packets_vanish_is_ended_by_the_kernel(url: URL, way: Proxy, answered: bool) -> None:
    """What was sent is never acknowledged, or was, and then nothing comes any more."""
    facts = {**DATABASE_LINE, "tcp_user_timeout": 300, "keepalives_idle": 1, "keepalives_interval": 1}
    with Line.connect(_plain(url), **facts) as line:
        line.execute("select 1")
        if answered:
            way.vanish()
            _fails_soon(lambda: line.execute("select 2"), psycopg.OperationalError)
        else:
            soon = threading.Timer(0.2, way.vanish)
            soon.start()
            _fails_soon(lambda: line.execute("select pg_sleep(60)"), psycopg.OperationalError)
            soon.join()


def _plain(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _kernel_says(line: socket.socket) -> tuple[int, ...]:
    names = (socket.TCP_USER_TIMEOUT, socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
    return tuple(line.getsockopt(socket.IPPROTO_TCP, name) for name in names)


@needs_linux
def test_whoever_speaks_to_postgresql_or_redis_notices_a_dead_line(
    settings: Settings, url: URL, valkey: RunningValkey, postgres: RunningPostgres, way: Proxy
) -> None:
    with ExitStack() as held:
        to_valkey = held.enter_context(proxied(str(valkey.socket)))
        address = f"redis://:{valkey.password}@127.0.0.1:{to_valkey.port}/0"
        app = create_base_app(replace(settings, onbrand_database_url=_plain(url), onbrand_redis_url=address))
        held.enter_context(app.app_context())
        owner = make_url(postgres.owner_url).set(host="127.0.0.1", port=way.port, query={})
        bell = Bell(_plain(url))
        bell.wait(0)
        held.callback(bell.close)
        opened = [
            held.enter_context(held.enter_context(engine.connect()).connection).driver_connection
            for engine in (db.engine, lone_engine_of_app(), run._engine(_plain(owner)))
        ]
        for line in (*opened, bell._connection):
            assert line is not None
            with socket.socket(fileno=os.dup(line.fileno())) as end:
                assert _kernel_says(end) == (20_000, 5, 5, 3)
        assert [type(line) for line in opened[:2]] == [Line, Line]
        assert Line.silent_seconds == SILENT_SECONDS
        for engine in (db.engine, lone_engine_of_app()):
            with engine.connect() as line:
                waits = line.execute(text("show idle_in_transaction_session_timeout")).scalar_one()
                assert waits == "1min", "a sender that vanished in a transaction keeps what it locked no longer"
        db.engine.dispose()
        lone_engine_of_app().dispose()
        client = redis_of_app()
        worker = worker_of(app.extensions["onbrand_settings"], Patience())
        for waits in (client, worker.connection):
            kept = waits.connection_pool.get_connection()
            assert kept._sock is not None
            assert _kernel_says(kept._sock) == (20_000, 5, 5, 3)
            waits.connection_pool.disconnect()
        patience = [one.connection_pool.connection_kwargs["socket_timeout"] for one in (client, worker.connection)]
        assert patience[0] == REDIS_TIMEOUT_SECONDS < patience[1], "what jobs ask waits no longer than a page"


def test_a_frozen_redis_is_waited_for_so_long_and_no_longer(valkey: RunningValkey) -> None:
    with proxied(str(valkey.socket)) as way:
        address = f"redis://:{valkey.password}@127.0.0.1:{way.port}/0"
        client = redis_line(address, 0.2, retry=Retry(NoBackoff(), 0))
        client.ping()
        way.trouble = Trouble("drop", "down")
        _fails_soon(client.ping, redis.TimeoutError)
        client.close()
