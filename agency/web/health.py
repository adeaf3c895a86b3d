"""`/healthz` for those who restart things, `/metrics` for those who draw curves. Neither holds a word of any tenant."""

from __future__ import annotations

import hmac
import ipaddress
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, cast

import redis
from flask import Blueprint, Response, current_app, jsonify, make_response, request
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from agency.inbox.kept_media import kept_now
from agency.inbox.models import MEDIA_STATES
from agency.replies import visibility
from agency.replies.models import Reply
from channels import account_standing, raw_events
from channels.health import KINDS, state_of
from channels.models import PollTurn
from channels.registry import ADAPTERS
from tenants import clock
from tenants.base_app import settings_of_app
from tenants.database import db
from tenants.errors import NotFound
from tenants.logs import get_logger
from tenants.models import Agency, OutboxEntry
from tenants.scope import Scope, in_scope
from tenants.sealed import purpose_key

health = Blueprint("health", __name__)

DISPATCHER_HEARTBEATS = "onbrand:heartbeat:dispatcher:*"
RQ_WORKERS = "rq:workers"
QUIET_SECONDS = 120
"""A dispatcher or worker not heard of for this long is shown as quiet."""
FLUSH_SECONDS = 5
FLUSH_AGAIN_SECONDS = 60
"""After a try in vain, so that a Redis that hangs holds up one page a minute and not each."""
COUNTS_KEY = "onbrand_requests"
WATCHED_STATES = ("awaiting_approval", "approved", "publishing", "outcome_unknown")
FIGURES_SECONDS = 10
MOST_KINDS = 50

log = get_logger("health")


@health.get("/healthz")
def healthz() -> Response:
    """The state of each part; 503 where database or Redis is down, because nothing is fetched or sent without them."""
    parts: dict[str, dict[str, Any]] = {
        "web": {"state": "up"},
        "database": _checked(_ask_database),
        "redis": _checked(_ask_redis) if "onbrand_redis" in current_app.extensions else {"state": "off"},
    }
    is_heard = parts["redis"]["state"] == "up"  # else nobody waits for it twice more
    for name, beats in (("dispatcher", _dispatcher_beats), ("worker", _worker_beats)):
        parts[name] = _heard_of(beats) if is_heard else {"state": "unknown"}
    is_down = any(parts[name]["state"] == "down" for name in ("database", "redis"))
    is_quiet = any(parts[name]["state"] != "up" for name in ("dispatcher", "worker"))
    status = "down" if is_down else ("degraded" if is_quiet else "up")
    answer = make_response(jsonify({"status": status, "parts": parts}), 503 if is_down else 200)
    if is_down:
        answer.headers["Retry-After"] = "5"
    return answer


@health.get("/metrics")
def metrics() -> Response:
    """Prometheus text, for loopback callers or with `Authorization: Bearer` and `metrics_token`."""
    if not _may_read_metrics():
        raise NotFound()
    requests_of(current_app).flush()
    registry = CollectorRegistry()
    registry.register(cast(Any, _Figures()))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def metrics_token(root_secret: str) -> str:
    """The bearer token `/metrics` takes from elsewhere than loopback, made from the root secret."""
    return purpose_key(root_secret, "metrics").hex()


def _may_read_metrics() -> bool:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    settings = settings_of_app()
    if hmac.compare_digest(given.encode(), metrics_token(settings.onbrand_secret_key).encode()):
        return True
    # Behind a proxy everybody comes from loopback until the proxy is counted in ONBRAND_PROXY_HOPS.
    if any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-Ip")):
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _checked(ask: Callable[[], None]) -> dict[str, Any]:
    began = time.perf_counter()
    try:
        ask()
    except (SQLAlchemyError, redis.RedisError, OSError) as error:
        db.session.rollback()
        log.error("part_down", error=type(error).__name__)
        return {"state": "down"}
    return {"state": "up", "ms": round((time.perf_counter() - began) * 1000, 1)}


def _ask_database() -> None:
    db.session.execute(select(func.now()))


def _redis() -> redis.Redis:
    return cast(redis.Redis, current_app.extensions["onbrand_redis"])


def _ask_redis() -> None:
    _redis().ping()


def _heard_of(beats: Callable[[], Iterator[float]]) -> dict[str, Any]:
    """How many there are and how many seconds ago the freshest was heard of."""
    try:
        ages = [max(0.0, time.time() - at) for at in beats()]
    except redis.RedisError:
        return {"state": "unknown"}
    if not ages:
        return {"state": "missing", "count": 0}
    return {
        "state": "up" if min(ages) < QUIET_SECONDS else "quiet",
        "count": len(ages),
        "age_seconds": round(min(ages), 1),
    }


def _dispatcher_beats() -> Iterator[float]:
    for key in _redis().scan_iter(match=DISPATCHER_HEARTBEATS, count=1000):
        value = cast("bytes | None", _redis().get(key))
        if value is not None:
            yield float(value)


def _worker_beats() -> Iterator[float]:
    for key in cast("set[bytes]", _redis().smembers(RQ_WORKERS)):
        value = cast("bytes | None", _redis().hget(key.decode(), "last_heartbeat"))
        if value is not None:
            yield datetime.fromisoformat(value.decode().replace("Z", "+00:00")).timestamp()


class RequestCounts:
    """Requests by endpoint, method and status: counted here, added up in Redis for all web processes together."""

    def __init__(self, client: redis.Redis | None) -> None:
        self._client = client
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._flush_at = 0.0

    def add(self, endpoint: str, method: str, status: int, seconds: float) -> None:
        """Count one answer; now and then hand the counts over."""
        name = f"{endpoint}|{method}|{status}"
        with self._lock:
            self._counts[name] += 1
            self._counts[name + "|us"] += int(seconds * 1_000_000)
            is_due = time.monotonic() >= self._flush_at
        if is_due:
            self.flush()

    def flush(self) -> None:
        """Hand the counts over to Redis; they are kept while it is away."""
        if self._client is None:
            return
        with self._lock:
            taken, self._counts = self._counts, Counter()
            self._flush_at = time.monotonic() + FLUSH_SECONDS
        if not taken:
            return
        try:
            pipe = self._client.pipeline(transaction=True)
            for name, number in taken.items():
                pipe.hincrby(COUNTS_KEY, name, number)
            pipe.execute()
        except redis.RedisError:
            with self._lock:
                self._counts += taken
                self._flush_at = time.monotonic() + FLUSH_AGAIN_SECONDS

    def all(self) -> dict[str, int]:
        """The counts of every process, or only ours while Redis is away."""
        if self._client is not None:
            try:
                kept = cast("dict[bytes, bytes]", self._client.hgetall(COUNTS_KEY))
                return {name.decode(): int(number) for name, number in kept.items()}
            except redis.RedisError:
                pass
        with self._lock:
            return dict(self._counts)


def requests_of(app: Any) -> RequestCounts:
    """This app's counter."""
    counts = app.extensions.get("onbrand_request_counts")
    if counts is None:
        counts = app.extensions["onbrand_request_counts"] = RequestCounts(app.extensions.get("onbrand_redis"))
    return cast(RequestCounts, counts)


class _Figures:
    """What `/metrics` shows, asked for at the moment it is read."""

    def collect(self) -> Iterator[Metric]:
        """Every family."""
        yield from self._requests()
        try:
            yield from self._work()
        except SQLAlchemyError:
            db.session.rollback()
            log.error("metrics_without_database")

    def _requests(self) -> Iterator[Metric]:
        labels = ["endpoint", "method", "status"]
        total = CounterMetricFamily("onbrand_requests", "Answers given, all web processes.", labels=labels)
        seconds = CounterMetricFamily("onbrand_request_seconds", "Seconds spent on them.", labels=labels)
        for name, number in sorted(requests_of(current_app).all().items()):
            endpoint, method, status, *unit = name.split("|")
            if unit:
                seconds.add_metric([endpoint, method, status], number / 1_000_000)
            else:
                total.add_metric([endpoint, method, status], number)
        yield total
        yield seconds

    def _work(self) -> Iterator[Metric]:
        now = clock.now()
        outbox = db.session.execute(
            select(func.count(), func.min(OutboxEntry.run_at)).where(
                OutboxEntry.done_at.is_(None), OutboxEntry.given_up_at.is_(None)
            )
        ).one()
        yield GaugeMetricFamily("onbrand_outbox_open", "Promised jobs not done yet.", value=outbox[0])
        yield GaugeMetricFamily("onbrand_outbox_lag_seconds", "Age of the oldest of them.", value=_lag(outbox[1], now))
        given_up = db.session.execute(
            select(func.count()).where(OutboxEntry.given_up_at.is_not(None), OutboxEntry.done_at.is_(None))
        ).scalar_one()
        yield GaugeMetricFamily("onbrand_outbox_given_up", "Promised jobs nobody tries any more.", value=given_up)
        due, parked = db.session.execute(
            select(func.min(PollTurn.due_at).filter(PollTurn.parked_at.is_(None)), func.count(PollTurn.parked_at))
        ).one()
        yield GaugeMetricFamily("onbrand_poll_lag_seconds", "How late the most overdue poll is.", value=_lag(due, now))
        yield GaugeMetricFamily("onbrand_accounts_parked", "Accounts that wait for a new connection.", value=parked)
        accounts = GaugeMetricFamily("onbrand_accounts", "Connected accounts, by state of health.", labels=["state"])
        for state, number in _accounts_by_state().items():
            accounts.add_metric([state], number)
        yield accounts
        states = GaugeMetricFamily("onbrand_replies", "Replies on their way, by state.", labels=["state"])
        for state, number in _replies_by_state().items():
            states.add_metric([state], number)
        yield states
        settle = GaugeMetricFamily(
            "onbrand_settle_seconds", "How long a platform is given to show what it took.", labels=["platform"]
        )
        seen = GaugeMetricFamily(
            "onbrand_shown_within_seconds",
            "Within how many seconds 999 of 1,000 replies were seen there, 30 days.",
            labels=["platform"],
        )
        measured = visibility.counts_of()
        for platform in ADAPTERS:  # every one, so that a curve never has a hole
            longest = visibility.longest_of(measured.get(platform, {}))
            seen.add_metric([platform], longest)
            settle.add_metric([platform], visibility.settle_of(longest, settings_of_app().settle_seconds))
        yield settle
        yield seen
        media = dict(_kept("media", _count_media))
        taken = media.pop("bytes")
        yield GaugeMetricFamily("onbrand_kept_media_bytes", "What our copies of expiring media take.", value=taken)
        copies = GaugeMetricFamily("onbrand_kept_media", "Copies of expiring media, by state.", labels=["state"])
        for state, number in media.items():
            copies.add_metric([state], number)
        yield copies
        aside = GaugeMetricFamily("onbrand_events_aside", "Events kept aside, not understood.", labels=["kind"])
        for kind, number in Counter(_kept("events", _count_aside)).most_common(MOST_KINDS):
            aside.add_metric([kind], number)
        yield aside


def _lag(oldest: datetime | None, now: datetime) -> float:
    return max(0.0, (now - oldest).total_seconds()) if oldest is not None else 0.0


def _accounts_by_state() -> dict[str, int]:
    """By the state people are shown; every state is there, so that a curve never has a hole."""
    return _kept("accounts", _count_accounts)


def _count_accounts(app: Any) -> dict[str, int]:
    counted: Counter[str] = Counter(dict.fromkeys(KINDS, 0))
    now = clock.now()
    for agency_id in list(db.session.scalars(select(Agency.id))):
        with in_scope(app, Scope(agency_id, None)):
            for facts in account_standing.facts_of_connected():
                counted[state_of(facts, now)] += 1
    del counted["disconnected"]
    return dict(counted)


_figures: dict[tuple[int, str], tuple[float, dict[str, int]]] = {}


def _kept(name: str, count: Callable[[Any], dict[str, int]]) -> dict[str, int]:
    """Counted agency by agency, each in its own scope, at most every ten seconds."""
    app = cast(Any, current_app)._get_current_object()
    held = _figures.get((id(app), name))
    if held is None or time.monotonic() - held[0] >= FIGURES_SECONDS:
        held = _figures[id(app), name] = (time.monotonic(), count(app))
    return held[1]


def _replies_by_state() -> dict[str, int]:
    """Only states that should pass."""
    return _kept("replies", _count_replies)


def _count_replies(app: Any) -> dict[str, int]:
    counted: Counter[str] = Counter(dict.fromkeys(WATCHED_STATES, 0))
    for agency_id in list(db.session.scalars(select(Agency.id))):
        with in_scope(app, Scope(agency_id, None)):
            rows = db.session.execute(
                select(Reply.state, func.count(Reply.id)).where(Reply.state.in_(WATCHED_STATES)).group_by(Reply.state)
            )
            for state, number in rows:
                counted[state] += number
    return dict(counted)


def _count_media(app: Any) -> dict[str, int]:
    counted: Counter[str] = Counter(dict.fromkeys(("bytes", *MEDIA_STATES), 0))
    for agency_id in list(db.session.scalars(select(Agency.id))):
        with in_scope(app, Scope(agency_id, None)):
            kept = kept_now()
        counted.update(kept.counts)
        counted["bytes"] += kept.bytes
    return dict(counted)


def _count_aside(app: Any) -> dict[str, int]:
    counted: Counter[str] = Counter()
    for agency_id in list(db.session.scalars(select(Agency.id))):
        with in_scope(app, Scope(agency_id, None)):
            counted.update(raw_events.aside_by_kind())
    counted.update(raw_events.unnamed_by_reason())
    return dict(counted)
