"""Reading an account's past: each item once, whatever dies, waits as told, stops for a person and goes on by itself."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from channels import accounts, backfills
from channels.allowances import REPORT_SECONDS, Ask, budgets_of
from channels.errors import ChannelError, PlatformDown, RateLimited, TokenRevoked
from channels.protocol import Answer, Request
from channels.protocol import Platform as PlatformName
from channels.scripted_transport import ScriptedTransport
from jobs import history
from jobs.history import CALLS_PER_SLICE, PASS_OVER_AFTER, read_slice
from jobs.runner import budgets_of_app
from jobs.upkeep import keep_up
from tenants import clock
from tenants.errors import Conflict, Forbidden, Invalid, NotFound
from tenants.outbox import JobName
from tests.channels.google_stand_ins import refusal
from tests.channels.stand_ins import GoogleStandIn, MetaStandIn
from tests.factories import Agency, Factory
from tests.jobs.conftest import Outbox

Platform = Callable[[Request], Answer | ChannelError]
BATCH = 50
"""Calls that Meta takes in one batch."""
REVIEWS = CALLS_PER_SLICE * 50 + 130


class Past:
    """One account whose past is read; slices are run as their promises say, without waiting."""

    def __init__(self, app: Flask, agency: Agency, account_id: UUID, outbox: Outbox) -> None:
        self.app, self.agency, self.account_id, self.outbox = app, agency, account_id, outbox

    def begin(self, horizon: str = "all") -> None:
        with self.agency.entered(self.agency.agency_admin):
            backfills.begin(self.agency.agency_admin, self.account_id, horizon)

    def slice(self, platform: Platform) -> int:
        """Run every promise that is open; returns how many there were."""
        open_ones = self.promises()
        for row in open_ones:
            read_slice(self.app, **row.ids, transport=ScriptedTransport(platform))
            self.outbox.change(f"update outbox_entry set done_at = now() where id = {row.id}")
        return len(open_ones)

    def promises(self) -> list[Any]:
        return self.outbox.all(
            "select id, ids, extract(epoch from run_at - now()) as due_in from outbox_entry"
            f" where job_name = '{JobName.BACKFILL}' and done_at is null order by id"
        )

    def whole(self, platform: Platform) -> int:
        """Slices until nothing is promised any more."""
        for count in range(60):
            if not self.slice(platform):
                return count
        raise AssertionError("it does not end")

    @property
    def row(self) -> Any:
        return self.outbox.all("select * from backfill order by (state = 'running') desc, created_at desc")[0]

    def messages(self) -> tuple[int, int]:
        (row,) = self.outbox.all("select count(*) as every, count(distinct external_id) as one from message")
        return row.every, row.one


def past_of(platform: str, external_id: str, app: Flask, agency: Agency, make: Factory, outbox: Outbox) -> Past:
    account_id = make.account(agency, platform=platform)
    outbox.change(f"update account set external_id = '{external_id}' where id = '{account_id}'")
    return Past(app, agency, account_id, outbox)


@pytest.fixture
def past(app: Flask, ana: Agency, make: Factory, outbox: Outbox) -> Past:
    return past_of("google_business", "accounts/1/locations/2", app, ana, make, outbox)


@pytest.fixture
def google() -> GoogleStandIn:
    """A review every twelve hours, the newest from an hour ago."""
    made, newest = GoogleStandIn(), clock.now().replace(microsecond=0) - timedelta(hours=1)
    for number in range(REVIEWS):
        made.write(f"r{number}", f"Words {number}", newest - timedelta(hours=12 * number))
    return made


def test_all_there_is_is_read_in_bounded_slices_with_a_pause(past: Past, google: GoogleStandIn) -> None:
    past.begin()
    past.slice(google)
    assert len(google.calls) == CALLS_PER_SLICE
    assert past.messages() == (CALLS_PER_SLICE * 50, CALLS_PER_SLICE * 50)
    (promise,) = past.promises()
    assert 0 < promise.due_in <= history.PAUSE_SECONDS
    past.whole(google)
    assert past.messages() == (REVIEWS, REVIEWS)
    assert len(google.calls) == -(-REVIEWS // 50)
    row = past.row
    assert (row.state, row.item_count, row.gap_count, row.last_error) == ("done", REVIEWS, 0, None)
    oldest = past.outbox.scalar("select min(written_at) from message")
    assert row.reached_at == oldest
    assert past.outbox.scalar("select count(*) from brand_audit where action = 'history.done'") == 1


def test_old_questions_stay_closed_recent_ones_stand_in_the_queue(past: Past, google: GoogleStandIn) -> None:
    past.begin()
    past.whole(google)
    assert past.outbox.scalar("select count(*) from conversation where status = 'open'") == 28
    assert past.outbox.scalar("select count(*) from conversation where closed_reason = 'past'") == REVIEWS - 28
    assert past.outbox.scalar("select count(*) from conversation where due_at is not null and status = 'open'") == 28


def test_a_horizon_ends_the_reading(past: Past, google: GoogleStandIn) -> None:
    past.begin("month")
    past.whole(google)
    assert past.messages() == (60, 60)
    assert past.row.state == "done"


def test_a_worker_that_dies_goes_on_where_it_stood(past: Past, google: GoogleStandIn) -> None:
    past.begin()
    calls: list[Request] = []

    def dying(request: Request) -> Answer | ChannelError:
        calls.append(request)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return google(request)

    with pytest.raises(KeyboardInterrupt):
        past.slice(dying)
    assert past.messages() == (150, 150)
    assert past.row.item_count == 150
    past.whole(google)
    assert past.messages() == (REVIEWS, REVIEWS)
    assert past.row.item_count == REVIEWS
    assert len(google.calls) == -(-REVIEWS // 50), "nothing stored was read again"


def seen(day: Any, stand_in: MetaStandIn) -> int:
    """Posts with comments in many pages and answers beneath them; returns how many things were said."""
    for post in [stand_in.post(day - timedelta(days=number)) for number in range(30)]:
        tops = [stand_in.write(post, f"Top {number}", day + timedelta(minutes=number)) for number in range(3)]
        for number in range(4):
            stand_in.write(post, f"Below {number}", day + timedelta(hours=2, minutes=number), parent=tops[0])
    long = stand_in.post(day - timedelta(hours=1))
    tops = [stand_in.write(long, f"Long {number}", day + timedelta(minutes=number)) for number in range(260)]
    for number in range(120):
        stand_in.write(long, f"Deep {number}", day + timedelta(hours=9, minutes=number), parent=tops[7])
    for number in range(60):  # on Instagram each of them is one more call: more than one round can take
        top = stand_in.write(long, f"Wide {number}", day + timedelta(hours=20, minutes=number))
        for below in range(3):
            stand_in.write(long, f"Wide {number} {below}", day + timedelta(hours=22, minutes=number), parent=top)
    return len(stand_in.comments)


@pytest.mark.parametrize("platform", ["facebook", "instagram"])
def test_killed_after_any_call_and_again_after_the_next_there_is_neither_gap_nor_double(
    platform: PlatformName, app: Flask, ana: Agency, make: Factory, outbox: Outbox
) -> None:
    """Each run of a slice dies at its third call; what was stored before is not asked again."""
    past, meta = past_of(platform, "100", app, ana, make, outbox), MetaStandIn(instagram=platform == "instagram")
    said = seen(clock.now().replace(microsecond=0) - timedelta(days=40), meta)
    past.begin()
    for run in range(400):
        left = [1 + run % 3] if run % 5 else [10_000]

        def dying(request: Request, left: list[int] = left) -> Answer | ChannelError:
            left[0] -= 1
            if not left[0]:
                raise KeyboardInterrupt
            return meta(request)

        with suppress(KeyboardInterrupt):
            past.slice(dying)
        if past.row.state != "running":
            break
    assert (past.row.state, past.row.gap_count) == ("done", 0)
    assert past.messages() == (said, said)
    assert past.row.item_count == said
    assert past.outbox.scalar("select count(*) from outbox_entry where done_at is null and job_name = 'backfill'") == 0


@pytest.mark.parametrize("platform", ["facebook", "instagram"])
def test_no_slice_asks_for_more_than_its_calls_and_one_batch(
    platform: PlatformName, app: Flask, ana: Agency, make: Factory, outbox: Outbox
) -> None:
    past, meta = past_of(platform, "100", app, ana, make, outbox), MetaStandIn(instagram=platform == "instagram")
    said = seen(clock.now().replace(microsecond=0) - timedelta(days=40), meta)
    past.begin()
    while past.row.state == "running":
        before = len(meta.calls)
        assert past.slice(meta) == 1
        assert len(meta.calls) - before < CALLS_PER_SLICE + BATCH
    assert past.messages() == (said, said)
    asked = [(call.path, tuple(sorted(call.params.items()))) for call in meta.calls]
    assert len(asked) == len(set(asked)), "nothing is asked twice"


def test_a_post_with_thousands_of_comments_is_read_to_the_last_in_short_slices(
    app: Flask, ana: Agency, make: Factory, outbox: Outbox
) -> None:
    past, meta = past_of("facebook", "100", app, ana, make, outbox), MetaStandIn()
    day = clock.now().replace(microsecond=0) - timedelta(days=40)
    post = meta.post(day)
    for number in range(3_600):
        meta.write(post, f"Words {number}", day + timedelta(seconds=number))
    past.begin()
    while past.row.state == "running":
        before = len(meta.calls)
        assert past.slice(meta) == 1
        assert len(meta.calls) - before <= CALLS_PER_SLICE + BATCH
    assert past.messages() == (3_600, 3_600)
    assert (past.row.state, past.row.gap_count) == ("done", 0)


def test_a_slow_platform_ends_a_slice_by_the_clock(
    past: Past, google: GoogleStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "SECONDS_PER_SLICE", 0)
    past.begin()
    past.slice(google)
    assert len(google.calls) == 1
    assert past.messages() == (50, 50)
    assert len(past.promises()) == 1


def test_of_two_runs_of_one_slice_one_stores(past: Past, google: GoogleStandIn) -> None:
    past.begin()
    (promise,) = past.promises()
    inner: list[int] = []

    def twice(request: Request) -> Answer | ChannelError:
        if not inner:
            inner.append(1)
            read_slice(past.app, **promise.ids, transport=ScriptedTransport(google))
        return google(request)

    past.slice(twice)
    assert past.messages() == (CALLS_PER_SLICE * 50, CALLS_PER_SLICE * 50)
    assert past.row.item_count == CALLS_PER_SLICE * 50
    assert len(past.promises()) == 1
    past.whole(google)
    assert past.row.item_count == REVIEWS


def test_the_platforms_wish_to_wait_is_kept(past: Past, google: GoogleStandIn) -> None:
    past.begin()
    answers: list[Answer | ChannelError] = [RateLimited(900, "account")]
    past.slice(lambda request: google(request) if len(google.calls) < 3 else answers[0])
    assert (past.row.state, past.row.last_error, past.messages()[0]) == ("running", "rate_limited", 150)
    (promise,) = past.promises()
    assert 890 < promise.due_in <= 900
    past.whole(google)
    assert (past.row.state, past.row.last_error, past.row.item_count) == ("done", None, REVIEWS)


def test_a_throttled_account_is_not_asked(past: Past, google: GoogleStandIn) -> None:
    past.begin()
    past.outbox.change("update account set throttled_until = now() + interval '10 minutes'")
    past.slice(google)
    assert google.calls == []
    (promise,) = past.promises()
    assert 590 < promise.due_in <= 600


def test_a_lost_token_stops_it_with_its_reason_and_reconnecting_lets_it_go_on(
    past: Past, google: GoogleStandIn
) -> None:
    past.begin()
    revoked = TokenRevoked("password_changed")
    past.slice(lambda request: google(request) if len(google.calls) < 3 else revoked)
    assert past.outbox.scalar("select health from account") == "needs_reconnect"
    assert (past.row.state, past.row.last_error, past.promises()) == ("running", "token_revoked", [])
    keep_up(past.app)
    assert past.promises() == [], "nobody knocks while the account waits for a person"
    with past.agency.entered():
        accounts.reconnect(None, past.account_id, "new token")
    keep_up(past.app)
    past.whole(google)
    assert (past.row.state, past.row.item_count) == ("done", REVIEWS)
    assert len(google.calls) == -(-REVIEWS // 50)


def test_a_failure_is_tried_again_less_and_less_often_until_a_person_decides(past: Past, google: GoogleStandIn) -> None:
    past.begin()
    pauses = []
    for _ in range(history.MOST_FAILURES - 1):
        past.slice(lambda _request: PlatformDown("503"))
        pauses.append(round(past.promises()[0].due_in))
    assert pauses == sorted(pauses)
    assert pauses[0] in (59, 60)
    assert pauses[-1] in (3599, 3600)
    past.slice(lambda _request: PlatformDown("503"))
    assert (past.row.state, past.row.last_error, past.promises()) == ("failed", "platform_down", [])
    with past.agency.entered(past.agency.agency_admin):
        backfills.go_on(past.agency.agency_admin, past.account_id)
    past.whole(google)
    assert (past.row.state, past.row.item_count) == ("done", REVIEWS)


def test_a_clear_no_ends_it_with_its_reason(past: Past) -> None:
    past.begin()
    past.slice(lambda _request: refusal(400, "INVALID_ARGUMENT"))
    assert (past.row.state, past.row.last_error, past.promises()) == ("failed", "refused", [])


def test_a_part_that_never_can_be_read_is_counted_and_passed_over(
    app: Flask, ana: Agency, make: Factory, outbox: Outbox
) -> None:
    past, meta = past_of("facebook", "100", app, ana, make, outbox), MetaStandIn()
    day = clock.now().replace(microsecond=0) - timedelta(days=40)
    good, bad = meta.post(day), meta.post(day)
    for number in range(120):
        meta.write(good, f"Good {number}", day + timedelta(minutes=number))
        meta.write(bad, f"Bad {number}", day + timedelta(minutes=number))
    past.begin()

    def broken(request: Request) -> Answer | ChannelError:
        if bad in request.path and request.path.endswith("comments"):
            return PlatformDown("500")
        return meta(request)

    for _ in range(PASS_OVER_AFTER - 1):
        past.slice(broken)
        assert (past.row.gap_count, past.row.last_error) == (0, "platform_down")
    past.whole(broken)
    assert (past.row.state, past.row.gap_count) == ("done", 1)
    assert past.outbox.scalar("select count(*) from message where text like 'Good%'") == 120
    assert 0 < past.outbox.scalar("select count(*) from message where text like 'Bad%'") < 120


def test_a_passing_failure_of_a_part_leaves_no_gap(app: Flask, ana: Agency, make: Factory, outbox: Outbox) -> None:
    past, meta = past_of("facebook", "100", app, ana, make, outbox), MetaStandIn()
    day = clock.now().replace(microsecond=0) - timedelta(days=40)
    post = meta.post(day)
    for number in range(120):
        meta.write(post, f"Words {number}", day + timedelta(minutes=number))
    past.begin()
    meta.failing[f"{post}/comments"] = PlatformDown("500")
    past.slice(meta)
    meta.failing.clear()
    past.whole(meta)
    assert past.messages() == (120, 120)
    assert (past.row.state, past.row.gap_count, past.row.item_count) == ("done", 0, 120)


def test_stopping_keeps_what_was_read_and_going_on_goes_on(past: Past, google: GoogleStandIn) -> None:
    admin = past.agency.agency_admin
    past.begin()
    past.slice(google)
    with past.agency.entered(admin):
        backfills.stop(admin, past.account_id)
        backfills.stop(admin, past.account_id)
    past.slice(google)
    assert (past.row.state, past.messages()[0], past.promises()) == ("stopped", CALLS_PER_SLICE * 50, [])
    keep_up(past.app)
    assert past.promises() == []
    for _ in range(3):
        with past.agency.entered(admin):
            backfills.go_on(admin, past.account_id)
            backfills.stop(admin, past.account_id)
            backfills.go_on(admin, past.account_id)
    assert len(past.promises()) == 1, "impatience does not read faster"
    past.whole(google)
    assert (past.row.state, past.row.item_count) == ("done", REVIEWS)


@pytest.mark.parametrize("goes_on", [False, True], ids=["stop", "stop-and-go-on"])
def test_a_word_said_while_a_round_is_under_way_counts_at_once(
    past: Past, google: GoogleStandIn, goes_on: bool
) -> None:
    past.begin()
    admin = past.agency.agency_admin

    def interrupted(request: Request) -> Answer | ChannelError:
        if len(google.calls) == 3:
            with past.agency.entered(admin):
                backfills.stop(admin, past.account_id)
                if goes_on:
                    backfills.go_on(admin, past.account_id)
        return google(request)

    past.slice(interrupted)
    if goes_on:
        assert len(past.promises()) == 1
        past.whole(google)
        assert past.messages() == (REVIEWS, REVIEWS)
        assert len(google.calls) == -(-REVIEWS // 50)
    else:
        assert past.messages() == (150, 150), "what was asked for when it was stopped is not stored"
        assert (past.row.state, past.row.item_count, past.promises()) == ("stopped", 150, [])
        assert len(google.calls) == 4


def test_asking_again_replaces_what_runs(past: Past, google: GoogleStandIn) -> None:
    past.begin("month")
    past.begin("all")
    assert past.outbox.scalar("select count(*) from backfill where state = 'running'") == 1
    past.whole(google)
    assert past.messages() == (REVIEWS, REVIEWS)
    states = [row.state for row in past.outbox.all("select state from backfill order by state")]
    assert states == ["done", "stopped"]


def test_upkeep_finds_a_promise_that_was_lost(past: Past, google: GoogleStandIn) -> None:
    past.begin()
    keep_up(past.app)
    assert len(past.promises()) == 1
    past.outbox.change("delete from outbox_entry")
    keep_up(past.app)
    past.whole(google)
    assert past.row.state == "done"


def test_a_full_allowance_is_left_to_live_turns(app: Flask, ana: Agency, make: Factory, outbox: Outbox) -> None:
    past, meta = past_of("facebook", "100", app, ana, make, outbox), MetaStandIn()
    meta.write(meta.post(clock.now()), "Words", clock.now() - timedelta(hours=1))
    past.begin()

    def busy(request: Request) -> Answer | ChannelError:
        answer = meta(request)
        assert isinstance(answer, Answer)
        usage = '{"call_count": 80, "total_cputime": 5, "total_time": 5}'
        return Answer(answer.status, {**answer.headers, "x-app-usage": usage}, answer.body)

    past.slice(busy)
    assert len(meta.calls) == 1, "after the first answer that says so nothing more is asked"
    assert past.messages() == (1, 1)
    (promise,) = past.promises()
    assert 60 < promise.due_in < REPORT_SECONDS
    past.slice(meta)
    assert len(meta.calls) == 1, "the shared budget is left to others"


@pytest.mark.parametrize("platform", ["facebook", "google_business"])
def test_where_calls_are_scarce_the_past_waits_and_live_turns_do_not(
    platform: PlatformName, app: Flask, ana: Agency, make: Factory, outbox: Outbox
) -> None:
    """Its lane ends at 40 % of an allowance; what lives goes to 70 % and more of the very same."""
    if platform == "facebook":
        past, stand_in = past_of("facebook", "100", app, ana, make, outbox), MetaStandIn()
        meta_post = stand_in.post(clock.now() - timedelta(days=40))
        for number in range(1_000):
            stand_in.write(meta_post, f"Words {number}", clock.now() - timedelta(days=40, seconds=-number))
    else:
        past, stand_in = past_of("google_business", "accounts/1/locations/2", app, ana, make, outbox), GoogleStandIn()
        for number in range(1_000):
            stand_in.write(f"r{number}", "Words", clock.now() - timedelta(days=40, seconds=-number))
    past.begin()
    past.slice(stand_in)
    mine = budgets_of(stand_in.calls[0], str(ana.id))
    budgets = budgets_of_app(app)
    while budgets.ask("history", [Ask(mine, 5)])[0] < 10:  # seconds: longer than this test takes
        assert budgets.ask("poll", [Ask(mine, 5)]) == [0]
    asked, read = len(stand_in.calls), past.messages()
    past.slice(stand_in)
    assert (len(stand_in.calls), past.messages()) == (asked, read)
    (promise,) = past.promises()
    assert promise.due_in > 0
    for lane in ("poll", "events", "publish"):
        assert budgets.ask(lane, [Ask(mine, 5)]) == [0], f"{lane} has room of its own"
    assert past.row.state == "running"


def test_a_pause_of_the_whole_app_holds_live_turns_too(past: Past, google: GoogleStandIn) -> None:
    past.begin()
    past.slice(lambda _request: RateLimited(600, "app"))
    assert past.outbox.scalar("select due_at > now() + interval '9 minutes' from poll_turn")
    past.slice(google)
    assert google.calls == []
    assert past.row.state == "running"


def test_who_may_and_what_cannot_be_read(past: Past, stranger: Agency) -> None:
    ana = past.agency
    with pytest.raises(Forbidden), ana.entered(ana.team_lead):
        backfills.begin(ana.team_lead, past.account_id, "all")
    with pytest.raises(Forbidden), ana.entered(ana.staff):
        backfills.stop(ana.staff, past.account_id)
    with pytest.raises(NotFound), stranger.entered(stranger.agency_admin):
        backfills.begin(stranger.agency_admin, past.account_id, "all")
    with pytest.raises(Invalid):
        past.begin("eternity")
    with ana.entered():
        accounts.disconnect(None, past.account_id)
    with pytest.raises(Conflict):
        past.begin()
    assert past.outbox.scalar("select count(*) from backfill") == 0
