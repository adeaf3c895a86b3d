"""What published answers promise with a date is kept, so that somebody is held to it.

What was published before promises nothing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0074"
down_revision = "0072"


def upgrade() -> None:
    """One table."""
    op.create_table(
        "customer_promise",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("reply_id", sa.Uuid(), nullable=False),
        sa.Column("reply_text_id", sa.Uuid(), nullable=False),
        sa.Column("starts", sa.Integer(), nullable=False),
        sa.Column("ends", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_by_name", sa.Text(), nullable=True),
        sa.Column("ended_by_reply_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("starts >= 0 and ends > starts", name=op.f("ck_customer_promise_stands_somewhere")),
        sa.CheckConstraint("due_at > made_at", name=op.f("ck_customer_promise_is_of_the_future")),
        sa.CheckConstraint("ended in ('kept', 'late', 'dropped')", name=op.f("ck_customer_promise_ended_is_known")),
        sa.CheckConstraint("(ended is null) = (ended_at is null)", name=op.f("ck_customer_promise_an_end_has_a_time")),
        sa.CheckConstraint(
            "(ended is null) = (num_nonnulls(ended_by, ended_by_reply_id) = 0)",
            name=op.f("ck_customer_promise_an_end_has_a_cause"),
        ),
        *(
            sa.ForeignKeyConstraint(
                ["agency_id", column, "brand_id"],
                [f"{table}.agency_id", f"{table}.id", f"{table}.brand_id"],
                name=op.f(f"fk_customer_promise_agency_id_{column}_brand_id_{table}"),
            )
            for column, table in (
                ("conversation_id", "conversation"),
                ("reply_id", "reply"),
                ("reply_text_id", "reply_text"),
                ("ended_by_reply_id", "reply"),
            )
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_customer_promise")),
    )
    op.create_index("ix_customer_promise_conversation", "customer_promise", ["agency_id", "conversation_id", "id"])
    for name, columns, where in (
        ("due", ["agency_id", "brand_id", "due_at", "id"], "ended is null"),
        ("agency_due", ["agency_id", "due_at", "id"], "ended is null"),
        ("late", ["agency_id", "brand_id", "ended_at", "id"], "ended = 'late'"),
    ):
        op.create_index(f"ix_customer_promise_{name}", "customer_promise", columns, postgresql_where=sa.text(where))
