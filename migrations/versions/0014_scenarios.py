"""Guidelines say in data when they apply, why in private, who answers finally, and give an example."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0011"

LISTS = "words case_kinds kinds platforms languages"
STARS = (
    "(min_stars is null or min_stars between 1 and 5) and (max_stars is null or max_stars between 1 and 5)"
    " and (min_stars is null or max_stars is null or min_stars <= max_stars)"
)
CHECKS = {
    "ck_guideline_stars_are_a_range": STARS,
    "ck_guideline_final_by_is_known": "final_by in ('staff', 'team_lead', 'client_owner')",
}


def upgrade() -> None:
    """Columns with defaults; the checks hold for every row there is, so they are made without reading it."""
    for name in LISTS.split():
        op.add_column("guideline", sa.Column(name, postgresql.JSONB(), server_default="[]", nullable=False))
    for name in ("min_stars", "max_stars"):
        op.add_column("guideline", sa.Column(name, sa.SmallInteger(), nullable=True))
    for name, default in (("visibility_reason", ""), ("final_by", "staff"), ("example", "")):
        op.add_column("guideline", sa.Column(name, sa.Text(), server_default=default, nullable=False))
    for name, rule in CHECKS.items():
        op.execute(f"alter table guideline add constraint {name} check ({rule}) not valid")
        op.execute(f"alter table guideline validate constraint {name}")
