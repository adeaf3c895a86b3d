"""The Flask app without pages: settings, database, Redis, keys and logs, for doors, workers and scripts alike."""

from __future__ import annotations

import os
import select
from typing import Any, cast

import redis
from flask import Flask, current_app
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DisconnectionError

import tenants.scope  # noqa: F401 - installs guard one on every session
from tenants import failpoints
from tenants.database import db
from tenants.known_keys import learn_newest
from tenants.lines import DATABASE_LINE, SERVER_OPTIONS, bounded, redis_line
from tenants.logs import configure_logs
from tenants.sealed import KeyRing
from tenants.settings import Settings, SettingsError


def create_base_app(settings: Settings, *, pool_size: int = 5) -> Flask:
    """An app that can reach the database and Redis and open sealed credentials, and has no routes.

    Raises SettingsError when the database address is missing.
    """
    if not settings.onbrand_database_url:
        raise SettingsError("ONBRAND_DATABASE_URL is missing. Under `make run` it is set for you.")
    configure_logs(settings)
    failpoints.arm(settings.onbrand_failpoints, settings.home / "failpoints")
    app = Flask("onbrand", static_folder=None)
    url = make_url(settings.onbrand_database_url).set(drivername="postgresql+psycopg")
    app.config.update(
        SECRET_KEY=settings.onbrand_secret_key,
        SQLALCHEMY_DATABASE_URI=url,
        SQLALCHEMY_ENGINE_OPTIONS={
            "pool_size": pool_size,
            "max_overflow": 5,
            "pool_timeout": 10,
            "pool_recycle": 1800,
            # Refusals of every page alone are 459 different statements, and SQLAlchemy keeps 500 compiled.
            "query_cache_size": 1_000,
            "hide_parameters": True,  # customers' words and hashes stay out of error logs
            "connect_args": {
                **DATABASE_LINE,
                "options": f"{SERVER_OPTIONS} -c timezone=UTC",
                "application_name": "onbrand",
            },
        },
    )
    app.extensions["onbrand_settings"] = settings
    if settings.onbrand_credential_keys:
        app.extensions["onbrand_keys"] = KeyRing.from_setting(settings.onbrand_credential_keys)
    if settings.onbrand_redis_url:
        app.extensions["onbrand_redis"] = redis_line(settings.onbrand_redis_url)
    db.init_app(app)
    with app.app_context():
        bounded(db.engine)
    return app


def lone_engine_of_app() -> Engine:
    """Connections on which every statement commits by itself (`tenants.lone_statements`), made by the process that asks
    first: after web processes part from each other.
    """
    made: tuple[int, Engine] | None = current_app.extensions.get("onbrand_lone_engine")
    if made is None or made[0] != os.getpid():
        options = {**current_app.config["SQLALCHEMY_ENGINE_OPTIONS"], "isolation_level": "AUTOCOMMIT"}
        engine = bounded(
            create_engine(current_app.config["SQLALCHEMY_DATABASE_URI"], **options, pool_reset_on_return=None)
        )
        event.listen(engine, "checkout", _refuse_ended)
        made = current_app.extensions["onbrand_lone_engine"] = (os.getpid(), engine)
    return made[1]


def _refuse_ended(connection: Any, _record: Any, _proxy: Any) -> None:
    """Between two statements nothing waits to be read, but the word that the server ended the connection: the pool then
    makes another. Costs 2 us, where a question to the server would cost as much as the statement.
    """
    watched = select.poll()
    watched.register(connection.fileno(), select.POLLIN)
    if watched.poll(0):
        raise DisconnectionError


def check_keys_of_app() -> None:
    """Raise SettingsError where this installation's keys are not those that seal this database's secrets."""
    with db.engine.begin() as connection:
        learn_newest(connection, current_app.extensions.get("onbrand_keys"))


def settings_of_app() -> Settings:
    """The settings of the running app."""
    return cast(Settings, current_app.extensions["onbrand_settings"])


def ring_of_app() -> KeyRing:
    """The key ring of the running app. Raises SettingsError when no key was set."""
    ring = current_app.extensions.get("onbrand_keys")
    if ring is None:
        raise SettingsError("ONBRAND_CREDENTIAL_KEYS is missing: `id:base64 of 32 bytes`, newest first.")
    return cast(KeyRing, ring)


def extensions_of_app() -> dict[str, Any]:
    """Where the running app keeps what lives as long as it does."""
    return current_app.extensions


def redis_of_app() -> redis.Redis:
    """The Redis or Valkey client of the running app. Raises SettingsError when no address was set."""
    client = current_app.extensions.get("onbrand_redis")
    if client is None:
        raise SettingsError("ONBRAND_REDIS_URL is missing. Under `make run` it is set for you.")
    return cast(redis.Redis, client)
