"""What people do with a reply. Every function checks who, moves through the table, and records it.

Saying yes or no to one that waits is `agency.replies.deciding`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from agency.inbox import desk as inbox_desk
from agency.inbox.case import COMPLAINT
from agency.inbox.models import Conversation, Message
from agency.replies import checks, client_answers, keeping, standing, variants, waiting
from agency.replies.approval_mail import tell_approvers
from agency.replies.beginnings import begin_from
from agency.replies.deciding import approve as approve
from agency.replies.deciding import change_and_approve as change_and_approve
from agency.replies.deciding import check_move, write_decision
from agency.replies.deciding import say_no as say_no
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
from agency.replies.models import Reply, ReplyText
from agency.replies.moves import locked, move, show_in_queue, text_of, void_approval
from agency.replies.policies import Decision
from agency.replies.policy_versions import Policy, policy_in_force
from agency.replies.promises import database_now, publish_soon
from agency.replies.sending_time import AS_THE_BRAND_HAS_IT, When, choose, leave_time_to_undo, told
from agency.replies.settling import stand_by_word
from agency.replies.shown import reason_given, refuse_unseen
from agency.replies.words import accepted, hash_of
from styleguides import quiz_gate
from styleguides.scenarios import CaseFacts
from tenants import audit, clock, read_only
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
    void_approval(reply, "the words were changed")
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


def submit(
    actor: Actor,
    reply_id: UUID,
    *,
    shown_hash: str | None = None,
    when: When = AS_THE_BRAND_HAS_IT,
    only_heard: bool = False,
) -> Reply:
    """Ask the client for a yes by the policy in force, with `shown_hash` for exactly the words that were shown; to
    these, or to one of the wordings that stand beside them (`agency.replies.variants`). `when` it goes out after that:
    a chosen moment that is past when the yes comes is at once. `only_heard`: a holding reply, that leaves its case open
    and of its clocks stops only that of being heard.

    Raises Invalid `style_stop` with findings, Conflict when the target or, `text_changed`, the words changed; as
    `sending_time.choose`.
    """
    reply = locked(reply_id)
    require(actor, Permission.REPLY_WRITE, reply.brand_id)
    text, case = ready_to_leave(actor, reply, "submit", "awaiting_approval", shown_hash)
    if case is not None:
        variants.check_variants(reply, text, case)
    policy, decision = by_policy(reply, text, case)
    reply.submitted_at, reply.only_heard = clock.now(), only_heard
    reply.policy_number, reply.waits_step = policy.number, 1
    reply.waits_because = waiting.kept_reasons(decision)
    choose(reply, when, database_now())
    also: dict[str, Any] = {"wordings": reply.variant_count + 1} if reply.variant_count else {}
    because = [one.rule for one in decision.because]
    move(reply, "submit", actor=actor, policy=policy.number, because=because, **also, **told(reply))
    variants.offer_variants(reply)
    tell_approvers(reply)
    return reply


def release(
    actor: Actor,
    reply_id: UUID,
    *,
    shown_hash: str | None = None,
    when: When = AS_THE_BRAND_HAS_IT,
    only_heard: bool = False,
) -> Reply:
    """Publish without the client's yes, where policy and words need none, or where it takes our own words back. What
    would go at once waits as long as the agency lets it be undone, by `withdraw`; what takes our words back does not.

    Checks, `shown_hash`, `when` and `only_heard` as in `submit`; recorded as released. Raises Conflict `quiz_needed`
    for new words of somebody who has not passed the quiz on the guide in force now, where the agency asks for that;
    `client_answers` for everything where the client answers.
    """
    reply = locked(reply_id)
    require(actor, Permission.REPLY_RELEASE, reply.brand_id)
    in_force = policy_in_force(reply.brand_id).terms
    client_answers.refuse_pressing(in_force)
    if reply.deed != "withdraw":
        waiting.refuse_waiting(waiting.decided_at_once(in_force))
        quiz_gate.refuse_without_pass(actor, reply.brand_id)
    text, case = ready_to_leave(actor, reply, "release", "approved", shown_hash)
    policy, decision = by_policy(reply, text, case)
    client_answers.refuse_pressing(policy.terms)
    waiting.refuse_waiting(decision)
    reply.policy_number, reply.only_heard = policy.number, only_heard
    now = database_now()
    choose(reply, when, now)
    leave_time_to_undo(reply, now)
    write_decision(actor, reply, text, "released")
    move(reply, "release", actor=actor, text_hash=text.text_hash, policy=policy.number, **told(reply))
    publish_soon(reply)
    return reply


def by_policy(reply: Reply, text: ReplyText, case: CaseFacts | None) -> tuple[Policy, Decision]:
    """The policy in force, kept in force until this is done, and what it says of these words."""
    policy = policy_in_force(reply.brand_id, lock=True)
    if case is None:
        return policy, Decision(False)
    conversation, brand = checks.conversation_of(reply), checks.brand_of(reply)
    return policy, waiting.decision_about(policy.terms, reply, text, conversation, case, brand)


def ready_to_leave(
    actor: Actor, reply: Reply, name: str, target: str, shown_hash: str | None
) -> tuple[ReplyText, CaseFacts | None]:
    """What `submit` and `release` demand; the words are checked anew with the guide in force now.

    Hands back the words and the case they answer, None where they take our own back.
    """
    LIFECYCLE.check(name, reply.state, target)
    inbox_desk.claim(actor, reply.conversation_id)
    settle_typed(reply, actor)
    if shown_hash is not None:
        refuse_unseen(reply, text_of(reply), shown_hash)
    checks.refuse_closed_brand(checks.brand_of(reply))
    if reply.deed != "withdraw":
        read_only.refuse(checks.brand_of(reply))
    checks.refuse_what_changed(reply)
    checks.refuse_second_answer(reply)
    _watch_window(reply)
    conversation, text = checks.conversation_of(reply), text_of(reply)
    if reply.deed == "withdraw":
        return text, None
    checks.refuse_same_words(reply, text)
    case = checks.case_of(reply)
    result = checks.check_text_of(reply, text, case=case, beside_others=True)
    checks.refuse_stopped(result, text.let_go_rules)
    if name == "release":
        checks.refuse_unapproved(result)
    reply.complaint = COMPLAINT in case.case_kinds
    if result.guide_version != text.guide_version or tells_of_others(text):
        text = new_text(reply, conversation, actor, text.text, let_go=LetGo.of(text), leaves=True)
    return text, case


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


def withdraw(actor: Actor, reply_id: UUID) -> Reply:
    """Take it back to `draft` before it is sent; any approval lapses. A reply being sent cannot be withdrawn."""
    reply = locked(reply_id)
    require(actor, Permission.REPLY_WRITE, reply.brand_id)
    check_move(reply, "withdraw")
    void_approval(reply, "withdrawn by the writer")
    move(reply, "withdraw", actor=actor)
    reply.acknowledges = None  # from here on it is a person's draft
    return reply


def change_time(actor: Actor, reply_id: UUID, when: When) -> Reply:
    """Another time for a reply that waits for a yes or for its time, as long as it is not being sent.

    Raises NotFound, Forbidden, Conflict `too_late`, and as `sending_time.choose`.
    """
    reply = locked(reply_id)
    require(actor, Permission.REPLY_WRITE, reply.brand_id)
    if reply.state not in ("awaiting_approval", "approved"):
        raise Conflict(
            "This reply does not wait to go out any more. Nothing was changed. Look at the case again.",
            code="too_late",
        )
    choose(reply, when, database_now())
    if reply.state == "approved":
        publish_soon(reply)
    audit.record(actor, "reply.schedule", "reply", reply.id, brand_id=reply.brand_id, **told(reply))
    return reply


def drop(actor: Actor, reply_id: UUID) -> Reply:
    """Give a draft up. Its words stay in the record and nowhere else. Raises NotFound, Forbidden, Conflict."""
    reply = locked(reply_id)
    require(actor, Permission.REPLY_WRITE, reply.brand_id)
    check_move(reply, "drop")
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
    check_move(reply, "resolve", outcome)
    if outcome == "published":
        reply.published_at = reply.sent_at or clock.now()
    move(reply, "resolve", outcome, actor=actor, reason=reason)
    if outcome == "published":
        stand_by_word(reply, platform_id)
    elif outcome == "approved":
        reply.absent_reads = 0
        publish_soon(reply)
    return reply
