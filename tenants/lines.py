"""How long we wait for PostgreSQL and Redis: lines that are dead although nobody closed them.

A server that is gone, a firewall that forgot a connection, a disk that hangs: nothing comes any more, and nothing says
so. The kernel ends a line on which nothing is acknowledged; `Line` one that is acknowledged and never answered.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Any

import psycopg
import redis
from psycopg.abc import RV, PQGen
from psycopg.pq import TransactionStatus
from sqlalchemy import Engine, event

STATEMENT_TIMEOUT_MS = 15_000
CONNECT_TIMEOUT_SECONDS = 5
IDLE_TIMEOUT_MS = 60_000
"""So long somebody may hold a transaction and ask nothing: none of ours speaks to a platform within one."""
SILENT_SECONDS = 20
"""PostgreSQL itself ends a statement of the application's after 15 s: whoever says nothing for so long is gone."""
PROBE_EVERY_SECONDS = 5
"""On a line on which nothing is said, the kernel asks after the other end so often; four without answer end it."""

PROBES = SILENT_SECONDS // PROBE_EVERY_SECONDS - 1
SERVER_OPTIONS = (
    f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c idle_in_transaction_session_timeout={IDLE_TIMEOUT_MS}"
    f" -c tcp_user_timeout={SILENT_SECONDS * 1000} -c tcp_keepalives_idle={PROBE_EVERY_SECONDS}"
    f" -c tcp_keepalives_interval={PROBE_EVERY_SECONDS} -c tcp_keepalives_count={PROBES}"
)
"""What PostgreSQL is asked to hold to on the application's lines: it, too, must notice that we are gone, or what a dead
sender had locked would be waited for.
"""

DATABASE_LINE: Mapping[str, Any] = {
    "connect_timeout": CONNECT_TIMEOUT_SECONDS,
    "keepalives_idle": PROBE_EVERY_SECONDS,
    "keepalives_interval": PROBE_EVERY_SECONDS,
    "keepalives_count": PROBES,
    "tcp_user_timeout": SILENT_SECONDS * 1000,
}
"""For every connection to PostgreSQL, whoever opens it. Says nothing to a Unix socket."""

REDIS_TIMEOUT_SECONDS = 3
"""Redis answers in milliseconds or is away; pages wait for it no longer."""
_REDIS_PROBES = {
    getattr(socket, name): value
    for name, value in (
        ("TCP_KEEPIDLE", PROBE_EVERY_SECONDS),
        ("TCP_KEEPINTVL", PROBE_EVERY_SECONDS),
        ("TCP_KEEPCNT", PROBES),
        ("TCP_USER_TIMEOUT", SILENT_SECONDS * 1000),
    )
    if hasattr(socket, name)  # Linux has them all, macOS some
}


class Line(psycopg.Connection[Any]):
    """A connection that is closed, and says so, where an answer does not come in `silent_seconds`.

    Whether what was asked was done, nobody knows then: as after any connection that broke.
    """

    silent_seconds: float = SILENT_SECONDS

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """psycopg's own wait; whoever gives a time of their own is left alone."""
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, self.silent_seconds)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:  # asked, and not answered
                self.pgconn.finish()
            raise


def bounded(engine: Engine, kind: type[Line] = Line) -> Engine:
    """The engine, whose connections from now on are of this kind."""

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, words: list[Any], facts: dict[str, Any]) -> Line:
        return kind.connect(*words, **facts)

    return engine


def redis_line(url: str, answer_within_seconds: float = REDIS_TIMEOUT_SECONDS, **facts: Any) -> redis.Redis:
    """A client that waits so long for an answer, and notices a line that is dead. Opens nothing yet."""
    facts["socket_connect_timeout"] = REDIS_TIMEOUT_SECONDS
    if url.startswith(("redis:", "rediss:")):
        facts |= {"socket_keepalive": True, "socket_keepalive_options": _REDIS_PROBES}  # a Unix socket takes neither
    client: redis.Redis = redis.from_url(url, socket_timeout=answer_within_seconds, **facts)
    return client
