"""The record is a chain for each brand and one for the agency (docs/decisions/0034); what is there comes first.

`append_brand_audit` and `append_agency_audit` add lines; nothing else need. What one line's hash is made of is
`audit_line`, as written down in docs/audit.md and worked out a second time in `tenants/audit_chain.py`.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0049"
down_revision = "0046"

SAFE = "set search_path = public, pg_temp"

LINE = f"""
create function audit_line(number bigint, agency_id uuid, brand_id uuid, id uuid, at timestamptz, actor_id uuid,
    actor_salt bytea, actor_name text, action text, subject_type text, subject_id text, facts jsonb,
    words_salt bytea, words jsonb) returns bytea language sql stable parallel safe {SAFE} as $$
select convert_to(jsonb_build_array('onbrand-audit-1', number, agency_id, brand_id, id,
    to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), actor_id,
    encode(sha256(actor_salt || convert_to(actor_name, 'UTF8')), 'hex'), action, subject_type, subject_id, facts::text,
    encode(sha256(words_salt || convert_to(words::text, 'UTF8')), 'hex'))::text, 'UTF8')
$$
"""
FOLD = """
create function audit_fold(so_far bytea, before bytea, line bytea) returns bytea language sql immutable parallel safe
as $$ select sha256(coalesce(so_far, before) || line) $$
"""
CHAIN = "create aggregate audit_chain(before bytea, line bytea) (sfunc = audit_fold, stype = bytea)"
START = r"'\x" + "00" * 32 + "'::bytea"
"""What stands before a chain's first line."""

APPEND = """
create function append_{table}(of_agency uuid, given jsonb) returns void language plpgsql {safe} as $$
begin
    -- Whoever changes the key of what a line belongs to waits for us here, before we hold a chain: never the reverse.
    perform 1 from {owner} where {its_key} order by id for key share;
    -- Chains are held from here to the end of the transaction, several of them in one order.
    perform pg_advisory_xact_lock(one.key) from (
        select distinct hashtextextended('audit ' || of_agency || {chain_name}, 0) as key
        from jsonb_to_recordset(given) as g(brand_id uuid) order by 1
    ) one;
    insert into {table} (agency_id, id, {brand} number, hash, created_at, actor_id, actor_name, actor_salt, action,
        subject_type, subject_id, facts, words, words_salt)
    with lines as materialized (
        select g.*, row_number() over (partition by g.brand_id order by g.id) as place,
            uuid_send(gen_random_uuid()) as actor_salt,
            case when g.words is not null then uuid_send(gen_random_uuid()) end as words_salt
        from jsonb_to_recordset(given) as g(id uuid, brand_id uuid, actor_id uuid, actor_name text, action text,
            subject_type text, subject_id text, facts jsonb, words jsonb)
    ), chains as materialized (
        select c.brand_id, coalesce(head.number, 0) as number, coalesce(head.hash, {start}) as hash
        from (select distinct brand_id from lines) c left join lateral (
            select a.number, a.hash from {table} a where a.agency_id = of_agency {same_chain}
            order by a.number desc limit 1
        ) head on true
    )
    select of_agency, l.id, {brand_of_line} c.number + l.place,
        audit_chain(c.hash, audit_line(c.number + l.place, of_agency, l.brand_id, l.id, now(), l.actor_id, l.actor_salt,
            l.actor_name, l.action, l.subject_type, l.subject_id, l.facts, l.words_salt, l.words))
            over (partition by l.brand_id order by l.place),
        now(), l.actor_id, l.actor_name, l.actor_salt, l.action, l.subject_type, l.subject_id, l.facts, l.words,
        l.words_salt
    from lines l join chains c on c.brand_id is not distinct from l.brand_id;
end $$
"""
OF = {
    "brand_audit": {
        "owner": "brand",
        "its_key": "agency_id = of_agency"
        " and id in (select g.brand_id from jsonb_to_recordset(given) as g(brand_id uuid))",
        "chain_name": "' ' || g.brand_id",
        "brand": "brand_id,",
        "brand_of_line": "l.brand_id,",
        "same_chain": "and a.brand_id = c.brand_id",
    },
    "agency_audit": {
        "owner": "agency",
        "its_key": "id = of_agency",
        "chain_name": "''",
        "brand": "",
        "brand_of_line": "",
        "same_chain": "",
    },
}

# The application's role may change no line. What it may is take a person's words out of one, by this and nothing else:
# what they were made of stays as a hash, and the record says who did it (`tenants.audit.erase_words`).
ERASE = f"""
create function erase_audit_words(of_agency uuid, of_brand uuid, ids uuid[]) returns setof bigint language sql
security definer {SAFE} as $$
update brand_audit set words_hash = sha256(words_salt || convert_to(words::text, 'UTF8')), words = null,
    words_salt = null, erased_at = now()
where agency_id = of_agency and brand_id = of_brand and id = any(ids) and words is not null
returning number
$$
"""

WORDS = ("reason", "note", "error")
"""Facts that a person wrote freely: words from now on."""
CHAIN_WHAT_IS_THERE = """
with lines as materialized (
    select agency_id, id, {brand} as brand_id, created_at, actor_id, actor_name, action, subject_type, subject_id,
        row_number() over (partition by agency_id, {brand} order by created_at, id) as number,
        uuid_send(gen_random_uuid()) as actor_salt, facts - {names} as facts, w.said as words,
        case when w.said is not null then uuid_send(gen_random_uuid()) end as words_salt
    from {table}, lateral (
        select case when facts ?| {names} then (select jsonb_object_agg(key, value) from jsonb_each(facts)
            where key = any({names}) and value <> 'null') end as said
    ) w
), chained as (
    select *, audit_chain({start}, audit_line(number, agency_id, brand_id, id, created_at, actor_id, actor_salt,
        actor_name, action, subject_type, subject_id, facts, words_salt, words))
        over (partition by agency_id, brand_id order by number) as hash
    from lines
)
update {table} a set number = c.number, hash = c.hash, actor_salt = c.actor_salt, facts = c.facts, words = c.words,
    words_salt = c.words_salt
from chained c where a.agency_id = c.agency_id and a.id = c.id
"""


def upgrade() -> None:
    """One pass over what is there, sorted on disk where it is large."""
    run = op.get_bind().exec_driver_sql  # colons are no parameters
    for statement in (LINE, FOLD, CHAIN):
        run(statement)
    names = "array[" + ", ".join(f"'{one}'" for one in WORDS) + "]"
    for table, parts in OF.items():
        for name, kind in (
            ("number", sa.BigInteger()),
            ("hash", sa.LargeBinary()),
            ("actor_salt", sa.LargeBinary()),
            ("words", JSONB()),
            ("words_salt", sa.LargeBinary()),
            ("words_hash", sa.LargeBinary()),
            ("erased_at", sa.DateTime(timezone=True)),
        ):
            op.add_column(table, sa.Column(name, kind, nullable=True))
        op.execute(f"alter table {table} no force row level security")
        brand = "brand_id" if parts["brand"] else "null::uuid"
        chain = CHAIN_WHAT_IS_THERE.format(table=table, brand=brand, names=names, start=START)
        run(chain)
        op.execute(f"alter table {table} force row level security")
        for name in ("number", "hash", "actor_salt"):
            op.alter_column(table, name, nullable=False)
        run(APPEND.format(table=table, safe=SAFE, start=START, **parts))
    op.drop_index("ix_agency_audit_latest", "agency_audit")
    op.create_index("ix_agency_audit_number", "agency_audit", ["agency_id", "number"], unique=True)
    op.create_index("ix_brand_audit_number", "brand_audit", ["agency_id", "brand_id", "number"], unique=True)
    op.create_index("ix_brand_audit_brand", "brand_audit", ["agency_id", "brand_id", "id"])
    op.create_index("ix_brand_audit_actor", "brand_audit", ["agency_id", "actor_id", "id"])
    op.create_index("ix_brand_audit_action", "brand_audit", ["agency_id", "action", "id"])
    run(ERASE)
    op.execute("revoke execute on function erase_audit_words from public")
