"""Saying by itself that a customer was heard, in the words a client signed, where nobody of the agency is at it.

One lock decides between a person and this: the conversation's row, which whoever takes a case changes and which is held
here, once as the words are let out and once more as they leave. Flushes, never commits.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import exists, false, select, true
from sqlalchemy.orm import aliased

from agency.inbox import presence
from agency.inbox.brand_clocks import clocks_of_brands
from agency.inbox.case import COMPLAINT
from agency.inbox.heard_lines import CLOSED, OLDEST, RULE, is_closed, kind_of, line_for
from agency.inbox.merged import told_with
from agency.inbox.models import Contact, Conversation, Message
from agency.inbox.triage.offers import is_asked_for
from agency.replies import checks
from agency.replies.acknowledgement_versions import texts_of
from agency.replies.acknowledging import answer_by, place_values
from agency.replies.deciding import write_decision
from agency.replies.drafting import (
    NOBODY,
    message_to_answer,
    new_reply,
    new_text,
    refuse_photo_tag,
    refuse_unknown_way,
)
from agency.replies.models import Reply
from agency.replies.moves import move
from agency.replies.policy_versions import Policy, policy_in_force
from agency.replies.promises import publish_soon
from agency.replies.silence import is_signed
from styleguides.heard_words import BY, HOURS, begun, text_for
from styleguides.names import first_name
from tenants import clock, read_only
from tenants.database import db
from tenants.errors import AppError, worded
from tenants.models import Brand

PERSON_HOURS: Final = 24
"""Nobody is told twice within so long, whichever thread they write in."""
SOMEBODY_IS_AT_IT = worded("Somebody is at this case, or the customer was answered, so nothing goes out by itself.")
_OVER: Final = ("dropped", "published", "declined")


def acknowledge(conversation_id: UUID) -> str:
    """Let the brand's words out if this is still the case for them; harmless twice. `sent`, or a word for why not."""
    held = select(Conversation.id).where(Conversation.id.in_(told_with(conversation_id))).order_by(Conversation.id)
    db.session.execute(held.with_for_update(key_share=True))
    case = _case(conversation_id)
    if case is None:
        return "gone"
    policy = policy_in_force(case.brand_id, lock=True)
    try:
        message = message_to_answer(case, None)
        if not _hold_person(message):
            return "again"
        why = why_not(case, message, policy, clock.now())
        if why is not None:
            return why
        with db.session.begin_nested():
            return _let_out(case, message, policy)
    except AppError as refusal:
        return refusal.code


def _hold_person(message: Message) -> bool:
    """Whether nobody looks at another thread of the same person just now; from here on nobody begins to. What was said
    to them is read after this, so that of two threads one finds what the other said.
    """
    if message.contact_id is None:
        return True
    wanted = select(Contact.id).where(Contact.id == message.contact_id)
    return db.session.execute(wanted.with_for_update(skip_locked=True, key_share=True)).first() is not None


def why_stands_back(reply: Reply) -> str | None:
    """Why words that were let out must not leave after all, as a sentence; None while they may. Its conversation must
    be held.
    """
    case = _case(reply.conversation_id)
    policy = policy_in_force(reply.brand_id)
    if case is None or policy.terms.acknowledge_texts != reply.acknowledges:
        return SOMEBODY_IS_AT_IT
    why = why_not(case, checks.message_of(reply), policy, clock.now(), but=reply.id)
    return None if why is None else SOMEBODY_IS_AT_IT


def _case(conversation_id: UUID) -> Conversation | None:
    wanted = select(Conversation).where(Conversation.id == conversation_id)
    return db.session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()


def why_not(
    case: Conversation, message: Message, policy: Policy, now: datetime, *, but: UUID | None = None
) -> str | None:
    """Why nothing is said by itself to this message of the case, in a word; None where it may be. `but` is the reply
    that says it.
    """
    terms, wrote = policy.terms, case.last_customer_at
    if not terms.acknowledge or not is_signed(case.brand_id, policy.number):
        return "not_signed"
    if case.status != "open" or case.merged_into_id is not None or wrote is None or now - wrote > OLDEST:
        return "not_open"
    if case.holder_id is not None and (case.held_until is None or case.held_until >= now):
        return "held"
    if case.looked_at is not None and case.looked_at >= wrote:
        return "was_held"
    if "at" in (case.clocks.get("heard") or {}):
        return "heard"
    if (message.edited_at or message.written_at) != wrote:  # what came last is somebody's who is marked as spam
        return "not_theirs"
    if case.act == "praise":
        return "praise"
    times = clocks_of_brands([case.brand_id])[case.brand_id].times
    by_rule = any(one.when == RULE for one in terms.acknowledge) and is_asked_for(message.id)
    line = line_for(terms.acknowledge, case.platform, case.kind, wrote, times, by_rule=by_rule)
    if line is None or (line.when == CLOSED and not is_closed(times, now)):
        return "no_line"
    if now < wrote + timedelta(minutes=line.after_minutes):
        return "newer_words"
    if presence.is_anybody_typing(case.agency_id, case.brand_id, case.id):
        return "typing"
    return _other_words(case, message, now, but)


def _other_words(case: Conversation, message: Message, now: datetime, but: UUID | None) -> str | None:
    """Words of ours, or told within: one statement."""
    other, answered, part = aliased(Reply), aliased(Message), aliased(Conversation)
    since = now - timedelta(hours=PERSON_HOURS)
    here = Reply.conversation_id == case.id
    mine = Reply.id != but if but is not None else true()
    to_them = select(other.id).join(
        answered, (answered.agency_id == other.agency_id) & (answered.id == other.in_reply_to_id)
    )
    to_them = to_them.where(
        other.acknowledges.is_not(None),
        other.created_at > since,
        answered.contact_id == message.contact_id if message.contact_id is not None else false(),
        other.id != but if but is not None else true(),
    )
    once = Reply.created_at > since if case.kind == "message" else true()
    row = db.session.execute(
        select(
            exists().where(part.agency_id == case.agency_id, part.merged_into_id == case.id),
            exists().where(here, mine, Reply.state.not_in(_OVER)),
            exists().where(here, mine, Reply.acknowledges.is_not(None), once),
            to_them.exists(),
        )
    ).one()
    words = ("told_together", "words_wait", "once_a_thread", "once_a_person")
    return next((word for word, holds in zip(words, row, strict=True) if holds), None)


def _let_out(case: Conversation, message: Message, policy: Policy) -> str:
    number = policy.terms.acknowledge_texts
    private = case.kind == "message"
    kept = texts_of(case.brand_id, number)
    kind = kind_of(case.kind)
    found = text_for(kept.texts, case.platform, kind, case.language) if case.language else None
    if found is None or not message.text.strip():
        return "no_words"
    refuse_unknown_way(case, "reply", private=private)
    refuse_photo_tag(case, message)
    brand, now = clocks_of_brands([case.brand_id])[case.brand_id], clock.now()
    due_at = answer_by(case.platform, case.kind, brand, case.clocks, is_complaint=bool(case.clocks.get("complaint")))
    values = {
        "customer_name": first_name(message.author_name),
        "brand": db.session.execute(select(Brand.name).where(Brand.id == case.brand_id)).scalar_one(),
        **place_values(brand, found.language, kept.other_ways, due_at, now),
    }
    # A name may be missing; what the client signed as a sentence may not.
    if any(f"{{{name}}}" in found.text and not values[name] for name in (BY, HOURS)):
        return "no_hours"
    filled = begun(found.text, values)
    if filled.missing:
        return "no_words"
    reply = new_reply(case, message, NOBODY, private=private, automatic=True)
    reply.only_heard, reply.acknowledges, reply.policy_number = True, number, policy.number
    db.session.add(reply)
    db.session.flush()
    text = new_text(reply, case, NOBODY, filled.text)
    facts = checks.case_of(reply)
    checks.refuse_closed_brand(checks.brand_of(reply))
    read_only.refuse(checks.brand_of(reply))
    checks.refuse_what_changed(reply)
    checks.refuse_second_answer(reply)
    result = checks.check_text_of(reply, text, case=facts, beside_others=True)
    checks.refuse_stopped(result)
    checks.refuse_unapproved(result)
    reply.complaint = COMPLAINT in facts.case_kinds
    write_decision(None, reply, text, "by_policy")
    move(reply, "acknowledge", actor=None, text_hash=text.text_hash, policy=policy.number, texts=number)
    publish_soon(reply)
    return "sent"
