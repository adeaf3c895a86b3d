"""A fourth platform takes one folder and one line: with them it is connected, polled, told of, answered and drawn."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from agency.replies import desk, publishing
from channels import accounts, raw_events, registry
from channels.deliveries import Change
from channels.protocol import ConnectedAccount, ReplyTarget, Secret
from channels.scripted_transport import ScriptedTransport
from channels.transport import Endpoints
from jobs.dispatcher import Dispatcher
from jobs.events import handle_events
from jobs.polling import poll_accounts
from tenants.errors import Invalid
from tenants.lone_statements import lone_statements
from tenants.settings import Settings
from tests.channels.contract import AdapterContract, World
from tests.channels.guestbook.adapter import OURS, GuestbookAdapter
from tests.channels.guestbook.stand_in import GuestbookStandIn
from tests.channels.stand_ins import START, TOKEN
from tests.factories import Agency
from tests.jobs.conftest import Outbox

ANSWER = "We are sorry, and warm it up."


class GuestbookWorld(World):
    """A guest book with one guest's entry."""

    def __init__(self) -> None:
        self.adapter = GuestbookAdapter()
        self.account = ConnectedAccount("account-1", "guestbook", "7", Secret(TOKEN))  # type: ignore[arg-type]
        self.wire = self.book = GuestbookStandIn()
        number = self.book.write("Cold soup", START)
        self.target = ReplyTarget(number, number, "comment")

    def our_reply_by_hand(self, text: str, at: datetime) -> None:
        self.book.write(text, at, by=OURS, to=self.target.external_id)

    def forget_everything(self) -> None:
        self.book.entries.clear()

    def page_around(self, bad: Any) -> Any:
        good = [{"id": name, "at": "2026-11-01T10:00:00Z"} for name in "ab"]
        return {"entries": [good[0], bad, good[1]]}


class TestGuestbook(AdapterContract):
    make_world = GuestbookWorld


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one line."""
    monkeypatch.setitem(registry.ADAPTERS, "guestbook", GuestbookAdapter())


@pytest.mark.usefixtures("registered")
def test_a_registered_platform_is_polled_told_of_and_answered_by_the_real_jobs(
    app: Flask, ana: Agency, outbox_of: Outbox
) -> None:
    book = GuestbookStandIn()
    book.write("The soup was cold.", datetime.now(UTC))
    transport, agency_id, brand_id = ScriptedTransport(book), ana.id, ana.brand_ids[0]
    with ana.entered():
        account_id = accounts.connect(ana.agency_admin, brand_id, "guestbook", "7", "a token", name="Reception").id

    dispatcher = Dispatcher(app)
    dispatcher.queue_turns()
    (job,) = [job for job in dispatcher.queues["poll"].jobs if job.args[0] == "guestbook"]
    poll_accounts(app, "guestbook", job.args[1], transport)
    assert outbox_of.all("select text from message") == [("The soup was cold.",)]

    entry = {"id": "900", "at": datetime.now(UTC).isoformat(), "by": "Another guest", "text": "And the tea, too."}
    change = Change("guestbook", "7", "entry", json.dumps({"entry": entry}).encode())
    with app.app_context(), lone_statements() as connection:
        assert raw_events.keep(connection, [change]).new == 1
    handle_events(app, str(agency_id), str(brand_id), str(account_id), transport=transport)
    assert outbox_of.all("select platform, kind, status from conversation") == [("guestbook", "comment", "open")] * 2
    assert outbox_of.scalar("select health from account") == "ok"

    asked = outbox_of.scalar("select conversation_id from message where external_id = '1'")
    with ana.entered(ana.staff):
        reply_id = desk.start_draft(ana.staff, asked, ANSWER).id
        desk.submit(ana.staff, reply_id)
    shown = outbox_of.scalar("select text_hash from reply_text")
    with ana.entered(ana.client_owner):
        desk.approve(ana.client_owner, reply_id, shown)
    assert publishing.publish(app, ana.scope, reply_id, transport) == "published"
    assert [entry["text"] for entry in book.entries.values() if entry["by"] == OURS] == [ANSWER]
    assert publishing.publish(app, ana.scope, reply_id, transport) == "skipped"


@pytest.mark.usefixtures("registered")
def test_its_calls_go_to_its_own_address_and_no_setting_is_needed(settings: Settings) -> None:
    bases = dict(Endpoints.from_settings(settings).bases)
    assert bases["guestbook"] == "https://guestbook.example"  # type: ignore[index]


def test_without_the_line_it_cannot_be_connected(ana: Agency) -> None:
    with ana.entered(), pytest.raises(Invalid):
        accounts.connect(ana.agency_admin, ana.brand_ids[0], "guestbook", "7", "a token")


@pytest.fixture
def outbox_of(app: Flask, superuser: Any) -> Outbox:
    """What lies in the tables."""
    return Outbox(app, superuser)
