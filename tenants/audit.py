"""The record of who did what to which thing. The application's role may add rows and read them, nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.orm import Session

from tenants.database import db, new_id
from tenants.models import AgencyAudit, BrandAudit
from tenants.permissions import Actor
from tenants.scope import BIND, Scope, current_scope, enter_scope, raw_sql


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


_MANY = raw_sql(
    """
    insert into brand_audit (agency_id, id, brand_id, actor_id, actor_name, action, subject_type, subject_id, facts)
    select :agency_id, id, brand_id, :actor_id, :actor_name, :action, :subject_type, subject_id, cast(:facts as jsonb)
    from jsonb_to_recordset(cast(:rows as jsonb)) as given(id uuid, brand_id uuid, subject_id text)
    """,
    reason="one line for each of hundreds of things, in one statement",
)


def record_many(
    actor: Actor, action: str, subject_type: str, subjects: Sequence[tuple[UUID, UUID]], **facts: Any
) -> None:
    """Add a line for each of these things of brands, given as id and brand, by one statement in this transaction."""
    if subjects:
        rows = [{"id": new_id(), "brand_id": brand_id, "subject_id": str(one)} for one, brand_id in subjects]
        db.session.execute(
            _MANY,
            {
                "agency_id": current_scope().agency_id,
                "actor_id": actor.user_id,
                "actor_name": actor.name,
                "action": action,
                "subject_type": subject_type,
                "facts": orjson.dumps(facts).decode(),
                "rows": orjson.dumps(rows).decode(),
            },
        )


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
