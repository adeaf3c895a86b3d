"""Real PostgreSQL and Valkey for every test: one private pair a test process, through the real migrations, as the
application's role. Tables are emptied before each test that uses the database, so tests may commit as the product does.
"""

from __future__ import annotations

import base64
import gc
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import redis
from flask import Flask
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis.internal.conjecture import providers
from sqlalchemy import Connection, Engine, create_engine

from agency.local.postgres import RunningPostgres, start_postgres
from agency.local.valkey import RunningValkey, start_valkey
from agency.sandbox.main import served
from migrations.run import upgrade
from tenants.base_app import create_base_app
from tenants.database import db
from tenants.settings import Settings
from tests.factories import Agency, Factory
from tests.kept_compiling import keep_what_is_compiled
from tests.stages import Apps, Stage
from tests.steady import is_steady

if TYPE_CHECKING:
    from tests.stripe_world import Account as StripeAccount
    from tests.stripe_world import StandIn

# How fast an example is made and runs says how busy the machine is. `steady`, for .ci/run, draws the same each time.
hypothesis_settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.register_profile(
    "steady", hypothesis_settings.get_profile("house"), derandomize=True, database=None
)
hypothesis_settings.load_profile("house")
keep_what_is_compiled()
STEADY_SHARE, FEWEST_EXAMPLES = 6, 8
"""Where the same is drawn each time, one in so many is, but so many at least: examples that passed in the last run say
little in the next, and those of everybody at home are new.
"""

# Ten thousand tests and all they import live as long as the process: while they are collected there is nothing to free,
# and afterwards looking through them again and again took a tenth of the processor's time of a run.
gc.disable()
YOUNG_OBJECTS, YOUNG_LOOKS, OLDER_LOOKS = 20_000, 20, 20
"""Then it is looked through after so many new objects, what outlived that once in so many looks, and so on: an agency
and a page are tens of thousands of objects, and looking after every 700 (Python's own) took a twentieth.
"""

TEST_KEYS = "test:" + base64.b64encode(bytes(range(32))).decode()


LONGEST = (
    "test_junk_requests.py",
    "test_every_page_in_browser.py",
    "test_run.py",
    "test_parts_in_browser.py",
    "test_routes.py",
    "test_browser_claims.py",
    "test_browser_lead.py",
    "test_exactly_once.py",
    "test_browser_connects.py",
    "test_hostile_requests.py",
    "test_browser_import.py",
    "test_every_route.py",
    "test_browser_live.py",
    "test_program.py",
    "test_browser_guide.py",
    "test_past_comes_in.py",
    "test_browser_path.py",
    "test_events_heal.py",
    "test_browser_writes.py",
    "test_own_lanes.py",
    "test_browser_mail.py",
    "test_waiting.py",
    "test_browser_search.py",
    "test_search_drift.py",
    "test_browser_keys.py",
    "test_migrations.py",
    "test_story_kept.py",
)
"""Files that take a process long and have few tests, the longest of a run first. Those of the browser, which wait half
their time, stand between those that wait for nothing: a processor is idle while three wait at once.
"""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of several processes each takes file after file: first the longest, then those with slow tests, then those with
    many tests, so that none is left with a long file when the others have done. Within a file the order stays as random
    as it was, but slow tests come last: they end what the others share.
    """
    if is_steady():
        draw_fewer(items)
        draw_from_no_sources()
    if hasattr(config, "workerinput"):
        slow = {item.path for item in items if item.get_closest_marker("slow")}
        counts = Counter(item.path for item in items)
        places = {name: place for place, name in enumerate(LONGEST)}
        files = {path: number for number, path in enumerate(counts)}

        def place_of(item: pytest.Item) -> tuple[int, bool, int, int, bool]:
            path = item.path
            kind = places.get(path.name, len(places)), path not in slow, -counts[path], files[path]
            return *kind, item.get_closest_marker("slow") is not None

        items.sort(key=place_of)


def pytest_collection_finish() -> None:
    """What is collected is left out from now on when memory is looked through."""
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, YOUNG_LOOKS, OLDER_LOOKS)
    gc.enable()


def draw_from_no_sources() -> None:
    """hypothesis also draws words and numbers it finds in the sources, for which it reads each of ours: 5 s a process.
    What it draws then hangs on what was imported before, so it is not the same each time.
    """
    nothing = providers._local_constants
    providers._get_local_constants = lambda: nothing


def draw_fewer(items: list[pytest.Item]) -> None:
    """Of tests that say how many examples they want; hypothesis keeps that with the function, which items share."""
    tests = {getattr(item.obj, "__func__", item.obj) for item in items if isinstance(item, pytest.Function)}
    for test in tests:
        wanted = getattr(test, "_hypothesis_internal_use_settings", None)
        if wanted is not None:
            most = max(wanted.max_examples // STEADY_SHARE, min(wanted.max_examples, FEWEST_EXAMPLES))
            test._hypothesis_internal_use_settings = hypothesis_settings(wanted, max_examples=most)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPostgres]:
    """A private server, migrated once."""
    server = start_postgres(tmp_path_factory.mktemp("postgres"), durable=False)
    upgrade(server.owner_url, server.app_url)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningValkey]:
    """A private server."""
    server = start_valkey(tmp_path_factory.mktemp("valkey"), durable=False)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def superuser(postgres: RunningPostgres) -> Iterator[Engine]:
    """Past both guards: for emptying tables and for looking at what is really stored."""
    engine = create_engine(postgres.url("postgres").replace("postgresql:", "postgresql+psycopg:", 1))
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def settings_values(
    postgres: RunningPostgres, valkey: RunningValkey, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """The environment the product is started with in tests; every platform address is a closed loopback port."""
    closed = "http://127.0.0.1:9"
    return {
        "ONBRAND_ENV": "local",
        "ONBRAND_HOME": str(tmp_path_factory.mktemp("home")),
        "ONBRAND_BASE_URL": "http://localhost",
        "ONBRAND_SIGN_UP": "open",
        "ONBRAND_DATABASE_URL": postgres.app_url,
        "ONBRAND_OWNER_DATABASE_URL": postgres.owner_url,
        "ONBRAND_REDIS_URL": valkey.url,
        "ONBRAND_SECRET_KEY": secrets.token_urlsafe(48),
        "ONBRAND_CREDENTIAL_KEYS": TEST_KEYS,
        "ONBRAND_INBOUND_MAIL": "replies@in.test.example",
        "ONBRAND_INBOUND_MAIL_SECRET": "what the provider knows",
        "META_APP_ID": "1",
        "META_APP_SECRET": "test app secret",
        "META_WEBHOOK_VERIFY_TOKEN": "test verify token",
        "INSTAGRAM_APP_SECRET": "test instagram secret",
        "GOOGLE_CLIENT_ID": "client",
        "GOOGLE_CLIENT_SECRET": "test client secret",
        "META_GRAPH_URL": closed,
        "INSTAGRAM_GRAPH_URL": closed,
        "INSTAGRAM_API_URL": closed,
        "GOOGLE_MYBUSINESS_URL": closed,
        "GOOGLE_TOKEN_URL": closed + "/token",
        "STRIPE_API_URL": closed,
    }


@pytest.fixture(scope="session")
def settings(settings_values: dict[str, str]) -> Settings:
    """Settings of the test installation."""
    return Settings.from_environment(settings_values)


@pytest.fixture(scope="session")
def base_app(settings: Settings) -> Flask:
    """The app without pages, shared by a process's tests; use `app`, which empties the database first."""
    return create_base_app(settings)


@pytest.fixture(scope="session")
def _whole_app(settings: Settings) -> Flask:
    from agency.app import create_app

    app = create_app(settings)
    app.config["TESTING"] = True
    return app


@pytest.fixture(scope="session")
def apps() -> Apps:
    """Apps with settings of their own, made once a process; the tests of one see it as the one before left it."""
    return Apps()


@pytest.fixture(scope="session")
def platforms() -> Iterator[Stage]:
    """Where the sandbox of the test that runs is found."""
    stage = Stage()
    with served(stage, ends_within=1) as stage.address:
        yield stage


@pytest.fixture(scope="session")
def front() -> Iterator[Stage]:
    """Where the pages of the test that runs are found."""
    stage = Stage()
    with served(stage, ends_within=1) as stage.address:
        yield stage


@pytest.fixture(scope="session")
def stripe_stand_in() -> Iterator[StandIn]:
    """Stripe for the tests of this process; each takes an account of its own."""
    from tests.stripe_world import running_stand_in  # the SDK takes half a second, for few tests

    with running_stand_in() as stand_in:
        yield stand_in


@pytest.fixture
def stripe_world(stripe_stand_in: StandIn) -> StripeAccount:
    """A Stripe account that nobody else has: its key, its clock, its cards, its events (tests/stripe_world.py)."""
    return stripe_stand_in.account()


@pytest.fixture(scope="session")
def _flush(valkey: RunningValkey) -> Callable[[], Any]:
    """Of one client: making one takes as long as making an agency's people."""
    return redis.from_url(valkey.url).flushall


@pytest.fixture
def clean(superuser: Engine, _flush: Callable[[], Any]) -> None:
    """Empty tables and an empty Valkey."""
    with superuser.connect() as connection:
        empty(connection.execution_options(isolation_level="AUTOCOMMIT"))
    _flush()


FEW_PAGES_BYTES = 8 * 8192
EMPTY = f"""
do $$ declare
    tables text[]; written text[]; is_as_new boolean;
begin
    select array_agg(relname), array_agg(relname order by relname) filter (where length > 0),
        bool_and(length <= {FEW_PAGES_BYTES} and reltuples < 0)
    into tables, written, is_as_new from (
        select relname, reltuples, pg_relation_size(oid) as length from pg_class
        where relkind = 'r' and relnamespace = 'public'::regnamespace and relname <> 'alembic_version'
    ) as sizes;
    if not is_as_new then
        execute 'truncate ' || array_to_string(tables, ', ') || ' restart identity cascade';
    elsif written is not null then
        execute 'lock table ' || array_to_string(written, ', ') || ' in share row exclusive mode';
        set local session_replication_role = replica;  -- no triggers, no foreign keys
        for place in 1 .. cardinality(written) loop execute 'delete from ' || written[place]; end loop;
        perform setval(seqrelid::regclass, seqstart, false) from pg_sequence;
    end if;
end $$
"""


def empty(connection: Connection) -> None:
    """Take every row out of every table. Truncating them all takes 60 ms, and all who are connected then read anew what
    a table is and plan every statement again; deleting the few rows of a test takes 3 ms.

    Deleted rows still fill their pages, and rows are added behind them: a test's rows lie in the order they were
    written in, as in a new table. A table of up to ten pages that nobody analysed is planned for as a new one; once one
    comes near, or was analysed, all are truncated. The lock waits for whoever still writes, as truncating would.
    """
    connection.exec_driver_sql(EMPTY)


@pytest.fixture
def app(base_app: Flask, clean: None) -> Iterator[Flask]:
    """The app without pages on an empty database."""
    yield base_app
    _give_back_connections(base_app)


@pytest.fixture
def whole_app(_whole_app: Flask, clean: None) -> Iterator[Flask]:
    """The app with both doors on an empty database."""
    yield _whole_app
    _give_back_connections(_whole_app)


def _give_back_connections(app: Flask) -> None:
    with app.app_context():
        db.session.remove()


@pytest.fixture
def make(app: Flask) -> Factory:
    """Makes agencies, brands, people, accounts and conversations; see tests/factories.py."""
    return Factory(app)


@pytest.fixture
def ana(make: Factory) -> Agency:
    """An agency of three brands with a person for every role: the one most tests work in."""
    return make.agency("Lantern Street", brands=("Pennywell", "Bursztynowa", "Sol Poente"))


@pytest.fixture
def stranger(make: Factory) -> Agency:
    """Another agency, whose people may not even learn that the first one's things exist."""
    return make.agency("Other House", brands=("Foreign",))


@pytest.fixture
def statements(app: Flask) -> Iterator[Callable[[], list[str]]]:
    """Every SQL statement run since the last call, transaction control left out."""
    from sqlalchemy import event

    seen: list[str] = []

    def note(_c: Any, _cur: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)

    def take() -> list[str]:
        taken, seen[:] = list(seen), []
        return taken

    yield take
    event.remove(Engine, "before_cursor_execute", note)


@pytest.fixture
def repository() -> Path:
    """The root of the checkout."""
    return Path(__file__).resolve().parent.parent
