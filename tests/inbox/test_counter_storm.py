"""The queue's counters after a storm of deeds, in any order and side by side: they are what counting says."""

from __future__ import annotations

import random
from datetime import timedelta
from threading import Thread
from uuid import UUID

import pytest
from sqlalchemy import delete, func, select, update

from agency.inbox import desk
from agency.inbox.models import Conversation, Message, Note, QueueCounter
from agency.inbox.queries import queue_state
from tenants import clock
from tenants.database import db
from tenants.errors import AppError
from tests.factories import Agency, Factory
from tests.inbox.items import comment
from tests.inbox.test_intake import keep

DEEDS = 40
OPEN = Conversation.status == "open"
COUNTED = {
    "open_count": func.count().filter(OPEN),
    "held_count": func.count().filter(OPEN, Conversation.holder_id.is_not(None)),
    "awaiting_approval_count": func.count().filter(OPEN, Conversation.reply_state == "awaiting_approval"),
    "snoozed_count": func.count().filter(Conversation.status == "snoozed"),
    "closed_count": func.count().filter(Conversation.status == "closed"),
}


def storm(ana: Agency, accounts: list[UUID], seed: int, errors: list[BaseException]) -> None:
    """Deeds of people, arriving items, many rows at once, erased rows and transactions that come to nothing."""
    lot, actor = random.Random(seed), ana.staff if seed % 2 else ana.team_lead
    try:
        for number in range(DEEDS):
            account = lot.choice(accounts)
            keep(ana, account, *(comment(f"{account}-{lot.randrange(25)}", f"Words {seed} {number}") for _ in range(3)))
            try:
                with ana.entered(actor):
                    cases = list(db.session.scalars(select(Conversation.id).order_by(Conversation.id)))
                    one = lot.choice(cases)
                    match lot.randrange(9):
                        case 0:
                            desk.claim(actor, one)
                        case 1:
                            desk.release(actor, one)
                        case 2:
                            desk.close(actor, one)
                        case 3:
                            desk.reopen(actor, one)
                        case 4:
                            desk.snooze(actor, one, clock.now() + timedelta(hours=1))
                        case 5:
                            desk.claim_next(actor)
                        case 6:
                            db.session.execute(
                                update(Conversation).values(reply_state=lot.choice(["awaiting_approval", None]))
                            )
                        case 7:
                            for model in (Message, Note):
                                db.session.execute(delete(model).where(model.conversation_id == one))
                            db.session.execute(delete(Conversation).where(Conversation.id == one))
                        case 8:
                            desk.close(actor, one)
                            raise AppError("nothing")
            except AppError:
                pass  # refused, as it may be; what was done before it is undone
    except BaseException as error:
        errors.append(error)


@pytest.mark.parametrize("seed", [1, 2])
def test_counters_are_what_counting_says(ana: Agency, make: Factory, seed: int) -> None:
    accounts = [make.account(ana, brand=number % 2) for number in range(3)]
    errors: list[BaseException] = []
    storms = [Thread(target=storm, args=(ana, accounts, seed * 10 + one, errors)) for one in range(2)]
    for each in storms:
        each.start()
    for each in storms:
        each.join(120)
    dead = [error for error in errors if "deadlock" not in str(error)]
    assert not dead, dead
    with ana.entered():
        kept = {
            row[0]: row[1:]
            for row in db.session.execute(
                select(QueueCounter.brand_id, *(getattr(QueueCounter, name) for name in COUNTED))
            )
        }
        found = {
            row[0]: row[1:]
            for row in db.session.execute(
                select(Conversation.brand_id, *COUNTED.values()).group_by(Conversation.brand_id)
            )
        }
        state = queue_state(ana.staff.user_id)
        last = db.session.execute(select(QueueCounter.changed_ids, QueueCounter.changed_at)).all()
    assert {brand: tuple(row) for brand, row in kept.items()} == {brand: tuple(row) for brand, row in found.items()}
    assert state.open_count == sum(row[0] for row in found.values())
    assert all(len(ids) == len(times) <= 16 for ids, times in last)
    assert any(ids for ids, _times in last)
