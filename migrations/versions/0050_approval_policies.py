"""Which replies wait for the client says a policy, in versions that the client signs.

What each brand's flag said so far is its version 1, "as before".
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0050"
down_revision = "0049"


def upgrade() -> None:
    """Add a table and columns; write version 1 of every brand, and which version what waits was asked by."""
    op.add_column("agency", sa.Column("policies_on_paper", sa.Boolean(), server_default="false", nullable=False))
    op.create_table(
        "approval_policy",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("terms", postgresql.JSONB(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        sa.Column("written_by", sa.Uuid(), nullable=True),
        sa.Column("written_by_name", sa.Text(), nullable=False),
        sa.Column("proposal_id", sa.Uuid(), nullable=True),
        sa.Column("proposed_by", sa.Uuid(), nullable=True),
        sa.Column("proposed_by_name", sa.Text(), server_default="", nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_how", sa.Text(), nullable=True),
        sa.Column("signed_by", sa.Uuid(), nullable=True),
        sa.Column("signed_by_name", sa.Text(), server_default="", nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("put_in_force_by", sa.Uuid(), nullable=True),
        sa.Column("put_in_force_by_name", sa.Text(), server_default="", nullable=False),
        sa.Column("put_in_force_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "state in ('draft', 'proposed', 'in_force', 'retired')", name=op.f("ck_approval_policy_state_is_known")
        ),
        sa.CheckConstraint(
            "(state = 'proposed') = (proposal_id is not null)", name=op.f("ck_approval_policy_proposed_by_an_asking")
        ),
        sa.CheckConstraint(
            "state in ('draft', 'proposed') or signed_how is not null",
            name=op.f("ck_approval_policy_in_force_is_signed"),
        ),
        sa.CheckConstraint(
            "signed_how in ('page', 'paper', 'as_before')", name=op.f("ck_approval_policy_signed_how_is_known")
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "brand_id"],
            ["brand.agency_id", "brand.id"],
            name=op.f("fk_approval_policy_agency_id_brand_id_brand"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_approval_policy")),
        sa.UniqueConstraint(
            "agency_id", "brand_id", "number", name=op.f("uq_approval_policy_agency_id_brand_id_number")
        ),
    )
    for name, states in (("in_force", "= 'in_force'"), ("open", "in ('draft', 'proposed')")):
        op.create_index(
            f"uq_approval_policy_{name}",
            "approval_policy",
            ["agency_id", "brand_id"],
            unique=True,
            postgresql_where=sa.text(f"state {states}"),
        )
    op.add_column("reply", sa.Column("policy_number", sa.Integer(), nullable=True))
    op.add_column("reply", sa.Column("waits_step", sa.Integer(), nullable=True))
    op.add_column("reply", sa.Column("waits_because", postgresql.JSONB(), server_default="[]", nullable=False))
    op.create_index(
        "ix_reply_published_by",
        "reply",
        ["agency_id", "brand_id", "written_by"],
        postgresql_where=sa.text("state = 'published' and deed = 'reply'"),
    )
    op.add_column("approval", sa.Column("policy_number", sa.Integer(), nullable=True))
    op.add_column("approval", sa.Column("step", sa.Integer(), nullable=True))
    op.drop_constraint(op.f("ck_approval_decision_is_known"), "approval")
    op.create_check_constraint(
        op.f("ck_approval_decision_is_known"),
        "approval",
        "decision in ('approved', 'step_approved', 'released', 'declined', 'changes_asked')",
    )
    # The owner reads no row under its own policies.
    for table in ("brand", "reply"):
        op.execute(f"alter table {table} no force row level security")
    op.execute(
        "insert into approval_policy (agency_id, id, brand_id, number, state, terms, note, written_by_name, signed_how,"
        " put_in_force_at) select agency_id, gen_random_uuid(), id, 1, 'in_force',"
        " jsonb_build_object('needs', case when needs_approval then 'all' else 'none' end), '', 'system', 'as_before',"
        " now() from brand"
    )
    op.execute("update reply set policy_number = 1, waits_step = 1 where state = 'awaiting_approval'")
    for table in ("brand", "reply"):
        op.execute(f"alter table {table} force row level security")
