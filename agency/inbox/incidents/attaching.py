"""How cases come into an incident: by their words as these come in, or at a person's word; and how they leave it.

A case leaves the queue as one that is put off does, without a moment, and keeps its clocks; a bit of its signs says
why. Where a colleague has it or an answer is on its way it stays where it is. What was taken out no words put in again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Boolean, DateTime, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Uuid

from agency.inbox.incidents.models import Incident
from agency.inbox.models import Conversation
from agency.inbox.signs import COMES_BACK, INCIDENT
from agency.inbox.stored_rows import as_json
from agency.inbox.summary import BUSY_REPLY_STATES
from agency.inbox.triage.matching import Facts, Rule, Rulebook
from agency.inbox.triage.terms import Effects, Terms, terms_of
from tenants.database import db, new_id
from tenants.kept_ready import KeptReady
from tenants.outbox import JobName, enqueue_after_commit
from tenants.scope import current_scope, raw_sql

BRANDS_KEPT: Final = 256
"""Brands whose open incidents a process keeps ready."""

State = tuple[int, ...]
"""How many incidents a brand ever had and the sum of their versions: none is deleted, so it tells every state apart."""

_ATTACH = raw_sql(
    f"""
    with given as materialized (
        select distinct on (c.id) g.id, g.person_id, g.because, g.by_name, i.id as incident_id, i.holds,
            c.id as conversation_id, coalesce(k.group_id, c.contact_id, c.id) as who,
            (c.holder_id is not null and (c.held_until is null or c.held_until >= :now))
                or coalesce(c.reply_state in ({", ".join(map(repr, BUSY_REPLY_STATES))}), false) as stays
        from jsonb_to_recordset(cast(:rows as jsonb)) as g(id uuid, person_id uuid, incident_id uuid,
            conversation_id uuid, because text, by_name text)
        join incident i on i.agency_id = :agency_id and i.id = g.incident_id and i.brand_id = :brand_id
            and i.state = 'open'
        join conversation c on c.agency_id = :agency_id and c.id = g.conversation_id and c.brand_id = :brand_id
        left join contact k on k.agency_id = :agency_id and k.id = c.contact_id
        where c.status = 'open' and c.merged_into_id is null and not exists (
            select from incident_case o where o.agency_id = :agency_id and o.conversation_id = c.id
                and (o.left_at is null or o.incident_id = i.id and o.left_because = 'taken_out'
                    and g.because = 'words'))
        order by c.id, g.id
    ), people as (
        insert into incident_person (agency_id, id, brand_id, incident_id, who, holding)
        select distinct on (incident_id, who) :agency_id, person_id, :brand_id, incident_id, who,
            case when holds then 'due' end
        from given order by incident_id, who, person_id
        on conflict (agency_id, incident_id, who, brand_id) do update set who = excluded.who
        returning id, incident_id, who, holding
    ), put as (
        insert into incident_case (agency_id, id, brand_id, incident_id, conversation_id, incident_person_id, because,
            attached_by_name, stayed)
        select :agency_id, g.id, :brand_id, g.incident_id, g.conversation_id, p.id, g.because, g.by_name, g.stays
        from given g join people p on p.incident_id = g.incident_id and p.who = g.who
        on conflict (agency_id, incident_id, conversation_id, brand_id) do update set left_at = null,
            left_because = null, left_by_name = null, because = excluded.because,
            attached_by_name = excluded.attached_by_name, stayed = excluded.stayed
        returning incident_id, conversation_id, stayed
    ), moved as (
        update conversation c set status = 'snoozed', snoozed_until = null, snoozed_by = null, woke_at = null,
            signs = signs | {INCIDENT}, version = version + 1
        where c.agency_id = :agency_id and c.id in (select conversation_id from put where not stayed)
        returning c.id
    )
    select incident_id, conversation_id, exists (select from people where holding = 'due') from put
    """,
    reason="one statement for a whole page of items, or for all cases of a storm",
)

_CLOSES: Final = "(:resolve and holder_id is null)"
"""What a colleague took meanwhile is not closed under them."""
_COMES_LATER: Final = f"(signs & {COMES_BACK} <> 0 and snoozed_until is not null)"
"""What a colleague wants back at a time comes back then, whatever becomes of the incident."""
_TAKE_BACK = raw_sql(
    f"""
    with gone as (
        update incident_case set left_at = :now, left_because = :because, left_by_name = :by_name
        where agency_id = :agency_id and incident_id = :incident_id and left_at is null
            and conversation_id = any(:ids)
        returning conversation_id
    ), opened as (
        update conversation c set
            status = case when {_CLOSES} then 'closed' when {_COMES_LATER} then 'snoozed' else 'open' end,
            snoozed_until = case when {_COMES_LATER} and not {_CLOSES} then snoozed_until end,
            closed_reason = case when {_CLOSES} then 'resolved' end,
            looked_at = case when {_CLOSES} then :now else looked_at end,
            signs = signs & ~{INCIDENT}, rerank_at = case when {_CLOSES} then rerank_at else :now end,
            version = version + 1
        where c.agency_id = :agency_id and c.id in (select conversation_id from gone) and c.signs & {INCIDENT} <> 0
        returning c.id
    )
    select conversation_id from gone where (select count(*) from opened) >= 0
    """,
    reason="both rows of each case at once",
).bindparams(
    bindparam("ids", type_=ARRAY(Uuid)),
    bindparam("resolve", type_=Boolean),
    bindparam("now", type_=DateTime(timezone=True)),
)


class Going(NamedTuple):
    """The open incidents of a brand, made ready: rules by words, and posts under which everything belongs to one."""

    book: Rulebook
    posts: Mapping[str, UUID]
    since: Mapping[UUID, datetime]

    def __bool__(self) -> bool:
        return bool(self.since)


_kept: Final = KeptReady[State, Going](BRANDS_KEPT)


def going_of(brand_id: UUID, state: State) -> Going | None:
    """The open incidents of a brand; None where there is none. One statement where one changed since."""
    if not state:
        return None
    return _kept.of(brand_id, state, lambda: _read_going(brand_id)) or None


def _read_going(brand_id: UUID) -> Going:
    wanted = select(Incident.id, Incident.name, Incident.conditions, Incident.since).where(
        Incident.brand_id == brand_id, Incident.state == "open"
    )
    return ready(db.session.execute(wanted.order_by(Incident.id)).all())


def ready(rows: Iterable[Any]) -> Going:
    """Incidents as they are matched, from rows of id, name, conditions, since."""
    rules, posts, since = [], dict[str, UUID](), dict[UUID, datetime]()
    for row in rows:
        conditions = terms_of({"if": row.conditions.get("if", {})}).conditions
        if conditions.words or conditions.topics:  # languages and places alone narrow, and would take in everything
            rules.append(Rule(row.id, 0, row.name, Terms(conditions, Effects())))
        posts |= dict.fromkeys(row.conditions.get("posts", ()), row.id)
        since[row.id] = row.since
    return Going(Rulebook(rules), posts, since)


def incident_for(going: Going, facts: Facts, post: str, at: datetime) -> UUID | None:
    """The first of the incidents that words of a customer belong to, if any. `post` is what they stand under."""
    under = going.posts.get(post)
    if under is not None and at >= going.since[under]:
        return under
    if not len(going.book):
        return None
    return next((hit.rule.id for hit in going.book.hits(facts) if at >= going.since[hit.rule.id]), None)


def attach(
    brand_id: UUID, cases: Sequence[tuple[UUID, UUID]], now: datetime, *, by_name: str | None = None
) -> dict[UUID, UUID]:
    """Put open cases into incidents, as pairs of case and incident, in the order given; returns those that were put.

    One statement, and a promise where somebody is to get the holding text. `by_name`: a person put them in.
    """
    rows = [
        {
            "id": new_id(),
            "person_id": new_id(),
            "incident_id": incident_id,
            "conversation_id": case,
            "because": "words" if by_name is None else "person",
            "by_name": by_name,
        }
        for case, incident_id in dict(cases).items()
    ]
    if not rows:
        return {}
    agency_id = current_scope().agency_id
    values = {"agency_id": agency_id, "brand_id": brand_id, "rows": as_json(rows), "now": now}
    put = db.session.execute(_ATTACH, values).all()
    for incident_id in sorted({row[0] for row in put if row[2]}):
        promise_answers(brand_id, incident_id)
    return {row[1]: row[0] for row in put}


def promise_answers(brand_id: UUID, incident_id: UUID, run_at: datetime | None = None) -> None:
    """After this transaction, or then, whoever is to be written to is (`agency.replies.incident_answers`)."""
    enqueue_after_commit(
        JobName.ANSWER_INCIDENT,
        run_at=run_at,
        agency_id=current_scope().agency_id,
        brand_id=brand_id,
        incident_id=incident_id,
    )


def take_back(
    incident_id: UUID,
    case_ids: Collection[UUID],
    now: datetime,
    because: str,
    by_name: str | None = None,
    *,
    resolve: bool = False,
) -> list[UUID]:
    """Let cases go from an incident: those that had left the queue are back there, or closed. Returns which were in."""
    ids = sorted(case_ids)
    held = select(Conversation.id).where(Conversation.id.in_(ids)).order_by(Conversation.id)
    db.session.execute(held.with_for_update(key_share=True))
    values = {"agency_id": current_scope().agency_id, "incident_id": incident_id, "ids": ids, "now": now}
    rows = db.session.execute(_TAKE_BACK, {**values, "because": because, "by_name": by_name, "resolve": resolve})
    return [row[0] for row in rows]
