"""Erasing what is held of one person, in slices: a thin job over `agency.inbox.erasing`. Repeat-safe."""

from __future__ import annotations

from uuid import UUID

from flask import Flask
from sqlalchemy import select

from agency.inbox import erasing
from agency.inbox.contacts import named
from agency.inbox.contacts.models import ContactErasure
from agency.replies import unsent_mails
from tenants import audit, clock
from tenants.database import db
from tenants.scope import Scope, in_scope


def erase_contacts(app: Flask, agency_id: str, brand_id: str, erasure_id: str, slice_size: int = erasing.SLICE) -> None:
    """Who they are goes first, then their words, a slice a transaction. Run again it goes on where it was."""
    scope, wanted = Scope(UUID(agency_id), frozenset({UUID(brand_id)})), UUID(erasure_id)
    with_agencys = Scope(UUID(agency_id), frozenset({UUID(brand_id), UUID(agency_id)}))  # labels and saved replies
    with in_scope(app, with_agencys):
        order = _order(wanted)
        if order is None or order.state == "done":
            return
        contact_ids = [UUID(one) for one in order.contact_ids]
        if order.state == "waiting":  # afterwards nobody knows by what they were called
            found = named.look(contact_ids)
            order.views_gone = len(found.views)
            order.left_things = [{"kind": one.kind, "id": str(one.id), "version": one.version} for one in found.left]
        unsent_mails.take_back(contact_ids)
        erasing.forget(contact_ids)
        message_ids = erasing.message_ids_of(contact_ids)
        order.state, order.message_count, order.done_count = "running", len(message_ids), 0
    for start in range(0, len(message_ids), slice_size):
        with in_scope(app, scope):
            erasing.erase_words(message_ids[start : start + slice_size])
            order = _order(wanted)
            assert order is not None
            order.done_count = min(start + slice_size, len(message_ids))
    with in_scope(app, scope):
        order = _order(wanted)
        assert order is not None
        erasing.forget_in_the_record([UUID(one) for one in order.contact_ids])  # what was said of them since
        order.state, order.finished_at = "done", clock.now()
        audit.record(
            None,
            "contact.erased",
            "contact_erasure",
            order.id,
            brand_id=order.brand_id,
            contact_ids=order.contact_ids,
            messages=order.message_count,
            views=order.views_gone,
        )


def _order(erasure_id: UUID) -> ContactErasure | None:
    return db.session.execute(
        select(ContactErasure).where(ContactErasure.id == erasure_id).with_for_update()
    ).scalar_one_or_none()
