"""Reading again what is open, after a brand changed its topics: a slice is a transaction, its cases locked in order."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import Uuid, bindparam
from sqlalchemy.dialects.postgresql import ARRAY

from agency.inbox.conversation_rows import Rules, refresh
from agency.inbox.storage import AccountRows
from agency.inbox.topic_words import topics_now
from agency.inbox.understanding.reading import LONGEST_READ, read
from agency.inbox.understanding.stored import to_stored, with_own_topics
from channels import accounts
from tenants.database import db
from tenants.scope import current_scope, raw_sql

SLICE: Final = 200
"""Cases of one transaction: for so long somebody who works on one of them waits."""

_CASES = raw_sql(
    """
    select id, account_id from conversation
    where agency_id = :agency_id and brand_id = :brand_id and id > :after
        and (status <> 'closed' or merged_into_id is not null)
    order by id limit :slice for no key update
    """,
    reason="a slice of a brand's open cases and what is told within others, locked before anything else of the brand",
)
_TEXTS = raw_sql(
    f"""
    select id, conversation_id, left(text, {LONGEST_READ}), language, stars, reading from message
    where agency_id = :agency_id and conversation_id = any(:ids) and direction = 'in' and deleted_at is null
    """,
    reason="what customers wrote in a slice of cases",
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))
_WRITE = raw_sql(
    """
    update message m set reading = given.reading
    from jsonb_to_recordset(cast(:rows as jsonb)) as given(id uuid, reading jsonb)
    where m.agency_id = :agency_id and m.id = given.id and m.deleted_at is null
    """,
    reason="one statement for a slice",
)


def read_slice(brand_id: UUID, after: UUID | None = None, slice_size: int = SLICE) -> UUID | None:
    """Find the brand's topics in the texts of its next open cases; the last one seen, None at the end.

    What people said of a text stays. Only texts of which something else is found are written, and their cases.
    """
    agency_id = current_scope().agency_id
    values: dict[str, Any] = {"agency_id": agency_id, "brand_id": brand_id, "after": after or UUID(int=0)}
    cases = {row[0]: row[1] for row in db.session.execute(_CASES, {**values, "slice": slice_size})}
    if not cases:
        return None
    topics = topics_now(brand_id)
    changed: list[dict[str, Any]] = []
    touched: dict[UUID, dict[UUID, None]] = {}
    for number, case_id, text, language, stars, kept in db.session.execute(
        _TEXTS, {"agency_id": agency_id, "ids": list(cases)}
    ):
        before = kept or to_stored(read(text, language, stars=stars))
        now = topics.told(before, text) if topics else with_own_topics(before, ())
        if now != kept and (kept is not None or "own" in now):
            changed.append({"id": number, "reading": now})
            touched.setdefault(cases[case_id], {})[case_id] = None
    if changed:
        db.session.execute(_WRITE, {"agency_id": agency_id, "rows": orjson.dumps(changed).decode()})
    for account_id, case_ids in touched.items():
        rows = AccountRows(accounts.get(account_id))
        refresh(rows, rows.threads([], case_ids), Rules(rows.rules()), {})
    return max(cases) if len(cases) == slice_size else None
