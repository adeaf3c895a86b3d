"""What platforms show of many replies at once: where one reading shows several of an account, that is made first; any
other is read by its adapter as if it were alone, what several ask is asked once, and all travel together. No database.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from channels.allowances import ask_for, notes_of_all
from channels.budgets import Budgets, Lane
from channels.capabilities import FindsTogether, SoughtReply
from channels.items import ReadBack
from channels.protocol import ConnectedAccount, Exchange, ReplyTarget, Request
from channels.registry import adapter_for
from channels.transport import Speaks
from tenants.logs import get_logger

LONGEST_READING_ROUNDS: Final = 100
LONGEST_READING_SECONDS: Final = 60
"""After so long no further round is begun: who was read is decided about, and whoever called has a lease of 150 s."""
FAILED: Final = ReadBack("cannot_tell", reason="the reading failed")
TOO_LONG: Final = ReadBack("cannot_tell", reason="thread_too_long")
TOO_SLOW: Final = ReadBack("cannot_tell", reason="not_read_in_time")

log = get_logger("look_reading")


@dataclass(frozen=True)
class Sought:
    """A reply that is looked for: what a look needs, read before the connection opens."""

    reply_id: UUID
    text: str
    target: ReplyTarget
    account: ConnectedAccount
    sent_at: datetime


@dataclass
class _Reading:
    """One reply's. `asked_for`: there is room for its first requests."""

    sought: Sought
    requests: list[Request]
    asked_for: bool = True
    exchanges: list[Exchange] = field(default_factory=list)
    seen: ReadBack | None = None

    @property
    def is_over(self) -> bool:
        return self.seen is not None

    def go_on(self) -> None:
        """Hear what its adapter says of everything read so far, and what it asks next where it says so."""
        sought = self.sought
        adapter = adapter_for(sought.account.platform)
        try:
            seen = adapter.read_find_our_reply(
                sought.account, sought.target, sought.text, self.exchanges, sent_at=sought.sent_at
            )
        except Exception:
            log.exception("look_failed", reply_id=str(sought.reply_id))
            seen = FAILED
        if seen.more:
            self.requests = list(seen.more)
        else:
            self.seen = seen


@dataclass
class _Group:
    """Several replies of an account that one reading may show."""

    adapter: FindsTogether
    account: ConnectedAccount
    readings: list[_Reading]
    requests: list[Request]
    asked_for: bool = True
    exchanges: list[Exchange] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        return not self.requests

    @property
    def sought(self) -> list[SoughtReply]:
        """As adapters are told of them."""
        return [
            SoughtReply(str(one.sought.reply_id), one.sought.target, one.sought.text, one.sought.sent_at)
            for one in self.readings
        ]

    def go_on(self) -> None:
        """Take what was found by everything read so far; the others are read alone once nothing more is asked."""
        try:
            told = self.adapter.read_find_together(self.account, self.sought, self.exchanges)
        except Exception:
            log.exception("look_together_failed", account_id=self.account.account_id)
            self.requests = []
            return
        self.requests = list(told.more)
        for one in self.readings:
            one.seen = told.found.get(str(one.sought.reply_id))


@dataclass
class Plan:
    """What is asked about replies. `waits` names those that the platform's allowance leaves no room for now, with the
    seconds after which they are to be tried.
    """

    waits: dict[UUID, float]
    _tenant: str
    _readings: list[_Reading]
    _groups: list[_Group]

    def read(self, transport: Speaks, budgets: Budgets | None) -> dict[UUID, ReadBack]:
        """Read all others to their ends, in rounds. A platform's trouble is what is seen, and raised is nothing."""
        ends_at = time.monotonic() + LONGEST_READING_SECONDS
        self._read_in_rounds(self._groups, transport, budgets, ends_at)
        self._read_in_rounds(self._readings, transport, budgets, ends_at)
        left_over = TOO_LONG if time.monotonic() < ends_at else TOO_SLOW
        return {one.sought.reply_id: one.seen or left_over for one in self._readings}

    def _read_in_rounds(
        self,
        readings: Sequence[_Reading] | Sequence[_Group],
        transport: Speaks,
        budgets: Budgets | None,
        ends_at: float,
    ) -> None:
        for number in range(1, LONGEST_READING_ROUNDS + 1):
            unread = [one for one in readings if not one.is_over]
            if not unread or time.monotonic() >= ends_at:
                return
            if budgets is not None:  # what was begun is read to its end, whether or not there is room
                asked = [ask_for(one.requests, self._tenant) for one in unread if number > 1 or not one.asked_for]
                budgets.ask("looks", asked)
            exchanges = _fetched([one.requests for one in unread], transport)
            if budgets is not None:
                budgets.note(notes_of_all({id(e.result): e for some in exchanges for e in some}.values()))
            for one, some in zip(unread, exchanges, strict=True):
                one.exchanges += some
                one.go_on()


def planned(sought: Sequence[Sought], tenant: str, lane: Lane, budgets: Budgets | None) -> Plan:
    """What to ask about these replies of an agency, as far as their platforms' allowances go; asks nobody yet."""
    readings = [_begun(one) for one in sought]
    groups = _groups_of([one for one in readings if one.requests])
    alone = [one for one in readings if one.requests and one.asked_for]
    waits = [0.0] * (len(alone) + len(groups))
    if budgets is not None:
        asks = [ask_for(one.requests, tenant) for one in alone]
        # Half as many as there are replies: no page shows fewer than three, or it is the last.
        asks += [replace(ask_for(one.requests, tenant), calls=-(-len(one.readings) // 2)) for one in groups]
        waits = budgets.ask(lane, asks)
    held: dict[UUID, float] = {}
    for one, wait in zip([*([one] for one in alone), *(one.readings for one in groups)], waits, strict=True):
        held |= {reading.sought.reply_id: wait for reading in one if wait > 0}
    return Plan(
        held,
        tenant,
        [one for one in readings if one.sought.reply_id not in held],
        [one for one in groups if one.readings[0].sought.reply_id not in held],
    )


def _begun(sought: Sought) -> _Reading:
    adapter = adapter_for(sought.account.platform)
    one = _Reading(sought, [])
    try:
        one.requests = adapter.plan_find_our_reply(sought.account, sought.target, sought.text, sent_at=sought.sent_at)
    except Exception:
        log.exception("look_failed", reply_id=str(sought.reply_id))
        one.seen = FAILED
    if not one.requests and one.seen is None:
        one.go_on()
    return one


def _groups_of(readings: Sequence[_Reading]) -> list[_Group]:
    by_account: dict[str, list[_Reading]] = {}
    for one in readings:
        by_account.setdefault(one.sought.account.account_id, []).append(one)
    groups = []
    for some in by_account.values():
        account = some[0].sought.account
        adapter = adapter_for(account.platform)
        if not isinstance(adapter, FindsTogether):
            continue
        group = _Group(adapter, account, some, [])
        try:
            group.requests = adapter.plan_find_together(account, group.sought)
        except Exception:
            log.exception("look_together_failed", account_id=account.account_id)
        if group.requests:
            groups.append(group)
            for one in some:
                one.asked_for = False
    return groups


def _fetched(each: Sequence[Sequence[Request]], transport: Speaks) -> list[list[Exchange]]:
    """Everything asked in this round, by who asks: the same question of several is asked once."""
    asked: dict[_Question, Request] = {}
    for requests in each:
        for request in requests:
            asked.setdefault(_question(request), request)
    results = {
        question: exchange.result
        for question, exchange in zip(asked, transport.fetch(list(asked.values())), strict=True)
    }
    return [[Exchange(request, results[_question(request)]) for request in requests] for requests in each]


_Question = tuple[Any, ...]


def _question(request: Request) -> _Question:
    """What two requests have in common that are answered alike; their purposes may differ."""
    if request.method != "GET" or request.token is None:
        return (id(request),)
    token = request.token
    return (request.service, request.path, *sorted(request.params.items()), token.kind, token.secret.reveal())
