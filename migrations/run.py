"""Bring a database to the present schema, policies and grants; safe to run again and from several machines at once."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import make_url

from tenants.lines import DATABASE_LINE
from tenants.row_policies import grant_statements, owned_tables, policy_statements
from tenants.settings import SettingsError

LOCK_KEY = 4_207_001
"""One advisory lock number of ours, so that two migrations wait for each other."""


def alembic_config(connection: Connection) -> Config:
    """Alembic's settings for this open connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config


def import_models() -> None:
    """Load the tables of every package: one left out would be left without its row policy."""
    for package in (
        "tenants",
        "channels",
        "styleguides",
        "agency.notices",
        "agency.inbox",
        "agency.inbox.contacts",
        "agency.inbox.loops",
        "agency.inbox.triage",
        "agency.inbox.incidents",
        "agency.replies",
        "agency.training",
        "agency.reports",
        "agency.billing",
    ):
        import_module(f"{package}.models")


def _engine(owner_url: str) -> Engine:
    """A migration may take long, so only a line that is dead ends it."""
    return create_engine(make_url(owner_url).set(drivername="postgresql+psycopg"), connect_args=dict(DATABASE_LINE))


def upgrade(owner_url: str, app_url: str) -> None:
    """Run what has not run, as the owner; then set policies and the application role's grants from the models.

    Raises sqlalchemy's OperationalError when the database cannot be reached.
    """
    import_models()
    engine = _engine(owner_url)
    app_role = make_url(app_url).username
    if not app_role:
        raise SettingsError(
            "ONBRAND_DATABASE_URL names no role; nothing was changed. Give it with the application's role."
        )
    with engine.connect() as lock:
        lock.execute(text("select pg_advisory_lock(:key)"), {"key": LOCK_KEY})
        with engine.connect() as connection:
            command.upgrade(alembic_config(connection), "head")
            connection.commit()
        with engine.begin() as connection:
            for table in owned_tables():
                for statement in policy_statements(table):
                    connection.execute(text(statement))
            for statement in grant_statements(app_role):
                connection.execute(text(statement))
        lock.execute(text("select pg_advisory_unlock(:key)"), {"key": LOCK_KEY})
    engine.dispose()


def new_migration(owner_url: str, message: str) -> None:
    """Write a migration file from the difference between the models and this database."""
    import_models()
    engine = _engine(owner_url)
    with engine.connect() as connection:
        command.revision(alembic_config(connection), message=message, autogenerate=True)
    engine.dispose()
