"""What an idle account costs, what a budget or a platform holds back, and what never waits behind polls."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from channels import poll_turns, registry
from channels.allowances import Ask, Note, account_of, app_of
from channels.budgets import Budgets
from channels.errors import ChannelError, RateLimited
from channels.facebook.adapter import FacebookAdapter
from channels.items import Page
from channels.protocol import Answer, ConnectedAccount, Exchange, Request
from channels.scripted_transport import ScriptedTransport, json_answer
from jobs import polling
from jobs.catalogue import CATALOGUE
from jobs.dispatcher import PROMISES_AT_ONCE, Dispatcher
from jobs.polling import poll_accounts
from jobs.runner import is_urgent, run_promises
from tenants.base_app import redis_of_app
from tenants.database import db
from tenants.outbox import JobName
from tests.factories import Agency, Factory
from tests.jobs.conftest import Outbox
from tests.jobs.test_polling import batch

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def page_of_posts(request: Request) -> Answer | ChannelError:
    """A Page with one post and a customer's comment under it; nothing elsewhere."""
    if not request.path.endswith("/published_posts"):
        return json_answer({"data": []})
    comment = {"id": "1_2", "message": "Open on Sunday?", "created_time": "2026-11-20T10:00:00+0000"}
    post = {"id": "7_1", "created_time": "2026-11-19T10:00:00+0000", "comments": {"data": [comment]}}
    return json_answer({"data": [post]})


class Counting(FacebookAdapter):
    """Facebook's adapter, counting how often it reads."""

    def __init__(self) -> None:
        super().__init__()
        self.read = 0

    def read_poll(
        self, account: ConnectedAccount, cursor: str | None, exchanges: Sequence[Exchange], *, now: datetime
    ) -> Page:
        self.read += 1
        return super().read_poll(account, cursor, exchanges, now=now)


@pytest.fixture
def adapter(monkeypatch: pytest.MonkeyPatch) -> Counting:
    adapter = Counting()
    monkeypatch.setitem(registry.ADAPTERS, "facebook", adapter)
    return adapter


def due(app: Flask, outbox: Outbox) -> Sequence[Sequence[str | int]]:
    outbox.change("update poll_turn set due_at = now() - interval '1 second', leased_until = null")
    Dispatcher(app).queues["poll"].empty()
    return batch(app)


def poll(app: Flask, outbox: Outbox, answer: Any = page_of_posts, **more: Any) -> ScriptedTransport:
    transport = ScriptedTransport(answer)
    poll_accounts(app, "facebook", due(app, outbox), transport, **more)
    return transport


def until_idle(app: Flask, outbox: Outbox, answer: Any = page_of_posts) -> None:
    for _ in range(3):
        poll(app, outbox, answer)


def test_the_same_answer_to_the_same_question_is_not_read_again(
    app: Flask, ana: Agency, make: Factory, outbox: Outbox, adapter: Counting
) -> None:
    make.account(ana)
    until_idle(app, outbox)
    assert outbox.scalar("select idle_digest is not null from poll_turn")
    adapter.read = 0
    before = outbox.all("select xmin, ctid from message")
    poll(app, outbox)
    assert adapter.read == 0
    assert outbox.all("select xmin, ctid from message") == before
    assert outbox.scalar("select leased_until is null and due_at > now() and idle_digest is not null from poll_turn")


def test_one_other_letter_is_read_and_stored(
    app: Flask, ana: Agency, make: Factory, outbox: Outbox, adapter: Counting
) -> None:
    make.account(ana)
    until_idle(app, outbox)

    def edited(request: Request) -> Answer | ChannelError:
        found = page_of_posts(request)
        assert isinstance(found, Answer)
        return Answer(found.status, found.headers, found.body.replace(b"Sunday", b"Monday"))

    poll(app, outbox, edited)
    assert outbox.scalar("select text from message") == "Open on Monday?"
    assert outbox.scalar("select idle_digest is null from poll_turn")


def test_an_equal_answer_from_another_place_is_read(
    app: Flask, ana: Agency, make: Factory, outbox: Outbox, adapter: Counting
) -> None:
    """What was stored was lost or the account begins anew: the digest of before proves nothing."""
    make.account(ana)
    until_idle(app, outbox)
    outbox.change("update account set cursor = null")
    adapter.read = 0
    poll(app, outbox)
    assert adapter.read > 0


def test_many_idle_accounts_end_in_one_transaction(
    app: Flask, ana: Agency, make: Factory, outbox: Outbox, adapter: Counting
) -> None:
    """The statements of an idle batch do not grow with its accounts."""
    counts = []
    for accounts in (2, 12):
        while outbox.scalar("select count(*) from account") < accounts:
            make.account(ana)
        until_idle(app, outbox)
        turns = due(app, outbox)
        said: list[str] = []
        with app.app_context():
            engine = db.engine

        def note(_c: Any, _cursor: Any, statement: str, *_: Any, said: list[str] = said) -> None:
            said.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        try:
            poll_accounts(app, "facebook", turns, ScriptedTransport(page_of_posts))
        finally:
            event.remove(engine, "before_cursor_execute", note)
        counts.append(len(said))
    assert counts[0] == counts[1] <= 8


def test_who_lost_the_turn_while_idle_changes_nothing(
    app: Flask, ana: Agency, make: Factory, outbox: Outbox, adapter: Counting
) -> None:
    make.account(ana)
    until_idle(app, outbox)
    turns = due(app, outbox)

    def taken_over(request: Request) -> Answer | ChannelError:
        outbox.change("update poll_turn set fence = fence + 1")
        return page_of_posts(request)

    poll_accounts(app, "facebook", turns, ScriptedTransport(taken_over))
    assert outbox.scalar("select leased_until is not null from poll_turn"), "the other one's lease stands"


def test_a_turn_taken_over_while_queued_is_not_even_asked(
    app: Flask, ana: Agency, make: Factory, outbox: Outbox
) -> None:
    make.account(ana)
    turns = due(app, outbox)
    outbox.change("update poll_turn set fence = fence + 1")
    transport = ScriptedTransport(page_of_posts)
    poll_accounts(app, "facebook", turns, transport)
    assert transport.requests == []


def test_a_throttled_account_waits_as_long_as_it_was_told_and_recovers(
    app: Flask, ana: Agency, make: Factory, outbox: Outbox
) -> None:
    make.account(ana)
    limited = json_answer({"error": {"code": 32, "message": "Page request limit reached"}}, 403, retry_after="1200")
    poll(app, outbox, lambda _request: limited)
    assert outbox.scalar("select health from account") == "throttled"
    assert 1_100 < outbox.scalar("select extract(epoch from throttled_until - now()) from account") <= 1_201
    assert 1_100 < outbox.scalar("select extract(epoch from due_at - now()) from poll_turn") <= 1_201
    transport = poll(app, outbox)
    assert transport.requests == [], "its budget is paused for all who would ask"
    outbox.change("update account set throttled_until = now()")
    with app.app_context():
        redis_of_app().flushall()
    poll(app, outbox)
    assert outbox.all("select health, throttled_until from account") == [("ok", None)]


def test_code_4_pauses_all_accounts_of_the_app_on_every_platform(
    app: Flask, ana: Agency, make: Factory, outbox: Outbox
) -> None:
    make.account(ana)
    make.account(ana, platform="instagram")
    poll(app, outbox, lambda _request: json_answer({"error": {"code": 4, "message": "Application request limit"}}, 403))
    transport = ScriptedTransport(page_of_posts)
    dispatcher = Dispatcher(app)
    dispatcher.queues["poll"].empty()
    outbox.change("update poll_turn set due_at = now() - interval '1 second', leased_until = null")
    dispatcher.queue_turns()
    (job,) = [job for job in dispatcher.queues["poll"].jobs if job.args[0] == "instagram"]
    poll_accounts(app, "instagram", job.args[1], transport)
    assert transport.requests == []
    assert outbox.scalar("select health from account where platform = 'instagram'") == "ok"
    assert outbox.scalar(
        "select extract(epoch from due_at - now()) from poll_turn where platform = 'instagram'"
    ) == pytest.approx(900, abs=60)


def test_a_used_up_budget_delays_a_poll_and_blames_nobody(
    app: Flask, ana: Agency, make: Factory, outbox: Outbox, adapter: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.account(ana, credential="spent")
    make.account(ana, credential="fresh")
    until_idle(app, outbox)
    (request, *_) = [r for r in poll(app, outbox).requests if r.token and r.token.secret.reveal() == "spent"]
    budget = account_of(request)
    assert budget is not None
    budgets: Budgets = app.extensions["onbrand_budgets"]
    budgets.ask("publish", [Ask((budget,), budget.calls or 0)])
    transport = poll(app, outbox)
    assert {r.token.secret.reveal() for r in transport.requests if r.token} == {"fresh"}
    assert outbox.all("select distinct health from account") == [("ok",)]
    assert outbox.scalar("select max(failures) from poll_turn") == 0
    assert outbox.scalar("select max(extract(epoch from due_at - now())) from poll_turn") > 3_600


def test_what_must_not_wait_is_let_through_between_accounts(
    app: Flask, ana: Agency, make: Factory, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody's answer was queued while a poll job runs: accounts not begun are handed back, due within seconds."""
    monkeypatch.setattr(polling, "REQUESTS_AT_ONCE", 2)
    for _ in range(12):
        make.account(ana)
    until_idle(app, outbox, lambda _request: json_answer({"data": []}))
    outbox.change("update poll_turn set failures = 3")
    asked: list[str] = []

    def first(request: Request) -> Answer | ChannelError:
        asked.append(request.path)
        return json_answer({"data": []})

    poll(app, outbox, first, urgent=lambda: len(asked) > 0)
    assert 0 < len(asked) <= 4, "the part that was begun, and the one on its way"
    back = outbox.all("select failures, idle_digest from poll_turn where due_at < now() + interval '2 s'")
    assert len(back) == 12 - len(asked)
    assert all(row.failures == 3 and row.idle_digest is not None for row in back), "nothing was learnt of them"
    assert outbox.scalar("select count(*) from poll_turn where leased_until is not null") == 0


def test_a_waiting_answer_is_urgent(app: Flask) -> None:
    dispatcher = Dispatcher(app)
    assert not is_urgent(app)
    dispatcher.queues["events"].enqueue("x")
    assert not is_urgent(app)
    dispatcher.queues["publish"].enqueue("x")
    assert is_urgent(app)


def test_few_jobs_of_turns_wait_at_a_time(
    app: Flask, ana: Agency, make: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lease is for polling, not for standing in a queue."""
    monkeypatch.setattr("jobs.dispatcher.TURNS_PER_JOB", 1)
    monkeypatch.setattr("jobs.dispatcher.TURN_JOBS_WAITING", 3)
    for _ in range(5):
        make.account(ana)
    dispatcher = Dispatcher(app)
    assert dispatcher.queue_turns() == 3
    assert dispatcher.held_back
    assert dispatcher.queue_turns() == 0
    dispatcher.queues["poll"].empty()
    assert dispatcher.queue_turns() == 2


def test_ten_thousand_promises_of_one_agency_let_anothers_through(
    app: Flask, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.dispatcher.JOBS_WAITING", 4)
    outbox.change(
        "insert into outbox_entry (job_name, ids, run_at) select 'publish_reply',"
        " jsonb_build_object('agency_id', 'giant', 'brand_id', 'b', 'reply_id', number::text),"
        " now() - interval '1 hour' from generate_series(1, 10000) as number"
    )
    small = [
        outbox.promise(JobName.PUBLISH_REPLY, agency_id="small", brand_id="b", reply_id=str(number))
        for number in range(5)
    ]
    dispatcher = Dispatcher(app)
    dispatcher.queue_promises()
    named = [number for job in dispatcher.queues["publish"].jobs for number in job.args[0]]
    assert len(named) == min(PROMISES_AT_ONCE, 4 * CATALOGUE[JobName.PUBLISH_REPLY].together)
    assert set(small) <= set(named)
    assert named.index(small[-1]) <= 10
    assert dispatcher.held_back


def test_promises_about_the_same_are_kept_by_one_run(
    app: Flask, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[dict[str, str]] = []
    monkeypatch.setattr("jobs.events.handle_events", lambda _app, **ids: ran.append(ids))
    for account in ("1", "2", "1", "1"):
        outbox.promise(JobName.HANDLE_EVENTS, agency_id="a", brand_id="b", account_id=account)
    dispatcher = Dispatcher(app)
    dispatcher.queue_promises()
    for job in dispatcher.queues["events"].jobs:
        run_promises(job.args[0], app)
    assert [ids["account_id"] for ids in ran] == ["1", "2"]
    assert outbox.scalar("select count(*) from outbox_entry where done_at is null") == 0


def test_notes_of_a_poll_slow_those_who_share(app: Flask, ana: Agency, make: Factory, outbox: Outbox) -> None:
    """A usage header of 90 % for the whole app keeps reading away, and is forgotten within the hour."""
    make.account(ana)
    usage = json.dumps({"call_count": 90})

    def busy(request: Request) -> Answer | ChannelError:
        return json_answer({"data": []}, x_app_usage=usage)

    first = poll(app, outbox, busy)
    (request, *_) = first.requests
    app_budget = app_of(request)
    assert app_budget is not None
    (wait,) = app.extensions["onbrand_budgets"].ask("poll", [Ask((app_budget,))])
    assert 0 < wait < timedelta(hours=1).total_seconds()
    assert poll(app, outbox, busy).requests == []
    app.extensions["onbrand_budgets"].note([Note(app_budget, 5)])
    assert poll(app, outbox, busy).requests != []


def test_a_digest_stands_for_place_question_and_answer() -> None:
    def digest(cursor: str = "{}", body: str = "x", after: datetime = NOW, **purpose: str) -> bytes | None:
        asked = Request("meta_graph", "GET", "/7/posts", purpose={"started": after.isoformat(), **purpose})
        return polling.digest_of(cursor, [Exchange(asked, json_answer(body))], after)

    same = digest()
    assert same == digest(after=NOW + timedelta(minutes=1))
    others = [digest('{"v":1}'), digest(body="y"), digest(sweep="1"), digest(after=NOW + timedelta(hours=6))]
    assert same not in others
    asked = Request("meta_graph", "GET", "/7/posts")
    assert polling.digest_of("{}", [Exchange(asked, RateLimited(1, "account"))], NOW) is None


def test_an_allowance_of_zero_is_met_once_by_all_who_share_it(
    app: Flask, ana: Agency, make: Factory, outbox: Outbox
) -> None:
    """Also where one question is asked for many: nobody else asks until somebody tries again, minutes later."""
    for _ in range(2):
        make.account(ana, platform="google_business")

    def google(answer: Any) -> list[Request]:
        outbox.change("update poll_turn set due_at = now() - interval '1 second', leased_until = null")
        dispatcher = Dispatcher(app)
        dispatcher.queues["poll"].empty()
        dispatcher.queue_turns()
        jobs = [job for job in dispatcher.queues["poll"].jobs if job.args[0] == "google_business"]
        transport = ScriptedTransport(answer)
        for job in jobs:
            poll_accounts(app, "google_business", job.args[1], transport)
        return transport.requests

    for _ in range(2):
        google(lambda _request: json_answer({"reviews": [], "totalReviewCount": 0}))
    metadata = {"quota_limit": "DefaultRequestsPerMinutePerProject", "quota_limit_value": "0"}
    error = {"code": 429, "status": "RESOURCE_EXHAUSTED", "details": [{"metadata": metadata}]}
    assert google(lambda _request: json_answer({"error": error}, 429)) != []
    assert google(lambda _request: json_answer({"reviews": []})) == []
    app.extensions["onbrand_redis"].flushdb()
    assert google(lambda _request: json_answer({"reviews": []})) != []
    assert outbox.all("select distinct health from account") == [("ok",)]


def test_who_presses_check_while_a_poll_runs_is_served_by_the_next(
    app: Flask, ana: Agency, make: Factory, outbox: Outbox
) -> None:
    account_id = make.account(ana)

    def pressed(request: Request) -> Answer | ChannelError:
        with ana.entered():
            poll_turns.poll_now(account_id)
        return page_of_posts(request)

    waits = "select extract(epoch from due_at - now()) from poll_turn"
    for _ in range(3):  # with something to store, and idle
        poll(app, outbox, pressed)
        assert outbox.scalar(waits) < 0
    poll(app, outbox)
    assert outbox.scalar(waits) > 0
