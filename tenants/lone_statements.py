"""Statements that are a transaction each, for doors that answer hundreds of calls a second.

A session costs a call six round trips and several milliseconds of work that has nothing to do with its rows. Here a
statement is sent as it stands and is committed, durably, when its rows are back. Guard one does not see it, as with
`tenants.scope.raw_sql`; row-level security holds it, and what that compares with is bound by the statement itself:
begin it with `with ` + BOUND, and take the ids of agency and brand from `bound`, so that nothing is written before.

The connections are a pool of their own, because turning one of the sessions' over and back took as long as binding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast
from uuid import UUID

import psycopg
from sqlalchemy.exc import DBAPIError

from tenants.base_app import lone_engine_of_app
from tenants.scope import Scope

BOUND = (
    "bound as materialized (select set_config('app.agency_id', %(scope_agency_id)s, true)::uuid as agency_id,"
    " set_config('app.brand_ids', %(scope_brand_id)s, true)::uuid as brand_id)"
)
"""Binds the transaction to one agency and one brand of it (`for_brand`)."""

BOUND_SCOPE = (
    "select set_config('app.agency_id', %(scope_agency_id)s, true)::uuid as agency_id,"
    " set_config('app.brand_ids', %(scope_brand_ids)s, true) as brand_ids"
)
"""Binds the transaction to a scope (`for_scope`). Make it a materialized part of `with` and let all else hang on its
`agency_id` laterally, so that nothing is read before."""

Lone = psycopg.Connection[Any]
"""A connection on which every statement commits by itself."""


def for_brand(agency_id: UUID, brand_id: UUID) -> dict[str, str]:
    """The values of BOUND."""
    return {"scope_agency_id": str(agency_id), "scope_brand_id": str(brand_id)}


def for_scope(scope: Scope) -> dict[str, str]:
    """The values of BOUND_SCOPE."""
    return {f"scope_{name}": value for name, value in scope.as_settings().items()}


@contextmanager
def lone_statements() -> Iterator[Lone]:
    """A connection of the pool for such statements. Raises sqlalchemy's DBAPIError for whatever PostgreSQL refuses."""
    try:
        pooled = lone_engine_of_app().raw_connection()
    except psycopg.Error as error:
        raise DBAPIError("a connection for lone statements", None, error, hide_parameters=True) from error
    connection = cast(Lone, pooled.driver_connection)
    try:
        yield connection
    except psycopg.Error as error:
        raise DBAPIError("a lone statement", None, error, hide_parameters=True) from error
    finally:
        if connection.closed or connection.broken:
            pooled.invalidate()
        pooled.close()


def rows(connection: Lone, sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """All rows of a statement in psycopg's own words."""
    return connection.execute(sql.encode(), values).fetchall()
