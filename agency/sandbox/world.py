"""What every part of the sandbox is given: its memory, its app keys and its counters."""

from __future__ import annotations

import os
import random
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from agency.sandbox.clock import WorldClock
from agency.sandbox.deliveries import Deliveries
from agency.sandbox.google_project import Quota
from agency.sandbox.store import Account, Item, Store

HOUR_SECONDS = 3600
APP_CALLS_PER_HOUR = 20_000
ACCOUNT_CALLS_PER_HOUR = 20_000


@dataclass(frozen=True)
class AppKeys:
    """The application's ids and secrets at the three platforms; the product must be given the same ones."""

    meta_app_id: str = "200000000000001"
    meta_app_secret: str = "sandbox-meta"
    instagram_app_id: str = "200000000000002"
    instagram_app_secret: str = "sandbox-instagram"
    google_client_id: str = "sandbox.apps.example"
    google_client_secret: str = "sandbox-google"
    google_pubsub_sender: str = "pushes@sandbox.example"

    @classmethod
    def from_environment(cls) -> AppKeys:
        known = cls()
        return cls(
            **{name: os.environ.get(name.upper()) or getattr(known, name) for name in known.__dataclass_fields__}
        )


@dataclass
class Usage:
    """Calls in the last hour, per account and for the whole app. Kept in memory: a restart is a fresh allowance."""

    _calls: dict[str, deque[float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, who: str, now: float) -> int:
        """One more call by `who`; answers how many there were in the last hour, this one included."""
        with self._lock:
            calls = self._calls.setdefault(who, deque())
            calls.append(now)
            while calls and calls[0] <= now - HOUR_SECONDS:
                calls.popleft()
            return len(calls)


@dataclass(frozen=True)
class Happening:
    """Something became so on an account: `verb` is add, edit, hide, unhide, remove, or a word of one platform only.

    `by_account`: the brand did it (through the API or the platform's own tools), else a customer. `facts` hold what
    the item does not say.
    """

    verb: str
    account: Account
    item: Item | None = None
    by_account: bool = False
    facts: dict[str, Any] = field(default_factory=dict)


Listener = Callable[[Happening], None]


@dataclass
class World:
    store: Store
    keys: AppKeys
    usage: Usage = field(default_factory=Usage)
    google_quota: Quota = field(default_factory=Quota)
    dice: random.Random = field(default_factory=random.Random)
    # When a token's permission was used last. In memory: after a restart, when the token was issued.
    scope_used: dict[tuple[str, str], float] = field(default_factory=dict)
    listeners: list[Listener] = field(default_factory=list)
    # Where the sandbox was last called; addresses it hands out outside of a request begin with it.
    base_url: str = "http://127.0.0.1"
    clock: WorldClock = field(init=False)
    deliveries: Deliveries = field(init=False)
    # Meta's webhooks, which know the world and are therefore not known here by their type.
    webhooks: object = None

    def __post_init__(self) -> None:
        # The store's clock is the world's: one that cannot be moved yet is wrapped into one that can.
        known = self.store.clock
        self.clock = known if isinstance(known, WorldClock) else WorldClock(known)
        self.store.clock = self.clock
        self.clock.resume(self.store.setting("clock", {}))
        self.deliveries = Deliveries(self.store, random.Random())

    def tell(self, happening: Happening) -> None:
        """Let every listener know, once the transaction is committed; at once where there is none."""
        if self.listeners:
            self.store.after_commit(lambda: self._told(happening))

    def _told(self, happening: Happening) -> None:
        for listener in self.listeners:
            listener(happening)

    def now(self) -> float:
        return self.store.clock()

    def allowance(self, account: Account) -> int:
        """Calls per hour before throttling; only an allowance set on the account is enforced."""
        return int(account.facts.get("calls_per_hour") or ACCOUNT_CALLS_PER_HOUR)
