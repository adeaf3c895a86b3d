"""A promise lapses with the answer that made it: where nobody can read it, it is neither open nor broken.

What was promised by answers that do not stand already stays as it is, for people to end.
"""

from __future__ import annotations

from alembic import op

revision = "0087"
down_revision = "0088"


def upgrade() -> None:
    """One more way to end. The check is made anew without reading the table under its lock."""
    op.execute("alter table customer_promise drop constraint ck_customer_promise_ended_is_known")
    op.execute(
        "alter table customer_promise add constraint ck_customer_promise_ended_is_known"
        " check (ended in ('kept', 'late', 'dropped', 'lapsed')) not valid"
    )
    op.execute("alter table customer_promise validate constraint ck_customer_promise_ended_is_known")
