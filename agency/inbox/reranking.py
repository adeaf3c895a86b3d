"""Ranking again what is stored: when a step of a due time comes, and when weights, a person or a brand change.

What a rank needs stands in the row, its brand's and its person's, so no message is read. A slice is a transaction, its
cases locked in order and the brand's counter last, as everybody does who changes cases.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import ARRAY, Uuid, bindparam, update

from agency.inbox.brand_clocks import clocks_of_brands
from agency.inbox.case_clocks import begun, run_again, tightest
from agency.inbox.models import RankingWeights
from agency.inbox.ranking import WORD_PARTS, Ranked, RankFacts, Said, rank
from agency.inbox.signs import SIGN_OF_VIP, VIP
from agency.inbox.summary import PRIVATE
from agency.inbox.weight_versions import weights_in_force
from agency.inbox.weights import Weights
from tenants import clock
from tenants.database import db
from tenants.kept_select import kept_text
from tenants.outbox import JobName, enqueue_after_commit
from tenants.scope import current_scope, raw_sql

SLICE: Final = 500
"""Cases of one transaction: for so long somebody who works on one of them waits."""
NO_ID: Final = UUID(int=0)

_FACTS = """
    select c.id, c.brand_id, c.rank, c.rank_reasons, c.rerank_at, c.due_at, c.last_customer_at,
        c.last_message_at, c.stars, c.kind, c.message_count, b.tier,
        c.woke_at is not null as woken,
        c.platform, c.clocks,
        coalesce(p.is_vip, false) as vip, coalesce(p.weight, 0) as weight
    from conversation c
    join brand b on b.agency_id = c.agency_id and b.id = c.brand_id
    left join contact p on p.agency_id = c.agency_id and p.id = c.contact_id and p.brand_id = c.brand_id
    where c.agency_id = :agency_id and c.status = 'open' and {which} limit :slice for no key update of c {how}
"""
_WHY = "a slice of the queue with what its ranks need, locked"

_BEHIND = raw_sql(_FACTS.format(which="c.id > :after order by c.id", how=""), reason=_WHY)
_OF_BRAND = raw_sql(_FACTS.format(which="c.brand_id = :brand_id and c.id > :after order by c.id", how=""), reason=_WHY)
_OF_CONTACT = raw_sql(
    _FACTS.format(which="c.contact_id = :contact_id and c.id > :after order by c.id", how=""), reason=_WHY
)
_IS_DUE = kept_text(
    "select exists (select from conversation where agency_id = :agency_id and status = 'open' and rerank_at <= :now)",
    reason="asked every minute of every agency, and nearly always no: one descent of an index, no join to plan",
)
_DUE = raw_sql(_FACTS.format(which="c.rerank_at <= :now order by c.rerank_at, c.id", how="skip locked"), reason=_WHY)

# A press tells by the version whether anybody touched a case since (`agency.inbox.undoing`): a new rank is nobody's
# doing, so what the press remembers moves along.
_WRITE = raw_sql(
    f"""
    with ranked as (
        update conversation c set rank = given.rank, rank_reasons = given.rank_reasons, rerank_at = given.rerank_at,
            due_at = given.due_at, clocks = given.clocks, version = c.version + 1,
            signs = (c.signs & ~{VIP}) | {SIGN_OF_VIP}
        from jsonb_to_recordset(cast(:rows as jsonb)) as given(id uuid, brand_id uuid, rank int, rank_reasons jsonb,
            rerank_at timestamptz, due_at timestamptz, clocks jsonb)
        where c.agency_id = :agency_id and c.id = given.id and c.brand_id = given.brand_id
        returning c.id, c.brand_id, c.version
    )
    update bulk_deed_case d set version_after = ranked.version from ranked
    where d.agency_id = :agency_id and d.conversation_id = ranked.id and d.brand_id = ranked.brand_id
        and d.version_after = ranked.version - 1 and d.state = 'done' and d.created_at > now() - interval '2 days'
    """,
    reason="one statement for a slice",
)

_TELL = raw_sql(
    """
    with theirs as (
        select id, brand_id from conversation
        where agency_id = :agency_id and contact_id = any(:contact_ids) and status = 'open'
        order by id limit :slice for no key update
    ), told as (
        update conversation c set version = c.version + 1 from theirs
        where c.agency_id = :agency_id and c.id = theirs.id and c.brand_id = theirs.brand_id
        returning c.id, c.brand_id, c.version
    )
    update bulk_deed_case d set version_after = told.version from told
    where d.agency_id = :agency_id and d.conversation_id = told.id and d.brand_id = told.brand_id
        and d.version_after = told.version - 1 and d.state = 'done' and d.created_at > now() - interval '2 days'
    """,
    reason="one statement for a slice",
).bindparams(bindparam("contact_ids", type_=ARRAY(Uuid)))


class Slice(NamedTuple):
    """What one slice did. `last` is its last case, None at the end."""

    seen: int
    changed: int
    last: UUID | None


def rerank_contact(contact_id: UUID) -> None:
    """After this transaction, rank this person's open cases again: somebody set what they count."""
    enqueue_after_commit(JobName.RERANK, agency_id=current_scope().agency_id, contact_id=contact_id)


def tell_cases_of(contact_ids: Collection[UUID]) -> None:
    """Let pages that have an open case of these people open know that who writes changed; up to SLICE cases."""
    values = {"agency_id": current_scope().agency_id, "contact_ids": list(contact_ids), "slice": SLICE}
    db.session.execute(_TELL, values)


def rerank_due(slice_size: int = SLICE) -> Slice:
    """Rank again what a step of its due time has come for; what somebody works on just now is left for next time."""
    now = clock.now()
    if not _IS_DUE.rows({"agency_id": current_scope().agency_id, "now": now})[0][0]:
        return Slice(0, 0, None)
    rows = _rows(_DUE, {"now": now, "slice": slice_size})
    return Slice(len(rows), _rank_again(rows, weights_in_force().weights) if rows else 0, None)


def rerank_slice(
    after: UUID | None = None,
    *,
    brand_id: UUID | None = None,
    contact_id: UUID | None = None,
    number: int | None = None,
    slice_size: int = SLICE,
) -> Slice:
    """Rank the next open cases behind `after` again: all, or a brand's or a person's.

    `number` is the version of weights it is for, which remembers how far that is; nothing is done where another is in
    force by now, whose own promise does it all. Doing it twice changes nothing more.
    """
    in_force = weights_in_force()
    if number is not None and in_force.number != number:
        return Slice(0, 0, None)
    statement = _OF_CONTACT if contact_id else _OF_BRAND if brand_id else _BEHIND
    given = {"contact_id": contact_id} if contact_id else {"brand_id": brand_id} if brand_id else {}
    rows = _rows(statement, {**given, "after": after or NO_ID, "slice": slice_size})
    changed = _rank_again(rows, in_force.weights)
    last = rows[-1].id if len(rows) == slice_size else None
    if number is not None:
        reached: dict[str, Any] = {"ranked_count": RankingWeights.ranked_count + len(rows)}
        if last is None:
            reached["ranked_at"] = clock.now()
        db.session.execute(
            update(RankingWeights)
            .where(RankingWeights.number == number)
            .values(**reached)
            .execution_options(synchronize_session=False)
        )
    return Slice(len(rows), changed, last)


def facts_of(row: Any, due_at: datetime | None, due_clock: str = "") -> RankFacts:
    """What ranking looks at, from a row with the columns of a conversation, its brand's tier and its person's."""
    words = {reason["part"]: tuple(reason["words"]) for reason in row.rank_reasons if reason.get("part") in WORD_PARTS}
    return RankFacts(
        said=Said(*(words.get(part, ()) for part in WORD_PARTS)),
        since=row.last_customer_at or row.last_message_at,
        due_at=due_at,
        stars=row.stars,
        readers=0 if row.kind == PRIVATE else row.message_count,
        vip=row.vip,
        weight=row.weight,
        tier=row.tier,
        woken=row.woken,
        due_clock=due_clock,
        rules=next((reason["rules"] for reason in row.rank_reasons if reason.get("part") == "rule"), ()),
    )


def _rows(statement: Any, values: dict[str, Any]) -> Sequence[Any]:
    return db.session.execute(statement, {"agency_id": current_scope().agency_id, **values}).all()


def _rank_again(rows: Sequence[Any], weights: Weights) -> int:
    now = clock.now()
    changes = []
    brands = clocks_of_brands({row.brand_id for row in rows})
    for row in rows:
        kept = row.clocks
        if not kept and row.due_at is not None and row.last_customer_at is not None:  # stored before there were clocks
            kept = begun(row.last_customer_at)
        kept = run_again(kept, brands[row.brand_id], row.platform, row.kind)
        ends = tightest(kept)
        due_at = ends.due if ends is not None else None
        ranked = rank(facts_of(row, due_at, ends.name if ends is not None else ""), weights, now)
        before = (row.rank, row.rank_reasons, row.rerank_at, row.due_at, row.clocks)
        if (*ranked, due_at, kept) != before:
            told = {"id": row.id, "brand_id": row.brand_id, "due_at": due_at, "clocks": kept}
            changes.append({**told, **_columns(ranked)})
    if changes:
        given = {"agency_id": current_scope().agency_id, "rows": orjson.dumps(changes).decode()}
        db.session.execute(_WRITE, given)
    return len(changes)


def _columns(ranked: Ranked) -> dict[str, Any]:
    return {"rank": ranked.rank, "rank_reasons": ranked.reasons, "rerank_at": ranked.rerank_at}
