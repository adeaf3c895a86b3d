"""Inboxes left open: what a question costs that mostly hears nothing, and 500 browsers that ask it at once.

The browsers are 500 people, each with a session of their own (`benchmarks.crowd`): one in five may see 20 of the 200
brands, by ten different sets, the others all; a third each reads English, Polish and Portuguese. All show the same
fifty rows, as far as they may. They ask as `queue.js` does: every 3.8 seconds give or take a tenth, and fetch each
changed row that did not come along. In one part they look at it through four different views.

The machine's share is what the web, PostgreSQL and Valkey of this run used, kernel time for their sockets included;
what the 500 browsers here cost themselves is told apart as `browsers`.
"""

from __future__ import annotations

import json
import os
import re
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from agency.web.pulse import CODE_LENGTH, PATH
from agency.web.who import cookie_name
from benchmarks.crowd import PULSE_SECONDS, Browser, Crowd
from benchmarks.http_client import Client
from benchmarks.inbox_pages import REQUESTS, ROUNDS, House, houses
from benchmarks.queue_data import Seeded
from benchmarks.rounds import Line, WrongAnswer, count, line, paired
from benchmarks.scratch import Database, Scratch
from tenants import sessions
from tenants.database import db, new_id
from tenants.models import Membership, Person
from tenants.permissions import Role

BROWSERS = {"tiny": 12, "small": 500, "full": 500}
SECONDS = {"tiny": 6.0, "small": 30.0, "full": 30.0}
"""Of each part."""
CHANGE_SECONDS = {"tiny": (1.0,), "small": (0.0, 10.0, 2.0, 0.5), "full": (0.0, 10.0, 2.0, 0.5)}
"""Of each part; 0 where nothing changes. The last is repeated with people who look through all VIEWS."""
VIEWS = ("", "view=free&", "kind=comment&", "language=en&language=pl&language=pt&language=es&language=de&")
LANGUAGES = ("en", "pl", "pt")
NARROW, SETS = 5, 10
"""One person in NARROW may see 20 of the 200 brands, by SETS different sets."""
SHARE_OF_MACHINE = 0.1
MOST_IDLE_BYTES = 200
SEEN_WITHIN_SECONDS = 5


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
        cookies = _people(house, browsers)
        shown = house.ids[:50]
        parts: list[tuple[float, Sequence[str]]] = [(every, VIEWS[:1]) for every in CHANGE_SECONDS[size]]
        if size != "tiny":
            parts.append((CHANGE_SECONDS[size][-1], VIEWS))
        for every, views in parts:
            crowd = Crowd(house.admin.url, _looking(house, cookies, views), shown)
            with crowd.connected():
                crowd.run(PULSE_SECONDS * 1.2)  # everybody has asked once and was told how things stand
                crowd.forget_figures()
                before, began = _cpu_seconds(house.database), time.perf_counter()
                with _changing(house, shown, every) as changes:
                    crowd.run(seconds)
                passed = (time.perf_counter() - began) * (os.cpu_count() or 1)
                used = {name: (now - before[name]) / passed for name, now in _cpu_seconds(house.database).items()}
            name = f"a row changes every {every:g} s" if every else "nothing changes"
            here = f"{browsers} open inboxes, {name}" + (f", {len(views)} views" if len(views) > 1 else "")
            ours = sum(share for part, share in used.items() if part != "browsers")
            lines.append(
                count(
                    f"{here}: share of the machine",
                    round(ours, 4),
                    "",
                    aim=f"<= {SHARE_OF_MACHINE}",
                    asked=crowd.asked,
                    fetched=crowd.fetched,
                    **{part: round(share, 4) for part, share in used.items()},
                )
            )
            if every:
                lines.append(_seen(here, crowd, changes, browsers))
    return lines


def _seen(here: str, crowd: Crowd, changes: list[tuple[str, float]], browsers: int) -> Line:
    waits = sorted(crowd.waits(changes))
    if not waits:
        raise WrongAnswer("nobody saw any change")
    return count(
        f"{here}: seconds until it is seen, p95",
        round(waits[int(len(waits) * 0.95)], 2),
        "s",
        aim=f"<= {SEEN_WITHIN_SECONDS}",
        seen=len(waits),
        expected=len([one for one, at in changes if at < crowd.ended - PULSE_SECONDS * 1.3])
        * (browsers - browsers // NARROW),
        p50=round(waits[len(waits) // 2], 2),
        longest=round(waits[-1], 2),
    )


def _known_pulse(client: Client) -> str:
    told = json.loads(client.get(f"{PATH}?made=1").body)
    return f"{PATH}?made=1&at={told['at']}"


def _bytes_of(client: Client, path: str) -> int:
    """Of a whole answer, status line and headers included."""
    answer = client.get(path)
    if answer.status != 204:
        raise WrongAnswer(f"{path} answered {answer.status}")
    return len("HTTP/1.1 204 No Content\r\n\r\n") + sum(len(n) + len(v) + 4 for n, v in answer.headers.items())


@contextmanager
def _changing(house: House, shown: list[UUID], every: float) -> Iterator[list[tuple[str, float]]]:
    """One of the rows on screen is held by somebody else, again and again."""
    changes: list[tuple[str, float]] = []
    over = threading.Event()

    def change() -> None:
        number = 0
        if not every:
            return
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


def _people(house: House, number: int) -> list[str]:
    """So many people with a session each; their cookies."""
    seeded, name = Seeded.known(), cookie_name(house.database.settings())
    with house.database.superuser() as connection:
        brands = [row[0] for row in connection.execute("select id from brand order by name").fetchall()]
    tokens = []
    with house.database.base_app().app_context():
        for n in range(number):
            person_id, few = new_id(), brands[n // NARROW % SETS :: SETS] if n % NARROW == NARROW - 1 else []
            mail, language = f"{person_id.hex}@bench.example", LANGUAGES[n % len(LANGUAGES)]
            db.session.add(Person(id=person_id, email=mail, name=f"Person {n}", language=language))
            db.session.flush()
            db.session.add(
                Membership(
                    agency_id=seeded.agency_id,
                    person_id=person_id,
                    role=Role.STAFF.value,
                    all_brands=not few,
                    brand_ids=few,
                )
            )
            tokens.append(sessions.start(person_id, agency_id=seeded.agency_id))
        db.session.commit()
        db.engine.dispose()
    return [f"{name}={token}" for token in tokens]


def _looking(house: House, cookies: Sequence[str], views: Sequence[str]) -> list[Browser]:
    """Everybody's browser, at these views in turn; how their rows are printed is what their own page says."""
    looks: dict[tuple[int, str], str] = {}
    found = []
    for n, cookie in enumerate(cookies):
        view = views[n // len(LANGUAGES) % len(views)]
        kind = n % len(LANGUAGES), view
        if kind not in looks:
            client = Client(house.admin.url, dict([cookie.split("=", 1)]))
            (looks[kind],) = re.findall(r"look=([0-9a-f]+)", client.get(f"/inbox?{view}").body.decode())[:1]
            client.close()
        found.append(Browser(cookie, view, looks[kind]))
    return found


def _cpu_seconds(database: Database) -> dict[str, float]:
    """What web, PostgreSQL and Valkey of this run have used: every process below this one; and this one itself."""
    ticks = os.sysconf("SC_CLK_TCK")
    parents: dict[int, int] = {}
    used: dict[int, float] = {}
    names: dict[int, str] = {}
    folder = str(database.scratch.folder).encode()
    ours: set[int] = set()
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                head, _, tail = file.read().rpartition(b")")
            with open(f"/proc/{name}/cmdline", "rb") as file:
                words = file.read()
        except OSError:
            continue
        pid, fields = int(name), tail.split()
        parents[pid] = int(fields[1])
        used[pid] = (int(fields[11]) + int(fields[12])) / ticks
        kind = head.partition(b"(")[2]
        names[pid] = "postgres" if b"postgres" in kind else "valkey" if b"valkey" in kind or b"redis" in kind else "web"
        if folder in words and pid != os.getpid():
            ours.add(pid)

    def belongs(pid: int) -> bool:
        seen = pid
        while seen > 1:
            if seen in ours or (seen == os.getpid() and pid != seen):
                return True
            seen = parents.get(seen, 0)
        return False

    found = {"web": 0.0, "postgres": 0.0, "valkey": 0.0, "browsers": time.process_time()}
    for pid, seconds in used.items():
        if belongs(pid):
            found[names[pid]] += seconds
    return found
