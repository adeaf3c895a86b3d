"""What platforms told of an account's access and events, written on the account. Flushes, commits nothing."""

from __future__ import annotations

from channels.capabilities import Access, Subscription
from channels.models import Account
from tenants import clock
from tenants.database import db


def note_access(account: Account, access: Access) -> None:
    """What is left out was not told, and what was known stays."""
    account.access_checked_at = clock.now()
    if access.scopes:
        account.scopes = sorted(access.scopes)
    if access.tasks:
        account.tasks = sorted(access.tasks)
    account.token_expires_at = access.expires_at or account.token_expires_at
    account.data_access_expires_at = access.data_access_expires_at or account.data_access_expires_at
    db.session.flush()


def note_subscription(account: Account, standing: Subscription) -> None:
    """`subscribed_at` stays what it was while it goes on to stand."""
    now = clock.now()
    account.subscription_checked_at = now
    account.subscribed_at = (account.subscribed_at or now) if standing.stands else None
    account.subscription_problem = None if standing.stands else standing.problem
    db.session.flush()
