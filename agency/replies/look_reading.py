"""What platforms show of many replies at once: each is read by its adapter as if it were alone, what several of them
ask is asked once, and one platform's answers travel together. No database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from channels.allowances import ask_for, notes_of_all
from channels.budgets import Budgets, Lane
from channels.items import ReadBack
from channels.protocol import ConnectedAccount, Exchange, ReplyTarget, Request
from channels.registry import adapter_for
from channels.transport import Speaks
from tenants.logs import get_logger

LONGEST_READING_ROUNDS: Final = 100
FAILED: Final = ReadBack("cannot_tell", reason="the reading failed")
TOO_LONG: Final = ReadBack("cannot_tell", reason="the thread is too long to read whole")

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
    sought: Sought
    requests: list[Request]
    exchanges: list[Exchange] = field(default_factory=list)
    seen: ReadBack | None = None


@dataclass
class Plan:
    """What is asked about replies. `waits` names those that the platform's allowance leaves no room for now, with the
    seconds after which they are to be tried.
    """

    waits: dict[UUID, float]
    _tenant: str
    _readings: list[_Reading]

    def read(self, transport: Speaks, budgets: Budgets | None) -> dict[UUID, ReadBack]:
        """Read all others to their ends, in rounds. A platform's trouble is what is seen, and raised is nothing."""
        for number in range(1, LONGEST_READING_ROUNDS + 1):
            unread = [one for one in self._readings if one.seen is None]
            if not unread:
                break
            if budgets is not None and number > 1:  # what was begun is read to its end
                budgets.ask("looks", [ask_for(one.requests, self._tenant) for one in unread])
            exchanges = _fetched([one.requests for one in unread], transport)
            if budgets is not None:
                budgets.note(notes_of_all({id(e.result): e for some in exchanges for e in some}.values()))
            for one, some in zip(unread, exchanges, strict=True):
                one.exchanges += some
                _read(one)
        return {one.sought.reply_id: one.seen or TOO_LONG for one in self._readings}


def planned(sought: Sequence[Sought], tenant: str, lane: Lane, budgets: Budgets | None) -> Plan:
    """What to ask about these replies of an agency, as far as their platforms' allowances go; asks nobody yet."""
    readings = [_begun(one) for one in sought]
    asking = [one for one in readings if one.requests]
    waits = [0.0] * len(asking)
    if budgets is not None:
        waits = budgets.ask(lane, [ask_for(one.requests, tenant) for one in asking])
    held = {one.sought.reply_id: wait for one, wait in zip(asking, waits, strict=True) if wait > 0}
    return Plan(held, tenant, [one for one in readings if one.sought.reply_id not in held])


def _begun(sought: Sought) -> _Reading:
    adapter = adapter_for(sought.account.platform)
    one = _Reading(sought, [])
    try:
        one.requests = adapter.plan_find_our_reply(sought.account, sought.target, sought.text, sent_at=sought.sent_at)
    except Exception:
        log.exception("look_failed", reply_id=str(sought.reply_id))
        one.seen = FAILED
    if not one.requests and one.seen is None:
        _read(one)
    return one


def _read(one: _Reading) -> None:
    """What its adapter says of everything read so far; what it asks next where it says so."""
    sought = one.sought
    adapter = adapter_for(sought.account.platform)
    try:
        seen = adapter.read_find_our_reply(
            sought.account, sought.target, sought.text, one.exchanges, sent_at=sought.sent_at
        )
    except Exception:
        log.exception("look_failed", reply_id=str(sought.reply_id))
        seen = FAILED
    if seen.more:
        one.requests = list(seen.more)
    else:
        one.seen = seen


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
