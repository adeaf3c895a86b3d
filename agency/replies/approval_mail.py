"""Mails to whoever may say yes: when a reply waits for it, with one link to the page that decides; and when words they
said yes to are taken back without asking them again.
"""

from __future__ import annotations

from agency.notices.mail import send_notice
from agency.replies import checks
from agency.replies.models import Reply
from agency.replies.moves import text_of
from styleguides.masking import masked
from tenants.people import approvers_of

MOST_CHARACTERS = 4000
"""Of a text in a mail; the page behind the link shows all of it."""


def tell_approvers(reply: Reply) -> int:
    """Promise a mail to everybody who may approve this reply, its writer left out; returns how many."""
    conversation, brand = checks.conversation_of(reply), checks.brand_of(reply)
    people = [p for p in approvers_of(reply.agency_id, reply.brand_id) if p.id != reply.written_by]
    for person in people:
        send_notice(
            "reply_awaits_you",
            person,
            brand_name=brand.name,
            customer_name=conversation.author_name,
            customer_words=_cut(checks.message_of(reply).text),
            draft=_cut(text_of(reply).text),
            due_at=conversation.due_at,
            path=f"/approvals/{reply.id}",
        )
    return len(people)


def tell_of_taking_back(withdrawal: Reply) -> int:
    """Promise a mail to everybody who may approve for this brand, where it needs approval; returns how many."""
    brand = checks.brand_of(withdrawal)
    people = approvers_of(withdrawal.agency_id, withdrawal.brand_id) if brand.needs_approval else []
    for person in people:
        send_notice(
            "answer_taken_back",
            person,
            brand_name=brand.name,
            by_name=withdrawal.written_by_name,
            answer=_cut(text_of(withdrawal).text),
            reason=_cut(withdrawal.deed_reason or ""),
            path=f"/replies/{withdrawal.id}/receipt",
        )
    return len(people)


def _cut(text: str) -> str:
    """What a mail may say of it: a mailbox is no place for what leads to a person."""
    text = masked(text[: MOST_CHARACTERS + 1])
    return text if len(text) <= MOST_CHARACTERS else text[:MOST_CHARACTERS] + " […]"
