"""What was asked about cases of a customer who is erased: it goes, with mails about it that have not left."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import delete, select, update

from agency.inbox.loops.mails import take_back_mail
from agency.inbox.loops.models import LoopAsking
from agency.inbox.models import Conversation
from agency.inbox.signs import IN_LOOP
from tenants.database import db


def forget(contact_ids: Collection[UUID]) -> None:
    """Questions, what was shown and answers; their links lead nowhere from now on."""
    cases = select(Conversation.id).where(Conversation.contact_id.in_(contact_ids))
    for asking in db.session.scalars(select(LoopAsking).where(LoopAsking.conversation_id.in_(cases))):
        take_back_mail(asking)
    quiet = {"synchronize_session": False}
    db.session.execute(delete(LoopAsking).where(LoopAsking.conversation_id.in_(cases)).execution_options(**quiet))
    db.session.execute(
        update(Conversation)
        .where(Conversation.contact_id.in_(contact_ids), Conversation.signs.op("&")(IN_LOOP) != 0)
        .values(signs=Conversation.signs.op("&")(~IN_LOOP))
        .execution_options(**quiet)
    )
