"""Inboxes left open: what a question costs that mostly hears nothing, and 500 browsers that ask it at once.

The browsers are connections of one thread here, each with a session of its own, asking as `queue.js` does: every 3.8
seconds give or take a tenth, and fetching each changed row that they show.
"""

from __future__ import annotations

import json
import os
import random
import re
import selectors
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from uuid import UUID

from agency.web.pulse import CODE_LENGTH, PATH
from agency.web.who import cookie_name
from benchmarks.http_client import Client
from benchmarks.inbox_pages import REQUESTS, ROUNDS, House, houses
from benchmarks.queue_data import Seeded
from benchmarks.rounds import Line, WrongAnswer, count, line, paired
from benchmarks.scratch import Database, Scratch
from tenants import sessions
from tenants.database import db

BROWSERS = {"tiny": 12, "small": 500, "full": 500}
SECONDS = {"tiny": 6.0, "small": 30.0, "full": 30.0}
"""Of each part: nothing changes; something on screen does, every CHANGE_SECONDS."""
PULSE_SECONDS = 3.8
CHANGE_SECONDS = (10.0, 2.0)
SHARE_OF_MACHINE = 0.1
MOST_IDLE_BYTES = 200
SEEN_WITHIN_SECONDS = 5
STARTED_AT_ONCE = 25


def idle_pulse(scratch: Scratch, size: str) -> list[Line]:
    """Nothing moved: against one row read and a 304, by people with all brands and with 20 of 200."""
    rounds, requests = ROUNDS[size], REQUESTS[size]
    lines: list[Line] = []
    with houses(scratch, size) as served:
        for house in served:
            here = f"{house.rows:,} conversations"
            for name, client in (("", house.admin), (", 20 of 200 brands", house.staff)):
                path = _known_pulse(client)
                lines.append(
                    line(
                        f"pulse, nothing moved{name}, {here}",
                        paired(
                            lambda c=client, p=path: c.timed_ms(p, requests, status=204),
                            lambda h=house: h.floor.timed_ms("/unchanged", requests, status=304),
                            rounds=rounds,
                        ),
                        "ms",
                        against="one row read and a 304",
                        aim="<= 1.5",
                    )
                )
            lines.append(
                count(
                    f"pulse, nothing moved, {here}: bytes",
                    _bytes_of(house.admin, _known_pulse(house.admin)),
                    "bytes",
                    aim="<= 200",
                )
            )
            moved = f"{PATH}?at=0-0&rows=" + "".join(one.hex[-CODE_LENGTH:] for one in house.ids[:50])
            lines.append(
                line(
                    f"pulse, something moved, {here}",
                    paired(
                        lambda h=house, p=moved: h.admin.timed_ms(p, requests),
                        lambda h=house: h.floor.timed_ms("/unchanged", requests, status=304),
                        rounds=rounds,
                    ),
                    "ms",
                    against="one row read and a 304",
                )
            )
            one = f"/inbox/rows?ids={house.ids[0]}"
            answer = house.admin.get(one)
            if answer.status != 200 or answer.body.count(b"<li>") != 1:
                raise WrongAnswer(f"{one} answered {answer.status} without its row")
            lines.append(count(f"one changed row, {here}: bytes", len(answer.body), "bytes", aim="<= 1024"))
            lines.append(
                line(
                    f"one changed row, {here}",
                    paired(
                        lambda h=house, p=one: h.admin.timed_ms(p, requests),
                        lambda h=house: h.floor.timed_ms("/unchanged", requests, status=304),
                        rounds=rounds,
                    ),
                    "ms",
                    against="one row read and a 304",
                )
            )
    return lines


def live(scratch: Scratch, size: str) -> list[Line]:
    """Browsers left open on the same list: share of the machine, and seconds until a change is on screen."""
    browsers, seconds, lines = BROWSERS[size], SECONDS[size], list[Line]()
    with houses(scratch, "tiny" if size == "tiny" else "small") as (house,):
        tokens = _many_sessions(house.database, browsers)
        shown = house.ids[:50]
        for every in (0.0, *CHANGE_SECONDS) if size != "tiny" else (1.0,):
            name = f"a row changes every {every:g} s" if every else "nothing changes"
            crowd = Crowd(house, tokens, shown)
            with crowd.connected():
                crowd.run(PULSE_SECONDS * 1.2)  # everybody has asked once and was told how things stand
                crowd.forget_figures()
                before, began = _cpu_seconds(house.database), time.perf_counter()
                if every:
                    with _changing(house, shown, every) as changes:
                        crowd.run(seconds)
                else:
                    changes = []
                    crowd.run(seconds)
                used, passed = _cpu_seconds(house.database) - before, time.perf_counter() - began
            share = used / passed / (os.cpu_count() or 1)
            here = f"{browsers} open inboxes, {name}"
            lines.append(
                count(
                    f"{here}: share of the machine",
                    round(share, 4),
                    "",
                    aim=f"<= {SHARE_OF_MACHINE}",
                    asked=crowd.asked,
                    fetched=crowd.fetched,
                )
            )
            if every:
                waits = sorted(crowd.waits(changes))
                if not waits:
                    raise WrongAnswer("nobody saw any change")
                lines.append(
                    count(
                        f"{here}: seconds until it is seen, p95",
                        round(waits[int(len(waits) * 0.95)], 2),
                        "s",
                        aim=f"<= {SEEN_WITHIN_SECONDS}",
                        seen=len(waits),
                        expected=len([one for one, at in changes if at < crowd.ended - PULSE_SECONDS * 1.3])
                        * (browsers - browsers // 5),
                        p50=round(waits[len(waits) // 2], 2),
                        longest=round(waits[-1], 2),
                    )
                )
    return lines


def _known_pulse(client: Client) -> str:
    told = json.loads(client.get(f"{PATH}?made=1").body)
    return f"{PATH}?made=1&at={told['at']}"


def _bytes_of(client: Client, path: str) -> int:
    """Of a whole answer, status line and headers included."""
    answer = client.get(path)
    if answer.status != 204:
        raise WrongAnswer(f"{path} answered {answer.status}")
    return len("HTTP/1.1 204 No Content\r\n\r\n") + sum(len(n) + len(v) + 4 for n, v in answer.headers.items())


@dataclass
class _Browser:
    """One open inbox: its line, what it was told, and when it asks next."""

    cookie: str
    due: float
    socket: socket.socket | None = None
    at: str = ""
    heard: dict[str, int] = field(default_factory=dict)
    wanted: list[str] = field(default_factory=list)
    data: bytearray = field(default_factory=bytearray)
    is_busy: bool = False


class Crowd:
    """Browsers on one thread."""

    def __init__(self, house: House, tokens: list[str], shown: list[UUID]) -> None:
        address = urlsplit(house.admin.url)
        self.place = (address.hostname or "", address.port or 80)
        self.codes = {one.hex[-CODE_LENGTH:]: str(one) for one in shown}
        name = cookie_name(house.database.settings())
        now, self._random = time.perf_counter(), random.Random(5)
        self.browsers = [_Browser(f"{name}={token}", now + self._random.random() * PULSE_SECONDS) for token in tokens]
        self.seen: list[tuple[str, int, float]] = []
        """Code of a row, when the database changed it, and when somebody had it on screen."""
        self.asked = self.fetched = 0
        self.ended = 0.0
        (self.look,) = re.findall(r"look=([0-9a-f]+)", house.admin.get("/inbox").body.decode())[:1]
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

    def _connect(self, browser: _Browser) -> None:
        browser.socket = socket.create_connection(self.place, timeout=30)
        browser.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._selector.register(browser.socket, selectors.EVENT_READ, browser)

    def _ask(self, browser: _Browser) -> None:
        self.asked += 1
        self._send(browser, f"{PATH}?made=1&look={self.look}&at={browser.at}&rows={''.join(self.codes)}")

    def _send(self, browser: _Browser, path: str) -> None:
        wire = (
            f"GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {browser.cookie}\r\nHX-Request: true\r\n\r\n".encode()
        )
        browser.is_busy = True
        assert browser.socket is not None
        browser.socket.sendall(wire)

    def _hear(self, browser: _Browser) -> None:
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

    def _take(self, browser: _Browser, status: int, body: bytes) -> None:
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
                self._send(browser, f"/inbox/rows?look={self.look}&ids={ids}")
                return
        browser.is_busy = False
        browser.due = time.perf_counter() + PULSE_SECONDS * (0.9 + self._random.random() * 0.2)


@contextmanager
def _changing(house: House, shown: list[UUID], every: float) -> Iterator[list[tuple[str, float]]]:
    """One of the rows on screen is held by somebody else, again and again."""
    changes: list[tuple[str, float]] = []
    over = threading.Event()

    def change() -> None:
        number = 0
        with house.database.superuser() as connection:
            while not over.wait(every):
                one = shown[number % len(shown)]
                number += 1
                connection.execute(
                    "update conversation set version = version + 1, holder_name = %s where id = %s",
                    [f"Ina {number}", one],
                )
                changes.append((one.hex[-CODE_LENGTH:], time.perf_counter()))

    thread = threading.Thread(target=change, daemon=True)
    thread.start()
    try:
        yield changes
    finally:
        over.set()
        thread.join()


def _many_sessions(database: Database, number: int) -> list[str]:
    seeded = Seeded.known()
    with database.base_app().app_context():
        people = (seeded.admin_id, seeded.staff_id)
        tokens = [sessions.start(people[n % 5 == 4], agency_id=seeded.agency_id) for n in range(number)]
        db.session.commit()
        db.engine.dispose()
    return tokens


def _cpu_seconds(database: Database) -> float:
    """What web, PostgreSQL and Valkey of this run have used: every process below this one, but for itself."""
    ticks = os.sysconf("SC_CLK_TCK")
    parents: dict[int, int] = {}
    used: dict[int, float] = {}
    folder = str(database.scratch.folder).encode()
    ours: set[int] = set()
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
            with open(f"/proc/{name}/cmdline", "rb") as file:
                words = file.read()
        except OSError:
            continue
        pid = int(name)
        parents[pid] = int(fields[1])
        used[pid] = (int(fields[11]) + int(fields[12])) / ticks
        if folder in words and pid != os.getpid():
            ours.add(pid)

    def belongs(pid: int) -> bool:
        seen = pid
        while seen > 1:
            if seen in ours or (seen == os.getpid() and pid != seen):
                return True
            seen = parents.get(seen, 0)
        return False

    return sum(seconds for pid, seconds in used.items() if belongs(pid))
