"""A connection that weakens says how within one turn, parks what waits, and goes on by itself once it is mended.

The client mends it from the mail: no account of ours, one button, the platform's dialog, and back.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import select, text

from agency.inbox.models import Message
from agency.notices.sending import mails_kept
from agency.replies import desk, queries
from channels import account_standing, accounts, health
from channels.allowances import NOTHING_ALLOWED_SECONDS
from channels.models import Account
from jobs.checking import check_account
from tenants import clock
from tenants.database import db
from tests.flows.conftest import LOCATION, PAGE, PROFILE, House

EXTERNAL = {"facebook": PAGE, "instagram": PROFILE, "google_business": LOCATION}
ASKED, ANSWERED = "Is it open on Sunday?", "Yes, from ten to six."
OTHER, CHANGED = "The soup was cold.", "The soup was cold, the cake was good."


@dataclass(frozen=True)
class Seen:
    """The first and the last page of ours the client saw."""

    reason: str
    end: str


@dataclass
class Town:
    """The house with its pages on a port, where platforms send events and clients click."""

    house: House
    web: str

    def account(self, platform: str) -> Account:
        with self.house.agency.entered():
            found = accounts.get(self.house.account_ids[platform])
            db.session.expunge(found)
            return found

    def state(self, platform: str) -> str:
        """As the card says it."""
        return health.state_of(account_standing.facts_of(self.account(platform)), clock.now())

    def work(self, rounds: int = 1) -> None:
        for _ in range(rounds):
            self.house.keep_promises()

    def asked(self, platform: str, words: str = ASKED) -> dict[str, Any]:
        """A customer asks; it is read."""
        line: dict[str, Any] = {
            "platform": platform,
            "account": EXTERNAL[platform],
            "author": "Ada Vale",
            "text": words,
        }
        if platform == "google_business":
            line["stars"] = 3
        item: dict[str, Any] = self.house.sandbox.tell("reviews" if "stars" in line else "comments", line)
        self.house.poll()
        return item

    def approved(self, text: str = ANSWERED) -> UUID:
        """The answer to the question, approved and not sent yet."""
        agency = self.house.agency
        with agency.entered(agency.staff):
            conversation_id = db.session.execute(
                select(Message.conversation_id).where(Message.text == ASKED)
            ).scalar_one()
            reply_id = desk.start_draft(agency.staff, conversation_id, text).id
            desk.submit(agency.staff, reply_id)
        with agency.entered(agency.client_owner):
            desk.approve(agency.client_owner, reply_id, queries.get_reply(reply_id).text_hash)
        return reply_id

    def reply_state(self, reply_id: UUID) -> str:
        with self.house.agency.entered():
            return str(queries.get_reply(reply_id).state)

    def sent(self) -> list[str]:
        """Words of ours the platforms took."""
        return self.house.sandbox.applied()

    def check(self, platform: str) -> None:
        """The daily job for this account."""
        account = self.account(platform)
        check_account(self.house.agency.app, str(account.agency_id), str(account.brand_id), str(account.id))

    def words(self) -> set[str]:
        """All that stands with us."""
        with self.house.agency.entered():
            return set(db.session.execute(select(Message.text)).scalars())

    def order(self, kind: str, platform: str, **more: Any) -> None:
        self.house.sandbox.tell("misbehaviour", {"kind": kind, "account": EXTERNAL[platform], **more})

    def events_reach_us(self) -> None:
        """As at every connecting: the sandbox knows where the product listens, the account is subscribed."""
        wish = {
            "product_url": self.web,
            "verify_token": self.house.values["META_WEBHOOK_VERIFY_TOKEN"],
            "verify": True,
        }
        self.house.sandbox.tell("application/connect", wish)
        self.house.sandbox.tell("deliveries/switches", {"hold": True})
        self.work(2)
        assert self.account("facebook").subscribed_at is not None, self.account("facebook").subscription_problem

    def change(self, item: dict[str, Any]) -> None:
        """The customer writes it otherwise, and the platform tells us of it."""
        box = self.house.sandbox
        where = f"{box.url}/sandbox/items/{item['external_id']}"
        answer = box.http.patch(where, params={"platform": item["platform"]}, json={"text": CHANGED})
        assert answer.status_code < 300, answer.text
        self.deliver()

    def deliver(self) -> None:
        """What the platform has to tell is told now."""
        answer = self.house.sandbox.http.post(
            f"{self.house.sandbox.url}/sandbox/deliveries/now", json={"all": True}, timeout=60
        )
        assert answer.status_code < 300, answer.text

    def mail(self, platform: str) -> str:
        """The words after its name in the one mail that went out about it: what broke with it stands there, too."""
        self.work(2)
        with self.house.agency.app.app_context():
            about = [mail for kept, mail in mails_kept() if kept.notice == "connection_broke"]
            bodies = [body.get_content() for mail in about if (body := mail.get_body(("plain",))) is not None]
            (words,) = [str(one) for one in bodies if EXTERNAL[platform] in one]
            assert all("client_owner" in mail["To"] for mail in about)
            return words.partition(EXTERNAL[platform])[2]

    def mend_from_mail(self, platform: str) -> Seen:
        """What the client's browser does."""
        found = re.search(r"(/reconnect/\S+)", self.mail(platform))
        assert found is not None
        with httpx2.Client(base_url=self.web, trust_env=False, timeout=30, follow_redirects=False) as browser:
            page = browser.get(found[1])
            assert page.status_code == 200, page.text
            token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
            assert token is not None, page.text
            left = browser.post(found[1], data={"csrf_token": token[1]})
            assert left.status_code == 200, left.text
            button = re.search(r'class="button main" href="([^"]+)"', left.text)
            assert button is not None, left.text
            listed = browser.get(f"{self.house.sandbox.url}/sandbox/accounts").json()["accounts"]
            page_id = PAGE if platform == "instagram" else EXTERNAL[platform]  # a profile is granted with its Page
            number = next(str(one["number"]) for one in listed if one["external_id"] == page_id)
            choice = {"person": "owner@sandbox.example"} if platform == "google_business" else {"accounts": number}
            allowed = browser.get(f"{unescape(button[1])}&{urlencode({'decision': 'allow', **choice})}")
            assert allowed.status_code == 302, allowed.text
            back = browser.get(allowed.headers["location"])
            assert back.status_code == 303, back.text
            return Seen(unescape(page.text), unescape(browser.get(back.headers["location"]).text))


@pytest.fixture
def town(house: House, web: str) -> Town:
    return Town(house, web)


def kill_token(town: Town) -> None:
    town.house.sandbox.tell("tokens/kill", {"account": PAGE, "subcode": 460})


def lose_page_role(town: Town) -> None:
    town.house.sandbox.tell("tokens/kill", {"account": PAGE, "subcode": 492})


def lose_scope(town: Town) -> None:
    town.house.sandbox.tell("tokens/scopes", {"account": PAGE, "scopes": ["pages_show_list"]})


def lose_scope_unseen(town: Town) -> None:
    """The daily check sees it first, and remembers what is left."""
    lose_scope(town)
    town.check("facebook")


@pytest.mark.parametrize(
    ("fault", "state", "words"),
    [
        (kill_token, "needs_reconnect", "The password of whoever signed in was changed."),
        (lose_page_role, "access_lost", "no longer manages the page"),
        (lose_scope, "access_lost", "A permission was taken away."),
        (lose_scope_unseen, "access_lost", "A permission was taken away."),
    ],
)
def test_a_page_parks_what_waits_and_goes_on_after_the_mailed_link(
    town: Town, fault: Callable[[Town], None], state: str, words: str
) -> None:
    town.events_reach_us()
    other = town.asked("facebook", OTHER)
    town.asked("facebook")
    reply_id = town.approved()
    assert town.state("facebook") == "healthy"

    fault(town)
    town.house.poll()
    assert town.state("facebook") == state
    town.change(other)
    town.work(2)
    assert (town.reply_state(reply_id), town.sent()) == ("approved", [])
    assert town.house.scalar("select count(*) from raw_event where handled_at is null") == 1, "an event waits"
    assert town.words() == {ASKED, OTHER}

    seen = town.mend_from_mail("facebook")
    assert words in seen.reason
    assert "is connected again" in seen.end
    town.house.pass_time(60)
    town.work(3)
    town.house.poll()
    assert town.state("facebook") == "healthy"
    assert (town.reply_state(reply_id), town.sent()) == ("published", [ANSWERED])
    assert town.house.scalar("select count(*) from raw_event where handled_at is null") == 0
    assert town.words() == {ASKED, CHANGED, ANSWERED}
    town.work(2)
    assert town.sent() == [ANSWERED], "once"


def kill_google(town: Town) -> None:
    town.house.sandbox.tell("google/token-deaths", {"cause": "revoked", "account": LOCATION})


def lose_location(town: Town) -> None:
    town.order("lost_location", "google_business")


def kill_instagram(town: Town) -> None:
    town.house.sandbox.tell("tokens/kill", {"platform": "instagram", "account": PROFILE, "subcode": 460})


@pytest.mark.parametrize(
    ("platform", "fault", "state"),
    [
        ("google_business", kill_google, "needs_reconnect"),
        ("google_business", lose_location, "access_lost"),
        ("instagram", kill_instagram, "needs_reconnect"),
    ],
)
def test_other_platforms_park_and_go_on_the_same_way(
    town: Town, platform: str, fault: Callable[[Town], None], state: str
) -> None:
    town.asked(platform)
    town.work()
    reply_id = town.approved()
    fault(town)
    town.house.poll()
    assert town.state(platform) == state
    town.work(2)
    assert (town.reply_state(reply_id), town.sent()) == ("approved", [])
    town.house.sandbox.behave()
    assert "is connected again" in town.mend_from_mail(platform).end
    town.house.pass_time(60)
    town.work(3)
    town.house.poll()
    assert town.state(platform) == "healthy"
    assert (town.reply_state(reply_id), town.sent()) == ("published", [ANSWERED])


def test_a_quota_of_zero_is_the_operators_matter_and_ends_by_itself(town: Town) -> None:
    town.asked("google_business")
    reply_id = town.approved()
    town.order("zero_quota", "google_business")
    town.house.poll()
    assert town.state("google_business") == "no_allowance"
    town.work()
    assert (town.reply_state(reply_id), town.sent()) == ("approved", [])
    with town.house.agency.app.app_context():
        assert [kept.notice for kept, _ in mails_kept()] == [], "no client can mend this"
    town.house.sandbox.behave()
    town.house.poll()
    assert town.state("google_business") == "no_allowance", "nobody asks again at once"
    town.house.pass_time(NOTHING_ALLOWED_SECONDS)
    town.house.poll()
    assert town.state("google_business") == "healthy"
    town.house.pass_time(900)
    town.work()
    assert (town.reply_state(reply_id), town.sent()) == ("published", [ANSWERED])


READING = ["pages_show_list", "pages_read_engagement", "pages_read_user_content", "pages_manage_metadata"]


def test_a_missing_permission_to_write_parks_the_reply_and_the_link_brings_it_back(town: Town) -> None:
    town.asked("facebook")
    town.work()
    reply_id = town.approved()
    town.house.sandbox.tell("tokens/scopes", {"account": PAGE, "scopes": [*READING, "pages_messaging"]})
    town.work(2)
    assert (town.state("facebook"), town.reply_state(reply_id), town.sent()) == ("access_lost", "approved", [])
    assert "A permission was taken away." in town.mend_from_mail("facebook").reason
    town.house.pass_time(60)
    town.work(3)
    assert (town.state("facebook"), town.reply_state(reply_id)) == ("healthy", "published")
    assert town.sent() == [ANSWERED]


def test_without_the_permission_for_messages_comments_go_on(town: Town) -> None:
    town.house.sandbox.tell("tokens/scopes", {"account": PAGE, "scopes": [*READING, "pages_manage_engagement"]})
    town.asked("facebook")
    town.work(2)
    town.check("facebook")
    assert town.words() == {ASKED}
    assert town.state("facebook") in ("healthy", "limited")
    reply_id = town.approved()
    town.work(2)
    assert (town.reply_state(reply_id), town.sent()) == ("published", [ANSWERED])


def test_a_page_unsubscribed_behind_our_back_is_called_deaf_and_hears_again(town: Town) -> None:
    town.events_reach_us()
    with town.house.superuser.begin() as connection:  # it has been so for hours
        hours = ", ".join(f"{c} = {c} - interval '3 hours'" for c in ("subscribed_at", "subscription_checked_at"))
        connection.execute(text(f"update account set {hours}"))
    town.house.sandbox.tell("subscriptions/forget", {"account": PAGE})
    minutes_ago = (clock.now() - timedelta(minutes=5)).isoformat()
    line = {"platform": "facebook", "account": PAGE, "author": "Ada Vale", "text": ASKED, "created_at": minutes_ago}
    town.house.sandbox.tell("comments", line)
    town.deliver()
    assert town.house.scalar("select count(*) from raw_event") == 0
    town.house.poll()
    assert (town.words(), town.state("facebook")) == ({ASKED}, "webhook_deaf")
    assert town.account("facebook").missed_count == 1
    reply_id = town.approved()
    town.work(2)
    assert (town.reply_state(reply_id), town.sent()) == ("published", [ANSWERED]), "nothing waits for events"

    listed = town.house.sandbox.http.get(f"{town.house.sandbox.url}/sandbox/subscriptions").json()["subscriptions"]
    assert PAGE in [one["account"] for one in listed], "looked into and repaired by itself"
    town.house.sandbox.tell("comments", {**line, "text": OTHER, "created_at": clock.now().isoformat()})
    town.deliver()
    town.work()
    assert OTHER in town.words()
    assert town.state("facebook") == "healthy"
