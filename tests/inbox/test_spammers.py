"""What a mark closes afterwards, through the same door as everything that comes in."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select

from agency.inbox import bulk, spammers, undoing
from agency.inbox.bulk import Pressed
from agency.inbox.deeds import Spam
from agency.inbox.intake import store_page
from agency.inbox.models import FROM_SPAMMER, Contact, Conversation
from channels.items import Author, IncomingItem
from channels.models import Account
from tenants.database import db, new_id
from tenants.errors import Conflict
from tenants.permissions import Actor
from tests.factories import Agency, Factory
from tests.inbox.items import at, comment, page, review

SELLER = Author("seller-7", "Bargain Timepieces")


@pytest.fixture
def account(make: Factory, ana: Agency) -> UUID:
    return make.account(ana)


def keep(agency: Agency, account_id: UUID, *items: IncomingItem) -> None:
    with agency.entered():
        account = db.session.scalars(select(Account).where(Account.id == account_id)).one()
        store_page(account, page(*items), now=at(600))


def standing(agency: Agency) -> dict[str, tuple[str, str | None]]:
    with agency.entered():
        rows = db.session.execute(select(Conversation.external_id, Conversation.status, Conversation.closed_reason))
        return {row[0]: (row[1], row[2]) for row in rows}


def call_spam(agency: Agency, actor: Actor, external_id: str) -> Pressed:
    with agency.entered(actor):
        case = db.session.scalars(select(Conversation.id).where(Conversation.external_id == external_id)).one()
        return bulk.press_one(actor, new_id(), Spam(), case, mark=True)


def test_what_a_marked_person_writes_later_closes_as_it_comes_in(ana: Agency, account: UUID) -> None:
    keep(ana, account, comment(1, "Watches!", author=SELLER))
    done = call_spam(ana, ana.staff, "post_1")
    keep(ana, account, comment(2, "Watches again!", author=SELLER), comment(3, "Where is my order?"))
    keep(ana, account, comment(4, "Buy mine.", under=3, author=SELLER))
    assert standing(ana) == {
        "post_1": ("closed", "spam"),
        "post_2": ("closed", FROM_SPAMMER),
        "post_3": ("open", None),
    }
    with ana.entered(ana.staff):
        ((listed,), _after) = spammers.listed(ana.staff)
        assert (listed.name, listed.closed_count) == ("Bargain Timepieces", 1)
        undoing.undo(ana.staff, done.id)
    assert {one[0] for one in standing(ana).values()} == {"open"}, "what the mark closed opens with its undo"


@pytest.mark.parametrize(("is_lead", "expected"), [(False, ("open", None)), (True, ("closed", FROM_SPAMMER))])
def test_only_a_leads_mark_holds_for_reviews_with_stars(
    ana: Agency, account: UUID, is_lead: bool, expected: tuple[str, str | None]
) -> None:
    keep(ana, account, comment(1, "Watches!", author=SELLER))
    call_spam(ana, ana.team_lead if is_lead else ana.staff, "post_1")
    keep(ana, account, review(2, "Watches, five stars!", 5, author=SELLER))
    assert standing(ana)["reviews/2"] == expected


def test_nobody_is_marked_where_nobody_is_known_and_the_case_stays_open(ana: Agency, account: UUID) -> None:
    keep(ana, account, comment(1, "Watches!", author=None))
    with pytest.raises(Conflict):
        call_spam(ana, ana.staff, "post_1")
    assert standing(ana)["post_1"] == ("open", None)
    with ana.entered():
        assert db.session.scalars(select(Contact.id)).all() == []
