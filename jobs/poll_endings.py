"""What becomes of polls: a page stored under its turn's fence, turns ended many at once, health where it changed.

An account that brought nothing costs no transaction of its own: such turns of one agency end in one statement. All
others end one by one, each in its own tenant's transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Flask
from rq.timeouts import JobTimeoutException
from sqlalchemy import Uuid, bindparam
from sqlalchemy.dialects.postgresql import ARRAY, SMALLINT

from agency.inbox import intake
from channels import account_standing, accounts, poll_turns, rhythm, unfinished
from channels.allowances import Note, account_of, app_of, notes_of_all
from channels.budgets import Budgets
from channels.errors import ChannelError, RateLimited, TokenRevoked, reason_of
from channels.items import Kind, Page
from channels.models import Account
from channels.poll_turns import ClaimedTurn, Ended
from channels.protocol import ConnectedAccount, Exchange, Request
from tenants import clock
from tenants.base_app import settings_of_app
from tenants.database import db
from tenants.logs import get_logger
from tenants.scope import Scope, in_scope, raw_sql

SHOW_POLLED_EVERY = timedelta(minutes=1)
TURN_LEASE_SECONDS = 120
"""How long a poll may go without storing anything before another worker may begin it anew."""

log = get_logger("polling")


@dataclass
class Poll:
    """One account's poll in progress.

    `idle`: it ended and brought nothing; `digest` then stands for what was asked and answered. `wait_seconds`: the
    rest is asked later, because a budget is used up or the job gives way; `unfinished` then says what it is. `seen` is
    what its rounds listed, None where that is not known whole; `resumed`: earlier jobs began it.
    """

    turn: ClaimedTurn
    account: ConnectedAccount
    cursor: str | None
    facts: rhythm.Facts
    health: str
    shown_at: datetime | None
    last_digest: bytes | None
    requests: list[Request] = field(default_factory=list)
    asked: Request | None = None
    rounds: int = 0
    seen: set[str] | None = field(default_factory=set)
    swept: bool = False
    swept_kinds: frozenset[Kind] = frozenset()
    resumed: bool = False
    unfinished: str | None = None
    error: ChannelError | None = None
    usage_percent: int | None = None
    digest: bytes | None = None
    idle: bool = False
    wait_seconds: float = 0
    lost: bool = False
    finished: bool = False

    @property
    def scope(self) -> Scope:
        """This account's tenant and no other, with what its agency keeps for all its brands: rules of the desk."""
        return Scope(self.turn.agency_id, frozenset({self.turn.brand_id, self.turn.agency_id}))

    def give_way(self, wait_seconds: float) -> bool:
        """Leave what is not asked yet to another job; False where a poll that has begun cannot be gone on with."""
        if self.rounds > 0:
            rest = unfinished.Unfinished(self.requests, self.rounds, self.seen)
            self.unfinished = unfinished.dump(rest, self.account, self.cursor, clock.now())
            if self.unfinished is None:
                return False
        else:
            self.idle, self.digest = True, self.last_digest
        self.requests, self.wait_seconds = [], wait_seconds
        return True

    def heed(self, exchanges: Iterable[Exchange]) -> list[Note]:
        """What the answers say of allowances; the highest share is this poll's."""
        notes = notes_of_all(exchanges)
        for note in notes:
            self.usage_percent = _higher(self.usage_percent, note.percent)
        return notes


def note_poison(poll: Poll) -> None:
    """One account's poison must not stop the batch; its turn comes again with a growing pause."""
    log.exception("poll_failed", account_id=str(poll.turn.account_id))
    poll.requests = []
    poll.error = ChannelError("Storing what came failed.", "Nothing is lost.", "It is tried again.")


def store(app: Flask, poll: Poll, page: Page) -> None:
    """Store a page; where it is the poll's last, end the turn with it. A page that brings nothing is left for the end
    of the batch.
    """
    poll.usage_percent = _higher(poll.usage_percent, page.usage_percent)
    is_last = not (page.more or page.trouble or page.full_sweep or poll.swept or poll.error)
    stays = page.next_cursor == poll.cursor
    if is_last and stays and not (page.items or page.set_aside or poll.resumed):
        poll.idle = True
        return
    with in_scope(app, poll.scope):
        if not poll_turns.hold(poll.turn, TURN_LEASE_SECONDS):
            poll.lost = True
            return
        account = accounts.get(poll.turn.account_id)
        now = clock.now()
        stored = intake.store_page(account, page, now=now)
        if account.cursor != page.next_cursor:
            account.cursor = page.next_cursor
        account.unfinished_poll = None
        account_standing.note_found(account, stored.arrived, now)
        if stored.new or stored.changed or stored.deleted:
            account.last_item_at = now
            poll.facts = rhythm.Facts(now, poll.facts.events_live)
            log.info(
                "items_stored",
                account_id=str(account.id),
                new=stored.new,
                changed=stored.changed,
                aside=stored.set_aside,
            )
        elif is_last and stays and not (stored.set_aside or poll.resumed):
            poll.idle = True
            return
        if is_last:
            _show_alive(account, poll)
            poll_turns.finish(poll.turn, True, _rest_seconds(poll))
            poll.finished = True


def _higher(one: int | None, other: int | None) -> int | None:
    return max((share for share in (one, other) if share is not None), default=None)


def _rest_seconds(poll: Poll) -> float:
    shortest = settings_of_app().poll_seconds
    facts = rhythm.Facts(poll.facts.active_at, poll.facts.events_live, poll.usage_percent or 0)
    return rhythm.rest_seconds(facts, shortest, now=clock.now())


_SHOW_POLLED = raw_sql(
    """
    update account set last_polled_at = :now, usage_percent = shown.usage_percent
    from unnest(:ids, :usages) as shown(account_id, usage_percent)
    where account.agency_id = :agency_id and account.id = shown.account_id
    """,
    reason="many accounts of one agency in one statement",
).bindparams(bindparam("ids", type_=ARRAY(Uuid)), bindparam("usages", type_=ARRAY(SMALLINT)))


def end_idle(app: Flask, polls: Sequence[Poll]) -> None:
    """End the turns that brought nothing, an agency at a time, under their fences."""
    for agency_id, own in _idle_by_agency(polls):
        now = clock.now()
        try:
            with in_scope(app, Scope(agency_id, frozenset(poll.turn.brand_id for poll in own))):
                held = poll_turns.finish_many(
                    [
                        Ended(poll.turn, poll.wait_seconds or _rest_seconds(poll), poll.digest, not poll.wait_seconds)
                        for poll in own
                    ]
                )
                heard = [poll for poll in own if poll.turn.account_id in held and not poll.wait_seconds]
                recovered = [poll.turn.account_id for poll in heard if poll.health != "ok"]
                for account in accounts.by_ids(recovered).values() if recovered else ():
                    accounts.mark_healthy(account)
                shown = [p for p in heard if p.shown_at is None or now - p.shown_at >= SHOW_POLLED_EVERY]
                if shown:
                    given: dict[str, Any] = {
                        "now": now,
                        "agency_id": agency_id,
                        "ids": [poll.turn.account_id for poll in shown],
                        "usages": [poll.usage_percent for poll in shown],
                    }
                    db.session.execute(_SHOW_POLLED, given)
        except JobTimeoutException:
            raise
        except Exception:
            # Their leases end, and they are polled again.
            log.exception("ending_failed", agency_id=str(agency_id))
        for poll in own:
            poll.finished = True


def _idle_by_agency(polls: Sequence[Poll]) -> list[tuple[UUID, list[Poll]]]:
    found: dict[UUID, list[Poll]] = {}
    for poll in polls:
        if poll.idle and not (poll.error or poll.lost or poll.finished):
            found.setdefault(poll.turn.agency_id, []).append(poll)
    return list(found.items())


def finish(app: Flask, polls: Sequence[Poll], budgets: Budgets) -> None:
    """Set the next time of every turn that is not ended yet, and each account's health where it changed."""
    limits: list[tuple[Poll, RateLimited]] = []
    for poll in polls:
        if poll.finished:
            continue
        error = poll.error
        with in_scope(app, poll.scope):
            # Parked, connected anew or taken over meanwhile, what this poll met says nothing of the account any more.
            if poll_turns.hold(poll.turn):
                _end(poll, error)
        if isinstance(error, RateLimited):
            limits.append((poll, error))
    _pause(app, limits, budgets)


def _end(poll: Poll, error: ChannelError | None) -> None:
    account = accounts.get(poll.turn.account_id)
    account.unfinished_poll = poll.unfinished
    if isinstance(error, TokenRevoked):
        accounts.mark_unhealthy(account, "needs_reconnect", error.reason)
        # Parked, its turn is nobody's any more; where only our project is refused, it is tried again.
        poll_turns.finish(poll.turn, False, settings_of_app().poll_seconds)
    elif isinstance(error, RateLimited):
        accounts.mark_unhealthy(account, "throttled", error.code)
        account.throttled_until = clock.now() + timedelta(seconds=error.retry_after_seconds)
        poll_turns.finish(poll.turn, False, 0, not_before_seconds=error.retry_after_seconds)
    elif error is not None:
        accounts.mark_unhealthy(account, "failing", reason_of(error))
        poll_turns.finish(poll.turn, False, settings_of_app().poll_seconds)
    else:
        if not poll.wait_seconds:
            _show_alive(account, poll)
        poll_turns.finish(poll.turn, True, poll.wait_seconds or _rest_seconds(poll), was_asked=not poll.wait_seconds)


def _show_alive(account: Account, poll: Poll) -> None:
    accounts.mark_healthy(account)
    now = clock.now()
    if account.last_polled_at is None or now - account.last_polled_at >= SHOW_POLLED_EVERY:
        account.last_polled_at = now
        account.usage_percent = poll.usage_percent


def _pause(app: Flask, limits: Sequence[tuple[Poll, RateLimited]], budgets: Budgets) -> None:
    """The platform asked accounts, or our whole app, to slow down: everybody who shares that allowance waits."""
    notes: list[Note] = []
    platforms: dict[str, float] = {}
    for poll, error in limits:
        budget = None
        if poll.asked is not None:
            budget = app_of(poll.asked) if error.scope == "app" else account_of(poll.asked)
        if budget is not None:
            notes.append(Note(budget, pause_seconds=error.retry_after_seconds))
        if error.scope == "app":
            platform = poll.turn.platform
            platforms[platform] = max(platforms.get(platform, 0), error.retry_after_seconds)
    budgets.note(notes)
    for platform, seconds in platforms.items():  # once for all who were told so: it moves every turn of the platform
        with in_scope(app, None):
            poll_turns.pause_platform(platform, seconds)
