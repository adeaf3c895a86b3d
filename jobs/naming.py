"""Asking the platform who somebody is, of whom an event told without a name. Repeat-safe."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from flask import Flask

from agency.inbox import naming
from channels import accounts
from channels.allowances import Note, account_of, app_of, ask_for, notes_of
from channels.capabilities import NamesPeople
from channels.errors import ChannelError, RateLimited
from channels.registry import able
from channels.transport import Speaks
from jobs.runner import budgets_of_app, transport_of
from tenants import clock
from tenants.errors import AppError
from tenants.logs import get_logger
from tenants.outbox import JobName, enqueue_after_commit
from tenants.scope import Scope, in_scope

log = get_logger("naming")


def name_person(app: Flask, agency_id: str, brand_id: str, contact_id: str, transport: Speaks | None = None) -> None:
    """Ask once, when the shared budgets (lane `events`) have room. A platform that does not say is not asked again.

    Raises the ChannelError of a read that may work later.
    """
    scope, person_id = Scope(UUID(agency_id), frozenset({UUID(brand_id)})), UUID(contact_id)
    later = {"agency_id": agency_id, "brand_id": brand_id, "contact_id": contact_id}
    with in_scope(app, scope):
        person = naming.nameless(person_id)
        account = accounts.by_ids([person.account_id]).get(person.account_id) if person is not None else None
        if person is None or account is None or account.disconnected_at is not None:
            return
        if person.name is not None:
            naming.give_name(account, person_id, person.name)
            return
        names = able(account.platform, NamesPeople)  # type: ignore[type-abstract]
        try:
            connected = accounts.connected(account)
        except AppError:
            return  # it waits for a person; what a poll reads after that is named
    if names is None:
        return
    budgets = budgets_of_app(app)
    request = names.plan_person(connected, person.external_id)
    (wait_seconds,) = budgets.ask("events", [ask_for([request], agency_id)])
    if wait_seconds:
        _promise(app, scope, wait_seconds, later)
        return
    (exchange,) = (transport or transport_of(app)).fetch([request])
    try:
        if isinstance(exchange.result, ChannelError):
            raise exchange.result
        budgets.note(notes_of(request, exchange.result))
        name = names.read_person(connected, person.external_id, exchange.result)
    except RateLimited as error:
        budget = app_of(request) if error.scope == "app" else account_of(request)
        if budget is not None:
            budgets.note([Note(budget, pause_seconds=error.retry_after_seconds)])
        _promise(app, scope, error.retry_after_seconds, later)
        return
    except ChannelError as error:
        if error.retry:
            raise
        log.info("person_not_named", account_id=str(person.account_id), why=error.code)
        return
    if name is not None:
        with in_scope(app, scope):
            naming.give_name(accounts.get(person.account_id), person_id, name)


def _promise(app: Flask, scope: Scope, seconds: float, ids: dict[str, str]) -> None:
    with in_scope(app, scope):
        enqueue_after_commit(JobName.NAME_PERSON, run_at=clock.now() + timedelta(seconds=seconds), **ids)
