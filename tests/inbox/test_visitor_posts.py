"""A visitor's post and the comments beneath are one conversation, though an event does not say whose post it names."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from agency.inbox.intake import store_page
from agency.inbox.models import Conversation, Message
from channels.items import IncomingItem, PostContext
from channels.models import Account
from tenants.database import db
from tests.factories import Agency, Factory
from tests.inbox.items import at, comment, page

POST = PostContext("900_1", None, None, None)


def visitor_post(**more: Any) -> IncomingItem:
    root = {"external_id": "900_1", "thread_external_id": "900_1", "kind": "post"}
    return comment(0, "Is the pool open?", **root, **more)


@pytest.fixture
def facebook(make: Factory, ana: Agency) -> UUID:
    return make.account(ana, platform="facebook")


@pytest.mark.parametrize("pages", [1, 2])
def test_a_comment_stands_under_the_visitors_post_it_names(ana: Agency, facebook: UUID, pages: int) -> None:
    items = [visitor_post(), comment(1, "Good question", context=POST), comment(2, "Yes", under=1, context=POST)]
    with ana.entered():
        account = db.session.scalars(select(Account).where(Account.id == facebook)).one()
        for some in [items] if pages == 1 else [items[:1], items[1:]]:
            store_page(account, page(*some), now=at(60))
        (conversation,) = db.session.scalars(select(Conversation))
        assert (conversation.external_id, conversation.kind, conversation.message_count) == ("900_1", "post", 3)
        assert len(set(db.session.scalars(select(Message.conversation_id)))) == 1


def test_what_an_event_does_not_say_of_a_post_stays_as_a_poll_said_it(ana: Agency, facebook: UUID) -> None:
    told = PostContext("post", "Autumn menu", "https://example.com/p", "photo")
    with ana.entered():
        account = db.session.scalars(select(Account).where(Account.id == facebook)).one()
        store_page(account, page(comment(1, context=told)), now=at(60))
        thin = PostContext("post", None, None, None)
        store_page(account, page(comment(2, under=1, context=thin)), now=at(60), known_stay=True)
        (conversation,) = db.session.scalars(select(Conversation))
        assert conversation.context["text"] == "Autumn menu"
