"""Once a day for each account: may we still, do events still come, what is its usual pace. And renewing what ends.

Each account has a time of the day of its own, so that no hour asks for all of them; what passed while nothing ran is
made up, the longest due first. Google's refresh tokens die unused after six months: this check uses each of them daily,
parked ones too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from flask import Flask
from rq.timeouts import JobTimeoutException

from channels import account_standing, accounts, due_checks
from channels.capabilities import Access, ChecksAccess, RenewsCredential
from channels.errors import ChannelError, ItemGone, Refused, TokenRevoked
from channels.health import OPERATOR_WORDS
from channels.meta_graph import APP_UNPROVEN
from channels.protocol import ConnectedAccount, Request, Secret
from channels.registry import able
from channels.transport import Speaks
from jobs.runner import is_urgent, transport_of
from jobs.subscribing import held, subscribed
from tenants import clock
from tenants.errors import AppError
from tenants.logs import get_logger
from tenants.scope import Scope, in_scope

RENEW_AFTER = timedelta(days=30)
"""A token of 60 days is renewed from half its life on, daily until it works."""
RENEW_NEVER_BEFORE = timedelta(hours=24)
"""Instagram refuses to renew a younger one."""
TOKEN_LIVES = timedelta(days=60)
AT_ONCE = 50
"""Accounts whose questions travel together."""
SLICE_SECONDS = 60
AGAIN_SECONDS = 3_600
"""When an account is due again whose check its worker did not live to end."""

log = get_logger("checking")


@dataclass(frozen=True, slots=True)
class _Checked:
    """An account and the questions about it."""

    scope: Scope
    account_id: UUID
    account: ConnectedAccount


def check_accounts(app: Flask, *, transport: Speaks | None = None, urgent: Callable[[], bool] | None = None) -> None:
    """Check the accounts whose time of the day it is, and those whose time passed while nobody was there to. One
    account's trouble is its own.

    What is left when something waits that must not wait, or after a minute, is for the next run.
    """
    speaks, ends_at = transport or transport_of(app), time.monotonic() + SLICE_SECONDS
    while True:
        with in_scope(app, None):
            due = due_checks.claim_checks(AT_ONCE, AGAIN_SECONDS)
        _check(app, [(one.agency_id, one.brand_id, one.account_id) for one in due], speaks)
        with in_scope(app, None):
            due_checks.checked(due)
        if len(due) < AT_ONCE or time.monotonic() >= ends_at or (urgent or (lambda: is_urgent(app)))():
            return


def check_account(
    app: Flask, agency_id: str, brand_id: str, account_id: str, *, transport: Speaks | None = None
) -> None:
    """Check one account now: something is off, or somebody asked."""
    _check(app, [(UUID(agency_id), UUID(brand_id), UUID(account_id))], transport or transport_of(app))


def _check(app: Flask, names: Sequence[tuple[UUID, UUID, UUID]], transport: Speaks) -> None:
    opened = list(_opened(app, names))
    for one, told in zip(opened, _asked([one.account for one in opened], transport), strict=True):
        try:
            _note(app, one, told, transport)
            if not isinstance(told, Access) or told.works:
                _renew(app, one, transport)
        except JobTimeoutException:
            raise
        except Exception:
            log.exception("check_failed", account_id=str(one.account_id))


def clearer(failed: Sequence[tuple[ConnectedAccount, ChannelError]], transport: Speaks) -> list[ChannelError]:
    """Refusals whose cause may be our access: asks, for all together, what that may do, and says so where it is the
    cause.
    """
    found = [error for _, error in failed]
    asked: list[int] = []
    for place, error in enumerate(found):
        if isinstance(error, Refused) and error.platform_code in OPERATOR_WORDS - {APP_UNPROVEN}:
            found[place] = TokenRevoked(error.platform_code, request_id=error.request_id)
        elif isinstance(error, ItemGone | Refused) or _may_be_our_secret(error):
            asked.append(place)
    for start in range(0, len(asked), AT_ONCE):
        part = asked[start : start + AT_ONCE]
        for place, told in zip(part, _asked([failed[one][0] for one in part], transport), strict=True):
            if isinstance(told, Access) and not told.works:
                if _may_be_our_secret(found[place]) and told.problem != APP_UNPROVEN:
                    continue
                found[place] = TokenRevoked(told.problem or "invalid", request_id=found[place].request_id)
    return found


def _may_be_our_secret(error: ChannelError) -> bool:
    """Whether a credential is said not to work in the words that a wrong secret of our application gets, too."""
    return isinstance(error, TokenRevoked) and error.reason == "invalid"


def _renew(app: Flask, one: _Checked, transport: Speaks) -> None:
    """Renew what ends by itself, where half its life is over. The old one stays until the new one is stored."""
    renewer = able(one.account.platform, RenewsCredential)  # type: ignore[type-abstract]
    if renewer is None or not _is_due(app, one):
        return
    try:
        request = renewer.plan_renewal(one.account)
    except Refused:
        return  # this kind of access has no end
    try:
        secret, life_seconds = renewer.read_renewal(one.account, transport.send(request))
    except ChannelError as error:
        _note_not_renewed(app, one, error)
    else:
        _keep(app, one, secret, life_seconds)


def _opened(app: Flask, names: Sequence[tuple[UUID, UUID, UUID]]) -> Iterable[_Checked]:
    for agency_id, brand_id, account_id in names:
        scope = Scope(agency_id, frozenset({brand_id}))
        with in_scope(app, scope):
            account = accounts.by_ids([account_id]).get(account_id)
            if account is None or account.disconnected_at is not None:
                continue
            try:
                found = _Checked(scope, account_id, accounts.connected(account))
            except AppError:
                continue  # its key is missing, or it was damaged: its polls say so
        yield found


def _asked(of: Sequence[ConnectedAccount], transport: Speaks) -> list[Access | ChannelError | None]:
    """What each account's credential may do, asked together."""
    plans: list[list[Request]] = []
    for account in of:
        checker = able(account.platform, ChecksAccess)  # type: ignore[type-abstract]
        plans.append(checker.plan_access(account) if checker is not None else [])
    exchanges = iter(transport.fetch([request for plan in plans for request in plan]))
    told: list[Access | ChannelError | None] = []
    for account, plan in zip(of, plans, strict=True):
        own = [next(exchanges) for _ in plan]
        checker = able(account.platform, ChecksAccess)  # type: ignore[type-abstract]
        try:
            told.append(checker.read_access(account, own, now=clock.now()) if checker is not None else None)
        except ChannelError as error:
            told.append(error)
        except JobTimeoutException:
            raise
        except Exception:
            log.exception("access_unreadable", account_id=account.account_id)
            told.append(None)
    return told


def _note(app: Flask, one: _Checked, told: Access | ChannelError | None, transport: Speaks) -> None:
    if isinstance(told, ChannelError):
        log.info("access_unknown", account_id=str(one.account_id), reason=told.code)
        return
    if told is not None and not told.works:
        with in_scope(app, one.scope):
            account = held(one.account_id, one.account)
            if account is None:
                return
            account_standing.note_access(account, told)
            accounts.mark_unhealthy(account, "needs_reconnect", told.problem or "invalid")
        return
    known = one.account
    if told is not None and told.scopes:  # events are asked for by what was granted
        known = replace(known, scopes=told.scopes)
    try:
        standing = subscribed(known, transport)
    except ChannelError as error:
        log.info("subscription_unknown", account_id=str(one.account_id), reason=error.code)
        standing = None
    with in_scope(app, one.scope):
        account = held(one.account_id, one.account)
        if account is None:
            return
        if told is not None:
            account_standing.note_access(account, told)
            accounts.bring_back(account)
        if standing is not None:
            account_standing.note_subscription(account, standing)
        account_standing.note_pace(account, clock.now())


def _is_due(app: Flask, one: _Checked) -> bool:
    with in_scope(app, one.scope):
        account = accounts.get(one.account_id)
        return is_renewal_due(account.token_renewed_at or account.created_at, account.token_expires_at, clock.now())


def is_renewal_due(renewed_at: datetime, expires_at: datetime | None, now: datetime) -> bool:
    """Half its life is over, or it ends within that time, and it is old enough to be renewed at all."""
    if now - renewed_at < RENEW_NEVER_BEFORE:
        return False
    return now - renewed_at >= RENEW_AFTER or (expires_at is not None and expires_at - now <= RENEW_AFTER)


def _keep(app: Flask, one: _Checked, secret: Secret, life_seconds: int | None) -> None:
    with in_scope(app, one.scope):
        account = held(one.account_id, one.account)
        if account is None:
            return
        now = clock.now()
        accounts.replace_credential(account, secret)
        account.token_renewed_at = now
        account.token_expires_at = now + timedelta(seconds=life_seconds) if life_seconds else None
        if account.access_problem == account_standing.NOT_RENEWED:
            account.access_problem = None
        log.info("credential_renewed", account_id=str(account.id))


def _note_not_renewed(app: Flask, one: _Checked, error: ChannelError) -> None:
    """The token lives on; the card says until when."""
    with in_scope(app, one.scope):
        account = held(one.account_id, one.account)
        if account is None:
            return
        ends = account.token_expires_at or (account.token_renewed_at or account.created_at) + TOKEN_LIVES
        account.token_expires_at = ends
        account.access_problem = account_standing.NOT_RENEWED
        log.warning("credential_not_renewed", account_id=str(account.id), reason=error.code, ends=ends.isoformat())
        if isinstance(error, TokenRevoked):
            accounts.mark_unhealthy(account, "needs_reconnect", error.reason)
