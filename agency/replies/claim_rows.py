"""What a claim asks once for all replies at hand: who said yes, by which policy, and what else answers there. As plain
rows, by statements that were put into words once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import and_, or_, select

from agency.replies.joins import id_list, one_of_given
from agency.replies.models import LETS_OUT, Approval, Reply
from agency.replies.policy_models import ApprovalPolicy
from tenants.kept_select import KeptSelect


class Yes(NamedTuple):
    """Of an `approval` that holds and lets a reply out."""

    id: UUID
    created_at: datetime
    decision: str
    reply_text_id: UUID
    text_hash: str
    target_fingerprint: bytes


class OtherReply(NamedTuple):
    """A reply of a conversation that is on its way or approved, with its yes."""

    id: UUID
    state: str
    not_before: datetime | None
    next_try_at: datetime | None
    created_at: datetime | None
    approval_id: UUID | None


_HOLDS: Final = and_(Approval.voided_at.is_(None), or_(*(Approval.decision == one for one in LETS_OUT)))
_YESES: Final = KeptSelect(
    select(Approval.reply_id, *(getattr(Approval, name) for name in Yes._fields)).where(
        one_of_given(Approval.reply_id, "reply_ids"), _HOLDS
    )
)
_POLICIES: Final = KeptSelect(
    select(ApprovalPolicy.brand_id, ApprovalPolicy.number).where(
        one_of_given(ApprovalPolicy.brand_id, "brand_ids"), ApprovalPolicy.state == "in_force"
    )
)
_ON_THEIR_WAY: Final = KeptSelect(
    select(
        Reply.conversation_id,
        Reply.id,
        Reply.state,
        Reply.not_before,
        Reply.next_try_at,
        Approval.created_at,
        Approval.id,
    )
    .outerjoin(
        Approval,
        and_(
            Approval.agency_id == Reply.agency_id,
            Approval.brand_id == Reply.brand_id,
            Approval.reply_id == Reply.id,
            _HOLDS,
        ),
    )
    .where(
        one_of_given(Reply.conversation_id, "case_ids"),
        or_(*(Reply.state == one for one in ("approved", "publishing", "outcome_unknown"))),
    )
)


def yeses_of(reply_ids: Collection[UUID]) -> dict[UUID, Yes]:
    """By reply, the yes that holds; replies without one are left out."""
    return {row[0]: Yes._make(row[1:]) for row in _YESES.rows({"reply_ids": id_list(reply_ids)})}


def policy_numbers(brand_ids: Collection[UUID]) -> dict[UUID, int]:
    """By brand, the number of the policy in force."""
    return {row[0]: row[1] for row in _POLICIES.rows({"brand_ids": id_list(brand_ids)})}


def on_their_way(conversation_ids: Collection[UUID]) -> dict[UUID, list[OtherReply]]:
    """By conversation, its replies that are on their way or approved."""
    found = defaultdict[UUID, list[OtherReply]](list)
    for row in _ON_THEIR_WAY.rows({"case_ids": id_list(conversation_ids)}):
        found[row[0]].append(OtherReply._make(row[1:]))
    return found
