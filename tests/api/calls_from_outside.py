"""Looking at what a platform's call left behind."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Engine, text


def external_id(superuser: Engine, account: UUID) -> str:
    """The platform's id of an account."""
    with superuser.connect() as connection:
        statement = text("select external_id from account where id = :id")
        return str(connection.execute(statement, {"id": account}).scalar_one())


def put_off(superuser: Engine) -> None:
    """Nobody is due for an hour."""
    with superuser.begin() as connection:
        connection.execute(text("update poll_turn set due_at = now() + interval '1 hour'"))


def due(superuser: Engine) -> set[UUID]:
    """Who is to be polled now."""
    with superuser.connect() as connection:
        return set(connection.execute(text("select account_id from poll_turn where due_at <= now()")).scalars())


def events(superuser: Engine) -> list[tuple[str, str]]:
    """Source and kind of every event kept, in order."""
    with superuser.connect() as connection:
        return [tuple(row) for row in connection.execute(text("select source, kind from received_event order by id"))]


def raw_events(superuser: Engine) -> list[tuple[UUID, str]]:
    """Account and kind of every change kept, in order."""
    with superuser.connect() as connection:
        rows = connection.execute(text("select account_id, kind from raw_event order by created_at, id"))
        return [tuple(row) for row in rows]


def promises(superuser: Engine) -> list[str]:
    """Whose events are promised to be handled, by account."""
    statement = "select ids ->> 'account_id' from outbox_entry where job_name = 'handle_events' order by id"
    with superuser.connect() as connection:
        return list(connection.execute(text(statement)).scalars())
