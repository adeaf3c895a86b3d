"""A browser of a few lines on one kept connection: so thin that what is measured is the server."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit


@dataclass(frozen=True)
class Answer:
    """Status, headers with names in lower case (cookies of several lines joined by newlines), and the body."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Client:
    """Keeps its cookies and one connection, which is made anew when the server has closed it."""

    url: str
    cookies: dict[str, str] = field(default_factory=dict)
    _socket: socket.socket | None = None

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """One request. Raises OSError when the server cannot be reached twice in a row."""
        return self._ask("GET", path, headers or {}, b"")

    def post(self, path: str, form: Mapping[str, str]) -> Answer:
        """One form sent. Raises OSError as `get`; only what may be done twice is to be sent."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._ask("POST", path, kind, urlencode(form).encode("ascii"))

    def _ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        lines = [f"{method} {path} HTTP/1.1", f"Host: {urlsplit(self.url).netloc}", "Accept: text/html"]
        if self.cookies:
            lines.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        wire = ("\r\n".join(lines) + "\r\n\r\n").encode("ascii") + body
        if self._socket is not None:
            try:
                return self._exchange(wire)
            except OSError:
                self.close()
        return self._exchange(wire)

    def timed_ms(self, path: str, times: int, headers: Mapping[str, str] | None = None, status: int = 200) -> float:
        """Median milliseconds of so many requests one after another. Raises RuntimeError for another status."""
        taken = []
        self.get(path, headers)  # a fresh connection is not part of the figure
        for _ in range(times):
            started = time.perf_counter()
            answer = self.get(path, headers)
            taken.append(time.perf_counter() - started)
            if answer.status != status:
                raise RuntimeError(f"{path} answered {answer.status}, not {status}")
        return sorted(taken)[times // 2] * 1000

    def close(self) -> None:
        """Drop the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _exchange(self, wire: bytes) -> Answer:
        if self._socket is None:
            address = urlsplit(self.url)
            self._socket = socket.create_connection((address.hostname, address.port), timeout=60)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(wire)
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._more()
        head, body = data.split(b"\r\n\r\n", 1)
        first, *rest = head.decode("latin-1").split("\r\n")
        status = int(first.split(" ", 2)[1])
        headers: dict[str, str] = {}
        for text in rest:
            name, _, value = text.partition(":")
            name, value = name.lower(), value.strip()
            headers[name] = f"{headers[name]}\n{value}" if name in headers else value
        length = 0 if status in (204, 304) else int(headers.get("content-length", "0"))
        while len(body) < length:
            body += self._more()
        for text in headers.get("set-cookie", "").split("\n"):
            for morsel in SimpleCookie(text).values():
                self.cookies[morsel.key] = morsel.value
        if headers.get("connection", "").lower() == "close":
            self.close()
        return Answer(status, headers, body)

    def _more(self) -> bytes:
        assert self._socket is not None
        data = self._socket.recv(262_144)
        if not data:
            raise ConnectionResetError("the server closed the connection")
        return data
