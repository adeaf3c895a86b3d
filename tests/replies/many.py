"""Many replies that wait, as copies of one: the same words to other messages of other people."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Engine, text

COPIES = """
create temporary table copy on commit drop as
select n, gen_random_uuid() as case_id, gen_random_uuid() as message_id, gen_random_uuid() as reply_id,
    gen_random_uuid() as text_id from generate_series(1, :count) n;
insert into conversation select (jsonb_populate_record(c, jsonb_build_object('id', copy.case_id,
    'external_id', c.external_id || '-' || copy.case_id))).* from conversation c, copy
    where c.id = (select conversation_id from reply where id = :reply_id);
insert into message select (jsonb_populate_record(m, jsonb_build_object('id', copy.message_id,
    'conversation_id', copy.case_id, 'external_id', m.external_id || '-' || copy.case_id))).* from message m, copy
    where m.id = (select in_reply_to_id from reply where id = :reply_id);
insert into reply select (jsonb_populate_record(r, jsonb_build_object('id', copy.reply_id,
    'conversation_id', copy.case_id, 'in_reply_to_id', copy.message_id, 'text_id', copy.text_id,
    'in_reply_to_external_id', r.in_reply_to_external_id || '-' || copy.case_id,
    'target_fingerprint', sha256(convert_to(concat_ws(chr(10), r.brand_id, r.account_id,
        r.in_reply_to_external_id || '-' || copy.case_id, encode(r.in_reply_to_content_hash, 'hex')), 'utf8'))))).*
    from reply r, copy where r.id = :reply_id;
insert into reply_text select (jsonb_populate_record(t, jsonb_build_object('id', copy.text_id,
    'reply_id', copy.reply_id))).* from reply_text t, copy
    where t.id = (select text_id from reply where id = :reply_id);
insert into approval_request select (jsonb_populate_record(q, jsonb_build_object('id', gen_random_uuid(),
    'reply_id', copy.reply_id, 'reply_text_id', copy.text_id))).* from approval_request q, copy
    where q.reply_id = :reply_id
"""


def copies(superuser: Engine, reply_id: UUID, count: int) -> list[UUID]:
    """So many more of a plain public reply; returns their ids."""
    with superuser.begin() as connection:
        for statement in COPIES.split(";\n"):
            given = {"reply_id": reply_id, "count": count}
            connection.execute(text(statement), {name: one for name, one in given.items() if f":{name}" in statement})
        return list(connection.execute(text("select reply_id from copy order by n")).scalars())
