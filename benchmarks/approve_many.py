"""500 drafts approved by one press, against one INSERT of as many rows.

Method: one brand with a guide of 30 rules, 500 replies of 250 characters in four languages that wait for one owner,
each to a comment of its own. Ours is what the page does: hold every conversation and reply, ask every rule of every one
(words, target, policy, guide), write approvals, states, ends of requests, queue rows, lines of the record and promises,
and commit, as the application's role with row-level security on. With each text is kept what its check was about, as
submitting does; the second line is the press after a guide came in force, when each is checked anew with the customers'
words. The floor is one `INSERT … SELECT unnest(…)` of 500 approvals into a table of the same columns and indexes, and
its commit, by the superuser. Before each round what was written is taken back.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy import Engine, event, insert, select

from agency.replies import checks, deciding_many
from agency.replies.around_many import read_around
from agency.replies.deciding_many import Shown
from agency.replies.models import Reply, ReplyText
from benchmarks.rounds import LEAST_ROUNDS, Line, WrongAnswer, count, line, paired
from benchmarks.scratch import Scratch
from benchmarks.style_check import our_rules
from benchmarks.style_replies import REPLIES
from styleguides.models import StyleGuideVersion
from styleguides.rules import rules_to_data
from tenants import clock, models
from tenants.database import db, new_id
from tenants.permissions import Actor, Role
from tenants.scope import Scope, in_scope

REPLIES_AT_ONCE = {"tiny": 20, "small": 500, "full": 500}
RULES = 30
ROUNDS_ANEW = 3

REPLIES_SQL = """
create temporary table waits as
select n, uuidv7() as case_id, uuidv7() as reply_id, uuidv7() as text_id, uuidv7() as message_id
from generate_series(0, %(count)s - 1) n;
insert into conversation (agency_id, id, brand_id, account_id, contact_id, platform, kind, external_id, status, rank,
    rank_reasons, excerpt, author_name, context, message_count, reply_state, last_message_at, last_customer_at, version)
select %(agency)s, case_id, %(brand)s, %(account)s, uuidv7(), 'facebook', 'comment', 'thread-' || n, 'open', 10, '[]',
    'Where is my card?', 'Maria Silva', '{}', 1, 'awaiting_approval', now(), now(), 1 from waits;
insert into message (agency_id, id, brand_id, account_id, conversation_id, external_id, direction, text, author_name,
    written_at, content_hash)
select %(agency)s, message_id, %(brand)s, %(account)s, case_id, 'm-' || n, 'in', 'Where is my card?', 'Maria Silva',
    now(), '\\x00' from waits;
insert into reply (agency_id, id, brand_id, conversation_id, account_id, in_reply_to_id, in_reply_to_external_id,
    in_reply_to_content_hash, thread_external_id, platform, kind, state, state_since, submitted_at, text_id,
    target_fingerprint, written_by, written_by_name, waits_step, complaint)
select %(agency)s, reply_id, %(brand)s, case_id, %(account)s, message_id, 'm-' || n, '\\x00', 'thread-' || n,
    'facebook', 'comment', 'awaiting_approval', now(), now(), text_id,
    sha256(convert_to(concat_ws(chr(10), %(brand)s::text, %(account)s::text, 'm-' || n, '00'), 'utf8')),
    %(writer)s, 'Sam Staff', 1, false from waits;
insert into reply_text (agency_id, id, brand_id, reply_id, number, text, text_hash, author_id, author_name, findings)
select %(agency)s, text_id, %(brand)s, reply_id, 1, words, encode(sha256(convert_to(words, 'utf8')), 'hex'),
    %(writer)s, 'Sam Staff', '[]' from (select *, (%(texts)s::text[])[1 + n %% 4] || ' ' || n as words from waits) w;
insert into approval_request (agency_id, id, brand_id, reply_id, reply_text_id, text_hash, target_fingerprint,
    account_id, approver_id, approver_name, asked_at, expires_at)
select r.agency_id, uuidv7(), r.brand_id, r.id, r.text_id, t.text_hash, r.target_fingerprint, r.account_id,
    %(owner)s, 'Olga Owner', r.state_since, now() + interval '3 days'
from reply r join reply_text t on t.id = r.text_id;
create table plain_approval (like approval including all);
"""
TAKE_BACK = (
    "truncate approval, outbox_entry, plain_approval cascade",
    "update reply set state = 'awaiting_approval', state_since = submitted_at",
    "update conversation set reply_state = 'awaiting_approval'",
    "update approval_request set ended_at = null, ended_because = null, ended_by = null, ended_by_name = null",
    "vacuum (analyze) reply, conversation, approval_request, approval, plain_approval, outbox_entry",
)
KEEP_CHECKS = """
update reply_text t set passed = given.key from unnest(%(ids)s::uuid[], %(keys)s::bytea[]) as given(id, key)
where t.id = given.id
"""
"""What submitting keeps with each text: what its check was about."""
FORGET_CHECKS = "update reply_text set passed = null"
FLOOR = """
insert into plain_approval (agency_id, id, brand_id, reply_id, reply_text_id, text_hash, target_fingerprint, decision,
    decided_by, decided_by_name, step)
select %(agency)s, id, %(brand)s, reply_id, text_id, text_hash, fingerprint, 'approved', %(owner)s, 'Olga Owner', 1
from unnest(%(ids)s::uuid[], %(replies)s::uuid[], %(texts)s::uuid[], %(hashes)s::text[], %(fingerprints)s::bytea[])
    as given(id, reply_id, text_id, text_hash, fingerprint)
"""


def approve_many(scratch: Scratch, size: str) -> list[Line]:
    """Lines of the benchmark `approve_many`."""
    many = REPLIES_AT_ONCE[size]
    database = scratch.database("approve_many")
    app = database.base_app()
    agency_id, brand_id, account_id, owner_id, writer_id = (new_id() for _ in range(5))
    with app.app_context():
        db.session.add(models.Agency(id=agency_id, name="Bench House"))
        owner = models.Person(id=owner_id, email="owner@bench.example", name="Olga Owner", language="en")
        db.session.add(owner)
        db.session.flush()
        member = {"agency_id": agency_id, "person_id": owner_id, "role": "client_owner", "brand_ids": [brand_id]}
        db.session.add(models.Membership(**member, all_brands=False))
        db.session.commit()
    scope = Scope(agency_id, frozenset({brand_id}))
    with in_scope(app, Scope(agency_id, None)):
        db.session.add(
            models.Brand(agency_id=agency_id, id=brand_id, name="B", mark="BB", colour="#123456", language="en")
        )
        db.session.flush()
        rules = rules_to_data(our_rules(RULES, "en"))
        version = {"number": 1, "state": "in_force", "rules": rules, "put_in_force_at": clock.now()}
        db.session.execute(
            insert(StyleGuideVersion), [{"agency_id": agency_id, "id": new_id(), "brand_id": brand_id, **version}]
        )
    given = {
        "count": many,
        "agency": agency_id,
        "brand": brand_id,
        "account": account_id,
        "writer": writer_id,
        "owner": owner_id,
        "texts": [reply.of(250) for reply in REPLIES.values()],
    }
    with database.superuser() as connection:
        connection.execute("set session_replication_role = replica")  # accounts and contacts are not looked at
        for sql in REPLIES_SQL.split(";\n")[:-1]:
            connection.execute(sql.encode(), given if "%(" in sql else None)
        connection.execute("vacuum (analyze)")
    actor = Actor(owner_id, "Olga Owner", Role.CLIENT_OWNER, agency_id, frozenset({brand_id}), came_by="signed_in")
    with in_scope(app, scope):
        rows = db.session.execute(
            select(Reply.id, ReplyText.text_hash, Reply.state_since, Reply.text_id, Reply.target_fingerprint).join(
                ReplyText, ReplyText.id == Reply.text_id
            )
        ).all()
    shown = [Shown(row.id, row.text_hash, row.state_since) for row in rows]
    with in_scope(app, scope):
        around = read_around([row.id for row in rows])
        passed = [
            (one.text.id, checks.check_text_of(one.reply, one.text, around=one).passed) for one in around.values()
        ]
    with database.superuser() as connection:
        connection.execute(KEEP_CHECKS, {"ids": [one for one, _key in passed], "keys": [key for _one, key in passed]})

    def take_back() -> None:
        with database.superuser() as connection:
            for sql in TAKE_BACK:
                connection.execute(sql.encode())

    def press(some: list[Shown]) -> float:
        take_back()
        started = time.perf_counter()
        with in_scope(app, scope):
            decided = deciding_many.approve_many(actor, some)
        taken = time.perf_counter() - started
        if len(decided.approved) != len(some):
            raise WrongAnswer(f"{len(decided.approved)} of {len(some)} were approved: {decided.left[:1]}")
        return taken

    def floor() -> float:
        take_back()
        columns = {
            "ids": [new_id() for _ in rows],
            "replies": [row.id for row in rows],
            "texts": [row.text_id for row in rows],
            "hashes": [row.text_hash for row in rows],
            "fingerprints": [row.target_fingerprint for row in rows],
        }
        with database.superuser() as connection:
            started = time.perf_counter()
            connection.execute(FLOOR, {"agency": agency_id, "brand": brand_id, "owner": owner_id, **columns})
            return time.perf_counter() - started

    press(shown), floor()
    pairing = paired(lambda: press(shown), floor, rounds=1 if size == "tiny" else LEAST_ROUNDS)
    few, all_of_them = (_statements(press, some) for some in (shown[:1], shown))
    with database.superuser() as connection:
        connection.execute(FORGET_CHECKS)
    anew = paired(lambda: press(shown), floor, rounds=1 if size == "tiny" else ROUNDS_ANEW)
    against = f"one INSERT of {many} rows by unnest"
    return [
        line(f"{many} drafts approved by one press", pairing, "s", against=against, aim="<= 6"),
        line("the same, each checked anew", anew, "s", against=against),
        count(f"statements of a press of {many}", all_of_them, "", aim=f"<= {few}", for_one=few),
    ]


def _statements(press: Callable[[list[Shown]], float], some: list[Shown]) -> int:
    seen: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        press(some)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    return len(seen)
