"""A queue of a large agency, filled by SQL: 200 brands, 600 accounts, one conversation in ten open, one brand in front.

The first brand holds a tenth of everything. Open conversations hold two messages, one closed one in twenty holds a
question and an answer; the rest of the closed ones are rows of the queue only. A table of as many rows for the floor
lies in the schema `floor`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID, uuid5

import psycopg

from benchmarks.scratch import Database
from tenants import sessions
from tenants.database import db
from tenants.models import Agency, Membership, Person
from tenants.permissions import Role

BRANDS = 200
ACCOUNTS = 600
BRANDS_OF_STAFF = 20
FILLED_AT_ONCE = 1_000_000
PLATFORMS = ("facebook", "instagram", "google_business")
_NAMES = UUID("5f0c9f5e-6a0e-4f6e-8a9c-6f3a1d0b7c11")

CONTACTS_SQL = """
create schema seed;
create unlogged table seed.contact as
select c, uuidv7() as id, a.id as account_id, a.brand_id, a.platform, 'Customer ' || c as name
from generate_series(0, %(contacts)s - 1) c
join account a on a.external_id = 'account-' || (case when c %% 10 = 0 then (c / 10) %% 3 else c %% %(accounts)s end);
insert into contact (agency_id, id, brand_id, account_id, platform, external_id, name)
select '%(agency)s', id, brand_id, account_id, platform, 'person-' || c, name from seed.contact;
analyze seed.contact;
"""

CONVERSATIONS_SQL = """
insert into conversation (agency_id, id, brand_id, account_id, contact_id, platform, kind, external_id, status,
    closed_reason, rank, rank_reasons, rerank_at, excerpt, author_name, language, stars, context, message_count,
    reply_state, act, sentiment, label_ids, last_message_at, last_customer_at, due_at, snoozed_until, looked_at,
    holder_id, holder_name, held_since, held_until, version, created_at)
select '%(agency)s', uuidv7(-age), c.brand_id, c.account_id, c.id, c.platform,
    case when c.platform = 'google_business' then 'review' else 'comment' end, 'thread-' || g,
    status, case when status = 'closed' then 'answered' end,
    extract(epoch from timestamptz '2060-01-01 00:00+00' - (now() - age))::int + (50 + h %% 100) * 3600,
    jsonb_build_array(jsonb_build_object('part', 'complaint', 'points', 30, 'words', jsonb_build_array('arrived')),
        jsonb_build_object('part', 'due', 'points', 20 + h %% 100, 'at', now())), null,
    'Hi, my order number ' || g || ' has not arrived yet and I would like to know when it will be here, because the '
    || 'party is on Saturday.', c.name, (array['en', 'pl', 'pt', 'es', 'de'])[1 + h %% 5],
    case when c.platform = 'google_business' then 1 + h %% 5 end,
    '{"external_id": "post-1", "text": "Our spring menu is here. What will you try first?"}', 2,
    case when status = 'open' and h %% 9 = 0 then 'awaiting_approval' when status = 'open' and h %% 9 = 1 then 'draft'
         when status = 'closed' then 'published' end,
    case when h %% 20011 = 7 then 'praise' when h %% 3 = 0 then 'question' when h %% 4 < 3 then 'complaint' end,
    case when h %% 13 = 0 then 'negative' when h %% 2 = 0 then 'neutral' end,
    case when h %% 8 = 0 and h %% 9973 = 5 then array['%(common)s'::uuid, '%(rare)s'] when h %% 8 = 0
         then array['%(common)s'::uuid] when h %% 9973 = 5 then array['%(rare)s'::uuid] else '{}' end,
    now() - age, now() - age,
    case when status = 'open' then now() + make_interval(mins => h %% 1440 - 700) end,
    case when status = 'snoozed' then now() + interval '2 days' end,
    case when h %% 3 = 0 then now() - age end,
    case when status = 'open' and h %% 11 = 0 then '%(holder)s'::uuid end,
    case when status = 'open' and h %% 11 = 0 then 'Ina Colleague' end,
    case when status = 'open' and h %% 11 = 0 then now() end,
    case when status = 'open' and h %% 11 = 0 then now() + interval '8 hours' end, 1, now() - age
from (
    select g, h, interval '730 days' * ((%(rows)s - g)::float8 / %(rows)s) as age,
        case h %% 50 when 0 then 'open' when 1 then 'open' when 2 then 'open' when 3 then 'open' when 4 then 'open'
            when 5 then 'snoozed' else 'closed' end as status
    from (select g, (hashint4(g) & 2147483647) as h from generate_series(%(first)s, %(last)s) g) numbered
) made
join seed.contact c on c.c = made.g %% %(contacts)s
order by g;
"""

LABELS_SQL = """
insert into label (agency_id, id, brand_id, name, colour, changed_by_name)
values ('%(agency)s', '%(common)s', '%(agency)s', 'common', 'teal', 'system'),
    ('%(agency)s', '%(rare)s', '%(agency)s', 'rare', 'red', 'system');
insert into conversation_label (agency_id, id, brand_id, conversation_id, label_id, put_by_name, status, rank,
    last_message_at)
select agency_id, uuidv7(), brand_id, id, unnest(label_ids), 'system', status, rank, last_message_at
from conversation where label_ids <> '{}';
"""

MESSAGES_SQL = """
insert into message (agency_id, id, brand_id, conversation_id, account_id, contact_id, external_id, parent_external_id,
    direction, author_name, text, language, stars, written_at, content_hash)
select v.agency_id, uuidv7(v.last_message_at - now()), v.brand_id, v.id, v.account_id,
    case when n = 1 or v.status = 'open' then v.contact_id end, v.external_id || case n when 1 then '' else '-2' end,
    case n when 2 then v.external_id end, case when n = 1 or v.status = 'open' then 'in' else 'out' end,
    case when n = 1 or v.status = 'open' then v.author_name else 'The brand' end,
    v.excerpt || ' I wrote twice already and nobody answered.', v.language, v.stars,
    v.last_message_at - (2 - n) * interval '1 hour', sha256(v.id::text::bytea)
from conversation v, generate_series(1, 2) n
where (v.status = 'open' or (hashint4(hashtext(v.external_id)) & 2147483647) %% 20 = 0)
    and (hashtext(v.external_id) & 1) = %(half)s
order by v.id, n;
"""

COUNTERS_SQL = """
insert into queue_counter (agency_id, id, brand_id, open_count, held_count, awaiting_approval_count, snoozed_count,
    closed_count, version)
select agency_id, uuidv7(), brand_id, count(*) filter (where status = 'open'),
    count(*) filter (where status = 'open' and holder_id is not null),
    count(*) filter (where status = 'open' and reply_state = 'awaiting_approval'),
    count(*) filter (where status = 'snoozed'), count(*) filter (where status = 'closed'), 1
from conversation group by agency_id, brand_id;
"""

FLOOR_SQL = """
create schema floor;
create table floor.conversation (id bigint primary key, agency_id int not null, brand_id int not null,
    account_id int not null, state smallint not null, holder_id int, score int not null, last_at timestamptz not null,
    sender text not null, excerpt text not null);
insert into floor.conversation
select g, 1, 1 + h %% %(brands)s, 1 + h %% %(accounts)s, case when h %% 10 = 0 then 0 else 1 end,
    case when h %% 7 = 0 then h %% 30 end, h %% 1000, now() - g * interval '30 seconds', 'Customer ' || h %% 50000,
    'Hi, my order number ' || g || ' has not arrived yet and I would like to know when it will be here'
from (select g, (hashint4(g) & 2147483647) as h from generate_series(1, %(rows)s) g) numbered;
create index on floor.conversation (agency_id, score desc, id desc) where state = 0;
grant usage on schema floor to onbrand_app;
grant select on floor.conversation to onbrand_app;
"""

REFILLED = ("conversation", "message", "contact", "conversation_label")


@dataclass(frozen=True)
class Seeded:
    """Who is in the filled database. Everything else is found by looking."""

    agency_id: UUID
    admin_id: UUID
    staff_id: UUID

    @classmethod
    def known(cls) -> Seeded:
        """The same ids in every filled database."""
        return cls(*(uuid5(_NAMES, word) for word in ("agency", "admin", "staff")))


def fill(database: Database, rows: int) -> None:
    """Fill an empty database with `rows` conversations and everything around them."""
    seeded = Seeded.known()
    _people(database, seeded)
    values = {
        "agency": seeded.agency_id,
        "holder": seeded.admin_id,
        "rows": rows,
        "contacts": max(rows // 5 // ACCOUNTS, 1) * ACCOUNTS,
        "accounts": ACCOUNTS,
        "brands": BRANDS,
        "common": uuid5(_NAMES, "common label"),
        "rare": uuid5(_NAMES, "rare label"),
    }
    parts = [
        {"first": first, "last": min(first + FILLED_AT_ONCE - 1, rows)} for first in range(1, rows + 1, FILLED_AT_ONCE)
    ]
    with _in_a_hurry(database) as connection:
        indexes = _drop_indexes(connection)
        connection.execute((CONTACTS_SQL % values).encode())
        _together(database, [CONVERSATIONS_SQL % (values | part) for part in parts])
        _together(
            database, [FLOOR_SQL % values, LABELS_SQL % values, *(MESSAGES_SQL % {"half": half} for half in (0, 1))]
        )
        _together(database, [COUNTERS_SQL.replace("%%", "%"), *indexes])
        _together(
            database,
            [
                f"vacuum (analyze) {name}"
                for name in ("conversation", "message, conversation_label, floor.conversation")
            ],
        )
        connection.execute("drop table seed.contact; drop schema seed")
        connection.execute("vacuum (analyze)")
        connection.execute("checkpoint")


HURRY = ("fsync = off", "full_page_writes = off", "autovacuum = off", "max_wal_size = '8GB'")
"""While a database is filled; what is measured runs with the local stack's own settings."""


@contextmanager
def _in_a_hurry(database: Database) -> Iterator[psycopg.Connection]:
    with database.superuser() as connection:
        for setting in HURRY:
            connection.execute(f"alter system set {setting}".encode())
        connection.execute("select pg_reload_conf()")
        try:
            yield _unhindered(connection)
        finally:
            connection.execute("alter system reset all")
            connection.execute("select pg_reload_conf()")


def _unhindered(connection: psycopg.Connection) -> psycopg.Connection:
    # Neither counters row by row nor keys looked up one by one; both are made whole or are right by making.
    connection.execute("set session_replication_role = replica")
    connection.execute("set synchronous_commit = off")
    connection.execute("set maintenance_work_mem = '256MB'")
    connection.execute("set work_mem = '128MB'")
    return connection


def _together(database: Database, statements: Sequence[str]) -> None:
    """Run them on two connections, one for each core, in any order."""

    def run(statement: str) -> None:
        with database.superuser() as connection:
            _unhindered(connection).execute(statement.encode())

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, statements))


def _drop_indexes(connection: psycopg.Connection) -> list[str]:
    """Drop what is quicker built than kept up; the statements that build it again."""
    found = connection.execute(
        "select i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) from pg_index i"
        " where i.indrelid::regclass::text = any(%s)"
        " and not exists (select from pg_constraint c where c.conindid = i.indexrelid)",
        [list(REFILLED)],
    ).fetchall()
    for name, _ in found:
        connection.execute(f"drop index {name}".encode())
    return [definition for _, definition in found]


def _people(database: Database, seeded: Seeded) -> None:
    app = database.base_app()
    brands = [uuid5(_NAMES, f"brand {number}") for number in range(BRANDS)]
    with app.app_context():
        db.session.add(Agency(id=seeded.agency_id, name="Bench House"))
        for person_id, name in ((seeded.admin_id, "Ada Admin"), (seeded.staff_id, "Sam Staff")):
            db.session.add(Person(id=person_id, email=f"{name.split()[0].lower()}@bench.example", name=name))
        db.session.flush()
        for person_id, role, only in (
            (seeded.admin_id, Role.AGENCY_ADMIN, []),
            (seeded.staff_id, Role.STAFF, brands[::10][:BRANDS_OF_STAFF]),
        ):
            db.session.add(
                Membership(
                    agency_id=seeded.agency_id,
                    person_id=person_id,
                    role=role.value,
                    all_brands=not only,
                    brand_ids=only,
                )
            )
        db.session.commit()
        db.engine.dispose()
    with database.superuser() as connection, connection.cursor() as cursor:
        cursor.executemany(
            "insert into brand (agency_id, id, name, mark, colour, language, time_zone, needs_approval,"
            " answer_due_hours) values (%s, %s, %s, %s, %s, 'en', 'UTC', true, 12)",
            [
                (
                    seeded.agency_id,
                    brand_id,
                    f"Brand number {n:03}",
                    f"{chr(65 + n % 26)}{n % 10}",
                    f"#{n * 7919 % 0x7FFFFF:06x}",
                )
                for n, brand_id in enumerate(brands)
            ],
        )
        cursor.executemany(
            "insert into account (agency_id, id, brand_id, platform, external_id, name, health)"
            " values (%s, %s, %s, %s, %s, %s, 'ok')",
            [
                (
                    seeded.agency_id,
                    uuid5(_NAMES, f"account {n}"),
                    # Accounts 0, 1 and 2 are the first brand's.
                    brands[n // 3],
                    PLATFORMS[n % 3],
                    f"account-{n}",
                    f"Brand number {n // 3:03} on {PLATFORMS[n % 3]}",
                )
                for n in range(ACCOUNTS)
            ],
        )


def sign_in(database: Database, person_id: UUID) -> str:
    """A session of this person, as signing in makes it; its cookie's value."""
    app = database.base_app()
    with app.app_context():
        token = sessions.start(person_id, agency_id=Seeded.known().agency_id)
        db.session.commit()
        db.engine.dispose()
    return token
