"""Browsers with an open inbox, as connections of one thread: they ask as `queue.js` does and fetch what they show."""

from __future__ import annotations

import json
import random
import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from uuid import UUID

from agency.web.pulse import CODE_LENGTH, PATH
from benchmarks.rounds import WrongAnswer

PULSE_SECONDS = 3.8
EVERYTHING_AFTER = 20


@dataclass
class Browser:
    """One open inbox: who has it open, how its rows are printed (`look`), its line, and what it was told."""

    cookie: str
    view: str = ""
    look: str = ""
    due: float = 0.0
    socket: socket.socket | None = None
    at: str = ""
    heard: dict[str, int] = field(default_factory=dict)
    wanted: list[str] = field(default_factory=list)
    data: bytearray = field(default_factory=bytearray)
    asked: int = 0
    is_busy: bool = False


class Crowd:
    """Browsers on one thread."""

    def __init__(self, url: str, browsers: Sequence[Browser], shown: Sequence[UUID]) -> None:
        address = urlsplit(url)
        self.place = (address.hostname or "", address.port or 80)
        self.codes = {one.hex[-CODE_LENGTH:]: str(one) for one in shown}
        now, self._random = time.perf_counter(), random.Random(5)
        self.browsers = browsers
        for browser in browsers:
            browser.due = now + self._random.random() * PULSE_SECONDS
            browser.asked = self._random.randrange(EVERYTHING_AFTER)
        self.seen: list[tuple[str, int, float]] = []
        """Code of a row, when the database changed it, and when somebody had it on screen."""
        self.asked = self.fetched = 0
        self.ended = 0.0
        self.made = int(time.time() * 1000)
        self._selector = selectors.DefaultSelector()

    @contextmanager
    def connected(self) -> Iterator[None]:
        """With a kept connection each."""
        try:
            for browser in self.browsers:
                self._connect(browser)
            yield
        finally:
            for browser in self.browsers:
                if browser.socket is not None:
                    browser.socket.close()
            self._selector.close()

    def forget_figures(self) -> None:
        """Count from here."""
        self.seen.clear()
        self.asked = self.fetched = 0

    def waits(self, changes: list[tuple[str, float]]) -> Iterator[float]:
        """Seconds from each change to each browser's screen."""
        moments: dict[str, list[float]] = {}
        for code, at in changes:
            moments.setdefault(code, []).append(at)
        for code, _stamp, at in self.seen:
            earlier = [moment for moment in moments.get(code, []) if moment <= at]
            if earlier:
                yield at - earlier[-1]

    def run(self, seconds: float) -> None:
        """Ask for so long, and let nothing stay unanswered at the end."""
        end = time.perf_counter() + seconds
        while (now := time.perf_counter()) < end or any(one.is_busy for one in self.browsers):
            if now > end + 10:
                raise WrongAnswer("questions stayed without an answer")
            if now < end:
                for browser in self.browsers:
                    if not browser.is_busy and browser.due <= now:
                        self._ask(browser)
            for key, _ in self._selector.select(0.01):
                self._hear(key.data)
        self.ended = end

    def _connect(self, browser: Browser) -> None:
        browser.socket = socket.create_connection(self.place, timeout=30)
        browser.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._selector.register(browser.socket, selectors.EVENT_READ, browser)

    def _ask(self, browser: Browser) -> None:
        self.asked += 1
        browser.asked += 1
        at = browser.at
        if at and not browser.asked % EVERYTHING_AFTER:
            at = f"0-{at.partition('-')[2]}"
        self._send(browser, f"{PATH}?made={self.made}&look={browser.look}&at={at}&rows={''.join(self.codes)}")

    def _send(self, browser: Browser, path: str) -> None:
        wire = (
            f"GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {browser.cookie}\r\nHX-Request: true\r\n\r\n".encode()
        )
        browser.is_busy = True
        assert browser.socket is not None
        browser.socket.sendall(wire)

    def _hear(self, browser: Browser) -> None:
        assert browser.socket is not None
        data = browser.socket.recv(262_144)
        if not data:  # the server closed an idle line: a browser opens another
            self._selector.unregister(browser.socket)
            browser.socket.close()
            self._connect(browser)
            if browser.is_busy:
                self._ask(browser)
            return
        browser.data += data
        head, found, body = bytes(browser.data).partition(b"\r\n\r\n")
        if not found:
            return
        status = int(head.split(b" ", 2)[1])
        lengths = [int(row.split(b":")[1]) for row in head.lower().split(b"\r\n") if row.startswith(b"content-length:")]
        if status == 200 and len(body) < lengths[0]:
            return
        browser.data.clear()
        self._take(browser, status, body)

    def _take(self, browser: Browser, status: int, body: bytes) -> None:
        if status not in (200, 204):
            raise WrongAnswer(f"a pulse was answered {status}")
        if browser.wanted:
            now = time.perf_counter()
            self.seen += [
                (code, browser.heard[code], now) for code in browser.wanted if self.codes[code].encode() in body
            ]
            browser.wanted = []
        elif status == 200:
            told = json.loads(body)
            fresh = {code: rest for code, at, *rest in told.get("rows", []) if browser.heard.get(code, 0) < at}
            browser.heard.update({code: at for code, at, *_ in told.get("rows", []) if browser.heard.get(code, 0) < at})
            is_first, browser.at = not browser.at, told.get("at", browser.at)
            if not is_first:
                now = time.perf_counter()
                self.seen += [(code, browser.heard[code], now) for code, rest in fresh.items() if rest]
                browser.wanted = [code for code, rest in fresh.items() if not rest]
            if browser.wanted:
                self.fetched += 1
                ids = ",".join(f"{self.codes[code]}~{browser.heard[code]}" for code in browser.wanted)
                self._send(browser, f"/inbox/rows?{browser.view}look={browser.look}&ids={ids}")
                return
        browser.is_busy = False
        browser.due = time.perf_counter() + PULSE_SECONDS * (0.9 + self._random.random() * 0.2)
