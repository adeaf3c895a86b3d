"""What each case adds to a day's figures, and what that comes to for a brand, public and private apart.

Nothing is counted while something is stored: what changed is told once its words were read anew (`search_due` is told
of every message and of every case that opens or closes), and a job counts it within seconds. What neither tells, a
trigger of its own does. What was there before, of the last 92 days, is told here and counted by the same job.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0090"
down_revision = "0094"

FUNCTIONS = """
create function figures_of_read_words() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
    insert into figure_due (agency_id, conversation_id)
    select distinct agency_id, conversation_id from done where conversation_id is not null;
    return null;
end $$;
create trigger figures_of_read_words after delete on search_due referencing old table as done
for each statement execute function figures_of_read_words();
create function figures_of_case() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
    insert into figure_due (agency_id, conversation_id) values (new.agency_id, new.id);
    return null;
end $$;
create trigger figures_of_case after update on conversation for each row
when (old.status <> 'open' and new.status <> 'open'
    and (old.status <> new.status or old.closed_reason is distinct from new.closed_reason))
execute function figures_of_case();
create function figures_of_brand() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
    insert into figure_due (agency_id, conversation_id)
    select distinct new.agency_id, conversation_id from case_day where agency_id = new.agency_id and brand_id = new.id;
    return null;
end $$;
create trigger figures_of_brand after update on brand for each row
when (old.time_zone <> new.time_zone) execute function figures_of_brand();
"""


def _counts(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer(), server_default="0", nullable=False) for name in names]


def _long(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), server_default="0", nullable=False) for name in names]


def _owned(table: str, *columns: sa.Column[object], key: tuple[str, ...]) -> None:
    op.create_table(
        table,
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        *columns,
        sa.Column("waits", postgresql.ARRAY(sa.Integer()), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id", "brand_id"],
            ["brand.agency_id", "brand.id"],
            name=op.f(f"fk_{table}_agency_id_brand_id_brand"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint(*key, name=op.f(f"uq_{table}_{'_'.join(key)}")),
    )


def upgrade() -> None:
    """Three tables and their triggers; then what there is is told, by ids alone."""
    _owned(
        "case_day",
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("is_private", sa.Boolean(), nullable=False),
        *_counts("received", "asked", "answered"),
        *_long("seconds", "client_seconds"),
        *_counts("met", "missed"),
        sa.Column("cases", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("resolved", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True),
        key=("agency_id", "conversation_id", "day", "brand_id"),
    )
    op.create_index("ix_case_day_brand", "case_day", ["agency_id", "brand_id", "day", "is_private", "conversation_id"])
    op.create_index(
        "ix_case_day_waiting",
        "case_day",
        ["agency_id", "brand_id", "waiting_since", "conversation_id"],
        postgresql_where=sa.text("waiting_since is not null"),
    )
    _owned(
        "brand_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("is_private", sa.Boolean(), nullable=False),
        *_counts("received", "asked", "answered"),
        *_long("seconds", "client_seconds"),
        *_counts("met", "missed", "cases", "resolved"),
        key=("agency_id", "brand_id", "day", "is_private"),
    )
    op.create_index("ix_brand_day_day", "brand_day", ["agency_id", "day"])
    op.create_table(
        "figure_due",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figure_due")),
    )
    op.create_index("ix_figure_due_agency", "figure_due", ["agency_id", "id"])
    op.execute(FUNCTIONS)
    # The owner is under the policies, too: without this it would see no row.
    op.execute("alter table conversation no force row level security")
    op.execute(
        "insert into figure_due (agency_id, conversation_id) select agency_id, id from conversation"
        " where last_message_at > now() - interval '93 days' or status <> 'closed'"
    )
    op.execute("alter table conversation force row level security")
