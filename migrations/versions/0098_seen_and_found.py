"""Names of which nothing is to be seen are none, as intake has had it since; and emoji are words that can be found.

Texts are read anew by the indexer in its own time, the newest first, as once when words were first kept.
"""

from __future__ import annotations

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0098"
down_revision = "0102"

NAMED = (("contact", "name", ", name_key = null"), ("conversation", "author_name", ""), ("message", "author_name", ""))
BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def upgrade() -> None:
    """Take out such names, give such labels one, and have every agency's texts read again."""
    for table, column, further in NAMED:
        _alone(table)
        unseen = _unseen(table, column)
        if unseen:
            op.get_bind().execute(
                sa.text(f"update {table} set {column} = null{further} where {column} = any(:unseen)"),
                {"unseen": unseen},
            )
        _as_before(table)
    _alone("label")
    unseen = _unseen("label", "name")
    if unseen:
        op.get_bind().execute(
            sa.text("update label set name = '#' || right(id::text, 8) where name = any(:unseen)"), {"unseen": unseen}
        )
    _as_before("label")
    op.execute(
        "insert into search_due (agency_id, before_id) select id, 'ffffffff-ffff-ffff-ffff-ffffffffffff' from agency"
    )


def _unseen(table: str, column: str) -> list[str]:
    """Whatever has no plain letter or digit is looked at, sign by sign."""
    rows = op.get_bind().execute(sa.text(f"select distinct {column} from {table} where {column} !~ '[a-zA-Z0-9]'"))
    return [row[0] for row in rows if not _is_seen(row[0])]


def _is_seen(name: str) -> bool:
    return any(unicodedata.category(one)[0] not in "CMZ" and one not in BLANK for one in name[:300])


def _alone(table: str) -> None:
    # The owner is under the policies, too: without this it would see no row. A name moves no counter, and words are
    # read again below.
    op.execute(f"alter table {table} no force row level security, disable trigger user")


def _as_before(table: str) -> None:
    op.execute(f"alter table {table} force row level security, enable trigger user")
