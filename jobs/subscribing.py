"""After connecting: ask what the credential may do, and have the platform send us events. Repeat-safe."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from flask import Flask

from channels import account_standing, accounts
from channels.capabilities import Access, ChecksAccess, Subscribes, Subscription
from channels.errors import ChannelError, TokenRevoked
from channels.models import Account
from channels.protocol import ConnectedAccount
from channels.registry import able
from channels.transport import Speaks
from jobs.runner import transport_of
from tenants import clock
from tenants.errors import AppError
from tenants.logs import get_logger
from tenants.scope import Scope, in_scope

log = get_logger("subscribing")


def subscribe_account(
    app: Flask, agency_id: str, brand_id: str, account_id: str, transport: Speaks | None = None
) -> None:
    """Raises the ChannelError of a call that may work later."""
    scope, speaks = Scope(UUID(agency_id), frozenset({UUID(brand_id)})), transport or transport_of(app)
    account = _connected(app, scope, UUID(account_id))
    if account is None:
        return
    try:
        access = access_of(account, speaks)
    except ChannelError as error:
        if error.retry:
            raise
        access = None  # a no that says nothing of the access; the daily check asks again
    if access is not None:
        if not _note_access(app, scope, UUID(account_id), account, access) or not access.works:
            return
        if access.scopes:  # events are asked for by what was granted
            account = replace(account, scopes=access.scopes)
    try:
        standing = subscribed(account, speaks)
    except ChannelError as error:
        if error.retry:
            raise
        standing = Subscription(False, error.reason if isinstance(error, TokenRevoked) else error.code)
    if standing is not None:
        _note_subscription(app, scope, UUID(account_id), account, standing)


def access_of(account: ConnectedAccount, transport: Speaks) -> Access | None:
    """What the platform says of the credential; None where it cannot be asked. Raises a passing `ChannelError`."""
    checker = able(account.platform, ChecksAccess)  # type: ignore[type-abstract]
    if checker is None:
        return None
    return checker.read_access(account, transport.fetch(checker.plan_access(account)), now=clock.now())


def subscribed(account: ConnectedAccount, transport: Speaks) -> Subscription | None:
    """See that the platform sends events about the account, and make it so where we may. None: it has no such thing.

    Raises a `ChannelError`.
    """
    platform = able(account.platform, Subscribes)  # type: ignore[type-abstract]
    if platform is None:
        return None
    standing = platform.read_subscription(account, transport.fetch(platform.plan_subscription(account)))
    if standing.stands or not standing.mendable:
        return standing
    for request in platform.plan_subscribe(account):
        transport.send(request)  # what came of it is read below: an answer proves less than what stands
    return platform.read_subscription(account, transport.fetch(platform.plan_subscription(account)))


def _connected(app: Flask, scope: Scope, account_id: UUID) -> ConnectedAccount | None:
    with in_scope(app, scope):
        account = accounts.by_ids([account_id]).get(account_id)
        if account is None or account.disconnected_at is not None or account.health in accounts.NEED_A_PERSON:
            return None
        try:
            return accounts.connected(account)
        except AppError:
            return None


def held(account_id: UUID, known: ConnectedAccount) -> Account | None:
    """The account, locked; None where it was connected anew or disconnected since it was asked about: what was learned
    is not its.
    """
    account = accounts.locked(account_id)
    if account.disconnected_at is not None or accounts.credential_of(account) != known.credential:
        return None
    return account


def _note_access(app: Flask, scope: Scope, account_id: UUID, known: ConnectedAccount, access: Access) -> bool:
    """False where it was about an access that is gone: the new one has a promise of its own."""
    with in_scope(app, scope):
        account = held(account_id, known)
        if account is None:
            return False
        account_standing.note_access(account, access)
        if not access.works:
            accounts.mark_unhealthy(account, "needs_reconnect", access.problem or "invalid")
        return True


def _note_subscription(
    app: Flask, scope: Scope, account_id: UUID, known: ConnectedAccount, standing: Subscription
) -> None:
    with in_scope(app, scope):
        account = held(account_id, known)
        if account is None:
            return
        account_standing.note_subscription(account, standing)
        log.info(
            "subscribed" if standing.stands else "not_subscribed", account_id=str(account_id), why=standing.problem
        )
