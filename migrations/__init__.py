"""Alembic migrations, run by the role that owns the tables. README.md holds the policy."""
