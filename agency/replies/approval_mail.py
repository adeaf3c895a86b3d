"""Mails to whoever may say yes: when a reply waits for it, with a link of their own to the page that decides; and when
words they said yes to are taken back without asking them again.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from agency.notices.holding import a_share_of
from agency.notices.telling import Thing, tell
from agency.replies import checks
from agency.replies.approval_facts import cut
from agency.replies.approval_requests import ask, end_of_person
from agency.replies.models import Reply
from agency.replies.moves import text_of
from agency.replies.policy_clock import WaitClock, asked, begun, clock_from_data, is_urgent
from agency.replies.waiting import deciders_of, policy_asked_by
from tenants import clock
from tenants.database import db
from tenants.holders import approvers_of
from tenants.models import Person

KIND: Final = "reply_awaits_you"


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
    _ask(reply, people[0], at_once=True)
    return True


def _ask(reply: Reply, person: Person, *, again: bool = False, at_once: bool = False) -> None:
    """Ask this person, and promise that the mail which leaves next to them names it (`agency.replies.asking_together`):
    soon, at once where the case is urgent.
    """
    now, kept = clock.now(), clock_from_data(reply.waits_clock)
    ask(reply, text_of(reply).text_hash, person)
    is_urgent_now = at_once or (kept is not None and kept.urgent)
    silence_at = kept.silence_at if kept is not None and kept.fell_at is None else None
    tell(
        KIND,
        [person],
        brand_id=reply.brand_id,
        subject=Thing("reply", reply.id, f"/approvals/{reply.id}"),
        values={"again": True} if again else {},
        leave_by=now if is_urgent_now else a_share_of(now, checks.conversation_of(reply).due_at, silence_at),
    )


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
            "answer": cut(text_of(withdrawal).text),
            "reason": cut(withdrawal.deed_reason or ""),
        },
    )
    return len(people)
