"""A deleted review takes its answer with it, and no version of it told before or after has a say about that answer."""

from __future__ import annotations

from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from agency.inbox.intake import mark_gone, store_page
from agency.inbox.models import Conversation, Message
from channels.items import IncomingItem
from channels.models import Account
from tenants.database import db
from tests.factories import Agency, Factory
from tests.inbox.items import answer, at, page, review

NOW = at(600)
GONE = review(1, deleted=True)
UNANSWERED = review(1)
ANSWERED = review(1, updated_at=at(100), reply=answer("We are sorry.", 150))
SAID_ANEW = review(1, "Still cold.", updated_at=at(200), reply=answer("We are very sorry.", 250))


def keep(agency: Agency, account_id: UUID, *items: IncomingItem, known_stay: bool = False) -> None:
    with agency.entered():
        account = db.session.scalars(select(Account).where(Account.id == account_id)).one()
        store_page(account, page(*items), now=NOW, known_stay=known_stay)


def seen(account_id: UUID) -> dict[str, Any]:
    """Messages of this account and what its one queue row shows."""
    case = db.session.scalars(select(Conversation).where(Conversation.account_id == account_id)).one()
    messages = db.session.scalars(select(Message).where(Message.account_id == account_id))
    return {m.external_id: (m.deleted_at is not None, m.text) for m in messages} | {
        "row": (case.status, case.closed_reason, case.message_count, case.last_message_at, case.due_at, case.rank)
    }


@pytest.mark.parametrize("known_stay", [False, True])
def test_in_any_order_nothing_of_it_stands(make: Factory, ana: Agency, known_stay: bool) -> None:
    outcomes = []
    for order in permutations((GONE, UNANSWERED, ANSWERED, SAID_ANEW)):
        # Each alone, and in two pages cut before the last.
        for pages in ([[item] for item in order], [order[:-1], order[-1:]]):
            account_id = make.account(ana, platform="google_business")
            for some in pages:
                keep(ana, account_id, *some, known_stay=known_stay)
            with ana.entered():
                outcomes.append(seen(account_id))
    assert outcomes[0]["reviews/1"] == outcomes[0]["reviews/1/reply"] == (True, "")
    assert outcomes[0]["row"][:4] == ("closed", "nothing_to_answer", 0, at(1))
    assert all(one == outcomes[0] for one in outcomes)


def test_a_review_proved_gone_takes_its_answer_with_it(ana: Agency, make: Factory) -> None:
    account_id = make.account(ana, platform="google_business")
    keep(ana, account_id, ANSWERED, review(2, reply=answer("Thank you.", 90)))
    with ana.entered():
        account = db.session.scalars(select(Account).where(Account.id == account_id)).one()
        assert mark_gone(account, ["reviews/1"], now=NOW) == 2, "the review and its answer"
        assert mark_gone(account, ["reviews/1"], now=NOW) == 0
        stands = dict(db.session.execute(select(Message.external_id, Message.deleted_at.is_(None))).all())
    assert stands == {"reviews/1": False, "reviews/1/reply": False, "reviews/2": True, "reviews/2/reply": True}


def test_a_deleted_review_that_was_never_answered_has_no_answer(ana: Agency, make: Factory) -> None:
    account_id = make.account(ana, platform="google_business")
    keep(ana, account_id, GONE)
    keep(ana, account_id, UNANSWERED)
    with ana.entered():
        assert list(db.session.scalars(select(Message.external_id))) == ["reviews/1"]
