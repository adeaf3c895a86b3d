"""Selects that every page waits for, and what storing runs for each page: put into words once, then run as they stand.

SQLAlchemy looks at every part of a statement on every run, even where it has kept its SQL; for the two or three
statements of a page that costs as much as reading their rows. Here guard one does its work when the statement is put
into words: the criteria of `tenants.scope` are written into it, with the scope's values left open, and each run fills
them in from the session's own scope. Row-level security is as always.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, NoReturn, cast
from uuid import UUID

import psycopg
from sqlalchemy import Connection, Select, TextClause, Uuid, any_, bindparam
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import with_loader_criteria
from sqlalchemy.sql.visitors import iterate

from tenants.database import AgencyOwned, BrandOwned, db
from tenants.models import Brand
from tenants.scope import Scope, UnguardedStatement, check_reach, current_scope, is_owned, raw_sql

SCOPE_AGENCY = bindparam("scope_agency_id", type_=Uuid())
"""The scope's agency, for a table that nobody owns."""
_BRANDS: Any = bindparam("scope_brand_ids", type_=postgresql.ARRAY(Uuid()))

_OF_AGENCY = (with_loader_criteria(AgencyOwned, lambda cls: cls.agency_id == SCOPE_AGENCY, include_aliases=True),)
_OF_BRANDS = (
    *_OF_AGENCY,
    with_loader_criteria(BrandOwned, lambda cls: cls.brand_id == any_(_BRANDS), include_aliases=True),
    with_loader_criteria(Brand, lambda cls: cls.id == any_(_BRANDS), include_aliases=True),
)


class KeptSelect:
    """A select whose changing values are named parameters, run for one scope after another.

    Values reach the driver as they are, so only types that psycopg itself knows will do. Raises UnguardedStatement,
    when it is made, for a shape the criteria cannot reach.
    """

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        check_reach(statement)
        self._statement = statement
        self._is_owned = any(is_owned(element) for element in iterate(statement))
        self._words: dict[bool, tuple[str, dict[str, Any]]] = {}

    def rows(self, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """All rows, as plain tuples in the order of the select's columns.

        Raises NoScope where an owned table is read before anybody said for whom, and what SQLAlchemy would raise.
        """
        session = db.session()
        session.flush()  # as the session itself does before it reads
        given = dict(values)
        has_every_brand = True
        if self._is_owned:
            scope: Scope = current_scope(session)
            has_every_brand = scope.brand_ids is None
            given["scope_agency_id"] = scope.agency_id
            if scope.brand_ids is not None:
                given["scope_brand_ids"] = _listed(scope.brand_ids)
        kept = self._words.get(has_every_brand)
        if kept is None:
            kept = self._words[has_every_brand] = self._in_words(has_every_brand)
        words, constants = kept
        return _run(session.connection(), words, constants | given)

    def _in_words(self, has_every_brand: bool) -> tuple[str, dict[str, Any]]:
        """The SQL for psycopg, and the values that never change."""
        statement = self._statement
        scoped: set[str] = set()
        if self._is_owned:
            statement = statement.options(*(_OF_AGENCY if has_every_brand else _OF_BRANDS))
            scoped = {SCOPE_AGENCY.key} if has_every_brand else {SCOPE_AGENCY.key, _BRANDS.key}
        compiled = statement.compile(dialect=PGDialect_psycopg())  # type: ignore[no-untyped-call]
        if not scoped <= compiled.binds.keys():
            raise UnguardedStatement("The scope's criteria do not reach this statement.")
        return str(compiled), {name: value for name, value in compiled.params.items() if value is not None}


def kept_text(sql: str, *, reason: str, **types: Any) -> KeptText:
    """The same of SQL as text, held to the scope by row-level security alone. `reason` is as of `raw_sql`; `types` are
    those of parameters that need one said.
    """
    named = (bindparam(name, type_=one) for name, one in types.items())
    return KeptText(raw_sql(sql, reason=reason).bindparams(*named))


class KeptText:
    """SQL as text, as `kept_text` makes it."""

    def __init__(self, statement: TextClause) -> None:
        self._statement = statement

    @cached_property
    def _words(self) -> str:
        return str(self._statement.compile(dialect=PGDialect_psycopg()))  # type: ignore[no-untyped-call]

    def rows(self, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """All rows, as plain tuples; none of a statement that gives none. Raises what SQLAlchemy would raise."""
        return _run(db.session().connection(), self._words, dict(values))


def _run(connection: Connection, words: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    """By the driver alone: SQLAlchemy's result looks at every column anew, for each statement of each page."""
    driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    cursor = driver.cursor(binary=True)
    for listener in connection.dispatch.before_cursor_execute:
        listener(connection, cursor, words, values, None, False)
    try:
        cursor.execute(words.encode(), values)
        return cursor.fetchall() if cursor.description is not None else []
    except psycopg.Error as error:
        _raise_as_ever(connection, driver, words, error)
    finally:
        cursor.close()


def _raise_as_ever(connection: Connection, driver: Any, words: str, error: psycopg.Error) -> NoReturn:
    """Raise what SQLAlchemy would have raised, and where the server is gone let it throw its pool away."""
    if driver.closed:
        connection.exec_driver_sql("select 1")
    raised = DBAPIError.instance(words, None, error, psycopg.Error, hide_parameters=True, dialect=connection.dialect)
    raise raised from error


def _listed(brand_ids: frozenset[UUID]) -> list[UUID]:
    return sorted(brand_ids)
