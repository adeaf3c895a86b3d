"""Polling a batch of due accounts: fetched together, stored one tenant at a time, each account's trouble its own.

The cursor moves in the transaction that stores what it covers, under the turn's fence: a worker that slept longer than
its lease stores nothing. A crash between rounds starts over from what is surely stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from flask import Flask
from sqlalchemy import func, update

from agency.inbox import intake
from channels import accounts, poll_turns
from channels.errors import ChannelError, RateLimited, TokenRevoked
from channels.items import Page
from channels.models import Account, PollTurn
from channels.poll_turns import ClaimedTurn
from channels.protocol import ROUNDS_PER_POLL, ChannelAdapter, ConnectedAccount, Exchange, Request
from channels.registry import adapter_for
from channels.transport import Speaks
from jobs.runner import transport_of, worker_app
from tenants import clock
from tenants.base_app import settings_of_app
from tenants.database import db
from tenants.errors import AppError, Unavailable
from tenants.logs import get_logger
from tenants.scope import Scope, in_scope

BUSY_PERCENT = 70
"""From this share of a rate allowance on, an account is polled four times less often."""
SHOW_POLLED_EVERY = timedelta(minutes=1)
TURN_LEASE_SECONDS = 120
"""How long a poll may go without storing anything before another worker may begin it anew."""
PRESENCE_CHECKS = 25
"""Messages missing from a full sweep that are read directly in one poll."""

log = get_logger("polling")


@dataclass
class Poll:
    """One account's poll in progress."""

    turn: ClaimedTurn
    account: ConnectedAccount
    cursor: str | None
    requests: list[Request]
    seen: set[str] = field(default_factory=set)
    swept: bool = False
    error: ChannelError | None = None
    usage_percent: int = 0
    lost: bool = False
    finished: bool = False

    @property
    def scope(self) -> Scope:
        """This account's tenant and no other."""
        return Scope(self.turn.agency_id, frozenset({self.turn.brand_id}))


def poll_turns_of(platform: str, turns: Sequence[Sequence[str | int]]) -> None:
    """What RQ calls: turns are `[account_id, agency_id, brand_id, fence]`."""
    app = worker_app()
    poll_accounts(app, platform, turns)


def poll_accounts(
    app: Flask, platform: str, turns: Sequence[Sequence[str | int]], transport: Speaks | None = None
) -> None:
    """Poll these turns' accounts once each and set their next turns."""
    transport = transport or transport_of(app)
    adapter = adapter_for(platform)
    claimed = [
        ClaimedTurn(UUID(str(account)), UUID(str(agency)), UUID(str(brand)), platform, int(fence))
        for account, agency, brand, fence in turns
    ]
    polls = _begin(app, adapter, claimed)
    for _ in range(ROUNDS_PER_POLL):
        waiting = [poll for poll in polls if poll.requests]
        if not waiting:
            break
        answers = iter(transport.fetch([request for poll in waiting for request in poll.requests]))
        for poll in waiting:
            exchanges = [next(answers) for _ in poll.requests]
            _read_and_store(app, adapter, poll, exchanges)
    for poll in polls:
        if poll.swept and not poll.error and not poll.lost:
            _find_deleted(app, adapter, poll, transport)
    _finish(app, polls)


def _begin(app: Flask, adapter: ChannelAdapter, turns: Sequence[ClaimedTurn]) -> list[Poll]:
    """Open each account's credential, an agency at a time."""
    polls = []
    by_agency: dict[UUID, list[ClaimedTurn]] = {}
    for turn in turns:
        by_agency.setdefault(turn.agency_id, []).append(turn)
    for agency_id, own in by_agency.items():
        with in_scope(app, Scope(agency_id, frozenset(turn.brand_id for turn in own))):
            found = accounts.by_ids([turn.account_id for turn in own])
            for turn in own:
                account = found.get(turn.account_id)
                if account is None or account.disconnected_at is not None:
                    continue
                try:
                    connected = accounts.connected(account)
                except Unavailable as error:
                    accounts.mark_unhealthy(account, "failing", error.code)
                    poll_turns.finish(turn, False, settings_of_app().poll_seconds)
                    continue
                except AppError as error:
                    accounts.mark_unhealthy(account, "needs_reconnect", error.code)
                    continue
                poll = Poll(turn, connected, account.cursor, [])
                _plan(adapter, poll)
                polls.append(poll)
    return polls


def _plan(adapter: ChannelAdapter, poll: Poll) -> None:
    """What to ask first. An account that cannot be asked fails alone: its turn ends, the batch goes on."""
    try:
        poll.requests = list(adapter.plan_poll(poll.account, poll.cursor, now=clock.now()))
    except ChannelError as error:
        poll.error = error
    except Exception:
        log.exception("poll_failed", account_id=str(poll.turn.account_id))
        poll.error = ChannelError("The platform could not be asked.", "Nothing is lost.", "It is tried again.")


def _read_and_store(app: Flask, adapter: ChannelAdapter, poll: Poll, exchanges: Sequence[Exchange]) -> None:
    poll.requests = []
    try:
        page = adapter.read_poll(poll.account, poll.cursor, exchanges, now=clock.now())
        _store(app, poll, page)
    except ChannelError as error:
        poll.error = error
        return
    except Exception:
        # One account's poison must not stop the batch; its turn comes again with a growing pause.
        log.exception("poll_failed", account_id=str(poll.turn.account_id))
        poll.error = ChannelError("Storing what came failed.", "Nothing is lost.", "It is tried again.")
        return
    if poll.lost:
        return
    poll.cursor, poll.requests = page.next_cursor, list(page.more)
    poll.seen.update(item.external_id for item in page.items)
    poll.swept = poll.swept or page.full_sweep
    if page.trouble:
        poll.error = page.trouble[0]


def _store(app: Flask, poll: Poll, page: Page) -> None:
    """Store a page; where it is the poll's last, end the turn with it: an idle account costs one transaction."""
    with in_scope(app, poll.scope):
        if not poll_turns.hold(poll.turn, TURN_LEASE_SECONDS):
            poll.lost = True
            return
        account = accounts.get(poll.turn.account_id)
        stored = intake.store_page(account, page, now=clock.now())
        if account.cursor != page.next_cursor:
            account.cursor = page.next_cursor
        if stored.new or stored.changed or stored.deleted:
            account.last_item_at = clock.now()
            log.info(
                "items_stored",
                account_id=str(account.id),
                new=stored.new,
                changed=stored.changed,
                aside=stored.set_aside,
            )
        poll.usage_percent = max(poll.usage_percent, page.usage_percent or 0)
        if not (page.more or page.trouble or page.full_sweep or poll.swept or poll.error):
            _show_alive(account)
            poll_turns.finish(poll.turn, True, _pace_seconds(poll))
            poll.finished = True


def _pace_seconds(poll: Poll) -> int:
    interval = settings_of_app().poll_seconds
    return interval * 4 if poll.usage_percent >= BUSY_PERCENT else interval


def _find_deleted(app: Flask, adapter: ChannelAdapter, poll: Poll, transport: Speaks) -> None:
    """Absence from a list proves nothing, so what a full sweep did not show is read directly, a few at a time."""
    with in_scope(app, poll.scope):
        missing = sorted(intake.live_external_ids(poll.turn.account_id) - poll.seen, reverse=True)[:PRESENCE_CHECKS]
    if not missing:
        return
    try:
        exchanges = transport.fetch(adapter.plan_presence(poll.account, missing))
        gone = [p.external_id for p in adapter.read_presence(poll.account, exchanges) if p.state == "gone"]
    except ChannelError as error:
        log.info("presence_unknown", account_id=str(poll.turn.account_id), reason=error.code)
        return
    if gone:
        with in_scope(app, poll.scope):
            intake.mark_gone(accounts.get(poll.turn.account_id), gone, now=clock.now())


def _finish(app: Flask, polls: Sequence[Poll]) -> None:
    """Set the next time of every turn that its last page did not, and each account's health where it changed."""
    for poll in polls:
        if poll.finished:
            continue
        with in_scope(app, poll.scope):
            account = accounts.get(poll.turn.account_id)
            if isinstance(poll.error, TokenRevoked):
                accounts.mark_unhealthy(account, "needs_reconnect", poll.error.reason)
                continue
            if poll.error is not None:
                accounts.mark_unhealthy(account, "failing", str(poll.error))
            elif not poll.lost:
                _show_alive(account)
            wait = poll.error.retry_after_seconds if isinstance(poll.error, RateLimited) else 0
            poll_turns.finish(poll.turn, poll.error is None, _pace_seconds(poll), not_before_seconds=wait)
        if isinstance(poll.error, RateLimited) and poll.error.scope == "app":
            _pause_platform(app, poll.turn.platform, poll.error.retry_after_seconds)


def _show_alive(account: Account) -> None:
    accounts.mark_healthy(account)
    now = clock.now()
    account.tested_at = account.tested_at or now
    if account.last_polled_at is None or now - account.last_polled_at >= SHOW_POLLED_EVERY:
        account.last_polled_at = now


def _pause_platform(app: Flask, platform: str, seconds: float) -> None:
    """The platform asked our whole app to slow down: no account of it is polled before."""
    with in_scope(app, None):
        until = func.now() + func.make_interval(0, 0, 0, 0, 0, 0, seconds)
        db.session.execute(
            update(PollTurn)
            .where(PollTurn.platform == platform, PollTurn.due_at < until)
            .values(due_at=until)
            .execution_options(synchronize_session=False)
        )
