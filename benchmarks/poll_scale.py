"""Full cycles over 1,000, 10,000 and 100,000 idle accounts with canned answers 150 ms away, by one process.

The platforms are a function, so that no sandbox is what is measured: it answers batch calls slot by slot, after the
latency. Events of the accounts arrive, as healthy webhooks bring them; nothing new stands in any answer. A second part
polls Facebook accounts that show few and many known comments: what a poll costs must not follow what is known.
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Flask

from benchmarks.rounds import Line, Pairing, WrongAnswer, count, line
from benchmarks.scratch import Database, Scratch
from channels.budgets import Budgets
from channels.google_business import oauth
from channels.models import CREDENTIAL, Account, PollTurn
from channels.protocol import Answer, Exchange, Request
from channels.transport import Endpoints, Transport
from jobs.dispatcher import Dispatcher
from jobs.polling import poll_accounts
from tenants import models
from tenants.base_app import redis_of_app, settings_of_app
from tenants.data_keys import vault_of_app
from tenants.database import db, new_id
from tenants.scope import Scope, in_scope

LATENCY_SECONDS = 0.15
PLATFORMS = ("facebook", "instagram", "google_business")
#: Accounts of a cycle, by size of the run.
CYCLES = {"tiny": (12, 24), "small": (1_000, 10_000), "full": (1_000, 10_000, 100_000)}
#: Cycles measured, of which the middle one counts; one of what takes minutes.
ROUNDS = {1_000: 5, 10_000: 3}
ACCOUNTS_OF_AN_AGENCY = 300
BRANDS_OF_AN_AGENCY = 10
#: Naive polling asks one thing a call (docs: feed, comments, conversations, ratings; media, comments, conversations;
#: reviews), each call alone.
NAIVE_CALLS = {"facebook": 4, "instagram": 3, "google_business": 1}
#: Facebook accounts of the second part, and the comments each shows.
KNOWN = {"tiny": (2, (3, 20)), "small": (60, (3, 500)), "full": (60, (3, 500))}
POSTS_SHOWN, COMMENTS_SHOWN = 25, 20


class Canned(Transport):
    """Answers every call by itself; counts HTTP calls and what they ask for."""

    def __init__(self, endpoints: Endpoints, latency_seconds: float, comments: int = 0) -> None:
        super().__init__(endpoints)
        self.latency_seconds, self.http, self.logical = latency_seconds, 0, 0
        self.posts = json.dumps({"data": _posts(comments)})

    def fetch(self, requests: Sequence[Request]) -> list[Exchange]:
        self.logical += len(requests)
        return super().fetch(requests)

    def _call(self, request: Request, params: dict[str, str], headers: dict[str, str], *, read: bool = False) -> Answer:
        self.http += 1
        time.sleep(self.latency_seconds)
        if request.service == "google_token":
            return _answer('{"access_token": "canned", "expires_in": 3600}')
        if request.form is not None and "batch" in request.form:
            asked = json.loads(request.form["batch"])
            slots = [{"code": 200, "headers": [], "body": self._body(item["relative_url"])} for item in asked]
            return _answer(json.dumps(slots))
        return _answer(self._body(request.path))

    def as_forked(self) -> None:
        """Forget what a job's own process would not know: Google's access tokens."""
        self._google = oauth.AccessTokens(self._renew_google_token)

    def _body(self, path: str) -> str:
        place = path.partition("?")[0]
        return self.posts if place.endswith(("/published_posts", "/media")) else '{"data": []}'


def _answer(body: str) -> Answer:
    return Answer(200, {"content-type": "application/json"}, body.encode())


def _posts(comments: int) -> list[dict[str, Any]]:
    """Posts with so many comments together, the newest first."""
    left = comments
    posts: list[dict[str, Any]] = []
    for number in range(POSTS_SHOWN):
        shown = min(left, COMMENTS_SHOWN)
        left -= shown
        below = [
            {
                "id": f"{number}_{number * 1_000 + position}",
                "message": f"Where is my order {number}-{position}? It should have come on Monday.",
                "from": {"id": str(9_000 + position), "name": f"Customer {position}"},
                "created_time": f"2026-11-0{1 + position % 9}T10:00:00+0000",
                "comment_count": 0,
                "is_hidden": False,
            }
            for position in range(shown, 0, -1)
        ]
        below.sort(key=lambda one: str(one["created_time"]), reverse=True)
        post: dict[str, Any] = {
            "id": f"7_{number}",
            "message": "Our spring menu is here.",
            "created_time": f"2026-10-{28 - number:02d}T09:00:00+0000",
            "status_type": "added_photos",
        }
        if number < 3 or below:
            post["comments"] = {"data": below, "summary": {"total_count": shown}}
        posts.append(post)
    return posts


def poll_scale(scratch: Scratch, size: str) -> Iterator[Line]:
    """Seconds of a cycle, calls and CPU an account, and growth with ten times as many."""
    before: tuple[int, float] | None = None
    for wanted in CYCLES[size]:
        database = scratch.database(f"scale_{wanted}")
        try:
            seconds, cpu, http, logical = _measured(database, wanted)
        finally:
            scratch.drop(database)
        name = f"idle cycle of {wanted:,} accounts, {LATENCY_SECONDS * 1000:.0f} ms away"
        naive = round(sum(NAIVE_CALLS[PLATFORMS[number % 3]] for number in range(wanted)) * 1_000 / wanted)
        yield count(name, round(seconds, 2), "s")
        yield count(f"{name}: CPU an account", round(cpu * 1000 / wanted, 3), "ms", aim="<= 3")
        yield count(f"{name}: HTTP calls for 1,000", round(http * 1000 / wanted), "", naive=naive, aim="")
        yield count(f"{name}: logical calls for 1,000", round(logical * 1000 / wanted), "", naive=naive)
        if before is not None:
            ratio = seconds / before[1]
            pairing = Pairing(seconds, before[1], ratio, ratio, ratio)
            yield line(f"{name}", pairing, "s", against=f"{before[0]:,} accounts", aim="<= 11")
        before = wanted, seconds
    yield from _with_known(scratch, size)


def _measured(database: Database, wanted: int) -> tuple[float, float, int, int]:
    app = _app(database)
    with app.app_context():
        transport = Canned(Endpoints.from_settings(settings_of_app()), 0.0)
    try:
        _connect(app, [PLATFORMS[number % 3] for number in range(wanted)])
        _settle(app, database, transport)
        transport.latency_seconds = LATENCY_SECONDS
        taken: list[tuple[float, float]] = []
        for _ in range(ROUNDS.get(wanted, 1)):
            transport.http = transport.logical = 0
            wall, cpu = time.perf_counter(), time.process_time()
            _cycle(app, database, transport)
            taken.append((time.perf_counter() - wall, time.process_time() - cpu))
            _check(database, wanted)
        return *sorted(taken)[len(taken) // 2], transport.http, transport.logical
    finally:
        transport.close()
        with app.app_context():
            db.engine.dispose()


def _with_known(scratch: Scratch, size: str) -> Iterator[Line]:
    """Facebook alone, without latency: CPU of an idle poll where few and where many comments are known and shown."""
    wanted, sizes = KNOWN[size]
    for known in sizes:
        database = scratch.database(f"known_{known}")
        app = _app(database)
        with app.app_context():
            transport = Canned(Endpoints.from_settings(settings_of_app()), 0.0, comments=known)
        try:
            _connect(app, ["facebook"] * wanted)
            for _ in range(3):  # read, read again, and known by its digest
                _cycle(app, database, transport)
            stored = _scalar(database, "select count(*) from message")
            if stored != wanted * known:
                raise WrongAnswer(f"{stored} of {wanted * known} comments were stored")
            transport.http = 0
            cpu = time.process_time()
            _cycle(app, database, transport)
            taken_ms = (time.process_time() - cpu) * 1000 / wanted
            if _scalar(database, "select count(*) from message") != stored:
                raise WrongAnswer("an idle cycle stored something")
        finally:
            transport.close()
            with app.app_context():
                db.engine.dispose()
            scratch.drop(database)
        name = f"idle Facebook account, {known} known comments shown"
        yield count(f"{name}: CPU", round(taken_ms, 3), "ms", aim="<= 3")
        yield count(f"{name}: HTTP calls", round(transport.http / wanted, 3), "", aim="<= 0.1")


def _app(database: Database) -> Flask:
    app = database.base_app()
    # Every question comes a day after the last one, or Google's 300 calls a minute would be what is measured.
    ticks = itertools.count(1_000_000_000, 86_400)
    with app.app_context():
        app.extensions["onbrand_budgets"] = Budgets(redis_of_app(), clock=lambda: float(next(ticks)))
    return app


def _connect(app: Flask, platforms: Sequence[str]) -> None:
    now = datetime.now(UTC)
    for start in range(0, len(platforms), ACCOUNTS_OF_AN_AGENCY):
        agency_id, brands = new_id(), [new_id() for _ in range(BRANDS_OF_AN_AGENCY)]
        with app.app_context():
            db.session.add(models.Agency(id=agency_id, name=f"Bench House {start}"))
            db.session.commit()
        with in_scope(app, Scope(agency_id, None)):
            for number, brand_id in enumerate(brands):
                db.session.add(
                    models.Brand(agency_id=agency_id, id=brand_id, name=f"Brand {number}", mark="BR", colour="#1d6f8f")
                )
            db.session.flush()
            for number, platform in enumerate(platforms[start : start + ACCOUNTS_OF_AN_AGENCY], start):
                db.session.add(_account(agency_id, brands[number % BRANDS_OF_AN_AGENCY], platform, number, now))
            db.session.flush()
            for account in db.session.query(Account).all():
                turn = {"account_id": account.id, "agency_id": agency_id, "brand_id": account.brand_id}
                db.session.add(PollTurn(**turn, platform=account.platform))


def _account(agency_id: UUID, brand_id: UUID, platform: str, number: int, now: datetime) -> Account:
    google = platform == "google_business"
    account = Account(
        agency_id=agency_id,
        id=new_id(),
        brand_id=brand_id,
        platform=platform,
        external_id=f"accounts/{agency_id.int % 10**9}/locations/{number}" if google else str(70_000 + number),
        name=f"Account {number}",
        login="facebook" if platform == "instagram" else None,
        health="ok",
        subscribed_at=now,
        last_event_at=now,
    )
    # An agency signs in at Google once for all its locations.
    token = f"1//refresh-{agency_id}" if google else f"token-{number}"
    account.credential = vault_of_app().seal(token, CREDENTIAL.place_of(account))
    return account


def _settle(app: Flask, database: Database, transport: Canned) -> None:
    """Every account as after days of idle polls: one of each platform is polled, the others take its place over."""
    with database.superuser() as connection:
        connection.execute(
            "create temp table chosen as select distinct on (platform) id from account order by platform"
        )
        connection.execute("update poll_turn set due_at = now() + interval '1 day'")
        connection.execute("update poll_turn set due_at = now() where account_id in (select id from chosen)")
        for _ in range(2):
            connection.execute("update poll_turn set due_at = now() where account_id in (select id from chosen)")
            _take_turns(app, transport)
        connection.execute(
            "update account set cursor = settled.cursor from"
            " (select platform, cursor from account join chosen using (id)) as settled"
            " where settled.platform = account.platform"
        )
        connection.execute("vacuum analyze account, poll_turn")
    _cycle(app, database, transport)


def _cycle(app: Flask, database: Database, transport: Canned) -> None:
    """Every account once, as dispatcher and worker do it, without RQ and the fork between them."""
    with database.superuser() as connection:
        connection.execute("update poll_turn set due_at = now() - interval '1 second', leased_until = null")
    _take_turns(app, transport)


def _take_turns(app: Flask, transport: Canned) -> None:
    jobs: list[tuple[str, Any]] = []
    dispatcher = Dispatcher(app)
    dispatcher._enqueue = lambda _kind, given, _timeout: jobs.append(given)  # type: ignore[method-assign,assignment,arg-type]
    while dispatcher.queue_turns():
        for platform, turns in jobs:
            transport.as_forked()
            app.extensions.pop("onbrand_vault", None)  # and the brands' keys
            poll_accounts(app, platform, turns, transport)
        jobs.clear()


def _check(database: Database, wanted: int) -> None:
    if _scalar(database, "select count(*) from message") != 0:
        raise WrongAnswer("an idle cycle stored something")
    waiting = "select count(*) from poll_turn where due_at > now() and leased_until is null and failures = 0"
    if (ended := _scalar(database, waiting)) != wanted:
        raise WrongAnswer(f"{ended} of {wanted} turns ended well")


def _scalar(database: Database, sql: str) -> int:
    with database.superuser() as connection:
        found = connection.execute(sql.encode()).fetchone()
    assert found is not None
    return int(found[0])
