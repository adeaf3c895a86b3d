"""One answer let out in a house that published few, and in the same house that published thousands: it should take as
long. Dispatcher and workers run as in production, beside them nothing waits.

The thousands are copies of what was really published, made by SQL with everything that hangs on them, so that this
takes minutes. Seconds are told from letting out to the platform's yes, and of them what lies before the claim: the end
of that transaction, bell, dispatcher, queue, fork.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack

from benchmarks.connected import connect, sandbox
from benchmarks.publishing import ACCOUNTS, ALONE_EVERY_SECONDS, WORKERS, House, platforms_of, program
from benchmarks.rounds import Line, count
from benchmarks.scratch import Scratch

PUBLISHED = {"tiny": 40, "small": 13_000, "full": 130_000}
ALONE = {"tiny": 3, "small": 40, "full": 40}
COPIES = """
create temporary table copy on commit drop as
select r.agency_id, r.brand_id, r.id as old_id, r.conversation_id as old_case, r.text_id as old_text,
    gen_random_uuid() as case_id, gen_random_uuid() as in_id, gen_random_uuid() as out_id,
    gen_random_uuid() as reply_id, gen_random_uuid() as text_id
from reply r, generate_series(1, {times}) where r.state = 'published';
insert into conversation select (jsonb_populate_record(c, jsonb_build_object('id', case_id,
    'external_id', c.external_id || '-' || case_id))).* from conversation c join copy on c.id = old_case;
insert into reply select (jsonb_populate_record(r, jsonb_build_object('id', reply_id, 'conversation_id', case_id,
    'in_reply_to_id', in_id, 'text_id', copy.text_id, 'platform_id', r.platform_id || '-' || case_id,
    'in_reply_to_external_id', r.in_reply_to_external_id || '-' || case_id))).* from reply r join copy on r.id = old_id;
insert into message select (jsonb_populate_record(m, jsonb_build_object('conversation_id', case_id,
    'id', case m.direction when 'in' then in_id else out_id end, 'external_id', m.external_id || '-' || case_id,
    'reply_id', case m.direction when 'out' then copy.reply_id end))).*
    from message m join copy on m.conversation_id = old_case;
insert into reply_text select (jsonb_populate_record(t, jsonb_build_object('id', copy.text_id,
    'reply_id', copy.reply_id))).* from reply_text t join copy on t.id = old_text;
insert into approval select (jsonb_populate_record(a, jsonb_build_object('id', gen_random_uuid(),
    'reply_id', copy.reply_id, 'reply_text_id', copy.text_id))).* from approval a join copy on a.reply_id = old_id;
insert into publish_attempt select (jsonb_populate_record(a, jsonb_build_object('id', gen_random_uuid(),
    'reply_id', copy.reply_id, 'reply_text_id', copy.text_id))).*
    from publish_attempt a join copy on a.reply_id = old_id;
insert into sent_wording select (jsonb_populate_record(w, jsonb_build_object('id', gen_random_uuid(),
    'reply_id', copy.reply_id))).* from sent_wording w join copy on w.reply_id = old_id;
insert into answered_word select (jsonb_populate_record(w, jsonb_build_object('id', gen_random_uuid(),
    'reply_id', copy.reply_id, 'message_id', in_id))).* from answered_word w join copy on w.reply_id = old_id;
insert into outbox_entry (job_name, ids, run_at, attempts, done_at)
select job_name, jsonb_set(ids, '{{reply_id}}', to_jsonb(reply_id)), run_at, attempts, now()
from outbox_entry join copy on ids ->> 'reply_id' = old_id::text;
select append_brand_audit(agency_id, jsonb_agg(jsonb_build_object('id', gen_random_uuid(), 'brand_id', brand_id,
    'actor_name', 'system', 'action', 'reply.settle', 'subject_type', 'reply', 'subject_id', reply_id,
    'facts', jsonb_build_object())))
from copy group by agency_id
"""


def one_reply(scratch: Scratch, size: str) -> Iterator[Line]:
    """Seconds of one answer with few and with many published; how much longer."""
    database = scratch.database("one_reply")
    with ExitStack() as held:
        url, credentials = held.enter_context(
            sandbox(scratch, ACCOUNTS, items=2 + -(-2 * (ALONE[size] + 1) // ACCOUNTS))
        )
        held.callback(scratch.drop, database)
        database.environment |= platforms_of(url)
        app = database.base_app()
        connect(app, credentials)
        house = House(app, database, url)
        house.fill()
        for _ in range(WORKERS):
            held.enter_context(program(scratch, database, "worker"))
        house.sent(scratch, ACCOUNTS)
        middle: list[float] = []
        for published in (ACCOUNTS, PUBLISHED[size]):
            if published > ACCOUNTS:
                _copy(house, published)
            let_out, waited = _alone(house, scratch, ALONE[size])
            whole = [all_seconds for all_seconds, _before in waited]
            middle.append(statistics.median(whole))
            behind = f"{published:,} published"
            yield count(f"one reply, {behind}: p50", round(middle[-1], 3), "s")
            yield count(f"one reply, {behind}: p99", round(whole[int((len(whole) - 1) * 0.99)], 3), "s")
            before = statistics.median(seconds for _whole, seconds in waited)
            yield count(f"one reply, {behind}: until it is claimed, p50", round(before, 3), "s")
            yield count(f"one reply, {behind}: writing and letting out, processor", round(let_out * 1000, 1), "ms")
        times = round(middle[1] / middle[0], 2)
        yield count("one reply, many published against few", times, "times as long", aim="<= 1.2")
        house.check_ledger()


WAITED = """
select extract(epoch from a.finished_at - p.created_at), extract(epoch from a.created_at - p.created_at)
from publish_attempt a join approval p on p.reply_id = a.reply_id
where a.outcome = 'published' and a.created_at > %s order by 1
"""


def _alone(house: House, scratch: Scratch, number: int) -> tuple[float, list[tuple[float, float]]]:
    """Of each of so many, let out one by one: processor seconds of letting out, then both kinds of seconds of each."""
    with program(scratch, house.database, "dispatcher"):
        began = house.now()
        house.let_out(1)
        house.wait(began, 1)  # it runs now
        house.forget_looks()
        began, spent = house.now(), 0.0
        for _ in range(number):
            before = time.process_time()
            house.let_out(1)
            spent += time.process_time() - before
            time.sleep(ALONE_EVERY_SECONDS)
        house.wait(began, number)
    house.forget_looks()
    return spent / number, [(float(row[0]), float(row[1])) for row in house.rows(WAITED, began)]


def _copy(house: House, wanted: int) -> None:
    ((published,),) = house.rows("select count(*) from reply where state = 'published'")
    times = max(1, round(wanted / published) - 1)
    with house.database.superuser() as connection, connection.transaction():
        for statement in COPIES.format(times=times).split(";\n"):
            connection.execute(statement.encode())
    house.forget_aftermath()
