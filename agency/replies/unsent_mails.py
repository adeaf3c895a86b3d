"""Mails about somebody's words that have not left when the person is erased: their words go, and they never leave."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import or_, select, union, update

from agency.inbox.models import Conversation, Message
from agency.notices.models import Notice
from agency.replies.models import ApprovalRequest, Reply
from tenants import clock
from tenants.database import db
from tenants.models import OutgoingMail

ERASED = "erased: the mail was about somebody who is forgotten"


def take_back(contact_ids: Collection[UUID]) -> int:
    """Take back what waits to be mailed about these people's cases and the replies to them; returns how many mails.

    Ask before who they are is forgotten. What has left is not ours to take back.
    """
    cases = select(Conversation.id).where(Conversation.contact_id.in_(contact_ids))
    theirs = select(Message.id).where(Message.contact_id.in_(contact_ids))
    replies = select(Reply.id).where(or_(Reply.conversation_id.in_(cases), Reply.in_reply_to_id.in_(theirs)))
    mails = union(
        select(ApprovalRequest.mail_id).where(ApprovalRequest.reply_id.in_(replies)),
        select(Notice.mail_id).where(or_(Notice.subject_id.in_(replies), Notice.subject_id.in_(cases))),
    )
    taken = db.session.execute(
        update(OutgoingMail)
        .where(OutgoingMail.id.in_(mails), OutgoingMail.sent_at.is_(None), OutgoingMail.sealed.is_not(None))
        .values(sealed=None, given_up_at=clock.now(), last_error=ERASED)
        .returning(OutgoingMail.id)
        .execution_options(synchronize_session=False)
    )
    return len(taken.all())
