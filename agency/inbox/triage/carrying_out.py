"""What the rules of the desk do with a page of customers' words, in the transaction that stores it.

Only new words count, and words their author changed: a rule acts once for each message and version of it. What people
did stands: a label they took off stays off until the customer writes again, what somebody holds is kept for nobody.
What history brings moves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Uuid

from agency.inbox.brand_rules import VIP
from agency.inbox.colleagues import WORKING_ROLES
from agency.inbox.incoming import Record
from agency.inbox.labelling import MOST_ON_A_CASE
from agency.inbox.loops.by_rules import ask_by_rule
from agency.inbox.signs import KEPT
from agency.inbox.stored_rows import Known, Person, as_json
from agency.inbox.triage.matching import Hit, Rulebook
from agency.inbox.triage.offers import offers_in
from agency.inbox.triage.ready import facts_of
from agency.inbox.triage.terms import Effects
from agency.inbox.understanding.stored import with_rules
from channels.models import Account
from styleguides.language import base_language
from tenants.database import db, new_id
from tenants.outbox import JobName, enqueue_after_commit
from tenants.scope import current_scope, raw_sql

KEPT_MINUTES: Final = 60
"""So long `next` offers a case that is kept for somebody to nobody else."""

_BEFORE = raw_sql(
    """
    select id, text, stars, reading -> 'rules' from message where agency_id = :agency_id and id = any(:ids)
    """,
    reason="what changed messages said before, read once for a page",
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))

# Labels are locked only where nobody changes them just now: whoever does waits for cases, which this page holds.
_CARRY_OUT = raw_sql(
    f"""
    with given as materialized (
        select g.*, m.conversation_id, c.status, c.rank, c.last_message_at, c.label_ids as borne, c.holder_id,
            c.signs, c.merged_into_id
        from jsonb_to_recordset(cast(:rows as jsonb)) as g(id uuid, place int, message_id uuid, rule_id uuid,
            rule_version int, rule_name text, spans jsonb, label_ids uuid[], points int, keep_for uuid,
            wants_skill text, wants_language text, offers jsonb)
        join message m on m.agency_id = :agency_id and m.id = g.message_id
        join conversation c on c.agency_id = m.agency_id and c.id = m.conversation_id and c.brand_id = m.brand_id
        where not exists (select from triage_deed d where d.agency_id = :agency_id and d.message_id = g.message_id
            and d.rule_id = g.rule_id and d.rule_version = g.rule_version)
    ), usable as materialized (
        select l.id from label l
        where l.agency_id = :agency_id and l.brand_id in (:agency_id, :brand_id) and l.archived_at is null
            and l.id in (select unnest(label_ids) from given)
        order by l.id for key share skip locked
    ), wanted as (
        select g.conversation_id, u.id as label_id, g.status, g.rank, g.last_message_at, g.borne,
            min(g.place) as place, min(g.rule_name) as rule_name
        from given g join usable u on u.id = any(g.label_ids)
        where g.merged_into_id is null and u.id <> all(g.borne) group by 1, 2, 3, 4, 5, 6
    ), counted as (
        select w.*, row_number() over (partition by conversation_id order by place, label_id) as n from wanted w
    ), put as (
        insert into conversation_label (agency_id, id, brand_id, conversation_id, label_id, put_by_name, status, rank,
            last_message_at)
        select :agency_id, gen_random_uuid(), :brand_id, conversation_id, label_id, rule_name, status, rank,
            last_message_at
        from counted where n + cardinality(borne) <= {MOST_ON_A_CASE}
        on conflict (agency_id, conversation_id, label_id, brand_id) do nothing
        returning conversation_id, label_id
    ), keeper as (
        select distinct on (g.conversation_id) g.conversation_id, g.id, p.id as keep_for, p.name, g.wants_skill,
            g.wants_language
        from given g left join lateral (
            select p.id, p.name from person p
            join membership s on s.agency_id = :agency_id and s.person_id = p.id and s.removed_at is null
                and s.role in ({", ".join(map(repr, WORKING_ROLES))})
                and (s.all_brands or s.brand_ids @> array[cast(:brand_id as uuid)])
            where p.id = g.keep_for and p.disabled_at is null
        ) p on true
        where coalesce(p.name, g.wants_skill, g.wants_language) is not null and g.merged_into_id is null
            and g.status = 'open' and g.signs & {KEPT} = 0 and g.holder_id is null
        order by g.conversation_id, g.place, g.id
    ), keeping as (
        insert into kept_case (agency_id, id, brand_id, conversation_id, person_id, person_name, wants_skill,
            wants_language, until)
        select :agency_id, id, :brand_id, conversation_id, keep_for, name, wants_skill, wants_language, :until
        from keeper
        on conflict (agency_id, conversation_id, brand_id) do nothing
        returning conversation_id
    ), changed as (
        update conversation c set version = c.version + 1,
            label_ids = c.label_ids || coalesce((select array_agg(p.label_id order by n.place, p.label_id) from put p
                join counted n on n.conversation_id = p.conversation_id and n.label_id = p.label_id
                where p.conversation_id = c.id), '{{}}'),
            signs = c.signs | case when c.id in (select conversation_id from keeping) then {KEPT} else 0 end
        where c.agency_id = :agency_id
            and c.id in (select conversation_id from put union select conversation_id from keeping)
    )
    insert into triage_deed (agency_id, id, brand_id, conversation_id, message_id, rule_id, rule_version, rule_name,
        spans, label_ids, points, kept_for_id, kept_for_name, wants_skill, wants_language, offers)
    select :agency_id, g.id, :brand_id, g.conversation_id, g.message_id, g.rule_id, g.rule_version, g.rule_name,
        g.spans,
        (select coalesce(jsonb_agg(p.label_id), '[]') from put p
            where p.conversation_id = g.conversation_id and p.label_id = any(g.label_ids)),
        g.points, k.keep_for, k.name, k.wants_skill, k.wants_language, g.offers
    from given g left join keeper k on k.id = g.id
    """,
    reason="one statement for a whole page of items",
)


class Due(NamedTuple):
    """What rules want of a page: hits by the platform's name of the message, and in which language it is."""

    hits: Mapping[str, Sequence[Hit]]
    languages: Mapping[str, str | None] = MappingProxyType({})

    @property
    def to_acknowledge(self) -> frozenset[str]:
        """The platform's names of messages whose writers are to be told that they were heard."""
        return frozenset(
            name for name, hits in self.hits.items() if any(hit.rule.terms.effects.acknowledge for hit in hits)
        )

    def __bool__(self) -> bool:
        return any(self.hits.values())


def look_at(
    book: Rulebook,
    account: Account,
    fresh: Iterable[Record],
    changed: Iterable[tuple[Record, Known]],
    readings: dict[str, dict[str, Any]],
    languages: Mapping[str, str | None],
    *,
    kinds: Mapping[str, str],
    people: Mapping[str, Person],
    zone: str,
    now: datetime,
) -> Due:
    """What the rules say to a page, before it is written: `readings` get the points that go with the words.

    One statement where words may have changed, none otherwise. `kinds` are those of the cases, by the platform's name
    of the message; `people` by their key.
    """
    before = _said_before([known.id for r, known in changed if r.external_id in readings])
    found: dict[str, Sequence[Hit]] = {}
    every = [(r, None) for r in fresh] + [(r, before.get(known.id)) for r, known in changed]
    for r, said in every:
        reading = readings.get(r.external_id)
        if reading is None or acts_not_for(people.get(r.contact_key or ""), r.stars):
            continue
        if said is not None and (said.text, said.stars) == (r.text, r.stars):
            readings[r.external_id] = with_rules(reading, said.raises)
            continue
        facts = facts_of(
            r.text,
            reading,
            platform=account.platform,
            kind=kinds[r.external_id],
            language=languages.get(r.external_id),
            stars=r.stars,
            is_vip=is_vip(people, r),
            moment=r.edited_at or (now if said is not None and r.version is None else r.written_at),
            zone=zone,
        )
        hits = [hit for hit in book.hits(facts) if hit.taken]
        readings[r.external_id] = with_rules(reading, raises_of(hits))
        found[r.external_id] = hits
    return Due(found, {name: languages.get(name) for name in found})


def acts_not_for(person: Person | None, stars: int | None) -> bool:
    """Whether whoever wrote this is marked, so that no rule acts on it."""
    return person is not None and person.is_spammer and (stars is None or person.spam_stars)


def is_vip(people: Mapping[str, Person], record: Record) -> bool:
    """Whether whoever wrote this is a VIP now; `people` by their key."""
    person = people.get(record.contact_key or "")
    return person is not None and person.standing >= VIP


def raises_of(hits: Iterable[Hit]) -> list[list[Any]]:
    """What counts in the rank of these, as a reading keeps it."""
    return [
        [str(hit.rule.id), hit.rule.version, hit.rule.name, hit.rule.terms.effects.points]
        for hit in hits
        if hit.rule.terms.effects.points
    ]


class _Before(NamedTuple):
    text: str
    stars: int | None
    raises: Sequence[Any]


def _said_before(ids: Sequence[UUID]) -> dict[UUID, _Before]:
    if not ids:
        return {}
    rows = db.session.execute(_BEFORE, {"agency_id": current_scope().agency_id, "ids": list(ids)})
    return {row[0]: _Before(row[1], row[2], row[3] or ()) for row in rows}


def wants_of(effects: Effects, language: str | None) -> dict[str, str | None]:
    """What whoever should take a case has and reads; nothing where a rule asks for the language and nobody knows it."""
    reads = base_language(language) if effects.by_language else None
    return {"wants_skill": effects.skill or None, "wants_language": reads or None}


def carry_out(account: Account, due: Due, message_ids: Mapping[str, UUID], now: datetime) -> None:
    """Do what is to be done with stored words besides what counts in the rank. One statement, two more where somebody
    is to be found who can take them, and some for each loop that a rule asks.
    """
    rows = [
        {
            "id": new_id(),
            "place": place,
            "message_id": message_ids[name],
            "rule_id": hit.rule.id,
            "rule_version": hit.rule.version,
            "rule_name": hit.rule.name,
            "spans": hit.spans,
            "label_ids": hit.rule.terms.effects.label_ids,
            "points": hit.rule.terms.effects.points,
            "keep_for": hit.rule.terms.effects.keep_for,
            **wants_of(hit.rule.terms.effects, due.languages.get(name)),
            "offers": offers_in(hit.rule.terms.effects),
        }
        for name in sorted(due.hits)
        for place, hit in enumerate(due.hits[name])
    ]
    if rows:
        values = {"agency_id": account.agency_id, "brand_id": account.brand_id, "now": now, "rows": as_json(rows)}
        db.session.execute(_CARRY_OUT, {**values, "until": now + timedelta(minutes=KEPT_MINUTES)})
    if any(row["wants_skill"] or row["wants_language"] for row in rows):
        enqueue_after_commit(JobName.HAND_OUT, agency_id=account.agency_id)
    for name in sorted(due.hits):
        for hit in due.hits[name]:
            if hit.rule.terms.effects.loop_id is not None:
                ask_by_rule(message_ids[name], hit.rule.terms.effects.loop_id, hit.rule.name)
