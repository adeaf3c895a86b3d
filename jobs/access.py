"""What becomes of people's access: asked for anew by mail, taken back on disconnecting, gone at their own word."""

from __future__ import annotations

from uuid import UUID

from flask import Flask
from sqlalchemy import select, update

from agency.inbox import erasing
from agency.notices.mail import send_notice
from channels import accounts, ending, grants
from channels.errors import ChannelError
from channels.models import Account, AccountDirectory, DeletionRequest
from channels.registry import traits_of
from channels.transport import Speaks
from jobs.runner import transport_of
from tenants import audit, clock
from tenants.database import db
from tenants.models import Agency, Brand
from tenants.people import menders_of
from tenants.scope import Scope, in_scope
from tenants.tokens import Purpose, Subject, mint

APP_REMOVED = "app_removed"


def _scope(agency_id: UUID | str, brand_id: UUID | str) -> Scope:
    return Scope(UUID(str(agency_id)), frozenset({UUID(str(brand_id))}))


def ask_to_reconnect(app: Flask, agency_id: str, brand_id: str, account_id: str) -> None:
    """Mail everybody who can mend this account a link of their own, if it still needs mending and nobody was asked in
    the last day.
    """
    with in_scope(app, _scope(agency_id, brand_id)):
        account = db.session.execute(
            select(Account).where(Account.id == UUID(account_id)).with_for_update()
        ).scalar_one_or_none()
        if account is None or account.disconnected_at is not None or account.health not in accounts.NEED_A_PERSON:
            return
        now, asked_at = clock.now(), account.reconnect_asked_at
        if asked_at is not None and asked_at > now - accounts.ASK_AGAIN_AFTER:
            return
        brand = db.session.execute(select(Brand).where(Brand.id == account.brand_id)).scalar_one()
        if brand.archived_at is not None:
            return
        account.reconnect_asked_at = now
        subject = Subject(account.agency_id, account.brand_id, account.id)
        agency_name = db.session.execute(select(Agency.name).where(Agency.id == account.agency_id)).scalar_one()
        for person in menders_of(account.agency_id, account.brand_id):
            send_notice(
                "connection_broke",
                person,
                agency_name=agency_name,
                brand_name=brand.name,
                account_name=account.name,
                platform=traits_of(account.platform).label,
                path=f"/reconnect/{mint(Purpose.RECONNECT, person.id, about=subject)}",
            )


def end_access(app: Flask, agency_id: str, brand_id: str, granted_id: str, transport: Speaks | None = None) -> None:
    """Stop the events of a disconnected account and take its sign-in back, where nobody else needs them.

    Raises the ChannelError of a call that may work later; the token waits until then.
    """
    speaks = transport or transport_of(app)
    with in_scope(app, _scope(agency_id, brand_id)):
        end = ending.end_of(UUID(granted_id))
        calls = ending.calls_for(end) if end is not None else ()
    if end is None:
        return
    trouble: ChannelError | None = None
    taken_back = False
    for call in calls:
        try:
            taken_back |= ending.is_done(call, speaks.send(call)) and ending.takes_back(call)
        except ChannelError as error:
            trouble = trouble or error
    if trouble is not None:
        raise trouble
    with in_scope(app, _scope(agency_id, brand_id)):
        ending.forget(end.row_id)
        audit.record(
            None, "account.access_ended", "account", end.account_id, brand_id=UUID(brand_id), taken_back=taken_back
        )


def withdraw_access(app: Flask, family: str, person_id: str, issued_at: int) -> None:
    """A person removed us at the platform: what lived by their sign-in needs another at once.

    One that was connected anew since then is left alone: such a call may come late, or twice.
    """
    with in_scope(app, None):
        found = [(row.agency_id, row.brand_id, row.account_id) for row in grants.accounts_of(family, person_id)]
    for agency_id, brand_id, account_id in found:
        with in_scope(app, _scope(agency_id, brand_id)):
            account = accounts.by_ids([account_id]).get(account_id)
            if account is None or account.disconnected_at is not None:
                continue
            renewed_at = account.token_renewed_at or account.created_at
            if renewed_at.timestamp() < issued_at + 1:  # the platform tells whole seconds
                accounts.mark_unhealthy(account, "needs_reconnect", APP_REMOVED)


def delete_person(app: Flask, code: str, family: str, person_id: str) -> None:
    """Delete what we hold of a person, an agency at a time, and say so on the status page. Repeat-safe."""
    with in_scope(app, None):
        agencies = list(db.session.execute(select(Agency.id)).scalars())
        grants_found = [row.account_id for row in grants.accounts_of(family, person_id)]
    touched = 0
    for agency_id in agencies:
        with in_scope(app, Scope(agency_id, None)):
            touched += len(erasing.erase_person(person_id))
            granted = list(
                db.session.execute(
                    select(Account).where(Account.id.in_(grants_found), Account.grantor_external_id == person_id)
                ).scalars()
            )
            for account in granted:
                account.grantor_external_id = None
    with in_scope(app, None):
        db.session.execute(
            update(AccountDirectory).where(AccountDirectory.account_id.in_(grants_found)).values(grant_hash=None)
        )
        db.session.execute(
            update(DeletionRequest)
            .where(DeletionRequest.code == code, DeletionRequest.finished_at.is_(None))
            .values(finished_at=clock.now(), account_count=touched)
        )
