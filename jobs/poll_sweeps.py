"""What full sweeps did not show any more. Absence from a list proves nothing, so it is read directly, a few a time."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Flask

from agency.inbox import intake
from channels import accounts, poll_turns
from channels.allowances import ask_for, notes_of_all
from channels.budgets import Budgets
from channels.errors import ChannelError
from channels.protocol import ChannelAdapter, Exchange, Request
from channels.transport import Speaks
from jobs.poll_endings import Poll
from tenants import clock
from tenants.logs import get_logger
from tenants.scope import in_scope

PRESENCE_CHECKS = 25
"""Messages missing from a full sweep that are read directly in one poll, drawn at random: some may stay unlisted."""
ACCOUNTS_AT_ONCE = 8
"""Accounts whose questions travel together: at most some 200 answers in memory."""

log = get_logger("polling")


@dataclass
class _Look:
    poll: Poll
    requests: list[Request]


def find_deleted(
    app: Flask, adapter: ChannelAdapter, polls: Sequence[Poll], transport: Speaks, budgets: Budgets
) -> None:
    """Ask after what the sweeps of these polls missed, and mark what the platform denies. What the budgets do not
    allow now is asked after the next sweep.
    """
    looks = [look for poll in polls if (look := _planned(app, adapter, poll)) is not None]
    for start in range(0, len(looks), ACCOUNTS_AT_ONCE):
        part = looks[start : start + ACCOUNTS_AT_ONCE]
        asks = [ask_for(one.requests, str(one.poll.turn.agency_id)) for one in part]
        granted = [one for one, wait in zip(part, budgets.ask("poll", asks), strict=True) if wait == 0]
        answers = iter(transport.fetch([request for one in granted for request in one.requests]))
        for one in granted:
            exchanges = [next(answers) for _ in one.requests]
            budgets.note(notes_of_all(exchanges))
            _mark(app, adapter, one.poll, exchanges)


def _planned(app: Flask, adapter: ChannelAdapter, poll: Poll) -> _Look | None:
    if poll.seen is None:
        return None
    with in_scope(app, poll.scope):
        missing = sorted(intake.live_external_ids(poll.turn.account_id, poll.swept_kinds) - poll.seen)
    if not missing:
        return None
    asked = random.sample(missing, min(PRESENCE_CHECKS, len(missing)))
    try:
        return _Look(poll, adapter.plan_presence(poll.account, asked))
    except ChannelError as error:
        log.info("presence_unknown", account_id=str(poll.turn.account_id), reason=error.code)
        return None


def _mark(app: Flask, adapter: ChannelAdapter, poll: Poll, exchanges: Sequence[Exchange]) -> None:
    try:
        gone = [p.external_id for p in adapter.read_presence(poll.account, exchanges) if p.state == "gone"]
    except ChannelError as error:
        log.info("presence_unknown", account_id=str(poll.turn.account_id), reason=error.code)
        return
    if gone:
        with in_scope(app, poll.scope):
            if poll_turns.hold(poll.turn):
                intake.mark_gone(accounts.get(poll.turn.account_id), gone, now=clock.now())
