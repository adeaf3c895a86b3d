"""Who may see which rows, carried by the session so that a query cannot forget it.

Guard one lives here: every statement is walked before it runs. Without a scope an owned table is an error; with
one, the scope's criteria are added and what is written is compared with it. A statement in a shape the criteria
cannot reach is refused rather than run. Guard two is PostgreSQL's row-level security (`tenants.row_policies`); the
values it compares with are set at the start of every transaction. Each guard holds alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from sqlalchemy import Connection, Table, event, inspect, text
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction, scoped_session, with_loader_criteria
from sqlalchemy.sql import ClauseElement, Select
from sqlalchemy.sql.elements import TextClause

from tenants.database import AgencyOwned, BrandOwned, db
from tenants.models import Brand


class HasAppContext(Protocol):
    """A Flask app, as far as this floor needs to know one."""

    def app_context(self) -> Any: ...


EVERY_BRAND = "*"
BIND = text("select set_config('app.agency_id', :agency_id, true), set_config('app.brand_ids', :brand_ids, true)")


class ScopeError(Exception):
    """A programming error about tenants; never shown to a person as it is."""


class NoScope(ScopeError):
    """An owned table was touched before anybody said for whom."""


class ScopeChanged(ScopeError):
    """One session serves one scope for life, because objects it has loaded stay in its memory."""


class OutsideScope(ScopeError):
    """A row of another agency or brand was about to be written."""


class UnguardedStatement(ScopeError):
    """The statement touches an owned table in a shape the guard cannot add its criteria to."""


@dataclass(frozen=True)
class Scope:
    """An agency and the brands of it that may be touched; `brand_ids=None` means every brand of the agency."""

    agency_id: UUID
    brand_ids: frozenset[UUID] | None

    def covers(self, brand_id: UUID) -> bool:
        """Whether rows of that brand may be touched. (That the brand is the agency's own is the key's business.)"""
        return self.brand_ids is None or brand_id in self.brand_ids

    def as_settings(self) -> dict[str, str]:
        """The values row-level security compares with."""
        brands = EVERY_BRAND if self.brand_ids is None else ",".join(sorted(map(str, self.brand_ids)))
        return {"agency_id": str(self.agency_id), "brand_ids": brands}


def enter_scope(session: Any, scope: Scope, *, already_bound: bool = False) -> None:
    """Bind the session to a scope, once.

    `already_bound` spares a round trip where the statement that found the scope has itself set what row-level
    security compares with (`tenants.sessions`).

    Raises ScopeChanged when it already has a different one.
    """
    if isinstance(session, scoped_session):
        session = session()
    held = session.info.get("scope")
    if held is not None and held != scope:
        raise ScopeChanged("This session already serves another scope; use a new session.")
    if held is None:
        session.info["scope"] = scope
        if session.in_transaction() and not already_bound:
            session.connection().execute(BIND, scope.as_settings())


def current_scope(session: Any = None) -> Scope:
    """The scope of this session (default: the current app context's). Raises NoScope."""
    scope = (session or db.session).info.get("scope")
    if scope is None:
        raise NoScope("No scope has been entered for this session.")
    assert isinstance(scope, Scope)
    return scope


@contextmanager
def in_scope(app: HasAppContext, scope: Scope | None) -> Iterator[None]:
    """A fresh session in its own app context, bound to `scope`; committed at the end, rolled back on an error."""
    with app.app_context():
        if scope is not None:
            enter_scope(db.session, scope)
        try:
            yield
            db.session.commit()
        except BaseException:
            db.session.rollback()
            raise
        finally:
            db.session.remove()


def raw_sql(sql: str, *, reason: str) -> TextClause:
    """SQL as text, held to the scope by row-level security alone. `reason` says why the ORM will not do."""
    if not reason:
        raise ValueError("raw_sql needs a reason")
    return text(sql).execution_options(raw_sql_reason=reason)


# ── guard one ────────────────────────────────────────────────────────────────────────────────────────────────────


def is_owned(table: Any) -> bool:
    return isinstance(table, Table) and ("agency_id" in table.primary_key.columns)


def _each(element: Any) -> Iterator[Any]:
    """The element and everything below it, each once: a CTE is named many times, and CTEs name each other."""
    seen = {id(element): element}
    waiting = [element]
    while waiting:
        one = waiting.pop()
        yield one
        for child in one.get_children():
            if id(child) not in seen:
                seen[id(child)] = child
                waiting.append(child)


def _tables_in(element: ClauseElement) -> set[Table]:
    """Owned tables named anywhere below this element, nested selects left out."""
    found: set[Table] = set()
    waiting: list[Any] = list(element.get_children())
    while waiting:
        child = waiting.pop()
        if isinstance(child, Select):
            continue
        table = getattr(child, "table", None)
        table = getattr(table, "element", table)
        for candidate in (child, table):
            if is_owned(candidate):
                found.add(candidate)  # type: ignore[arg-type]
        waiting.extend(child.get_children())
    return found


def _entity_tables(select: Select[Any]) -> set[Table]:
    """Tables of the entities among a select's columns and joins: what the ORM adds criteria to."""
    found: set[Table] = set()
    columns: list[Any] = list(select._raw_columns)
    joined: list[Any] = [join[0] for join in select._setup_joins]
    for place, target in enumerate((*columns, *joined)):
        parent = target._annotations.get("parententity") if hasattr(target, "_annotations") else None
        if parent is not None:
            found.update(t for t in inspect(parent).mapper.tables if isinstance(t, Table))
            continue
        for inner in _each(target):
            if isinstance(inner, Select):
                continue
            entity = getattr(inner, "_annotations", {}).get("parententity")
            if entity is not None and place < len(columns):
                found.update(t for t in inspect(entity).mapper.tables if isinstance(t, Table))
    return found


def check_reach(statement: ClauseElement) -> None:
    """Raise UnguardedStatement when a select names an owned table none of its entities stands for."""
    _check_reach(statement, frozenset(), {})


def _check_reach(statement: ClauseElement, reached: frozenset[Table], known: dict[Any, Any]) -> None:
    """`known` are the selects looked at already, and what was reached around them."""
    if isinstance(statement, Select):
        own = reached | _entity_tables(statement)
        beyond = _tables_in(statement) - own
        if beyond:
            names = ", ".join(sorted(table.name for table in beyond))
            raise UnguardedStatement(f"Select an attribute of the mapped class, or join it: {names}")
        reached = frozenset(own)
    seen: dict[int, Any] = {}
    waiting: list[Any] = list(statement.get_children())
    while waiting:
        element = waiting.pop()
        if id(element) in seen:
            continue
        seen[id(element)] = element
        if not isinstance(element, Select):
            waiting.extend(element.get_children())
        elif (id(element), reached) not in known:
            known[id(element), reached] = element
            _check_reach(element, reached, known)


def _check_values(scope: Scope, values: dict[str, Any], table: Table) -> None:
    agency_id = values.get("agency_id", scope.agency_id)
    if agency_id != scope.agency_id:
        raise OutsideScope(f"{table.name}: a row of another agency")
    brand_column = "id" if table.name == "brand" else "brand_id"
    brand_id = values.get(brand_column)
    if brand_id is not None and brand_column in table.columns and not scope.covers(brand_id):
        raise OutsideScope(f"{table.name}: a row of a brand outside the scope")


SHAPES_KEPT = 1000
_shapes: dict[Any, _Shape] = {}


class _Shape(NamedTuple):
    """What walking a statement found: the names of its owned tables, and what the criteria cannot reach."""

    owned: frozenset[str]
    beyond: str


def _shape_of(state: ORMExecuteState) -> _Shape:
    """Walk a statement once for each shape it has.

    Two statements with the same cache key differ in bound values alone: by it SQLAlchemy itself reuses the SQL.
    """
    statement: Any = state.statement
    cache_key = statement._generate_cache_key()
    key = None if cache_key is None else (cache_key.key, state.is_orm_statement)
    known = _shapes.get(key) if key is not None else None
    if known is not None:
        return known
    owned: set[Any] = {element for element in _each(statement) if is_owned(element)}
    if state.is_insert or state.is_update or state.is_delete:
        target = statement.entity_description["table"] if state.is_orm_statement else getattr(statement, "table", None)
        if is_owned(target):
            owned.add(target)
    beyond = ""
    if owned and state.is_orm_statement and not state.is_insert:
        try:
            check_reach(statement)
        except UnguardedStatement as refusal:
            beyond = str(refusal)
    shape = _Shape(frozenset(table.name for table in owned), beyond)
    if key is not None:
        if len(_shapes) >= SHAPES_KEPT:
            _shapes.clear()
        _shapes[key] = shape
    return shape


@event.listens_for(Session, "do_orm_execute")
def _guard_statement(state: ORMExecuteState) -> None:
    statement: Any = state.statement
    if state.is_column_load or state.is_relationship_load:
        return
    if isinstance(statement, TextClause):
        if "raw_sql_reason" not in state.execution_options:
            raise UnguardedStatement("Text needs raw_sql(sql, reason=...).")
        return
    shape = _shape_of(state)
    if not shape.owned:
        return
    scope = state.session.info.get("scope")
    if scope is None:
        raise NoScope(f"No scope for {', '.join(sorted(shape.owned))}")
    if not state.is_orm_statement:
        raise UnguardedStatement("Owned tables are reached through their mapped classes or raw_sql.")
    if state.is_insert:
        _check_insert(state, scope)
        return
    if shape.beyond:
        raise UnguardedStatement(shape.beyond)
    if state.is_update:
        _check_update(state, scope)
    agency_id, brand_ids = scope.agency_id, scope.brand_ids
    options = [with_loader_criteria(AgencyOwned, lambda cls: cls.agency_id == agency_id, include_aliases=True)]
    if brand_ids is not None:
        allowed = list(brand_ids)
        options.append(with_loader_criteria(BrandOwned, lambda cls: cls.brand_id.in_(allowed), include_aliases=True))
        options.append(with_loader_criteria(Brand, lambda cls: cls.id.in_(allowed), include_aliases=True))
    state.statement = statement.options(*options)


def _check_insert(state: ORMExecuteState, scope: Scope) -> None:
    statement: Any = state.statement
    table = statement.entity_description["table"]
    if statement.select is not None:
        raise UnguardedStatement("INSERT … SELECT into an owned table needs raw_sql.")
    rows: list[dict[str, Any]] = []
    parameters: Any = state.parameters
    if isinstance(parameters, dict):
        rows.append(dict(parameters))
    elif parameters:
        rows.extend(dict(row) for row in parameters)
    for given in (statement._values, *(statement._multi_values or ())):
        for row in given if isinstance(given, (list, tuple)) else [given]:
            if row:
                rows.append({getattr(k, "key", k): getattr(v, "value", v) for k, v in row.items()})
    for row in rows:
        if "agency_id" not in row and not parameters:
            raise OutsideScope(f"{table.name}: an insert must name its agency")
        _check_values(scope, row, table)


def _check_update(state: ORMExecuteState, scope: Scope) -> None:
    statement: Any = state.statement
    table = statement.entity_description["table"]
    rows = [statement._values or {}]
    parameters: Any = state.parameters
    if parameters:
        rows.extend([parameters] if isinstance(parameters, dict) else parameters)
    for row in rows:
        _check_values(scope, {getattr(k, "key", k): getattr(v, "value", v) for k, v in row.items()}, table)


@event.listens_for(Session, "before_flush")
def _guard_flush(session: Session, _context: Any, _instances: Any) -> None:
    for thing in (*session.new, *session.dirty, *session.deleted):
        if not isinstance(thing, AgencyOwned):
            continue
        scope = session.info.get("scope")
        if scope is None:
            raise NoScope(f"No scope for a {type(thing).__name__}")
        if thing.agency_id is None:
            thing.agency_id = scope.agency_id
        _check_values(scope, thing.__dict__, type(thing).__table__)  # type: ignore[attr-defined]


# ── what guard two compares with ─────────────────────────────────────────────────────────────────────────────────


@event.listens_for(Session, "after_begin")
def _bind_transaction(session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    scope = session.info.get("scope")
    if scope is not None:
        connection.execute(BIND, scope.as_settings())
