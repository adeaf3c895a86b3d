"""Cases have clocks: heard, answered, resolved, by rules that a lead sets, and how each ended is kept.

`clocks` of what is stored is worked out as it is ranked again. How a clock ended is written by a trigger, because cases
are answered, closed and opened again by many ways, one and hundreds at a time; it runs only where one of these happens.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0082"
down_revision = "0081"

TRIGGER = """
create function clock_stops() returns trigger language plpgsql
set search_path = public, pg_temp as $$
begin
    if old.closed_reason = 'resolved' and new.status <> 'closed'
        and new.last_customer_at is not distinct from old.last_customer_at then
        delete from clock_outcome o
        where o.agency_id = new.agency_id and o.brand_id = new.brand_id and o.conversation_id = new.id
            and o.clock = 'resolved' and o.started_at = (old.clocks -> 'resolved' ->> 'from')::timestamptz;
    end if;
    insert into clock_outcome (agency_id, id, brand_id, conversation_id, clock, started_at, due_at, stopped_at, rule)
    select new.agency_id, gen_random_uuid(), new.brand_id, new.id, name, (kept ->> 'from')::timestamptz,
        (kept ->> 'due')::timestamptz, stopped_at, kept -> 'rule'
    from (
        select name, new.clocks -> name as kept,
            case when new.clocks -> name ? 'at' then (new.clocks -> name ->> 'at')::timestamptz
                when name = 'resolved' and new.closed_reason = 'resolved' and old.status <> 'closed'
                then new.looked_at end as stopped_at
        from unnest(array['heard', 'answered', 'resolved']) as name
    ) clock
    where kept ? 'due' and stopped_at is not null
        and (not kept ? 'at' or old.clocks -> name ->> 'at' is null
            or old.clocks -> name ->> 'from' is distinct from kept ->> 'from')
    on conflict do nothing;
    return null;
end $$;
create trigger clock_stops after update on conversation for each row
when ((old.clocks <> new.clocks and jsonb_path_exists(new.clocks, '$.*.at'))
    or (old.status <> new.status and 'resolved' in (old.closed_reason, new.closed_reason)))
execute function clock_stops();
"""


def upgrade() -> None:
    """Two columns with a default, two tables, one trigger: no row is written."""
    op.add_column("conversation", sa.Column("clocks", postgresql.JSONB(), server_default="{}", nullable=False))
    op.add_column("reply", sa.Column("only_heard", sa.Boolean(), server_default="false", nullable=False))
    op.create_table(
        "clock_rules",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("of_brand_id", sa.Uuid(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("rules", postgresql.JSONB(), nullable=False),
        sa.Column("saved_by", sa.Uuid(), nullable=False),
        sa.Column("saved_by_name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_clock_rules_agency_id_agency")),
        sa.ForeignKeyConstraint(
            ["agency_id", "of_brand_id"],
            ["brand.agency_id", "brand.id"],
            name=op.f("fk_clock_rules_agency_id_of_brand_id_brand"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f("pk_clock_rules")),
        sa.UniqueConstraint(
            "agency_id",
            "of_brand_id",
            "number",
            name=op.f("uq_clock_rules_agency_id_of_brand_id_number"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "clock_outcome",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("clock", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rule", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint("clock in ('heard', 'answered', 'resolved')", name=op.f("ck_clock_outcome_clock_is_known")),
        sa.ForeignKeyConstraint(
            ["agency_id", "conversation_id", "brand_id"],
            ["conversation.agency_id", "conversation.id", "conversation.brand_id"],
            name=op.f("fk_clock_outcome_agency_id_conversation_id_brand_id_conversation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_clock_outcome")),
        sa.UniqueConstraint(
            "agency_id",
            "conversation_id",
            "clock",
            "started_at",
            "brand_id",
            name=op.f("uq_clock_outcome_agency_id_conversation_id_clock_started_at_brand_id"),
        ),
    )
    op.create_index("ix_clock_outcome_stopped", "clock_outcome", ["agency_id", "brand_id", "stopped_at"])
    op.execute(TRIGGER)
