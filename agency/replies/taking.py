"""Choosing among the versions of a draft: go on from one, join one to the draft, set one aside. Nothing gets lost."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select, update

from agency.inbox import desk as inbox_desk
from agency.inbox.models import Conversation
from agency.replies import changing, desk, keeping, versions
from agency.replies.models import Reply
from agency.replies.versions import VersionRow
from agency.replies.words import accepted
from tenants import audit, clock
from tenants.database import db
from tenants.errors import Forbidden, NotFound
from tenants.permissions import Actor, Permission, require


def take(actor: Actor, conversation_id: UUID, version_id: UUID) -> None:
    """These words become what the draft says, still their author's; what it said before is kept as a version.

    Claims the case. Raises NotFound, Forbidden, Conflict `held` or `submitted`, Invalid where nothing can be answered,
    and for more words than a reply has.
    """
    version, row = _chosen(actor, conversation_id, version_id)
    author = (version.author_id, version.author_name)
    _put(actor, conversation_id, version, row, accepted(version.text), author)


def join(actor: Actor, conversation_id: UUID, version_id: UUID) -> None:
    """These words stand below what the draft says; both are the joiner's then. Raises as `take`, and Invalid where the
    two together are too long.
    """
    version, row = _chosen(actor, conversation_id, version_id)
    is_draft = row is not None and row.state == "draft"
    words = accepted(f"{row.text}\n\n{version.text}") if row is not None and is_draft else version.text
    _put(actor, conversation_id, version, row, words, (actor.user_id, actor.name))


def set_aside(actor: Actor, conversation_id: UUID, version_id: UUID) -> None:
    """Nobody is asked about these words any more: by their author or a lead. Raises NotFound, Forbidden."""
    version = versions.version_of(conversation_id, version_id)
    require(actor, Permission.REPLY_WRITE, _brand_of(conversation_id))
    if version.author_id != actor.user_id and not actor.may(Permission.CONVERSATION_REASSIGN):
        raise Forbidden(
            "Only whoever typed these words, or a team lead, sets them aside. Nothing was changed. Ask one of them."
        )
    versions.settle(version_id)


def _chosen(actor: Actor, conversation_id: UUID, version_id: UUID) -> tuple[VersionRow, keeping.DraftRow | None]:
    require(actor, Permission.REPLY_WRITE, _brand_of(conversation_id))
    inbox_desk.claim(actor, conversation_id)
    db.session.execute(
        select(Conversation.id).where(Conversation.id == conversation_id).with_for_update(key_share=True)
    )
    version = versions.version_of(conversation_id, version_id)
    return version, keeping.draft_row(conversation_id, version.changes_reply_id)


def _put(
    actor: Actor,
    conversation_id: UUID,
    version: VersionRow,
    row: keeping.DraftRow | None,
    words: str,
    author: tuple[UUID, str],
) -> None:
    """The conversation is locked, and so nobody else begins or hands in a draft of it meanwhile."""
    if row is not None and row.state in keeping.BUSY_STATES:
        raise keeping.submitted(row.state)
    if row is None or row.state != "draft":
        if version.changes_reply_id is not None:
            changing.start_change(actor, version.changes_reply_id, words)
        else:
            desk.start_draft(actor, conversation_id, words, author=author)
    elif row.text != words:
        versions.remember(row, conversation_id, version.changes_reply_id)
        db.session.execute(
            update(Reply)
            .where(Reply.id == row.id, Reply.state == "draft")
            .values(
                draft_text=words,
                draft_version=Reply.draft_version + 1,
                draft_by=author[0],
                draft_by_name=author[1],
                draft_at=clock.now(),
                draft_form=None,
                draft_turn=0,
            )
            .execution_options(synchronize_session=False)
        )
        audit.record(
            actor, "reply.take_version", "reply", row.id, brand_id=row.brand_id, from_person=str(version.author_id)
        )
    versions.settle(version.id)


def _brand_of(conversation_id: UUID) -> UUID:
    found = db.session.execute(select(Conversation.brand_id).where(Conversation.id == conversation_id)).scalar()
    if found is None:
        raise NotFound()
    return found
