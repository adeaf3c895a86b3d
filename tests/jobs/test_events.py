"""What platforms tell: told twice, in any order or not understood, the inbox ends where the platform is."""

from __future__ import annotations

import json
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy.exc import ProgrammingError

from channels import accounts, deliveries, raw_events
from channels.allowances import Ask, Note, account_of, app_of
from channels.errors import PlatformDown, RateLimited, TokenRevoked
from channels.protocol import Request
from channels.scripted_transport import ScriptedTransport, json_answer
from jobs.events import handle_events
from jobs.runner import budgets_of_app
from tenants.lone_statements import lone_statements
from tenants.outbox import JobName
from tenants.scope import Scope, in_scope
from tests.factories import Agency, Factory
from tests.jobs.conftest import Outbox

POST, COMMENT = "900_1", "900_1_7"
WRITTEN = 1_763_700_000


def told(page: str, verb: str, message: str | None = "Where is my order?", at: int = WRITTEN, **more: Any) -> bytes:
    """A delivery of one change of a comment."""
    value = {"item": "comment", "verb": verb, "post_id": POST, "comment_id": COMMENT, "parent_id": POST}
    value |= {"from": {"id": "55", "name": "A Customer"}, "created_time": WRITTEN} | more
    if message is not None:
        value["message"] = message
    entry = {"id": page, "time": at, "changes": [{"field": "feed", "value": value}]}
    return json.dumps({"object": "page", "entry": [entry]}).encode()


class Page:
    """A page's comment as the platform holds it; None once deleted."""

    def __init__(self, text: str | None) -> None:
        self.text = text

    def __call__(self, request: Request) -> Any:
        assert request.method == "GET"
        if self.text is None:
            return json_answer({"error": {"code": 100, "error_subcode": 33, "message": "gone"}}, 400)
        return json_answer(
            {
                "id": COMMENT,
                "message": self.text,
                "from": {"id": "55", "name": "A Customer"},
                "created_time": "2025-11-21T04:40:00+0000",
            }
        )


class Desk:
    """One account, what it is told, and what then stands in the inbox."""

    def __init__(self, app: Flask, agency: Agency, make: Factory, outbox: Outbox) -> None:
        self.app, self.agency, self.outbox = app, agency, outbox
        self.account = make.account(agency)
        self.page = str(outbox.scalar(f"select external_id from account where id = '{self.account}'"))
        self.scope = Scope(agency.id, frozenset({agency.brand_ids[0]}))

    def keep(self, *bodies: bytes) -> None:
        for body in bodies:
            changes = [(self.account, change) for change in deliveries.cut(body)]
            with self.app.app_context(), lone_statements() as connection:
                raw_events.keep_of(connection, self.agency.id, self.agency.brand_ids[0], changes)

    def handle(self, platform: Any) -> None:
        ids: tuple[UUID, UUID, UUID] = (self.agency.id, self.agency.brand_ids[0], self.account)
        handle_events(self.app, *map(str, ids), transport=ScriptedTransport(platform))

    def messages(self) -> list[tuple[str, bool]]:
        rows = self.outbox.all("select text, deleted_at is not null as deleted from message order by external_id")
        return [(row.text, row.deleted) for row in rows]

    def outcomes(self) -> list[tuple[str | None, bool]]:
        rows = self.outbox.all("select outcome, body is not null as kept from raw_event order by created_at, id")
        return [(row.outcome, row.kept) for row in rows]


@pytest.fixture
def desk(app: Flask, ana: Agency, make: Factory, outbox: Outbox) -> Desk:
    return Desk(app, ana, make, outbox)


def test_a_told_comment_stands_in_the_inbox_and_its_bytes_go(desk: Desk) -> None:
    desk.keep(told(desk.page, "add"))
    desk.handle(Page("never asked"))
    assert desk.messages() == [("Where is my order?", False)]
    assert desk.outcomes() == [("stored", False)]
    assert desk.outbox.scalar("select last_event_at is not null and tested_at is not null from account")
    assert desk.outbox.scalar("select count(*) from conversation where kind = 'comment' and status = 'open'") == 1


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
@pytest.mark.parametrize(("now", "expected"), [("edited", [("Second words", False)]), ("gone", [("", True)])])
def test_any_order_ends_where_the_platform_is(
    desk: Desk, order: tuple[int, ...], now: str, expected: list[tuple[str, bool]]
) -> None:
    page = Page("Second words" if now == "edited" else None)
    last = told(desk.page, "remove", None) if now == "gone" else told(desk.page, "add", "First words", at=WRITTEN + 60)
    bodies = [
        told(desk.page, "add", "First words"),
        told(desk.page, "edited", "Second words", at=WRITTEN + 30),
        last,
    ]
    for place in order:
        desk.keep(bodies[place], bodies[place])
        desk.handle(page)
    assert [(text if not deleted else "", deleted) for text, deleted in desk.messages()] == expected
    assert desk.outbox.scalar("select count(*) from conversation") == 1


def test_what_is_not_understood_keeps_its_bytes_and_stops_nothing(desk: Desk) -> None:
    strange = json.dumps({"object": "page", "entry": [{"id": desk.page, "changes": [{"field": "novelty"}]}]}).encode()
    desk.keep(strange, told(desk.page, "add"))
    desk.handle(Page("never asked"))
    assert desk.outcomes() == [("unknown", True), ("stored", False)]
    assert len(desk.messages()) == 1


def test_what_could_not_be_asked_waits_and_is_asked_again(desk: Desk) -> None:
    desk.keep(told(desk.page, "edited"), told(desk.page, "add", comment_id="900_1_8"))
    with pytest.raises(PlatformDown):
        desk.handle(lambda _request: PlatformDown("503"))
    assert desk.outcomes() == [(None, True), ("stored", False)]
    desk.handle(Page("Second words"))
    assert desk.outcomes() == [("asked", False), ("stored", False)]
    assert ("Second words", False) in desk.messages()


def test_a_revoked_token_parks_the_events_and_reconnecting_wakes_them(desk: Desk) -> None:
    desk.keep(told(desk.page, "edited"))
    desk.handle(lambda _request: TokenRevoked("password_changed"))
    assert desk.outbox.scalar("select health from account") == "needs_reconnect"
    assert desk.outcomes() == [(None, True)]
    desk.outbox.change("update outbox_entry set done_at = now()")
    with in_scope(desk.app, desk.scope):
        accounts.reconnect(None, desk.account, "new token")
    waiting = desk.outbox.all("select job_name from outbox_entry where done_at is null")
    assert JobName.HANDLE_EVENTS in {row.job_name for row in waiting}
    desk.handle(Page("Second words"))
    assert desk.messages() == [("Second words", False)]


def test_events_of_a_disconnected_account_are_put_away(desk: Desk) -> None:
    desk.keep(told(desk.page, "add"))
    with in_scope(desk.app, desk.scope):
        accounts.disconnect(None, desk.account)
    desk.handle(Page("never asked"))
    assert (desk.messages(), desk.outcomes()) == ([], [("ignored", False)])


def test_reading_about_events_asks_the_shared_budgets_and_what_needs_no_asking_does_not_wait(desk: Desk) -> None:
    page = Page("Second words")
    request = _asked_by(desk, page)
    budget = account_of(request)
    assert budget is not None
    budgets_of_app(desk.app).note([Note(budget, percent=95)])
    desk.keep(told(desk.page, "edited"), told(desk.page, "add", comment_id="900_1_8"))
    desk.handle(lambda _request: pytest.fail("the budget is spent"))
    desk.handle(lambda _request: pytest.fail("the budget is spent"))
    assert desk.outcomes()[-2:] == [(None, True), ("stored", False)]
    later = desk.outbox.all(
        "select run_at > now() + interval '1 minute' as waits from outbox_entry"
        " where job_name = 'handle_events' and run_at > now()"
    )
    assert [row.waits for row in later] == [True], "promised once, for when there is room"
    budgets_of_app(desk.app).note([Note(budget, percent=0)])
    desk.handle(page)
    assert desk.outcomes()[-2:] == [("asked", False), ("stored", False)]


def _asked_by(desk: Desk, page: Page) -> Request:
    """What such an event asks, and that it is counted."""
    asked: list[Request] = []

    def look(request: Request) -> Any:
        asked.append(request)
        return page(request)

    desk.keep(told(desk.page, "edited", at=WRITTEN - 60))
    desk.handle(look)
    assert len(asked) == 1
    return asked[0]


@pytest.mark.parametrize(("scope", "of"), [("account", account_of), ("app", app_of)])
def test_a_platform_that_asks_for_a_pause_is_left_alone_by_all_who_share_the_allowance(
    desk: Desk, scope: Any, of: Any
) -> None:
    request = _asked_by(desk, Page("Second words"))
    desk.keep(told(desk.page, "edited"))
    desk.handle(lambda _request: RateLimited(1_800, scope))
    (wait,) = budgets_of_app(desk.app).ask("poll", [Ask((of(request),))])
    assert 1_700 < wait <= 1_800
    assert desk.outcomes()[-1] == (None, True)
    assert (
        desk.outbox.scalar(
            "select count(*) from outbox_entry where job_name = 'handle_events'"
            " and run_at between now() + interval '29 minutes' and now() + interval '31 minutes'"
        )
        == 1
    )
    budgets_of_app(desk.app).note([Note(of(request), pause_seconds=0.001)])


def test_many_that_cannot_be_asked_about_do_not_hold_up_what_comes_after_them(desk: Desk) -> None:
    edits = [told(desk.page, "edited", at=WRITTEN + n) for n in range(raw_events.HANDLED_AT_ONCE + 20)]
    desk.keep(*edits, told(desk.page, "add", comment_id="900_1_8"))
    calls = []

    def down(request: Request) -> PlatformDown:
        calls.append(request)
        return PlatformDown("503")

    with pytest.raises(PlatformDown):
        desk.handle(down)
    assert 0 < len(calls) <= raw_events.HANDLED_AT_ONCE
    assert desk.messages() == [("Where is my order?", False)]


def test_what_cannot_be_stored_is_set_aside_with_its_bytes_and_the_others_are_stored(desk: Desk) -> None:
    desk.outbox.change("alter table message add constraint test_poison check (text <> 'poison')")
    try:
        words = ("poison", "Hello", "Good evening")
        desk.keep(*(told(desk.page, "add", text, comment_id=f"900_1_{n}") for n, text in enumerate(words)))
        desk.handle(Page("never asked"))
    finally:
        desk.outbox.change("alter table message drop constraint test_poison")
    assert desk.outcomes() == [("failed", True), ("stored", False), ("stored", False)]
    assert [text for text, _ in desk.messages()] == ["Hello", "Good evening"]
    assert "poison" not in str(desk.outbox.scalar("select reason from raw_event where outcome = 'failed'"))


def test_a_database_that_is_not_ready_sets_nothing_aside(desk: Desk) -> None:
    desk.keep(told(desk.page, "add"))
    desk.outbox.change("alter table message rename to message_away")
    try:
        with pytest.raises(ProgrammingError):
            desk.handle(Page("never asked"))
    finally:
        desk.outbox.change("alter table message_away rename to message")
    assert desk.outcomes() == [(None, True)]
