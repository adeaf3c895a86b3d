"""Words by which conversations are found, and the triggers that say whose words have to be read anew.

Statement triggers where many rows come at once: one insert for a page of polled items. What is there already is not
read here: each agency gets one row that tells the job to go through it (docs/operations.md).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0032"

FUNCTIONS = """
create function search_new_messages() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
    insert into search_due (agency_id, conversation_id) select distinct agency_id, conversation_id from fresh;
    return null;
end $$;
create function search_changed_message() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
    if new.deleted_at is not null or new.text = '' or new.conversation_id <> old.conversation_id then
        delete from search_word where agency_id = old.agency_id and id = old.conversation_id;
        if new.conversation_id <> old.conversation_id then
            insert into search_due (agency_id, conversation_id) values (old.agency_id, old.conversation_id);
        end if;
    end if;
    insert into search_due (agency_id, conversation_id) values (new.agency_id, new.conversation_id);
    return null;
end $$;
create function search_gone_message() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
    delete from search_word where agency_id = old.agency_id and id = old.conversation_id;
    insert into search_due (agency_id, conversation_id) values (old.agency_id, old.conversation_id);
    return null;
end $$;
create function search_changed_conversation() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
    if new.author_name is null and old.author_name is not null then
        delete from search_word where agency_id = new.agency_id and id = new.id;
    end if;
    insert into search_due (agency_id, conversation_id) values (new.agency_id, new.id);
    return null;
end $$;
create function search_gone_conversation() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
    delete from search_word where agency_id = old.agency_id and id = old.id;
    return null;
end $$;
create function search_changed_contact() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
    if new.name is null then
        delete from search_word w using conversation c
        where c.agency_id = new.agency_id and c.contact_id = new.id and w.agency_id = c.agency_id and w.id = c.id;
    end if;
    insert into search_due (agency_id, conversation_id)
    select agency_id, id from conversation where agency_id = new.agency_id and contact_id = new.id;
    return null;
end $$;
"""
TRIGGERS = """
create trigger search_new_messages after insert on message referencing new table as fresh
for each statement execute function search_new_messages();
create trigger search_changed_message after update on message for each row
when (old.text is distinct from new.text or old.deleted_at is distinct from new.deleted_at
      or old.author_name is distinct from new.author_name or old.conversation_id <> new.conversation_id
      or old.language is distinct from new.language or old.permalink is distinct from new.permalink)
execute function search_changed_message();
create trigger search_gone_message after delete on message for each row execute function search_gone_message();
create trigger search_new_notes after insert on note referencing new table as fresh
for each statement execute function search_new_messages();
create trigger search_changed_note after update on note for each row
when (old.text is distinct from new.text or old.conversation_id <> new.conversation_id)
execute function search_changed_note();
create trigger search_gone_note after delete on note for each row execute function search_gone_message();
create trigger search_changed_conversation after update on conversation for each row
when (old.author_name is distinct from new.author_name or old.permalink is distinct from new.permalink
      or old.external_id is distinct from new.external_id or old.contact_id is distinct from new.contact_id)
execute function search_changed_conversation();
create trigger search_gone_conversation after delete on conversation for each row
execute function search_gone_conversation();
create trigger search_changed_contact after update on contact for each row
when (old.name is distinct from new.name) execute function search_changed_contact();
"""
CHANGED_NOTE = """
create function search_changed_note() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
    delete from search_word where agency_id = old.agency_id and id = old.conversation_id;
    insert into search_due (agency_id, conversation_id)
    values (old.agency_id, old.conversation_id), (new.agency_id, new.conversation_id);
    return null;
end $$;
"""


def upgrade() -> None:
    """Add two tables and the triggers, and ask for what is there already."""
    op.create_table(
        "search_word",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("word", sa.Text(collation="C"), nullable=False),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", "word", name=op.f("pk_search_word")),
    )
    op.create_index("ix_search_word_word", "search_word", ["agency_id", "word"], unique=False)
    op.create_table(
        "search_due",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=True),
        sa.Column("before_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_due")),
    )
    op.create_index("ix_search_due_agency", "search_due", ["agency_id", "id"], unique=False)
    op.execute(FUNCTIONS)
    op.execute(CHANGED_NOTE)
    op.execute(TRIGGERS)
    op.execute(
        "insert into search_due (agency_id, before_id) select id, 'ffffffff-ffff-ffff-ffff-ffffffffffff' from agency"
    )
