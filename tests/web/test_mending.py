"""A connection that broke: the client is mailed once, mends it without an account, and what waited goes on."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select

from agency.notices.sending import mails_kept
from agency.replies.models import Reply
from channels import account_standing, accounts
from channels.capabilities import Access
from tenants import clock
from tenants.database import db
from tenants.outbox import JobName, enqueue_after_commit
from tenants.scope import in_scope
from tests.flows.conftest import sandbox  # noqa: F401 - a fixture
from tests.web.browser import Browser
from tests.web.test_connecting import admin, town  # noqa: F401 - fixtures
from tests.web.walking import PAGE, Town


def connect(town: Town, admin: Browser) -> Any:  # noqa: F811
    town.choose(admin, town.walk(admin, "facebook", features=("comments",), accounts=town.numbers()[PAGE]))
    town.work()
    return town.account(PAGE)


def mails(town: Town) -> list[tuple[str, str]]:  # noqa: F811
    with town.app.app_context():
        kept = mails_kept()
        return [(str(mail["To"]), mail.get_body(("plain",)).get_content()) for _, mail in kept]


def link_in(text: str) -> str:
    found = re.search(r"http://localhost(/reconnect/\S+)", text)
    assert found is not None, text
    return found[1]


def test_the_client_mends_it_from_the_mail_and_what_waited_goes_on(town: Town, admin: Browser) -> None:  # noqa: F811
    account = connect(town, admin)
    town.sandbox.tell("tokens/kill", {"account": PAGE, "subcode": 460})
    town.house.poll()
    assert town.account(PAGE).health == "needs_reconnect"
    town.house.keep_promises()
    town.house.keep_promises()
    sent = mails(town)
    assert len(sent) == 1
    assert "client_owner" in sent[0][0]
    client = Browser(town.app)
    page = client.get(link_in(sent[0][1]))
    assert page.status_code == 200
    words = unescape(page.text)
    assert "no longer lets" in words
    assert "The password of whoever signed in was changed." in words
    town.sandbox.tell("comments", {"platform": "facebook", "account": PAGE, "author": "Ada", "text": "Anybody?"})
    address = town.leave(client, link_in(sent[0][1]))
    back = client.get(town.at_dialog(address, accounts=town.numbers()[PAGE]))
    assert back.status_code == 303, back.text
    assert "is connected again" in unescape(client.get(back.location).text)
    town.sandbox.tell("comments", {"platform": "facebook", "account": PAGE, "author": "Bo", "text": "Hello again"})
    town.work()
    mended = town.account(PAGE)
    assert (mended.id, mended.health) == (account.id, "ok")
    assert mended.tested_at is not None
    assert "Connected and tested" in unescape(client.get(back.location).text)
    assert set(town.query("select text from message")) == {("Anybody?",), ("Hello again",)}
    again = client.get(link_in(sent[0][1]))
    assert "There is nothing to mend." in unescape(again.text), "pressed twice, or by a colleague who got the mail, too"
    assert client.post(link_in(sent[0][1])).status_code == 404, "used when it was finished"
    town.sandbox.tell("tokens/kill", {"account": PAGE, "subcode": 460})
    town.house.poll()
    assert client.get(link_in(sent[0][1])).status_code == 404, "what broke anew has a link of its own"
    assert Browser(town.app).get(back.location).status_code == 404, "the page after is its browser's alone"


def test_another_account_is_told_apart_and_the_link_still_works(town: Town, admin: Browser) -> None:  # noqa: F811
    connect(town, admin)
    town.sandbox.tell("accounts", {"platform": "facebook", "external_id": "555", "name": "Second page"})
    town.sandbox.tell("tokens/kill", {"account": PAGE, "subcode": 460})
    town.house.poll()
    town.house.keep_promises()
    town.house.keep_promises()
    link = link_in(mails(town)[0][1])
    client = Browser(town.app)
    answer = client.get(town.at_dialog(town.leave(client, link), accounts=town.numbers()["555"]))
    assert answer.status_code == 409
    assert "the account that broke is not among what you allowed" in unescape(answer.text)
    assert "Second page" in answer.text
    assert town.account(PAGE).health == "needs_reconnect"
    assert town.accounts() == [PAGE]
    assert client.get(link).status_code == 200


def test_one_mail_a_day_for_one_account(town: Town, admin: Browser) -> None:  # noqa: F811
    account = connect(town, admin)
    for _ in range(3):
        with town.agency.entered():
            found = accounts.get(account.id)
            accounts.mark_unhealthy(found, "needs_reconnect", "expired")
            accounts.mark_healthy(found)
            accounts.mark_unhealthy(found, "needs_reconnect", "expired")
        town.house.keep_promises()
        town.house.keep_promises()
    assert len(mails(town)) == 1


def test_the_client_signs_in_before_the_access_ends(town: Town, admin: Browser) -> None:  # noqa: F811
    account = connect(town, admin)
    with town.agency.entered():
        ends = Access(True, data_access_expires_at=clock.now() + timedelta(days=5))
        account_standing.note_access(accounts.get(account.id), ends)
    town.house.keep_promises()
    town.house.keep_promises()
    ((_to, words),) = mails(town)
    assert "Until then everything works." in words
    link, client = link_in(words), Browser(town.app)
    page = unescape(client.get(link).text)
    assert "Sign in once more before that day" in page
    assert "no longer lets" not in page
    back = client.get(town.at_dialog(town.leave(client, link), accounts=town.numbers()[PAGE]))
    assert back.status_code == 303
    assert "is connected again" in unescape(client.get(back.location).text)
    mended = town.account(PAGE)
    assert mended.reconnect_asked_at is None
    assert "There is nothing to mend." in unescape(client.get(link).text)
    assert client.post(link).status_code == 404, "used"


def test_a_link_of_somebody_who_is_no_longer_asked_is_dead(town: Town, admin: Browser) -> None:  # noqa: F811
    account = connect(town, admin)
    with town.agency.entered():
        accounts.mark_unhealthy(accounts.get(account.id), "needs_reconnect", "expired")
    town.house.keep_promises()
    town.house.keep_promises()
    link = link_in(mails(town)[0][1])
    with town.superuser.begin() as connection:
        connection.exec_driver_sql("update membership set removed_at = now() where role = 'client_owner'")
    assert Browser(town.app).get(link).status_code == 404
    assert Browser(town.app).get(link + "x").status_code == 404


def test_a_person_who_removed_us_is_heard_at_once(town: Town, admin: Browser) -> None:  # noqa: F811
    account = connect(town, admin)
    person = account.grantor_external_id
    told = town.sandbox.http.post(f"{town.sandbox.url}/sandbox/people/remove", json={"id": person}).json()
    assert told["removed"]
    with in_scope(town.app, None):
        for _ in range(2):
            enqueue_after_commit(
                JobName.WITHDRAW_ACCESS, family="meta", person_id=person, issued_at=int(clock.now().timestamp())
            )
    town.house.keep_promises()
    broken = town.account(PAGE)
    assert (broken.health, broken.health_reason) == ("needs_reconnect", "app_removed")


def test_a_late_word_of_removal_does_not_touch_a_newer_sign_in(town: Town, admin: Browser) -> None:  # noqa: F811
    account = connect(town, admin)
    long_ago = int(clock.now().timestamp()) - 3600
    with in_scope(town.app, None):
        enqueue_after_commit(
            JobName.WITHDRAW_ACCESS, family="meta", person_id=account.grantor_external_id, issued_at=long_ago
        )
    town.house.keep_promises()
    assert town.account(PAGE).health == "ok"


def signed(town: Town, user_id: str) -> str:  # noqa: F811
    from agency.sandbox.people import signed_request
    from agency.sandbox.world import AppKeys

    class _World:
        keys = AppKeys.from_environment()

        @staticmethod
        def now() -> float:
            return clock.now().timestamp()

    return signed_request(_World(), "meta", user_id)  # type: ignore[arg-type]


@pytest.mark.parametrize("who", ["grantor", "stranger"])
def test_meta_tells_us_who_removed_us(town: Town, admin: Browser, who: str) -> None:  # noqa: F811
    account = connect(town, admin)
    person = account.grantor_external_id if who == "grantor" else "9876543210123"
    answer = town.app.test_client().post("/meta/deauthorize", data={"signed_request": signed(town, person)})
    assert answer.status_code == 200
    town.house.keep_promises()
    assert town.account(PAGE).health == ("needs_reconnect" if who == "grantor" else "ok")


def test_a_person_is_really_deleted_and_the_status_page_says_so(town: Town, admin: Browser) -> None:  # noqa: F811
    connect(town, admin)
    ada, tom = {"id": "7000000000000001", "name": "Ada Vale"}, {"id": "7000000000000002", "name": "Tom Reed"}
    for author, words in ((ada, "My number is 555"), (tom, "Mine too")):
        town.sandbox.tell("comments", {"platform": "facebook", "account": PAGE, "author": author, "text": words})
    town.work()
    assert sorted(town.query("select text from message")) == [("Mine too",), ("My number is 555",)]
    client = town.app.test_client()
    told = client.post("/meta/data-deletion", data={"signed_request": signed(town, ada["id"])}).get_json()
    place = told["url"].removeprefix("http://localhost")
    assert "is being carried out" in client.get(place).text
    town.house.keep_promises()
    assert "your words, your name and your id were deleted" in client.get(place).text
    left = str([town.query(f"select * from {table}") for table in ("contact", "message", "conversation", "raw_event")])
    assert "Mine too" in left
    assert "Tom Reed" in left
    for gone in ("Ada Vale", ada["id"], "My number is 555"):
        assert gone not in left, gone
    town.house.poll()
    assert ("My number is 555",) not in town.query("select text from message"), "the next poll does not bring it back"
    again = client.post("/meta/data-deletion", data={"signed_request": signed(town, "6000000000000001")}).get_json()
    town.house.keep_promises()
    assert "we held nothing of yours" in client.get(again["url"].removeprefix("http://localhost")).text


def test_a_waiting_reply_is_promised_again_at_once(town: Town, admin: Browser) -> None:  # noqa: F811
    account = connect(town, admin)
    with town.agency.entered():
        assert db.session.scalars(select(Reply)).all() == []
        accounts.reconnect(town.agency.agency_admin, account.id, "page-token")
    names = [row.job_name for row in town.query("select job_name from outbox_entry where done_at is null")]
    assert {"wake_account", "subscribe_account", "handle_events"} <= set(names)


def test_one_sign_in_mends_what_broke_together_and_says_what_was_left_out(town: Town, admin: Browser) -> None:  # noqa: F811
    for number in ("555", "556"):
        town.sandbox.tell("accounts", {"platform": "facebook", "external_id": number, "name": f"Branch {number}"})
    town.choose(admin, town.walk(admin, "facebook", features=("comments",), everything="1"))
    town.work()
    for number in (PAGE, "555", "556"):
        town.sandbox.tell("tokens/kill", {"account": number, "subcode": 460})
    town.house.poll()
    town.house.keep_promises()
    town.house.keep_promises()
    sent = mails(town)
    assert len(sent) == 1, "one mail for all three"
    link = link_in(sent[0][1])
    client = Browser(town.app)
    words = unescape(client.get(link).text)
    named = [name for name in ("Branch 555", "Branch 556", "The facebook account") if name in words]
    assert len(named) == 3, "one is the heading, the others stand with it"
    back = client.get(town.at_dialog(town.leave(client, link), accounts=[town.numbers()["555"], town.numbers()["556"]]))
    assert back.status_code == 303
    page = unescape(client.get(back.location).text)
    assert "They are connected again." in page
    assert "was not among what you allowed" in page
    assert [town.account(one).health for one in ("555", "556", PAGE)] == ["ok", "ok", "needs_reconnect"]
    rest = unescape(client.get(link).text)
    assert "The facebook account" in rest, "the same link mends the rest"
    assert "Branch" not in rest.partition("<main")[2]
    last = client.get(town.at_dialog(town.leave(client, link), accounts=town.numbers()[PAGE]))
    assert last.status_code == 303
    assert town.account(PAGE).health == "ok"
    assert "There is nothing to mend." in unescape(client.get(link).text)
    assert client.post(link).status_code == 404
