"""10,000 drafts re-checked when a guide changes, against as many single checks of the same words.

Method: one brand, drafts of 500 characters in four languages, one in ten stopped by the guide that came in force. Ours
is the job: reading the drafts in slices, recognising each one's language, checking, writing down what is stopped, a
commit a slice, as the application's role with row-level security on. The floor is `check_text` alone for each of them,
with everything in memory and nothing written. Before each round what was written down is taken back.
"""

from __future__ import annotations

import time

from sqlalchemy import insert

from benchmarks.rounds import LEAST_ROUNDS, Line, WrongAnswer, line, paired
from benchmarks.scratch import Scratch
from benchmarks.style_check import our_rules
from benchmarks.style_replies import REPLIES
from jobs.rechecking import recheck_words
from styleguides.check import CheckContext, check_text, compile_rules
from styleguides.models import StyleGuideVersion
from styleguides.rules import rules_from_data, rules_to_data
from tenants import clock, models
from tenants.database import db, new_id
from tenants.scope import Scope, in_scope

DRAFTS = {"tiny": 40, "small": 2_000, "full": 10_000}
STOPPED_EACH = 10
RULES = 200
STOP = {"kind": "banned", "id": "stopped", "level": "stop", "phrases": ["xstopword"]}

DRAFTS_SQL = """
create temporary table draft as
select n, uuidv7() as case_id, uuidv7() as reply_id, uuidv7() as text_id, uuidv7() as message_id
from generate_series(0, %(drafts)s - 1) n;
insert into conversation (agency_id, id, brand_id, account_id, contact_id, platform, kind, external_id, status, rank,
    rank_reasons, excerpt, author_name, context, message_count, reply_state, last_message_at, last_customer_at, version)
select %(agency)s, case_id, %(brand)s, %(account)s, uuidv7(), 'facebook', 'comment', 'thread-' || n, 'open', 10, '[]',
    'Where is my card?', 'Maria Silva', '{}', 1, 'draft', now(), now(), 1 from draft;
insert into reply (agency_id, id, brand_id, conversation_id, account_id, in_reply_to_id, in_reply_to_external_id,
    in_reply_to_content_hash, thread_external_id, platform, kind, state, state_since, text_id, target_fingerprint,
    written_by, written_by_name)
select %(agency)s, reply_id, %(brand)s, case_id, %(account)s, message_id, 'm-' || n, '\\x00', 'thread-' || n,
    'facebook', 'comment', 'draft', now(), text_id, '\\x00', %(brand)s, 'Sam Staff' from draft;
insert into reply_text (agency_id, id, brand_id, reply_id, number, text, text_hash, author_id, author_name, findings)
select %(agency)s, text_id, %(brand)s, reply_id, 1,
    case when n %% %(each)s = 0 then 'xstopword ' else '' end || (%(texts)s::text[])[1 + n %% 4] || ' ' || n,
    n::text, %(brand)s, 'Sam Staff', '[]' from draft;
"""


def recheck(scratch: Scratch, size: str) -> list[Line]:
    """Lines of the benchmark `recheck`."""
    drafts = DRAFTS[size]
    database = scratch.database("recheck")
    app = database.base_app()
    agency_id, brand_id = new_id(), new_id()
    rules = (*rules_from_data([STOP]), *our_rules(RULES - 1, "en"))
    texts = [reply.of(500) for reply in REPLIES.values()]
    with app.app_context():
        db.session.add(models.Agency(id=agency_id, name="Bench House"))
        db.session.commit()
    with in_scope(app, Scope(agency_id, None)):
        db.session.add(
            models.Brand(agency_id=agency_id, id=brand_id, name="B", mark="BB", colour="#123456", language="en")
        )
        db.session.flush()
        version = {"number": 1, "state": "in_force", "rules": rules_to_data(rules), "put_in_force_at": clock.now()}
        db.session.execute(
            insert(StyleGuideVersion), [{"agency_id": agency_id, "id": new_id(), "brand_id": brand_id, **version}]
        )
    with database.superuser() as connection:
        connection.execute("set session_replication_role = replica")  # accounts and messages are not looked at
        for sql in DRAFTS_SQL.split(";\n")[:-1]:
            values = {"drafts": drafts, "agency": agency_id, "brand": brand_id, "account": new_id()}
            connection.execute(sql.encode(), {**values, "each": STOPPED_EACH, "texts": texts} if "%(" in sql else None)
        connection.execute("vacuum (analyze)")
        written = [row[0] for row in connection.execute("select text from reply_text order by reply_id").fetchall()]

    def ours() -> float:
        with database.superuser() as connection:
            connection.execute("update reply set stopped_now = null, stopped_by_version = null")
        started = time.perf_counter()
        recheck_words(app, str(agency_id), str(brand_id), 1, run_seconds=3_600)
        taken = time.perf_counter() - started
        with database.superuser() as connection:
            found = connection.execute("select count(stopped_now) from reply").fetchone()
        if found is None or found[0] != drafts // STOPPED_EACH:
            raise WrongAnswer(f"{found} of {drafts} drafts are stopped")
        return taken

    compiled = compile_rules(rules)
    context = CheckContext("facebook", "comment", customer_name="Maria Silva", brand_language="en")

    def floor() -> float:
        started = time.perf_counter()
        for words in written:
            check_text(compiled, words, context)
        return time.perf_counter() - started

    ours(), floor()
    pairing = paired(ours, floor, rounds=1 if size == "tiny" else LEAST_ROUNDS)
    name = f"{drafts:,} drafts held against a guide that came in force"
    return [line(name, pairing, "s", against="check_text alone for each", aim="<= 1.2")]
