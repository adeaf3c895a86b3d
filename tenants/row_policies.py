"""Guard two: row-level security made from the models, the grants of the application's role, and a check of both.

The policies compare with two settings bound at the start of each transaction (`tenants.scope`). They are read
without "missing is fine", so an unbound session gets an error, not an empty answer, and through a sub-select, so
PostgreSQL evaluates them once a statement and not once a row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, Table, text

from tenants.database import UNSCOPED_TABLES, Base

POLICY = "scope"
AGENCY_TEST = "agency_id = (select current_setting('app.agency_id')::uuid)"
BRAND_TEST = (
    "(({column} = any ((select string_to_array(nullif(current_setting('app.brand_ids'), '*'), ',')::uuid[])::uuid[]))"
    " or (select current_setting('app.brand_ids') = '*'))"
)
APP_MAY = ("SELECT", "INSERT", "UPDATE", "DELETE")


def brand_column(table: Table) -> str | None:
    """The column of this owned table that names the brand; None where only the agency owns the row."""
    if table.name == "brand":
        return "id"
    return "brand_id" if "brand_id" in table.columns else None


def policy_test(table: Table) -> str:
    """The condition a row of this table must meet to be read or written."""
    column = brand_column(table)
    return AGENCY_TEST if column is None else f"{AGENCY_TEST} and {BRAND_TEST.format(column=column)}"


def owned_tables() -> list[Table]:
    """Every table that belongs to an agency or a brand, by name."""
    return [t for name, t in sorted(Base.metadata.tables.items()) if name not in UNSCOPED_TABLES]


def policy_statements(table: Table) -> list[str]:
    """What puts one owned table under row-level security; safe to run again."""
    test = policy_test(table)
    return [
        f"alter table {table.name} enable row level security",
        f"alter table {table.name} force row level security",
        f"drop policy if exists {POLICY} on {table.name}",
        f"create policy {POLICY} on {table.name} for all to public using ({test}) with check ({test})",
    ]


def grant_statements(app_role: str) -> Iterator[str]:
    """What the application's role may do: rows of every table, and nothing to the tables themselves."""
    role = '"' + app_role.replace('"', '""') + '"'
    yield f"grant usage on schema public to {role}"
    for table in Base.metadata.sorted_tables:
        allowed: Sequence[str] = table.info.get("app_may", APP_MAY)
        yield f"revoke all on {table.name} from {role}"
        yield f"grant {', '.join(allowed)} on {table.name} to {role}"
    yield f"grant usage, select on all sequences in schema public to {role}"
    yield f"grant select on alembic_version to {role}"
    yield f"grant execute on function erase_audit_words to {role}"


def catalogue_problems(connection: Connection) -> list[str]:
    """What in the database is not as the models say, as sentences; empty when the product may serve.

    Run as the application's role. A table the models do not know is let be where this role may not touch it or its
    rows are guarded: a newer release has added it, and this one must still start. A view is never guarded.
    Policies are compared with ones made on temporary tables in the same transaction, because PostgreSQL rewrites an
    expression when it stores it, differently in each version.
    """
    problems: list[str] = []
    role = connection.execute(
        text("select rolname, rolsuper, rolbypassrls, rolcreaterole from pg_roles where rolname = current_user")
    ).one()
    if role.rolsuper or role.rolbypassrls or role.rolcreaterole:
        problems.append(f"The role {role.rolname} is stronger than the application's role may be.")
    rows = connection.execute(
        text(
            "select c.relname, c.relrowsecurity, c.relforcerowsecurity, pg_has_role(current_user, c.relowner, 'member')"
            " as ours, has_table_privilege(c.oid, 'select, insert, update, delete, truncate, references, trigger')"
            " or has_any_column_privilege(c.oid, 'select, insert, update, references') as open"
            " from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where n.nspname = 'public' and c.relkind in ('r', 'p', 'v', 'm', 'f')"
        )
    )
    found = {row.relname: row for row in rows}
    expected = _stored_forms(connection)
    policies: dict[str, list[tuple[str, str, str, str]]] = {}
    for row in connection.execute(
        text("select tablename, permissive, cmd, qual, with_check from pg_policies where schemaname = 'public'")
    ):
        policies.setdefault(row.tablename, []).append((row.permissive, row.cmd, row.qual, row.with_check))
    for name, row in sorted(found.items()):
        is_known = name == "alembic_version" or name in Base.metadata.tables
        if not is_known and row.open and not (row.relrowsecurity and row.relforcerowsecurity):
            problems.append(f"The table or view {name} is not one of ours, and no row policy guards it.")
        if row.ours:
            problems.append(f"The application's role owns {name} or is a member of its owner.")
    for table in owned_tables():
        here = found.get(table.name)
        if here is None:
            problems.append(f"The table {table.name} is missing: run `onbrand migrate`.")
            continue
        if not (here.relrowsecurity and here.relforcerowsecurity):
            problems.append(f"Row-level security is not forced on {table.name}: run `onbrand migrate`.")
        form = expected[policy_test(table)]
        if policies.get(table.name) != [("PERMISSIVE", "ALL", form, form)]:
            problems.append(f"The row policy of {table.name} is not the one the models make: run `onbrand migrate`.")
    return problems


def _stored_forms(connection: Connection) -> dict[str, str]:
    forms: dict[str, str] = {}
    nested = connection.begin_nested()
    try:
        for number, test in enumerate(sorted({policy_test(table) for table in owned_tables()})):
            name = f"policy_form_{number}"
            connection.execute(text(f"create temporary table {name} (agency_id uuid, brand_id uuid, id uuid)"))
            connection.execute(text(f"create policy {POLICY} on {name} using ({test})"))
            forms[test] = connection.execute(
                text("select qual from pg_policies where tablename = :name"), {"name": name}
            ).scalar_one()
    finally:
        nested.rollback()
    return forms
