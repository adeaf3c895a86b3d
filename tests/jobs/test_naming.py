"""Asking once who somebody is: later where the platform says later, never again where it says no."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from agency.inbox import erasing, naming
from channels import accounts
from channels.errors import ItemGone, PlatformDown, RateLimited, Refused, TokenRevoked
from channels.protocol import Request
from channels.scripted_transport import ScriptedTransport, json_answer
from jobs.naming import name_person
from tests.factories import Agency, Factory
from tests.jobs.conftest import Outbox
from tests.jobs.test_events import Desk

PERSON = "26000000000000001"
PROMISED = "select ids from outbox_entry where job_name = 'name_person' and done_at is null order by id"


class Told(Desk):
    """A page that somebody wrote a direct message to."""

    def message(self, mid: str = "m_1", person: str = PERSON) -> bytes:
        told = {"sender": {"id": person}, "recipient": {"id": self.page}, "timestamp": 1_763_700_000_000}
        told["message"] = {"mid": mid, "text": "Hello"}
        return json.dumps({"object": "page", "entry": [{"id": self.page, "messaging": [told]}]}).encode()

    def name(self, platform: Any) -> list[Request]:
        """Keep the newest promise; what the platform was asked."""
        asked: list[Request] = []

        def answer(request: Request) -> Any:
            asked.append(request)
            return platform

        promised = self.outbox.all(PROMISED)[-1].ids
        name_person(self.app, **promised, transport=ScriptedTransport(answer))
        return asked

    def listed(self, *people: dict[str, str]) -> Any:
        return json_answer({"data": [{"id": "t_1", "participants": {"data": [*people, {"id": self.page}]}}]})

    def names(self) -> list[tuple[str | None, str | None, str | None]]:
        rows = self.outbox.all(
            "select p.name, c.author_name, m.author_name from message m join conversation c on c.id = m.conversation_id"
            " join contact p on p.id = m.contact_id order by m.external_id"
        )
        return [tuple(row) for row in rows]


@pytest.fixture
def told(app: Flask, ana: Agency, make: Factory, outbox: Outbox) -> Told:
    made = Told(app, ana, make, outbox)
    made.keep(made.message())
    made.handle(None)
    return made


def test_the_person_is_asked_for_and_nobody_else_gives_the_name(told: Told) -> None:
    (request,) = told.name(told.listed({"id": "77", "name": "Somebody Else"}))
    assert (request.path.endswith("/me/conversations"), request.params["user_id"]) == (True, PERSON)
    assert told.names() == [(None, None, None)]
    told.name(told.listed({"id": PERSON, "name": "Fiona Single"}))
    assert told.names() == [("Fiona Single",) * 3]


def test_what_came_before_the_name_is_named_too_and_known_people_are_not_asked_for(told: Told) -> None:
    told.keep(told.message("m_2"))
    told.handle(None)
    assert len(told.outbox.all(PROMISED)) == 1
    told.name(told.listed({"id": PERSON, "name": "Fiona Single"}))
    told.keep(told.message("m_3"))
    told.handle(None)
    assert told.names() == [("Fiona Single",) * 3] * 3
    assert len(told.outbox.all(PROMISED)) == 1
    assert told.name(None) == []


@pytest.mark.parametrize("no", [Refused("denied", "No."), ItemGone(), TokenRevoked("invalid")], ids=type)
def test_a_no_is_the_last_word(told: Told, no: Exception) -> None:
    told.name(no)
    assert (told.names(), len(told.outbox.all(PROMISED))) == ([(None, None, None)], 1)
    assert told.outbox.scalar("select health from account") == "ok"


def test_trouble_is_tried_again_by_the_promise(told: Told) -> None:
    with pytest.raises(PlatformDown):
        told.name(PlatformDown("503"))


def test_a_platform_that_asks_for_a_pause_is_asked_after_it(told: Told) -> None:
    told.name(RateLimited(900, "account"))
    late = "select count(*) from outbox_entry where job_name = 'name_person' and run_at > now() + interval '14 minutes'"
    assert told.outbox.scalar(late) == 1
    assert told.name(told.listed({"id": PERSON, "name": "Fiona Single"})) == [], "the shared budget knows of the pause"
    assert told.outbox.scalar(late) == 2


def test_a_disconnected_account_is_not_asked(told: Told, ana: Agency) -> None:
    with ana.entered(ana.agency_admin):
        accounts.disconnect(ana.agency_admin, told.account)
    assert told.name(None) == []


def test_a_name_that_comes_while_somebody_is_erased_goes_with_them(
    told: Told, ana: Agency, superuser: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete = erasing._delete_what_staff_wrote

    def named_meanwhile(contact_ids: Any) -> None:
        with superuser.begin() as connection:
            connection.execute(text("update contact set name = 'Fiona Single'"))
        delete(contact_ids)

    monkeypatch.setattr(erasing, "_delete_what_staff_wrote", named_meanwhile)
    with ana.entered():
        erasing.erase_person(PERSON)
    assert told.name(told.listed({"id": PERSON, "name": "Fiona Single"})) == [], "nobody is asked for"
    with ana.entered():
        contact_id = told.outbox.scalar("select id from contact")
        naming.give_name(accounts.get(told.account), contact_id, "Fiona Single")
    assert told.names() == [(None, None, None)]
