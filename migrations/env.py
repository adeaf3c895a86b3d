"""How Alembic reaches the database: always through `migrations.run`, which hands over an open connection."""

from __future__ import annotations

from typing import Any

from alembic import context

import tenants.models  # noqa: F401 - every module above adds its tables to the metadata
from tenants.database import Base


def _include(_object: Any, _name: str | None, _type: str, reflected: bool, compare_to: Any) -> bool:
    """Autogenerate never proposes to drop what the models do not know."""
    return not (reflected and compare_to is None)


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    transaction_per_migration=True,
    compare_type=True,
    include_object=_include,
)
with context.begin_transaction():
    context.run_migrations()
