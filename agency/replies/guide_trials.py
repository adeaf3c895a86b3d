"""A version of a style guide held against the last replies of its brand, before it comes in force."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Select, bindparam, select

from agency.inbox.models import Conversation
from agency.replies.checks import words_kind
from agency.replies.joins import CASE_OF_REPLY, WORDS_OF_REPLY
from agency.replies.models import NOT_LEFT, Reply, ReplyText
from styleguides import guides
from styleguides.check import CheckContext, compile_rules
from styleguides.rules import rules_from_data
from styleguides.trial import Trial, WrittenText, hold_against
from tenants.database import db
from tenants.permissions import Actor, Permission, require

MOST_HELD: Final = 200


class HeldReply(NamedTuple):
    """A reply that left its writer's hands."""

    id: UUID
    platform: str
    kind: str
    private: bool
    state: str
    at: datetime
    written_by_name: str


def try_version(actor: Actor, brand_id: UUID, number: int, reader_language: str | None = None) -> Trial[HeldReply]:
    """Hold a version against the brand's last 200 replies that were sent or handed in, newest first.

    The replies are read in one statement, whatever became of them. Raises NotFound, Forbidden.
    """
    require(actor, Permission.REPLY_READ, brand_id)
    version = guides.get_version(actor, brand_id, number)
    in_force, brand_language = guides.guide_and_language(brand_id)
    before = in_force.compiled if in_force is not None else compile_rules(())
    draft = compile_rules(rules_from_data(version.rules))
    return hold_against(draft, before, _last_replies(brand_id, brand_language, reader_language))


def newest_replies(brand_id: UUID) -> Select[UUID]:
    """Ids of the brand's last replies that left their writers' hands; the states as words, so that the index fits."""
    states: Any = bindparam("states", NOT_LEFT, expanding=True, literal_execute=True)
    return (
        select(Reply.id)
        .where(Reply.brand_id == brand_id, Reply.state.not_in(states), Reply.deed != "withdraw")
        .order_by(Reply.id.desc())
        .limit(MOST_HELD)
    )


def _last_replies(brand_id: UUID, brand_language: str, reader_language: str | None) -> list[WrittenText[HeldReply]]:
    newest = newest_replies(brand_id).subquery()
    rows = db.session.execute(
        select(
            Reply.id,
            Reply.platform,
            Reply.kind,
            Reply.private,
            Reply.state,
            Reply.state_since,
            Reply.written_by_name,
            Reply.complaint,
            ReplyText.by_approver,
            Reply.began_with,
            ReplyText.text,
            Conversation.kind,
            Conversation.stars,
            Conversation.author_name,
        )
        .join(newest, newest.c.id == Reply.id)
        .join(ReplyText, WORDS_OF_REPLY)
        .join(Conversation, CASE_OF_REPLY)
        .order_by(Reply.id.desc())
    )
    return [
        WrittenText(
            HeldReply._make(row[:7]),
            text,
            CheckContext(
                platform=row.platform,
                kind=words_kind(kind, private=row.private),
                stars=stars,
                customer_name=name,
                complaint=bool(complaint),
                began_with=None if by_approver else began_with,
                brand_language=brand_language,
                reader_language=reader_language,
            ),
        )
        for row in rows
        for complaint, by_approver, began_with, text, kind, stars, name in [row[7:]]
    ]
