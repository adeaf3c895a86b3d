"""What becomes of people's access: asked for anew by mail, taken back on disconnecting, gone at their own word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import ColumnElement, or_, select, update

from agency.inbox import erasing
from agency.notices.telling import Thing, tell
from channels import account_standing, accounts, ending, grants
from channels.errors import ChannelError
from channels.features import Way, way_of
from channels.health import ends_at
from channels.models import Account, AccountDirectory, DeletionRequest
from channels.registry import traits_of
from channels.sign_ins import SIGN_INS
from channels.transport import Speaks
from jobs.runner import transport_of
from tenants import audit, clock
from tenants.base_app import settings_of_app
from tenants.database import db
from tenants.holders import menders_of
from tenants.models import Agency, Brand, Person
from tenants.outbox import JobName, enqueue_after_commit
from tenants.scope import Scope, in_scope
from tenants.tokens import Purpose, Subject, mint

APP_REMOVED = "app_removed"
MOST_NAMED = 20
"""Accounts a mail names for one sign-in; of more it says how many."""


def _scope(agency_id: UUID | str, brand_id: UUID | str) -> Scope:
    return Scope(UUID(str(agency_id)), frozenset({UUID(str(brand_id))}))


def ask_to_reconnect(app: Flask, agency_id: str, brand_id: str, account_id: str) -> None:
    """Mail everybody who can mend it that this account broke, or soon ends, and in the same mail what else of the
    brand does: one link of their own for each sign-in. Nothing where it works again, or was asked about already.
    """
    with in_scope(app, _scope(agency_id, brand_id)):
        brand = db.session.execute(select(Brand).where(Brand.id == UUID(brand_id))).scalar_one_or_none()
        if brand is None or brand.archived_at is not None:
            return
        for notice, found in (("connection_broke", _to_ask_about()), ("connection_ends", _about_to_end())):
            if UUID(account_id) in {one.id for one in found}:
                _ask(notice, brand, found)


def _ask(notice: str, brand: Brand, found: Sequence[Account]) -> None:
    for account in found:
        account.reconnect_asked_at = clock.now()
    ends = [at for account in found if (at := ends_at(account_standing.facts_of(account))) is not None]

    def facts_for(person: Person) -> dict[str, Any]:
        return {
            "brand_name": brand.name,
            "names": [one.name for one in found],
            "platform": traits_of(found[0].platform).label,
            "sign_ins": [_sign_in_for(person.id, together) for together in _by_sign_in(found)],
            "due_at": min(ends, default=None),
        }

    tell(
        notice,
        menders_of(brand.agency_id, brand.id),
        brand_id=brand.id,
        subject=Thing("brand", brand.id, f"/brands/{brand.id}/accounts"),
        values={"count": len(found)},
        mail=facts_for,
    )


def _to_ask_about() -> list[Account]:
    """Of the scope's accounts those that wait for a person whom nobody asked in the last day, by name; locked, so that
    two that broke together are asked about once.
    """
    asked_before = clock.now() - accounts.ASK_AGAIN_AFTER
    return _locked(
        Account.health.in_(accounts.NEED_A_PERSON),
        or_(Account.reconnect_asked_at.is_(None), Account.reconnect_asked_at <= asked_before),
    )


def _about_to_end() -> list[Account]:
    """Of the scope's accounts those whose access ends soon and nobody was mailed of it."""
    found = _locked(or_(Account.token_expires_at.is_not(None), Account.data_access_expires_at.is_not(None)))
    return [one for one in found if account_standing.ends_unsaid(one, clock.now())]


def _locked(*which: ColumnElement[bool]) -> list[Account]:
    live = select(Account).where(Account.disconnected_at.is_(None), *which)
    found = db.session.execute(live.order_by(Account.id).with_for_update()).scalars()
    return sorted(found, key=lambda one: (one.name, one.id))


def _by_sign_in(broken: Sequence[Account]) -> list[list[Account]]:
    together: dict[Way, list[Account]] = {}
    for account in broken:
        together.setdefault(way_of(account.platform, account.login), []).append(account)
    return list(together.values())


def _sign_in_for(person_id: UUID, together: Sequence[Account]) -> dict[str, Any]:
    """What a mail says of accounts that one sign-in mends (`channels.connecting.mend`)."""
    first = together[0]
    token = mint(Purpose.RECONNECT, person_id, about=Subject(first.agency_id, first.brand_id, first.id))
    return {
        "label": SIGN_INS[way_of(first.platform, first.login)].label,
        "platform": traits_of(first.platform).label,
        "names": [one.name for one in together[:MOST_NAMED]],
        "more": max(0, len(together) - MOST_NAMED),
        "url": f"{settings_of_app().base_url}/reconnect/{token}",
    }


def end_access(app: Flask, agency_id: str, brand_id: str, granted_id: str, transport: Speaks | None = None) -> None:
    """Stop the events of a disconnected account and take its sign-in back, where nobody else needs them.

    Whoever signs in anew meanwhile is waited for, and what was connected anew while we spoke is looked at. Raises the
    ChannelError of a call that may work later; the token waits until then.
    """
    speaks = transport or transport_of(app)
    with in_scope(app, Scope(UUID(agency_id), None)):
        end = ending.end_of(UUID(granted_id))
        if end is None:
            return
        later = ending.waits_until(UUID(agency_id), end)
        if later is not None:
            ids = {"agency_id": agency_id, "brand_id": brand_id, "granted_id": granted_id}
            enqueue_after_commit(JobName.END_ACCESS, run_at=later, **ids)
            return
        calls = ending.calls_for(end)
    trouble: ChannelError | None = None
    taken_back = False
    for call in calls:
        try:
            taken_back |= ending.is_done(call, speaks.send(call)) and ending.takes_back(call)
        except ChannelError as error:
            trouble = trouble or error
    if calls:
        _look_at_who_came_meanwhile(app, end)
    if trouble is not None:
        raise trouble
    with in_scope(app, _scope(agency_id, brand_id)):
        ending.forget(end.row_id)
        audit.record(
            None, "account.access_ended", "account", end.account_id, brand_id=UUID(brand_id), taken_back=taken_back
        )


def _look_at_who_came_meanwhile(app: Flask, end: ending.End) -> None:
    """Connected while we spoke, it may have lost its events or its access with the old one: then it says so at once."""
    with in_scope(app, None):
        grant = grants.hash_of(end.platform, end.login, end.grantor)
        for row in grants.lives_by(end.platform, end.external_id, grant):
            enqueue_after_commit(
                JobName.CHECK_ACCOUNT, agency_id=row.agency_id, brand_id=row.brand_id, account_id=row.account_id
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
