"""A network layer that knows two things the HTTP client does not tell: whether a byte of a request left, and the time
left.

`httpx2` bounds each single read, so a peer that sends a byte now and then holds a call for ever; and its exceptions do
not say whether the request was written. Both decide between "not sent" and "outcome unknown", so they are watched at
the socket.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpcore2
import httpx2


@dataclass(slots=True)
class Flight:
    """One call in progress in this thread.

    ``wrote`` turns true just before the first byte of the request is handed over, which nothing is after
    ``leave_before``: a process may have been stopped since it last looked at its lease.
    """

    deadline: float
    leave_before: float | None = None
    wrote: bool = False

    def left_seconds(self) -> float:
        return self.deadline - time.monotonic()


_current = threading.local()


def take_off(total_seconds: float, leave_before: float | None = None) -> Flight:
    """Starts watching the next call of this thread."""
    flight = Flight(time.monotonic() + total_seconds, leave_before)
    _current.flight = flight
    return flight


def _flight() -> Flight | None:
    return getattr(_current, "flight", None)


def _bounded(timeout: float | None, error: type[Exception]) -> float | None:
    flight = _flight()
    if flight is None:
        return timeout
    left = flight.left_seconds()
    if left <= 0:
        raise error("time is up")
    return left if timeout is None else min(timeout, left)


class _WatchedStream(httpcore2.NetworkStream):
    def __init__(self, inner: httpcore2.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _bounded(timeout, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        limit = _bounded(timeout, httpcore2.WriteTimeout)
        flight = _flight()
        if flight is not None and buffer and not flight.wrote:
            if flight.leave_before is not None and time.monotonic() > flight.leave_before:
                raise httpcore2.WriteTimeout("too late to leave")
            flight.wrote = True
        self._inner.write(buffer, limit)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        limit = _bounded(timeout, httpcore2.ConnectTimeout)
        return _WatchedStream(self._inner.start_tls(ssl_context, server_hostname, limit))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _WatchedBackend(httpcore2.NetworkBackend):
    def __init__(self, inner: httpcore2.NetworkBackend) -> None:
        self._inner = inner

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        limit = _bounded(timeout, httpcore2.ConnectTimeout)
        return _WatchedStream(self._inner.connect_tcp(host, port, limit, local_address, socket_options))


@cache
def trusted() -> ssl.SSLContext:
    """Whose certificates are believed; read once, before a process forks for its jobs."""
    return httpx2.create_ssl_context(verify=True, trust_env=False)


class WatchedTransport(httpx2.HTTPTransport):
    """`httpx2.HTTPTransport` without retries, proxies or environment, whose connections go through the watch.

    ``backend`` makes the connections; without one any host is connected to.
    """

    def __init__(self, *, connections: int, keep_alive: bool, backend: httpcore2.NetworkBackend | None = None) -> None:
        limits = httpx2.Limits(max_connections=connections, max_keepalive_connections=connections if keep_alive else 0)
        super().__init__(verify=trusted(), trust_env=False, retries=0, limits=limits)
        # The pool takes a backend, but httpx2 does not pass one on; the time-out tests fail if this attribute moves.
        self._pool._network_backend = _WatchedBackend(backend or httpcore2.SyncBackend())
