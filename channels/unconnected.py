"""Accounts we hold no access to yet, whose conversations come from a file; connecting one later makes it whole.

Such an account is a disconnected one that never was connected: nothing is polled and nothing can be sent.
`channels.accounts.connect` revives it with its conversations.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select

from channels.accounts import LONGEST_NAME
from channels.google_business.requests import LOCATION_NAME
from channels.models import Account
from channels.registry import ADAPTERS
from channels.wire import clean, identifier
from tenants.database import db, new_id
from tenants.errors import Conflict, Invalid, worded
from tenants.models import Brand
from tenants.scope import current_scope


def find(brand_id: UUID, platform: str, external_id: str) -> Account | None:
    """This platform account's row in this brand: the connected one, else the latest.

    Raises `Invalid` for what cannot be an account, `Conflict` where it is connected to another brand of the agency that
    the scope covers.
    """
    _check(platform, external_id)
    rows = db.session.scalars(
        select(Account)
        .where(Account.platform == platform, Account.external_id == external_id)
        .order_by(Account.disconnected_at.desc().nulls_first(), Account.id.desc())
    ).all()
    if any(row.brand_id != brand_id and row.disconnected_at is None for row in rows):
        raise Conflict(
            "This account is connected to another brand. Nothing was stored. Choose that brand.",
            code="account_connected",
        )
    return next((row for row in rows if row.brand_id == brand_id), None)


def find_or_make(brand_id: UUID, platform: str, external_id: str, name: str) -> Account:
    """As `find`; makes the row, without access, where there is none."""
    # One after the other, so that two files do not make two accounts.
    db.session.execute(select(Brand.id).where(Brand.id == brand_id).with_for_update(key_share=True))
    found = find(brand_id, platform, external_id)
    if found is not None:
        return found
    account = Account(
        agency_id=current_scope().agency_id,
        id=new_id(),
        brand_id=brand_id,
        platform=platform,
        external_id=external_id,
        name=(clean(name).strip() or external_id)[:LONGEST_NAME],
        login="facebook" if platform == "instagram" else None,
        health="disconnected",
        disconnected_at=func.now(),
    )
    db.session.add(account)
    db.session.flush()
    return account


def _check(platform: str, external_id: str) -> None:
    errors: dict[str, list[str]] = {}
    if platform not in ADAPTERS:
        errors["platform"] = [worded("There is no such platform. Use %(names)s.", names=", ".join(ADAPTERS))]
    elif platform == "google_business" and not LOCATION_NAME.match(external_id):
        errors["external_id"] = [worded("A Google location is named accounts/A/locations/L.")]
    elif platform != "google_business" and identifier(external_id) != external_id:
        errors["external_id"] = [worded("This cannot be the platform's id of an account.")]
    if errors:
        raise Invalid("Nothing was stored. Correct what is marked.", errors=errors)
