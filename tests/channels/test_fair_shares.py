"""One tenant with ten thousand things waiting costs its neighbours one share among those present, and no more."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from channels import poll_turns
from channels.fair_shares import Rotation, deal
from tenants.database import db, new_id

WAITING = st.dictionaries(
    st.integers(0, 12), st.dictionaries(st.integers(0, 5), st.integers(0, 30), max_size=4), max_size=8
)


def dealt_out(waiting: dict[int, dict[int, int]], at_once: int) -> list[tuple[int, int]]:
    """Everything, taken so many at a time, as a dispatcher takes it."""
    left = {house: dict(rooms) for house, rooms in waiting.items()}
    rotation: Rotation[int, int] = Rotation()
    order: list[tuple[int, int]] = []
    while taken := deal(left, at_once, rotation):
        for house, room in taken:
            left[house][room] -= 1
        order += taken
    return order


@given(WAITING, st.integers(1, 40))
def test_all_that_waits_is_dealt_once(waiting: dict[int, dict[int, int]], at_once: int) -> None:
    counts = {(house, room): n for house, rooms in waiting.items() for room, n in rooms.items() if n}
    assert Counter(dealt_out(waiting, at_once)) == counts


@given(WAITING, st.integers(1, 40))
def test_until_one_has_its_last_no_other_got_more_than_one_beyond(
    waiting: dict[int, dict[int, int]], at_once: int
) -> None:
    order = dealt_out(waiting, at_once)
    for house, rooms in waiting.items():
        own = sum(rooms.values())
        if own == 0:
            continue
        last = max(place for place, (name, _) in enumerate(order) if name == house)
        others = Counter(name for name, _ in order[: last + 1] if name != house)
        assert all(count <= own + 1 for count in others.values())


@given(st.dictionaries(st.integers(0, 9), st.integers(1, 25), min_size=2, max_size=9), st.integers(1, 60))
def test_ten_thousand_of_one_tenant_do_not_double_anothers_wait(small: dict[int, int], at_once: int) -> None:
    """Waiting counted in turns taken before one's own last: the giant adds one for each round, and one at the start."""
    alone = {house: {0: count} for house, count in small.items()}
    crowded = alone | {77: dict.fromkeys(range(5), 2_000)}
    before, after = dealt_out(alone, at_once), dealt_out_until(crowded, at_once, small)
    for house, own in small.items():
        assert _last(after, house) <= _last(before, house) + own + 1
    last = max(_last(before, house) for house in small)
    if last >= 2 * max(small.values()) + 2:  # where others wait as well, and not one alone
        assert max(_last(after, house) for house in small) < 2 * last


def dealt_out_until(waiting: dict[int, dict[int, int]], at_once: int, names: dict[int, int]) -> list[tuple[int, int]]:
    left = {house: dict(rooms) for house, rooms in waiting.items()}
    rotation: Rotation[int, int] = Rotation()
    order: list[tuple[int, int]] = []
    while any(sum(left[name].values()) for name in names):
        taken = deal(left, at_once, rotation)
        for house, room in taken:
            left[house][room] -= 1
        order += taken
    return order


def _last(order: list[tuple[int, int]], house: int) -> int:
    return max(place for place, (name, _) in enumerate(order, 1) if name == house)


def test_within_an_agency_its_brands_take_turns() -> None:
    order = deal({1: {1: 100, 2: 2, 3: 2}}, 6, Rotation())
    assert [room for _, room in order] == [1, 2, 3, 1, 2, 3]


def test_several_at_a_time_where_one_call_serves_them() -> None:
    order = deal({1: {0: 5}, 2: {0: 1}, 3: {0: 5}}, 8, Rotation(), 3)
    assert [house for house, _ in order] == [1, 1, 1, 2, 3, 3, 3, 1]


def test_who_was_left_out_comes_first() -> None:
    rotation: Rotation[int, int] = Rotation()
    waiting = {house: {0: 5} for house in range(5)}
    assert [house for house, _ in deal(waiting, 3, rotation)] == [0, 1, 2]
    assert [house for house, _ in deal(waiting, 3, rotation)] == [3, 4, 0]


def test_due_turns_of_one_giant_leave_room_in_every_claim(app: Flask, superuser: Engine) -> None:
    """10,000 turns, all due longer than the neighbours', over 20 brands; nine neighbours with 20 turns each."""
    giant, brands = new_id(), [new_id() for _ in range(20)]
    neighbours = [new_id() for _ in range(9)]
    rows = [(giant, brands[n % 20], 60) for n in range(10_000)]
    rows += [(agency, agency, 1) for agency in neighbours for _ in range(20)]
    with superuser.begin() as connection:
        connection.execute(
            text(
                "insert into poll_turn (account_id, agency_id, brand_id, platform, due_at) "
                "values (:id, :agency, :brand, 'facebook', now() - make_interval(mins => :age))"
            ),
            [{"id": new_id(), "agency": agency, "brand": brand, "age": age} for agency, brand, age in rows],
        )
    line = poll_turns.Line()
    claims: list[Counter[UUID]] = []
    with app.app_context():
        while sum(sum(claim[agency] for agency in neighbours) for claim in claims) < 180:
            turns = poll_turns.claim_due("facebook", 50, 60, line)
            db.session.commit()
            claims.append(Counter(turn.agency_id for turn in turns))
            assert len(turns) == 50
            giants = Counter(turn.brand_id for turn in turns if turn.agency_id == giant)
            assert max(giants.values()) - min(giants.values()) <= 1
    # Without the giant 180 turns are four claims of 50; with it, 200 turns, and not one claim more.
    assert len(claims) == 4
    assert all(claim[agency] >= 4 for claim in claims[:3] for agency in (*neighbours, giant))
