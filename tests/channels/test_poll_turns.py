"""Turns are handed out once, come back when a lease ends, and obey only the fence they were given with."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from channels import poll_turns
from channels.poll_turns import ClaimedTurn, Ended, Line
from tenants.database import db
from tests.factories import Agency, Factory


@pytest.fixture
def account_ids(make: Factory, ana: Agency) -> list[UUID]:
    return [make.account(ana, platform="facebook") for _ in range(5)]


@pytest.fixture
def at(superuser: Engine) -> Callable[[str], None]:
    """Moves every turn's times, e.g. ``due_at = now()``; the database's clock cannot be moved itself."""

    def move(assignment: str) -> None:
        with superuser.begin() as connection:
            connection.execute(text(f"update poll_turn set {assignment}"))

    return move


def claim(app: Flask, limit: int = 10, platform: str = "facebook") -> list[ClaimedTurn]:
    with app.app_context():
        turns = poll_turns.claim_due(platform, limit, 60)
        db.session.commit()
        return turns


def finish(app: Flask, turn: ClaimedTurn, ok: bool, interval: float, *, not_before_seconds: float = 0) -> bool:
    with app.app_context():
        done = poll_turns.finish(turn, ok, interval, not_before_seconds=not_before_seconds)
        db.session.commit()
        return done


def due_in_seconds(superuser: Engine) -> list[float]:
    with superuser.connect() as connection:
        return list(connection.execute(text("select extract(epoch from due_at - now()) from poll_turn")).scalars())


def test_each_turn_is_handed_out_once(app: Flask, account_ids: list[UUID]) -> None:
    first, second, third = claim(app, 3), claim(app, 3), claim(app, 3)
    assert (len(first), len(second), len(third)) == (3, 2, 0)
    assert {turn.account_id for turn in first + second} == set(account_ids)
    assert claim(app, platform="instagram") == []


def test_the_longest_due_come_first(app: Flask, account_ids: list[UUID], superuser: Engine) -> None:
    with superuser.begin() as connection:
        for age, account_id in enumerate(account_ids):
            connection.execute(
                text("update poll_turn set due_at = now() - make_interval(secs => :age) where account_id = :id"),
                {"age": age, "id": account_id},
            )
    assert claim(app, 1)[0].account_id == account_ids[-1]


def test_claims_at_the_same_moment_share_nothing(app: Flask, account_ids: list[UUID]) -> None:
    """One caller holds its rows uncommitted while the other claims: neither waits, neither gets the other's."""
    inside, go_on = threading.Event(), threading.Event()
    first: list[ClaimedTurn] = []

    def slow() -> None:
        with app.app_context():
            first.extend(poll_turns.claim_due("facebook", 2, 60))
            inside.set()
            go_on.wait(10)
            db.session.commit()

    thread = threading.Thread(target=slow)
    thread.start()
    assert inside.wait(10)
    second = claim(app)
    go_on.set()
    thread.join()
    assert (len(first), len(second)) == (2, 3)
    assert not {t.account_id for t in first} & {t.account_id for t in second}


def test_a_lease_that_ended_is_claimed_again_and_the_old_fence_changes_nothing(
    app: Flask, account_ids: list[UUID], at: Callable[[str], None], superuser: Engine
) -> None:
    old = claim(app)
    assert claim(app) == []
    at("leased_until = now() - interval '1 second'")
    new = claim(app)
    assert len(new) == 5
    stale, fresh = old[0], next(turn for turn in new if turn.account_id == old[0].account_id)
    assert fresh.fence == stale.fence + 1
    with app.app_context():
        assert not poll_turns.hold(stale)
        assert poll_turns.hold(fresh)
    assert not finish(app, stale, True, 5000)
    assert all(seconds < 1 for seconds in due_in_seconds(superuser))
    assert finish(app, fresh, True, 5000)
    assert not finish(app, fresh, True, 9000)
    assert max(due_in_seconds(superuser)) == pytest.approx(5000, abs=60)


def test_a_finished_turn_is_due_after_its_interval(
    app: Flask, account_ids: list[UUID], at: Callable[[str], None]
) -> None:
    for turn in claim(app):
        assert finish(app, turn, True, 300)
    assert claim(app) == []
    at("due_at = due_at - interval '301 seconds'")
    assert len(claim(app)) == 5


def test_failures_in_a_row_wait_longer_but_never_more_than_an_hour(
    app: Flask, account_ids: list[UUID], at: Callable[[str], None], superuser: Engine
) -> None:
    for round_number in range(1, 16):
        for turn in claim(app):
            assert finish(app, turn, False, 60)
        longest = min(3600, 60 * 2**round_number)
        assert all(-5 < seconds <= longest for seconds in due_in_seconds(superuser))
        at("due_at = now()")
    with superuser.connect() as connection:
        assert set(connection.execute(text("select failures from poll_turn")).scalars()) == {15}
    for turn in claim(app):
        finish(app, turn, True, 60)
    with superuser.connect() as connection:
        assert set(connection.execute(text("select failures from poll_turn")).scalars()) == {0}


def test_full_jitter_spreads_failing_accounts(app: Flask, account_ids: list[UUID], superuser: Engine) -> None:
    for turn in claim(app):
        finish(app, turn, False, 3600)
    waits = due_in_seconds(superuser)
    assert max(waits) - min(waits) > 1
    assert len(set(waits)) == 5


def test_the_platforms_own_pause_is_kept(app: Flask, account_ids: list[UUID], superuser: Engine) -> None:
    for turn in claim(app):
        finish(app, turn, False, 10, not_before_seconds=7200)
    assert all(seconds == pytest.approx(7200, abs=60) for seconds in due_in_seconds(superuser))


def test_one_failing_account_delays_no_other(app: Flask, account_ids: list[UUID], at: Callable[[str], None]) -> None:
    failing, *others = claim(app)
    finish(app, failing, False, 3600, not_before_seconds=3600)
    for turn in others:
        finish(app, turn, True, 15)
    at("due_at = due_at - interval '16 seconds'")
    assert {turn.account_id for turn in claim(app)} == {turn.account_id for turn in others}


def test_parked_and_closed_accounts_are_left_out(app: Flask, account_ids: list[UUID]) -> None:
    parked, closed, *rest = account_ids
    held = claim(app, 5)
    with app.app_context():
        poll_turns.park(parked)
        poll_turns.close_turn(closed)
        db.session.commit()
    for turn in held:
        assert finish(app, turn, True, 0) is (turn.account_id in rest)
    assert {turn.account_id for turn in claim(app)} == set(rest)
    with app.app_context():
        poll_turns.unpark(parked)
        db.session.commit()
    assert [turn.account_id for turn in claim(app)] == [parked]


def test_a_webhook_makes_an_account_due(app: Flask, account_ids: list[UUID]) -> None:
    for turn in claim(app):
        finish(app, turn, True, 3600)
    with app.app_context():
        poll_turns.poll_now(account_ids[2])
        db.session.commit()
    assert [turn.account_id for turn in claim(app)] == [account_ids[2]]


@pytest.mark.parametrize("many", [False, True])
def test_what_is_asked_for_while_a_poll_runs_is_not_forgotten_at_its_end(
    app: Flask, account_ids: list[UUID], many: bool
) -> None:
    """Asked for at once, or held back with its whole platform: the poll began before that and knows nothing of it."""
    asked, *others = begun(app, claim(app))
    with app.app_context():
        poll_turns.poll_now(asked.account_id)
        db.session.commit()
    for turn in (asked, *others):
        end(app, turn, many=many)
    (again,) = begun(app, claim(app))
    assert again.account_id == asked.account_id
    end(app, again, many=many)
    assert claim(app) == [], "once"


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("ok", [False, True])
def test_a_pause_of_the_platform_holds_for_polls_that_run(
    app: Flask, account_ids: list[UUID], superuser: Engine, many: bool, ok: bool
) -> None:
    turns = begun(app, claim(app))
    with app.app_context():
        poll_turns.pause_platform("facebook", 7_200)
        db.session.commit()
    for turn in turns:
        if ok:
            end(app, turn, many=many)
        else:
            finish(app, turn, False, 15)
    assert all(7_100 < seconds <= 7_200 for seconds in due_in_seconds(superuser))


def test_a_failure_keeps_its_pause_whatever_was_asked_meanwhile(
    app: Flask, account_ids: list[UUID], superuser: Engine
) -> None:
    (turn, *_) = begun(app, claim(app))
    with app.app_context():
        poll_turns.poll_now(turn.account_id)
        db.session.commit()
    finish(app, turn, False, 0, not_before_seconds=900)
    assert max(due_in_seconds(superuser)) > 800


def begun(app: Flask, turns: Sequence[ClaimedTurn]) -> list[ClaimedTurn]:
    """As a worker begins them."""
    with app.app_context():
        held = poll_turns.still_ours(turns, 60)
        db.session.commit()
        return [held[turn.account_id].turn for turn in turns]


def end(app: Flask, turn: ClaimedTurn, *, many: bool) -> None:
    """Well, and due again in an hour."""
    if not many:
        assert finish(app, turn, True, 3_600)
        return
    with app.app_context():
        assert poll_turns.finish_many([Ended(turn, 3_600)])
        db.session.commit()


def test_an_uncommitted_claim_is_given_back(app: Flask, account_ids: list[UUID]) -> None:
    with app.app_context():
        assert len(poll_turns.claim_due("facebook", 2, 60)) == 2
        db.session.rollback()
    assert len(claim(app)) == 5


def test_a_long_poll_keeps_its_turn_while_it_stores(
    app: Flask, account_ids: list[UUID], at: Callable[[str], None], superuser: Engine
) -> None:
    turn = claim(app, 1)[0]

    def hold() -> bool:
        with app.app_context():
            ours = poll_turns.hold(turn, 60)
            db.session.commit()
            return ours

    def left_seconds() -> float:
        with superuser.connect() as connection:
            query = text("select extract(epoch from leased_until - now()) from poll_turn where account_id = :id")
            return float(connection.execute(query, {"id": turn.account_id}).scalar_one())

    at("leased_until = now() + interval '40 seconds' where leased_until is not null")
    assert hold()
    assert left_seconds() < 41, "a lease with more than half left is not written"
    at("leased_until = now() + interval '5 seconds' where leased_until is not null")
    assert hold()
    assert left_seconds() > 50
    at("fence = fence + 1 where leased_until is not null")
    assert not hold()


def test_who_rests_equally_long_falls_due_together_and_who_was_handed_back_at_once(
    app: Flask, account_ids: list[UUID], superuser: Engine
) -> None:
    """Polls that ended at different moments come to the same one: fifty Pages are one call, and so they stay."""
    turns = claim(app, 10)
    first, second, back = turns[0], turns[1], turns[2]
    for ended in (Ended(first, 100_000), Ended(second, 100_000), Ended(back, 7.5, was_asked=False)):
        with app.app_context():
            assert poll_turns.finish_many([ended]) == {ended.turn.account_id}
            db.session.commit()
    with superuser.connect() as connection:
        rows = connection.execute(
            text("select account_id, extract(epoch from due_at), extract(epoch from due_at - now()) from poll_turn")
        )
        due = {account_id: (float(at), float(rest)) for account_id, at, rest in rows}
    slot = 100_000 / poll_turns.SLOTS
    moments = [due[turn.account_id][0] for turn in (first, second)]
    assert all(moment % slot == 0 for moment in moments)
    assert moments[1] - moments[0] in (0, slot)  # a slot may have begun between the two
    assert all(95_000 - 60 <= due[turn.account_id][1] <= 105_000 for turn in (first, second))
    assert 0 < due[back.account_id][1] <= 7.5


def test_what_was_counted_is_dealt_out_before_it_is_counted_again(
    app: Flask, account_ids: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counting reads all that is due: for a hundred thousand accounts that may not happen at every claim."""
    monkeypatch.setattr(poll_turns, "COUNTED_LASTS", 1e6)
    line, counted = Line(), []
    count = line.counted
    monkeypatch.setattr(line, "counted", lambda *given: counted.append(given) or count(*given))
    sizes = []
    with app.app_context():
        while turns := poll_turns.claim_due("facebook", 2, 60, line):
            sizes.append(len(turns))
            db.session.commit()
    assert sizes == [2, 2, 1]
    assert len(counted) == 2, "at the start, and once more to see that nothing is left"


def test_a_count_that_others_made_stale_is_made_anew(
    app: Flask, account_ids: list[UUID], at: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(poll_turns, "COUNTED_LASTS", 1e6)
    line = Line()
    with app.app_context():
        assert len(poll_turns.claim_due("facebook", 1, 60, line)) == 1
        db.session.commit()
    assert len(claim(app)) == 4, "another dispatcher takes what this one counted"
    with app.app_context():
        assert poll_turns.claim_due("facebook", 1, 60, line) == []
        db.session.commit()
    at("leased_until = null, due_at = now()")
    with app.app_context():
        assert len(poll_turns.claim_due("facebook", 9, 60, line)) == 5
        db.session.commit()
