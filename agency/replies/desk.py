"""What people do with a reply. Every function checks who, moves through the table, and records it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import select

from agency.inbox import desk as inbox_desk
from agency.inbox.case import COMPLAINT
from agency.inbox.models import Conversation, Message
from agency.replies import checks, keeping, standing
from agency.replies.approval_mail import tell_approvers
from agency.replies.beginnings import begin_from
from agency.replies.drafting import (
    LetGo,
    fingerprint,
    forget_typed,
    message_to_answer,
    new_reply,
    new_text,
    refuse_photo_tag,
    refuse_unknown_way,
    settle_typed,
    tells_of_others,
)
from agency.replies.lifecycle import LIFECYCLE
from agency.replies.models import Approval, Reply, ReplyText
from agency.replies.moves import live_approval, locked, move, show_in_queue, text_of, void_approval
from agency.replies.promises import publish_soon
from agency.replies.settling import stand_by_word
from agency.replies.shown import reason_given, refuse_unseen
from agency.replies.words import accepted, hash_of
from styleguides import quiz_gate
from tenants import audit, clock
from tenants.database import db
from tenants.errors import Conflict, Invalid, NotFound, worded
from tenants.outbox import JobName, enqueue_after_commit
from tenants.permissions import Actor, Permission, require


def start_draft(
    actor: Actor,
    conversation_id: UUID,
    text: str,
    *,
    in_reply_to: UUID | None = None,
    private: bool = False,
    automatic: bool = False,
    replaces: str | None = None,
    saved_reply_id: UUID | None = None,
    author: tuple[UUID, str] | None = None,
    takes: bool = True,
) -> Reply:
    """A draft to the newest customer message, or to the one named; claims an unclaimed conversation if `takes`.

    Answers to direct messages are private by themselves; `private` asks for a message to whoever wrote a comment.
    `automatic`: a rule chose these words. `replaces` is the hash of an answer written elsewhere, as it was shown to
    whoever chose to put this one in its place. `saved_reply_id` is the saved reply these words began from, `author` who
    typed them where that is not the actor.

    Raises NotFound, Forbidden, Conflict when somebody else holds the conversation, Invalid for unusable text or a
    message that cannot be answered so.
    """
    conversation = db.session.execute(
        select(Conversation).where(Conversation.id == conversation_id)
    ).scalar_one_or_none()
    if conversation is None:
        raise NotFound()
    require(actor, Permission.REPLY_WRITE, conversation.brand_id)
    words = accepted(text)
    private = private or conversation.kind == "message"
    refuse_unknown_way(conversation, "reply", private=private)
    message = message_to_answer(conversation, in_reply_to)
    refuse_photo_tag(conversation, message)
    inbox_desk.hold(actor, conversation_id, takes=takes)
    reply = new_reply(conversation, message, actor, private=private, automatic=automatic)
    _replace(reply, conversation, message, replaces)
    checks.refuse_second_private(reply)
    begin_from(actor, reply, saved_reply_id, words)
    db.session.add(reply)
    db.session.flush()
    new_text(reply, conversation, actor, words, author=author)
    show_in_queue(reply)
    audit.record(actor, "reply.start", "reply", reply.id, brand_id=reply.brand_id, conversation_id=str(conversation.id))
    return reply


def edit(
    actor: Actor,
    reply_id: UUID,
    text: str,
    *,
    private: bool | None = None,
    replaces: str | None = None,
    saved_reply_id: UUID | None = None,
    version: int | None = None,
    takes: bool = True,
) -> Reply:
    """New words. From `awaiting_approval` the reply goes back to `draft`: what was asked was about the old words.

    `private` says anew where an answer to a comment goes, `replaces` and `saved_reply_id` as in `start_draft` (an empty
    `replaces`: nothing); None leaves them. `version` is the draft's as these words' writer saw it, None for any.
    Claims an unclaimed conversation if `takes`.

    Raises NotFound, Forbidden, Invalid, Conflict, `draft_changed` with both texts for words that were not seen.
    """
    reply = locked(reply_id)
    require(actor, Permission.REPLY_WRITE, reply.brand_id)
    words = accepted(text)
    author = keeping.go_on(actor, reply, words, version)
    begin_from(actor, reply, saved_reply_id, words)
    conversation, message = checks.conversation_of(reply), checks.message_of(reply)
    before = text_of(reply)
    private = reply.private if private is None or reply.deed != "reply" or reply.kind == "message" else private
    unchanged = (
        before.text == words
        and message.content_hash == reply.in_reply_to_content_hash
        and private == reply.private
        and (replaces is None or replaces == standing.hash_of_replaced(reply))
    )
    if reply.state == "draft" and unchanged:
        forget_typed(reply)
        return reply
    if reply.deed == "withdraw":
        raise Conflict(
            "Taking an answer back has no words of its own to change. Nothing was changed.", code="nothing_to_change"
        )
    refuse_unknown_way(conversation, reply.deed, private=private)
    inbox_desk.hold(actor, reply.conversation_id, takes=takes)
    move(reply, "edit", actor=actor)
    reply.private = private
    reply.automatic = reply.automatic and before.text == words
    checks.refuse_second_private(reply)
    _replace(reply, conversation, message, replaces)
    reply.in_reply_to_content_hash = message.content_hash
    reply.target_fingerprint = fingerprint(reply, conversation, message)
    new_text(reply, conversation, actor, words, author=author)
    return reply


def _replace(reply: Reply, conversation: Conversation, message: Message, shown_hash: str | None) -> None:
    """Take the place of the answer whose words were shown, and of no other."""
    if shown_hash is None or reply.deed != "reply":
        return
    answer = standing.answer_of(reply)
    is_it = answer is not None and answer.is_foreign and hash_of(answer.text) == shown_hash
    reply.replaces_text = answer.text if answer is not None and is_it else None
    reply.target_fingerprint = fingerprint(reply, conversation, message)


def submit(actor: Actor, reply_id: UUID, *, shown_hash: str | None = None) -> Reply:
    """Ask the client for a yes, with `shown_hash` for exactly the words that were shown.

    Raises Invalid `style_stop` with findings, Conflict when the target or, `text_changed`, the words changed.
    """
    reply = locked(reply_id)
    require(actor, Permission.REPLY_WRITE, reply.brand_id)
    _ready_to_leave(actor, reply, "submit", "awaiting_approval", shown_hash)
    reply.submitted_at = clock.now()
    move(reply, "submit", actor=actor)
    tell_approvers(reply)
    return reply


def release(actor: Actor, reply_id: UUID, *, shown_hash: str | None = None) -> Reply:
    """Publish without the client's yes, where brand and words need none, or where it takes our own words back.

    Checks and `shown_hash` as in `submit`; recorded as released. Raises Conflict `quiz_needed` for new words of
    somebody who has not passed the quiz on the guide in force now, where the agency asks for that.
    """
    reply = locked(reply_id)
    require(actor, Permission.REPLY_RELEASE, reply.brand_id)
    if checks.brand_of(reply).needs_approval and reply.deed != "withdraw":
        raise Conflict(
            "This brand's replies need the client's approval. Nothing was sent; send it for approval instead.",
            code="needs_approval",
        )
    if reply.deed != "withdraw":
        quiz_gate.refuse_without_pass(actor, reply.brand_id)
    text = _ready_to_leave(actor, reply, "release", "approved", shown_hash)
    _decide(actor, reply, text, "released")
    move(reply, "release", actor=actor, text_hash=text.text_hash)
    publish_soon(reply)
    return reply


def _ready_to_leave(actor: Actor, reply: Reply, name: str, target: str, shown_hash: str | None) -> ReplyText:
    """What `submit` and `release` demand; the words are checked anew with the guide in force now."""
    LIFECYCLE.check(name, reply.state, target)
    inbox_desk.claim(actor, reply.conversation_id)
    settle_typed(reply, actor)
    if shown_hash is not None:
        refuse_unseen(reply, text_of(reply), shown_hash)
    checks.refuse_closed_brand(checks.brand_of(reply))
    checks.refuse_what_changed(reply)
    checks.refuse_second_answer(reply)
    _watch_window(reply)
    conversation, text = checks.conversation_of(reply), text_of(reply)
    if reply.deed == "withdraw":
        return text
    checks.refuse_same_words(reply, text)
    case = checks.case_of(reply)
    result = checks.check_text_of(reply, text, case=case, beside_others=True)
    checks.refuse_stopped(result, text.let_go_rules)
    if name == "release":
        checks.refuse_unapproved(result)
    reply.complaint = COMPLAINT in case.case_kinds
    if result.guide_version != text.guide_version or tells_of_others(text):
        text = new_text(reply, conversation, actor, text.text, let_go=LetGo.of(text), leaves=True)
    return text


def _watch_window(reply: Reply) -> None:
    """Promise a look at the moment its window closes: what still waits then lapses and says why."""
    window = checks.window_for(reply)
    if window is not None and window.closes_at is not None:
        enqueue_after_commit(
            JobName.RECHECK_WAITING_REPLIES,
            run_at=window.closes_at + timedelta(seconds=1),
            agency_id=reply.agency_id,
            brand_id=reply.brand_id,
            conversation_id=reply.conversation_id,
        )


def approve(actor: Actor, reply_id: UUID, text_hash: str, *, asked_at: datetime | None = None) -> Reply:
    """Say yes to exactly the text whose hash was shown; with `asked_at`, to exactly that request for a yes.

    Raises Conflict `text_changed` with the difference when the words are others by now, `asked_anew`, `own_reply` for
    whoever drafted it; NotFound, Forbidden.
    """
    reply = locked(reply_id)
    require(actor, Permission.REPLY_APPROVE, reply.brand_id)
    text = text_of(reply)
    already = live_approval(reply)
    if already is not None and already.decided_by == actor.user_id and already.text_hash == text_hash:
        return reply
    _check_move(reply, "approve")
    refuse_unseen(reply, text, text_hash, asked_at)
    checks.refuse_own_approval(actor, reply, text)
    _still_good(reply, text)
    _decide(actor, reply, text, "approved")
    move(reply, "approve", actor=actor, text_hash=text.text_hash)
    publish_soon(reply)
    return reply


def change_and_approve(
    actor: Actor, reply_id: UUID, words: str, text_hash: str, *, asked_at: datetime | None = None
) -> Reply:
    """The approver's own words in the place of those shown, approved. The checks of `submit` hold for them too.

    Raises as `approve` does, and Invalid for words that cannot be used or that the style guide stops.
    """
    reply = locked(reply_id)
    require(actor, Permission.REPLY_APPROVE, reply.brand_id)
    words = accepted(words)
    _check_move(reply, "change_and_approve")
    before = text_of(reply)
    refuse_unseen(reply, before, text_hash, asked_at)
    if words == before.text:
        return approve(actor, reply_id, text_hash, asked_at=asked_at)
    if reply.deed == "withdraw":
        raise Conflict(
            "Taking an answer back has no words of its own to change. Nothing was decided; say yes or no to it.",
            code="nothing_to_change",
        )
    if actor.user_id == reply.written_by:
        checks.refuse_own_approval(actor, reply, before)
    checks.refuse_closed_brand(checks.brand_of(reply))
    reply.automatic = False
    checks.refuse_what_changed(reply)
    conversation = checks.conversation_of(reply)
    case = checks.case_of(reply)
    checks.refuse_stopped(checks.check_words(conversation, words, case=case, private=reply.private))
    changed = new_text(reply, conversation, actor, words, by_approver=True)
    _decide(actor, reply, changed, "approved")
    move(reply, "change_and_approve", actor=actor, text_hash=changed.text_hash)
    publish_soon(reply)
    return reply


def say_no(
    actor: Actor,
    reply_id: UUID,
    no: Literal["decline", "ask_for_changes"],
    reason: str,
    text_hash: str,
    *,
    asked_at: datetime | None = None,
) -> Reply:
    """Say no to the text whose hash was shown: for good, its words kept, or back to its writer with a note.

    Raises Conflict `text_changed` or `asked_anew` as `approve` does, Invalid without a reason, NotFound, Forbidden.
    """
    reply = locked(reply_id)
    require(actor, Permission.REPLY_APPROVE, reply.brand_id)
    reason = reason_given(reason)
    _check_move(reply, no)
    text = text_of(reply)
    refuse_unseen(reply, text, text_hash, asked_at)
    _decide(actor, reply, text, {"decline": "declined", "ask_for_changes": "changes_asked"}[no], reason)
    move(reply, no, actor=actor, reason=reason)
    return reply


def withdraw(actor: Actor, reply_id: UUID) -> Reply:
    """Take it back to `draft` before it is sent; any approval lapses. A reply being sent cannot be withdrawn."""
    reply = locked(reply_id)
    require(actor, Permission.REPLY_WRITE, reply.brand_id)
    _check_move(reply, "withdraw")
    void_approval(reply, "withdrawn by the writer")
    move(reply, "withdraw", actor=actor)
    return reply


def drop(actor: Actor, reply_id: UUID) -> Reply:
    """Give a draft up. Its words stay in the record and nowhere else. Raises NotFound, Forbidden, Conflict."""
    reply = locked(reply_id)
    require(actor, Permission.REPLY_WRITE, reply.brand_id)
    _check_move(reply, "drop")
    inbox_desk.claim(actor, reply.conversation_id)
    settle_typed(reply, actor)
    move(reply, "drop", actor=actor)
    return reply


def resolve(actor: Actor, reply_id: UUID, outcome: str, reason: str, platform_id: str | None = None) -> Reply:
    """A lead decides what became of a send no machine can tell: `published`, `approved` (send again) or `refused`."""
    reply = locked(reply_id)
    require(actor, Permission.REPLY_RESOLVE, reply.brand_id)
    reason = reason_given(reason)
    if outcome not in LIFECYCLE.moves["resolve"].targets:
        raise Invalid(
            "Say what became of it: published, approved or refused.", errors={"outcome": [worded("is not known")]}
        )
    _check_move(reply, "resolve", outcome)
    if outcome == "published":
        reply.published_at = reply.sent_at or clock.now()
    move(reply, "resolve", outcome, actor=actor, reason=reason)
    if outcome == "published":
        stand_by_word(reply, platform_id)
    elif outcome == "approved":
        reply.absent_reads = 0
        publish_soon(reply)
    return reply


def _check_move(reply: Reply, name: str, target: str | None = None) -> None:
    LIFECYCLE.check(name, reply.state, target or next(iter(LIFECYCLE.moves[name].targets)))


def _still_good(reply: Reply, text: ReplyText) -> None:
    checks.refuse_closed_brand(checks.brand_of(reply))
    checks.refuse_what_changed(reply)
    if reply.deed != "withdraw":
        checks.refuse_stopped(checks.check_text_of(reply, text), text.let_go_rules)


def _decide(actor: Actor, reply: Reply, text: ReplyText, decision: str, reason: str | None = None) -> None:
    void_approval(reply, "decided anew")
    db.session.add(
        Approval(
            agency_id=reply.agency_id,
            brand_id=reply.brand_id,
            reply_id=reply.id,
            reply_text_id=text.id,
            text_hash=text.text_hash,
            target_fingerprint=reply.target_fingerprint,
            decision=decision,
            reason=reason,
            decided_by=actor.user_id,
            decided_by_name=actor.name,
        )
    )
    db.session.flush()
