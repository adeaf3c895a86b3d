"""What the business wrote itself is never taken for a customer's, from whatever tool it was written and whoever tells.

Also where the first sight of it names nobody, as events and lists below Advanced Access do.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from agency.inbox.intake import store_page
from agency.inbox.models import Conversation, Message
from agency.inbox.sent import record_sent
from channels.items import Author, IncomingItem
from channels.models import Account
from tenants.database import db, new_id
from tests.factories import Agency, Factory
from tests.inbox.items import at, comment, page

NOW = at(600)
ASKED = comment(1)
NAMED = comment(2, "We are sorry", under=1, from_us=True, author=Author("100", "The Brand"))
UNSIGNED = replace(NAMED, from_us=False, author=None)
UNKNOWN = replace(NAMED, from_us=False, author=Author("9988", "the.brand"))


@pytest.fixture
def account(make: Factory, ana: Agency) -> UUID:
    return make.account(ana)


def keep(agency: Agency, account_id: UUID, *items: IncomingItem, **more: Any) -> None:
    with agency.entered():
        found = db.session.scalars(select(Account).where(Account.id == account_id)).one()
        store_page(found, page(*items), now=NOW, **more)


def seen(agency: Agency) -> tuple[str, bool, str]:
    """Direction of the answer, whether it still hangs on a contact, and how its conversation stands."""
    with agency.entered():
        message = db.session.scalars(select(Message).where(Message.external_id == "post_2")).one()
        conversation = db.session.scalars(select(Conversation).where(Conversation.external_id == "post_1")).one()
        return message.direction, message.contact_id is not None, conversation.status


@pytest.mark.parametrize("stranger", [UNSIGNED, UNKNOWN])
@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_once_known_as_ours_it_stays_ours(ana: Agency, account: UUID, stranger: IncomingItem, order: Any) -> None:
    keep(ana, account, ASKED)
    for place in order:
        keep(ana, account, (NAMED, stranger, stranger)[place])
    assert seen(ana) == ("out", False, "closed")


def test_an_event_that_names_nobody_is_mended_by_the_next_poll(ana: Agency, account: UUID) -> None:
    keep(ana, account, ASKED, UNKNOWN, known_stay=True)
    assert seen(ana) == ("in", True, "open")
    keep(ana, account, ASKED, NAMED)
    assert seen(ana) == ("out", False, "closed")


def test_what_we_sent_stays_ours_though_the_platform_hides_its_author(ana: Agency, account: UUID) -> None:
    keep(ana, account, ASKED)
    with ana.entered():
        conversation = db.session.scalars(select(Conversation)).one()
        found = db.session.scalars(select(Account).where(Account.id == account)).one()
        sent = {"parent_external_id": "post_1", "text": "We are sorry", "written_at": at(3), "author_name": "The Brand"}
        record_sent(found, conversation.id, external_id="post_2", reply_id=new_id(), **sent)
    keep(ana, account, ASKED, UNSIGNED)
    assert seen(ana) == ("out", False, "closed")
