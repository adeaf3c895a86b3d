"""Ids sort as rows were made: within a millisecond, too, or whatever asks for the order of things draws lots."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from uuid import RFC_4122

from tenants import clock
from tenants.database import first_id_of, new_id, new_ids


def test_ids_made_one_after_the_other_sort_so() -> None:
    made = [*(new_id() for _ in range(2_000)), *new_ids(5_000), *new_ids(1), *(new_id() for _ in range(2_000))]
    assert len(set(made)) == len(made)
    # A clock may be set back between two, once.
    assert sum(earlier > later for earlier, later in pairwise(made)) <= 1
    assert {(one.version, one.variant) for one in made} == {(7, RFC_4122)}


def test_the_first_id_of_a_moment_is_below_all_made_since() -> None:
    before = clock.now()
    made = new_id()
    assert first_id_of(before) <= made < first_id_of(clock.now() + timedelta(seconds=60))
