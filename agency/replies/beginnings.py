"""Drafts that begin from a saved reply, its variables filled from the case, or from an earlier answer: what it said is
kept with the draft.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, select

from agency.inbox.case import Case, read_case
from agency.replies.answering import OPEN
from agency.replies.models import Reply, ReplyText
from styleguides.guides import guide_and_language
from styleguides.names import first_name
from styleguides.rule_kinds import NoPersonalData
from styleguides.saved_replies import SavedReplyRow, get_saved_reply
from styleguides.variables import Filled, fill, order_in
from styleguides.wording import likeness, wording_of
from tenants.database import db
from tenants.errors import Invalid, NotFound, worded
from tenants.permissions import Actor


class Beginning(NamedTuple):
    """One text of a saved reply, ready for a case. What nobody could fill still stands in it in braces."""

    language: str
    filled: Filled


def values_for(case: Case) -> Mapping[str, str | None]:
    """What each of `styleguides.variables.VARIABLES` stands for in this case; None where nothing tells."""
    guide, _language = guide_and_language(case.brand_id)
    patterns = [
        pattern
        for rule in (guide.rules if guide else ())
        if isinstance(rule, NoPersonalData)
        for pattern in rule.order_patterns
    ]
    return {
        "customer_name": first_name(case.customer_name),
        "order": order_in(case.all_words, patterns),
        "location": case.account_name if case.platform == "google_business" else None,
        "brand": case.brand_name,
        "my_name": next(iter(case.actor.name.split()), None),
    }


def beginnings(saved: SavedReplyRow, values: Mapping[str, str | None]) -> Sequence[Beginning]:
    """Its texts in their order, filled."""
    return [Beginning(one["language"], fill(one["text"], values)) for one in saved.texts]


def begin_from(actor: Actor, reply: Reply, saved_reply_id: UUID | None, words: str) -> None:
    """Keep with a draft which saved reply it began from; None leaves what is kept.

    Of several texts it is the one these words are most like. Raises Invalid for one that is not the brand's or the
    agency's; one that was put away meanwhile is kept all the same.
    """
    if saved_reply_id is None or saved_reply_id == reply.saved_reply_id or reply.deed != "reply":
        return
    reply.began_with = words_begun_with(actor, reply.conversation_id, reply.brand_id, saved_reply_id, words)
    reply.saved_reply_id = saved_reply_id


def begin_from_earlier(reply_id: UUID, earlier_id: UUID | None) -> None:
    """Keep with a draft which earlier answer of its brand it began from; None, or any other id, leaves what is kept."""
    reply = db.session.execute(select(Reply).where(Reply.id == reply_id)).scalar_one() if earlier_id else None
    if reply is None or earlier_id is None or reply.deed != "reply" or reply.state not in OPEN:
        return
    words = words_of_earlier(reply.brand_id, earlier_id)
    if words is not None and words != reply.began_with:
        reply.began_with, reply.saved_reply_id = words, None


def words_of_earlier(brand_id: UUID, earlier_id: UUID) -> str | None:
    """The words a published answer of the brand was sent with; None where there is no such answer."""
    return db.session.execute(
        select(ReplyText.text)
        .join(Reply, and_(Reply.agency_id == ReplyText.agency_id, Reply.text_id == ReplyText.id))
        .where(Reply.id == earlier_id, Reply.brand_id == brand_id, Reply.state == "published", Reply.deed == "reply")
    ).scalar()


def words_begun_with(actor: Actor, conversation_id: UUID, brand_id: UUID, saved_reply_id: UUID, words: str) -> str:
    """The text of a saved reply, filled from the case, that these words are most like. Raises as `begin_from`."""
    try:
        saved = get_saved_reply(actor, saved_reply_id)
    except NotFound:
        saved = None
    if saved is None or saved.brand_id not in (None, brand_id):
        raise Invalid(
            "This brand has no such saved reply. Nothing was saved. Choose another, or write without one.",
            code="unknown_saved_reply",
            errors={"saved_reply_id": [worded("is none of this brand's or the agency's")]},
        )
    case = read_case(actor, conversation_id)
    written = wording_of(words, case.customer_name).features
    best = max(
        beginnings(saved, values_for(case)),
        key=lambda one: likeness(wording_of(one.filled.text, case.customer_name).features, written),
    )
    return best.filled.text
