"""Mails about somebody's words that have not left when the person is erased: their words go, and they never leave."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Select, or_, select, union, update

from agency.inbox.models import Conversation, Message
from agency.notices.holding import promise
from agency.notices.models import Notice
from agency.replies.approval_mail import KIND
from agency.replies.models import Approval, ApprovalRequest, Reply
from tenants import clock
from tenants.database import db
from tenants.models import OutgoingMail
from tenants.outbox import JobName

ERASED = "erased: the mail was about somebody who is forgotten"


def take_back(contact_ids: Collection[UUID]) -> int:
    """Take back what waits to be mailed about these people's cases and the replies to them; returns how many mails.

    Ask before who they are is forgotten. What has left is not ours to take back.
    """
    cases = select(Conversation.id).where(Conversation.contact_id.in_(contact_ids))
    theirs = select(Message.id).where(Message.contact_id.in_(contact_ids))
    replies = select(Reply.id).where(or_(Reply.conversation_id.in_(cases), Reply.in_reply_to_id.in_(theirs)))
    mails = union(
        select(Approval.outcome_mail_id).where(Approval.reply_id.in_(replies)),
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
    mail_ids = list(taken.scalars())
    db.session.execute(
        update(Notice)
        .where(Notice.subject_id.in_(replies), Notice.kind == KIND, Notice.mailed_at.is_(None))
        .values(mail_due_at=None)
        .execution_options(synchronize_session=False)
    )
    _ask_about_others(mail_ids, replies)
    return len(mail_ids)


def _ask_about_others(mail_ids: Collection[UUID], replies: Select[UUID]) -> None:
    """A mail about several replies is made anew about those to other people."""
    others = db.session.execute(
        update(Notice)
        .where(
            Notice.mail_id.in_(mail_ids),
            Notice.kind == KIND,
            Notice.settled_at.is_(None),
            Notice.subject_id.not_in(replies),
        )
        .values(mail_id=None, mailed_at=None, mail_due_at=clock.now())
        .returning(Notice.of_brand_id, Notice.person_id)
        .execution_options(synchronize_session=False)
    )
    db.session.execute(
        update(Approval)
        .where(Approval.outcome_mail_id.in_(mail_ids), Approval.reply_id.not_in(replies))
        .values(outcome_mail_id=None, outcome_told_at=None)
        .execution_options(synchronize_session=False)
    )
    for brand_id, person_id in sorted({(row.of_brand_id, row.person_id) for row in others}):
        promise(JobName.MAIL_WAITING, brand_id, person_id, clock.now())
