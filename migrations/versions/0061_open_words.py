"""Which words stand in open conversations: a search among these reads no closed one.

A conversation that is opened or ceases to be open has to be read anew, so that its words say so; one that was opened is
told apart, for it is looked for until then.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0054"

OPENED = """
create or replace function search_changed_conversation() returns trigger language plpgsql
set search_path = public, pg_temp as $$
begin
    if new.author_name is null and old.author_name is not null then
        delete from search_word where agency_id = new.agency_id and id = new.id;
    end if;
    insert into search_due (agency_id, conversation_id, was_opened)
    values (new.agency_id, new.id, new.status = 'open' and old.status <> 'open');
    return null;
end $$;
drop trigger search_changed_conversation on conversation;
create trigger search_changed_conversation after update on conversation for each row
when (old.author_name is distinct from new.author_name or old.permalink is distinct from new.permalink
    or old.external_id is distinct from new.external_id or old.contact_id is distinct from new.contact_id
    or old.last_message_at is distinct from new.last_message_at or (old.status = 'open') <> (new.status = 'open'))
execute function search_changed_conversation();
"""


def upgrade() -> None:
    """Say of what is there whether it is open; then the index of open ones, and the trigger that tells."""
    op.add_column("search_word", sa.Column("is_open", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("search_due", sa.Column("was_opened", sa.Boolean(), server_default=sa.false(), nullable=False))
    # The owner is under the policies, too: without this it would see no row.
    for table in ("search_word", "conversation"):
        op.execute(f"alter table {table} no force row level security")
    op.execute(
        "update search_word w set is_open = true from conversation c"
        " where c.agency_id = w.agency_id and c.id = w.id and c.brand_id = w.brand_id and c.status = 'open'"
    )
    for table in ("search_word", "conversation"):
        op.execute(f"alter table {table} force row level security")
    # What the release before adds meanwhile counts as open until it is read anew, which loses nothing.
    op.alter_column("search_word", "is_open", server_default=sa.true())
    op.create_index(
        "ix_search_word_open",
        "search_word",
        ["agency_id", "word", "id", "brand_id"],
        unique=False,
        postgresql_where=sa.text("is_open"),
    )
    op.create_index(
        "ix_search_due_opened",
        "search_due",
        ["agency_id", "conversation_id"],
        unique=False,
        postgresql_where=sa.text("was_opened"),
    )
    op.execute(OPENED)
