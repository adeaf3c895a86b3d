"""Who writes a direct message has a name at once: events bring none, so the platform is asked for it, once."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from agency.inbox import queries
from agency.inbox.erasing import erase_person
from agency.inbox.filters import QueueFilter
from channels import accounts
from jobs.indexing import index_words
from tests.flows.conftest import PAGE, PROFILE, House

OWN_LOGIN = "17841400000000077"
WAYS = {
    "messenger": ("facebook", PAGE),
    "facebook login": ("instagram", PROFILE),
    "own login": ("instagram", OWN_LOGIN),
}
FIONA = {"id": "26000000000000001", "name": "Fiona Single", "username": "fiona.single"}


class Told:
    """One account whose direct messages come by events alone."""

    def __init__(self, house: House, web: str, way: str) -> None:
        self.house, self.sandbox = house, house.sandbox
        self.platform, self.external_id = WAYS[way]
        self.name = "fiona.single" if self.platform == "instagram" else "Fiona Single"
        if way == "own login":
            given = {"platform": "instagram", "external_id": OWN_LOGIN, "name": "own", "token": "own-token"}
            self.sandbox.tell("accounts", {**given, "login": "instagram"})
            with house.agency.entered(house.agency.agency_admin):
                found = accounts.connect(
                    house.agency.agency_admin,
                    house.agency.brand_ids[0],
                    "instagram",
                    OWN_LOGIN,
                    "own-token",
                    login="instagram",
                )
                self.account_id = found.id
        else:
            self.account_id = house.account_ids[self.platform]
        wish = {"product_url": web, "verify_token": house.values["META_WEBHOOK_VERIFY_TOKEN"], "verify": True}
        self.sandbox.tell("application/connect", wish)
        house.keep_promises()  # what connecting promised: a subscription, too
        self.sandbox.tell("deliveries/switches", {"hold": True})
        house.poll()

    def write(self, words: str, author: dict[str, Any] = FIONA) -> None:
        where = {"platform": self.platform, "account": self.external_id}
        self.sandbox.tell("messages", {**where, "author": author, "text": words})
        self.deliver()

    def deliver(self) -> None:
        answer = self.sandbox.http.post(f"{self.sandbox.url}/sandbox/deliveries/now", json={"all": True})
        assert answer.status_code < 300, answer.text

    def shown(self) -> list[tuple[Any, ...]]:
        """Names of the contact, the conversation and each message."""
        with self.house.superuser.connect() as connection:
            rows = connection.execute(
                text(
                    "select p.name, c.author_name, m.author_name, m.text from message m"
                    " join conversation c on c.id = m.conversation_id join contact p on p.id = m.contact_id"
                    " order by m.written_at, m.id"
                )
            )
            return [tuple(row) for row in rows]

    def found(self, words: str) -> int:
        """How many conversations a search in the queue brings."""
        agency = self.house.agency
        index_words(agency.app)
        with agency.entered(agency.agency_admin):
            return len(queries.list_conversations(QueueFilter(q=words)).rows)

    def promises(self) -> int:
        count: int = self.house.scalar("select count(*) from outbox_entry where job_name = 'name_person'")
        return count


@pytest.fixture(params=WAYS)
def told(request: pytest.FixtureRequest, house: House, web: str) -> Told:
    return Told(house, web, request.param)


def test_who_writes_has_a_name_within_one_turn_and_is_asked_for_once(told: Told) -> None:
    told.write("Is my order on its way?")
    told.house.keep_promises()
    assert told.shown() == [(None, None, None, "Is my order on its way?")]
    told.house.keep_promises()
    assert told.shown() == [(told.name, told.name, told.name, "Is my order on its way?")]
    assert told.found(told.name[:7].upper()) == 1

    told.write("Hello?")
    told.house.keep_promises()
    assert told.shown()[1:] == [(told.name, told.name, told.name, "Hello?")]
    assert told.promises() == 1
    hashes = "select string_agg(content_hash::text, ',' order by id) || max(xmin::text) from message"
    before = told.house.scalar(hashes)
    with told.house.superuser.begin() as connection:  # as if nobody had ever been polled
        connection.execute(text("update account set cursor = null"))
    told.house.poll()
    assert told.house.scalar(hashes) == before, "what a poll brings is what the event told, and writes nothing"


def test_a_poll_names_whom_asking_left_without_a_name(told: Told) -> None:
    told.write("Is my order on its way?")
    told.house.keep_promises()
    with told.house.superuser.begin() as connection:
        connection.execute(text("update outbox_entry set given_up_at = now() where job_name = 'name_person'"))
        connection.execute(text("update account set cursor = null"))
    told.house.poll()
    assert told.shown() == [(told.name, told.name, told.name, "Is my order on its way?")]
    assert told.found(told.name) == 1


def test_whoever_was_erased_gets_no_name_back(told: Told) -> None:
    told.write("Is my order on its way?")
    told.house.keep_promises()
    with told.house.agency.entered():
        erase_person(FIONA["id"])
    told.house.keep_promises()
    with told.house.superuser.begin() as connection:
        connection.execute(text("update account set cursor = null"))
    told.house.poll()
    assert told.shown() == [(None, None, None, "")]
    assert told.house.scalar("select count(*) from contact where name is not null") == 0
