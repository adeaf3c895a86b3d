"""Promises as rows, and a clock that is moved by moving them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from tenants.outbox import JobName, enqueue_after_commit
from tenants.scope import in_scope


@dataclass
class Outbox:
    """The table of promises as an operator sees it."""

    app: Flask
    superuser: Engine

    def promise(self, job: JobName, **ids: Any) -> int:
        with in_scope(self.app, None):
            enqueue_after_commit(job, **ids)
        number: int = self.scalar("select max(id) from outbox_entry")
        return number

    def row(self, number: int) -> Any:
        return self.all(f"select *, run_at - now() as due_in from outbox_entry where id = {number}")[0]

    def open(self, job: JobName) -> list[str]:
        """The replies that open promises of this kind name."""
        return [
            row.reply_id
            for row in self.all(
                f"select ids->>'reply_id' as reply_id from outbox_entry where job_name = '{job.value}'"
                " and done_at is null and given_up_at is null order by id"
            )
        ]

    def all(self, sql: str) -> list[Any]:
        with self.superuser.connect() as connection:
            return list(connection.execute(text(sql)))

    def scalar(self, sql: str) -> Any:
        return self.all(sql)[0][0]

    def change(self, sql: str) -> None:
        with self.superuser.begin() as connection:
            connection.execute(text(sql))


@pytest.fixture
def outbox(app: Flask, superuser: Engine) -> Outbox:
    """Empty."""
    return Outbox(app, superuser)
