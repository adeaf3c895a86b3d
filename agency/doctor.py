"""`onbrand doctor`: every setting with its source, and whether what the product stands on is as it should be."""

from __future__ import annotations

import re

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from tenants.lines import DATABASE_LINE, bounded, redis_line
from tenants.settings import Settings

OLDEST_POSTGRES = 150_000
OLDEST_REDIS = 7


def report(settings: Settings) -> tuple[list[str], bool]:
    """The lines to print, secrets masked, and whether all checks passed. Changes nothing."""
    table = settings.table()
    width = max(len(row["name"]) for row in table)
    lines = [f"{row['name']:<{width}}  {row['value']}  ({row['source']})" for row in table]
    findings = [*check_database(settings), *check_redis(settings)]
    lines.append("")
    lines += [f"{'ok  ' if good else 'BAD '} {sentence}" for good, sentence in findings]
    return lines, all(good for good, _ in findings)


def check_database(settings: Settings) -> list[tuple[bool, str]]:
    """Whether PostgreSQL answers, is new enough, guards rows as the models say and holds no promise given up."""
    if not settings.onbrand_database_url:
        return [(False, "database: ONBRAND_DATABASE_URL is not set; `make run` sets it, in production you do")]
    from migrations.run import import_models
    from tenants.row_policies import catalogue_problems

    import_models()
    url = make_url(settings.onbrand_database_url).set(drivername="postgresql+psycopg")
    engine = bounded(create_engine(url, connect_args=dict(DATABASE_LINE)))
    try:
        with engine.connect() as connection:
            version = int(connection.execute(text("show server_version_num")).scalar_one())
            problems = catalogue_problems(connection)
            promises = [] if problems else [_promises_given_up(connection), *_settle_times(connection, settings)]
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        return [(False, f"database: does not answer ({reason}); start it, or mend ONBRAND_DATABASE_URL")]
    finally:
        engine.dispose()
    new_enough = version >= OLDEST_POSTGRES
    found = [
        (new_enough, f"database: PostgreSQL {version // 10_000}" + ("" if new_enough else "; 15 or newer is needed"))
    ]
    if problems:
        return found + [(False, f"catalogue: {problem}") for problem in problems]
    return [
        *found,
        (True, "catalogue: tables, row policies and the application's role are as the models say"),
        *promises,
    ]


def _promises_given_up(connection: Connection) -> tuple[bool, str]:
    """How many, and the newest one's job and class of error: the error's own words may be a customer's."""
    count, job, error = connection.execute(
        text(
            "select count(*), (array_agg(job_name order by given_up_at desc))[1],"
            " (array_agg(last_error order by given_up_at desc))[1]"
            " from outbox_entry where given_up_at is not null and done_at is null"
        )
    ).one()
    if not count:
        return True, "promises: none given up"
    named = re.match(r"([A-Za-z_]\w{0,79}):", error or "")
    reason = named[1] if named else "its worker ended"
    return False, (
        f"promises: {count} given up, the newest {job} ({reason}); nothing is lost,"
        ' see "Promises were given up" in docs/operations.md'
    )


def _settle_times(connection: Connection, settings: Settings) -> list[tuple[bool, str]]:
    """How long each platform is given to show what it took, and from what that follows."""
    from agency.replies.visibility import counts_in, longest_of, settle_of

    found = []
    for platform, counts in sorted(counts_in(connection).items()):
        longest, seen = longest_of(counts), sum(counts.values())
        given = settle_of(longest, settings.settle_seconds)
        found.append(
            (
                True,
                f"settle time: {platform} is given {given} s; of {seen} replies in 30 days"
                f" 999 of 1,000 were seen there within {longest} s",
            )
        )
    return found


def check_redis(settings: Settings) -> list[tuple[bool, str]]:
    """Whether Redis or Valkey answers, is new enough and never evicts jobs."""
    if not settings.onbrand_redis_url:
        return [(False, "queue: ONBRAND_REDIS_URL is not set; `make run` sets it, in production you do")]
    try:
        once = Retry(NoBackoff(), 0)
        with redis_line(settings.onbrand_redis_url, retry=once) as client:
            server = client.info("server")
            memory = client.info("memory")
    except (redis.RedisError, ValueError) as error:
        return [(False, f"queue: does not answer ({error}); start it, or mend ONBRAND_REDIS_URL")]
    name = "Valkey" if "valkey_version" in server else "Redis"
    version = str(server.get("valkey_version") or server.get("redis_version"))
    new_enough = int(version.partition(".")[0]) >= OLDEST_REDIS
    policy = str(memory.get("maxmemory_policy"))
    return [
        (new_enough, f"queue: {name} {version}" + ("" if new_enough else "; 7 or newer is needed")),
        (
            policy == "noeviction",
            f"queue: maxmemory-policy {policy}" + ("" if policy == "noeviction" else "; jobs may be lost"),
        ),
    ]
