"""Who signs a policy is told that one waits for them and, unless they signed it themselves, which one holds; who
proposed it how it was answered.
"""

from __future__ import annotations

from uuid import UUID

from agency.notices.telling import Thing, settle, tell
from agency.replies.policy_models import ApprovalPolicy
from tenants.holders import holders_of
from tenants.models import Brand
from tenants.permissions import Actor, Permission


def policy_path(brand_id: UUID) -> str:
    """Where a brand's policy is read and signed."""
    return f"/brands/{brand_id}/approval"


def tell_signers(actor: Actor, brand: Brand, version: ApprovalPolicy) -> None:
    """Everybody who may sign it, the proposer left out."""
    said = {"by_name": actor.name, "number": version.number}
    tell(
        "policy_awaits_you",
        holders_of(Permission.POLICY_SIGN, brand.agency_id, brand.id),
        brand_id=brand.id,
        subject=_thing(version),
        values=said,
        mail={**said, "brand_name": brand.name, "note": version.note},
        but=actor.user_id,
    )


def tell_answered(actor: Actor, brand: Brand, version: ApprovalPolicy) -> None:
    """Who proposed it, where it was somebody else."""
    end_asking(version)
    said = {"by_name": actor.name, "number": version.number}
    people = holders_of(Permission.POLICY_PROPOSE, brand.agency_id, brand.id)
    tell(
        "policy_answered",
        [person for person in people if person.id == version.proposed_by],
        brand_id=brand.id,
        subject=_thing(version),
        values=said,
        mail={**said, "brand_name": brand.name, "comment": version.answer},
        but=actor.user_id,
    )


def tell_in_force(actor: Actor, brand: Brand, version: ApprovalPolicy) -> None:
    """Everybody who may sign it, whoever put it in force left out: above all of what was noted as signed on paper."""
    end_asking(version)
    tell(
        "policy_holds",
        holders_of(Permission.POLICY_SIGN, brand.agency_id, brand.id),
        brand_id=brand.id,
        subject=_thing(version),
        values={
            "by_name": actor.name,
            "number": version.number,
            "on_paper": version.signed_how == "paper",
            "signer_name": version.signed_by_name,
            "signed_on": version.signed_on.isoformat() if version.signed_on else "",
        },
        but=actor.user_id,
    )


def end_asking(version: ApprovalPolicy) -> None:
    """It waits for nobody any more."""
    settle(version.id, "policy_awaits_you")


def _thing(version: ApprovalPolicy) -> Thing:
    return Thing("approval_policy", version.id, policy_path(version.brand_id))
