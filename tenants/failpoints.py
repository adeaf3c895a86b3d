"""Named places around publishing where a fault can be let in, for tests.

`ONBRAND_FAILPOINTS` names them for whole processes: `publish.sent=kill*2,look.begun=stall:40%10` kills the first two
processes that come to `publish.sent`, and stalls one in ten at `look.begun` for 40 seconds. Production refuses it.
While nothing is armed, reaching a point costs one look at a variable.
"""

from __future__ import annotations

import os
import random
import re
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

POINTS = {
    "dispatch.leased": "promises are leased, Redis was not told of them",
    "promise.begun": "a worker has taken a promise and counted the try",
    "publish.claiming": "the claim is written, not committed",
    "publish.claimed": "the claim is committed, the platform was asked nothing",
    "publish.checked": "the platform said what stands there, the lease was not looked at again",
    "publish.leaving": "the lease was long enough, no connection is open",
    "send.answered": "the platform has begun to answer a write, its words were not read",
    "publish.sent": "the answer is read, nothing is written down",
    "settle.written": "how it ended is written, not committed",
    "settle.kept": "how it ended is committed, what follows from it is not done",
    "look.beginning": "a look is written down, not committed",
    "look.begun": "a look is written down, the platform was asked nothing",
    "look.read": "the platform said what it shows, nothing is decided",
    "look.deciding": "what was seen is decided, not committed",
    "look.decided": "what was seen is committed, the promise is still open",
    "promise.kept": "the job has returned, its promise is still open",
}
"""Each stands once in the code, at `failpoints.reached(name)`, but those of TOGETHER_TOO."""
TOGETHER_TOO = frozenset({"promise.begun", "settle.written", "settle.kept", "promise.kept"})
"""They stand twice: where one is begun or settled alone, and where many are together."""

ACTIONS = {
    "kill": "SIGKILL to this process",
    "exit": "the process ends without cleaning up",
    "stop": "SIGSTOP to this process; who stopped it sends SIGCONT",
    "raise": "an ordinary error",
    "die": "an error nothing catches: this process goes on, what it was doing does not",
    "stall": "sleeps so many seconds",
}
_ORDER = re.compile(
    r"(?P<point>[a-z_.]+)=(?P<action>[a-z]+)(?::(?P<seconds>\d+(?:\.\d+)?))?(?:\*(?P<times>\d+))?(?:%(?P<percent>\d+))?"
)


class FailpointError(RuntimeError):
    """What the action `raise` raises."""


class Died(BaseException):
    """What the action `die` raises: a crash, as far as the database and the platforms can tell."""


@dataclass(frozen=True)
class Order:
    """What happens at one point: how often in all (None: always), in how many of a hundred cases."""

    point: str
    action: str
    seconds: float = 0.0
    times: int | None = None
    percent: int = 100


def read_orders(words: str) -> tuple[Order, ...]:
    """The orders of a setting. Raises ValueError naming what cannot be understood."""
    orders = []
    for part in filter(None, (one.strip() for one in words.split(","))):
        found = _ORDER.fullmatch(part)
        if found is None or found["point"] not in POINTS or found["action"] not in ACTIONS:
            raise ValueError(f"{part} is no point=action[:seconds][*times][%percent]")
        if (found["action"] == "stall") != (found["seconds"] is not None):
            raise ValueError(f"{part}: `stall` takes seconds, nothing else does")
        times, percent = found["times"], int(found["percent"] or 100)
        orders.append(
            Order(found["point"], found["action"], float(found["seconds"] or 0), int(times) if times else None, percent)
        )
    return tuple(orders)


@dataclass
class Armed:
    """The orders that stand, and how often each point was come to in this process."""

    orders: tuple[Order, ...]
    folder: Path | None = None
    """Where processes share how often an order was carried out; None: this process alone counts."""
    come_to: Counter[str] = field(default_factory=Counter)
    _done: Counter[Order] = field(default_factory=Counter)

    def meet(self, point: str) -> None:
        self.come_to[point] += 1
        for order in self.orders:
            if order.point == point and random.randrange(100) < order.percent and self._is_wanted(order):
                _carry_out(order)

    def _is_wanted(self, order: Order) -> bool:
        if order.times is None:
            return True
        if self.folder is None:
            self._done[order] += 1
            return self._done[order] <= order.times
        self.folder.mkdir(parents=True, exist_ok=True)
        for number in range(order.times):
            try:
                (self.folder / f"{order.point}.{order.action}.{number}").touch(exist_ok=False)
            except FileExistsError:
                continue
            return True
        return False


_armed: Armed | None = None


def reached(point: str) -> None:
    """Stands at a point of `POINTS`; does nothing unless somebody armed it."""
    if _armed is not None:
        _armed.meet(point)


def arm(words: str, folder: Path) -> None:
    """For a whole process, as its settings say; `*times` is counted over all processes that share the folder."""
    global _armed
    if words:
        _armed = Armed(read_orders(words), folder)


@contextmanager
def armed(words: str) -> Iterator[Counter[str]]:
    """For tests in one process: inside the block the orders stand. Gives how often each point was come to."""
    global _armed
    before, standing = _armed, Armed(read_orders(words))
    _armed = standing
    try:
        yield standing.come_to
    finally:
        _armed = before


def _carry_out(order: Order) -> None:
    _DEEDS[order.action](order)


def _signal_myself(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)


def _fail(order: Order) -> None:
    raise FailpointError(f"failpoint {order.point}")


def _die(order: Order) -> None:
    raise Died(order.point)


_DEEDS: dict[str, Callable[[Order], None]] = {
    "kill": lambda _: _signal_myself(signal.SIGKILL),
    "exit": lambda _: os._exit(1),
    "stop": lambda _: _signal_myself(signal.SIGSTOP),
    "raise": _fail,
    "die": _die,
    "stall": lambda order: time.sleep(order.seconds),
}
