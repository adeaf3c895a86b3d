"""How many calls may still be made: budgets for an app, a project, an account and a tenant, shared by all processes.

Each is a leaky bucket (GCRA) in Redis, judged by Redis's clock in one script for a whole batch. A platform that reports
its own count is believed instead of ours for an hour, fading; a pause it names holds for everybody. Lanes share a
budget by how full each may make it: reading stops first, publishing never.

Without Redis each process keeps a smaller budget of its own. Nothing here raises because of it.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import redis

from channels.allowances import LIMITS, REPORT_SECONDS, Ask, Budget, Note

Lane = Literal["publish", "looks", "sending", "events", "proofs", "poll", "history"]
#: Up to which share of a budget a lane may go. Publishing, and looks at what nobody knows the outcome of, are counted
#: and never refused: only a pause that a platform named holds a look. Before an answer is taken to be sent it asks
#: for its turn (`sending`), where the platform counts all of ours together.
CEILINGS: dict[Lane, float] = {
    "publish": math.inf,
    "looks": math.inf,
    "sending": 0.9,
    "events": 0.9,
    "proofs": 0.7,
    "poll": 0.7,
    "history": 0.4,
}


#: How long a number is believed that a platform named when it refused, and how often a process looks for such numbers.
TOLD_SECONDS, LOOK_SECONDS = 86_400, 60
#: Without Redis: the share of a budget one process takes for its own.
LOCAL_SHARE = 0.25

_PREFIX, _TOLD = "onbrand:budget:", "onbrand:limit:"
_NEVER = 1e9
#: Floats: what is over a line by less is not over it, and what must wait waits at least so long.
_GRACE, _LEAST_WAIT = 0.000001, 0.001
_SCRIPT = """
local now = tonumber(ARGV[1])
if now < 0 then local t = redis.call('TIME'); now = tonumber(t[1]) + tonumber(t[2]) / 1000000 end
local ceiling, believed = tonumber(ARGV[2]), tonumber(ARGV[3])
local at = 4
local budgets = {}
for i, key in ipairs(KEYS) do
  local kept = redis.call('HMGET', key, 'full_at', 'share', 'told_at', 'paused_until')
  budgets[i] = {calls = tonumber(ARGV[at]), window = tonumber(ARGV[at + 1]), full_at = tonumber(kept[1]) or 0,
    share = tonumber(kept[2]) or 0, told_at = tonumber(kept[3]) or 0, paused = tonumber(kept[4]) or 0,
    spent = false, queued = 0}
  at = at + 2
end
local function wait_for(b, cost)
  if b.paused > now then return math.max(b.paused - now, 0.001) end
  local age = now - b.told_at
  if age < believed then
    if b.share * (1 - age / believed) <= ceiling + 0.000001 then return 0 end
    return math.max(believed * (1 - ceiling / b.share) - age, 0.001)
  end
  if b.calls <= 0 or (b.full_at <= now and b.queued == 0) then return 0 end
  local full = math.max(b.full_at - now, 0) / b.window + b.queued + cost / b.calls
  if full <= ceiling + 0.000001 then return 0 end
  b.is_short = true
  return math.max((full - ceiling) * b.window, 0.001)
end
local waits = {}
while at <= #ARGV do
  local count, wait = tonumber(ARGV[at]), 0
  for i = 1, count do
    local b, cost = budgets[tonumber(ARGV[at + 2 * i - 1])], tonumber(ARGV[at + 2 * i])
    b.is_short = false
    wait = math.max(wait, wait_for(b, cost))
  end
  for i = 1, count do
    local b, cost = budgets[tonumber(ARGV[at + 2 * i - 1])], tonumber(ARGV[at + 2 * i])
    if wait == 0 and b.calls > 0 then
      b.full_at = math.max(b.full_at, now) + cost * b.window / b.calls
      b.spent = true
    elseif wait > 0 and b.is_short then
      b.queued = b.queued + cost / b.calls
    end
  end
  waits[#waits + 1] = string.format('%.6f', wait)
  at = at + 1 + 2 * count
end
for i, key in ipairs(KEYS) do
  local b = budgets[i]
  if b.spent then
    redis.call('HSET', key, 'full_at', string.format('%.6f', b.full_at))
    local last = math.max(b.full_at, b.told_at + believed, b.paused)
    redis.call('EXPIRE', key, math.ceil(last - now) + 1)
  end
end
return waits
"""
_NOTE = """
local now = tonumber(ARGV[1])
if now < 0 then local t = redis.call('TIME'); now = tonumber(t[1]) + tonumber(t[2]) / 1000000 end
local believed = tonumber(ARGV[2])
for i, key in ipairs(KEYS) do
  local share, pause = tonumber(ARGV[1 + 2 * i]), tonumber(ARGV[2 + 2 * i])
  if share >= 0 then
    redis.call('HSET', key, 'share', tostring(share), 'told_at', string.format('%.6f', now))
  end
  if pause > 0 then redis.call('HSET', key, 'paused_until', string.format('%.6f', now + pause)) end
  local lives = math.max(redis.call('TTL', key), math.ceil(math.max(believed, pause)) + 1)
  redis.call('EXPIRE', key, lives)
end
"""


@dataclass
class _Kept:
    full_at: float = 0.0
    share: float = 0.0
    told_at: float = -math.inf
    paused_until: float = 0.0


@dataclass
class LocalBudgets:
    """The same rule in one process, with smaller budgets: what is left while Redis is away."""

    share: float = LOCAL_SHARE
    clock: Callable[[], float] = time.monotonic
    _kept: dict[str, _Kept] = field(default_factory=dict)

    def ask(self, lane: Lane, asks: Sequence[Ask]) -> list[float]:
        """Seconds each must wait; 0: granted and counted."""
        now, queued = self.clock(), dict[str, float]()
        return [self._ask(min(CEILINGS[lane], _NEVER), ask, now, queued) for ask in asks]

    def note(self, notes: Sequence[Note]) -> None:
        """Take down what the platform said."""
        now = self.clock()
        for one in notes:
            kept = self._kept.setdefault(one.budget.name, _Kept())
            if one.percent is not None:
                kept.share, kept.told_at = one.percent / 100, now
            if one.pause_seconds > 0:
                kept.paused_until = now + one.pause_seconds

    def _ask(self, ceiling: float, ask: Ask, now: float, queued: dict[str, float]) -> float:
        waits = [self._wait(budget, ceiling, calls, now, queued) for budget, calls in ask.draws]
        wait = max((seconds for seconds, _ in waits), default=0.0)
        for (budget, calls), (_, is_short) in zip(ask.draws, waits, strict=True):
            if not budget.calls:
                continue
            if wait == 0:
                kept = self._kept.setdefault(budget.name, _Kept())
                kept.full_at = max(kept.full_at, now) + calls * budget.window_seconds / (budget.calls * self.share)
            elif is_short:
                queued[budget.name] = queued.get(budget.name, 0.0) + calls / (budget.calls * self.share)
        return wait

    def _wait(
        self, budget: Budget, ceiling: float, cost: int, now: float, queued: dict[str, float]
    ) -> tuple[float, bool]:
        """Seconds, and whether our own count is why: then those who ask next wait behind this one."""
        kept = self._kept.get(budget.name)
        if kept is None:
            return 0.0, False
        if kept.paused_until > now:
            return max(kept.paused_until - now, _LEAST_WAIT), False
        age = now - kept.told_at
        if age < REPORT_SECONDS:
            if kept.share * (1 - age / REPORT_SECONDS) <= ceiling + _GRACE:
                return 0.0, False
            return max(REPORT_SECONDS * (1 - ceiling / kept.share) - age, _LEAST_WAIT), False
        before = queued.get(budget.name, 0.0)
        if not budget.calls or (kept.full_at <= now and before == 0):
            return 0.0, False
        full = max(kept.full_at - now, 0.0) / budget.window_seconds + before + cost / (budget.calls * self.share)
        if full <= ceiling + _GRACE:
            return 0.0, False
        return max((full - ceiling) * budget.window_seconds, _LEAST_WAIT), True


class Budgets:
    """The budgets of an installation. ``calls``: limits of its own, by their names in `LIMITS`; ``clock`` replaces
    Redis's, for tests.
    """

    def __init__(
        self,
        client: redis.Redis | None,
        *,
        calls: Mapping[str, int] | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._client, self._clock = client, clock
        self._local = LocalBudgets()
        self._ask = self._tell = None
        self._set, self._told = dict(calls or {}), dict[str, int]()
        self._looked_at = -math.inf
        if client is not None:
            self._ask, self._tell = client.register_script(_SCRIPT), client.register_script(_NOTE)

    def ask(self, lane: Lane, asks: Sequence[Ask]) -> list[float]:
        """Seconds each must wait before asking again; 0: granted, and counted in every budget it names. Those who must
        wait for the same budget are told to come one after another.
        """
        if not asks:
            return []
        self._look()
        asks = [Ask((), also=tuple((self._as_known(budget), calls) for budget, calls in ask.draws)) for ask in asks]
        names = {budget.name: budget for ask in asks for budget, _ in ask.draws}
        places = {name: number for number, name in enumerate(names, start=1)}
        given: list[Any] = [self._now(), min(CEILINGS[lane], _NEVER), REPORT_SECONDS]
        for budget in names.values():
            given += [budget.calls or 0, budget.window_seconds]
        for ask in asks:
            given.append(len(ask.draws))
            for budget, calls in ask.draws:
                given += [places[budget.name], calls]
        if self._ask is not None:
            with contextlib.suppress(redis.RedisError):
                return [float(wait) for wait in self._ask([_PREFIX + name for name in names], given)]
        return self._local.ask(lane, asks)

    def note(self, notes: Sequence[Note]) -> None:
        """Take down what platforms said of their allowances. The highest share of one budget counts."""
        self._note_calls([one for one in notes if one.calls is not None])
        notes = [one for one in notes if one.percent is not None or one.pause_seconds > 0]
        if not notes:
            return
        merged: dict[str, Note] = {}
        for one in notes:
            other = merged.get(one.budget.name, one)
            shares = [share for share in (one.percent, other.percent) if share is not None]
            pause = max(one.pause_seconds, other.pause_seconds)
            merged[one.budget.name] = Note(one.budget, max(shares, default=None), pause)
        self._local.note(list(merged.values()))
        given: list[Any] = [self._now(), REPORT_SECONDS]
        for one in merged.values():
            given += [-1 if one.percent is None else one.percent / 100, one.pause_seconds]
        if self._tell is not None:
            with contextlib.suppress(redis.RedisError):
                self._tell([_PREFIX + name for name in merged], given)

    def _now(self) -> float:
        return -1 if self._clock is None else self._clock()

    def _as_known(self, budget: Budget) -> Budget:
        """With the number its limit really has: what the platform named, else what the installation was given."""
        calls = self._told.get(budget.of or "", self._set.get(budget.of or ""))
        if calls is None or budget.calls is None:
            return budget
        return replace(budget, calls=max(1, int(calls * budget.share)))

    def _note_calls(self, notes: Sequence[Note]) -> None:
        for one in notes:
            if one.budget.of is None or one.calls is None or self._told.get(one.budget.of) == one.calls:
                continue
            self._told[one.budget.of] = one.calls
            if self._client is not None:
                with contextlib.suppress(redis.RedisError):
                    self._client.set(f"{_TOLD}{one.budget.of}", one.calls, ex=TOLD_SECONDS)

    def _look(self) -> None:
        """What other processes were told meanwhile."""
        if self._client is None or time.monotonic() - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = time.monotonic()
        names = [name for name, limit in LIMITS.items() if limit.calls is not None]
        with contextlib.suppress(redis.RedisError, ValueError):
            told = self._client.mget([_TOLD + name for name in names])
            self._told = {name: int(calls) for name, calls in zip(names, told, strict=True) if calls is not None}
