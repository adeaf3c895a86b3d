"""What stands around a reply and its rules ask about. Each part is read when it is first asked for; for many replies at
once `agency.replies.around_many` reads every part ahead, so that the very same rules cost no statement of their own.
"""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select

from agency.inbox import outgoing
from agency.inbox.case import case_facts, with_complaint
from agency.inbox.models import Conversation, Message
from agency.replies import standing
from agency.replies.models import NOT_LEFT, Reply, ReplyText
from styleguides.brand_check import Ready
from styleguides.scenarios import CaseFacts
from tenants.database import db
from tenants.errors import NotFound
from tenants.models import Brand, Person

IN_FLIGHT_STATES = ("awaiting_approval", "approved", "publishing", "outcome_unknown")


class Base(NamedTuple):
    """The published reply that this one changes or takes back: whether another was published for it since, whether its
    message is gone, what that message says and what we published. Both None where no message of it is known.
    """

    state: str
    has_later: bool
    is_gone: bool
    shown: str | None
    published: str | None


class Around:
    """The surroundings of one reply. Rules read them here and nowhere else.

    `ready` and `people` are for whoever read them ahead: the brand's guide and facts, and who may decide now.
    `is_told_with_others`: its case is told within another, or others within it; True where nobody looked.
    `has_passed`: the check kept with its words still holds (`agency.replies.checks`); None where nobody asked.
    """

    ready: Ready | None = None
    people: list[Person] | None = None
    is_told_with_others = True
    has_passed: bool | None = None

    def __init__(self, reply: Reply) -> None:
        self.reply = reply

    def know(self, **parts: Any) -> None:
        """These parts were read already."""
        vars(self).update(parts)

    def knows(self, part: str) -> bool:
        """Whether this part was read already."""
        return part in vars(self)

    @cached_property
    def text(self) -> ReplyText:
        """The words the reply has now."""
        return db.session.execute(select(ReplyText).where(ReplyText.id == self.reply.text_id)).scalar_one()

    @cached_property
    def message(self) -> Message:
        """The customer's message it answers."""
        return message_of(self.reply)

    @cached_property
    def conversation(self) -> Conversation:
        """The conversation it belongs to."""
        return conversation_of(self.reply)

    @cached_property
    def brand(self) -> Brand:
        """The brand whose voice it uses."""
        return brand_of(self.reply)

    @cached_property
    def case(self) -> CaseFacts:
        """What it answers, as the reply remembers it."""
        return case_of(self.reply)

    @cached_property
    def answer(self) -> standing.Standing | None:
        """What stands already where it would go."""
        return standing.answer_of(self.reply)

    @cached_property
    def post_external_id(self) -> str | None:
        """The post that what it answers stands under, by its platform's id."""
        found: str | None = self.conversation.context.get("external_id")
        return found

    @cached_property
    def last_written_at(self) -> datetime | None:
        """When the person last wrote in this conversation."""
        return outgoing.last_written_to_us(self.reply.conversation_id)

    @cached_property
    def other_private(self) -> UUID | None:
        """Another message to the person about the same comment, on its way or sent."""
        return db.session.execute(
            select(Reply.id)
            .where(
                Reply.in_reply_to_id == self.reply.in_reply_to_id,
                Reply.id != self.reply.id,
                Reply.private,
                Reply.state.in_((*IN_FLIGHT_STATES, "published")),
            )
            .limit(1)
        ).scalar()

    @cached_property
    def base(self) -> Base:
        """What it changes or takes back; only of a reply that does."""
        base = base_of(self.reply)
        later = db.session.execute(
            select(Reply.id)
            .where(Reply.changes_reply_id == base.id, Reply.state == "published", Reply.id != self.reply.id)
            .limit(1)
        ).first()
        shown = db.session.execute(
            select(Message.deleted_at, Message.text, ReplyText.text)
            .join(ReplyText, (ReplyText.agency_id == Message.agency_id) & (ReplyText.id == base.text_id))
            .where(Message.reply_id == base.id)
            .limit(1)
        ).first()
        deleted_at, says, published = shown if shown is not None else (None, None, None)
        return Base(base.state, later is not None, deleted_at is not None, says, published)


def message_of(reply: Reply) -> Message:
    """The customer's message this reply answers."""
    return db.session.execute(select(Message).where(Message.id == reply.in_reply_to_id)).scalar_one()


def conversation_of(reply: Reply) -> Conversation:
    """The conversation the reply belongs to."""
    return db.session.execute(select(Conversation).where(Conversation.id == reply.conversation_id)).scalar_one()


def brand_of(reply: Reply) -> Brand:
    """The brand whose voice the reply uses."""
    brand = db.session.execute(select(Brand).where(Brand.id == reply.brand_id)).scalar_one_or_none()
    if brand is None:
        raise NotFound()
    return brand


def base_of(reply: Reply) -> Reply:
    """The published reply that this one changes or takes back."""
    return db.session.execute(select(Reply).where(Reply.id == reply.changes_reply_id)).scalar_one()


def case_of(reply: Reply) -> CaseFacts:
    """What the reply answers: the customer's words up to that message, so that what they write later changes nothing.

    Whether it is a complaint is remembered with a reply that left its writer: what the customer changes in earlier
    messages shall not stop it either.
    """
    facts = case_facts(reply.conversation_id, reply.in_reply_to_id)
    if facts is None:
        raise NotFound()
    return remembered(facts, reply.state, reply.complaint)


def remembered(facts: CaseFacts, state: str, complaint: bool | None) -> CaseFacts:
    """The case as a reply in this state remembers it; a draft remembers nothing."""
    return facts if state in NOT_LEFT else with_complaint(facts, complaint)
