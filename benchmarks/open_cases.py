"""The open cases of a filled house in slices, and the least that writing them again costs."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from uuid import UUID

from flask import Flask
from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Uuid

from agency.inbox.reranking import SLICE
from benchmarks.scratch import Database
from tenants.database import db
from tenants.scope import Scope, in_scope, raw_sql

WRITTEN_BARE = "a bare UPDATE of the same rows in the same slices"
_BARE = raw_sql(
    "update conversation set rank = rank + :by, version = version + 1 where agency_id = :agency and id = any(:ids)",
    reason="the floor: the same rows written",
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))


def in_slices(database: Database) -> list[list[UUID]]:
    """Ids of all open cases, in slices as large as those of reranking."""
    with database.superuser() as connection:
        rows = connection.execute("select id from conversation where status = 'open' order by id").fetchall()
    ids: list[UUID] = [row[0] for row in rows]
    return [ids[first : first + SLICE] for first in range(0, len(ids), SLICE)]


def write_bare(app: Flask, scope: Scope, slices: Sequence[Sequence[UUID]]) -> Callable[[], float]:
    """What takes the seconds of writing rank and version of the cases, a commit for each slice; ranks go up and down in
    turn, so that each time writes all of them.
    """
    state = {"by": 1}

    def floor() -> float:
        state["by"] = -state["by"]
        started = time.perf_counter()
        for some in slices:
            with in_scope(app, scope):
                db.session.execute(_BARE, {"agency": scope.agency_id, "ids": list(some), "by": state["by"]})
        return time.perf_counter() - started

    return floor
