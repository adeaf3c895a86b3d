"""The statements by which conversations become one (`agency.inbox.joining`)."""

from __future__ import annotations

from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Uuid

from tenants.scope import raw_sql

JOINABLE = raw_sql(
    """
    select id, external_id, kind, permalink, context,
        holder_id is not null or reply_state is not null or looked_at is not null or status = 'snoozed'
        or closed_reason = 'resolved' or label_ids <> '{}'
        or exists (select from note o where o.agency_id = c.agency_id and o.conversation_id = c.id)
        or exists (select from moderation_deed o where o.agency_id = c.agency_id and o.conversation_id = c.id)
        or exists (select from reply o where o.agency_id = c.agency_id and o.conversation_id = c.id)
        or exists (select from draft_version o where o.agency_id = c.agency_id and o.conversation_id = c.id)
        or exists (select from ledger_line o where o.agency_id = c.agency_id and o.conversation_id = c.id)
        or exists (select from bulk_deed_case o where o.agency_id = c.agency_id and o.conversation_id = c.id)
        or exists (select from kept_case o where o.agency_id = c.agency_id and o.conversation_id = c.id)
        or exists (select from incident_case o where o.agency_id = c.agency_id and o.conversation_id = c.id)
        or merged_into_id is not null or split_from_id is not null
        or exists (select from conversation o where o.agency_id = c.agency_id and o.merged_into_id = c.id)
    from conversation c where agency_id = :agency_id and id = any(:ids) order by id for update of c
    """,
    reason="whether anybody worked on it, with nobody able to begin now",
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))

CAME_AS = raw_sql(
    """
    update message m set reading = m.reading || jsonb_build_object('came',
        jsonb_build_object('kind', c.kind) || coalesce(m.reading -> 'came', '{}'))
    from conversation c
    where m.agency_id = :agency_id and m.conversation_id = any(:ids) and m.direction = 'in' and m.reading is not null
        and c.agency_id = m.agency_id and c.id = m.conversation_id and c.kind <> :kind
    """,
    reason="which kind of case words came in, kept where the case is of another one from now on",
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))

MOVED = [
    raw_sql(
        f"update {table} set conversation_id = :kept where agency_id = :agency_id and conversation_id = any(:gone)",
        reason="conversations made one, each table in one statement",
    ).bindparams(bindparam("gone", type_=ARRAY(Uuid)))
    for table in ("message", "kept_media", "triage_deed")
]

JOINED = raw_sql(
    "delete from conversation where agency_id = :agency_id and id = any(:gone)",
    reason="conversations made one, each table in one statement",
).bindparams(bindparam("gone", type_=ARRAY(Uuid)))

KEPT = raw_sql(
    """
    update conversation set external_id = :external_id, kind = :kind, permalink = coalesce(:permalink, permalink),
        context = cast(:context as jsonb)
    where agency_id = :agency_id and id = :kept
    """,
    reason="conversations made one, each table in one statement",
)
