"""A platform stopped an account from writing: it is paused, and who connects the agency's accounts is told by mail."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from agency.notices.telling import Thing, tell
from channels import write_pauses
from channels.errors import WritesPaused
from channels.registry import traits_of
from tenants import clock
from tenants.database import db
from tenants.holders import holders_of
from tenants.models import Brand
from tenants.permissions import Permission


def begin(account_id: UUID, error: WritesPaused) -> None:
    """Nothing more leaves by this account for some hours. A mail a day at most, however often the platform says no.

    Ask in a transaction of its own: others who would send by the account wait for it.
    """
    account, is_to_tell = write_pauses.note(account_id, error.stopped, clock.now())
    if not is_to_tell:
        return
    brand_name = db.session.execute(select(Brand.name).where(Brand.id == account.brand_id)).scalar_one()
    said = {"stopped": error.stopped, "account_name": account.name, "platform": traits_of(account.platform).label}
    tell(
        "writing_paused",
        holders_of(Permission.ACCOUNT_CONNECT, account.agency_id, account.brand_id),
        brand_id=account.brand_id,
        subject=Thing("account", account.id, f"/brands/{account.brand_id}/accounts"),
        values=said,
        mail={**said, "brand_name": brand_name},
    )
