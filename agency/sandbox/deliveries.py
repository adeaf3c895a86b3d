"""What the platforms send by themselves: webhooks, pushes, callbacks. One engine for all of them.

`world.deliveries.deliver(url, headers, body, channel="google", account="accounts/1/locations/2")` puts one POST in a
bounded queue and returns at once; it never speaks to anybody itself, so it may be called anywhere, also inside a
transaction (better: in a listener of `world.tell`, which runs after the commit). A background thread sends
(`send_in_background`, started by `main`), or `send_now` does, in the caller's thread and in a fixed order.

`headers` may be a function: it is called for each try, so that a signed token with a date is fresh in each.
An answer out of `accepted` settles a delivery; any other, and no answer, is tried again after `RETRY_AFTER_SECONDS`,
then given up. Times are of the sandbox's own clock. `on_settled(delivery)` is called once with the end of it, and
`delivery.answer` holds the first bytes of the last answer.

Switches (`set_switches`, for all accounts or for one) make deliveries worse: see `Switches`. `storm` sends again what
was sent. The queue lives in memory: a killed sandbox forgets what it had not sent, as polling must heal such gaps.
"""

from __future__ import annotations

import heapq
import http.client
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields, replace
from random import Random
from typing import Any
from urllib.parse import urlsplit

from agency.sandbox.store import Store

Headers = dict[str, str]

MAX_WAITING = 50_000
MAX_REMEMBERED = 50_000
SEND_TIMEOUT_SECONDS = 10.0
WAKE_SECONDS = 0.1
RETRY_AFTER_SECONDS = (0.5, 2.0, 10.0, 60.0, 300.0, 900.0, 3600.0)
ANSWER_KEPT_BYTES = 2_000
LOOPBACK = ("127.0.0.1", "localhost", "::1")
ALL = ""


@dataclass(frozen=True)
class Switches:
    """How deliveries misbehave.

    `drop` and `duplicate` are shares from 0 to 1, `delay_seconds` and `spread_seconds` (random, on top) hold each one
    back, `shuffle` takes what is due in random order, `hold` sends nothing until `send_now`.
    """

    drop: float = 0.0
    duplicate: float = 0.0
    delay_seconds: float = 0.0
    spread_seconds: float = 0.0
    shuffle: bool = False
    hold: bool = False


@dataclass
class Delivery:
    """One POST on its way. `state`: waiting, sent, given_up, dropped or refused (the queue was full)."""

    id: int
    channel: str
    account: str | None
    url: str
    headers: Headers | Callable[[], Headers]
    body: bytes
    due_at: float
    accepted: frozenset[int] = frozenset({200})
    state: str = "waiting"
    attempts: int = 0
    status: int | None = None
    answer: bytes = b""
    first_failed_at: float | None = None
    on_settled: Callable[[Delivery], None] | None = field(default=None, repr=False)


class Deliveries:
    """The queue, its thread, and what is remembered of the past."""

    def __init__(self, store: Store, dice: Random) -> None:
        self._store = store
        self._dice = dice
        self._condition = threading.Condition()
        self._later: list[tuple[float, int, Delivery]] = []  # a heap by time
        self._ready: list[Delivery] = []  # due, in order
        self._past: deque[Delivery] = deque(maxlen=MAX_REMEMBERED)
        self._counts = dict.fromkeys(("sent", "given_up", "dropped", "duplicated", "retried", "refused"), 0)
        self._last_id = 0
        self._thread: threading.Thread | None = None
        self._closing = False
        # Called before `send_now` looks at the queue: whoever collects several events into one POST lets go of them.
        self.before_sending: list[Callable[[], None]] = []

    # Switches

    def switches(self, account: str | None = None) -> Switches:
        """Those in force for the account: its own where it has some, else those for all."""
        known = self._store.setting("delivery_switches", {})
        return Switches(**{**known.get(ALL, {}), **known.get(account or ALL, {})})

    def set_switches(self, wish: dict[str, Any], account: str | None = None) -> Switches:
        """Change the given ones; raises ValueError. With an account, for that one only (`hold` and `shuffle`: all)."""
        types = {one.name: one.type for one in fields(Switches)}
        if unknown := set(wish) - set(types):
            raise ValueError(f"unknown switches: {', '.join(sorted(unknown))}; known: {', '.join(types)}")
        changed: dict[str, Any] = {}
        for name, value in wish.items():
            if types[name] == "bool" and not isinstance(value, bool):
                raise ValueError(f"{name} must be true or false")
            if types[name] == "float" and (isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0):
                raise ValueError(f"{name} must be a number from 0 up")
            if name in ("drop", "duplicate") and value > 1:
                raise ValueError(f"{name} is a share from 0 to 1")
            if account and types[name] == "bool":
                raise ValueError(f"{name} is for all accounts together")
            changed[name] = value
        with self._store.transaction():
            known = self._store.setting("delivery_switches", {})
            known[account or ALL] = {**known.get(account or ALL, {}), **changed}
            self._store.set_setting("delivery_switches", known)
        with self._condition:
            self._condition.notify_all()
        return self.switches(account)

    def seed_dice(self, seed: int) -> None:
        """The same seed drops, repeats and shuffles the same way."""
        self._dice.seed(seed)

    # Queue

    def deliver(
        self,
        url: str,
        headers: Headers | Callable[[], Headers],
        body: bytes,
        *,
        channel: str,
        account: str | None = None,
        accepted: frozenset[int] = frozenset({200}),
        on_settled: Callable[[Delivery], None] | None = None,
    ) -> int | None:
        """Queue one POST, or what the switches make of it; answers its number, None when it was dropped or refused.

        Raises ValueError where the address is not http on this machine: the sandbox never speaks to the world.
        """
        require_own_machine(url)
        switches = self.switches(account)
        with self._condition:
            due_at = self._store.clock() + switches.delay_seconds + self._dice.random() * switches.spread_seconds
            self._last_id += 1
            made = Delivery(self._last_id, channel, account, url, headers, body, due_at, accepted)
            made.on_settled = on_settled
            if switches.drop and self._dice.random() < switches.drop:
                self._end(made, "dropped")
                return None
            if self._length() >= MAX_WAITING:
                self._end(made, "refused")
                return None
            self._put(made)
            if switches.duplicate and self._dice.random() < switches.duplicate:
                self._last_id += 1
                again = due_at + self._dice.random() * switches.spread_seconds
                self._put(replace(made, id=self._last_id, due_at=again, on_settled=None))
                self._counts["duplicated"] += 1
            self._condition.notify_all()
        return made.id

    def storm(self, times: int, *, channel: str | None = None, account: str | None = None) -> int:
        """Queue again, `times` over, everything that was sent and is remembered; answers how many that makes."""
        with self._condition:
            now = self._store.clock()
            chosen = [
                one
                for one in self._past
                if one.state == "sent" and channel in (None, one.channel) and account in (None, one.account)
            ]
            queued = 0
            for _ in range(times):
                for one in chosen:
                    if self._length() >= MAX_WAITING:
                        break
                    self._last_id += 1
                    queued += 1
                    self._put(replace(one, id=self._last_id, due_at=now, state="waiting", attempts=0, on_settled=None))
            self._condition.notify_all()
        return queued

    def forget(self) -> None:
        """Empty the queue and the past; switches stay."""
        with self._condition:
            self._later.clear()
            self._ready.clear()
            self._past.clear()
            self._counts = dict.fromkeys(self._counts, 0)

    # Looking

    def report(self) -> dict[str, Any]:
        with self._condition:
            waiting = self._length()
            counts = dict(self._counts)
        own = self._store.setting("delivery_switches", {})
        return {
            "waiting": waiting,
            **counts,
            "switches": asdict(self.switches()),
            "of_accounts": {name: facts for name, facts in own.items() if name != ALL},
        }

    def log(self, limit: int = 200, account: str | None = None, channel: str | None = None) -> list[dict[str, Any]]:
        """The newest first, those that still wait among them; bodies and answers as text."""
        with self._condition:
            known = [*self._past, *self._ready, *(one for _, _, one in self._later)]
        known = [one for one in known if account in (None, one.account) and channel in (None, one.channel)]
        known.sort(key=lambda one: -one.id)
        return [
            {
                "id": one.id,
                "channel": one.channel,
                "account": one.account,
                "url": one.url,
                "state": one.state,
                "attempts": one.attempts,
                "status": one.status,
                "due_at": one.due_at,
                "body": one.body.decode("utf-8", "replace"),
                "answer": one.answer.decode("utf-8", "replace"),
            }
            for one in known[:limit]
        ]

    # Sending

    def send_now(self, *, everything: bool = False) -> dict[str, int]:
        """Send what is due (or everything) in this thread until nothing due is left; answers the counts.

        With `everything` one that fails is tried as often as retries allow, at once, and then given up.
        """
        for let_go in self.before_sending:
            let_go()
        before = dict(self._counts)
        while (one := self._take(everything=everything)) is not None:
            self._send(one)
        with self._condition:
            left = self._length()
            return {**{name: value - before[name] for name, value in self._counts.items()}, "waiting": left}

    def send_in_background(self) -> None:
        """Start the thread; it dies with the program."""
        if self._thread is None:
            self._closing = False
            self._thread = threading.Thread(target=self._run, name="sandbox deliveries", daemon=True)
            self._thread.start()

    def close(self) -> None:
        with self._condition:
            self._closing = True
            self._condition.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=SEND_TIMEOUT_SECONDS + 1)
            self._thread = None

    def _run(self) -> None:
        while True:
            with self._condition:
                if self._closing:
                    return
                if not self._length():
                    self._condition.wait()
                    continue
            one = None if self.switches().hold else self._take(everything=False)
            if one is None:
                with self._condition:
                    if not self._closing:
                        self._condition.wait(WAKE_SECONDS)
                continue
            self._send(one)

    def _length(self) -> int:
        return len(self._later) + len(self._ready)

    def _put(self, one: Delivery) -> None:
        heapq.heappush(self._later, (one.due_at, one.id, one))

    def _take(self, *, everything: bool) -> Delivery | None:
        shuffle = self.switches().shuffle
        with self._condition:
            now = self._store.clock()
            while self._later and (everything or self._later[0][0] <= now):
                self._ready.append(heapq.heappop(self._later)[2])
            if not self._ready:
                return None
            return self._ready.pop(self._dice.randrange(len(self._ready)) if shuffle else 0)

    def _send(self, one: Delivery) -> None:
        one.attempts += 1
        one.status, one.answer = post(one)
        with self._condition:
            if one.status in one.accepted:
                self._end(one, "sent")
            else:
                one.first_failed_at = one.first_failed_at or self._store.clock()
                if one.attempts > len(RETRY_AFTER_SECONDS):
                    self._end(one, "given_up")
                else:
                    self._counts["retried"] += 1
                    one.due_at = self._store.clock() + RETRY_AFTER_SECONDS[one.attempts - 1]
                    self._put(one)
        if one.state != "waiting" and one.on_settled is not None:
            one.on_settled(one)

    def _end(self, one: Delivery, state: str) -> None:
        one.state = state
        self._counts[state] += 1
        self._past.append(one)


def require_own_machine(url: str) -> None:
    """Raises ValueError unless the address is http(s) on this machine."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or parts.hostname not in LOOPBACK:
        raise ValueError(f"{url!r} is not an http address of this machine; the sandbox calls nobody else")


def post(one: Delivery) -> tuple[int | None, bytes]:
    """Status and the first bytes of the answer; no status where there was none. Raises nothing of the network."""
    parts = urlsplit(one.url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=SEND_TIMEOUT_SECONDS)
    try:
        headers = one.headers() if callable(one.headers) else one.headers
        connection.request("POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), one.body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()[:ANSWER_KEPT_BYTES]
    except (OSError, http.client.HTTPException):
        return None, b""
    finally:
        connection.close()
