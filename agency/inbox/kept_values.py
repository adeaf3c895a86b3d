"""Values of kept statements where the planner does not see them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import cast, select


def unseen(value: Any) -> Any:
    """The value where the planner does not see it.

    Seeing it, PostgreSQL finds plans for the known value cheaper than the kept one, though they are the same, and plans
    each run anew: that took longer than the rows (0.9 ms of page 100 for the list and the state together).
    """
    return select(value).scalar_subquery()


def unseen_list(values: Any) -> Any:
    """The same of a list, which stays one: what a bare sub-select gives would be taken for rows to compare with."""
    return cast(unseen(values), values.type)
