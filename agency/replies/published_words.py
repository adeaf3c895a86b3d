"""Of replies that stand published: their words, to whom and in whose name, read once for all that follows from it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import and_, func, select

from agency.inbox.models import Contact, Conversation
from agency.replies.customer_promise_models import CustomerPromise
from agency.replies.joins import CASE_OF_REPLY, WORDS_OF_REPLY, id_list, one_of_given
from agency.replies.models import Reply, ReplyText
from channels.models import Account
from tenants.brand_hours import hours_beside
from tenants.kept_select import KeptSelect
from tenants.models import Brand


class PublishedWords(NamedTuple):
    """`language`, `zone` and `hours` are the brand's, `hours` as `tenants.brand_hours.hours_beside` reads them.
    `has_open`: something was promised in the conversation and has not ended.
    """

    text_id: UUID
    text: str
    account_name: str
    customer_name: str | None
    contact_id: UUID | None
    language: str
    zone: str
    hours: list[Any] | None
    has_open: bool


_HAS_OPEN: Final = (
    select(CustomerPromise.id)
    .where(
        CustomerPromise.agency_id == Reply.agency_id,
        CustomerPromise.conversation_id == Reply.conversation_id,
        CustomerPromise.ended.is_(None),
    )
    .correlate(Reply)
    .exists()
)
_WORDS: Final = KeptSelect(
    select(
        Reply.id,
        ReplyText.id,
        ReplyText.text,
        Account.name,
        func.coalesce(Contact.name, Conversation.author_name),
        Conversation.contact_id,
        Brand.language,
        Brand.time_zone,
        hours_beside(Brand.agency_id, Brand.id),
        _HAS_OPEN,
    )
    .join(ReplyText, WORDS_OF_REPLY)
    .join(Conversation, CASE_OF_REPLY)
    .join(Brand, and_(Brand.agency_id == Reply.agency_id, Brand.id == Reply.brand_id))
    .join(
        Account,
        and_(Account.agency_id == Reply.agency_id, Account.id == Reply.account_id, Account.brand_id == Reply.brand_id),
    )
    .outerjoin(Contact, and_(Contact.agency_id == Conversation.agency_id, Contact.id == Conversation.contact_id))
    .where(one_of_given(Reply.id, "reply_ids"))
    .order_by(Reply.id)
)


def words_of(reply_ids: Collection[UUID]) -> dict[UUID, PublishedWords]:
    """By reply, those of the scope in the order of their ids. One statement."""
    return {row[0]: PublishedWords._make(row[1:]) for row in _WORDS.rows({"reply_ids": id_list(reply_ids)})}
