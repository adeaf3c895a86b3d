"""A week answered by its ranks: nothing late waits for what is not, nothing starves, other weights compare truly."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from agency.inbox import desk
from agency.inbox.intake import store_page
from agency.inbox.last_week import look_at_week, read_week
from agency.inbox.models import Conversation
from agency.inbox.ranking import RankFacts, Said, due_step, parts_of, rank, score_of
from agency.inbox.week_replay import ReplayCase, compare, moves, replay
from agency.inbox.weights import DEFAULTS, DUE_STEPS, WEIGHTS, Weights, checked_weights
from channels.models import Account
from jobs import ranking
from tenants import brands, clock
from tenants.brands import MOST_HOURS
from tenants.database import db
from tests.factories import Agency, Factory
from tests.inbox.items import page, review
from tests.inbox.weeks import BRANDS, HOURS, MONDAY, WEEK, a_week

END = MONDAY + WEEK


def as_cases(seed: int, cases: int, *, put_off: bool = False) -> tuple[list[ReplayCase], list[datetime]]:
    week = a_week(seed, cases)
    found = [
        ReplayCase(
            UUID(int=one.number),
            one.at,
            RankFacts(
                one.said,
                one.at,
                one.at + timedelta(hours=one.due_hours),
                one.stars,
                readers=1,
                tier=("standard", "plus", "premium")[one.brand % 3],
                vip=one.number % 17 == 0,
                woken=put_off and one.number % 23 == 0,
            ),
        )
        for one in week.arrivals
    ]
    return found, week.serves


def waiting_at(cases: Sequence[ReplayCase], served: dict[UUID, datetime], moment: datetime) -> list[ReplayCase]:
    return [c for c in cases if c.arrives_at <= moment and served.get(c.id, END) > moment]


@pytest.mark.parametrize("seed", range(3))
def test_nothing_waits_past_its_due_time_while_something_lower_is_answered(seed: int) -> None:
    cases, serves = as_cases(seed, 300, put_off=True)
    done = replay(cases, serves, DEFAULTS, END)
    by_id = {case.id: case for case in cases}
    served = {one.id: one.at for one in done.served}
    assert len(served) == len(cases), "nothing starves: the desk had time for every case"
    assert 0 < len(done.breaches) < len(cases) / 2, "else this week shows nothing"
    for one in done.served:
        place = rank(by_id[one.id].facts, DEFAULTS, one.at).rank
        for other in waiting_at(cases, served, one.at):
            assert other.facts.due_at is not None
            assert rank(other.facts, DEFAULTS, one.at).rank <= place
            promised = by_id[one.id].facts.woken  # its own moment has come
            assert one.was_late or promised or other.facts.due_at >= one.at
            assert one.was_late or not other.facts.woken or promised


def test_the_totals_of_a_week_are_the_same_on_every_run() -> None:
    cases, serves = as_cases(5, 400)
    other = checked_weights({**DEFAULTS.points, "complaint": 300, "stars_1": 300})
    found = compare(cases, serves, DEFAULTS, other, END)
    again = compare(list(reversed(cases)), reversed(serves), DEFAULTS, other, END)
    assert found == again
    totals = [(len(one.served), len(one.breaches), one.longest_wait_seconds) for one in (found.before, found.after)]
    assert (totals, len(found.avoided), len(found.added)) == ([(400, 113, 160775), (400, 126, 164304)], 8, 21)
    assert set(found.avoided) == found.before.breaches - found.after.breaches


def plain_replay(cases: Sequence[ReplayCase], serves: Sequence[datetime], weights: Weights) -> list[UUID]:
    """The same, asking everything anew each time."""
    left, order = list(cases), []
    for moment in sorted(serves):
        here = [c for c in left if c.arrives_at <= moment]
        if here:
            top = max(here, key=lambda c: (rank(c.facts, weights, moment).rank, c.id.int))
            left.remove(top)
            order.append(top.id)
    return order


minutes = st.integers(0, 3 * 24 * 60).map(lambda number: MONDAY + timedelta(minutes=number))
points = st.integers(0, 50)


@st.composite
def tables(draw: st.DrawFn) -> Weights:
    table = {name: draw(points) for name in WEIGHTS}
    steps = sorted(draw(points) for _ in DUE_STEPS)
    return checked_weights({**table, **dict(zip((name for name, _minutes in DUE_STEPS), steps, strict=True))})


@st.composite
def some_cases(draw: st.DrawFn) -> list[ReplayCase]:
    found = []
    for number in range(draw(st.integers(1, 8))):
        since = draw(minutes)
        due = draw(st.none() | st.integers(1, 48))
        facts = RankFacts(
            Said(urgent=("now",) if draw(st.booleans()) else ()),
            since,
            since + timedelta(hours=due) if due else None,
            draw(st.none() | st.integers(1, 5)),
            weight=draw(st.integers(0, 10)),
            woken=draw(st.booleans()),
        )
        found.append(ReplayCase(UUID(int=number), since, facts))
    return found


@given(tables(), st.integers(-48, 48), st.integers(0, 3))
def test_what_was_put_off_stands_among_the_late_and_not_before_them(
    weights: Weights, due_in_hours: int, urgent: int
) -> None:
    said, now = Said(urgent=("now",) * urgent), MONDAY + timedelta(days=3)
    due_at = now + timedelta(hours=due_in_hours)
    promised = rank(RankFacts(said, MONDAY, due_at, woken=True), weights, now)
    late = rank(RankFacts(said, MONDAY, now - timedelta(hours=1)), weights, now)
    assert promised.rank == late.rank, "as late, whatever its due time"
    assert promised.rank == rank(RankFacts(said, MONDAY, None, woken=True), weights, now).rank, (
        "also where none is left"
    )
    earlier = rank(RankFacts(said, MONDAY - timedelta(hours=1), now - timedelta(hours=1)), weights, now)
    assert earlier.rank > promised.rank, "what is late and waits longer comes first"
    if weights.late_comes_first:
        soon = RankFacts(
            Said(("now",), ("bad",), ("furious",)), now, now + timedelta(minutes=1), 1, readers=20, vip=True
        )
        assert rank(soon, weights, now).rank < promised.rank, "what has time does not"


@given(some_cases(), st.lists(minutes, max_size=8), tables())
def test_a_replay_is_what_asking_for_the_top_each_time_gives(
    cases: list[ReplayCase], serves: list[datetime], weights: Weights
) -> None:
    done = replay(cases, serves, weights, END)
    assert [one.id for one in done.served] == plain_replay(cases, serves, weights)


@given(some_cases(), tables(), minutes)
def test_scores_never_contradict_the_order_and_are_the_sum_of_their_parts(
    cases: list[ReplayCase], weights: Weights, now: datetime
) -> None:
    ranked = sorted(((rank(c.facts, weights, now), c.facts) for c in cases), key=lambda one: -one[0].rank)
    scores = []
    for found, facts in ranked:
        score = score_of(found.rank, now + timedelta(days=4))
        assert score is not None
        told = parts_of(found.rank, found.reasons, facts.since, now + timedelta(days=4))
        assert sum(part["points"] for part in told) == score
        assert told[-1]["part"] == "waiting"
        waited_hours = (now + timedelta(days=4) - facts.since).total_seconds() / 3600
        assert abs(told[-1]["points"] - waited_hours) <= 1
        scores.append(score)
    assert scores == sorted(scores, reverse=True)


@given(some_cases(), tables(), minutes)
def test_a_case_never_sinks_as_its_time_nears_and_says_when_it_moves(
    cases: list[ReplayCase], weights: Weights, now: datetime
) -> None:
    for case in cases:
        moment: datetime | None = now
        before = None
        while moment is not None:
            found = rank(case.facts, weights, moment)
            assert before is None or found.rank >= before
            if found.rerank_at is not None:
                assert found.rerank_at > moment
                just_before = rank(case.facts, weights, found.rerank_at - timedelta(microseconds=1))
                assert just_before.rank == found.rank
            before, moment = found.rank, found.rerank_at
        if case.facts.due_at is not None:
            late = max(now, case.facts.due_at)
            assert due_step(case.facts.due_at, weights, late) == (weights.points["late"], None)


@given(some_cases(), minutes)
def test_what_comes_much_later_never_goes_before_what_waits(cases: list[ReplayCase], now: datetime) -> None:
    most = DEFAULTS.most_but_late - MOST_HOURS + DEFAULTS.points["late"]
    first = min(cases, key=lambda c: c.facts.since)
    later = first.facts._replace(since=first.facts.since + timedelta(hours=most + 1), due_at=None)
    for case in cases:
        latest = case.facts._replace(since=later.since, due_at=later.since)
        assert rank(latest, DEFAULTS, END + timedelta(days=90)).rank < rank(first.facts, DEFAULTS, now).rank


def test_late_outweighs_the_best_that_is_not_late() -> None:
    best = RankFacts(
        Said(("now",), ("bad",), ("!",)),
        MONDAY,
        MONDAY + timedelta(hours=MOST_HOURS),
        1,
        readers=10,
        vip=True,
        weight=10,
        tier="premium",
    )
    now = MONDAY + timedelta(hours=MOST_HOURS, seconds=-1)
    late = RankFacts(Said(), now - timedelta(hours=1), now)
    assert rank(late, DEFAULTS, now).rank > rank(best, DEFAULTS, now).rank
    assert DEFAULTS.late_comes_first
    assert not checked_weights({**DEFAULTS.points, "late": 500}).late_comes_first


def test_ranks_fit_where_they_are_kept() -> None:
    most = Weights({name: weight.most for name, weight in WEIGHTS.items()})
    for year in (1, 2026, 9999):
        at = MONDAY.replace(year=year)
        facts = RankFacts(Said(("a",), ("b",), ("c",)), at, at, 1, 10, vip=True, weight=10, tier="premium")
        assert abs(rank(facts, most, MONDAY).rank) < 2**31


def test_moves_name_both_places() -> None:
    cases, _serves = as_cases(1, 30)
    other = checked_weights({**DEFAULTS.points, "vip": 1000})
    found = moves(cases, DEFAULTS, other, END, 5)
    assert [move.after for move in found] == [1, 2, 3, 4, 5]
    assert {move.id for move in found if move.rank_after != move.rank_before} == {UUID(int=0), UUID(int=17)}
    assert [move.rank_after for move in found] == sorted((move.rank_after for move in found), reverse=True)


def test_the_real_queue_gives_a_week_out_as_the_replay_does(app: Flask, make: Factory) -> None:
    house = make.agency("Week", brands=[f"Brand {number}" for number in range(BRANDS)])
    accounts = {number: make.account(house, brand=number, platform="google_business") for number in range(BRANDS)}
    with house.entered():
        for number, brand_id in enumerate(house.brand_ids):
            tier = ("standard", "plus", "premium")[number % 3]
            hours = HOURS[number % len(HOURS)]
            brands.change_brand(house.team_lead, brand_id, tier=tier, answer_due_hours=hours)
    week = a_week(7, 100)
    other = checked_weights({**DEFAULTS.points, "stars_1": 1000, "complaint": 1000})
    events: list[tuple[datetime, int, Any]] = [(one.at, 0, one) for one in week.arrivals]
    events += [(moment, 1, None) for moment in week.serves[: len(week.arrivals) - 5]]
    served: list[UUID] = []
    with clock.stopped_at(MONDAY) as move_to:
        for at, _what, arrival in sorted(events, key=lambda one: one[:2]):
            move_to(at)
            if arrival is not None:
                keep(house, accounts[arrival.brand], arrival, at)
                continue
            ranking.rank_due(app)
            with house.entered():
                found = desk.claim_next(house.staff)
                if found is not None:
                    desk.close(house.staff, found)
                    served.append(found)
        move_to(END)
        with house.entered():
            read = read_week()
            look = look_at_week(DEFAULTS, other)
            left = list(db.session.scalars(select(Conversation.id).where(Conversation.status == "open")))
    assert len(read.cases) == 100
    assert len(left) == 100 - len(served) == len(read.open_cases)
    done = replay(read.cases, read.serves, DEFAULTS, END)
    assert [one.id for one in done.served] == served
    assert look.comparison.before == done
    assert look.comparison.after == replay(read.cases, read.serves, other, END)
    assert look.comparison.after.served != look.comparison.before.served
    assert look.named.keys() >= {*look.comparison.added, *look.comparison.avoided, *(move.id for move in look.moves)}


def keep(house: Agency, account_id: UUID, arrival: Any, at: datetime) -> None:
    item = review(arrival.number, arrival.text, arrival.stars, created_at=at, updated_at=at)
    with house.entered():
        account = db.session.scalars(select(Account).where(Account.id == account_id)).one()
        store_page(account, page(item), now=at)
