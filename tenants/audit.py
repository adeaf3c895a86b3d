"""The record of who did what to which thing. The application's role may add rows and read them, nothing else."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from tenants.database import db
from tenants.models import AgencyAudit, BrandAudit
from tenants.permissions import Actor
from tenants.scope import BIND, Scope, current_scope, enter_scope


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


def record_in(
    agency_id: UUID,
    person: tuple[UUID, str] | None,
    action: str,
    subject_type: str,
    subject_id: UUID,
    **facts: Any,
) -> None:
    """Add one line to an agency's record, in this transaction, whichever scope it has or none.

    For what concerns a person's own account, and so perhaps several agencies at once. `person` is who did it, by id
    and name; None is the system.
    """
    connection, held = db.session.connection(), db.session.info.get("scope")
    with Session(bind=connection, join_transaction_mode="create_savepoint") as elsewhere:
        enter_scope(elsewhere, Scope(agency_id, None))
        elsewhere.add(
            AgencyAudit(
                agency_id=agency_id,
                actor_id=person[0] if person else None,
                actor_name=person[1] if person else "system",
                action=action,
                subject_type=subject_type,
                subject_id=str(subject_id),
                facts=facts,
            )
        )
        elsewhere.commit()
    # Row-level security compares with what was set last in this transaction.
    connection.execute(BIND, {"agency_id": "", "brand_ids": ""} if held is None else held.as_settings())
