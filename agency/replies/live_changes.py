"""What became of a published answer on its platform: noted once for each change, and told to whoever has to act.

It is seen by the looks after sending, by a slow sweep (`agency.replies.live_sweep`), and in what polls and events bring
of messages that are ours. Where it stands no more, the customer is owed an answer again and the case comes back.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, select

from agency.inbox import outgoing
from agency.inbox.models import Message
from agency.replies import checks, lapsed_promises
from agency.replies.live_models import AWAY as AWAY
from agency.replies.live_models import LiveChange
from agency.replies.live_telling import tell
from agency.replies.models import Reply
from agency.replies.moves import locked, text_of
from agency.replies.promises import database_now
from agency.replies.targets import account_of
from agency.replies.words import hash_of
from channels.matching import same_text
from tenants import audit
from tenants.database import db
from tenants.errors import worded
from tenants.logs import get_logger

ENDED = ("replaced", "withdrawn")
"""By a change or a taking back of our own; what is seen there now is of that one."""

REASONS = {
    "removed": worded(
        "This reply was there and is gone. It was not taken back here. The customer is owed an answer: look on the "
        "platform before you write a new one."
    ),
    "hidden": worded("The platform hides this reply from other people. Its words are as they were."),
    "edited": worded("Other words stand there now than the ones we sent. Nobody changed them here."),
    "gone_along": worded("What this reply answered is gone, and the reply with it."),
}
NOT_SEEN = {
    "reply": worded("The platform accepted this reply, but does not show it. It is not sent again by itself."),
    "edit": worded(
        "The platform accepted the change, but still shows the earlier words. It is not sent again by itself."
    ),
    "withdraw": worded(
        "The platform accepted that this is taken back, but still shows it. It is not sent again by itself."
    ),
}

log = get_logger("live_changes")


@dataclass(frozen=True)
class Seen:
    """How an answer stands, one of `LIVE_STATES`. `text`: the words there where they are not ours, `reason`: the
    platform's own word.
    """

    state: str
    reason: str | None = None
    text: str | None = None


def note(reply: Reply, seen: Seen, seen_by: str) -> bool:
    """Keep that a published answer is seen to stand so; False where that was known. The reply must be locked.

    What changed goes to the record, to the message in its case, and to whoever sent it or said yes to it.
    """
    before = reply.live_state
    if reply.state != "published" or before in ENDED or (before in AWAY and seen.state == "removed"):
        return False
    if seen.state == "removed" and checks.message_of(reply).deleted_at is not None:
        seen = Seen("gone_along")
    text_hash = None if seen.text is None else hash_of(seen.text)
    if seen.state == before and (seen.state != "edited" or text_hash == _last_hash(reply.id)):
        return False
    reply.live_state = seen.state
    reply.state_reason = _why(reply, seen)
    db.session.add(
        LiveChange(
            agency_id=reply.agency_id,
            brand_id=reply.brand_id,
            reply_id=reply.id,
            from_state=before,
            to_state=seen.state,
            seen_by=seen_by,
            reason=seen.reason,
            text_hash=text_hash,
        )
    )
    lapsed_promises.follow(reply, before)
    _show(reply, seen, seen_by)
    audit.record(
        None,
        "reply.changed_on_platform",
        "reply",
        reply.id,
        brand_id=reply.brand_id,
        from_state=before,
        to_state=seen.state,
        seen_by=seen_by,
        text_hash=text_hash,
        reason=seen.reason,
    )
    tell(reply, seen.state)
    log.info("stands_differently", reply_id=str(reply.id), state=seen.state, seen_by=seen_by)
    return True


def supersede_earlier(reply: Reply) -> None:
    """A change or taking back of ours was seen to stand: what it changed is not what is there any more."""
    if reply.deed == "reply" or reply.live_state not in ("visible", "withdrawn"):
        return
    earlier = db.session.scalars(
        select(Reply)
        .where(
            Reply.conversation_id == reply.conversation_id,
            or_(Reply.id == reply.changes_reply_id, Reply.changes_reply_id == reply.changes_reply_id),
            Reply.id < reply.id,
            Reply.state == "published",
            Reply.deed != "withdraw",
            or_(Reply.live_state.is_(None), Reply.live_state.not_in(ENDED)),
        )
        .order_by(Reply.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    for one in earlier:
        state = "withdrawn" if reply.deed == "withdraw" else "replaced"
        db.session.add(
            LiveChange(
                agency_id=one.agency_id,
                brand_id=one.brand_id,
                reply_id=one.id,
                from_state=one.live_state,
                to_state=state,
                seen_by="us",
            )
        )
        one.live_state, one.live_due_at = state, None


def compare_conversation(conversation_id: UUID, seen_by: str) -> int:
    """Hold what polls and events brought of our own messages against the answers they are; returns how many differ."""
    ours = select(Message.reply_id).where(Message.conversation_id == conversation_id, Message.reply_id.is_not(None))
    wanted = select(Reply.id).where(Reply.id.in_(ours), Reply.state == "published", Reply.deed != "withdraw")
    changed = 0
    for reply_id in list(db.session.scalars(wanted.order_by(Reply.id))):
        reply = locked(reply_id)
        messages = db.session.scalars(
            select(Message)
            .where(Message.conversation_id == conversation_id, Message.reply_id == reply_id)
            .execution_options(populate_existing=True)
        ).all()
        if messages:
            changed += note(reply, _seen_in(reply, messages[0]), seen_by)
    return changed


def _seen_in(reply: Reply, message: Message) -> Seen:
    if message.deleted_at is not None:
        return Seen("removed")
    violation = checks.conversation_of(reply).context.get("violation") if message.moderation == "rejected" else None
    return judged(
        reply,
        message.text,
        hidden=message.hidden,
        moderation=message.moderation or "published",
        violation=str(violation) if violation else None,
    )


def judged(reply: Reply, text: str, *, hidden: bool, moderation: str, violation: str | None) -> Seen:
    """How an answer stands that was read with these words."""
    if moderation == "rejected":
        return Seen("rejected", violation)
    if not same_text(text, text_of(reply).text):
        if reply.deed == "edit" and same_text(text, text_of(checks.base_of(reply)).text):
            return Seen("not_seen")
        return Seen("edited", text=text)
    if moderation == "pending":
        return Seen("pending")
    return Seen("hidden" if hidden else "visible")


def _show(reply: Reply, seen: Seen, seen_by: str) -> None:
    """In the case, as far as whoever saw it has not done so."""
    account, private = account_of(reply), reply.private and reply.kind != "message"
    if seen.state in ("rejected", "removed", "not_seen") and not (reply.deed == "edit" and seen.state == "not_seen"):
        outgoing.does_not_stand(
            account,
            reply.conversation_id,
            platform_id=reply.platform_id or "",
            answered_external_id=reply.in_reply_to_external_id,
            rejected=seen.state == "rejected",
            now=database_now(),
            private=private,
        )
    elif seen.state in ("visible", "hidden", "edited", "pending") and seen_by in ("look", "sweep"):
        outgoing.seen_there(
            account,
            reply.conversation_id,
            reply_id=reply.id,
            text=seen.text if seen.text is not None else text_of(reply).text,
            hidden=seen.state == "hidden",
            moderation=_moderation(reply.platform, seen.state),
            now=database_now(),
        )


def _moderation(platform: str, state: str) -> str | None:
    if state == "pending":
        return "pending"
    return "published" if platform == "google_business" else None


def _why(reply: Reply, seen: Seen) -> str | None:
    """Why it does not stand as it was sent, in a sentence; the platform's own word where it gives one."""
    if seen.state == "rejected":
        if seen.reason:
            return worded("The platform does not show this reply. Its reason: %(violation)s.", violation=seen.reason)
        return worded("The platform does not show this reply. It gives no reason.")
    if seen.state == "not_seen":
        return NOT_SEEN[reply.deed]
    return REASONS.get(seen.state)


def _last_hash(reply_id: UUID) -> str | None:
    last = select(LiveChange.text_hash).where(LiveChange.reply_id == reply_id).order_by(LiveChange.id.desc())
    return db.session.scalars(last.limit(1)).first()
