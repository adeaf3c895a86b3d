"""The record of who did what to which thing. The application's role may add rows and read them, nothing else."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tenants.database import db
from tenants.models import AgencyAudit, BrandAudit
from tenants.permissions import Actor
from tenants.scope import current_scope


def record(
    actor: Actor | None,
    action: str,
    subject_type: str,
    subject_id: UUID | str,
    *,
    brand_id: UUID | None = None,
    **facts: Any,
) -> None:
    """Add one line, in this transaction. `actor=None` is the system. `facts` must be JSON and hold no secret.

    Lines about a brand's thing are the brand's (`brand_id`), others the agency's.
    """
    scope = current_scope()
    columns: dict[str, Any] = {
        "agency_id": scope.agency_id,
        "actor_id": actor.user_id if actor else None,
        "actor_name": actor.name if actor else "system",
        "action": action,
        "subject_type": subject_type,
        "subject_id": str(subject_id),
        "facts": facts,
    }
    if brand_id is None:
        db.session.add(AgencyAudit(**columns))
    else:
        db.session.add(BrandAudit(brand_id=brand_id, **columns))
