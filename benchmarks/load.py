"""Load from one thread: requests on kept connections, each as soon as one is answered, or at fixed times.

At fixed times a request that must wait for a free connection has waited since its time, not since it was sent: a slow
server cannot slow down those who ask it.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

CONNECTIONS = 16
"""Twice the server's threads."""
LONGEST_SECONDS = 60.0
LEAST_PER_SECOND = 20


@dataclass(frozen=True)
class Run:
    """Seconds from the first request to the last answer, how long each took, and how many had which status."""

    seconds: float
    taken_ms: list[float]
    statuses: dict[int, int]

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.taken_ms) / self.seconds

    def percentile(self, share: float) -> float:
        """Milliseconds within which this share of the answers came."""
        return sorted(self.taken_ms)[min(len(self.taken_ms) - 1, int(len(self.taken_ms) * share))]


def post(url: str, path: str, body: bytes, headers: dict[str, str] | None = None) -> bytes:
    """A request as bytes, made before the clock runs."""
    given = {"Host": urlsplit(url).netloc, "Content-Type": "application/json", "Content-Length": str(len(body))}
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in (given | (headers or {})).items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii") + body


@dataclass
class _Line:
    """One connection, and what is on its way over it."""

    socket: socket.socket
    since: float = 0.0
    data: bytearray = field(default_factory=bytearray)


def run(url: str, wires: Sequence[bytes], *, per_second: float | None = None, connections: int = CONNECTIONS) -> Run:
    """Send all; at fixed times where `per_second` is given. Raises RuntimeError when answers stay away."""
    selector = selectors.DefaultSelector()
    free = deque(_connect(url, selector) for _ in range(connections))
    taken: list[float] = []
    statuses: dict[int, int] = {}
    began = time.perf_counter()
    sent = 0
    while len(taken) < len(wires):
        now = time.perf_counter()
        if now - began > LONGEST_SECONDS + len(wires) / (per_second or LEAST_PER_SECOND):
            raise RuntimeError(f"{len(wires) - len(taken)} of {len(wires)} requests were not answered")
        while free and sent < len(wires) and (per_second is None or began + sent / per_second <= now):
            line = free.popleft()
            line.since = now if per_second is None else began + sent / per_second
            line.socket.sendall(wires[sent])
            sent += 1
        rest = 0.5
        if per_second is not None and free and sent < len(wires):
            rest = max(0.0, began + sent / per_second - time.perf_counter())
        for key, _ in selector.select(rest):
            line = key.data
            status = _status(line)
            if status is None:
                continue
            taken.append((time.perf_counter() - line.since) * 1000)
            statuses[abs(status)] = statuses.get(abs(status), 0) + 1
            if status < 0:  # the server closes this connection
                selector.unregister(line.socket)
                line.socket.close()
                line = _connect(url, selector)
            free.append(line)
    seconds = time.perf_counter() - began
    for key in list(selector.get_map().values()):
        key.data.socket.close()
    selector.close()
    return Run(seconds, taken, statuses)


def _connect(url: str, selector: selectors.BaseSelector) -> _Line:
    address = urlsplit(url)
    line = _Line(socket.create_connection((address.hostname, address.port), timeout=LONGEST_SECONDS))
    line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    selector.register(line.socket, selectors.EVENT_READ, line)
    return line


def _status(line: _Line) -> int | None:
    """The status once the answer is whole, negative when it ends the connection; None while it is not."""
    data = line.socket.recv(65_536)
    if not data:
        raise RuntimeError("the server closed a connection without an answer")
    line.data += data
    head, found, body = bytes(line.data).partition(b"\r\n\r\n")
    if not found:
        return None
    names = head.lower().split(b"\r\n")
    length = next((int(name.split(b":")[1]) for name in names if name.startswith(b"content-length:")), 0)
    if len(body) < length:
        return None
    line.data.clear()
    status = int(head.split(b" ", 2)[1])
    return -status if b"connection: close" in names else status
