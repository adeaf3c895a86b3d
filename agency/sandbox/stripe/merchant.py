"""One Stripe account: its objects, its time, and transactions that leave nothing half done."""

from __future__ import annotations

import copy
import heapq
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from agency.sandbox.clock import WorldClock
from agency.sandbox.stripe.errors import missing

Obj = dict[str, Any]
API_VERSION = "2026-10-28.endive"

PREFIXES = {
    "customer": "cus",
    "product": "prod",
    "price": "price",
    "payment_method": "pm",
    "payment_intent": "pi",
    "setup_intent": "seti",
    "charge": "ch",
    "subscription": "sub",
    "subscription_item": "si",
    "invoice": "in",
    "invoiceitem": "ii",
    "invoice_payment": "inpay",
    "line_item": "il",
    "tax_id": "txi",
    "event": "evt",
    "checkout.session": "cs_test",
    "billing_portal.session": "bps",
    "billing_portal.configuration": "bpc",
    "billing.meter": "mtr",
    "billing.meter_event": "me",
    "test_helpers.test_clock": "clock",
    "webhook_endpoint": "we",
    "v2.core.event": "evt_test",
}
SAY_NO_MODE = ("subscription_item", "v2.core.event")
# What a merchant does when somebody changes nothing: settings of Stripe's Dashboard, most of which no API shows.
DEFAULTS: Obj = {
    # Days between tries of a failed payment. Stripe recommends 8 tries within two weeks and tells no plan.
    "retry_days": [1, 2, 2, 2, 2, 2, 2, 1],
    "after_retries": "unpaid",  # or "cancel", "past_due"
    "draft_seconds": 3600,  # a renewal's invoice is a draft for about an hour
    "upcoming_days": 7,
    "incomplete_seconds": 23 * 3600,
    "country": "PT",
    "tax_percents": {},  # country to percent; empty: automatic tax finds nothing to take
}
# One more turn at the same second than any real chain of happenings: then something stands still.
MOST_TURNS_A_SECOND = 20_000


class Merchant:
    """All of one account in memory. Change objects only through `edit`, `add` and `remove`, inside `transaction`."""

    def __init__(self, name: str, clock: Callable[[], float], livemode: bool = False) -> None:
        self.name = name
        self.clock = clock if isinstance(clock, WorldClock) else WorldClock(clock)
        self.lock = threading.RLock()
        self.objects: dict[str, dict[str, Obj]] = {}
        self.request: tuple[str | None, str | None] = (None, None)
        # Called after each commit with what changed: (kind, id, object or None).
        self.after_commit: list[Callable[[list[tuple[str, str, Obj | None]]], None]] = []
        self.base_url = "http://127.0.0.1"
        self.due_of: Callable[[str, Obj], int | None] = lambda kind, one: None
        self.telling: set[str] = set()
        self._journal: dict[tuple[str, str], Obj | None] | None = None
        self._touched: set[tuple[str, str]] = set()
        self._as_of: dict[str | None, int] = {}
        self._heaps: dict[str | None, list[tuple[int, int, str, str]]] = {}
        self._turns = 0

    # Objects

    def new_id(self, kind: str) -> str:
        return f"{PREFIXES[kind]}_{secrets.token_hex(12)}"

    def all(self, kind: str) -> Iterator[Obj]:
        """Oldest first; to be read only."""
        return iter(list(self.objects.get(kind, {}).values()))

    def find(self, kind: str, id_: object) -> Obj | None:
        return self.objects.get(kind, {}).get(id_) if isinstance(id_, str) else None

    def get(self, kind: str, id_: object, param: str = "id") -> Obj:
        """To be read only; raises the refusal Stripe gives for an unknown id."""
        found = self.find(kind, id_)
        if found is None:
            raise missing(kind.rpartition(".")[2], id_, param)
        return found

    def edit(self, kind: str, id_: object, param: str = "id") -> Obj:
        """The object, to be changed."""
        found = self.get(kind, id_, param)
        self._remember(kind, found["id"])
        return found

    def add(self, kind: str, facts: Obj, *, test_clock: str | None = None, id_: str | None = None) -> Obj:
        made = {
            "id": id_ or self.new_id(kind),
            "object": kind,
            "created": self.now(test_clock),
            "livemode": False,
            "_clock": test_clock,
            **facts,
        }
        if kind in SAY_NO_MODE:
            del made["livemode"]
        self._remember(kind, made["id"])
        self.objects.setdefault(kind, {})[made["id"]] = made
        return made

    def mark(self, kind: str, id_: str, one: Obj) -> None:
        """Keep something that is no object of Stripe's."""
        self._remember(kind, id_)
        self.objects.setdefault(kind, {})[id_] = one

    def remove(self, kind: str, id_: str) -> None:
        self._remember(kind, id_)
        self.objects[kind].pop(id_, None)

    def settings(self) -> Obj:
        return {**DEFAULTS, **self.objects.get("setting", {}).get("settings", {})}

    def change_settings(self, **changes: Any) -> None:
        if unknown := set(changes) - set(DEFAULTS):
            raise ValueError(f"unknown settings: {', '.join(sorted(unknown))}; known: {', '.join(DEFAULTS)}")
        with self.transaction():
            self.mark("setting", "settings", {**self.objects.get("setting", {}).get("settings", {}), **changes})

    # Transactions

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; an inner one belongs to the outer. An error whose `keeps` is true commits and goes on."""
        with self.lock:
            if self._journal is not None:
                yield
                return
            self._journal = {}
            try:
                yield
            except BaseException as error:
                if getattr(error, "keeps", False):
                    self._commit()
                else:
                    self._restore()
                raise
            else:
                self._commit()

    def _remember(self, kind: str, id_: str) -> None:
        assert self._journal is not None, "a change outside of a transaction"
        self._touched.add((kind, id_))
        if (kind, id_) not in self._journal:
            self._journal[kind, id_] = copy.deepcopy(self.objects.get(kind, {}).get(id_))

    def _restore(self) -> None:
        assert self._journal is not None
        for (kind, id_), before in self._journal.items():
            known = self.objects.setdefault(kind, {})
            if before is None:
                known.pop(id_, None)
            elif id_ in known:
                known[id_].clear()
                known[id_].update(before)
            else:
                known[id_] = before
        self._journal = None
        self._put_all_due()

    def _commit(self) -> None:
        assert self._journal is not None
        changed = [(kind, id_, self.objects.get(kind, {}).get(id_)) for kind, id_ in self._journal]
        self._journal = None
        self._put_all_due()
        if changed:
            for listener in self.after_commit:
                listener(changed)

    # Time

    def now(self, test_clock: str | None = None) -> int:
        """Whole seconds since 1970 of the account, or of one of its test clocks."""
        if test_clock in self._as_of:
            return self._as_of[test_clock]
        if test_clock is not None:
            frozen: int = self.get("test_helpers.test_clock", test_clock)["frozen_time"]
            return frozen
        return int(self.clock())

    def _put_due(self, kind: str, id_: str, one: Obj | None) -> None:
        at = None if one is None else self.due_of(kind, one)
        if one is not None and at is not None:
            heapq.heappush(self._heaps.setdefault(one.get("_clock"), []), (at, self._next_turn(), kind, id_))

    def _put_all_due(self) -> None:
        for kind, id_ in sorted(self._touched):
            self._put_due(kind, id_, self.find(kind, id_))
        self._touched.clear()

    def _next_turn(self) -> int:
        self._turns += 1
        return self._turns

    def load(self, kind: str, id_: str, one: Obj) -> None:
        """What was kept elsewhere comes back; nobody is told. All of a merchant first, then `load_due`."""
        self.objects.setdefault(kind, {})[id_] = one
        self._touched.add((kind, id_))

    def load_due(self) -> None:
        self._put_all_due()

    def run(self, test_clock: str | None, until: int, act: Callable[[str, Obj], None]) -> int:
        """Everything that is due up to `until`, in order of time, each as of its own second; how many things it was."""
        done, heap, last, same = 0, self._heaps.setdefault(test_clock, []), 0, 0
        with self.lock:
            before = self.request
            self.request = (None, None)
            try:
                while heap and heap[0][0] <= until:
                    at, _, kind, id_ = heapq.heappop(heap)
                    one = self.find(kind, id_)
                    if one is None or self.due_of(kind, one) != at:
                        continue
                    same = same + 1 if at == last else 0
                    last = at
                    if same > MOST_TURNS_A_SECOND:
                        raise RuntimeError(f"{kind} {id_} is due again and again at {at}")
                    self._as_of[test_clock] = at
                    with self.transaction():
                        act(kind, one)
                        self._put_all_due()
                    if self.find(kind, id_) is one and self.due_of(kind, one) == at:
                        self._put_due(kind, id_, one)
                    done += 1
            finally:
                self._as_of.pop(test_clock, None)
                self.request = before
        return done
