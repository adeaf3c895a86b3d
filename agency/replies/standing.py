"""What already stands where a reply would go: a review has one answer, and somebody may have written it elsewhere.

The agency sees it and decides: theirs stays and the draft is given up, or ours takes its place, knowingly. Nothing
overwrites words nobody here has read.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Text, any_, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from agency.inbox.incoming import REPLY_SUFFIX
from agency.inbox.models import Message
from agency.replies.models import Reply, ReplyText
from agency.replies.words import hash_of
from channels.matching import same_text
from tenants.database import db
from tenants.errors import Conflict, worded

ANSWERED_ELSEWHERE = worded(
    "This review has an answer already, written on Google itself, and it can have one only. Nothing was sent; "
    "your words are kept. Keep that answer and drop your draft, or choose to put yours in its place."
)
ANSWERED_ALREADY = worded(
    "Our own answer stands on this review already, and it can have one only. Nothing was sent; your words are kept. "
    "Change that answer instead."
)
ANSWER_CHANGED = worded(
    "The answer that yours was to take the place of is another one now, or gone. Nothing was sent; "
    "your words are kept. Look at what stands there and choose again."
)


class Standing(NamedTuple):
    """The answer on the platform. `is_foreign`: its words are not those we published."""

    text: str
    is_foreign: bool
    reply_id: UUID | None


def answer_of(reply: Reply) -> Standing | None:
    """The answer the review has now, as far as we know; None for none, for one the platform rejected, and elsewhere."""
    if reply.platform != "google_business":
        return None
    return answer_to(reply.account_id, reply.in_reply_to_external_id)


def answer_to(account_id: UUID, review_external_id: str) -> Standing | None:
    """The answer this review of a Google account has, but for one the platform rejected."""
    return answers_to([(account_id, review_external_id)]).get((account_id, review_external_id))


def answers_to(reviews: Collection[tuple[UUID, str]]) -> dict[tuple[UUID, str], Standing]:
    """The same of several reviews, each by its account and id; one statement."""
    rows = db.session.execute(
        select(Message.account_id, Message.external_id, Message.text, Message.reply_id, ReplyText.text.label("ours"))
        .outerjoin(Reply, (Reply.agency_id == Message.agency_id) & (Reply.id == Message.reply_id))
        .outerjoin(ReplyText, (ReplyText.agency_id == Reply.agency_id) & (ReplyText.id == Reply.text_id))
        .where(
            Message.account_id.in_({account_id for account_id, _review in reviews}),
            Message.external_id == any_(literal([review + REPLY_SUFFIX for _account, review in reviews], ARRAY(Text))),
            Message.deleted_at.is_(None),
            Message.moderation.is_distinct_from("rejected"),
        )
    )
    return {
        (row.account_id, row.external_id.removesuffix(REPLY_SUFFIX)): Standing(
            row.text, row.ours is None or not same_text(row.text, row.ours), row.reply_id
        )
        for row in rows
    }


def hash_of_replaced(reply: Reply) -> str:
    """The hash of the answer this one is to take the place of; empty for none."""
    return hash_of(reply.replaces_text) if reply.replaces_text is not None else ""


def refuse_standing(reply: Reply) -> None:
    """Raise Conflict `answered_elsewhere`, `answered_already` or `replaced_changed` where other words stand than the
    writer chose to replace. What is there is in the conflict's `standing`.
    """
    if reply.deed == "reply":
        refuse_words_there(reply, answer_of(reply))


def refuse_words_there(reply: Reply, answer: Standing | None) -> None:
    """The same of a plain answer, where `answer` is what stands there."""
    if answer is not None and answer.reply_id == reply.id:
        return
    if reply.replaces_text is not None:
        if answer is None or not same_text(answer.text, reply.replaces_text):
            raise Conflict(ANSWER_CHANGED, code="replaced_changed", standing=answer.text if answer else None)
    elif answer is not None and answer.is_foreign:
        raise Conflict(ANSWERED_ELSEWHERE, code="answered_elsewhere", standing=answer.text)
    elif answer is not None:
        raise Conflict(ANSWERED_ALREADY, code="answered_already", reply_id=str(answer.reply_id))
