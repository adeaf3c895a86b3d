"""Cases that come back at a time, with a reason and words to begin from.

That one waits is a bit of `conversation.signs`, too, so that ending it costs nothing where none waits. It ends where
the customer writes first, or a person opens the case again or calls it spam: by a trigger, because many statements do
that.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0094"
down_revision = "0083"

COMING_BACK_ENDS = """
create function coming_back_ends() returns trigger language plpgsql
set search_path = public, pg_temp as $$
begin
    update comeback set state = 'ended', ended_at = now(),
        ended_because = case when new.last_customer_at > coalesce(old.last_customer_at, '-infinity') then 'customer'
            else 'person' end
    where agency_id = new.agency_id and conversation_id = new.id and brand_id = new.brand_id and state = 'waiting';
    new.signs := new.signs & ~16;
    return new;
end $$;
create trigger coming_back_ends before update on conversation for each row
when (old.signs & 16 <> 0 and (
    new.last_customer_at > coalesce(old.last_customer_at, '-infinity')
    or (old.status = 'snoozed' and old.snoozed_until is not null and new.status = 'open'
        and (new.woke_at is null or new.woke_at < old.snoozed_until))
    or new.closed_reason in ('spam', 'from_spammer')
))
execute function coming_back_ends()
"""


def upgrade() -> None:
    """One table and one function."""
    op.create_table(
        "comeback",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("comes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("draft", sa.Text(), server_default="", nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("person_name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("ended_because", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state in ('waiting', 'woke', 'ended')", name=op.f("ck_comeback_state_is_known")),
        sa.CheckConstraint("ended_because in ('customer', 'person')", name=op.f("ck_comeback_ended_because_is_known")),
        sa.CheckConstraint("(state = 'waiting') = (ended_at is null)", name=op.f("ck_comeback_an_end_has_a_time")),
        sa.CheckConstraint(
            "(state = 'ended') = (ended_because is not null)", name=op.f("ck_comeback_an_end_has_a_cause")
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "conversation_id", "brand_id"],
            ["conversation.agency_id", "conversation.id", "conversation.brand_id"],
            name=op.f("fk_comeback_agency_id_conversation_id_brand_id_conversation"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_comeback")),
    )
    waiting = sa.text("state = 'waiting'")
    op.create_index(
        "uq_comeback_waiting", "comeback", ["agency_id", "conversation_id"], unique=True, postgresql_where=waiting
    )
    op.create_index("ix_comeback_conversation", "comeback", ["agency_id", "conversation_id", "id"])
    for name, columns in (
        ("due", ["agency_id", "comes_at", "id"]),
        ("brand_due", ["agency_id", "brand_id", "comes_at", "id"]),
        ("person_due", ["agency_id", "person_id", "comes_at", "id"]),
    ):
        op.create_index(f"ix_comeback_{name}", "comeback", columns, postgresql_where=waiting)
    op.create_index(
        "ix_comeback_untold",
        "comeback",
        ["agency_id", "id"],
        postgresql_where=sa.text("ended_because = 'customer' and told_at is null"),
    )
    op.execute(COMING_BACK_ENDS)
