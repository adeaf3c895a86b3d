"""Mails to whoever may say yes: when a reply waits for it, with a link of their own to the page that decides; and when
words they said yes to are taken back without asking them again.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from agency.notices.telling import Thing, tell
from agency.replies import checks
from agency.replies.approval_requests import ask, end_of_person
from agency.replies.mail_answers import answer_address
from agency.replies.models import Reply, ReplyText
from agency.replies.moves import text_of
from agency.replies.policy_clock import WaitClock, asked, begun, clock_from_data, is_urgent
from agency.replies.variants import offered_variants, safe_variant_of
from agency.replies.waiting import deciders_of, policy_asked_by
from styleguides.masking import masked
from tenants import clock
from tenants.brand_colours import ink_on
from tenants.database import db
from tenants.holders import approvers_of
from tenants.models import Person

MOST_CHARACTERS = 4000
"""Of a text in a mail; the page behind the link shows all of it."""


def tell_approvers(reply: Reply) -> int:
    """Let the reply wait from now on for everybody whom the policy asks, and promise each a mail; in its quiet times
    that is left to when they end (`agency.replies.silence`). Returns how many are mailed now. The reply must be locked.
    """
    terms, zone = policy_asked_by(reply).terms, zone_of(reply)
    urgent = is_urgent(terms, complaint=reply.complaint, sentiment=checks.conversation_of(reply).sentiment)
    now = clock.now()
    kept = begun(terms, zone, now, urgent=urgent)
    if kept.ask_at > now:
        keep_clock(reply, kept)
        return 0
    keep_clock(reply, asked(kept, terms, zone, now))
    return mail_approvers(reply)


def mail_approvers(reply: Reply, *, but: Collection[UUID] = (), again: bool = False) -> int:
    """Promise a mail to everybody who may decide now, `but` these; returns how many. `again`: it says how long it has
    waited. Links sent before go on working.
    """
    people = [person for person in deciders_of(reply) if person.id not in but]
    for person in people:
        _ask(reply, person, again=again)
    return len(people)


def keep_clock(reply: Reply, kept: WaitClock) -> None:
    """Where its waiting stands from now on."""
    reply.waits_clock, reply.waits_due_at = kept.as_data(), kept.due_at
    db.session.flush()


def zone_of(reply: Reply) -> ZoneInfo:
    """The brand's, in which its policy is read."""
    return ZoneInfo(checks.brand_of(reply).time_zone)


def ask_again(reply: Reply, person_id: UUID) -> bool:
    """Mail this approver a newer link about the words the reply has now; what they were sent before ends.

    The reply must be locked. False where it does not wait, or the person may not decide on it.
    """
    if reply.state != "awaiting_approval":
        return False
    people = [person for person in deciders_of(reply) if person.id == person_id]
    if not people:
        return False
    end_of_person(reply.id, person_id, "asked_anew")
    _ask(reply, people[0])
    return True


def _ask(reply: Reply, person: Person, *, again: bool = False) -> None:
    conversation, brand, text = checks.conversation_of(reply), checks.brand_of(reply), text_of(reply)
    asked = ask(reply, text.text_hash, person)
    answers_to = answer_address(asked.answer_token)
    told = tell(
        "reply_awaits_you",
        [person],
        brand_id=reply.brand_id,
        subject=Thing("reply", reply.id, f"/approvals/{reply.id}"),
        mail={
            "brand_name": brand.name,
            "brand_mark": brand.mark,
            "brand_colour": brand.colour_on_light,
            "brand_ink": ink_on(brand.colour_on_light),
            "customer_name": conversation.author_name,
            "customer_words": _cut(checks.message_of(reply).text),
            "stars": conversation.stars,
            "written_by": text.author_name,
            "draft": _cut(text.text),
            "wordings": _wordings(reply, text),
            "guide_version": text.guide_version,
            "remarks": len(text.findings),
            "let_go": text.let_go_reason or "",
            "due_at": conversation.due_at,
            "sends_at": reply.not_before,
            "sends_in_hours": reply.not_before_because == "hours",
            **_waiting_facts(reply, again=again),
            "path": f"/a/{asked.token}",
            "answerable": bool(answers_to),
        },
        answers_to=answers_to,
    )
    asked.request.mail_id = next((one.mail_id for one in told), None)


def _waiting_facts(reply: Reply, *, again: bool) -> dict[str, Any]:
    """What the mail says of waiting: for how long it has, and what silence will mean from when on."""
    kept = clock_from_data(reply.waits_clock)
    silence_at = kept.silence_at if kept is not None and kept.fell_at is None else None
    silence = kept.silence if kept is not None and silence_at is not None else ""
    if silence == "safe_variant" and safe_variant_of(reply) is None:
        silence = "escalate" if policy_asked_by(reply).terms.escalate_to else "hold"
    since = (kept.asked_at if kept is not None else None) or reply.state_since
    return {
        "waited_hours": max(1, round((clock.now() - since).total_seconds() / 3600)) if again else 0,
        "silence": silence,
        "silence_at": silence_at,
    }


def _wordings(reply: Reply, first: ReplyText) -> list[dict[str, Any]]:
    """Each of several wordings as the mail shows it, in order; none where there is one only."""
    others = offered_variants(reply)
    several = [(first, False), *((one.text, one.is_safe) for one in others)] if others else []
    return [
        {
            "draft": _cut(text.text),
            "guide_version": text.guide_version,
            "remarks": len(text.findings),
            "let_go": text.let_go_reason or "",
            "is_safe": is_safe,
        }
        for text, is_safe in several
    ]


def tell_of_taking_back(withdrawal: Reply) -> int:
    """Promise a mail to everybody who may approve for this brand, where it needs approval; returns how many."""
    brand = checks.brand_of(withdrawal)
    people = approvers_of(withdrawal.agency_id, withdrawal.brand_id) if brand.needs_approval else []
    tell(
        "answer_taken_back",
        people,
        brand_id=withdrawal.brand_id,
        subject=Thing("reply", withdrawal.id, f"/replies/{withdrawal.id}/receipt"),
        values={"by_name": withdrawal.written_by_name},
        mail={
            "brand_name": brand.name,
            "by_name": withdrawal.written_by_name,
            "answer": _cut(text_of(withdrawal).text),
            "reason": _cut(withdrawal.deed_reason or ""),
        },
    )
    return len(people)


def _cut(text: str) -> str:
    """What a mail may say of it: a mailbox is no place for what leads to a person."""
    text = masked(text[: MOST_CHARACTERS + 1])
    return text if len(text) <= MOST_CHARACTERS else text[:MOST_CHARACTERS] + " […]"
