"""The lead's wall over HTTP against a bare page: 200 brands, one conversation in ten open, a year of figures."""

from __future__ import annotations

from agency.reports import wall as reading
from benchmarks.inbox_pages import MOST_STATEMENTS, REQUESTS, ROUNDS, House, buffers_of, growth, houses, statements_of
from benchmarks.queue_data import BRANDS, Seeded
from benchmarks.rounds import Line, WrongAnswer, count, line, median_ms, paired
from benchmarks.scratch import Database, Scratch
from tenants.permissions import Actor, Role
from tenants.scope import Scope, in_scope

LEAD = Actor(Seeded.known().admin_id, "Ada Admin", Role.AGENCY_ADMIN, Seeded.known().agency_id, None)

FIGURES_SQL = """
insert into brand_day (agency_id, id, brand_id, day, is_private, received, asked, answered, seconds, cases, resolved)
select b.agency_id, gen_random_uuid(), b.id, (now() at time zone 'UTC')::date - n, p, 40, 30, 28, 28 * 5400, 25, 20
from brand b, generate_series(0, 364) n, (values (false), (true)) as both_ (p)
where not exists (select from brand_day)
"""
HOURS_SQL = """
insert into brand_hour (agency_id, id, brand_id, hour, waiting)
select b.agency_id, gen_random_uuid(), b.id, date_trunc('hour', now(), 'UTC') - n * interval '1 hour', 40 + n
from brand b, generate_series(0, 191) n
where not exists (select from brand_hour)
"""
WAITING_SQL = """
insert into case_day (agency_id, id, brand_id, conversation_id, day, is_private, received, asked, cases, waiting_since)
select agency_id, gen_random_uuid(), brand_id, id, last_customer_at::date, false, 1, 1, 1, last_customer_at
from conversation where status = 'open' and not exists (select from case_day)
"""


def wall(scratch: Scratch, size: str) -> list[Line]:
    """The page against the floor's; its statements; the larger house against the smaller."""
    rounds, requests = ROUNDS[size], REQUESTS[size]
    lines: list[Line] = []
    with houses(scratch, size) as served:
        for house in served:
            _fill(house.database)
            for _ in range(8):  # both processes compile it
                answer = house.admin.get("/wall")
                house.admin.close()
            if answer.status != 200 or answer.body.count(b"<th scope=row>") < 50:
                raise WrongAnswer(f"/wall answered {answer.status} without 50 of {BRANDS} brands")
            here = f"{house.rows:,} conversations"
            pages = paired(
                lambda h=house: h.admin.timed_ms("/wall", requests),
                lambda h=house: h.floor.timed_ms("/page", requests),
                rounds=rounds,
            )
            lines.append(
                line(f"wall of {BRANDS} brands, {here}", pages, "ms", against="bare page of 50 rows", aim="<= 3")
            )
            read = paired(
                lambda h=house: _read_ms(h, requests),
                lambda h=house: h.floor.timed_ms("/page", requests),
                rounds=rounds,
            )
            lines.append(line(f"wall read anew, without HTTP, {here}", read, "ms", against="bare page of 50 rows"))
            lines.append(count(f"wall read anew, {here}: buffers", _buffers(house), ""))
            lines.append(count(f"wall, {here}: weight", len(answer.body), "bytes"))
            found = statements_of(house.database, house.admin, "/wall")
            lines.append(
                count(f"wall, {here}: SQL statements", len(found), "", aim=f"<= {MOST_STATEMENTS}", statements=found)
            )
        lines += growth(served, "wall", lambda h: h.admin.timed_ms("/wall", requests), rounds)
    return lines


def _buffers(house: House) -> int:
    def anew() -> None:
        reading._kept.clear()
        reading.read_wall(LEAD)

    return buffers_of(house, anew, "brand_day")


def _read_ms(house: House, times: int) -> float:
    with in_scope(house.base_app, Scope(Seeded.known().agency_id, None)):

        def anew() -> None:
            reading._kept.clear()
            reading.read_wall(LEAD)

        return median_ms(anew, times)


def _fill(database: Database) -> None:
    with database.superuser() as connection:
        connection.execute("set session_replication_role = replica")
        for statement in (FIGURES_SQL, HOURS_SQL, WAITING_SQL):
            connection.execute(statement.encode())
        connection.execute("vacuum (analyze) brand_day, brand_hour, case_day")
