"""The set-up ends when something real came back, never before; and who waits reads what that means."""

from __future__ import annotations

from html import unescape

import pytest
from sqlalchemy import text

from agency.web.connecting_look import LOOK_FOR, QUIET_AFTER
from channels import account_standing, accounts
from channels.models import RawEvent
from tenants import clock
from tenants.database import db, new_id
from tests.flows.conftest import sandbox  # noqa: F401 - a fixture
from tests.web.browser import Browser
from tests.web.test_connecting import admin, town  # noqa: F401 - fixtures
from tests.web.walking import LOCATION, PAGE, Town

OLD = {"platform": "facebook", "account": PAGE, "author": "Ada", "text": "Hello?"}


def connected(town: Town, admin: Browser) -> str:  # noqa: F811
    """A page connected through the dialog; where the browser then stands."""
    back = town.walk(admin, "facebook", features=("comments",), accounts=town.numbers()[PAGE])
    return town.choose(admin, back).location


def shown(browser: Browser, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


def age(town: Town, minutes: float) -> None:  # noqa: F811
    """As if it had been connected so long ago."""
    with town.superuser.begin() as connection:
        connection.execute(
            text("update account set token_renewed_at = now() - make_interval(secs => :s)"), {"s": minutes * 60}
        )


def event(town: Town, outcome: str, *, seconds_ago: int = 0) -> None:  # noqa: F811
    """An event of the page that was handled with this outcome."""
    account = town.account(PAGE)
    with town.agency.entered():
        row = RawEvent(
            agency_id=account.agency_id,
            id=new_id(),
            brand_id=account.brand_id,
            account_id=account.id,
            kind="feed",
            digest=new_id().bytes,
            outcome=outcome,
        )
        db.session.add(row)
        db.session.flush()
        db.session.execute(
            text("update raw_event set created_at = now() - make_interval(secs => :s)").bindparams(s=seconds_ago)
        ) if seconds_ago else None
        found, now = accounts.get(account.id), clock.now()
        accounts.note_event(found, now)
        account_standing.note_tested_by(found, [row.id], now)


def test_looking_alone_ends_nothing_and_neither_does_what_was_there_before(town: Town, admin: Browser) -> None:  # noqa: F811
    town.sandbox.tell("comments", OLD)
    with town.superuser.begin() as connection:  # written before; a platform tells whole seconds
        connection.execute(text("select pg_sleep(0)"))
    done = connected(town, admin)
    with town.superuser.begin() as connection:
        connection.execute(text("update account set token_renewed_at = now() + interval '5 seconds'"))
    for _ in range(3):
        town.work()
    account = town.account(PAGE)
    assert account.last_polled_at is not None
    assert town.query("select text from message") == [("Hello?",)], "it was read"
    assert account.tested_at is None
    page = shown(admin, done)
    assert "Connected, test open" in page
    assert "write a comment under one of the posts" in page
    assert "Connected and tested" not in page


def test_words_written_after_connecting_end_it_when_they_are_found_by_looking(town: Town, admin: Browser) -> None:  # noqa: F811
    done = connected(town, admin)
    town.work()
    assert town.account(PAGE).tested_at is None
    town.sandbox.tell("comments", OLD)
    town.house.poll()
    assert town.account(PAGE).tested_at is not None
    assert "Something new was found by looking and read." in shown(admin, done)


@pytest.mark.parametrize(
    ("outcome", "ends"), [("stored", True), ("asked", True), ("ignored", True), ("unknown", False), ("failed", False)]
)
def test_an_event_that_was_understood_ends_it(town: Town, admin: Browser, outcome: str, ends: bool) -> None:  # noqa: F811
    done = connected(town, admin)
    event(town, outcome)
    assert (town.account(PAGE).tested_at is not None) == ends
    assert ("An event arrived and was read." in shown(admin, done)) == ends


def test_an_event_from_before_the_present_access_ends_nothing(town: Town, admin: Browser) -> None:  # noqa: F811
    connected(town, admin)
    with town.superuser.begin() as connection:
        connection.execute(text("update account set token_renewed_at = now() + interval '1 minute'"))
    event(town, "stored")
    assert town.account(PAGE).tested_at is None


def test_a_new_access_must_be_tested_anew(town: Town, admin: Browser) -> None:  # noqa: F811
    connected(town, admin)
    event(town, "stored")
    with town.agency.entered(town.agency.agency_admin):
        again = accounts.reconnect(town.agency.agency_admin, town.account(PAGE).id, "page-token")
        assert again.tested_at is None


def test_who_waits_for_minutes_reads_what_that_means_and_the_page_stops_asking(town: Town, admin: Browser) -> None:  # noqa: F811
    done = connected(town, admin)
    age(town, QUIET_AFTER.total_seconds() / 60 + 1)
    unanswered = shown(admin, done)
    assert "The platform has not answered yet." in unanswered
    assert 'hx-trigger="every 3s"' in unanswered
    town.work()
    age(town, QUIET_AFTER.total_seconds() / 60 + 1)
    quiet = shown(admin, done)
    assert "no fault while nobody writes" in quiet
    assert 'hx-trigger="every 3s"' in quiet
    age(town, LOOK_FOR.total_seconds() / 60 + 1)
    assert "hx-trigger" not in shown(admin, done).partition('id="connected"')[2].partition("</main>")[0]


def test_google_asks_nobody_for_a_review_as_a_test(town: Town, admin: Browser) -> None:  # noqa: F811
    done = town.choose(admin, town.walk(admin, "google_business", person="owner@sandbox.example")).location
    town.work()
    assert town.account(LOCATION).tested_at is None
    page = shown(admin, done)
    assert "The test ends with the next review" in page
    assert "write a comment" not in page


def test_a_page_that_looks_again_is_only_answered_when_something_changed(town: Town, admin: Browser) -> None:  # noqa: F811
    done = connected(town, admin)
    first = shown(admin, done)
    again = unescape(first.partition('id="connected" hx-get="')[2].partition('"')[0])
    assert admin.get(again, headers={"HX-Request": "true"}).status_code == 204
    town.work()
    fragment = admin.get(again, headers={"HX-Request": "true"})
    assert fragment.status_code == 200
    assert "<html" not in fragment.text
    assert "Connected, test open" in fragment.text
    assert admin.get(again).status_code == 200, "a person who opens the same address sees the page"


def test_the_same_button_twice_leads_to_the_same_end(town: Town, admin: Browser) -> None:  # noqa: F811
    back = town.walk(admin, "facebook", features=("comments",), accounts=town.numbers()[PAGE])
    first = town.choose(admin, back)
    again = admin.post(back.location, {"granted": "x"})
    assert (again.status_code, again.location) == (303, first.location)
    assert town.accounts() == [PAGE]
